/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * text.h: the text form of a scenario, the one that people read and a corpus
 * keeps. Text <-> canonical scenario is lossless.
 *
 *   rcfuzz-scenario 1
 *   # story: what this shows, and where it comes from. The comment lines that
 *   # follow the first line are kept, all others are not.
 *   expect 6.12 page=4k finding lost-dirty-host:tlb
 *   expect * pass
 *   config page=64k guests=2
 *   a l1    create    guest=1
 *   b l1    map       guest=1 n=3 g=4 rc=none
 *   c l2    store     guest=1 n=3
 *
 * config: page is always written, the rest unless it is default (config.def).
 * An op: label, actor, name, field=value ... (ops.def, fields.def). Labels are
 *   a, b, ... z, aa, ab, ...: the numbers from 1. Which thing an op is about
 *   (guest, slot, cpu, n, g) is always written, other fields unless default.
 * A preemption: indented under the op that it interrupts, `at POINT`, then the op
 *   that runs there, or `return`. POINT is function:kind:variable#nth, or *#nth;
 *   function may be a|b|..., for one that has another name in other kernels.
 *
 *   e l2    store     guest=1 n=3
 *       at kvmhv_nested_page_fault:lock:tlb_lock#1
 *       f host  harvest   slot=0
 *
 * expect PATTERN [page=64k|4k] [has=NAME] pass|finding COARSE: the first line that
 *   matches a kernel says what is expected of it. PATTERN is a glob for its
 *   version, and 6.12 also stands for 6.12.*; 6.18+ is 6.18 or any later version,
 *   by its numbers. NAME is a property of the kernel: a feature of its tree, or a
 *   patch or recipe that it was built with, as `rcfuzz info` lists them. COARSE is
 *   a coarse signature or the beginning of one, up to a colon: a class by itself
 *   is enough.
 * signature SIGNATURE: a full signature under which the finding shows, or that its
 *   cause shows besides. Where an entry has such lines, a finding with another one
 *   is another finding.
 * embargoed SIGNATURE: the entry has no scenario yet; a finding with this
 *   signature is known.
 * module HASH: the module in which *#nth counts; 8 to 32 hexadecimal digits, as
 *   reports and `rcfuzz info` show them.
 * Values that the configuration does not have are errors, never changed silently.
 */
#ifndef RCFUZZ_TEXT_H
#define RCFUZZ_TEXT_H

#include "scenario.h"

#define SCENARIO_FILE_BYTES_MAX (1u << 20)
#define SCENARIO_TEXT_MAX (256u << 10) /* no scenario_file is longer as text */
#define SCENARIO_STORY_MAX 4096u
#define SCENARIO_EXPECTATIONS_MAX 64u
#define SCENARIO_PATTERN_MAX 64u
#define SCENARIO_SIGNATURE_MAX 160u
#define SCENARIO_LABEL_MAX 5u /* "crxo" and a zero byte */
#define SCENARIO_MODULE_MAX 33u

/* Where a text is wrong; line and column (in bytes) count from 1. line 0: not a matter of one place. */
struct scenario_error {
	unsigned line, column;
	char message[160];
};

enum expectation_kind { EXPECT_PASS, EXPECT_FINDING, EXPECT_SIGNATURE, EXPECT_EMBARGOED };

struct scenario_expectation {
	uint8_t kind;				/* enum expectation_kind */
	bool page_given;			/* only for kernels of one page size: */
	uint8_t page;				/* enum scenario_PAGE */
	char pattern[SCENARIO_PATTERN_MAX];	/* of the kernel's version; signature, embargoed: "*" */
	char has[SCENARIO_PATTERN_MAX];		/* only for kernels with this property; empty: all */
	char signature[SCENARIO_SIGNATURE_MAX]; /* coarse (finding) or full (signature, embargoed); pass: empty */
};

/* What a file holds. About 45 KiB. */
struct scenario_file {
	char story[SCENARIO_STORY_MAX]; /* without "# "; lines end in \n, but the last; no control characters else */
	uint32_t expectation_count;
	struct scenario_expectation expectations[SCENARIO_EXPECTATIONS_MAX];
	char module[SCENARIO_MODULE_MAX]; /* hash, or its beginning, of the one that *#nth belongs to; empty: unknown */
	uint32_t page_line;		  /* where a text says page=; 0: nothing does */
	struct scenario scenario;	  /* canonical */
};

/* Parse a whole text. True, or false and *error; then what *file holds means nothing. */
bool scenario_text_parse(const char *text, size_t size, struct scenario_file *file, struct scenario_error *error);

/*
 * Write the canonical text. Returns its length, as snprintf does: if that is not
 * less than cap, the text was cut. buf may be NULL when cap is 0.
 */
size_t scenario_text_write(const struct scenario_file *file, char *buf, size_t cap);
/* The same for a bare scenario: no story, no expectations. */
size_t scenario_text_write_bare(const struct scenario *s, char *buf, size_t cap);
/* One op as one line, without a newline ("c l2    store     guest=1 n=3"). */
size_t scenario_op_text(const struct scenario_op *op, char *buf, size_t cap);

/* A yield point as after `at` ("kvmhv_nested_page_fault:lock:tlb_lock#1"). */
size_t scenario_point_text(const struct scenario_point *point, char *buf, size_t cap);

/* Labels: 1 <-> "a", 26 <-> "z", 27 <-> "aa". From text: 0 if it is no label. */
void scenario_label_text(uint16_t label, char text[SCENARIO_LABEL_MAX]);
uint16_t scenario_label_parse(const char *text, size_t length);

/* How much of it is a version of numbers, such as v6.18 or 6.12.3; 0: it does not begin with one. */
size_t scenario_version_length(const char *version);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * timeline.h: what one scenario did, op by op, for people: the R and C bits of
 * the four places before and after, the changes the kernel made to them, and
 * the op at which they part. Made by running the scenario twice: once for the
 * finding, once more watching the page that it is about.
 */
#ifndef RCFUZZ_TIMELINE_H
#define RCFUZZ_TIMELINE_H

#include "run/run.h"
#include "scenario/layout.h"

#include <cjson/cJSON.h>
#include <stdio.h>

#define TIMELINE_CHANGES_MAX 2048u
#define TIMELINE_NOTE 72
#define TIMELINE_YIELD_POINT 96

/* A change of an entry of the watched page, of its translation (run.h), or of a word: of its rmap, of the dirty bitmap.
 */
struct timeline_change {
	bool word;    /* old_pte, new_pte mean nothing; */
	bool cleared; /* the rmap is empty now, or bits of the bitmap went */
	uint16_t op;
	uint32_t line;
	uint64_t old_pte, new_pte;
	char place[12], function[64], file[64];
	uint32_t caller_count;
	struct finding_caller callers[FINDING_CALLERS];
};

/* Where an op stops for another one. */
struct timeline_stop {
	char yield_point[TIMELINE_YIELD_POINT];
	bool came;		     /* it did come to it, */
	struct finding_writer where; /* at this function and line of the kernel; function "": in none */
};

/* An op that interrupts another one lets that one go on before it has ended itself. */
struct timeline_return {
	uint32_t op;
	struct timeline_stop stop;
};

struct timeline_step {
	bool ran;
	/* The op that this one interrupts (they stand right behind it, in the order in which they run), and where. */
	uint32_t parent; /* LAYOUT_NONE: none */
	struct timeline_stop stop;
	struct run_bits before, after;
	uint32_t change_first;	  /* how many changes there were when it began: those before that are none of its own */
	char note[TIMELINE_NOTE]; /* what the op came to, for the watched page; "" */
};

struct timeline {
	struct scenario scenario;
	struct layout layout;
	struct run_outcome outcome;
	bool has_finding;
	struct finding finding; /* the one that is told; valid if has_finding */
	uint8_t watch_guest;
	uint32_t watch_n, watch_lpage; /* LAYOUT_NONE: none */
	uint32_t part;		       /* index of the op at which the bits part; LAYOUT_NONE: none */
	bool parts;		       /* they do part there; false: nothing parts, it is the op that is to blame */
	char part_text[160];	       /* in words */
	uint32_t return_count;
	struct timeline_return returns[SCENARIO_POINTS_MAX];
	uint32_t change_count, changes_dropped;
	struct timeline_step steps[SCENARIO_OPS_MAX];
	struct timeline_change changes[TIMELINE_CHANGES_MAX];
};

/*
 * Run s and make its timeline, for the finding with this signature, or the most
 * severe one (signature NULL). *t is large: allocate it.
 */
void timeline_make(struct timeline *t, struct runner *runner, const struct scenario *s, const char *signature);

/* The finding of an outcome to tell first: the most severe, NULL if there is none. */
const struct finding *timeline_worst(const struct run_outcome *outcome);

/* "r-", "rc", "--", "-c", or ".." for an entry that is not there. */
const char *timeline_bits_text(bool present, bool r, bool c);

/* Is there a page whose bits can be shown? */
bool timeline_watches(const struct timeline *t);
/* Does a change of an entry concern R, C, or whether it is there? Then these are the words for before and after. */
bool timeline_change_shows(const struct timeline_change *change);
const char *timeline_pte_text(uint64_t pte);

/*
 * Is a report of it nothing for a public place? The scenario shows each finding of its run, not only the one that is
 * told. Why, in one sentence; NULL: anybody may read it. What a corpus says must be marked in all of them.
 */
const char *timeline_embargo(const struct timeline *t);

/* Write the whole report of a finding (or of a scenario that shows none): at most 80 columns. name: the scenario's
 * file. */
void report_text(FILE *out, const struct timeline *t, const char *target_info, const char *name);
/* The same for a mail: 72 columns, and no line looks like a quotation. */
void report_text_mail(FILE *out, const struct timeline *t, const char *target_info, const char *name);
/* The kernel in one line: "linux-6.12.73 (64k pages, clang 14.0.6, module 1a2b3c4d)". */
void report_text_target(char *line, size_t size, const char *target_info);

/* The same as JSON: findings, target, trace hash, steps with bits and changes. NULL: out of memory. */
cJSON *report_json(const struct timeline *t, const char *target_info, const char *name);

#endif

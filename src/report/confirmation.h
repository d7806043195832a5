/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * confirmation.h: what came of running a finding on an unmodified kernel in emulation: as the member "confirm" of its
 * record (an array, one for each kernel), and in words for people.
 */
#ifndef RCFUZZ_CONFIRMATION_H
#define RCFUZZ_CONFIRMATION_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define CONFIRMATION_CONTROLS 4u

/* Why a control was not run: not worth a word in a paragraph. */
#define CONFIRMATION_NO_SUCH_CONTROL "it does not apply"

/* What the emulation cannot show: said wherever a confirmation stands, also in JSON (member "limits"). */
#define CONFIRMATION_LIMITS                                                                                            \
	"The emulated CPU drops its TLB at each write of LPIDR and matches a tlbie of a page by address only, so it "  \
	"shows no translation that goes stale across LPIDs; it has no walk cache and no ERAT, and no weak memory "     \
	"order. Not seeing something there proves nothing."

struct confirmation_control {
	const char *what;
	const char *not_run; /* why it was not; NULL: it was */
	uint64_t seen, runs;
};

struct confirmation {
	const char *kernel;  /* "6.12-64k": its name on the stage */
	const char *package; /* Debian's, with its version */
	const char *release, *qemu;
	unsigned cpus;
	uint64_t seen, runs;
	const char *effect;   /* what was seen the first time; "" */
	const char *decisive; /* the op without which nothing should be seen */
	bool races;	      /* ops were under way at the same time; */
	double swept_ms;      /* and began up to that far apart */
	uint64_t restored;    /* of what was seen: a tlbie of L1 later made the log name the page; */
	bool asked_tlbie;     /* if that was tried */
	bool needs_tlb;	      /* a CPU would have to remember a translation, which the emulation does not */
	struct confirmation_control controls[CONFIRMATION_CONTROLS];
	unsigned control_count;
};

/* Seen, and in no control, at least one of which was run. */
bool confirmation_holds(const struct confirmation *c);
/* The same of one that was kept, in words: "confirmed", "seen, not confirmed" or "not confirmed". */
const char *confirmation_verdict(const cJSON *confirmation);

/* NULL: out of memory. */
cJSON *confirmation_json(const struct confirmation *c);

/* Put it into the record's array, in the place of an earlier one on the same kernel. False: out of memory; it is gone.
 */
bool confirmation_add(cJSON *record, cJSON *confirmation);

/* One confirmation as a paragraph; each line behind `indent` spaces and no longer than `columns` with them. */
void confirmation_text(FILE *out, const cJSON *confirmation, int indent, int columns);
/* All of a record, as a section; array NULL or empty: nothing. */
void confirmation_html(FILE *out, const cJSON *array);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* moment.h: the moment of a loss, for a debugger: a function of ours that is called while the kernel's code is at it.
 */
#ifndef RCFUZZ_MOMENT_H
#define RCFUZZ_MOMENT_H

#include "report/timeline.h"

/* Where to stop: at a change of an entry; before the op in which a function of the kernel writes; at the finding. */
enum moment_kind { MOMENT_CHANGE, MOMENT_BEFORE_OP, MOMENT_FINDING };

struct moment {
	enum moment_kind kind;
	uint32_t change;	 /* the how many-th change of an entry (words are not counted), from 0 on */
	char function[64];	 /* of the kernel, "" unknown */
	char op[256], what[160]; /* in words: during which op, and why there */
};

/* The moment of the finding that a timeline tells. False: it tells none. */
bool moment_find(const struct timeline *t, struct moment *moment);

/* Run the timeline's scenario once more; rcfuzz_moment is called when it comes to the moment. */
void moment_run(struct runner *runner, const struct timeline *t, const struct moment *moment);

/* Does nothing: a debugger stops here. The kernel function is among its callers; MOMENT_BEFORE_OP: it is yet to come.
 */
void rcfuzz_moment(const char *op, const char *what, const char *function);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* ktap.h: results as the kernel's test tools read them (Documentation/dev-tools/ktap.rst). */
#ifndef RCFUZZ_KTAP_H
#define RCFUZZ_KTAP_H

#include <stdbool.h>
#include <stdio.h>

enum ktap_result { KTAP_PASS, KTAP_FAIL, KTAP_XFAIL, KTAP_XPASS, KTAP_SKIP, KTAP_RESULTS };

struct ktap {
	FILE *out; /* NULL: count only */
	unsigned number, count[KTAP_RESULTS];
};

/* The version line and the plan. */
void ktap_begin(struct ktap *ktap, FILE *out, unsigned plan);
/* A diagnostic line, about the result that comes next. Only the first line of the text is used. */
void ktap_remark(const struct ktap *ktap, const char *text);
/* One result. reason: why it failed, was skipped or expected; may be NULL. Only its first line is used. */
void ktap_result(struct ktap *ktap, enum ktap_result result, const char *name, const char *reason);
/* The totals. Returns the exit code of kselftest: 0 pass, 1 something is not ok, 4 all skipped. */
int ktap_end(struct ktap *ktap);

extern const char *const ktap_result_name[KTAP_RESULTS];

#endif

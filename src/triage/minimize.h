/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * minimize.h: make a scenario smaller while it keeps showing one finding.
 *
 * Ops first (chunks, then single ones), then preemptions, then the values of fields and of
 * the configuration; again until nothing more goes. Every step is tried by
 * running it; the same input gives the same result. A complete result is
 * 1-minimal: no single op and no single preemption can be dropped, and no single
 * value lowered. What shows when the scenario is over needs no harvest at its end
 * to be seen, and so has none: reports name it (words_last_harvest).
 */
#ifndef RCFUZZ_MINIMIZE_H
#define RCFUZZ_MINIMIZE_H

#include "run/run.h"

#include <stdatomic.h>

#define MINIMIZE_EXECS 50000u

struct minimize_budget {
	uint64_t execs_max;	      /* runs at most; 0: MINIMIZE_EXECS */
	double seconds_max;	      /* 0: no limit; a result then depends on the machine */
	const _Atomic uint32_t *stop; /* not 0: end with the best so far; may be NULL */
	_Atomic uint64_t *execs;      /* counts the runs, for who watches; may be NULL */
	/*
	 * Run in child processes (isolate.h), so that no step can kill or stop the caller. A finding that is the
	 * death of a process (death.h) is always run so.
	 */
	bool isolated;
};

struct minimize_result {
	bool reproduced; /* false: the input does not show the signature, and is as it was */
	bool complete;	 /* false: budget or stop ended it, the result is the best so far */
	uint64_t execs;
	uint32_t ops_before;
	struct finding finding; /* as the result shows it */
};

/*
 * Shrink *s (canonical; the page size of the runner's module applies) in place.
 * signature: the finding to keep.
 */
void minimize_scenario(struct runner *runner, struct scenario *s, const char *signature,
		       const struct minimize_budget *budget, struct minimize_result *result);

/* Any other thing that a scenario may show. */
struct minimize_test {
	void *ctx;
	/* Does it? *last_op: an op after which nothing matters. The same scenario always gives the same answer. */
	bool (*passes)(void *ctx, const struct scenario *s, uint32_t *last_op);
};
/* Shrink *s (canonical) in place, as long as it passes. result->finding is not set. */
void minimize_by(const struct minimize_test *test, struct scenario *s, const struct minimize_budget *budget,
		 struct minimize_result *result);

/* Does the scenario show a finding with this signature? It is copied to *finding (may be NULL). */
bool minimize_shows(struct runner *runner, const struct scenario *s, const char *signature, struct finding *finding);

/*
 * The value toward which a field goes: the smallest for what counts something
 * (pages, guests, vCPUs, CPUs ...), the default for words and for the numbers
 * that are only names (LPIDs).
 */
unsigned minimize_aim(const struct field_info *info);

#endif

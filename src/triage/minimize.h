/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * minimize.h: make a scenario smaller while it keeps showing one finding.
 *
 * Ops first (chunks, then single ones), then the values of their fields toward
 * the defaults, then the configuration; again until nothing more goes. Every
 * step is tried by running it; the same input gives the same result.
 */
#ifndef RCFUZZ_MINIMIZE_H
#define RCFUZZ_MINIMIZE_H

#include "run/run.h"

#include <stdatomic.h>

#define MINIMIZE_EXECS 20000u

struct minimize_budget {
	uint64_t execs_max;	      /* runs at most; 0: MINIMIZE_EXECS */
	const _Atomic uint32_t *stop; /* not 0: end with the best so far; may be NULL */
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

/* Does the scenario show a finding with this signature? It is copied to *finding (may be NULL). */
bool minimize_shows(struct runner *runner, const struct scenario *s, const char *signature, struct finding *finding);

#endif

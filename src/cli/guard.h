/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * guard.h: run the code under test in child processes, item by item, so that
 * one item that kills the process, or never comes back, costs that item alone.
 */
#ifndef RCFUZZ_GUARD_H
#define RCFUZZ_GUARD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#define GUARD_JOBS_MAX 64u
#define GUARD_SECONDS                                                                                                  \
	60u		/* for an item, by default; it may run a scenario, which has a limit of its own, some times    \
			 */
#define GUARD_HUNG (-1) /* in the place of a wait status: the item did not come back, and was killed */

struct guard {
	void *ctx;
	size_t count, result_size;
	/* In each child, once: prepare ctx (load modules). False: error says why, and nothing runs. */
	bool (*open)(void *ctx, char *error, size_t error_size);
	/* In a child: do item `index`, fill *result (zeroed, result_size bytes). */
	void (*run)(void *ctx, size_t index, void *result);
	/*
	 * In the parent, in order if there is one job: the result; NULL: the process died with this wait status, or
	 * GUARD_HUNG. False: no more.
	 */
	bool (*take)(void *ctx, size_t index, const void *result, int status);
	unsigned jobs;		      /* children at a time; 0: 1 */
	unsigned seconds;	      /* for an item, of the child's own time (process.h); 0: GUARD_SECONDS */
	const _Atomic uint32_t *stop; /* not 0: kill the children and return; may be NULL */
};

/* All items. 0, or an exit code after cli_error (open failed, no process). */
int guard_each(const struct guard *guard);

/* "signal 11 (Segmentation fault)", "exit code 3" or "no end", for messages. */
const char *guard_status_text(int status, char *text, size_t size);

#endif

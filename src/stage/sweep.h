/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sweep.h: when the second of two ops begins, over many runs: how they overlap is tried out evenly at first, then
 * mostly near what has shown something.
 */
#ifndef RCFUZZ_SWEEP_H
#define RCFUZZ_SWEEP_H

#include <stdbool.h>
#include <stdint.h>

#define SWEEP_HITS 16u

struct sweep {
	uint64_t tries;
	int64_t victim_ns, child_ns; /* how long the two take, about */
	int32_t hits[SWEEP_HITS];    /* delays at which it showed, the last ones */
	uint64_t hit_count;
};

/* The next delay: by how many ns the second begins later than the first; negative: earlier. */
int32_t sweep_next(struct sweep *s);
/* What came of one: how long both took (0: unknown), and whether it showed. */
void sweep_learn(struct sweep *s, int32_t delay_ns, int64_t victim_ns, int64_t child_ns, bool seen);
/* From the earliest to the latest delay that is tried, in ns. */
int64_t sweep_width(const struct sweep *s);

#endif

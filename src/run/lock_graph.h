/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lock_graph.h: the order of locks across all scenarios of a run, as the kernel's lockdep has it across all that a
 * kernel ever does: an inversion needs no scenario in which both orders happen. Each edge keeps the scenario that it
 * was first seen in; when some of them close a circle, these are spliced to one scenario that shows it by itself.
 */
#ifndef RCFUZZ_LOCK_GRAPH_H
#define RCFUZZ_LOCK_GRAPH_H

#include "run.h"

struct lock_graph;

/* NULL: no memory. For one runner. In a fuzzing run the triager has it, and workers send it what they note. */
struct lock_graph *lock_graph_create(void);
void lock_graph_destroy(struct lock_graph *g);

enum lock_circle {
	CIRCLE_NONE,
	CIRCLE_SPLICED, /* *s is the splice, *outcome its run, which has the finding */
	CIRCLE_APART,	/* no splice shows it: *outcome has the finding alone, which says so; *s is as it was */
};

/*
 * Learn from the last run of r, of the canonical scenario *s. Costs next to nothing unless locks were taken in an order
 * that is new.
 */
enum lock_circle lock_graph_learn(struct lock_graph *g, struct runner *r, struct scenario *s,
				  struct run_outcome *outcome);

/* The finding of a circle in an outcome; NULL: none. */
const struct finding *lock_graph_finding(const struct run_outcome *outcome);

/*
 * For a process that only tells of what it meets: has the last run of r taken locks in an order that no run before it
 * has? A graph is used with this or with lock_graph_learn, not with both.
 */
bool lock_graph_note(struct lock_graph *g, const struct runner *r);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * choose.h: what happens next where more than one thing may: all that is left to chance in a world is decided here.
 *
 * Who asks knows what can be done (0: what would happen anyway, go on), and writes down what was answered as data: a
 * preemption in the scenario. So a strategy is needed once; to do the same again, the scenario's own words are
 * followed.
 */
#ifndef RCFUZZ_CHOOSE_H
#define RCFUZZ_CHOOSE_H

#include "base/rng.h"

#include <stdbool.h>
#include <stdint.h>

#define CHOOSE_DEPTH_MAX 3u    /* of PCT */
#define CHOOSE_PATH_MAX 65536u /* decisions that an exhaustive search looks at; later ones go on */

enum choose_strategy {
	CHOOSE_SCRIPT, /* what the scenario says: replay, and a fuzzer's bytes; it says nothing: run to completion */
	/* These do what the scenario says too. */
	CHOOSE_RANDOM,	   /* any decision may be the one */
	CHOOSE_PCT,	   /* probabilistic concurrency testing (Burckhardt et al., ASPLOS 2010) */
	CHOOSE_EXHAUSTIVE, /* all of them, one run after the other */
};

/* Plain data, but for `path`. */
struct chooser {
	enum choose_strategy strategy;
	struct rng rng;
	uint32_t asked;			      /* decisions since the run began that the scenario left open */
	uint32_t every;			      /* CHOOSE_RANDOM: one in so many is not to go on */
	uint32_t changes;		      /* CHOOSE_PCT: of priorities, still to come, */
	uint32_t change_at[CHOOSE_DEPTH_MAX]; /* the next one last */
	/* CHOOSE_EXHAUSTIVE: the answers of this run, and how many there were to choose from. */
	bool cut; /* a run, this one or an earlier one, had decisions that were not looked at */
	uint32_t path_length;
	struct choose_step {
		uint8_t answer, bound;
	} * path;
};

/* Ready for a run. every: from 1. */
struct chooser choose_script(void);
struct chooser choose_random(uint64_t seed, uint32_t every);

/*
 * PCT of that depth, 1..CHOOSE_DEPTH_MAX: who goes first is random (choose_any), and depth - 1 times, at
 * decisions that are random among the `expected` ones, whoever runs has to let another go on. A bug that needs `depth`
 * events to be in some order shows with a probability of at least 1 / (ops * expected ^ (depth - 1)), however rare it
 * is otherwise.
 */
struct chooser choose_pct(uint64_t seed, unsigned depth, uint32_t expected);

/* The first of all runs: goes on everywhere. False: no memory. The chooser stays where it is. */
bool choose_exhaustive(struct chooser *c);
/* Make it the next run, the one that differs latest. False: that was the last, and the memory is given back. */
bool choose_next(struct chooser *c);
void choose_end(struct chooser *c);

/* Who asks, and answers below: 0 .. bound - 1. said: what the scenario says; 0: nothing. */
unsigned choose_openly(struct chooser *c, unsigned bound);

/* Any as likely as another, in what is no decision of a run, such as who goes first: 0 .. bound - 1. */
unsigned choose_any(struct chooser *c, unsigned bound);

/* Who asks could not ask: there was more to decide than can be said. */
static inline void choose_cut(struct chooser *c)
{
	c->cut = true;
}

static inline unsigned choose(struct chooser *c, unsigned bound, unsigned said)
{
	return said || bound == 1 || c->strategy == CHOOSE_SCRIPT ? said : choose_openly(c, bound);
}

#endif

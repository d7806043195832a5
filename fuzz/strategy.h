/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * strategy.h: which schedules an engine tries. A scenario says itself where its ops interrupt one another, and its
 * mutants say something else; instead of that, two or three of its ops in a row may be left to a chooser
 * (sched/choose.h). What that decides becomes part of the scenario, so all that is found or kept runs without it.
 */
#ifndef RCFUZZ_STRATEGY_H
#define RCFUZZ_STRATEGY_H

#include "base/rng.h"
#include "fuzz/entry.h"

/* X(ID, "word"): of --schedule. */
#define STRATEGIES(X)                                                                                                  \
	X(STRATEGY_MIX, "mix")		 /* all of the others, in turn */                                              \
	X(STRATEGY_SCENARIO, "scenario") /* as the engine's bytes say */                                               \
	X(STRATEGY_RANDOM, "random")                                                                                   \
	X(STRATEGY_PCT, "pct")

#define STRATEGY_MEMBER(id, word) id,
enum strategy { STRATEGIES(STRATEGY_MEMBER) STRATEGY_COUNT };

/* Is the next scenario, which lies in entry->scenario, one for strategy_run? race: it was made for ops to meet. */
bool strategy_wanted(const struct entry *entry, struct rng *rng, bool race);

/*
 * Run entry->scenario (within the limits, two ops at least) by a chooser, and then with a preemption at places where
 * its ops touch the same: at one of them now and then, at many if it is memory that they share. STRATEGY_SCENARIO: as
 * it is, and then with one such preemption more. entry->scenario becomes what was run last.
 */
void strategy_run(struct entry *entry, struct rng *rng);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * race.h: short scenarios about one thing: a page in some state, two or three ops on
 * it at the same time, and then the question whether what was written is seen.
 *
 * Most races that are known need no more; in a long scenario of random ops the two
 * hardly ever meet on the same page at the wrong moment.
 */
#ifndef RCFUZZ_RACE_H
#define RCFUZZ_RACE_H

#include "generate.h"

/* Overwrite *s with one; canonical. The same rng state gives the same scenario. */
void scenario_generate_race(struct scenario *s, struct rng *rng, const struct generate_options *options);

#endif

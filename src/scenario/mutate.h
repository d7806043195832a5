/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mutate.h: small changes to a scenario that keep its sense: a page is renamed
 * everywhere, an op moves, a template is put in, an op runs inside another. page,
 * l1, rc and level of the configuration are left alone: the run chooses them.
 *
 * No memory is allocated; everything is deterministic in the rng or seed.
 */
#ifndef RCFUZZ_MUTATE_H
#define RCFUZZ_MUTATE_H

#include "aims.h"
#include "base/rng.h"
#include "scenario.h"

/*
 * Change *s (canonical) a little; it is canonical afterwards, and nearly always
 * different. `other` (canonical, may be NULL) is a donor of ops.
 */
void scenario_mutate(struct scenario *s, struct rng *rng, const struct scenario *other);

/* Let one to four ops of *s (canonical) run inside others. */
void scenario_preempt(struct scenario *s, struct rng *rng);

/*
 * Let an op of *s (canonical) run inside another right where that touches what it touches too: aims->aims[i]. Sometimes
 * control returns in the middle of it, at such a place again. aims: of *s.
 */
void scenario_aim(struct scenario *s, struct rng *rng, const struct scenario_aims *aims, uint32_t i);

/* Some ops in a row of *s (canonical) that a schedule may let overlap: each on a vCPU of its own, as far as there are.
 * No op has a point then, or with `keep` those that it had. *s has two ops at least; returns how many, *first is the
 * first of them. */
uint32_t scenario_overlap(struct scenario *s, struct rng *rng, uint32_t *first, bool keep);

/* Ops of both, in their order: a head of *s, then a tail of *other, or a piece of *other within *s. */
void scenario_splice(struct scenario *s, struct rng *rng, const struct scenario *other);

/* All ops of *other behind those of *s, with their preemptions. False: there is no room, *s is as it was. */
bool scenario_append(struct scenario *s, const struct scenario *other);

/*
 * The same on the binary form, for the custom mutators of engines: data has
 * room for `max` bytes. Returns the new size, at most max.
 */
size_t scenario_mutate_bytes(uint8_t *data, size_t size, size_t max, uint32_t seed);

/* Crossover of two binary forms into `out`. Returns its size, at most max; 0 if max is too small. */
size_t scenario_crossover_bytes(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size, uint8_t *out,
				size_t max, uint32_t seed);

#endif

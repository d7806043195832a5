/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rng.h: a small deterministic random number generator: xoshiro256** (Blackman
 * and Vigna, public domain), seeded through splitmix64. The same seed gives the
 * same numbers on every machine. Not for secrets.
 */
#ifndef RCFUZZ_RNG_H
#define RCFUZZ_RNG_H

#include <stdbool.h>
#include <stdint.h>

struct rng {
	uint64_t state[4];
};

static inline uint64_t rng_splitmix(uint64_t *x)
{
	uint64_t z = (*x += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/* Any seed is good, 0 too. */
static inline void rng_seed(struct rng *rng, uint64_t seed)
{
	for (int i = 0; i < 4; i++)
		rng->state[i] = rng_splitmix(&seed);
}

static inline uint64_t rng_rotate(uint64_t x, unsigned bits)
{
	return (x << bits) | (x >> (64 - bits));
}

static inline uint64_t rng_next(struct rng *rng)
{
	uint64_t *s = rng->state, result = rng_rotate(s[1] * 5, 7) * 9, t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rng_rotate(s[3], 45);
	return result;
}

/* 0 .. bound - 1, evenly enough for fuzzing; 0 when bound is 0. */
static inline uint32_t rng_below(struct rng *rng, uint32_t bound)
{
	return (uint32_t)(((rng_next(rng) >> 32) * bound) >> 32);
}

/* min .. max, both included. */
static inline uint32_t rng_between(struct rng *rng, uint32_t min, uint32_t max)
{
	return min + rng_below(rng, max - min + 1);
}

/* True `percent` times in a hundred. */
static inline bool rng_chance(struct rng *rng, uint32_t percent)
{
	return rng_below(rng, 100) < percent;
}

#endif

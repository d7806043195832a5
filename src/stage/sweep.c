// SPDX-License-Identifier: GPL-2.0-only
/* sweep.c: see sweep.h. */
#include "sweep.h"

/* Before anything is known. */
#define FIRST_NS 1000000
/* A host that does something else makes an op look long: what is longer is not swept. */
#define LONGEST_NS 50000000
/* Near a hit: this part of the whole width to each side. */
#define NEAR 32

static int64_t known(int64_t ns)
{
	return ns ? ns : FIRST_NS;
}

int64_t sweep_width(const struct sweep *s)
{
	return known(s->victim_ns) + known(s->child_ns);
}

/* Multiples of the golden ratio, modulo 1, in 2^32: each new one falls into the widest gap. */
static int64_t part_of(uint64_t i, int64_t width)
{
	uint32_t fraction = (uint32_t)(i * 2654435769u);

	return (int64_t)((__int128)width * fraction >> 32);
}

int32_t sweep_next(struct sweep *s)
{
	uint64_t i = s->tries++;

	if (s->hit_count && i % 4) {
		int64_t near = sweep_width(s) / NEAR;
		uint64_t kept = s->hit_count < SWEEP_HITS ? s->hit_count : SWEEP_HITS;

		return (int32_t)(s->hits[i % kept] - near + part_of(i, 2 * near));
	}
	/* From where the second has ended when the first begins, to the other way round. */
	return (int32_t)(part_of(i, sweep_width(s)) - known(s->child_ns));
}

/* Near the shortest times: a host that does something else meanwhile makes them longer, never shorter. */
static void approach(int64_t *estimate, int64_t ns)
{
	if (ns <= 0 || ns > LONGEST_NS)
		return;
	*estimate = *estimate ? *estimate + (ns - *estimate) / (ns < *estimate ? 4 : 64) : ns;
}

void sweep_learn(struct sweep *s, int32_t delay_ns, int64_t victim_ns, int64_t child_ns, bool seen)
{
	approach(&s->victim_ns, victim_ns);
	approach(&s->child_ns, child_ns);
	if (seen)
		s->hits[s->hit_count++ % SWEEP_HITS] = delay_ns;
}

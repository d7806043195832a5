/* SPDX-License-Identifier: GPL-2.0-only */
/* choose.c: see choose.h. */
#include "choose.h"

#include <assert.h>
#include <stdlib.h>

struct chooser choose_script(void)
{
	return (struct chooser){.strategy = CHOOSE_SCRIPT};
}

struct chooser choose_random(uint64_t seed, uint32_t every)
{
	struct chooser c = {.strategy = CHOOSE_RANDOM, .every = every};

	assert(every);
	rng_seed(&c.rng, seed);
	return c;
}

struct chooser choose_pct(uint64_t seed, unsigned depth, uint32_t expected)
{
	struct chooser c = {.strategy = CHOOSE_PCT};

	assert(depth && depth <= CHOOSE_DEPTH_MAX);
	rng_seed(&c.rng, seed);
	for (c.changes = 0; c.changes < depth - 1; c.changes++) {
		uint32_t at = 1 + rng_below(&c.rng, expected), i = c.changes;

		for (; i && c.change_at[i - 1] < at; i--)
			c.change_at[i] = c.change_at[i - 1];
		c.change_at[i] = at;
	}
	return c;
}

bool choose_exhaustive(struct chooser *c)
{
	*c = (struct chooser){.strategy = CHOOSE_EXHAUSTIVE, .path = calloc(CHOOSE_PATH_MAX, sizeof(*c->path))};
	return c->path;
}

void choose_end(struct chooser *c)
{
	free(c->path);
	c->path = NULL;
}

bool choose_next(struct chooser *c)
{
	/* What was asked beyond the end of this run's path belongs to another. */
	if (c->path_length > c->asked)
		c->path_length = c->asked;
	c->asked = 0;
	while (c->path_length) {
		struct choose_step *last = &c->path[c->path_length - 1];

		if (++last->answer < last->bound)
			return true;
		c->path_length--;
	}
	choose_end(c);
	return false;
}

/* Somebody else, any of them. */
static unsigned another(struct chooser *c, unsigned bound)
{
	return 1 + rng_below(&c->rng, bound - 1);
}

/* Where nobody else could go on, the change takes effect as soon as somebody can. */
static unsigned pct(struct chooser *c, unsigned bound)
{
	if (!c->changes || c->asked + 1 < c->change_at[c->changes - 1])
		return 0;
	c->changes--;
	return another(c, bound);
}

static unsigned exhaustive(struct chooser *c, unsigned bound)
{
	if (c->asked >= CHOOSE_PATH_MAX || bound > UINT8_MAX)
		c->cut = true;
	if (c->asked >= CHOOSE_PATH_MAX)
		return 0;
	if (c->asked == c->path_length)
		c->path[c->path_length++] = (struct choose_step){0, bound < UINT8_MAX ? (uint8_t)bound : UINT8_MAX};
	return c->path[c->asked].answer;
}

unsigned choose_any(struct chooser *c, unsigned bound)
{
	if (c->strategy == CHOOSE_EXHAUSTIVE)
		return choose(c, bound, 0);
	return c->strategy == CHOOSE_SCRIPT ? 0 : rng_below(&c->rng, bound);
}

unsigned choose_openly(struct chooser *c, unsigned bound)
{
	unsigned answer = 0;

	switch (c->strategy) {
	case CHOOSE_SCRIPT:
		return 0;
	case CHOOSE_RANDOM:
		answer = rng_below(&c->rng, c->every) ? 0 : another(c, bound);
		break;
	case CHOOSE_PCT:
		answer = pct(c, bound);
		break;
	case CHOOSE_EXHAUSTIVE:
		answer = exhaustive(c, bound);
		break;
	}
	c->asked++;
	return answer;
}

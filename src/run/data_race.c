/* SPDX-License-Identifier: GPL-2.0-only */
/* data_race.c: see data_race.h. The epochs are those of FastTrack (Flanagan and Freund, PLDI 2009). */
#include "data_race.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#define ORDER_PROBES 8u
#define WORDS_MAX 512u /* of one copy or fill: what lies behind is not looked at */

void data_races_begin(struct data_races *d)
{
	d->generation++;
	d->count = 0;
}

unsigned data_races_op(struct data_races *d)
{
	unsigned op = d->count++;

	assert(op < DATA_RACE_OPS);
	for (unsigned i = 0; i <= op; i++)
		d->clock[i][op] = d->clock[op][i] = 0;
	d->clock[op][op] = 1;
	return op;
}

/* ---- order -------------------------------------------------------------------------- */

/* Ops that have begun since it was last used have a clock of 0 there. */
static struct data_race_order *order_of(struct data_races *d, uint64_t key)
{
	uint64_t first = key * 0x9e3779b97f4a7c15ull >> 40;

	for (unsigned i = 0; i < ORDER_PROBES; i++) {
		struct data_race_order *order = &d->orders[(first + i) % DATA_RACE_ORDERS];

		if (order->generation != d->generation)
			*order = (struct data_race_order){.generation = d->generation, .key = key};
		if (order->key == key)
			return order;
	}
	/* None is given back before all are: a key that comes here once always does. */
	return &d->orders[first % DATA_RACE_ORDERS];
}

static void join(uint32_t *to, const uint32_t *from, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (to[i] < from[i])
			to[i] = from[i];
}

void data_races_acquired(struct data_races *d, unsigned op, uint64_t key)
{
	join(d->clock[op], order_of(d, key)->clock, d->count);
}

void data_races_released(struct data_races *d, unsigned op, uint64_t key)
{
	join(order_of(d, key)->clock, d->clock[op], d->count);
	d->clock[op][op]++;
}

/* ---- accesses ------------------------------------------------------------------------ */

static struct data_race_word *word_of(struct data_races *d, uint32_t word)
{
	struct data_race_word *w = &d->words[(word ^ word >> 13) % DATA_RACE_WORDS];

	if (w->generation != d->generation || w->word != word)
		*w = (struct data_race_word){.generation = d->generation, .word = word};
	return w;
}

static bool is_ordered(const struct data_races *d, const struct data_race_access *before, unsigned op)
{
	return before->op == op || before->clock <= d->clock[op][before->op];
}

/* Nothing races with `old` that does not race with `new` as well, if the one is ordered before the other. */
static bool covers(const struct data_race_access *new, const struct data_race_access *old)
{
	return !(old->bytes & ~new->bytes) && new->write >= old->write &&new->marked <= old->marked;
}

/* The cell for a new access: that of one which it makes superfluous, an empty one, or the one whose turn it is. */
static struct data_race_access *cell_for(const struct data_races *d, struct data_race_word *w,
					 const struct data_race_access *new)
{
	struct data_race_access *empty = NULL;

	for (unsigned i = 0; i < DATA_RACE_CELLS; i++) {
		struct data_race_access *cell = &w->cells[i];

		if (!cell->callers[0])
			empty = empty ? empty : cell;
		else if (covers(new, cell) && is_ordered(d, cell, new->op))
			return cell;
	}
	return empty ? empty : &w->cells[w->turn++ % DATA_RACE_CELLS];
}

/* One doubleword. *found, if it is NULL, becomes an earlier access that races with it. */
static void access_word(struct data_races *d, const struct data_race_access *new, uint32_t word,
			const struct data_race_access **found)
{
	struct data_race_word *w = word_of(d, word);

	for (unsigned i = 0; i < DATA_RACE_CELLS && !*found; i++) {
		const struct data_race_access *cell = &w->cells[i];

		if (!cell->callers[0] || !(cell->bytes & new->bytes) || !(cell->write || new->write) ||
		    (cell->marked && new->marked) || is_ordered(d, cell, new->op))
			continue;
		d->found = *cell; /* which may be taken now */
		*found = &d->found;
	}
	*cell_for(d, w, new) = *new;
}

const struct data_race_access *data_races_access(struct data_races *d, const struct data_race_access *access,
						 uint64_t offset, uint64_t size)
{
	struct data_race_access new = *access;
	const struct data_race_access *found = NULL;
	uint64_t end = offset + size, first = offset >> 3;

	new.clock = d->clock[new.op][new.op];
	for (uint64_t word = first; word << 3 < end && word - first < WORDS_MAX; word++) {
		unsigned from = word << 3 < offset ? (unsigned)(offset & 7) : 0;
		unsigned to = end - (word << 3) < 8 ? (unsigned)(end & 7) : 8;

		new.bytes = (uint8_t)((1u << to) - (1u << from));
		access_word(d, &new, (uint32_t)word, &found);
	}
	return found;
}

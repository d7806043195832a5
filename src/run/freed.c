/* SPDX-License-Identifier: GPL-2.0-only */
/* freed.c: see freed.h. */
#include "freed.h"

/* The place that has the table, or the first free one for it; NULL: there is none. Older worlds' are free. */
static const struct freed_table *place_of(const struct freed *f, const void *table, uint64_t since)
{
	uint64_t hash = (uintptr_t)table / MACHINE_KMEM_LINE * 0x9e3779b97f4a7c15u >> 32;

	for (unsigned i = 0; i < FREED_TABLES; i++) {
		const struct freed_table *place = &f->tables[(hash + i) % FREED_TABLES];

		if (place->table == table || !place->table || place->at < since)
			return place;
	}
	return NULL;
}

void freed_locked(struct freed *f, unsigned task)
{
	f->locked[task] = ++f->locks;
}

void freed_note(struct freed *f, const void *table, unsigned task, uint16_t op, uint64_t at, uint64_t since)
{
	struct freed_table *place = (struct freed_table *)place_of(f, table, since);

	if (place)
		*place = (struct freed_table){.table = table, .at = at, .lock = f->locked[task], .op = op};
}

const struct freed_table *freed_find(const struct freed *f, const void *table, uint64_t since)
{
	const struct freed_table *found = place_of(f, table, since);

	return found && found->table == table && found->at >= since ? found : NULL;
}

bool freed_alone(const struct freed *f, const struct freed_table *table)
{
	uint32_t together = 0;

	for (const struct freed_table *other = f->tables; other < f->tables + FREED_TABLES; other++)
		together += other->table && other->lock == table->lock;
	return together == 1;
}

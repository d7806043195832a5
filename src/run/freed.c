/* SPDX-License-Identifier: GPL-2.0-only */
/* freed.c: see freed.h. */
#include "freed.h"

static unsigned slot_of(const void *table)
{
	/* Most lie 4 KiB apart. */
	return (unsigned)((uintptr_t)table / MACHINE_KMEM_LINE * 0x9e3779b1u >> 16) % FREED_TABLES;
}

void freed_locked(struct freed *f, unsigned task)
{
	f->locked[task] = ++f->locks;
}

void freed_note(struct freed *f, const void *table, unsigned task, uint16_t op, uint64_t at)
{
	/* A collision forgets the older one: a report then says less. */
	f->tables[slot_of(table)] = (struct freed_table){.table = table, .at = at, .lock = f->locked[task], .op = op};
}

const struct freed_table *freed_find(const struct freed *f, const void *table, uint64_t since)
{
	const struct freed_table *found = &f->tables[slot_of(table)];

	return found->table == table && found->at >= since ? found : NULL;
}

bool freed_alone(const struct freed *f, const struct freed_table *table)
{
	uint32_t together = 0;

	for (const struct freed_table *other = f->tables; other < f->tables + FREED_TABLES; other++)
		together += other->table && other->lock == table->lock;
	return together == 1;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* lock_order.c: a lockdep of our own. Locks of one name are one class, as with the kernel's. */
#include "runner.h"

#include <string.h>

void lock_order_reset(struct runner *r)
{
	memset(r->locks.after, 0, r->locks.count * sizeof(r->locks.after[0]));
	r->locks.count = 0;
}

/* LOCK_CLASSES: there are too many. */
static uint32_t class_of(struct runner *r, const void *lock)
{
	const char *name = r->world.target->lock_name(lock);
	struct lock_order *o = &r->locks;
	uint32_t i = 0;

	while (i < o->count && strcmp(o->name[i], name) != 0)
		i++;
	if (i == o->count && i < LOCK_CLASSES)
		o->name[o->count++] = name;
	return i;
}

/*
 * Was `to` ever taken under `from`, or under one that was? The class under which it was taken itself; LOCK_CLASSES: no.
 */
static uint32_t leads_to(const struct lock_order *o, uint32_t from, uint32_t to, uint32_t *visited)
{
	if (o->after[from] >> to & 1)
		return from;
	*visited |= 1u << from;
	for (uint32_t next = 0; next < o->count; next++) {
		uint32_t last = LOCK_CLASSES;

		if (o->after[from] >> next & ~*visited >> next & 1)
			last = leads_to(o, next, to, visited);
		if (last != LOCK_CLASSES)
			return last;
	}
	return LOCK_CLASSES;
}

void lock_order_note(struct runner *r)
{
	const struct world_task *task = r->world.task;
	const struct held_lock *taken = &task->locks[task->lock_count - 1];
	struct lock_order *o = &r->locks;
	uint32_t b = class_of(r, taken->lock);

	for (uint32_t i = 0; i + 1 < task->lock_count && b < LOCK_CLASSES; i++) {
		uint32_t a = class_of(r, task->locks[i].lock), visited = 0, last;

		if (a == LOCK_CLASSES || a == b || o->after[a] >> b & 1)
			continue;
		o->after[a] |= 1u << b;
		o->where[a][b] = *taken;
		last = leads_to(o, b, a, &visited);
		if (last != LOCK_CLASSES)
			finding_inversion(r, o->name[a], o->name[b], taken, &o->where[last][a], false);
	}
}

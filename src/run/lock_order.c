/* SPDX-License-Identifier: GPL-2.0-only */
/* lock_order.c: a lockdep of our own. Locks of one name are one class, as with the kernel's. */
#include "runner.h"

#include <string.h>

void lock_order_reset(struct runner *r)
{
	memset(r->locks.after, 0, r->locks.count * sizeof(r->locks.after[0]));
	r->locks.count = 0;
}

static uint32_t find_class(struct lock_order *o, const char *name)
{
	uint32_t i = 0;

	/* Nearly always the very same word, and a tlbie of 1G takes a lock for each of its pages. */
	while (i < o->count && o->name[i] != name)
		i++;
	if (i < o->count)
		return i;
	for (i = 0; i < o->count; i++)
		if (strcmp(o->name[i], name) == 0)
			return i;
	if (i < LOCK_CLASSES)
		o->name[o->count++] = name;
	return i;
}

/*
 * LOCK_CLASSES: there are too many, or the lock has no name: locks that have nothing in common are no class. Asked once
 * while the lock is held.
 */
static uint32_t class_of(struct runner *r, struct held_lock *held)
{
	const char *name;

	if (held->class)
		return held->class - 1u;
	name = r->world.target->lock_name(held->lock);
	held->class = (uint8_t)(1 + (strcmp(name, TARGET_LOCK_OTHER) ? find_class(&r->locks, name) : LOCK_CLASSES));
	return held->class - 1u;
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
	struct world_task *task = r->world.task;
	struct held_lock *taken = &task->locks[task->lock_count - 1];
	struct lock_order *o = &r->locks;
	uint32_t b;

	/* Who only tries does not wait: no circle goes through there (lockdep, a trylock). */
	if (taken->tried)
		return;
	b = class_of(r, taken);
	for (uint32_t i = 0; i + 1 < task->lock_count && b < LOCK_CLASSES; i++) {
		uint32_t a = class_of(r, &task->locks[i]), visited = 0, last;

		if (a == LOCK_CLASSES || a == b || o->after[a] >> b & 1)
			continue;
		o->after[a] |= 1u << b;
		o->where[a][b] = *taken;
		last = leads_to(o, b, a, &visited);
		if (last != LOCK_CLASSES)
			finding_inversion(r, o->name[a], o->name[b], taken, &o->where[last][a], false);
	}
}

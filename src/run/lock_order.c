/* SPDX-License-Identifier: GPL-2.0-only */
/* lock_order.c: a lockdep of our own. Locks of one name are one class, as with the kernel's. */
#include "runner.h"

#include <string.h>

void lock_order_reset(struct runner *r)
{
	memset(r->locks.after, 0, r->locks.count * sizeof(r->locks.after[0]));
	memset(r->locks.named, 0, sizeof(r->locks.named));
	r->locks.count = r->locks.pair_count = 0;
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
	uintptr_t at = (uintptr_t)held->named;
	struct lock_named *named = &r->locks.named[(at >> 3 ^ at >> 9) % LOCKS_NAMED];
	const char *name;

	if (held->class)
		return held->class - 1u;
	if (named->lock == held->named) {
		held->class = named->class;
		return held->class - 1u;
	}
	name = r->world.target->lock_name(held->named);
	held->class = (uint8_t)(1 + LOCK_CLASSES);
	/* One that is being made has no name yet. */
	if (strcmp(name, TARGET_LOCK_OTHER) != 0) {
		held->class = (uint8_t)(1 + find_class(&r->locks, name));
		*named = (struct lock_named){held->named, held->class};
	}
	return held->class - 1u;
}

uint32_t lock_order_way(const uint32_t after[LOCK_CLASSES], uint32_t from, uint32_t to, uint32_t way[LOCK_CLASSES])
{
	uint32_t queue[LOCK_CLASSES] = {from}, before[LOCK_CLASSES], visited = 1u << from, end = 1, length = 1;

	for (uint32_t i = 0; i < end && queue[i] != to; i++) {
		for (uint32_t next = after[queue[i]] & ~visited; next; next &= next - 1) {
			before[end] = i;
			queue[end++] = (uint32_t)__builtin_ctz(next);
		}
		visited |= after[queue[i]];
	}
	if (!(visited >> to & 1))
		return 0;
	while (queue[end - 1] != to)
		end--;
	for (uint32_t i = end - 1; i; i = before[i])
		length++;
	for (uint32_t i = end - 1, k = length; k--; i = before[i])
		way[k] = queue[i];
	return length;
}

/* b was just taken under a, for the first time: is a ever taken under b, or under one that is? */
static void close_circle(struct runner *r, uint32_t a, uint32_t b)
{
	struct lock_order *o = &r->locks;
	struct lock_nesting circle[LOCK_CLASSES];
	uint32_t way[LOCK_CLASSES], length = lock_order_way(o->after, b, a, way);

	for (uint32_t i = 0; i < length; i++) {
		uint32_t taken = way[(i + 1) % length];

		circle[i] = (struct lock_nesting){o->name[way[i]], o->name[taken], &o->where[way[i]][taken]};
	}
	if (length)
		finding_inversion(r, circle, length, false);
}

/* Two of one name, such as those of two guests: which of them comes first has to be the same each time. */
static void note_pair(struct runner *r, const char *name, const struct held_lock *first, const struct held_lock *second)
{
	struct lock_order *o = &r->locks;
	struct lock_nesting circle[2] = {{name, name, second}, {name, name, NULL}};

	for (uint32_t i = 0; i < o->pair_count; i++) {
		if (o->pairs[i].first == first->lock && o->pairs[i].second.lock == second->lock)
			return;
		if (o->pairs[i].first == second->lock && o->pairs[i].second.lock == first->lock)
			circle[1].where = &o->pairs[i].second;
	}
	if (circle[1].where)
		finding_inversion(r, circle, 2, false);
	else if (o->pair_count < LOCK_PAIRS)
		o->pairs[o->pair_count++] = (struct lock_pair){first->lock, *second};
}

void lock_order_note(struct runner *r, struct held_lock *taken)
{
	struct held_locks *held = world_held(&r->world);
	struct lock_order *o = &r->locks;
	uint32_t b;

	/* Who only tries does not wait: no circle goes through there (lockdep, a trylock). */
	if (taken->tried)
		return;
	b = class_of(r, taken);
	for (struct held_lock *under = held->locks; under < held->locks + held->count && b < LOCK_CLASSES; under++) {
		uint32_t a = under == taken || under->op != taken->op ? LOCK_CLASSES : class_of(r, under);

		/* What an op has left locked is another's mistake than that of those who come after. */
		if (a == LOCK_CLASSES || o->after[a] >> b & 1)
			continue;
		if (a == b) {
			/* A grace period that waits for the task itself is a deadlock. */
			if (!under->reads)
				note_pair(r, o->name[a], under, taken);
			continue;
		}
		o->after[a] |= 1u << b;
		o->where[a][b] = *taken;
		close_circle(r, a, b);
	}
}

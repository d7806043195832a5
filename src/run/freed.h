/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * freed.h: the page tables that the kernel has freed of late: which op freed one, and whether alone or with the tree
 * that it was in. What the hardware still has of it says no more than that it is gone.
 */
#ifndef RCFUZZ_FREED_H
#define RCFUZZ_FREED_H

#include "actor/world.h"

#define FREED_TABLES 1024u /* in one world; what is freed beyond is not known */

struct freed_table {
	const void *table;
	uint64_t at;
	uint64_t lock; /* after which taking of a lock by the op */
	uint16_t op;
};

struct freed {
	uint64_t locks;		       /* that were taken: a number that only grows */
	uint64_t locked[TARGET_TASKS]; /* which the last one of a task was */
	struct freed_table tables[FREED_TABLES];
};

/* The op that runs as that task has taken a lock. */
void freed_locked(struct freed *f, unsigned task);
/* It frees a table; at, since: now and when the world began, moments of evidence.h. */
void freed_note(struct freed *f, const void *table, unsigned task, uint16_t op, uint64_t at, uint64_t since);
/* NULL: it was not freed since the world began. */
const struct freed_table *freed_find(const struct freed *f, const void *table, uint64_t since);
/* A tree that is taken down has several, which are freed one after the other, under one lock. */
bool freed_alone(const struct freed *f, const struct freed_table *table);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * access.c: what kernel code does to its own memory, seen through the callbacks of a module of the flavour `access`:
 * accesses to what was freed or is not its own, and races.
 */
#include "runner.h"

void access_begin(struct runner *r)
{
	r->race_pair_count = 0;
}

/* ---- order ------------------------------------------------------------------------ */

/* The same number in every process, whatever lies where: kernel memory, the world's own, the module's. */
static uint64_t key_of(const struct runner *r, const void *what)
{
	uintptr_t at = (uintptr_t)what;

	if (at - MACHINE_KMEM_BASE < MACHINE_KMEM_BYTES)
		return (at - MACHINE_KMEM_BASE) & ~7ull;
	if (at - (uintptr_t)&r->world < sizeof(r->world))
		return 1ull << 40 | (at - (uintptr_t)&r->world);
	return (2ull << 40) + at - (uintptr_t)r->world.target;
}

static unsigned me(const struct runner *r)
{
	return r->race_op[r->world.sched.current];
}

void access_op_begins(void *ctx)
{
	struct runner *r = ctx;
	unsigned op;

	if (r->world.sched.current == 0)
		data_races_begin(&r->races);
	op = data_races_op(&r->races);
	r->race_op[r->world.sched.current] = (uint8_t)op;
	r->race_ops[op] = r->world.task->op;
}

void access_acquired(void *ctx, const void *what)
{
	struct runner *r = ctx;

	data_races_acquired(&r->races, me(r), key_of(r, what));
}

void access_released(void *ctx, const void *what)
{
	struct runner *r = ctx;

	data_races_released(&r->races, me(r), key_of(r, what));
}

/* ---- races --------------------------------------------------------------------------- */

static bool is_told(struct runner *r, const void *here, const void *there)
{
	for (uint32_t i = 0; i < r->race_pair_count; i++) {
		const struct race_pair *pair = &r->race_pairs[i];

		if ((pair->here == here && pair->there == there) || (pair->here == there && pair->there == here))
			return true;
	}
	/* When there are that many, more say nothing. */
	if (r->race_pair_count == RACE_PAIRS)
		return true;
	r->race_pairs[r->race_pair_count++] = (struct race_pair){here, there};
	return false;
}

static void look_for_race(struct runner *r, enum target_point kind, enum target_marking marking, const void *address,
			  size_t size, const void *caller)
{
	uint64_t offset = (uintptr_t)address - MACHINE_KMEM_BASE;
	const struct data_race_access here = {
		.caller = caller, .op = (uint8_t)me(r), .write = kind == POINT_WRITE, .marked = marking != MARK_PLAIN};
	const struct data_race_access *there;

	if (marking == MARK_ATOMIC || (marking == MARK_ONCE && kind == POINT_READ))
		access_acquired(r, address);
	there = data_races_access(&r->races, &here, offset, size);
	if (marking == MARK_ATOMIC || (marking == MARK_ONCE && kind == POINT_WRITE))
		access_released(r, address);
	if (there && !is_told(r, here.caller, there->caller))
		finding_data_race(r, address, &here, there);
}

/* ---- all accesses ---------------------------------------------------------------------- */

void access_accessed(void *ctx, enum target_point kind, enum target_marking marking, const void *address, size_t size,
		     const void *const callers[TARGET_CALLERS])
{
	struct runner *r = ctx;
	uintptr_t at = (uintptr_t)address;
	uint8_t line;

	if (r->bare || size == 0)
		return;
	line = r->world.services.memory_lines[(at - MACHINE_KMEM_BASE) / MEMORY_LINE];
	if (at % MEMORY_LINE + size > MEMORY_WORDS(line) * 8 &&
	    machine_kmem_state(r->world.machine, at, size, NULL, NULL) != KMEM_LIVE) {
		finding_bad_access(r, kind == POINT_WRITE ? "write" : "read", address, size, callers);
		world_abort(&r->world);
	}
	/* Entries of page tables are read and written whole, by the hardware as well: they count as marked. */
	if (r->world.tracking && MEMORY_KIND(line) != KMEM_PGTABLE)
		look_for_race(r, kind, marking, address, size, callers[0]);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * radix.c: radix trees as Power ISA 3.1, Book III, 6.7 defines them: what an
 * entry says, and the partition-scoped walk.
 *
 * The ISA lets an implementation choose which trees it supports; POWER9 and
 * POWER10 take 52-bit trees of 13/9/9/5 (64 KiB pages) and 13/9/9/9 bits (4 KiB).
 * Every other shape is "unsupported radix tree configuration".
 *
 * Partition-scoped tables are the kernel's own memory. The walk asks whether an
 * entry's memory is still allocated before it reads it: that is how a use after
 * free by the hardware shows.
 */
#include "internal.h"

#define RADIX_ROOT_BITS 13u

bool radix_root(uint64_t dw0, struct radix_cursor *cursor)
{
	uint32_t rts = (uint32_t)(dw0 >> 58 & 0x18) | (uint32_t)(dw0 >> 5 & 0x7); /* dw0 bits 1:2 and 56:58 */

	*cursor = (struct radix_cursor){
		.table = dw0 & RADIX_NLB,
		.bits = (uint32_t)(dw0 & RADIX_NLS),
		.shift = RADIX_ROOT_SHIFT,
	};
	return rts + 31 == RADIX_ADDRESS_BITS && cursor->bits == RADIX_ROOT_BITS &&
	       (cursor->table & ((8ull << cursor->bits) - 1)) == 0;
}

static bool is_page_size(uint32_t shift)
{
	return shift == 12 || shift == 16 || shift == SHIFT_2M || shift == SHIFT_1G;
}

static bool is_next_level(uint32_t shift, uint32_t nls)
{
	switch (shift) {
	case RADIX_ROOT_SHIFT:
	case SHIFT_1G:
		return nls == 9;
	case SHIFT_2M:
		return nls == 9 || nls == 5;
	default:
		return false; /* below the last level */
	}
}

enum radix_step radix_step(struct radix_cursor *cursor, uint64_t entry)
{
	uint32_t nls = (uint32_t)(entry & RADIX_NLS);

	if (!(entry & RADIX_V))
		return RADIX_STEP_NONE;
	if (entry & RADIX_LEAF)
		return is_page_size(cursor->shift) ? RADIX_STEP_LEAF : RADIX_STEP_BAD;
	if (!is_next_level(cursor->shift, nls) || (entry & RADIX_NLB & ((8ull << nls) - 1)) != 0)
		return RADIX_STEP_BAD;
	cursor->table = entry & RADIX_NLB;
	cursor->bits = nls;
	cursor->shift -= nls;
	return RADIX_STEP_NEXT;
}

static void note_pde(struct walk *walk, uint32_t shift, uint64_t pde)
{
	walk->pde_shift[walk->pde_count] = shift;
	walk->pde[walk->pde_count] = pde;
	walk->pde_where[walk->pde_count] = walk->where;
	walk->pde_count++;
}

static void walk_failed(struct walk *walk, uint32_t dsisr)
{
	walk->status = MACHINE_FAULT;
	walk->dsisr = dsisr;
}

/* Down from where the cursor stands. */
static void walk_tables(const struct kmem *kmem, struct radix_cursor cursor, uint64_t addr, struct walk *walk)
{
	for (;;) {
		uint32_t shift = cursor.shift;
		uint64_t entry;

		walk->where = radix_entry_address(&cursor, addr);
		if (!kmem_is_live_word(kmem, walk->where)) {
			walk->status = MACHINE_BAD_WALK;
			return;
		}
		entry = radix_load(walk->where);
		switch (radix_step(&cursor, entry)) {
		case RADIX_STEP_NEXT:
			note_pde(walk, shift, entry);
			break;
		case RADIX_STEP_LEAF:
			walk->status = MACHINE_DONE;
			walk->shift = shift;
			walk->pte = entry;
			return;
		case RADIX_STEP_NONE:
			walk_failed(walk, DSISR_HW_NO_TRANSLATION);
			return;
		case RADIX_STEP_BAD:
			walk_failed(walk, DSISR_HW_BAD_CONFIG);
			return;
		}
	}
}

/* The deepest table that the page walk cache knows for addr. */
static bool cached_table(struct cpu *cpu, uint32_t lpid, uint64_t addr, struct radix_cursor *cursor)
{
	static const uint8_t shifts[] = {SHIFT_2M, SHIFT_1G, RADIX_ROOT_SHIFT};

	for (uint32_t i = 0; i < sizeof(shifts); i++) {
		const struct cache_entry *e = pwc_find(cpu, lpid, addr, shifts[i]);

		if (!e)
			continue;
		cursor->shift = shifts[i];
		return radix_step(cursor, e->value) == RADIX_STEP_NEXT;
	}
	return false;
}

void radix_walk(struct machine *m, struct cpu *cpu, uint32_t lpid, uint64_t addr, struct walk *walk)
{
	struct radix_cursor cursor;

	walk->pde_count = 0;
	if (addr >> RADIX_ADDRESS_BITS) {
		walk_failed(walk, DSISR_HW_NO_TRANSLATION);
		return;
	}
	if (!cached_table(cpu, lpid, addr, &cursor)) {
		struct pate_entry pate = pate_lookup(m, cpu, lpid);

		if (!(pate.dw0 & PATE_HR) || !radix_root(pate.dw0, &cursor)) {
			walk_failed(walk, DSISR_HW_BAD_CONFIG);
			return;
		}
	}
	walk_tables(&m->kmem, cursor, addr, walk);
	for (uint32_t i = 0; i < walk->pde_count; i++)
		pwc_fill(m, cpu, lpid, addr, walk->pde_shift[i], walk->pde[i], walk->pde_where[i]);
}

/* ---- looking, without effect ------------------------------------------------------ */

struct machine_leaf leaf_of(const struct machine *m, uint64_t addr, uint32_t shift, uint64_t pte, uint64_t where)
{
	uint32_t page_shift = shift < m->config.page_shift ? shift : m->config.page_shift;
	uint64_t within = (1ull << shift) - 1;

	return (struct machine_leaf){
		.present = true,
		.shift = shift,
		.pte = pte,
		.hpa = ((pte & RADIX_RPN & ~within) | (addr & within)) >> page_shift << page_shift,
		.r = (pte & RADIX_R) != 0,
		.c = (pte & RADIX_C) != 0,
		.perm = (uint8_t)((radix_readable(pte) ? 1 : 0) | (pte & RADIX_WRITE ? 2 : 0) |
				  (pte & RADIX_EXEC ? 4 : 0)),
		.entry = (const void *)(uintptr_t)where,
	};
}

struct machine_leaf machine_peek(const struct machine *m, uint32_t lpid, uint64_t addr)
{
	struct radix_cursor cursor;
	struct walk walk = {.pde_count = 0};

	assert(lpid < MACHINE_LPIDS);
	if (addr >> RADIX_ADDRESS_BITS || !(m->partition_table[lpid][0] & PATE_HR) ||
	    !radix_root(m->partition_table[lpid][0], &cursor))
		return (struct machine_leaf){.present = false};
	walk_tables(&m->kmem, cursor, addr, &walk);
	if (walk.status != MACHINE_DONE)
		return (struct machine_leaf){.present = false};
	return leaf_of(m, addr, walk.shift, walk.pte, walk.where);
}

static bool table_holds(const struct machine *m, const struct radix_cursor *table, uint64_t entry)
{
	uint64_t size = 8ull << table->bits;

	if (entry - table->table < size)
		return true;
	if (machine_kmem_state(m, table->table, size, NULL, NULL) != KMEM_LIVE)
		return false;
	for (uint64_t at = table->table; at < table->table + size; at += 8) {
		struct radix_cursor below = *table;

		if (radix_load(at) && radix_step(&below, radix_load(at)) == RADIX_STEP_NEXT &&
		    table_holds(m, &below, entry))
			return true;
	}
	return false;
}

bool machine_tree_holds(const struct machine *m, uint64_t root, const void *entry)
{
	const struct radix_cursor cursor = {.table = root, .bits = 13, .shift = RADIX_ROOT_SHIFT};

	return table_holds(m, &cursor, (uint64_t)(uintptr_t)entry);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * access.c: what kernel code does to its own memory, seen through the callbacks of a module of the flavour `access`:
 * accesses to what was freed or is not its own, which one of the flavour `asan` tells of too, and races.
 */
#include "runner.h"

#include <string.h>

#define WORDS_MAX 64u /* of one fill, whose writer is kept */

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
			  size_t size, const void *const callers[TARGET_CALLERS])
{
	uint64_t offset = (uintptr_t)address - MACHINE_KMEM_BASE;
	struct data_race_access here = {
		.op = (uint8_t)me(r), .write = kind == POINT_WRITE, .marked = marking != MARK_PLAIN};
	const struct data_race_access *there;

	memcpy(here.callers, callers, sizeof(here.callers));
	if (marking == MARK_ATOMIC || (marking == MARK_ONCE && kind == POINT_READ))
		access_acquired(r, address);
	there = data_races_access(&r->races, &here, offset, size);
	if (marking == MARK_ATOMIC || (marking == MARK_ONCE && kind == POINT_WRITE))
		access_released(r, address);
	if (there && !is_told(r, here.callers[0], there->callers[0]))
		finding_data_race(r, address, &here, there);
}

/* ---- rmaps and dirty bitmaps ------------------------------------------------------------ */

static void observe_word(struct runner *r, const uint64_t *word, uint64_t lost,
			 const void *const callers[TARGET_CALLERS])
{
	const struct run_observer *o = r->observer;
	const struct target *target = r->world.target;
	struct finding_writer writer = {0};
	struct provenance_site site;
	bool rmap, cleared;
	uint64_t gpa;

	if (o->watch_lpage >= r->layout.total_pages)
		return;
	gpa = layout_gpa(&r->layout, o->watch_lpage);
	rmap = word == target->rmap_word(gpa);
	if (!rmap && word != target->bitmap_word(gpa))
		return;
	/* An rmap is an address, whose bits say nothing one by one. */
	cleared = lost && (!rmap || !*word);
	memcpy(site.callers, callers, sizeof(site.callers));
	if (provenance_name_inner(r->module, &site, &writer))
		o->word(o->ctx, r->world.task->op, rmap ? "rmap" : "bitmap", cleared, &writer);
}

/* Whatever the write does to the word, before or after it; lost: the bits that it is known to have lost. */
static void look_at_word(struct runner *r, const void *word, uint64_t lost, const void *const callers[TARGET_CALLERS])
{
	struct world *w = &r->world;

	if (r->observer && r->observer->word)
		observe_word(r, word, lost, callers);
	if (w->ending || w->task->rmap_unlocked || w->target->mmu_locked())
		return;
	/* The memslots that are in force say what is an rmap: one that is being made or freed is none. */
	if (strcmp(w->target->memory_name(word), "rmap") != 0)
		return;
	w->task->rmap_unlocked = true;
	w->hooks.report(r, REPORT_LOCK, NULL, 0, NULL, "an rmap changes without mmu_lock", callers);
}

/* The L1 page whose rmap a word is, or LAYOUT_NONE. */
static uint32_t page_of_rmap(const struct runner *r, const uint64_t *word)
{
	for (const struct layout_slot *slot = r->layout.slots; slot < r->layout.slots + SCENARIO_SLOTS_MAX; slot++) {
		const uint64_t *first =
			slot->pages ? r->world.target->rmap_word(layout_gpa(&r->layout, slot->first)) : NULL;

		if (first && word >= first && word < first + slot->pages)
			return slot->first + (uint32_t)(word - first);
	}
	return LAYOUT_NONE;
}

/* Who unmaps a page takes it from L1 first, then its shadow entries by its rmap. */
static void note_emptied(struct runner *r, const void *word)
{
	uint32_t lpage = page_of_rmap(r, word);

	if (lpage >= r->layout.total_pages)
		return;
	if (machine_peek(r->world.machine, r->world.config->lpid, layout_gpa(&r->layout, lpage)).present)
		r->rmap_emptied[lpage] = evidence_tick(&r->evidence);
	else
		r->rmap_unmapped[lpage] = evidence_tick(&r->evidence);
}

void access_word_written(void *ctx, const void *word, const void *const callers[TARGET_CALLERS])
{
	struct runner *r = ctx;
	uint64_t lost;

	if (r->bare)
		return;
	lost = provenance_after_word(&r->provenance, word, callers);
	if (lost && !*(const uint64_t *)word)
		note_emptied(r, word);
	look_at_word(r, word, lost, callers);
}

static void word_is_written(struct runner *r, const void *word, const void *const callers[TARGET_CALLERS])
{
	provenance_before_word(&r->provenance, word, callers);
	look_at_word(r, word, 0, callers);
}

/* ---- all accesses ---------------------------------------------------------------------- */

void access_bad(void *ctx, enum target_point kind, const void *address, size_t size,
		const void *const callers[TARGET_CALLERS])
{
	struct runner *r = ctx;

	if (!r->bare)
		finding_bad_access(r, kind == POINT_WRITE ? "write" : "read", address, size, callers);
	world_abort(&r->world);
}

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
	    machine_kmem_state(r->world.machine, at, size, NULL, NULL) != KMEM_LIVE)
		access_bad(r, kind, address, size, callers);
	if (kind == POINT_WRITE && MEMORY_KIND(line) == KMEM_VMALLOC)
		for (uintptr_t word = at & ~7ul; word < at + size && word < (at & ~7ul) + 8 * WORDS_MAX; word += 8)
			word_is_written(r, (const void *)word, callers);
	/* Entries of page tables are read and written whole, by the hardware as well: they count as marked. */
	if (r->world.tracking && MEMORY_KIND(line) != KMEM_PGTABLE)
		look_for_race(r, kind, marking, address, size, callers);
}

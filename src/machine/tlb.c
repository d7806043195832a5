/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tlb.c: what a CPU remembers: translations (TLB), pointers to tables (page walk
 * cache) and partition table entries; and what makes it forget (Power ISA 3.1,
 * Book III, 6.9.3.3, tlbie and tlbiel).
 *
 * It remembers as long as nothing tells it to forget: stale entries are what
 * this fuzzer lives on. Only a full set forgets by itself, its oldest entry.
 */
#include "internal.h"

#include <string.h>

/* Sizes that pages have. */
static const uint8_t page_shifts[] = {12, 16, SHIFT_2M, SHIFT_1G};

void tlb_reset(struct machine *m)
{
	m->clock++;
	for (uint32_t i = 0; i < MACHINE_CPUS; i++) {
		struct cpu *cpu = &m->cpu[i];

		cpu->tlb_flushed = cpu->pwc_flushed = cpu->pate_flushed = m->clock;
		cpu->process_count = 0;
		cpu->tlb_shifts = 0;
	}
}

/* ---- filling --------------------------------------------------------------------- */

static bool is_forgotten(const struct cache_entry *e, uint64_t flushed, const uint64_t *flushed_lpid)
{
	return e->key == 0 || e->born < flushed || e->born < flushed_lpid[e->key >> 8 & 0xff];
}

/*
 * Newest first: the new entry goes to the front and takes the place of the entry
 * with its key, or of a forgotten one, or else of the oldest. Never two of a key.
 */
static void cache_fill(struct cache_entry *set, const struct cache_entry *entry, uint64_t flushed,
		       const uint64_t *flushed_lpid)
{
	uint32_t hole = CACHE_WAYS - 1;

	for (uint32_t way = CACHE_WAYS; way-- > 0;) {
		if (set[way].key == entry->key) {
			hole = way;
			break;
		}
		if (is_forgotten(&set[way], flushed, flushed_lpid))
			hole = way;
	}
	memmove(&set[1], &set[0], hole * sizeof(set[0]));
	set[0] = *entry;
}

void tlb_fill(struct machine *m, struct cpu *cpu, uint32_t lpid, uint64_t addr, uint32_t shift, uint64_t pte,
	      uint64_t where)
{
	const struct cache_entry e = {cache_key(addr, shift, lpid), m->clock, pte, where};

	cpu->tlb_shifts |= 1u << shift;
	cache_fill(cpu->tlb[cache_hash(e.key) % TLB_SETS], &e, cpu->tlb_flushed, cpu->tlb_flushed_lpid);
}

void pwc_fill(struct machine *m, struct cpu *cpu, uint32_t lpid, uint64_t addr, uint32_t shift, uint64_t pde,
	      uint64_t where)
{
	const struct cache_entry e = {cache_key(addr, shift, lpid), m->clock, pde, where};

	cache_fill(cpu->pwc[cache_hash(e.key) % PWC_SETS], &e, cpu->pwc_flushed, cpu->pwc_flushed_lpid);
}

struct pate_entry pate_lookup(struct machine *m, struct cpu *cpu, uint32_t lpid)
{
	struct pate_entry *cached = &cpu->pate[lpid];
	struct pate_entry now;

	if (cached->born >= cpu->pate_flushed && cached->born >= cpu->pate_flushed_lpid[lpid])
		return *cached;
	now = (struct pate_entry){m->partition_table[lpid][0], m->partition_table[lpid][1], m->clock};
	if (now.dw0 & PATE_HR)
		*cached = now; /* an entry that is no radix entry is not worth remembering */
	return now;
}

/* ---- translations through the guest's process table --------------------------------- */

struct process_entry *process_tlb_find(struct cpu *cpu, uint32_t lpid, uint32_t pid, uint64_t addr)
{
	for (uint32_t i = cpu->process_count; i-- > 0;) { /* the newest of overlapping ones */
		struct process_entry *e = &cpu->process[i];

		if (e->lpid == lpid && e->pid == pid && e->page == addr >> e->shift)
			return e;
	}
	return NULL;
}

static void process_remove(struct cpu *cpu, uint32_t i)
{
	cpu->process_count--;
	memmove(&cpu->process[i], &cpu->process[i + 1], (cpu->process_count - i) * sizeof(cpu->process[0]));
}

void process_tlb_fill(struct cpu *cpu, const struct process_entry *entry)
{
	for (uint32_t i = 0; i < cpu->process_count; i++) {
		const struct process_entry *e = &cpu->process[i];

		if (e->lpid == entry->lpid && e->pid == entry->pid && e->shift == entry->shift &&
		    e->page == entry->page) {
			process_remove(cpu, i);
			break;
		}
	}
	if (cpu->process_count == PROCESS_TLB_MAX)
		process_remove(cpu, 0);
	cpu->process[cpu->process_count++] = *entry;
}

static void process_flush_lpid(struct cpu *cpu, uint32_t lpid)
{
	for (uint32_t i = cpu->process_count; i-- > 0;) {
		if (cpu->process[i].lpid == lpid)
			process_remove(cpu, i);
	}
}

/* Those that derive from a partition-scoped PTE for the page. */
static void process_flush_page(struct cpu *cpu, uint32_t lpid, uint64_t addr, uint32_t shift)
{
	for (uint32_t i = cpu->process_count; i-- > 0;) {
		const struct process_entry *e = &cpu->process[i];

		if (e->lpid == lpid && e->gpa_shift == shift && e->gpa >> shift == addr >> shift)
			process_remove(cpu, i);
	}
}

/* ---- invalidation -------------------------------------------------------------------- */

/* The CPUs that an invalidation reaches: [*from, return). */
static uint32_t reached(const struct machine *m, uint32_t cpu, uint32_t *from)
{
	assert(cpu <= MACHINE_CPUS);
	*from = cpu == MACHINE_CPUS ? 0 : cpu;
	return cpu == MACHINE_CPUS ? m->config.cpus : cpu + 1;
}

void machine_tlbie_page(struct machine *m, uint32_t cpu, uint32_t lpid, uint64_t addr, uint32_t shift)
{
	uint32_t i, end = reached(m, cpu, &i);
	uint64_t key = cache_key(addr, shift & 63, lpid);

	/* AP must be the actual page size of the entry: any other matches nothing. */
	if (lpid >= MACHINE_LPIDS || addr >> RADIX_ADDRESS_BITS || shift > SHIFT_1G)
		return;
	for (; i < end; i++) {
		struct cache_entry *set = m->cpu[i].tlb[cache_hash(key) % TLB_SETS];

		for (uint32_t way = 0; way < CACHE_WAYS; way++) {
			if (set[way].key == key)
				set[way].key = 0;
		}
		process_flush_page(&m->cpu[i], lpid, addr, shift);
	}
}

void machine_tlbie_lpid(struct machine *m, uint32_t cpu, uint32_t lpid, unsigned ric)
{
	uint32_t i, end = reached(m, cpu, &i);

	if (lpid >= MACHINE_LPIDS)
		return;
	m->clock++;
	for (; i < end; i++) {
		struct cpu *c = &m->cpu[i];

		if (ric != 1) {
			c->tlb_flushed_lpid[lpid] = m->clock;
			process_flush_lpid(c, lpid);
		}
		if (ric != 0)
			c->pwc_flushed_lpid[lpid] = m->clock;
		if (ric == 2)
			c->pate_flushed_lpid[lpid] = m->clock;
	}
}

/* Process-scoped tables and process table entries are not cached, so RIC=1 has nothing to do. */
void machine_tlbie_process(struct machine *m, uint32_t cpu, uint32_t lpid, unsigned ric)
{
	uint32_t i, end = reached(m, cpu, &i);

	if (lpid >= MACHINE_LPIDS || ric == 1)
		return;
	for (; i < end; i++)
		process_flush_lpid(&m->cpu[i], lpid);
}

void machine_evict_tlb(struct machine *m, uint32_t cpu)
{
	assert(cpu < MACHINE_CPUS);
	m->cpu[cpu].tlb_flushed = ++m->clock;
	m->cpu[cpu].process_count = 0;
}

void machine_evict_pwc(struct machine *m, uint32_t cpu)
{
	assert(cpu < MACHINE_CPUS);
	m->cpu[cpu].pwc_flushed = ++m->clock;
}

void machine_evict_pate(struct machine *m, uint32_t cpu)
{
	assert(cpu < MACHINE_CPUS);
	m->cpu[cpu].pate_flushed = ++m->clock;
}

struct machine_leaf machine_peek_tlb(const struct machine *m, uint32_t cpu, uint32_t lpid, uint64_t addr)
{
	struct cpu *c = (struct cpu *)&m->cpu[cpu];

	assert(cpu < MACHINE_CPUS && lpid < MACHINE_LPIDS);
	if (addr >> RADIX_ADDRESS_BITS)
		return (struct machine_leaf){.present = false};
	for (uint32_t i = 0; i < sizeof(page_shifts); i++) {
		const struct cache_entry *e = tlb_find(c, lpid, addr, page_shifts[i]);

		if (e)
			return leaf_of(m, addr, page_shifts[i], e->value, e->where);
	}
	return (struct machine_leaf){.present = false};
}

struct machine_leaf machine_peek_process_tlb(const struct machine *m, uint32_t cpu, uint32_t lpid, uint64_t addr)
{
	const struct cpu *c = &m->cpu[cpu];
	struct machine_leaf leaf = {.present = false};

	assert(cpu < MACHINE_CPUS);
	for (uint32_t i = 0; i < c->process_count && !leaf.c; i++) {
		const struct process_entry *e = &c->process[i];

		if (e->lpid == lpid && e->gpa >> e->shift == addr >> e->shift)
			leaf = leaf_of(m, addr, e->gpa_shift, e->pte, e->where);
	}
	return leaf;
}

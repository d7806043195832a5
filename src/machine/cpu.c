/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cpu.c: one access of a CPU: look up, walk, check, fill; and what is built of
 * accesses: the process-scoped walk and copies through both dimensions.
 *
 * Rules (Power ISA 3.1, Book III): 6.7.6 partition and process table, 6.7.12 R and
 * C, 6.7.13 protection, the radix tree translation process, and the hypervisor's
 * data and instruction storage interrupts. R and C of partition-scoped entries are not set by the hardware: a
 * missing one is a fault ("failed to set R or C"). The ISA lets an implementation
 * do either; the kernel's scheme builds on the fault.
 *
 * Simplified: the process-scoped R and C must be set by the guest, the
 * privileged bit of the EAA and the storage attributes have no effect.
 */
#include "internal.h"

#include <string.h>

/* Bits 4:51 of a guest real address are what ASDR holds. */
#define ASDR_MASK 0x0ffffffffffff000ull
#define EA_QUADRANT 0xc000000000000000ull

/* What a PTE must have for an access to complete: all of one mask, any of the other. */
struct need {
	uint64_t all, any;
};

static const struct need needs[] = {
	[MACHINE_LOAD] = {RADIX_R, RADIX_READ | RADIX_WRITE},
	[MACHINE_STORE] = {RADIX_R | RADIX_C | RADIX_WRITE, RADIX_WRITE},
	[MACHINE_FETCH] = {RADIX_R | RADIX_EXEC, RADIX_EXEC},
};

/* The result of one translation, of either dimension. */
struct translation {
	uint64_t pte, where;
	uint32_t shift;
	bool tlb_hit;
};

static bool suffices(uint64_t pte, enum machine_access_kind kind)
{
	return (pte & needs[kind].all) == needs[kind].all && (pte & needs[kind].any);
}

/* Translation, then protection, then R and C. 0: suffices. */
static uint32_t leaf_fault(uint64_t pte, enum machine_access_kind kind)
{
	const uint64_t rc = RADIX_R | RADIX_C;
	uint64_t rights = needs[kind].all & ~rc;

	if ((pte & rights) != rights || !(pte & needs[kind].any))
		return kind == MACHINE_FETCH ? DSISR_HW_NOEXEC : DSISR_HW_PROTECTION;
	if ((pte & needs[kind].all & rc) != (needs[kind].all & rc))
		return DSISR_HW_SET_RC;
	return 0;
}

static uint64_t leaf_address(uint64_t pte, uint32_t shift, uint64_t addr)
{
	uint64_t within = (1ull << shift) - 1;

	return (pte & RADIX_RPN & ~within) | (addr & within);
}

/* ---- partition-scoped: guest real to host real --------------------------------- */

static enum machine_status storage_fault(struct machine_access *access, enum machine_access_kind kind, uint64_t gpa,
					 uint32_t dsisr)
{
	access->dsisr = dsisr | (kind == MACHINE_STORE ? DSISR_HW_STORE : 0);
	access->asdr = gpa & ASDR_MASK;
	access->gpa = gpa;
	return MACHINE_FAULT;
}

static enum machine_status bad_walk(const struct machine *m, struct machine_access *access, uint64_t where)
{
	access->bad_address = where;
	access->bad_state = machine_kmem_state(m, where, 8, NULL, NULL);
	return MACHINE_BAD_WALK;
}

static uint64_t set_rc(uint64_t where, enum machine_access_kind kind)
{
	uint64_t bits = RADIX_R | (kind == MACHINE_STORE ? RADIX_C : 0);

	return be64toh(__atomic_or_fetch((uint64_t *)(uintptr_t)where, htobe64(bits), __ATOMIC_RELAXED));
}

static enum machine_status partition_walk(struct machine *m, struct machine_access *access, uint64_t gpa,
					  enum machine_access_kind kind, struct translation *t)
{
	struct cpu *cpu = &m->cpu[access->cpu];
	struct walk walk;
	uint32_t dsisr;

	radix_walk(m, cpu, access->lpid, gpa, &walk);
	if (walk.status == MACHINE_BAD_WALK)
		return bad_walk(m, access, walk.where);
	if (walk.status != MACHINE_DONE)
		return storage_fault(access, kind, gpa, walk.dsisr);
	dsisr = leaf_fault(walk.pte, kind);
	if (dsisr == DSISR_HW_SET_RC && m->config.rc_hw)
		walk.pte = set_rc(walk.where, kind);
	else if (dsisr)
		return storage_fault(access, kind, gpa, dsisr);
	if (!hpa_in_frames(leaf_address(walk.pte, walk.shift, gpa)))
		return bad_walk(m, access, leaf_address(walk.pte, walk.shift, gpa));
	tlb_fill(m, cpu, access->lpid, gpa, walk.shift, walk.pte, walk.where);
	*t = (struct translation){.pte = walk.pte, .where = walk.where, .shift = walk.shift};
	return MACHINE_DONE;
}

/* An entry of the TLB that lets the access complete: with less than it needs, the walk is done again. */
static inline const struct cache_entry *tlb_hit(struct cpu *cpu, uint32_t lpid, uint64_t gpa,
						enum machine_access_kind kind)
{
	if (gpa >> RADIX_ADDRESS_BITS)
		return NULL;
	for (uint32_t shifts = cpu->tlb_shifts; shifts; shifts &= shifts - 1) {
		const struct cache_entry *e = tlb_find(cpu, lpid, gpa, (uint32_t)__builtin_ctz(shifts));

		if (e && suffices(e->value, kind))
			return e;
	}
	return NULL;
}

static enum machine_status partition_translate(struct machine *m, struct machine_access *access, uint64_t gpa,
					       enum machine_access_kind kind, struct translation *t)
{
	const struct cache_entry *e = tlb_hit(&m->cpu[access->cpu], access->lpid, gpa, kind);

	if (!e)
		return partition_walk(m, access, gpa, kind, t);
	*t = (struct translation){.pte = e->value, .where = e->where, .shift = cache_shift(e), .tlb_hit = true};
	return MACHINE_DONE;
}

/* ---- process-scoped: effective to guest real -------------------------------------- */

static enum machine_status guest_fault(struct machine_access *access, uint32_t dsisr)
{
	access->dsisr = dsisr | (access->kind == MACHINE_STORE ? DSISR_HW_STORE : 0);
	return MACHINE_GUEST_FAULT;
}

/* A doubleword of a table in the guest's memory, itself translated; a fault there says so (HDSISR bit 46). */
static enum machine_status guest_load(struct machine *m, struct machine_access *access, uint64_t gpa, uint64_t *value)
{
	struct translation t;
	enum machine_status status = partition_translate(m, access, gpa, MACHINE_LOAD, &t);

	if (status == MACHINE_FAULT)
		access->dsisr |= DSISR_HW_TABLE_ACCESS;
	if (status == MACHINE_DONE)
		*value = radix_load(leaf_address(t.pte, t.shift, gpa) & ~7ull);
	return status;
}

/* The root of the process's tree: by way of the partition table, then the process table (6.7.6). */
static enum machine_status process_root(struct machine *m, struct machine_access *access, struct radix_cursor *cursor)
{
	struct pate_entry pate = pate_lookup(m, &m->cpu[access->cpu], access->lpid);
	uint64_t table_bytes = 1ull << (12 + (pate.dw1 & PATE_PRTS));
	uint64_t offset = (uint64_t)access->pid * PROCESS_ENTRY_BYTES;
	enum machine_status status;
	uint64_t dw0;

	if (!(pate.dw0 & PATE_HR))
		return storage_fault(access, access->kind, access->addr, DSISR_HW_BAD_CONFIG);
	if (offset >= table_bytes)
		return guest_fault(access, DSISR_HW_NO_TRANSLATION);
	status = guest_load(m, access, (pate.dw1 & PATE_PRTB & ~(table_bytes - 1)) + offset, &dw0);
	if (status != MACHINE_DONE)
		return status;
	return radix_root(dw0, cursor) ? MACHINE_DONE : guest_fault(access, DSISR_HW_BAD_CONFIG);
}

static enum machine_status process_walk(struct machine *m, struct machine_access *access, uint64_t ea,
					struct translation *t)
{
	struct radix_cursor cursor;
	enum machine_status status;

	if (ea >> RADIX_ADDRESS_BITS)
		return guest_fault(access, DSISR_HW_NO_TRANSLATION);
	status = process_root(m, access, &cursor);
	while (status == MACHINE_DONE) {
		uint32_t shift = cursor.shift;
		uint64_t entry;

		status = guest_load(m, access, radix_entry_address(&cursor, ea), &entry);
		if (status != MACHINE_DONE)
			break;
		switch (radix_step(&cursor, entry)) {
		case RADIX_STEP_NEXT:
			break;
		case RADIX_STEP_LEAF:
			*t = (struct translation){.pte = entry, .shift = shift};
			if (!suffices(entry, access->kind))
				return guest_fault(access, leaf_fault(entry, access->kind));
			return MACHINE_DONE;
		case RADIX_STEP_NONE:
			return guest_fault(access, DSISR_HW_NO_TRANSLATION);
		case RADIX_STEP_BAD:
			return guest_fault(access, DSISR_HW_BAD_CONFIG);
		}
	}
	return status;
}

/* The rights that both dimensions give. */
static uint64_t combined_pte(uint64_t partition, uint64_t process)
{
	uint64_t pte = partition & ~(RADIX_R | RADIX_C | RADIX_READ | RADIX_WRITE | RADIX_EXEC);

	pte |= partition & process & (RADIX_R | RADIX_C | RADIX_WRITE | RADIX_EXEC);
	if (radix_readable(partition) && radix_readable(process))
		pte |= RADIX_READ;
	return pte;
}

static enum machine_status process_access(struct machine *m, struct machine_access *access, struct process_entry *out)
{
	struct cpu *cpu = &m->cpu[access->cpu];
	uint64_t ea = access->addr & ~EA_QUADRANT;
	struct process_entry *cached = process_tlb_find(cpu, access->lpid, access->pid, ea);
	struct translation process, partition;
	enum machine_status status;
	uint64_t gpa, page;

	if (cached && suffices(cached->pte, access->kind)) {
		access->tlb_hit = true;
		*out = *cached;
		return MACHINE_DONE;
	}
	status = process_walk(m, access, ea, &process);
	if (status != MACHINE_DONE)
		return status;
	gpa = leaf_address(process.pte, process.shift, ea);
	status = partition_translate(m, access, gpa, access->kind, &partition);
	if (status != MACHINE_DONE)
		return status;
	out->shift = process.shift < partition.shift ? process.shift : partition.shift;
	page = ~((1ull << out->shift) - 1);
	out->page = ea >> out->shift;
	out->lpid = access->lpid;
	out->pid = access->pid;
	out->gpa_shift = partition.shift;
	out->gpa = gpa & page;
	out->hpa = leaf_address(partition.pte, partition.shift, gpa) & page;
	out->where = partition.where;
	out->pte = combined_pte(partition.pte, process.pte);
	process_tlb_fill(cpu, out);
	return MACHINE_DONE;
}

/* ---- accesses ----------------------------------------------------------------------- */

/* All but the change of memory; *shift: up to which size the translation holds. */
static enum machine_status translate(struct machine *m, struct machine_access *access, uint32_t *shift)
{
	struct process_entry e;
	struct translation t;
	enum machine_status status;

	if (access->process) {
		status = process_access(m, access, &e);
		if (status != MACHINE_DONE)
			return status;
		*shift = e.shift;
		access->gpa = e.gpa | (access->addr & ((1ull << e.shift) - 1));
		access->hpa = e.hpa | (access->addr & ((1ull << e.shift) - 1));
		access->c = e.pte & RADIX_C;
		access->entry = (const void *)(uintptr_t)e.where;
		return MACHINE_DONE;
	}
	status = partition_translate(m, access, access->addr, access->kind, &t);
	if (status != MACHINE_DONE)
		return status;
	*shift = t.shift;
	access->tlb_hit = t.tlb_hit;
	access->gpa = access->addr;
	access->hpa = leaf_address(t.pte, t.shift, access->addr);
	access->c = t.pte & RADIX_C;
	access->entry = (const void *)(uintptr_t)t.where;
	return MACHINE_DONE;
}

static enum machine_status complete(struct machine *m, struct machine_access *access)
{
	if (access->kind == MACHINE_STORE)
		frames_bump(&m->frames, access->hpa);
	access->status = MACHINE_DONE;
	return MACHINE_DONE;
}

static __attribute__((noinline)) enum machine_status access_missed(struct machine *m, struct machine_access *access)
{
	uint32_t shift;

	access->status = translate(m, access, &shift);
	return access->status == MACHINE_DONE ? complete(m, access) : access->status;
}

/* Most accesses hit: without the detours of translate(), in half of the time. */
enum machine_status machine_access(struct machine *m, struct machine_access *access)
{
	const struct cache_entry *e = NULL;

	assert(access->cpu < m->config.cpus && access->lpid < MACHINE_LPIDS);
	access->dsisr = 0;
	access->asdr = 0;
	access->bad_address = 0;
	access->bad_state = KMEM_LIVE;
	if (!access->process)
		e = tlb_hit(&m->cpu[access->cpu], access->lpid, access->addr, access->kind);
	access->tlb_hit = e != NULL;
	if (!e)
		return access_missed(m, access);
	access->gpa = access->addr;
	access->hpa = leaf_address(e->value, cache_shift(e), access->addr);
	access->c = e->value & RADIX_C;
	access->entry = (const void *)(uintptr_t)e->where;
	return complete(m, access);
}

/* The rest of the page that a translation, and the frame that a write, reaches to. */
static size_t piece(const struct machine *m, uint64_t addr, uint32_t shift, size_t n)
{
	size_t size, rest;

	if (shift > m->config.page_shift)
		shift = m->config.page_shift;
	size = (size_t)1 << shift;
	rest = size - (addr & (size - 1));
	return rest < n ? rest : n;
}

size_t machine_guest_copy(struct machine *m, uint32_t cpu, uint32_t lpid, bool process, uint32_t pid, uint64_t addr,
			  void *buf, size_t n, bool store, struct machine_access *last)
{
	unsigned char *bytes = buf;

	while (n > 0) {
		struct machine_access access = {
			.cpu = cpu,
			.lpid = lpid,
			.kind = store ? MACHINE_STORE : MACHINE_LOAD,
			.addr = addr,
			.process = process,
			.pid = pid,
		};
		uint32_t shift;
		size_t part;

		assert(cpu < m->config.cpus && lpid < MACHINE_LPIDS);
		access.status = translate(m, &access, &shift);
		if (last)
			*last = access;
		if (access.status != MACHINE_DONE)
			return n;
		part = piece(m, addr, shift, n);
		if (store)
			machine_write(m, access.hpa, bytes, part);
		else
			machine_read(m, access.hpa, bytes, part);
		addr += part;
		bytes += part;
		n -= part;
	}
	return 0;
}

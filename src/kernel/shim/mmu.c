/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmu.c: registers of the MMU, page table entries, invalidation, and LPIDs.
 * Each function stands for the kernel's function of the same name unless it says otherwise.
 */
#include "features.h"
#include "services.h"

unsigned int rcfuzz_next_lpid;

unsigned long rcfuzz_mfspr(int rn)
{
	switch (rn) {
	case SPRN_LPID:
		return rcfuzz_self()->spr_lpid;
	case SPRN_PID:
		return rcfuzz_self()->spr_pid;
	default:
		return 0;
	}
}

void rcfuzz_mtspr(int rn, unsigned long v)
{
	if (rn == SPRN_LPID)
		rcfuzz_self()->spr_lpid = v;
	else if (rn == SPRN_PID)
		rcfuzz_self()->spr_pid = v;
}

void rcfuzz_pte_written(void *ptep, unsigned long old, unsigned long new, void *caller)
{
	const void *callers[TARGET_CALLERS];

	if (old == new)
		return;
	rcfuzz_here(callers);
	rcfuzz_host->pte_written(rcfuzz_host->ctx, ptep, old, new, rcfuzz_mmu_locked(), callers);
}

/* Of what xchg, set_bit_le and kvmhv_insert_nest_rmap change, only rmaps and dirty bitmaps are of interest. */
void rcfuzz_word_written(const void *word)
{
	unsigned long offset = (unsigned long)word - rcfuzz_host->memory_base;
	const void *callers[TARGET_CALLERS];

	if (offset >= rcfuzz_host->memory_size ||
	    MEMORY_KIND(rcfuzz_host->memory_lines[offset / MEMORY_LINE]) != KMEM_VMALLOC)
		return;
	rcfuzz_here(callers);
	rcfuzz_host->word_written(rcfuzz_host->ctx, (const void *)((unsigned long)word & ~7ul), callers);
}

void rcfuzz_table_linked(void *parent_entry, void *table)
{
	rcfuzz_host->table_linked(rcfuzz_host->ctx, parent_entry, table);
}

void radix__flush_tlb_lpid_page(unsigned int lpid, unsigned long addr, unsigned long page_size)
{
	rcfuzz_step();
	rcfuzz_yield(POINT_TLBIE, "page", NULL);
	rcfuzz_host->tlbie_page(rcfuzz_host->ctx, lpid, addr, ilog2(page_size));
}

void radix__flush_pwc_lpid(unsigned int lpid)
{
	rcfuzz_step();
	rcfuzz_yield(POINT_TLBIE, "pwc", NULL);
	rcfuzz_host->tlbie_pwc(rcfuzz_host->ctx, lpid);
}

void radix__flush_all_lpid(unsigned int lpid)
{
	rcfuzz_step();
	rcfuzz_yield(POINT_TLBIE, "lpid", NULL);
	rcfuzz_host->tlbie_lpid(rcfuzz_host->ctx, lpid);
}

/* arch/powerpc/mm/book3s64/pgtable.c: sets the entry, then flush_partition(). */
void mmu_partition_table_set_entry(unsigned int lpid, unsigned long dw0, unsigned long dw1, bool flush)
{
	rcfuzz_yield(POINT_PTE, "partition", NULL);
	rcfuzz_host->partition_entry(rcfuzz_host->ctx, lpid, dw0, dw1);
	if (flush)
		radix__flush_all_lpid(lpid);
}

/* Process-scoped invalidation for L1: its own tables are not modelled, nothing of theirs is cached. */
void do_h_rpt_invalidate_prt(unsigned long pid, unsigned long lpid, unsigned long type, unsigned long pg_sizes,
			     unsigned long start, unsigned long end)
{
}

/* tlbiel of book3s_hv_p9_entry.c:flush_guest_tlb, for the guest that is about to run. */
void rcfuzz_tlbiel(unsigned long rb, unsigned long rs, int ric, int prs, int r)
{
	rcfuzz_yield(POINT_TLBIE, "local", NULL);
	rcfuzz_host->tlbiel_lpid(rcfuzz_host->ctx, rcfuzz_cpu(), rcfuzz_self()->spr_lpid, ric, prs);
}

long kvmppc_alloc_lpid(void)
{
	unsigned int lpid = rcfuzz_next_lpid;

	rcfuzz_next_lpid = 0;
	return lpid ? lpid : rcfuzz_host->lpid_alloc(rcfuzz_host->ctx);
}

void kvmppc_free_lpid(long lpid)
{
	rcfuzz_host->lpid_free(rcfuzz_host->ctx, lpid);
}

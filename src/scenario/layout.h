/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * layout.h: where things lie, computed from a configuration: memslots, L1's
 * own tables, sizes. Plain arithmetic that every part may use.
 *
 * An L1 page is named by its index ("lpage"), in host pages, counted over the
 * slots: slot 0 first, then slot 1, then the slot of L1's tables.
 */
#ifndef RCFUZZ_LAYOUT_H
#define RCFUZZ_LAYOUT_H

#include "scenario.h"

#define LAYOUT_NONE UINT32_MAX

struct layout_slot {
	uint32_t pages; /* 0: the slot does not exist */
	uint32_t first; /* index of its first page */
	uint64_t gpa;	/* L1 real address, 2 MiB aligned */
	uint64_t hva;	/* address in the VMM's process, 2 MiB aligned unless the slot is a shifted one */
	bool readonly;
};

/*
 * L1's tables lie in the last slot ("tables"), at fixed offsets, everything
 * aligned to 64 KiB except the state areas:
 *   the partition table (64 KiB); a state area for each of the
 *   SCENARIO_VCPUS_MAX vCPUs (hv_guest_state and pt_regs for H_ENTER_NESTED, one
 *   host page each, so that they are different L1 pages);
 *   then for each guest of the configuration: two partition-scoped roots (64 KiB),
 *   one of which is in use, and the pool (PUD, PMD and PTE pages that L1 allocates as it maps); the process
 *   table (64 KiB), its process-scoped root (64 KiB) and pool.
 *
 * The process table and its trees belong in L2 memory. They lie here, in L1
 * memory that L1 maps into L2 for them, so that field n stays plain data. L2
 * sees them at LAYOUT_PROCESS_L2_GPA + (gpa - guest_process_gpa), above all n.
 */
#define LAYOUT_PART_BYTES 4096u /* field part counts in these */
#define LAYOUT_TABLE_BYTES 0x10000u
#define LAYOUT_POOL_BYTES 0x10000u
#define LAYOUT_ROOTS 2u
/*
 * Where the host's own frames begin (machine.h). Guest addresses are low, frames are high, so that one that is taken
 * for the other leads nowhere; on a real machine it leads to somebody's page, as with kind1=frames.
 */
#define LAYOUT_FRAMES_GPA 0x200000000000ull
#define LAYOUT_PROCESS_L2_GPA 0x40000000ull /* of guest_process_gpa in L2: three areas in a row */

struct layout {
	uint32_t page_shift; /* 16 or 12: host pages */
	uint32_t page_size;
	uint32_t l1_page_shift; /* L1's base mapping size: >= or < page_shift */
	uint32_t slot_count;	/* highest slot in use + 1; the tables slot is SCENARIO_SLOTS_MAX - 1 */
	uint32_t data_pages;	/* pages of slots 0 and 1: the range of field g */
	uint32_t l2_pages;	/* the range of field n */
	uint32_t total_pages;	/* data and tables */
	struct layout_slot slots[SCENARIO_SLOTS_MAX];
	uint64_t partition_table_gpa;				    /* 64 KiB, aligned */
	uint64_t state_gpa[SCENARIO_VCPUS_MAX];			    /* hv state at +0, regs at +2048 */
	uint64_t guest_root_gpa[SCENARIO_GUESTS_MAX][LAYOUT_ROOTS]; /* L1's radix roots, 64 KiB aligned */
	uint64_t guest_pool_gpa[SCENARIO_GUESTS_MAX];		    /* lower tables, 64 KiB aligned */
	uint32_t guest_pool_size;				    /* LAYOUT_POOL_BYTES */
	uint64_t guest_process_gpa[SCENARIO_GUESTS_MAX];	    /* L2's process table; 0: no such guest */
	uint64_t guest_process_root_gpa[SCENARIO_GUESTS_MAX];	    /* its process-scoped radix root */
	uint64_t guest_process_pool_gpa[SCENARIO_GUESTS_MAX];	    /* lower process-scoped tables, guest_pool_size */
};

/* Two of its numbers without the rest. */
static inline uint32_t layout_data_pages(const struct scenario_config *config)
{
	return (uint32_t)config->slot + config->slot1;
}

static inline uint32_t layout_l2_pages(const struct scenario_config *config)
{
	return layout_data_pages(config) < 1024 ? layout_data_pages(config) : 1024;
}

/* Slot 1, if there is one, lies on memory of slot 0. */
static inline bool layout_slots_share(const struct scenario_config *config)
{
	return config->kind1 == SLOT1_ALIAS || config->kind1 == SLOT1_SHIFTED;
}

/* Fill *l from a canonical configuration. */
void layout_init(struct layout *l, const struct scenario_config *config);

/* The L1 page index of a gpa, or LAYOUT_NONE outside all slots. */
uint32_t layout_lpage(const struct layout *l, uint64_t gpa);
/* The gpa of the first byte of an L1 page. lpage < total_pages. */
uint64_t layout_gpa(const struct layout *l, uint32_t lpage);
/* The slot number that holds an L1 page. */
uint32_t layout_slot_of(const struct layout *l, uint32_t lpage);
/* The VMM's address of an L1 page (two pages may share one: kind1=alias, shifted). */
uint64_t layout_hva(const struct layout *l, uint32_t lpage);
/* Host pages that a mapping of that many bytes covers: at least 1. */
uint32_t layout_size_pages(const struct layout *l, unsigned size);
/* Bytes that a SIZE_x value stands for in this configuration. */
uint64_t layout_size_bytes(const struct layout *l, unsigned size);

#endif

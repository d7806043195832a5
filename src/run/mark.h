/* SPDX-License-Identifier: GPL-2.0-only */
/* mark.h: how things stood when an access completed, kept in case it turns out to be lost, or not to be allowed. */
#ifndef RCFUZZ_MARK_H
#define RCFUZZ_MARK_H

#include "evidence.h"
#include "provenance.h"
#include "run.h"

/* How the entries looked when a store completed: where a loss began. */
struct store_mark {
	struct run_bits bits;
	const void *l0_entry, *shadow_entry;
	const void *tlb_entry;			   /* that a TLB has its translation from */
	struct provenance_entry l0, shadow, tlb;   /* all zero: nothing is known */
	bool tlb_freed;				   /* the table that it lies in was freed before the access */
	int table_lpid;				   /* of the table that was looked at, -1: there is none */
	bool orphan;				   /* the kernel does not find that table by L1's LPID any more */
	uint32_t leaf_frame;			   /* of the entry that the access should have gone through, */
	uint8_t leaf_perm;			   /* shadow or L0: where it leads, EVP_ bits; 0: there is none; */
	uint8_t leaf_shift;			   /* how large it is */
	bool only_tlb;				   /* the access did not go through that entry as it is */
	enum evidence_instead instead[LOSS_COUNT]; /* after the change that made the translation stale */
	uint32_t lpage;				   /* the L1 page behind it: of L1's entry, or else where it went */
	struct evidence_page l1;		   /* what L1 did to its entry before the access */
	uint32_t through;      /* the L1 page that the shadow entry was made for; without one, lpage */
	uint64_t host_changed; /* when the host last took that away */
	bool l1_refuses;       /* L1's entry is gone, leads elsewhere, or forbids what the access did */
	enum target_rmap rmap; /* of lpage: what it has of the shadow entry */
	bool rmap_of_first;    /* not that of the page has it, but that of the first page of the huge one */
	/* What who unmaps the page finds: at the first access after the entry was made, and at the first unmap. */
	enum target_rmap first_rmap, unmap_rmap;
	bool rmap_emptied; /* and since then it was emptied while the page stayed mapped for L1 */
	bool beyond_slot; /* the shadow entry is large, and the L1 page that this part of it stands for is in no slot */
	uint64_t at;	  /* when the access was */
	bool l0_agrees;	  /* L1's page is mapped to the frame that the access reached */
	bool store;
	uint8_t guest;
	uint16_t op; /* whose access it was */
	uint32_t n;
};

#endif

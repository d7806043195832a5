/* SPDX-License-Identifier: GPL-2.0-only */
/* mark.h: how things stood when an access completed, kept in case it turns out to be lost, or not to be allowed. */
#ifndef RCFUZZ_MARK_H
#define RCFUZZ_MARK_H

#include "evidence.h"
#include "provenance.h"
#include "run.h"

struct store_mark {
	struct run_bits bits;
	const void *l0_entry, *shadow_entry;
	const void *tlb_entry;			   /* that the translation is from which the access went through */
	struct provenance_entry l0, shadow, tlb;   /* all zero: nothing is known */
	struct evidence_page l1;		   /* what L1 did to its entry before the access */
	uint64_t host_changed;			   /* when the host last took the page `through` away */
	uint64_t at;				   /* when the access was */
	enum evidence_instead instead[LOSS_COUNT]; /* after the change that made the translation stale */
	/*
	 * What the rmap of the page `through` has of the shadow entry: now; and what who unmaps the page finds, at the
	 * first access after the entry was made, and at the first unmap after that.
	 */
	enum target_rmap rmap, first_rmap, unmap_rmap;
	int table_lpid;	     /* of the table that was looked at, -1: there is none */
	uint32_t leaf_frame; /* of the entry that the access should have gone through, shadow or L0: where it leads */
	uint32_t n;
	uint32_t lpage;	  /* the L1 page behind it: of L1's entry, or else where it went */
	uint32_t through; /* the L1 page that the shadow entry was made for; without one, lpage */
	uint16_t op;	  /* whose access it was */
	uint8_t guest;
	uint8_t leaf_perm;  /* EVP_ bits of that entry, 0: there is none; */
	uint8_t leaf_shift; /* how large it is */
	bool store;
	bool only_tlb;		 /* the access did not go through that entry as it is */
	bool tlb_freed;		 /* the table that the TLB's translation is from was freed before the access */
	bool freed_meanwhile;	 /* by an op that was still under way */
	bool freed_alone;	 /* and not with the tree that it was in */
	bool orphan;		 /* the kernel does not find the table that was looked at by L1's LPID any more */
	const char *orphan_word; /* see orphans_word */
	bool l0_agrees;		 /* L1's page is mapped to the frame that the access reached */
	bool l0_wrong;		 /* which was not the host's for that page when it was mapped so */
	bool l0_stale;		 /* which the host had taken away from that page since */
	bool l1_refuses;	 /* L1's entry is gone, leads elsewhere, or forbids what the access did */
	bool rmap_of_first; /* not the page's rmap has the shadow entry, but that of the first page of the huge one */
	bool rmap_emptied;  /* since the entry was made, while the page stayed mapped for L1 */
	bool beyond_slot;   /* the shadow entry is large, and the L1 page for this part of it is in no slot */
};

#endif

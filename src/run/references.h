/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * references.h: who holds references to a nested guest, to tell which one was lost
 * when such a guest is never freed. The kernel only counts them; this keeps where
 * the count went up and down. Who takes a reference gives it back itself, so that
 * the function which took more than it gave is the one to blame.
 */
#ifndef RCFUZZ_REFERENCES_H
#define RCFUZZ_REFERENCES_H

#include "provenance.h"

#include <stdbool.h>
#include <stdint.h>

#define REFERENCES_GUESTS 16u /* that one world has, those included that the kernel's index has lost */
#define REFERENCES_SITES 16u

struct reference_site {
	struct provenance_site site; /* the lock under which they were counted was taken there */
	long taken;		     /* less what was given back */
};

struct guest_references {
	const void *guest;
	long references;	     /* when it was last looked at */
	bool indexed;		     /* the kernel finds it by L1's LPID, and has one reference for that */
	bool index_lost;	     /* it does no longer, and that reference is still counted */
	struct provenance_site left; /* index_lost: where it left */
	uint32_t site_count;
	struct reference_site sites[REFERENCES_SITES]; /* of all others, in the order in which they were met */
};

struct references {
	const void *mmu_lock; /* NULL: it was not met yet */
	uint32_t count;
	struct guest_references guests[REFERENCES_GUESTS];
};

/* A new world: O(1). */
void references_reset(struct references *refs);
/*
 * A lock is given back that was taken at `callers`. References change under mmu_lock (book3s_hv_nested.c,
 * kvmhv_get_nested and kvmhv_put_nested): with another lock it costs a comparison.
 */
void references_look(struct references *refs, const struct target *target, const void *lock,
		     const void *const callers[TARGET_CALLERS]);
/* NULL: the kernel never put such a guest into its index. */
const struct guest_references *references_find(const struct references *refs, const void *guest);

#endif

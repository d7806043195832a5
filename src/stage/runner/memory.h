/* SPDX-License-Identifier: GPL-2.0-only */
/* memory.h: the state of the VMM's memory, between memory.c (pages) and huge.c (2 MiB that the kernel maps as one). */
#ifndef RCFUZZ_STAGE_MEMORY_H
#define RCFUZZ_STAGE_MEMORY_H

#include "runner.h"

#define HUGE_BYTES (2ull << 20)
#define REGIONS_MAX (WORLD_LPAGES / 32u)
/* Small and, at addresses of their own, those that may become huge: so neither is mapped anew for the other. */
#define VMAS_MAX (2u * SCENARIO_SLOTS_MAX)

struct page {
	uint64_t offset; /* in the file */
	uint64_t home;	 /* the offset at which it is when a scenario begins; 0: it has none yet */
	bool private;	 /* may have been copied on write: the file no longer tells */
	bool changed;	 /* it is not as it was then: mapped elsewhere, or not there */
	/* share.c */
	bool unshared;	/* by an op of the scenario: it is to be shared, not only private, when it is write-protected */
	int sharer;	/* who holds the page besides us; 0: nobody */
	uint64_t frame; /* that was shared; 0: none was, or it has been copied, or written to since it is not */
	uint32_t version; /* of its bytes, when it was unshared */
};

/* 2 MiB of a VMA, all of whose pages a slot has; their homes are those of its own. */
struct region {
	uint64_t home; /* offset of a huge page of the file; 0: it has none yet */
	bool used;     /* by this or the last scenario that has its pages; else these are at their own homes */
	bool whole;    /* one VMA, mapped by one entry, at its home */
	bool private;  /* and that read-only, to be copied on write */
	bool broken;   /* and the kernel has split the entry, to copy a page: still one VMA, but small pages */
};

/*
 * What one slot maps. Pages that nothing has happened to but accesses stay mapped from one scenario to the next, and
 * are cleared: to map and to fault in each of them again would take as long as most scenarios do.
 */
struct vma {
	uint64_t hva;	/* of the layout */
	bool huge;	/* its pages may be huge */
	uint32_t pages; /* of this scenario; 0: it does not use it */
	struct page page[WORLD_LPAGES];
	struct region region[REGIONS_MAX];
};

struct machine {
	int file, pagemap;
	uint8_t *view;	/* the whole file, shared: looking here leaves no trace in a VMA */
	uint64_t homes; /* offset of the first page that is no page's home */
	uint64_t next;	/* and of the first unused one */
	uint32_t page_size;
	bool huge;	/* the scenario begins with huge pages */
	bool collapses; /* it may make some of small ones */
	bool unshares;	/* some page is to be shared and then unshared */
	uint32_t vma_count;
	struct vma vma[VMAS_MAX];
};

/* Where an address of the layout is: which VMA, and which of its pages. */
struct place {
	struct vma *vma;
	uint32_t index;
	struct page *page;
	struct region *region; /* NULL: its pages are on their own */
	uint64_t base;	       /* the region's address, of the layout */
};

/* ---- memory.c -------------------------------------------------------------- */

/* Memory at an address of the layout. */
void *memory_real(uint64_t hva);
/* False: no slot of the scenario has it. */
bool memory_find(struct machine *m, uint64_t hva, struct place *place);
/* `bytes` unused ones of the file, aligned to as many; as many after it stay unused. */
uint64_t memory_take(struct machine *m, uint64_t bytes);
/* Map the file there instead of what is there now. */
void memory_map(struct machine *m, uint64_t hva, uint64_t bytes, uint64_t offset, int flags);
/* A page as a scenario finds it. */
void memory_fill(struct machine *m, uint64_t offset);
/* The bytes of a page into another one, which keeps its name. */
void memory_copy(struct machine *m, uint64_t offset, const uint8_t *content);
/* What /proc/self/pagemap says (Documentation/admin-guide/mm/pagemap.rst). */
#define PAGEMAP_PRESENT (1ull << 63)
#define PAGEMAP_FILE (1ull << 61)
#define PAGEMAP_FRAME ((1ull << 55) - 1)
uint64_t memory_pagemap(struct machine *m, uint64_t hva);
/* Reading a page maps it, as the VMA has it. */
void memory_read(uint64_t hva);
/* Writing its own bytes to it has it copied, where that is due. */
void memory_write(uint64_t hva);
/* Pages that wait for an LRU list in a batch of this CPU, which holds them, are on it. */
void memory_drain(void);

/* ---- frames.c -------------------------------------------------------------- */

/* Write into each part of that page of the file which one it is. */
void frames_name(struct machine *m, uint64_t offset);
/* The number of the frame that a page of a VMA is in: of the file, or a copy of it. */
uint32_t frames_number(const struct machine *m, uint64_t offset, bool copied);

/* ---- share.c --------------------------------------------------------------- */

/* A private page, all our own, becomes one that is shared: read-only, and to be copied on write. */
void share_page(struct machine *m, struct page *page, uint64_t hva);
/* Is it still? */
bool share_holds(struct machine *m, const struct page *page, uint64_t hva);
/* Or is it not, and nothing has written to it since? */
bool share_has_ended(const struct machine *m, const struct page *page, uint64_t hva);
/* Who shares it is gone: the next write makes it writable where it is, and KVM is told nothing. */
void share_ends(struct machine *m, struct page *page, uint64_t hva);
/* The page is about to be another one, or what it was at first. */
void share_forget(struct page *page);
/* An op has ended. The kernel must not have copied the page, and keeps no reference of its own by which it would. */
void share_follow(struct machine *m, struct page *page, uint64_t hva);

/* ---- huge.c ---------------------------------------------------------------- */

static inline uint32_t huge_pages(const struct machine *m)
{
	return (uint32_t)(HUGE_BYTES / m->page_size);
}

/* At the beginning of a scenario: a region's pages are at its home, cleared, and huge if the scenario wants it. */
void huge_begin(struct machine *m, struct vma *vma, uint32_t index, uint64_t hva);
/* Does one entry map it? */
static inline bool region_is_huge(const struct region *region)
{
	return region && region->whole && !region->broken;
}

/* If that page is in a region that is huge: split it. */
void huge_split_at(struct machine *m, uint64_t hva);
/* Is [hva, hva + pages) to be treated as one huge page from its beginning on? */
bool huge_covers(const struct machine *m, const struct place *place, uint64_t hva, uint32_t pages);
/* All of a region leaves at once; its pages come back as small ones. For one that is not private. */
void huge_page_out(struct machine *m, const struct place *place);
/* If the region is broken: its pages become VMAs of their own. KVM hears of all of them: they are all to leave. */
void huge_cut_broken(struct machine *m, const struct place *place);
/* The same if none of its pages is there. A fault would map all of them (mm/memory.c, finish_fault). */
void huge_cut_if_absent(struct machine *m, const struct place *place);
/* All of a region turns read-only, to be copied on write, and stays huge. */
void huge_protect(struct machine *m, const struct place *place);
void huge_collapse(struct machine *m, uint64_t hva);
/* memory_op_end and memory_again, for what is huge. */
void huge_op_end(struct machine *m);
void huge_again(struct machine *m);

#endif

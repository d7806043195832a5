// SPDX-License-Identifier: GPL-2.0-only
/*
 * huge.c: 2 MiB of the VMM's memory that the kernel maps with one entry: a huge page of the memfd, so that KVM maps
 * it with one as well where it may.
 *
 * What is split becomes VMAs of one page each (memory.c says why: what then happens to a page is that page's alone),
 * neighbours kept apart by a flag that means nothing else here. The kernel splits an entry when it splits its VMA,
 * and tells KVM of all of it, as always (mm/huge_memory.c, __split_huge_pmd); the pages stay where they are.
 *
 * khugepaged would make huge of it what it likes, and a fault would: the process as a whole has huge pages disabled,
 * but for when one is made here. That it was made is seen in the page tables, not believed.
 */
#include "memory.h"
#include "smaps.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

static void allow_huge(bool allowed)
{
	if (prctl(PR_SET_THP_DISABLE, !allowed, 0, 0, 0) != 0)
		runner_die("prctl: %s", strerror(errno));
}

/* With small pages there instead, what is asked for would quietly not be tested. Other ops may have split it since. */
static void check_huge(uint64_t hva)
{
	FILE *smaps;
	long kib;

	if (race_overlaps())
		return;
	smaps = fopen("/proc/self/smaps", "re");
	if (!smaps)
		runner_die("/proc/self/smaps: %s", strerror(errno));
	kib = smaps_huge_kib(smaps, runner_hva(hva));
	fclose(smaps);
	if (kib != (long)(HUGE_BYTES >> 10))
		runner_die("the kernel has huge pages, but maps %ld KiB with one where 2 MiB are wanted", kib);
}

/*
 * Whatever is small in the region's own VMA becomes huge (madvise(2), Linux 6.1). False: other ops are at it, and the
 * kernel leaves it as it is.
 */
static bool collapse(uint64_t hva)
{
	int status;

	allow_huge(true);
	kernel_begins();
	status = madvise(memory_real(hva), HUGE_BYTES, MADV_COLLAPSE);
	kernel_ends();
	allow_huge(false);
	if (status != 0 && race_overlaps())
		return false;
	if (status != 0)
		runner_die("this kernel makes no huge page (MADV_COLLAPSE: %s): it has to be 6.1 or later, with room",
			   strerror(errno));
	check_huge(hva);
	return true;
}

/* The region's home, as one VMA; mapped by a huge entry, if its pages in the file are one. */
static void map_whole(struct machine *m, struct region *region, uint64_t hva, int flags)
{
	memory_map(m, hva, HUGE_BYTES, region->home, flags);
	region->used = region->whole = true;
	region->broken = false;
	region->private = flags & MAP_PRIVATE;
}

static void map_huge(struct machine *m, struct region *region, uint64_t hva, int flags)
{
	allow_huge(true);
	map_whole(m, region, hva, flags);
	memory_read(hva);
	allow_huge(false);
	check_huge(hva);
}

/* One VMA each; the first cut splits the entry. */
static void cut(struct machine *m, struct region *region, uint64_t hva)
{
	kernel_begins();
	for (uint32_t i = 1; i < huge_pages(m); i += 2)
		if (madvise(memory_real(hva + (uint64_t)i * m->page_size), m->page_size, MADV_DONTDUMP) != 0)
			runner_die("madvise: %s", strerror(errno));
	kernel_ends();
	region->whole = region->broken = false;
}

static void read_all(struct machine *m, uint64_t hva)
{
	for (uint32_t i = 0; i < huge_pages(m); i++)
		memory_read(hva + (uint64_t)i * m->page_size);
}

static void split(struct machine *m, struct region *region, uint64_t hva)
{
	cut(m, region, hva);
	read_all(m, hva);
}

static void at_home(struct machine *m, struct vma *vma, uint32_t index, bool private)
{
	const struct region *region = &vma->region[index / huge_pages(m)];

	for (uint32_t i = 0; i < huge_pages(m); i++) {
		struct page *page = &vma->page[index + i];

		page->offset = region->home + (uint64_t)i * m->page_size;
		page->private = private;
		page->changed = true;
	}
}

void huge_begin(struct machine *m, struct vma *vma, uint32_t index, uint64_t hva)
{
	struct region *region = &vma->region[index / huge_pages(m)];
	bool is_new = !region->home;

	if (is_new) {
		region->home = memory_take(m, HUGE_BYTES);
		m->homes = m->next;
	}
	at_home(m, vma, index, false);
	for (uint32_t i = 0; i < huge_pages(m); i++)
		memory_fill(m, vma->page[index + i].offset);
	if (is_new) {
		map_whole(m, region, hva, MAP_SHARED);
		memory_read(hva); /* nothing is collapsed where no page table is (SCAN_PMD_NULL) */
		collapse(hva);
	} else if (!region->used || !region->whole || region->private) {
		map_huge(m, region, hva, MAP_SHARED);
	}
	if (!m->huge)
		split(m, region, hva);
}

void huge_split_at(struct machine *m, uint64_t hva)
{
	struct place place;

	if (memory_find(m, hva, &place) && region_is_huge(place.region))
		split(m, place.region, place.base);
}

bool huge_covers(const struct machine *m, const struct place *place, uint64_t hva, uint32_t pages)
{
	return region_is_huge(place->region) && hva == place->base && pages >= huge_pages(m);
}

void huge_page_out(struct machine *m, const struct place *place)
{
	int status;

	kernel_begins();
	status = madvise(memory_real(place->base), HUGE_BYTES, MADV_DONTNEED);
	kernel_ends();
	if (status != 0)
		runner_die("madvise: %s", strerror(errno));
	cut(m, place->region, place->base);
}

void huge_cut_broken(struct machine *m, const struct place *place)
{
	if (place->region && place->region->broken)
		cut(m, place->region, place->base);
}

void huge_cut_if_absent(struct machine *m, const struct place *place)
{
	if (!place->region || !place->region->broken)
		return;
	for (uint32_t i = 0; i < huge_pages(m); i++)
		if (memory_pagemap(m, place->base + (uint64_t)i * m->page_size) & PAGEMAP_PRESENT)
			return;
	cut(m, place->region, place->base);
}

void huge_protect(struct machine *m, const struct place *place)
{
	at_home(m, place->vma, place->index, true);
	map_huge(m, place->region, place->base, MAP_PRIVATE);
}

/* Bring its pages home, with what is in them now. */
static void move_home(struct machine *m, const struct place *place, bool each)
{
	for (uint32_t i = 0; i < huge_pages(m); i++) {
		struct page *page = &place->vma->page[place->index + i];
		uint64_t hva = place->base + (uint64_t)i * m->page_size;
		uint64_t home = place->region->home + (uint64_t)i * m->page_size;
		const uint8_t *content = memory_content(m, hva);

		if (page->offset == home && !page->private)
			continue;
		memory_copy(m, home, content);
		page->offset = home;
		page->private = false;
		if (each)
			memory_map(m, hva, m->page_size, home, MAP_SHARED);
	}
}

/* collapse_huge_page takes no page that is not there, and leaves what is huge, read-only or not. */
static bool can_collapse(struct machine *m, const struct place *place)
{
	if (region_is_huge(place->region))
		return false;
	for (uint32_t i = 0; i < huge_pages(m); i++)
		if (!(memory_pagemap(m, place->base + (uint64_t)i * m->page_size) & PAGEMAP_PRESENT))
			return false;
	return true;
}

void huge_collapse(struct machine *m, uint64_t hva)
{
	struct place place;

	if (!memory_find(m, hva, &place) || !place.region || !can_collapse(m, &place))
		return;
	move_home(m, &place, true);
	/* One VMA again. */
	if (madvise(memory_real(place.base), HUGE_BYTES, MADV_DODUMP) != 0)
		runner_die("madvise: %s", strerror(errno));
	place.region->private = place.region->broken = false;
	place.region->whole = collapse(place.base);
}

/* Is one of its pages no page of the file any more? */
static bool was_copied(struct machine *m, const struct place *place)
{
	for (uint32_t i = 0; i < huge_pages(m); i++) {
		uint64_t entry = memory_pagemap(m, place->base + (uint64_t)i * m->page_size);

		if ((entry & PAGEMAP_PRESENT) && !(entry & PAGEMAP_FILE))
			return true;
	}
	return false;
}

/* Call f for each region of the scenario. */
static void each_region(struct machine *m, void (*f)(struct machine *m, const struct place *place))
{
	for (uint32_t i = 0; i < m->vma_count; i++) {
		struct vma *vma = &m->vma[i];

		for (uint32_t index = 0; index + huge_pages(m) <= vma->pages; index += huge_pages(m)) {
			struct place place = {.vma = vma, .index = index, .page = &vma->page[index]};

			place.region = &vma->region[index / huge_pages(m)];
			place.base = vma->hva + (uint64_t)index * m->page_size;
			if (place.region->used)
				f(m, &place);
		}
	}
}

/*
 * To copy one page on write the kernel has split the huge one. To cut the VMA now would tell KVM of all pages once
 * more, so it stays one, and memory.c changes its pages in place. The kernel has unmapped the others.
 */
static void follow(struct machine *m, const struct place *place)
{
	if (!region_is_huge(place->region) || !place->region->private || !was_copied(m, place))
		return;
	place->region->broken = true;
	read_all(m, place->base);
}

void huge_op_end(struct machine *m)
{
	each_region(m, follow);
}

static void restore(struct machine *m, const struct place *place)
{
	const struct region *region = place->region;

	if (m->huge ? region->whole && !region->private : !region->whole)
		return;
	move_home(m, place, false);
	map_huge(m, place->region, place->base, MAP_SHARED);
	if (!m->huge)
		split(m, place->region, place->base);
}

void huge_again(struct machine *m)
{
	each_region(m, restore);
}

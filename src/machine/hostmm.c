/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hostmm.c: the process of the VMM: which frame each page of its memory lies in
 * now, in a page table that the kernel's find_kvm_host_pte can read, and what
 * Linux does to such memory: pages leave, move, turn copy-on-write, are made
 * huge and small again; always through the mmu notifier, as mm/ does it.
 *
 * Kernel code runs inside of the notifier's begin, and other actors with it. So
 * every operation is: begin, look (again) at what is there, change it in one
 * step, tell, end. Small pages do not become a huge one meanwhile: the locks of
 * Linux see to that (see can_collapse).
 *
 * The page table is built of the machine's own bits, which are also Linux's for
 * radix (arch/powerpc/include/asm/book3s/64/pgtable.h, radix.h): valid, leaf,
 * RPN, R, C, EAA. Its tables lie in kernel memory that no leak check counts.
 */
#include "internal.h"

#include <string.h>

#define SIZE_2M (1ull << SHIFT_2M)
#define UPPER_TABLE_BYTES 4096u
#define PGD_BYTES 65536u

/* Where a page of the process is. */
struct place {
	uint64_t hva; /* of the page */
	struct hostmm_vma *vma;
	struct hostmm_page *page;
	struct hostmm_region *region;
};

static uint64_t page_size(const struct machine *m)
{
	return 1ull << m->config.page_shift;
}

static uint32_t pages_per_region(const struct machine *m)
{
	return 1u << (SHIFT_2M - m->config.page_shift);
}

static uint64_t vma_end(const struct machine *m, const struct hostmm_vma *vma)
{
	return vma->start + ((uint64_t)vma->pages << m->config.page_shift);
}

static bool find_place(const struct machine *m, uint64_t hva, struct place *place)
{
	struct hostmm *mm = (struct hostmm *)&m->hostmm;

	for (uint32_t i = 0; i < mm->vma_count; i++) {
		struct hostmm_vma *vma = &mm->vma[i];
		uint64_t offset = hva - vma->start;

		if (hva < vma->start || offset >> m->config.page_shift >= vma->pages)
			continue;
		place->hva = hva & ~(page_size(m) - 1);
		place->vma = vma;
		place->page = &mm->page[vma->first_page + (offset >> m->config.page_shift)];
		place->region = &mm->region[vma->first_region + (offset >> SHIFT_2M)];
		return true;
	}
	return false;
}

/* The pages of a region that its VMA has. */
static struct hostmm_page *region_pages(const struct machine *m, const struct place *place, uint32_t *count)
{
	uint32_t region = (uint32_t)((place->hva - place->vma->start) >> SHIFT_2M);
	uint32_t first = region * pages_per_region(m);
	uint32_t rest = place->vma->pages - first;

	*count = rest < pages_per_region(m) ? rest : pages_per_region(m);
	return (struct hostmm_page *)&m->hostmm.page[place->vma->first_page + first];
}

/* ---- the notifier ------------------------------------------------------------------ */

static void tell_begin(const struct machine *m, uint64_t start, uint64_t end)
{
	if (m->hostmm.notifier.begin)
		m->hostmm.notifier.begin(m->hostmm.notifier.ctx, start, end);
}

static bool is_pinned(const struct machine *m, uint64_t hva)
{
	return m->hostmm.notifier.pinned && m->hostmm.notifier.pinned(m->hostmm.notifier.ctx, hva);
}

static void tell_mapped(const struct machine *m, const struct place *place)
{
	uint32_t frame = place->page->frame;

	if (m->hostmm.notifier.mapped)
		m->hostmm.notifier.mapped(m->hostmm.notifier.ctx, place->hva, frame,
					  frame != MACHINE_FRAME_NONE && place->page->writable);
}

/* What begin took away: tell what is there now, page by page, and end. */
static void tell_end(const struct machine *m, uint64_t start, uint64_t end)
{
	struct place place;

	for (uint64_t hva = start; hva < end; hva += page_size(m)) {
		if (find_place(m, hva, &place))
			tell_mapped(m, &place);
	}
	if (m->hostmm.notifier.end)
		m->hostmm.notifier.end(m->hostmm.notifier.ctx, start, end);
}

void machine_hostmm_notifier(struct machine *m, const struct hostmm_notifier *notifier)
{
	m->hostmm.notifier = *notifier;
}

/* ---- the page table ------------------------------------------------------------------ */

static uint64_t leaf_entry(const struct machine *m, const struct hostmm_page *page)
{
	if (page->frame == MACHINE_FRAME_NONE)
		return 0;
	/* The VMM itself never executes the guest's memory. */
	return RADIX_V | RADIX_LEAF | machine_frame_hpa(m, page->frame) | RADIX_R | RADIX_C | RADIX_READ |
	       (page->writable ? RADIX_WRITE : 0);
}

static uint64_t link_entry(const void *table, uint32_t bits)
{
	return RADIX_V | (uint64_t)(uintptr_t)table | bits;
}

static uint64_t last_level_link(const struct machine *m, const struct hostmm_region *region)
{
	return link_entry(region->table, SHIFT_2M - m->config.page_shift);
}

static void *new_table(struct machine *m, size_t bytes)
{
	return machine_kmem_alloc(m, bytes, bytes, true, KMEM_KIND_MACHINE, NULL);
}

/* The table below an entry of an upper level, made if need be. */
static uint64_t *next_table(struct machine *m, uint64_t *entry)
{
	uint64_t value = be64toh(*entry);
	void *table;

	if (value)
		return (uint64_t *)(uintptr_t)(value & RADIX_NLB);
	table = new_table(m, UPPER_TABLE_BYTES);
	if (table)
		radix_store(entry, link_entry(table, 9));
	machine_kmem_note_write(m, entry);
	return table;
}

static bool make_region(struct machine *m, struct hostmm_region *region, uint64_t hva)
{
	uint64_t *pud = next_table(m, &m->hostmm.pgd[hva >> RADIX_ROOT_SHIFT]);
	uint64_t *pmd = pud ? next_table(m, &pud[hva >> SHIFT_1G & 511]) : NULL;

	if (!pmd)
		return false;
	region->pmd = &pmd[hva >> SHIFT_2M & 511];
	region->table = new_table(m, (size_t)pages_per_region(m) * 8);
	region->huge = false;
	region->changing = 0;
	return region->table != NULL;
}

/* Write the page's entry as the page is now; its region is not huge. */
static void sync_page(const struct machine *m, const struct place *place)
{
	uint32_t index = (uint32_t)(place->hva >> m->config.page_shift) & (pages_per_region(m) - 1);

	assert(!place->region->huge);
	radix_store(&place->region->table[index], leaf_entry(m, place->page));
	if (*place->region->pmd == 0)
		radix_store(place->region->pmd, last_level_link(m, place->region));
}

/* A huge leaf becomes a table of small ones with the same frames and rights. */
static void make_small(const struct machine *m, const struct place *place)
{
	uint32_t count;
	const struct hostmm_page *pages = region_pages(m, place, &count);

	for (uint32_t i = 0; i < count; i++)
		radix_store(&place->region->table[i], leaf_entry(m, &pages[i]));
	place->region->huge = false;
	radix_store(place->region->pmd, last_level_link(m, place->region));
}

/* The pages of a region, in one run of frames, become a huge leaf. */
static void make_huge(const struct machine *m, const struct place *place)
{
	uint32_t count;
	const struct hostmm_page *pages = region_pages(m, place, &count);

	place->region->huge = true;
	radix_store(place->region->pmd, leaf_entry(m, &pages[0]));
}

/* ---- mapping --------------------------------------------------------------------------- */

static bool fill_region(struct machine *m, const struct place *place)
{
	uint32_t count;
	struct hostmm_page *pages = region_pages(m, place, &count);
	bool huge = m->config.huge && count == pages_per_region(m);
	uint32_t run = huge ? machine_frame_alloc(m, true) : MACHINE_FRAME_NONE;

	if (huge && run == MACHINE_FRAME_NONE)
		return false;
	for (uint32_t i = 0; i < count; i++) {
		pages[i] = (struct hostmm_page){.writable = true};
		pages[i].frame = huge ? run + i : machine_frame_alloc(m, false);
		if (pages[i].frame == MACHINE_FRAME_NONE)
			return false;
	}
	if (huge)
		make_huge(m, place);
	else
		make_small(m, place);
	return true;
}

static bool has_room(const struct machine *m, uint64_t hva, uint32_t pages, uint32_t regions)
{
	const struct hostmm *mm = &m->hostmm;
	uint64_t end = hva + ((uint64_t)pages << m->config.page_shift);

	if (pages == 0 || hva % SIZE_2M || hva >> RADIX_ADDRESS_BITS || end > 1ull << RADIX_ADDRESS_BITS)
		return false;
	for (uint32_t i = 0; i < mm->vma_count; i++) {
		/* Whole regions: VMAs do not share a table. */
		if (hva < ((vma_end(m, &mm->vma[i]) + SIZE_2M - 1) & ~(SIZE_2M - 1)) && mm->vma[i].start < end)
			return false;
	}
	return mm->vma_count < HOSTMM_VMAS_MAX && pages <= HOSTMM_PAGES_MAX - mm->page_count &&
	       regions <= HOSTMM_REGIONS_MAX - mm->region_count;
}

bool machine_hostmm_map(struct machine *m, uint64_t hva, uint32_t pages)
{
	struct hostmm *mm = &m->hostmm;
	uint32_t regions = (pages + pages_per_region(m) - 1) / pages_per_region(m);
	struct hostmm_vma *vma = &mm->vma[mm->vma_count];

	if (!has_room(m, hva, pages, regions))
		return false;
	*vma = (struct hostmm_vma){hva, pages, mm->page_count, mm->region_count};
	for (uint32_t i = 0; i < regions; i++) {
		struct place place = {
			.hva = hva + i * SIZE_2M,
			.vma = vma,
			.region = &mm->region[vma->first_region + i],
		};

		if (!make_region(m, place.region, place.hva) || !fill_region(m, &place))
			return false;
	}
	mm->vma_count++;
	mm->page_count += pages;
	mm->region_count += regions;
	return true;
}

uint64_t machine_hostmm_pgd(const struct machine *m)
{
	return (uint64_t)(uintptr_t)m->hostmm.pgd;
}

void hostmm_reset(struct machine *m)
{
	m->hostmm.vma_count = m->hostmm.page_count = m->hostmm.region_count = 0;
	m->hostmm.notifier = (struct hostmm_notifier){.ctx = NULL};
	m->hostmm.pgd = new_table(m, PGD_BYTES);
	assert(m->hostmm.pgd);
}

/* ---- looking ----------------------------------------------------------------------------- */

uint32_t machine_hostmm_frame(const struct machine *m, uint64_t hva)
{
	struct place place;

	return find_place(m, hva, &place) ? place.page->frame : MACHINE_FRAME_NONE;
}

uint32_t machine_hostmm_version(const struct machine *m, uint64_t hva)
{
	struct place place;

	if (!find_place(m, hva, &place))
		return 0;
	if (place.page->frame == MACHINE_FRAME_NONE)
		return place.page->version;
	return m->frames.version[place.page->frame];
}

/* ---- the swap store ----------------------------------------------------------------------- */

/* Copy the parts of a page that were ever written; the rest is zero on both sides. */
static void copy_parts(unsigned char *to, const unsigned char *from, const uint64_t *map)
{
	for (uint32_t word = 0; word < TOUCH_WORDS_MAX; word++) {
		for (uint64_t rest = map[word]; rest; rest &= rest - 1) {
			size_t unit = word * 64 + (uint32_t)__builtin_ctzll(rest);

			memcpy(to + (unit << TOUCH_SHIFT), from + (unit << TOUCH_SHIFT), (size_t)1 << TOUCH_SHIFT);
		}
	}
}

static unsigned char *swap_slot(const struct machine *m, const struct hostmm_page *page)
{
	return m->hostmm.swap + ((size_t)(page - m->hostmm.page) << m->config.page_shift);
}

static unsigned char *frame_content(const struct machine *m, uint32_t frame)
{
	return (unsigned char *)(uintptr_t)machine_frame_hpa(m, frame);
}

static void swap_out(struct machine *m, struct hostmm_page *page)
{
	frames_touched(&m->frames, page->frame, page->swapped);
	copy_parts(swap_slot(m, page), frame_content(m, page->frame), page->swapped);
	page->version = m->frames.version[page->frame];
	machine_frame_free(m, page->frame);
	page->frame = MACHINE_FRAME_NONE;
}

static bool swap_in(struct machine *m, struct hostmm_page *page)
{
	uint64_t hpa;

	page->frame = machine_frame_alloc(m, false);
	if (page->frame == MACHINE_FRAME_NONE)
		return false;
	hpa = machine_frame_hpa(m, page->frame);
	copy_parts(frame_content(m, page->frame), swap_slot(m, page), page->swapped);
	for (uint32_t word = 0; word < TOUCH_WORDS_MAX; word++) {
		for (uint64_t rest = page->swapped[word]; rest; rest &= rest - 1) {
			uint64_t unit = word * 64 + (uint32_t)__builtin_ctzll(rest);

			frames_note_write(&m->frames, hpa + (unit << TOUCH_SHIFT), 1);
		}
	}
	m->frames.version[page->frame] = page->version;
	return true;
}

/* ---- what happens to pages ------------------------------------------------------------------- */

/* The page gets another frame with the same content; the old one is free. False: no frames. */
static bool replace_frame(struct machine *m, struct hostmm_page *page)
{
	uint32_t old = page->frame, new = machine_frame_alloc(m, false);

	if (new == MACHINE_FRAME_NONE)
		return false;
	machine_frame_copy(m, new, old);
	page->frame = new;
	machine_frame_free(m, old);
	return true;
}

/* An operation on pages of [start, end) begins: by 1, or is over: by -1. */
static void note_change(const struct machine *m, uint64_t start, uint64_t end, int by)
{
	struct place place;

	for (uint64_t hva = start & ~(SIZE_2M - 1); hva < end; hva += SIZE_2M) {
		if (find_place(m, hva, &place))
			place.region->changing = (uint8_t)(place.region->changing + by);
	}
}

/* mm/huge_memory.c, __split_huge_pmd: the notifier is told of the whole 2 MiB. */
void machine_hostmm_split(struct machine *m, uint64_t hva)
{
	uint64_t start = hva & ~(SIZE_2M - 1);
	struct place place;

	if (!find_place(m, hva, &place) || !place.region->huge)
		return;
	tell_begin(m, start, start + SIZE_2M);
	if (place.region->huge)
		make_small(m, &place);
	tell_end(m, start, start + SIZE_2M);
}

/*
 * collapse_huge_page holds mmap_lock and anon_vma's lock for writing, from before its notifier's begin until the pages
 * are isolated: faults and fork are under the one, reclaim and migration under the other, from before their begin until
 * after their end. Else they would tell of one page of what has become huge, and be told of for it.
 */
static bool can_collapse(const struct machine *m, const struct place *place)
{
	uint32_t count;
	const struct hostmm_page *pages = region_pages(m, place, &count);

	if (place->region->huge || place->region->changing || count != pages_per_region(m))
		return false;
	for (uint32_t i = 0; i < count; i++) {
		if (pages[i].frame == MACHINE_FRAME_NONE ||
		    is_pinned(m, (place->hva & ~(SIZE_2M - 1)) + i * page_size(m)))
			return false;
	}
	return true;
}

static void move_into_run(struct machine *m, const struct place *place, uint32_t run)
{
	uint32_t count;
	struct hostmm_page *pages = region_pages(m, place, &count);

	for (uint32_t i = 0; i < count; i++) {
		machine_frame_copy(m, run + i, pages[i].frame);
		machine_frame_free(m, pages[i].frame);
		pages[i] = (struct hostmm_page){.frame = run + i, .writable = true};
	}
	make_huge(m, place);
}

/* mm/khugepaged.c, collapse_huge_page: a copy, so shared pages become the process's own. */
void machine_hostmm_collapse(struct machine *m, uint64_t hva)
{
	uint64_t start = hva & ~(SIZE_2M - 1);
	struct place place;
	uint32_t run;

	if (!find_place(m, hva, &place) || !can_collapse(m, &place))
		return;
	tell_begin(m, start, start + SIZE_2M);
	if (can_collapse(m, &place)) {
		run = machine_frame_alloc(m, true);
		if (run != MACHINE_FRAME_NONE)
			move_into_run(m, &place, run);
	}
	tell_end(m, start, start + SIZE_2M);
}

/* The part of [hva, hva + pages) that its VMA has; false: none. */
static bool clip(const struct machine *m, uint64_t hva, uint32_t pages, uint64_t *start, uint64_t *end)
{
	struct place place;

	if (pages == 0 || !find_place(m, hva, &place))
		return false;
	*start = place.hva;
	*end = place.hva + ((uint64_t)pages << m->config.page_shift);
	if (*end > vma_end(m, place.vma))
		*end = vma_end(m, place.vma);
	return true;
}

/* Is the huge page that hva lies in covered by the range only in part? */
static bool is_cut(const struct place *place, uint64_t start, uint64_t end)
{
	uint64_t base = place->hva & ~(SIZE_2M - 1);

	return place->region->huge && (base < start || base + SIZE_2M > end);
}

/* Split huge pages at the ends of a range that reach out of it. */
static void split_cut(struct machine *m, uint64_t start, uint64_t end)
{
	const uint64_t ends[] = {start, end - 1};
	struct place place;

	for (uint32_t i = 0; i < 2; i++) {
		if (find_place(m, ends[i], &place) && is_cut(&place, start, end))
			machine_hostmm_split(m, ends[i]);
	}
}

/* Reclaim, migration and faults split first (mm/rmap.c, try_to_unmap_one). */
static void begin_change(struct machine *m, uint64_t start, uint64_t end)
{
	note_change(m, start, end, 1);
	split_cut(m, start, end);
	tell_begin(m, start, end);
}

/* mprotect and userfaultfd have told of the range by then (mm/mprotect.c, change_pmd_range). */
static void begin_protect(struct machine *m, uint64_t start, uint64_t end)
{
	note_change(m, start, end, 1);
	tell_begin(m, start, end);
	split_cut(m, start, end);
}

static void end_change(const struct machine *m, uint64_t start, uint64_t end)
{
	tell_end(m, start, end);
	note_change(m, start, end, -1);
}

/* The next page of a range, looked up now. A huge page that reaches beyond it was split by split_cut. */
static void visit(struct machine *m, uint64_t hva, uint64_t start, uint64_t end, struct place *place)
{
	bool found = find_place(m, hva, place);

	assert(found && !is_cut(place, start, end));
}

/* How much the entry of a page maps: of what visit() gives, the part from here on is all of it. */
static uint64_t entry_bytes(const struct machine *m, const struct place *place)
{
	return place->region->huge ? SIZE_2M : page_size(m);
}

/* One entry is one page to Linux: pinned anywhere, it stays as a whole. */
static bool any_pinned(const struct machine *m, uint64_t hva, uint64_t bytes)
{
	for (uint64_t at = hva; at < hva + bytes; at += page_size(m)) {
		if (is_pinned(m, at))
			return true;
	}
	return false;
}

static void page_out_entry(struct machine *m, const struct place *place, uint64_t bytes)
{
	for (uint64_t i = 0; i < bytes / page_size(m); i++) {
		if (place->page[i].frame != MACHINE_FRAME_NONE)
			swap_out(m, &place->page[i]);
	}
	if (place->region->huge)
		make_small(m, place);
	else
		sync_page(m, place);
}

/* try_to_unmap and zap: what is huge and in the range as a whole leaves as a whole. */
void machine_hostmm_page_out(struct machine *m, uint64_t hva, uint32_t pages)
{
	uint64_t start, end, bytes;
	struct place place;

	if (!clip(m, hva, pages, &start, &end))
		return;
	begin_change(m, start, end);
	for (uint64_t at = start; at < end; at += bytes) {
		visit(m, at, start, end, &place);
		bytes = entry_bytes(m, &place);
		if (!any_pinned(m, at, bytes))
			page_out_entry(m, &place, bytes);
	}
	end_change(m, start, end);
}

/* mm/migrate.c, migrate_pages of one page. */
void machine_hostmm_move(struct machine *m, uint64_t hva)
{
	uint64_t start, end;
	struct place place;

	if (!clip(m, hva, 1, &start, &end) || machine_hostmm_frame(m, start) == MACHINE_FRAME_NONE)
		return;
	begin_change(m, start, end);
	visit(m, start, start, end, &place);
	if (place.page->frame != MACHINE_FRAME_NONE && !is_pinned(m, start) && replace_frame(m, place.page))
		sync_page(m, &place);
	end_change(m, start, end);
}

static void protect_entry(struct machine *m, const struct place *place, uint64_t bytes)
{
	if (place->page->frame == MACHINE_FRAME_NONE)
		return;
	for (uint64_t i = 0; i < bytes / page_size(m); i++) {
		place->page[i].writable = false;
		place->page[i].cow = true;
	}
	if (place->region->huge)
		make_huge(m, place);
	else
		sync_page(m, place);
}

/* What fork and KSM leave behind: read-only, and the first store gets a copy. A part of a huge page as mprotect does.
 */
void machine_hostmm_protect(struct machine *m, uint64_t hva, uint32_t pages)
{
	uint64_t start, end, bytes;
	struct place place;

	if (!clip(m, hva, pages, &start, &end))
		return;
	begin_protect(m, start, end);
	for (uint64_t at = start; at < end; at += bytes) {
		visit(m, at, start, end, &place);
		bytes = entry_bytes(m, &place);
		if (!any_pinned(m, at, bytes))
			protect_entry(m, &place, bytes);
	}
	end_change(m, start, end);
}

/* Another process that had the page, by fork or KSM, exits: nobody hears of that, and nothing changes yet. */
void machine_hostmm_unshare(struct machine *m, uint64_t hva)
{
	struct place place;
	uint32_t count;
	struct hostmm_page *pages;

	if (!find_place(m, hva, &place))
		return;
	place.page->cow = false;
	pages = region_pages(m, &place, &count);
	/* One page table entry, so one page to Linux. */
	for (uint32_t i = 0; place.region->huge && i < count; i++)
		pages[i].cow = false;
}

/* ---- user accesses ---------------------------------------------------------------------------- */

static bool fault_in(struct machine *m, const struct place *place, bool write)
{
	struct hostmm_page *page = place->page;

	if (!swap_in(m, page))
		return false;
	page->writable = write || !page->cow;
	if (write)
		page->cow = false; /* the copy from the swap store is its own */
	sync_page(m, place);
	tell_mapped(m, place);
	return true;
}

/* mm/memory.c, wp_page_copy; a huge page is split first (do_huge_pmd_wp_page). False: no frames. */
static bool break_cow(struct machine *m, const struct place *place)
{
	uint64_t start = place->hva, end = start + page_size(m);
	struct hostmm_page *page = place->page;
	bool done = true;

	begin_change(m, start, end);
	if (page->frame != MACHINE_FRAME_NONE && !page->writable) {
		done = replace_frame(m, page);
		if (done) {
			page->writable = true;
			page->cow = false;
			sync_page(m, place);
		}
	}
	end_change(m, start, end);
	return done;
}

/*
 * mm/memory.c, wp_page_reuse; of a huge page do_huge_pmd_wp_page: the entry turns writable where it is. The notifier is
 * not called, for nothing is taken away.
 */
static void reuse_page(struct machine *m, const struct place *place)
{
	uint64_t size = place->region->huge ? SIZE_2M : page_size(m);
	uint64_t start = place->hva & ~(size - 1), end = start + size;
	struct place each;

	for (uint64_t hva = start; hva < end; hva += page_size(m)) {
		visit(m, hva, start, end, &each);
		each.page->writable = true;
	}
	if (place->region->huge)
		make_huge(m, place);
	else
		sync_page(m, place);
	for (uint64_t hva = start; hva < end; hva += page_size(m)) {
		visit(m, hva, start, end, &each);
		tell_mapped(m, &each);
	}
}

/* What keeps a user access from its page is mended, one thing at a time. False: no frames. */
static bool resolve_fault(struct machine *m, const struct place *place, bool write)
{
	if (place->page->frame == MACHINE_FRAME_NONE)
		return fault_in(m, place, write);
	if (place->page->cow)
		return break_cow(m, place);
	reuse_page(m, place);
	return true;
}

bool machine_hostmm_fault(struct machine *m, uint64_t hva, bool write, bool fast_only, uint64_t *hpa, bool *writable)
{
	struct place place;

	if (!find_place(m, hva, &place))
		return false;
	/* Again after each step: another actor may have run in the notifier. */
	while (place.page->frame == MACHINE_FRAME_NONE || (write && !place.page->writable)) {
		if (fast_only || !resolve_fault(m, &place, write))
			return false;
	}
	if (hpa)
		*hpa = machine_frame_hpa(m, place.page->frame) | (hva & (page_size(m) - 1));
	if (writable)
		*writable = place.page->writable;
	return true;
}

size_t machine_hostmm_copy(struct machine *m, uint64_t hva, void *buf, size_t n, bool store)
{
	unsigned char *bytes = buf;

	while (n > 0) {
		size_t rest = page_size(m) - (hva & (page_size(m) - 1));
		size_t part = rest < n ? rest : n;
		uint64_t hpa;

		if (!machine_hostmm_fault(m, hva, store, false, &hpa, NULL))
			return n;
		if (store)
			machine_write(m, hpa, bytes, part);
		else
			machine_read(m, hpa, bytes, part);
		hva += part;
		bytes += part;
		n -= part;
	}
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * memory.c: the VMM's memory, which is this process's. All of it is one memfd; a
 * page of a VMA maps a page of it, shared, or private (read-only until it is
 * copied on write). What the host's memory management does to a page is done by
 * mapping something else there: KVM's MMU notifier sees what it always sees.
 */
#include "memory.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#define FILE_BYTES (1ull << 30)
/* Where a page's first bytes end that anyone writes to, but for stamps; L1's tables take more. */
#define VERSION_BYTES 0x4000u
#define HASH_FACTOR 0x9e3779b97f4a7c15ull

#define INSTRUCTION_SC1 0x44000022u
/* Interrupts that L0 may give to a guest (storage, program): an address is all that tells them apart. */
static const uint16_t vectors[] = {0x300, 0x380, 0x400, 0x480, 0x600, 0x700, 0xe40};

/*
 * Where an address of the layout lies in this process: a kernel with 4 KiB pages gives it 64 TiB (TASK_SIZE_64TB),
 * and the layout is higher up. Below that, what may be huge.
 */
#define REAL_BELOW_LAYOUT 0x400000000000ull
#define HUGE_BELOW_REAL 0x8000000000ull

static struct machine the_machine;

static bool may_be_huge(const struct machine *m)
{
	return m->huge || m->collapses;
}

uint64_t runner_hva(uint64_t layout_hva)
{
	return layout_hva - REAL_BELOW_LAYOUT - (may_be_huge(&the_machine) ? HUGE_BELOW_REAL : 0);
}

void *memory_real(uint64_t hva)
{
	return (void *)(uintptr_t)runner_hva(hva);
}

struct machine *machine_create(void)
{
	struct machine *m = &the_machine;

	m->page_size = (uint32_t)sysconf(_SC_PAGESIZE);
	/* As the model's host, with small backing; huge.c makes exceptions. */
	if (prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) != 0)
		return NULL;
	m->pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	m->file = memfd_create("guest", 0);
	if (m->pagemap < 0 || m->file < 0 || ftruncate(m->file, FILE_BYTES) != 0)
		return NULL;
	m->homes = m->next = HUGE_BYTES; /* 0 is no home */
	m->view = mmap(NULL, FILE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, m->file, 0);
	return m->view == MAP_FAILED ? NULL : m;
}

void machine_destroy(struct machine *m)
{
	close(m->file);
}

void machine_reset(struct machine *m, const struct machine_config *config)
{
	if (1u << config->page_shift != m->page_size)
		runner_die("a scenario for pages of %u bytes on a kernel with %u", 1u << config->page_shift,
			   m->page_size);
	vm_close();
	for (uint32_t i = 0; i < m->vma_count; i++)
		m->vma[i].pages = 0;
	if (m->next > m->homes && fallocate(m->file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)m->homes,
					    (off_t)(m->next - m->homes)) != 0)
		runner_die("fallocate: %s", strerror(errno));
	m->next = m->homes;
	m->huge = config->huge;
	m->unshares = false;
}

void memory_expect_collapse(struct machine *m, bool expected)
{
	m->collapses = expected;
}

void memory_expect_unshare(struct machine *m, uint64_t hva)
{
	struct place place;

	if (!memory_find(m, hva, &place))
		return;
	place.page->unshared = true;
	m->unshares = true;
}

bool memory_find(struct machine *m, uint64_t hva, struct place *place)
{
	for (uint32_t i = 0; i < m->vma_count; i++) {
		struct vma *vma = &m->vma[i];
		uint64_t offset = hva - vma->hva;
		struct region *region;

		if (hva < vma->hva || offset / m->page_size >= vma->pages)
			continue;
		region = &vma->region[offset / HUGE_BYTES];
		*place = (struct place){.vma = vma, .index = (uint32_t)(offset / m->page_size)};
		place->page = &vma->page[place->index];
		place->region = region->used ? region : NULL;
		place->base = vma->hva + offset / HUGE_BYTES * HUGE_BYTES;
		return true;
	}
	return false;
}

static struct page *page_at(struct machine *m, uint64_t hva)
{
	struct place place;

	return memory_find(m, hva, &place) ? place.page : NULL;
}

/*
 * What comes after it in the file stays unused, so that no two pages make one VMA: to split a VMA of 2 MiB is to
 * invalidate all of it (split_huge_pmd_if_needed), huge or not, and what is meant is one page.
 */
uint64_t memory_take(struct machine *m, uint64_t bytes)
{
	uint64_t at = (m->next + bytes - 1) / bytes * bytes;

	m->next = at + 2 * bytes;
	if (m->next > FILE_BYTES)
		runner_die("a scenario moves pages more often than there is memory");
	return at;
}

void memory_map(struct machine *m, uint64_t hva, uint64_t bytes, uint64_t offset, int flags)
{
	void *at;

	kernel_begins();
	at = mmap(memory_real(hva), bytes, PROT_READ | PROT_WRITE | PROT_EXEC, flags | MAP_FIXED, m->file,
		  (off_t)offset);
	kernel_ends();
	if (at == MAP_FAILED || madvise(at, bytes, MADV_DONTFORK) != 0)
		runner_die("mmap at %#llx: %s", (unsigned long long)hva, strerror(errno));
}

void memory_fill(struct machine *m, uint64_t offset)
{
	const uint32_t sc = INSTRUCTION_SC1;
	uint8_t *page = m->view + offset;

	memset(page, 0, m->page_size);
	frames_name(m, offset);
	for (unsigned v = 0; v < sizeof(vectors) / sizeof(vectors[0]); v++)
		memcpy(page + vectors[v], &sc, sizeof(sc));
}

void memory_copy(struct machine *m, uint64_t offset, const uint8_t *content)
{
	memcpy(m->view + offset, content, m->page_size);
	frames_name(m, offset);
}

static struct vma *find_vma(struct machine *m, uint64_t hva)
{
	struct vma *vma = m->vma;

	while (vma < m->vma + m->vma_count && (vma->hva != hva || vma->huge != may_be_huge(m)))
		vma++;
	if (vma == m->vma + m->vma_count) {
		vma->hva = hva;
		vma->huge = may_be_huge(m);
		m->vma_count++;
	}
	return vma;
}

static void begin_page(struct machine *m, struct vma *vma, uint32_t index)
{
	struct page *page = &vma->page[index];
	bool is_new = !page->home;

	if (is_new) {
		page->home = memory_take(m, m->page_size);
		m->homes = m->next;
	}
	page->offset = page->home;
	memory_fill(m, page->offset);
	if (is_new || page->changed)
		memory_map(m, vma->hva + (uint64_t)index * m->page_size, m->page_size, page->offset,
			   MAP_SHARED | MAP_POPULATE);
	page->private = page->changed = page->unshared = false;
	share_forget(page);
}

bool machine_hostmm_map(struct machine *m, uint64_t hva, uint32_t pages)
{
	struct vma *vma = find_vma(m, hva);
	uint32_t huge = may_be_huge(m) ? pages - pages % huge_pages(m) : 0;

	vma->pages = pages;
	for (uint32_t i = 0; i < huge; i += huge_pages(m))
		huge_begin(m, vma, i, hva + (uint64_t)i * m->page_size);
	for (uint32_t i = huge; i < pages; i++) {
		vma->region[i / huge_pages(m)].used = false;
		begin_page(m, vma, i);
	}
	return true;
}

uint64_t memory_pagemap(struct machine *m, uint64_t hva)
{
	uint64_t entry;

	if (pread(m->pagemap, &entry, sizeof(entry), (off_t)(runner_hva(hva) / m->page_size * sizeof(entry))) !=
	    sizeof(entry))
		runner_die("/proc/self/pagemap: %s", strerror(errno));
	return entry;
}

static bool is_present(struct machine *m, uint64_t hva)
{
	return memory_pagemap(m, hva) & PAGEMAP_PRESENT;
}

const uint8_t *memory_content(struct machine *m, uint64_t hva)
{
	const struct page *page = page_at(m, hva);

	/* A copy is there as long as it is one: what is paged out lies in the file. */
	if (!page->private || !is_present(m, hva))
		return m->view + page->offset;
	return memory_real(hva & ~(uint64_t)(m->page_size - 1));
}

bool memory_is_at_home(struct machine *m, const void *at)
{
	struct place place;

	if (!memory_find(m, (uintptr_t)at - runner_hva(0), &place))
		return false;
	return place.region ? place.region->whole && !place.region->private : !place.page->changed;
}

/* The same bytes in another page of the file. */
static uint64_t copy_page(struct machine *m, uint64_t hva)
{
	uint64_t offset = memory_take(m, m->page_size);

	memory_copy(m, offset, memory_content(m, hva));
	return offset;
}

/* Is a page still read-only, to be copied on write? Once copied, it is no page of the file any more. */
static bool is_protected_as(struct machine *m, const struct page *page, uint64_t hva, uint64_t entry)
{
	if (!page->private || !(entry & PAGEMAP_PRESENT))
		return page->private;
	return page->frame ? share_holds(m, page, hva) : entry & PAGEMAP_FILE;
}

static bool is_protected(struct machine *m, uint64_t hva)
{
	const struct page *page = page_at(m, hva);

	return page->private && is_protected_as(m, page, hva, memory_pagemap(m, hva));
}

static struct memory_state state_of(struct machine *m, const struct page *page, uint64_t hva, uint64_t entry)
{
	return (struct memory_state){
		.present = entry & PAGEMAP_PRESENT,
		.writable = !is_protected_as(m, page, hva, entry),
		.frame = frames_number(m, page->offset, page->private && !(entry & PAGEMAP_FILE)),
	};
}

void memory_states(struct machine *m, uint64_t hva, uint32_t pages, struct memory_state *states)
{
	static uint64_t entries[WORLD_LPAGES];
	size_t bytes = pages * sizeof(entries[0]);
	bool asked = false;
	struct place place;

	for (uint32_t i = 0; i < pages; i++, hva += m->page_size) {
		if (!memory_find(m, hva, &place))
			continue;
		if (place.page->changed && !asked &&
		    pread(m->pagemap, entries + i, bytes - i * sizeof(entries[0]),
			  (off_t)(runner_hva(hva) / m->page_size * sizeof(entries[0]))) <= 0)
			runner_die("/proc/self/pagemap: %s", strerror(errno));
		asked |= place.page->changed;
		states[i] =
			state_of(m, place.page, hva, place.page->changed ? entries[i] : PAGEMAP_PRESENT | PAGEMAP_FILE);
	}
}

void memory_drain(void)
{
	static uint8_t scratch[1 << 16] __attribute__((aligned(1 << 16)));

	scratch[0] = 1;
	if (madvise(scratch, sizeof(scratch), MADV_COLD) != 0)
		runner_die("MADV_COLD: %s", strerror(errno));
}

void memory_read(uint64_t hva)
{
	(void)*(volatile uint8_t *)memory_real(hva);
}

void memory_write(uint64_t hva)
{
	/* Compilers take this for a load where it is not volatile. */
	(void)__atomic_fetch_or((volatile uint8_t *)memory_real(hva), 0, __ATOMIC_RELAXED);
}

static void replace_page(struct machine *m, uint64_t hva, int flags)
{
	struct page *page = page_at(m, hva);

	page->offset = copy_page(m, hva);
	page->private = flags & MAP_PRIVATE;
	page->changed = true;
	share_forget(page);
	memory_map(m, hva, m->page_size, page->offset, flags);
}

static void drop_page(struct machine *m, uint64_t hva)
{
	int status;

	page_at(m, hva)->changed = true;
	kernel_begins();
	status = madvise(memory_real(hva), m->page_size, MADV_DONTNEED);
	kernel_ends();
	if (status != 0)
		runner_die("madvise: %s", strerror(errno));
}

/*
 * The page is another one with the same bytes, and not there until it is touched. In a broken region it is not another
 * VMA, so what was a copy is one to be copied on write again, until it is written to.
 */
static void renew_page(struct machine *m, const struct place *place, uint64_t hva, bool protected)
{
	if (!place->region || !place->region->broken) {
		replace_page(m, hva, protected ? MAP_PRIVATE : MAP_SHARED);
		return;
	}
	if (!is_protected(m, hva))
		memcpy(m->view + place->page->offset, memory_real(hva), m->page_size);
	drop_page(m, hva);
}

void machine_hostmm_page_out(struct machine *m, uint64_t hva, uint32_t pages)
{
	struct place place;

	for (uint32_t i = 0; i < pages; i++, hva += m->page_size) {
		if (!memory_find(m, hva, &place))
			continue;
		if (huge_covers(m, &place, hva, pages - i) && !place.region->private)
			huge_page_out(m, &place);
		if (hva == place.base && pages - i >= huge_pages(m))
			huge_cut_broken(m, &place);
		huge_split_at(m, hva);
		if (place.page->private)
			renew_page(m, &place, hva, is_protected(m, hva));
		else
			drop_page(m, hva);
		huge_cut_if_absent(m, &place);
	}
}

/* A page that was replaced is there again. */
static void come_back(struct machine *m, const struct place *place, uint64_t hva, bool protected)
{
	if (protected && place->page->unshared)
		share_page(m, place->page, hva);
	else
		memory_read(hva);
}

void machine_hostmm_move(struct machine *m, uint64_t hva)
{
	struct place place;
	bool protected, unshared;

	if (!memory_find(m, hva, &place) || !is_present(m, hva))
		return;
	huge_split_at(m, hva);
	/* Read-only is what is moved, whether it is shared or not. */
	unshared = share_has_ended(m, place.page, hva);
	protected = unshared || is_protected(m, hva);
	renew_page(m, &place, hva, protected);
	if (place.page->private && !protected)
		memory_write(hva);
	else
		come_back(m, &place, hva, protected);
	if (unshared)
		share_ends(m, place.page, hva);
}

void machine_hostmm_protect(struct machine *m, uint64_t hva, uint32_t pages)
{
	struct place place;

	for (uint32_t done = 0, i = 0; i < pages; i += done, hva += (uint64_t)done * m->page_size) {
		done = 1;
		if (!memory_find(m, hva, &place) || !is_present(m, hva))
			continue;
		if (huge_covers(m, &place, hva, pages - i)) {
			huge_protect(m, &place);
			done = huge_pages(m);
			continue;
		}
		huge_split_at(m, hva);
		renew_page(m, &place, hva, true);
		come_back(m, &place, hva, true);
	}
}

/* rules.c: not of a huge page, nor of one that was paged out and may have come back read-only. */
void machine_hostmm_unshare(struct machine *m, uint64_t hva)
{
	struct page *page = page_at(m, hva);

	if (!page || !page->private)
		return;
	if (!is_present(m, hva))
		replace_page(m, hva, MAP_SHARED);
	else if (page->sharer)
		share_ends(m, page, hva);
	else if (is_protected(m, hva) && !race_overlaps())
		runner_die("a page that nobody shares cannot be unshared");
}

void machine_hostmm_split(struct machine *m, uint64_t hva)
{
	huge_split_at(m, hva);
}

void machine_hostmm_collapse(struct machine *m, uint64_t hva)
{
	huge_collapse(m, hva);
}

/* Call f for each page that is in no region of 2 MiB. */
static void each_page(struct machine *m, void (*f)(struct machine *m, struct page *page, uint64_t hva))
{
	struct place place;

	for (uint32_t i = 0; i < m->vma_count; i++)
		for (uint64_t hva = m->vma[i].hva; memory_find(m, hva, &place); hva += m->page_size)
			if (place.vma == &m->vma[i] && !place.region)
				f(m, place.page, hva);
}

void memory_op_end(struct machine *m)
{
	huge_op_end(m);
	/* A racing access may have had it copied. */
	if (m->unshares && !race_overlaps())
		each_page(m, share_follow);
}

static void restore_page(struct machine *m, struct page *page, uint64_t hva)
{
	if (!page->changed)
		return;
	if (page->private) {
		memory_copy(m, page->home, memory_content(m, hva));
		page->offset = page->home;
		page->private = false;
		share_forget(page);
		memory_map(m, hva, m->page_size, page->offset, MAP_SHARED);
	}
	memory_read(hva);
}

void memory_again(struct machine *m)
{
	huge_again(m);
	each_page(m, restore_page);
}

/* Which page it is is not what is in it (frames.c). */
static bool is_name(uint32_t word)
{
	uint32_t at = 8 * word % LAYOUT_PART_BYTES;

	return at == STAGE_NAME_OFFSET || at == STAGE_FETCH_OFFSET;
}

uint32_t machine_hostmm_version(const struct machine *m, uint64_t hva)
{
	const uint64_t *words = (const void *)memory_content((struct machine *)m, hva);
	uint32_t bytes = m->page_size < VERSION_BYTES ? m->page_size : VERSION_BYTES;
	uint64_t sum = 0;

	for (uint32_t i = 0; i < bytes / 8; i++)
		if (!is_name(i))
			sum = (sum ^ words[i]) * HASH_FACTOR;
	for (uint32_t at = bytes + STAGE_STAMP_OFFSET; at < m->page_size; at += LAYOUT_PART_BYTES)
		sum = (sum ^ words[at / 8]) * HASH_FACTOR;
	return (uint32_t)(sum >> 32);
}

/* A user access. The "real address" of what is there is its address here. */
bool machine_hostmm_fault(struct machine *m, uint64_t hva, bool write, bool fast_only, uint64_t *hpa, bool *writable)
{
	(void)fast_only;
	if (!page_at(m, hva))
		return false;
	if (write)
		memory_write(hva);
	*hpa = runner_hva(hva);
	*writable = true;
	return true;
}

size_t machine_hostmm_copy(struct machine *m, uint64_t hva, void *buf, size_t n, bool store)
{
	void *at = memory_real(hva);

	if (!page_at(m, hva))
		return n;
	memcpy(store ? at : buf, store ? buf : at, n);
	return 0;
}

/* The VMM writes to a page. */
void machine_touch(struct machine *m, uint64_t hpa)
{
	uint64_t stamp = runner_next_stamp();

	(void)m;
	memcpy((void *)(uintptr_t)(hpa + STAGE_STAMP_OFFSET), &stamp, sizeof(stamp));
	runner_stamped();
}

void machine_write(struct machine *m, uint64_t hpa, const void *bytes, size_t n)
{
	(void)m;
	memcpy((void *)(uintptr_t)hpa, bytes, n);
}

void machine_read(const struct machine *m, uint64_t hpa, void *bytes, size_t n)
{
	(void)m;
	memcpy(bytes, (const void *)(uintptr_t)hpa, n);
}

uint64_t machine_frame_hpa(const struct machine *m, uint32_t frame)
{
	(void)m;
	(void)frame;
	return 0;
}

uint32_t machine_frame_count(const struct machine *m)
{
	(void)m;
	return 0;
}

uint64_t machine_hostmm_pgd(const struct machine *m)
{
	(void)m;
	return 0;
}

void machine_hostmm_notifier(struct machine *m, const struct hostmm_notifier *notifier)
{
	(void)m;
	(void)notifier;
}

/* The kernel's memory is its own. */
const uint8_t *machine_kmem_lines(const struct machine *m)
{
	(void)m;
	return NULL;
}

/* The emulated hardware forgets when it likes to. */
void machine_evict_tlb(struct machine *m, uint32_t cpu)
{
	(void)m;
	(void)cpu;
}

void machine_evict_pwc(struct machine *m, uint32_t cpu)
{
	(void)m;
	(void)cpu;
}

void machine_evict_pate(struct machine *m, uint32_t cpu)
{
	(void)m;
	(void)cpu;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * memory.c: the VMM's memory, which is this process's. All of it is one memfd; a
 * page of a VMA maps a page of it, shared, or private (read-only until it is
 * copied on write). What the host's memory management does to a page is done by
 * mapping something else there: KVM's MMU notifier sees what it always sees.
 */
#include "runner.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#define FILE_BYTES (1ull << 30)
#define VMAS_MAX SCENARIO_SLOTS_MAX
/* Where a page's first bytes end that anyone writes to; L1's tables take more. */
#define VERSION_BYTES 0x4000u

#define INSTRUCTION_SC1 0x44000022u
/* Interrupts that L0 may give to a guest (storage, program): an address is all that tells them apart. */
static const uint16_t vectors[] = {0x300, 0x380, 0x400, 0x480, 0x600, 0x700, 0xe40};

struct page {
	uint64_t offset; /* in the file */
	uint64_t home;	 /* the offset at which it is when a scenario begins */
	bool private;	 /* may have been copied on write: the file no longer tells */
	bool changed;	 /* it is not as it was then: mapped elsewhere, or not there */
};

/*
 * What one slot maps. Pages that nothing has happened to but accesses stay mapped from one scenario to the next, and
 * are cleared: to map and to fault in each of them again would take as long as most scenarios do.
 */
struct vma {
	uint64_t hva;
	uint32_t pages;	 /* of this scenario; 0: it does not use it */
	uint32_t mapped; /* from the first one on */
	struct page page[WORLD_LPAGES];
};

struct machine {
	int file, pagemap;
	uint8_t *view;	/* the whole file, shared: looking here leaves no trace in a VMA */
	uint64_t homes; /* offset of the first page that is no page's home */
	uint64_t next;	/* and of the first unused one */
	uint32_t page_size;
	uint32_t vma_count;
	struct vma vma[VMAS_MAX];
};

static struct machine the_machine;

static void *real(uint64_t hva)
{
	return (void *)(uintptr_t)runner_hva(hva);
}

struct machine *machine_create(void)
{
	struct machine *m = &the_machine;

	m->page_size = (uint32_t)sysconf(_SC_PAGESIZE);
	/* As the model's host, with small backing. */
	if (prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) != 0)
		return NULL;
	m->pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	m->file = memfd_create("guest", 0);
	if (m->pagemap < 0 || m->file < 0 || ftruncate(m->file, FILE_BYTES) != 0)
		return NULL;
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
}

static struct page *page_at(struct machine *m, uint64_t hva)
{
	for (uint32_t i = 0; i < m->vma_count; i++) {
		struct vma *vma = &m->vma[i];

		if (hva >= vma->hva && (hva - vma->hva) / m->page_size < vma->pages)
			return &vma->page[(hva - vma->hva) / m->page_size];
	}
	return NULL;
}

/*
 * A page of the file. The one after it stays unused, so that no two pages make one VMA: to split a VMA of 2 MiB is to
 * invalidate all of it (split_huge_pmd_if_needed), huge or not, and what is meant is one page.
 */
static uint64_t take_page(struct machine *m)
{
	uint64_t at = m->next;

	m->next += 2ull * m->page_size;
	if (m->next > FILE_BYTES)
		runner_die("a scenario moves pages more often than there is memory");
	return at;
}

static void map_page(struct machine *m, uint64_t hva, uint64_t offset, int flags)
{
	void *at;

	kernel_begins();
	at = mmap(real(hva), m->page_size, PROT_READ | PROT_WRITE | PROT_EXEC, flags | MAP_FIXED, m->file,
		  (off_t)offset);
	kernel_ends();
	if (at == MAP_FAILED)
		runner_die("mmap at %#llx: %s", (unsigned long long)hva, strerror(errno));
}

static void fill_page(struct machine *m, uint64_t offset)
{
	const uint32_t sc = INSTRUCTION_SC1;
	uint8_t *page = m->view + offset;

	memset(page, 0, m->page_size);
	memcpy(page + STAGE_FETCH_OFFSET, &sc, sizeof(sc));
	for (unsigned v = 0; v < sizeof(vectors) / sizeof(vectors[0]); v++)
		memcpy(page + vectors[v], &sc, sizeof(sc));
}

static struct vma *find_vma(struct machine *m, uint64_t hva)
{
	for (uint32_t i = 0; i < m->vma_count; i++)
		if (m->vma[i].hva == hva)
			return &m->vma[i];
	m->vma[m->vma_count].hva = hva;
	return &m->vma[m->vma_count++];
}

bool machine_hostmm_map(struct machine *m, uint64_t hva, uint32_t pages)
{
	struct vma *vma = find_vma(m, hva);

	vma->pages = pages;
	for (uint32_t i = 0; i < pages; i++) {
		struct page *page = &vma->page[i];
		bool is_new = i >= vma->mapped;

		if (is_new) {
			page->home = take_page(m);
			m->homes = m->next;
		}
		page->offset = page->home;
		fill_page(m, page->offset);
		if (is_new || page->changed)
			map_page(m, hva + (uint64_t)i * m->page_size, page->offset, MAP_SHARED | MAP_POPULATE);
		page->private = page->changed = false;
	}
	if (pages > vma->mapped)
		vma->mapped = pages;
	return true;
}

/* The bytes as they are, wherever they lie. */
static const uint8_t *content(struct machine *m, uint64_t hva)
{
	const struct page *page = page_at(m, hva);

	return page->private ? real(hva & ~(uint64_t)(m->page_size - 1)) : m->view + page->offset;
}

uint64_t memory_stamp(struct machine *m, uint64_t hva)
{
	uint64_t stamp;

	memcpy(&stamp, content(m, hva) + STAGE_STAMP_OFFSET, sizeof(stamp));
	return stamp;
}

bool memory_is_at_home(struct machine *m, const void *at)
{
	for (uint32_t i = 0; i < m->vma_count; i++) {
		const struct vma *vma = &m->vma[i];
		uint64_t offset = (uintptr_t)at - runner_hva(vma->hva);

		if ((uintptr_t)at >= runner_hva(vma->hva) && offset / m->page_size < vma->pages)
			return !vma->page[offset / m->page_size].changed;
	}
	return false;
}

/* The same bytes in another page of the file. */
static uint64_t copy_page(struct machine *m, uint64_t hva)
{
	uint64_t offset = take_page(m);

	memcpy(m->view + offset, content(m, hva), m->page_size);
	return offset;
}

/* Documentation/admin-guide/mm/pagemap.rst */
#define PAGEMAP_PRESENT (1ull << 63)
#define PAGEMAP_FILE (1ull << 61)

static uint64_t pagemap(struct machine *m, uint64_t hva)
{
	uint64_t entry;

	if (pread(m->pagemap, &entry, sizeof(entry), (off_t)(runner_hva(hva) / m->page_size * sizeof(entry))) !=
	    sizeof(entry))
		runner_die("/proc/self/pagemap: %s", strerror(errno));
	return entry;
}

static bool is_present(struct machine *m, uint64_t hva)
{
	return pagemap(m, hva) & PAGEMAP_PRESENT;
}

/* Is a page still read-only, to be copied on write? Once copied, it is no page of the file any more. */
static bool is_protected(struct machine *m, uint64_t hva)
{
	return page_at(m, hva)->private && (!is_present(m, hva) || pagemap(m, hva) & PAGEMAP_FILE);
}

/* Reading maps the file's page. */
static void read_page(uint64_t hva)
{
	(void)*(volatile uint8_t *)real(hva);
}

static void replace_page(struct machine *m, uint64_t hva, int flags)
{
	struct page *page = page_at(m, hva);

	page->offset = copy_page(m, hva);
	page->private = flags & MAP_PRIVATE;
	page->changed = true;
	map_page(m, hva, page->offset, flags);
}

static void drop_page(struct machine *m, uint64_t hva)
{
	int status;

	page_at(m, hva)->changed = true;
	kernel_begins();
	status = madvise(real(hva), m->page_size, MADV_DONTNEED);
	kernel_ends();
	if (status != 0)
		runner_die("madvise: %s", strerror(errno));
}

void machine_hostmm_page_out(struct machine *m, uint64_t hva, uint32_t pages)
{
	for (uint32_t i = 0; i < pages; i++, hva += m->page_size) {
		const struct page *page = page_at(m, hva);

		if (page && page->private)
			replace_page(m, hva, is_protected(m, hva) ? MAP_PRIVATE : MAP_SHARED);
		else if (page)
			drop_page(m, hva);
	}
}

void machine_hostmm_move(struct machine *m, uint64_t hva)
{
	if (!page_at(m, hva) || !is_present(m, hva))
		return;
	replace_page(m, hva, is_protected(m, hva) ? MAP_PRIVATE : MAP_SHARED);
	read_page(hva);
}

void machine_hostmm_protect(struct machine *m, uint64_t hva, uint32_t pages)
{
	for (uint32_t i = 0; i < pages; i++, hva += m->page_size) {
		if (!page_at(m, hva) || !is_present(m, hva))
			continue;
		replace_page(m, hva, MAP_PRIVATE);
		read_page(hva);
	}
}

/* A private page of a file is always copied: see conform's rules. */
void machine_hostmm_unshare(struct machine *m, uint64_t hva)
{
	(void)m;
	(void)hva;
}

/* Huge pages are not on this stage: see conform's rules. */
void machine_hostmm_split(struct machine *m, uint64_t hva)
{
	(void)m;
	(void)hva;
}

void machine_hostmm_collapse(struct machine *m, uint64_t hva)
{
	(void)m;
	(void)hva;
}

uint32_t machine_hostmm_version(const struct machine *m, uint64_t hva)
{
	const uint64_t *words = (const void *)content((struct machine *)m, hva);
	uint32_t bytes = m->page_size < VERSION_BYTES ? m->page_size : VERSION_BYTES;
	uint64_t sum = 0;

	for (uint32_t i = 0; i < bytes / 8; i++)
		sum = (sum ^ words[i]) * 0x9e3779b97f4a7c15ull;
	return (uint32_t)(sum >> 32);
}

/* A user access. The "real address" of what is there is its address here. */
bool machine_hostmm_fault(struct machine *m, uint64_t hva, bool write, bool fast_only, uint64_t *hpa, bool *writable)
{
	(void)fast_only;
	if (!page_at(m, hva))
		return false;
	if (write)
		(void)__atomic_fetch_or((uint8_t *)real(hva), 0, __ATOMIC_RELAXED);
	*hpa = runner_hva(hva);
	*writable = true;
	return true;
}

size_t machine_hostmm_copy(struct machine *m, uint64_t hva, void *buf, size_t n, bool store)
{
	void *at = real(hva);

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

/* Frames have no numbers here. */
uint32_t machine_hostmm_frame(const struct machine *m, uint64_t hva)
{
	(void)m;
	(void)hva;
	return 0;
}

uint32_t machine_frame_number(const struct machine *m, uint64_t hpa)
{
	(void)m;
	(void)hpa;
	return 0;
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

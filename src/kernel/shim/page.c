/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * page.c: the pages of guests, and the memory of the VMM and of guests by address.
 * Each function stands for the kernel's function of the same name unless it says otherwise.
 */
#include "features.h"
#include "services.h"

#define TOUCHED_PAGES 4096
static struct page *page_array __section("rcfuzz_keep");
static unsigned long first_page, pages_total;
static unsigned int touched[TOUCHED_PAGES] __section("rcfuzz_keep");
static unsigned int touched_count __section("rcfuzz_keep");

void rcfuzz_set_pages(struct page *array, unsigned long first_pfn, unsigned long count)
{
	while (touched_count)
		memset(&page_array[touched[--touched_count]], 0, sizeof(struct page));
	page_array = array;
	first_page = first_pfn;
	pages_total = count;
	vmemmap = array - first_pfn;
}

int rcfuzz_pfn_valid(unsigned long pfn)
{
	return pfn - first_page < pages_total;
}

/*
 * The page's own reference is 1, each other adds one. What holds one only while it looks at a page, as a fault does,
 * keeps nobody from taking it away: zap and copy on write do not ask. Only a pin does, and put_page, which is inline,
 * does not say whose reference it drops: a page was pinned until nobody has one.
 */
static struct page *get_frame(unsigned long hpa, bool pin)
{
	unsigned long index = (hpa >> PAGE_SHIFT) - first_page;
	struct page *page = page_array + index;

	if (!page_ref_count(page)) {
		if (touched_count == TOUCHED_PAGES)
			return NULL;
		touched[touched_count++] = index;
		set_page_count(page, 1);
	}
	if (page_ref_count(page) == 1)
		set_page_private(page, 0);
	if (pin)
		set_page_private(page, 1);
	page_ref_inc(page);
	return page;
}

_Bool rcfuzz_page_pinned(unsigned long hpa)
{
	unsigned long index = (hpa >> PAGE_SHIFT) - first_page;

	return index < pages_total && page_ref_count(page_array + index) > 1 && page_private(page_array + index);
}

static int gup(unsigned long start, int nr, unsigned int flags, bool fast, bool pin, struct page **pages)
{
	bool writable;
	u64 hpa;

	if (nr != 1)
		rcfuzz_unreachable("get_user_pages_fast of several pages");
	rcfuzz_yield(POINT_USER, fast ? "gup-fast" : "gup", NULL);
	if (!rcfuzz_host->gup(rcfuzz_host->ctx, start, flags & FOLL_WRITE, fast, &hpa, &writable))
		return fast ? 0 : -EFAULT;
	pages[0] = get_frame(hpa, pin);
	return pages[0] ? 1 : -EFAULT;
}

/* kvmppc_pin_guest_page. */
int get_user_pages_fast(unsigned long start, int nr, unsigned int flags, struct page **pages)
{
	rcfuzz_may_sleep("get_user_pages with a spinlock held");
	return gup(start, nr, flags, false, true, pages);
}

int get_user_pages_fast_only(unsigned long start, int nr, unsigned int flags, struct page **pages)
{
	rcfuzz_step();
	return gup(start, nr, flags, true, false, pages);
}

/* hva_to_pfn_slow's way in; kernel: mm/gup.c. */
long get_user_pages_unlocked(unsigned long start, unsigned long nr, struct page **pages, unsigned int flags)
{
	rcfuzz_may_sleep("get_user_pages with a spinlock held");
	return gup(start, nr, flags, false, false, pages);
}

int set_page_dirty_lock(struct page *page)
{
	return 0;
}

/* Nobody is left who could drop one. */
void rcfuzz_check_page_references(void)
{
	unsigned int i;

	for (i = 0; i < touched_count; i++) {
		if (page_ref_count(page_array + touched[i]) <= 1)
			continue;
		rcfuzz_report(REPORT_MEMORY, NULL, 0, NULL, "a page reference is never dropped");
		return;
	}
}

/* The last reference of a page of guest memory is the VMM's mapping; the kernel has dropped one too many. */
void __folio_put(struct folio *folio)
{
	rcfuzz_report(REPORT_MEMORY, NULL, 0, NULL, "a page reference is dropped once too often");
	page_ref_inc(&folio->page);
}

#define QUADRANT(addr) ((unsigned long)(addr) >> 62)
#define GUEST_HVA_BASE 0x7e0000000000ul /* src/scenario/layout.c */
/* Its slots and no more: the loader puts rcfuzz's own memory, with the bitmaps of harvests, as low as 0x7ef000000000.
 */
#define GUEST_HVA_END (GUEST_HVA_BASE + (4ul << 30))

/*
 * A copy from a guest ends in the frame of the function whose variable it fills, which ends at the first frame pointer
 * above it; else it overwrites what is the caller's, rcfuzz's at last. Kernel: check_stack_object (mm/usercopy.c) and
 * arch_within_stack_frames.
 */
static bool is_beyond_frame(const void *buffer, unsigned long n, const void *frame_address)
{
	unsigned long start = (unsigned long)rcfuzz_module_start, size = (unsigned long)rcfuzz_code_end - start;
	const unsigned long *frame = frame_address;

	if (buffer < frame_address)
		return false;
	while ((const void *)frame <= buffer) {
		/* As far as frames are the module's (rcfuzz_get_callers). */
		if (frame[1] - start >= size || frame[0] <= (unsigned long)frame)
			return false;
		frame = (const unsigned long *)frame[0];
	}
	return n > (unsigned long)frame - (unsigned long)buffer;
}

static noinline void tell_beyond_frame(enum target_point kind, const void *buffer, unsigned long n, const void *frame)
{
	const void *callers[TARGET_CALLERS];

	rcfuzz_get_callers(frame, callers);
	rcfuzz_host->bad_access(rcfuzz_host->ctx, kind, buffer, n, callers);
	__builtin_trap();
}

static __always_inline unsigned long user_copy(unsigned long user, void *buffer, unsigned long n, bool store)
{
	rcfuzz_step();
	rcfuzz_yield(POINT_USER, store ? "write" : "read", NULL);
	if (unlikely(is_beyond_frame(buffer, n, __builtin_frame_address(0))))
		tell_beyond_frame(store ? POINT_READ : POINT_WRITE, buffer, n, __builtin_frame_address(0));
	rcfuzz_check_buffer(store ? POINT_READ : POINT_WRITE, buffer, n, __builtin_frame_address(0));
	/* __kvmhv_copy_tofrom_guest_radix: quadrant 1 has the LPID and PID of the registers, quadrant 2 PID 0. */
	if (QUADRANT(user))
		return rcfuzz_host->quadrant_copy(rcfuzz_host->ctx, rcfuzz_self()->spr_lpid,
						  QUADRANT(user) == 1 ? rcfuzz_self()->spr_pid : 0, user & ~(3ul << 62),
						  buffer, n, store);
	if (user >= GUEST_HVA_BASE && user < GUEST_HVA_END)
		return rcfuzz_host->user_copy(rcfuzz_host->ctx, user, buffer, n, store);
	rcfuzz_check_buffer(store ? POINT_WRITE : POINT_READ, (void *)user, n, __builtin_frame_address(0));
	memcpy(store ? (void *)user : buffer, store ? buffer : (void *)user, n);
	return 0;
}

unsigned long rcfuzz_copy_from_user(void *to, const void *from, unsigned long n)
{
	return user_copy((unsigned long)from, to, n, false);
}

unsigned long rcfuzz_copy_to_user(void *to, const void *from, unsigned long n)
{
	return user_copy((unsigned long)to, (void *)from, n, true);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hostmm_test.c: the VMM's memory keeps its content and version whatever happens
 * to its frames, the page table always says where a page is, and the notifier
 * hears of every change before and after.
 */
#include "test_tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define HVA 0x7f1200000000ull
#define PAGES 40u /* one whole 2 MiB of 64 KiB pages, and some */
#define PAGE 0x10000ull
#define REGION 0x200000ull

enum told { BEGIN, END, MAPPED };

struct note {
	enum told what;
	uint64_t start, end; /* MAPPED: start */
	uint32_t frame;
	bool writable;
};

struct log {
	struct machine *m;
	unsigned count;
	struct note note[512];
	void (*in_begin)(struct log *log); /* another actor, once */
	void (*in_each)(struct log *log);  /* in each begin and end, but those of its own */
	uint64_t pinned;		   /* this page is; 0: none */
};

static void add(struct log *log, struct note note)
{
	assert_true(log->count < 512);
	log->note[log->count++] = note;
}

static void let_another_act(struct log *log)
{
	void (*actor)(struct log * log) = log->in_each;

	log->in_each = NULL;
	if (actor)
		actor(log);
	log->in_each = actor;
}

static void on_begin(void *ctx, uint64_t start, uint64_t end)
{
	struct log *log = ctx;
	void (*actor)(struct log * log) = log->in_begin;

	add(log, (struct note){.what = BEGIN, .start = start, .end = end});
	log->in_begin = NULL;
	if (actor)
		actor(log);
	let_another_act(log);
}

static void on_end(void *ctx, uint64_t start, uint64_t end)
{
	add(ctx, (struct note){.what = END, .start = start, .end = end});
	let_another_act(ctx);
}

static void on_mapped(void *ctx, uint64_t hva, uint32_t frame, bool writable)
{
	struct log *log = ctx;

	/* What is told is what the process has then. */
	assert_int_equal(machine_hostmm_frame(log->m, hva), frame);
	add(log, (struct note){.what = MAPPED, .start = hva, .frame = frame, .writable = writable});
}

static bool on_pinned(void *ctx, uint64_t hva)
{
	const struct log *log = ctx;

	return hva == log->pinned;
}

static struct log *watch(struct machine *m)
{
	static struct log log;
	const struct hostmm_notifier notifier = {
		.ctx = &log, .begin = on_begin, .end = on_end, .mapped = on_mapped, .pinned = on_pinned};

	log = (struct log){.m = m};
	machine_hostmm_notifier(m, &notifier);
	return &log;
}

static void assert_note(const struct log *log, unsigned i, enum told what, uint64_t start, uint64_t end)
{
	assert_true(i < log->count);
	assert_int_equal(log->note[i].what, what);
	assert_int_equal(log->note[i].start, start);
	if (what != MAPPED)
		assert_int_equal(log->note[i].end, end);
}

/* Exactly one change: begin, each page of the range, end. */
static void assert_one_change(struct log *log, uint64_t start, uint64_t end)
{
	unsigned pages = (unsigned)((end - start) / PAGE);

	assert_int_equal(log->count, pages + 2);
	assert_note(log, 0, BEGIN, start, end);
	for (unsigned i = 0; i < pages; i++)
		assert_note(log, 1 + i, MAPPED, start + i * PAGE, 0);
	assert_note(log, 1 + pages, END, start, end);
	log->count = 0;
}

/* The leaf that find_kvm_host_pte would find; 0: none. */
static uint64_t leaf(const struct machine *m, uint64_t hva, uint32_t *shift)
{
	const uint64_t *table = (const uint64_t *)(uintptr_t)machine_hostmm_pgd(m);
	uint32_t bits = 13;

	*shift = 39;
	for (;;) {
		uint64_t entry = be64toh(table[hva >> *shift & ((1u << bits) - 1)]);

		if (!entry || entry & RADIX_LEAF)
			return entry;
		bits = (uint32_t)(entry & RADIX_NLS);
		table = (const uint64_t *)(uintptr_t)(entry & RADIX_NLB);
		*shift -= bits;
	}
}

/* Page table, frames and rights agree for all pages, and no frame is used twice. */
static void assert_consistent(const struct machine *m, uint64_t hva, uint32_t pages)
{
	static uint8_t used[FRAMES_MAX];
	uint32_t page_shift = m->config.page_shift;

	memset(used, 0, machine_frame_count(m));
	for (uint64_t at = hva; at < hva + ((uint64_t)pages << page_shift); at += 1ull << page_shift) {
		uint32_t frame = machine_hostmm_frame(m, at), shift;
		uint64_t pte = leaf(m, at, &shift);

		if (frame == MACHINE_FRAME_NONE) {
			assert_int_equal(pte, 0);
			continue;
		}
		assert_true(shift == page_shift || shift == 21);
		assert_int_equal((pte & RADIX_RPN) + (at & ((1ull << shift) - 1)), machine_frame_hpa(m, frame));
		assert_int_equal(machine_hostmm_fault((struct machine *)m, at, true, true, NULL, NULL),
				 (pte & RADIX_WRITE) != 0);
		assert_int_equal(pte & ~(RADIX_RPN | RADIX_WRITE), RADIX_V | RADIX_LEAF | TEST_RC | RADIX_READ);
		assert_int_equal(machine_frame_of(m, machine_frame_hpa(m, frame)), frame);
		assert_int_equal(used[frame]++, 0);
	}
}

static bool is_huge(const struct machine *m, uint64_t hva)
{
	uint32_t shift;

	return leaf(m, hva, &shift) && shift == 21;
}

static bool is_writable(const struct machine *m, uint64_t hva)
{
	uint32_t shift;

	return leaf(m, hva, &shift) & RADIX_WRITE;
}

static void put(struct machine *m, uint64_t hva, uint64_t value)
{
	assert_int_equal(machine_hostmm_copy(m, hva, &value, sizeof(value), true), 0);
}

static uint64_t get(struct machine *m, uint64_t hva)
{
	uint64_t value = 0;

	assert_int_equal(machine_hostmm_copy(m, hva, &value, sizeof(value), false), 0);
	return value;
}

static struct machine *with_vma(void **state, bool huge)
{
	struct machine *m = *state;

	test_reset(m, 16, huge);
	assert_true(machine_hostmm_map(m, HVA, PAGES));
	for (uint64_t i = 0; i < PAGES; i++) {
		put(m, HVA + i * PAGE, i);
		put(m, HVA + i * PAGE + PAGE - 8, ~i);
	}
	return m;
}

static void assert_content(struct machine *m)
{
	for (uint64_t i = 0; i < PAGES; i++) {
		assert_int_equal(machine_hostmm_version(m, HVA + i * PAGE), 2);
		assert_int_equal(get(m, HVA + i * PAGE), i);
		assert_int_equal(get(m, HVA + i * PAGE + 512), 0);
		assert_int_equal(get(m, HVA + i * PAGE + PAGE - 8), ~i);
	}
	assert_consistent(m, HVA, PAGES);
}

/* ---- mapping -------------------------------------------------------------------- */

static void a_vma_is_mapped_at_once_with_both_page_sizes(void **state)
{
	struct machine *m = *state;

	for (uint32_t page_shift = 12; page_shift <= 16; page_shift += 4) {
		for (int huge = 0; huge <= 1; huge++) {
			uint32_t pages = (1u << (21 - page_shift)) + 3;

			test_reset(m, page_shift, huge);
			assert_true(machine_hostmm_map(m, HVA, pages));
			assert_true(machine_hostmm_map(m, HVA + (5ull << 30), 1)); /* another upper table */
			assert_true(machine_hostmm_map(m, HVA + (1ull << 39), 1)); /* and another root entry */
			assert_consistent(m, HVA, pages);
			assert_consistent(m, HVA + (5ull << 30), 1);
			assert_int_equal(is_huge(m, HVA), huge);
			assert_false(is_huge(m, HVA + REGION)); /* does not fit */
			assert_true(is_writable(m, HVA));
			assert_int_equal(machine_hostmm_version(m, HVA), 0);
		}
	}
}

static void vmas_are_aligned_and_apart(void **state)
{
	struct machine *m = *state;

	assert_true(machine_hostmm_map(m, HVA, 33));
	assert_false(machine_hostmm_map(m, HVA, 1));
	assert_false(machine_hostmm_map(m, HVA + REGION, 1)); /* shares a table */
	assert_false(machine_hostmm_map(m, HVA - REGION, 33));
	assert_false(machine_hostmm_map(m, HVA + 2 * REGION + PAGE, 1));
	assert_false(machine_hostmm_map(m, HVA + 2 * REGION, 0));
	assert_false(machine_hostmm_map(m, HVA + 2 * REGION, HOSTMM_PAGES_MAX));
	assert_true(machine_hostmm_map(m, HVA + 2 * REGION, 1));
	assert_true(machine_hostmm_map(m, HVA - REGION, 32));
	assert_int_equal(machine_hostmm_frame(m, HVA + 33 * PAGE), MACHINE_FRAME_NONE);
	assert_false(machine_hostmm_fault(m, HVA + 33 * PAGE, false, false, NULL, NULL));
	assert_false(machine_hostmm_fault(m, 0, false, false, NULL, NULL));
}

static void the_tables_are_no_leak_of_the_kernel(void **state)
{
	struct machine *m = with_vma(state, false);

	for (uint32_t i = 0; i < m->kmem.count; i++)
		assert_int_equal(m->kmem.alloc[i].kind, KMEM_KIND_MACHINE);
}

static void user_accesses_reach_the_frames(void **state)
{
	struct machine *m = with_vma(state, false);
	unsigned char bytes[3 * PAGE];
	uint64_t hpa;
	bool writable;

	assert_content(m);
	assert_true(machine_hostmm_fault(m, HVA + 3 * PAGE + 77, true, true, &hpa, &writable));
	assert_int_equal(hpa, machine_frame_hpa(m, machine_hostmm_frame(m, HVA + 3 * PAGE)) + 77);
	assert_true(writable);
	assert_int_equal(machine_hostmm_copy(m, HVA + 38 * PAGE, bytes, sizeof(bytes), false), PAGE);
	memset(bytes, 3, sizeof(bytes));
	assert_int_equal(machine_hostmm_copy(m, HVA + 38 * PAGE, bytes, sizeof(bytes), true), PAGE);
	assert_int_equal(machine_hostmm_version(m, HVA + 39 * PAGE), 3);
}

/* ---- what happens to pages -------------------------------------------------------- */

static void a_page_that_left_comes_back_elsewhere_with_its_content(void **state)
{
	struct machine *m = with_vma(state, false);
	struct log *log = watch(m);
	uint32_t old = machine_hostmm_frame(m, HVA + PAGE);

	machine_hostmm_page_out(m, HVA + PAGE, 2);
	assert_one_change(log, HVA + PAGE, HVA + 3 * PAGE);
	assert_int_equal(machine_hostmm_frame(m, HVA + PAGE), MACHINE_FRAME_NONE);
	assert_int_equal(machine_hostmm_version(m, HVA + PAGE), 2);
	assert_int_equal(machine_frame_of(m, machine_frame_hpa(m, old)), MACHINE_FRAME_NONE);
	assert_consistent(m, HVA, PAGES);
	assert_false(machine_hostmm_fault(m, HVA + PAGE, false, true, NULL, NULL));

	assert_int_equal(machine_frame_alloc(m, false), old); /* somebody else has it now */
	assert_int_equal(get(m, HVA + PAGE), 1);
	assert_int_not_equal(machine_hostmm_frame(m, HVA + PAGE), old);
	assert_int_equal(log->count, 1);
	assert_note(log, 0, MAPPED, HVA + PAGE, 0);
	assert_true(log->note[0].writable);
	assert_content(m);
}

/* A stale translation writes to the old frame: the page does not see it. That is the corruption we look for. */
static void a_store_to_the_old_frame_is_lost(void **state)
{
	struct machine *m = with_vma(state, false);
	uint64_t old = machine_frame_hpa(m, machine_hostmm_frame(m, HVA)), value = 99;

	machine_hostmm_page_out(m, HVA, 1);
	machine_write(m, old, &value, sizeof(value));
	assert_content(m);
	old = machine_frame_hpa(m, machine_hostmm_frame(m, HVA));
	machine_hostmm_move(m, HVA);
	machine_write(m, old, &value, sizeof(value));
	assert_content(m);
}

static void a_moved_page_has_another_frame(void **state)
{
	struct machine *m = with_vma(state, false);
	struct log *log = watch(m);
	uint32_t old = machine_hostmm_frame(m, HVA + PAGE);

	machine_hostmm_move(m, HVA + PAGE + 5);
	assert_one_change(log, HVA + PAGE, HVA + 2 * PAGE);
	assert_int_not_equal(machine_hostmm_frame(m, HVA + PAGE), old);
	assert_int_equal(machine_frame_of(m, machine_frame_hpa(m, old)), MACHINE_FRAME_NONE);
	assert_content(m);
	machine_hostmm_page_out(m, HVA + PAGE, 1);
	log->count = 0;
	machine_hostmm_move(m, HVA + PAGE); /* nothing there to move */
	assert_int_equal(log->count, 0);
}

static void a_protected_page_is_copied_by_its_first_store(void **state)
{
	struct machine *m = with_vma(state, false);
	struct log *log = watch(m);
	uint32_t old = machine_hostmm_frame(m, HVA + PAGE);
	uint64_t hpa;
	bool writable;

	machine_hostmm_protect(m, HVA, 3);
	assert_one_change(log, HVA, HVA + 3 * PAGE);
	assert_false(is_writable(m, HVA + PAGE));
	assert_int_equal(machine_hostmm_frame(m, HVA + PAGE), old);
	assert_true(machine_hostmm_fault(m, HVA + PAGE, false, true, &hpa, &writable));
	assert_false(writable);
	assert_false(machine_hostmm_fault(m, HVA + PAGE, true, true, &hpa, &writable));
	assert_int_equal(log->count, 0);

	assert_true(machine_hostmm_fault(m, HVA + PAGE, true, false, &hpa, &writable));
	assert_true(writable);
	assert_one_change(log, HVA + PAGE, HVA + 2 * PAGE);
	assert_int_not_equal(machine_hostmm_frame(m, HVA + PAGE), old);
	assert_int_equal(machine_frame_of(m, machine_frame_hpa(m, old)), MACHINE_FRAME_NONE);
	assert_true(is_writable(m, HVA + PAGE));
	assert_false(is_writable(m, HVA + 2 * PAGE));
	machine_hostmm_page_out(m, HVA + PAGE, 1);
	get(m, HVA + PAGE);
	assert_true(is_writable(m, HVA + PAGE)); /* its own for good */
	assert_content(m);
}

static void a_page_that_nobody_shares_any_more_turns_writable_in_place(void **state)
{
	struct machine *m = with_vma(state, false);
	struct log *log = watch(m);
	uint32_t frame = machine_hostmm_frame(m, HVA + PAGE), other = machine_hostmm_frame(m, HVA);
	uint64_t hpa;
	bool writable;

	machine_hostmm_protect(m, HVA, 2);
	log->count = 0;
	machine_hostmm_unshare(m, HVA + PAGE);
	assert_int_equal(log->count, 0);
	assert_false(is_writable(m, HVA + PAGE)); /* until somebody writes */
	assert_false(machine_hostmm_fault(m, HVA + PAGE, true, true, &hpa, &writable));
	assert_true(machine_hostmm_fault(m, HVA + PAGE, true, false, &hpa, &writable));
	assert_true(writable);
	assert_int_equal(hpa, machine_frame_hpa(m, frame));
	assert_true(is_writable(m, HVA + PAGE));
	/* That is told, but neither begin nor end is called. */
	assert_int_equal(log->count, 1);
	assert_note(log, 0, MAPPED, HVA + PAGE, 0);
	assert_int_equal(log->note[0].frame, frame);
	assert_true(log->note[0].writable);
	/* Its neighbour is still shared. */
	assert_true(machine_hostmm_fault(m, HVA, true, false, NULL, NULL));
	assert_int_not_equal(machine_hostmm_frame(m, HVA), other);
	assert_content(m);
	machine_hostmm_protect(m, HVA + PAGE, 1); /* shared again */
	assert_true(machine_hostmm_fault(m, HVA + PAGE, true, false, NULL, NULL));
	assert_int_not_equal(machine_hostmm_frame(m, HVA + PAGE), frame);
}

static void a_huge_page_that_nobody_shares_any_more_stays_huge(void **state)
{
	struct machine *m = with_vma(state, true);
	struct log *log = watch(m);
	uint32_t frame = machine_hostmm_frame(m, HVA);

	machine_hostmm_protect(m, HVA, 32);
	machine_hostmm_unshare(m, HVA + 5 * PAGE);
	log->count = 0;
	assert_true(machine_hostmm_fault(m, HVA + 9 * PAGE, true, false, NULL, NULL));
	assert_true(is_huge(m, HVA));
	assert_true(is_writable(m, HVA + 31 * PAGE));
	assert_int_equal(machine_hostmm_frame(m, HVA), frame);
	assert_int_equal(log->count, 32);
	for (unsigned i = 0; i < 32; i++)
		assert_note(log, i, MAPPED, HVA + i * PAGE, 0);
	assert_content(m);
}

static void pin(struct log *log)
{
	log->pinned = HVA + 5 * PAGE;
}

/* One entry: were its other pages protected, the pinned one would be writable to the process and read-only to KVM. */
static void a_huge_page_with_a_pinned_part_stays_as_it_is(void **state)
{
	struct machine *m = with_vma(state, true);
	struct log *log = watch(m);

	log->in_begin = pin;
	machine_hostmm_protect(m, HVA, 34);
	assert_true(is_huge(m, HVA));
	assert_true(is_writable(m, HVA));
	assert_false(is_writable(m, HVA + 33 * PAGE)); /* beside it */
	assert_content(m);
	machine_hostmm_page_out(m, HVA, 34);
	assert_true(is_huge(m, HVA));
	assert_int_equal(machine_hostmm_frame(m, HVA + 33 * PAGE), MACHINE_FRAME_NONE);
	assert_content(m);
	log->pinned = 0;
	machine_hostmm_protect(m, HVA, 32);
	assert_false(is_writable(m, HVA));
	assert_consistent(m, HVA, PAGES);
	machine_hostmm_page_out(m, HVA, 32);
	assert_int_equal(machine_hostmm_frame(m, HVA + 5 * PAGE), MACHINE_FRAME_NONE);
	assert_content(m);
}

static void a_protected_page_that_left_comes_back_protected_for_a_load(void **state)
{
	struct machine *m = with_vma(state, false);

	machine_hostmm_protect(m, HVA, 2);
	machine_hostmm_page_out(m, HVA, 3);
	get(m, HVA);
	assert_false(is_writable(m, HVA));
	put(m, HVA + PAGE, 1);
	assert_true(is_writable(m, HVA + PAGE));
	get(m, HVA + 2 * PAGE);
	assert_true(is_writable(m, HVA + 2 * PAGE));
	put(m, HVA, 0);
	assert_true(is_writable(m, HVA));
}

static void split_and_collapse_change_the_size_and_nothing_else(void **state)
{
	struct machine *m = with_vma(state, true);
	struct log *log = watch(m);
	uint32_t frame = machine_hostmm_frame(m, HVA + 7 * PAGE);

	assert_true(is_huge(m, HVA));
	machine_hostmm_split(m, HVA + 9 * PAGE);
	assert_one_change(log, HVA, HVA + REGION);
	assert_false(is_huge(m, HVA));
	assert_int_equal(machine_hostmm_frame(m, HVA + 7 * PAGE), frame);
	assert_content(m);
	machine_hostmm_split(m, HVA);
	assert_int_equal(log->count, 0);

	machine_hostmm_collapse(m, HVA + 9 * PAGE);
	assert_one_change(log, HVA, HVA + REGION);
	assert_true(is_huge(m, HVA));
	assert_int_not_equal(machine_hostmm_frame(m, HVA + 7 * PAGE), frame);
	assert_int_equal(machine_frame_of(m, machine_frame_hpa(m, frame)), MACHINE_FRAME_NONE);
	assert_content(m);
	machine_hostmm_collapse(m, HVA);
	assert_int_equal(log->count, 0);
}

static void only_whole_present_regions_collapse(void **state)
{
	struct machine *m = with_vma(state, false);
	struct log *log = watch(m);

	machine_hostmm_collapse(m, HVA + REGION); /* the VMA ends within */
	machine_hostmm_page_out(m, HVA + 3 * PAGE, 1);
	log->count = 0;
	machine_hostmm_collapse(m, HVA);
	assert_int_equal(log->count, 0);
	get(m, HVA + 3 * PAGE);
	machine_hostmm_protect(m, HVA, 32);
	machine_hostmm_collapse(m, HVA);
	assert_true(is_huge(m, HVA));
	assert_true(is_writable(m, HVA)); /* copies of its own */
	assert_content(m);
}

/* What takes a part of a huge page away splits it first, in a change of its own. */
static void a_part_of_a_huge_page_is_split_off_first(void **state)
{
	struct machine *m = with_vma(state, true);
	struct log *log = watch(m);

	machine_hostmm_page_out(m, HVA + 4 * PAGE, 30); /* out of the huge page into the small ones */
	assert_note(log, 0, BEGIN, HVA, HVA + REGION);
	assert_note(log, 33, END, HVA, HVA + REGION);
	assert_note(log, 34, BEGIN, HVA + 4 * PAGE, HVA + 34 * PAGE);
	assert_int_equal(log->count, 34 + 32);
	assert_false(is_huge(m, HVA));
	assert_int_not_equal(machine_hostmm_frame(m, HVA + 3 * PAGE), MACHINE_FRAME_NONE);
	assert_content(m);
}

/* KVM hears of a part of what it may have mapped as a whole. */
static void a_part_of_a_huge_page_that_turns_read_only_is_told_of_first(void **state)
{
	struct machine *m = with_vma(state, true);
	struct log *log = watch(m);

	machine_hostmm_protect(m, HVA + 4 * PAGE, 30);
	assert_note(log, 0, BEGIN, HVA + 4 * PAGE, HVA + 34 * PAGE);
	assert_note(log, 1, BEGIN, HVA, HVA + REGION);
	assert_note(log, 34, END, HVA, HVA + REGION);
	assert_int_equal(log->count, 34 + 32);
	assert_note(log, 65, END, HVA + 4 * PAGE, HVA + 34 * PAGE);
	assert_false(is_huge(m, HVA));
	assert_true(is_writable(m, HVA + 3 * PAGE));
	assert_false(is_writable(m, HVA + 4 * PAGE));
	assert_content(m);
}

static void a_whole_huge_page_is_not_split_first(void **state)
{
	struct machine *m = with_vma(state, true);
	struct log *log = watch(m);

	machine_hostmm_protect(m, HVA, 32);
	assert_one_change(log, HVA, HVA + REGION);
	assert_true(is_huge(m, HVA));
	assert_false(is_writable(m, HVA));
	machine_hostmm_page_out(m, HVA, 32);
	assert_one_change(log, HVA, HVA + REGION);
	assert_false(is_huge(m, HVA));
	assert_content(m);
}

static void moving_or_storing_to_a_part_of_a_huge_page_splits_it(void **state)
{
	struct machine *m = with_vma(state, true);
	struct log *log = watch(m);

	machine_hostmm_move(m, HVA + 5 * PAGE);
	assert_int_equal(log->count, 34 + 3);
	assert_false(is_huge(m, HVA));
	assert_content(m);

	m = with_vma(state, true);
	machine_hostmm_protect(m, HVA, 32);
	assert_true(machine_hostmm_fault(m, HVA + 5 * PAGE, true, false, NULL, NULL));
	assert_false(is_huge(m, HVA));
	assert_true(is_writable(m, HVA + 5 * PAGE));
	assert_false(is_writable(m, HVA + 6 * PAGE));
	assert_content(m);
}

static void ranges_end_with_the_vma(void **state)
{
	struct machine *m = with_vma(state, false);
	struct log *log = watch(m);

	machine_hostmm_page_out(m, HVA + 38 * PAGE, 1000);
	assert_one_change(log, HVA + 38 * PAGE, HVA + 40 * PAGE);
	machine_hostmm_page_out(m, HVA + 40 * PAGE, 1);
	machine_hostmm_protect(m, HVA - PAGE, 1);
	machine_hostmm_page_out(m, HVA, 0);
	machine_hostmm_move(m, HVA - 1);
	machine_hostmm_split(m, 0);
	machine_hostmm_collapse(m, 0);
	assert_int_equal(log->count, 0);
}

/* ---- other actors run in begin ------------------------------------------------------ */

static void pages_out_all(struct log *log)
{
	machine_hostmm_page_out(log->m, HVA, PAGES);
}

static void collapses(struct log *log)
{
	machine_hostmm_collapse(log->m, HVA);
}

static void collapses_and_protects(struct log *log)
{
	machine_hostmm_collapse(log->m, HVA);
	machine_hostmm_protect(log->m, HVA, 32);
}

static void moves_and_stores(struct log *log)
{
	machine_hostmm_move(log->m, HVA + PAGE);
	assert_true(machine_hostmm_fault(log->m, HVA + PAGE, true, false, NULL, NULL));
}

static void every_change_survives_another_one_in_its_begin(void **state)
{
	static void (*const others[])(struct log * log) = {pages_out_all, collapses, collapses_and_protects,
							   moves_and_stores};

	for (unsigned other = 0; other < 4; other++) {
		for (unsigned what = 0; what < 7; what++) {
			for (int huge = 0; huge <= 1; huge++) {
				struct machine *m = with_vma(state, huge);
				struct log *log = watch(m);

				if (what == 6)
					machine_hostmm_protect(m, HVA, 32);
				log->count = 0;
				log->in_begin = others[other];
				switch (what) {
				case 0:
					machine_hostmm_page_out(m, HVA + PAGE, 1);
					break;
				case 1:
					machine_hostmm_page_out(m, HVA, 32);
					break;
				case 2:
					machine_hostmm_move(m, HVA + PAGE);
					break;
				case 3:
					machine_hostmm_protect(m, HVA + PAGE, 3);
					break;
				case 4:
					machine_hostmm_split(m, HVA);
					break;
				case 5:
					machine_hostmm_collapse(m, HVA);
					break;
				default:
					machine_hostmm_fault(m, HVA + PAGE, true, false, NULL, NULL);
				}
				assert_consistent(m, HVA, PAGES);
				assert_content(m);
			}
		}
	}
}

/* The notifier of a change names some pages only: what it takes away must not have become a huge page meanwhile. */
static void a_region_in_which_pages_change_is_not_collapsed(void **state)
{
	for (unsigned what = 0; what < 4; what++) {
		for (int huge = 0; huge <= 1; huge++) {
			struct machine *m = with_vma(state, huge);
			struct log *log = watch(m);
			/* Huge, it is split first, or when the change has begun. */
			unsigned first = !huge ? 0 : what == 2 ? 35 : 34;

			if (what == 3)
				machine_hostmm_protect(m, HVA, 32);
			log->count = 0;
			log->in_each = collapses;
			switch (what) {
			case 0:
				machine_hostmm_page_out(m, HVA + 31 * PAGE, 2); /* into the next region */
				break;
			case 1:
				machine_hostmm_move(m, HVA + PAGE);
				break;
			case 2:
				machine_hostmm_protect(m, HVA + PAGE, 3);
				break;
			default:
				machine_hostmm_fault(m, HVA + PAGE, true, false, NULL, NULL);
			}
			log->in_each = NULL;
			assert_false(is_huge(m, HVA));
			for (unsigned i = first; i < log->count; i++)
				assert_true(log->note[i].what == MAPPED ||
					    log->note[i].end - log->note[i].start < REGION);
			assert_content(m);
			machine_hostmm_collapse(m, HVA);
			assert_true(is_huge(m, HVA));
		}
	}
}

static void without_frames_nothing_is_lost(void **state)
{
	struct machine *m = with_vma(state, false);

	machine_hostmm_protect(m, HVA, 1);
	while (machine_frame_alloc(m, false) != MACHINE_FRAME_NONE)
		;
	machine_hostmm_move(m, HVA + PAGE);
	machine_hostmm_collapse(m, HVA);
	assert_false(machine_hostmm_fault(m, HVA, true, false, NULL, NULL));
	assert_false(machine_hostmm_map(m, HVA + 4 * REGION, 1));
	assert_consistent(m, HVA, PAGES);
	assert_content(m);
	machine_hostmm_page_out(m, HVA, 1);
	assert_int_not_equal(machine_frame_alloc(m, false), MACHINE_FRAME_NONE);
	assert_false(machine_hostmm_fault(m, HVA, false, false, NULL, NULL));
	assert_int_equal(machine_hostmm_version(m, HVA), 2);
}

static const struct CMUnitTest tests[] = {
	TEST(a_vma_is_mapped_at_once_with_both_page_sizes),
	TEST(vmas_are_aligned_and_apart),
	TEST(the_tables_are_no_leak_of_the_kernel),
	TEST(user_accesses_reach_the_frames),
	TEST(a_page_that_left_comes_back_elsewhere_with_its_content),
	TEST(a_store_to_the_old_frame_is_lost),
	TEST(a_moved_page_has_another_frame),
	TEST(a_protected_page_is_copied_by_its_first_store),
	TEST(a_page_that_nobody_shares_any_more_turns_writable_in_place),
	TEST(a_huge_page_that_nobody_shares_any_more_stays_huge),
	TEST(a_huge_page_with_a_pinned_part_stays_as_it_is),
	TEST(a_protected_page_that_left_comes_back_protected_for_a_load),
	TEST(split_and_collapse_change_the_size_and_nothing_else),
	TEST(only_whole_present_regions_collapse),
	TEST(a_part_of_a_huge_page_is_split_off_first),
	TEST(a_part_of_a_huge_page_that_turns_read_only_is_told_of_first),
	TEST(a_whole_huge_page_is_not_split_first),
	TEST(moving_or_storing_to_a_part_of_a_huge_page_splits_it),
	TEST(ranges_end_with_the_vma),
	TEST(every_change_survives_another_one_in_its_begin),
	TEST(a_region_in_which_pages_change_is_not_collapsed),
	TEST(without_frames_nothing_is_lost),
};
TEST_MAIN()

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tlb_test.c: what a CPU remembers, and what makes it forget: Power ISA 3.1,
 * Book III, 6.9.3.3 (tlbie, tlbiel) with IS, RIC, PRS and AP, and 6.10 (the
 * hardware may keep a translation until it is invalidated).
 */
#include "test_tree.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define LPID 5u
#define OTHER_LPID 6u
#define GPA 0x40000000ull

struct fixture {
	struct machine *m;
	uint64_t *root, *entry;
	uint64_t hpa;
};

static struct fixture with_page(void **state, uint32_t lpid)
{
	struct fixture f = {.m = *state};

	f.root = test_partition(f.m, lpid);
	f.hpa = machine_frame_hpa(f.m, machine_frame_alloc(f.m, false));
	f.entry = test_map(f.m, f.root, GPA, 16, f.hpa, TEST_RWX | TEST_RC);
	return f;
}

static struct machine_access access_as(struct machine *m, uint32_t cpu, uint32_t lpid, uint64_t addr,
				       enum machine_access_kind kind)
{
	struct machine_access access = {.cpu = cpu, .lpid = lpid, .addr = addr, .kind = kind};

	machine_access(m, &access);
	return access;
}

static bool load_works(struct machine *m, uint32_t cpu, uint32_t lpid, uint64_t addr)
{
	return access_as(m, cpu, lpid, addr, MACHINE_LOAD).status == MACHINE_DONE;
}

/* Remember a page on both CPUs and take its entry away. */
static struct fixture with_stale_page(void **state)
{
	struct fixture f = with_page(state, LPID);

	assert_true(load_works(f.m, 0, LPID, GPA));
	assert_true(load_works(f.m, 1, LPID, GPA));
	test_store(f.m, f.entry, 0);
	return f;
}

/* 6.10: until software says so, a translation may be used whatever the tables hold by now. */
static void a_translation_is_remembered_until_it_is_invalidated(void **state)
{
	struct fixture f = with_stale_page(state);
	struct machine_access access = access_as(f.m, 0, LPID, GPA + 0xffff, MACHINE_STORE);

	assert_int_equal(access.status, MACHINE_DONE);
	assert_true(access.tlb_hit);
	assert_int_equal(access.hpa, f.hpa + 0xffff);
	assert_false(load_works(f.m, 0, LPID, GPA + 0x10000));
	machine_tlbie_page(f.m, MACHINE_CPUS, LPID, GPA, 16);
	assert_false(load_works(f.m, 0, LPID, GPA));
}

/* 6.10: it does not matter what became of the memory. */
static void a_stale_entry_reaches_a_freed_frame(void **state)
{
	struct fixture f = with_stale_page(state);
	uint32_t frame = machine_frame_of(f.m, f.hpa);
	struct machine_access access;

	machine_frame_free(f.m, frame);
	access = access_as(f.m, 0, LPID, GPA, MACHINE_STORE);
	assert_int_equal(access.status, MACHINE_DONE);
	assert_int_equal(access.hpa, f.hpa);
	assert_int_equal(machine_frame_of(f.m, access.hpa), MACHINE_FRAME_NONE);
	assert_int_equal(machine_frame_number(f.m, access.hpa), frame);
	assert_int_equal(machine_frame_version(f.m, frame), 1);
}

/* 6.9.3.3: tlbie reaches every processor, tlbiel the one that executes it. */
static void tlbie_reaches_all_cpus_and_tlbiel_one(void **state)
{
	struct fixture f = with_stale_page(state);

	machine_tlbie_page(f.m, 1, LPID, GPA, 16);
	assert_true(load_works(f.m, 0, LPID, GPA));
	assert_false(load_works(f.m, 1, LPID, GPA));
	machine_tlbie_page(f.m, MACHINE_CPUS, LPID, GPA, 16);
	assert_false(load_works(f.m, 0, LPID, GPA));
}

/* 6.9.3.3, IS=0: LPID, address and AP must match the entry. */
static void a_page_invalidation_matches_lpid_address_and_size(void **state)
{
	struct fixture f = with_stale_page(state);

	machine_tlbie_page(f.m, MACHINE_CPUS, OTHER_LPID, GPA, 16);
	machine_tlbie_page(f.m, MACHINE_CPUS, LPID, GPA + 0x10000, 16);
	machine_tlbie_page(f.m, MACHINE_CPUS, LPID, GPA - 1, 16);
	machine_tlbie_page(f.m, MACHINE_CPUS, LPID, GPA, 12);
	machine_tlbie_page(f.m, MACHINE_CPUS, LPID, GPA, 21);
	machine_tlbie_page(f.m, MACHINE_CPUS, LPID, GPA, 30);
	assert_true(load_works(f.m, 0, LPID, GPA));
	machine_tlbie_page(f.m, MACHINE_CPUS, LPID, GPA + 0xabcd, 16); /* anywhere in the page */
	assert_false(load_works(f.m, 0, LPID, GPA));
}

static void nonsense_invalidates_nothing(void **state)
{
	struct fixture f = with_stale_page(state);

	machine_tlbie_page(f.m, MACHINE_CPUS, LPID, GPA, 0);
	machine_tlbie_page(f.m, MACHINE_CPUS, LPID, GPA, 64 + 16);
	machine_tlbie_page(f.m, MACHINE_CPUS, LPID, GPA | 1ull << 60, 16);
	machine_tlbie_page(f.m, MACHINE_CPUS, LPID + 256, GPA, 16);
	machine_tlbie_lpid(f.m, MACHINE_CPUS, LPID + 256, 2);
	machine_tlbie_process(f.m, MACHINE_CPUS, LPID + 256, 2);
	assert_true(load_works(f.m, 0, LPID, GPA));
	test_map(f.m, f.root, 0, 12, f.hpa, TEST_RWX | TEST_RC);
	assert_true(load_works(f.m, 0, LPID, 0));
	machine_tlbie_page(f.m, MACHINE_CPUS, LPID, 1ull << 60, 12);
	assert_true(machine_peek_tlb(f.m, 0, LPID, 0).present);
}

/* 6.9.3.3, IS=0: the address counts down to the page size that AP says. */
static void a_huge_entry_goes_with_any_address_in_it_at_its_size(void **state)
{
	struct machine *m = *state;
	uint64_t hpa = machine_frame_hpa(m, machine_frame_alloc(m, true));
	uint64_t *entry = test_map(m, test_partition(m, LPID), GPA, 21, hpa, TEST_RWX | TEST_RC);

	assert_int_equal(access_as(m, 0, LPID, GPA + 0x1f0008, MACHINE_LOAD).hpa, hpa + 0x1f0008);
	test_store(m, entry, 0);
	assert_true(access_as(m, 0, LPID, GPA + 0x30000, MACHINE_LOAD).tlb_hit); /* all 2 MiB of it */
	machine_tlbie_page(m, MACHINE_CPUS, LPID, GPA + 0x30000, 16);
	assert_true(load_works(m, 0, LPID, GPA + 0x30000));
	machine_tlbie_page(m, MACHINE_CPUS, LPID, GPA + 0x50000, 21);
	assert_false(load_works(m, 0, LPID, GPA + 0x30000));
}

/* 6.9.3.3, IS=2, RIC=0: the LPID's translations, all of them and no other's; its tables' pointers stay. */
static void an_lpid_invalidation_with_ric_0_spares_the_walk_cache(void **state)
{
	struct fixture f = with_stale_page(state), other = with_page(state, OTHER_LPID);

	assert_true(load_works(f.m, 0, OTHER_LPID, GPA));
	test_store(f.m, other.entry, 0);
	test_store(f.m, &f.root[0], 0);
	machine_tlbie_lpid(f.m, MACHINE_CPUS, LPID, 0);
	assert_false(load_works(f.m, 0, LPID, GPA));
	assert_true(load_works(f.m, 0, OTHER_LPID, GPA));
	/* The old last-level table is still walked. */
	test_store(f.m, f.entry, RADIX_V | RADIX_LEAF | f.hpa | TEST_RWX | TEST_RC);
	assert_true(load_works(f.m, 0, LPID, GPA));
}

/* 6.9.3.3, RIC=1: the page walk cache only. */
static void ric_1_forgets_tables_and_not_translations(void **state)
{
	struct fixture f = with_page(state, LPID);

	assert_true(load_works(f.m, 0, LPID, GPA));
	test_store(f.m, &f.root[0], 0);
	machine_tlbie_lpid(f.m, MACHINE_CPUS, LPID, 1);
	assert_true(load_works(f.m, 0, LPID, GPA));
	assert_false(load_works(f.m, 0, LPID, GPA + 0x10000));
	machine_tlbie_page(f.m, MACHINE_CPUS, LPID, GPA, 16);
	assert_false(load_works(f.m, 0, LPID, GPA));
}

/* 6.9.3.3, RIC=2: TLB, page walk cache and partition table entries. */
static void ric_2_forgets_all_of_the_lpid(void **state)
{
	struct fixture f = with_page(state, LPID);
	uint64_t *new_root;

	assert_true(load_works(f.m, 0, LPID, GPA));
	new_root = test_partition(f.m, LPID); /* replaces the partition table entry */
	assert_true(load_works(f.m, 0, LPID, GPA));
	machine_tlbie_lpid(f.m, MACHINE_CPUS, LPID, 1);
	machine_tlbie_lpid(f.m, MACHINE_CPUS, LPID, 0);
	assert_true(load_works(f.m, 0, LPID, GPA)); /* by the old root */
	machine_tlbie_lpid(f.m, MACHINE_CPUS, LPID, 2);
	assert_false(load_works(f.m, 0, LPID, GPA));
	test_map(f.m, new_root, GPA, 16, f.hpa, TEST_RWX | TEST_RC);
	assert_true(load_works(f.m, 0, LPID, GPA));
}

/* 6.7.6, 6.9.3.3: a partition table entry is cached by each CPU at its first walk. */
static void each_cpu_has_its_own_partition_table_cache(void **state)
{
	struct fixture f = with_page(state, LPID);

	assert_true(load_works(f.m, 0, LPID, GPA));
	test_partition(f.m, LPID);
	assert_false(load_works(f.m, 1, LPID, GPA));
	assert_true(load_works(f.m, 0, LPID, GPA));
}

/* 6.10: as of translations, so of pointers to tables. */
static void the_walk_cache_reads_a_freed_table(void **state)
{
	struct fixture f = with_page(state, LPID);
	struct machine_access access;

	assert_true(load_works(f.m, 0, LPID, GPA));
	test_store(f.m, &f.root[0], 0);
	assert_null(machine_kmem_free(f.m, f.entry, TEST_KIND, NULL)); /* entry 0: the table's start */
	assert_true(load_works(f.m, 0, LPID, GPA));		       /* needs no walk */
	access = access_as(f.m, 0, LPID, GPA + 0x30000, MACHINE_LOAD);
	assert_int_equal(access.status, MACHINE_BAD_WALK);
	assert_int_equal(access.bad_state, KMEM_FREED);
	assert_int_equal(access.bad_address, (uint64_t)(uintptr_t)(f.entry + 3));
	machine_tlbie_lpid(f.m, MACHINE_CPUS, LPID, 1);
	access = access_as(f.m, 0, LPID, GPA + 0x30000, MACHINE_LOAD);
	assert_int_equal(access.status, MACHINE_FAULT);
	assert_int_equal(access.dsisr, DSISR_HW_NO_TRANSLATION);
}

/* A walk that finds no leaf has found tables all the same. */
static void a_failed_walk_fills_the_walk_cache(void **state)
{
	struct fixture f = with_page(state, LPID);

	assert_false(load_works(f.m, 0, LPID, GPA + 0x10000));
	test_store(f.m, &f.root[0], 0);
	assert_true(load_works(f.m, 0, LPID, GPA));
}

/* The deepest table that is remembered, though one above it says otherwise by now. */
static void a_walk_starts_at_the_deepest_table(void **state)
{
	struct fixture f = with_page(state, LPID);
	uint64_t *pud = (uint64_t *)(uintptr_t)(be64toh(f.root[0]) & RADIX_NLB);

	assert_false(load_works(f.m, 0, LPID, GPA + 0x10000));
	test_store(f.m, &pud[GPA >> 30], test_pde(test_table(f.m, 9), 9));
	assert_true(load_works(f.m, 0, LPID, GPA));
	assert_false(load_works(f.m, 1, LPID, GPA));
}

/* What the hardware may do by itself, and no more than that. */
static void evictions_take_one_cache_of_one_cpu(void **state)
{
	struct fixture f = with_stale_page(state);

	machine_evict_pwc(f.m, 0);
	machine_evict_pate(f.m, 0);
	assert_true(load_works(f.m, 0, LPID, GPA));
	machine_evict_tlb(f.m, 0);
	assert_false(load_works(f.m, 0, LPID, GPA));
	assert_true(load_works(f.m, 1, LPID, GPA));

	test_store(f.m, f.entry, RADIX_V | RADIX_LEAF | f.hpa | TEST_RWX | TEST_RC);
	test_store(f.m, &f.root[0], 0);
	assert_true(load_works(f.m, 0, LPID, GPA)); /* by the walk cache */
	machine_evict_tlb(f.m, 0);
	machine_evict_pwc(f.m, 0);
	assert_false(load_works(f.m, 0, LPID, GPA));

	machine_partition_entry(f.m, LPID, 0, 0);
	assert_int_equal(access_as(f.m, 0, LPID, GPA, MACHINE_LOAD).dsisr, DSISR_HW_NO_TRANSLATION);
	machine_evict_pate(f.m, 0);
	assert_int_equal(access_as(f.m, 0, LPID, GPA, MACHINE_LOAD).dsisr, DSISR_HW_BAD_CONFIG);
}

/* 1024 pages of each of four LPIDs are held at once. */
static void the_tlb_is_large(void **state)
{
	struct machine *m = *state;
	uint64_t hpa = machine_frame_hpa(m, machine_frame_alloc(m, false));

	for (uint32_t lpid = 1; lpid <= 4; lpid++) {
		uint64_t *root = test_partition(m, lpid);

		for (uint64_t page = 0; page < 1024; page++) {
			test_map(m, root, page << 16, 16, hpa, TEST_RWX | TEST_RC);
			assert_true(load_works(m, 0, lpid, page << 16));
		}
	}
	for (uint32_t lpid = 1; lpid <= 4; lpid++) {
		for (uint64_t page = 0; page < 1024; page++)
			assert_true(access_as(m, 0, lpid, page << 16, MACHINE_LOAD).tlb_hit);
	}
}

/* One page too many for a set: its oldest entry goes, whatever earlier worlds left in it. */
static void a_full_set_forgets_its_oldest(void **state)
{
	struct machine *m = *state;

	for (int world = 0; world < 3; world++) {
		uint64_t *root, hpa;

		test_reset(m, 16, false);
		root = test_partition(m, LPID);
		hpa = machine_frame_hpa(m, machine_frame_alloc(m, false));
		for (uint64_t i = 0; i <= CACHE_WAYS; i++) {
			test_map(m, root, i * TLB_SETS << 16, 16, hpa, TEST_RWX | TEST_RC);
			assert_true(load_works(m, 0, LPID, i * TLB_SETS << 16));
		}
		assert_false(machine_peek_tlb(m, 0, LPID, 0).present);
		for (uint64_t i = 1; i <= CACHE_WAYS; i++)
			assert_true(machine_peek_tlb(m, 0, LPID, i * TLB_SETS << 16).present);
		/* Not so where an invalidation has left a hole. */
		machine_tlbie_page(m, MACHINE_CPUS, LPID, 2ull * TLB_SETS << 16, 16);
		assert_true(load_works(m, 0, LPID, 0));
		for (uint64_t i = 0; i <= CACHE_WAYS; i++)
			assert_int_equal(machine_peek_tlb(m, 0, LPID, i * TLB_SETS << 16).present, i != 2);
	}
}

static void a_reset_forgets_everything(void **state)
{
	struct machine *m = *state;
	struct fixture f = with_page(state, LPID);

	assert_true(load_works(m, 0, LPID, GPA));
	test_reset(m, 16, false);
	assert_false(machine_peek_tlb(m, 0, LPID, GPA).present);
	assert_int_equal(access_as(m, 0, LPID, GPA, MACHINE_LOAD).dsisr, DSISR_HW_BAD_CONFIG);
	machine_partition_entry(m, LPID, test_dw0(test_table(m, 13)), 0);
	assert_int_equal(access_as(m, 0, LPID, GPA, MACHINE_LOAD).dsisr, DSISR_HW_NO_TRANSLATION);
	assert_non_null(f.root);
}

static void peek_tlb_shows_the_entry_as_it_was_filled(void **state)
{
	struct fixture f = with_page(state, LPID);
	struct machine_leaf leaf;

	test_store(f.m, f.entry, RADIX_V | RADIX_LEAF | f.hpa | TEST_RW | RADIX_R);
	assert_true(load_works(f.m, 0, LPID, GPA));
	test_store(f.m, f.entry, RADIX_V | RADIX_LEAF | f.hpa | TEST_RWX | TEST_RC);
	leaf = machine_peek_tlb(f.m, 0, LPID, GPA + 5);
	assert_true(leaf.present);
	assert_int_equal(leaf.shift, 16);
	assert_int_equal(leaf.hpa, f.hpa);
	assert_int_equal(leaf.perm, 1 | 2);
	assert_true(leaf.r);
	assert_false(leaf.c);
	assert_ptr_equal(leaf.entry, f.entry);
	assert_false(machine_peek_tlb(f.m, 1, LPID, GPA).present);
	assert_false(machine_peek_tlb(f.m, 0, OTHER_LPID, GPA).present);
	assert_false(machine_peek_tlb(f.m, 0, LPID, GPA + 0x10000).present);
}

static const struct CMUnitTest tests[] = {
	TEST(a_translation_is_remembered_until_it_is_invalidated),
	TEST(a_stale_entry_reaches_a_freed_frame),
	TEST(tlbie_reaches_all_cpus_and_tlbiel_one),
	TEST(a_page_invalidation_matches_lpid_address_and_size),
	TEST(nonsense_invalidates_nothing),
	TEST(a_huge_entry_goes_with_any_address_in_it_at_its_size),
	TEST(an_lpid_invalidation_with_ric_0_spares_the_walk_cache),
	TEST(ric_1_forgets_tables_and_not_translations),
	TEST(ric_2_forgets_all_of_the_lpid),
	TEST(each_cpu_has_its_own_partition_table_cache),
	TEST(the_walk_cache_reads_a_freed_table),
	TEST(a_failed_walk_fills_the_walk_cache),
	TEST(a_walk_starts_at_the_deepest_table),
	TEST(evictions_take_one_cache_of_one_cpu),
	TEST(the_tlb_is_large),
	TEST(a_full_set_forgets_its_oldest),
	TEST(a_reset_forgets_everything),
	TEST(peek_tlb_shows_the_entry_as_it_was_filled),
};
TEST_MAIN()

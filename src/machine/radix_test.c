/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * radix_test.c: what radix tree entries say. Each test cites its rule in Power
 * ISA 3.1, Book III.
 */
#include "test_tree.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define LPID 5u
#define GPA 0x0008123450000ull
#define HPA MACHINE_FRAMES_BASE

static void walk_from_cpu_0(struct machine *m, uint64_t addr, struct walk *walk)
{
	radix_walk(m, &m->cpu[0], LPID, addr, walk);
}

/* 6.7.6.1: dw0 has RTS in bits 1:2 and 56:58 (tree size - 31), RPDB in 4:55, RPDS in 59:63. */
static void a_root_has_52_bits_13_of_them_for_its_index(void **state)
{
	struct radix_cursor cursor;
	uint64_t base = MACHINE_KMEM_BASE + 0x40000;

	(void)state;
	assert_true(radix_root(TEST_RTS_52 | base | 13, &cursor));
	assert_int_equal(cursor.table, base);
	assert_int_equal(cursor.bits, 13);
	assert_int_equal(cursor.shift, 39);
	assert_true(radix_root(PATE_HR | TEST_RTS_52 | base | 13, &cursor));

	assert_false(radix_root(base | 13, &cursor));				   /* RTS 0: 31 bits */
	assert_false(radix_root((TEST_RTS_52 ^ 1ull << 61) | base | 13, &cursor)); /* RTS 29, in its high bits */
	assert_false(radix_root((TEST_RTS_52 ^ 1ull << 5) | base | 13, &cursor));  /* RTS 20, in its low bits */
	assert_false(radix_root(TEST_RTS_52 | base | 12, &cursor));		   /* RPDS */
	assert_false(radix_root(TEST_RTS_52 | (base + 0x8000) | 13, &cursor));	   /* not aligned to its size */
}

/* 6.7.10.1: bit 0 valid, bit 1 leaf, 4:55 NLB, 59:63 NLS; the sizes are the implementation's. */
static void a_directory_entry_leads_to_tables_of_supported_sizes(void **state)
{
	static const struct {
		uint32_t shift, nls;
		bool good;
	} cases[] = {
		{39, 9, true}, {39, 5, false}, {39, 13, false}, {30, 9, true},	{30, 5, false}, {21, 9, true},
		{21, 5, true}, {21, 4, false}, {21, 10, false}, {16, 5, false}, {12, 9, false}, {21, 0, false},
	};
	uint64_t table = MACHINE_KMEM_BASE + 0x8000;

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct radix_cursor cursor = {0, 9, cases[i].shift};
		enum radix_step step = radix_step(&cursor, RADIX_V | table | cases[i].nls);

		assert_int_equal(step, cases[i].good ? RADIX_STEP_NEXT : RADIX_STEP_BAD);
		if (!cases[i].good)
			continue;
		assert_int_equal(cursor.table, table);
		assert_int_equal(cursor.bits, cases[i].nls);
		assert_int_equal(cursor.shift, cases[i].shift - cases[i].nls);
	}
}

/* 6.7.10.1: NLB has no bits below the size of the table. */
static void a_table_is_aligned_to_its_size(void **state)
{
	struct radix_cursor cursor = {0, 9, 21};

	(void)state;
	assert_int_equal(radix_step(&cursor, RADIX_V | (MACHINE_KMEM_BASE + 256) | 9), RADIX_STEP_BAD);
	assert_int_equal(radix_step(&cursor, RADIX_V | (MACHINE_KMEM_BASE + 256) | 5), RADIX_STEP_NEXT);
}

/* 6.7.10.2: a leaf maps 1 GiB, 2 MiB, and at the last level 64 KiB or 4 KiB. */
static void a_leaf_lies_at_a_page_size(void **state)
{
	static const struct {
		uint32_t shift;
		enum radix_step step;
	} cases[] = {
		{39, RADIX_STEP_BAD},  {30, RADIX_STEP_LEAF}, {21, RADIX_STEP_LEAF},
		{16, RADIX_STEP_LEAF}, {12, RADIX_STEP_LEAF},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct radix_cursor cursor = {0, 9, cases[i].shift};

		assert_int_equal(radix_step(&cursor, RADIX_V | RADIX_LEAF | HPA), cases[i].step);
	}
}

/* 6.7.10: with V=0 nothing else of the entry means anything. */
static void an_entry_that_is_not_valid_says_nothing(void **state)
{
	struct radix_cursor cursor = {0, 9, 21};

	(void)state;
	assert_int_equal(radix_step(&cursor, 0), RADIX_STEP_NONE);
	assert_int_equal(radix_step(&cursor, ~RADIX_V), RADIX_STEP_NONE);
}

/* The translation process: each table is indexed with the next bits of the address, down to the leaf, whose rest is the
 * offset. */
static void the_walk_finds_leaves_of_every_size(void **state)
{
	static const uint32_t shifts[] = {12, 16, 21, 30};
	struct machine *m = *state;

	for (unsigned i = 0; i < 4; i++) {
		uint64_t *root, *entry;
		struct walk walk;

		test_reset(m, shifts[i] == 12 ? 12 : 16, false);
		root = test_partition(m, LPID);
		entry = test_map(m, root, GPA, shifts[i], HPA, TEST_RWX | TEST_RC);
		walk_from_cpu_0(m, GPA | 0xabc, &walk);
		assert_int_equal(walk.status, MACHINE_DONE);
		assert_int_equal(walk.shift, shifts[i]);
		assert_int_equal(walk.pte, RADIX_V | RADIX_LEAF | HPA | TEST_RWX | TEST_RC);
		assert_int_equal(walk.where, (uint64_t)(uintptr_t)entry);
		walk_from_cpu_0(m, GPA ^ 1ull << shifts[i], &walk);
		assert_int_equal(walk.status, MACHINE_FAULT);
		assert_int_equal(walk.dsisr, DSISR_HW_NO_TRANSLATION);
	}
}

/* 6.7.6.1: the tree has as many bits as RTS says. */
static void addresses_beyond_the_tree_have_no_translation(void **state)
{
	struct machine *m = *state;
	struct walk walk;

	test_map(m, test_partition(m, LPID), 0, 16, HPA, TEST_RWX | TEST_RC);
	walk_from_cpu_0(m, 0, &walk);
	assert_int_equal(walk.status, MACHINE_DONE);
	walk_from_cpu_0(m, 1ull << 52, &walk);
	assert_int_equal(walk.status, MACHINE_FAULT);
	assert_int_equal(walk.dsisr, DSISR_HW_NO_TRANSLATION);
}

/* 6.7.6.1: bit 0 of the partition table entry, HR, says that the host uses radix. */
static void a_partition_without_a_radix_tree_is_a_bad_configuration(void **state)
{
	struct machine *m = *state;
	struct walk walk;
	uint64_t *root = test_table(m, 13);

	walk_from_cpu_0(m, 0, &walk);
	assert_int_equal(walk.dsisr, DSISR_HW_BAD_CONFIG);
	machine_partition_entry(m, LPID, test_dw0(root) & ~PATE_HR, 0);
	walk_from_cpu_0(m, 0, &walk);
	assert_int_equal(walk.dsisr, DSISR_HW_BAD_CONFIG);
	machine_partition_entry(m, LPID, test_dw0(root), 0);
	walk_from_cpu_0(m, 0, &walk);
	assert_int_equal(walk.dsisr, DSISR_HW_NO_TRANSLATION);
}

static void an_odd_tree_is_a_bad_configuration(void **state)
{
	struct machine *m = *state;
	uint64_t *root = test_partition(m, LPID);
	struct walk walk;

	test_store(m, &root[0], test_pde(test_table(m, 9), 5));
	walk_from_cpu_0(m, 0, &walk);
	assert_int_equal(walk.status, MACHINE_FAULT);
	assert_int_equal(walk.dsisr, DSISR_HW_BAD_CONFIG);
}

/* Not the ISA's but ours: the hardware would read whatever lies there now. */
static void a_table_that_was_freed_is_a_bad_walk(void **state)
{
	struct machine *m = *state;
	uint64_t *root = test_partition(m, LPID), *entry = test_map(m, root, 0, 16, HPA, TEST_RWX | TEST_RC);
	struct walk walk;

	machine_evict_pwc(m, 0);
	assert_null(machine_kmem_free(m, entry, TEST_KIND, NULL));
	walk_from_cpu_0(m, 0, &walk);
	assert_int_equal(walk.status, MACHINE_BAD_WALK);
	assert_int_equal(walk.where, (uint64_t)(uintptr_t)entry);
	assert_null(machine_kmem_free(m, root, TEST_KIND, NULL));
	machine_evict_pwc(m, 0);
	walk_from_cpu_0(m, 0, &walk);
	assert_int_equal(walk.status, MACHINE_BAD_WALK);
	assert_int_equal(walk.where, (uint64_t)(uintptr_t)root);
}

static void a_table_outside_of_kernel_memory_is_a_bad_walk(void **state)
{
	struct machine *m = *state;
	uint64_t *root = test_partition(m, LPID);
	struct walk walk;

	test_store(m, &root[0], RADIX_V | MACHINE_FRAMES_BASE | 9); /* guest memory */
	walk_from_cpu_0(m, 0, &walk);
	assert_int_equal(walk.status, MACHINE_BAD_WALK);
	test_store(m, &root[1], RADIX_V | ((uint64_t)(uintptr_t)test_table(m, 5) & ~0xfffull) | 9); /* too small */
	walk_from_cpu_0(m, 1ull << 39 | 511ull << 30, &walk);
	assert_int_equal(walk.status, MACHINE_BAD_WALK);
}

static void peek_reads_the_tables_as_they_are_and_nothing_remembers(void **state)
{
	struct machine *m = *state;
	uint64_t *root = test_partition(m, LPID);
	uint64_t *entry = test_map(m, root, GPA & ~0x1fffffull, 21, HPA + 0x200000, RADIX_READ | RADIX_EXEC | RADIX_R);
	struct machine_leaf leaf = machine_peek(m, LPID, GPA + 0x12345);

	assert_true(leaf.present);
	assert_int_equal(leaf.shift, 21);
	assert_int_equal(leaf.hpa, HPA + 0x200000 + ((GPA + 0x12345) & 0x1f0000)); /* of its 64 KiB page */
	assert_int_equal(leaf.perm, 1 | 4);
	assert_true(leaf.r);
	assert_false(leaf.c);
	assert_ptr_equal(leaf.entry, entry);
	assert_int_equal(leaf.pte, be64toh(*entry));
	assert_false(machine_peek(m, LPID, GPA + 0x200000).present);
	assert_false(machine_peek(m, LPID + 1, GPA).present);
	assert_false(machine_peek(m, LPID, GPA | 1ull << 60).present);
	test_store(m, entry, 0);
	assert_false(machine_peek(m, LPID, GPA).present);
	assert_false(machine_peek_tlb(m, 0, LPID, GPA).present);
}

static const struct CMUnitTest tests[] = {
	TEST(a_root_has_52_bits_13_of_them_for_its_index),
	TEST(a_directory_entry_leads_to_tables_of_supported_sizes),
	TEST(a_table_is_aligned_to_its_size),
	TEST(a_leaf_lies_at_a_page_size),
	TEST(an_entry_that_is_not_valid_says_nothing),
	TEST(the_walk_finds_leaves_of_every_size),
	TEST(addresses_beyond_the_tree_have_no_translation),
	TEST(a_partition_without_a_radix_tree_is_a_bad_configuration),
	TEST(an_odd_tree_is_a_bad_configuration),
	TEST(a_table_that_was_freed_is_a_bad_walk),
	TEST(a_table_outside_of_kernel_memory_is_a_bad_walk),
	TEST(peek_reads_the_tables_as_they_are_and_nothing_remembers),
};
TEST_MAIN()

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * test_tree.h: for the unit tests of this folder: radix trees of 13/9/9/{5,9}
 * bits, built by hand in kernel memory.
 */
#ifndef RCFUZZ_MACHINE_TEST_TREE_H
#define RCFUZZ_MACHINE_TEST_TREE_H

#include "internal.h"

#define TEST_RTS_52 ((uint64_t)2 << 61 | (uint64_t)5 << 5) /* 21 = 0b10101: 52 - 31, split over bits 1:2 and 56:58 */
#define TEST_RW (RADIX_READ | RADIX_WRITE)
#define TEST_RWX (TEST_RW | RADIX_EXEC)
#define TEST_RC (RADIX_R | RADIX_C)
#define TEST_KIND 1u

/* cmocka: one machine for the group, a fresh world of 64 KiB pages for each test. */
static inline int test_machine_create(void **state)
{
	struct machine *m = machine_create();

	if (!m)
		return -1;
	m->check_reset = true;
	*state = m;
	return 0;
}

static inline int test_machine_destroy(void **state)
{
	machine_destroy(*state);
	return 0;
}

static inline void test_reset(struct machine *m, uint32_t page_shift, bool huge)
{
	const struct machine_config config = {.page_shift = page_shift, .cpus = 2, .huge = huge};

	machine_reset(m, &config);
}

static inline int test_world(void **state)
{
	test_reset(*state, 16, false);
	return 0;
}

/* Run all tests of a table that is named `tests`. */
#define TEST_MAIN()                                                                                                    \
	int main(void)                                                                                                 \
	{                                                                                                              \
		return cmocka_run_group_tests(tests, test_machine_create, test_machine_destroy);                       \
	}
#define TEST(function) cmocka_unit_test_setup(function, test_world)

static inline void *test_table(struct machine *m, uint32_t bits)
{
	void *table = machine_kmem_alloc(m, (size_t)8 << bits, (size_t)8 << bits, true, TEST_KIND, NULL);

	assert(table);
	return table;
}

static inline uint64_t test_pde(const void *table, uint32_t bits)
{
	return RADIX_V | (uint64_t)(uintptr_t)table | bits;
}

/* First doubleword of a partition or process table entry. */
static inline uint64_t test_dw0(const void *root)
{
	return PATE_HR | TEST_RTS_52 | (uint64_t)(uintptr_t)root | 13;
}

static inline void test_store(struct machine *m, uint64_t *entry, uint64_t value)
{
	radix_store(entry, value);
	machine_kmem_note_write(m, entry);
}

/* The entry for addr at the level whose pages have 2^shift bytes; tables are made on the way. */
static inline uint64_t *test_entry(struct machine *m, uint64_t *root, uint64_t addr, uint32_t shift)
{
	static const uint32_t upper[] = {39, 30, 21};
	uint64_t *table = root;

	for (uint32_t i = 0; i < 3 && upper[i] > shift; i++) {
		uint32_t index_bits = i == 0 ? 13 : 9, next_bits = i < 2 ? 9 : 21 - shift;
		uint64_t *entry = &table[addr >> upper[i] & ((1u << index_bits) - 1)];

		if (*entry == 0)
			test_store(m, entry, test_pde(test_table(m, next_bits), next_bits));
		table = (uint64_t *)(uintptr_t)(be64toh(*entry) & RADIX_NLB);
	}
	return &table[addr >> shift & ((1u << (shift == 16 ? 5 : 9)) - 1)];
}

static inline uint64_t *test_map(struct machine *m, uint64_t *root, uint64_t addr, uint32_t shift, uint64_t hpa,
				 uint64_t bits)
{
	uint64_t *entry = test_entry(m, root, addr, shift);

	test_store(m, entry, RADIX_V | RADIX_LEAF | hpa | bits);
	return entry;
}

/* A partition with an empty tree; returns its root. */
static inline uint64_t *test_partition(struct machine *m, uint32_t lpid)
{
	uint64_t *root = test_table(m, 13);

	machine_partition_entry(m, lpid, test_dw0(root), 0);
	return root;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* machine_test.c: the machine as a whole: one at a time, and the same world twice is the same. */
#include "test_tree.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define HVA 0x7f1200000000ull

static void there_is_one_at_a_time(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		struct machine *m = machine_create();

		assert_non_null(m);
		errno = 0;
		assert_null(machine_create());
		assert_int_equal(errno, EEXIST);
		machine_destroy(m);
	}
	machine_destroy(NULL);
}

static uint64_t mix(uint64_t digest, uint64_t value)
{
	return (digest ^ value) * 0x100000001b3ull;
}

/* A little of everything; what can be seen of it, as one number. */
static uint64_t play(struct machine *m, uint32_t page_shift, unsigned seed)
{
	uint64_t digest = seed, page = 1ull << page_shift;
	uint64_t *root;

	test_reset(m, page_shift, seed & 1);
	assert_true(machine_hostmm_map(m, HVA, 40));
	root = test_partition(m, 1);
	for (unsigned i = 0; i < 400; i++) {
		struct machine_access access = {.cpu = i & 1, .lpid = 1, .kind = MACHINE_STORE};
		uint64_t n = (i * 7 + seed) % 40, hpa;

		access.addr = n * page;
		digest = mix(digest, machine_access(m, &access));
		digest = mix(digest, access.status == MACHINE_DONE ? access.hpa : access.dsisr);
		if (i % 5 == 0)
			machine_hostmm_move(m, HVA + n * page);
		if (i % 11 == 0)
			machine_hostmm_page_out(m, HVA + n * page, 3);
		if (i % 13 == 0)
			machine_tlbie_page(m, MACHINE_CPUS, 1, n * page, page_shift);
		if (i % 50 == 0)
			machine_evict_pwc(m, i & 1);
		if (machine_hostmm_fault(m, HVA + n * page, true, i % 3 == 0, &hpa, NULL))
			test_map(m, root, n * page, page_shift, hpa, TEST_RW | TEST_RC);
		digest = mix(digest, machine_hostmm_version(m, HVA + n * page));
	}
	return mix(digest, machine_kmem_used(m));
}

static void the_same_world_is_the_same_whatever_came_before(void **state)
{
	struct machine *m = *state;
	uint64_t small = play(m, 16, 1), other = play(m, 12, 2);

	assert_int_not_equal(small, other);
	for (unsigned i = 0; i < 20; i++) {
		play(m, i & 1 ? 12 : 16, i);
		assert_int_equal(play(m, 16, 1), small);
		assert_int_equal(play(m, 12, 2), other);
	}
}

static const struct CMUnitTest without_machine[] = {
	cmocka_unit_test(there_is_one_at_a_time),
};

static const struct CMUnitTest tests[] = {
	TEST(the_same_world_is_the_same_whatever_came_before),
};

int main(void)
{
	return cmocka_run_group_tests(without_machine, NULL, NULL) +
	       cmocka_run_group_tests(tests, test_machine_create, test_machine_destroy);
}

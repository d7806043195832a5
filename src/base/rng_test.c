// SPDX-License-Identifier: GPL-2.0-only
/* rng_test.c: the same seed gives the same numbers, bounds are kept, nothing is left out. */
#include "base/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void test_known_values(void **state)
{
	struct rng rng;

	/* splitmix64's first outputs for seed 0, as its author publishes them. */
	(void)state;
	rng_seed(&rng, 0);
	assert_true(rng.state[0] == 0xe220a8397b1dcdafu);
	assert_true(rng.state[1] == 0x6e789e6aa1b965f4u);
	/* xoshiro256** with state 1, 2, 3, 4. */
	rng = (struct rng){{1, 2, 3, 4}};
	assert_true(rng_next(&rng) == 11520);
	assert_true(rng_next(&rng) == 0);
	assert_true(rng_next(&rng) == 1509978240);
}

static void test_same_seed(void **state)
{
	struct rng a, b;

	(void)state;
	rng_seed(&a, 42);
	rng_seed(&b, 42);
	for (int i = 0; i < 1000; i++)
		assert_true(rng_next(&a) == rng_next(&b));
}

static void test_bounds(void **state)
{
	unsigned seen[7] = {0}, yes = 0;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 1);
	assert_int_equal(rng_below(&rng, 0), 0);
	assert_int_equal(rng_below(&rng, 1), 0);
	for (int i = 0; i < 7000; i++) {
		uint32_t x = rng_between(&rng, 3, 9);

		assert_in_range(x, 3, 9);
		seen[x - 3]++;
		yes += rng_chance(&rng, 25);
		assert_false(rng_chance(&rng, 0));
		assert_true(rng_chance(&rng, 100));
	}
	for (int i = 0; i < 7; i++)
		assert_in_range(seen[i], 800, 1200);
	assert_in_range(yes, 1500, 2000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_values),
		cmocka_unit_test(test_same_seed),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

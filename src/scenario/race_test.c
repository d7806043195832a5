// SPDX-License-Identifier: GPL-2.0-only
/* race_test.c: races are short, canonical, reproducible, and ops do meet. */
#include "scenario/race.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct scenario s, again;

static void test_races(void **state)
{
	struct generate_options options = {.preempt = true};
	unsigned victims[OP_COUNT] = {0}, children[OP_COUNT] = {0}, returns = 0;

	(void)state;
	for (unsigned seed = 0; seed < 20000; seed++) {
		struct rng rng;

		options.page = seed % PAGE_COUNT;
		options.level = seed / 2 % LEVEL_COUNT;
		options.l1 = seed / 4 % L1KIND_COUNT;
		rng_seed(&rng, seed);
		scenario_generate_race(&s, &rng, &options);
		rng_seed(&rng, seed);
		scenario_generate_race(&again, &rng, &options);
		assert_true(scenario_equal(&s, &again));
		scenario_canonicalize(&again);
		assert_true(scenario_equal(&s, &again));
		assert_int_equal(s.config.level, options.level);
		assert_in_range(s.op_count, 3, 32);
		for (uint32_t i = 0; i < s.point_count; i++) {
			victims[s.ops[scenario_op_index(&s, s.points[i].victim)].kind]++;
			if (s.points[i].child)
				children[s.ops[scenario_op_index(&s, s.points[i].child)].kind]++;
			else
				returns++;
		}
	}
	assert_true(victims[OP_L2_STORE] > 1000 && children[OP_L2_STORE] > 1000);
	assert_true(victims[OP_HOST_HARVEST] > 1000 && children[OP_HOST_HARVEST] > 1000);
	assert_true(returns > 1000);
	assert_true(children[OP_L1_ABANDON] > 0);
}

static void test_limit(void **state)
{
	struct generate_options options = {.preempt = true, .ops_max = 3};
	struct rng rng;

	(void)state;
	rng_seed(&rng, 1);
	for (int i = 0; i < 1000; i++) {
		scenario_generate_race(&s, &rng, &options);
		assert_true(s.op_count <= 3);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_races), cmocka_unit_test(test_limit)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

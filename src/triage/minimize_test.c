// SPDX-License-Identifier: GPL-2.0-only
/* minimize_test.c: the minimiser against a runner whose rules are known. */
#include "triage/minimize.h"

#include "base/rng.h"
#include "scenario/generate.h"
#include "scenario/scenario_file.h"
#include "triage/test_runner.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define SIGNATURE "lost-dirty-l1:shadow-pte:kvm_radix_clear_dirty"

static struct scenario large(uint32_t seed)
{
	const struct generate_options options = {.ops_max = 200, .l1 = L1_ANY};
	struct scenario s;
	struct rng rng;

	rng_seed(&rng, seed);
	scenario_generate(&s, &rng, &options);
	return s;
}

static void parse(const char *text, struct scenario *s)
{
	static struct scenario_file file;
	struct scenario_error error;

	if (!scenario_text_parse(text, strlen(text), &file, &error))
		fail_msg("%u:%u: %s", error.line, error.column, error.message);
	*s = file.scenario;
}

static const char *text_of(const struct scenario *s)
{
	static char text[SCENARIO_TEXT_MAX];

	scenario_text_write_bare(s, text, sizeof(text));
	return text;
}

/* A scenario that is sure to show it, somewhere within a large one. */
static struct scenario showing(uint32_t seed)
{
	struct scenario s = large(seed), core;

	parse("rcfuzz-scenario 1\nconfig page=64k cpus=4 vcpus=4 guests=2\n"
	      "a l2 store guest=1 n=7 vcpu=2\nb host harvest slot=0\nc l2 store guest=1 n=7 vcpu=1\n",
	      &core);
	if (s.op_count > SCENARIO_OPS_MAX - 3)
		s.op_count = SCENARIO_OPS_MAX - 3;
	s.config.cpus = s.config.vcpus = 4;
	memcpy(&s.ops[s.op_count], core.ops, 3 * sizeof(core.ops[0]));
	s.op_count += 3;
	scenario_canonicalize(&s);
	return s;
}

static void minimizes_to_the_core(void **state)
{
	struct runner runner = {0};
	const struct minimize_budget budget = {0};
	struct minimize_result result;

	(void)state;
	for (uint32_t seed = 0; seed < 20; seed++) {
		struct scenario s = showing(seed);

		minimize_scenario(&runner, &s, SIGNATURE, &budget, &result);
		assert_true(result.reproduced);
		assert_true(result.complete);
		assert_string_equal(result.finding.signature, SIGNATURE);
		assert_string_equal(text_of(&s), "rcfuzz-scenario 1\nconfig page=64k l1=well-behaved\n"
						 "a l2    store     guest=1 n=0\n"
						 "b host  harvest   slot=0\n"
						 "c l2    store     guest=1 n=0\n");
	}
}

static void same_input_same_result(void **state)
{
	struct runner runner = {0};
	const struct minimize_budget budget = {.execs_max = 40};
	struct minimize_result first, second;
	struct scenario a = showing(5), b = a;

	(void)state;
	minimize_scenario(&runner, &a, SIGNATURE, &budget, &first);
	minimize_scenario(&runner, &b, SIGNATURE, &budget, &second);
	assert_true(scenario_equal(&a, &b));
	assert_int_equal(first.execs, second.execs);
}

static void budget_ends_with_the_best_so_far(void **state)
{
	struct runner runner = {0};
	const struct minimize_budget budget = {.execs_max = 20};
	struct minimize_result result;
	struct scenario s = showing(3);
	uint32_t before = s.op_count;

	(void)state;
	test_runner_runs = 0;
	minimize_scenario(&runner, &s, SIGNATURE, &budget, &result);
	assert_true(result.reproduced);
	assert_false(result.complete);
	assert_true(test_runner_runs <= 20 + 1); /* and one to see that labels a, b, c do not matter */
	assert_int_equal(result.ops_before, before);
	assert_true(minimize_shows(&runner, &s, SIGNATURE, NULL));
}

static void stop_ends_with_what_it_has(void **state)
{
	struct runner runner = {0};
	const _Atomic uint32_t stop = 1;
	const struct minimize_budget budget = {.stop = &stop};
	struct minimize_result result;
	struct scenario s = showing(3);

	(void)state;
	minimize_scenario(&runner, &s, SIGNATURE, &budget, &result);
	assert_true(result.reproduced);
	assert_false(result.complete);
	assert_true(minimize_shows(&runner, &s, SIGNATURE, NULL));
}

static void other_findings_do_not_count(void **state)
{
	struct runner runner = {0};
	const struct minimize_budget budget = {0};
	struct minimize_result result;
	struct scenario s, before;

	(void)state;
	parse("rcfuzz-scenario 1\nconfig page=64k\na l1 nonsense guest=1 n=0 count=9\n", &s);
	before = s;
	minimize_scenario(&runner, &s, SIGNATURE, &budget, &result);
	assert_false(result.reproduced);
	assert_true(scenario_equal(&s, &before));

	/* count is lowered to the least that warns, not to the default. */
	minimize_scenario(&runner, &s, "warn:none:warn", &budget, &result);
	assert_true(result.reproduced);
	assert_string_equal(text_of(&s), "rcfuzz-scenario 1\nconfig page=64k\n"
					 "a l1    nonsense  guest=1 n=0 count=4\n");
}

/* No single op can be dropped from a result, no field lowered by one or set to its default. */
static void result_is_one_minimal(void **state)
{
	struct runner runner = {0};
	const struct minimize_budget budget = {0};
	struct minimize_result result;
	struct scenario s = showing(11), trial;

	(void)state;
	minimize_scenario(&runner, &s, SIGNATURE, &budget, &result);
	for (uint32_t i = 0; i < s.op_count; i++) {
		trial = s;
		memmove(&trial.ops[i], &trial.ops[i + 1], (s.op_count - i - 1) * sizeof(s.ops[0]));
		trial.op_count--;
		scenario_canonicalize(&trial);
		assert_false(minimize_shows(&runner, &trial, SIGNATURE, NULL));
		for (unsigned field = 0; field < FIELD_COUNT; field++) {
			if (op_info[s.ops[i].kind].fields & (1u << field))
				assert_int_equal(scenario_field_get(&s.ops[i], &field_info[field]),
						 field_info[field].def);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(minimizes_to_the_core),
		cmocka_unit_test(same_input_same_result),
		cmocka_unit_test(budget_ends_with_the_best_so_far),
		cmocka_unit_test(stop_ends_with_what_it_has),
		cmocka_unit_test(other_findings_do_not_count),
		cmocka_unit_test(result_is_one_minimal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

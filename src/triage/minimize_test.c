// SPDX-License-Identifier: GPL-2.0-only
/* minimize_test.c: the minimiser against a runner whose rules are known. */
#include "triage/minimize.h"

#include "base/rng.h"
#include "scenario/generate.h"
#include "scenario/scenario_file.h"
#include "triage/isolate.h"
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
		assert_string_equal(text_of(&s), "rcfuzz-scenario 1\n"
						 "config page=64k cpus=1 vcpus=1 slot=4 l1=well-behaved\n"
						 "a l2    store     guest=1 n=0\n"
						 "b host  harvest   slot=0\n"
						 "c l2    store     guest=1 n=0\n");
	}
}

/* Passes with a store of L2 that a harvest follows; what comes after that does not matter. */
static bool stores_then_harvests(void *ctx, const struct scenario *s, uint32_t *last_op)
{
	bool stored = false;

	++*(unsigned *)ctx;
	for (uint32_t i = 0; i < s->op_count; i++) {
		stored |= s->ops[i].kind == OP_L2_STORE;
		*last_op = i;
		if (stored && s->ops[i].kind == OP_HOST_HARVEST)
			return true;
	}
	return false;
}

static void keeps_any_property(void **state)
{
	const struct minimize_budget budget = {0};
	unsigned runs = 0;
	const struct minimize_test test = {.ctx = &runs, .passes = stores_then_harvests};
	struct minimize_result result;
	struct scenario s = showing(4), none = s;

	(void)state;
	minimize_by(&test, &s, &budget, &result);
	assert_true(result.reproduced);
	assert_true(result.complete);
	assert_int_equal(result.execs, runs);
	assert_int_equal(s.op_count, 2);
	assert_int_equal(s.ops[0].kind, OP_L2_STORE);
	assert_int_equal(s.ops[1].kind, OP_HOST_HARVEST);
	none.op_count = 0;
	minimize_by(&test, &none, &budget, &result);
	assert_false(result.reproduced);
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
	assert_string_equal(text_of(&s), "rcfuzz-scenario 1\nconfig page=64k cpus=1 vcpus=1 slot=4\n"
					 "a l1    nonsense  guest=1 n=0 count=4\n");
}

struct attempts {
	struct runner *runner;
	const char *signature;
	unsigned ops, points, values;
};

static void assert_gone(const struct attempts *a, struct scenario trial)
{
	scenario_canonicalize(&trial);
	if (minimize_shows(a->runner, &trial, a->signature, NULL))
		fail_msg("this shows it as well:\n%s", text_of(&trial));
}

/* At each value that is nearer to its aim. */
static void lower_one(struct attempts *a, const struct scenario *s, size_t at, const struct field_info *info)
{
	struct scenario trial = *s;
	void *record = (char *)&trial + at;
	unsigned now = scenario_field_get(record, info), aim = minimize_aim(info);

	for (unsigned value = aim; value != now; value += now > aim ? 1 : -1u) {
		trial = *s;
		scenario_field_set(record, info, value);
		assert_gone(a, trial);
		a->values++;
	}
}

static void drop_each_op(struct attempts *a, const struct scenario *s)
{
	for (uint32_t i = 0; i < s->op_count; i++, a->ops++) {
		struct scenario trial = *s;

		trial.op_count--;
		memcpy(&trial.ops[i], &s->ops[i + 1], (s->op_count - i - 1) * sizeof(s->ops[0]));
		assert_gone(a, trial);
	}
}

static void drop_each_preemption(struct attempts *a, const struct scenario *s)
{
	for (uint32_t i = 0; i < s->point_count; i++, a->points++) {
		struct scenario trial = *s;

		trial.points[i] = trial.points[--trial.point_count];
		assert_gone(a, trial);
		trial = *s;
		for (trial.points[i].nth = 1; trial.points[i].nth < s->points[i].nth; trial.points[i].nth++)
			assert_gone(a, trial);
	}
}

/* Nothing that can be dropped from s, nor lowered in it, leaves the finding. Returns how much was tried. */
static struct attempts assert_minimal(struct runner *runner, const struct scenario *s, const char *signature)
{
	struct attempts a = {.runner = runner, .signature = signature};
	struct scenario tame = *s;

	drop_each_op(&a, s);
	drop_each_preemption(&a, s);
	for (uint32_t i = 0; i < s->op_count; i++) {
		for (unsigned field = 0; field < FIELD_COUNT; field++) {
			if (op_info[s->ops[i].kind].fields & (1u << field))
				lower_one(&a, s, offsetof(struct scenario, ops) + i * sizeof(s->ops[0]),
					  &field_info[field]);
		}
	}
	for (unsigned field = 0; field < CONFIG_COUNT; field++) {
		if (field != CONFIG_page && field != CONFIG_l1)
			lower_one(&a, s, offsetof(struct scenario, config), &config_info[field]);
	}
	tame.config.l1 = L1_WELL_BEHAVED;
	if (s->config.l1 != L1_WELL_BEHAVED)
		assert_gone(&a, tame);
	return a;
}

static void result_is_one_minimal(void **state)
{
	struct runner runner = {0};
	const struct minimize_budget budget = {0};
	struct minimize_result result;

	(void)state;
	for (uint32_t seed = 0; seed < 10; seed++) {
		struct scenario s = showing(seed);

		minimize_scenario(&runner, &s, SIGNATURE, &budget, &result);
		assert_true(result.complete);
		assert_int_equal(assert_minimal(&runner, &s, SIGNATURE).ops, 3);
	}
}

/* Each preemption that is left is needed, and none comes earlier. */
static void preemptions_are_one_minimal(void **state)
{
	struct runner runner = {0};
	const struct minimize_budget budget = {0};
	struct minimize_result result;
	struct attempts tried;
	struct scenario s;

	(void)state;
	test_runner_races = true;
	parse("rcfuzz-scenario 1\nconfig page=64k cpus=4 vcpus=4 guests=2\n"
	      "a l1 store g=3\n"
	      "b l2 store guest=2 n=7 vcpu=1\n    at f:lock:x#9\n    c host harvest slot=0\n"
	      "        at g:lock:z#4\n        d host age g=1\n    at f:lock:y#2\n    e host harvest slot=0\n"
	      "f l1 store g=2\n    at f:lock:x#5\n    g host harvest slot=0\n"
	      "h l2 store guest=1 n=2\n    at f:lock:x#5\n    i host harvest slot=0\n"
	      "        at f:lock:x#7\n        return\n",
	      &s);
	assert_int_equal(s.point_count, 6);
	minimize_scenario(&runner, &s, "warn:none:race", &budget, &result);
	assert_true(result.reproduced && result.complete);
	assert_int_equal(s.op_count, 4);
	assert_int_equal(s.point_count, 2);
	assert_int_equal(s.points[0].nth, 3);
	assert_int_equal(s.points[1].nth, 3);
	tried = assert_minimal(&runner, &s, "warn:none:race");
	assert_int_equal(tried.ops, 4);
	assert_int_equal(tried.points, 2);
	test_runner_races = false;
}

/* What is wrong only at some values must not hide a lower one at which it is wrong too. */
static void finds_low_values_past_gaps(void **state)
{
	struct runner runner = {0};
	const struct minimize_budget budget = {0};
	struct minimize_result result;
	struct scenario s;

	(void)state;
	test_runner_odd_only = true;
	parse("rcfuzz-scenario 1\nconfig page=64k\na l1 nonsense guest=1 n=0 count=41\n", &s);
	minimize_scenario(&runner, &s, "warn:none:warn", &budget, &result);
	assert_true(result.complete);
	assert_int_equal(s.ops[0].count, 5);
	assert_minimal(&runner, &s, "warn:none:warn");
	test_runner_odd_only = false;
}

/* What shows when it is over needs no harvest at the end: reports name it. */
static void a_loss_needs_no_harvest_at_the_end(void **state)
{
	static const char *const ends[] = {"", "c host harvest slot=0\n", "c host harvest slot=0\nd l1 store g=0\n"};
	static const char signature[] = "lost-dirty-host:shadow-pte:l1-store";
	struct runner runner = {0};
	const struct minimize_budget budget = {0};
	struct minimize_result result;
	struct scenario s;
	char text[256];

	(void)state;
	test_runner_loses_l1_store = true;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		snprintf(text, sizeof(text), "rcfuzz-scenario 1\nconfig page=64k\na l1 store g=2\nb l1 store g=1\n%s",
			 ends[i]);
		parse(text, &s);
		minimize_scenario(&runner, &s, signature, &budget, &result);
		assert_true(result.reproduced && result.complete);
		assert_int_equal(result.finding.op_effect, 1);
		assert_string_equal(text_of(&s), "rcfuzz-scenario 1\n"
						 "config page=64k cpus=1 vcpus=1 slot=4 l1=well-behaved\n"
						 "a l1    store     g=1\n");
		assert_minimal(&runner, &s, signature);
	}
	test_runner_loses_l1_store = false;
}

/* ---- what kills, or does not come back -------------------------------------------------- */

static void minimizes_what_kills_the_process(void **state)
{
	struct runner runner = {0};
	const struct minimize_budget budget = {0};
	struct minimize_result result;
	struct scenario s = showing(7);

	(void)state;
	s.ops[s.op_count++] = (struct scenario_op){.kind = OP_HOST_COLLAPSE, .g = 5};
	scenario_canonicalize(&s);
	test_runner_dies_at = OP_HOST_COLLAPSE;
	minimize_scenario(&runner, &s, "crash:none:process:signal9", &budget, &result);
	test_runner_dies_at = OP_COUNT;
	assert_true(result.reproduced);
	assert_true(result.complete);
	assert_string_equal(result.finding.signature, "crash:none:process:signal9");
	assert_string_equal(text_of(&s), "rcfuzz-scenario 1\n"
					 "config page=64k cpus=1 vcpus=1 slot=4 l1=well-behaved\n"
					 "a host  collapse  g=0\n");
}

/* What rcfuzz itself does wrong is no finding of the kernel's, whatever else the scenario shows. */
static void a_mistake_of_ours_shows_nothing(void **state)
{
	struct run_outcome *outcome = malloc(sizeof(*outcome));
	struct runner runner = {0};
	struct scenario s = showing(7);
	struct isolate *isolate;

	(void)state;
	assert_non_null(outcome);
	s.ops[s.op_count++] = (struct scenario_op){.kind = OP_HOST_COLLAPSE, .g = 5};
	scenario_canonicalize(&s);
	test_runner_fails_at = OP_HOST_COLLAPSE;
	isolate = isolate_open(&runner, 0);
	assert_non_null(isolate);
	assert_true(isolate_run(isolate, &s, outcome));
	assert_true(outcome->world_ended && outcome->finding_count == 0);
	test_runner_fails_at = OP_COUNT;
	isolate_close(isolate);
	free(outcome);
}

/* Here the finding is another one, and what kills lies in its way: no step may end the caller. */
static void isolated_steps_may_die(void **state)
{
	struct runner runner = {0};
	const struct minimize_budget budget = {.isolated = true};
	struct minimize_result result;
	struct scenario s = showing(4);

	(void)state;
	s.ops[0] = (struct scenario_op){.kind = OP_L1_NONSENSE, .label = s.ops[0].label, .guest = 1, .count = 2};
	s.config.l1 = L1_ANY;
	scenario_canonicalize(&s);
	test_runner_dies_without = OP_L1_NONSENSE;
	minimize_scenario(&runner, &s, SIGNATURE, &budget, &result);
	test_runner_dies_without = OP_COUNT;
	assert_true(result.reproduced);
	assert_string_equal(result.finding.signature, SIGNATURE);
	assert_int_equal(s.op_count, 4);
}

static void isolation_survives_hangs(void **state)
{
	struct runner runner = {0};
	struct run_outcome *outcome = test_malloc(sizeof(*outcome));
	struct scenario s = showing(2), bad;
	struct isolate *isolate;

	(void)state;
	for (uint32_t i = 0; i < s.op_count; i++)
		if (s.ops[i].kind == OP_MIGRATION_FINISH)
			s.ops[i].kind = OP_MIGRATION_ROUND;
	bad = s;
	bad.ops[0] = (struct scenario_op){.kind = OP_MIGRATION_FINISH, .label = bad.ops[0].label};
	test_runner_stops_at = OP_MIGRATION_FINISH;
	isolate = isolate_open(&runner, 1000); /* a busy machine lets a process wait */
	assert_non_null(isolate);
	for (int i = 0; i < 2; i++) {
		assert_true(isolate_run(isolate, &bad, outcome));
		assert_int_equal(outcome->finding_count, 1);
		assert_string_equal(outcome->findings[0].signature, "hang:none:process");
		assert_true(isolate_run(isolate, &s, outcome));
		assert_true(outcome->finding_count > 0);
		assert_int_equal(outcome->findings[0].class, CLASS_LOST_DIRTY_L1);
	}
	test_runner_stops_at = OP_COUNT;
	isolate_close(isolate);
	test_free(outcome);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(minimizes_to_the_core),
		cmocka_unit_test(keeps_any_property),
		cmocka_unit_test(same_input_same_result),
		cmocka_unit_test(budget_ends_with_the_best_so_far),
		cmocka_unit_test(stop_ends_with_what_it_has),
		cmocka_unit_test(other_findings_do_not_count),
		cmocka_unit_test(result_is_one_minimal),
		cmocka_unit_test(finds_low_values_past_gaps),
		cmocka_unit_test(preemptions_are_one_minimal),
		cmocka_unit_test(a_loss_needs_no_harvest_at_the_end),
		cmocka_unit_test(minimizes_what_kills_the_process),
		cmocka_unit_test(a_mistake_of_ours_shows_nothing),
		cmocka_unit_test(isolated_steps_may_die),
		cmocka_unit_test(isolation_survives_hangs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

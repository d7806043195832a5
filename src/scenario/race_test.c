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

static bool is_l2_use(const struct scenario_op *op)
{
	return op->kind == OP_L2_STORE || op->kind == OP_L2_LOAD || op->kind == OP_L2_FETCH || op->kind == OP_L2_ENTER;
}

/* The first op before `end` that runs a guest; end: none. */
static uint32_t first_use(const struct scenario *of, uint32_t end)
{
	uint32_t i = 0;

	while (i < end && !is_l2_use(&of->ops[i]))
		i++;
	return i;
}

/* A page of L1 grows old while L2 faults on what it maps to it, and at last one asks whether it is in use. */
static bool is_aged_meanwhile(const struct scenario *of, const struct scenario_op *victim,
			      const struct scenario_op *child)
{
	const struct scenario_op *last = &of->ops[of->op_count - 1];
	bool mapped = false;

	for (const struct scenario_op *op = of->ops; op < victim; op++)
		mapped |=
			op->kind == OP_L1_MAP && op->guest == victim->guest && op->n == victim->n && op->g == child->g;
	return mapped && victim->kind == OP_L2_LOAD && child->kind == OP_HOST_AGE && child->flush == FLUSH_YES &&
	       last->kind == OP_HOST_TEST_AGE && last->g == child->g;
}

/* A huge page, in use by small entries, ceases to be logged while L1 faults on another part of it. */
static bool gets_huge_meanwhile(const struct scenario *of, const struct scenario_op *victim,
				const struct scenario_op *child)
{
	bool logged = false, small = false;

	for (const struct scenario_op *op = of->ops; op < victim; op++) {
		logged |= op->kind == OP_HOST_LOG_START && op->slot == 0;
		small |= logged && op->kind == OP_L1_STORE && op->g < of->config.slot && op->g != child->g;
	}
	return of->config.backing == BACKING_HUGE && small && victim->kind == OP_HOST_LOG_STOP && victim->slot == 0 &&
	       (child->kind == OP_L1_STORE || child->kind == OP_L1_LOAD) && child->g < of->config.slot;
}

/* The vCPU has entered L1, and so has the kernel written to its area. */
static bool is_used(const struct scenario *of, uint32_t before, uint8_t vcpu)
{
	for (uint32_t i = 0; i < before; i++)
		if (of->ops[i].kind == OP_L1_LOAD && of->ops[i].vcpu == vcpu)
			return true;
	return false;
}

/* What meets has something to do with each other: how often, of 20000 races, for meetings that chance hardly brings. */
static void test_topics(void **state)
{
	struct generate_options options = {.preempt = true, .page = PAGE_64K};
	unsigned firsts = 0, two_guests = 0, areas = 0, ages = 0, huge = 0, frames = 0, states = 0;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 9);
	for (int round = 0; round < 20000; round++) {
		scenario_generate_race(&s, &rng, &options);
		for (uint32_t i = 0; i < s.point_count; i++) {
			uint32_t at = scenario_op_index(&s, s.points[i].victim);
			const struct scenario_op *victim = &s.ops[at],
						 *child = &s.ops[scenario_op_index(&s, s.points[i].child)];
			bool registered = false;

			if (!s.points[i].child)
				continue;
			/* Two vCPUs run a guest that none has run before. */
			firsts += is_l2_use(victim) && is_l2_use(child) && victim->vcpu != child->vcpu &&
				  first_use(&s, at) == at;
			two_guests += is_l2_use(victim) && is_l2_use(child) && victim->guest != child->guest;
			/* A VPA that there is goes away while the log is harvested. */
			for (uint32_t j = 0; j < at; j++)
				registered |= s.ops[j].kind == OP_L1_VPA && s.ops[j].area == AREA_VPA &&
					      s.ops[j].vcpu == child->vcpu;
			ages += is_aged_meanwhile(&s, victim, child);
			/* L1 enters a guest in a way that it must not, while another vCPU runs it. */
			states += is_l2_use(victim) && child->kind == OP_L1_NONSENSE && child->hcall == HCALL_STATE &&
				  child->guest == victim->guest;
			huge += gets_huge_meanwhile(&s, victim, child);
			frames += gets_huge_meanwhile(&s, victim, child) && s.config.kind1 == SLOT1_FRAMES;
			areas += registered && is_used(&s, at, child->vcpu) && victim->kind == OP_HOST_HARVEST &&
				 child->kind == OP_L1_VPA && child->area == AREA_NO_VPA;
		}
	}
	if (firsts < 200 || two_guests < 60 || areas < 20 || ages < 20 || huge < 250 || frames < 150 || states < 22)
		fail_msg("first uses %u, of two guests %u, areas %u, ages %u, huge %u, of frames %u, states %u", firsts,
			 two_guests, areas, ages, huge, frames, states);
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
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_races), cmocka_unit_test(test_topics),
					   cmocka_unit_test(test_limit)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only
/* generate_test.c: generated scenarios are canonical, deterministic, varied, and keep the options. */
#include "scenario/generate.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct scenario s, copy;

static void test_properties(void **state)
{
	unsigned kinds[OP_COUNT] = {0}, long_ones = 0, same_lpid = 0, wild = 0;
	struct generate_options options = {0};
	struct rng rng;

	(void)state;
	rng_seed(&rng, 5);
	for (int round = 0; round < 20000; round++) {
		options.page = (uint8_t)rng_below(&rng, PAGE_COUNT);
		options.l1 = (uint8_t)rng_below(&rng, L1KIND_COUNT);
		options.ops_max = rng_chance(&rng, 20) ? rng_between(&rng, 1, 20) : 0;
		scenario_generate(&s, &rng, &options);
		copy = s;
		scenario_canonicalize(&copy);
		assert_true(scenario_equal(&s, &copy));
		assert_int_equal(s.config.rc, RCMODE_FAULT);
		assert_int_equal(s.config.page, options.page);
		assert_true(s.op_count > 0);
		if (options.ops_max)
			assert_true(s.op_count <= options.ops_max);
		if (options.l1 == L1_WELL_BEHAVED)
			assert_int_equal(s.config.l1, L1_WELL_BEHAVED);
		wild += s.config.l1 == L1_ANY;
		long_ones += s.op_count > 64 + TEMPLATE_OPS_MAX;
		same_lpid += s.config.l1lpid == s.config.shadow;
		for (uint32_t i = 0; i < s.op_count; i++)
			kinds[s.ops[i].kind]++;
	}
	assert_int_equal(long_ones, 0);
	assert_true(same_lpid > 2000);
	assert_true(wild > 3000);
	for (unsigned i = 0; i < OP_COUNT; i++)
		if (kinds[i] <= 200)
			fail_msg("only %u times %s %s", kinds[i], op_info[i].actor, op_info[i].name);
}

static void test_deterministic(void **state)
{
	struct generate_options options = {.page = PAGE_4K};
	struct rng rng;

	(void)state;
	for (unsigned seed = 0; seed < 500; seed++) {
		rng_seed(&rng, seed);
		scenario_generate(&s, &rng, &options);
		rng_seed(&rng, seed);
		scenario_generate(&copy, &rng, &options);
		assert_true(scenario_equal(&s, &copy));
	}
}

/* A story, not noise: nearly always a store of L2 follows a map of the same page. */
static void test_meaningful(void **state)
{
	struct generate_options options = {.page = PAGE_64K};
	unsigned meaningful = 0;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 6);
	for (int round = 0; round < 1000; round++) {
		bool found = false;

		scenario_generate(&s, &rng, &options);
		for (uint32_t i = 0; i < s.op_count && !found; i++) {
			for (uint32_t j = 0; j < i; j++) {
				const struct scenario_op *map = &s.ops[j], *store = &s.ops[i];

				found |= map->kind == OP_L1_MAP && store->kind == OP_L2_STORE && map->n == store->n &&
					 map->guest == store->guest;
			}
		}
		meaningful += found;
	}
	assert_true(meaningful > 950);
}

/* L1 maps a page whose dirty bit is not in the first word of its slot's bitmap, and the slot is harvested. */
static void test_beyond_the_first_word(void **state)
{
	(void)state;
	for (unsigned page = 0; page < PAGE_COUNT; page++) {
		const struct generate_options options = {.page = (uint8_t)page};
		unsigned beyond = 0;
		struct rng rng;

		rng_seed(&rng, 6);
		for (int round = 0; round < 1000; round++) {
			uint16_t g = 0;

			scenario_generate(&s, &rng, &options);
			for (uint32_t i = 0; i < s.op_count && g < 64; i++)
				if (s.ops[i].kind == OP_L1_MAP && s.ops[i].g < s.config.slot)
					g = s.ops[i].g;
			for (uint32_t i = 0; i < s.op_count && g >= 64; i++)
				if (s.ops[i].kind == OP_MIGRATION_FINISH ||
				    (s.ops[i].kind == OP_HOST_HARVEST && !s.ops[i].slot)) {
					beyond++;
					break;
				}
		}
		assert_true(beyond > 10);
	}
}

static bool is_l2_access(const struct scenario_op *op, const struct scenario_op *page)
{
	return (op->kind == OP_L2_STORE || op->kind == OP_L2_LOAD || op->kind == OP_L2_FETCH) &&
	       op->guest == page->guest && op->n == page->n;
}

/* The last op of that kind before `at` on the same guest, and page if by_page; NULL: none. */
static const struct scenario_op *before(const struct scenario *of, uint32_t at, unsigned kind, bool by_page)
{
	const struct scenario_op *op = &of->ops[at];

	while (at-- > 0)
		if (of->ops[at].kind == kind && of->ops[at].guest == op->guest && (!by_page || of->ops[at].n == op->n))
			return &of->ops[at];
	return NULL;
}

/* L2 meets an entry that L1 has pointed at another page, with more permission, and then fetches. */
static bool is_change_of_mind(const struct scenario *of, uint32_t at)
{
	const struct scenario_op *op = &of->ops[at], *map = before(of, at, OP_L1_MAP, true);

	return op->kind == OP_L1_REPOINT && op->perm == PERM_RWX && map && map->perm == PERM_RW && map->g != op->g &&
	       at + 2 < of->op_count && (is_l2_access(&of->ops[at + 1], op) || is_l2_access(&of->ops[at + 2], op));
}

/* A huge entry takes the place of a table with a page that L2 has used, and L2 goes to another page of it. */
static bool is_larger(const struct scenario *of, uint32_t at)
{
	const struct scenario_op *op = &of->ops[at], *next = &of->ops[at + 1];

	return op->kind == OP_L1_CORRUPT && op->table == TABLE_PMD && op->junk == JUNK_LEAF && at > 0 &&
	       at + 1 < of->op_count && is_l2_access(&of->ops[at - 1], op) && next->kind == OP_L2_STORE &&
	       next->guest == op->guest && next->n != op->n && next->n / 16 == op->n / 16;
}

/* One vCPU is in a guest that another one takes away and makes anew. */
static bool is_successor(const struct scenario *of, uint32_t at)
{
	const struct scenario_op *op = &of->ops[at], *next = &of->ops[at + 1];

	return op->kind == OP_L1_ABANDON && at > 0 && at + 1 < of->op_count && of->ops[at - 1].kind == OP_L2_STORE &&
	       of->ops[at - 1].guest == op->guest && of->ops[at - 1].vcpu != op->vcpu && next->kind == OP_L1_CREATE &&
	       next->guest == op->guest;
}

/* What L1 does with no word to anyone comes in a way that L2 and the host meet it: how often, in 20000 scenarios. */
static void test_surprises(void **state)
{
	struct generate_options options = {.page = PAGE_64K, .l1 = L1_ANY};
	unsigned minds = 0, larger = 0, successors = 0;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 7);
	for (int round = 0; round < 20000; round++) {
		scenario_generate(&s, &rng, &options);
		for (uint32_t i = 0; i < s.op_count; i++) {
			minds += is_change_of_mind(&s, i);
			larger += is_larger(&s, i);
			successors += is_successor(&s, i);
		}
	}
	if (minds < 150 || larger < 300 || successors < 300)
		fail_msg("changes of mind %u, larger %u, successors %u", minds, larger, successors);
}

/* Of a huge page that L2 uses, another page is aged, then the first one, and the last question is about that. */
static bool is_aged_by_turns(const struct scenario *of, uint32_t at)
{
	const struct scenario_op *op = &of->ops[at];

	return at > 2 && op->kind == OP_HOST_TEST_AGE && op->g % 32 == 0 && of->ops[at - 2].kind == OP_HOST_AGE &&
	       of->ops[at - 2].g == op->g && of->ops[at - 3].kind == OP_HOST_AGE &&
	       of->ops[at - 3].g / 32 == op->g / 32 && of->ops[at - 3].g != op->g;
}

/* Pages of a huge one grow old by turns: how often, in 20000 scenarios. */
static void test_huge_pages_age(void **state)
{
	struct generate_options options = {.page = PAGE_64K};
	unsigned turns = 0;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 9);
	for (int round = 0; round < 20000; round++) {
		scenario_generate(&s, &rng, &options);
		for (uint32_t i = 0; i < s.op_count && s.config.backing == BACKING_HUGE; i++)
			turns += is_aged_by_turns(&s, i);
	}
	if (turns < 50)
		fail_msg("aged by turns %u", turns);
}

/* Invalidations of 1G: on 4K pages there are some, but they do not take the time of all others. */
static void test_gigabytes(void **state)
{
	unsigned scenarios[PAGE_COUNT] = {0};
	struct rng rng;

	(void)state;
	for (unsigned page = 0; page < PAGE_COUNT; page++) {
		struct generate_options options = {.page = (uint8_t)page};

		rng_seed(&rng, 8);
		for (int round = 0; round < 20000; round++) {
			bool found = false;

			scenario_generate(&s, &rng, &options);
			for (uint32_t i = 0; i < s.op_count; i++)
				found |= s.ops[i].size == SIZE_1G &&
					 (s.ops[i].kind == OP_L1_TLBIE || s.ops[i].kind == OP_L1_RPT);
			scenarios[page] += found;
		}
	}
	assert_true(scenarios[PAGE_4K] > 0);
	assert_true(scenarios[PAGE_4K] * 5 < scenarios[PAGE_64K]);
}

/*
 * L1 permits one thing alone on a page that the host maps read-only, and L2 then comes to it: how often each of these,
 * in 20000 scenarios.
 */
static void test_permissions(void **state)
{
	struct generate_options options = {.page = PAGE_64K};
	unsigned met[PERM_COUNT] = {0};
	struct rng rng;

	(void)state;
	rng_seed(&rng, 10);
	for (int round = 0; round < 20000; round++) {
		scenario_generate(&s, &rng, &options);
		for (uint32_t i = 2; i < s.op_count; i++) {
			const struct scenario_op *map = &s.ops[i - 2], *protect = &s.ops[i - 1];

			if (map->kind == OP_L1_MAP && protect->kind == OP_HOST_PROTECT && protect->g == map->g &&
			    is_l2_access(&s.ops[i], map))
				met[map->perm]++;
		}
	}
	for (unsigned perm = 0; perm < PERM_COUNT; perm++)
		if (met[perm] < 50)
			fail_msg("permission %u: %u", perm, met[perm]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_properties), cmocka_unit_test(test_deterministic),
		cmocka_unit_test(test_meaningful), cmocka_unit_test(test_beyond_the_first_word),
		cmocka_unit_test(test_surprises),  cmocka_unit_test(test_huge_pages_age),
		cmocka_unit_test(test_gigabytes),  cmocka_unit_test(test_permissions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

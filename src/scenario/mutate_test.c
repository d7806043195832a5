// SPDX-License-Identifier: GPL-2.0-only
/* mutate_test.c: mutants are canonical, different, reproducible, and leave alone what the run chooses. */
#include "scenario/mutate.h"

#include "scenario/codec.h"
#include "scenario/generate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct scenario s, before, copy, other;
static uint8_t bytes[CODEC_BYTES_MAX], mutant[CODEC_BYTES_MAX], more[CODEC_BYTES_MAX];

static void check_canonical(const struct scenario *c)
{
	copy = *c;
	scenario_canonicalize(&copy);
	assert_true(scenario_equal(c, &copy));
}

static void test_mutate(void **state)
{
	struct generate_options options = {0};
	unsigned same = 0, labels_kept = 0, preempted = 0, returns = 0;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 21);
	for (int round = 0; round < 40000; round++) {
		if (round % 50 == 0) {
			options.page = (uint8_t)rng_below(&rng, PAGE_COUNT);
			options.l1 = (uint8_t)rng_below(&rng, L1KIND_COUNT);
			options.preempt = rng_chance(&rng, 50);
			scenario_generate(&s, &rng, &options);
			assert_true(options.preempt || !s.point_count);
			scenario_generate(&other, &rng, &options);
		}
		before = s;
		scenario_mutate(&s, &rng, rng_chance(&rng, 50) ? &other : NULL);
		check_canonical(&s);
		assert_int_equal(s.config.page, before.config.page);
		assert_int_equal(s.config.l1, before.config.l1);
		assert_int_equal(s.config.rc, RCMODE_FAULT);
		assert_int_equal(s.config.level, before.config.level);
		preempted += s.point_count > 0;
		for (uint32_t i = 0; i < s.point_count; i++)
			returns += !s.points[i].child;
		same += scenario_equal(&s, &before);
		labels_kept += s.op_count && before.op_count && s.ops[0].label == before.ops[0].label;
	}
	assert_true(same < 40000 / 6);
	assert_true(labels_kept > 40000 / 2);
	assert_true(preempted > 40000 / 4);
	assert_true(returns > 100);
}

static void test_extremes(void **state)
{
	struct rng rng;

	(void)state;
	rng_seed(&rng, 22);
	scenario_init(&s);
	scenario_mutate(&s, &rng, NULL);
	assert_true(s.op_count > 0);
	scenario_init(&other);
	scenario_mutate(&s, &rng, &other);
	scenario_splice(&s, &rng, &other);
	/* Full: nothing overflows. */
	memset(bytes, 0, sizeof(bytes));
	scenario_decode(&s, bytes, sizeof(bytes));
	other = s;
	for (int i = 0; i < 3000; i++) {
		scenario_mutate(&s, &rng, &other);
		assert_true(s.op_count <= SCENARIO_OPS_MAX);
		if (i % 16 == 0) {
			check_canonical(&s);
			scenario_splice(&s, &rng, &other);
		}
	}
}

/* Any change is made sooner or later, also one that leaves one op only. */
static void test_shrinks_to_nothing(void **state)
{
	bool empty = false;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 23);
	scenario_init(&s);
	s.op_count = 1;
	memset(s.ops, 0, sizeof(s.ops[0]));
	scenario_canonicalize(&s);
	before = s;
	for (int i = 0; i < 1000 && !empty; i++) {
		s = before;
		scenario_mutate(&s, &rng, NULL);
		empty = !s.op_count;
	}
	assert_true(empty);
}

static void test_bytes(void **state)
{
	struct rng rng;

	(void)state;
	rng_seed(&rng, 24);
	for (int round = 0; round < 50000; round++) {
		size_t size = rng_below(&rng, 600), max = size + rng_below(&rng, 600), n, m;
		uint32_t seed = (uint32_t)rng_next(&rng);

		for (size_t i = 0; i < size; i++)
			bytes[i] = (uint8_t)rng_next(&rng);
		memcpy(mutant, bytes, size);
		n = scenario_mutate_bytes(mutant, size, max, seed);
		assert_true(n <= max);
		memcpy(more, bytes, size);
		m = scenario_mutate_bytes(more, size, max, seed);
		assert_int_equal(n, m);
		assert_memory_equal(mutant, more, n);
		n = scenario_crossover_bytes(bytes, size, mutant, n, more, max, seed);
		assert_true(n <= max);
		if (n) {
			scenario_decode(&s, more, n);
			check_canonical(&s);
		}
	}
}

static void test_tiny_buffers(void **state)
{
	(void)state;
	memset(bytes, 7, 64);
	assert_int_equal(scenario_mutate_bytes(bytes, 10, 31, 1), 10);
	assert_int_equal(scenario_mutate_bytes(bytes, 10, 32, 1), 32);
	assert_int_equal(scenario_mutate_bytes(bytes, 0, 0, 1), 0);
	assert_int_equal(scenario_crossover_bytes(bytes, 64, bytes, 64, more, 31, 1), 0);
}

/* Preemptions go where they are aimed at, and some come back at another such place. */
static void test_aim(void **state)
{
	const struct scenario_aims aims = {.count = 3, .aims = {{3, 2, 10}, {3, 2, 20}, {2, 3, 30}}};
	unsigned at[64] = {0}, returns = 0;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 25);
	for (int round = 0; round < 4000; round++) {
		scenario_init(&s);
		for (uint16_t i = 0; i < 4; i++)
			s.ops[s.op_count++] = (struct scenario_op){.label = i + 1, .kind = OP_L2_STORE};
		scenario_canonicalize(&s);
		scenario_aim(&s, &rng, &aims, round % 3);
		check_canonical(&s);
		assert_in_range(s.point_count, 1, 2);
		for (uint32_t i = 0; i < s.point_count; i++) {
			const struct scenario_point *p = &s.points[i];

			assert_int_equal(p->victim + (p->child ? p->child : s.points[0].victim), 5);
			assert_true(!p->child || p->nth == aims.aims[round % 3].nth);
			at[p->nth]++;
			returns += !p->child;
		}
	}
	for (unsigned i = 0; i < 64; i++)
		assert_true(i == 10 || i == 20 || i == 30 ? at[i] > 1000 : !at[i]);
	assert_in_range(returns, 100, 2000);
}

/* Ops that are to overlap have no points, unless they are kept, and can: they are on different vCPUs. */
static void test_overlap(void **state)
{
	const struct generate_options options = {.preempt = true};
	unsigned parted = 0, rounds = 0;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 26);
	for (int round = 0; round < 4000; round++) {
		const struct scenario_op *a;
		uint32_t first, count;

		scenario_generate(&s, &rng, &options);
		if (s.op_count < 2)
			continue;
		bool keep = round % 2;
		uint32_t points = keep ? s.point_count : 0;

		count = scenario_overlap(&s, &rng, &first, keep);
		check_canonical(&s);
		assert_in_range(count, 2, 3);
		assert_true(first + count <= s.op_count);
		assert_int_equal(s.point_count, points);
		a = &s.ops[first];
		if (s.config.vcpus < 2 || !(op_info[a[0].kind].fields & op_info[a[1].kind].fields & 1u << FIELD_vcpu))
			continue;
		rounds++;
		parted += a[0].vcpu != a[1].vcpu;
	}
	assert_true(rounds > 200 && parted > rounds * 3 / 4);
}

/* ---- each kind of edit -------------------------------------------------------------- */

static bool same_op(const struct scenario_op *a, const struct scenario_op *b)
{
	struct scenario_op labelled = *b;

	labelled.label = a->label;
	return !memcmp(a, &labelled, sizeof(labelled));
}

/* Are all ops of `part` in `whole`, in their order? */
static bool is_part(const struct scenario *part, const struct scenario *whole)
{
	uint32_t found = 0;

	for (uint32_t i = 0; i < whole->op_count && found < part->op_count; i++)
		found += same_op(&part->ops[found], &whole->ops[i]);
	return found == part->op_count;
}

static unsigned count_op(const struct scenario *c, const struct scenario_op *op)
{
	unsigned n = 0;

	for (uint32_t i = 0; i < c->op_count; i++)
		n += same_op(op, &c->ops[i]);
	return n;
}

/* Two ops that are no neighbours have changed places. */
static bool is_swapped(const struct scenario *old, const struct scenario *now)
{
	uint32_t at[2], changed = 0;

	for (uint32_t i = 0; i < old->op_count && old->op_count == now->op_count; i++) {
		if (same_op(&old->ops[i], &now->ops[i]))
			continue;
		if (changed < 2)
			at[changed] = i;
		changed++;
	}
	return changed == 2 && at[1] > at[0] + 1 && same_op(&old->ops[at[0]], &now->ops[at[1]]) &&
	       same_op(&old->ops[at[1]], &now->ops[at[0]]);
}

static bool is_duplicated(const struct scenario *old, const struct scenario *now)
{
	if (now->op_count <= old->op_count || !is_part(old, now))
		return false;
	for (uint32_t i = 0; i < now->op_count; i++)
		if (!count_op(old, &now->ops[i]))
			return false;
	return true;
}

/* The same ops, but that two (all that there are) of one page of L2 speak of another now. */
static bool is_retargeted(const struct scenario *old, const struct scenario *now)
{
	uint32_t at[2], changed = 0;

	for (uint32_t i = 0; i < old->op_count && old->op_count == now->op_count; i++) {
		struct scenario_op op = now->ops[i];

		if (op.n != old->ops[i].n && changed < 2)
			at[changed] = i;
		changed += op.n != old->ops[i].n;
		op.n = old->ops[i].n;
		if (!same_op(&old->ops[i], &op))
			return false;
	}
	return changed == 2 && old->ops[at[0]].n == old->ops[at[1]].n && now->ops[at[0]].n == now->ops[at[1]].n;
}

static void make_example(struct scenario *c, const uint8_t *kinds, unsigned count)
{
	scenario_init(c);
	c->config.slot1 = 8; /* without it what says of which kind it is means nothing */
	for (unsigned i = 0; i < count; i++) {
		c->ops[i] = (struct scenario_op){.label = (uint16_t)(i + 1), .kind = kinds[i], .guest = 1};
		c->ops[i].n = (uint16_t)(i / 2);
	}
	c->op_count = count;
	scenario_canonicalize(c);
}

static void test_each_edit(void **state)
{
	static const uint8_t kinds[] = {OP_L1_MAP, OP_L2_STORE, OP_L1_UNMAP, OP_L2_LOAD, OP_L1_TLBIE, OP_L2_FETCH};
	static const uint8_t of_other[] = {OP_HOST_HARVEST, OP_HOST_AGE};
	unsigned inserted = 0, deleted = 0, swapped = 0, duplicated = 0, retargeted = 0, spliced = 0;
	unsigned configured[CONFIG_COUNT] = {0};
	struct rng rng;

	(void)state;
	rng_seed(&rng, 5);
	make_example(&before, kinds, sizeof(kinds));
	make_example(&other, of_other, sizeof(of_other));
	for (int round = 0; round < 40000; round++) {
		s = before;
		scenario_mutate(&s, &rng, &other);
		inserted += s.op_count > before.op_count && is_part(&before, &s) && !is_duplicated(&before, &s);
		deleted += s.op_count < before.op_count && is_part(&s, &before);
		swapped += is_swapped(&before, &s);
		duplicated += is_duplicated(&before, &s);
		retargeted += is_retargeted(&before, &s);
		spliced += count_op(&s, &other.ops[0]) && count_op(&s, &other.ops[1]);
		for (unsigned i = 0; i < CONFIG_COUNT; i++)
			configured[i] += scenario_field_get(&s.config, &config_info[i]) !=
					 scenario_field_get(&before.config, &config_info[i]);
	}
	assert_true(inserted > 400);
	assert_true(deleted > 400);
	assert_true(swapped > 400);
	assert_true(duplicated > 400);
	assert_true(retargeted > 400);
	assert_true(spliced > 400);
	for (unsigned i = 0; i < CONFIG_COUNT; i++) {
		/* What the run chooses stays. */
		bool fixed = i == CONFIG_page || i == CONFIG_l1 || i == CONFIG_rc || i == CONFIG_level;

		if (fixed ? configured[i] != 0 : configured[i] < 20)
			fail_msg("%s was changed %u times", config_info[i].name, configured[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mutate),	 cmocka_unit_test(test_each_edit),
		cmocka_unit_test(test_extremes), cmocka_unit_test(test_shrinks_to_nothing),
		cmocka_unit_test(test_bytes),	 cmocka_unit_test(test_tiny_buffers),
		cmocka_unit_test(test_aim),	 cmocka_unit_test(test_overlap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

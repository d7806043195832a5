// SPDX-License-Identifier: GPL-2.0-only
/* choose_test.c: each strategy keeps to what it promises: bounds, seeds, depth, and all paths. */
#include "sched/choose.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* Follow a chooser through `n` decisions; their answers in `answers`. Returns how many are not "go on". */
static unsigned follow(struct chooser *c, unsigned n, unsigned bound, unsigned *answers)
{
	unsigned others = 0;

	for (unsigned i = 0; i < n; i++) {
		answers[i] = choose(c, bound, 0);
		assert_true(answers[i] < bound);
		others += answers[i] != 0;
	}
	return others;
}

static void test_script(void **state)
{
	struct chooser c = choose_script();

	(void)state;
	for (unsigned said = 0; said < 4; said++)
		assert_int_equal(choose(&c, 4, said), said);
	assert_int_equal(c.asked, 0);
}

static void test_random(void **state)
{
	unsigned a[4096], b[4096], others;
	struct chooser c = choose_random(7, 16);

	(void)state;
	others = follow(&c, 4096, 3, a);
	assert_in_range(others, 128, 512);
	c = choose_random(7, 16);
	follow(&c, 4096, 3, b);
	assert_memory_equal(a, b, sizeof(a));
	c = choose_random(8, 16);
	follow(&c, 4096, 3, b);
	assert_memory_not_equal(a, b, sizeof(a));
	/* What the scenario says is done; where there is one way only, nothing is used up. */
	c = choose_random(7, 16);
	assert_int_equal(choose(&c, 3, 2), 2);
	assert_int_equal(choose(&c, 1, 0), 0);
	follow(&c, 4096, 3, b);
	assert_memory_equal(a, b, sizeof(a));
}

/* Depth - 1 changes in each run, each place as likely as another, and who goes first too. */
static void test_pct(void **state)
{
	unsigned places[33] = {0}, first[3] = {0}, answers[64];

	(void)state;
	for (uint64_t seed = 0; seed < 32000; seed++) {
		unsigned depth = 1 + seed % CHOOSE_DEPTH_MAX;
		struct chooser c = choose_pct(seed, depth, 32);
		unsigned others;

		first[choose_any(&c, 3)]++;
		others = follow(&c, 63, 2, answers);
		assert_int_equal(others, depth - 1);
		for (unsigned i = 0; i < 63; i++) {
			if (!answers[i])
				continue;
			/* Two of them at one place: the second is due at the next. */
			assert_true(i + 1 <= 33);
			if (depth == 2)
				places[i + 1]++;
		}
	}
	for (unsigned i = 0; i < 3; i++)
		assert_in_range(first[i], 32000 / 3 - 600, 32000 / 3 + 600);
	for (unsigned i = 1; i <= 32; i++)
		assert_in_range(places[i], 32000 / 3 / 32 - 100, 32000 / 3 / 32 + 100);
}

/* While nobody else could go on, a change waits. */
static void test_pct_waits(void **state)
{
	struct chooser c = choose_pct(1, 2, 1);

	(void)state;
	choose_any(&c, 2);
	for (unsigned i = 0; i < 50; i++)
		assert_int_equal(choose(&c, 1, 0), 0);
	assert_int_equal(choose(&c, 2, 0), 1);
}

/* A world of which the shape follows from the answers: after an answer of 1 there is one decision less. */
static unsigned explore(struct chooser *c, unsigned bounds, uint32_t *trace)
{
	unsigned asked = 0;

	*trace = 1;
	for (unsigned left = bounds; left > 0; left--) {
		unsigned answer = choose(c, left == 1 ? 3 : 2, 0);

		asked++;
		*trace = *trace * 4 + answer;
		if (answer == 1)
			left = left > 2 ? left - 1 : 1;
	}
	return asked;
}

/* All that a plain recursion finds. */
static unsigned count_paths(unsigned left)
{
	unsigned count = 0;

	if (!left)
		return 1;
	for (unsigned answer = 0; answer < (left == 1 ? 3 : 2); answer++) {
		unsigned next = answer == 1 ? (left > 2 ? left - 1 : 1) : left;

		count += count_paths(next - 1);
	}
	return count;
}

static void test_exhaustive(void **state)
{
	static uint32_t traces[4096];
	struct chooser c;
	unsigned count = 0;

	(void)state;
	assert_true(choose_exhaustive(&c));
	do {
		assert_true(count < 4096);
		explore(&c, 8, &traces[count]);
		for (unsigned i = 0; i < count; i++)
			assert_int_not_equal(traces[i], traces[count]);
		count++;
	} while (choose_next(&c));
	assert_int_equal(count, count_paths(8));
	assert_int_equal(traces[0], 1u << 16);
	assert_false(c.cut);
}

/* An order of three is one of six, and no decision that a change of PCT may fall on. */
static void test_any(void **state)
{
	struct chooser c, random = choose_random(1, 1000), script = choose_script();
	unsigned orders = 0, of[3] = {0};

	(void)state;
	assert_true(choose_exhaustive(&c));
	do {
		unsigned order = choose_any(&c, 3) * 2;

		orders |= 1u << (order + choose_any(&c, 2));
	} while (choose_next(&c));
	assert_int_equal(orders, 0x3f);
	assert_int_equal(choose_any(&script, 3), 0);
	for (unsigned i = 0; i < 3000; i++)
		of[choose_any(&random, 3)]++;
	assert_in_range(of[0], 800, 1200);
	assert_in_range(of[2], 800, 1200);
	assert_int_equal(random.asked, 0);
}

/* Decisions beyond the path's end, and runs that end earlier than the one before. */
static void test_exhaustive_shrinks(void **state)
{
	struct chooser c;

	(void)state;
	assert_true(choose_exhaustive(&c));
	for (unsigned i = 0; i < CHOOSE_PATH_MAX + 10; i++)
		assert_int_equal(choose(&c, 2, 0), 0);
	assert_true(c.cut);
	assert_true(choose_next(&c));
	assert_int_equal(choose(&c, 2, 0), 0);
	/* This run ended here: what was to differ was not reached, so an earlier decision does. */
	assert_true(choose_next(&c));
	assert_int_equal(choose(&c, 2, 0), 1);
	assert_false(choose_next(&c));
	assert_true(c.cut);
	choose_end(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_script),	   cmocka_unit_test(test_random),
		cmocka_unit_test(test_pct),	   cmocka_unit_test(test_pct_waits),
		cmocka_unit_test(test_exhaustive), cmocka_unit_test(test_exhaustive_shrinks),
		cmocka_unit_test(test_any),
	};

	return cmocka_run_group_tests_name("choose", tests, NULL, NULL);
}

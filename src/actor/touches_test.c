// SPDX-License-Identifier: GPL-2.0-only
/* touches_test.c: two ops meet where one changes what the other touches, and nowhere else. */
#include "actor/touches.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct touches t;
static struct scenario_aims aims;
static uint64_t memory[4096];
static const uint16_t labels[TOUCHES_OPS] = {11, 12, 13, 14, 15, 16, 17, 18};

static bool has_aim(uint16_t victim, uint16_t child, uint16_t nth)
{
	for (uint32_t i = 0; i < aims.count; i++)
		if (aims.aims[i].victim == victim && aims.aims[i].child == child && aims.aims[i].nth == nth)
			return true;
	return false;
}

static void test_conflicts(void **state)
{
	(void)state;
	touches_begin(&t, 3);
	touches_note(&t, 0, 1, POINT_READ, &memory[0]);		    /* both read */
	touches_note(&t, 0, 2, POINT_READ, &memory[1]);		    /* the other writes */
	touches_note(&t, 0, 3, POINT_WRITE, &memory[2]);	    /* the other reads */
	touches_note(&t, 0, 4, POINT_WRITE, &memory[3]);	    /* nobody else */
	touches_note(&t, 0, 5, POINT_ALLOC, NULL);		    /* nothing */
	touches_note(&t, 0, 6, POINT_READ, (char *)&memory[4] + 1); /* another byte of the word */
	touches_note(&t, 1, 1, POINT_READ, &memory[0]);
	touches_note(&t, 1, 2, POINT_WRITE, &memory[1]);
	touches_note(&t, 1, 3, POINT_READ, &memory[2]);
	touches_note(&t, 1, 4, POINT_WRITE, &memory[4]);
	touches_aims(&t, labels, &aims);
	assert_int_equal(aims.count, 6);
	assert_int_equal(aims.shared, 6);
	assert_int_equal(aims.around, 0);
	assert_true(has_aim(11, 12, 2) && has_aim(11, 12, 3) && has_aim(11, 12, 6));
	assert_true(has_aim(12, 11, 2) && has_aim(12, 11, 3) && has_aim(12, 11, 4));
}

static void test_hardware(void **state)
{
	(void)state;
	touches_begin(&t, 3);
	touches_note(&t, 0, 1, POINT_HW, NULL);
	touches_note(&t, 0, 2, POINT_USER, NULL);
	touches_note(&t, 1, 1, POINT_HW, NULL);
	touches_note(&t, 2, 7, POINT_TLBIE, NULL);
	touches_note(&t, 2, 8, POINT_HOST, NULL);
	touches_aims(&t, labels, &aims);
	assert_false(has_aim(11, 12, 1));
	assert_true(has_aim(11, 13, 1) && has_aim(12, 13, 1) && has_aim(13, 11, 7) && has_aim(13, 12, 7));
	assert_true(has_aim(11, 13, 2) && has_aim(13, 11, 8));
	assert_int_equal(aims.count, 6);
	/* Nor are locks what ops are after. */
	touches_note(&t, 0, 3, POINT_LOCK, &memory[0]);
	touches_note(&t, 1, 3, POINT_UNLOCK, &memory[0]);
	touches_aims(&t, labels, &aims);
	assert_true(has_aim(11, 12, 3) && has_aim(12, 11, 3));
	assert_int_equal(aims.shared, 0);
	assert_int_equal(aims.around, 5);
}

/* What was touched before is forgotten; more than there is room for is left out, and some of all are kept. */
static void test_limits(void **state)
{
	uint16_t highest = 0;

	(void)state;
	touches_begin(&t, 3);
	touches_note(&t, 1, 1, POINT_WRITE, &memory[0]);
	touches_begin(&t, 3);
	touches_note(&t, 0, 1, POINT_WRITE, &memory[0]);
	touches_aims(&t, labels, &aims);
	assert_int_equal(aims.count, 0);

	touches_begin(&t, 2);
	for (unsigned i = 0; i < TOUCHES_MAX / 2; i++)
		touches_note(&t, 0, 1 + i, POINT_WRITE, &memory[i]);
	for (unsigned i = 0; i < TOUCHES_MAX; i++)
		touches_note(&t, 1, 1 + i, POINT_READ, &memory[i % 4096]);
	touches_note(&t, TOUCHES_OPS, 1, POINT_WRITE, &memory[0]);
	touches_note(&t, 0, UINT16_MAX + 1u, POINT_WRITE, &memory[0]);
	assert_int_equal(t.count, TOUCHES_MAX);
	touches_aims(&t, labels, &aims);
	assert_int_equal(aims.met, TOUCHES_MAX);
	assert_int_equal(aims.count, AIMS_MAX);
	for (uint32_t i = 0; i < aims.count; i++)
		if (aims.aims[i].nth > highest)
			highest = aims.aims[i].nth;
	assert_true(highest > TOUCHES_MAX / 4);
}

/* An op of many touches leaves room for a short one, and it is known what it touched last. */
static void test_long_and_short(void **state)
{
	(void)state;
	touches_begin(&t, 2);
	for (unsigned i = 0; i < 2 * TOUCHES_MAX; i++)
		touches_note(&t, 0, 1 + i, POINT_READ, &memory[i % 1024]);
	touches_note(&t, 0, 2 * TOUCHES_MAX + 1, POINT_READ, &memory[2000]);
	touches_note(&t, 1, 5, POINT_WRITE, &memory[2000]);
	touches_aims(&t, labels, &aims);
	assert_int_equal(aims.count, 1);
	assert_true(has_aim(12, 11, 5));
	/* More words than are known do not end in a search for ever. */
	for (uintptr_t i = 1; i <= 2 * TOUCHES_SLOTS; i++)
		touches_note(&t, 0, 1, POINT_READ, (void *)(i << 16));
	touches_note(&t, 1, 6, POINT_WRITE, &memory[2000]);
	touches_aims(&t, labels, &aims);
	assert_true(has_aim(12, 11, 6));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_conflicts),
		cmocka_unit_test(test_hardware),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_long_and_short),
	};

	return cmocka_run_group_tests_name("touches", tests, NULL, NULL);
}

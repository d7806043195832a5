/* SPDX-License-Identifier: GPL-2.0-only */
/* data_race_test.c: what races and what does not, and that nothing is made up when tables are full. */
#include "data_race.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define X 0x1000u
#define LOCK 0x2000u
#define POINTER 0x3000u

static const char code[4096];

static int setup(void **state)
{
	*state = calloc(1, sizeof(struct data_races));
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	free(*state);
	return 0;
}

static void begin(struct data_races *d, unsigned ops)
{
	data_races_begin(d);
	for (unsigned i = 0; i < ops; i++)
		assert_int_equal(data_races_op(d), i);
}

/* The place in the code is the op's own, so that the other side can be told. */
static const void *touch(struct data_races *d, unsigned op, bool write, bool marked, uint64_t offset, uint64_t size)
{
	const struct data_race_access access = {
		.callers = {&code[op + 1]}, .op = (uint8_t)op, .write = write, .marked = marked};
	const struct data_race_access *other = data_races_access(d, &access, offset, size);

	return other ? other->callers[0] : NULL;
}

static const void *load(struct data_races *d, unsigned op)
{
	return touch(d, op, false, false, X, 8);
}

static const void *store(struct data_races *d, unsigned op)
{
	return touch(d, op, true, false, X, 8);
}

static void unordered_accesses_race_if_one_writes_and_one_is_unmarked(void **state)
{
	struct data_races *d = *state;

	for (unsigned i = 0; i < 16; i++) {
		bool write[] = {i & 1, i & 2}, marked[] = {i & 4, i & 8};
		bool race = (write[0] || write[1]) && !(marked[0] && marked[1]);

		begin(d, 2);
		assert_null(touch(d, 0, write[0], marked[0], X, 8));
		assert_ptr_equal(touch(d, 1, write[1], marked[1], X, 8), race ? &code[1] : NULL);
	}
}

static void an_op_does_not_race_with_itself_nor_with_what_was_before(void **state)
{
	struct data_races *d = *state;

	begin(d, 1);
	assert_null(store(d, 0));
	assert_null(store(d, 0));
	begin(d, 2);
	assert_null(load(d, 1));
}

static void a_lock_orders_what_is_under_it_and_only_that(void **state)
{
	struct data_races *d = *state;

	begin(d, 2);
	data_races_acquired(d, 0, LOCK);
	assert_null(store(d, 0));
	data_races_released(d, 0, LOCK);
	data_races_acquired(d, 1, LOCK);
	assert_null(store(d, 1));
	data_races_released(d, 1, LOCK);
	/* This one comes after the unlock, without the lock. */
	assert_ptr_equal(load(d, 0), &code[2]);
}

static void another_lock_orders_nothing(void **state)
{
	struct data_races *d = *state;

	begin(d, 2);
	assert_null(store(d, 0));
	data_races_released(d, 0, LOCK);
	data_races_acquired(d, 1, LOCK + 8);
	assert_ptr_equal(store(d, 1), &code[1]);
}

/* As many keys as a long op has, each of another op's writes: they do not meet. */
static void some_hundred_keys_are_told_apart(void **state)
{
	struct data_races *d = *state;

	begin(d, 2);
	assert_null(store(d, 0));
	for (uint64_t i = 0; i < 300; i++)
		data_races_released(d, 0, LOCK + 16 * i);
	for (uint64_t i = 0; i < 300; i++)
		data_races_acquired(d, 1, LOCK + 16 * i + 8);
	assert_ptr_equal(store(d, 1), &code[1]);
}

static void order_goes_on_through_a_third_op(void **state)
{
	struct data_races *d = *state;

	begin(d, 3);
	assert_null(store(d, 0));
	data_races_released(d, 0, LOCK);
	data_races_acquired(d, 1, LOCK);
	data_races_released(d, 1, POINTER);
	data_races_acquired(d, 2, POINTER);
	assert_null(store(d, 2));
}

static void bytes_beside_each_other_do_not_meet(void **state)
{
	struct data_races *d = *state;

	begin(d, 2);
	assert_null(touch(d, 0, true, false, X + 4, 4));
	assert_null(touch(d, 1, true, false, X, 4));
	assert_null(touch(d, 1, true, false, X + 8, 4));
	assert_ptr_equal(touch(d, 1, true, false, X + 7, 1), &code[1]);
	/* Across the boundary of two doublewords. */
	assert_ptr_equal(touch(d, 0, true, false, X + 6, 4), &code[2]);
}

static void a_fill_meets_each_word_of_it(void **state)
{
	struct data_races *d = *state;

	begin(d, 2);
	assert_null(touch(d, 0, true, false, X, 200));
	assert_null(touch(d, 1, false, false, X + 200, 8));
	assert_ptr_equal(touch(d, 1, false, false, X + 192, 8), &code[1]);
}

static void an_earlier_write_is_remembered_behind_later_reads(void **state)
{
	struct data_races *d = *state;

	begin(d, 3);
	assert_null(store(d, 0));
	for (unsigned i = 0; i < 100; i++)
		assert_null(load(d, 0));
	assert_ptr_equal(load(d, 1), &code[1]);
}

/* Of two ops that race with it, ordered or not, at least one is found when more accesses come than are remembered. */
static void what_is_forgotten_makes_up_no_race(void **state)
{
	struct data_races *d = *state;

	begin(d, DATA_RACE_OPS);
	for (unsigned op = 0; op < DATA_RACE_OPS; op++) {
		data_races_acquired(d, op, LOCK);
		for (uint64_t i = 0; i < 3 * DATA_RACE_WORDS; i += 7)
			assert_null(touch(d, op, true, false, X + 8 * i, 8));
		data_races_released(d, op, LOCK);
	}
}

/* More keys than there is room for: those that share a place order more, never less. */
static void many_locks_still_order(void **state)
{
	struct data_races *d = *state;

	begin(d, 2);
	for (uint64_t i = 0; i < 4 * DATA_RACE_ORDERS; i++) {
		assert_null(touch(d, 0, true, false, X + 8 * (i % 64), 8));
		data_races_released(d, 0, LOCK + 8 * i);
		data_races_acquired(d, 1, LOCK + 8 * i);
		assert_null(touch(d, 1, true, false, X + 8 * (i % 64), 8));
		data_races_released(d, 1, LOCK + 8 * i);
		data_races_acquired(d, 0, LOCK + 8 * i);
	}
}

static void an_op_that_takes_up_a_number_again_starts_afresh(void **state)
{
	struct data_races *d = *state;

	begin(d, 2);
	for (unsigned i = 0; i < 10; i++)
		data_races_released(d, 0, LOCK);
	data_races_acquired(d, 1, LOCK);
	/* In the next world op 1 knows nothing of op 0. */
	begin(d, 2);
	assert_null(store(d, 0));
	data_races_acquired(d, 1, LOCK);
	assert_ptr_equal(store(d, 1), &code[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(unordered_accesses_race_if_one_writes_and_one_is_unmarked, setup,
						teardown),
		cmocka_unit_test_setup_teardown(an_op_does_not_race_with_itself_nor_with_what_was_before, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_lock_orders_what_is_under_it_and_only_that, setup, teardown),
		cmocka_unit_test_setup_teardown(another_lock_orders_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(some_hundred_keys_are_told_apart, setup, teardown),
		cmocka_unit_test_setup_teardown(order_goes_on_through_a_third_op, setup, teardown),
		cmocka_unit_test_setup_teardown(bytes_beside_each_other_do_not_meet, setup, teardown),
		cmocka_unit_test_setup_teardown(a_fill_meets_each_word_of_it, setup, teardown),
		cmocka_unit_test_setup_teardown(an_earlier_write_is_remembered_behind_later_reads, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_forgotten_makes_up_no_race, setup, teardown),
		cmocka_unit_test_setup_teardown(many_locks_still_order, setup, teardown),
		cmocka_unit_test_setup_teardown(an_op_that_takes_up_a_number_again_starts_afresh, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

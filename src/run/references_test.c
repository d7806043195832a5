/* SPDX-License-Identifier: GPL-2.0-only */
/* references_test.c: where references to a nested guest were taken and given back, and what the index lost. */
#include "references.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static const char code[8];
static const void *const ENTER[TARGET_CALLERS] = {&code[1]};
static const void *const TLBIE[TARGET_CALLERS] = {&code[2]};
static const void *const PUT[TARGET_CALLERS] = {&code[3]};
static const void *const REMOVE[TARGET_CALLERS] = {&code[4]};

/* What the kernel has. */
static char object;
static uint32_t indexed;
static long counted;

static uint32_t nested_guests(struct target_guest *guests, uint32_t max)
{
	assert_true(max >= 1);
	guests[0] = (struct target_guest){&object, counted};
	return indexed;
}

static long nested_references(const void *guest)
{
	assert_ptr_equal(guest, &object);
	return counted;
}

static const char mmu_lock, tlb_lock;

static const char *lock_name(const void *lock)
{
	return lock == &mmu_lock ? "mmu_lock" : "tlb_lock";
}

static const struct target target = {
	.nested_guests = nested_guests, .nested_references = nested_references, .lock_name = lock_name};

static int setup(void **state)
{
	*state = calloc(1, sizeof(struct references));
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	free(*state);
	return 0;
}

static void look(struct references *refs, uint32_t is_indexed, long references,
		 const void *const callers[TARGET_CALLERS])
{
	indexed = is_indexed;
	counted = references;
	references_look(refs, &target, &mmu_lock, callers);
}

/* What was taken there, less what was given back there. */
static long taken(const struct references *refs, const void *const callers[TARGET_CALLERS])
{
	const struct guest_references *g = references_find(refs, &object);

	assert_non_null(g);
	for (uint32_t i = 0; i < g->site_count; i++)
		if (g->sites[i].site.callers[0] == callers[0])
			return g->sites[i].taken;
	return 0;
}

static void the_index_has_one_and_who_made_it_another(void **state)
{
	look(*state, 1, 2, ENTER);
	assert_int_equal(taken(*state, ENTER), 1);
	look(*state, 1, 1, PUT);
	assert_int_equal(taken(*state, PUT), -1);
	look(*state, 0, 0, REMOVE);
	assert_int_equal(taken(*state, REMOVE), 0);
	assert_false(references_find(*state, &object)->index_lost);
}

static void each_place_is_counted_apart(void **state)
{
	look(*state, 1, 2, ENTER);
	look(*state, 1, 3, TLBIE);
	look(*state, 1, 3, PUT); /* the lock is taken for something else */
	look(*state, 1, 4, TLBIE);
	look(*state, 1, 3, PUT);
	look(*state, 0, 2, REMOVE);
	assert_int_equal(taken(*state, ENTER), 1);
	assert_int_equal(taken(*state, TLBIE), 2);
	assert_int_equal(taken(*state, PUT), -1);
	assert_int_equal(taken(*state, REMOVE), 0);
	assert_false(references_find(*state, &object)->index_lost);
	look(*state, 0, 1, PUT); /* after it has left */
	assert_int_equal(taken(*state, PUT), -2);
}

static void an_index_that_loses_a_guest_keeps_its_reference(void **state)
{
	look(*state, 1, 2, ENTER);
	look(*state, 0, 2, REMOVE);
	assert_true(references_find(*state, &object)->index_lost);
	assert_ptr_equal(references_find(*state, &object)->left.callers[0], REMOVE[0]);
	assert_int_equal(taken(*state, REMOVE), 0);
}

static void what_was_never_in_the_index_is_unknown(void **state)
{
	look(*state, 0, 1, ENTER);
	assert_null(references_find(*state, &object));
	look(*state, 1, 2, ENTER);
	references_reset(*state);
	assert_null(references_find(*state, &object));
}

/* No memory is used twice in a world, but an object may be put back into the index. */
static void one_that_comes_back_is_counted_anew(void **state)
{
	look(*state, 1, 2, ENTER);
	look(*state, 0, 0, REMOVE);
	look(*state, 1, 2, TLBIE);
	assert_int_equal(taken(*state, TLBIE), 1);
	assert_int_equal(taken(*state, ENTER), 0);
}

static void more_than_there_is_room_for_does_no_harm(void **state)
{
	static const char many[2 * REFERENCES_SITES];

	look(*state, 1, 2, ENTER);
	for (long n = 0; n < 2 * (long)REFERENCES_SITES; n++) {
		const void *const callers[TARGET_CALLERS] = {&many[n]};

		look(*state, 1, 3 + n, callers);
	}
	assert_int_equal(taken(*state, ENTER), 1);
	assert_int_equal(references_find(*state, &object)->site_count, REFERENCES_SITES);
	for (uint32_t i = 0; i < 4 * REFERENCES_GUESTS; i++)
		look(*state, i % 2, i % 2, REMOVE);
	assert_ptr_equal(references_find(*state, &object)->guest, &object);
}

static void another_lock_costs_no_look(void **state)
{
	look(*state, 1, 2, ENTER);
	counted = 3;
	references_look(*state, &target, &tlb_lock, TLBIE);
	assert_int_equal(references_find(*state, &object)->references, 2);
	look(*state, 1, 3, TLBIE);
	assert_int_equal(taken(*state, TLBIE), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_index_has_one_and_who_made_it_another, setup, teardown),
		cmocka_unit_test_setup_teardown(each_place_is_counted_apart, setup, teardown),
		cmocka_unit_test_setup_teardown(an_index_that_loses_a_guest_keeps_its_reference, setup, teardown),
		cmocka_unit_test_setup_teardown(what_was_never_in_the_index_is_unknown, setup, teardown),
		cmocka_unit_test_setup_teardown(one_that_comes_back_is_counted_anew, setup, teardown),
		cmocka_unit_test_setup_teardown(more_than_there_is_room_for_does_no_harm, setup, teardown),
		cmocka_unit_test_setup_teardown(another_lock_costs_no_look, setup, teardown),
	};

	return cmocka_run_group_tests_name("references", tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* freed_test.c: who freed a page table, alone or with others, and whether that op is still at it. */
#include "test_runner.h"

#define TABLE(n) ((const void *)(uintptr_t)(MACHINE_KMEM_BASE + 4096 * (n)))

static void a_tree_is_freed_under_one_lock(void **state)
{
	struct freed *f = &((struct runner *)*state)->freed;

	freed_locked(f, 0);
	freed_locked(f, 1);
	freed_note(f, TABLE(1), 0, 5, 10, 10);
	freed_note(f, TABLE(2), 1, 6, 10, 10);
	assert_true(freed_alone(f, freed_find(f, TABLE(1), 10)));
	freed_note(f, TABLE(3), 0, 5, 11, 10); /* what the other has taken meanwhile is its own */
	assert_false(freed_alone(f, freed_find(f, TABLE(1), 10)));
	assert_true(freed_alone(f, freed_find(f, TABLE(2), 10)));
	freed_locked(f, 0);
	freed_note(f, TABLE(4), 0, 5, 12, 10);
	assert_true(freed_alone(f, freed_find(f, TABLE(4), 10)));
}

static void none_is_forgotten(void **state)
{
	struct freed *f = &((struct runner *)*state)->freed;

	/* A world that leaves no place, and the next. */
	for (unsigned n = 0; n < 2 * FREED_TABLES; n++)
		freed_note(f, TABLE(n), 0, 1, 9, 9);
	assert_null(freed_find(f, TABLE(3), 10));
	for (unsigned n = 0; n < FREED_TABLES; n++)
		freed_note(f, TABLE(n), 0, (uint16_t)n, 10, 10);
	for (unsigned n = 0; n < FREED_TABLES; n++) {
		assert_non_null(freed_find(f, TABLE(n), 10));
		assert_int_equal(freed_find(f, TABLE(n), 10)->op, n);
	}
	freed_note(f, TABLE(FREED_TABLES), 0, 1, 10, 10); /* one too many */
	assert_null(freed_find(f, TABLE(FREED_TABLES), 10));
	freed_note(f, TABLE(7), 0, 8, 12, 10); /* again */
	assert_int_equal(freed_find(f, TABLE(7), 10)->op, 8);
	assert_null(freed_find(f, TABLE(63), 11)); /* it was in another world */
}

static void an_op_that_has_ended_is_not_under_way(void **state)
{
	struct runner *r = *state;
	char *table = machine_kmem_alloc(r->world.machine, 4096, 4096, true, 1, NULL);

	assert_non_null(table);
	r->world.tasks[1].op = 5;
	freed_note(&r->freed, table, 1, 5, 10, r->evidence.begin);
	r->world.sched.top = 2; /* so many were started, and may have ended */
	assert_false(was_freed_meanwhile(r, (uintptr_t)table + 8));
	r->world.sched.tasks[1].state = TASK_READY;
	assert_true(was_freed_meanwhile(r, (uintptr_t)table + 8));
	r->world.task = &r->world.tasks[1]; /* its own accesses come when it has freed it */
	assert_false(was_freed_meanwhile(r, (uintptr_t)table + 8));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_tree_is_freed_under_one_lock, setup_runner, teardown_runner),
		cmocka_unit_test_setup_teardown(none_is_forgotten, setup_runner, teardown_runner),
		cmocka_unit_test_setup_teardown(an_op_that_has_ended_is_not_under_way, setup_runner, teardown_runner),
	};

	return cmocka_run_group_tests_name("freed", tests, NULL, NULL);
}

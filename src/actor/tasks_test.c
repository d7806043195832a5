// SPDX-License-Identifier: GPL-2.0-only
/* tasks_test.c: which accesses are yield points of their own. Without a kernel: the services are called as it would. */
#include "actor/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static struct scenario s;
static struct world *w;
static char module[65536]; /* the addresses of code are in there */
static uint64_t memory[64];

static unsigned told;

static void tell(void *ctx, enum target_point kind, enum target_marking marking, const void *address, size_t size,
		 const void *const callers[TARGET_CALLERS])
{
	(void)ctx;
	(void)kind;
	(void)marking;
	(void)address;
	(void)size;
	(void)callers;
	told++;
}

static int setup(void **state)
{
	(void)state;
	scenario_init(&s);
	s.ops[0].label = 1;
	s.op_count = 1;
	w = calloc(1, sizeof(*w));
	if (!w)
		return -1;
	w->target = (const struct target *)(void *)module;
	w->scenario = &s;
	w->config = &s.config;
	world_task_services(w);
	w->services.watch_access = true;
	w->hooks.accessed = tell;
	told = 0;
	for (unsigned i = 0; i < 2; i++)
		w->tasks[i] = (struct world_task){.what = &s.ops[0], .watched = true, .epoch = ++w->epochs};
	w->task = &w->tasks[0];
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(w);
	return 0;
}

static void run_task(unsigned task)
{
	w->sched.current = task;
	w->task = &w->tasks[task];
}

static void access(enum target_point kind, unsigned place, unsigned word)
{
	const void *callers[TARGET_CALLERS] = {module + place};

	w->services.accessed(w, kind, MARK_PLAIN, &memory[word % 64], 8, callers);
}

/* A scan reads many words at few places, and counts as these places. */
static void test_scan(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 1000; i++)
		for (unsigned place = 0; place < 40; place++)
			access(POINT_READ, 4099 * place % 60000, i);
	assert_int_equal(w->task->points, 40);
	/* Something else happens: what is read now may be news. */
	access(POINT_WRITE, 5, 0);
	assert_int_equal(w->task->points, 41);
	access(POINT_READ, 4099, 0);
	access(POINT_READ, 4099, 1);
	assert_int_equal(w->task->points, 42);
	/* Writes are yield points each. */
	access(POINT_WRITE, 5, 0);
	access(POINT_WRITE, 5, 1);
	assert_int_equal(w->task->points, 44);
}

/* Yield points keep their numbers whether or not another op is watched. */
static void test_others_do_not_matter(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 20; i++) {
		run_task(0);
		access(POINT_READ, 100, i);
		access(POINT_READ, 200, i);
		run_task(1);
		access(POINT_READ, 100, i);
		for (unsigned k = 0; k < 300; k++)
			access(POINT_READ, 100 + i + k, i);
		access(POINT_WRITE, 300, i);
	}
	assert_int_equal(w->tasks[0].points, 2);
}

/* Races are looked for in all that runs, yield points only where the scenario has some. */
static void test_told_without_a_yield_point(void **state)
{
	(void)state;
	w->task->watched = false;
	access(POINT_WRITE, 5, 0);
	access(POINT_READ, 6, 0);
	access(POINT_READ, 6, 0);
	assert_int_equal(told, 3);
	assert_int_equal(w->task->points, 0);
	/* At the level sync accesses may be told as well: those to what was freed. */
	w->task->watched = true;
	w->services.watch_access = false;
	access(POINT_WRITE, 5, 0);
	assert_int_equal(told, 4);
	assert_int_equal(w->task->points, 0);
}

static unsigned reached;
static const void *reached_at;

static void reach(void *ctx, uint32_t point, const void *const callers[TARGET_CALLERS])
{
	(void)ctx;
	assert_int_equal(point, 0);
	reached++;
	reached_at = callers[0];
}

/* Who asks hears of a point of the scenario once, with the code that comes to it. */
static void test_reached(void **state)
{
	(void)state;
	s.points[0] = (struct scenario_point){.victim = 1, .nth = 3};
	s.point_count = 1;
	w->hooks.reached = reach;
	for (int asked = 0; asked < 2; asked++) {
		w->tell_reached = asked;
		w->points[0] = (struct world_point){0};
		w->task->points = 0;
		reached = 0;
		for (unsigned place = 1; place < 6; place++)
			access(POINT_WRITE, place, 0);
		assert_true(w->points[0].reached);
		assert_int_equal(reached, asked);
	}
	assert_ptr_equal(reached_at, module + 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_reached, setup, teardown),
		cmocka_unit_test_setup_teardown(test_scan, setup, teardown),
		cmocka_unit_test_setup_teardown(test_others_do_not_matter, setup, teardown),
		cmocka_unit_test_setup_teardown(test_told_without_a_yield_point, setup, teardown),
	};

	return cmocka_run_group_tests_name("tasks", tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* sched_test.c: who goes on when a task ends, waits, steps aside, and when nobody can. */
#include "sched.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define STACK_BYTES 65536

static struct sched s;
static char trace[64];
static int lock, gate;

static void say(char c)
{
	size_t n = strlen(trace);

	trace[n] = c;
	trace[n + 1] = 0;
}

static int setup(void **state)
{
	(void)state;
	return !sched_create(&s, STACK_BYTES);
}

static int teardown(void **state)
{
	(void)state;
	sched_destroy(&s);
	return 0;
}

static void begin(void)
{
	sched_begin(&s);
	trace[0] = 0;
	lock = gate = 0;
}

static void one_letter(void *arg)
{
	say(*(const char *)arg);
}

static void test_a_task_runs_where_it_is_started(void **state)
{
	(void)state;
	begin();
	say('a');
	assert_true(sched_start(&s, one_letter, "b"));
	say('c');
	assert_true(sched_start(&s, one_letter, "d"));
	assert_string_equal(trace, "abcd");
	assert_false(sched_others(&s));
}

static void waiter(void *arg)
{
	say('w');
	say(sched_wait(&s, &lock) ? 'W' : '!');
	(void)arg;
}

static void test_who_waits_gives_way(void **state)
{
	(void)state;
	begin();
	sched_start(&s, waiter, NULL);
	say('a');
	assert_ptr_equal(s.tasks[1].waits_for, &lock);
	sched_wake(&s, &gate);
	assert_false(sched_step_aside(&s)); /* woken for something else: still waits */
	sched_wake(&s, &lock);
	say('b');
	assert_true(sched_step_aside(&s));
	say('c');
	assert_string_equal(trace, "wabWc");
}

/* Both wait: the inner one finds that nobody can wake it, and so does task 0. */
static void test_deadlock(void **state)
{
	(void)state;
	begin();
	sched_start(&s, waiter, NULL);
	assert_false(sched_wait(&s, &gate));
	assert_string_equal(trace, "w");
	begin(); /* what waits is forgotten */
	assert_false(sched_others(&s));
}

static void opener(void *arg)
{
	(void)arg;
	say('o');
	sched_step_aside(&s);
	say('p');
	sched_wake(&s, &gate);
	sched_wait(&s, &lock);
	say('q');
}

/* A waits for B, B for A: they take turns, and a task that ends while all others wait lets task 0 say so. */
static void test_turns(void **state)
{
	(void)state;
	begin();
	sched_start(&s, opener, NULL);
	say('a');
	assert_true(sched_wait(&s, &gate));
	say('b');
	sched_wake(&s, &lock);
	assert_false(sched_wait(&s, &gate));
	assert_string_equal(trace, "oapbq");
}

static void stepper(void *arg)
{
	(void)arg;
	sched_step_aside(&s);
	say('s');
}

/* Who has stepped aside comes last, and comes when there is nobody else. */
static void test_who_has_stepped_aside(void **state)
{
	(void)state;
	begin();
	sched_start(&s, stepper, NULL);
	say('a');
	assert_false(sched_step_aside(&s));
	assert_true(sched_let_others(&s));
	assert_false(sched_let_others(&s));
	assert_string_equal(trace, "as");
}

static void test_drain(void **state)
{
	(void)state;
	begin();
	sched_start(&s, stepper, NULL);
	assert_true(sched_drain(&s));
	assert_string_equal(trace, "s");
	sched_start(&s, waiter, NULL);
	assert_false(sched_drain(&s));
	sched_wake(&s, &lock);
	assert_true(sched_drain(&s));
	assert_string_equal(trace, "swW");
}

static void retries(void *arg)
{
	while (!gate)
		assert_true(sched_let_others(&s));
	say(*(const char *)arg);
}

static void ends_it(void *arg)
{
	(void)arg;
	sched_step_aside(&s);
	gate = 1;
	say('e');
}

/* Two that retry do not keep a third, older one, from what they wait for. */
static void test_nobody_starves(void **state)
{
	(void)state;
	begin();
	sched_start(&s, ends_it, NULL);
	sched_start(&s, retries, "r");
	sched_start(&s, retries, "q");
	assert_true(sched_drain(&s));
	assert_int_equal(strlen(trace), 3);
	assert_int_equal(trace[0], 'e');
}

static void nested(void *arg)
{
	uintptr_t depth = (uintptr_t)arg;

	say((char)('a' + depth));
	if (depth < 3)
		sched_start(&s, nested, (void *)(depth + 1));
	say((char)('A' + depth));
}

static void test_nesting(void **state)
{
	(void)state;
	begin();
	nested((void *)(uintptr_t)0);
	assert_string_equal(trace, "abcdDCBA");
}

static void test_too_many(void **state)
{
	unsigned started = 0;

	(void)state;
	begin();
	while (sched_start(&s, waiter, NULL))
		started++;
	assert_int_equal(started, SCHED_TASKS - 1);
	begin();
	assert_true(sched_start(&s, one_letter, "x"));
}

static jmp_buf end;

static void leaves(void *arg)
{
	(void)arg;
	gate = 1;
	sched_give_up(&s);
}

static void came_back(void *ctx)
{
	(void)ctx;
	if (gate && s.current == 0)
		longjmp(end, 1);
}

/* From any depth, task 0 gets control, and may leave by a jump. */
static void test_give_up(void **state)
{
	(void)state;
	begin();
	s.switched = came_back;
	if (setjmp(end) == 0) {
		sched_start(&s, leaves, NULL);
		fail();
	}
	s.switched = NULL;
	begin();
	assert_true(sched_start(&s, one_letter, "x"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_task_runs_where_it_is_started),
		cmocka_unit_test(test_who_waits_gives_way),
		cmocka_unit_test(test_deadlock),
		cmocka_unit_test(test_turns),
		cmocka_unit_test(test_who_has_stepped_aside),
		cmocka_unit_test(test_drain),
		cmocka_unit_test(test_nobody_starves),
		cmocka_unit_test(test_nesting),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_give_up),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

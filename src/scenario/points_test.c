// SPDX-License-Identifier: GPL-2.0-only
/* points_test.c: which preemptions are kept, and in which order ops and points stand. */
#include "scenario/codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct scenario s, again;
static uint8_t bytes[CODEC_BYTES_MAX];

/* Ops with labels 1..count. */
static void begin(uint32_t count)
{
	scenario_init(&s);
	for (uint32_t i = 0; i < count; i++)
		s.ops[s.op_count++] = (struct scenario_op){.kind = OP_L1_LOAD, .label = (uint16_t)(i + 1), .guest = 1};
}

static void point(uint16_t victim, uint16_t child, const char *name)
{
	struct scenario_point *p = &s.points[s.point_count++];

	*p = (struct scenario_point){.victim = victim, .child = child, .nth = 1};
	strcpy(p->name, name);
}

static void assert_order(const char *labels)
{
	scenario_canonicalize(&s);
	assert_int_equal(s.op_count, strlen(labels));
	for (uint32_t i = 0; i < s.op_count; i++)
		assert_int_equal(s.ops[i].label, labels[i] - '0');
	again = s;
	scenario_canonicalize(&again);
	assert_true(scenario_equal(&s, &again));
	memset(&again, 0x5a, sizeof(again));
	scenario_decode(&again, bytes, scenario_encode(&s, bytes, sizeof(bytes)));
	assert_true(scenario_equal(&s, &again));
}

static void test_children_stand_behind_their_victim(void **state)
{
	(void)state;
	begin(6);
	point(4, 1, "f:lock:a");
	point(2, 6, "");
	point(2, 3, "f:lock:b");
	point(6, 5, "");
	assert_order("265341");
	assert_int_equal(s.point_count, 4);
	assert_int_equal(s.points[0].child, 6);
	assert_int_equal(s.points[1].child, 5);
	assert_int_equal(s.points[2].child, 3);
	assert_string_equal(s.points[2].name, "f:lock:b");
}

static void test_senseless_points_go(void **state)
{
	(void)state;
	begin(3);
	point(9, 1, ""); /* no such victim */
	point(1, 9, ""); /* no such child */
	point(1, 1, ""); /* itself */
	point(1, 2, "");
	point(3, 2, ""); /* has its place already */
	point(2, 1, ""); /* a cycle */
	point(1, 0, ""); /* nothing to return to */
	point(2, 0, "");
	assert_order("123");
	assert_int_equal(s.point_count, 2);
	assert_int_equal(s.points[0].child, 2);
	assert_int_equal(s.points[1].victim, 2);
}

static void test_names(void **state)
{
	(void)state;
	begin(2);
	point(1, 2, "no name, this");
	s.points[0].nth = 0;
	assert_order("12");
	assert_string_equal(s.points[0].name, "");
	assert_int_equal(s.points[0].nth, 1);
	memset(s.points[0].name, 'x', SCENARIO_POINT_NAME);
	assert_order("12");
	assert_string_equal(s.points[0].name, "");
	assert_false(scenario_point_name_valid("", 0));
	assert_true(scenario_point_name_valid("kvm_unmap:tlbie:page", 20));
	assert_false(scenario_point_name_valid("a\0b", 3));
	assert_true(scenario_point_name_valid("f|g:lock:a", 10));
	assert_false(scenario_point_name_valid("|f:lock:a", 9));
	assert_false(scenario_point_name_valid("f|:lock:a", 9));
	assert_false(scenario_point_name_valid("f||g:lock:a", 11));
	assert_false(scenario_point_name_valid("f|", 2));
	assert_false(scenario_point_name_valid("f:lock:a|b", 10));
	/* What a text cannot say no binary form says either: the number is left. */
	strcpy(s.points[0].name, "f:bogus:a");
	assert_order("12");
	assert_string_equal(s.points[0].name, "");
	strcpy(s.points[0].name, ":lock:a");
	assert_order("12");
	assert_string_equal(s.points[0].name, "");
}

/* A function may have another name in another kernel; what happens in it, and to what, has not. */
static void test_function_of_two_names(void **state)
{
	struct scenario_point p = {.name = "f|g:lock:a"};

	(void)state;
	assert_true(scenario_point_is(&p, "f:lock:a"));
	assert_true(scenario_point_is(&p, "g:lock:a"));
	assert_false(scenario_point_is(&p, "f|g:lock:a"));
	assert_false(scenario_point_is(&p, "ff:lock:a"));
	assert_false(scenario_point_is(&p, "g:lock:b"));
	assert_false(scenario_point_is(&p, "g:unlock:a"));
	assert_false(scenario_point_is(&p, "g"));
	assert_false(scenario_point_is(&p, "unknown"));
	p = (struct scenario_point){.name = "f:lock:a"};
	assert_true(scenario_point_is(&p, "f:lock:a"));
	assert_false(scenario_point_is(&p, "f:lock:ab"));
	assert_false(scenario_point_is(&p, ":lock:a"));
	p = (struct scenario_point){.name = "unknown"};
	assert_true(scenario_point_is(&p, "unknown"));
	assert_false(scenario_point_is(&p, "unknown:lock:a"));
}

/* A name that is cut off in the binary form is a shorter name, or none. */
static void test_truncated(void **state)
{
	size_t size;

	(void)state;
	begin(2);
	point(1, 2, "a_function_with_a_long_name:lock:and_a_variable");
	scenario_canonicalize(&s);
	size = scenario_encode(&s, bytes, sizeof(bytes));
	for (size_t n = 0; n <= size; n++) {
		scenario_decode(&again, bytes, n);
		assert_true(strlen(again.point_count ? again.points[0].name : "") <= strlen(s.points[0].name));
	}
	assert_true(scenario_equal(&s, &again));
}

static void test_ops_that_go_take_their_points_along(void **state)
{
	(void)state;
	begin(3);
	s.ops[1].kind = OP_L1_ABANDON;
	s.config.l1 = L1_WELL_BEHAVED;
	point(1, 2, "");
	point(2, 3, "");
	assert_order("13");
	assert_int_equal(s.point_count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_children_stand_behind_their_victim),
		cmocka_unit_test(test_senseless_points_go),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_function_of_two_names),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_ops_that_go_take_their_points_along),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only
/* controls_test.c: each control differs from the scenario in one thing. */
#include "controls.h"

#include "scenario/scenario_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define HEAD "rcfuzz-scenario 1\nconfig page=64k\n"
#define FIRST                                                                                                          \
	"a l1    create    guest=1\n"                                                                                  \
	"b l1    map       guest=1 n=2 g=5\n"                                                                          \
	"c host  log.start slot=0\n"
#define CAUSE "d host  harvest   slot=0\n"
#define STORE "e l2    store     guest=1 n=2\n"
#define LAST "f host  harvest   slot=0\n"

static struct scenario loss(void)
{
	static const char text[] = HEAD FIRST CAUSE STORE LAST;
	static struct scenario_file file;
	struct scenario_error error;

	assert_true(scenario_file_parse(text, sizeof(text) - 1, &file, &error));
	return file.scenario;
}

static const struct finding finding = {.class = CLASS_LOST_DIRTY_HOST, .op_cause = 3, .op_effect = 5};

static void assert_control(enum control control, const char *expected)
{
	struct scenario s = loss(), out;
	char text[1024];

	assert_true(control_make(control, &s, &finding, &out));
	scenario_text_write_bare(&out, text, sizeof(text));
	assert_string_equal(text, expected);
}

static void controls_change_one_thing(void **state)
{
	(void)state;
	assert_control(CONTROL_WITHOUT, HEAD FIRST STORE LAST);
	assert_control(CONTROL_PLAIN, HEAD FIRST CAUSE "e l1    store     g=5\n" LAST);
	assert_control(CONTROL_SWAPPED, HEAD FIRST STORE CAUSE LAST);
}

static void what_is_not_there_makes_no_control(void **state)
{
	struct scenario s = loss(), out;
	struct finding last = finding;

	(void)state;
	/* The finding is about the access: it comes before what precedes it. */
	last.op_cause = 4;
	assert_true(control_make(CONTROL_SWAPPED, &s, &last, &out));
	assert_int_equal(out.ops[3].kind, OP_L2_STORE);
	assert_int_equal(out.ops[4].kind, OP_HOST_HARVEST);
	/* No access follows. */
	last.op_cause = 5;
	assert_false(control_make(CONTROL_SWAPPED, &s, &last, &out));
	/* L2's page lies nowhere. */
	s.ops[1].n = 3;
	assert_false(control_make(CONTROL_PLAIN, &s, &finding, &out));
	/* L2 does nothing. */
	s.op_count = 4;
	assert_false(control_make(CONTROL_PLAIN, &s, &finding, &out));
	/* The paragraph says so; but of nothing that only races have. */
	for (int i = 0; i < CONTROL_COUNT; i++)
		assert_int_equal(control_why_not[i] != NULL, i != CONTROL_SERIAL);
}

/* The same bytes: of a page that L1 maps with a large entry, and not the first ones of it. */
static void a_plain_l1_accesses_what_l2_would_have(void **state)
{
	static const char text[] = "rcfuzz-scenario 1\nconfig page=64k slot=64\n"
				   "a l1    create    guest=1\n"
				   "b l1    map       guest=1 n=32 g=0 size=2m\n"
				   "c l1    map       guest=1 n=2 g=5\n"
				   "d l2    store     guest=1 n=40 part=3\n";
	static struct scenario_file file;
	struct scenario_error error;
	struct scenario out;

	(void)state;
	assert_true(scenario_file_parse(text, sizeof(text) - 1, &file, &error));
	assert_true(control_make(CONTROL_PLAIN, &file.scenario, &finding, &out));
	assert_int_equal(out.ops[3].kind, OP_L1_STORE);
	assert_int_equal(out.ops[3].g, 8);
	assert_int_equal(out.ops[3].part, 3);
}

#define VICTIM "d l2    store     guest=1 n=2\n"
#define CHILD "e host  harvest   slot=0\n"

static void a_race_has_controls_of_its_own(void **state)
{
	static const char race[] = HEAD FIRST VICTIM "    at kvmppc_create_pte:lock:mmu_lock#2\n    " CHILD;
	static const struct {
		enum control control;
		const char *expected;
	} rows[] = {
		{CONTROL_WITHOUT, HEAD FIRST VICTIM},
		{CONTROL_SWAPPED, HEAD FIRST CHILD VICTIM},
		{CONTROL_SERIAL, HEAD FIRST VICTIM CHILD},
	};
	static struct scenario_file file;
	struct scenario_error error;
	struct scenario out;
	char text[1024];

	(void)state;
	assert_true(scenario_file_parse(race, sizeof(race) - 1, &file, &error));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_true(control_make(rows[i].control, &file.scenario, &finding, &out));
		scenario_text_write_bare(&out, text, sizeof(text));
		assert_string_equal(text, rows[i].expected);
	}
	/* L1 stores where L2 would have, and is interrupted in the same way. */
	assert_true(control_make(CONTROL_PLAIN, &file.scenario, &finding, &out));
	assert_int_equal(out.ops[3].kind, OP_L1_STORE);
	assert_int_equal(out.point_count, 1);
}

static void of_an_access_what_came_before_it_is_decisive(void **state)
{
	struct scenario s = loss(), out;
	struct finding stale = {.class = CLASS_STALE_ACCESS, .op_cause = 4, .op_effect = 4};

	(void)state;
	assert_int_equal(control_decisive(&s, &finding), 3);
	assert_int_equal(control_decisive(&s, &stale), 3);
	assert_true(control_make(CONTROL_WITHOUT, &s, &stale, &out));
	assert_int_equal(out.op_count, 5);
	assert_int_equal(out.ops[3].kind, OP_L2_STORE);
	assert_true(control_make(CONTROL_SWAPPED, &s, &stale, &out));
	assert_int_equal(out.ops[3].kind, OP_L2_STORE);
	assert_int_equal(out.ops[4].kind, OP_HOST_HARVEST);
	/* Nothing comes before it. */
	stale.op_cause = 0;
	s.ops[0] = s.ops[4];
	assert_int_equal(control_decisive(&s, &stale), 0);
}

static void without_a_race_nothing_is_put_one_after_the_other(void **state)
{
	struct scenario s = loss(), out;

	(void)state;
	assert_false(control_make(CONTROL_SERIAL, &s, &finding, &out));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(controls_change_one_thing),
		cmocka_unit_test(what_is_not_there_makes_no_control),
		cmocka_unit_test(a_plain_l1_accesses_what_l2_would_have),
		cmocka_unit_test(a_race_has_controls_of_its_own),
		cmocka_unit_test(of_an_access_what_came_before_it_is_decisive),
		cmocka_unit_test(without_a_race_nothing_is_put_one_after_the_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

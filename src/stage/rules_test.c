// SPDX-License-Identifier: GPL-2.0-only
/* rules_test.c: what the stage cannot do is left out, and named when it matters. */
#include "rules.h"

#include "scenario/scenario_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct scenario parse(const char *ops)
{
	static struct scenario_file file;
	struct scenario_error error;
	char text[1024];

	strcpy(text, "rcfuzz-scenario 1\n");
	strcat(text, ops);
	assert_true(scenario_file_parse(text, strlen(text), &file, &error));
	return file.scenario;
}

static const char with_age[] = "config page=64k slot=32 slot1=32 kind1=frames backing=huge teardown=yes level=access\n"
			       "a l1    create    guest=1\n"
			       "b host  age       g=0\n"
			       "c l2    fetch     guest=1 n=0 via=process\n";

static void what_the_stage_has_not_is_not_compared(void **state)
{
	struct scenario s = parse(with_age);

	(void)state;
	rules_compare(&s, false);
	assert_int_equal(s.config.backing, BACKING_HUGE);
	assert_int_equal(s.config.kind1, SLOT1_PLAIN);
	assert_int_equal(s.config.teardown, NO);
	assert_int_equal(s.config.level, LEVEL_SYNC);
	assert_int_equal(s.op_count, 2 + SCENARIO_SLOTS_MAX);
	assert_int_equal(s.ops[0].kind, OP_L1_CREATE);
	assert_int_equal(s.ops[1].kind, OP_L2_FETCH);
	assert_int_equal(s.ops[1].via, VIA_REAL);
	for (unsigned slot = 0; slot < SCENARIO_SLOTS_MAX; slot++)
		assert_int_equal(s.ops[2 + slot].kind, OP_HOST_HARVEST);
}

static void parts_and_trees_are_compared_but_no_race_takes_new_tables(void **state)
{
	static const char ops[] = "config page=64k\n"
				  "a l1    create    guest=1 tree=new\n"
				  "b l1    store     g=0 part=3\n"
				  "    at kvmppc_create_pte:lock:mmu_lock#2\n"
				  "    c host harvest slot=0\n";
	struct scenario s = parse(ops);
	unsigned op;

	(void)state;
	rules_compare(&s, false);
	assert_int_equal(s.ops[0].tree, TREE_NEW);
	assert_int_equal(s.ops[1].part, 3);
	assert_null(rules_play(&s, NULL, &op)); /* one op after the other */
	s = parse(ops);
	assert_non_null(rules_play(&s, NULL, &op));
	assert_int_equal(op, 0);
	s.ops[0].tree = TREE_SAME;
	assert_null(rules_play(&s, NULL, &op));
	assert_int_equal(s.ops[1].part, 3);
}

static void what_is_huge_stays_so(void **state)
{
	struct scenario s = parse("config page=64k slot=32 backing=huge\n"
				  "a host  split     g=0\n"
				  "b host  collapse  g=0\n");
	unsigned op;

	(void)state;
	rules_compare(&s, false);
	assert_int_equal(s.config.backing, BACKING_HUGE);
	assert_int_equal(s.ops[0].kind, OP_HOST_SPLIT);
	assert_int_equal(s.ops[1].kind, OP_HOST_COLLAPSE);
	assert_null(rules_play(&s, NULL, &op));
	assert_int_equal(s.config.backing, BACKING_HUGE);
	assert_int_equal(s.ops[1].kind, OP_HOST_COLLAPSE);
}

static void what_was_paged_out_is_not_unshared(void **state)
{
	/* The second slot is the first one's memory. */
	static const char ops[] = "config page=64k slot=16 slot1=16 kind1=alias\n"
				  "a host  unshare   g=5\n"
				  "b host  unmap     g=4 count=2\n"
				  "c host  unshare   g=5\n"
				  "d host  unshare   g=21\n"
				  "e host  unshare   g=6\n";
	struct scenario s = parse(ops);
	unsigned op;

	(void)state;
	rules_compare(&s, false);
	assert_int_equal(s.op_count, 3 + SCENARIO_SLOTS_MAX);
	assert_int_equal(s.ops[0].kind, OP_HOST_UNSHARE);
	assert_int_equal(s.ops[1].kind, OP_HOST_UNMAP);
	assert_int_equal(s.ops[2].kind, OP_HOST_UNSHARE);
	assert_int_equal(s.ops[2].g, 6);
	s = parse(ops);
	assert_non_null(rules_play(&s, NULL, &op));
	assert_int_equal(op, 2);
	/* Nor where pages may be huge. */
	s = parse("config page=64k slot=32 backing=huge\na host  unshare   g=5\n");
	assert_non_null(rules_play(&s, NULL, &op));
	rules_compare(&s, false);
	assert_int_equal(s.op_count, SCENARIO_SLOTS_MAX);
}

static void aging_is_compared_where_the_kernel_can(void **state)
{
	static const char ops[] = "a host  age       g=0 flush=yes\n"
				  "b host  age       g=1 count=3\n"
				  "c host  test-age  g=0\n";
	char text[256];
	struct scenario s;

	(void)state;
	snprintf(text, sizeof(text), "config page=64k slot=32\n%s", ops);
	s = parse(text);
	rules_compare(&s, true);
	assert_int_equal(s.op_count, 2 + SCENARIO_SLOTS_MAX);
	assert_int_equal(s.ops[0].kind, OP_HOST_AGE);
	assert_int_equal(s.ops[0].flush, FLUSH_NO);
	assert_int_equal(s.ops[0].count, 2);
	assert_int_equal(s.ops[1].kind, OP_HOST_AGE);
	assert_int_equal(s.ops[1].count, 3);
	s = parse(text);
	rules_compare(&s, false);
	assert_int_equal(s.op_count, SCENARIO_SLOTS_MAX);
	/* Not where a page may be huge. */
	snprintf(text, sizeof(text), "config page=64k slot=32\n%sd host  collapse  g=0\n", ops);
	s = parse(text);
	rules_compare(&s, true);
	assert_int_equal(s.ops[0].kind, OP_HOST_COLLAPSE);
	snprintf(text, sizeof(text), "config page=64k slot=32 backing=huge\n%s", ops);
	s = parse(text);
	rules_compare(&s, true);
	assert_int_equal(s.op_count, SCENARIO_SLOTS_MAX);
}

static void a_full_scenario_has_room_for_the_harvests(void **state)
{
	static struct scenario s;

	(void)state;
	scenario_init(&s);
	s.op_count = SCENARIO_OPS_MAX;
	scenario_canonicalize(&s);
	rules_compare(&s, false);
	assert_int_equal(s.op_count, SCENARIO_OPS_MAX);
	assert_int_equal(s.ops[s.op_count - 1].kind, OP_HOST_HARVEST);
}

static void what_cannot_be_played_is_named(void **state)
{
	struct scenario s = parse(with_age);
	unsigned op;
	const char *why = rules_play(&s, NULL, &op);

	(void)state;
	assert_non_null(why);
	assert_non_null(strstr(why, "idle page tracking"));
	assert_int_equal(op, 1);
	/* Not comparable, but it can be played. */
	s = parse("config page=64k\na l1    vpa       g=0\n");
	assert_null(rules_play(&s, NULL, &op));
	assert_int_equal(s.ops[0].kind, OP_L1_VPA);
	assert_int_equal(s.op_count, 1 + SCENARIO_SLOTS_MAX);
}

/* There H_ENTER_NESTED returns an error to a big-endian L1 whatever L2 does: only that itself can be seen so. */
static void a_big_endian_l1_is_played_where_it_is_refused(void **state)
{
	const struct finding refused = {.class = CLASS_NO_PROGRESS}, stale = {.class = CLASS_STALE_ACCESS};
	struct scenario s = parse("config page=64k endian=big\na l2    store     guest=1 n=0\n"), other = s;
	unsigned op;

	(void)state;
	assert_int_equal(s.config.endian, ENDIAN_BIG);
	assert_null(rules_play(&s, &refused, &op));
	assert_int_equal(s.config.endian, ENDIAN_BIG);
	assert_null(rules_play(&other, &stale, &op));
	assert_int_equal(other.config.endian, ENDIAN_LITTLE);
}

static void a_race_is_played_and_asked_again_after_a_tlbie(void **state)
{
	struct scenario s = parse("config page=64k guests=2\n"
				  "a l2    store     guest=2 n=0\n"
				  "    at kvmppc_create_pte:lock:mmu_lock#2\n"
				  "    b host harvest slot=0\n");
	const struct finding loss = {.class = CLASS_LOST_DIRTY_HOST, .guest = 2};
	unsigned op;

	(void)state;
	assert_null(rules_play(&s, &loss, &op));
	assert_int_equal(s.point_count, 1);
	assert_true(s.op_count > 2 + 2 * SCENARIO_SLOTS_MAX + 1);
	assert_int_equal(s.ops[2 + SCENARIO_SLOTS_MAX].kind, OP_L1_TLBIE);
	assert_int_equal(s.ops[2 + SCENARIO_SLOTS_MAX].guest, 2);
	assert_int_equal(s.ops[2 + SCENARIO_SLOTS_MAX].scope, SCOPE_LPID);
	assert_int_equal(s.ops[2 + 2 * SCENARIO_SLOTS_MAX].kind, OP_HOST_HARVEST);
	/* Then the log is stopped, so that it can be started anew, L1's guests go, and the host's pages. */
	assert_int_equal(s.ops[2 + 2 * SCENARIO_SLOTS_MAX + 1].kind, OP_HOST_LOG_STOP);
	assert_int_equal(s.ops[s.op_count - 1].kind, OP_HOST_UNMAP);
	/* Where nothing interrupts anything there is no point. */
	rules_compare(&s, false);
	assert_int_equal(s.point_count, 0);
}

static void a_loss_of_l1_is_looked_for_by_its_harvest(void **state)
{
	struct scenario s = parse("config page=64k guests=2\na l2    store     guest=2 n=0\n");
	const struct finding loss = {.class = CLASS_LOST_DIRTY_L1, .guest = 2};
	unsigned op;

	(void)state;
	assert_false(rules_ask_tlbie(&loss));
	assert_null(rules_play(&s, &loss, &op));
	assert_int_equal(s.op_count, 1 + SCENARIO_SLOTS_MAX + 1);
	assert_int_equal(s.ops[s.op_count - 1].kind, OP_L1_HARVEST);
	assert_int_equal(s.ops[s.op_count - 1].guest, 2);
}

static void nothing_is_compared_from_a_failed_assertion_on(void **state)
{
	static struct run_outcome outcome;

	(void)state;
	outcome = (struct run_outcome){.ops_run = 9, .finding_count = 1};
	outcome.findings[0] = (struct finding){.class = CLASS_LOST_DIRTY_HOST, .op_effect = 2};
	assert_int_equal(rules_ops_compared(&outcome), 9);
	outcome.finding_count = 3;
	outcome.findings[1] = (struct finding){.class = CLASS_WARN, .op_effect = 6};
	outcome.findings[2] = (struct finding){.class = CLASS_WARN, .op_effect = 4};
	assert_int_equal(rules_ops_compared(&outcome), 4);
	outcome.ops_run = 3;
	assert_int_equal(rules_ops_compared(&outcome), 3);
}

static void an_access_that_faults_for_ever_is_not_sent(void **state)
{
	static struct run_outcome outcome;
	struct scenario s = parse(with_age), as_it_was;

	(void)state;
	rules_compare(&s, true);
	as_it_was = s;
	outcome = (struct run_outcome){.ops_run = 5, .finding_count = 2};
	outcome.findings[0] = (struct finding){.class = CLASS_NO_PROGRESS, .layer = LAYER_NONE, .op_effect = 0};
	outcome.findings[1] = (struct finding){.class = CLASS_LOST_DIRTY_L1, .layer = LAYER_TLB, .op_effect = 1};
	rules_cut_endless(&s, &outcome);
	assert_memory_equal(&s, &as_it_was, sizeof(s));
	outcome.findings[1] = (struct finding){.class = CLASS_NO_PROGRESS, .layer = LAYER_SHADOW_PTE, .op_effect = 1};
	rules_cut_endless(&s, &outcome);
	assert_int_equal(s.op_count, 1 + SCENARIO_SLOTS_MAX);
	assert_int_equal(s.ops[0].kind, OP_L1_CREATE);
	for (unsigned slot = 0; slot < SCENARIO_SLOTS_MAX; slot++)
		assert_int_equal(s.ops[1 + slot].kind, OP_HOST_HARVEST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_stage_has_not_is_not_compared),
		cmocka_unit_test(what_is_huge_stays_so),
		cmocka_unit_test(aging_is_compared_where_the_kernel_can),
		cmocka_unit_test(what_was_paged_out_is_not_unshared),
		cmocka_unit_test(a_full_scenario_has_room_for_the_harvests),
		cmocka_unit_test(parts_and_trees_are_compared_but_no_race_takes_new_tables),
		cmocka_unit_test(what_cannot_be_played_is_named),
		cmocka_unit_test(a_big_endian_l1_is_played_where_it_is_refused),
		cmocka_unit_test(a_race_is_played_and_asked_again_after_a_tlbie),
		cmocka_unit_test(a_loss_of_l1_is_looked_for_by_its_harvest),
		cmocka_unit_test(nothing_is_compared_from_a_failed_assertion_on),
		cmocka_unit_test(an_access_that_faults_for_ever_is_not_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only
/* log_test.c: who owes what to the host's log, row by row, both ways. */
#include "oracle/test_world.h"

/* ---- the writers ---- */

static void l1_store_is_owed(void **state)
{
	struct world *w = *state;
	uint16_t cause, effect;
	struct oracle_verdict v;

	log_start(w, 0);
	cause = l1_store(w, 3);
	effect = harvest(w, 0, NAMES(2, 4));
	v = expect(w, CLASS_LOST_DIRTY_HOST);
	assert_int_equal(v.writer, WRITER_L1);
	assert_int_equal(v.access, ACCESS_STORE);
	assert_int_equal(v.lpage, 3);
	assert_int_equal(v.frame, FRAME(3));
	assert_int_equal(v.n, LAYOUT_NONE);
	assert_int_equal(v.guest, 0);
	assert_int_equal(v.op_cause, cause);
	assert_int_equal(v.op_effect, effect);

	l1_store(w, 3);
	harvest(w, 0, NAMES(3));
	quiet(w);
}

static void l1_table_edit_is_owed(void **state)
{
	struct world *w = *state;

	log_start(w, 2);
	l1_store(w, TABLES + 5);
	harvest(w, 2, NAMES(5));
	quiet(w);
	l1_store(w, TABLES + 5);
	harvest(w, 2, NAMES());
	assert_int_equal(expect(w, CLASS_LOST_DIRTY_HOST).lpage, TABLES + 5);
}

static void l2_store_is_owed(void **state)
{
	struct world *w = *state;
	struct oracle_verdict v;

	log_start(w, 0);
	pte(w, 1, 7, 3, RW, "rc");
	l2_store(w, 1, 7, FRAME(3));
	harvest(w, 0, NAMES(3));
	quiet(w);
	l2_store(w, 1, 7, FRAME(3));
	harvest(w, 0, NAMES(7));
	v = expect(w, CLASS_LOST_DIRTY_HOST);
	assert_int_equal(v.writer, WRITER_L2);
	assert_int_equal(v.guest, 1);
	assert_int_equal(v.n, 7);
	assert_int_equal(v.lpage, 3);
}

static void kernel_write_is_owed(void **state)
{
	struct world *w = *state;

	log_start(w, 0);
	kernel_write(w, 3);
	harvest(w, 0, NAMES(3));
	quiet(w);
	kernel_write(w, 3);
	harvest(w, 0, NAMES());
	assert_int_equal(expect(w, CLASS_LOST_DIRTY_HOST).writer, WRITER_KERNEL);
}

static void kernel_write_through_l2s_translation_is_owed(void **state)
{
	struct world *w = *state;
	const struct event copy = {
		.kind = EV_L2_ACCESS, .access = ACCESS_STORE, .guest = 1, .n = 7, .frame = FRAME(3), .quadrant = true};

	log_start(w, 0);
	pte(w, 1, 7, 3, RW, "");
	feed(w, copy);
	harvest(w, 0, NAMES(3));
	quiet(w);
	feed(w, copy);
	harvest(w, 0, NAMES());
	assert_int_equal(expect(w, CLASS_LOST_DIRTY_HOST).writer, WRITER_KERNEL);
}

static void kernel_write_to_a_page_left_behind_is_not_owed(void **state)
{
	struct world *w = *state;

	log_start(w, 0);
	FEED(w, EV_KERNEL_WRITE, .lpage = 3, .frame = FRAME(500));
	host_unmap(w, 4);
	kernel_write(w, 4);
	harvest(w, 0, NAMES());
	quiet(w);
}

static void user_write_is_not_owed_and_clears_nothing(void **state)
{
	struct world *w = *state;

	log_start(w, 0);
	user_write(w, 3);
	harvest(w, 0, NAMES());
	quiet(w);
	l1_store(w, 3);
	user_write(w, 3);
	harvest(w, 0, NAMES());
	expect(w, CLASS_LOST_DIRTY_HOST);
}

static void loads_are_not_owed(void **state)
{
	struct world *w = *state;

	log_start(w, 0);
	pte(w, 1, 7, 3, RWX, "r");
	l1_access(w, ACCESS_LOAD, 3, FRAME(3));
	l2_access(w, ACCESS_LOAD, 1, 7, FRAME(3));
	l2_access(w, ACCESS_FETCH, 1, 7, FRAME(3));
	FEED(w, EV_ACCESS_FAILED, .access = ACCESS_STORE, .lpage = 3, .status = 1);
	harvest(w, 0, NAMES());
	quiet(w);
}

/* ---- tracking ---- */

static void tracking_begins_when_start_returned(void **state)
{
	struct world *w = *state;

	l1_store(w, 3);
	assert_false(oracle_slot_tracked(w->oracle, 0));
	FEED(w, EV_LOG_START, .slot = 0, .status = -12);
	assert_false(oracle_slot_tracked(w->oracle, 0));
	l1_store(w, 4);
	harvest(w, 0, NAMES());
	log_start(w, 0);
	assert_true(oracle_slot_tracked(w->oracle, 0));
	assert_false(oracle_slot_tracked(w->oracle, 1));
	harvest(w, 0, NAMES());
	l1_store(w, SLOT1); /* of another slot */
	harvest(w, 0, NAMES());
	quiet(w);
	l1_store(w, 3);
	harvest(w, 0, NAMES());
	expect(w, CLASS_LOST_DIRTY_HOST);
}

static void tracking_ends(void **state)
{
	struct world *w = *state;

	log_start(w, 0);
	l1_store(w, 3);
	FEED(w, EV_LOG_STOP, .slot = 0);
	assert_false(oracle_slot_tracked(w->oracle, 0));
	harvest(w, 0, NAMES());

	log_start(w, 0);
	l1_store(w, 3);
	slot_set(w, 0, false);
	assert_false(oracle_slot_tracked(w->oracle, 0));
	slot_set(w, 0, true);
	assert_false(oracle_slot_tracked(w->oracle, 0));
	harvest(w, 0, NAMES());

	log_start(w, 0);
	l1_store(w, 3);
	FEED(w, EV_HARVEST_BEGIN, .slot = 0);
	FEED(w, EV_HARVEST_END, .slot = 0, .status = -2);
	expect(w, CLASS_NO_PROGRESS);
	assert_false(oracle_slot_tracked(w->oracle, 0));
	harvest(w, 0, NAMES());

	slot_set(w, 0, false);
	log_start(w, 0); /* there is nothing to track */
	assert_false(oracle_slot_tracked(w->oracle, 0));
	quiet(w);
}

static void full_copy_starts_it_again(void **state)
{
	struct world *w = *state;

	log_start(w, 0);
	l1_store(w, 3);
	log_start(w, 0);
	harvest(w, 0, NAMES());
	quiet(w);
	l1_store(w, 3);
	harvest(w, 0, NAMES());
	expect(w, CLASS_LOST_DIRTY_HOST);
}

static void store_during_a_harvest_may_wait_for_the_next(void **state)
{
	struct world *w = *state;
	uint16_t second;

	log_start(w, 0);
	FEED(w, EV_HARVEST_BEGIN, .slot = 0);
	l1_store(w, 3);
	harvest_end(w, 0, NAMES());
	quiet(w);
	harvest(w, 0, NAMES(3)); /* by the next */
	quiet(w);

	FEED(w, EV_HARVEST_BEGIN, .slot = 0);
	l1_store(w, 3);
	harvest_end(w, 0, NAMES(3)); /* by this one */
	harvest(w, 0, NAMES());
	quiet(w);

	FEED(w, EV_HARVEST_BEGIN, .slot = 0);
	l1_store(w, 3);
	harvest_end(w, 0, NAMES());
	quiet(w);
	harvest(w, 0, NAMES()); /* by neither */
	expect(w, CLASS_LOST_DIRTY_HOST);

	/* One before, one while it runs: the first is lost now, the second by the next. */
	l1_store(w, 3);
	FEED(w, EV_HARVEST_BEGIN, .slot = 0);
	second = l1_store(w, 3);
	harvest_end(w, 0, NAMES());
	expect(w, CLASS_LOST_DIRTY_HOST);
	harvest(w, 0, NAMES());
	assert_int_equal(expect(w, CLASS_LOST_DIRTY_HOST).op_cause, second);
}

static void the_same_loss_is_reported_once(void **state)
{
	struct world *w = *state;

	log_start(w, 0);
	l1_store(w, 3);
	l1_store(w, 3);
	harvest(w, 0, NAMES());
	expect(w, CLASS_LOST_DIRTY_HOST);
	harvest(w, 0, NAMES());
	FEED(w, EV_COMPARE, .lpage = 3, .status = 1);
	FEED(w, EV_END, .guest = 0);
	quiet(w);
}

static void debt_survives_host_memory_management(void **state)
{
	struct world *w = *state;

	log_start(w, 0);
	l1_store(w, 3);
	host_unmap(w, 3);
	host_map(w, 3, FRAME(500), RW);
	harvest(w, 0, NAMES());
	expect(w, CLASS_LOST_DIRTY_HOST);
}

static void end_does_not_judge_the_log(void **state)
{
	struct world *w = *state;

	log_start(w, 0);
	l1_store(w, 3);
	FEED(w, EV_END, .guest = 0);
	quiet(w);
}

/* ---- aliases ---- */

static void two_l2_pages_on_one(void **state)
{
	struct world *w = *state;

	log_start(w, 0);
	pte(w, 1, 7, 3, RW, "rc");
	pte(w, 2, 9, 3, RW, "rc");
	l2_store(w, 1, 7, FRAME(3));
	l2_store(w, 2, 9, FRAME(3));
	harvest(w, 0, NAMES(3));
	quiet(w);
	l2_store(w, 2, 9, FRAME(3));
	harvest(w, 0, NAMES());
	assert_int_equal(expect(w, CLASS_LOST_DIRTY_HOST).n, 9);
}

static void two_slots_on_one_address(void **state)
{
	struct world *w = *state;

	world_begin(w, SLOT1_ALIAS, RCMODE_FAULT);
	log_start(w, 0);
	log_start(w, 1);

	/* Owed to the slot that it went through, not to the other. */
	l1_access(w, ACCESS_STORE, ALIAS_OF(3), FRAME(3));
	harvest(w, 0, NAMES());
	quiet(w);
	harvest(w, 1, NAMES());
	assert_int_equal(expect(w, CLASS_LOST_DIRTY_HOST).lpage, ALIAS_OF(3));

	/* Copied through one is copied. */
	l1_access(w, ACCESS_STORE, ALIAS_OF(3), FRAME(3));
	harvest(w, 0, NAMES(3));
	harvest(w, 1, NAMES());
	quiet(w);

	/* So is a full copy. */
	l1_access(w, ACCESS_STORE, ALIAS_OF(3), FRAME(3));
	log_start(w, 0);
	harvest(w, 1, NAMES());
	quiet(w);

	/* A store through the slot that is not tracked is not owed to the other. */
	FEED(w, EV_LOG_STOP, .slot = 1);
	l1_access(w, ACCESS_STORE, ALIAS_OF(3), FRAME(3));
	harvest(w, 0, NAMES());
	FEED(w, EV_COMPARE, .lpage = 3, .status = 1);
	quiet(w);

	/* Nor is one whose slot is not tracked any more. */
	log_start(w, 0);
	log_start(w, 1);
	l1_access(w, ACCESS_STORE, ALIAS_OF(3), FRAME(3));
	FEED(w, EV_LOG_STOP, .slot = 1);
	FEED(w, EV_COMPARE, .lpage = 3, .status = 1);
	quiet(w);
}

/* Before the tlbie, L2 may have stored through either: must holds for neither. */
static void uncertain_store_is_not_owed(void **state)
{
	struct world *w = *state;

	world_begin(w, SLOT1_ALIAS, RCMODE_FAULT);
	log_start(w, 0);
	log_start(w, 1);
	pte(w, 1, 7, 3, RW, "rc");
	pte(w, 1, 7, ALIAS_OF(3), RW, "rc");
	l2_store(w, 1, 7, FRAME(3));
	harvest(w, 0, NAMES());
	harvest(w, 1, NAMES());
	FEED(w, EV_COMPARE, .lpage = 3, .status = 1);
	quiet(w);

	tlbie_page(w, 1, 7);
	l2_store(w, 1, 7, FRAME(3));
	harvest(w, 0, NAMES());
	quiet(w);
	harvest(w, 1, NAMES());
	assert_int_equal(expect(w, CLASS_LOST_DIRTY_HOST).lpage, ALIAS_OF(3));
}

/* ---- the migration's compare ---- */

static void compare_finds_what_is_owed(void **state)
{
	struct world *w = *state;
	uint16_t cause;

	log_start(w, 0);
	cause = l1_store(w, 3);
	FEED(w, EV_COMPARE, .lpage = 3, .status = 0);
	quiet(w);
	FEED(w, EV_COMPARE, .lpage = 3, .status = 1);
	assert_int_equal(expect(w, CLASS_LOST_DIRTY_HOST).op_cause, cause);
	FEED(w, EV_COMPARE, .lpage = 3, .status = 1);
	harvest(w, 0, NAMES());
	quiet(w);
}

static void compare_over_the_union(void **state)
{
	struct world *w = *state;

	world_begin(w, SLOT1_ALIAS, RCMODE_FAULT);
	log_start(w, 0);
	log_start(w, 1);
	l1_access(w, ACCESS_STORE, ALIAS_OF(3), FRAME(3));
	FEED(w, EV_COMPARE, .lpage = 3, .status = 1);
	assert_int_equal(expect(w, CLASS_LOST_DIRTY_HOST).lpage, ALIAS_OF(3));
}

static void user_write_excuses_a_difference(void **state)
{
	struct world *w = *state;

	log_start(w, 0);
	user_write(w, 3);
	FEED(w, EV_COMPARE, .lpage = 3, .status = 1);
	quiet(w);

	/* Until the page is copied again. */
	harvest(w, 0, NAMES(3));
	l1_store(w, 3);
	FEED(w, EV_COMPARE, .lpage = 3, .status = 1);
	expect(w, CLASS_LOST_DIRTY_HOST);
}

static void compare_without_a_copy_means_nothing(void **state)
{
	struct world *w = *state;

	FEED(w, EV_COMPARE, .lpage = 3, .status = 1);
	quiet(w);
}

static void difference_out_of_nowhere_is_an_inconsistency(void **state)
{
	struct world *w = *state;

	log_start(w, 0);
	FEED(w, EV_COMPARE, .lpage = 3, .status = 1);
	assert_int_equal(w->count, 0);
	assert_non_null(oracle_inconsistency(w->oracle));
	world_begin(w, SLOT1_PLAIN, RCMODE_FAULT);
	quiet(w);
}

/* ---- what is no finding ---- */

static void named_and_spurious_are_counted(void **state)
{
	struct world *w = *state;

	log_start(w, 0);
	l1_store(w, 3);
	user_write(w, 4);
	harvest(w, 0, NAMES(3, 4, 5));
	assert_int_equal(oracle_stats(w->oracle).named, 1);
	assert_int_equal(oracle_stats(w->oracle).spurious_dirty, 1);
	harvest(w, 0, NAMES(3, 4));
	assert_int_equal(oracle_stats(w->oracle).named, 1);
	assert_int_equal(oracle_stats(w->oracle).spurious_dirty, 3);
	l1_store(w, 3);
	log_start(w, 0);
	harvest(w, 0, NAMES(3)); /* the full copy had it */
	assert_int_equal(oracle_stats(w->oracle).spurious_dirty, 4);
	quiet(w);
}

/* The kernel stores, a harvest names the page, and only then the kernel returns: the copy has it. */
static void a_kernel_store_is_owed_from_its_return(void **state)
{
	struct world *w = *state;

	log_start(w, 0);
	FEED(w, EV_KERNEL_STORE, .lpage = 3);
	harvest(w, 0, NAMES(3));
	kernel_write(w, 3);
	harvest(w, 0, NAMES());
	quiet(w);
	/* Harvests before its return need not name it, the next one after it must. */
	FEED(w, EV_KERNEL_STORE, .lpage = 3);
	harvest(w, 0, NAMES());
	kernel_write(w, 3);
	quiet(w);
	harvest(w, 0, NAMES());
	expect(w, CLASS_LOST_DIRTY_HOST);
}

/* Two vCPUs are in the kernel at once: the copy has the store of one, not of the other. */
static void kernel_stores_of_two_vcpus(void **state)
{
	struct world *w = *state;

	log_start(w, 0);
	FEED(w, EV_KERNEL_STORE, .lpage = 3, .vcpu = 0);
	harvest(w, 0, NAMES(3));
	FEED(w, EV_KERNEL_STORE, .lpage = 3, .vcpu = 1);
	FEED(w, EV_KERNEL_WRITE, .lpage = 3, .frame = FRAME(3), .vcpu = 0);
	harvest(w, 0, NAMES());
	quiet(w);
	FEED(w, EV_KERNEL_WRITE, .lpage = 3, .frame = FRAME(3), .vcpu = 1);
	harvest(w, 0, NAMES());
	expect(w, CLASS_LOST_DIRTY_HOST);
}

/* A store that is under way makes source and copy differ, and is no contradiction. */
static void compare_while_the_kernel_stores(void **state)
{
	struct world *w = *state;

	log_start(w, 0);
	FEED(w, EV_KERNEL_STORE, .lpage = 3);
	FEED(w, EV_COMPARE, .lpage = 3, .status = 1);
	quiet(w);
	harvest(w, 0, NAMES(3));
	kernel_write(w, 3);
	FEED(w, EV_COMPARE, .lpage = 3, .status = 1);
	assert_non_null(oracle_inconsistency(w->oracle));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(l1_store_is_owed),
		WORLD_TEST(l1_table_edit_is_owed),
		WORLD_TEST(l2_store_is_owed),
		WORLD_TEST(kernel_write_is_owed),
		WORLD_TEST(kernel_write_through_l2s_translation_is_owed),
		WORLD_TEST(kernel_write_to_a_page_left_behind_is_not_owed),
		WORLD_TEST(user_write_is_not_owed_and_clears_nothing),
		WORLD_TEST(loads_are_not_owed),
		WORLD_TEST(tracking_begins_when_start_returned),
		WORLD_TEST(tracking_ends),
		WORLD_TEST(full_copy_starts_it_again),
		WORLD_TEST(store_during_a_harvest_may_wait_for_the_next),
		WORLD_TEST(the_same_loss_is_reported_once),
		WORLD_TEST(debt_survives_host_memory_management),
		WORLD_TEST(end_does_not_judge_the_log),
		WORLD_TEST(two_l2_pages_on_one),
		WORLD_TEST(two_slots_on_one_address),
		WORLD_TEST(uncertain_store_is_not_owed),
		WORLD_TEST(compare_finds_what_is_owed),
		WORLD_TEST(compare_over_the_union),
		WORLD_TEST(user_write_excuses_a_difference),
		WORLD_TEST(compare_without_a_copy_means_nothing),
		WORLD_TEST(difference_out_of_nowhere_is_an_inconsistency),
		WORLD_TEST(named_and_spurious_are_counted),
		WORLD_TEST(a_kernel_store_is_owed_from_its_return),
		WORLD_TEST(kernel_stores_of_two_vcpus),
		WORLD_TEST(compare_while_the_kernel_stores),
	};

	return cmocka_run_group_tests_name("oracle/log", tests, NULL, NULL);
}

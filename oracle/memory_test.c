// SPDX-License-Identifier: GPL-2.0-only
/* memory_test.c: when the host's aging must find a page young, both ways. */
#include "oracle/test_world.h"

static void age(struct world *w, uint32_t lpage, uint32_t count, bool flush, int young)
{
	FEED(w, EV_AGE, .lpage = lpage, .count = count, .flush = flush, .status = young);
}

static void test_age(struct world *w, uint32_t lpage, int young)
{
	FEED(w, EV_TEST_AGE, .lpage = lpage, .count = 1, .status = young);
}

static void an_access_after_a_flush_is_owed(void **state)
{
	struct world *w = *state;
	struct oracle_verdict v;
	uint16_t cause;

	test_age(w, 3, 0);
	l1_store(w, 3);
	test_age(w, 3, 0); /* nobody said that R was clear before */
	age(w, 3, 1, true, 0);
	test_age(w, 3, 0);
	age(w, 3, 1, true, 0);
	quiet(w);
	cause = l1_access(w, ACCESS_LOAD, 3, FRAME(3));
	test_age(w, 3, 1);
	quiet(w);
	test_age(w, 3, 0);
	v = expect(w, CLASS_LOST_REF_HOST);
	assert_int_equal(v.lpage, 3);
	assert_int_equal(v.op_cause, cause);
	test_age(w, 3, 0);
	quiet(w);
}

static void aging_itself_judges(void **state)
{
	struct world *w = *state;

	pte(w, 1, 7, 3, RW, "rc");
	for (int flush = 0; flush < 2; flush++) {
		age(w, 3, 1, true, 0);
		l2_access(w, ACCESS_LOAD, 1, 7, FRAME(3));
		age(w, 3, 1, flush, 1);
		quiet(w);
		age(w, 3, 1, true, 0);
		l2_access(w, ACCESS_LOAD, 1, 7, FRAME(3));
		age(w, 3, 1, flush, 0);
		assert_int_equal(expect(w, CLASS_LOST_REF_HOST).guest, 1);
	}
}

static void without_a_flush_nothing_is_owed(void **state)
{
	struct world *w = *state;

	age(w, 3, 1, true, 0);
	age(w, 3, 1, false, 0);
	l1_store(w, 3);
	test_age(w, 3, 0);
	quiet(w);
}

static void a_new_mapping_starts_anew(void **state)
{
	struct world *w = *state;

	for (int how = 0; how < 5; how++) {
		world_begin(w, SLOT1_PLAIN, RCMODE_FAULT);
		age(w, 3, 1, true, 0);
		l1_store(w, 3);
		if (how == 0)
			host_unmap(w, 3);
		else if (how == 1)
			host_map(w, 3, 500, RW);
		else if (how == 2)
			slot_set(w, 0, false);
		else if (how == 3)
			log_start(w, 0);
		else
			FEED(w, EV_LOG_STOP, .slot = 0);
		test_age(w, 3, 0);
		quiet(w);
	}
}

/* One answer for a range: "young" may be any page's, "not young" is each page's. */
static void a_range(void **state)
{
	struct world *w = *state;

	age(w, 2, 4, true, 0);
	l1_store(w, 3);
	l1_store(w, 4);
	age(w, 2, 4, true, 1);
	quiet(w);
	l1_store(w, 3);
	l1_store(w, 4);
	age(w, 2, 4, true, 0);
	expect(w, CLASS_LOST_REF_HOST);
	age(w, 2, 4, true, 0);
	quiet(w);
}

/* KVM may keep one R for 2M. */
static void the_neighbours_age_with_it(void **state)
{
	struct world *w = *state;

	age(w, 3, 1, true, 0);
	l1_store(w, 3);
	age(w, 4, 1, true, 1);
	test_age(w, 3, 0);
	quiet(w);
	l1_store(w, 4);
	age(w, SLOT1, 1, true, 0); /* in another 2M */
	test_age(w, 4, 0);
	expect(w, CLASS_LOST_REF_HOST);
}

static void a_range_ages_all_that_it_touches(void **state)
{
	struct world *w = *state;
	uint32_t huge = (2u << 20) >> 16;

	w->config.slot = 4 * huge;
	layout_init(&w->layout, &w->config);
	oracle_begin(w->oracle, &w->config, &w->layout);
	slot_set(w, 0, true);
	for (uint32_t lpage = 0; lpage < 4 * huge; lpage++) {
		host_map(w, lpage, FRAME(lpage), RW);
		age(w, lpage, 1, true, 0);
	}
	age(w, 0, 4 * huge, true, 0);
	for (uint32_t lpage = 0; lpage < 4 * huge; lpage++)
		l1_store(w, lpage);
	age(w, huge + 1, huge, true, 1); /* touches the second and the third 2M */
	test_age(w, huge, 0);
	test_age(w, 3 * huge - 1, 0);
	quiet(w);
	test_age(w, huge - 1, 0);
	expect(w, CLASS_LOST_REF_HOST);
	test_age(w, 3 * huge, 0);
	expect(w, CLASS_LOST_REF_HOST);
}

static void writes_that_are_no_guest_accesses_do_not_count(void **state)
{
	struct world *w = *state;

	age(w, 3, 1, true, 0);
	user_write(w, 3);
	kernel_write(w, 3);
	test_age(w, 3, 0);
	quiet(w);
}

static void an_alias_ages_as_one(void **state)
{
	struct world *w = *state;

	world_begin(w, SLOT1_ALIAS, RCMODE_FAULT);
	age(w, 3, 1, true, 0);
	l1_access(w, ACCESS_LOAD, ALIAS_OF(3), FRAME(3));
	test_age(w, 3, 0);
	assert_int_equal(expect(w, CLASS_LOST_REF_HOST).lpage, ALIAS_OF(3));
}

/* What ages a page through a slot whose pages are no huge ones ages those that the other slot has in one with it. */
static void a_shifted_slot_ages_the_huge_page_of_the_other(void **state)
{
	struct world *w = *state;

	world_begin(w, SLOT1_SHIFTED, RCMODE_FAULT);
	age(w, 0, 1, true, 0);
	l1_access(w, ACCESS_LOAD, 0, FRAME(0));
	age(w, SLOT1 + 4, 1, true, 1);
	test_age(w, 0, 0);
	quiet(w);
}

/* An access while the aging runs may come behind it: "not young" says nothing of it, the next one does. */
static void an_access_during_aging_may_come_too_late(void **state)
{
	struct world *w = *state;
	uint16_t op;

	age(w, 3, 1, true, 0);
	op = begin_op(w);
	l1_access(w, ACCESS_LOAD, 3, FRAME(3));
	feed_within(w, op, (struct event){.kind = EV_TEST_AGE, .lpage = 3, .count = 1});
	quiet(w);
	test_age(w, 3, 0);
	expect(w, CLASS_LOST_REF_HOST);
}

/* While an ioctl changes the slot, its mappings come and go: aging proves nothing. */
static void a_slot_that_changes_proves_nothing(void **state)
{
	struct world *w = *state;

	age(w, 3, 1, true, 0);
	l1_store(w, 3);
	FEED(w, EV_SLOT_CHANGE, .slot = 0, .valid = true);
	test_age(w, 3, 0);
	age(w, 3, 1, true, 0);
	l1_store(w, 3);
	test_age(w, 3, 0);
	FEED(w, EV_SLOT_CHANGE, .slot = 0, .valid = false);
	quiet(w);
	age(w, 3, 1, true, 0);
	l1_store(w, 3);
	test_age(w, 3, 0);
	expect(w, CLASS_LOST_REF_HOST);
}

/* The mapping goes, and R with it, before the notifier's begin returns: aging proves nothing meanwhile. */
static void a_page_that_is_taken_away_proves_nothing(void **state)
{
	struct world *w = *state;

	age(w, 3, 1, true, 0);
	l1_store(w, 3);
	FEED(w, EV_HOST_UNMAP, .lpage = 2, .count = 2, .valid = true);
	test_age(w, 3, 0);
	age(w, 3, 1, true, 0);
	l1_store(w, 3); /* through the mapping that is about to go */
	test_age(w, 3, 0);
	quiet(w);
	host_unmap(w, 3);
	FEED(w, EV_HOST_UNMAP, .lpage = 2, .count = 2, .valid = false);
	host_map(w, 3, FRAME(3), RW);
	age(w, 3, 1, true, 0);
	l1_store(w, 3);
	test_age(w, 3, 0);
	expect(w, CLASS_LOST_REF_HOST);
}

/* Two at a time: until both have returned. Its neighbours are not concerned. */
static void two_take_a_page_away(void **state)
{
	struct world *w = *state;

	FEED(w, EV_HOST_UNMAP, .lpage = 3, .count = 1, .valid = true);
	FEED(w, EV_HOST_UNMAP, .lpage = 3, .count = 1, .valid = true);
	FEED(w, EV_HOST_UNMAP, .lpage = 3, .count = 1, .valid = false);
	age(w, 3, 2, true, 0);
	l1_store(w, 3);
	test_age(w, 3, 0);
	quiet(w);
	l1_store(w, 4);
	test_age(w, 4, 0);
	expect(w, CLASS_LOST_REF_HOST);
	FEED(w, EV_HOST_UNMAP, .lpage = 3, .count = 1, .valid = false);
	age(w, 3, 1, true, 0);
	l1_store(w, 3);
	test_age(w, 3, 0);
	expect(w, CLASS_LOST_REF_HOST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(an_access_after_a_flush_is_owed),
		WORLD_TEST(aging_itself_judges),
		WORLD_TEST(without_a_flush_nothing_is_owed),
		WORLD_TEST(a_new_mapping_starts_anew),
		WORLD_TEST(a_range),
		WORLD_TEST(the_neighbours_age_with_it),
		WORLD_TEST(a_range_ages_all_that_it_touches),
		WORLD_TEST(writes_that_are_no_guest_accesses_do_not_count),
		WORLD_TEST(an_alias_ages_as_one),
		WORLD_TEST(a_shifted_slot_ages_the_huge_page_of_the_other),
		WORLD_TEST(an_access_during_aging_may_come_too_late),
		WORLD_TEST(a_slot_that_changes_proves_nothing),
		WORLD_TEST(a_page_that_is_taken_away_proves_nothing),
		WORLD_TEST(two_take_a_page_away),
	};

	return cmocka_run_group_tests_name("oracle/memory", tests, NULL, NULL);
}

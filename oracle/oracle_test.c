// SPDX-License-Identifier: GPL-2.0-only
/* oracle_test.c: the oracle's life: reuse, verdicts without room, rc=hw. The contract's rows are in the other tests. */
#include "oracle/test_world.h"

/* Make one loss of each kind, in this order. */
static void lose_everything(struct world *w)
{
	log_start(w, 0);
	l1_store(w, 3);
	harvest(w, 0, NAMES()); /* lost-dirty-host */
	pte(w, 1, 7, 4, RW, "");
	l2_store(w, 1, 7, FRAME(4));
	pte_remove(w, 1, 7);
	tlbie_page(w, 1, 7); /* lost-dirty-l1 and lost-ref-l1 */
	FEED(w, EV_AGE, .lpage = 5, .count = 1, .flush = true);
	l1_access(w, ACCESS_LOAD, 5, FRAME(5));
	FEED(w, EV_TEST_AGE, .lpage = 5, .count = 1); /* lost-ref-host */
}

static unsigned count_class(const struct world *w, enum finding_class class)
{
	unsigned count = 0;

	for (size_t i = 0; i < w->count; i++)
		count += w->verdicts[i].class == class;
	return count;
}

static void losses_have_their_classes(void **state)
{
	struct world *w = *state;

	lose_everything(w);
	assert_int_equal(w->count, 4);
	assert_int_equal(count_class(w, CLASS_LOST_DIRTY_HOST), 1);
	assert_int_equal(count_class(w, CLASS_LOST_DIRTY_L1), 1);
	assert_int_equal(count_class(w, CLASS_LOST_REF_L1), 1);
	assert_int_equal(count_class(w, CLASS_LOST_REF_HOST), 1);
}

static void with_rc_hw_they_are_an_assumption(void **state)
{
	struct world *w = *state;

	world_begin(w, SLOT1_PLAIN, RCMODE_HW);
	lose_everything(w);
	assert_int_equal(w->count, 4);
	assert_int_equal(count_class(w, CLASS_ASSUMPTION), 4);
	w->count = 0;

	/* Only losses are. */
	l1_access(w, ACCESS_LOAD, 3, 9000);
	expect(w, CLASS_WRONG_PAGE);
}

static void verdicts_without_room_are_counted(void **state)
{
	struct world *w = *state;
	struct event begin = {.kind = EV_HARVEST_BEGIN}, end = {.kind = EV_HARVEST_END};
	const struct bitmap none = {{0}};
	struct oracle_verdict out[2];

	log_start(w, 0);
	for (uint32_t lpage = 0; lpage < 5; lpage++)
		l1_store(w, lpage);
	end.bitmap = none.bytes;
	assert_int_equal(oracle_event(w->oracle, &begin, NULL, 0), 0);
	assert_int_equal(oracle_event(w->oracle, &end, out, 2), 2);
	assert_int_equal(oracle_stats(w->oracle).dropped, 3);
	assert_int_equal(out[1].lpage, 1);
}

/* A second scenario knows nothing of the first. */
static void begin_forgets_everything(void **state)
{
	struct world *w = *state;

	log_start(w, 0);
	l1_store(w, 3);
	user_write(w, 4);
	pte(w, 1, 7, 3, RW, "");
	l2_store(w, 1, 7, FRAME(3));
	taint(w, 2);
	FEED(w, EV_AGE, .lpage = 5, .count = 1, .flush = true);
	l1_access(w, ACCESS_LOAD, 5, FRAME(5));
	host_map(w, 6, 500, RW);
	quiet(w);

	oracle_begin(w->oracle, &w->config, &w->layout);
	assert_false(oracle_slot_tracked(w->oracle, 0));
	world_begin(w, SLOT1_PLAIN, RCMODE_FAULT);
	FEED(w, EV_TEST_AGE, .lpage = 5, .count = 1);
	FEED(w, EV_END, .guest = 0);
	log_start(w, 0);
	harvest(w, 0, NAMES(3));
	quiet(w);
	assert_int_equal(oracle_stats(w->oracle).spurious_dirty, 1);
	l2_store(w, 1, 7, FRAME(3));
	expect(w, CLASS_WRONG_PAGE);
	l2_store(w, 2, 7, FRAME(3));
	expect(w, CLASS_WRONG_PAGE);
	l1_access(w, ACCESS_LOAD, 6, 500);
	expect(w, CLASS_WRONG_PAGE);
}

/* The largest world there is, used everywhere. */
static void the_largest_world_fits(void **state)
{
	struct world *w = *state;

	w->config = (struct scenario_config){
		.page = PAGE_4K, .cpus = 4, .vcpus = 4, .guests = 3, .slot = 1024, .slot1 = 1024};
	layout_init(&w->layout, &w->config);
	for (int round = 0; round < 2; round++) {
		oracle_begin(w->oracle, &w->config, &w->layout);
		for (uint8_t slot = 0; slot < SCENARIO_SLOTS_MAX; slot++)
			slot_set(w, slot, true);
		for (uint32_t lpage = 0; lpage < w->layout.total_pages; lpage++) {
			host_map(w, lpage, FRAME(lpage), RW);
			l1_store(w, lpage);
		}
		for (uint8_t guest = 1; guest <= 3; guest++) {
			l1_guest(w, guest, true);
			pte_sized(w, guest, 0, 1u << 18, 0, RW, "rc"); /* 1G */
			for (uint32_t n = 0; n < w->layout.l2_pages; n++)
				l2_store(w, guest, n, FRAME(n));
		}
		w->op = 0;
		quiet(w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(losses_have_their_classes),
		WORLD_TEST(with_rc_hw_they_are_an_assumption),
		WORLD_TEST(verdicts_without_room_are_counted),
		WORLD_TEST(begin_forgets_everything),
		WORLD_TEST(the_largest_world_fits),
	};

	return cmocka_run_group_tests_name("oracle/oracle", tests, NULL, NULL);
}

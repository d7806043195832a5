// SPDX-License-Identifier: GPL-2.0-only
/* l1_test.c: what is owed to L1's C and R bits, both ways. */
#include "oracle/test_world.h"

/* A store through an armed entry whose C stays clear: what every test here starts from. */
static uint16_t store_without_c(struct world *w)
{
	pte(w, 1, 7, 3, RW, "r");
	return l2_store(w, 1, 7, FRAME(3));
}

static void end(struct world *w)
{
	FEED(w, EV_END, .guest = 0);
}

/* ---- the writers ---- */

static void l2_store_is_owed(void **state)
{
	struct world *w = *state;
	uint16_t cause = store_without_c(w);
	struct oracle_verdict v;

	quiet(w);
	end(w);
	v = expect(w, CLASS_LOST_DIRTY_L1);
	assert_int_equal(v.guest, 1);
	assert_int_equal(v.n, 7);
	assert_int_equal(v.lpage, 3);
	assert_int_equal(v.writer, WRITER_L2);
	assert_int_equal(v.op_cause, cause);
	assert_int_equal(v.op_effect, w->op);
	end(w);
	quiet(w);
}

static void c_that_shows_settles_it(void **state)
{
	struct world *w = *state;

	pte(w, 1, 7, 3, RW, "");
	pte(w, 1, 7, 3, RW, "rc"); /* L1 answered the fault */
	l2_store(w, 1, 7, FRAME(3));
	l1_harvest(w, 1, NAMES()); /* what L1 does with C is its own affair */

	pte(w, 1, 8, 4, RW, "r");
	l2_store(w, 1, 8, FRAME(4));
	pte(w, 1, 8, 4, RW, "rc"); /* late, but there */
	end(w);
	quiet(w);
}

static void other_writers_owe_nothing(void **state)
{
	struct world *w = *state;

	pte(w, 1, 7, 3, RW, "r");
	pte(w, 1, 8, 3, RW, "rc");
	l1_store(w, 3);
	kernel_write(w, 3);
	user_write(w, 3);
	l2_access(w, ACCESS_LOAD, 1, 7, FRAME(3));
	l2_store(w, 1, 8, FRAME(3)); /* through the other mapping */
	FEED(w, EV_L2_ACCESS, .access = ACCESS_STORE, .guest = 1, .n = 7, .frame = FRAME(3), .quadrant = true);
	l1_harvest(w, 1, NAMES());
	FEED(w, EV_L1_COMPARE, .guest = 1, .n = 7, .status = 1);
	end(w);
	quiet(w);
}

/* ---- when the obligation starts ---- */

/* L1 clears C of a mapped, written page. */
static void clear_c(struct world *w)
{
	pte(w, 1, 7, 3, RW, "rc");
	l2_store(w, 1, 7, FRAME(3));
	pte(w, 1, 7, 3, RW, "r");
}

static void clear_without_tlbie_proves_nothing(void **state)
{
	struct world *w = *state;

	clear_c(w);
	l2_store(w, 1, 7, FRAME(3));
	l1_harvest(w, 1, NAMES());
	end(w);
	quiet(w);
}

#define ARMS(...)                                                                                                      \
	do {                                                                                                           \
		world_begin(w, SLOT1_PLAIN, RCMODE_FAULT);                                                             \
		clear_c(w);                                                                                            \
		TLBIE(w, __VA_ARGS__);                                                                                 \
		l2_store(w, 1, 7, FRAME(3));                                                                           \
		end(w);                                                                                                \
		expect(w, CLASS_LOST_DIRTY_L1);                                                                        \
	} while (0)

static void a_covering_tlbie_arms(void **state)
{
	struct world *w = *state;

	ARMS(.guest = 1, .scope = SCOPE_PAGE, .ric = RIC_TLB, .n = 7, .count = 1);
	ARMS(.guest = 1, .scope = SCOPE_PAGE, .ric = RIC_ALL, .n = 0, .count = 8);
	ARMS(.guest = 1, .scope = SCOPE_LPID, .ric = RIC_TLB);
	ARMS(.guest = 1, .scope = SCOPE_LPID, .ric = RIC_ALL);
	ARMS(.scope = SCOPE_ALL, .ric = RIC_TLB);
	ARMS(.guest = 1, .scope = SCOPE_PAGE, .n = 0, .count = UINT32_MAX);
}

#define ARMS_NOT(...)                                                                                                  \
	do {                                                                                                           \
		world_begin(w, SLOT1_PLAIN, RCMODE_FAULT);                                                             \
		clear_c(w);                                                                                            \
		TLBIE(w, __VA_ARGS__);                                                                                 \
		l2_store(w, 1, 7, FRAME(3));                                                                           \
		end(w);                                                                                                \
		quiet(w);                                                                                              \
	} while (0)

static void another_tlbie_does_not(void **state)
{
	struct world *w = *state;

	ARMS_NOT(.guest = 1, .scope = SCOPE_PAGE, .ric = RIC_TLB, .n = 6, .count = 1);
	ARMS_NOT(.guest = 1, .scope = SCOPE_PAGE, .ric = RIC_TLB, .n = 8, .count = 8);
	ARMS_NOT(.guest = 2, .scope = SCOPE_PAGE, .ric = RIC_TLB, .n = 7, .count = 1);
	ARMS_NOT(.guest = 1, .scope = SCOPE_PAGE, .ric = RIC_PWC, .n = 7, .count = 1);
	ARMS_NOT(.guest = 2, .scope = SCOPE_LPID, .ric = RIC_ALL);
	ARMS_NOT(.guest = 1, .scope = SCOPE_LPID, .ric = RIC_PWC);
	ARMS_NOT(.guest = 1, .scope = SCOPE_LPID, .ric = RIC_ALL, .status = -4);
	ARMS_NOT(.guest = 1, .scope = SCOPE_PAGE, .n = 9999, .count = 1);
}

/* It names another page size than the entry's, say. */
static void a_tlbie_that_may_miss_does_not_arm(void **state)
{
	struct world *w = *state;

	clear_c(w);
	tlbie_begin(w);
	FEED(w, EV_L1_TLBIE_END, .guest = 1, .scope = SCOPE_PAGE, .ric = RIC_TLB, .n = 7, .count = 1);
	l2_store(w, 1, 7, FRAME(3));
	end(w);
	quiet(w);
}

static void a_tlbie_begun_before_the_clear_does_not_arm(void **state)
{
	struct world *w = *state;

	pte(w, 1, 7, 3, RW, "rc");
	tlbie_begin(w);
	pte(w, 1, 7, 3, RW, "r");
	tlbie_end(w, (struct event){.guest = 1, .scope = SCOPE_LPID, .ric = RIC_ALL});
	l2_store(w, 1, 7, FRAME(3));
	end(w);
	quiet(w);
}

static void a_tlbie_that_has_not_returned_does_not_arm(void **state)
{
	struct world *w = *state;

	clear_c(w);
	tlbie_begin(w);
	l2_store(w, 1, 7, FRAME(3));
	tlbie_end(w, (struct event){.guest = 1, .scope = SCOPE_LPID, .ric = RIC_ALL});
	end(w);
	quiet(w);
}

static void a_new_entry_is_armed_at_once(void **state)
{
	struct world *w = *state;

	pte(w, 1, 7, 4, RW, "rc");
	pte_remove(w, 1, 7);
	tlbie_page(w, 1, 7);
	store_without_c(w);
	end(w);
	expect(w, CLASS_LOST_DIRTY_L1);
}

static void unless_the_old_one_may_be_in_use(void **state)
{
	struct world *w = *state;

	pte(w, 1, 7, 4, RW, "rc");
	pte_remove(w, 1, 7);
	store_without_c(w);
	end(w);
	quiet(w);
	tlbie_page(w, 1, 7);
	l2_store(w, 1, 7, FRAME(3));
	end(w);
	expect(w, CLASS_LOST_DIRTY_L1);
}

static void a_change_of_permissions_needs_a_tlbie_too(void **state)
{
	struct world *w = *state;

	pte(w, 1, 7, 3, RW, "rc");
	pte(w, 1, 7, 3, RWX, "r");
	l2_store(w, 1, 7, FRAME(3));
	end(w);
	quiet(w);
	tlbie_page(w, 1, 7);
	l2_store(w, 1, 7, FRAME(3));
	end(w);
	expect(w, CLASS_LOST_DIRTY_L1);
}

/* The old entry led to the same page: the store may have gone through either. */
static void an_uncertain_store_is_not_owed(void **state)
{
	struct world *w = *state;

	pte(w, 1, 7, 3, RW, "rc");
	pte_sized(w, 1, 6, 2, 2, RW, "r");
	l2_store(w, 1, 7, FRAME(3));
	end(w);
	quiet(w);
}

/* The same where the new entry is armed, and the old one, larger, was invalidated only in part. */
static void nor_is_one_through_what_a_tlbie_may_have_left(void **state)
{
	struct world *w = *state;

	pte_sized(w, 1, 4, 4, 8, RW, "rc");
	pte_remove(w, 1, 5); /* all of it */
	pte(w, 1, 5, 9, RW, "r");
	tlbie_page(w, 1, 5);
	l2_store(w, 1, 5, FRAME(9));
	end(w);
	quiet(w);
	TLBIE(w, .guest = 1, .scope = SCOPE_PAGE, .n = 4, .count = 4);
	l2_store(w, 1, 5, FRAME(9));
	end(w);
	expect(w, CLASS_LOST_DIRTY_L1);
}

/* ---- where it is judged ---- */

static void harvest_must_name_it(void **state)
{
	struct world *w = *state;
	struct oracle_verdict v;

	FEED(w, EV_L1_LOG_START, .guest = 1);
	store_without_c(w);
	l1_harvest(w, 2, NAMES()); /* another guest's */
	quiet(w);
	l1_harvest(w, 1, NAMES(3, 6, 8));
	v = expect(w, CLASS_LOST_DIRTY_L1);
	assert_int_equal(v.n, 7);
	assert_int_equal(v.op_effect, w->op);
	l1_harvest(w, 1, NAMES());
	FEED(w, EV_L1_COMPARE, .guest = 1, .n = 7, .status = 1);
	end(w);
	quiet(w);

	store_without_c(w);
	l1_harvest(w, 1, NAMES(7));
	FEED(w, EV_L1_LOG_STOP, .guest = 1);
	end(w);
	quiet(w);

	l2_store(w, 1, 7, FRAME(3)); /* the next store is owed again */
	l1_harvest(w, 1, NAMES());
	expect(w, CLASS_LOST_DIRTY_L1);
}

static void harvest_that_began_before_need_not(void **state)
{
	struct world *w = *state;

	FEED(w, EV_L1_HARVEST_BEGIN, .guest = 1);
	store_without_c(w);
	l1_harvest_end(w, 1, NAMES());
	quiet(w);
	FEED(w, EV_L1_HARVEST_BEGIN, .guest = 1);
	FEED(w, EV_L1_HARVEST_END, .guest = 1, .status = -1); /* says nothing */
	quiet(w);
	l1_harvest(w, 1, NAMES());
	expect(w, CLASS_LOST_DIRTY_L1);
}

static void removal_is_judged_by_the_tlbie(void **state)
{
	struct world *w = *state;

	store_without_c(w);
	pte_remove(w, 1, 7);
	tlbie_page(w, 1, 6);
	tlbie_page(w, 2, 7);
	TLBIE(w, .guest = 1, .scope = SCOPE_PAGE, .ric = RIC_PWC, .n = 7, .count = 1);
	quiet(w);
	tlbie_page(w, 1, 7);
	expect(w, CLASS_LOST_DIRTY_L1);
	end(w);
	quiet(w);
}

static void removal_is_not_judged_by_a_tlbie_begun_before(void **state)
{
	struct world *w = *state;

	store_without_c(w);
	tlbie_begin(w);
	pte_remove(w, 1, 7);
	tlbie_end(w, (struct event){.guest = 1, .scope = SCOPE_PAGE, .n = 7, .count = 1});
	quiet(w);
	tlbie_page(w, 1, 7);
	expect(w, CLASS_LOST_DIRTY_L1);
}

static void removal_is_judged_by_a_wider_tlbie_or_the_end(void **state)
{
	struct world *w = *state;

	store_without_c(w);
	pte(w, 1, 7, 5, RW, "rc"); /* re-pointed */
	quiet(w);
	TLBIE(w, .guest = 1, .scope = SCOPE_LPID, .ric = RIC_TLB);
	expect(w, CLASS_LOST_DIRTY_L1);

	pte_remove(w, 1, 7);
	tlbie_page(w, 1, 7);
	store_without_c(w);
	pte_remove(w, 1, 7);
	quiet(w);
	end(w);
	expect(w, CLASS_LOST_DIRTY_L1);
}

static void protect_keeps_the_debt(void **state)
{
	struct world *w = *state;

	store_without_c(w);
	pte(w, 1, 7, 3, EVP_READ, "r");
	tlbie_page(w, 1, 7);
	quiet(w);
	pte(w, 1, 7, 3, EVP_READ, "rc");
	end(w);
	quiet(w);
}

static void compare_finds_it(void **state)
{
	struct world *w = *state;

	store_without_c(w);
	FEED(w, EV_L1_COMPARE, .guest = 1, .n = 7, .status = 0);
	FEED(w, EV_L1_COMPARE, .guest = 1, .n = 8, .status = 1);
	FEED(w, EV_L1_COMPARE, .guest = 2, .n = 7, .status = 1);
	quiet(w);
	FEED(w, EV_L1_COMPARE, .guest = 1, .n = 7, .status = 1);
	expect(w, CLASS_LOST_DIRTY_L1);
	FEED(w, EV_L1_COMPARE, .guest = 1, .n = 7, .status = 1);
	end(w);
	quiet(w);
}

static void compare_over_the_union(void **state)
{
	struct world *w = *state;

	world_begin(w, SLOT1_ALIAS, RCMODE_FAULT);
	pte(w, 1, 9, ALIAS_OF(3), RW, "rc");
	store_without_c(w);
	FEED(w, EV_L1_COMPARE, .guest = 1, .n = 9, .status = 1);
	assert_int_equal(expect(w, CLASS_LOST_DIRTY_L1).n, 7);
	end(w);
	quiet(w);
}

static void compare_of_a_removed_page_says_nothing(void **state)
{
	struct world *w = *state;

	store_without_c(w);
	pte_remove(w, 1, 7);
	FEED(w, EV_L1_COMPARE, .guest = 1, .n = 7, .status = 1);
	quiet(w);
}

/* ---- sizes ---- */

static void a_large_entry_has_one_c(void **state)
{
	struct world *w = *state;

	pte_sized(w, 1, 4, 4, 8, RW, "r");
	l2_store(w, 1, 5, FRAME(9));
	l2_store(w, 1, 6, FRAME(10));
	l1_harvest(w, 1, NAMES(4)); /* by its first page */
	quiet(w);
	l2_store(w, 1, 5, FRAME(9));
	l2_store(w, 1, 6, FRAME(10));
	pte_sized(w, 1, 4, 4, 8, RW, "rc");
	end(w);
	quiet(w);
	pte_remove(w, 1, 4);
	TLBIE(w, .guest = 1, .scope = SCOPE_PAGE, .n = 4, .count = 4);
	pte_sized(w, 1, 4, 4, 8, RW, "r");
	l2_store(w, 1, 5, FRAME(9));
	l2_store(w, 1, 6, FRAME(10));
	end(w);
	assert_int_equal(expect(w, CLASS_LOST_DIRTY_L1).n, 5);
}

static void a_tlbie_of_a_part_is_not_certain_to_cover(void **state)
{
	struct world *w = *state;

	pte_sized(w, 1, 4, 4, 8, RW, "rc");
	pte_sized(w, 1, 4, 4, 8, RW, "r");
	tlbie_page(w, 1, 5);
	tlbie_page(w, 1, 4);
	l2_store(w, 1, 5, FRAME(9));
	end(w);
	quiet(w);
	TLBIE(w, .guest = 1, .scope = SCOPE_PAGE, .n = 4, .count = 4);
	l2_store(w, 1, 5, FRAME(9));
	end(w);
	expect(w, CLASS_LOST_DIRTY_L1);
}

/* ---- L2s that come and go ---- */

static void entries_outlive_the_guest(void **state)
{
	struct world *w = *state;

	pte(w, 1, 7, 3, RW, "r");
	l1_guest(w, 1, false);
	l2_store(w, 1, 7, FRAME(3)); /* through what is cached of the table: not certain */
	end(w);
	quiet(w);
	TLBIE(w, .guest = 1, .scope = SCOPE_LPID, .ric = RIC_ALL);
	l1_guest(w, 1, true);
	l2_store(w, 1, 7, FRAME(3));
	end(w);
	expect(w, CLASS_LOST_DIRTY_L1);
}

/* ---- a misbehaving L1 ---- */

static void taint_drops_it(void **state)
{
	struct world *w = *state;

	store_without_c(w);
	pte(w, 2, 7, 4, RW, "r");
	l2_store(w, 2, 7, FRAME(4));
	taint(w, 1);
	l1_harvest(w, 1, NAMES());
	l2_store(w, 1, 7, FRAME(3));
	l1_harvest(w, 1, NAMES());
	quiet(w);
	end(w);
	assert_int_equal(expect(w, CLASS_LOST_DIRTY_L1).guest, 2); /* which L1 did not misbehave to */

	world_begin(w, SLOT1_PLAIN, RCMODE_FAULT);
	store_without_c(w);
	taint(w, 0);
	end(w);
	quiet(w);
}

/* ---- R ---- */

static void r_is_owed_for_every_access(void **state)
{
	static const uint8_t accesses[] = {ACCESS_LOAD, ACCESS_STORE, ACCESS_FETCH};
	struct world *w = *state;

	for (unsigned i = 0; i < sizeof(accesses); i++) {
		world_begin(w, SLOT1_PLAIN, RCMODE_FAULT);
		pte(w, 1, 7, 3, RWX, "c");
		l2_access(w, accesses[i], 1, 7, FRAME(3));
		quiet(w);
		end(w);
		assert_int_equal(expect(w, CLASS_LOST_REF_L1).access, accesses[i]);
	}
}

static void r_is_judged_by_the_tlbie_after_removal(void **state)
{
	struct world *w = *state;

	pte(w, 1, 7, 3, RW, "");
	l2_access(w, ACCESS_LOAD, 1, 7, FRAME(3));
	l1_harvest(w, 1, NAMES()); /* reads C, not R */
	FEED(w, EV_L1_COMPARE, .guest = 1, .n = 7, .status = 1);
	quiet(w);
	pte_remove(w, 1, 7);
	tlbie_page(w, 1, 7);
	expect(w, CLASS_LOST_REF_L1);
}

static void r_that_shows_or_is_not_armed_is_fine(void **state)
{
	struct world *w = *state;

	pte(w, 1, 7, 3, RW, "");
	l2_access(w, ACCESS_LOAD, 1, 7, FRAME(3));
	pte(w, 1, 7, 3, RW, "r");
	pte(w, 1, 7, 3, RW, "");
	l2_access(w, ACCESS_LOAD, 1, 7, FRAME(3)); /* no tlbie yet */
	end(w);
	quiet(w);
	tlbie_page(w, 1, 7);
	l2_access(w, ACCESS_LOAD, 1, 7, FRAME(3));
	end(w);
	expect(w, CLASS_LOST_REF_L1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(l2_store_is_owed),
		WORLD_TEST(c_that_shows_settles_it),
		WORLD_TEST(other_writers_owe_nothing),
		WORLD_TEST(clear_without_tlbie_proves_nothing),
		WORLD_TEST(a_covering_tlbie_arms),
		WORLD_TEST(another_tlbie_does_not),
		WORLD_TEST(a_tlbie_that_may_miss_does_not_arm),
		WORLD_TEST(a_tlbie_begun_before_the_clear_does_not_arm),
		WORLD_TEST(a_tlbie_that_has_not_returned_does_not_arm),
		WORLD_TEST(a_new_entry_is_armed_at_once),
		WORLD_TEST(unless_the_old_one_may_be_in_use),
		WORLD_TEST(a_change_of_permissions_needs_a_tlbie_too),
		WORLD_TEST(an_uncertain_store_is_not_owed),
		WORLD_TEST(nor_is_one_through_what_a_tlbie_may_have_left),
		WORLD_TEST(harvest_must_name_it),
		WORLD_TEST(harvest_that_began_before_need_not),
		WORLD_TEST(removal_is_judged_by_the_tlbie),
		WORLD_TEST(removal_is_not_judged_by_a_tlbie_begun_before),
		WORLD_TEST(removal_is_judged_by_a_wider_tlbie_or_the_end),
		WORLD_TEST(protect_keeps_the_debt),
		WORLD_TEST(compare_finds_it),
		WORLD_TEST(compare_over_the_union),
		WORLD_TEST(compare_of_a_removed_page_says_nothing),
		WORLD_TEST(a_large_entry_has_one_c),
		WORLD_TEST(a_tlbie_of_a_part_is_not_certain_to_cover),
		WORLD_TEST(entries_outlive_the_guest),
		WORLD_TEST(taint_drops_it),
		WORLD_TEST(r_is_owed_for_every_access),
		WORLD_TEST(r_is_judged_by_the_tlbie_after_removal),
		WORLD_TEST(r_that_shows_or_is_not_armed_is_fine),
	};

	return cmocka_run_group_tests_name("oracle/l1", tests, NULL, NULL);
}

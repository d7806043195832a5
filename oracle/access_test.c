// SPDX-License-Identifier: GPL-2.0-only
/* access_test.c: which frame a completed access may have reached, and how a wrong one is called. */
#include "oracle/test_world.h"

#define NOBODYS 9000u /* a frame that no page ever had */

/* ---- L1 ---- */

static void l1_reaches_its_page(void **state)
{
	struct world *w = *state;

	l1_access(w, ACCESS_LOAD, 3, FRAME(3));
	l1_access(w, ACCESS_STORE, 3, FRAME(3));
	l1_access(w, ACCESS_FETCH, 3, FRAME(3));
	quiet(w);
	l1_access(w, ACCESS_LOAD, 3, NOBODYS);
	assert_int_equal(expect(w, CLASS_WRONG_PAGE).frame, NOBODYS);
	l1_access(w, ACCESS_LOAD, 3, FRAME(4)); /* right for another page */
	assert_int_equal(expect(w, CLASS_WRONG_PAGE).lpage, 3);
}

static void l1_after_the_hosts_teardown(void **state)
{
	struct world *w = *state;

	host_unmap(w, 3);
	l1_store(w, 3);
	assert_int_equal(expect(w, CLASS_STALE_ACCESS).writer, WRITER_L1);
	host_map(w, 3, 500, RW);
	l1_access(w, ACCESS_LOAD, 3, 500);
	quiet(w);
	l1_access(w, ACCESS_LOAD, 3, FRAME(3));
	assert_int_equal(expect(w, CLASS_STALE_ACCESS).writer, WRITER_NONE);
	host_map(w, 3, FRAME(3), RW); /* and back again */
	l1_store(w, 3);
	quiet(w);
}

static void l1_without_the_slot(void **state)
{
	struct world *w = *state;

	slot_set(w, 0, false);
	l1_access(w, ACCESS_LOAD, 3, FRAME(3));
	expect(w, CLASS_STALE_ACCESS);
	slot_set(w, 0, true);
	l1_access(w, ACCESS_LOAD, 3, FRAME(3));
	quiet(w);
}

static void l1_and_permissions(void **state)
{
	struct world *w = *state;

	world_begin(w, SLOT1_READONLY, RCMODE_FAULT);
	l1_access(w, ACCESS_LOAD, SLOT1, FRAME(SLOT1));
	host_map(w, 3, FRAME(3), EVP_READ); /* copy on write */
	l1_access(w, ACCESS_LOAD, 3, FRAME(3));
	quiet(w);
	l1_store(w, SLOT1);
	expect(w, CLASS_OVER_PERMISSION);
	l1_store(w, 3);
	expect(w, CLASS_OVER_PERMISSION);
	host_map(w, 3, 500, RW);
	l1_access(w, ACCESS_STORE, 3, 500);
	quiet(w);
}

static void frames_are_forgotten_in_favour_of_the_kernel(void **state)
{
	struct world *w = *state;

	for (uint32_t i = 0; i < 8; i++)
		host_map(w, 3, 500 + i, RW);
	l1_access(w, ACCESS_LOAD, 3, NOBODYS);
	expect(w, CLASS_WRONG_PAGE);
	for (uint32_t i = 0; i < 8; i++)
		host_map(w, 3, 600 + i, RW);
	l1_access(w, ACCESS_LOAD, 3, NOBODYS); /* may have been its frame */
	expect(w, CLASS_STALE_ACCESS);
	l1_access(w, ACCESS_LOAD, 3, 607);
	quiet(w);
}

/* ---- L2 and L1's tables ---- */

static void l2_reaches_what_l1_mapped(void **state)
{
	struct world *w = *state;

	pte(w, 1, 7, 3, RWX, "rc");
	l2_access(w, ACCESS_LOAD, 1, 7, FRAME(3));
	l2_access(w, ACCESS_STORE, 1, 7, FRAME(3));
	l2_access(w, ACCESS_FETCH, 1, 7, FRAME(3));
	quiet(w);
	l2_access(w, ACCESS_LOAD, 1, 7, FRAME(7));
	expect(w, CLASS_WRONG_PAGE);
	l2_access(w, ACCESS_LOAD, 1, 8, FRAME(3)); /* nothing is mapped there */
	expect(w, CLASS_WRONG_PAGE);
	l2_access(w, ACCESS_LOAD, 2, 7, FRAME(3)); /* another guest's */
	assert_int_equal(expect(w, CLASS_WRONG_PAGE).guest, 2);
}

static void the_old_mapping_is_as_good_until_the_tlbie(void **state)
{
	struct world *w = *state;

	pte(w, 1, 7, 3, RW, "rc");
	pte_remove(w, 1, 7);
	l2_store(w, 1, 7, FRAME(3));
	pte(w, 1, 7, 4, RW, "rc");
	l2_store(w, 1, 7, FRAME(3));
	l2_store(w, 1, 7, FRAME(4));
	tlbie_page(w, 1, 8);
	TLBIE(w, .guest = 1, .scope = SCOPE_PAGE, .ric = RIC_PWC, .n = 7, .count = 1);
	TLBIE(w, .guest = 1, .scope = SCOPE_PAGE, .n = 7, .count = 1, .status = -4);
	l2_store(w, 1, 7, FRAME(3));
	quiet(w);
	tlbie_page(w, 1, 7);
	l2_store(w, 1, 7, FRAME(4));
	quiet(w);
	l2_store(w, 1, 7, FRAME(3));
	expect(w, CLASS_STALE_ACCESS);
}

static void a_tlbie_counts_when_it_returns(void **state)
{
	struct world *w = *state;

	pte(w, 1, 7, 3, RW, "rc");
	tlbie_begin(w);
	pte_remove(w, 1, 7); /* too late for this one */
	tlbie_end(w, (struct event){.guest = 1, .scope = SCOPE_LPID, .ric = RIC_ALL});
	tlbie_begin(w);
	pte(w, 1, 7, 4, RW, "rc");
	pte_remove(w, 1, 7);
	tlbie_end(w, (struct event){.guest = 1, .scope = SCOPE_PAGE, .n = 7, .count = 1});
	l2_store(w, 1, 7, FRAME(4));
	quiet(w);
	l2_store(w, 1, 7, FRAME(3));
	expect(w, CLASS_STALE_ACCESS);
	tlbie_begin(w);
	l2_store(w, 1, 7, FRAME(4));
	quiet(w);
	tlbie_end(w, (struct event){.guest = 1, .scope = SCOPE_LPID, .ric = RIC_ALL});
	l2_store(w, 1, 7, FRAME(4));
	expect(w, CLASS_STALE_ACCESS);
}

static void wider_tlbies_take_back_too(void **state)
{
	static const struct event wide[] = {
		{.guest = 1, .scope = SCOPE_LPID, .ric = RIC_TLB},
		{.guest = 1, .scope = SCOPE_LPID, .ric = RIC_ALL},
		{.scope = SCOPE_ALL, .ric = RIC_TLB},
		{.guest = 1, .scope = SCOPE_PAGE, .n = 0, .count = 24},
	};
	struct world *w = *state;

	for (unsigned i = 0; i < sizeof(wide) / sizeof(wide[0]); i++) {
		world_begin(w, SLOT1_PLAIN, RCMODE_FAULT);
		pte(w, 1, 7, 3, RW, "rc");
		pte_remove(w, 1, 7);
		tlbie(w, wide[i]);
		l2_store(w, 1, 7, FRAME(3));
		expect(w, CLASS_STALE_ACCESS);
	}
}

static void l1s_permissions(void **state)
{
	static const struct {
		uint8_t perm, access;
	} denied[] = {
		{EVP_READ, ACCESS_STORE}, {EVP_READ | EVP_EXEC, ACCESS_STORE}, {RW, ACCESS_FETCH}, {0, ACCESS_LOAD},
		{EVP_READ, ACCESS_FETCH},
	};
	struct world *w = *state;

	for (unsigned i = 0; i < sizeof(denied) / sizeof(denied[0]); i++) {
		world_begin(w, SLOT1_PLAIN, RCMODE_FAULT);
		pte(w, 1, 7, 3, denied[i].perm, "rc");
		l2_access(w, denied[i].access, 1, 7, FRAME(3));
		expect(w, CLASS_OVER_PERMISSION);
		pte(w, 1, 7, 3, RWX, "rc");
		l2_access(w, denied[i].access, 1, 7, FRAME(3));
		quiet(w);
		pte(w, 1, 7, 3, denied[i].perm, "rc"); /* the old permissions, until the tlbie */
		l2_access(w, denied[i].access, 1, 7, FRAME(3));
		quiet(w);
		tlbie_page(w, 1, 7);
		l2_access(w, denied[i].access, 1, 7, FRAME(3));
		expect(w, CLASS_OVER_PERMISSION);
	}
}

static void the_hosts_permissions(void **state)
{
	struct world *w = *state;

	world_begin(w, SLOT1_READONLY, RCMODE_FAULT);
	pte(w, 1, 7, 3, RWX, "rc");
	pte(w, 1, 8, SLOT1, RWX, "rc");
	host_map(w, 3, FRAME(3), EVP_READ);
	l2_access(w, ACCESS_LOAD, 1, 7, FRAME(3));
	l2_access(w, ACCESS_FETCH, 1, 7, FRAME(3));
	l2_access(w, ACCESS_LOAD, 1, 8, FRAME(SLOT1));
	quiet(w);
	l2_store(w, 1, 7, FRAME(3));
	expect(w, CLASS_OVER_PERMISSION);
	l2_store(w, 1, 8, FRAME(SLOT1));
	expect(w, CLASS_OVER_PERMISSION);
}

static void l2_after_the_hosts_teardown(void **state)
{
	struct world *w = *state;

	pte(w, 1, 7, 3, RW, "rc");
	host_unmap(w, 3);
	l2_store(w, 1, 7, FRAME(3));
	expect(w, CLASS_STALE_ACCESS);
	host_map(w, 3, 500, RW);
	l2_store(w, 1, 7, 500);
	quiet(w);
	l2_store(w, 1, 7, FRAME(3));
	expect(w, CLASS_STALE_ACCESS);
	slot_set(w, 0, false);
	l2_store(w, 1, 7, 500);
	expect(w, CLASS_STALE_ACCESS);
}

static void the_kernels_copies_are_judged_the_same(void **state)
{
	struct world *w = *state;

	pte(w, 1, 7, 3, RW, "rc");
	FEED(w, EV_L2_ACCESS, .access = ACCESS_STORE, .guest = 1, .n = 7, .frame = FRAME(3), .quadrant = true);
	quiet(w);
	FEED(w, EV_L2_ACCESS, .access = ACCESS_STORE, .guest = 1, .n = 7, .frame = NOBODYS, .quadrant = true);
	assert_int_equal(expect(w, CLASS_WRONG_PAGE).writer, WRITER_KERNEL);
}

/* One finding an access: the frame now belongs to a page that L2 may only read. */
static void one_access_one_finding(void **state)
{
	struct world *w = *state;

	pte(w, 1, 7, 3, EVP_READ, "rc");
	host_map(w, 3, 500, EVP_READ);
	l2_store(w, 1, 7, FRAME(3));
	expect(w, CLASS_STALE_ACCESS);
	l2_store(w, 1, 7, NOBODYS);
	expect(w, CLASS_WRONG_PAGE);
	l2_store(w, 1, 7, 500);
	expect(w, CLASS_OVER_PERMISSION);
}

static void a_wrong_store_is_owed_to_nobody(void **state)
{
	struct world *w = *state;

	log_start(w, 0);
	pte(w, 1, 7, 3, RW, "r");
	l2_store(w, 1, 7, FRAME(4));
	expect(w, CLASS_WRONG_PAGE);
	pte(w, 1, 8, 5, EVP_READ, "r");
	l2_store(w, 1, 8, FRAME(5));
	expect(w, CLASS_OVER_PERMISSION);
	harvest(w, 0, NAMES());
	/* But these pages differ from their copies now. */
	FEED(w, EV_COMPARE, .lpage = 4, .status = 1);
	FEED(w, EV_COMPARE, .lpage = 5, .status = 1);
	FEED(w, EV_END, .guest = 0);
	quiet(w);
}

/* ---- sizes and gaps ---- */

static void a_large_entry_leads_to_many_pages(void **state)
{
	struct world *w = *state;

	pte_sized(w, 1, 4, 4, 8, RW, "rc");
	for (uint32_t i = 0; i < 4; i++)
		l2_store(w, 1, 4 + i, FRAME(8 + i));
	quiet(w);
	l2_store(w, 1, 3, FRAME(7));
	expect(w, CLASS_WRONG_PAGE);
	l2_store(w, 1, 8, FRAME(12));
	expect(w, CLASS_WRONG_PAGE);

	/* A tlbie of one of its pages need not take it back, one of all of it does. */
	pte_remove(w, 1, 4);
	tlbie_page(w, 1, 6);
	l2_store(w, 1, 6, FRAME(10));
	quiet(w);
	TLBIE(w, .guest = 1, .scope = SCOPE_PAGE, .n = 4, .count = 4);
	l2_store(w, 1, 6, FRAME(10));
	expect(w, CLASS_STALE_ACCESS);
}

static void an_entry_in_its_middle_replaces_it(void **state)
{
	struct world *w = *state;

	pte_sized(w, 1, 4, 4, 8, RW, "rc");
	pte(w, 1, 5, 1, RW, "rc");
	TLBIE(w, .guest = 1, .scope = SCOPE_LPID);
	l2_store(w, 1, 5, FRAME(1));
	quiet(w);
	l2_store(w, 1, 6, FRAME(10));
	expect(w, CLASS_STALE_ACCESS);
}

/* The page indices of two slots follow each other, their addresses do not. */
static void a_large_entry_ends_with_the_slot(void **state)
{
	struct world *w = *state;

	pte_sized(w, 1, 4, 16, 8, RW, "rc");
	l2_store(w, 1, 11, FRAME(15));
	quiet(w);
	l2_store(w, 1, 12, FRAME(16));
	expect(w, CLASS_WRONG_PAGE);
	pte(w, 1, 3, LAYOUT_NONE, RW, "rc"); /* outside all slots */
	l2_store(w, 1, 3, FRAME(16));
	expect(w, CLASS_WRONG_PAGE);
}

/* ---- the partition table ---- */

static void a_removed_guest_is_reachable_until_ric_all(void **state)
{
	struct world *w = *state;

	pte(w, 1, 7, 3, RW, "rc");
	pte(w, 2, 7, 4, RW, "rc");
	TLBIE(w, .guest = 1, .scope = SCOPE_LPID, .ric = RIC_ALL); /* too early */
	l1_guest(w, 1, false);
	l2_store(w, 1, 7, FRAME(3));
	TLBIE(w, .guest = 1, .scope = SCOPE_LPID, .ric = RIC_TLB);
	TLBIE(w, .guest = 1, .scope = SCOPE_LPID, .ric = RIC_PWC);
	TLBIE(w, .guest = 2, .scope = SCOPE_LPID, .ric = RIC_ALL);
	l2_store(w, 1, 7, FRAME(3));
	quiet(w);
	TLBIE(w, .guest = 1, .scope = SCOPE_LPID, .ric = RIC_ALL);
	l2_store(w, 1, 7, FRAME(3));
	expect(w, CLASS_STALE_ACCESS);
	l2_store(w, 2, 7, FRAME(4));
	l1_guest(w, 1, true); /* with the same tables */
	l2_store(w, 1, 7, FRAME(3));
	quiet(w);
	l1_guest(w, 1, false);
	TLBIE(w, .scope = SCOPE_ALL, .ric = RIC_ALL);
	l2_store(w, 1, 7, FRAME(3));
	expect(w, CLASS_STALE_ACCESS);
}

static void a_guest_that_never_was_reaches_nothing(void **state)
{
	struct world *w = *state;

	pte(w, 3, 7, 3, RW, "rc");
	l2_store(w, 3, 7, FRAME(3));
	expect(w, CLASS_WRONG_PAGE);
	l1_guest(w, 3, true);
	l2_store(w, 3, 7, FRAME(3));
	quiet(w);
}

/* ---- bounded history ---- */

static void too_many_old_mappings_make_it_loose(void **state)
{
	struct world *w = *state;

	for (uint32_t i = 0; i < 12; i++)
		pte(w, 1, 7, i, RW, "rc");
	for (uint32_t i = 0; i < 12; i++)
		l2_store(w, 1, 7, FRAME(i)); /* each may be in use */
	quiet(w);
	l2_store(w, 1, 7, NOBODYS);
	expect(w, CLASS_WRONG_PAGE);
	TLBIE(w, .guest = 1, .scope = SCOPE_LPID);
	l2_store(w, 1, 7, FRAME(11));
	quiet(w);
	l2_store(w, 1, 7, FRAME(3)); /* long forgotten, but it may have been */
	expect(w, CLASS_STALE_ACCESS);
	l2_store(w, 1, 7, NOBODYS);
	expect(w, CLASS_STALE_ACCESS);
}

static void many_old_mappings_that_are_gone_do_not(void **state)
{
	struct world *w = *state;

	for (uint32_t i = 0; i < 12; i++) {
		pte_remove(w, 1, 7);
		tlbie_page(w, 1, 7);
		pte(w, 1, 7, i, RW, "rc");
	}
	l2_store(w, 1, 7, FRAME(11));
	quiet(w);
	l2_store(w, 1, 7, FRAME(10));
	expect(w, CLASS_STALE_ACCESS);
}

/* ---- a misbehaving L1 ---- */

static void tainted_l2_may_reach_any_page_of_a_slot(void **state)
{
	struct world *w = *state;

	pte(w, 1, 7, 3, EVP_READ, "rc");
	l2_access(w, ACCESS_LOAD, 1, 7, FRAME(5));
	expect(w, CLASS_WRONG_PAGE);
	taint(w, 1);
	l2_store(w, 1, 7, FRAME(3));
	l2_store(w, 1, 7, FRAME(5));
	l2_access(w, ACCESS_FETCH, 1, 9, FRAME(TABLES));
	quiet(w);
	l2_access(w, ACCESS_LOAD, 2, 7, FRAME(5)); /* of another guest nothing changed */
	expect(w, CLASS_WRONG_PAGE);
}

static void tainted_l2_stays_within_the_slots(void **state)
{
	struct world *w = *state;

	world_begin(w, SLOT1_READONLY, RCMODE_FAULT);
	taint(w, 0);
	l2_access(w, ACCESS_LOAD, 1, 7, NOBODYS);
	expect(w, CLASS_WRONG_PAGE);
	host_map(w, 3, 500, EVP_READ);
	l2_access(w, ACCESS_LOAD, 1, 7, FRAME(3));
	expect(w, CLASS_STALE_ACCESS);
	l2_access(w, ACCESS_LOAD, 1, 7, 500);
	l2_access(w, ACCESS_LOAD, 1, 7, FRAME(SLOT1));
	quiet(w);
	l2_store(w, 1, 7, 500);
	expect(w, CLASS_OVER_PERMISSION);
	l2_store(w, 2, 7, FRAME(SLOT1));
	expect(w, CLASS_OVER_PERMISSION);
	slot_set(w, 1, false);
	l2_access(w, ACCESS_LOAD, 1, 7, FRAME(SLOT1));
	expect(w, CLASS_STALE_ACCESS);
}

static void tainted_store_is_owed_to_the_page_it_reached(void **state)
{
	struct world *w = *state;

	taint(w, 1);
	log_start(w, 0);
	l2_store(w, 1, 7, FRAME(5));
	harvest(w, 0, NAMES(5));
	quiet(w);
	l2_store(w, 1, 7, FRAME(5));
	harvest(w, 0, NAMES());
	assert_int_equal(expect(w, CLASS_LOST_DIRTY_HOST).lpage, 5);

	world_begin(w, SLOT1_ALIAS, RCMODE_FAULT);
	taint(w, 1);
	log_start(w, 0);
	log_start(w, 1);
	l2_store(w, 1, 7, FRAME(5)); /* through which of the two slots is not certain */
	harvest(w, 0, NAMES());
	harvest(w, 1, NAMES());
	FEED(w, EV_COMPARE, .lpage = 5, .status = 1);
	quiet(w);
	slot_set(w, 1, false);
	l2_store(w, 1, 7, FRAME(5)); /* now it is */
	harvest(w, 0, NAMES());
	expect(w, CLASS_LOST_DIRTY_HOST);
}

static void pages_beyond_l2s_data_are_judged_by_memory(void **state)
{
	struct world *w = *state;

	pte(w, 1, w->layout.l2_pages, TABLES + 9, RW, "");
	l2_access(w, ACCESS_STORE, 1, w->layout.l2_pages, FRAME(TABLES + 9));
	FEED(w, EV_END, .guest = 0);
	quiet(w);
	l2_access(w, ACCESS_LOAD, 1, w->layout.l2_pages, NOBODYS);
	expect(w, CLASS_WRONG_PAGE);
}

static void l2_access_part(struct world *w, uint8_t part, uint8_t reached)
{
	FEED(w, EV_L2_ACCESS, .access = ACCESS_STORE, .guest = 1, .n = 5, .frame = FRAME(3), .part = part,
	     .reached = reached);
}

/* An entry that is smaller than a page of the host maps the begin of one. */
static void a_small_entry_permits_no_more_than_it_maps(void **state)
{
	struct world *w = *state;
	struct event entry = {.kind = EV_L1_PTE, .guest = 1, .n = 5, .count = 1, .lpage = 3, .perm = RW};

	entry.valid = entry.r = entry.c = true;
	entry.part = 2;
	feed(w, entry);
	l2_access_part(w, 1, 1);
	quiet(w);
	l2_access_part(w, 2, 2);
	assert_int_equal(expect(w, CLASS_OVER_PERMISSION).n, 5);
	/* The same page as a whole; then small again, which counts from the tlbie on. */
	entry.part = 0;
	feed(w, entry);
	l2_access_part(w, 15, 15);
	quiet(w);
	entry.part = 2;
	feed(w, entry);
	l2_access_part(w, 15, 15);
	quiet(w);
	TLBIE(w, .guest = 1, .scope = SCOPE_PAGE, .n = 5, .count = 1);
	l2_access_part(w, 1, 1);
	quiet(w);
	l2_access_part(w, 15, 15);
	expect(w, CLASS_OVER_PERMISSION);
}

static void another_part_of_the_page_is_wrong(void **state)
{
	struct world *w = *state;

	pte(w, 1, 5, 3, RW, "rc");
	l2_access_part(w, 9, 9);
	FEED(w, EV_L1_ACCESS, .access = ACCESS_LOAD, .lpage = 3, .frame = FRAME(3), .part = 9, .reached = 9);
	quiet(w);
	l2_access_part(w, 9, 0);
	expect(w, CLASS_WRONG_PAGE);
	l2_access_part(w, 0, 9);
	expect(w, CLASS_WRONG_PAGE);
	FEED(w, EV_L1_ACCESS, .access = ACCESS_LOAD, .lpage = 3, .frame = FRAME(3), .part = 9, .reached = 8);
	expect(w, CLASS_WRONG_PAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(l1_reaches_its_page),
		WORLD_TEST(l1_after_the_hosts_teardown),
		WORLD_TEST(l1_without_the_slot),
		WORLD_TEST(l1_and_permissions),
		WORLD_TEST(frames_are_forgotten_in_favour_of_the_kernel),
		WORLD_TEST(l2_reaches_what_l1_mapped),
		WORLD_TEST(the_old_mapping_is_as_good_until_the_tlbie),
		WORLD_TEST(a_tlbie_counts_when_it_returns),
		WORLD_TEST(wider_tlbies_take_back_too),
		WORLD_TEST(l1s_permissions),
		WORLD_TEST(the_hosts_permissions),
		WORLD_TEST(l2_after_the_hosts_teardown),
		WORLD_TEST(the_kernels_copies_are_judged_the_same),
		WORLD_TEST(one_access_one_finding),
		WORLD_TEST(a_wrong_store_is_owed_to_nobody),
		WORLD_TEST(a_large_entry_leads_to_many_pages),
		WORLD_TEST(an_entry_in_its_middle_replaces_it),
		WORLD_TEST(a_large_entry_ends_with_the_slot),
		WORLD_TEST(a_removed_guest_is_reachable_until_ric_all),
		WORLD_TEST(a_guest_that_never_was_reaches_nothing),
		WORLD_TEST(too_many_old_mappings_make_it_loose),
		WORLD_TEST(many_old_mappings_that_are_gone_do_not),
		WORLD_TEST(tainted_l2_may_reach_any_page_of_a_slot),
		WORLD_TEST(tainted_l2_stays_within_the_slots),
		WORLD_TEST(tainted_store_is_owed_to_the_page_it_reached),
		WORLD_TEST(pages_beyond_l2s_data_are_judged_by_memory),
		WORLD_TEST(a_small_entry_permits_no_more_than_it_maps),
		WORLD_TEST(another_part_of_the_page_is_wrong),
	};

	return cmocka_run_group_tests_name("oracle/access", tests, NULL, NULL);
}

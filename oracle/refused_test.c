// SPDX-License-Identifier: GPL-2.0-only
/* refused_test.c: an access that gave up is a finding if nothing forbade it and nothing excuses the kernel. */
#include "oracle/test_world.h"

#include <errno.h>

static struct event l1_gave_up(uint8_t access, uint32_t lpage)
{
	return (struct event){.kind = EV_ACCESS_FAILED, .access = access, .lpage = lpage};
}

static struct event l2_gave_up(uint8_t access, uint8_t guest, uint32_t n)
{
	return (struct event){.kind = EV_ACCESS_FAILED, .access = access, .guest = guest, .n = n};
}

static void l1_is_refused(void **state)
{
	struct world *w = *state;
	struct oracle_verdict verdict;

	feed(w, l1_gave_up(ACCESS_STORE, 3));
	verdict = expect(w, CLASS_NO_PROGRESS);
	assert_int_equal(verdict.lpage, 3);
	assert_int_equal(verdict.guest, 0);
	assert_int_equal(verdict.access, ACCESS_STORE);
	host_unmap(w, 3); /* paged out: it comes back */
	feed(w, l1_gave_up(ACCESS_LOAD, 3));
	expect(w, CLASS_NO_PROGRESS);
}

static void l1_without_slot_or_permission(void **state)
{
	struct world *w = *state;

	host_map(w, 4, FRAME(4), EVP_READ);
	feed(w, l1_gave_up(ACCESS_STORE, 4));
	slot_set(w, 0, false);
	feed(w, l1_gave_up(ACCESS_LOAD, 3));
	quiet(w);
	world_begin(w, SLOT1_READONLY, RCMODE_FAULT);
	feed(w, l1_gave_up(ACCESS_STORE, SLOT1));
	quiet(w);
	feed(w, l1_gave_up(ACCESS_LOAD, SLOT1));
	expect(w, CLASS_NO_PROGRESS);
}

static void what_is_explained_is_excused(void **state)
{
	struct world *w = *state;
	struct event e = l1_gave_up(ACCESS_STORE, 3);

	e.status = ENOMEM;
	feed(w, e);
	quiet(w);
}

static void l2_is_refused(void **state)
{
	struct world *w = *state;
	struct oracle_verdict verdict;

	pte(w, 1, 5, 3, RW, "rc");
	feed(w, l2_gave_up(ACCESS_LOAD, 1, 5));
	verdict = expect(w, CLASS_NO_PROGRESS);
	assert_int_equal(verdict.lpage, 3);
	assert_int_equal(verdict.guest, 1);
	assert_int_equal(verdict.n, 5);
	pte_sized(w, 1, 8, 4, 8, RW, "");
	feed(w, l2_gave_up(ACCESS_STORE, 1, 10));
	assert_int_equal(expect(w, CLASS_NO_PROGRESS).lpage, 10);
}

static void l2_without_l1s_permission(void **state)
{
	struct world *w = *state;

	pte(w, 1, 5, 3, EVP_READ, "rc");
	feed(w, l2_gave_up(ACCESS_STORE, 1, 5));
	feed(w, l2_gave_up(ACCESS_FETCH, 1, 5));
	feed(w, l2_gave_up(ACCESS_LOAD, 1, 6));
	feed(w, l2_gave_up(ACCESS_LOAD, 2, 5));
	feed(w, l2_gave_up(ACCESS_LOAD, 1, w->layout.l2_pages));
	pte_remove(w, 1, 5);
	feed(w, l2_gave_up(ACCESS_LOAD, 1, 5));
	/* the tail of a large entry leads out of its slot */
	pte_sized(w, 1, 0, 4, SLOT1 - 2, RW, "");
	feed(w, l2_gave_up(ACCESS_LOAD, 1, 2));
	quiet(w);
}

static void l2_without_what_lies_under_it(void **state)
{
	struct world *w = *state;

	pte(w, 1, 5, 3, RW, "rc");
	pte(w, 2, 5, SLOT1, RW, "rc");
	slot_set(w, 1, false);
	feed(w, l2_gave_up(ACCESS_LOAD, 2, 5));
	slot_set(w, 2, false); /* L1's tables */
	feed(w, l2_gave_up(ACCESS_LOAD, 1, 5));
	slot_set(w, 2, true);
	l1_guest(w, 1, false);
	feed(w, l2_gave_up(ACCESS_LOAD, 1, 5));
	l1_guest(w, 1, true);
	quiet(w);
	feed(w, l2_gave_up(ACCESS_LOAD, 1, 5));
	expect(w, CLASS_NO_PROGRESS);
	taint(w, 1);
	feed(w, l2_gave_up(ACCESS_LOAD, 1, 5));
	quiet(w);
}

/* The kernel has no way to map less than one of its own pages. */
static void l2_with_smaller_pages(void **state)
{
	struct world *w = *state;

	w->layout.l1_page_shift = 12;
	pte(w, 1, 5, 3, RW, "rc");
	feed(w, l2_gave_up(ACCESS_LOAD, 1, 5));
	quiet(w);
}

static void what_overlaps_proves_nothing(void **state)
{
	struct world *w = *state;
	uint16_t op, other;

	/* it ran inside */
	op = begin_op(w);
	other = begin_op(w);
	end_op(w, other);
	feed_within(w, op, l1_gave_up(ACCESS_LOAD, 3));
	end_op(w, op);
	/* it had begun before, and ended meanwhile */
	other = begin_op(w);
	op = begin_op(w);
	end_op(w, other);
	feed_within(w, op, l1_gave_up(ACCESS_LOAD, 3));
	end_op(w, op);
	quiet(w);
	/* it had ended before */
	op = begin_op(w);
	feed_within(w, op, l1_gave_up(ACCESS_LOAD, 3));
	end_op(w, op);
	expect(w, CLASS_NO_PROGRESS);
}

static void one_refusal_an_op(void **state)
{
	struct world *w = *state;
	uint16_t op;

	pte(w, 1, 5, 3, RW, "rc");
	op = begin_op(w);
	feed_within(w, op, l1_gave_up(ACCESS_STORE, TABLES));
	expect(w, CLASS_NO_PROGRESS);
	feed_within(w, op, l2_gave_up(ACCESS_LOAD, 1, 5)); /* it could not be entered then */
	end_op(w, op);
	quiet(w);
	feed(w, l2_gave_up(ACCESS_LOAD, 1, 5));
	expect(w, CLASS_NO_PROGRESS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(l1_is_refused),
		WORLD_TEST(l1_without_slot_or_permission),
		WORLD_TEST(what_is_explained_is_excused),
		WORLD_TEST(l2_is_refused),
		WORLD_TEST(l2_without_l1s_permission),
		WORLD_TEST(l2_without_what_lies_under_it),
		WORLD_TEST(l2_with_smaller_pages),
		WORLD_TEST(what_overlaps_proves_nothing),
		WORLD_TEST(one_refusal_an_op),
	};

	return cmocka_run_group_tests_name("oracle/refused", tests, NULL, NULL);
}

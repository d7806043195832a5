// SPDX-License-Identifier: GPL-2.0-only
/*
 * refused_test.c: an access that gave up is a finding if nothing forbade it and nothing excuses the kernel, and so is
 * an hcall in order that was answered with an error.
 */
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

#define H_PARAMETER (-4)

/* About no page. */
static struct event hcall_failed(enum event_hcall hcall, uint8_t guest)
{
	return (struct event){.kind = EV_HCALL_FAILED,
			      .vcpu = 1,
			      .hcall = (uint8_t)hcall,
			      .guest = guest,
			      .scope = SCOPE_LPID,
			      .lpage = LAYOUT_NONE,
			      .result = H_PARAMETER};
}

static void an_hcall_is_refused(void **state)
{
	struct world *w = *state;
	struct oracle_verdict verdict;

	feed(w, hcall_failed(EVENT_HCALL_TLBIE, 1));
	verdict = expect(w, CLASS_NO_PROGRESS);
	assert_int_equal(verdict.hcall, EVENT_HCALL_TLBIE);
	assert_int_equal(verdict.result, H_PARAMETER);
	assert_int_equal(verdict.scope, SCOPE_LPID);
	assert_int_equal(verdict.vcpu, 1);
	assert_int_equal(verdict.guest, 1);
	assert_int_equal(verdict.n, LAYOUT_NONE);
	/* Whether L1 has that guest makes no difference. */
	l1_guest(w, 1, false);
	feed(w, hcall_failed(EVENT_HCALL_RPT, 1));
	assert_int_equal(expect(w, CLASS_NO_PROGRESS).hcall, EVENT_HCALL_RPT);
}

static void what_is_about_no_hcall_names_none(void **state)
{
	struct world *w = *state;

	feed(w, l1_gave_up(ACCESS_STORE, 3));
	assert_int_equal(expect(w, CLASS_NO_PROGRESS).hcall, EVENT_HCALL_NONE);
}

static void an_hcall_that_needs_a_page(void **state)
{
	struct world *w = *state;
	struct event e = hcall_failed(EVENT_HCALL_ENTER, 1);

	e.lpage = TABLES;
	feed(w, e);
	assert_int_equal(expect(w, CLASS_NO_PROGRESS).lpage, TABLES);
	host_map(w, TABLES, FRAME(TABLES), EVP_READ);
	feed(w, e);
	slot_set(w, 2, false);
	feed(w, e);
	quiet(w);
	/* One that needs none has nothing to do with it. */
	feed(w, hcall_failed(EVENT_HCALL_TLBIE, 1));
	expect(w, CLASS_NO_PROGRESS);
}

static void a_misbehaving_l1_may_be_refused(void **state)
{
	struct world *w = *state;

	taint(w, 1);
	feed(w, hcall_failed(EVENT_HCALL_TLBIE, 1));
	feed(w, hcall_failed(EVENT_HCALL_TLBIE, 0)); /* all of its guests */
	feed(w, hcall_failed(EVENT_HCALL_PTCR, 0));
	quiet(w);
	feed(w, hcall_failed(EVENT_HCALL_TLBIE, 2));
	assert_int_equal(expect(w, CLASS_NO_PROGRESS).guest, 2);
}

static void an_hcall_is_excused_as_an_access_is(void **state)
{
	struct world *w = *state;
	struct event e = hcall_failed(EVENT_HCALL_ENTER, 1);
	uint16_t op, other;

	e.status = ENOMEM;
	feed(w, e);
	op = begin_op(w);
	other = begin_op(w);
	end_op(w, other);
	feed_within(w, op, hcall_failed(EVENT_HCALL_TLBIE, 1));
	end_op(w, op);
	quiet(w);
}

static void what_follows_from_a_refused_hcall(void **state)
{
	struct world *w = *state;
	uint16_t op;

	pte(w, 1, 5, 3, RW, "rc");
	op = begin_op(w);
	feed_within(w, op, hcall_failed(EVENT_HCALL_ENTER, 1));
	expect(w, CLASS_NO_PROGRESS);
	feed_within(w, op, l2_gave_up(ACCESS_LOAD, 1, 5)); /* it could not be entered */
	end_op(w, op);
	quiet(w);
}

/* L1 registers an area that it has filled in where another page's memory is, and the kernel looks at its own. */
static void what_follows_from_a_wrong_access(void **state)
{
	struct world *w = *state;
	uint16_t op = begin_op(w);

	feed_within(w, op, (struct event){.kind = EV_L1_ACCESS, .access = ACCESS_STORE, .lpage = 3, .frame = FRAME(4)});
	expect(w, CLASS_WRONG_PAGE);
	feed_within(w, op, hcall_failed(EVENT_HCALL_REGISTER_VPA, 0));
	end_op(w, op);
	quiet(w);
	feed(w, hcall_failed(EVENT_HCALL_REGISTER_VPA, 0));
	expect(w, CLASS_NO_PROGRESS);
}

/* The world ends: L2 leaves, whatever comes of it. */
static void when_no_op_runs_nobody_asks(void **state)
{
	struct world *w = *state;
	uint16_t op = begin_op(w);

	end_op(w, op);
	feed_within(w, (uint16_t)(op + 1), hcall_failed(EVENT_HCALL_ENTER, 1));
	quiet(w);
}

/* An op takes what it needs, L2 leaves for it, while another one runs; whatever ran in the world before. */
static void an_op_that_has_not_begun_overlaps(void **state)
{
	struct world *w = *state;
	uint16_t op, late;

	for (int i = 0; i < 9; i++)
		host_unmap(w, 3);
	late = w->op;
	world_begin(w, SLOT1_PLAIN, RCMODE_FAULT);
	op = begin_op(w);
	feed_within(w, late, hcall_failed(EVENT_HCALL_ENTER, 1));
	quiet(w);
	feed_within(w, op, hcall_failed(EVENT_HCALL_ENTER, 1));
	expect(w, CLASS_NO_PROGRESS);
}

/* What the VMM asks for is refused. */
static void an_ioctl_is_refused(void **state)
{
	struct world *w = *state;
	struct oracle_verdict verdict;

	FEED(w, EV_LOG_START, .slot = 1, .status = -EINVAL);
	verdict = expect(w, CLASS_NO_PROGRESS);
	assert_int_equal(verdict.ioctl, EV_LOG_START);
	assert_int_equal(verdict.result, -EINVAL);
	assert_int_equal(verdict.lpage, SLOT1);
	log_start(w, 0);
	FEED(w, EV_HARVEST_END, .slot = 0, .status = -ENOENT);
	assert_int_equal(expect(w, CLASS_NO_PROGRESS).ioctl, EV_HARVEST_END);
	log_start(w, 0);
	FEED(w, EV_LOG_STOP, .slot = 0, .status = -EINVAL);
	assert_int_equal(expect(w, CLASS_NO_PROGRESS).ioctl, EV_LOG_STOP);
	slot_set(w, 1, false);
	FEED(w, EV_SLOT, .slot = 1, .status = -EINVAL);
	assert_int_equal(expect(w, CLASS_NO_PROGRESS).ioctl, EV_SLOT);
	/* A refusal that is about something else names none. */
	feed(w, l1_gave_up(ACCESS_STORE, 3));
	assert_int_equal(expect(w, CLASS_NO_PROGRESS).ioctl, 0);
}

static void an_ioctl_may_be_refused(void **state)
{
	struct world *w = *state;
	uint16_t op, other;

	/* There is no log, or no slot. */
	FEED(w, EV_HARVEST_END, .slot = 0, .status = -ENOENT);
	slot_set(w, 1, false);
	FEED(w, EV_LOG_START, .slot = 1, .status = -ENOENT);
	FEED(w, EV_LOG_STOP, .slot = 1, .status = -ENOENT);
	/* There is no memory. */
	FEED(w, EV_LOG_START, .slot = 0, .status = -ENOMEM);
	/* Another op took the log away meanwhile. */
	log_start(w, 0);
	op = begin_op(w);
	other = begin_op(w);
	end_op(w, other);
	feed_within(w, op, (struct event){.kind = EV_HARVEST_END, .slot = 0, .status = -ENOENT});
	end_op(w, op);
	quiet(w);
	/* The kernel has no read-only slots. */
	world_begin(w, SLOT1_READONLY, RCMODE_FAULT);
	FEED(w, EV_SLOT, .slot = 1, .status = -EINVAL);
	quiet(w);
}

#define COPY_N 5

/* A copy between L1 page 3 and page 5 of guest 1, one way or the other: answered as done. */
static struct event copy_done(uint8_t access)
{
	return (struct event){.kind = EV_HCALL_DONE,
			      .hcall = EVENT_HCALL_COPY,
			      .access = access,
			      .guest = 1,
			      .n = COPY_N,
			      .lpage = 3};
}

static struct event quadrant(uint8_t access, uint8_t guest, uint32_t n)
{
	return (struct event){.kind = EV_L2_ACCESS,
			      .access = access,
			      .guest = guest,
			      .n = n,
			      .frame = FRAME(n + 1),
			      .quadrant = true};
}

/* All in one op, and that nobody interrupts: has it done what it says? A zeroed event is none. */
static void copy(struct world *w, uint8_t access, struct event did, struct event wrote)
{
	uint16_t op = begin_op(w);

	if (did.kind)
		feed_within(w, op, did);
	if (wrote.kind)
		feed_within(w, op, wrote);
	feed_within(w, op, copy_done(access));
	end_op(w, op);
}

static const struct event nothing;
static const struct event wrote_3 = {.kind = EV_KERNEL_STORE, .lpage = 3},
			  wrote_4 = {.kind = EV_KERNEL_STORE, .lpage = 4};

static void map_for_copies(struct world *w)
{
	for (uint8_t guest = 1; guest <= 2; guest++)
		for (uint32_t n = COPY_N; n <= COPY_N + 1; n++)
			pte(w, guest, n, n + 1, RW, "rc");
}

static void a_copy_that_is_done(void **state)
{
	struct world *w = *state;

	map_for_copies(w);
	copy(w, ACCESS_STORE, quadrant(ACCESS_STORE, 1, COPY_N), nothing);
	copy(w, ACCESS_LOAD, quadrant(ACCESS_LOAD, 1, COPY_N), wrote_3);
	quiet(w);
}

static void a_copy_that_is_not_done(void **state)
{
	struct world *w = *state;
	struct oracle_verdict verdict;

	map_for_copies(w);
	/* What the op before has done does not count. */
	copy(w, ACCESS_STORE, quadrant(ACCESS_STORE, 1, COPY_N), nothing);
	copy(w, ACCESS_STORE, nothing, nothing);
	verdict = expect(w, CLASS_NO_PROGRESS);
	assert_int_equal(verdict.hcall, EVENT_HCALL_COPY);
	assert_int_equal(verdict.result, 0);
	assert_int_equal(verdict.guest, 1);
	assert_int_equal(verdict.n, COPY_N);
	assert_int_equal(verdict.lpage, 3);
	/* Nor does the other direction, another page or another guest. */
	copy(w, ACCESS_STORE, quadrant(ACCESS_LOAD, 1, COPY_N), wrote_3);
	expect(w, CLASS_NO_PROGRESS);
	copy(w, ACCESS_LOAD, quadrant(ACCESS_STORE, 1, COPY_N), wrote_3);
	expect(w, CLASS_NO_PROGRESS);
	copy(w, ACCESS_STORE, quadrant(ACCESS_STORE, 1, COPY_N + 1), nothing);
	expect(w, CLASS_NO_PROGRESS);
	copy(w, ACCESS_STORE, quadrant(ACCESS_STORE, 2, COPY_N), nothing);
	expect(w, CLASS_NO_PROGRESS);
	/* What was loaded has to come to L1. */
	copy(w, ACCESS_LOAD, quadrant(ACCESS_LOAD, 1, COPY_N), nothing);
	expect(w, CLASS_NO_PROGRESS);
	copy(w, ACCESS_LOAD, quadrant(ACCESS_LOAD, 1, COPY_N), wrote_4);
	expect(w, CLASS_NO_PROGRESS);
}

static void a_copy_that_may_be_excused(void **state)
{
	struct world *w = *state;
	uint16_t op = begin_op(w), other = begin_op(w);

	/* L1 destroys the guest meanwhile, say. */
	end_op(w, other);
	feed_within(w, op, copy_done(ACCESS_STORE));
	end_op(w, op);
	taint(w, 1);
	copy(w, ACCESS_STORE, nothing, nothing);
	quiet(w);
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
		WORLD_TEST(an_hcall_is_refused),
		WORLD_TEST(what_is_about_no_hcall_names_none),
		WORLD_TEST(an_hcall_that_needs_a_page),
		WORLD_TEST(a_misbehaving_l1_may_be_refused),
		WORLD_TEST(an_hcall_is_excused_as_an_access_is),
		WORLD_TEST(what_follows_from_a_refused_hcall),
		WORLD_TEST(what_follows_from_a_wrong_access),
		WORLD_TEST(when_no_op_runs_nobody_asks),
		WORLD_TEST(an_op_that_has_not_begun_overlaps),
		WORLD_TEST(an_ioctl_is_refused),
		WORLD_TEST(an_ioctl_may_be_refused),
		WORLD_TEST(a_copy_that_is_done),
		WORLD_TEST(a_copy_that_is_not_done),
		WORLD_TEST(a_copy_that_may_be_excused),
	};

	return cmocka_run_group_tests_name("oracle/refused", tests, NULL, NULL);
}

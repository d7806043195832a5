/* SPDX-License-Identifier: GPL-2.0-only */
/* evidence_test.c: what L1 and the host did to a page, and what the kernel invalidated instead. */
#include "evidence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static struct layout layout;

static int setup(void **state)
{
	const struct scenario_config config = {.page = PAGE_64K, .cpus = 1, .vcpus = 1, .guests = 2, .slot = 16};
	struct evidence *e = calloc(1, sizeof(*e));

	if (!e)
		return -1;
	layout_init(&layout, &config);
	evidence_reset(e);
	*state = e;
	return 0;
}

static int teardown(void **state)
{
	free(*state);
	return 0;
}

static void tell(struct evidence *e, struct event event)
{
	evidence_event(e, &event, &layout);
}

static void a_taint_is_of_one_guest_or_of_all(void **state)
{
	struct evidence *e = *state;
	uint64_t first;

	tell(e, (struct event){.kind = EV_L1_TAINT, .guest = 2});
	first = evidence_of_l2(e, 2, 0).tainted;
	assert_true(first > 0);
	assert_int_equal(evidence_of_l2(e, 2, 7).tainted, first);
	assert_int_equal(evidence_of_l2(e, 1, 0).tainted, 0);
	tell(e, (struct event){.kind = EV_L1_TAINT});
	assert_true(evidence_of_l2(e, 1, 0).tainted > first);
	assert_true(evidence_of_l2(e, 2, 0).tainted > first);
	evidence_reset(e);
	assert_int_equal(evidence_of_l2(e, 1, 0).tainted, 0);
}

static void l1_changes_its_entry_when_it_means_something_else(void **state)
{
	const struct event entry = {
		.kind = EV_L1_PTE, .guest = 1, .n = 3, .count = 1, .valid = true, .lpage = 5, .perm = 7};
	struct evidence *e = *state;
	struct event other = entry;
	uint64_t first;

	tell(e, entry);
	first = evidence_of_l2(e, 1, 3).changed;
	assert_true(first > 0);
	other.c = true;
	tell(e, other);
	assert_int_equal(evidence_of_l2(e, 1, 3).changed, first);
	other.lpage = 6;
	tell(e, other);
	assert_true(evidence_of_l2(e, 1, 3).changed > first);
	assert_int_equal(evidence_of_l2(e, 1, 4).changed, 0);
}

static void what_was_invalidated_instead_is_told_by_the_op_that_changed(void **state)
{
	struct evidence *e = *state;
	uint64_t at = evidence_change(e, 0);

	assert_int_equal(evidence_instead(e, at, 7, 0x10000), INSTEAD_NOTHING);
	evidence_tlbie(e, 1, 8, 0x10000, 0x20000); /* another op's */
	assert_int_equal(evidence_instead(e, at, 7, 0x10000), INSTEAD_NOTHING);
	evidence_tlbie(e, 0, 8, 0x10000, 0x20000);
	assert_int_equal(evidence_instead(e, at, 7, 0x10000), INSTEAD_LPID);
	assert_int_equal(evidence_instead(e, at, 7, 0x20000), INSTEAD_NOTHING);
	at = evidence_change(e, 0);
	for (int i = 0; i < 500; i++) /* others follow, that say nothing of it */
		evidence_tlbie(e, 1, 9, 0, 0x10000);
	evidence_tlbie(e, 0, 7, 0x30000, 0x40000);
	for (int i = 0; i < 500; i++) {
		evidence_change(e, 0);
		evidence_tlbie(e, 0, 7, 0, 0x10000);
	}
	assert_int_equal(evidence_instead(e, at, 7, 0x10000), INSTEAD_ADDRESS);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_taint_is_of_one_guest_or_of_all),
		TEST(l1_changes_its_entry_when_it_means_something_else),
		TEST(what_was_invalidated_instead_is_told_by_the_op_that_changed),
	};

	return cmocka_run_group_tests_name("evidence", tests, NULL, NULL);
}

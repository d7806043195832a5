// SPDX-License-Identifier: GPL-2.0-only
/* records_test.c: two runs are compared record by record. */
#include "records.h"

#include "scenario/class.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct event stored = {.kind = EV_L2_ACCESS, .access = ACCESS_STORE, .guest = 1, .n = 3, .op = 2};
static const struct event harvested = {.kind = EV_HARVEST_END, .slot = 0, .op = 3};

static struct records two(const uint8_t *bitmap)
{
	struct records r = {0};

	assert_true(records_add(&r, &stored, NULL, 0));
	assert_true(records_add(&r, &harvested, bitmap, 2));
	return r;
}

static void same_records_are_no_difference(void **state)
{
	struct records a = two((const uint8_t[]){0x08, 0}), b = two((const uint8_t[]){0x08, 0});
	struct event other_frame = stored;
	struct difference d;

	(void)state;
	assert_false(records_differ(&a, &b, 10, &d));
	/* Frames are numbered differently, logs and losses are only told there. */
	other_frame.frame = 77;
	memcpy(b.bytes, &other_frame, offsetof(struct event, bitmap));
	assert_true(records_add(&b, &(struct event){.kind = WIRE_LOG, .op = 3}, "oh", 2));
	assert_true(records_add(&b, &(struct event){.kind = WIRE_LOST, .op = 3}, NULL, 0));
	assert_false(records_differ(&a, &b, 10, &d));
	records_free(&a);
	records_free(&b);
}

static void another_part_of_the_page_is_a_difference(void **state)
{
	struct event left = {.kind = WIRE_CONTENT, .lpage = 4, .part = 2, .count = 1, .op = 1}, other = left;
	struct records a = {0}, b = {0};
	struct difference d;

	(void)state;
	other.part = 3;
	assert_true(records_add(&a, &left, NULL, 0));
	assert_true(records_add(&b, &other, NULL, 0));
	assert_true(records_differ(&a, &b, 10, &d));
	assert_non_null(strstr(d.ours, "page 4 part 2"));
	assert_non_null(strstr(d.theirs, "page 4 part 3"));
	records_free(&a);
	records_free(&b);
}

static void where_an_access_got_to_is_compared(void **state)
{
	struct event here = stored, there = stored;
	struct records a = {0}, b = {0};
	struct difference d;

	(void)state;
	there.count = 4;
	assert_true(records_add(&a, &here, NULL, 0));
	assert_true(records_add(&b, &there, NULL, 0));
	assert_true(records_differ(&a, &b, 10, &d));
	assert_non_null(strstr(d.ours, "got to part 0 of page 0 of L1"));
	assert_non_null(strstr(d.theirs, "got to part 0 of page 4 of L1"));
	b.size = 0;
	there.count = here.count;
	there.reached = 2;
	assert_true(records_add(&b, &there, NULL, 0));
	assert_true(records_differ(&a, &b, 10, &d));
	b.size = 0;
	there.count = LAYOUT_NONE;
	assert_true(records_add(&b, &there, NULL, 0));
	assert_true(records_differ(&a, &b, 10, &d));
	assert_non_null(strstr(d.theirs, "memory that no slot shows"));
	records_free(&a);
	records_free(&b);
}

static void why_l1_hears_of_a_fault_is_compared(void **state)
{
	struct event here = {.kind = WIRE_L2_LEFT, .status = 0xe00, .op = 1}, there = here;
	struct records a = {0}, b = {0};
	struct difference d;

	(void)state;
	wire_fault(&here, 0x30000, 0x0a000000);
	wire_fault(&there, 0x30000, 0x42000000);
	assert_true(records_add(&a, &here, NULL, 0));
	assert_true(records_add(&b, &there, NULL, 0));
	assert_true(records_differ(&a, &b, 10, &d));
	assert_non_null(strstr(d.ours, "HDSISR 0xa000000, ASDR 0x30000"));
	b.size = 0;
	wire_fault(&there, 0x31000, 0x0a000000);
	assert_true(records_add(&b, &there, NULL, 0));
	assert_true(records_differ(&a, &b, 10, &d));
	/* L2 did not get so far there. */
	b.size = 0;
	there.n = there.count = 0;
	assert_true(records_add(&b, &there, NULL, 0));
	assert_false(records_differ(&a, &b, 10, &d));
	records_free(&a);
	records_free(&b);
	/* What is no fault has none. */
	there.status = 0;
	wire_fault(&there, 0x31000, 0x0a000000);
	assert_int_equal(there.count, 0);
}

static void a_verdict_says_what_was_wrong(void **state)
{
	struct observed r = {.event = {.kind = WIRE_VERDICT,
				       .status = CLASS_STALE_ACCESS,
				       .access = ACCESS_STORE,
				       .guest = 1,
				       .n = 3,
				       .lpage = 5,
				       .count = 4}};
	char text[128];

	(void)state;
	record_text(&r, text, sizeof(text));
	assert_string_equal(text, "stale-access: a store of guest 1 to its page 3 got to page 4 of L1");
	r.event.guest = 0;
	r.event.count = LAYOUT_NONE;
	record_text(&r, text, sizeof(text));
	assert_string_equal(text, "stale-access: a store of L1 to page 5 got to memory that no slot shows");
	r.event.status = CLASS_NO_PROGRESS;
	record_text(&r, text, sizeof(text));
	assert_string_equal(text, "no-progress: a store of L1 to page 5 is refused");
	r.event.hcall = EVENT_HCALL_ENTER;
	r.event.result = -10;
	record_text(&r, text, sizeof(text));
	assert_string_equal(text, "no-progress: H_ENTER_NESTED of vcpu 0 returns -10");
}

static void whether_it_was_young_is_not_compared(void **state)
{
	struct event aged = {.kind = EV_AGE, .lpage = 4, .count = 2, .op = 1};
	struct records a = {0}, b = {0};
	struct difference d;

	(void)state;
	assert_true(records_add(&a, &aged, NULL, 0));
	aged.status = 1;
	assert_true(records_add(&b, &aged, NULL, 0));
	assert_false(records_differ(&a, &b, 10, &d));
	/* Which pages, and of a test, is. */
	aged.lpage = 5;
	memcpy(b.bytes, &aged, offsetof(struct event, bitmap));
	assert_true(records_differ(&a, &b, 10, &d));
	aged = (struct event){.kind = EV_TEST_AGE, .op = 1};
	memcpy(a.bytes, &aged, offsetof(struct event, bitmap));
	aged.status = 1;
	memcpy(b.bytes, &aged, offsetof(struct event, bitmap));
	assert_true(records_differ(&a, &b, 10, &d));
	records_free(&a);
	records_free(&b);
}

static void another_page_is_a_difference(void **state)
{
	struct records a = two((const uint8_t[]){0x08, 0}), b = two((const uint8_t[]){0x08, 1});
	struct difference d;

	(void)state;
	assert_true(records_differ(&a, &b, 10, &d));
	assert_int_equal(d.op, 3);
	assert_int_equal(d.our_kind, EV_HARVEST_END);
	assert_non_null(strstr(d.ours, ": 3"));
	assert_null(strstr(d.ours, "8"));
	assert_non_null(strstr(d.theirs, ": 3 8"));
	/* What the world's end leaves out is not compared. */
	assert_false(records_differ(&a, &b, 3, &d));
	records_free(&a);
	records_free(&b);
}

static void a_record_too_few_is_a_difference(void **state)
{
	struct records a = two((const uint8_t[]){0x08, 0}), b = {0};
	struct difference d;

	(void)state;
	assert_true(records_add(&b, &stored, NULL, 0));
	assert_true(records_differ(&a, &b, 10, &d));
	assert_int_equal(d.op, 3);
	assert_int_equal(d.their_kind, -1);
	assert_string_equal(d.theirs, "nothing");
	records_free(&a);
	records_free(&b);
}

static void a_cut_record_is_none(void **state)
{
	struct records a = two((const uint8_t[]){0x08, 0});
	struct observed record;
	size_t at = 0;

	(void)state;
	a.size--;
	assert_true(records_next(&a, &at, &record));
	assert_int_equal(record.event.n, 3);
	assert_false(records_next(&a, &at, &record));
	records_free(&a);
}

/* What only our side can see must not be asked of the other. */
static void the_notifier_is_not_compared(void **state)
{
	(void)state;
	assert_true(wire_visible(&stored));
	assert_false(wire_visible(&(struct event){.kind = EV_HOST_MAP}));
	assert_false(wire_visible(&(struct event){.kind = EV_HOST_UNMAP, .valid = true}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_records_are_no_difference),
		cmocka_unit_test(another_page_is_a_difference),
		cmocka_unit_test(a_record_too_few_is_a_difference),
		cmocka_unit_test(a_cut_record_is_none),
		cmocka_unit_test(the_notifier_is_not_compared),
		cmocka_unit_test(whether_it_was_young_is_not_compared),
		cmocka_unit_test(another_part_of_the_page_is_a_difference),
		cmocka_unit_test(where_an_access_got_to_is_compared),
		cmocka_unit_test(a_verdict_says_what_was_wrong),
		cmocka_unit_test(why_l1_hears_of_a_fault_is_compared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

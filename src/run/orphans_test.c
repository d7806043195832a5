/* SPDX-License-Identifier: GPL-2.0-only */
/* orphans_test.c: why the kernel does not find a shadow table any more. */
#include "orphans.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define TABLE 7

static struct orphans orphans;

static int setup(void **state)
{
	(void)state;
	orphans_reset(&orphans);
	return 0;
}

static void tell(enum event_kind kind, unsigned scope)
{
	const struct event event = {.kind = (uint8_t)kind, .guest = 1, .scope = (uint8_t)scope};

	orphans_event(&orphans, &event);
}

static void a_page_that_was_invalidated_is_no_reason_to_lose_a_guest(void **state)
{
	(void)state;
	orphans_look(&orphans, TABLE, TABLE, REQUEST_PAGE);
	assert_null(orphans_word(&orphans, 1, TABLE));
	orphans_look(&orphans, TABLE, -1, REQUEST_PAGE);
	orphans_look(&orphans, TABLE, -1, REQUEST_NONE); /* it stays lost by the first */
	assert_string_equal(orphans_word(&orphans, 1, TABLE), "tlbie-page");
	orphans_look(&orphans, TABLE, TABLE, REQUEST_NONE);
	assert_null(orphans_word(&orphans, 1, TABLE));
	orphans_look(&orphans, TABLE, TABLE + 1, REQUEST_RANGE); /* there is another one now */
	assert_string_equal(orphans_word(&orphans, 1, TABLE), "rpt-range");
}

static void a_guest_that_was_flushed_may_leave(void **state)
{
	(void)state;
	orphans_look(&orphans, TABLE, TABLE, REQUEST_NONE);
	orphans_look(&orphans, TABLE, -1, REQUEST_LPID);
	assert_null(orphans_word(&orphans, 1, TABLE));
	/* Also if the answer comes when a page has been invalidated meanwhile. */
	orphans_look(&orphans, TABLE, TABLE, REQUEST_NONE);
	tell(EV_L1_TLBIE_BEGIN, SCOPE_LPID);
	tell(EV_L1_TLBIE_BEGIN, SCOPE_PAGE);
	tell(EV_L1_TLBIE_END, SCOPE_PAGE);
	orphans_look(&orphans, TABLE, -1, REQUEST_PAGE);
	assert_null(orphans_word(&orphans, 1, TABLE));
	tell(EV_L1_TLBIE_END, SCOPE_LPID);
	orphans_look(&orphans, TABLE, TABLE, REQUEST_NONE);
	orphans_look(&orphans, TABLE, -1, REQUEST_PAGE);
	assert_string_equal(orphans_word(&orphans, 1, TABLE), "tlbie-page");
}

static void one_that_was_never_found_is_no_ones_loss(void **state)
{
	(void)state;
	orphans_look(&orphans, TABLE, TABLE, REQUEST_NONE);
	orphans_reset(&orphans);
	orphans_look(&orphans, TABLE, TABLE + 1, REQUEST_PAGE);
	assert_string_equal(orphans_word(&orphans, 1, TABLE), "never-had-it");
	/* It may have been given up before anybody looked. */
	tell(EV_L1_GUEST, 0);
	assert_null(orphans_word(&orphans, 1, TABLE));
	assert_string_equal(orphans_word(&orphans, 2, TABLE), "never-had-it");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_page_that_was_invalidated_is_no_reason_to_lose_a_guest, setup),
		cmocka_unit_test_setup(a_guest_that_was_flushed_may_leave, setup),
		cmocka_unit_test_setup(one_that_was_never_found_is_no_ones_loss, setup),
	};

	return cmocka_run_group_tests_name("orphans", tests, NULL, NULL);
}

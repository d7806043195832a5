// SPDX-License-Identifier: GPL-2.0-only
/* moment_test.c: a debugger stops at the change of an entry that the timeline tells of, whatever else it tells. */
#include "cli/moment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static struct timeline t;

static struct timeline_change *add(const char *place, const char *function, uint64_t old_pte, uint64_t new_pte)
{
	struct timeline_change *change = &t.changes[t.change_count++];

	*change = (struct timeline_change){.old_pte = old_pte, .new_pte = new_pte};
	snprintf(change->place, sizeof(change->place), "%s", place);
	snprintf(change->function, sizeof(change->function), "%s", function);
	return change;
}

static int setup(void **state)
{
	(void)state;
	t = (struct timeline){.has_finding = true, .parts = true, .scenario.op_count = 1};
	return 0;
}

#define PRESENT (1ull << 63)

static void words_and_what_follows_are_no_entries(void **state)
{
	struct moment moment;

	(void)state;
	add("rmap", "writes_a_word", 0, 0)->word = true;
	add("l0-pte", "makes_it", 0, PRESENT);
	add("bitmap", "writes_a_word", 0, 0)->word = true;
	add("shadow-pte", "breaks_it", 0, PRESENT);
	add("rmap", "writes_a_word", 0, 0)->word = true;
	add("tlb", "follows", PRESENT, 0);
	assert_true(moment_find(&t, &moment));
	assert_int_equal(moment.kind, MOMENT_CHANGE);
	assert_int_equal(moment.change, 1);
	assert_string_equal(moment.function, "breaks_it");
}

static void without_an_entry_it_is_at_the_finding(void **state)
{
	struct moment moment;

	(void)state;
	add("rmap", "writes_a_word", 0, 0)->word = true;
	assert_true(moment_find(&t, &moment));
	assert_int_equal(moment.kind, MOMENT_FINDING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(words_and_what_follows_are_no_entries, setup),
		cmocka_unit_test_setup(without_an_entry_it_is_at_the_finding, setup),
	};

	return cmocka_run_group_tests_name("moment", tests, NULL, NULL);
}

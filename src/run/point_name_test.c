/* SPDX-License-Identifier: GPL-2.0-only */
/* point_name_test.c: a scenario can say the name of each yield point that a kernel can come to. */
#include "point_name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char *const target_words[] = {
#define TARGET_WORD(id, word) word,
	TARGET_POINTS(TARGET_WORD)
#undef TARGET_WORD
};

static const char *const scenario_words[] = {
#define SCENARIO_WORD(word) word,
	SCENARIO_POINT_KINDS(SCENARIO_WORD)
#undef SCENARIO_WORD
};

static void test_kinds(void **state)
{
	(void)state;
	assert_int_equal(sizeof(scenario_words), sizeof(target_words));
	for (size_t i = 0; i < POINT_COUNT; i++)
		assert_string_equal(scenario_words[i], target_words[i]);
}

static struct point_names names;

/* Also of a word that has characters of its own, and of one that is too long. */
static void test_names(void **state)
{
	static const char *const words[] = {"mmu_lock", "a/b|c#d",
					    "a_word_that_is_longer_than_the_room_that_a_name_has_for_it"};
	const void *const nobody[TARGET_CALLERS] = {NULL};

	(void)state;
	for (size_t kind = 0; kind < POINT_COUNT; kind++) {
		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
			const char *name = point_name(&names, NULL, (enum target_point)kind, words[i], nobody);

			assert_memory_equal(name, "guest:", 6);
			if (!scenario_point_name_valid(name, strlen(name)))
				fail_msg("%s", name);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests_name("point_name", tests, NULL, NULL);
}

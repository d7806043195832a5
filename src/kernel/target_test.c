/* SPDX-License-Identifier: GPL-2.0-only */
/* target_test.c: what the target takes for granted of the bytes that say what kernel memory is. */
#include "target.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* The number of doublewords in the upper half, the kind in the lower one. */
static uint8_t line_of(unsigned words, unsigned kind)
{
	uint8_t line = (uint8_t)(words << 4 | kind);

	assert_int_equal(MEMORY_WORDS(line), words);
	assert_int_equal(MEMORY_KIND(line), kind);
	return line;
}

static void test_what_is_told_of_is_not_plain(void **state)
{
	(void)state;
	assert_false(MEMORY_IS_PLAIN(0, false));
	assert_false(MEMORY_IS_PLAIN(0, true));
	for (unsigned words = 1; words <= MEMORY_LINE / 8; words++) {
		for (unsigned kind = KMEM_PGTABLE; kind <= KMEM_VMALLOC; kind++) {
			uint8_t line = line_of(words, kind);
			bool whole = words * 8 == MEMORY_LINE;

			assert_int_equal(MEMORY_IS_PLAIN(line, false), whole);
			assert_int_equal(MEMORY_IS_PLAIN(line, true), whole && kind != KMEM_VMALLOC);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_told_of_is_not_plain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

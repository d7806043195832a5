/* SPDX-License-Identifier: GPL-2.0-only */
/* internal_test.c: by how a process ended it is known that rcfuzz itself was wrong, whoever noticed. */
#include "internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#if defined(__SANITIZE_ADDRESS__)
#define WITH_SANITIZERS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_SANITIZERS 1
#endif
#endif

static int status_of(void (*child)(void))
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		if (!freopen("/dev/null", "w", stderr))
			_exit(1);
		child();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void says_so(void)
{
	internal_error("a test");
}

static void ends_well(void)
{
}

static void is_refused(void)
{
	_exit(1);
}

static void what_says_so_is_wrong(void **state)
{
	(void)state;
	assert_true(internal_status(status_of(says_so)));
	assert_true(internal_status(status_of(abort)));
	assert_false(internal_status(status_of(ends_well)));
	assert_false(internal_status(status_of(is_refused)));
}

#ifdef WITH_SANITIZERS
static volatile int sink, large = 0x7fffffff;

static void reads_what_it_freed(void)
{
	volatile int *p = malloc(sizeof(*p));

	free((void *)p);
	sink = *p; /* NOLINT(clang-analyzer-unix.Malloc): on purpose */
}

static void overflows(void)
{
	sink = large + 1;
}
#endif

static void what_a_sanitizer_sees_is_wrong(void **state)
{
	(void)state;
#ifdef WITH_SANITIZERS
	assert_true(internal_status(status_of(reads_what_it_freed)));
	assert_true(internal_status(status_of(overflows)));
#else
	skip();
#endif
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_says_so_is_wrong),
		cmocka_unit_test(what_a_sanitizer_sees_is_wrong),
	};

	return cmocka_run_group_tests_name("internal", tests, NULL, NULL);
}

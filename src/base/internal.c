/* SPDX-License-Identifier: GPL-2.0-only */
/* internal.c: see internal.h. */
#include "internal.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

void internal_error(const char *format, ...)
{
	char text[256];
	va_list args;
	int n = snprintf(text, sizeof(text), "rcfuzz: internal error: ");

	va_start(args, format);
	n += vsnprintf(text + n, sizeof(text) - (size_t)n - 1, format, args);
	va_end(args);
	if (n > (int)sizeof(text) - 2)
		n = (int)sizeof(text) - 2;
	text[n++] = '\n';
	/* Not through stdio: this may be a signal handler, or a stack that is given up. */
	(void)!write(STDERR_FILENO, text, (size_t)n);
	_exit(INTERNAL_EXIT);
}

/*
 * A mistake that ASan or UBSan sees is rcfuzz's own: what the kernel's code does wrong a module tells itself
 * (shim/asan.c). Called by their runtime, where a program has it.
 */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "exitcode=" INTERNAL_EXIT_TEXT;
}

bool internal_status(int status)
{
	return (WIFEXITED(status) && WEXITSTATUS(status) == INTERNAL_EXIT) ||
	       (WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

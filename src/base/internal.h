/* SPDX-License-Identifier: GPL-2.0-only */
/* internal.h: how a process ends that finds rcfuzz itself to be wrong: no verdict of it can be believed any more. */
#ifndef RCFUZZ_INTERNAL_H
#define RCFUZZ_INTERNAL_H

#include <stdbool.h>

#define INTERNAL_EXIT 70 /* EX_SOFTWARE of sysexits.h, as the program itself has it */
#define INTERNAL_EXIT_TEXT "70"

/* Says "rcfuzz: internal error: ..." on stderr, and ends the process at once with INTERNAL_EXIT. */
_Noreturn void internal_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Has a process with this wait status ended so, or by an assertion, which is the same? The kernel's code does neither.
 */
bool internal_status(int status);

#endif

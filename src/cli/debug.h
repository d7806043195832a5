/* SPDX-License-Identifier: GPL-2.0-only */
/* debug.h: `rcfuzz replay --gdb`: a debugger at the moment of the loss, with the kernel's own lines. */
#ifndef RCFUZZ_DEBUG_H
#define RCFUZZ_DEBUG_H

/*
 * Start gdb on a scenario: this program becomes gdb, and returns only when that
 * fails: an exit code after cli_error.
 */
int debug_start(const char *module, const char *path);

/* What gdb runs: the scenario in this very process, with a call of rcfuzz_moment at the moment. An exit code. */
int debug_run(const char *module, const char *path);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* twin.h: the same program with ASan's runtime, rcfuzz-asan, for the modules that need it. */
#ifndef RCFUZZ_CLI_TWIN_H
#define RCFUZZ_CLI_TWIN_H

/*
 * Become rcfuzz-asan, which lies beside this program, with the same arguments.
 * Returns only if that cannot be: an exit code, after cli_error has said what to do.
 */
int twin_become(const char *module);

#endif

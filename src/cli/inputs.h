/* SPDX-License-Identifier: GPL-2.0-only */
/* inputs.h: which files below a folder are inputs: plain folders, and the output trees of fuzzing engines. */
#ifndef RCFUZZ_CLI_INPUTS_H
#define RCFUZZ_CLI_INPUTS_H

#include "cli/cli.h"

/* What below a folder is no input. */
struct inputs_left {
	struct cli_list out; /* path, tab, why: each was told on stderr */
	size_t passed_over;  /* what engines are known to keep for themselves, and what is hidden: only counted */
};

/*
 * Add what lies at `path`: a file; or all files below a folder (sorted; a link to a file is that file). Of an AFL++
 * instance only those below crashes/, hangs/ and queue/, of the output of `rcfuzz run` those below findings/,
 * crashes/ and afl/. What of it is no input, or cannot be read, goes to *left. 0, or CLI_NO_INPUT if there is nothing
 * at `path`.
 */
int inputs_collect(struct cli_list *list, const char *path, struct inputs_left *left);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* inputs.h: which files below a folder are inputs: plain folders, and the output trees of fuzzing engines. */
#ifndef RCFUZZ_CLI_INPUTS_H
#define RCFUZZ_CLI_INPUTS_H

#include "cli/cli.h"

/*
 * Add what lies at `path`: a file; or all regular files below a folder (sorted, not hidden; a link to a file is that
 * file, one to a folder is not followed). Of an AFL++ instance only crashes/, hangs/ and queue/, of the output of
 * `rcfuzz run` only findings/, crashes/ and afl/; where engines have put "id:..." files, only those. What cannot be
 * read is told on stderr and added to *left_out (path, tab, why); the rest goes on. 0, or CLI_NO_INPUT if there is
 * nothing at `path`.
 */
int inputs_collect(struct cli_list *list, const char *path, struct cli_list *left_out);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* load.h: scenario files for verbs, with the one message when they are wrong. */
#ifndef RCFUZZ_CLI_LOAD_H
#define RCFUZZ_CLI_LOAD_H

#include "cli/cli.h"
#include "cli/target.h"
#include "scenario/scenario_file.h"

#include <limits.h>

#define LOAD_TEXT 512 /* for a message, with its path */

/* 0, or an exit code after cli_error (66 missing, 65 bad, 74 cannot be read). */
int load_scenario(const char *path, struct scenario_file *file);
/* The same, to be run on a kernel: a remark on stderr if it was written for another page size. */
int load_scenario_for(const char *path, unsigned page_shift, struct scenario_file *file);
/* The message alone, without "rcfuzz: ", for a result of scenario_file_load that is not 0. Returns the exit code. */
int load_error(const char *path, int result, const struct scenario_error *error, char *text, size_t size);
/* Of a module to be built: one that has the yield points of each of these scenarios. */
enum build_flavour load_flavour(const struct cli_list *files);
enum build_flavour load_flavour_of(const char *path);
/*
 * A folder that comes with the project ("corpus/seeds"): here, or where rcfuzz was built or installed. False: there is
 * none.
 */
bool load_shared(const char *name, char path[PATH_MAX]);
/* For known_load: an entry that cannot be read is told, and the rest goes on: what it lists then counts as new. */
void load_known_tell(const char *message);
/* The remark alone, with file, line and both sizes. False: there is nothing to say, and it is "". */
bool load_page_remark(const char *path, const struct scenario_file *file, unsigned page_shift, char *text, size_t size);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* found.h: what a run or a triage left in its folder: records, and for one of them its scenario and kernel. */
#ifndef RCFUZZ_CLI_FOUND_H
#define RCFUZZ_CLI_FOUND_H

#include "cli/target.h"

#include <cjson/cJSON.h>
#include <limits.h>

/* Is the path such a folder, or its findings.jsonl? Otherwise it is a scenario. */
bool found_is_folder(const char *path);

/* The last record of each finding. 0, or an exit code after cli_error. The caller deletes *records. */
int found_read(const char *path, cJSON **records);
/* Leave the one with that id. 0, or CLI_NO_INPUT. */
int found_keep_one(cJSON *records, const char *id);
/* Where the record's scenario lies. 0, or an exit code: it is not in the folder. */
int found_scenario(const char *folder, const cJSON *record, char path[PATH_MAX]);
/* The path of a file in the folder, whichever of both `folder` names. */
void found_beside(const char *folder, const char *name, char path[PATH_MAX]);
/*
 * The tree that a record was made on, if `choice` names none and it is still there, with the patches of `choice` (of
 * the record's there are only names); otherwise a copy of `choice`. If its trees are others than choice's, the caller
 * frees that list.
 */
struct target_choice found_target(const struct target_choice *choice, const cJSON *record);

/* Append a record to the folder's findings.jsonl: on the disk when it returns. 0, or CLI_IO. */
int found_append(const char *path, const cJSON *record);

#endif

// SPDX-License-Identifier: GPL-2.0-only
/* conform_tally.c: D/conform-KERNEL-SEED.json. */
#include "cli/conform_tally.h"

#include "base/file.h"
#include "report/record.h"

#include <errno.h>
#include <glob.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define TALLY_BYTES_MAX 4096u

static bool tally_path(const char *folder, const struct tally *t, char path[PATH_MAX])
{
	int n = snprintf(path, PATH_MAX, "%s/conform-%s-%" PRIu64 ".json", folder, t->kernel, t->seed);

	return n > 0 && n < PATH_MAX;
}

/* Counts are below 2^53: a double holds them. */
static bool parse(const char *text, size_t n, struct tally *t)
{
	cJSON *json = cJSON_ParseWithLength(text, n);
	bool whole = record_number(json, "schema") == 1;

	snprintf(t->kernel, sizeof(t->kernel), "%s", record_string(json, "kernel"));
	snprintf(t->package, sizeof(t->package), "%s", record_string(json, "package"));
	snprintf(t->module, sizeof(t->module), "%s", record_string(json, "module"));
	t->seed = strtoull(record_string(json, "seed"), NULL, 10);
	t->scenarios = (uint64_t)record_number(json, "scenarios");
	t->ops = (uint64_t)record_number(json, "ops");
	t->differences = (uint64_t)record_number(json, "differences");
	t->stage_ended = (uint64_t)record_number(json, "stage_ended");
	cJSON_Delete(json);
	return whole;
}

static bool read_file(const char *path, struct tally *t, int *result, char *error, size_t error_size)
{
	char *text;
	size_t n;
	bool whole;

	*result = file_read(path, TALLY_BYTES_MAX, &text, &n, error, error_size);
	if (*result)
		return false;
	whole = parse(text, n, t);
	free(text);
	if (!whole)
		snprintf(error, error_size, "%s is no tally of a comparison: remove it, or give another --out", path);
	return whole;
}

bool tally_read(const char *folder, struct tally *tally, char *error, size_t error_size)
{
	char path[PATH_MAX];
	struct tally found = {0};
	int result;

	if (!tally_path(folder, tally, path)) {
		snprintf(error, error_size, "%s: the path is too long", folder);
		return false;
	}
	if (!read_file(path, &found, &result, error, error_size))
		return result == -ENOENT;
	if (strcmp(found.package, tally->package) || strcmp(found.module, tally->module)) {
		snprintf(error, error_size,
			 "%s was made with another kernel or module: give another --seed or --out, or remove it", path);
		return false;
	}
	*tally = found;
	return true;
}

bool tally_write(const char *folder, const struct tally *tally, char *error, size_t error_size)
{
	cJSON *json = cJSON_CreateObject();
	char path[PATH_MAX], seed[24], *text;
	bool done;

	snprintf(seed, sizeof(seed), "%" PRIu64, tally->seed);
	done = cJSON_AddNumberToObject(json, "schema", 1) && cJSON_AddStringToObject(json, "kernel", tally->kernel) &&
	       cJSON_AddStringToObject(json, "package", tally->package) &&
	       cJSON_AddStringToObject(json, "module", tally->module) && cJSON_AddStringToObject(json, "seed", seed) &&
	       cJSON_AddNumberToObject(json, "scenarios", (double)tally->scenarios) &&
	       cJSON_AddNumberToObject(json, "ops", (double)tally->ops) &&
	       cJSON_AddNumberToObject(json, "differences", (double)tally->differences) &&
	       cJSON_AddNumberToObject(json, "stage_ended", (double)tally->stage_ended);
	text = done ? cJSON_Print(json) : NULL;
	cJSON_Delete(json);
	snprintf(error, error_size, "out of memory, or the path is too long");
	done = text && tally_path(folder, tally, path) &&
	       file_write_atomic(path, text, strlen(text), error, error_size) == 0;
	cJSON_free(text);
	return done;
}

void tally_print_all(FILE *out, const char *folder)
{
	char pattern[PATH_MAX], error[512];
	uint64_t scenarios = 0, ops = 0, differences = 0, ended = 0;
	glob_t files;

	snprintf(pattern, sizeof(pattern), "%s/conform-*.json", folder);
	if (glob(pattern, 0, NULL, &files))
		return;
	for (size_t i = 0; i < files.gl_pathc; i++) {
		struct tally t;
		int result;

		if (!read_file(files.gl_pathv[i], &t, &result, error, sizeof(error)))
			continue;
		fprintf(out,
			"%s seed %" PRIu64 ": %" PRIu64 " scenarios, %" PRIu64 " ops, %" PRIu64
			" differ, the stage ended %" PRIu64 " times\n",
			t.kernel, t.seed, t.scenarios, t.ops, t.differences, t.stage_ended);
		scenarios += t.scenarios;
		ops += t.ops;
		differences += t.differences;
		ended += t.stage_ended;
	}
	fprintf(out,
		"in all: %" PRIu64 " scenarios, %" PRIu64 " ops, %" PRIu64 " differ, the stage ended %" PRIu64
		" times\n",
		scenarios, ops, differences, ended);
	globfree(&files);
}

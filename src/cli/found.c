// SPDX-License-Identifier: GPL-2.0-only
/* found.c: see found.h. */
#include "cli/found.h"

#include "base/file.h"
#include "cli/cli.h"
#include "report/record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINES_BYTES_MAX (256u << 20)

static bool is_directory(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISDIR(st.st_mode);
}

bool found_is_folder(const char *path)
{
	const char *dot = strrchr(path, '.');

	/* What is not there at all is told as a folder that is missing. */
	return is_directory(path) || access(path, F_OK) || (dot && !strcmp(dot, ".jsonl"));
}

static void lines_path(const char *path, char lines[PATH_MAX])
{
	snprintf(lines, PATH_MAX, "%s%s", path, is_directory(path) ? "/findings.jsonl" : "");
}

int found_read(const char *path, cJSON **records)
{
	char lines[PATH_MAX], error[512], *text;
	size_t n, bad;
	int result;

	lines_path(path, lines);
	result = file_read(lines, LINES_BYTES_MAX, &text, &n, error, sizeof(error));
	if (result)
		return cli_error(result == -ENOENT  ? CLI_NO_INPUT
				 : result == -EFBIG ? CLI_BAD_INPUT
						    : CLI_IO,
				 "%s; name the --out folder of a run, or a scenario", error);
	*records = record_read_lines(text, n, &bad);
	free(text);
	if (!*records)
		return cli_error(CLI_INTERNAL, "out of memory");
	if (bad && !cJSON_GetArraySize(*records))
		return cli_error(CLI_BAD_INPUT, "%s holds no findings: none of its %zu lines is a record", lines, bad);
	if (bad)
		fprintf(stderr, "rcfuzz: %s: %zu lines are no records and were left out\n", lines, bad);
	return 0;
}

int found_keep_one(cJSON *records, const char *id)
{
	for (int i = cJSON_GetArraySize(records) - 1; i >= 0; i--) {
		if (strcmp(record_string(cJSON_GetArrayItem(records, i), "id"), id))
			cJSON_DeleteItemFromArray(records, i);
	}
	return cJSON_GetArraySize(records) ? 0 : cli_error(CLI_NO_INPUT, "there is no finding '%s'", id);
}

void found_beside(const char *folder, const char *name, char path[PATH_MAX])
{
	const char *slash = strrchr(folder, '/');
	int length = is_directory(folder) ? (int)strlen(folder) : slash ? (int)(slash - folder) : -1;

	/* findings.jsonl in the root folder has its slash all the same. */
	snprintf(path, PATH_MAX, "%.*s%s%s", length < 0 ? 0 : length, folder, length < 0 ? "" : "/", name);
}

int found_scenario(const char *folder, const cJSON *record, char path[PATH_MAX])
{
	const char *scenario = record_string(record, "scenario");

	/* The path comes from a file: it must not lead elsewhere. */
	if (*scenario == '/' || *scenario == '.' || strstr(scenario, "/."))
		return cli_error(CLI_BAD_INPUT, "%s: the scenario '%s' is not in the folder", folder, scenario);
	found_beside(folder, scenario, path);
	return 0;
}

struct target_choice found_target(const struct target_choice *choice, const cJSON *record)
{
	const cJSON *target = cJSON_GetObjectItemCaseSensitive(record, "target");
	const char *tree = record_string(target, "tree");
	struct target_choice found = *choice;

	if (choice->modules.count || choice->trees.count || access(tree, R_OK))
		return found;
	found.trees = (struct cli_list){0};
	cli_list_add(&found.trees, tree);
	if (!found.page_size_given)
		found.page_size = !strcmp(record_string(target, "page_size"), "4k") ? BUILD_PAGE_4K : BUILD_PAGE_64K;
	return found;
}

int found_append(const char *path, const cJSON *record)
{
	char lines[PATH_MAX], *text = cJSON_PrintUnformatted(record), *line = NULL;
	int fd = -1, n = text ? asprintf(&line, "%s\n", text) : -1;
	bool done = false;

	lines_path(path, lines);
	if (n > 0)
		fd = open(lines, O_WRONLY | O_APPEND | O_CLOEXEC);
	if (fd >= 0)
		done = write(fd, line, (size_t)n) == n && fsync(fd) == 0;
	if (!done)
		cli_error(CLI_IO, "%s cannot be written: %s", lines, strerror(errno));
	if (fd >= 0)
		close(fd);
	if (n > 0)
		free(line);
	cJSON_free(text);
	return done ? 0 : CLI_IO;
}

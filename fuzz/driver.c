// SPDX-License-Identifier: GPL-2.0-only
/*
 * driver.c: the regression driver without any engine: runs files, or all files
 * of folders, through the same entry point as the engines.
 *
 *   rcfuzz-driver MODULE.so FILE|FOLDER...
 *
 * One line a file that shows something. Exit: 0 nothing, 1 a finding, 64 usage,
 * 66 something could not be read. Compiles with any C compiler. The module may be
 * of any flavour but asan, whose runtime only rcfuzz-asan has.
 */
#include "fuzz/entry.h"

#include "scenario/scenario_file.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FOLDER_DEPTH_MAX 16u

static unsigned files, findings, failures;

/* What a module that is built for engines calls when it is loaded (not hidden, it finds them here): nobody counts. */
#define FOR_MODULE __attribute__((visibility("default")))
FOR_MODULE void __sanitizer_cov_8bit_counters_init(uint8_t *begin, uint8_t *end);
FOR_MODULE void __sanitizer_cov_pcs_init(const uintptr_t *begin, const uintptr_t *end);

void __sanitizer_cov_8bit_counters_init(uint8_t *begin, uint8_t *end)
{
	(void)begin, (void)end;
}

void __sanitizer_cov_pcs_init(const uintptr_t *begin, const uintptr_t *end)
{
	(void)begin, (void)end;
}

static void run_file(struct entry *entry, const char *path)
{
	static struct scenario_file file;
	struct scenario_error error;

	if (scenario_file_load(path, &file, &error)) {
		fprintf(stderr, "rcfuzz-driver: %s:%u:%u: %s\n", path, error.line, error.column, error.message);
		failures++;
		return;
	}
	if (scenario_file_embargoed(&file))
		return;
	entry->scenario = file.scenario;
	entry->limits = (struct entry_limits){.preempt = true, .level = file.scenario.config.level};
	entry_limit(entry);
	entry_run_scenario(entry);
	files++;
	for (uint32_t i = 0; i < entry->outcome.finding_count; i++) {
		const struct finding *finding = &entry->outcome.findings[i];

		printf("%s: %s: %s\n", path, class_info[finding->class].name, finding->title);
		findings++;
	}
}

/* A file, or all files below a folder: not through links, which may lead in circles, and no pipes. */
static void run_path(struct entry *entry, const char *path, unsigned depth)
{
	struct dirent **entries;
	struct stat st;
	int count;

	if (stat(path, &st) || !S_ISDIR(st.st_mode)) {
		run_file(entry, path);
		return;
	}
	count = scandir(path, &entries, NULL, alphasort);
	for (int i = 0; i < count; i++) {
		char *below = NULL;

		if (entries[i]->d_name[0] != '.' && asprintf(&below, "%s/%s", path, entries[i]->d_name) > 0 &&
		    !lstat(below, &st) && (S_ISREG(st.st_mode) || (S_ISDIR(st.st_mode) && depth < FOLDER_DEPTH_MAX)))
			run_path(entry, below, depth + 1);
		free(below);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

int main(int argc, char **argv)
{
	char error[512] = "out of memory";
	struct entry *entry;

	if (argc < 3) {
		fprintf(stderr, "usage: rcfuzz-driver MODULE.so FILE|FOLDER...\n");
		return 64;
	}
	entry = calloc(1, sizeof(*entry));
	if (entry) {
		entry->locks = lock_graph_create();
		entry->runner = runner_create(argv[1], error, sizeof(error));
	}
	if (!entry || !entry->runner) {
		fprintf(stderr, "rcfuzz-driver: %s%s\n", error,
			strstr(error, "__asan_") ? " (a module of the flavour asan runs in rcfuzz-asan only)" : "");
		if (entry)
			lock_graph_destroy(entry->locks);
		free(entry);
		return 66;
	}
	for (int i = 2; i < argc; i++)
		run_path(entry, argv[i], 0);
	fprintf(stderr, "rcfuzz-driver: %u files, %u findings, %u could not be read\n", files, findings, failures);
	runner_destroy(entry->runner);
	lock_graph_destroy(entry->locks);
	free(entry);
	return failures ? 66 : findings ? 1 : 0;
}

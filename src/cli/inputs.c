// SPDX-License-Identifier: GPL-2.0-only
/* inputs.c: see inputs.h. */
#include "cli/inputs.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define DEPTH_MAX 16u
#define FOLDERS_MAX 4

/* A folder that has this file is an engine's own: only these of its folders hold inputs, and none of its files is one.
 */
static const struct layout_rule {
	const char *marker;
	const char *folders[FOLDERS_MAX];
} rules[] = {
	{"fuzzer_stats", {"crashes", "hangs", "queue"}},
	{"findings.jsonl", {"findings", "crashes", "afl"}},
};

static bool has_file(const char *folder, const char *name)
{
	char path[4096];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return !lstat(path, &st) && S_ISREG(st.st_mode);
}

static const struct layout_rule *rule_of(const char *folder)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (has_file(folder, rules[i].marker))
			return &rules[i];
	}
	return NULL;
}

/* AFL++ renames the folders of an older run: crashes.2024-05-01-10:00:00. */
static bool is_listed(const struct layout_rule *rule, const char *name)
{
	for (size_t i = 0; i < FOLDERS_MAX && rule->folders[i]; i++) {
		size_t n = strlen(rule->folders[i]);

		if (!strncmp(name, rule->folders[i], n) && (!name[n] || name[n] == '.'))
			return true;
	}
	return false;
}

static bool is_engine_input(const char *name)
{
	return !strncmp(name, "id:", 3);
}

static void leave_out(struct cli_list *left_out, const char *path, const char *why)
{
	char *line;

	cli_error(0, "left out: %s: %s", path, why);
	if (asprintf(&line, "%s\t%s", path, why) < 0)
		return;
	cli_list_add(left_out, line);
	free(line);
}

struct folder {
	const char *path;
	const struct layout_rule *rule; /* NULL: a plain folder */
	bool engine_inputs;		/* it has "id:" files */
	unsigned depth;
};

static void collect_folder(struct cli_list *list, const char *path, unsigned depth, struct cli_list *left_out);

static void collect_entry(struct cli_list *list, const struct folder *in, const char *name, struct cli_list *left_out)
{
	char *full = NULL;
	struct stat st;
	bool link;

	if (name[0] == '.' || asprintf(&full, "%s/%s", in->path, name) < 0)
		return;
	if (lstat(full, &st)) {
		leave_out(left_out, full, strerror(errno));
	} else {
		link = S_ISLNK(st.st_mode);
		if (link && stat(full, &st))
			leave_out(left_out, full, "a link to nothing");
		else if (S_ISREG(st.st_mode) && !in->rule && (!in->engine_inputs || is_engine_input(name)))
			cli_list_add(list, full);
		else if (S_ISDIR(st.st_mode) && !link && (!in->rule || is_listed(in->rule, name)))
			collect_folder(list, full, in->depth + 1, left_out);
	}
	free(full);
}

static void collect_folder(struct cli_list *list, const char *path, unsigned depth, struct cli_list *left_out)
{
	struct folder folder = {.path = path, .rule = rule_of(path), .depth = depth};
	struct dirent **entries;
	int count = depth < DEPTH_MAX ? scandir(path, &entries, NULL, alphasort) : -1;

	if (count < 0) {
		leave_out(left_out, path, depth < DEPTH_MAX ? strerror(errno) : "folders are nested too deep");
		return;
	}
	for (int i = 0; i < count; i++)
		folder.engine_inputs |= is_engine_input(entries[i]->d_name);
	for (int i = 0; i < count; i++) {
		collect_entry(list, &folder, entries[i]->d_name, left_out);
		free(entries[i]);
	}
	free(entries);
}

int inputs_collect(struct cli_list *list, const char *path, struct cli_list *left_out)
{
	struct stat st;

	if (stat(path, &st))
		return cli_error(CLI_NO_INPUT, "cannot read %s: %s", path, strerror(errno));
	if (S_ISDIR(st.st_mode))
		collect_folder(list, path, 0, left_out);
	else
		cli_list_add(list, path);
	return 0;
}

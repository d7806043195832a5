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
#define OWN_MAX 8

/* A folder that has this file is an engine's: only these of its folders hold inputs, and these others are its own. */
static const struct layout_rule {
	const char *marker;
	const char *folders[FOLDERS_MAX];
	const char *own[OWN_MAX];
} rules[] = {
	{"fuzzer_stats",
	 {"crashes", "hangs", "queue"},
	 {"fuzzer_stats", "fuzzer_setup", "fuzz_bitmap", "plot_data", "cmdline", "target_hash", "fastresume.bin",
	  "is_main_node"}},
	{"findings.jsonl",
	 {"findings", "crashes", "afl"},
	 {"findings.jsonl", "journal.jsonl", "index.txt", "reports", "corpus", "seeds", "log"}},
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

static bool is_own(const struct layout_rule *rule, const char *name)
{
	for (size_t i = 0; i < OWN_MAX && rule->own[i]; i++)
		if (!strcmp(name, rule->own[i]))
			return true;
	return false;
}

static bool is_engine_input(const char *name)
{
	return !strncmp(name, "id:", 3);
}

static void leave_out(struct inputs_left *left, const char *path, const char *why)
{
	char *line;

	cli_error(0, "left out: %s: %s", path, why);
	if (asprintf(&line, "%s\t%s", path, why) < 0)
		return;
	cli_list_add(&left->out, line);
	free(line);
}

struct folder {
	const char *path;
	const struct layout_rule *rule; /* NULL: a plain folder */
	bool engine_inputs;		/* it has "id:" files */
	unsigned depth;
};

static bool is_passed_over(const struct folder *in, const char *name)
{
	/* What AFL++ writes beside its crashes: how they were found. */
	bool readme = in->engine_inputs && !strcmp(name, "README.txt");

	return name[0] == '.' || readme || (in->rule && is_own(in->rule, name));
}

static void collect_folder(struct cli_list *list, const char *path, unsigned depth, struct inputs_left *left);

static void collect_entry(struct cli_list *list, const struct folder *in, const char *name, struct inputs_left *left)
{
	bool listed = !in->rule || is_listed(in->rule, name);
	char *full = NULL;
	struct stat st;
	bool link;

	if (is_passed_over(in, name)) {
		left->passed_over += strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
		return;
	}
	if (asprintf(&full, "%s/%s", in->path, name) < 0)
		return;
	if (lstat(full, &st)) {
		leave_out(left, full, strerror(errno));
		free(full);
		return;
	}
	link = S_ISLNK(st.st_mode);
	if (link && stat(full, &st))
		leave_out(left, full, "a link to nothing");
	else if (link && S_ISDIR(st.st_mode))
		leave_out(left, full, "a link to a folder, which is not followed");
	else if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		leave_out(left, full, "no file");
	else if (in->rule && (!listed || S_ISREG(st.st_mode)))
		leave_out(left, full, "beside an engine's own files; name it itself if it is an input");
	else if (S_ISREG(st.st_mode))
		cli_list_add(list, full);
	else
		collect_folder(list, full, in->depth + 1, left);
	free(full);
}

static void collect_folder(struct cli_list *list, const char *path, unsigned depth, struct inputs_left *left)
{
	struct folder folder = {.path = path, .rule = rule_of(path), .depth = depth};
	struct dirent **entries;
	int count = depth < DEPTH_MAX ? scandir(path, &entries, NULL, alphasort) : -1;

	if (count < 0) {
		leave_out(left, path, depth < DEPTH_MAX ? strerror(errno) : "folders are nested too deep");
		return;
	}
	for (int i = 0; i < count; i++)
		folder.engine_inputs |= is_engine_input(entries[i]->d_name);
	for (int i = 0; i < count; i++) {
		collect_entry(list, &folder, entries[i]->d_name, left);
		free(entries[i]);
	}
	free(entries);
}

int inputs_collect(struct cli_list *list, const char *path, struct inputs_left *left)
{
	struct stat st;

	if (stat(path, &st))
		return cli_error(CLI_NO_INPUT, "cannot read %s: %s", path, strerror(errno));
	if (S_ISDIR(st.st_mode))
		collect_folder(list, path, 0, left);
	else
		cli_list_add(list, path);
	return 0;
}

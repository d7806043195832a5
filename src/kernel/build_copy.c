// SPDX-License-Identifier: GPL-2.0-only
/* build_copy.c: private copies of the files that patches and recipes change; a tree is never written to. */
#include "build_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "diff.h"
#include "recipe.h"
#include "spawn.h"

bool build_tree_file(struct build *b, char path[PATH_MAX], const char *name)
{
	return build_join(b, path, b->tree.path, name);
}

bool build_private_file(struct build *b, char path[PATH_MAX], const char *name)
{
	char folder[PATH_MAX];

	return build_join(b, folder, b->work_dir, "patched") && build_join(b, path, folder, name);
}

/* Makes the private copy, once. A file that the tree lacks may be one that a patch adds: none is made. */
static int touch(struct build *b, const char *name)
{
	char from[PATH_MAX], to[PATH_MAX], *data;
	size_t size;
	int result;

	if (textlist_has(&b->touched, name))
		return 0;
	textlist_add(&b->touched, "%s", name);
	if (!build_tree_file(b, from, name) || !build_private_file(b, to, name))
		return -ENAMETOOLONG;
	if (access(from, F_OK) != 0) {
		textlist_add(&b->absent, "%s", from);
		return 0;
	}
	result = build_read(b, from, &data, &size);
	if (result)
		return result;
	result = build_write(b, to, data, size);
	free(data);
	return result;
}

/* The line of patch(1)'s output that says most. */
static void patch_complaint(const char *log, char *line, size_t size)
{
	char *text, *at, error[64];
	size_t length;

	snprintf(line, size, "patch failed");
	if (file_read(log, LOG_BYTES_MAX, &text, &length, error, sizeof(error)))
		return;
	at = strstr(text, "FAILED");
	if (!at)
		at = strstr(text, "can't find");
	if (!at)
		at = text;
	while (at > text && at[-1] != '\n')
		at--;
	if (*at)
		snprintf(line, size, "%.*s", (int)strcspn(at, "\n"), at);
	free(text);
}

static int apply_patch(struct build *b, const char *name)
{
	char path[PATH_MAX], folder[PATH_MAX], log[PATH_MAX], line[256], *text;
	struct diff_files files;
	size_t size;
	int result;

	if (!realpath(name, path))
		return build_fail(b, ENOENT, "patch %s: %s", name, strerror(errno));
	result = file_read(path, DIFF_BYTES_MAX, &text, &size, b->error, b->error_size);
	if (result)
		return result;
	result = diff_list_files(&files, name, text, size, b->error, b->error_size);
	free(text);
	if (result)
		return result;
	for (size_t i = 0; i < files.count && !result; i++)
		result = touch(b, files.paths[i]);
	diff_files_free(&files);
	if (result)
		return result;
	if (!build_join(b, folder, b->work_dir, "patched") || !build_join(b, log, b->work_dir, "patch.log"))
		return -ENAMETOOLONG;
	result = make_folders(folder);
	if (!result) {
		char *argv[] = {"patch", "-p1", "--unified", "--batch", "--forward", "--no-backup-if-mismatch",
				"-r",	 "-",	"-i",	     path,	NULL};

		result = spawn_run(argv, folder, log);
	}
	if (result < 0)
		return build_fail(b, -result, "patch(1): %s", strerror(-result));
	if (!result)
		return 0;
	patch_complaint(log, line, sizeof(line));
	return build_fail(b, EINVAL, "patch %s does not apply to %s: %s", name, b->tree.path, line);
}

static int apply_rule(struct build *b, const struct recipe_rule *rule, const char *name)
{
	char path[PATH_MAX], *text, *changed;
	size_t size;
	int result = touch(b, rule->file);

	if (result)
		return result;
	if (!build_private_file(b, path, rule->file))
		return -ENAMETOOLONG;
	if (access(path, F_OK) != 0)
		return build_fail(b, ENOENT, "%s:%u: %s has no %s", name, rule->line, b->tree.path, rule->file);
	result = build_read(b, path, &text, &size);
	if (result)
		return result;
	changed = recipe_apply(rule, name, text, b->error, b->error_size);
	result = changed ? build_write(b, path, changed, strlen(changed)) : -EINVAL;
	free(changed);
	free(text);
	return result;
}

static int apply_recipe(struct build *b, const char *name)
{
	struct recipe recipe;
	char *text;
	size_t size;
	int result = file_read(name, RECIPE_BYTES_MAX, &text, &size, b->error, b->error_size);

	if (result)
		return result;
	result = recipe_parse(&recipe, name, text, size, b->error, b->error_size);
	free(text);
	if (result)
		return result;
	for (size_t i = 0; i < recipe.count && !result; i++)
		result = apply_rule(b, &recipe.rules[i], name);
	recipe_free(&recipe);
	return result;
}

static bool same_folder(const char *a, const char *b)
{
	const char *end_a = strrchr(a, '/'), *end_b = strrchr(b, '/');

	return end_a && end_b && end_a - a == end_b - b && strncmp(a, b, (size_t)(end_a - a)) == 0;
}

/*
 * A patched "header.h" must win over that beside the .c file which includes it: the .c files beside it are copied too.
 * A .c file is included by its unit alone (build_origin.c sees to that).
 */
static int touch_siblings(struct build *b)
{
	size_t patched = b->touched.count;
	int result = 0;

	for (size_t i = 0; i < patched && !result; i++)
		for (size_t j = 0; j < BUILD_SOURCES && !result; j++)
			if (build_sources[j].kernel_file && !build_is_c_file(b->touched.items[i]) &&
			    same_folder(b->touched.items[i], build_sources[j].kernel_file))
				result = touch(b, build_sources[j].kernel_file);
	return result;
}

int build_copy_files(struct build *b)
{
	const struct kernel_build_request *request = b->request;
	int result = 0;

	for (size_t i = 0; i < request->patch_count && !result; i++)
		result = apply_patch(b, request->patches[i]);
	for (size_t i = 0; i < request->recipe_count && !result; i++)
		result = apply_recipe(b, request->recipes[i]);
	return result ? result : touch_siblings(b);
}

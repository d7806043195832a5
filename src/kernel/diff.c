// SPDX-License-Identifier: GPL-2.0-only
/* diff.c: see diff.h. */
#include "diff.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "recipe.h"

void diff_files_free(struct diff_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		free(files->paths[i]);
	free(files->paths);
	*files = (struct diff_files){0};
}

static bool starts_with(const char *line, const char *end, const char *word)
{
	return (size_t)(end - line) >= strlen(word) && strncmp(line, word, strlen(word)) == 0;
}

/* Adds the path of a `--- a/path` or `+++ b/path` line. Returns what is wrong with it, or NULL. */
static const char *add_path(struct diff_files *files, const char *begin, const char *end)
{
	const char *slash, *tab = memchr(begin, '\t', (size_t)(end - begin));
	char *path;

	if (tab)
		end = tab;
	while (end > begin && (end[-1] == ' ' || end[-1] == '\r'))
		end--;
	if ((size_t)(end - begin) == strlen("/dev/null") && strncmp(begin, "/dev/null", strlen("/dev/null")) == 0)
		return NULL;
	slash = memchr(begin, '/', (size_t)(end - begin));
	if (!slash || slash == begin)
		return "a path has no leading component to drop (a/, b/)";
	path = strndup(slash + 1, (size_t)(end - slash - 1));
	if (!path)
		return "out of memory";
	if (!tree_path_is_safe(path)) {
		free(path);
		return "a path leaves the kernel tree, or is none of a kernel";
	}
	for (size_t i = 0; i < files->count; i++) {
		if (strcmp(files->paths[i], path) == 0) {
			free(path);
			return NULL;
		}
	}
	if (files->count == DIFF_FILES_MAX) {
		free(path);
		return "too many files";
	}
	files->paths[files->count++] = path;
	return NULL;
}

/* Lines left of a hunk, from its `@@ -1,7 +1,8 @@`: inside a hunk, `--- x` is a removed line `-- x`. */
static void hunk_lines(const char *line, unsigned long *old_lines, unsigned long *new_lines)
{
	char *at;

	*old_lines = *new_lines = 1;
	strtoul(line + strlen("@@ -"), &at, 10);
	if (*at == ',')
		*old_lines = strtoul(at + 1, &at, 10);
	at = strchr(at, '+');
	if (!at)
		return;
	strtoul(at + 1, &at, 10);
	if (*at == ',')
		*new_lines = strtoul(at + 1, &at, 10);
}

int diff_list_files(struct diff_files *files, const char *name, const char *text, size_t size, char *error,
		    size_t error_size)
{
	static const char *const refused[] = {"rename from ", "rename to ",	  "copy from ",	 "GIT binary patch",
					      "Binary files", "new file mode 12", "new mode 12", "old mode 12"};
	unsigned long old_lines = 0, new_lines = 0, number = 0;
	const char *end = text + size, *fault = NULL;

	*files = (struct diff_files){0};
	files->paths = calloc(DIFF_FILES_MAX, sizeof(*files->paths));
	if (!files->paths) {
		snprintf(error, error_size, "%s: out of memory", name);
		return -ENOMEM;
	}
	if (memchr(text, '\0', size))
		fault = "is not text";
	for (const char *line = text; !fault && line < end;) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));
		const char *line_end = newline ? newline : end;

		number++;
		if (old_lines || new_lines) {
			if (*line != '+' && *line != '\\' && old_lines)
				old_lines--;
			if (*line != '-' && *line != '\\' && new_lines)
				new_lines--;
		} else if (starts_with(line, line_end, "@@ -")) {
			hunk_lines(line, &old_lines, &new_lines);
		} else if (starts_with(line, line_end, "--- ") || starts_with(line, line_end, "+++ ")) {
			fault = add_path(files, line + 4, line_end);
		} else {
			for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
				if (starts_with(line, line_end, refused[i]))
					fault = "renames, symbolic links and binary files are not taken";
		}
		line = newline ? newline + 1 : end;
	}
	if (!fault && !files->count)
		fault = "is no unified diff";
	if (!fault)
		return 0;
	snprintf(error, error_size, "%s:%lu: %s", name, number, fault);
	diff_files_free(files);
	return -EINVAL;
}

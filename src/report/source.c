// SPDX-License-Identifier: GPL-2.0-only
/* source.c: see source.h. */
#include "report/source.h"

#include "base/file.h"
#include "report/markup.h"
#include "report/record.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define FILE_BYTES_MAX (4u << 20)
#define LINES_BEFORE 3u
#define LINES_AFTER 3u

static bool is_unpatched(const cJSON *info)
{
	return !cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(info, "patches")) &&
	       !cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(info, "recipes"));
}

/* The name comes out of a module: it must not lead out of the tree. */
static bool is_below(const char *file)
{
	return *file && *file != '/' && *file != '.' && !strstr(file, "/.");
}

static void print_lines(FILE *out, const char *text, uint32_t line)
{
	uint32_t first = line > LINES_BEFORE ? line - LINES_BEFORE : 1;

	fprintf(out, "<pre class=\"source\">");
	for (uint32_t number = 1; *text && number <= line + LINES_AFTER; number++) {
		size_t n = strcspn(text, "\n");

		if (number >= first) {
			fprintf(out, number == line ? "<b><i>%5u</i>  " : "<i>%5u</i>  ", number);
			markup_format(out, "%.*s", (int)(n < INT_MAX ? n : 0), text);
			fprintf(out, number == line ? "</b>\n" : "\n");
		}
		text += n + (text[n] == '\n');
	}
	fprintf(out, "</pre>\n");
}

void source_html(FILE *out, const char *target_info, const char *file, uint32_t line)
{
	cJSON *info = target_info ? cJSON_Parse(target_info) : NULL;
	char path[PATH_MAX], error[256], *text = NULL;
	const char *tree = record_string(info, "tree");
	size_t n;

	snprintf(path, sizeof(path), "%s/%s", tree, file);
	if (line && *tree && is_unpatched(info) && is_below(file) &&
	    !file_read(path, FILE_BYTES_MAX, &text, &n, error, sizeof(error)))
		print_lines(out, text, line);
	free(text);
	cJSON_Delete(info);
}

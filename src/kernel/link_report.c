// SPDX-License-Identifier: GPL-2.0-only
/* link_report.c: see link_report.h. Both linkers are run with --warn-unresolved-symbols. */
#include "link_report.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* What the program that loads the module defines. */
static const char *const runtime_prefixes[] = {"__asan_", "__sanitizer_", "__tsan_", "__ubsan_", "__sancov_"};

static bool is_runtime(const char *symbol)
{
	for (size_t i = 0; i < sizeof(runtime_prefixes) / sizeof(runtime_prefixes[0]); i++)
		if (strncmp(symbol, runtime_prefixes[i], strlen(runtime_prefixes[i])) == 0)
			return true;
	return false;
}

/* The name of the object in a line like `/usr/bin/ld: /tmp/x/foo.o: in function ...`, `>>> /tmp/x/foo.o:(bar)`. */
static bool find_object(const char *line, size_t length, char *object, size_t size)
{
	const char *end = NULL, *begin;

	for (size_t i = 0; i + 2 < length; i++)
		if (strncmp(line + i, ".o:", 3) == 0)
			end = line + i;
	if (!end)
		return false;
	for (begin = end; begin > line && !strchr("/ ", begin[-1]); begin--)
		;
	snprintf(object, size, "%.*s", (int)(end - begin), begin);
	return true;
}

static void add(struct textlist *unknown, const char *symbol, size_t length, const char *object)
{
	char line[512], known[256];

	snprintf(known, sizeof(known), "%.*s ", (int)length, symbol);
	if (is_runtime(known))
		return;
	for (size_t i = 0; i < unknown->count; i++)
		if (strncmp(unknown->items[i], known, strlen(known)) == 0)
			return;
	snprintf(line, sizeof(line), "%s%s", known, object[0] ? object : "?");
	textlist_add(unknown, "%s", line);
}

/* Where `what` ends in the line, or NULL. */
static const char *after(const char *line, size_t length, const char *what)
{
	const char *at = memmem(line, length, what, strlen(what));

	return at ? at + strlen(what) : NULL;
}

void link_report_unknown(struct textlist *unknown, const char *log)
{
	char object[128] = "", symbol[256] = "";

	while (*log) {
		size_t length = strcspn(log, "\n");
		const char *line = log, *end = log + length, *at;

		log = *end ? end + 1 : end;
		at = after(line, length, "undefined symbol: ");
		if (at) {
			snprintf(symbol, sizeof(symbol), "%.*s", (int)(end - at), at);
			continue;
		}
		if (find_object(line, length, object, sizeof(object)) && symbol[0]) {
			add(unknown, symbol, strlen(symbol), object);
			symbol[0] = '\0';
		}
		at = after(line, length, "undefined reference to `");
		if (!at)
			at = after(line, length, "undefined references to `");
		if (at)
			add(unknown, at, strcspn(at, "'\n"), object);
	}
}

// SPDX-License-Identifier: GPL-2.0-only
/* scenario_file.c: load and save scenarios, match expectations. See scenario_file.h. */
#include "scenario_file.h"

#include "base/file.h"
#include "codec.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Is it meant as text? Any bytes are a valid binary scenario, so a text with a
 * misspelt first line must not be taken for one: lines of printable characters
 * are text.
 */
static bool looks_like_text(const unsigned char *bytes, size_t size)
{
	static const char header[] = "rcfuzz-scenario";
	bool has_newline = false;

	if (size >= sizeof(header) - 1 && !memcmp(bytes, header, sizeof(header) - 1))
		return true;
	for (size_t i = 0; i < size; i++) {
		if ((bytes[i] < 0x20 && bytes[i] != '\t' && bytes[i] != '\n' && bytes[i] != '\r') || bytes[i] == 0x7f)
			return false;
		has_newline |= bytes[i] == '\n';
	}
	return has_newline;
}

bool scenario_file_parse(const void *data, size_t size, struct scenario_file *file, struct scenario_error *error)
{
	if (looks_like_text(data, size))
		return scenario_text_parse(data, size, file, error);
	memset(error, 0, sizeof(*error));
	file->story[0] = file->module[0] = 0;
	file->expectation_count = file->page_line = 0;
	scenario_decode(&file->scenario, data, size);
	return true;
}

int scenario_file_load(const char *path, struct scenario_file *file, struct scenario_error *error)
{
	char *data;
	size_t size;
	int result;
	bool good;

	memset(error, 0, sizeof(*error));
	result = file_read(path, SCENARIO_FILE_BYTES_MAX, &data, &size, error->message, sizeof(error->message));
	if (result)
		return result;
	good = scenario_file_parse(data, size, file, error);
	free(data);
	return good ? 0 : -EBADMSG;
}

int scenario_file_save(const char *path, const struct scenario_file *file, struct scenario_error *error)
{
	size_t size = scenario_text_write(file, NULL, 0);
	char *text = malloc(size + 1);
	int result;

	memset(error, 0, sizeof(*error));
	if (!text) {
		snprintf(error->message, sizeof(error->message), "%s: %s", path, strerror(ENOMEM));
		return -ENOMEM;
	}
	scenario_text_write(file, text, size + 1);
	result = file_write_atomic(path, text, size, error->message, sizeof(error->message));
	free(text);
	return result;
}

bool scenario_file_embargoed(const struct scenario_file *file)
{
	for (uint32_t i = 0; i < file->expectation_count; i++) {
		if (file->expectations[i].kind == EXPECT_EMBARGOED)
			return true;
	}
	return false;
}

bool scenario_file_other_page(const struct scenario_file *file, unsigned page)
{
	bool other = file->page_line && file->scenario.config.page != page;

	for (uint32_t i = 0; i < file->expectation_count; i++)
		other &= !(file->expectations[i].page_given && file->expectations[i].page == page);
	return other;
}

/* 6.12 and v6.12 are the same version. */
static const char *skip_v(const char *version)
{
	return version[0] == 'v' && version[1] >= '0' && version[1] <= '9' ? version + 1 : version;
}

/* Number by number, up to what is no number: 6.18 is 6.18.0, and 6.18-rc1 counts as 6.18, as it does for the
 * pattern 6.18. */
static bool is_or_later(const char *version, const char *first)
{
	while (*first >= '0' && *first <= '9') {
		bool is_number = *version >= '0' && *version <= '9';
		char *rest = (char *)version, *first_rest;
		unsigned long wanted = strtoul(first, &first_rest, 10);
		unsigned long number = is_number ? strtoul(version, &rest, 10) : 0;

		if (number != wanted)
			return number > wanted;
		version = rest + (*rest == '.');
		first = first_rest + (*first_rest == '.');
	}
	return true;
}

static bool version_matches(const char *pattern, const char *version)
{
	char longer[SCENARIO_PATTERN_MAX + 8];
	size_t numbers = scenario_version_length(pattern);

	if (numbers && !strcmp(pattern + numbers, "+"))
		return scenario_version_length(version) && is_or_later(skip_v(version), skip_v(pattern));
	pattern = skip_v(pattern);
	version = skip_v(version);
	if (!fnmatch(pattern, version, 0))
		return true;
	snprintf(longer, sizeof(longer), "%s[.-]*", pattern);
	return !fnmatch(longer, version, 0);
}

/* Is that one of the lines of *list? */
static bool has_line(const char *list, const char *line)
{
	size_t length = strlen(line);

	while (list && *list) {
		size_t n = strcspn(list, "\n");

		if (n == length && !memcmp(list, line, n))
			return true;
		list += n + (list[n] == '\n');
	}
	return false;
}

static bool speaks_of(const struct scenario_expectation *e, const struct scenario_kernel *kernel)
{
	return (e->kind == EXPECT_PASS || e->kind == EXPECT_FINDING) && (!e->page_given || e->page == kernel->page) &&
	       (!*e->has || has_line(kernel->has, e->has)) && version_matches(e->pattern, kernel->version);
}

const struct scenario_expectation *scenario_file_expectation(const struct scenario_file *file,
							     const struct scenario_kernel *kernel)
{
	for (uint32_t i = 0; i < file->expectation_count; i++) {
		if (speaks_of(&file->expectations[i], kernel))
			return &file->expectations[i];
	}
	return NULL;
}

bool scenario_expectation_covers(const struct scenario_expectation *e, const char *coarse)
{
	size_t length = strlen(e->signature);

	return e->kind == EXPECT_FINDING && !strncmp(e->signature, coarse, length) &&
	       (!coarse[length] || coarse[length] == ':');
}

bool scenario_file_lists(const struct scenario_file *file, const char *signature)
{
	bool any = false;

	for (uint32_t i = 0; i < file->expectation_count; i++) {
		if (file->expectations[i].kind != EXPECT_SIGNATURE)
			continue;
		if (!strcmp(file->expectations[i].signature, signature))
			return true;
		any = true;
	}
	return !any;
}

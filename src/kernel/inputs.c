// SPDX-License-Identifier: GPL-2.0-only
/* inputs.c: see inputs.h. */
#include "inputs.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/file.h"

#define RECORD_HEAD "rcfuzz-inputs 1\n"

static void hash_string(char string[INPUTS_HASH_CHARS + 1], XXH128_hash_t hash)
{
	snprintf(string, INPUTS_HASH_CHARS + 1, "%016" PRIx64 "%016" PRIx64, (uint64_t)hash.high64,
		 (uint64_t)hash.low64);
}

void inputs_hash_text(char hash[INPUTS_HASH_CHARS + 1], const char *data, size_t size)
{
	hash_string(hash, XXH3_128bits(data, size));
}

int inputs_add_depfile(struct textlist *paths, const char *depfile, char *error, size_t error_size)
{
	char *text, *from, *to;
	size_t size;
	int result = file_read(depfile, INPUT_BYTES_MAX, &text, &size, error, error_size);

	if (result)
		return result;
	from = strchr(text, ':'); /* after the target */
	from = from ? from + 1 : text + size;
	while (*from) {
		char *begin;

		while (isspace((unsigned char)*from) || (from[0] == '\\' && from[1] == '\n'))
			from++;
		for (begin = to = from; *from && !isspace((unsigned char)*from); from++) {
			if (from[0] == '\\' && from[1] == '\n')
				break;
			if ((from[0] == '\\' && (from[1] == ' ' || from[1] == '#')) ||
			    (from[0] == '$' && from[1] == '$'))
				from++;
			*to++ = *from;
		}
		if (to > begin)
			textlist_add(paths, "%.*s", (int)(to - begin), begin);
	}
	free(text);
	return paths->failed ? -ENOMEM : 0;
}

/* The size and the times of a file in one word, for a record; false if there is none. */
static bool stamp(const char *path, char *string, size_t size)
{
	struct stat info;

	if (stat(path, &info))
		return false;
	snprintf(string, size, "%llx-%llx.%lx-%llx.%lx", (unsigned long long)info.st_size,
		 (unsigned long long)info.st_mtim.tv_sec, (unsigned long)info.st_mtim.tv_nsec,
		 (unsigned long long)info.st_ctim.tv_sec, (unsigned long)info.st_ctim.tv_nsec);
	return true;
}

static int hash_file(char hash[INPUTS_HASH_CHARS + 1], const char *path, char *error, size_t error_size)
{
	size_t size;
	char *data;
	int result = file_read(path, INPUT_BYTES_MAX, &data, &size, error, error_size);

	if (result)
		return result;
	inputs_hash_text(hash, data, size);
	free(data);
	return 0;
}

int inputs_record(struct text *record, char hash[INPUTS_HASH_CHARS + 1], const struct textlist *paths,
		  const struct textlist *absent, const char *(*name_of)(void *context, const char *path), void *context,
		  char *error, size_t error_size)
{
	struct text hashed = {0};
	char file_hash[INPUTS_HASH_CHARS + 1], times[128];
	int result = 0;

	text_add(record, RECORD_HEAD);
	for (size_t i = 0; i < paths->count && !result; i++) {
		const char *path = paths->items[i], *name = name_of(context, path);

		if (!name)
			continue;
		if (!stamp(path, times, sizeof(times))) {
			result = -errno;
			snprintf(error, error_size, "%s: %s", path, strerror(-result));
			break;
		}
		result = hash_file(file_hash, path, error, error_size);
		text_add(record, "%s %s %s\n", file_hash, times, path);
		text_add(&hashed, "%s %s\n", file_hash, name);
	}
	for (size_t i = 0; i < absent->count; i++)
		text_add(record, "absent - %s\n", absent->items[i]);
	if (!result && (record->failed || hashed.failed)) {
		snprintf(error, error_size, "out of memory");
		result = -ENOMEM;
	}
	if (!result)
		inputs_hash_text(hash, hashed.data ? hashed.data : "", hashed.size);
	text_free(&hashed);
	return result;
}

/* The path in a line of a record that names a file which was read; NULL: it is another line. */
static const char *path_in(const char *line, size_t length)
{
	const char *stamp_at = memchr(line, ' ', length), *path;

	if (!stamp_at || strncmp(line, "absent ", 7) == 0)
		return NULL;
	path = memchr(stamp_at + 1, ' ', length - (size_t)(stamp_at + 1 - line));
	return path && path[1] == '/' ? path + 1 : NULL;
}

void inputs_add_record(struct textlist *paths, const char *record)
{
	for (size_t length; *record; record += length + (record[length] == '\n')) {
		const char *path;

		length = strcspn(record, "\n");
		path = path_in(record, length);
		if (path)
			textlist_add(paths, "%.*s", (int)(record + length - path), path);
	}
}

/* As strcmp(), where the second ends at `end`. */
static int compare_path(const char *whole, const char *path, const char *end)
{
	int order = strncmp(whole, path, (size_t)(end - path));

	return order ? order : whole[end - path] != '\0';
}

void inputs_record_part(struct text *part, const char *record, const struct textlist *paths)
{
	size_t at = 0;

	text_add(part, RECORD_HEAD);
	for (size_t length; *record; record += length + (record[length] == '\n')) {
		const char *path;
		int order = -1;

		length = strcspn(record, "\n");
		path = path_in(record, length);
		if (!path)
			continue;
		while (at < paths->count && (order = compare_path(paths->items[at], path, record + length)) < 0)
			at++;
		if (order == 0)
			text_add(part, "%.*s\n", (int)length, record);
	}
}

/* One line of a record: `hash stamp path`. */
static bool line_holds(const char *line, size_t length)
{
	char copy[8192], times[128], hash[INPUTS_HASH_CHARS + 1], error[256], *then, *path;

	if (length >= sizeof(copy))
		return false;
	memcpy(copy, line, length);
	copy[length] = '\0';
	then = strchr(copy, ' ');
	path = then ? strchr(then + 1, ' ') : NULL;
	if (!path)
		return false;
	*then++ = '\0';
	*path++ = '\0';
	if (strcmp(copy, "absent") == 0)
		return access(path, F_OK) != 0;
	if (!stamp(path, times, sizeof(times)))
		return false;
	return strcmp(times, then) == 0 ||
	       (hash_file(hash, path, error, sizeof(error)) == 0 && strcmp(hash, copy) == 0);
}

bool inputs_unchanged(const char *record)
{
	if (strncmp(record, RECORD_HEAD, strlen(RECORD_HEAD)) != 0)
		return false;
	record += strlen(RECORD_HEAD);
	while (*record) {
		size_t length = strcspn(record, "\n");

		if (!record[length] || !line_holds(record, length))
			return false;
		record += length + 1;
	}
	return true;
}

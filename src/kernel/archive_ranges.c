// SPDX-License-Identifier: GPL-2.0-only
/* archive_ranges.c: see archive_ranges.h. */
#include "archive_ranges.h"

#include <stdbool.h>
#include <string.h>

/* The length of the folder that both lie below, with its slash; 0: there is none. */
static size_t common_folder(const char *a, const char *b)
{
	size_t length = 0;

	for (size_t i = 0; a[i] && a[i] == b[i]; i++)
		if (a[i] == '/')
			length = i + 1;
	return length;
}

/* Can anything below a folder (its path with its slash) be needed? Also when a needed path lies above it. */
static bool is_needed(const char *folder, size_t length, const char *const *needed)
{
	const char *inner = memchr(folder, '/', length);
	size_t inner_length;

	if (!inner || ++inner == folder + length)
		return true; /* the folder around them all */
	inner_length = length - (size_t)(inner - folder);
	for (; *needed; needed++) {
		size_t part = strlen(*needed), shorter = part < inner_length ? part : inner_length;

		if (memcmp(*needed, inner, shorter) == 0 && (part >= inner_length || inner[part] == '/'))
			return true;
	}
	return false;
}

/* Do the marks below a folder follow each other? If not, somebody put the archive together in another way. */
static bool is_in_one_piece(const struct archive_mark *marks, size_t count, const char *folder, size_t length)
{
	size_t pieces = 0;
	bool was_below = false;

	for (size_t i = 0; i < count; i++) {
		bool below = strncmp(marks[i].path, folder, length) == 0;

		pieces += below && !was_below;
		was_below = below;
	}
	return pieces == 1;
}

size_t archive_ranges(struct xz_range *ranges, const struct archive_mark *marks, size_t mark_count, uint64_t size,
		      const char *const *needed)
{
	size_t count = 0;

	if (mark_count && marks[0].offset)
		ranges[count++] = (struct xz_range){.begin = 0, .end = marks[0].offset};
	for (size_t i = 0; i < mark_count; i++) {
		bool last = i + 1 == mark_count;
		size_t length = last ? 0 : common_folder(marks[i].path, marks[i + 1].path);
		uint64_t end = last ? size : marks[i + 1].offset;

		if (length && !is_needed(marks[i].path, length, needed) &&
		    is_in_one_piece(marks, mark_count, marks[i].path, length))
			continue;
		if (count && ranges[count - 1].end == marks[i].offset)
			ranges[count - 1].end = end;
		else
			ranges[count++] = (struct xz_range){.begin = marks[i].offset, .end = end};
	}
	return count;
}

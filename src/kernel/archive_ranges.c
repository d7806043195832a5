// SPDX-License-Identifier: GPL-2.0-only
/* archive_ranges.c: see archive_ranges.h. */
#include "archive_ranges.h"

#include <stdbool.h>
#include <string.h>

/* A folder of the archive: the begin of the paths of all that lies below it, with its slash. */
struct folder {
	const char *path;
	size_t length;
};

/*
 * The folder that both lie below; of no length if there is none. A folder's own entry does not count as below it: where
 * paths are sorted, a.c lies between a/ and a/b.
 */
static struct folder common_folder(const char *a, const char *b)
{
	struct folder common = {.path = a};

	for (size_t i = 0; a[i] && a[i] == b[i]; i++)
		if (a[i] == '/' && a[i + 1] && b[i + 1])
			common.length = i + 1;
	return common;
}

/* Are there marks below it, which follow each other? If not, somebody put the archive together in another way. */
static bool is_in_one_piece(const struct archive_mark *marks, size_t count, struct folder folder)
{
	size_t pieces = 0;
	bool was_below = false;

	for (size_t i = 0; i < count; i++) {
		const char *path = marks[i].path;
		bool below = strncmp(path, folder.path, folder.length) == 0 && path[folder.length];

		pieces += below && !was_below;
		was_below = below;
	}
	return pieces == 1;
}

/*
 * In an archive whose paths are in order: can something of a needed path lie from one mark to another? None of the
 * three has the folder around them all.
 */
static bool may_lie_between(const char *needed, const char *from, const char *to)
{
	size_t length = strlen(needed);
	int order = strncmp(from, needed, length);

	if (order > 0 || (order == 0 && (unsigned char)from[length] > '/')) /* behind all that lies below it */
		return false;
	return strcmp(needed, to) < 0;
}

/* Can a path lie below a folder, or the folder below the path? Neither has the folder around them all. */
static bool may_meet(const char *needed, const char *folder, size_t length)
{
	size_t part = strlen(needed), shorter = part < length ? part : length;

	return memcmp(needed, folder, shorter) == 0 && (part >= length || folder[part] == '/');
}

/* Can something that is needed begin at a mark, or between it and the next? */
static bool is_needed(const struct archive_mark *marks, size_t count, size_t at, bool sorted, const char *const *needed)
{
	const char *from = marks[at].path, *to = marks[at + 1].path;
	struct folder common = common_folder(from, to);
	size_t top;

	if (!common.length || !is_in_one_piece(marks, count, common))
		return true;
	top = strcspn(common.path, "/") + 1; /* the folder around them all */
	for (; *needed; needed++)
		if (may_meet(*needed, common.path + top, common.length - top) &&
		    (!sorted || may_lie_between(*needed, from + top, to + top)))
			return true;
	return false;
}

static bool are_sorted(const struct archive_mark *marks, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (strcmp(marks[i - 1].path, marks[i].path) > 0)
			return false;
	return true;
}

size_t archive_ranges(struct xz_range *ranges, const struct archive_mark *marks, size_t mark_count, uint64_t size,
		      const char *const *needed)
{
	bool sorted = are_sorted(marks, mark_count);
	size_t count = 0;

	if (mark_count && marks[0].offset)
		ranges[count++] = (struct xz_range){.begin = 0, .end = marks[0].offset};
	for (size_t i = 0; i < mark_count; i++) {
		bool last = i + 1 == mark_count;
		uint64_t end = last ? size : marks[i + 1].offset;

		if (!last && !is_needed(marks, mark_count, i, sorted, needed))
			continue;
		if (count && ranges[count - 1].end == marks[i].offset)
			ranges[count - 1].end = end;
		else
			ranges[count++] = (struct xz_range){.begin = marks[i].offset, .end = end};
	}
	return count;
}

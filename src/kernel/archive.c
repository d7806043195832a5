// SPDX-License-Identifier: GPL-2.0-only
/* archive.c: see archive.h. tar unpacks; here is what it is told, and what it is given to read. */
#include "archive.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "archive_ranges.h"
#include "kernel_tree.h"
#include "spawn.h"
#include "textlist.h"
#include "xz_blocks.h"

/* Few files are longer. A block in which no header is found so soon goes with those before it. */
enum { LOOK_BYTES_MAX = 4 << 20, ROOM_BYTES_MIN = 1 << 20 };

static const char *const needed[] = {
#define RCFUZZ_NEEDED(path) path,
#include "build.def"
	NULL,
};

/* ---- one header a block ------------------------------------------------------------ */

struct look {
	struct archive_mark *mark;
	uint64_t begin;			     /* where the block begins */
	uint64_t entry;			     /* where the entry begins that headers that name the next one have begun */
	unsigned char part[TAR_BLOCK_BYTES]; /* what there is of the tar block that is being read */
	bool in_entry, found;
};

/* The folder around them all, whose entry says nothing of where others lie. */
static bool is_top(const char *path)
{
	const char *slash = strchr(path, '/');

	return slash && !slash[1];
}

/* Tar's own blocks of 512 bytes need not lie as xz's do. */
static int look_at(void *context, uint64_t offset, const unsigned char *data, size_t size)
{
	struct look *look = context;
	struct tar_header header;

	for (size_t i = 0; i < size && !look->found;) {
		uint64_t at = offset + i, start = at - at % TAR_BLOCK_BYTES;
		size_t have = (size_t)(at - start), take = TAR_BLOCK_BYTES - have;

		take = take < size - i ? take : size - i;
		memcpy(look->part + have, data + i, take);
		i += take;
		if (have + take < TAR_BLOCK_BYTES || start < look->begin || !tar_header_read(&header, look->part))
			continue;
		if (!look->in_entry)
			look->entry = start;
		look->in_entry = header.names_next;
		look->found = !header.names_next && !is_top(header.path);
	}
	if (look->found) {
		look->mark->offset = look->entry;
		memcpy(look->mark->path, header.path, sizeof(header.path));
	}
	return look->found || offset + size - look->begin > LOOK_BYTES_MAX;
}

/* The marks of all blocks that have one. 0 or -errno; the caller frees *marks. */
static int find_marks(const struct xz_blocks *xz, struct archive_mark **marks, size_t *count)
{
	int result = 0;

	*count = 0;
	*marks = calloc(xz->count + 1, sizeof(**marks));
	if (!*marks)
		return -ENOMEM;
	for (size_t i = 0; i < xz->count && !result; i++) {
		struct look look = {.mark = &(*marks)[*count], .begin = xz->blocks[i].offset};

		result = xz_block_read(xz, i, look_at, &look);
		*count += look.found;
	}
	return result;
}

/* ---- what tar reads ---------------------------------------------------------------- */

/* To the socket that `context` is. */
static int feed(void *context, uint64_t offset, const unsigned char *data, size_t size)
{
	const int *fd = context;

	(void)offset;
	while (size > 0) {
		ssize_t sent = send(*fd, data, size, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return -errno;
		data += sent;
		size -= (size_t)sent;
	}
	return 0;
}

static int feed_ranges(int fd, const struct xz_blocks *xz, const struct xz_range *ranges, size_t count)
{
	static const unsigned char end_of_archive[2 * TAR_BLOCK_BYTES];
	int result = xz_ranges_read(xz, ranges, count, feed, &fd);

	return result ? result : feed(&fd, 0, end_of_archive, sizeof(end_of_archive));
}

/* ---- tar --------------------------------------------------------------------------- */

/* Its arguments; the archive "-" is what it is given to read. */
static void make_arguments(struct textlist *argv, const char *archive, const char *folder)
{
	textlist_add(argv, "tar");
	textlist_add(argv, "--extract");
	textlist_add(argv, "--file=%s", archive);
	textlist_add(argv, "--directory=%s", folder);
	textlist_add(argv, "--strip-components=1");
	textlist_add(argv, "--no-same-owner");
	textlist_add(argv, "--wildcards");
	textlist_add(argv, "--no-wildcards-match-slash");
	for (size_t i = 0; needed[i]; i++)
		textlist_add(argv, "*/%s", needed[i]);
}

/* The ranges of it that are needed. Tar's exit status, or -errno: it has to be read whole then. */
static int unpack_ranges(const struct xz_blocks *xz, const struct xz_range *ranges, size_t count, const char *folder,
			 const char *log)
{
	struct textlist argv = {0};
	pid_t tar;
	int fd, result, fed;

	make_arguments(&argv, "-", folder);
	result = argv.failed ? -ENOMEM : spawn_start_fed(&tar, &fd, argv.items, log);
	textlist_free(&argv);
	if (result)
		return result;
	fed = feed_ranges(fd, xz, ranges, count);
	close(fd);
	result = spawn_wait(tar);
	if (fed == -EPIPE || fed == -ECONNRESET) /* tar has ended, maybe because it saw the end of the archive */
		fed = 0;
	return fed ? fed : result;
}

/* Of an .xz what is needed. Tar's exit status, or -errno; *is_xz says whether it is one. */
static int unpack_needed(const char *archive, bool *is_xz, const char *folder, const char *log)
{
	struct xz_range *ranges = NULL;
	struct archive_mark *marks = NULL;
	struct xz_blocks xz;
	size_t count = 0;
	int result = xz_blocks_open(&xz, archive);

	*is_xz = !result;
	if (!result)
		result = find_marks(&xz, &marks, &count);
	if (!result && !(ranges = calloc(count + 1, sizeof(*ranges))))
		result = -ENOMEM;
	if (!result) {
		uint64_t size = xz.count ? xz.blocks[xz.count - 1].offset + xz.blocks[xz.count - 1].size : 0;

		count = archive_ranges(ranges, marks, count, size, needed);
		result = count ? unpack_ranges(&xz, ranges, count, folder, log) : -EINVAL;
	}
	free(ranges);
	free(marks);
	xz_blocks_close(&xz);
	return result;
}

static int unpack_whole(const char *archive, bool is_xz, const char *folder, const char *log)
{
	struct textlist argv = {0};
	int result;

	make_arguments(&argv, archive, folder);
	if (is_xz)
		textlist_add(&argv, "--use-compress-program=xz --threads=0"); /* its blocks on all CPUs */
	result = argv.failed ? -ENOMEM : spawn_run(argv.items, NULL, log);
	textlist_free(&argv);
	return result;
}

int archive_unpack(const char *archive, const char *folder, char *error, size_t error_size)
{
	char log[PATH_MAX];
	bool is_xz;
	int result;

	if (snprintf(log, sizeof(log), "%s.log", folder) >= (int)sizeof(log))
		return -ENAMETOOLONG;
	result = unpack_needed(archive, &is_xz, folder, log);
	if (result && folder_room(folder) >= ROOM_BYTES_MIN) /* not in blocks, or not as we think: tar knows more */
		result = unpack_whole(archive, is_xz, folder, log);
	unlink(log);
	if (result > 0 && folder_room(folder) < ROOM_BYTES_MIN) {
		snprintf(error, error_size,
			 "no space left to unpack %s: free some, or set XDG_CACHE_HOME to another folder", archive);
		return -ENOSPC;
	}
	if (result > 0) {
		snprintf(error, error_size, "%s cannot be unpacked as an archive of a kernel tree (tar failed)",
			 archive);
		return -EINVAL;
	}
	if (result < 0)
		snprintf(error, error_size, "tar: %s", strerror(-result));
	return result;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * archive_ranges.h: where in a tar archive needed files can lie, found by looking at one header in each block of the
 * .xz around it. Two headers below one folder mean that all between them lies below it too, as every program that packs
 * folders leaves it.
 */
#ifndef RCFUZZ_KERNEL_ARCHIVE_RANGES_H
#define RCFUZZ_KERNEL_ARCHIVE_RANGES_H

#include <stddef.h>
#include <stdint.h>

#include "tar_header.h"
#include "xz_ranges.h"

/* The first header that was found in a block. */
struct archive_mark {
	uint64_t offset; /* bytes, in what was compressed */
	char path[TAR_PATH_BYTES];
};

/*
 * The ranges of whole entries of an archive of `size` bytes in which a path of `needed` can lie, in order. A needed
 * path is a file, or a folder with all below it, without the folder that the archive has around them; NULL ends them.
 * ranges has room for mark_count + 1. Returns how many there are; none when mark_count is 0.
 */
size_t archive_ranges(struct xz_range *ranges, const struct archive_mark *marks, size_t mark_count, uint64_t size,
		      const char *const *needed);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * archive_ranges.h: where in a tar archive needed files are, found by looking at one header in each block of the .xz
 * around it. Every program that packs folders leaves together what lies below one. So
 *
 *   - between two headers below a folder there is nothing else;
 *   - if something is found of what is needed, all of it is, since the ranges on both sides of each header below a
 *     needed folder are among those that are read: whatever is missing is missing as a whole, and tar says so.
 *
 * Therefore where headers are in the order of their paths, that order may be believed until tar says otherwise.
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
 * The ranges of whole entries of an archive of `size` bytes among which all of `needed` is, in order; if tar does not
 * find one there, it has to read the whole archive. A needed path is a file, or a folder with all below it, without the
 * folder that the archive has around them; NULL ends them. ranges has room for mark_count + 1. Returns how many there
 * are; none when mark_count is 0.
 */
size_t archive_ranges(struct xz_range *ranges, const struct archive_mark *marks, size_t mark_count, uint64_t size,
		      const char *const *needed);

#endif

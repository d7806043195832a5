/* SPDX-License-Identifier: GPL-2.0-only */
/* xz_ranges.h: ranges of what an .xz file holds, unpacked by all CPUs, each block by one, and handed over in order. */
#ifndef RCFUZZ_KERNEL_XZ_RANGES_H
#define RCFUZZ_KERNEL_XZ_RANGES_H

#include <stddef.h>
#include <stdint.h>

#include "xz_blocks.h"

/* Bytes of what was compressed. */
struct xz_range {
	uint64_t begin, end; /* end is behind it */
};

/*
 * Hand `count` ranges, which are in order and lie in its blocks, over to a sink in the calling thread, whose 1 ends it
 * too. The blocks behind the one that it gets are unpacked ahead, within a bound of memory that does not depend on the
 * file. The threads are gone when this returns, and take no signals before. Returns 0, what the sink returned below 0,
 * or -errno: what xz_block_read() says of a damaged block, and -EINVAL also when it is not as long as the index says;
 * what the sink got of that one may be anything.
 */
int xz_ranges_read(const struct xz_blocks *xz, const struct xz_range *ranges, size_t count, xz_sink *sink,
		   void *context);

#endif

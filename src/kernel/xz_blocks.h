/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xz_blocks.h: an .xz file by its blocks: packers that use several threads cut what they compress into blocks that each
 * can be read by itself, and the index at the end of the file says where they lie.
 */
#ifndef RCFUZZ_KERNEL_XZ_BLOCKS_H
#define RCFUZZ_KERNEL_XZ_BLOCKS_H

#include <stddef.h>
#include <stdint.h>

enum { XZ_BLOCKS_MAX = 4096 };

struct xz_block {
	uint64_t position;	  /* in the file, bytes */
	uint64_t offset, size;	  /* in what was compressed, bytes */
	unsigned char check_type; /* an lzma_check */
};

struct xz_blocks {
	int fd;
	size_t count;
	struct xz_block *blocks; /* count of them, in order */
};

/*
 * Read the index of a file; xz_blocks_close() ends it, also after an error. Returns 0, or -errno: -EINVAL when it is no
 * .xz file or a damaged one, -E2BIG when it has more than XZ_BLOCKS_MAX blocks.
 */
int xz_blocks_open(struct xz_blocks *xz, const char *path);
void xz_blocks_close(struct xz_blocks *xz);

/* Gets `size` bytes that lie at `offset` of what was compressed. Returns 0 to get more, 1 when it has enough, or
 * -errno. */
typedef int xz_sink(void *context, uint64_t offset, const unsigned char *data, size_t size);

/*
 * Unpack a block from its begin. Returns 0 at its end or when the sink had enough, what the sink returned, or -errno:
 * -EINVAL when it is damaged or needs an unusual amount of memory. Its checksum is looked at when its end is reached.
 */
int xz_block_read(const struct xz_blocks *xz, size_t block, xz_sink *sink, void *context);

/* The memory that unpacking it takes, bytes: 0, or -errno as above. */
int xz_block_memory(const struct xz_blocks *xz, size_t block, uint64_t *memory);

#endif

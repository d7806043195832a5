// SPDX-License-Identifier: GPL-2.0-only
/* xz_blocks.c: see xz_blocks.h. The format is liblzma's business; here is only what is asked of it. */
#include "xz_blocks.h"

#include <errno.h>
#include <fcntl.h>
#include <lzma.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* An index has some bytes a block; a block's memory is its dictionary: 64 MiB with xz -9. */
#define INDEX_MEMORY_MAX ((uint64_t)64 << 20)
#define BLOCK_MEMORY_MAX ((uint64_t)256 << 20)
enum { IN_BYTES = 64 << 10, OUT_BYTES = 256 << 10 };

static int lzma_error(lzma_ret result)
{
	return result == LZMA_MEM_ERROR ? -ENOMEM : -EINVAL;
}

/* More input from *position on, which moves. 0; -EINVAL at the end of the file, or -errno. */
static int fill(const struct xz_blocks *xz, lzma_stream *stream, unsigned char *in, uint64_t *position)
{
	ssize_t size;

	do
		size = pread(xz->fd, in, IN_BYTES, (off_t)*position);
	while (size < 0 && errno == EINTR);
	if (size <= 0)
		return size ? -errno : -EINVAL;
	stream->next_in = in;
	stream->avail_in = (size_t)size;
	*position += (uint64_t)size;
	return 0;
}

static int read_index(struct xz_blocks *xz, uint64_t file_size, lzma_index **index)
{
	lzma_stream stream = LZMA_STREAM_INIT;
	unsigned char in[IN_BYTES];
	uint64_t position = 0;
	lzma_ret step = lzma_file_info_decoder(&stream, index, INDEX_MEMORY_MAX, file_size);
	int result = 0;

	while (!result && (step == LZMA_OK || step == LZMA_SEEK_NEEDED)) {
		if (step == LZMA_SEEK_NEEDED)
			position = stream.seek_pos;
		if (step == LZMA_SEEK_NEEDED || stream.avail_in == 0)
			result = fill(xz, &stream, in, &position);
		if (!result)
			step = lzma_code(&stream, LZMA_RUN);
	}
	lzma_end(&stream);
	return result || step == LZMA_STREAM_END ? result : lzma_error(step);
}

static int take_blocks(struct xz_blocks *xz, const lzma_index *index)
{
	uint64_t count = lzma_index_block_count(index);
	lzma_index_iter at;

	if (count > XZ_BLOCKS_MAX)
		return -E2BIG;
	xz->blocks = calloc((size_t)count + 1, sizeof(*xz->blocks));
	if (!xz->blocks)
		return -ENOMEM;
	lzma_index_iter_init(&at, index);
	while (xz->count < count && !lzma_index_iter_next(&at, LZMA_INDEX_ITER_NONEMPTY_BLOCK))
		xz->blocks[xz->count++] = (struct xz_block){
			.position = at.block.compressed_file_offset,
			.offset = at.block.uncompressed_file_offset,
			.size = at.block.uncompressed_size,
			.check_type = (unsigned char)at.stream.flags->check,
		};
	return 0;
}

int xz_blocks_open(struct xz_blocks *xz, const char *path)
{
	lzma_index *index = NULL;
	struct stat info;
	int result;

	*xz = (struct xz_blocks){.fd = open(path, O_RDONLY | O_CLOEXEC)};
	if (xz->fd < 0 || fstat(xz->fd, &info))
		return -errno;
	result = read_index(xz, (uint64_t)info.st_size, &index);
	if (!result)
		result = take_blocks(xz, index);
	lzma_index_end(index, NULL);
	return result;
}

void xz_blocks_close(struct xz_blocks *xz)
{
	free(xz->blocks);
	if (xz->fd >= 0)
		close(xz->fd);
	*xz = (struct xz_blocks){.fd = -1};
}

/* Hand over what comes out, until the block ends or the sink has enough. */
static int pour(const struct xz_blocks *xz, lzma_stream *stream, uint64_t position, uint64_t offset, xz_sink *sink,
		void *context)
{
	unsigned char in[IN_BYTES], *out = malloc(OUT_BYTES);
	lzma_ret step = LZMA_OK;
	int result = out ? 0 : -ENOMEM;

	while (!result && step == LZMA_OK) {
		if (stream->avail_in == 0)
			result = fill(xz, stream, in, &position);
		if (result)
			break;
		stream->next_out = out;
		stream->avail_out = OUT_BYTES;
		step = lzma_code(stream, LZMA_RUN);
		if (step != LZMA_OK && step != LZMA_STREAM_END)
			result = lzma_error(step);
		else if (stream->avail_out < OUT_BYTES)
			result = sink(context, offset, out, OUT_BYTES - stream->avail_out);
		offset += OUT_BYTES - stream->avail_out;
	}
	free(out);
	return result > 0 ? 0 : result;
}

/* The block's header, which says how it was compressed. The caller frees its filters. */
static int read_header(const struct xz_blocks *xz, const struct xz_block *from, lzma_block *block, uint64_t *memory)
{
	unsigned char header[LZMA_BLOCK_HEADER_SIZE_MAX] = {0};
	lzma_ret step;

	block->filters[0].id = LZMA_VLI_UNKNOWN;
	if (pread(xz->fd, header, sizeof(header), (off_t)from->position) <= 0 || header[0] == 0)
		return -EINVAL;
	block->header_size = lzma_block_header_size_decode(header[0]);
	block->check = (lzma_check)from->check_type;
	step = lzma_block_header_decode(block, NULL, header);
	if (step != LZMA_OK)
		return lzma_error(step);
	*memory = lzma_raw_decoder_memusage(block->filters);
	return *memory > BLOCK_MEMORY_MAX ? -EINVAL : 0; /* also when it is of no known kind */
}

int xz_block_memory(const struct xz_blocks *xz, size_t index, uint64_t *memory)
{
	lzma_filter filters[LZMA_FILTERS_MAX + 1];
	lzma_block block = {.filters = filters};
	int result = read_header(xz, &xz->blocks[index], &block, memory);

	lzma_filters_free(filters, NULL);
	return result;
}

int xz_block_read(const struct xz_blocks *xz, size_t index, xz_sink *sink, void *context)
{
	const struct xz_block *from = &xz->blocks[index];
	lzma_filter filters[LZMA_FILTERS_MAX + 1];
	lzma_block block = {.filters = filters};
	lzma_stream stream = LZMA_STREAM_INIT;
	uint64_t memory;
	int result = read_header(xz, from, &block, &memory);

	if (!result) {
		lzma_ret step = lzma_block_decoder(&stream, &block);

		result = step == LZMA_OK ? 0 : lzma_error(step);
	}
	if (!result)
		result = pour(xz, &stream, from->position + block.header_size, from->offset, sink, context);
	lzma_end(&stream);
	lzma_filters_free(filters, NULL);
	return result;
}

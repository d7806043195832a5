// SPDX-License-Identifier: GPL-2.0-only
/*
 * xz_ranges.c: see xz_ranges.h. Ranges are cut into slices that lie in one block each; lane k unpacks slices k, k + n,
 * ... into its ring, and waits while that is full; the caller's thread empties the rings slice by slice. So blocks of
 * any size are read with little memory: of one that is larger than a ring its rear has to wait for its turn.
 */
#include "xz_ranges.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A ring holds a block as xz --threads leaves them by default, 24 MiB, and the begin of another. */
#define MEMORY_MAX ((uint64_t)512 << 20)
enum { LANES_MAX = 16, RING_BYTES = 32 << 20, SINK_BYTES_MAX = 1 << 20 };

struct slice {
	size_t block;
	struct xz_range range;
};

struct job {
	const struct xz_blocks *xz;
	struct slice *slices;
	size_t slice_count, lane_count;
};

struct lane {
	const struct job *job;
	size_t first; /* its first slice */
	pthread_t thread;
	unsigned char *ring; /* RING_BYTES */
	/* The rest belongs to whoever has the lock. */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	size_t begin, used; /* of the ring: what is to be handed over */
	bool ended, given_up;
	int result; /* once it has ended */
};

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* ---- a lane's thread ----------------------------------------------------------- */

/* Wait for room. How many bytes there are at *at; none when nobody wants them any more. */
static size_t wait_for_room(struct lane *lane, unsigned char **at)
{
	size_t end, room;

	pthread_mutex_lock(&lane->lock);
	while (lane->used == RING_BYTES && !lane->given_up)
		pthread_cond_wait(&lane->changed, &lane->lock);
	end = (lane->begin + lane->used) % RING_BYTES;
	room = lane->given_up ? 0 : smaller(RING_BYTES - lane->used, RING_BYTES - end);
	pthread_mutex_unlock(&lane->lock);
	*at = lane->ring + end;
	return room;
}

static int put(struct lane *lane, const unsigned char *data, size_t size)
{
	while (size > 0) {
		unsigned char *at;
		size_t part = smaller(wait_for_room(lane, &at), size);

		if (!part)
			return -ECANCELED;
		memcpy(at, data, part); /* nobody else looks there */
		data += part;
		size -= part;
		pthread_mutex_lock(&lane->lock);
		lane->used += part;
		pthread_cond_signal(&lane->changed);
		pthread_mutex_unlock(&lane->lock);
	}
	return 0;
}

struct cursor {
	struct lane *lane;
	struct xz_range left; /* of the slice */
	uint64_t block_end;   /* where its checksum is: read to there, if the slice ends there */
};

/* The part of it that lies in the slice. */
static int put_part(void *context, uint64_t offset, const unsigned char *data, size_t size)
{
	struct cursor *cursor = context;
	uint64_t end = offset + size, from = cursor->left.begin, to = end < cursor->left.end ? end : cursor->left.end;
	int result = end > cursor->block_end ? -EINVAL : 0;

	if (from < to && !result) {
		result = put(cursor->lane, data + (from - offset), (size_t)(to - from));
		cursor->left.begin = to;
	}
	return result ? result : to == cursor->left.end && to < cursor->block_end;
}

static int unpack_slice(struct lane *lane, const struct slice *slice)
{
	const struct xz_block *block = &lane->job->xz->blocks[slice->block];
	struct cursor cursor = {
		.lane = lane,
		.left = slice->range,
		.block_end = block->offset + block->size,
	};
	int result = xz_block_read(lane->job->xz, slice->block, put_part, &cursor);

	return result || cursor.left.begin == cursor.left.end ? result : -EINVAL;
}

static void *unpack_slices(void *argument)
{
	struct lane *lane = argument;
	int result = 0;

	for (size_t i = lane->first; i < lane->job->slice_count && !result; i += lane->job->lane_count)
		result = unpack_slice(lane, &lane->job->slices[i]);
	pthread_mutex_lock(&lane->lock);
	lane->result = result;
	lane->ended = true;
	pthread_cond_signal(&lane->changed);
	pthread_mutex_unlock(&lane->lock);
	return NULL;
}

/* ---- the caller's thread --------------------------------------------------------- */

/* Wait for bytes. How many there are at *at; none when the lane has ended before. */
static size_t wait_for_bytes(struct lane *lane, const unsigned char **at)
{
	size_t size;

	pthread_mutex_lock(&lane->lock);
	while (!lane->used && !lane->ended)
		pthread_cond_wait(&lane->changed, &lane->lock);
	size = smaller(smaller(lane->used, RING_BYTES - lane->begin), SINK_BYTES_MAX);
	*at = lane->ring + lane->begin;
	pthread_mutex_unlock(&lane->lock);
	return size;
}

static void take(struct lane *lane, size_t size)
{
	pthread_mutex_lock(&lane->lock);
	lane->begin = (lane->begin + size) % RING_BYTES;
	lane->used -= size;
	pthread_cond_signal(&lane->changed);
	pthread_mutex_unlock(&lane->lock);
}

/* 0, what the sink returned, or why the lane has ended before. */
static int hand_over(struct lane *lane, struct xz_range range, xz_sink *sink, void *context)
{
	int result = 0;

	while (range.begin < range.end && !result) {
		uint64_t left = range.end - range.begin;
		const unsigned char *at;
		size_t size = wait_for_bytes(lane, &at);

		if (!size)
			return lane->result;
		size = left < size ? (size_t)left : size;
		result = sink(context, range.begin, at, size);
		take(lane, size);
		range.begin += size;
	}
	return result;
}

/* A signal is the business of the thread that has been there before. */
static int start(struct lane *lane)
{
	sigset_t all, before;
	int result;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	result = pthread_create(&lane->thread, NULL, unpack_slices, lane);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -result;
}

static void give_up(struct lane *lane)
{
	pthread_mutex_lock(&lane->lock);
	lane->given_up = true;
	pthread_cond_signal(&lane->changed);
	pthread_mutex_unlock(&lane->lock);
}

static int run(const struct job *job, struct lane *lanes, xz_sink *sink, void *context)
{
	size_t started = 0;
	int result = 0;

	while (started < job->lane_count && !result) {
		result = start(&lanes[started]);
		started += !result;
	}
	for (size_t i = 0; i < job->slice_count && !result; i++)
		result = hand_over(&lanes[i % job->lane_count], job->slices[i].range, sink, context);
	for (size_t i = 0; i < started; i++)
		give_up(&lanes[i]);
	for (size_t i = 0; i < started; i++) {
		pthread_join(lanes[i].thread, NULL);
		if (!result)
			result = lanes[i].result; /* of a checksum, behind all that was handed over */
	}
	return result;
}

/* ---- the job --------------------------------------------------------------------- */

static int make_slices(struct job *job, const struct xz_range *ranges, size_t count)
{
	const struct xz_blocks *xz = job->xz;
	size_t block = 0;

	job->slices = calloc(xz->count + count + 1, sizeof(*job->slices));
	if (!job->slices)
		return -ENOMEM;
	for (size_t r = 0; r < count; r++) {
		uint64_t at = ranges[r].begin;

		while (at < ranges[r].end) {
			uint64_t end;

			while (block < xz->count && xz->blocks[block].offset + xz->blocks[block].size <= at)
				block++;
			if (block == xz->count)
				return -EINVAL;
			end = xz->blocks[block].offset + xz->blocks[block].size;
			end = end < ranges[r].end ? end : ranges[r].end;
			job->slices[job->slice_count++] = (struct slice){.block = block, .range = {at, end}};
			at = end;
		}
	}
	return 0;
}

/* As many as there are CPUs, slices, and memory for. */
static int count_lanes(struct job *job)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	uint64_t largest = 0;

	for (size_t i = 0; i < job->slice_count; i++) {
		uint64_t memory;
		int result = xz_block_memory(job->xz, job->slices[i].block, &memory);

		if (result)
			return result;
		largest = memory > largest ? memory : largest;
	}
	job->lane_count = smaller(smaller(cpus > 1 ? (size_t)cpus : 1, LANES_MAX), job->slice_count);
	job->lane_count = smaller(job->lane_count, (size_t)(MEMORY_MAX / (RING_BYTES + largest)));
	return 0;
}

int xz_ranges_read(const struct xz_blocks *xz, const struct xz_range *ranges, size_t count, xz_sink *sink,
		   void *context)
{
	struct job job = {.xz = xz};
	struct lane lanes[LANES_MAX] = {0};
	int result = make_slices(&job, ranges, count);

	if (!result)
		result = count_lanes(&job);
	for (size_t i = 0; i < job.lane_count; i++) {
		lanes[i] = (struct lane){.job = &job, .first = i, .ring = malloc(RING_BYTES)};
		pthread_mutex_init(&lanes[i].lock, NULL);
		pthread_cond_init(&lanes[i].changed, NULL);
		if (!lanes[i].ring)
			result = -ENOMEM;
	}
	if (!result)
		result = run(&job, lanes, sink, context);
	for (size_t i = 0; i < job.lane_count; i++) {
		pthread_cond_destroy(&lanes[i].changed);
		pthread_mutex_destroy(&lanes[i].lock);
		free(lanes[i].ring);
	}
	free(job.slices);
	return result > 0 ? 0 : result;
}

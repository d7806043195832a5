/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * memory.c: the memory of guests: frames of the configured page size, their
 * content and its version.
 *
 * Content is zero until it is written. Writes are noted in units of 512 bytes,
 * so that zeroing, copying and the reset touch only what was ever written.
 * Frames come out of 2 MiB blocks, so that host mappings can be huge.
 */
#include "internal.h"

#include <string.h>

static void *frame_bytes(const struct frames *frames, uint32_t frame)
{
	return (void *)(uintptr_t)(MACHINE_FRAMES_BASE + ((uint64_t)frame << frames->page_shift));
}

static void *unit_bytes(uint32_t unit)
{
	return (void *)(uintptr_t)(MACHINE_FRAMES_BASE + ((uint64_t)unit << TOUCH_SHIFT));
}

/* Note that the frames of a block have state that a reset must undo. */
void frames_open(struct frames *frames, uint32_t block)
{
	if (frames->is_opened[block])
		return;
	frames->is_opened[block] = 1;
	frames->opened[frames->opened_count++] = block;
}

static void close_blocks(struct frames *frames)
{
	size_t n = (size_t)1 << frames->block_shift;

	for (uint32_t i = 0; i < frames->opened_count; i++) {
		uint32_t block = frames->opened[i];
		size_t first = (size_t)block << frames->block_shift;

		memset(&frames->version[first], 0, n * sizeof(frames->version[0]));
		memset(&frames->in_use[first], 0, n);
		memset(&frames->is_free[first], 0, n);
		frames->in_use_count[block] = 0;
		frames->is_opened[block] = 0;
	}
	frames->opened_count = 0;
}

static void zero_touched(struct frames *frames)
{
	for (uint32_t i = 0; i < frames->touched_count; i++) {
		uint32_t unit = frames->touched[i];

		memset(unit_bytes(unit), 0, (size_t)1 << TOUCH_SHIFT);
		frames->touch_map[unit / 64] = 0;
	}
	frames->touched_count = 0;
}

void frames_reset(struct frames *frames, uint32_t page_shift)
{
	close_blocks(frames);
	zero_touched(frames);
	frames->page_shift = page_shift;
	frames->count = (uint32_t)(MACHINE_FRAMES_BYTES >> page_shift);
	frames->block_shift = SHIFT_2M - page_shift;
	frames->small_next = frames->small_end = 0;
	frames->blocks_handed_out = 0;
	frames->free_head = frames->free_tail = MACHINE_FRAME_NONE;
}

bool frames_is_zero(const struct frames *frames, size_t bytes)
{
	const uint64_t *words = unit_bytes(0);

	for (size_t i = 0; i < bytes / 8; i++) {
		if (words[i])
			return false;
	}
	for (size_t i = 0; i < bytes >> 12; i++) {
		if (frames->version[i] || frames->in_use[i] || frames->is_free[i])
			return false;
	}
	for (size_t i = 0; i < (bytes >> TOUCH_SHIFT) / 64; i++) {
		if (frames->touch_map[i])
			return false;
	}
	return true;
}

/* ---- the list of freed frames ------------------------------------------------- */

static void free_list_append(struct frames *frames, uint32_t frame)
{
	frames->is_free[frame] = 1;
	frames->free_next[frame] = MACHINE_FRAME_NONE;
	frames->free_previous[frame] = frames->free_tail;
	if (frames->free_tail != MACHINE_FRAME_NONE)
		frames->free_next[frames->free_tail] = frame;
	else
		frames->free_head = frame;
	frames->free_tail = frame;
}

static void free_list_remove(struct frames *frames, uint32_t frame)
{
	uint32_t next = frames->free_next[frame], previous = frames->free_previous[frame];

	frames->is_free[frame] = 0;
	if (previous != MACHINE_FRAME_NONE)
		frames->free_next[previous] = next;
	else
		frames->free_head = next;
	if (next != MACHINE_FRAME_NONE)
		frames->free_previous[next] = previous;
	else
		frames->free_tail = previous;
}

/* ---- what was written --------------------------------------------------------- */

void frames_note_write(struct frames *frames, uint64_t hpa, size_t n)
{
	uint32_t unit = (uint32_t)((hpa - MACHINE_FRAMES_BASE) >> TOUCH_SHIFT);
	uint32_t last = (uint32_t)((hpa + n - 1 - MACHINE_FRAMES_BASE) >> TOUCH_SHIFT);

	for (; unit <= last; unit++) {
		uint64_t bit = 1ull << (unit % 64);

		if (frames->touch_map[unit / 64] & bit)
			continue;
		frames->touch_map[unit / 64] |= bit;
		frames->touched[frames->touched_count++] = unit;
	}
}

void frames_touched(const struct frames *frames, uint32_t frame, uint64_t *map)
{
	uint32_t units = 1u << (frames->page_shift - TOUCH_SHIFT);
	uint32_t first = frame * units;

	map[0] = frames->touch_map[first / 64];
	map[1] = 0;
	if (units > 64)
		map[1] = frames->touch_map[first / 64 + 1];
	else if (units < 64)
		map[0] = map[0] >> (first % 64) & ((1ull << units) - 1);
}

static void zero_frame(struct frames *frames, uint32_t frame)
{
	uint64_t map[TOUCH_WORDS_MAX];
	unsigned char *bytes = frame_bytes(frames, frame);

	frames_touched(frames, frame, map);
	for (uint32_t word = 0; word < TOUCH_WORDS_MAX; word++) {
		for (; map[word]; map[word] &= map[word] - 1) {
			uint32_t unit = word * 64 + (uint32_t)__builtin_ctzll(map[word]);

			memset(bytes + ((size_t)unit << TOUCH_SHIFT), 0, (size_t)1 << TOUCH_SHIFT);
		}
	}
}

/* ---- allocation ----------------------------------------------------------------- */

static void take(struct frames *frames, uint32_t frame)
{
	if (frames->is_free[frame])
		free_list_remove(frames, frame);
	zero_frame(frames, frame); /* a stale store may have hit it while it was free */
	frames->version[frame] = 0;
	frames->in_use[frame] = 1;
	frames->in_use_count[frame >> frames->block_shift]++;
}

/*
 * Every other frame is somebody else's: those whose number has an odd number of
 * ones. So an address that comes out wrong, by a neighbour's distance or by two
 * addresses run together (of two of ours, differing in two bits), is not ours
 * again by luck.
 */
static bool is_foreign(uint32_t number)
{
	return __builtin_parity(number);
}

static uint32_t next_block(struct frames *frames)
{
	uint32_t block = frames->blocks_handed_out;

	while (block < HUGE_BLOCKS && is_foreign(block))
		block++;
	if (block == HUGE_BLOCKS)
		return MACHINE_FRAME_NONE;
	frames->blocks_handed_out = block + 1;
	frames_open(frames, block);
	return block;
}

/* When all blocks were handed out: one that is free as a whole. */
static uint32_t recycled_block(const struct frames *frames)
{
	uint32_t small_block =
		frames->small_next < frames->small_end ? frames->small_next >> frames->block_shift : MACHINE_FRAME_NONE;

	for (uint32_t block = 0; block < HUGE_BLOCKS; block++) {
		if (frames->in_use_count[block] == 0 && block != small_block && !is_foreign(block))
			return block;
	}
	return MACHINE_FRAME_NONE;
}

static uint32_t alloc_run(struct frames *frames)
{
	uint32_t block = next_block(frames);
	uint32_t first;

	if (block == MACHINE_FRAME_NONE)
		block = recycled_block(frames);
	if (block == MACHINE_FRAME_NONE)
		return MACHINE_FRAME_NONE;
	first = block << frames->block_shift;
	for (uint32_t i = 0; i < 1u << frames->block_shift; i++)
		take(frames, first + i);
	return first;
}

static uint32_t alloc_small(struct frames *frames)
{
	uint32_t frame = frames->free_head;

	if (frame == MACHINE_FRAME_NONE) {
		while (frames->small_next < frames->small_end && is_foreign(frames->small_next))
			frames->small_next++;
		if (frames->small_next == frames->small_end) {
			uint32_t block = next_block(frames);

			if (block == MACHINE_FRAME_NONE)
				return MACHINE_FRAME_NONE;
			frames->small_next = block << frames->block_shift;
			frames->small_end = (block + 1) << frames->block_shift;
		}
		frame = frames->small_next++;
	}
	take(frames, frame);
	return frame;
}

uint32_t machine_frame_alloc(struct machine *m, bool huge_run)
{
	return huge_run ? alloc_run(&m->frames) : alloc_small(&m->frames);
}

void machine_frame_free(struct machine *m, uint32_t frame)
{
	struct frames *frames = &m->frames;

	assert(frame < frames->count && frames->in_use[frame]);
	frames->in_use[frame] = 0;
	frames->in_use_count[frame >> frames->block_shift]--;
	free_list_append(frames, frame);
}

/* ---- looking --------------------------------------------------------------------- */

uint64_t machine_frame_hpa(const struct machine *m, uint32_t frame)
{
	assert(frame < m->frames.count);
	return MACHINE_FRAMES_BASE + ((uint64_t)frame << m->frames.page_shift);
}

uint32_t machine_frame_number(const struct machine *m, uint64_t hpa)
{
	if (!hpa_in_frames(hpa))
		return MACHINE_FRAME_NONE;
	return (uint32_t)((hpa - MACHINE_FRAMES_BASE) >> m->frames.page_shift);
}

uint32_t machine_frame_of(const struct machine *m, uint64_t hpa)
{
	uint32_t frame = machine_frame_number(m, hpa);

	return frame != MACHINE_FRAME_NONE && m->frames.in_use[frame] ? frame : MACHINE_FRAME_NONE;
}

uint32_t machine_frame_count(const struct machine *m)
{
	return m->frames.count;
}

uint32_t machine_frame_version(const struct machine *m, uint32_t frame)
{
	assert(frame < m->frames.count);
	return m->frames.version[frame];
}

/* ---- content ---------------------------------------------------------------------- */

static void assert_in_one_frame(const struct machine *m, uint64_t hpa, size_t n)
{
	assert(hpa_in_frames(hpa));
	assert(n > 0 && (hpa & ((1ull << m->frames.page_shift) - 1)) + n <= 1ull << m->frames.page_shift);
}

void machine_write(struct machine *m, uint64_t hpa, const void *bytes, size_t n)
{
	assert_in_one_frame(m, hpa, n);
	memcpy((void *)(uintptr_t)hpa, bytes, n);
	frames_note_write(&m->frames, hpa, n);
	frames_bump(&m->frames, hpa);
}

void machine_read(const struct machine *m, uint64_t hpa, void *bytes, size_t n)
{
	assert_in_one_frame(m, hpa, n);
	memcpy(bytes, (const void *)(uintptr_t)hpa, n);
}

void machine_touch(struct machine *m, uint64_t hpa)
{
	assert(hpa_in_frames(hpa));
	frames_bump(&m->frames, hpa);
}

void machine_written_behind(struct machine *m, uint64_t hpa, size_t n)
{
	assert_in_one_frame(m, hpa, n);
	frames_note_write(&m->frames, hpa, n);
	frames_bump(&m->frames, hpa);
}

void machine_frame_copy(struct machine *m, uint32_t to, uint32_t from)
{
	struct frames *frames = &m->frames;
	uint64_t map[TOUCH_WORDS_MAX];
	unsigned char *bytes = frame_bytes(frames, to);
	const unsigned char *source = frame_bytes(frames, from);

	assert(to < frames->count && from < frames->count && to != from);
	frames_open(frames, to >> frames->block_shift);
	zero_frame(frames, to);
	frames_touched(frames, from, map);
	for (uint32_t word = 0; word < TOUCH_WORDS_MAX; word++) {
		for (; map[word]; map[word] &= map[word] - 1) {
			size_t offset = (size_t)(word * 64 + (uint32_t)__builtin_ctzll(map[word])) << TOUCH_SHIFT;

			memcpy(bytes + offset, source + offset, (size_t)1 << TOUCH_SHIFT);
			frames_note_write(frames, machine_frame_hpa(m, to) + offset, (size_t)1 << TOUCH_SHIFT);
		}
	}
	frames->version[to] = frames->version[from];
}

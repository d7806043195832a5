/* SPDX-License-Identifier: GPL-2.0-only */
/* memory_test.c: frames are given out, reused, written and forgotten. */
#include "test_tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void write_u64(struct machine *m, uint64_t hpa, uint64_t value)
{
	machine_write(m, hpa, &value, sizeof(value));
}

static uint64_t read_u64(const struct machine *m, uint64_t hpa)
{
	uint64_t value;

	machine_read(m, hpa, &value, sizeof(value));
	return value;
}

static void frames_are_distinct_and_freed_ones_come_back_oldest_first(void **state)
{
	struct machine *m = *state;
	uint32_t a = machine_frame_alloc(m, false), b = machine_frame_alloc(m, false),
		 c = machine_frame_alloc(m, false);

	assert_true(a != b && b != c && a != c);
	machine_frame_free(m, b);
	machine_frame_free(m, a);
	assert_int_equal(machine_frame_alloc(m, false), b);
	assert_int_equal(machine_frame_alloc(m, false), a);
	assert_int_not_equal(machine_frame_alloc(m, false), c);
}

static void a_run_is_2mib_aligned_and_apart_from_small_frames(void **state)
{
	struct machine *m = *state;
	uint32_t small = machine_frame_alloc(m, false), run = machine_frame_alloc(m, true);

	assert_int_equal(machine_frame_hpa(m, run) % (1u << 21), 0);
	for (uint32_t i = 0; i < 32; i++)
		assert_int_equal(machine_frame_of(m, machine_frame_hpa(m, run + i)), run + i);
	assert_true(small < run || small >= run + 32);
	assert_true(machine_frame_alloc(m, true) >= run + 32);
}

/* Half of the blocks and half of the frames in them are never given out. */
static void every_frame_that_is_ours_can_be_had_and_none_more(void **state)
{
	struct machine *m = *state;
	uint32_t count = machine_frame_count(m), frame, last = MACHINE_FRAME_NONE, n = 0;

	assert_int_equal(count, MACHINE_FRAMES_BYTES >> 16);
	while ((frame = machine_frame_alloc(m, false)) != MACHINE_FRAME_NONE) {
		last = frame;
		n++;
	}
	assert_int_equal(n, count / 4);
	assert_int_equal(machine_frame_alloc(m, true), MACHINE_FRAME_NONE);
	machine_frame_free(m, last);
	assert_int_equal(machine_frame_alloc(m, true), MACHINE_FRAME_NONE);
	assert_int_equal(machine_frame_alloc(m, false), last);
}

/* An address that is off by one page, by one run or by one bit is nobody's. */
static void a_wrong_address_is_not_ours_by_luck(void **state)
{
	struct machine *m = *state;

	for (unsigned i = 0; i < 1000; i++) {
		uint64_t hpa = machine_frame_hpa(m, machine_frame_alloc(m, false));
		uint64_t run = i < 50 ? machine_frame_hpa(m, machine_frame_alloc(m, true)) : 0;

		for (unsigned bit = 16; bit < 29; bit++)
			assert_int_equal(machine_frame_of(m, hpa ^ 1ull << bit), MACHINE_FRAME_NONE);
		for (unsigned bit = 21; run && bit < 29; bit++)
			assert_int_equal(machine_frame_of(m, run ^ 1ull << bit), MACHINE_FRAME_NONE);
	}
}

static void a_block_that_is_free_again_makes_a_run(void **state)
{
	struct machine *m = *state;
	uint32_t runs = machine_frame_count(m) / 32 / 2, run = MACHINE_FRAME_NONE;

	for (uint32_t i = 0; i < runs; i++) {
		run = machine_frame_alloc(m, true);
		assert_int_not_equal(run, MACHINE_FRAME_NONE);
	}
	assert_int_equal(machine_frame_alloc(m, true), MACHINE_FRAME_NONE);
	for (uint32_t i = 0; i < 32; i++)
		machine_frame_free(m, run + i);
	assert_int_equal(machine_frame_alloc(m, true), run);
	/* Its frames are no longer in the list of free ones. */
	assert_int_equal(machine_frame_alloc(m, false), MACHINE_FRAME_NONE);
}

static void of_knows_frames_in_use_and_number_knows_all(void **state)
{
	struct machine *m = *state;
	uint32_t frame = machine_frame_alloc(m, false);
	uint64_t hpa = machine_frame_hpa(m, frame) + 4711;

	assert_int_equal(machine_frame_of(m, hpa), frame);
	machine_frame_free(m, frame);
	assert_int_equal(machine_frame_of(m, hpa), MACHINE_FRAME_NONE);
	assert_int_equal(machine_frame_number(m, hpa), frame);
	assert_int_equal(machine_frame_number(m, MACHINE_FRAMES_BASE - 1), MACHINE_FRAME_NONE);
	assert_int_equal(machine_frame_number(m, MACHINE_FRAMES_BASE + MACHINE_FRAMES_BYTES), MACHINE_FRAME_NONE);
}

static void every_change_bumps_the_version_and_reads_do_not(void **state)
{
	struct machine *m = *state;
	uint32_t frame = machine_frame_alloc(m, false);
	uint64_t hpa = machine_frame_hpa(m, frame);
	unsigned char bytes[2000] = {1};

	assert_int_equal(machine_frame_version(m, frame), 0);
	machine_write(m, hpa + 100, bytes, sizeof(bytes));
	assert_int_equal(machine_frame_version(m, frame), 1);
	machine_touch(m, hpa + 65535);
	assert_int_equal(machine_frame_version(m, frame), 2);
	((unsigned char *)(uintptr_t)hpa)[5000] = 9;
	machine_written_behind(m, hpa + 5000, 1);
	assert_int_equal(machine_frame_version(m, frame), 3);
	machine_read(m, hpa, bytes, sizeof(bytes));
	assert_int_equal(machine_frame_version(m, frame), 3);
}

static void a_store_to_a_freed_frame_counts_until_it_is_given_out_again(void **state)
{
	struct machine *m = *state;
	uint32_t frame = machine_frame_alloc(m, false);
	uint64_t hpa = machine_frame_hpa(m, frame);

	machine_frame_free(m, frame);
	write_u64(m, hpa, 1);
	machine_touch(m, hpa);
	assert_int_equal(machine_frame_version(m, frame), 2);
	assert_int_equal(machine_frame_alloc(m, false), frame);
	assert_int_equal(machine_frame_version(m, frame), 0);
	assert_int_equal(read_u64(m, hpa), 0);
}

/* Both page sizes: 8 and 128 units of 512 bytes a frame. */
static void a_copy_is_the_same_content_and_version(void **state)
{
	struct machine *m = *state;

	for (uint32_t page_shift = 12; page_shift <= 16; page_shift += 4) {
		uint32_t from, to;
		uint64_t last = (1u << page_shift) - 8, a, b;

		test_reset(m, page_shift, false);
		from = machine_frame_alloc(m, false);
		to = machine_frame_alloc(m, false);
		a = machine_frame_hpa(m, from);
		b = machine_frame_hpa(m, to);
		write_u64(m, a, 11);
		write_u64(m, a + last, 12);
		write_u64(m, b + 1024, 13);
		write_u64(m, b + last, 14);
		machine_frame_copy(m, to, from);
		assert_int_equal(read_u64(m, b), 11);
		assert_int_equal(read_u64(m, b + last), 12);
		assert_int_equal(read_u64(m, b + 1024), 0);
		assert_int_equal(machine_frame_version(m, to), 2);
		assert_int_equal(read_u64(m, a), 11);
		assert_memory_equal((void *)(uintptr_t)a, (void *)(uintptr_t)b, (size_t)1 << page_shift);
	}
}

static void a_reset_leaves_nothing_behind(void **state)
{
	struct machine *m = *state;
	uint32_t frame = machine_frame_alloc(m, false);
	uint64_t hpa = machine_frame_hpa(m, frame), far = MACHINE_FRAMES_BASE + MACHINE_FRAMES_BYTES - 16;

	write_u64(m, hpa + 1020, 0x1122334455667788); /* over the edge of a unit */
	write_u64(m, far, 1);			      /* never given out */
	machine_frame_free(m, frame);
	test_reset(m, 12, false); /* checks the zeroes, see check_reset */
	assert_int_equal(machine_frame_count(m), MACHINE_FRAMES_BYTES >> 12);
	assert_int_equal(read_u64(m, far), 0);
	assert_int_equal(machine_frame_version(m, machine_frame_count(m) - 1), 0);
	assert_true(frames_is_zero(&m->frames, 1u << 21));
	write_u64(m, hpa, 1);
	assert_false(frames_is_zero(&m->frames, 1u << 21)); /* the check can see */
	assert_int_equal(machine_frame_alloc(m, false), frame);
}

static const struct CMUnitTest tests[] = {
	TEST(frames_are_distinct_and_freed_ones_come_back_oldest_first),
	TEST(a_run_is_2mib_aligned_and_apart_from_small_frames),
	TEST(every_frame_that_is_ours_can_be_had_and_none_more),
	TEST(a_wrong_address_is_not_ours_by_luck),
	TEST(a_block_that_is_free_again_makes_a_run),
	TEST(of_knows_frames_in_use_and_number_knows_all),
	TEST(every_change_bumps_the_version_and_reads_do_not),
	TEST(a_store_to_a_freed_frame_counts_until_it_is_given_out_again),
	TEST(a_copy_is_the_same_content_and_version),
	TEST(a_reset_leaves_nothing_behind),
};
TEST_MAIN()

// SPDX-License-Identifier: GPL-2.0-only
/* xz_ranges_test.c: what is asked for comes in order, byte for byte, or an error; no thread and no signal goes astray.
 */
#include "xz_ranges.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <unistd.h>

#include "base/rng.h"
#include "spawn.h"
#include "test_tree.h"

/* More than what is unpacked ahead of one block. */
enum { DATA_BYTES = 48 << 20 };

static unsigned char *data;
static char packed[64];

/* Of the data, in blocks of so many bytes; 0: in one. */
static char *const block_sizes[] = {"1000000", "24MiB", "40MiB", "0"};
enum { SMALL, USUAL, LARGE, ONE, SIZES };

static int run(char *const argv[])
{
	return spawn_run(argv, folder, NULL);
}

/* A copy of that one. */
static void pack(int size)
{
	char from[64];

	snprintf(from, sizeof(from), "data.%s.xz", block_sizes[size]);
	snprintf(packed, sizeof(packed), "%s/packed.xz", folder);
	assert_int_equal(run((char *[]){"cp", from, packed, NULL}), 0);
}

static int threads(void)
{
	DIR *tasks = opendir("/proc/self/task");
	int count = -2; /* . and .. */

	assert_non_null(tasks);
	while (readdir(tasks))
		count++;
	closedir(tasks);
	return count;
}

/* ---- a sink that compares --------------------------------------------------------- */

struct seen {
	uint64_t next, bytes;
	uint64_t fail_at; /* bytes; 0: never */
	int fail_with;
	uint64_t damaged; /* from here on it may be anything; 0: it is right */
	bool wrong;
	void (*at_first)(void);
};

static int see(void *context, uint64_t offset, const unsigned char *part, size_t size)
{
	struct seen *seen = context;

	if (!seen->bytes && seen->at_first)
		seen->at_first();
	seen->wrong |= offset < seen->next || offset + size > DATA_BYTES;
	if (!seen->damaged || offset < seen->damaged)
		seen->wrong |= memcmp(data + offset, part, size) != 0;
	seen->next = offset + size;
	seen->bytes += size;
	return seen->fail_at && seen->bytes >= seen->fail_at ? seen->fail_with : 0;
}

/* Read them; what was handed over was right, whatever came then, and no thread is left. */
static int read_ranges(struct seen *seen, const struct xz_range *ranges, size_t count)
{
	struct xz_blocks xz;
	int result, before = threads();

	assert_int_equal(xz_blocks_open(&xz, packed), 0);
	result = xz_ranges_read(&xz, ranges, count, see, seen);
	xz_blocks_close(&xz);
	assert_false(seen->wrong);
	assert_int_equal(threads(), before);
	return result;
}

static const struct xz_range whole = {0, DATA_BYTES};

/* ---- tests ------------------------------------------------------------------------ */

static void test_all_of_it(void **state)
{
	(void)state;
	for (int i = 0; i < SIZES; i++) {
		struct seen seen = {0};

		pack(i);
		assert_int_equal(read_ranges(&seen, &whole, 1), 0);
		assert_int_equal(seen.bytes, DATA_BYTES);
	}
}

static void test_parts_of_it(void **state)
{
	/* In one block, over the border of two, over several, whole ones that touch, two in one, nothing. */
	static const struct xz_range ranges[] = {
		{5, 17},
		{999999, 1000001},
		{2500000, 6000001},
		{7000000, 8000000},
		{8000000, 9000000},
		{9000001, 9000002},
		{9000003, 9500000},
		{20000000, 20000000},
		{49000000, 50000001},
	};
	struct seen seen = {0};
	uint64_t bytes = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		bytes += ranges[i].end - ranges[i].begin;
	pack(SMALL);
	assert_int_equal(read_ranges(&seen, ranges, sizeof(ranges) / sizeof(ranges[0])), 0);
	assert_int_equal(seen.bytes, bytes);
	seen = (struct seen){0};
	assert_int_equal(read_ranges(&seen, ranges, 0), 0);
	assert_int_equal(seen.bytes, 0);
	/* More than there is. */
	assert_int_equal(read_ranges(&seen, &(struct xz_range){DATA_BYTES - 1, DATA_BYTES + 1}, 1), -EINVAL);
}

/* Counted from where a block begins. */
static void damage(size_t block, int64_t where)
{
	struct xz_blocks xz;
	int fd = open(packed, O_RDWR);

	assert_int_equal(xz_blocks_open(&xz, packed), 0);
	assert_int_equal(pwrite(fd, "damaged", 7, (off_t)xz.blocks[block].position + where), 7);
	xz_blocks_close(&xz);
	close(fd);
}

static void test_damage(void **state)
{
	struct seen seen = {.damaged = 40000000};

	(void)state;
	pack(SMALL);
	damage(40, 100);
	assert_int_equal(read_ranges(&seen, &whole, 1), -EINVAL);
	assert_true(seen.bytes >= 40000000 && seen.bytes < 41000000);
	/* Not where it is. */
	seen = (struct seen){0};
	assert_int_equal(read_ranges(&seen, &(struct xz_range){0, 40000000}, 1), 0);
	/* A header. */
	damage(20, 0);
	seen = (struct seen){.damaged = 20000000};
	assert_int_equal(read_ranges(&seen, &whole, 1), -EINVAL);
	assert_true(seen.bytes <= 20000000);
	/* The checksum, behind all that the block holds. */
	damage(10, -8);
	seen = (struct seen){0};
	assert_int_equal(read_ranges(&seen, &(struct xz_range){0, 10000000}, 1), -EINVAL);
	assert_true(seen.bytes > 9000000); /* of that block too */
}

static void test_index_that_lies(void **state)
{
	static const int wrong[] = {-10, 10};

	(void)state;
	pack(SMALL);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct seen seen = {0};
		struct xz_blocks xz;

		assert_int_equal(xz_blocks_open(&xz, packed), 0);
		xz.count = 1;
		xz.blocks[0].size += (uint64_t)wrong[i];
		assert_int_equal(xz_ranges_read(&xz, &(struct xz_range){0, xz.blocks[0].size}, 1, see, &seen), -EINVAL);
		xz_blocks_close(&xz);
	}
}

static void test_sink_ends_it(void **state)
{
	struct seen seen = {.fail_at = 30000000, .fail_with = -EPIPE};

	(void)state;
	pack(USUAL);
	assert_int_equal(read_ranges(&seen, &whole, 1), -EPIPE);
	assert_true(seen.bytes < 40000000);
	seen = (struct seen){.fail_at = 1, .fail_with = 1};
	assert_int_equal(read_ranges(&seen, &whole, 1), 0);
	assert_true(seen.bytes > 0 && seen.bytes < 40000000);
}

static volatile sig_atomic_t signals;

static void count_signal(int number)
{
	(void)number;
	signals++;
}

/* The process gets a signal while its first thread has it blocked, which the others have not from there. */
static void signal_process(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	assert_int_equal(kill(getpid(), SIGUSR1), 0);
}

static void test_signals_are_left_alone(void **state)
{
	struct seen seen = {.at_first = signal_process};
	sigset_t set;

	(void)state;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	signal(SIGUSR1, count_signal);
	pack(USUAL);
	assert_int_equal(read_ranges(&seen, &whole, 1), 0);
	assert_int_equal(signals, 0);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	assert_int_equal(signals, 1);
}

/* A part of it hardly compresses, so that blocks take different times. */
static void make_data(void)
{
	struct rng rng;

	rng_seed(&rng, 1);
	for (size_t i = 0; i < DATA_BYTES; i += 8) {
		uint64_t word = i / (1 << 20) % 16 ? i / 4096 : rng_next(&rng);

		memcpy(data + i, &word, sizeof(word));
	}
}

static int setup(void **state)
{
	FILE *file;

	(void)state;
	if (!make_test_tree("content\n") || !(data = malloc(DATA_BYTES)) || !(file = fopen(path_of("data"), "w")))
		return -1;
	make_data();
	fwrite(data, 1, DATA_BYTES, file);
	if (fclose(file))
		return -1;
	for (int i = 0; i < SIZES; i++) {
		char size[64], suffix[64];

		snprintf(size, sizeof(size), "--block-size=%s", block_sizes[i]);
		snprintf(suffix, sizeof(suffix), "--suffix=.%s.xz", block_sizes[i]);
		if (run((char *[]){"xz", "--keep", "--threads=1", "-0", size, suffix, "data", NULL}))
			return -1;
	}
	return 0;
}

static int teardown(void **state)
{
	free(data);
	return remove_test_tree(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_of_it),    cmocka_unit_test(test_parts_of_it),
		cmocka_unit_test(test_damage),	     cmocka_unit_test(test_index_that_lies),
		cmocka_unit_test(test_sink_ends_it), cmocka_unit_test(test_signals_are_left_alone),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

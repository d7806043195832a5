// SPDX-License-Identifier: GPL-2.0-only
/*
 * archive_test.c: an archive in many blocks gives the files that tar finds in it, and the blocks are not read in which
 * none of them can lie: those are damaged here.
 */
#include "archive.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <unistd.h>

#include "base/file.h"
#include "base/rng.h"
#include "spawn.h"
#include "tar_header.h"
#include "test_tree.h"
#include "xz_blocks.h"

enum { FILE_BYTES_MAX = 100 << 10, ARCHIVE_BYTES_MAX = 64 << 20 };

/* With it a path is longer than the field that a header of tar has for it: GNU and POSIX help themselves otherwise. */
#define LONG_NAME "a-folder-with-a-name-that-is-as-long-as-names-of-folders-hardly-ever-are-but-may-be"

static char archive[64], target[64];

/* Files that hardly compress, of many sizes, so that entries end anywhere in a block. */
static void put_files(const char *where, int count)
{
	static char content[FILE_BYTES_MAX + 1];
	struct rng rng;
	char name[256];

	rng_seed(&rng, (uint64_t)count);
	for (int i = 0; i < count; i++) {
		size_t size = FILE_BYTES_MAX / 8 + rng_below(&rng, FILE_BYTES_MAX * 7 / 8);

		for (size_t c = 0; c < size; c++)
			content[c] = (char)('a' + rng_below(&rng, 26));
		content[size] = '\0';
		snprintf(name, sizeof(name), "tree/%s/file%02d", where, i);
		put(name, content);
	}
}

static int run(char *const argv[])
{
	return spawn_run(argv, folder, NULL);
}

static void compress(char *blocks)
{
	assert_int_equal(run((char *[]){"xz", "--force", "--keep", "-0", blocks, "linux.tar", NULL}), 0);
	snprintf(archive, sizeof(archive), "%s/linux.tar.xz", folder);
}

/* Of the test's tree, as linux.tar and linux.tar.xz; an option each. Up to 1 MiB of zeros are at its end. */
static void make_archive(char *format, char *sort, char *blocks)
{
	char *tar[] = {"tar", "--create", "--file=linux.tar", "--blocking-factor=2048", format, sort, "tree", NULL};

	assert_int_equal(run(tar), 0);
	compress(blocks);
}

/* Of the files that a command names, in its order. */
static void make_archive_of(const char *command, char *blocks)
{
	char *tar[] = {"tar", "--create", "--file=linux.tar", "--no-recursion", "--files-from=list", NULL};
	char redirected[512];

	snprintf(redirected, sizeof(redirected), "{ %s; } > list", command);
	assert_int_equal(run((char *[]){"sh", "-c", redirected, NULL}), 0);
	assert_int_equal(run(tar), 0);
	compress(blocks);
}

static int unpack(const char *from)
{
	snprintf(target, sizeof(target), "%s/target", folder);
	remove_folder(target);
	assert_int_equal(make_folders(target), 0);
	return archive_unpack(from, target, message, sizeof(message));
}

/* What was packed of the needed folders and files is there, byte for byte, and nothing of the others. */
static void assert_unpacked(void)
{
	static char *const paths[] = {"Makefile", "include", "arch/powerpc/kvm", "lib", "virt/kvm"};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		char packed[128], unpacked[128];

		snprintf(packed, sizeof(packed), "tree/%s", paths[i]);
		snprintf(unpacked, sizeof(unpacked), "target/%s", paths[i]);
		assert_int_equal(run((char *[]){"diff", "-r", packed, unpacked, NULL}), 0);
	}
	assert_int_equal(access(path_of("target/drivers"), F_OK), -1);
	assert_int_equal(access(path_of("target/arch/arm"), F_OK), -1);
}

/* Where the entries below a path begin and end in the archive. */
static void find_entries(const char *below, uint64_t *begin, uint64_t *end)
{
	struct tar_header header;
	char *data;
	size_t size;

	assert_int_equal(file_read(path_of("linux.tar"), ARCHIVE_BYTES_MAX, &data, &size, message, sizeof(message)), 0);
	*begin = *end = 0;
	for (size_t at = 0; at + TAR_BLOCK_BYTES <= size; at += TAR_BLOCK_BYTES) {
		if (!tar_header_read(&header, (unsigned char *)data + at) || header.names_next)
			continue;
		if (strncmp(header.path, below, strlen(below)) == 0) {
			*begin = *begin ? *begin : at;
			*end = size;
		} else if (*begin && *end == size) {
			*end = at;
		}
	}
	free(data);
}

/*
 * Damage the rear of each block that lies in the entries below a path, but for the entry of the folder around them all,
 * its last one left out. How many there were.
 */
static size_t damage(const char *below)
{
	uint64_t begin, end;
	struct xz_blocks xz;
	size_t count = 0;
	int fd = open(archive, O_RDWR);

	find_entries(below, &begin, &end);
	assert_int_equal(xz_blocks_open(&xz, archive), 0);
	for (size_t i = 0; i + 2 < xz.count; i++) {
		uint64_t length = xz.blocks[i + 1].position - xz.blocks[i].position;

		if (xz.blocks[i].offset + TAR_BLOCK_BYTES < begin || xz.blocks[i + 2].offset > end)
			continue;
		assert_int_equal(pwrite(fd, "damaged", 7, (off_t)(xz.blocks[i].position + length * 9 / 10)), 7);
		count++;
	}
	xz_blocks_close(&xz);
	close(fd);
	return count;
}

static void test_needed_blocks_alone_are_read(void **state)
{
	static char *const options[][2] = {
		{"--format=gnu", "--sort=name"},
		{"--format=posix", "--sort=none"},
		{"--format=ustar", "--sort=name"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		make_archive(options[i][0], options[i][1], "--block-size=204800");
		assert_int_equal(unpack(archive), 0);
		assert_unpacked();
		assert_true(damage("tree/drivers/") > 1);
		assert_int_not_equal(run((char *[]){"xz", "--test", archive, NULL}), 0);
		assert_int_equal(unpack(archive), 0);
		assert_unpacked();
	}
}

static void test_needed_among_others(void **state)
{
	(void)state;
	make_archive("--format=gnu", "--sort=name", "--block-size=204800");
	assert_true(damage("tree/Documentation") > 1); /* from the first block on */
	assert_int_equal(unpack(archive), 0);
	assert_unpacked();
	make_archive("--format=gnu", "--sort=name", "--block-size=204800");
	assert_true(damage("tree/arch/arm") > 3); /* from one into the next */
	assert_int_equal(unpack(archive), 0);
	assert_unpacked();
}

static void test_other_orders(void **state)
{
	static const char *const orders[] = {
		/* A folder's own entry stands before others that begin like it. */
		"find tree | LC_ALL=C sort",
		"find tree -type f | LC_ALL=C sort -r",
		"find tree -type f | sort --random-sort --random-source=/dev/zero",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		make_archive_of(orders[i], "--block-size=204800");
		assert_int_equal(unpack(archive), 0);
		assert_unpacked();
	}
}

/* Then tar does not find it, and is given the whole archive. */
static void test_needed_where_nobody_looks(void **state)
{
	(void)state;
	make_archive_of("find tree/drivers/net -name 'file0*'; find tree/virt; find tree/drivers/net -name 'file1*'; "
			"find tree ! -path '*/drivers/net/*' ! -path '*/virt*'",
			"--block-size=204800");
	assert_int_equal(unpack(archive), 0);
	assert_unpacked();
}

static void test_damage_that_matters(void **state)
{
	(void)state;
	make_archive("--format=gnu", "--sort=name", "--block-size=204800");
	assert_true(damage("tree/include/") > 0);
	assert_int_equal(unpack(archive), -EINVAL);
	assert_non_null(strstr(message, "linux.tar.xz cannot be unpacked"));
}

static void test_cut_off(void **state)
{
	(void)state;
	make_archive("--format=gnu", "--sort=name", "--block-size=204800");
	assert_int_equal(truncate(archive, 1 << 20), 0);
	assert_int_equal(unpack(archive), -EINVAL);
	assert_non_null(strstr(message, "linux.tar.xz cannot be unpacked"));
}

static void test_no_blocks(void **state)
{
	(void)state;
	make_archive("--format=gnu", "--sort=name", "--block-size=0");
	assert_int_equal(unpack(archive), 0);
	assert_unpacked();
	assert_int_equal(unpack(path_of("linux.tar")), 0);
	assert_unpacked();
}

static int setup(void **state)
{
	(void)state;
	if (!make_test_tree("content\n"))
		return -1;
	put("tree/MAINTAINERS", "nobody\n");
	put("tree/scripts/get_maintainer.pl", "exit;\n");
	put_files("Documentation", 12);
	put_files("arch/arm", 10);
	put_files("arch/arm64", 10);
	put_files("arch/powerpc/kvm", 6);
	put_files("arch/riscv", 4);
	put_files("drivers/net", 12);
	put_files("drivers/" LONG_NAME, 6);
	put_files("include/linux", 8);
	put_files("include/" LONG_NAME "/below", 3);
	put_files("net", 3);
	put_files("virt/kvm", 1);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_needed_blocks_alone_are_read),
		cmocka_unit_test(test_needed_among_others),
		cmocka_unit_test(test_other_orders),
		cmocka_unit_test(test_needed_where_nobody_looks),
		cmocka_unit_test(test_damage_that_matters),
		cmocka_unit_test(test_cut_off),
		cmocka_unit_test(test_no_blocks),
	};

	return cmocka_run_group_tests(tests, setup, remove_test_tree);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* test_tree.h: a folder of a test's own, and in it a tree with the files that a build asks for. */
#ifndef RCFUZZ_KERNEL_TEST_TREE_H
#define RCFUZZ_KERNEL_TEST_TREE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel_tree.h"

static char folder[] = "/tmp/rcfuzz-build-XXXXXX";
static char tree[64];
static char module_path[4096] __attribute__((unused)), message[4096] __attribute__((unused)); /* not by each test */

static void put(const char *name, const char *content)
{
	char path[512], *slash;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	slash = strrchr(path, '/');
	*slash = '\0';
	assert_int_equal(make_folders(path), 0);
	*slash = '/';
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(content, file);
	fclose(file);
}

static char *path_of(const char *name)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

/* Each of its files has that content. False: there is no folder. */
static bool make_test_tree(const char *content)
{
	static const char *const files[] = {
		"include/linux/kvm_host.h",
		"include/asm-generic/Kbuild",
		"include/uapi/asm-generic/Kbuild",
		"arch/powerpc/include/asm/Kbuild",
		"arch/powerpc/include/uapi/asm/Kbuild",
#define RCFUZZ_SOURCE(source, kernel_file, properties) kernel_file,
#define RCFUZZ_FEATURE(name, file, word) file,
#include "build.def"
	};
	char name[256];

	if (!mkdtemp(folder))
		return false;
	setenv("XDG_CACHE_HOME", folder, 1);
	snprintf(tree, sizeof(tree), "%s/tree", folder);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (!files[i])
			continue;
		snprintf(name, sizeof(name), "tree/%s", files[i]);
		put(name, content);
	}
	put("tree/Makefile", "VERSION = 9\nPATCHLEVEL = 8\nSUBLEVEL = 7\nEXTRAVERSION = -rc6\n");
	return true;
}

static int remove_test_tree(void **state)
{
	(void)state;
	remove_folder(folder);
	return 0;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * build.h: make a target module (target.h) from a kernel tree. What goes into it is listed in build.def.
 *
 * Builds are cached in ${XDG_CACHE_HOME:-~/.cache}/rcfuzz: modules, and the objects that they are linked from. A cached
 * one is used again only if every file that it was made from still has the same content.
 */
#ifndef RCFUZZ_BUILD_H
#define RCFUZZ_BUILD_H

#include <stdbool.h>
#include <stddef.h>

enum build_page_size { BUILD_PAGE_64K, BUILD_PAGE_4K };

enum build_flavour {
	BUILD_PLAIN,
	BUILD_COVERAGE, /* inline 8-bit counters and PC table, for fuzzing engines; clang only */
	BUILD_ASAN,	/* ASan and UBSan: loads only into an rcfuzz that has their runtime; clang only */
	/*
	 * Source-based coverage of the kernel's code, for ci/coverage; clang only. The runtime is in the module: it
	 * writes $LLVM_PROFILE_FILE when the module is unloaded or the process exits.
	 */
	BUILD_PROFILE,
	BUILD_ACCESS, /* each access to memory is seen (thread-sanitizer instrumentation), and coverage if it is clang
		       */
};

/* All zeros is the default. */
struct kernel_build_request {
	/*
	 * An unpacked tree, or an archive of one (.tar, .tar.gz, .tar.xz ...), which is unpacked into the cache. NULL:
	 * the highest version of /usr/src/linux-source-N.tar.xz. A tree is never written to.
	 */
	const char *tree;
	enum build_page_size page_size;
	enum build_flavour flavour;
	const char *compiler; /* a program, like clang-14; NULL: clang, or gcc if there is none */
	const char *optimize; /* as after -O; NULL: 2 */
	/* Diffs (patch -p1), then recipes (recipe.h): each set in its order. Applied to private copies of files. */
	const char *const *patches;
	size_t patch_count;
	const char *const *recipes;
	size_t recipe_count;
	const char *output;	/* where the module goes, in one step; NULL: it stays in the cache */
	const char *source_dir; /* has src/kernel; NULL: $RCFUZZ_SHARE, the source tree, the installed one */
	unsigned jobs;		/* compilers at a time; 0: one a CPU */
	bool rebuild;		/* even if the cache has it */
	/* Called with what is being done, when it takes time; may be NULL. */
	void (*progress)(void *context, const char *message);
	void *progress_context;
};

/*
 * Build, or find in the cache. Returns 0 with the path of the module in out_path, or one of these with one line in
 * `error`, which says what to do where that is known:
 *   -ENOENT  no such tree, patch, recipe or compiler; a file that is no part of this tree
 *   -EINVAL  a patch or recipe is malformed or does not apply; an impossible combination
 *   -ENOEXEC the tree needs something that the shim does not know: it does not compile, or does not link
 *   other    -errno of what failed
 */
int kernel_build(const struct kernel_build_request *request, char *out_path, size_t out_size, char *error,
		 size_t error_size);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* diff.h: which files a diff touches, read before patch(1) sees it: a diff is somebody else's input. */
#ifndef RCFUZZ_DIFF_H
#define RCFUZZ_DIFF_H

#include <stddef.h>

enum { DIFF_BYTES_MAX = 4 << 20, DIFF_FILES_MAX = 512 };

struct diff_files {
	char **paths; /* relative to the tree, each once */
	size_t count;
};

/*
 * The files of a unified diff as `git diff` or `diff -ru a b` writes it (one leading component is dropped, -p1).
 * Returns 0, and the caller ends with diff_files_free(); or -EINVAL or -ENOMEM with one line in `error`: a path
 * leaves the tree, or the diff does what a patch of sources has no need of (renames, symbolic links, binary hunks).
 */
int diff_list_files(struct diff_files *files, const char *name, const char *text, size_t size, char *error,
		    size_t error_size);
void diff_files_free(struct diff_files *files);

#endif

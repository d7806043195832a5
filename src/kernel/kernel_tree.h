/* SPDX-License-Identifier: GPL-2.0-only */
/* kernel_tree.h: a kernel's sources on disk: found, unpacked, recognised. */
#ifndef RCFUZZ_KERNEL_TREE_H
#define RCFUZZ_KERNEL_TREE_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

struct kernel_tree {
	char path[PATH_MAX]; /* absolute */
	char version[64];    /* of its Makefile: 6.12.117 */
	char commit[65];     /* where it is a checkout of git; else empty */
	char describe[128];  /* the same, once kernel_tree_describe() was asked */
};

/*
 * Find a tree: see kernel_build_request.tree. Archives are unpacked below cache_dir, which must exist; `progress` is
 * called before that. Returns 0, or -errno with one line in `error`.
 */
int kernel_tree_find(struct kernel_tree *tree, const char *path, const char *cache_dir,
		     void (*progress)(void *context, const char *message), void *progress_context, char *error,
		     size_t error_size);

/* Fill in tree->describe, which takes a moment in a kernel's history. */
void kernel_tree_describe(struct kernel_tree *tree, const char *cache_dir);

/* Make a folder and those above it. 0 or -errno. */
int make_folders(const char *path);

/* Bytes that can still be written on the file system of a folder; UINT64_MAX: nobody knows. */
uint64_t folder_room(const char *path);

/* Remove a folder and all below it, as well as that goes. */
void remove_folder(const char *path);

#endif

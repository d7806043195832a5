/* SPDX-License-Identifier: GPL-2.0-only */
/* archive.h: the needed part of a kernel's archive, unpacked. */
#ifndef RCFUZZ_KERNEL_ARCHIVE_H
#define RCFUZZ_KERNEL_ARCHIVE_H

#include <stddef.h>

/*
 * Unpack the folders and files that build.def names as needed from a tar archive, compressed or not, into a folder,
 * without the folder that the archive has around them. Of an .xz in blocks only those are read, by all CPUs, in which
 * needed files can lie: most of a kernel is drivers. Returns 0, or -errno with one line in `error`: -ENOSPC when the
 * disk is full, -EINVAL when it is no such archive.
 */
int archive_unpack(const char *archive, const char *folder, char *error, size_t error_size);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* tar_header.h: the header of an entry in a tar archive, as POSIX ustar and GNU tar write it. */
#ifndef RCFUZZ_KERNEL_TAR_HEADER_H
#define RCFUZZ_KERNEL_TAR_HEADER_H

#include <stdbool.h>
#include <stddef.h>

enum { TAR_BLOCK_BYTES = 512, TAR_PATH_BYTES = 257 };

struct tar_header {
	char path[TAR_PATH_BYTES]; /* the last part of a long one may be cut off */
	bool names_next;	   /* it only says more about the entry behind it: what it has as path is no path */
};

/* True if these 512 bytes are a header: its checksum, and the mark that all tar programs of our time leave, are right.
 */
bool tar_header_read(struct tar_header *header, const unsigned char block[TAR_BLOCK_BYTES]);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* file.h: whole files: read with a bound, written so that a reader sees the old or the new one, never half of it. */
#ifndef RCFUZZ_FILE_H
#define RCFUZZ_FILE_H

#include <stddef.h>

enum { FILE_WAIT_MS = 5000 };

/*
 * Read a whole file of at most `max` bytes (pipes too, which may pause for
 * FILE_WAIT_MS at most). Returns 0: *data is
 * allocated (the caller frees it), has *size bytes and a zero byte after them.
 * Returns -errno: *data is NULL and `error` holds a message with the path;
 * -EFBIG when the file is longer than max, -ETIMEDOUT when a pipe pauses longer.
 */
int file_read(const char *path, size_t max, char **data, size_t *size, char *error, size_t error_size);

/*
 * Write a whole file: a temporary file beside it, synced, then renamed over it.
 * What is no regular file (/dev/stdout, a pipe) is written to directly. Returns
 * 0, or -errno with a message in `error`; then the old file is untouched.
 */
int file_write_atomic(const char *path, const void *data, size_t size, char *error, size_t error_size);

#endif

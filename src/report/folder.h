/* SPDX-License-Identifier: GPL-2.0-only */
/* folder.h: folders for output. */
#ifndef RCFUZZ_FOLDER_H
#define RCFUZZ_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Make a folder and its parents, and see that files can be made in it. False:
 * *error says what failed and errno why.
 */
bool folder_make(const char *path, char *error, size_t error_size);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * inputs.h: the files that a build was made from, and whether they are still the same. The compiler says which they
 * are; their contents are hashed (XXH3-128), and remembered together with their size and times, so that an unchanged
 * tree costs one stat() a file.
 */
#ifndef RCFUZZ_INPUTS_H
#define RCFUZZ_INPUTS_H

#include <stdbool.h>
#include <stddef.h>

#include "textlist.h"

enum { INPUTS_HASH_CHARS = 32, INPUT_BYTES_MAX = 16 << 20 };

/* Add the prerequisites of a dependency file (make's syntax, as -MD writes it). 0, or -errno with `error`. */
int inputs_add_depfile(struct textlist *paths, const char *depfile, char *error, size_t error_size);

/*
 * Make the record of a build from absolute paths, sorted, each once; and from `absent`, paths that must not exist.
 * `name_of` gives the name under which a file goes into the hash (NULL: leave the file out of both), so that the same
 * sources in another folder have the same hash. Returns 0, or -errno with `error`.
 */
int inputs_record(struct text *record, char hash[INPUTS_HASH_CHARS + 1], const struct textlist *paths,
		  const struct textlist *absent, const char *(*name_of)(void *context, const char *path), void *context,
		  char *error, size_t error_size);

/* True if every file of a record is as it was. Anything that is no record is false. */
bool inputs_unchanged(const char *record);

/* Add the paths of a record, those that must not exist excepted. */
void inputs_add_record(struct textlist *paths, const char *record);

/* Make the record of a part of a build: of those of its files that are among `paths`, sorted. */
void inputs_record_part(struct text *part, const char *record, const struct textlist *paths);

/* Hash a text, as hexadecimal digits. */
void inputs_hash_text(char hash[INPUTS_HASH_CHARS + 1], const char *data, size_t size);

#endif

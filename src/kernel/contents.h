/* SPDX-License-Identifier: GPL-2.0-only */
/* contents.h: which functions a module is made of, by its symbols and its DWARF. Loads nothing. */
#ifndef RCFUZZ_CONTENTS_H
#define RCFUZZ_CONTENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct contents;

/* A function whose code the module has, inlined or not, or a variable. Strings belong to the contents. */
struct contents_item {
	const char *name;
	const char *file; /* path in the tree, or in the sources of rcfuzz ("src/kernel/...") */
	uint32_t line;
	bool function;
	bool external; /* others may refer to it by name */
};

/* NULL: error says what is wrong. The caller ends with contents_free(). */
struct contents *contents_read(const char *path, char *error, size_t error_size);
void contents_free(struct contents *c);

/* All of them, functions first, by file and line, each once. */
const struct contents_item *contents_items(const struct contents *c, size_t *count);
/* Has the module a symbol or an inlined function of that name? */
bool contents_has(const struct contents *c, const char *name);

#endif

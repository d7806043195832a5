/* SPDX-License-Identifier: GPL-2.0-only */
/* textlist.h: a growing list of strings, and a growing text: for command lines and generated files. */
#ifndef RCFUZZ_TEXTLIST_H
#define RCFUZZ_TEXTLIST_H

#include <stdbool.h>
#include <stddef.h>

/* Zeroed is empty. Out of memory sets `failed`, and the contents stay as they were; ask once, at the end. */
struct textlist {
	char **items; /* ends in NULL, so that it can be an argv; NULL when it never had an item */
	size_t count, room;
	bool failed;
};
void textlist_add(struct textlist *list, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool textlist_has(const struct textlist *list, const char *item);
void textlist_sort_unique(struct textlist *list);
void textlist_free(struct textlist *list);

struct text {
	char *data; /* ends in a zero byte; NULL when nothing was ever added */
	size_t size, room;
	bool failed;
};
void text_add(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_add_bytes(struct text *text, const char *data, size_t size);
/* The value as a JSON string, with its quotes. */
void text_add_json(struct text *text, const char *value);
void text_free(struct text *text);

#endif

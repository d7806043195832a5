// SPDX-License-Identifier: GPL-2.0-only
/* textlist.c: see textlist.h. */
#include "textlist.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void textlist_add(struct textlist *list, const char *format, ...)
{
	char *item = NULL;
	va_list args;
	int length;

	va_start(args, format);
	length = vasprintf(&item, format, args);
	va_end(args);
	if (length < 0) {
		list->failed = true;
		return;
	}
	if (list->count + 1 >= list->room) {
		size_t room = list->room ? list->room * 2 : 32;
		char **items = realloc(list->items, room * sizeof(*items));

		if (!items) {
			list->failed = true;
			free(item);
			return;
		}
		list->items = items;
		list->room = room;
	}
	list->items[list->count++] = item;
	list->items[list->count] = NULL;
}

bool textlist_has(const struct textlist *list, const char *item)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i], item) == 0)
			return true;
	return false;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void textlist_sort_unique(struct textlist *list)
{
	size_t kept = 0;

	if (!list->count)
		return;
	qsort(list->items, list->count, sizeof(*list->items), compare);
	for (size_t i = 0; i < list->count; i++) {
		if (kept && strcmp(list->items[kept - 1], list->items[i]) == 0)
			free(list->items[i]);
		else
			list->items[kept++] = list->items[i];
	}
	list->count = kept;
	list->items[kept] = NULL;
}

void textlist_free(struct textlist *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i]);
	free(list->items);
	*list = (struct textlist){0};
}

/* Room for so many bytes more, and a zero byte. */
static bool reserve(struct text *text, size_t size)
{
	size_t room = (text->size + size + 1) * 2;
	char *data;

	if (text->size + size + 1 <= text->room)
		return true;
	data = realloc(text->data, room);
	if (data) {
		text->data = data;
		text->room = room;
	} else {
		text->failed = true;
	}
	return data;
}

void text_add_bytes(struct text *text, const char *data, size_t size)
{
	if (!reserve(text, size))
		return;
	memcpy(text->data + text->size, data, size);
	text->size += size;
	text->data[text->size] = '\0';
}

void text_add(struct text *text, const char *format, ...)
{
	va_list args, again;
	int length;

	va_start(args, format);
	va_copy(again, args);
	length = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (length < 0) {
		text->failed = true;
	} else if (reserve(text, (size_t)length)) {
		vsnprintf(text->data + text->size, text->room - text->size, format, again);
		text->size += (size_t)length;
	}
	va_end(again);
}

void text_add_json(struct text *text, const char *value)
{
	text_add(text, "\"");
	for (const unsigned char *c = (const unsigned char *)value; *c; c++) {
		if (*c == '"' || *c == '\\')
			text_add(text, "\\%c", *c);
		else if (*c < 0x20)
			text_add(text, "\\u%04x", *c);
		else
			text_add(text, "%c", *c);
	}
	text_add(text, "\"");
}

void text_free(struct text *text)
{
	free(text->data);
	*text = (struct text){0};
}

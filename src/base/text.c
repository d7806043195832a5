/* SPDX-License-Identifier: GPL-2.0-only */
/* text.c: see text.h. */
#include "text.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

#define HASH_CHARS 9u /* "~" and 8 digits */

void text_append(char *text, size_t size, const char *format, ...)
{
	size_t used = strlen(text);
	va_list args;

	va_start(args, format);
	vsnprintf(text + used, size - used, format, args);
	va_end(args);
}

void text_fit_name(char *text, size_t size, const char *name)
{
	size_t length = strlen(name);

	snprintf(text, size, "%s", name);
	if (length >= size)
		snprintf(text + size - 1 - HASH_CHARS, HASH_CHARS + 1, "~%08x", (uint32_t)XXH3_64bits(name, length));
}

// SPDX-License-Identifier: GPL-2.0-only
/* markup.c: see markup.h. */
#include "report/markup.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#define REPLACEMENT "\xef\xbf\xbd"

/* The length of the character at text, by RFC 3629, and its number; 0: it is none. */
static unsigned decode(const unsigned char *text, uint32_t *number)
{
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned length = *text < 0x80 ? 1 : *text >> 5 == 6 ? 2 : *text >> 4 == 14 ? 3 : *text >> 3 == 30 ? 4 : 0;

	if (length <= 1) {
		*number = *text;
		return length;
	}
	*number = *text & (0x7fu >> length);
	for (unsigned i = 1; i < length; i++) {
		if (text[i] >> 6 != 2)
			return 0;
		*number = *number << 6 | (text[i] & 0x3f);
	}
	if (*number < smallest[length] || *number > 0x10ffff || (*number >= 0xd800 && *number < 0xe000))
		return 0;
	return length;
}

static bool is_hidden(uint32_t c)
{
	return (c < 0x20 && c != '\t' && c != '\n') || (c >= 0x7f && c < 0xa0) || c == 0x61c ||
	       (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) ||
	       c == 0xfeff;
}

static const char *entity(uint32_t c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	}
	return is_hidden(c) ? REPLACEMENT : NULL;
}

void markup_text(FILE *out, const char *text)
{
	for (const unsigned char *at = (const unsigned char *)text; *at;) {
		uint32_t c;
		unsigned length = decode(at, &c);
		const char *instead = length ? entity(c) : REPLACEMENT;

		if (instead)
			fputs(instead, out);
		else
			fwrite(at, 1, length, out);
		at += length ? length : 1;
	}
}

void markup_format(FILE *out, const char *format, ...)
{
	char text[4096];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	markup_text(out, text);
}

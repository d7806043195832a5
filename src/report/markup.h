/* SPDX-License-Identifier: GPL-2.0-only */
/* markup.h: text into HTML and SVG. All that comes from a scenario, a kernel or a path goes through here. */
#ifndef RCFUZZ_MARKUP_H
#define RCFUZZ_MARKUP_H

#include <stdio.h>

/*
 * Write text so that it stays text, between tags and in quoted attributes: & < > " ' as entities; control
 * characters but tab and newline, and bytes that are no UTF-8, as U+FFFD; so too the characters that turn the
 * direction of writing, which make source text look like what it is not.
 */
void markup_text(FILE *out, const char *text);

/* The same for what printf makes of its arguments, at most 4 KiB of it. */
void markup_format(FILE *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* text.h: texts of limited size. */
#ifndef RCFUZZ_BASE_TEXT_H
#define RCFUZZ_BASE_TEXT_H

#include <stddef.h>

/* Append, printf-like, to the text of `size` bytes; what does not fit is cut. */
void text_append(char *text, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif

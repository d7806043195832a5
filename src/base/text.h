/* SPDX-License-Identifier: GPL-2.0-only */
/* text.h: texts of limited size. */
#ifndef RCFUZZ_BASE_TEXT_H
#define RCFUZZ_BASE_TEXT_H

#include <stddef.h>

/* Append, printf-like, to the text of `size` bytes; what does not fit is cut. */
void text_append(char *text, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

/*
 * Put a name into `size` bytes, more than 10. One that does not fit ends in a hash of all of it, the same in every
 * process, so that two names stay two.
 */
void text_fit_name(char *text, size_t size, const char *name);

#endif

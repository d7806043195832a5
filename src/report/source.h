/* SPDX-License-Identifier: GPL-2.0-only */
/* source.h: lines of the kernel that a module was built from. */
#ifndef RCFUZZ_SOURCE_H
#define RCFUZZ_SOURCE_H

#include <stdint.h>
#include <stdio.h>

/*
 * Write the lines around one as HTML: a <pre> with their numbers, the line itself as <b>. target_info: the module's
 * JSON, which names the tree. Writes nothing if the tree is gone, or was patched, so that its lines are others; or if
 * the file is none of the tree.
 */
void source_html(FILE *out, const char *target_info, const char *file, uint32_t line);

#endif

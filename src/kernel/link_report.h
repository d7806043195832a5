/* SPDX-License-Identifier: GPL-2.0-only */
/* link_report.h: which symbols a linker did not find, and in which object, from what GNU ld or LLD printed. */
#ifndef RCFUZZ_LINK_REPORT_H
#define RCFUZZ_LINK_REPORT_H

#include <stddef.h>

#include "textlist.h"

/*
 * Adds `symbol object` (the object's file name without folder and `.o`; `?` when the linker did not say) for each
 * unresolved symbol, once. Symbols of a sanitizer's runtime, which the program that loads the module has, are left out.
 */
void link_report_unknown(struct textlist *unknown, const char *log);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* stand_ins.h: what modules have in the place of kernel code: stand_ins.def as data. */
#ifndef RCFUZZ_STAND_INS_H
#define RCFUZZ_STAND_INS_H

#include <stddef.h>

enum stand_in_kind { STAND_IN_SYMBOL, STAND_IN_IDLE, STAND_IN_UNREACHABLE, STAND_IN_HEADER, STAND_IN_KINDS };
extern const char *const stand_in_kind_names[STAND_IN_KINDS];

struct stand_in {
	enum stand_in_kind kind;
	const char *name;  /* a symbol, or a header as it is included */
	const char *place; /* "kernel file", "kernel file:name", "kernel file, in older trees another"; NULL: a header,
			      the tree's */
	const char *why;
};

extern const struct stand_in stand_ins[];
extern const size_t stand_in_count;

#endif

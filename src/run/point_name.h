/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * point_name.h: yield points by name, "function:kind:variable": the innermost
 * kernel function that is not inlined from a header, what it does there, and to
 * what. Names are made once a chain of callers and compared as text.
 */
#ifndef RCFUZZ_POINT_NAME_H
#define RCFUZZ_POINT_NAME_H

#include "kernel/module.h"
#include "scenario/scenario.h"

#define POINT_NAMES 4096u
#define POINT_NAME_CALLERS 4u /* one of them is the kernel's; those further out would only make more entries */
#define POINT_NAMES_MANY 3072u

struct point_names {
	uint32_t count;
	struct {
		const void *callers[POINT_NAME_CALLERS], *word;
		uint8_t kind;
		char text[SCENARIO_POINT_NAME];
	} slots[POINT_NAMES];
};

/* Before a run: so many names that new ones hardly find a place are forgotten. */
void point_names_begin(struct point_names *names);

/*
 * word: a string that lives as long as the module. Never NULL, valid until the run ends; a name that is too long is
 * cut, and where there is no room for another one it is "unknown", which no point can have.
 */
const char *point_name(struct point_names *names, struct module *m, enum target_point kind, const char *word,
		       const void *const callers[TARGET_CALLERS]);

#endif

// SPDX-License-Identifier: GPL-2.0-only
/* class.c: the table of finding classes, from classes.def. */
#include "class.h"

#include <string.h>

const struct class_info class_info[CLASS_COUNT] = {
#define CLASS(id, name, severity, meaning) [CLASS_##id] = {name, meaning, SEVERITY_##severity},
#include "classes.def"
#undef CLASS
};

const char *const severity_name[3] = {
	[SEVERITY_CRITICAL] = "critical",
	[SEVERITY_HIGH] = "high",
	[SEVERITY_ADVISORY] = "advisory",
};

int class_from_name(const char *name)
{
	for (int i = 0; i < CLASS_COUNT; i++) {
		if (!strcmp(class_info[i].name, name))
			return i;
	}
	return -1;
}

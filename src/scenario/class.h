/* SPDX-License-Identifier: GPL-2.0-only */
/* class.h: the classes of findings and their severities. */
#ifndef RCFUZZ_CLASS_H
#define RCFUZZ_CLASS_H

enum severity { SEVERITY_CRITICAL, SEVERITY_HIGH, SEVERITY_ADVISORY };

enum finding_class {
#define CLASS(id, name, severity, meaning) CLASS_##id,
#include "classes.def"
#undef CLASS
	CLASS_COUNT
};

struct class_info {
	const char *name, *meaning;
	enum severity severity;
};
extern const struct class_info class_info[CLASS_COUNT];
extern const char *const severity_name[3];

/* The class of that name, or -1. */
int class_from_name(const char *name);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* classes.h: --fail-on CLASS,...: which classes of findings make a verb fail. A set of bits 1 << class. */
#ifndef RCFUZZ_CLI_CLASSES_H
#define RCFUZZ_CLI_CLASSES_H

#include <stdint.h>

#define FAIL_ON_OPTION(key)                                                                                            \
	{                                                                                                              \
		"fail-on", key, "CLASS,...", 0, "classes or severities that make it fail (default critical,high)", 3   \
	}

/* critical, high */
uint32_t classes_default(void);
/* Names of classes or severities, or any, or none. 0, or CLI_USAGE after cli_error. */
int classes_parse(uint32_t *classes, const char *list);

#endif

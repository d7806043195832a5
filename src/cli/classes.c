// SPDX-License-Identifier: GPL-2.0-only
/* classes.c: see classes.h. */
#include "cli/classes.h"

#include "cli/cli.h"
#include "scenario/class.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool add_class(uint32_t *classes, const char *word)
{
	int class = class_from_name(word);
	bool known = class >= 0;

	if (known)
		*classes |= 1u << class;
	for (int i = 0; i < CLASS_COUNT; i++) {
		if (!strcmp(word, "any") || !strcmp(word, severity_name[class_info[i].severity])) {
			*classes |= 1u << i;
			known = true;
		}
	}
	return known || !strcmp(word, "none");
}

uint32_t classes_default(void)
{
	uint32_t classes = 0;

	add_class(&classes, "critical");
	add_class(&classes, "high");
	return classes;
}

int classes_parse(uint32_t *classes, const char *list)
{
	char *copy = strdup(list), *rest = copy;
	int result = 0;

	*classes = 0;
	for (char *word; !result && (word = strsep(&rest, ","));) {
		if (!add_class(classes, word))
			result = cli_error(CLI_USAGE,
					   "--fail-on: '%s' is no class and no severity; e.g. "
					   "critical,high,advisory, lost-dirty-l1, any, none",
					   word);
	}
	free(copy);
	return result;
}

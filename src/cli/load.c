// SPDX-License-Identifier: GPL-2.0-only
/* load.c: load a scenario, or say what is wrong with it. */
#include "cli/load.h"

#include "cli/cli.h"

#include <errno.h>
#include <stdio.h>

int load_error(const char *path, int result, const struct scenario_error *error, char *text, size_t size)
{
	if (error->line)
		snprintf(text, size, "%s:%u:%u: %s", path, error->line, error->column, error->message);
	else if (result == -EBADMSG)
		snprintf(text, size, "%s: %s", path, error->message);
	else
		snprintf(text, size, "%s", error->message); /* begins with the path */
	switch (-result) {
	case EBADMSG:
	case EFBIG:
	case EISDIR:
		return CLI_BAD_INPUT;
	case ENOENT:
	case ENOTDIR:
		return CLI_NO_INPUT;
	}
	return CLI_IO;
}

int load_scenario(const char *path, struct scenario_file *file)
{
	struct scenario_error error = {0};
	int result = scenario_file_load(path, file, &error);
	char text[512];

	if (!result)
		return 0;
	int code = load_error(path, result, &error, text, sizeof(text));

	return cli_error(code, "%s", text);
}

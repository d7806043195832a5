// SPDX-License-Identifier: GPL-2.0-only
/* load.c: load a scenario, or say what is wrong with it. */
#include "cli/load.h"

#include "cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

/* The number of the line that begins with a word, 0: there is none, or the file is no text. */
static unsigned line_of(const char *path, const char *word)
{
	FILE *in = fopen(path, "re");
	unsigned number = 0, found = 0;
	char *line = NULL;
	size_t room = 0;

	while (in && !found && getline(&line, &room, in) > 0) {
		number++;
		if (number == 1 && strncmp(line, "rcfuzz-scenario", 15))
			break;
		found = strncmp(line, word, strlen(word)) ? 0 : number;
	}
	free(line);
	if (in)
		fclose(in);
	return found;
}

void load_page_remark(const char *path, const struct scenario_file *file, unsigned page_shift, char *text, size_t size)
{
	unsigned page = page_shift == 12 ? PAGE_4K : PAGE_64K, line;

	text[0] = '\0';
	if (file->scenario.config.page == page)
		return;
	line = line_of(path, "config ");
	if (line)
		snprintf(text, size, "%s:%u: written for %s pages, this kernel has %s: its numbers of pages are kept",
			 path, line, page == PAGE_4K ? "64k" : "4k", page == PAGE_4K ? "4k" : "64k");
}

void load_known_tell(const char *message)
{
	cli_error(0, "--known: left out: %s", message);
}

bool load_shared(const char *name, char path[PATH_MAX])
{
	static const char *const places[] = {".", RCFUZZ_SHARE_DIR, RCFUZZ_INSTALL_SHARE_DIR};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(path, PATH_MAX, "%s/%s", places[i], name);
		if (!access(path, R_OK | X_OK))
			return true;
	}
	return false;
}

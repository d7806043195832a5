// SPDX-License-Identifier: GPL-2.0-only
/* load.c: load a scenario, or say what is wrong with it. */
#include "cli/load.h"

#include "cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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
	char text[LOAD_TEXT];

	if (!result)
		return 0;
	int code = load_error(path, result, &error, text, sizeof(text));

	return cli_error(code, "%s", text);
}

bool load_page_remark(const char *path, const struct scenario_file *file, unsigned page_shift, char *text, size_t size)
{
	unsigned page = page_shift == 12 ? PAGE_4K : PAGE_64K;
	const char *const *words = config_info[CONFIG_page].words;

	text[0] = '\0';
	if (!scenario_file_other_page(file, page))
		return false;
	snprintf(text, size, "%s:%u: written for %s pages, this kernel has %s: its numbers of pages are kept", path,
		 file->page_line, words[file->scenario.config.page], words[page]);
	return true;
}

int load_scenario_for(const char *path, unsigned page_shift, struct scenario_file *file)
{
	int code = load_scenario(path, file);
	char text[LOAD_TEXT];

	if (!code && load_page_remark(path, file, page_shift, text, sizeof(text)))
		cli_error(0, "%s", text);
	return code;
}

enum build_flavour load_flavour(const struct cli_list *files)
{
	struct scenario_file *file = malloc(sizeof(*file));
	struct scenario_error error;
	bool access = false;
	struct stat st;

	/* What cannot be read is told of later; what is no file, a pipe, cannot be read twice. */
	for (size_t i = 0; file && i < files->count; i++)
		access |= !stat(files->items[i], &st) && S_ISREG(st.st_mode) &&
			  !scenario_file_load(files->items[i], file, &error) &&
			  file->scenario.config.level == LEVEL_ACCESS;
	free(file);
	return access ? BUILD_ACCESS : target_plain_flavour();
}

enum build_flavour load_flavour_of(const char *path)
{
	char *item = (char *)path;
	const struct cli_list one = {&item, 1};

	return load_flavour(&one);
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

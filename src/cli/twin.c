// SPDX-License-Identifier: GPL-2.0-only
/* twin.c: see twin.h. The arguments are read back from the system: verbs do not hand them around. */
#include "cli/twin.h"

#include "base/file.h"
#include "cli/cli.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TWIN "rcfuzz-asan"
#define ARGUMENT_BYTES_MAX (8u << 20)

static bool find_twin(char path[PATH_MAX])
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	self[n > 0 ? n : 0] = '\0';
	slash = strrchr(self, '/');
	return slash && snprintf(path, PATH_MAX, "%.*s/" TWIN, (int)(slash - self), self) < PATH_MAX &&
	       access(path, X_OK) == 0;
}

/* The arguments that this program was called with: pointers into one text. NULL: errno says why. */
static char **arguments(void)
{
	char *text, error[256], **argv;
	size_t size, count = 0;

	if (file_read("/proc/self/cmdline", ARGUMENT_BYTES_MAX, &text, &size, error, sizeof(error)))
		return NULL;
	for (size_t i = 0; i < size; i++)
		count += !text[i];
	argv = calloc(count + 1, sizeof(*argv));
	if (!argv || !count) {
		free(argv);
		free(text);
		return NULL;
	}
	for (size_t i = 0, at = 0; i < count; at += strlen(text + at) + 1)
		argv[i++] = text + at;
	return argv;
}

int twin_become(const char *module)
{
	char path[PATH_MAX], **argv;
	int code;

	if (!find_twin(path))
		return cli_error(CLI_NO_INPUT,
				 "%s needs " TWIN ", which does not lie beside rcfuzz: 'ci/build " TWIN "' makes it",
				 module);
	argv = arguments();
	if (argv)
		execv(path, argv);
	code = cli_error(CLI_INTERNAL, "cannot start %s: %s", path, strerror(errno));
	if (argv)
		free(argv[0]); /* they are one text */
	free(argv);
	return code;
}

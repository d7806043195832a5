// SPDX-License-Identifier: GPL-2.0-only
/* folder.c: make folders for output. */
#include "report/folder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool make_with_parents(char *path)
{
	struct stat st;

	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0777) && errno != EEXIST)
			return false;
		*slash = '/';
	}
	if (!mkdir(path, 0777))
		return true;
	if (errno != EEXIST || stat(path, &st))
		return false;
	errno = ENOTDIR;
	return S_ISDIR(st.st_mode);
}

bool folder_make(const char *path, char *error, size_t error_size)
{
	char *copy = strdup(*path ? path : ".");
	bool made = copy && make_with_parents(copy) && !access(copy, W_OK | X_OK);
	int code = errno;

	free(copy);
	if (!made)
		snprintf(error, error_size, "cannot write to the folder %s: %s", path, strerror(code));
	errno = code;
	return made;
}

// SPDX-License-Identifier: GPL-2.0-only
/* build_parts.c: what the files of a build share: tables, errors, files of the work folder. */
#include "build_parts.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

const struct source build_sources[BUILD_SOURCES] = {
#define RCFUZZ_SOURCE(source, kernel_file, properties) {source, kernel_file, properties},
#include "build.def"
};

const struct source build_preludes[BUILD_PRELUDES] = {
	{"shim/include/prelude.h", NULL, SOURCE_PRELUDE | SOURCE_KERNEL},
	{"shim/include/prelude.h", NULL, SOURCE_PRELUDE},
};

const struct source *build_prelude_of(const struct source *source)
{
	if (source->properties & (SOURCE_PRELUDE | SOURCE_ASSEMBLY))
		return NULL;
	return &build_preludes[source->properties & SOURCE_KERNEL ? 0 : 1];
}

const char *const build_page_size_names[] = {"64k", "4k"};
const char *const build_flavour_names[] = {"plain", "coverage", "asan", "profile", "access"};

int build_fail(struct build *b, int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(b->error, b->error_size, format, args);
	va_end(args);
	return -code;
}

int build_fail_memory(struct build *b)
{
	return build_fail(b, ENOMEM, "out of memory");
}

bool build_is_full(const struct build *b, const char *log)
{
	/* What made it full may be gone by now, and the log have found no room either. */
	enum { BUILD_BYTES = 64 << 20, ROOM_BYTES_MIN = 1 << 20 };
	uint64_t room = folder_room(b->work_dir);

	return strstr(log, "No space left on device") || room < ROOM_BYTES_MIN || (!*log && room < BUILD_BYTES);
}

int build_fail_full(struct build *b)
{
	return build_fail(b, ENOSPC, "no space left in %s: free some, or set XDG_CACHE_HOME to another folder",
			  b->cache_dir);
}

void build_tell(struct build *b, const char *format, ...)
{
	char message[512];
	va_list args;

	if (!b->request->progress)
		return;
	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	b->request->progress(b->request->progress_context, message);
}

/* A path made of two parts; false (and an error) if it is too long. */
bool build_join(struct build *b, char path[PATH_MAX], const char *folder, const char *name)
{
	if (snprintf(path, PATH_MAX, "%s%s%s", folder, *name ? "/" : "", name) < PATH_MAX)
		return true;
	build_fail(b, ENAMETOOLONG, "%s/%s: path is too long", folder, name);
	return false;
}

int build_read(struct build *b, const char *path, char **text, size_t *size)
{
	return file_read(path, FILE_BYTES_MAX, text, size, b->error, b->error_size);
}

/* Writes a file of the work folder, which nobody else reads. */
int build_write(struct build *b, const char *path, const char *data, size_t size)
{
	char folder[PATH_MAX], *slash;
	FILE *file;
	int result;

	snprintf(folder, sizeof(folder), "%s", path);
	slash = strrchr(folder, '/');
	*slash = '\0';
	result = make_folders(folder);
	if (result)
		return build_fail(b, -result, "%s: %s", folder, strerror(-result));
	file = fopen(path, "we");
	if (!file)
		return build_fail(b, errno, "%s: %s", path, strerror(errno));
	if (fwrite(data, 1, size, file) != size || fclose(file))
		return build_fail(b, errno, "%s: %s", path, strerror(errno));
	return 0;
}

/* The name of a source's object and of what belongs to it: book3s_hv for unit/book3s_hv.c. */
void build_object_name(const struct source *source, char *name, size_t size)
{
	const char *base = strrchr(source->path, '/') + 1;
	bool other = source->properties == SOURCE_PRELUDE; /* of the same header */

	snprintf(name, size, "%.*s%s", (int)strcspn(base, "."), base, other ? "-shim" : "");
}

bool build_is_c_file(const char *kernel_file)
{
	size_t length = strlen(kernel_file);

	return length > 2 && strcmp(kernel_file + length - 2, ".c") == 0;
}

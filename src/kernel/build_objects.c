// SPDX-License-Identifier: GPL-2.0-only
/*
 * build_objects.c: objects of units that are kept, so that another patch costs the units which see it, and not all.
 *
 * An object is one file below the cache, named by a key of all that is asked for: the request without its patches, the
 * unit, the generated headers, and the private copies that the unit may include. It begins with the record of what else
 * it was made from (inputs.h), which must still hold when it is taken:
 *
 *     rcfuzz-object 1 HASH\n  record  \0  object          HASH is of all that follows its line
 *
 * What is damaged, or was made from files edited meanwhile, is no object: the unit is compiled. So is it when there is
 * no room to keep one. --rebuild takes none.
 */
#include "build_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

#define OBJECT_HEAD "rcfuzz-object 1 "
enum { HEAD_BYTES = sizeof(OBJECT_HEAD) - 1 + INPUTS_HASH_CHARS + 1, OBJECT_BYTES_MAX = 32 << 20 };

static bool objects_folder(struct build *b, char path[PATH_MAX])
{
	return build_join(b, path, b->cache_dir, "objects");
}

static void object_path(struct build *b, char path[PATH_MAX], size_t unit)
{
	snprintf(path, PATH_MAX, "%.*s/objects/%s", PATH_MAX - 64, b->cache_dir, b->object_keys[unit]);
}

/* A private copy is part of the key of every unit, but that of another .c file: none includes it (reads_foreign_c). */
static bool may_include(const struct source *source, const char *kernel_file)
{
	return (source->kernel_file && strcmp(source->kernel_file, kernel_file) == 0) || !build_is_c_file(kernel_file);
}

static int make_key(struct build *b, size_t unit)
{
	const struct source *source = &build_sources[unit];
	struct text text = {0};
	char path[PATH_MAX];
	int result = 0;

	text_add(&text, OBJECT_HEAD "%s\nunit %s\n%s", b->request_key, source->path, b->generated.data);
	for (size_t i = 0; i < b->touched.count && !result; i++) {
		const char *name = b->touched.items[i];

		if (!may_include(source, name))
			continue;
		text_add(&text, "private %s\n", name);
		if (!build_private_file(b, path, name))
			result = -ENAMETOOLONG;
		else if (access(path, F_OK) == 0)
			result = build_add_content(b, &text, "content", path);
	}
	if (!result && text.failed)
		result = build_fail_memory(b);
	if (!result)
		inputs_hash_text(b->object_keys[unit], text.data, text.size);
	text_free(&text);
	return result;
}

/* ---- take ----------------------------------------------------------------------- */

/* Is it whole? Then its two parts. */
static bool open_object(const char *data, size_t size, const char **record, const char **object, size_t *object_size)
{
	char hash[INPUTS_HASH_CHARS + 1];
	size_t length;

	if (size < HEAD_BYTES || strncmp(data, OBJECT_HEAD, sizeof(OBJECT_HEAD) - 1) != 0)
		return false;
	*record = data + HEAD_BYTES;
	inputs_hash_text(hash, *record, size - HEAD_BYTES);
	length = strlen(*record) + 1; /* data ends in a zero byte of file_read's */
	if (memcmp(hash, data + sizeof(OBJECT_HEAD) - 1, INPUTS_HASH_CHARS) != 0 || HEAD_BYTES + length >= size)
		return false;
	*object = *record + length;
	*object_size = size - HEAD_BYTES - length;
	return true;
}

static bool take(struct build *b, size_t unit)
{
	char path[PATH_MAX], to[PATH_MAX], name[64], error[PATH_MAX + 64], *data;
	const char *record, *object;
	size_t size, object_size;
	bool good;

	object_path(b, path, unit);
	if (file_read(path, OBJECT_BYTES_MAX, &data, &size, error, sizeof(error)))
		return false;
	build_object_name(&build_sources[unit], name, sizeof(name));
	strcat(name, ".o");
	good = open_object(data, size, &record, &object, &object_size) && inputs_unchanged(record) &&
	       build_join(b, to, b->work_dir, name) && build_write(b, to, object, object_size) == 0;
	if (good) {
		inputs_add_record(&b->read, record);
		build_touch(path);
	}
	free(data);
	return good;
}

int build_take_objects(struct build *b)
{
	int result = 0;

	for (size_t i = 0; i < BUILD_SOURCES && !result; i++) {
		result = make_key(b, i);
		if (!result && !b->request->rebuild)
			b->taken[i] = take(b, i);
	}
	return result;
}

/* ---- keep ----------------------------------------------------------------------- */

/* Does it include another .c file, which its key leaves out? */
static bool reads_foreign_c(const struct build *b, size_t unit, const struct textlist *read)
{
	const char *own = build_sources[unit].kernel_file;

	for (size_t i = 0; i < read->count; i++) {
		const char *name = build_kernel_file(b, read->items[i]);

		if (name && build_is_c_file(name) && (!own || strcmp(name, own) != 0))
			return true;
	}
	return false;
}

static void keep(struct build *b, size_t unit)
{
	char from[PATH_MAX], whole[PATH_MAX], to[PATH_MAX], hash[INPUTS_HASH_CHARS + 1], name[64], *object = NULL;
	struct textlist read = {0};
	struct text body = {0};
	size_t size;

	build_object_name(&build_sources[unit], name, sizeof(name));
	strcat(name, ".o");
	object_path(b, to, unit);
	if (build_read_dependencies(b, &build_sources[unit], &read) || reads_foreign_c(b, unit, &read) ||
	    !build_join(b, from, b->work_dir, name) || !build_join(b, whole, b->work_dir, "kept") ||
	    build_read(b, from, &object, &size))
		goto out;
	textlist_sort_unique(&read);
	text_add(&body, OBJECT_HEAD "%*s\n", INPUTS_HASH_CHARS, "");
	inputs_record_part(&body, b->record.data, &read);
	text_add_bytes(&body, "", 1);
	text_add_bytes(&body, object, size);
	if (body.failed || read.failed)
		goto out;
	inputs_hash_text(hash, body.data + HEAD_BYTES, body.size - HEAD_BYTES);
	memcpy(body.data + sizeof(OBJECT_HEAD) - 1, hash, INPUTS_HASH_CHARS);
	if (build_write(b, whole, body.data, body.size) == 0)
		(void)rename(whole, to);
out:
	free(object);
	text_free(&body);
	textlist_free(&read);
}

void build_keep_objects(struct build *b)
{
	char folder[PATH_MAX];

	if (b->edited || !objects_folder(b, folder) || make_folders(folder))
		return;
	for (size_t i = 0; i < BUILD_SOURCES; i++)
		if (!b->taken[i])
			keep(b, i);
}

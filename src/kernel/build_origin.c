// SPDX-License-Identifier: GPL-2.0-only
/* build_origin.c: what a module was made from: its hash, and what `rcfuzz info` shows. */
#include "build_parts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A file's name in the hash and in the info: relative to the tree or to the sources. Files of the work folder are none.
 */
static const char *name_of(void *context, const char *path)
{
	const struct build *b = context;
	const char *const folders[] = {b->tree.path, b->source_dir};

	if (strncmp(path, b->work_dir, strlen(b->work_dir)) == 0)
		return NULL;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		size_t length = strlen(folders[i]);

		if (strncmp(path, folders[i], length) == 0 && path[length] == '/')
			return path + length + 1;
	}
	return path;
}

static int read_depfile(struct build *b, const struct source *source, struct textlist *paths)
{
	char name[64], path[PATH_MAX];

	build_object_name(source, name, sizeof(name));
	strcat(name, ".d");
	if (!build_join(b, path, b->work_dir, name))
		return -ENAMETOOLONG;
	if (access(path, F_OK) != 0)
		return build_fail(b, ENOENT, "%s made nothing: is it a compiler?", b->compiler);
	return inputs_add_depfile(paths, path, b->error, b->error_size);
}

int build_read_dependencies(struct build *b, const struct source *source, struct textlist *paths)
{
	int result = read_depfile(b, source, paths);

	if (!result && build_prelude_of(source))
		result = read_depfile(b, build_prelude_of(source), paths);
	return result;
}

const char *build_kernel_file(const struct build *b, const char *path)
{
	static const char patched[] = "patched/";
	size_t tree = strlen(b->tree.path), work = strlen(b->work_dir);

	if (strncmp(path, b->tree.path, tree) == 0 && path[tree] == '/')
		return path + tree + 1;
	if (strncmp(path, b->work_dir, work) == 0 && path[work] == '/')
		path += work + 1;
	return strncmp(path, patched, strlen(patched)) == 0 ? path + strlen(patched) : NULL;
}

/*
 * What patches and recipes were applied to was read as well. Had a unit read the tree's own copy of such a file, the
 * patch would be lost on it.
 */
static int add_touched(struct build *b)
{
	char path[PATH_MAX];

	for (size_t i = 0; i < b->touched.count; i++) {
		const char *name = b->touched.items[i];

		if (!build_tree_file(b, path, name))
			return -ENAMETOOLONG;
		if (textlist_has(&b->read, path))
			return build_fail(b, EINVAL, "kernel tree %s: a patch of %s is lost on a file that includes it",
					  b->tree.path, name);
		if (access(path, F_OK) == 0)
			textlist_add(&b->read, "%s", path);
	}
	return 0;
}

/* Was a file changed while the build went on? */
static bool was_edited(const struct build *b, const struct textlist *paths)
{
	struct stat info;

	for (size_t i = 0; i < paths->count; i++)
		if (!name_of((void *)b, paths->items[i]))
			continue;
		else if (stat(paths->items[i], &info) || info.st_ctim.tv_sec > b->begin.tv_sec ||
			 (info.st_ctim.tv_sec == b->begin.tv_sec && info.st_ctim.tv_nsec >= b->begin.tv_nsec))
			return true;
	return false;
}

int build_collect_inputs(struct build *b)
{
	char inputs_hash[INPUTS_HASH_CHARS + 1];
	struct textlist absolute = {0};
	struct text all = {0};
	int result = 0;

	for (size_t i = 0; i < BUILD_SOURCES && !result; i++)
		if (!b->taken[i])
			result = read_depfile(b, &build_sources[i], &b->read);
	for (size_t i = 0; i < BUILD_PRELUDES && !result; i++)
		if (build_has_prelude(b, &build_preludes[i]))
			result = read_depfile(b, &build_preludes[i], &b->read);
	if (!result)
		result = add_touched(b);
	for (size_t i = 0; i < b->read.count; i++)
		if (b->read.items[i][0] == '/')
			textlist_add(&absolute, "%s", b->read.items[i]);
	textlist_sort_unique(&absolute);
	textlist_sort_unique(&b->absent);
	if (!result && (absolute.failed || b->read.failed))
		result = build_fail_memory(b);
	if (!result)
		result = inputs_record(&b->record, inputs_hash, &absolute, &b->absent, name_of, b, b->error,
				       b->error_size);
	textlist_free(&b->read);
	b->read = absolute;
	b->edited = was_edited(b, &b->read);
	if (result)
		return result;

	/* Contents, and all that is asked for except where it lies. */
	text_add(&all, "%s %s %s\n", inputs_hash, b->compiler_version, build_page_size_names[b->request->page_size]);
	struct textlist flags = {0};
	build_add_flags(b, &flags, SOURCE_KERNEL);
	for (size_t i = 0; i < flags.count; i++)
		text_add(&all, "%s\n", flags.items[i]);
	for (size_t i = 0; i < b->request->patch_count && !result; i++)
		result = build_add_content(b, &all, "patch", b->request->patches[i]);
	for (size_t i = 0; i < b->request->recipe_count && !result; i++)
		result = build_add_content(b, &all, "recipe", b->request->recipes[i]);
	if (!result && (all.failed || flags.failed))
		result = build_fail_memory(b);
	if (!result)
		inputs_hash_text(b->hash, all.data, all.size);
	textlist_free(&flags);
	text_free(&all);
	return result;
}

const char *build_base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void add_json_names(struct text *json, const char *key, const char *const *names, size_t count)
{
	text_add(json, ",\"%s\":[", key);
	for (size_t i = 0; i < count; i++) {
		text_add(json, i ? "," : "");
		text_add_json(json, build_base_name(names[i]));
	}
	text_add(json, "]");
}

/* What `rcfuzz info` shows. */
void build_describe(struct build *b, struct text *json)
{
	const struct kernel_build_request *request = b->request;
	struct textlist flags = {0};

	kernel_tree_describe(&b->tree, b->cache_dir);
	text_add(json, "{\"tree\":");
	text_add_json(json, b->tree.path);
	text_add(json, ",\"version\":");
	text_add_json(json, b->tree.version);
	text_add(json, ",\"describe\":");
	text_add_json(json, b->tree.describe);
	text_add(json,
		 ",\"page_size\":\"%s\",\"flavour\":\"%s\",\"compiler\":", build_page_size_names[request->page_size],
		 build_flavour_names[request->flavour]);
	text_add_json(json, b->compiler_version);
	build_add_flags(b, &flags, SOURCE_KERNEL);
	text_add(json, ",\"flags\":[");
	for (size_t i = 0; i < flags.count; i++) {
		text_add(json, i ? "," : "");
		text_add_json(json, flags.items[i]);
	}
	text_add(json, "],\"files\":[");
	for (size_t i = 0; i < BUILD_SOURCES; i++) {
		if (!build_sources[i].kernel_file)
			continue;
		text_add(json, i ? "," : "");
		text_add_json(json, build_sources[i].kernel_file);
	}
	text_add(json, "]");
	text_add(json, ",\"features\":[");
	for (size_t i = 0; i < b->features.count; i++) {
		text_add(json, i ? "," : "");
		text_add_json(json, b->features.items[i]);
	}
	text_add(json, "]");
	add_json_names(json, "patches", request->patches, request->patch_count);
	add_json_names(json, "recipes", request->recipes, request->recipe_count);
	text_add(json, ",\"hash\":\"%s\"}", b->hash);
	if (flags.failed)
		json->failed = true;
	textlist_free(&flags);
}

// SPDX-License-Identifier: GPL-2.0-only
/* build_cache.c: where finished modules are kept, under which name, and whether one is still good. */
#include "build_parts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"

int build_find_cache(struct build *b)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	static const char *const folders[] = {"build", "trees", "work"};
	char folder[PATH_MAX];
	int result;

	if (cache && *cache == '/')
		result = snprintf(b->cache_dir, sizeof(b->cache_dir), "%s/rcfuzz", cache);
	else if (home && *home == '/')
		result = snprintf(b->cache_dir, sizeof(b->cache_dir), "%s/.cache/rcfuzz", home);
	else
		return build_fail(b, ENOENT, "no folder for the cache: set XDG_CACHE_HOME or HOME");
	if (result >= PATH_MAX - 64)
		return build_fail(b, ENAMETOOLONG, "the path of the cache is too long");
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		if (!build_join(b, folder, b->cache_dir, folders[i]))
			return -ENAMETOOLONG;
		result = make_folders(folder);
		if (result)
			return build_fail(b, -result, "%s: %s", folder, strerror(-result));
	}
	return 0;
}

int build_add_content(struct build *b, struct text *text, const char *what, const char *path)
{
	char hash[INPUTS_HASH_CHARS + 1], *data;
	size_t size;
	int result = build_read(b, path, &data, &size);

	if (result)
		return result;
	inputs_hash_text(hash, data, size);
	free(data);
	text_add(text, "%s %s\n", what, hash);
	return 0;
}

/* Of patches and recipes the names too: `rcfuzz info` shows them, and corpus entries ask for them (has=). */
static int add_patches(struct build *b, struct text *text, const char *what, const char *const *paths, size_t count)
{
	int result = 0;

	for (size_t i = 0; i < count && !result; i++) {
		text_add(text, "%s ", build_base_name(paths[i]));
		result = build_add_content(b, text, what, paths[i]);
	}
	return result;
}

/* What is asked for: the tree's place, the compiler, the flags, the patches. The sources of the shim are inputs. */
int build_make_key(struct build *b)
{
	const struct kernel_build_request *request = b->request;
	struct textlist flags = {0};
	struct text text = {0};
	int result;

	text_add(&text, "tree %s\ncommit %s\nversion %s\nsources %s\ncompiler %s %s\nversion %s\n", b->tree.path,
		 b->tree.commit, b->tree.version, b->source_dir, b->compiler, b->compiler_version,
		 build_flavour_names[request->flavour]);
	for (size_t i = 0; i < BUILD_SOURCES; i++) {
		textlist_add(&flags, "%s", build_sources[i].path);
		build_add_flags(b, &flags, build_sources[i].properties);
	}
	for (size_t i = 0; i < flags.count; i++)
		text_add(&text, "%s\n", flags.items[i]);
#define RCFUZZ_INCLUDE(place, folder) text_add(&text, "include %d %s\n", place, folder);
#define RCFUZZ_FEATURE(name, file, word) text_add(&text, "feature " #name " %s %s\n", file, word);
#include "build.def"
	if (!text.failed)
		inputs_hash_text(b->request_key, text.data, text.size);
	result = add_patches(b, &text, "patch", request->patches, request->patch_count);
	if (!result)
		result = add_patches(b, &text, "recipe", request->recipes, request->recipe_count);
	if (!result && (text.failed || flags.failed))
		result = build_fail_memory(b);
	if (!result)
		inputs_hash_text(b->key, text.data, text.size);
	text_free(&text);
	textlist_free(&flags);
	return result;
}

void build_cache_path(const struct build *b, char path[PATH_MAX], const char *suffix)
{
	snprintf(path, PATH_MAX, "%.*s/build/%s.%s", PATH_MAX - 64, b->cache_dir, b->key, suffix);
}

bool build_cache_has(struct build *b)
{
	char path[PATH_MAX], *record, error[64];
	size_t size;
	bool good;

	build_cache_path(b, path, "so");
	if (access(path, R_OK) != 0)
		return false;
	build_cache_path(b, path, "inputs");
	if (file_read(path, FILE_BYTES_MAX, &record, &size, error, sizeof(error)))
		return false;
	good = inputs_unchanged(record);
	free(record);
	if (good) {
		build_touch(path);
		build_cache_path(b, path, "so");
		build_touch(path);
	}
	return good;
}

/*
 * Moves the module and the record of its inputs into the cache: the record last, for it is what makes the module valid.
 * There is none if files were edited meanwhile: the next build starts anew.
 */
int build_store(struct build *b)
{
	char from[PATH_MAX], to[PATH_MAX];
	int result;

	build_cache_path(b, to, "inputs");
	unlink(to);
	build_cache_path(b, to, "so");
	if (!build_join(b, from, b->work_dir, "module.so"))
		return -ENAMETOOLONG;
	if (rename(from, to))
		return build_fail(b, errno, "%s: %s", to, strerror(errno));
	build_cache_path(b, to, "inputs");
	result = b->edited ? 0 : file_write_atomic(to, b->record.data, b->record.size, b->error, b->error_size);
	build_cache_path(b, to, "log"); /* of an earlier failure */
	unlink(to);
	return result;
}

/* Says that it is in use: see build_remove_stale(). */
void build_touch(const char *path)
{
	(void)utimensat(AT_FDCWD, path, NULL, 0);
}

/* What a folder of the cache has that nothing has used for so many days; of "work", what a killed build has left. */
void build_remove_stale(struct build *b)
{
	static const struct {
		const char *folder;
		int days;
	} rules[] = {{"build", 30}, {"objects", 30}, {"trees", 30}, {"work", 1}};
	enum { DAY_SECONDS = 24 * 60 * 60 };
	char path[PATH_MAX], folder[PATH_MAX];
	struct dirent *entry;
	struct stat info;
	DIR *entries;

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (!build_join(b, folder, b->cache_dir, rules[i].folder))
			return;
		entries = opendir(folder);
		while (entries && (entry = readdir(entries)))
			if (entry->d_name[0] != '.' && build_join(b, path, folder, entry->d_name) &&
			    lstat(path, &info) == 0 && info.st_mtim.tv_sec + rules[i].days * DAY_SECONDS < time(NULL))
				remove_folder(path);
		if (entries)
			closedir(entries);
	}
}

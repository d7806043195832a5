// SPDX-License-Identifier: GPL-2.0-only
/* kernel_tree.c: see kernel_tree.h. Trees are somebody else's input: read only with bounds, never written to. */
#include "kernel_tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "archive.h"
#include "base/file.h"
#include "inputs.h"
#include "spawn.h"
#include "textlist.h"

#define DEFAULT_FOLDER "/usr/src"
enum { MAKEFILE_BYTES_MAX = 1 << 20, LINE_BYTES_MAX = 4096 };

int make_folders(const char *path)
{
	char copy[PATH_MAX];

	if (snprintf(copy, sizeof(copy), "%s", path) >= (int)sizeof(copy))
		return -ENAMETOOLONG;
	for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(copy, 0777) && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	return mkdir(copy, 0777) && errno != EEXIST ? -errno : 0;
}

uint64_t folder_room(const char *path)
{
	struct statvfs info;

	return statvfs(path, &info) == 0 ? (uint64_t)info.f_bavail * info.f_frsize : UINT64_MAX;
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *where)
{
	(void)info, (void)type, (void)where;
	remove(path);
	return 0;
}

void remove_folder(const char *path)
{
	nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

/* ---- which one ----------------------------------------------------------------- */

static bool ends_with(const char *name, const char *suffix)
{
	size_t length = strlen(name);

	return length >= strlen(suffix) && strcmp(name + length - strlen(suffix), suffix) == 0;
}

/* linux-source-6.12.tar.xz, of the highest version. */
static int find_default(char *path, size_t size, char *error, size_t error_size)
{
	static const char prefix[] = "linux-source-", suffix[] = ".tar.xz";
	DIR *folder = opendir(DEFAULT_FOLDER);
	char best[256] = "";
	struct dirent *entry;

	while (folder && (entry = readdir(folder))) {
		size_t length = strlen(entry->d_name);

		if (length < sizeof(best) && length > strlen(prefix) + strlen(suffix) &&
		    strncmp(entry->d_name, prefix, strlen(prefix)) == 0 && ends_with(entry->d_name, suffix) &&
		    strverscmp(entry->d_name, best) > 0)
			memcpy(best, entry->d_name, length + 1);
	}
	if (folder)
		closedir(folder);
	if (!best[0]) {
		snprintf(error, error_size,
			 "no kernel tree: name one, or install a linux-source package (none in " DEFAULT_FOLDER ")");
		return -ENOENT;
	}
	snprintf(path, size, DEFAULT_FOLDER "/%s", best);
	return 0;
}

/* ---- archives ------------------------------------------------------------------ */

static const char needed[] =
#define RCFUZZ_NEEDED(path) path " "
#include "build.def"
	;

/* The needed part of an archive, below the cache. Its size, its time and what is needed make the folder's name. */
static int unpack(char *path, size_t size, const struct stat *info, const char *cache_dir,
		  void (*progress)(void *context, const char *message), void *progress_context, char *error,
		  size_t error_size)
{
	const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	char folder[PATH_MAX], temporary[PATH_MAX + 16], message[PATH_MAX + 32], hash[INPUTS_HASH_CHARS + 1];
	int result;

	inputs_hash_text(hash, needed, strlen(needed));
	result = snprintf(folder, sizeof(folder), "%s/trees/%s-%llx-%llx-%.8s", cache_dir, name,
			  (unsigned long long)info->st_size, (unsigned long long)info->st_mtim.tv_sec, hash);
	if (result >= (int)sizeof(folder))
		return -ENAMETOOLONG;
	if (access(folder, F_OK) == 0) {
		(void)utimensat(AT_FDCWD, folder, NULL, 0); /* in use: see build_remove_stale() */
		snprintf(path, size, "%s", folder);
		return 0;
	}
	snprintf(temporary, sizeof(temporary), "%s.%ld", folder, (long)getpid());
	snprintf(message, sizeof(message), "unpacking %s", path);
	if (progress)
		progress(progress_context, message);
	result = make_folders(temporary);
	if (result) {
		snprintf(error, error_size, "%s: %s", temporary, strerror(-result));
		return result;
	}
	result = archive_unpack(path, temporary, error, error_size);
	if (!result && rename(temporary, folder) && access(folder, F_OK) != 0) {
		result = -errno;
		snprintf(error, error_size, "%s: %s", folder, strerror(-result));
	}
	if (access(temporary, F_OK) == 0)
		remove_folder(temporary);
	snprintf(path, size, "%s", folder);
	return result;
}

/* ---- what it is ------------------------------------------------------------------ */

static void makefile_value(const char *makefile, const char *key, char *value, size_t size)
{
	const char *at = makefile;

	value[0] = '\0';
	while (at) {
		if (strncmp(at, key, strlen(key)) == 0) {
			const char *v = at + strlen(key);

			v += strspn(v, " \t");
			if (*v == '=') {
				v++;
				v += strspn(v, " \t");
				snprintf(value, size, "%.*s", (int)strcspn(v, " \t\r\n"), v);
				return;
			}
		}
		at = strchr(at, '\n');
		at = at ? at + 1 : NULL;
	}
}

static int read_version(struct kernel_tree *tree, char *error, size_t error_size)
{
	char path[PATH_MAX + 16], version[8], patchlevel[8], sublevel[8], extra[24], *makefile;
	size_t size;
	int result;

	snprintf(path, sizeof(path), "%s/Makefile", tree->path);
	result = file_read(path, MAKEFILE_BYTES_MAX, &makefile, &size, error, error_size);
	if (result)
		return result;
	makefile_value(makefile, "VERSION", version, sizeof(version));
	makefile_value(makefile, "PATCHLEVEL", patchlevel, sizeof(patchlevel));
	makefile_value(makefile, "SUBLEVEL", sublevel, sizeof(sublevel));
	makefile_value(makefile, "EXTRAVERSION", extra, sizeof(extra));
	free(makefile);
	if (!version[0] || !patchlevel[0]) {
		snprintf(error, error_size, "%s is not a kernel tree: its Makefile names no VERSION", tree->path);
		return -ENOENT;
	}
	snprintf(tree->version, sizeof(tree->version), "%s.%s%s%s%s", version, patchlevel, sublevel[0] ? "." : "",
		 sublevel, extra);
	return 0;
}

/* One line that git prints about the tree; empty if git has nothing to say. */
static void ask_git(const struct kernel_tree *tree, const char *cache_dir, char *const question[], char *answer,
		    size_t size)
{
	char log[PATH_MAX + 32], *text, error[64];
	struct textlist argv = {0};
	size_t length;

	answer[0] = '\0';
	if (snprintf(log, sizeof(log), "%s/git.%ld.log", cache_dir, (long)getpid()) >= PATH_MAX)
		return;
	textlist_add(&argv, "git");
	textlist_add(&argv, "-c");
	textlist_add(&argv, "core.fsmonitor=false"); /* or the tree could name a program to run */
	for (size_t i = 0; question[i]; i++)
		textlist_add(&argv, "%s", question[i]);
	if (!argv.failed && spawn_run(argv.items, tree->path, log) == 0 &&
	    file_read(log, LINE_BYTES_MAX, &text, &length, error, sizeof(error)) == 0) {
		snprintf(answer, size, "%.*s", (int)strcspn(text, "\n"), text);
		free(text);
	}
	unlink(log);
	textlist_free(&argv);
}

void kernel_tree_describe(struct kernel_tree *tree, const char *cache_dir)
{
	char *const describe[] = {"describe", "--tags", "--always", NULL};

	if (tree->commit[0])
		ask_git(tree, cache_dir, describe, tree->describe, sizeof(tree->describe));
}

static int check_files(const struct kernel_tree *tree, char *error, size_t error_size)
{
	static const char *const files[] = {
		"Makefile",
		"include/linux/kvm_host.h",
		"include/asm-generic/Kbuild",
#define RCFUZZ_SOURCE(source, kernel_file, properties) kernel_file,
#include "build.def"
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char path[PATH_MAX + 64];

		if (!files[i])
			continue;
		snprintf(path, sizeof(path), "%s/%s", tree->path, files[i]);
		if (access(path, R_OK) == 0)
			continue;
		snprintf(error, error_size, "%s is not a kernel tree that rcfuzz can build: it has no %s", tree->path,
			 files[i]);
		return -ENOENT;
	}
	return 0;
}

int kernel_tree_find(struct kernel_tree *tree, const char *path, const char *cache_dir,
		     void (*progress)(void *context, const char *message), void *progress_context, char *error,
		     size_t error_size)
{
	char found[PATH_MAX], git[PATH_MAX + 8];
	struct stat info;
	int result;

	*tree = (struct kernel_tree){0};
	if (!path) {
		result = find_default(found, sizeof(found), error, error_size);
		if (result)
			return result;
	} else if (!realpath(path, found)) {
		result = -errno;
		snprintf(error, error_size, "kernel tree %s: %s", path, strerror(-result));
		return result;
	}
	if (stat(found, &info)) {
		result = -errno;
		snprintf(error, error_size, "kernel tree %s: %s", found, strerror(-result));
		return result;
	}
	if (S_ISREG(info.st_mode)) {
		result = unpack(found, sizeof(found), &info, cache_dir, progress, progress_context, error, error_size);
		if (result)
			return result;
	}
	snprintf(tree->path, sizeof(tree->path), "%s", found);
	result = check_files(tree, error, error_size);
	if (!result)
		result = read_version(tree, error, error_size);
	if (result)
		return result;
	snprintf(git, sizeof(git), "%s/.git", tree->path);
	if (access(git, F_OK) == 0) {
		char *const head[] = {"rev-parse", "HEAD", NULL};

		ask_git(tree, cache_dir, head, tree->commit, sizeof(tree->commit));
	}
	return 0;
}

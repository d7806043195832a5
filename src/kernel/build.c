// SPDX-License-Identifier: GPL-2.0-only
/*
 * build.c: see build.h. In order: find the tree; look into the cache; copy and change the files that patches touch;
 * generate the few headers that the kernel's own build would; compile, several at a time; hash what was read; link;
 * see that nothing is missing.
 */
#include "build.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "diff.h"
#include "inputs.h"
#include "kernel_tree.h"
#include "link_report.h"
#include "recipe.h"
#include "spawn.h"
#include "textlist.h"

enum { SOURCE_KERNEL = 1, SOURCE_ASSEMBLY = 2, SOURCE_PRELUDE = 4 };
enum { FILE_BYTES_MAX = 8 << 20, LOG_BYTES_MAX = 4 << 20, MODULE_BYTES_MAX = 256 << 20, JOBS_MAX = 32 };

static const struct source {
	const char *path, *kernel_file;
	unsigned properties;
} sources[] = {
#define RCFUZZ_SOURCE(source, kernel_file, properties) {source, kernel_file, properties},
#include "build.def"
};
enum { SOURCES = sizeof(sources) / sizeof(sources[0]) };

/* The headers, precompiled for all units of kernel code: most of the time would go into reading them. */
static const struct source prelude = {"shim/include/prelude.h", NULL, SOURCE_KERNEL | SOURCE_PRELUDE};

static const struct feature {
	const char *name, *file, *word;
} features[] = {
#define RCFUZZ_FEATURE(name, file, word) {#name, file, word},
#include "build.def"
};
enum { FEATURES = sizeof(features) / sizeof(features[0]) };

static const char *const page_size_names[] = {"64k", "4k"};
static const char *const flavour_names[] = {"plain", "coverage", "asan", "profile", "access"};

struct build {
	const struct kernel_build_request *request;
	struct kernel_tree tree;
	const char *compiler;
	bool clang;
	char compiler_version[256];
	char source_dir[PATH_MAX]; /* has src/kernel */
	char cache_dir[PATH_MAX];
	char work_dir[PATH_MAX];	  /* temporary: patched/, generated/, objects */
	char key[INPUTS_HASH_CHARS + 1];  /* of all that is asked for, but not of the tree's contents */
	char hash[INPUTS_HASH_CHARS + 1]; /* of all contents */
	struct textlist read;		  /* absolute paths of files that the build was made from */
	struct textlist absent;		  /* paths that would have changed it */
	struct textlist touched;	  /* files of the tree with a private copy */
	struct text record;
	char *error;
	size_t error_size;
};

static __attribute__((format(printf, 3, 4))) int fail(struct build *b, int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(b->error, b->error_size, format, args);
	va_end(args);
	return -code;
}

static int fail_memory(struct build *b)
{
	return fail(b, ENOMEM, "out of memory");
}

static __attribute__((format(printf, 2, 3))) void tell(struct build *b, const char *format, ...)
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
static bool join(struct build *b, char path[PATH_MAX], const char *folder, const char *name)
{
	if (snprintf(path, PATH_MAX, "%s%s%s", folder, *name ? "/" : "", name) < PATH_MAX)
		return true;
	fail(b, ENAMETOOLONG, "%s/%s: path is too long", folder, name);
	return false;
}

static int read_text(struct build *b, const char *path, char **text, size_t *size)
{
	return file_read(path, FILE_BYTES_MAX, text, size, b->error, b->error_size);
}

/* Writes a file of the work folder, which nobody else reads. */
static int write_text(struct build *b, const char *path, const char *data, size_t size)
{
	char folder[PATH_MAX], *slash;
	FILE *file;
	int result;

	snprintf(folder, sizeof(folder), "%s", path);
	slash = strrchr(folder, '/');
	*slash = '\0';
	result = make_folders(folder);
	if (result)
		return fail(b, -result, "%s: %s", folder, strerror(-result));
	file = fopen(path, "we");
	if (!file)
		return fail(b, errno, "%s: %s", path, strerror(errno));
	if (fwrite(data, 1, size, file) != size || fclose(file))
		return fail(b, errno, "%s: %s", path, strerror(errno));
	return 0;
}

/* ---- where things are --------------------------------------------------------------- */

static int find_cache(struct build *b)
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
		return fail(b, ENOENT, "no folder for the cache: set XDG_CACHE_HOME or HOME");
	if (result >= PATH_MAX - 64)
		return fail(b, ENAMETOOLONG, "the path of the cache is too long");
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		if (!join(b, folder, b->cache_dir, folders[i]))
			return -ENAMETOOLONG;
		result = make_folders(folder);
		if (result)
			return fail(b, -result, "%s: %s", folder, strerror(-result));
	}
	return 0;
}

static int find_sources(struct build *b)
{
	const char *const candidates[] = {
		b->request->source_dir,
		getenv("RCFUZZ_SHARE"),
#ifdef RCFUZZ_SHARE_DIR
		RCFUZZ_SHARE_DIR,
#endif
#ifdef RCFUZZ_INSTALL_SHARE_DIR
		RCFUZZ_INSTALL_SHARE_DIR,
#endif
	};
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(candidates) / sizeof(candidates[0]); i++) {
		if (!candidates[i] || !realpath(candidates[i], b->source_dir))
			continue;
		if (join(b, path, b->source_dir, "src/kernel/shim/include/prelude.h") && access(path, R_OK) == 0)
			return 0;
		if (i == 0)
			break;
	}
	return fail(b, ENOENT, "the sources of the shim (src/kernel) are not there: set RCFUZZ_SHARE to their folder");
}

/* The first line that the compiler says about itself. */
static bool ask_compiler(struct build *b, const char *compiler)
{
	char log[PATH_MAX + 64], *text, *argv[] = {(char *)compiler, "--version", NULL};
	size_t size;
	bool good;

	snprintf(log, sizeof(log), "%s/work/compiler.%ld.log", b->cache_dir, (long)getpid());
	good = spawn_run(argv, NULL, log) == 0 && read_text(b, log, &text, &size) == 0;
	unlink(log);
	if (!good)
		return false;
	snprintf(b->compiler_version, sizeof(b->compiler_version), "%.*s", (int)strcspn(text, "\n"), text);
	b->clang = strstr(b->compiler_version, "clang") != NULL;
	b->compiler = compiler;
	free(text);
	return true;
}

static int find_compiler(struct build *b)
{
	const char *compiler = b->request->compiler;

	if (compiler ? !ask_compiler(b, compiler) : !ask_compiler(b, "clang") && !ask_compiler(b, "gcc"))
		return fail(b, ENOENT, "%s does not run: install it, or name another compiler",
			    compiler ? compiler : "clang");
	if (!b->clang && b->request->flavour != BUILD_PLAIN && b->request->flavour != BUILD_ACCESS)
		return fail(b, EINVAL, "%s builds need clang, and %s is not", flavour_names[b->request->flavour],
			    compiler ? compiler : b->compiler);
	return 0;
}

/* ---- flags -------------------------------------------------------------------------------- */

/* Flags that say what is generated, without paths. */
static void add_flags(const struct build *b, struct textlist *flags, unsigned properties)
{
	bool kernel = properties & SOURCE_KERNEL;
	enum build_flavour flavour = b->request->flavour;
	bool access = flavour == BUILD_ACCESS, asan = flavour == BUILD_ASAN, profile = flavour == BUILD_PROFILE;
	bool coverage = flavour == BUILD_COVERAGE || (access && b->clang);

#define RCFUZZ_FLAG(condition, flag)                                                                                   \
	if (condition)                                                                                                 \
		textlist_add(flags, "%s", flag);
#include "build.def"
	textlist_add(flags, "-O%s", b->request->optimize ? b->request->optimize : "2");
	textlist_add(flags, "-DRCFUZZ_PAGE_%s", b->request->page_size == BUILD_PAGE_64K ? "64K" : "4K");
}

enum place { PLACE_SOURCE, PLACE_GENERATED, PLACE_TREE };

static void add_include(const struct build *b, struct textlist *argv, enum place place, const char *folder)
{
	const char *slash = *folder ? "/" : "";

	switch (place) {
	case PLACE_SOURCE:
		textlist_add(argv, "-I%s%s%s", b->source_dir, slash, folder);
		break;
	case PLACE_GENERATED:
		textlist_add(argv, "-I%s/generated%s%s", b->work_dir, slash, folder);
		break;
	case PLACE_TREE:
		if (b->touched.count)
			textlist_add(argv, "-I%s/patched%s%s", b->work_dir, slash, folder);
		textlist_add(argv, "-I%s%s%s", b->tree.path, slash, folder);
		break;
	}
}

/* The name of a source's object and of what belongs to it: book3s_hv for unit/book3s_hv.c. */
static void object_name(const struct source *source, char *name, size_t size)
{
	const char *base = strrchr(source->path, '/') + 1;

	snprintf(name, size, "%.*s", (int)strcspn(base, "."), base);
}

/* How a source gets the prelude. GCC takes a precompiled header for the header that it lies beside. */
static void add_prelude(const struct build *b, struct textlist *argv, const struct source *source)
{
	if (source->properties & SOURCE_PRELUDE) {
		textlist_add(argv, "-x");
		textlist_add(argv, "c-header");
	} else if ((source->properties & SOURCE_KERNEL) && b->clang) {
		textlist_add(argv, "-include-pch");
		textlist_add(argv, "prelude.pch");
	} else if (source->properties & SOURCE_KERNEL) {
		textlist_add(argv, "-include");
		textlist_add(argv, "prelude.h");
	} else if (!(source->properties & SOURCE_ASSEMBLY)) {
		textlist_add(argv, "-include");
		textlist_add(argv, "%s/src/kernel/%s", b->source_dir, prelude.path);
	}
}

/* The command that compiles a source in the work folder. Paths in the DWARF are relative, whatever the folders are. */
static void compile_command(const struct build *b, struct textlist *argv, const struct source *source)
{
	char name[64];

	object_name(source, name, sizeof(name));
	textlist_add(argv, "%s", b->compiler);
	add_flags(b, argv, source->properties);
#define RCFUZZ_INCLUDE(place, folder) add_include(b, argv, place, folder);
#include "build.def"
	add_prelude(b, argv, source);
	textlist_add(argv, "-ffile-prefix-map=%s/=", b->tree.path);
	textlist_add(argv, "-ffile-prefix-map=%s/=", b->source_dir);
	textlist_add(argv, "-ffile-prefix-map=%s/patched/=", b->work_dir);
	textlist_add(argv, "-ffile-prefix-map=%s/=", b->work_dir);
	textlist_add(argv, "-ffile-prefix-map=%s=.", b->work_dir);
	textlist_add(argv, "-MD");
	textlist_add(argv, "-MF");
	textlist_add(argv, "%s.d", name);
	textlist_add(argv, "-c");
	textlist_add(argv, "%s/src/kernel/%s", b->source_dir, source->path);
	textlist_add(argv, "-o");
	if (source->properties & SOURCE_PRELUDE)
		textlist_add(argv, b->clang ? "prelude.pch" : "prelude.h.gch");
	else
		textlist_add(argv, "%s.o", name);
}

/* ---- the cache ------------------------------------------------------------------------------ */

static int add_content(struct build *b, struct text *text, const char *what, const char *path)
{
	char hash[INPUTS_HASH_CHARS + 1], *data;
	size_t size;
	int result = read_text(b, path, &data, &size);

	if (result)
		return result;
	inputs_hash_text(hash, data, size);
	free(data);
	text_add(text, "%s %s\n", what, hash);
	return 0;
}

/* What is asked for: the tree's place, the compiler, the flags, the patches. The sources of the shim are inputs. */
static int make_key(struct build *b)
{
	const struct kernel_build_request *request = b->request;
	struct textlist flags = {0};
	struct text text = {0};
	int result = 0;

	text_add(&text, "tree %s\ncommit %s\nversion %s\nsources %s\ncompiler %s %s\nversion %s\n", b->tree.path,
		 b->tree.commit, b->tree.version, b->source_dir, b->compiler, b->compiler_version,
		 flavour_names[request->flavour]);
	for (size_t i = 0; i < SOURCES; i++) {
		textlist_add(&flags, "%s", sources[i].path);
		add_flags(b, &flags, sources[i].properties);
	}
	for (size_t i = 0; i < flags.count; i++)
		text_add(&text, "%s\n", flags.items[i]);
#define RCFUZZ_INCLUDE(place, folder) text_add(&text, "include %d %s\n", place, folder);
#define RCFUZZ_FEATURE(name, file, word) text_add(&text, "feature " #name " %s %s\n", file, word);
#include "build.def"
	for (size_t i = 0; i < request->patch_count && !result; i++)
		result = add_content(b, &text, "patch", request->patches[i]);
	for (size_t i = 0; i < request->recipe_count && !result; i++)
		result = add_content(b, &text, "recipe", request->recipes[i]);
	if (!result && (text.failed || flags.failed))
		result = fail_memory(b);
	if (!result)
		inputs_hash_text(b->key, text.data, text.size);
	text_free(&text);
	textlist_free(&flags);
	return result;
}

static void cache_path(const struct build *b, char path[PATH_MAX], const char *suffix)
{
	snprintf(path, PATH_MAX, "%.*s/build/%s.%s", PATH_MAX - 64, b->cache_dir, b->key, suffix);
}

static bool cache_has(struct build *b)
{
	char path[PATH_MAX], *record, error[64];
	size_t size;
	bool good;

	cache_path(b, path, "so");
	if (access(path, R_OK) != 0)
		return false;
	cache_path(b, path, "inputs");
	if (file_read(path, FILE_BYTES_MAX, &record, &size, error, sizeof(error)))
		return false;
	good = inputs_unchanged(record);
	free(record);
	return good;
}

/* ---- private copies of patched files ----------------------------------------------------------- */

static bool tree_file(struct build *b, char path[PATH_MAX], const char *name)
{
	return join(b, path, b->tree.path, name);
}

static bool private_file(struct build *b, char path[PATH_MAX], const char *name)
{
	char folder[PATH_MAX];

	return join(b, folder, b->work_dir, "patched") && join(b, path, folder, name);
}

/* Makes the private copy, once. A file that the tree lacks may be one that a patch adds: none is made. */
static int touch(struct build *b, const char *name)
{
	char from[PATH_MAX], to[PATH_MAX], *data;
	size_t size;
	int result;

	if (textlist_has(&b->touched, name))
		return 0;
	textlist_add(&b->touched, "%s", name);
	if (!tree_file(b, from, name) || !private_file(b, to, name))
		return -ENAMETOOLONG;
	if (access(from, F_OK) != 0) {
		textlist_add(&b->absent, "%s", from);
		return 0;
	}
	textlist_add(&b->read, "%s", from);
	result = read_text(b, from, &data, &size);
	if (result)
		return result;
	result = write_text(b, to, data, size);
	free(data);
	return result;
}

/* The line of patch(1)'s output that says most. */
static void patch_complaint(struct build *b, const char *log, char *line, size_t size)
{
	char *text, *at, error[64];
	size_t length;

	snprintf(line, size, "patch failed");
	if (file_read(log, LOG_BYTES_MAX, &text, &length, error, sizeof(error)))
		return;
	at = strstr(text, "FAILED");
	if (!at)
		at = strstr(text, "can't find");
	if (!at)
		at = text;
	while (at > text && at[-1] != '\n')
		at--;
	if (*at)
		snprintf(line, size, "%.*s", (int)strcspn(at, "\n"), at);
	free(text);
	(void)b;
}

static int apply_patch(struct build *b, const char *name)
{
	char path[PATH_MAX], folder[PATH_MAX], log[PATH_MAX], line[256], *text;
	struct diff_files files;
	size_t size;
	int result;

	if (!realpath(name, path))
		return fail(b, ENOENT, "patch %s: %s", name, strerror(errno));
	result = file_read(path, DIFF_BYTES_MAX, &text, &size, b->error, b->error_size);
	if (result)
		return result;
	result = diff_list_files(&files, name, text, size, b->error, b->error_size);
	free(text);
	if (result)
		return result;
	for (size_t i = 0; i < files.count && !result; i++)
		result = touch(b, files.paths[i]);
	diff_files_free(&files);
	if (result)
		return result;
	if (!join(b, folder, b->work_dir, "patched") || !join(b, log, b->work_dir, "patch.log"))
		return -ENAMETOOLONG;
	result = make_folders(folder);
	if (!result) {
		char *argv[] = {"patch", "-p1", "--unified", "--batch", "--forward", "--no-backup-if-mismatch",
				"-r",	 "-",	"-i",	     path,	NULL};

		result = spawn_run(argv, folder, log);
	}
	if (result < 0)
		return fail(b, -result, "patch(1): %s", strerror(-result));
	if (!result)
		return 0;
	patch_complaint(b, log, line, sizeof(line));
	return fail(b, EINVAL, "patch %s does not apply to %s: %s", name, b->tree.path, line);
}

static int apply_rule(struct build *b, const struct recipe_rule *rule, const char *name)
{
	char path[PATH_MAX], *text, *changed;
	size_t size;
	int result = touch(b, rule->file);

	if (result)
		return result;
	if (!private_file(b, path, rule->file))
		return -ENAMETOOLONG;
	if (access(path, F_OK) != 0)
		return fail(b, ENOENT, "%s:%u: %s has no %s", name, rule->line, b->tree.path, rule->file);
	result = read_text(b, path, &text, &size);
	if (result)
		return result;
	changed = recipe_apply(rule, name, text, b->error, b->error_size);
	result = changed ? write_text(b, path, changed, strlen(changed)) : -EINVAL;
	free(changed);
	free(text);
	return result;
}

static int apply_recipe(struct build *b, const char *name)
{
	struct recipe recipe;
	char *text;
	size_t size;
	int result = file_read(name, RECIPE_BYTES_MAX, &text, &size, b->error, b->error_size);

	if (result)
		return result;
	result = recipe_parse(&recipe, name, text, size, b->error, b->error_size);
	free(text);
	if (result)
		return result;
	for (size_t i = 0; i < recipe.count && !result; i++)
		result = apply_rule(b, &recipe.rules[i], name);
	recipe_free(&recipe);
	return result;
}

static bool same_folder(const char *a, const char *b)
{
	const char *end_a = strrchr(a, '/'), *end_b = strrchr(b, '/');

	return end_a && end_b && end_a - a == end_b - b && strncmp(a, b, (size_t)(end_a - a)) == 0;
}

/* A patched "header.h" must win over that beside the .c file which includes it: the .c files beside it are copied too.
 */
static int touch_siblings(struct build *b)
{
	size_t patched = b->touched.count;
	int result = 0;

	for (size_t i = 0; i < patched && !result; i++)
		for (size_t j = 0; j < SOURCES && !result; j++)
			if (sources[j].kernel_file && same_folder(b->touched.items[i], sources[j].kernel_file))
				result = touch(b, sources[j].kernel_file);
	return result;
}

static int make_private_copies(struct build *b)
{
	const struct kernel_build_request *request = b->request;
	int result = 0;

	for (size_t i = 0; i < request->patch_count && !result; i++)
		result = apply_patch(b, request->patches[i]);
	for (size_t i = 0; i < request->recipe_count && !result; i++)
		result = apply_recipe(b, request->recipes[i]);
	return result ? result : touch_siblings(b);
}

/* ---- generated headers ----------------------------------------------------------------------------- */

static bool has_word(const char *text, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = strstr(text, word); at; at = strstr(at + 1, word)) {
		char before = at > text ? at[-1] : ' ', then = at[length];

		if (!isalnum((unsigned char)before) && before != '_' && !isalnum((unsigned char)then) && then != '_')
			return true;
	}
	return false;
}

/* The private copy if there is one, else the tree's file, which becomes an input. */
static int read_tree_file(struct build *b, const char *name, char **text, size_t *size)
{
	char path[PATH_MAX];

	if (!private_file(b, path, name))
		return -ENAMETOOLONG;
	if (access(path, F_OK) != 0) {
		if (!tree_file(b, path, name))
			return -ENAMETOOLONG;
		textlist_add(&b->read, "%s", path);
	}
	return read_text(b, path, text, size);
}

/* features.h: what this tree has. */
static int generate_features(struct build *b)
{
	char path[PATH_MAX];
	struct text text = {0};
	int result = 0;

	text_add(&text, "/* generated: what the kernel tree has, see build.def */\n");
	for (size_t i = 0; i < FEATURES && !result; i++) {
		char *file, from[PATH_MAX];
		size_t size;

		if (!tree_file(b, from, features[i].file))
			result = -ENAMETOOLONG;
		else if (access(from, F_OK) != 0)
			textlist_add(&b->absent, "%s", from);
		else
			result = read_tree_file(b, features[i].file, &file, &size);
		if (result || access(from, F_OK) != 0)
			continue;
		if (has_word(file, features[i].word))
			text_add(&text, "#define RCFUZZ_HAVE_%s 1\n", features[i].name);
		free(file);
	}
	if (!result && text.failed)
		result = fail_memory(b);
	if (!result && join(b, path, b->work_dir, "generated/features.h"))
		result = write_text(b, path, text.data, text.size);
	text_free(&text);
	return result;
}

/* asm/NAME for a header that the architecture leaves to asm-generic, as the kernel's scripts/Makefile.asm-generic does.
 */
static int generate_wrapper(struct build *b, const char *name)
{
	static const char *const own[] = {"arch/powerpc/include/asm", "arch/powerpc/include/uapi/asm"};
	char path[PATH_MAX], relative[256], text[256];

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		snprintf(relative, sizeof(relative), "%s/%s", own[i], name);
		if (!tree_file(b, path, relative))
			return -ENAMETOOLONG;
		if (access(path, F_OK) == 0 || textlist_has(&b->touched, relative))
			return 0;
		textlist_add(&b->absent, "%s", path);
	}
	snprintf(relative, sizeof(relative), "generated/asm/%s", name);
	if (!join(b, path, b->work_dir, relative))
		return -ENAMETOOLONG;
	snprintf(text, sizeof(text), "#include <asm-generic/%s>\n", name);
	return write_text(b, path, text, strlen(text));
}

/* The wrappers that a Kbuild file asks for: lines `generic-y += name.h` and `mandatory-y += name.h`. */
static int generate_wrappers(struct build *b, const char *kbuild)
{
	char *text, *line, *save = NULL, kind[16], name[64];
	size_t size;
	int result = read_tree_file(b, kbuild, &text, &size);

	if (result)
		return result;
	for (line = strtok_r(text, "\n", &save); line && !result; line = strtok_r(NULL, "\n", &save)) {
		if (sscanf(line, "%15s += %63s", kind, name) != 2 ||
		    (strcmp(kind, "generic-y") != 0 && strcmp(kind, "mandatory-y") != 0))
			continue;
		if (tree_path_is_safe(name) && !strchr(name, '/'))
			result = generate_wrapper(b, name);
	}
	free(text);
	return result;
}

static int generate_headers(struct build *b)
{
	static const char *const kbuilds[] = {"include/asm-generic/Kbuild", "include/uapi/asm-generic/Kbuild",
					      "arch/powerpc/include/asm/Kbuild",
					      "arch/powerpc/include/uapi/asm/Kbuild"};
	int result = generate_features(b);

	for (size_t i = 0; i < sizeof(kbuilds) / sizeof(kbuilds[0]) && !result; i++)
		result = generate_wrappers(b, kbuilds[i]);
	return result;
}

/* ---- compiling ------------------------------------------------------------------------------------------ */

static void log_path(struct build *b, char path[PATH_MAX], const struct source *source)
{
	char name[64];

	object_name(source, name, sizeof(name));
	strcat(name, ".log");
	join(b, path, b->work_dir, name);
}

/* The first error that the compiler printed, with the work folder and the tree taken off its path. */
static int compile_failed(struct build *b, const struct source *source)
{
	char path[PATH_MAX], keep[PATH_MAX], *text = NULL, *line, error[64];
	size_t size, skip = 0;

	log_path(b, path, source);
	cache_path(b, keep, "log");
	if (file_read(path, LOG_BYTES_MAX, &text, &size, error, sizeof(error)))
		return fail(b, ENOEXEC, "%s does not compile %s", b->compiler, source->path);
	rename(path, keep);
	line = strstr(text, "rror: "); /* the assembler's begins with a capital */
	line = line ? line : text;
	while (line > text && line[-1] != '\n')
		line--;
	if (strncmp(line, b->tree.path, strlen(b->tree.path)) == 0)
		skip = strlen(b->tree.path) + 1;
	else if (strncmp(line, b->work_dir, strlen(b->work_dir)) == 0)
		skip = strlen(b->work_dir) + 1;
	fail(b, ENOEXEC, "kernel tree %s: %s does not compile: %.*s (all of it in %s)", b->tree.path,
	     source->kernel_file  ? source->kernel_file
	     : source == &prelude ? "a header"
				  : source->path,
	     (int)strcspn(line + skip, "\n"), line + skip, keep);
	free(text);
	return -ENOEXEC;
}

static int start_compiler(struct build *b, const struct source *source, pid_t *process)
{
	struct textlist argv = {0};
	char log[PATH_MAX];
	int result;

	log_path(b, log, source);
	compile_command(b, &argv, source);
	result = argv.failed ? fail_memory(b) : spawn_start(process, argv.items, b->work_dir, log);
	if (result < 0 && !argv.failed)
		fail(b, -result, "%s: %s", b->compiler, strerror(-result));
	textlist_free(&argv);
	return result;
}

static int compile_prelude(struct build *b)
{
	pid_t process;
	int result = start_compiler(b, &prelude, &process);

	if (result)
		return result;
	return spawn_wait(process) ? compile_failed(b, &prelude) : 0;
}

static int compile_all(struct build *b)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	size_t jobs = b->request->jobs ? b->request->jobs : cpus > 0 ? (size_t)cpus : 1, next = 0, running = 0;
	pid_t processes[JOBS_MAX] = {0};
	const struct source *compiling[JOBS_MAX];
	int result = 0, status, slot;

	if (jobs > JOBS_MAX)
		jobs = JOBS_MAX;
	while (running || (next < SOURCES && !result)) {
		for (size_t i = 0; i < jobs && next < SOURCES && !result; i++) {
			if (processes[i])
				continue;
			compiling[i] = &sources[next++];
			result = start_compiler(b, compiling[i], &processes[i]);
			if (result)
				processes[i] = 0;
			else
				running++;
		}
		if (!running)
			break;
		slot = spawn_wait_any(processes, jobs, &status);
		running--;
		if (status && !result)
			result = compile_failed(b, compiling[slot]);
	}
	return result;
}

/* ---- what it was made from ---------------------------------------------------------------------------------- */

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

static int collect_inputs(struct build *b)
{
	char inputs_hash[INPUTS_HASH_CHARS + 1], name[64], path[PATH_MAX];
	struct textlist absolute = {0};
	struct text all = {0};
	int result = 0;

	for (size_t i = 0; i <= SOURCES && !result; i++) {
		object_name(i < SOURCES ? &sources[i] : &prelude, name, sizeof(name));
		strcat(name, ".d");
		if (!join(b, path, b->work_dir, name))
			result = -ENAMETOOLONG;
		else
			result = inputs_add_depfile(&b->read, path, b->error, b->error_size);
	}
	for (size_t i = 0; i < b->read.count; i++)
		if (b->read.items[i][0] == '/')
			textlist_add(&absolute, "%s", b->read.items[i]);
	textlist_sort_unique(&absolute);
	textlist_sort_unique(&b->absent);
	if (!result && (absolute.failed || b->read.failed))
		result = fail_memory(b);
	if (!result)
		result = inputs_record(&b->record, inputs_hash, &absolute, &b->absent, name_of, b, b->error,
				       b->error_size);
	textlist_free(&b->read);
	b->read = absolute;
	if (result)
		return result;

	/* Contents, and all that is asked for except where it lies. */
	text_add(&all, "%s %s %s\n", inputs_hash, b->compiler_version, page_size_names[b->request->page_size]);
	struct textlist flags = {0};
	add_flags(b, &flags, SOURCE_KERNEL);
	for (size_t i = 0; i < flags.count; i++)
		text_add(&all, "%s\n", flags.items[i]);
	for (size_t i = 0; i < b->request->patch_count && !result; i++)
		result = add_content(b, &all, "patch", b->request->patches[i]);
	for (size_t i = 0; i < b->request->recipe_count && !result; i++)
		result = add_content(b, &all, "recipe", b->request->recipes[i]);
	if (!result && (all.failed || flags.failed))
		result = fail_memory(b);
	if (!result)
		inputs_hash_text(b->hash, all.data, all.size);
	textlist_free(&flags);
	text_free(&all);
	return result;
}

static void add_json_names(struct text *json, const char *key, const char *const *names, size_t count)
{
	text_add(json, ",\"%s\":[", key);
	for (size_t i = 0; i < count; i++) {
		const char *slash = strrchr(names[i], '/');

		text_add(json, i ? "," : "");
		text_add_json(json, slash ? slash + 1 : names[i]);
	}
	text_add(json, "]");
}

/* What `rcfuzz info` shows. */
static void describe(struct build *b, struct text *json)
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
	text_add(json, ",\"page_size\":\"%s\",\"flavour\":\"%s\",\"compiler\":", page_size_names[request->page_size],
		 flavour_names[request->flavour]);
	text_add_json(json, b->compiler_version);
	add_flags(b, &flags, SOURCE_KERNEL);
	text_add(json, ",\"flags\":[");
	for (size_t i = 0; i < flags.count; i++) {
		text_add(json, i ? "," : "");
		text_add_json(json, flags.items[i]);
	}
	text_add(json, "],\"files\":[");
	for (size_t i = 0; i < SOURCES; i++) {
		if (!sources[i].kernel_file)
			continue;
		text_add(json, i ? "," : "");
		text_add_json(json, sources[i].kernel_file);
	}
	text_add(json, "]");
	add_json_names(json, "patches", request->patches, request->patch_count);
	add_json_names(json, "recipes", request->recipes, request->recipe_count);
	text_add(json, ",\"hash\":\"%s\"}", b->hash);
	if (flags.failed)
		json->failed = true;
	textlist_free(&flags);
}

/* ---- linking ------------------------------------------------------------------------------------------------------
 */

/* info.c, which has rcfuzz_build_info; compiled alone, since the hash is known only after the rest. */
static int make_info(struct build *b)
{
	char path[PATH_MAX],
		*argv[] = {(char *)b->compiler, "-fPIC", "-fvisibility=hidden", "-c", "info.c", "-o", "info.o", NULL};
	struct text json = {0}, text = {0};
	int result;

	describe(b, &json);
	text_add(&text, "/* generated */\nextern const char rcfuzz_build_info[];\nconst char rcfuzz_build_info[] = {");
	for (size_t i = 0; i <= json.size; i++)
		text_add(&text, "%s%u,", i % 24 ? "" : "\n\t", json.data ? (unsigned char)json.data[i] : 0);
	text_add(&text, "\n};\n");
	result = json.failed || text.failed ? fail_memory(b) : 0;
	if (!result && join(b, path, b->work_dir, "info.c"))
		result = write_text(b, path, text.data, text.size);
	text_free(&json);
	text_free(&text);
	if (result)
		return result;
	result = spawn_run(argv, b->work_dir, NULL);
	return result ? fail(b, result < 0 ? -result : EIO, "%s cannot compile a table of numbers", b->compiler) : 0;
}

/* "kernel tree X: book3s_hv_nested.c needs `foo`, which the shim does not know" */
static int unknown_symbols(struct build *b, const struct textlist *unknown)
{
	const char *first = unknown->items[0], *object = strchr(first, ' ') + 1, *file = object;
	struct text more = {0};
	char name[64];

	for (size_t i = 0; i < SOURCES; i++) {
		object_name(&sources[i], name, sizeof(name));
		if (strcmp(name, object) == 0)
			file = sources[i].kernel_file ? strrchr(sources[i].kernel_file, '/') + 1 : sources[i].path;
	}
	for (size_t i = 1; i < unknown->count && i <= 8; i++)
		text_add(&more, "%s%.*s", i == 1 ? "; nor " : ", ", (int)strcspn(unknown->items[i], " "),
			 unknown->items[i]);
	if (unknown->count > 9)
		text_add(&more, " and %zu more", unknown->count - 9);
	fail(b, ENOEXEC, "kernel tree %s: %s needs `%.*s`, which the shim does not know%s", b->tree.path, file,
	     (int)strcspn(first, " "), first, more.data ? more.data : "");
	text_free(&more);
	return -ENOEXEC;
}

static int check_link(struct build *b, const char *log, int status)
{
	struct textlist unknown = {0};
	char *text, *line;
	size_t size;
	int result = file_read(log, LOG_BYTES_MAX, &text, &size, b->error, b->error_size);

	if (result)
		return result;
	link_report_unknown(&unknown, text);
	if (unknown.count) {
		result = unknown_symbols(b, &unknown);
	} else if (status) {
		line = strstr(text, "multiple definition");
		line = line ? line : strstr(text, "error: ");
		line = line ? line : text;
		while (line > text && line[-1] != '\n')
			line--;
		result = fail(b, ENOEXEC, "kernel tree %s: the module does not link: %.*s", b->tree.path,
			      (int)strcspn(line, "\n"), line);
	}
	textlist_free(&unknown);
	free(text);
	return result;
}

static int link_module(struct build *b)
{
	static const char exports[] = "{ global: rcfuzz_target; local: *; };\n";
	char path[PATH_MAX], log[PATH_MAX], name[64];
	struct textlist argv = {0};
	int result;

	if (!join(b, path, b->work_dir, "exports.map") || !join(b, log, b->work_dir, "link.log"))
		return -ENAMETOOLONG;
	result = write_text(b, path, exports, strlen(exports));
	if (result)
		return result;
	textlist_add(&argv, "%s", b->compiler);
	textlist_add(&argv, "-shared");
	textlist_add(&argv, "-o");
	textlist_add(&argv, "module.so");
	for (size_t i = 0; i < SOURCES; i++) {
		object_name(&sources[i], name, sizeof(name));
		textlist_add(&argv, "%s.o", name);
	}
	textlist_add(&argv, "info.o");
	textlist_add(&argv, "-Wl,--version-script=exports.map");
	textlist_add(&argv, "-Wl,--gc-sections");
	textlist_add(&argv, "-Wl,-z,start-stop-gc"); /* counters of dropped functions go too */
	textlist_add(&argv, "-Wl,-Bsymbolic");
	textlist_add(&argv, "-Wl,-z,defs");
	textlist_add(&argv, "-Wl,--warn-unresolved-symbols");
	if (b->request->flavour == BUILD_PROFILE)
		textlist_add(&argv, "-fprofile-instr-generate"); /* the runtime */
	result = argv.failed ? -ENOMEM : spawn_run(argv.items, b->work_dir, log);
	textlist_free(&argv);
	if (result < 0)
		return fail(b, -result, "%s: %s", b->compiler, strerror(-result));
	return check_link(b, log, result);
}

/* ---- the whole
 * ------------------------------------------------------------------------------------------------------- */

/* Moves the module and the record of its inputs into the cache: the record last, for it is what makes the module valid.
 */
static int store(struct build *b)
{
	char from[PATH_MAX], to[PATH_MAX];
	int result;

	cache_path(b, to, "inputs");
	unlink(to);
	cache_path(b, to, "so");
	if (!join(b, from, b->work_dir, "module.so"))
		return -ENAMETOOLONG;
	if (rename(from, to))
		return fail(b, errno, "%s: %s", to, strerror(errno));
	cache_path(b, to, "inputs");
	result = file_write_atomic(to, b->record.data, b->record.size, b->error, b->error_size);
	cache_path(b, to, "log"); /* of an earlier failure */
	unlink(to);
	return result;
}

/* Folders that a killed build has left behind: of another day. */
static void remove_stale_work(struct build *b)
{
	enum { STALE_SECONDS = 24 * 60 * 60 };
	char path[PATH_MAX], folder[PATH_MAX];
	struct dirent *entry;
	struct stat info;
	DIR *work;

	if (!join(b, folder, b->cache_dir, "work"))
		return;
	work = opendir(folder);
	while (work && (entry = readdir(work)))
		if (entry->d_name[0] != '.' && join(b, path, folder, entry->d_name) && stat(path, &info) == 0 &&
		    info.st_mtim.tv_sec + STALE_SECONDS < time(NULL))
			remove_folder(path);
	if (work)
		closedir(work);
}

static int build_cold(struct build *b)
{
	int result;

	remove_stale_work(b);
	if (!join(b, b->work_dir, b->cache_dir, "work/XXXXXX"))
		return -ENAMETOOLONG;
	if (!mkdtemp(b->work_dir))
		return fail(b, errno, "%s: %s", b->work_dir, strerror(errno));
	tell(b, "building linux %s, %s pages, %s, with %s", b->tree.version, page_size_names[b->request->page_size],
	     flavour_names[b->request->flavour], b->compiler);
	result = make_private_copies(b);
	if (!result)
		result = generate_headers(b);
	if (!result)
		result = compile_prelude(b);
	if (!result)
		result = compile_all(b);
	if (!result)
		result = collect_inputs(b);
	if (!result)
		result = make_info(b);
	if (!result)
		result = link_module(b);
	if (!result)
		result = store(b);
	if (!getenv("RCFUZZ_KEEP_WORK"))
		remove_folder(b->work_dir);
	return result;
}

/* The module goes to its output in one step. */
static int deliver(struct build *b, char *out_path, size_t out_size)
{
	char path[PATH_MAX], *data;
	size_t size;
	int result = 0;

	cache_path(b, path, "so");
	if (b->request->output) {
		result = file_read(path, MODULE_BYTES_MAX, &data, &size, b->error, b->error_size);
		if (!result)
			result = file_write_atomic(b->request->output, data, size, b->error, b->error_size);
		if (!result)
			free(data);
	}
	if (!result &&
	    snprintf(out_path, out_size, "%s", b->request->output ? b->request->output : path) >= (int)out_size)
		result = fail(b, ENAMETOOLONG, "the path of the module is too long");
	return result;
}

int kernel_build(const struct kernel_build_request *request, char *out_path, size_t out_size, char *error,
		 size_t error_size)
{
	struct build *b = calloc(1, sizeof(*b));
	int result;

	if (!b) {
		snprintf(error, error_size, "out of memory");
		return -ENOMEM;
	}
	b->request = request;
	b->error = error;
	b->error_size = error_size;
	result = find_cache(b);
	if (!result)
		result = find_sources(b);
	if (!result)
		result = kernel_tree_find(&b->tree, request->tree, b->cache_dir, request->progress,
					  request->progress_context, error, error_size);
	if (!result)
		result = find_compiler(b);
	if (!result)
		result = make_key(b);
	if (!result && (request->rebuild || !cache_has(b)))
		result = build_cold(b);
	if (!result)
		result = deliver(b, out_path, out_size);
	textlist_free(&b->read);
	textlist_free(&b->absent);
	textlist_free(&b->touched);
	text_free(&b->record);
	free(b);
	return result;
}

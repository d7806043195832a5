// SPDX-License-Identifier: GPL-2.0-only
/* build_compile.c: the compiler, its flags, and its runs, several at a time. */
#include "build_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "spawn.h"

enum { JOBS_MAX = 32 };

/* The first line that the compiler says about itself. */
static bool ask_compiler(struct build *b, const char *compiler)
{
	char log[PATH_MAX + 64], *text, *argv[] = {(char *)compiler, "--version", NULL};
	size_t size;
	bool good;

	snprintf(log, sizeof(log), "%s/work/compiler.%ld.log", b->cache_dir, (long)getpid());
	good = spawn_run(argv, NULL, log) == 0 && build_read(b, log, &text, &size) == 0;
	unlink(log);
	if (!good)
		return false;
	snprintf(b->compiler_version, sizeof(b->compiler_version), "%.*s", (int)strcspn(text, "\n"), text);
	b->clang = strstr(b->compiler_version, "clang") != NULL;
	b->compiler = compiler;
	free(text);
	return true;
}

int build_find_compiler(struct build *b)
{
	const char *compiler = b->request->compiler;

	if (compiler ? !ask_compiler(b, compiler) : !ask_compiler(b, "clang") && !ask_compiler(b, "gcc"))
		return build_fail(b, ENOENT, "%s does not run: install it, or name another compiler",
				  compiler ? compiler : "clang");
	if (!b->clang && b->request->flavour != BUILD_PLAIN && b->request->flavour != BUILD_ACCESS)
		return build_fail(b, EINVAL, "%s builds need clang, and %s is not: install clang",
				  build_flavour_names[b->request->flavour], compiler ? compiler : b->compiler);
	return 0;
}

/* ---- flags ---------------------------------------------------------------------- */

/* Flags that say what is generated, without paths. */
void build_add_flags(const struct build *b, struct textlist *flags, unsigned properties)
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

static void add_include(const struct build *b, struct textlist *argv, enum place place, const char *folder)
{
	const char *slash = *folder ? "/" : "";

	switch (place) {
	case PLACE_SOURCE:
		textlist_add(argv, "-I%s%s%s", b->source_dir, slash, folder);
		break;
	case PLACE_GENERATED:
		textlist_add(argv, "-Igenerated%s%s", slash, folder);
		break;
	case PLACE_TREE:
		if (b->touched.count)
			textlist_add(argv, "-Ipatched%s%s", slash, folder);
		textlist_add(argv, "-I%s%s%s", b->tree.path, slash, folder);
		break;
	}
}

/* How a source gets the prelude. GCC takes a precompiled header for the header that it lies beside. */
static void add_prelude(const struct build *b, struct textlist *argv, const struct source *source)
{
	const struct source *prelude = build_prelude_of(source);
	char name[64];

	if (source->properties & SOURCE_PRELUDE) {
		textlist_add(argv, "-x");
		textlist_add(argv, "c-header");
	} else if (prelude) {
		build_object_name(prelude, name, sizeof(name));
		textlist_add(argv, b->clang ? "-include-pch" : "-include");
		textlist_add(argv, "%s.%s", name, b->clang ? "pch" : "h");
	}
}

/*
 * The command that compiles a source in the work folder. Paths in the DWARF are relative, whatever the folders are.
 * The sanitizers' and the assembler's are as they were given: those of the work folder are given relative to it, or
 * each build would have other bytes.
 */
static void compile_command(const struct build *b, struct textlist *argv, const struct source *source)
{
	char name[64];

	build_object_name(source, name, sizeof(name));
	textlist_add(argv, "%s", b->compiler);
	build_add_flags(b, argv, source->properties);
#define RCFUZZ_INCLUDE(place, folder) add_include(b, argv, place, folder);
#include "build.def"
	add_prelude(b, argv, source);
	textlist_add(argv, "-ffile-prefix-map=%s/=", b->tree.path);
	textlist_add(argv, "-ffile-prefix-map=%s/=", b->source_dir);
	textlist_add(argv, "-ffile-prefix-map=patched/=");
	textlist_add(argv, "-ffile-prefix-map=%s/=", b->work_dir);
	textlist_add(argv, "-ffile-prefix-map=%s=.", b->work_dir);
	if (b->clang)
		textlist_add(argv, "-fdebug-compilation-dir=.");
	textlist_add(argv, "-MD");
	textlist_add(argv, "-MF");
	textlist_add(argv, "%s.d", name);
	textlist_add(argv, "-c");
	textlist_add(argv, "%s/src/kernel/%s", b->source_dir, source->path);
	textlist_add(argv, "-o");
	if (source->properties & SOURCE_PRELUDE)
		textlist_add(argv, "%s.%s", name, b->clang ? "pch" : "h.gch");
	else
		textlist_add(argv, "%s.o", name);
}

/* ---- runs ----------------------------------------------------------------------- */

static void log_path(struct build *b, char path[PATH_MAX], const struct source *source)
{
	char name[64];

	build_object_name(source, name, sizeof(name));
	strcat(name, ".log");
	build_join(b, path, b->work_dir, name);
}

/* The first error that the compiler printed, with the work folder and the tree taken off its path. */
static int compile_failed(struct build *b, const struct source *source)
{
	char path[PATH_MAX], keep[PATH_MAX], *text = NULL, *line, error[64];
	size_t size, skip = 0;

	log_path(b, path, source);
	build_cache_path(b, keep, "log");
	if (file_read(path, LOG_BYTES_MAX, &text, &size, error, sizeof(error)))
		return build_fail(b, ENOEXEC, "%s does not compile %s", b->compiler, source->path);
	if (build_is_full(b, text)) {
		free(text);
		return build_fail_full(b);
	}
	rename(path, keep);
	line = strstr(text, "rror: "); /* the assembler's begins with a capital */
	line = line ? line : text;
	while (line > text && line[-1] != '\n')
		line--;
	if (strncmp(line, b->tree.path, strlen(b->tree.path)) == 0)
		skip = strlen(b->tree.path) + 1;
	else if (strncmp(line, b->work_dir, strlen(b->work_dir)) == 0)
		skip = strlen(b->work_dir) + 1;
	build_fail(b, ENOEXEC, "kernel tree %s: %s does not compile: %.*s (all of it in %s)", b->tree.path,
		   source->kernel_file			 ? source->kernel_file
		   : source->properties & SOURCE_PRELUDE ? "a header"
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
	result = argv.failed ? build_fail_memory(b) : spawn_start(process, argv.items, b->work_dir, log);
	if (result < 0 && !argv.failed)
		build_fail(b, -result, "%s: %s", b->compiler, strerror(-result));
	textlist_free(&argv);
	return result;
}

/* As many at a time as are asked for, in this order; after one has failed no more begin. */
static int compile_list(struct build *b, const struct source *const *sources, size_t count)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	size_t jobs = b->request->jobs ? b->request->jobs : cpus > 0 ? (size_t)cpus : 1, next = 0, running = 0;
	pid_t processes[JOBS_MAX] = {0};
	const struct source *compiling[JOBS_MAX];
	int result = 0, status, slot;

	if (jobs > JOBS_MAX)
		jobs = JOBS_MAX;
	while (running || (next < count && !result)) {
		for (size_t i = 0; i < jobs && next < count && !result; i++) {
			if (processes[i])
				continue;
			compiling[i] = sources[next++];
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

bool build_has_prelude(const struct build *b, const struct source *prelude)
{
	for (size_t i = 0; i < BUILD_SOURCES; i++)
		if (build_prelude_of(&build_sources[i]) == prelude && !b->taken[i])
			return true;
	return false;
}

int build_compile_preludes(struct build *b)
{
	const struct source *sources[BUILD_PRELUDES];
	size_t count = 0;

	for (size_t i = 0; i < BUILD_PRELUDES; i++)
		if (build_has_prelude(b, &build_preludes[i]))
			sources[count++] = &build_preludes[i];
	return compile_list(b, sources, count);
}

int build_compile_all(struct build *b)
{
	const struct source *sources[BUILD_SOURCES];
	size_t count = 0;

	for (size_t i = 0; i < BUILD_SOURCES; i++)
		if (!b->taken[i])
			sources[count++] = &build_sources[i];
	return compile_list(b, sources, count);
}

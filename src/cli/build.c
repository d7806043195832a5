// SPDX-License-Identifier: GPL-2.0-only
/* build.c: `rcfuzz build`: a module from a kernel tree. */
#include "cli/cli.h"
#include "cli/target.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

struct build_options {
	struct target_choice target;
	unsigned flavour;
	const char *output, *optimize;
	uint64_t jobs;
	bool rebuild;
};

enum { KEY_FLAVOUR = 1000, KEY_OPTIMIZE, KEY_REBUILD, KEY_JOBS };

static const struct argp_option options[] = {
	{"kernel", TARGET_KEY_KERNEL, "TREE", 0,
	 "a tree or an archive of one (default: the newest linux-source package)", 0},
	{"output", 'o', "M.so", 0, "where the module goes (default: it stays in the cache)", 0},
	{"page-size", TARGET_KEY_PAGE_SIZE, "64k|4k", 0, "page size of the kernel (default 64k)", 0},
	{"patch", TARGET_KEY_PATCH, "F", 0, "apply a diff to a private copy; repeatable", 0},
	{"recipe", TARGET_KEY_RECIPE, "F", 0, "apply a recipe; repeatable", 0},
	{"flavour", KEY_FLAVOUR, "NAME", 0,
	 "plain (default), coverage (for engines), asan (for rcfuzz-asan), profile (for ci/coverage), or access (for "
	 "engines, "
	 "with each access to memory as a place where ops can be preempted)",
	 1},
	{"cc", TARGET_KEY_CC, "PROGRAM", 0, "compiler (default: clang, or gcc)", 1},
	{"optimize", 'O', "LEVEL", 0, "as the compiler's -O (default 2)", 1},
	{"jobs", KEY_JOBS, "N", 0, "compilers at a time (default: one a CPU)", 1},
	{"rebuild", KEY_REBUILD, NULL, 0, "even if the cache has it", 1},
	{0},
};

static const char help[] = "Builds a module from a kernel tree, or takes it from the cache, and prints its path.\v"
			   "Examples:\n"
			   "  rcfuzz build -o linux-6.12.so\n"
			   "  rcfuzz build --kernel ~/linux --patch fix.patch -o fixed.so";

static int take(void *ctx, int key, char *arg)
{
	(void)ctx, (void)key;
	return cli_error(CLI_USAGE, "build takes no argument '%s'; did you mean --kernel %s?", arg, arg);
}

static int build(const struct build_options *o)
{
	struct kernel_build_request request = target_request(
		&o->target, o->target.trees.count ? o->target.trees.items[0] : NULL, (enum build_flavour)o->flavour);
	char path[PATH_MAX], error[1024] = "";
	int result;

	request.output = o->output;
	request.optimize = o->optimize;
	request.jobs = (unsigned)o->jobs;
	request.rebuild = o->rebuild;
	result = kernel_build(&request, path, sizeof(path), error, sizeof(error));
	if (result)
		return cli_error(target_build_exit(result), "%s", error);
	printf("%s\n", o->output ? o->output : path);
	return cli_flush(CLI_CLEAN);
}

/* Does the kernel's code compile at that level? 0, or CLI_USAGE after cli_error. */
static int check_level(const char *level)
{
	static const char *const levels[] = {"1", "2", "3", "s", "z", "g", NULL};
	unsigned which;

	/* Its assembly has operands that are constants only once functions are inlined. */
	if (!strcmp(level, "0"))
		return cli_error(CLI_USAGE, "the kernel's code does not compile at -O 0, as nothing is inlined then: "
					    "use -O 1");
	return cli_choice("-O", level, levels, &which);
}

int verb_build(int argc, char **argv)
{
	struct build_options o = {0};
	static const char *const flavours[] = {"plain",	  "coverage", "asan",
					       "profile", "access",   NULL}; /* as enum build_flavour */
	const struct cli_value values[] = {
		{'o', .text = &o.output},
		{'O', .text = &o.optimize},
		{KEY_FLAVOUR, .choice = &o.flavour, .words = flavours},
		{KEY_JOBS, .number = &o.jobs, .min = 1, .max = 1024},
		{KEY_REBUILD, .flag = &o.rebuild},
		{0},
	};
	const struct cli_parser parser = {"build", "", help, options, take, &o, .values = values, .target = &o.target};
	int code = cli_parse(&parser, argc, argv);

	if (code == CLI_PARSED && o.target.trees.count > 1)
		code = cli_error(CLI_USAGE, "build makes one module: give one --kernel");
	if (code == CLI_PARSED && o.optimize && check_level(o.optimize))
		code = CLI_USAGE;
	if (code == CLI_PARSED)
		code = build(&o);
	target_free(&o.target);
	return code;
}

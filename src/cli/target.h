/* SPDX-License-Identifier: GPL-2.0-only */
/* target.h: which kernels a verb works on: modules, or trees that are built first. */
#ifndef RCFUZZ_CLI_TARGET_H
#define RCFUZZ_CLI_TARGET_H

#include "cli/cli.h"
#include "kernel/build.h"
#include "scenario/scenario_file.h"

struct target_choice {
	struct cli_list modules; /* --target */
	struct cli_list trees;	 /* --kernel */
	struct cli_list patches, recipes;
	enum build_page_size page_size;
	bool page_size_given;
	const char *compiler;
};

enum {
	TARGET_KEY_FIRST = 0x7e00,
	TARGET_KEY_TARGET = TARGET_KEY_FIRST,
	TARGET_KEY_KERNEL,
	TARGET_KEY_PATCH,
	TARGET_KEY_RECIPE,
	TARGET_KEY_PAGE_SIZE,
	TARGET_KEY_CC,
	TARGET_KEY_LAST
};

/* Rows for a verb's option table. */
#define TARGET_OPTIONS                                                                                                 \
	{"kernel", TARGET_KEY_KERNEL, "TREE", 0, "a kernel tree (default: the newest linux-source package)", 1},       \
		{"target", TARGET_KEY_TARGET, "M.so", 0, "a module that 'rcfuzz build' made", 1},                      \
		{"page-size", TARGET_KEY_PAGE_SIZE, "64k|4k", 0, "page size of the kernel (default 64k)", 1},          \
		{"patch", TARGET_KEY_PATCH, "F", 0, "apply a diff to a private copy; repeatable", 1},                  \
		{"recipe", TARGET_KEY_RECIPE, "F", 0, "apply a recipe that repairs or breaks; repeatable", 1},         \
	{                                                                                                              \
		"cc", TARGET_KEY_CC, "PROGRAM", 0, "compiler of the module (default: clang, or gcc)", 1                \
	}

/* Take one of those. ARGP_ERR_UNKNOWN: it is none of them; otherwise as cli_parser.take. */
int target_take(struct target_choice *choice, int key, char *arg);

/*
 * The modules: those given, or built from the trees (one build at least).
 * 0, or an exit code after cli_error.
 */
int target_resolve(const struct target_choice *choice, enum build_flavour flavour, struct cli_list *modules);
void target_free(struct target_choice *choice);
/*
 * Behind the module that target_resolve built of one tree: the same kernel by each compiler at hand (by the one that
 * was chosen), at two levels of optimisation, each once. 0, or an exit code after cli_error.
 */
int target_add_builds(const struct target_choice *choice, enum build_flavour flavour, struct cli_list *modules);

/* The request for one build, for verbs that build themselves. */
struct kernel_build_request target_request(const struct target_choice *choice, const char *tree,
					   enum build_flavour flavour);
/* The exit code for a negative result of kernel_build. */
int target_build_exit(int result);

/* What a module says of itself. */
struct target_facts {
	char *info; /* its JSON */
	char *has;  /* names of its features, patches and recipes, one a line */
	unsigned page_shift;
	bool access;		    /* of the flavour `access` */
	char version[64], name[96]; /* name: version and page size, for tables */
	char build[96];		    /* compiler, level of optimisation and flavour, for people */
};
/*
 * Load a module in a process of its own (it may be broken) and ask it. 0, or an
 * exit code after cli_error.
 */
int target_probe(const char *module, struct target_facts *facts);
void target_facts_free(struct target_facts *facts);
/* What `option` asks for shows only in a module that sees accesses: 0, or an exit code after cli_error. */
int target_wants_access(const char *option, const char *module, const struct target_facts *facts);
/* What the expectations of a corpus entry go by. It points into *facts. */
struct scenario_kernel target_kernel(const struct target_facts *facts);

/* The flavour of module that this program can load and that is good for running without an engine. */
enum build_flavour target_plain_flavour(void);

#endif

// SPDX-License-Identifier: GPL-2.0-only
/* target.c: from options to modules. */
#include "cli/target.h"

#include "cli/guard.h"
#include "cli/twin.h"
#include "kernel/module.h"
#include "report/record.h"
#include "run/run.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MESSAGE_MAX 65536u

int target_take(struct target_choice *choice, int key, char *arg)
{
	static const char *const sizes[] = {"64k", "4k", NULL};
	unsigned size = 0;
	int result;

	switch (key) {
	case TARGET_KEY_TARGET:
		cli_list_add(&choice->modules, arg);
		return 0;
	case TARGET_KEY_KERNEL:
		cli_list_add(&choice->trees, arg);
		return 0;
	case TARGET_KEY_PATCH:
		cli_list_add(&choice->patches, arg);
		return 0;
	case TARGET_KEY_RECIPE:
		cli_list_add(&choice->recipes, arg);
		return 0;
	case TARGET_KEY_CC:
		choice->compiler = arg;
		return 0;
	case TARGET_KEY_PAGE_SIZE:
		result = cli_choice("--page-size", arg, sizes, &size);
		choice->page_size = size ? BUILD_PAGE_4K : BUILD_PAGE_64K;
		choice->page_size_given = true;
		return result;
	}
	return ARGP_ERR_UNKNOWN;
}

void target_free(struct target_choice *choice)
{
	cli_list_free(&choice->modules);
	cli_list_free(&choice->trees);
	cli_list_free(&choice->patches);
	cli_list_free(&choice->recipes);
}

enum build_flavour target_plain_flavour(void)
{
#if defined(__SANITIZE_ADDRESS__)
	return BUILD_ASAN;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
	return BUILD_ASAN;
#endif
#endif
	return BUILD_PLAIN;
}

int target_build_exit(int result)
{
	switch (-result) {
	case ENOENT:
		return CLI_NO_INPUT;
	case EINVAL:
	case ENOEXEC:
		return CLI_BAD_INPUT;
	case EACCES:
	case EDQUOT:
	case EIO:
	case EISDIR:
	case ELOOP:
	case ENAMETOOLONG:
	case ENOSPC:
	case ENOTDIR:
	case EPERM:
	case EROFS:
		return CLI_IO;
	}
	return CLI_INTERNAL;
}

static void show_progress(void *context, const char *message)
{
	(void)context;
	fprintf(stderr, "rcfuzz: %s\n", message);
}

struct kernel_build_request target_request(const struct target_choice *choice, const char *tree,
					   enum build_flavour flavour)
{
	return (struct kernel_build_request){
		.tree = tree,
		.page_size = choice->page_size,
		.flavour = flavour,
		.compiler = choice->compiler,
		.patches = (const char *const *)choice->patches.items,
		.patch_count = choice->patches.count,
		.recipes = (const char *const *)choice->recipes.items,
		.recipe_count = choice->recipes.count,
		.progress = show_progress,
	};
}

static int build_one(const struct target_choice *choice, const char *tree, enum build_flavour flavour,
		     struct cli_list *modules)
{
	const struct kernel_build_request request = target_request(choice, tree, flavour);
	char path[PATH_MAX], error[1024] = "";
	int result = kernel_build(&request, path, sizeof(path), error, sizeof(error));

	if (result)
		return cli_error(target_build_exit(result), "%s", error);
	cli_list_add(modules, path);
	return 0;
}

static int add_module(struct cli_list *modules, const char *path)
{
	char *full = realpath(path, NULL);

	int result = 0;

	if (!full)
		return cli_error(CLI_NO_INPUT, "cannot read the module %s: %s; 'rcfuzz build' makes one", path,
				 strerror(errno));
	if (target_plain_flavour() != BUILD_ASAN && module_needs_asan(full))
		result = twin_become(path);
	cli_list_add(modules, full);
	free(full);
	return result;
}

int target_resolve(const struct target_choice *choice, enum build_flavour flavour, struct cli_list *modules)
{
	int result = 0;

	if (choice->modules.count && (choice->patches.count || choice->recipes.count || choice->page_size_given) &&
	    !choice->trees.count)
		return cli_error(CLI_USAGE,
				 "--target is a finished module: --patch, --recipe and --page-size need a --kernel");
	for (size_t i = 0; !result && i < choice->modules.count; i++)
		result = add_module(modules, choice->modules.items[i]);
	for (size_t i = 0; !result && i < choice->trees.count; i++)
		result = build_one(choice, choice->trees.items[i], flavour, modules);
	if (!result && !choice->modules.count && !choice->trees.count)
		result = build_one(choice, NULL, flavour, modules);
	return result;
}

int target_add_builds(const struct target_choice *choice, enum build_flavour flavour, struct cli_list *modules)
{
	static const char *const compilers[] = {"clang", "gcc"}, *const levels[] = {"2", "1"};
	const char *tree = choice->trees.count ? choice->trees.items[0] : NULL;

	for (size_t i = 0; i < (choice->compiler ? 2u : 4u); i++) {
		struct kernel_build_request request = target_request(choice, tree, flavour);
		char path[PATH_MAX], error[1024] = "";
		bool known = false;
		int result;

		request.compiler = choice->compiler ? choice->compiler : compilers[i / 2];
		request.optimize = levels[i % 2];
		/* gcc makes no module with sanitizers. */
		if (flavour == BUILD_ASAN && i >= 2)
			break;
		result = kernel_build(&request, path, sizeof(path), error, sizeof(error));
		if (result == -ENOENT) /* the tree is there: it was built already */
			continue;
		if (result)
			return cli_error(target_build_exit(result), "%s", error);
		for (size_t k = 0; k < modules->count; k++)
			known |= !strcmp(modules->items[k], path);
		if (!known)
			cli_list_add(modules, path);
	}
	return 0;
}

/* ---- asking a module -------------------------------------------------------------- */

/* The child's answer: 'i' page_shift info, or 'e' message; all in one string. */
static _Noreturn void answer_and_exit(int fd, const char *module)
{
	char error[512] = "", *text = NULL;
	struct runner *runner;
	int n;

	runner = runner_create(module, error, sizeof(error));
	n = runner ? asprintf(&text, "i%02u%s", runner_page_shift(runner), runner_target_info(runner))
		   : asprintf(&text, "e%s", error);
	for (int written = 0; written < n;) {
		ssize_t w = write(fd, text + written, (size_t)(n - written));

		if (w <= 0)
			break;
		written += (int)w;
	}
	_exit(0);
}

static char *read_answer(int fd)
{
	char *text = malloc(MESSAGE_MAX + 1);
	size_t n = 0;

	while (text && n < MESSAGE_MAX) {
		ssize_t got = read(fd, text + n, MESSAGE_MAX - n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		n += (size_t)got;
	}
	if (text)
		text[n] = '\0';
	return text;
}

static char *ask(const char *module, int *status)
{
	int fds[2];
	char *text;
	pid_t pid;

	if (pipe(fds))
		return NULL;
	fflush(NULL);
	pid = fork();
	if (!pid) {
		close(fds[0]);
		answer_and_exit(fds[1], module);
	}
	close(fds[1]);
	text = pid > 0 ? read_answer(fds[0]) : NULL;
	close(fds[0]);
	if (pid > 0)
		waitpid(pid, status, 0);
	return text;
}

/* "Debian clang version 14.0.6 -O2, access". */
static void describe_build(struct target_facts *facts, const cJSON *info)
{
	const char *level = "";
	const cJSON *flag;

	cJSON_ArrayForEach(flag, cJSON_GetObjectItemCaseSensitive(info, "flags"))
	{
		if (cJSON_IsString(flag) && !strncmp(flag->valuestring, "-O", 2))
			level = flag->valuestring;
	}
	snprintf(facts->build, sizeof(facts->build), "%s %s, %s", record_string(info, "compiler"), level,
		 record_string(info, "flavour"));
}

static void read_facts(struct target_facts *facts, const char *answer)
{
	cJSON *info = cJSON_Parse(answer + 3);

	facts->access = strstr(answer, "\"flavour\":\"access\"") != NULL;
	facts->page_shift = (unsigned)(answer[1] - '0') * 10 + (unsigned)(answer[2] - '0');
	facts->info = strdup(answer + 3);
	facts->has = record_properties(info);
	describe_build(facts, info);
	snprintf(facts->version, sizeof(facts->version), "%s", record_string(info, "version"));
	snprintf(facts->name, sizeof(facts->name), "%s-%s", *facts->version ? facts->version : "unknown",
		 facts->page_shift == 12 ? "4k" : "64k");
	cJSON_Delete(info);
}

int target_probe(const char *module, struct target_facts *facts)
{
	int status = 0, result = 0;
	char text[96], *answer = ask(module, &status);

	*facts = (struct target_facts){0};
	if (!answer || !*answer)
		result =
			cli_error(CLI_BAD_INPUT, "the module %s cannot be loaded: the process died (%s); build it anew",
				  module, guard_status_text(status, text, sizeof(text)));
	else if (answer[0] == 'e')
		result = cli_error(access(module, R_OK) ? CLI_NO_INPUT : CLI_BAD_INPUT, "%s", answer + 1);
	else if (strlen(answer) >= 3)
		read_facts(facts, answer);
	if (!result && (!facts->info || !facts->has))
		result = cli_error(CLI_INTERNAL, "out of memory");
	free(answer);
	return result;
}

void target_facts_free(struct target_facts *facts)
{
	free(facts->info);
	free(facts->has);
	*facts = (struct target_facts){0};
}

int target_wants_access(const char *option, const char *module, const struct target_facts *facts)
{
	return facts->access ? 0
			     : cli_error(CLI_USAGE,
					 "%s wants a module that sees accesses: make one with 'rcfuzz build --flavour "
					 "access'; %s is none",
					 option, module);
}

struct scenario_kernel target_kernel(const struct target_facts *facts)
{
	return (struct scenario_kernel){
		.version = facts->version,
		.page = facts->page_shift == 12 ? PAGE_4K : PAGE_64K,
		.has = facts->has,
	};
}

// SPDX-License-Identifier: GPL-2.0-only
/* info.c: `rcfuzz info`: what a module was built from. */
#include "cli/cli.h"
#include "cli/target.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

struct info_options {
	struct cli_list modules;
	bool json;
};

enum { KEY_FORMAT = 1000 };

static const struct argp_option options[] = {
	{"format", KEY_FORMAT, "FORMAT", 0, "text (default) or json", 0},
	{0},
};

static const char help[] = "Tells what a module was built from: tree, version, compiler, flags, files, hash.\v"
			   "Example:\n"
			   "  rcfuzz info linux-6.12.so";

static int take(void *ctx, int key, char *arg)
{
	struct info_options *o = ctx;

	(void)key;
	cli_list_add(&o->modules, arg);
	return 0;
}

static void print_scalar(const cJSON *value)
{
	char *text;

	if (cJSON_IsString(value)) {
		printf("%s\n", value->valuestring);
		return;
	}
	text = cJSON_PrintUnformatted(value);
	printf("%s\n", text ? text : "");
	cJSON_free(text);
}

/* A list: one item a line. */
static void print_list(const cJSON *list)
{
	const cJSON *item;

	if (!cJSON_GetArraySize(list))
		printf("none");
	cJSON_ArrayForEach(item, list)
	{
		if (item != list->child)
			printf("%-12s", "");
		print_scalar(item);
	}
	if (!cJSON_GetArraySize(list))
		printf("\n");
}

static int print_info(const char *info, bool json)
{
	cJSON *object = cJSON_Parse(info);
	const cJSON *member;

	if (json) {
		char *text = cJSON_Print(object);

		printf("%s\n", text ? text : info);
		cJSON_free(text);
	} else {
		cJSON_ArrayForEach(member, object)
		{
			printf("%-11s ", member->string);
			if (cJSON_IsArray(member) || cJSON_IsObject(member))
				print_list(member);
			else
				print_scalar(member);
		}
	}
	cJSON_Delete(object);
	return cli_flush(CLI_CLEAN);
}

int verb_info(int argc, char **argv)
{
	struct info_options o = {0};
	const struct cli_value values[] = {
		{KEY_FORMAT, .flag = &o.json, .words = cli_formats},
		{0},
	};
	const struct cli_parser parser = {"info", "M.so...", help, options, take, &o, .values = values};
	int code = cli_parse(&parser, argc, argv);

	if (code == CLI_PARSED && !o.modules.count)
		code = cli_error(CLI_USAGE, "info wants a module: rcfuzz info M.so; 'rcfuzz build' makes one");
	for (size_t i = 0; !code && i < o.modules.count; i++) {
		const struct target_choice choice = {.modules = {&o.modules.items[i], 1}};
		struct cli_list resolved = {0};
		struct target_facts facts = {0};

		code = target_resolve(&choice, BUILD_PLAIN, &resolved);
		if (!code)
			code = target_probe(resolved.items[0], &facts);
		if (!code)
			code = print_info(facts.info, o.json);
		target_facts_free(&facts);
		cli_list_free(&resolved);
	}
	cli_list_free(&o.modules);
	return code;
}

// SPDX-License-Identifier: GPL-2.0-only
/* info.c: `rcfuzz info`: what a module was built from, what of the kernel is in it, and what stands in for the rest. */
#include "cli/cli.h"
#include "cli/target.h"
#include "kernel/contents.h"
#include "kernel/stand_ins.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct info_options {
	struct cli_list modules;
	bool json, all;
};

enum { KEY_FORMAT = 1000, KEY_LONG };

static const struct argp_option options[] = {
	{"format", KEY_FORMAT, "FORMAT", 0, "text (default) or json", 0},
	{"long", KEY_LONG, NULL, 0, "list each function, and each stand-in with what it stands for", 0},
	{0},
};

static const char help[] =
	"Tells what a module was built from: tree, version, compiler, flags, files, hash; how many of "
	"the kernel's functions are in it; and what stands in for others, and why.\v"
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

/* ---- what of the kernel is in it --------------------------------------------------- */

static bool is_kernel(const struct contents_item *item)
{
	return item->function && *item->file && strncmp(item->file, "src/kernel/", 11) != 0;
}

static bool is_header(const char *file)
{
	size_t length = strlen(file);

	return length > 2 && !strcmp(file + length - 2, ".h");
}

/* The first item after `i` that is of another file. */
static size_t end_of_file(const struct contents_item *items, size_t count, size_t i)
{
	size_t end = i + 1;

	while (end < count && items[end].function == items[i].function && !strcmp(items[end].file, items[i].file))
		end++;
	return end;
}

static void count_functions(const struct contents_item *items, size_t count, size_t files[2], size_t functions[2])
{
	for (size_t i = 0, end; i < count; i = end) {
		bool header = is_header(items[i].file);

		end = end_of_file(items, count, i);
		if (!is_kernel(&items[i]))
			continue;
		files[header]++;
		functions[header] += end - i;
	}
}

static void print_functions(const struct contents *contents, bool all)
{
	size_t count, files[2] = {0}, functions[2] = {0};
	const struct contents_item *items = contents_items(contents, &count);

	count_functions(items, count, files, functions);
	printf("%-11s %zu of the kernel's are in the module, and %zu of its headers%s\n", "functions", functions[0],
	       functions[1], all ? "" : "; --long lists them");
	for (size_t i = 0, end; i < count; i = end) {
		end = end_of_file(items, count, i);
		if (!is_kernel(&items[i]) || (is_header(items[i].file) && !all))
			continue;
		printf("%-12s%4zu %s\n", "", end - i, items[i].file);
		for (size_t k = i; k < end && all; k++)
			printf("%-17s%s:%u\n", "", items[k].name, items[k].line);
	}
	if (!all)
		printf("%-12s%4zu in %zu headers\n", "", functions[1], files[1]);
}

static cJSON *functions_json(const struct contents *contents)
{
	cJSON *list = cJSON_CreateArray();
	size_t count;
	const struct contents_item *items = contents_items(contents, &count);

	for (size_t i = 0, end; i < count; i = end) {
		cJSON *file, *names;

		end = end_of_file(items, count, i);
		if (!is_kernel(&items[i]))
			continue;
		file = cJSON_CreateObject();
		cJSON_AddItemToArray(list, file);
		cJSON_AddStringToObject(file, "file", items[i].file);
		names = cJSON_AddArrayToObject(file, "functions");
		for (size_t k = i; k < end; k++)
			cJSON_AddItemToArray(names, cJSON_CreateString(items[k].name));
	}
	return list;
}

/* ---- what stands in for the rest ------------------------------------------------------ */

static bool is_there(const struct contents *contents, const struct stand_in *s)
{
	return s->kind == STAND_IN_HEADER || contents_has(contents, s->name);
}

/* A function or variable of the shim that has a name of the kernel's, or would have one but for the table. */
static bool is_unlisted(const struct contents_item *item)
{
	static const char *const ours[] = {"rcfuzz_", "__asan_", "__tsan_", "__ubsan_"};

	if (!item->external || strncmp(item->file, "src/kernel/shim/", 16) != 0)
		return false;
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (!strncmp(item->name, ours[i], strlen(ours[i])))
			return false;
	for (size_t i = 0; i < stand_in_count; i++)
		if (!strcmp(stand_ins[i].name, item->name))
			return false;
	return true;
}

static bool is_told_with_reason(const struct stand_in *s)
{
	return s->kind == STAND_IN_SYMBOL || s->kind == STAND_IN_IDLE;
}

/* One line a reason, with how many there are. What is never called, and headers, are one line each. */
static void print_reasons(const struct contents *contents)
{
	size_t of_kind[STAND_IN_KINDS] = {0};

	for (size_t i = 0; i < stand_in_count; i++) {
		size_t first = 0, count = 0;

		of_kind[stand_ins[i].kind] += is_there(contents, &stand_ins[i]);
		while (strcmp(stand_ins[first].why, stand_ins[i].why) != 0)
			first++;
		for (size_t k = i; k < stand_in_count && first == i; k++)
			count += is_told_with_reason(&stand_ins[k]) && is_there(contents, &stand_ins[k]) &&
				 !strcmp(stand_ins[k].why, stand_ins[i].why);
		if (count)
			printf("%-12s%4zu %s\n", "", count, stand_ins[i].why);
	}
	printf("%-12s%4zu that no scenario may reach: to call one is a crash that names it\n", "",
	       of_kind[STAND_IN_UNREACHABLE]);
	printf("%-12s%4zu headers, of assembly, registers, locks, page tables, and what the kernel's build generates\n",
	       "", of_kind[STAND_IN_HEADER]);
}

static void print_each(const struct contents *contents)
{
	for (size_t i = 0; i < stand_in_count; i++) {
		const struct stand_in *s = &stand_ins[i];

		if (!is_there(contents, s))
			continue;
		printf("%-12s%s: ", "", s->name);
		if (s->kind == STAND_IN_HEADER)
			printf("header; ");
		else
			printf("%s; %s", s->place, s->kind == STAND_IN_IDLE ? "does nothing: " : "");
		printf("%s%s\n", s->kind == STAND_IN_UNREACHABLE ? "is not reached: " : "", s->why);
	}
}

static void print_stand_ins(const struct contents *contents, bool all)
{
	size_t count = 0, item_count;
	const struct contents_item *items = contents_items(contents, &item_count);

	for (size_t i = 0; i < stand_in_count; i++)
		count += is_there(contents, &stand_ins[i]);
	printf("%-11s %zu for what is not the kernel's own%s\n", "stand-ins", count, all ? "" : "; --long lists them");
	if (all)
		print_each(contents);
	else
		print_reasons(contents);
	for (size_t i = 0; i < item_count; i++)
		if (is_unlisted(&items[i]))
			printf("%-12s%s: not known to this rcfuzz (%s)\n", "", items[i].name, items[i].file);
}

static cJSON *stand_ins_json(const struct contents *contents)
{
	cJSON *list = cJSON_CreateArray(), *entry;
	size_t count;
	const struct contents_item *items = contents_items(contents, &count);

	for (size_t i = 0; i < stand_in_count; i++) {
		if (!is_there(contents, &stand_ins[i]))
			continue;
		entry = cJSON_CreateObject();
		cJSON_AddItemToArray(list, entry);
		cJSON_AddStringToObject(entry, "name", stand_ins[i].name);
		cJSON_AddStringToObject(entry, "kind", stand_in_kind_names[stand_ins[i].kind]);
		cJSON_AddStringToObject(entry, "for",
					stand_ins[i].place ? stand_ins[i].place : "the header of that name");
		cJSON_AddStringToObject(entry, "why", stand_ins[i].why);
	}
	for (size_t i = 0; i < count; i++) {
		if (!is_unlisted(&items[i]))
			continue;
		entry = cJSON_CreateObject();
		cJSON_AddItemToArray(list, entry);
		cJSON_AddStringToObject(entry, "name", items[i].name);
		cJSON_AddStringToObject(entry, "kind", "unknown");
	}
	return list;
}

/* ---- all ------------------------------------------------------------------------------ */

static int print_info(const char *info, const struct contents *contents, const struct info_options *o)
{
	cJSON *object = cJSON_Parse(info);
	const cJSON *member;

	if (o->json) {
		char *text;

		cJSON_AddItemToObject(object, "functions", functions_json(contents));
		cJSON_AddItemToObject(object, "stand_ins", stand_ins_json(contents));
		text = cJSON_Print(object);
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
		print_functions(contents, o->all);
		print_stand_ins(contents, o->all);
	}
	cJSON_Delete(object);
	return cli_flush(CLI_CLEAN);
}

static int tell(const char *module, const struct info_options *o)
{
	struct target_facts facts = {0};
	struct contents *contents = NULL;
	char error[512] = "";
	int code = target_probe(module, &facts);

	if (!code && !(contents = contents_read(module, error, sizeof(error))))
		code = cli_error(CLI_BAD_INPUT, "%s", error);
	if (!code)
		code = print_info(facts.info, contents, o);
	contents_free(contents);
	target_facts_free(&facts);
	return code;
}

int verb_info(int argc, char **argv)
{
	struct info_options o = {0};
	const struct cli_value values[] = {
		{KEY_FORMAT, .flag = &o.json, .words = cli_formats},
		{KEY_LONG, .flag = &o.all},
		{0},
	};
	const struct cli_parser parser = {"info", "M.so...", help, options, take, &o, .values = values};
	int code = cli_parse(&parser, argc, argv);

	if (code == CLI_PARSED && !o.modules.count)
		code = cli_error(CLI_USAGE, "info wants a module: rcfuzz info M.so; 'rcfuzz build' makes one");
	for (size_t i = 0; !code && i < o.modules.count; i++) {
		const struct target_choice choice = {.modules = {&o.modules.items[i], 1}};
		struct cli_list resolved = {0};

		code = target_resolve(&choice, BUILD_PLAIN, &resolved);
		if (!code)
			code = tell(resolved.items[0], &o);
		cli_list_free(&resolved);
	}
	cli_list_free(&o.modules);
	return code;
}

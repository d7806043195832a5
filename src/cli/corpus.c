// SPDX-License-Identifier: GPL-2.0-only
/*
 * corpus.c: `rcfuzz corpus`: collections of scenarios.
 *
 *   merge     the distinct scenarios of several folders into one
 *   minimize  a subset that reaches the same states and findings
 *   stats     what a corpus holds
 *
 * Nothing is ever removed from a folder.
 */
#include "base/file.h"
#include "cli/cli.h"
#include "cli/guard.h"
#include "cli/load.h"
#include "cli/target.h"
#include "report/folder.h"
#include "run/run.h"
#include "scenario/codec.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

struct corpus_options {
	struct target_choice target;
	const char *action, *output;
	struct cli_list files;
	size_t folders;
};

static const struct argp_option options[] = {
	{"output", 'o', "D", 0, "folder that merge and minimize write to", 0},
	TARGET_OPTIONS,
	{0},
};

static const char help[] =
	"Merges, minimises or describes collections of scenarios (text and binary). No folder loses a "
	"file.\v"
	"Examples:\n"
	"  rcfuzz corpus merge -o all corpus/seeds rcfuzz-out/corpus\n"
	"  rcfuzz corpus minimize -o small all\n"
	"  rcfuzz corpus stats corpus/seeds";

static int take_argument(void *ctx, int key, char *arg)
{
	struct corpus_options *o = ctx;

	(void)key;
	if (!o->action) {
		o->action = arg;
		return 0;
	}
	o->folders++;
	return cli_list_files(&o->files, arg, NULL);
}

/* ---- inputs ---------------------------------------------------------------------------- */

/* One distinct scenario, in binary. */
struct item {
	uint64_t hash;
	uint32_t size;
	uint8_t *bytes;
};

struct items {
	size_t count, bad, doubles;
	struct item *list;
};

/* Files that are no scenarios are told of and left out. False: embargoed, or not readable. */
static bool load_quietly(const char *path, struct scenario_file *file, size_t *bad)
{
	struct scenario_error error = {0};
	int result = scenario_file_load(path, file, &error);
	char text[512];

	if (!result)
		return !scenario_file_embargoed(file);
	load_error(path, result, &error, text, sizeof(text));
	fprintf(stderr, "rcfuzz: left out: %s\n", text);
	++*bad;
	return false;
}

static int compare_items(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	if (x->size != y->size)
		return x->size < y->size ? -1 : 1;
	return x->hash < y->hash ? -1 : x->hash > y->hash;
}

static void items_free(struct items *items)
{
	for (size_t i = 0; i < items->count; i++)
		free(items->list[i].bytes);
	free(items->list);
}

/* Small ones first, each once. */
static void sort_items(struct items *items)
{
	size_t kept = 0;

	qsort(items->list, items->count, sizeof(*items->list), compare_items);
	for (size_t i = 0; i < items->count; i++) {
		if (kept && !compare_items(&items->list[kept - 1], &items->list[i])) {
			free(items->list[i].bytes);
			items->doubles++;
		} else {
			items->list[kept++] = items->list[i];
		}
	}
	items->count = kept;
}

static int items_load(const struct corpus_options *o, struct items *items)
{
	struct scenario_file *file = malloc(sizeof(*file));

	items->list = calloc(o->files.count + 1, sizeof(*items->list));
	for (size_t i = 0; file && items->list && i < o->files.count; i++) {
		struct item *item = &items->list[items->count];

		if (!load_quietly(o->files.items[i], file, &items->bad))
			continue;
		item->size = (uint32_t)scenario_encoded_size(&file->scenario);
		item->bytes = malloc(item->size);
		if (!item->bytes)
			break;
		scenario_encode(&file->scenario, item->bytes, item->size);
		item->hash = XXH3_64bits(item->bytes, item->size);
		items->count++;
	}
	free(file);
	if (!items->list)
		return cli_error(CLI_INTERNAL, "out of memory");
	sort_items(items);
	return items->count ? 0
			    : cli_error(CLI_BAD_INPUT, "there is no scenario among these %zu files", o->files.count);
}

static int write_item(const struct corpus_options *o, const struct item *item)
{
	char path[4096], error[512];

	snprintf(path, sizeof(path), "%s/%016llx", o->output, (unsigned long long)item->hash);
	if (file_write_atomic(path, item->bytes, item->size, error, sizeof(error)))
		return cli_error(CLI_IO, "%s", error);
	return 0;
}

static int make_output(const struct corpus_options *o)
{
	char error[512];

	if (!o->output)
		return cli_error(CLI_USAGE, "corpus %s wants a folder to write to: -o D", o->action);
	if (!folder_make(o->output, error, sizeof(error)))
		return cli_error(CLI_IO, "%s", error);
	return 0;
}

/* ---- merge -------------------------------------------------------------------------------- */

static int merge(const struct corpus_options *o)
{
	struct items items = {0};
	int code = make_output(o);

	if (!code)
		code = items_load(o, &items);
	for (size_t i = 0; !code && i < items.count; i++)
		code = write_item(o, &items.list[i]);
	if (!code)
		printf("%zu files: %zu distinct scenarios in %s, %zu doubles, %zu left out\n", o->files.count,
		       items.count, o->output, items.doubles, items.bad);
	items_free(&items);
	return code;
}

/* ---- minimize ------------------------------------------------------------------------------- */

struct reach {
	uint8_t states[RUN_STATES / 8];
	uint32_t signature_count;
	uint64_t signatures[RUN_FINDINGS_MAX];
};

#define SIGNATURES_MAX 4096u

struct reduction {
	const struct corpus_options *options;
	struct items items;
	const char *module;
	/* In the parent: */
	uint8_t states[RUN_STATES / 8];
	uint64_t signatures[SIGNATURES_MAX];
	size_t signature_count, kept;
	int code;
	/* In the child: */
	struct runner *runner;
	struct scenario scenario;
	struct run_outcome outcome;
	uint8_t counters[RUN_STATES];
};

static bool open_runner(void *ctx, char *error, size_t error_size)
{
	struct reduction *r = ctx;

	r->runner = runner_create(r->module, error, error_size);
	if (r->runner)
		runner_state_counters(r->runner, r->counters);
	return r->runner;
}

static void run_item(void *ctx, size_t index, void *out)
{
	struct reduction *r = ctx;
	struct reach *reach = out;

	memset(r->counters, 0, sizeof(r->counters));
	scenario_decode(&r->scenario, r->items.list[index].bytes, r->items.list[index].size);
	run_scenario(r->runner, &r->scenario, NULL, &r->outcome);
	for (uint32_t i = 0; i < RUN_STATES; i++)
		reach->states[i / 8] |= (uint8_t)((r->counters[i] != 0) << (i % 8));
	for (uint32_t i = 0; i < r->outcome.finding_count; i++) {
		const char *signature = r->outcome.findings[i].signature;

		reach->signatures[reach->signature_count++] = XXH3_64bits(signature, strlen(signature));
	}
}

static bool adds_signature(struct reduction *r, uint64_t signature)
{
	for (size_t i = 0; i < r->signature_count; i++) {
		if (r->signatures[i] == signature)
			return false;
	}
	if (r->signature_count < SIGNATURES_MAX)
		r->signatures[r->signature_count++] = signature;
	return true;
}

static bool take_reach(void *ctx, size_t index, const void *out, int status)
{
	struct reduction *r = ctx;
	const struct reach *reach = out;
	bool adds = !reach; /* what kills the process is kept */

	(void)status;
	for (size_t i = 0; reach && i < sizeof(r->states); i++) {
		adds |= (reach->states[i] & ~r->states[i]) != 0;
		r->states[i] |= reach->states[i];
	}
	for (uint32_t i = 0; reach && i < reach->signature_count; i++)
		adds |= adds_signature(r, reach->signatures[i]);
	if (adds) {
		r->kept++;
		r->code = write_item(r->options, &r->items.list[index]);
	}
	return !r->code;
}

static int minimize(const struct corpus_options *o)
{
	struct reduction *r = calloc(1, sizeof(*r));
	struct cli_list modules = {0};
	int code = r ? make_output(o) : cli_error(CLI_INTERNAL, "out of memory");

	if (!code)
		code = target_resolve(&o->target, target_plain_flavour(), &modules);
	if (!code)
		code = items_load(o, &r->items);
	if (!code) {
		const struct guard guard = {.ctx = r,
					    .count = r->items.count,
					    .result_size = sizeof(struct reach),
					    .open = open_runner,
					    .run = run_item,
					    .take = take_reach};

		r->options = o;
		r->module = modules.items[0];
		code = guard_each(&guard);
		code = code ? code : r->code;
	}
	if (!code)
		printf("%zu of %zu scenarios in %s reach the same states and findings\n", r->kept, r->items.count,
		       o->output);
	if (r)
		items_free(&r->items);
	free(r);
	cli_list_free(&modules);
	return code;
}

/* ---- stats ------------------------------------------------------------------------------------ */

struct stats {
	size_t scenarios, wild, expectations, ops, ops_max, by_kind[OP_COUNT];
};

static void add_stats(struct stats *stats, const struct scenario_file *file)
{
	const struct scenario *s = &file->scenario;
	bool wild = false;

	stats->scenarios++;
	stats->expectations += file->expectation_count != 0;
	stats->ops += s->op_count;
	if (s->op_count > stats->ops_max)
		stats->ops_max = s->op_count;
	for (uint32_t i = 0; i < s->op_count; i++) {
		stats->by_kind[s->ops[i].kind]++;
		wild |= (op_info[s->ops[i].kind].flags & OPF_WILD) != 0;
	}
	stats->wild += wild;
}

static int print_stats(const struct corpus_options *o)
{
	struct scenario_file *file = malloc(sizeof(*file));
	struct stats stats = {0};
	size_t bad = 0;

	for (size_t i = 0; file && i < o->files.count; i++) {
		if (load_quietly(o->files.items[i], file, &bad))
			add_stats(&stats, file);
	}
	free(file);
	printf("%zu scenarios (%zu files), %zu with an expectation, %zu with a misbehaving L1\n", stats.scenarios,
	       o->files.count, stats.expectations, stats.wild);
	printf("%zu ops, %.1f a scenario, %zu in the largest\n\n", stats.ops,
	       stats.scenarios ? (double)stats.ops / (double)stats.scenarios : 0.0, stats.ops_max);
	for (unsigned kind = 0; kind < OP_COUNT; kind++)
		printf("%8zu  %-9s %s\n", stats.by_kind[kind], op_info[kind].actor, op_info[kind].name);
	return 0;
}

/* ---- the verb ----------------------------------------------------------------------------------- */

static int act(const struct corpus_options *o)
{
	if (!o->action)
		return cli_error(CLI_USAGE, "corpus wants an action: merge, minimize or stats");
	if (!o->folders)
		return cli_error(CLI_USAGE, "corpus %s wants folders or files to read", o->action);
	if (!strcmp(o->action, "merge"))
		return merge(o);
	if (!strcmp(o->action, "minimize"))
		return minimize(o);
	if (!strcmp(o->action, "stats"))
		return print_stats(o);
	return cli_error(CLI_USAGE, "corpus knows no action '%s': merge, minimize or stats", o->action);
}

int verb_corpus(int argc, char **argv)
{
	struct corpus_options o = {0};
	const struct cli_value values[] = {
		{'o', .text = &o.output},
		{0},
	};
	const struct cli_parser parser = {"corpus",
					  "merge|minimize|stats FOLDER...",
					  help,
					  options,
					  take_argument,
					  &o,
					  .values = values,
					  .target = &o.target};
	int code = cli_parse(&parser, argc, argv);

	if (code == CLI_PARSED)
		code = cli_flush(act(&o));
	cli_list_free(&o.files);
	target_free(&o.target);
	return code;
}

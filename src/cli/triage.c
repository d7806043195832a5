// SPDX-License-Identifier: GPL-2.0-only
/*
 * triage.c: `rcfuzz triage`: a pile of inputs -> one minimised scenario and one
 * report a distinct finding, and an index that says which input shows which.
 */
#include "base/file.h"
#include "cli/cli.h"
#include "cli/guard.h"
#include "cli/load.h"
#include "cli/target.h"
#include "report/folder.h"
#include "report/store.h"
#include "report/timeline.h"
#include "triage/death.h"
#include "triage/known.h"
#include "triage/minimize.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLUSTERS_MAX STORE_FINDINGS_MAX

struct triage_options {
	struct target_choice target;
	struct cli_list files;
	const char *out, *known;
};

enum { KEY_OUT = 1000, KEY_KNOWN };

static const struct argp_option options[] = {
	TARGET_OPTIONS,
	{"out", KEY_OUT, "D", 0, "folder for the result (default rcfuzz-triage)", 2},
	{"known", KEY_KNOWN, "D", 0, "findings that entries below D list are no news", 2},
	{0},
};

static const char help[] =
	"Replays inputs (crash files of libFuzzer or AFL++, binary or text; whole folders), groups them by what they "
	"show, and writes one minimised scenario and one report a group, findings.jsonl and index.txt.\v"
	"Example:\n"
	"  rcfuzz triage --out sorted crashes/\n"
	"Exit: 0 nothing new found, 1 a new finding.";

static int take_option(void *ctx, int key, char *arg)
{
	struct triage_options *o = ctx;
	int result = target_take(&o->target, key, arg);

	if (result != ARGP_ERR_UNKNOWN)
		return result;
	switch (key) {
	case KEY_OUT:
		o->out = arg;
		return 0;
	case KEY_KNOWN:
		o->known = arg;
		return 0;
	}
	return cli_list_files(&o->files, arg, NULL);
}

/* ---- replay, in a child ----------------------------------------------------------------- */

/* What one input shows. */
struct triage_result {
	bool bad; /* no scenario: text says why */
	uint32_t ops, finding_count;
	struct finding findings[RUN_FINDINGS_MAX];
	char text[256];
};

/* A distinct finding, and the smallest input that shows it. */
struct cluster {
	struct finding finding;
	size_t input, count;
	uint32_t ops;
};

struct triage {
	const struct triage_options *options;
	const char *module;
	struct store *store;
	struct known *known;
	size_t cluster_count, clusters_dropped, bad, silent, died;
	struct cluster clusters[CLUSTERS_MAX];
	FILE *index;
	bool new_finding;
	int code;
	/* In the children: */
	struct runner *runner;
	struct scenario_file file;
	struct run_outcome outcome;
	struct timeline timeline;
};

static bool open_runner(void *ctx, char *error, size_t error_size)
{
	struct triage *t = ctx;

	t->runner = runner_create(t->module, error, error_size);
	return t->runner;
}

static bool load(struct triage *t, size_t input, char *text, size_t size)
{
	const char *path = t->options->files.items[input];
	struct scenario_error error = {0};
	int result = scenario_file_load(path, &t->file, &error);

	if (result)
		load_error(path, result, &error, text, size);
	else if (scenario_file_embargoed(&t->file))
		snprintf(text, size, "%s: embargoed, it holds no scenario", path);
	else
		return true;
	return false;
}

static void replay(void *ctx, size_t index, void *out)
{
	struct triage_result *result = out;
	struct triage *t = ctx;

	result->bad = !load(t, index, result->text, sizeof(result->text));
	if (result->bad)
		return;
	run_scenario(t->runner, &t->file.scenario, NULL, &t->outcome);
	result->ops = t->file.scenario.op_count;
	result->finding_count = t->outcome.finding_count;
	memcpy(result->findings, t->outcome.findings, t->outcome.finding_count * sizeof(struct finding));
}

/* ---- clusters ------------------------------------------------------------------------------ */

static void add_to_cluster(struct triage *t, const struct finding *finding, size_t input, uint32_t ops)
{
	struct cluster *c = t->clusters, *end = c + t->cluster_count;

	while (c < end && strcmp(c->finding.signature, finding->signature))
		c++;
	if (c == &t->clusters[CLUSTERS_MAX]) {
		t->clusters_dropped++;
		return;
	}
	if (c == end) {
		*c = (struct cluster){.finding = *finding, .input = input, .ops = ops};
		t->cluster_count++;
	} else if (ops < c->ops) {
		c->finding = *finding;
		c->input = input;
		c->ops = ops;
	}
	c->count++;
}

static bool take_replay(void *ctx, size_t index, const void *out, int status)
{
	const struct triage_result *result = out;
	struct triage *t = ctx;
	const char *path = t->options->files.items[index];

	if (!result) {
		const struct finding finding = death_finding(status, false);

		t->died++;
		add_to_cluster(t, &finding, index, UINT32_MAX);
		fprintf(t->index, "%s\t%s\n", path, finding.signature);
		return true;
	}
	if (result->bad) {
		t->bad++;
		fprintf(stderr, "rcfuzz: left out: %s\n", result->text);
		fprintf(t->index, "%s\tnot a scenario\n", path);
	} else if (!result->finding_count) {
		t->silent++;
		fprintf(t->index, "%s\tshows nothing\n", path);
	}
	for (uint32_t i = 0; i < result->finding_count; i++) {
		add_to_cluster(t, &result->findings[i], index, result->ops);
		fprintf(t->index, "%s\t%s\n", path, result->findings[i].signature);
	}
	return true;
}

/* ---- minimise one of each, in a child ---------------------------------------------------------- */

struct minimized {
	bool reproduced;
	struct finding finding;
	struct scenario scenario;
};

static void write_report(struct triage *t, const struct finding *finding)
{
	char path[4096], name[4096], id[RECORD_ID], error[256], *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);

	if (!out)
		return;
	record_id(id, finding);
	snprintf(path, sizeof(path), "%s/reports/%s.txt", t->options->out, id);
	snprintf(name, sizeof(name), "%s/findings/%s.txt", t->options->out, id);
	timeline_make(&t->timeline, t->runner, &t->file.scenario, finding->signature);
	report_text(out, &t->timeline, runner_target_info(t->runner), name);
	if (!fclose(out) && file_write_atomic(path, text, n, error, sizeof(error)))
		fprintf(stderr, "rcfuzz: %s\n", error);
	free(text);
}

static void minimize(void *ctx, size_t index, void *out)
{
	struct triage *t = ctx;
	const struct cluster *c = &t->clusters[index];
	const struct minimize_budget budget = {0};
	struct minimized *small = out;
	struct minimize_result result;
	char text[256];

	if (!load(t, c->input, text, sizeof(text)))
		return;
	minimize_scenario(t->runner, &t->file.scenario, c->finding.signature, &budget, &result);
	small->reproduced = result.reproduced;
	small->finding = result.finding;
	small->scenario = t->file.scenario;
	if (result.reproduced)
		write_report(t, &result.finding);
}

/* The input as it is first, then what became of it. */
static bool take_minimized(void *ctx, size_t index, const void *out, int status)
{
	struct triage *t = ctx;
	const struct cluster *c = &t->clusters[index];
	const struct minimized *small = out;
	struct record record = {.finding = c->finding, .count = c->count}, *own = NULL;
	const char *known = known_match(t->known, &c->finding);
	char text[256];
	bool saved;

	(void)status;
	snprintf(record.known, sizeof(record.known), "%s", known ? known : "");
	t->new_finding |= !known;
	if (load(t, c->input, text, sizeof(text)))
		own = store_add(t->store, &record, &t->file.scenario);
	saved = own &&
		(!small || !small->reproduced || store_minimized(t->store, own, &small->finding, &small->scenario));
	if (!saved)
		t->code = cli_error(CLI_IO, "%s", *store_error(t->store) ? store_error(t->store) : text);
	fprintf(stderr, "rcfuzz: %zu of %zu: %s\n", index + 1, t->cluster_count, c->finding.title);
	return saved;
}

/* ---- the whole ----------------------------------------------------------------------------------- */

static int compare_clusters(const void *a, const void *b)
{
	const struct cluster *x = a, *y = b;

	if (x->finding.class != y->finding.class)
		return x->finding.class < y->finding.class ? -1 : 1;
	return strcmp(x->finding.signature, y->finding.signature);
}

static void print_result(const struct triage *t)
{
	printf("%zu inputs: %zu distinct findings, %zu inputs show nothing, %zu are no scenarios, %zu killed the "
	       "process\n",
	       t->options->files.count, t->cluster_count, t->silent, t->bad, t->died);
	for (size_t i = 0; i < store_count(t->store); i++) {
		const struct record *r = store_at(t->store, i);

		printf("  %-16s %-9s %6llu inputs  %4u ops  %s\n      %s%s\n", class_info[r->finding.class].name,
		       severity_name[class_info[r->finding.class].severity], (unsigned long long)r->count, r->ops,
		       r->scenario, r->known[0] ? "known: " : "", r->known[0] ? r->known : r->finding.title);
	}
	if (t->clusters_dropped)
		printf("  and %zu findings more than are kept\n", t->clusters_dropped);
}

static int sort_out(struct triage *t)
{
	const struct guard replays = {
		t, t->options->files.count, sizeof(struct triage_result), open_runner, replay, take_replay};
	struct guard minimizations = {t, 0, sizeof(struct minimized), open_runner, minimize, take_minimized};
	int code = guard_each(&replays);

	if (code)
		return code;
	qsort(t->clusters, t->cluster_count, sizeof(t->clusters[0]), compare_clusters);
	minimizations.count = t->cluster_count;
	code = guard_each(&minimizations);
	if (code || t->code)
		return code ? code : t->code;
	print_result(t);
	return t->new_finding ? CLI_FINDING : CLI_CLEAN;
}

static int load_known(struct triage *t, const struct target_facts *facts)
{
	char error[512];
	size_t bad;

	if (!t->options->known)
		return 0;
	t->known = known_load(t->options->known, facts->version, facts->page_shift == 12 ? PAGE_4K : PAGE_64K, &bad,
			      error, sizeof(error));
	if (!t->known)
		return cli_error(CLI_NO_INPUT, "--known: %s", error);
	return bad ? cli_error(CLI_BAD_INPUT, "--known: %zu bad entries, the first: %s", bad, error) : 0;
}

static int open_output(struct triage *t, const struct target_facts *facts)
{
	char path[4096], error[512];

	t->store = store_open(t->options->out, facts->info, error, sizeof(error));
	if (!t->store)
		return cli_error(CLI_IO, "%s; name another folder with --out", error);
	snprintf(path, sizeof(path), "%s/index.txt", t->options->out);
	t->index = fopen(path, "we");
	return t->index ? 0 : cli_error(CLI_IO, "cannot write %s", path);
}

static int triage(const struct triage_options *o, const char *module)
{
	struct triage *t = calloc(1, sizeof(*t));
	struct target_facts facts = {0};
	int code = t ? target_probe(module, &facts) : cli_error(CLI_INTERNAL, "out of memory");

	if (!code) {
		t->options = o;
		t->module = module;
		code = load_known(t, &facts);
	}
	if (!code)
		code = open_output(t, &facts);
	if (!code)
		code = sort_out(t);
	if (t && t->index && fclose(t->index) && code <= CLI_FINDING)
		code = cli_error(CLI_IO, "cannot write %s/index.txt", o->out);
	if (t) {
		store_close(t->store);
		known_free(t->known);
	}
	free(t);
	target_facts_free(&facts);
	return code;
}

int verb_triage(int argc, char **argv)
{
	struct triage_options o = {.out = "rcfuzz-triage"};
	const struct cli_parser parser = {"triage", "FILE|FOLDER...", help, options, take_option, &o};
	struct cli_list modules = {0};
	int code = cli_parse(&parser, argc, argv);

	if (code == CLI_PARSED && !o.files.count)
		code = cli_error(CLI_USAGE, "triage wants inputs: rcfuzz triage --out D FOLDER...");
	if (code == CLI_PARSED)
		code = target_resolve(&o.target, target_plain_flavour(), &modules);
	if (!code && modules.count > 1)
		code = cli_error(CLI_USAGE, "triage works on one kernel");
	if (!code)
		code = cli_flush(triage(&o, modules.items[0]));
	cli_list_free(&modules);
	cli_list_free(&o.files);
	target_free(&o.target);
	return code;
}

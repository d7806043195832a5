// SPDX-License-Identifier: GPL-2.0-only
/*
 * triage.c: `rcfuzz triage`: a pile of inputs -> one minimised scenario and one
 * report a distinct finding, and an index that says which input shows which.
 *
 * First each input is replayed on each kernel, then one of each finding is
 * minimised, then, if there are several kernels, the small scenarios are tried
 * on all of them. All of it in child processes; an interrupted triage goes on
 * where it was when the same command is given again.
 */
#include "cli/triage.h"

#include "base/file.h"
#include "base/internal.h"
#include "cli/classes.h"
#include "cli/guard.h"
#include "cli/load.h"
#include "report/timeline.h"
#include "triage/death.h"
#include "triage/minimize.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TOLD_MAX 10u	      /* inputs of one kind; more are not told one by one */
#define MINIMIZE_SECONDS 60.0 /* of one finding */

enum { KEY_OUT = 1000, KEY_KNOWN, KEY_JOBS, KEY_FORMAT, KEY_RAW };

static const struct argp_option options[] = {
	TARGET_OPTIONS,
	{"out", KEY_OUT, "D", 0, "folder for the result (default rcfuzz-triage)", 2},
	{"known", KEY_KNOWN, "D", 0, "findings that entries below D list are no news", 2},
	{"jobs", KEY_JOBS, "N", 0, "processes at a time (default: one a CPU)", 2},
	{"no-minimize", KEY_RAW, NULL, 0, "only replay and group: faster", 2},
	{"format", KEY_FORMAT, "FORMAT", 0, "of the summary: text (default) or json", 2},
	{0},
};

static const char help[] =
	"Replays inputs (crash files of libFuzzer or AFL++, whole output trees of AFL++ and of 'rcfuzz run', binary or "
	"text scenarios, folders of them), groups them by what they show, and writes one minimised scenario and one "
	"report a group, findings.jsonl and index.txt. Several kernels give a matrix. The same command again goes on "
	"where an interrupted one was.\v"
	"Examples:\n"
	"  rcfuzz triage --out sorted crashes/\n"
	"  rcfuzz triage --known corpus/known --target 6.12.so --target 6.1.so afl-out/\n"
	"Exit: 0 nothing new found, 1 a new finding.";

static int take_file(void *ctx, int key, char *arg)
{
	struct triage_options *o = ctx;

	(void)key;
	return inputs_collect(&o->files, arg, &o->left);
}

/* Signal handlers have no context. */
static _Atomic uint32_t stop;

static void on_interrupt(int number)
{
	(void)number;
	atomic_store(&stop, 1);
}

static void take_interrupts(void)
{
	const struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

/* ---- what the children do ----------------------------------------------------------------- */

/* One phase on one kernel. */
struct phase {
	struct triage *t;
	size_t kernel;
	const size_t *items; /* numbers of inputs or clusters */
	size_t count, done;
	/* In the children: */
	struct runner *runner;
	struct scenario_file file;
	struct run_outcome outcome;
	struct timeline timeline;
};

static bool open_runner(void *ctx, char *error, size_t error_size)
{
	struct phase *p = ctx;

	p->runner = runner_create(p->t->kernels[p->kernel].module, error, error_size);
	return p->runner;
}

static bool load(struct scenario_file *file, const char *path, char *text, size_t size)
{
	struct scenario_error error = {0};
	int result = scenario_file_load(path, file, &error);

	if (result)
		load_error(path, result, &error, text, size);
	else if (scenario_file_embargoed(file))
		snprintf(text, size, "%s: embargoed, it holds no scenario", path);
	else if (!file->scenario.op_count)
		snprintf(text, size, "%s: empty: it holds no op", path);
	else
		return true;
	return false;
}

static int run_phase(struct phase *p, size_t result_size, void (*run)(void *ctx, size_t index, void *result),
		     bool (*take)(void *ctx, size_t index, const void *result, int status), unsigned seconds)
{
	const struct guard guard = {.ctx = p,
				    .count = p->count,
				    .result_size = result_size,
				    .open = open_runner,
				    .run = run,
				    .take = take,
				    .jobs = (unsigned)p->t->options->jobs,
				    .seconds = seconds,
				    .stop = &stop};
	int code = p->count ? guard_each(&guard) : 0;

	p->t->interrupted |= atomic_load(&stop) != 0;
	return code ? code : p->t->code;
}

/* ---- replay --------------------------------------------------------------------------------- */

struct replayed {
	bool bad;
	uint32_t ops, finding_count;
	struct finding findings[RUN_FINDINGS_MAX];
	char text[512]; /* bad: why; else a remark, "" none */
};

static void replay(void *ctx, size_t index, void *out)
{
	struct phase *p = ctx;
	struct replayed *result = out;
	const char *path = p->t->options->files.items[p->items[index]];

	result->bad = !load(&p->file, path, result->text, sizeof(result->text));
	if (result->bad)
		return;
	load_page_remark(path, &p->file, p->t->kernels[p->kernel].facts.page_shift, result->text, sizeof(result->text));
	run_scenario(p->runner, &p->file.scenario, NULL, &p->outcome);
	if (p->outcome.too_slow)
		snprintf(result->text, sizeof(result->text), "%s: too slow: it was cut, %u of %u ops were run", path,
			 p->outcome.ops_run, p->file.scenario.op_count);
	result->ops = p->file.scenario.op_count;
	result->finding_count = p->outcome.finding_count;
	memcpy(result->findings, p->outcome.findings, p->outcome.finding_count * sizeof(struct finding));
}

struct cluster *triage_cluster(struct triage *t, size_t kernel, size_t input, const struct finding *finding,
			       uint32_t ops)
{
	struct cluster *c = t->clusters, *end = c + t->cluster_count;

	while (c < end && strcmp(c->finding.signature, finding->signature))
		c++;
	if (c == &t->clusters[TRIAGE_CLUSTERS_MAX]) {
		t->clusters_dropped++;
		return NULL;
	}
	if (c == end) {
		*c = (struct cluster){.kernel = kernel, .input = SIZE_MAX, .ops = UINT32_MAX};
		t->new_finding |= !known_match(t->kernels[kernel].known, finding, c->known, sizeof(c->known));
		t->cluster_count++;
	}
	/* In whatever order the processes come: the shortest input of the first kernel, and of those the first. */
	if (kernel == c->kernel && (ops < c->ops || (ops == c->ops && input < c->input))) {
		c->finding = *finding;
		c->input = input;
		c->ops = ops;
	}
	c->count++;
	return c;
}

static void tell_of(const struct triage *t, struct kernel *k, const struct replayed *result)
{
	/* What is no scenario is none for the other kernels either. */
	if (!*result->text || (result->bad && k != t->kernels))
		return;
	k->remarks += !result->bad;
	if ((result->bad ? k->bad : k->remarks) <= TOLD_MAX)
		cli_error(0, "%s%s", result->bad ? "left out: " : "", result->text);
	if (result->bad && k->bad == TOLD_MAX)
		cli_error(0, "more that are left out are only listed in index.txt");
	if (!result->bad && k->remarks == TOLD_MAX)
		cli_error(0, "what else is to be said of inputs is not told one by one");
}

/* The input is left out, and not taken note of: it is tried again the next time. */
static bool take_internal_error(struct phase *p, size_t index, int status)
{
	struct triage *t = p->t;
	struct kernel *k = &t->kernels[p->kernel];
	struct input *in = &k->inputs[p->items[index]];
	char words[96], text[512];

	snprintf(text, sizeof(text), "%s: the process died (%s)", t->options->files.items[p->items[index]],
		 guard_status_text(status, words, sizeof(words)));
	cli_error(0, "left out: %s", text);
	in->state = INPUT_BAD;
	in->why = strdup(text);
	k->bad++;
	k->replayed++;
	t->internal = true;
	triage_progress(t, k->facts.name, ++p->done, p->count, false);
	return true;
}

static bool take_replayed(void *ctx, size_t index, const void *out, int status)
{
	const struct finding death = death_finding(status, status == GUARD_HUNG);
	const struct replayed *result = out;
	struct phase *p = ctx;
	struct triage *t = p->t;
	struct kernel *k = &t->kernels[p->kernel];
	size_t input = p->items[index];
	struct input *in = &k->inputs[input];
	const struct finding *findings = result ? result->findings : &death;
	uint32_t count = result ? result->finding_count : 1, ops = result ? result->ops : UINT32_MAX;

	if (!result && status != GUARD_HUNG && internal_status(status))
		return take_internal_error(p, index, status);

	for (uint32_t i = 0; i < count; i++) {
		const struct cluster *c = triage_cluster(t, p->kernel, input, &findings[i], ops);

		if (c)
			in->clusters[in->count++] = (uint16_t)(c - t->clusters);
	}
	in->state = result && result->bad ? INPUT_BAD : count ? INPUT_SHOWS : INPUT_SILENT;
	if (in->state == INPUT_BAD)
		in->why = strdup(result->text);
	k->died += !result;
	k->bad += in->state == INPUT_BAD;
	k->silent += in->state == INPUT_SILENT;
	k->replayed++;
	if (result)
		tell_of(t, k, result);
	journal_add(t, p->kernel, input, (enum input_state)in->state, ops, findings, count);
	triage_progress(t, k->facts.name, ++p->done, p->count, false);
	return true;
}

static int replay_all(struct phase *p)
{
	struct triage *t = p->t;
	const struct kernel *k = &t->kernels[p->kernel];
	size_t *items = calloc(t->options->files.count + 1, sizeof(*items));
	int code;

	if (!items)
		return cli_error(CLI_INTERNAL, "out of memory");
	p->items = items;
	p->count = p->done = 0;
	for (size_t i = 0; i < t->options->files.count; i++) {
		if (k->inputs[i].state == INPUT_TODO)
			items[p->count++] = i;
	}
	code = run_phase(p, sizeof(struct replayed), replay, take_replayed, 0);
	triage_progress(t, k->facts.name, p->done, p->count, true);
	free(items);
	return code;
}

/* ---- minimise one of each --------------------------------------------------------------------- */

struct minimized {
	bool reproduced;
	struct finding finding;
	struct scenario scenario;
};

/* By the entries of --known, which all kernels read, or of the project's own. */
static void mark_embargoed(const struct triage *t, struct finding *findings, size_t count)
{
	known_mark_embargoed(t->kernels->known, findings, count);
	embargo_mark(&t->embargo, findings, count);
}

/* What kills the process has no timeline. */
static void write_death(FILE *out, const struct phase *p, const struct cluster *c)
{
	char *text = malloc(SCENARIO_TEXT_MAX);

	fprintf(out, "%s\n\nsignature  %s\nkernel     %s\n\n", c->finding.title, c->finding.signature,
		p->t->kernels[p->kernel].facts.name);
	if (text) {
		scenario_text_write_bare(&p->file.scenario, text, SCENARIO_TEXT_MAX);
		fputs(text, out);
	}
	free(text);
}

static void write_report(struct phase *p, const struct cluster *c, const struct finding *finding)
{
	char path[4096], name[4096], error[512], *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);

	if (!out)
		return;
	snprintf(path, sizeof(path), "%s/reports/%s.txt", p->t->options->out, c->id);
	snprintf(name, sizeof(name), "%s/findings/%s.txt", p->t->options->out, c->id);
	if (death_is(finding)) {
		write_death(out, p, c);
	} else {
		timeline_make(&p->timeline, p->runner, &p->file.scenario, finding->signature);
		mark_embargoed(p->t, &p->timeline.finding, 1);
		mark_embargoed(p->t, p->timeline.outcome.findings, p->timeline.outcome.finding_count);
		report_text(out, &p->timeline, runner_target_info(p->runner), name);
	}
	if (!fclose(out) && file_write_atomic(path, text, n, error, sizeof(error)))
		cli_error(0, "%s", error);
	free(text);
}

static void minimize(void *ctx, size_t index, void *out)
{
	struct phase *p = ctx;
	struct cluster *c = &p->t->clusters[p->items[index]];
	const struct minimize_budget budget = {.seconds_max = MINIMIZE_SECONDS, .isolated = true};
	struct minimized *small = out;
	struct minimize_result result;
	char text[512];

	if (!load(&p->file, p->t->options->files.items[c->input], text, sizeof(text)))
		return;
	minimize_scenario(p->runner, &p->file.scenario, c->finding.signature, &budget, &result);
	if (!result.reproduced)
		return;
	write_report(p, c, &result.finding);
	small->reproduced = true;
	small->finding = result.finding;
	small->scenario = p->file.scenario;
}

static void save_failed(struct triage *t, const struct store *store)
{
	if (*store_error(store))
		t->code = cli_error(CLI_IO, "%s", store_error(store));
}

static bool take_minimized(void *ctx, size_t index, const void *out, int status)
{
	struct phase *p = ctx;
	struct triage *t = p->t;
	struct store *store = t->kernels[p->kernel].store;
	struct cluster *c = &t->clusters[p->items[index]];
	const struct minimized *small = out;

	(void)status;
	if (!small || !small->reproduced) {
		cli_error(0, "%s does not show again when run alone; its scenario is kept as it was", c->id);
	} else if (c->record && !store_minimized(store, c->record, &small->finding, &small->scenario)) {
		save_failed(t, store);
	} else if (c->record) {
		c->finding = small->finding;
		c->minimized = true;
		c->scenario_ops = c->record->ops;
		snprintf(c->scenario, sizeof(c->scenario), "%s", c->record->scenario);
	}
	triage_progress(t, "minimised", ++p->done, p->count, false);
	return !t->code;
}

/* The input as it is, before anything is tried with it. */
static bool save_raw(struct phase *p, struct cluster *c)
{
	struct triage *t = p->t;
	struct kernel *k = &t->kernels[c->kernel];
	struct record record = {.finding = c->finding, .count = c->count, .recounts = true};
	char text[512];

	mark_embargoed(t, &record.finding, 1);
	snprintf(record.known, sizeof(record.known), "%s", c->known);
	if (load(&p->file, t->options->files.items[c->input], text, sizeof(text)))
		c->record = store_add(k->store, &record, &p->file.scenario);
	else
		cli_error(0, "%s", text);
	if (!c->record) {
		save_failed(t, k->store);
		return false;
	}
	c->minimized = c->record->minimized;
	c->scenario_ops = c->record->ops;
	snprintf(c->scenario, sizeof(c->scenario), "%s", c->record->scenario);
	snprintf(c->id, sizeof(c->id), "%s", c->record->id);
	return true;
}

static int minimize_all(struct phase *p)
{
	struct triage *t = p->t;
	size_t *items = calloc(t->cluster_count + 1, sizeof(*items));
	int code;

	if (!items)
		return cli_error(CLI_INTERNAL, "out of memory");
	p->items = items;
	p->count = p->done = 0;
	for (size_t i = 0; i < t->cluster_count && !t->code; i++) {
		struct cluster *c = &t->clusters[i];

		if (c->kernel == p->kernel && !c->minimized && save_raw(p, c) && !c->minimized)
			items[p->count++] = i;
	}
	if (t->options->raw)
		p->count = 0;
	code = run_phase(p, sizeof(struct minimized), minimize, take_minimized, (unsigned)MINIMIZE_SECONDS * 2);
	triage_progress(t, "minimised", p->done, p->count, true);
	free(items);
	return code;
}

/* Those that an earlier triage into this folder has minimised already. */
static void find_minimized(struct triage *t)
{
	char path[4096], error[512], *text;
	size_t n, bad;
	cJSON *records, *r;

	snprintf(path, sizeof(path), "%s/findings.jsonl", t->options->out);
	if (file_read(path, 1u << 30, &text, &n, error, sizeof(error)))
		return;
	records = record_read_lines(text, n, &bad);
	free(text);
	cJSON_ArrayForEach(r, records)
	{
		const cJSON *target = cJSON_GetObjectItemCaseSensitive(r, "target");

		for (size_t i = 0; i < t->cluster_count; i++) {
			struct cluster *c = &t->clusters[i];

			if (strcmp(record_string(r, "signature"), c->finding.signature) ||
			    strcmp(record_string(target, "hash"), t->kernels[c->kernel].hash) ||
			    !cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(r, "minimized")))
				continue;
			snprintf(c->id, sizeof(c->id), "%s", record_string(r, "id"));
			snprintf(c->scenario, sizeof(c->scenario), "%s", record_string(r, "scenario"));
			snprintf(path, sizeof(path), "%s/%s", t->options->out, c->scenario);
			c->minimized = !access(path, R_OK);
			c->scenario_ops = (uint32_t)record_number(r, "ops");
		}
	}
	cJSON_Delete(records);
}

/* ---- the matrix --------------------------------------------------------------------------------- */

static bool matters(const struct finding *finding)
{
	return classes_default() & (1u << finding->class);
}

static enum cell cell_of(const struct finding *wanted, const struct run_outcome *outcome)
{
	enum cell cell = CELL_ABSENT;

	for (uint32_t i = 0; i < outcome->finding_count; i++) {
		const struct finding *f = &outcome->findings[i];

		if (!strcmp(f->signature, wanted->signature))
			return CELL_SHOWS;
		if (!strcmp(f->coarse, wanted->coarse))
			cell = CELL_SIMILAR;
		else if (cell == CELL_ABSENT && matters(f))
			cell = CELL_OTHER;
	}
	return cell;
}

static void try_small(void *ctx, size_t index, void *out)
{
	struct phase *p = ctx;
	const struct cluster *c = &p->t->clusters[index];
	char path[4096], text[512];
	enum cell *cell = out;

	snprintf(path, sizeof(path), "%s/%s", p->t->options->out, c->scenario);
	if (!load(&p->file, path, text, sizeof(text)))
		return;
	run_scenario(p->runner, &p->file.scenario, NULL, &p->outcome);
	*cell = cell_of(&c->finding, &p->outcome);
}

static bool take_small(void *ctx, size_t index, const void *out, int status)
{
	const struct finding death = death_finding(status, status == GUARD_HUNG);
	const enum cell *cell = out;
	struct phase *p = ctx;
	enum cell died = strcmp(death.signature, p->t->clusters[index].finding.signature) ? CELL_DIED : CELL_SHOWS;

	p->t->kernels[p->kernel].cells[index] = (uint8_t)(cell ? *cell : died);
	return true;
}

static int fill_matrix(struct phase *p)
{
	p->count = p->t->cluster_count;
	return run_phase(p, sizeof(enum cell), try_small, take_small, 0);
}

/* ---- the whole ----------------------------------------------------------------------------------- */

static int compare_clusters(const void *a, const void *b)
{
	const struct cluster *x = a, *y = b;

	if (x->finding.class != y->finding.class)
		return x->finding.class < y->finding.class ? -1 : 1;
	return strcmp(x->finding.signature, y->finding.signature);
}

/* By class, then by signature; the inputs name clusters by their place. */
static void sort_clusters(struct triage *t)
{
	static uint16_t place[TRIAGE_CLUSTERS_MAX];

	for (size_t i = 0; i < t->cluster_count; i++) {
		record_id(t->clusters[i].id, &t->clusters[i].finding);
		t->clusters[i].place = i;
	}
	qsort(t->clusters, t->cluster_count, sizeof(t->clusters[0]), compare_clusters);
	for (size_t i = 0; i < t->cluster_count; i++)
		place[t->clusters[i].place] = (uint16_t)i;
	for (size_t k = 0; k < t->kernel_count; k++) {
		for (size_t i = 0; i < t->options->files.count; i++) {
			struct input *in = &t->kernels[k].inputs[i];

			for (unsigned c = 0; c < in->count; c++)
				in->clusters[c] = place[in->clusters[c]];
		}
	}
}

static int each_kernel(struct phase *p, int (*work)(struct phase *p))
{
	int code = 0;

	for (p->kernel = 0; !code && !p->t->interrupted && p->kernel < p->t->kernel_count; p->kernel++)
		code = work(p);
	return code;
}

static int sort_out(struct triage *t)
{
	struct phase *p = calloc(1, sizeof(*p));
	int code;

	if (!p)
		return cli_error(CLI_INTERNAL, "out of memory");
	p->t = t;
	code = each_kernel(p, replay_all);
	if (!code)
		code = journal_close(t);
	if (!code) {
		sort_clusters(t);
		find_minimized(t);
		code = each_kernel(p, minimize_all);
	}
	if (!code && t->kernel_count > 1)
		code = each_kernel(p, fill_matrix);
	free(p);
	for (size_t i = 0; i < t->cluster_count; i++)
		mark_embargoed(t, &t->clusters[i].finding, 1);
	if (!code)
		code = triage_output(t);
	if (!code)
		code = t->internal ? CLI_INTERNAL : t->new_finding ? CLI_FINDING : CLI_CLEAN;
	if (!code && t->options->files.count && t->kernels->bad == t->options->files.count)
		code = cli_error(CLI_BAD_INPUT, "none of these %zu files is a scenario", t->options->files.count);
	return code;
}

static int load_known(const struct triage *t, struct kernel *k)
{
	const struct scenario_kernel kernel = target_kernel(&k->facts);
	char error[512];

	if (!t->options->known)
		return 0;
	k->known =
		known_load(t->options->known, &kernel, k == t->kernels ? load_known_tell : NULL, error, sizeof(error));
	return k->known ? 0 : cli_error(CLI_NO_INPUT, "--known: %s", error);
}

static int open_kernel(struct triage *t, struct kernel *k)
{
	char error[512];
	cJSON *info;
	int code = target_probe(k->module, &k->facts);

	if (code)
		return code;
	info = cJSON_Parse(k->facts.info);
	snprintf(k->hash, sizeof(k->hash), "%s", record_string(info, "hash"));
	cJSON_Delete(info);
	k->inputs = calloc(t->options->files.count + 1, sizeof(*k->inputs));
	if (!k->inputs)
		return cli_error(CLI_INTERNAL, "out of memory");
	code = load_known(t, k);
	if (code)
		return code;
	k->store = store_open(t->options->out, k->facts.info, error, sizeof(error));
	return k->store ? 0 : cli_error(CLI_IO, "%s; name another folder with --out", error);
}

static void close_all(struct triage *t)
{
	journal_close(t);
	embargo_close(&t->embargo);
	for (size_t i = 0; i < t->kernel_count; i++) {
		store_close(t->kernels[i].store);
		known_free(t->kernels[i].known);
		for (size_t input = 0; t->kernels[i].inputs && input < t->options->files.count; input++)
			free(t->kernels[i].inputs[input].why);
		free(t->kernels[i].inputs);
		target_facts_free(&t->kernels[i].facts);
	}
	free(t->kernels);
	free(t);
}

static int triage(const struct triage_options *o, const struct cli_list *modules)
{
	struct triage *t = calloc(1, sizeof(*t));
	int code = 0;

	if (t)
		t->kernels = calloc(modules->count, sizeof(*t->kernels));
	if (!t || !t->kernels) {
		free(t);
		return cli_error(CLI_INTERNAL, "out of memory");
	}
	t->options = o;
	for (size_t i = 0; !code && i < modules->count; i++) {
		t->kernels[i].module = modules->items[i];
		t->kernel_count++;
		code = open_kernel(t, &t->kernels[i]);
	}
	if (!code && !o->known)
		code = embargo_open(&t->embargo, NULL, false);
	if (!code)
		code = journal_open(t);
	if (!code) {
		take_interrupts();
		code = sort_out(t);
	}
	close_all(t);
	return code;
}

int verb_triage(int argc, char **argv)
{
	struct triage_options o = {.out = "rcfuzz-triage"};
	const struct cli_value values[] = {
		{KEY_OUT, .text = &o.out},
		{KEY_KNOWN, .text = &o.known},
		{KEY_JOBS, .number = &o.jobs, .min = 1, .max = GUARD_JOBS_MAX},
		{KEY_RAW, .flag = &o.raw},
		{KEY_FORMAT, .flag = &o.json, .words = cli_formats},
		{0},
	};
	const struct cli_parser parser = {"triage",	    "FILE|FOLDER...",	help, options, take_file, &o,
					  .values = values, .target = &o.target};
	struct cli_list modules = {0};
	int code = cli_parse(&parser, argc, argv);

	if (code == CLI_PARSED && !o.files.count && !o.left.out.count)
		code = cli_error(CLI_USAGE, "triage wants inputs: rcfuzz triage --out D FOLDER...");
	if (!o.jobs) {
		long cpus = sysconf(_SC_NPROCESSORS_ONLN);

		o.jobs = cpus < 1 ? 1 : cpus > (long)GUARD_JOBS_MAX ? GUARD_JOBS_MAX : (uint64_t)cpus;
	}
	if (code == CLI_PARSED)
		code = target_resolve(&o.target, target_plain_flavour(), &modules);
	if (!code)
		code = cli_flush(triage(&o, &modules));
	cli_list_free(&modules);
	cli_list_free(&o.files);
	cli_list_free(&o.left.out);
	target_free(&o.target);
	return code;
}

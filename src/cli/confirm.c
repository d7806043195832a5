// SPDX-License-Identifier: GPL-2.0-only
/*
 * confirm.c: `rcfuzz confirm`: does a finding happen on an unmodified kernel in emulation
 * too? It ends with a paragraph for a mail, which is also kept with the finding. Not
 * seeing it proves nothing.
 */
#include "base/file.h"
#include "cli/cli.h"
#include "cli/embargo.h"
#include "cli/found.h"
#include "cli/load.h"
#include "cli/target.h"
#include "report/confirmation.h"
#include "report/record.h"
#include "report/timeline.h"
#include "scenario/text.h"
#include "stage/controls.h"
#include "stage/rules.h"
#include "stage/stage.h"
#include "stage/sweep.h"
#include "stage/symptom.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Ops that race: how often at most, how long, and how often it has to be seen. */
#define RACE_RUNS 20000u
#define RACE_SECONDS 120.0
#define RACE_SEEN 5u
/* What a question asks for at a time: it takes a while to make a VM. */
#define RACE_DELAYS 32u
/* Questions that wait on the stage: what they show guides the delays of later ones. */
#define AHEAD 2u
#define RUNS 3u
#define HANG_SECONDS "300"

struct confirm_options {
	struct target_choice target;
	const char *path, *id, *stage;
	uint64_t runs; /* 0: as many as that kind of scenario needs */
	double seconds;
};

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal)
{
	(void)signal;
	interrupted = 1;
}

enum { KEY_STAGE = 1000, KEY_RUNS, KEY_ID };

static const struct argp_option options[] = {
	TARGET_OPTIONS,
	{"stage", KEY_STAGE, "NAME", 0, "which kernel of ci/stage (default 6.12-64k)", 2},
	{"id", KEY_ID, "ID", 0, "the finding of the folder", 2},
	{"runs", KEY_RUNS, "N", 0, "of the scenario and of each control (default 3; ops that race: up to 20000)", 2},
	{"time", 't', "TIME", 0, "for ops that race: try that long, and each control as long (default 2m)", 2},
	{0},
};

static const char help[] =
	"Runs a finding's scenario on an unmodified kernel in emulation (prepared by ci/stage), and variants of it "
	"that "
	"must stay clean. The finding is one of a run's folder, or the most severe that a scenario shows on the "
	"module. "
	"Ops that interrupt others run on a second CPU, again and again, with the delay between them swept, until it "
	"is "
	"seen or the time is over. What came of it is kept with the finding of a folder.\v"
	"Examples:\n"
	"  rcfuzz confirm --stage 6.12-64k --id lost-dirty-host-26193f17 rcfuzz-out\n"
	"  rcfuzz confirm --kernel ~/linux --stage 6.12-64k story.txt\n"
	"Exit: 0 not seen there, a control was not clean, or none could be run; 1 seen, and every control was clean; "
	"also 1: the kernel there crashed, or ended twice, in another way than the finding says: that is a finding of "
	"its own, and kept. 130: interrupted; what was seen until then is told, and nothing is kept.";

static int take(void *ctx, int key, char *arg)
{
	struct confirm_options *o = ctx;

	(void)key;
	if (o->path)
		return cli_error(CLI_USAGE, "confirm takes one scenario, or one folder");
	o->path = arg;
	return 0;
}

/* How a scenario went on the stage, again and again. */
struct trial {
	struct scenario scenario; /* as it is played */
	uint32_t own_ops;	  /* the rest looks at what is left */
	uint64_t seen, restored, runs;
	uint64_t runs_max, seen_enough;
	unsigned delays; /* in a question; 0: nothing races */
	bool asks_tlbie; /* at the end: of L1, for the guest */
	struct sweep sweep;
	char effect[256]; /* the first thing that was seen */
	unsigned ended;	  /* how often the stage has, for no reason that counts */
};

struct confirm {
	const struct confirm_options *o;
	struct runner *runner;
	const struct finding *finding;
	const struct scenario *s;
	struct stage *stage;
	struct stage_facts facts;
	struct records records;
	struct trial trial, controls[CONTROL_COUNT];
	const char *not_run[CONTROL_COUNT]; /* NULL: it was */
	char *console;			    /* of a kernel that did not survive, */
	const struct trial *death;	    /* in this trial, as the finding does not say: a finding of its own */
	char death_text[256];
};

static double now_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* ---- what is seen ------------------------------------------------------------------ */

static bool races(const struct scenario *s)
{
	return s->point_count > 0;
}

/* A harvest that ran while others did may be named by the next one. */
static bool ran_alone(const struct scenario *s, unsigned op)
{
	for (uint32_t i = 0; i < s->point_count; i++)
		if (op < s->op_count &&
		    (s->points[i].victim == s->ops[op].label || s->points[i].child == s->ops[op].label))
			return false;
	return true;
}

static bool is_evidence(const struct trial *t, const struct observed *r, const struct finding *f)
{
	return symptom_in_record(f, r) && (f->class == CLASS_WARN || ran_alone(&t->scenario, r->event.op));
}

/* The last harvests but for those behind a tlbie of L1. */
static unsigned tlbie_at(const struct trial *t)
{
	return t->own_ops + SCENARIO_SLOTS_MAX;
}

/* What has been seen since the ops began, for one delay. */
struct sight {
	bool seen, at_end;
};

static void end_run(struct trial *t, struct sight *sight)
{
	t->seen += sight->seen;
	t->restored += sight->seen && !sight->at_end;
	t->runs++;
	*sight = (struct sight){0};
}

/* Take the answer to one question. */
static void take_records(struct confirm *c, struct trial *t, const int32_t *delays)
{
	struct sight sight = {0};
	struct observed r;
	unsigned run = 0;

	for (size_t at = 0; records_next(&c->records, &at, &r);) {
		if (r.event.kind == WIRE_RACE) {
			if (run < t->delays)
				sweep_learn(&t->sweep, delays[run], r.event.n, r.event.count, sight.seen);
			run++;
			end_run(t, &sight);
		}
		if (!is_evidence(t, &r, c->finding))
			continue;
		if (t->asks_tlbie && r.event.op > tlbie_at(t)) {
			sight.at_end = true;
			continue;
		}
		if (!*t->effect)
			record_text(&r, t->effect, sizeof(t->effect));
		sight.seen = true;
	}
	if (!run)
		end_run(t, &sight);
}

/* ---- running it ---------------------------------------------------------------------- */

static int start_stage(struct confirm *c)
{
	char error[2048];

	c->stage = stage_start(c->o->stage, races(c->s) ? 2 : 1, &interrupted, error, sizeof(error));
	if (!c->stage && interrupted)
		return cli_error(CLI_INTERRUPTED, "interrupted before the scenario was run there: nothing is known");
	if (!c->stage)
		return cli_error(CLI_NO_INPUT, "%s", error);
	c->facts = *stage_facts(c->stage);
	return 0;
}

/*
 * The stage has ended; the next trial has a new one. Has it ended as the finding says? If not: a crash is a finding of
 * its own, and so is an end that comes twice. Once may be the machine's doing. True: go on with this trial.
 */
static bool take_end(struct confirm *c, struct trial *t, const char *why)
{
	char line[sizeof(t->effect)];

	free(c->console);
	c->console = stage_console(c->stage);
	stage_stop(c->stage);
	c->stage = NULL;
	if (c->console && symptom_in_console(c->finding, c->console, line, sizeof(line))) {
		snprintf(t->effect, sizeof(t->effect), "%s", line);
		t->seen++;
		t->runs_max = ++t->runs;
		return false;
	}
	if (!c->console || !symptom_of_death(c->console, line, sizeof(line))) {
		snprintf(line, sizeof(line), "%.*s", (int)strcspn(why, ";\n"), why);
		if (!t->ended++) {
			fprintf(stderr, "rcfuzz: booting again: %s\n", line);
			return true;
		}
	}
	c->death = t;
	snprintf(c->death_text, sizeof(c->death_text), "%s", line);
	return false;
}

static bool is_over(const struct confirm *c, const struct trial *t, uint64_t sent, double began)
{
	return interrupted || c->death || t->seen >= t->seen_enough ||
	       sent * (t->delays ? t->delays : 1) >= t->runs_max ||
	       (t->delays && now_seconds() - began > c->o->seconds);
}

/* Again and again, until it is over or the stage ends: *ended. */
static void run_on_stage(struct confirm *c, struct trial *t, double began, bool *ended, char *error, size_t error_size)
{
	int32_t delays[AHEAD][RACE_DELAYS];
	uint64_t sent = 0, taken = 0, before = t->runs / (t->delays ? t->delays : 1);

	while (taken < sent || !is_over(c, t, before + sent, began)) {
		if (sent - taken < AHEAD && !is_over(c, t, before + sent, began)) {
			int32_t *next = delays[sent++ % AHEAD];

			for (unsigned i = 0; i < t->delays; i++)
				next[i] = sweep_next(&t->sweep);
			*ended = !stage_send(c->stage, &t->scenario, next, t->delays, error, error_size);
		} else {
			*ended = !stage_receive(c->stage, &c->records, error, error_size);
			if (!*ended)
				take_records(c, t, delays[taken++ % AHEAD]);
		}
		if (*ended) {
			*ended = !interrupted;
			return;
		}
	}
}

/* 0, or an exit code. */
static int run_trial(struct confirm *c, struct trial *t)
{
	double began = now_seconds();
	char error[2048];
	bool again = true;

	while (again) {
		bool ended = false;
		int code = c->stage ? 0 : start_stage(c);

		if (code)
			return code;
		run_on_stage(c, t, began, &ended, error, sizeof(error));
		again = ended && take_end(c, t, error);
	}
	return 0;
}

static void prepare(const struct confirm *c, struct trial *t, const struct scenario *s, uint64_t runs)
{
	unsigned op;

	memset(t, 0, sizeof(*t));
	t->scenario = *s;
	t->own_ops = s->op_count;
	t->runs_max = runs;
	t->seen_enough = UINT64_MAX;
	t->delays = races(s) ? RACE_DELAYS : 0;
	t->asks_tlbie = rules_ask_tlbie(c->finding);
	rules_play(&t->scenario, c->finding, &op);
}

static uint64_t runs_of(const struct confirm *c)
{
	if (c->o->runs)
		return c->o->runs;
	return races(c->s) ? RACE_RUNS : RUNS;
}

/* Does the finding's class show in a variant on the module? Then it is no control. */
static bool shows_here(struct confirm *c, const struct scenario *s)
{
	static struct run_outcome outcome;

	run_scenario(c->runner, s, NULL, &outcome);
	for (uint32_t i = 0; i < outcome.finding_count; i++)
		if (outcome.findings[i].class == c->finding->class)
			return true;
	return false;
}

/* As often as the scenario itself: what does not race, a few times. */
static int run_control(struct confirm *c, enum control control, uint64_t runs)
{
	static struct scenario s;
	struct trial *t = &c->controls[control];
	int code;

	if (!control_make(control, c->s, c->finding, &s)) {
		c->not_run[control] =
			control_why_not[control] ? control_why_not[control] : CONFIRMATION_NO_SUCH_CONTROL;
		return 0;
	}
	if (shows_here(c, &s)) {
		c->not_run[control] = "on our machine it shows there too";
		return 0;
	}
	prepare(c, t, &s, races(&s) ? runs : c->o->runs ? c->o->runs : RUNS);
	code = run_trial(c, t);
	if (!code && interrupted && t->runs < t->runs_max)
		c->not_run[control] = "interrupted";
	return code;
}

/*
 * A kernel warns of some things only once, and survives others not at all: then the controls come first, and the
 * scenario once. A race comes first, so that its controls can be tried as often.
 */
static int run_all(struct confirm *c)
{
	bool once = c->finding->class == CLASS_WARN || symptom_kind(c->finding->class) == SYMPTOM_ENDS;
	int code = 0;

	prepare(c, &c->trial, c->s, once && !races(c->s) ? 1 : runs_of(c));
	if (races(c->s) || once)
		c->trial.seen_enough = once ? 1 : RACE_SEEN;
	if (races(c->s) && !once)
		code = run_trial(c, &c->trial);
	for (int i = 0; i < CONTROL_COUNT && !code && !c->death; i++)
		code = run_control(c, (enum control)i, c->trial.runs ? c->trial.runs : runs_of(c));
	if (!code && !c->death && !c->trial.runs)
		code = run_trial(c, &c->trial);
	return code;
}

/* ---- what came of it --------------------------------------------------------------------- */

static struct confirmation confirmation_of(const struct confirm *c, char *decisive, size_t size)
{
	const struct trial *t = &c->trial;
	struct confirmation result = {
		.kernel = c->facts.kernel,
		.package = c->facts.package,
		.release = c->facts.release,
		.qemu = c->facts.qemu,
		.cpus = races(c->s) ? 2 : 1,
		.seen = t->seen,
		.runs = t->runs,
		.effect = t->effect,
		.decisive = decisive,
		.races = races(c->s),
		.swept_ms = 1e-6 * (double)sweep_width(&t->sweep),
		.restored = t->restored,
		.asked_tlbie = t->asks_tlbie,
		.needs_tlb = c->finding->layer == LAYER_TLB,
		.control_count = CONTROL_COUNT,
	};
	scenario_op_text(&c->s->ops[control_decisive(c->s, c->finding)], decisive, size);
	for (unsigned i = 0; i < CONTROL_COUNT; i++)
		result.controls[i] = (struct confirmation_control){.what = control_name[i],
								   .not_run = c->not_run[i],
								   .seen = c->controls[i].seen,
								   .runs = c->controls[i].runs};
	return result;
}

/* Where the finding came from; record NULL: from a scenario alone. */
struct source {
	char path[PATH_MAX]; /* of the scenario */
	cJSON *record;
};

/* Print the paragraph, and keep it with the finding. 0, or an exit code. */
static int conclude(const struct confirm *c, const struct source *source)
{
	char decisive[128];
	struct confirmation result = confirmation_of(c, decisive, sizeof(decisive));
	cJSON *json = confirmation_json(&result);
	int code = confirmation_holds(&result) ? CLI_FINDING : CLI_CLEAN;

	if (!json)
		return cli_error(CLI_INTERNAL, "out of memory");
	printf("%s: %s\n\n", source->path, c->finding->title);
	confirmation_text(stdout, json, 0, 76);
	embargo_say(stdout, c->finding, source->record);
	if (interrupted) {
		cJSON_Delete(json);
		cli_flush(code);
		return cli_error(CLI_INTERRUPTED, "interrupted: this is not kept");
	}
	if (!source->record) {
		cJSON_Delete(json);
		return cli_flush(code);
	}
	if (!confirmation_add(source->record, json))
		return cli_error(CLI_INTERNAL, "out of memory");
	return found_append(c->o->path, source->record) ? CLI_IO : cli_flush(code);
}

/* With the findings of a folder, or in the working directory: ID-STAGE.SUFFIX. */
static void path_beside(const struct confirm *c, const struct source *source, const char *suffix, char *path,
			size_t size)
{
	const char *slash = strrchr(source->path, '/');

	if (source->record)
		snprintf(path, size, "%s/reports/%s-%s.%s", c->o->path, record_string(source->record, "id"),
			 c->o->stage, suffix);
	else
		snprintf(path, size, "%s-%s.%s", slash ? slash + 1 : source->path, c->o->stage, suffix);
}

/* The log of a kernel that did not survive. */
static int keep_console(const struct confirm *c, const struct source *source)
{
	char path[PATH_MAX + 128], error[512];

	if (!c->console)
		return 0;
	path_beside(c, source, "console.log", path, sizeof(path));
	if (file_write_atomic(path, c->console, strlen(c->console), error, sizeof(error)))
		return cli_error(CLI_IO, "%s", error);
	fprintf(stderr, "rcfuzz: the kernel's log is in %s\n", path);
	return 0;
}

/* What ended the stage, and is not what was looked for, is a finding of its own: keep the scenario beside the log. */
static int conclude_death(const struct confirm *c, const struct source *source)
{
	static struct scenario_file file;
	struct scenario_error error;
	char path[PATH_MAX + 128];

	file = (struct scenario_file){.scenario = c->death->scenario};
	snprintf(file.story, sizeof(file.story), "ends %s (%s): %s", c->facts.kernel, c->facts.package, c->death_text);
	path_beside(c, source, "ends-stage.txt", path, sizeof(path));
	if (scenario_file_save(path, &file, &error))
		return cli_error(CLI_IO, "%s", error.message);
	printf("%s: %s\n\nThe kernel %s did not survive it, and not as the finding says:\n%s\n"
	       "That is a finding of its own; its scenario is in %s\n",
	       source->path, c->finding->title, c->facts.kernel, c->death_text, path);
	return cli_flush(CLI_FINDING);
}

/* ---- the verb -------------------------------------------------------------------------- */

static int can_be_seen(const struct confirm *c, const struct source *source)
{
	struct scenario played = *c->s;
	unsigned op;
	const char *why = rules_play(&played, NULL, &op);

	if (why)
		return cli_error(CLI_BAD_INPUT, "%s: %s %s is not on the stage: %s", source->path,
				 op_info[c->s->ops[op].kind].actor, op_info[c->s->ops[op].kind].name, why);
	if (!symptom_kind(c->finding->class))
		return cli_error(CLI_BAD_INPUT, "%s: a finding of class %s cannot be seen from outside", source->path,
				 class_info[c->finding->class].name);
	return 0;
}

static int confirm_on_stage(struct confirm *c, const struct source *source)
{
	int code = can_be_seen(c, source);

	if (code)
		return code;
	/* A kernel says that a task hangs only when that has lasted 120 to 240 seconds. */
	if (c->finding->class == CLASS_DEADLOCK || c->finding->class == CLASS_HANG)
		setenv("RCFUZZ_STAGE_PATIENCE", HANG_SECONDS, 0);
	code = start_stage(c);
	if (code)
		return code;
	if (c->facts.page_shift != (c->s->config.page == PAGE_4K ? 12u : 16u))
		code = cli_error(CLI_USAGE, "the module and the kernel %s have different page sizes", c->o->stage);
	else
		code = run_all(c);
	if (!code && interrupted && !c->trial.runs && !c->death)
		code = cli_error(CLI_INTERRUPTED, "interrupted before the scenario was run there: nothing is known");
	if (c->console && (c->death || c->trial.seen) && keep_console(c, source) && !code)
		code = CLI_IO;
	if (!code)
		code = c->death ? conclude_death(c, source) : conclude(c, source);
	stage_stop(c->stage);
	records_free(&c->records);
	free(c->console);
	return code;
}

/* The finding to confirm: the record's, or the most severe one. NULL: it does not show. */
static const struct finding *choose(const struct run_outcome *outcome, const struct source *source)
{
	const char *signature = record_string(source->record, "signature");

	if (!source->record)
		return timeline_worst(outcome);
	for (uint32_t i = 0; i < outcome->finding_count; i++)
		if (!strcmp(outcome->findings[i].signature, signature))
			return &outcome->findings[i];
	return NULL;
}

/* The file is one of the module's page size from here on. */
static int confirm_loaded(struct confirm *c, const struct source *source, struct scenario_file *file)
{
	static struct run_outcome outcome;

	file->scenario.config.page = runner_page_shift(c->runner) == 12 ? PAGE_4K : PAGE_64K;
	scenario_canonicalize(&file->scenario);
	run_scenario(c->runner, &file->scenario, NULL, &outcome);
	c->finding = choose(&outcome, source);
	if (c->finding)
		return confirm_on_stage(c, source);
	return cli_error(CLI_BAD_INPUT, "%s does not show %s on this module", source->path,
			 source->record ? record_string(source->record, "signature") : "a finding");
}

static int confirm_with(const struct confirm_options *o, const char *module, const struct source *source)
{
	static struct scenario_file file;
	static struct confirm c;
	char error[512];
	int code;

	c = (struct confirm){.o = o, .s = &file.scenario, .runner = runner_create(module, error, sizeof(error))};
	if (!c.runner)
		return cli_error(CLI_BAD_INPUT, "%s", error);
	code = load_scenario_for(source->path, runner_page_shift(c.runner), &file);
	if (!code && scenario_file_embargoed(&file))
		code = cli_error(CLI_BAD_INPUT, "%s is embargoed: it holds no scenario", source->path);
	if (!code)
		code = confirm_loaded(&c, source, &file);
	runner_destroy(c.runner);
	return code;
}

/* What is meant by the path and --id. 0, or an exit code. */
static int find_source(const struct confirm_options *o, struct source *source, cJSON **records)
{
	int code;

	if (!found_is_folder(o->path)) {
		if (o->id)
			return cli_error(CLI_USAGE, "%s is one scenario: --id goes with a folder", o->path);
		snprintf(source->path, sizeof(source->path), "%s", o->path);
		return 0;
	}
	code = found_read(o->path, records);
	if (!code && o->id)
		code = found_keep_one(*records, o->id);
	if (code)
		return code;
	if (cJSON_GetArraySize(*records) != 1)
		return cli_error(CLI_USAGE, "%s holds %d findings, confirm is about one: choose it with --id", o->path,
				 cJSON_GetArraySize(*records));
	source->record = (*records)->child;
	return found_scenario(o->path, source->record, source->path);
}

static int confirm(const struct confirm_options *o)
{
	static struct source source;
	struct target_choice target;
	struct cli_list modules = {0};
	cJSON *records = NULL;
	int code = find_source(o, &source, &records);

	if (!code) {
		target = source.record ? found_target(&o->target, source.record) : o->target;
		code = target_resolve(&target, load_flavour_of(source.path), &modules);
		if (target.trees.items != o->target.trees.items)
			cli_list_free(&target.trees);
	}
	if (!code && modules.count > 1)
		code = cli_error(CLI_USAGE, "confirm works on one kernel");
	if (!code)
		code = confirm_with(o, modules.items[0], &source);
	cli_list_free(&modules);
	cJSON_Delete(records);
	return code;
}

int verb_confirm(int argc, char **argv)
{
	const struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND};
	struct confirm_options o = {.stage = "6.12-64k", .seconds = RACE_SECONDS};
	const struct cli_value values[] = {
		{KEY_STAGE, .text = &o.stage},
		{KEY_ID, .text = &o.id},
		{KEY_RUNS, .number = &o.runs, .min = 1, .max = 1000000},
		{'t', .seconds = &o.seconds},
		{0},
	};
	const struct cli_parser parser = {"confirm",	    "FILE|FOLDER",	help, options, take, &o,
					  .values = values, .target = &o.target};
	int code = cli_parse(&parser, argc, argv);

	if (code == CLI_PARSED && !o.path)
		code = cli_error(CLI_USAGE,
				 "confirm wants a scenario, or the --out folder of a run: rcfuzz confirm FILE");
	else if (code == CLI_PARSED) {
		sigaction(SIGINT, &action, NULL);
		sigaction(SIGTERM, &action, NULL);
		code = confirm(&o);
	}
	target_free(&o.target);
	return code;
}

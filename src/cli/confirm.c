// SPDX-License-Identifier: GPL-2.0-only
/*
 * confirm.c: `rcfuzz confirm`: does a finding happen on an unmodified kernel in emulation
 * too? It ends with a paragraph for a mail. Not seeing it proves nothing.
 */
#include "cli/cli.h"
#include "cli/load.h"
#include "cli/target.h"
#include "report/timeline.h"
#include "scenario/text.h"
#include "stage/controls.h"
#include "stage/rules.h"
#include "stage/stage.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct confirm_options {
	struct target_choice target;
	struct cli_list files;
	const char *stage;
	uint64_t runs;
};

enum { KEY_STAGE = 1000, KEY_RUNS };

static const struct argp_option options[] = {
	TARGET_OPTIONS,
	{"stage", KEY_STAGE, "NAME", 0, "which kernel of ci/stage (default 6.12-64k)", 2},
	{"runs", KEY_RUNS, "N", 0, "of the scenario and of each control (default 3)", 2},
	{0},
};

static const char help[] =
	"Runs a finding's scenario on an unmodified kernel in emulation (prepared by ci/stage), and variants of it "
	"that "
	"must stay clean. The finding is the most severe that the scenario shows on the module.\v"
	"Example:\n"
	"  rcfuzz confirm --kernel ~/linux --stage 6.12-64k corpus/known/wider-permission-warns.txt\n"
	"Exit: 0 not seen there, 1 seen, and every control was clean.";

static int take(void *ctx, int key, char *arg)
{
	struct confirm_options *o = ctx;
	int result = target_take(&o->target, key, arg);

	if (result != ARGP_ERR_UNKNOWN)
		return result;
	switch (key) {
	case KEY_STAGE:
		o->stage = arg;
		return 0;
	case KEY_RUNS:
		return cli_number("--runs", arg, 1, 1000, &o->runs);
	}
	cli_list_add(&o->files, arg);
	return 0;
}

/* How a scenario went on the stage, again and again. */
struct trial {
	uint64_t seen, runs;
	char effect[256]; /* the first thing that was seen */
};

struct confirm {
	const struct confirm_options *o;
	const struct finding *finding;
	const struct scenario *s;
	struct stage *stage;
	struct records records;
	struct trial scenario, controls[CONTROL_COUNT];
	bool made[CONTROL_COUNT];
};

/* ---- what is seen ------------------------------------------------------------------ */

/* What shows a class of finding from outside: a kind of record, 0 for none. */
static unsigned evidence(enum finding_class class)
{
	switch (class) {
	case CLASS_LOST_DIRTY_HOST:
		return WIRE_LOST;
	case CLASS_LOST_DIRTY_L1:
		return EV_L1_COMPARE;
	case CLASS_WARN:
		return WIRE_LOG;
	default:
		return 0;
	}
}

static bool is_evidence(const struct observed *r, enum finding_class class)
{
	return r->event.kind == evidence(class) && (r->event.kind != EV_L1_COMPARE || r->event.status != 0);
}

/* One run. 0, or an exit code. */
static int run_once(struct confirm *c, const struct scenario *s, struct trial *trial)
{
	struct observed record;
	char error[2048];
	bool seen = false;

	if (!stage_run(c->stage, s, &c->records, error, sizeof(error)))
		return cli_error(CLI_INTERNAL, "%s", error);
	for (size_t at = 0; !seen && records_next(&c->records, &at, &record);)
		seen = is_evidence(&record, c->finding->class);
	if (seen && !*trial->effect)
		record_text(&record, trial->effect, sizeof(trial->effect));
	trial->seen += seen;
	trial->runs++;
	return 0;
}

static int run_trial(struct confirm *c, const struct scenario *s, uint64_t runs, struct trial *trial)
{
	int code = 0;

	for (uint64_t i = 0; i < runs && !code; i++)
		code = run_once(c, s, trial);
	return code;
}

/* Controls first, and the scenario itself once: a kernel warns of some things only once. */
static int run_all(struct confirm *c, const struct scenario *s)
{
	static struct scenario control;
	struct scenario played = *s;
	unsigned op;
	int code = 0;

	for (int i = 0; i < CONTROL_COUNT && !code; i++) {
		c->made[i] = control_make((enum control)i, s, c->finding, &control);
		if (!c->made[i])
			continue;
		rules_play(&control, &op);
		code = run_trial(c, &control, c->o->runs, &c->controls[i]);
	}
	rules_play(&played, &op);
	return code ? code : run_trial(c, &played, c->finding->class == CLASS_WARN ? 1 : c->o->runs, &c->scenario);
}

/* ---- the paragraph ------------------------------------------------------------------- */

/* Words, filled into lines. */
struct paragraph {
	unsigned column;
};

#define PARAGRAPH_COLUMNS 76u

static void __attribute__((format(printf, 2, 3))) say(struct paragraph *p, const char *format, ...)
{
	char text[1024], *rest = text;
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	for (char *word = strtok_r(rest, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		unsigned length = (unsigned)strlen(word);

		if (p->column && p->column + 1 + length > PARAGRAPH_COLUMNS) {
			putchar('\n');
			p->column = 0;
		}
		p->column += (unsigned)printf("%s%s", p->column ? " " : "", word);
	}
}

static bool controls_clean(const struct confirm *c)
{
	for (int i = 0; i < CONTROL_COUNT; i++)
		if (c->controls[i].seen)
			return false;
	return true;
}

static void say_controls(const struct confirm *c, struct paragraph *p)
{
	char op[128];

	scenario_op_text(&c->s->ops[c->finding->op_cause], op, sizeof(op));
	say(p, "Controls (the decisive op is \"%s\"), seen in:", op);
	for (int i = 0; i < CONTROL_COUNT; i++) {
		if (c->made[i])
			say(p, "%s %llu of %llu;", control_name[i], (unsigned long long)c->controls[i].seen,
			    (unsigned long long)c->controls[i].runs);
		else
			say(p, "%s: does not apply;", control_name[i]);
	}
	say(p, "%s", controls_clean(c) ? "all clean." : "NOT CLEAN: the scenario does not show what it says.");
}

static void print_paragraph(const struct confirm *c, const char *path)
{
	const struct stage_facts *facts = stage_facts(c->stage);
	struct paragraph p = {0};

	printf("%s: %s\n\n", path, c->finding->title);
	say(&p, "Kernel: %s (%s), unmodified, on an emulated POWER9: QEMU %s, -M powernv9, TCG, one CPU.",
	    facts->package, facts->release, facts->qemu);
	say(&p, "Seen in %llu of %llu runs.", (unsigned long long)c->scenario.seen,
	    (unsigned long long)c->scenario.runs);
	if (c->scenario.seen)
		say(&p, "The first time: %s.", c->scenario.effect);
	else if (c->finding->layer == LAYER_TLB)
		say(&p, "It needs a CPU that keeps a translation across a change of LPIDR; the emulation drops all "
			"then, so "
			"this proves nothing.");
	else
		say(&p, "The emulation is not the hardware: this proves nothing.");
	say_controls(c, &p);
	putchar('\n');
}

/* ---- the verb -------------------------------------------------------------------------- */

static int confirm_on_stage(struct confirm *c, const char *path, const struct scenario *s)
{
	struct scenario played = *s;
	char error[2048];
	unsigned op;
	const char *why = rules_play(&played, &op);
	int code;

	if (why)
		return cli_error(CLI_BAD_INPUT, "%s: %s %s is not on the stage: %s", path,
				 op_info[s->ops[op].kind].actor, op_info[s->ops[op].kind].name, why);
	if (!evidence(c->finding->class))
		return cli_error(CLI_BAD_INPUT, "%s: a finding of class %s cannot be seen from outside", path,
				 class_info[c->finding->class].name);
	c->s = s;
	c->stage = stage_start(c->o->stage, 1, error, sizeof(error));
	if (!c->stage)
		return cli_error(CLI_NO_INPUT, "%s", error);
	if (stage_facts(c->stage)->page_shift != (s->config.page == PAGE_4K ? 12u : 16u))
		code = cli_error(CLI_USAGE, "the module and the kernel %s have different page sizes", c->o->stage);
	else
		code = run_all(c, s);
	if (!code) {
		print_paragraph(c, path);
		code = c->scenario.seen && controls_clean(c) ? CLI_FINDING : CLI_CLEAN;
	}
	stage_stop(c->stage);
	records_free(&c->records);
	return cli_flush(code);
}

static int confirm_with(const struct confirm_options *o, const char *module)
{
	static struct scenario_file file;
	static struct run_outcome outcome;
	struct confirm c = {.o = o};
	const char *path = o->files.items[0];
	char error[512];
	struct runner *runner;
	int code = load_scenario(path, &file);

	if (code)
		return code;
	if (scenario_file_embargoed(&file))
		return cli_error(CLI_BAD_INPUT, "%s is embargoed: it holds no scenario", path);
	runner = runner_create(module, error, sizeof(error));
	if (!runner)
		return cli_error(CLI_BAD_INPUT, "%s", error);
	file.scenario.config.page = runner_page_shift(runner) == 12 ? PAGE_4K : PAGE_64K;
	scenario_canonicalize(&file.scenario);
	run_scenario(runner, &file.scenario, NULL, &outcome);
	c.finding = timeline_worst(&outcome);
	if (c.finding)
		code = confirm_on_stage(&c, path, &file.scenario);
	else
		code = cli_error(CLI_BAD_INPUT, "%s shows no finding on this module", path);
	runner_destroy(runner);
	return code;
}

int verb_confirm(int argc, char **argv)
{
	struct confirm_options o = {.stage = "6.12-64k", .runs = 3};
	const struct cli_parser parser = {"confirm", "FILE", help, options, take, &o};
	struct cli_list modules = {0};
	int code = cli_parse(&parser, argc, argv);

	if (code == CLI_PARSED && o.files.count != 1)
		code = cli_error(CLI_USAGE, "confirm wants one scenario: rcfuzz confirm FILE");
	if (code == CLI_PARSED)
		code = target_resolve(&o.target, target_plain_flavour(), &modules);
	if (!code && modules.count > 1)
		code = cli_error(CLI_USAGE, "confirm works on one kernel");
	if (!code)
		code = confirm_with(&o, modules.items[0]);
	cli_list_free(&modules);
	cli_list_free(&o.files);
	target_free(&o.target);
	return code;
}

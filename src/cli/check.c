// SPDX-License-Identifier: GPL-2.0-only
/*
 * check.c: `rcfuzz check`: does a kernel still do what a corpus expects of it?
 *
 * KTAP on stdout, kselftest's exit codes; with --bisect one entry and the codes
 * of `git bisect run`.
 */
#include "cli/classes.h"
#include "cli/cli.h"
#include "cli/guard.h"
#include "cli/load.h"
#include "cli/reach.h"
#include "cli/target.h"
#include "report/ktap.h"
#include "run/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What `git bisect run` understands. */
enum bisect_exit { BISECT_GOOD = 0, BISECT_BAD = 1, BISECT_SKIP = 125, BISECT_ABORT = 128 };

struct check_options {
	struct target_choice target;
	struct cli_list files;
	bool bisect;
	uint32_t fail_classes;
};

enum { KEY_BISECT = 1000, KEY_FAIL };

static const struct argp_option options[] = {
	TARGET_OPTIONS,
	{"bisect", KEY_BISECT, NULL, 0, "for 'git bisect run': is the finding of this one entry there?", 2},
	FAIL_ON_OPTION(KEY_FAIL),
	{0},
};

static const char help[] =
	"Runs the entries of a corpus (files, folders) on one kernel or several, and compares with what they expect. "
	"KTAP on stdout. With --patch or --recipe the kernel is checked with and without it, and a table says what it "
	"cures, leaves and breaks.\v"
	"Examples:\n"
	"  rcfuzz check corpus/\n"
	"  rcfuzz check --kernel ~/linux --patch fix.patch corpus/known\n"
	"  git bisect run rcfuzz check --bisect --kernel . entry.txt\n"
	"Exit: 0 pass, 1 something is not ok, 4 all skipped. With --bisect: 0 the entry's finding is absent, 1 it is "
	"there, 125 cannot be built, shows another finding, or does not come to where the entry's ops interrupt one "
	"another, 128 and up: an error that ends the bisect.";

static int take(void *ctx, int key, char *arg)
{
	struct check_options *o = ctx;

	if (key == KEY_FAIL)
		return classes_parse(&o->fail_classes, arg);
	/* A corpus holds recipes and notes too. */
	cli_list_all(&o->files, arg, ".txt");
	return 0;
}

/* ---- one entry, in the child ------------------------------------------------------- */

struct check_result {
	enum ktap_result verdict;
	bool own, other; /* shows the finding that it speaks of; another that matters */
	char reason[256], remark[LOAD_TEXT];
	/* Does it come to where its ops interrupt one another? What it does not show counts only then. */
	enum reach reach;
	char unreached[160];
	char numbers[REACH_REMARK + 1024]; /* with its name, of what holds for one build only; "" */
	/* What it shows that matters, by coarse signature. */
	uint32_t shown_count;
	char shown[RUN_FINDINGS_MAX][sizeof(((struct finding *)NULL)->coarse)];
	/* Of these the one that it is expected to show, or else the first; "": none. */
	char main[sizeof(((struct finding *)NULL)->coarse)];
};

/* What a patch does to an entry. */
enum effect { EFFECT_NONE, EFFECT_CURES, EFFECT_EVADES, EFFECT_LEAVES, EFFECT_BREAKS, EFFECT_COUNT };
static const char *const effect_word[EFFECT_COUNT] = {"quiet", "cures", "evades", "leaves", "breaks"};

struct check {
	const struct check_options *options;
	const char *module;
	const struct target_facts *facts;
	bool several; /* kernels: names say which */
	struct ktap *ktap;
	struct check_result *base; /* of all entries without the patch; NULL: nothing to compare with */
	struct check_result *keep; /* where the results go; may be NULL */
	enum effect *effects;
	struct check_result last; /* of the parent, for --bisect */
	bool died;
	/* In the child: */
	struct runner *runner;
	struct run_outcome outcome;
	struct scenario_file file;
};

static bool open_runner(void *ctx, char *error, size_t error_size)
{
	struct check *check = ctx;

	check->runner = runner_create(check->module, error, error_size);
	return check->runner;
}

static bool matters(const struct check *check, const struct finding *finding)
{
	return check->options->fail_classes & (1u << finding->class);
}

/* Does any line of the entry speak of this finding? An entry without such a line speaks of all that matter. */
static bool speaks_of(const struct check *check, const struct finding *finding)
{
	const struct scenario_file *file = &check->file;
	bool any = false;

	for (uint32_t i = 0; i < file->expectation_count; i++) {
		const struct scenario_expectation *e = &file->expectations[i];

		if (e->kind != EXPECT_FINDING)
			continue;
		any = true;
		if (scenario_expectation_covers(e, finding->coarse))
			return true;
	}
	return !any && matters(check, finding);
}

/* What an entry shows, by what it expects. */
struct shown {
	const struct finding *expected; /* and listed, if the entry lists signatures */
	const struct finding *unlisted; /* shows like the expected one, with a signature that is not listed */
	const struct finding *other;	/* matters, and the entry does not speak of it */
};

static struct shown sort_findings(const struct check *check, const struct scenario_expectation *e)
{
	const struct run_outcome *outcome = &check->outcome;
	const struct scenario_file *file = &check->file;
	/* An entry that lists none lists each. */
	bool lists_some = !scenario_file_lists(file, "");
	struct shown shown = {0};

	for (uint32_t i = 0; i < outcome->finding_count; i++) {
		const struct finding *finding = &outcome->findings[i];
		bool covered = scenario_expectation_covers(e, finding->coarse);
		bool listed = scenario_file_lists(file, finding->signature);

		if (covered && listed)
			shown.expected = shown.expected ? shown.expected : finding;
		else if (covered)
			shown.unlisted = shown.unlisted ? shown.unlisted : finding;
		else if (matters(check, finding) && !(listed && lists_some))
			shown.other = shown.other ? shown.other : finding;
	}
	return shown;
}

/* The most severe one that matters. */
static const struct finding *find_serious(const struct check *check)
{
	const struct finding *worst = NULL;

	for (uint32_t i = 0; i < check->outcome.finding_count; i++) {
		const struct finding *finding = &check->outcome.findings[i];

		if (matters(check, finding) && (!worst || finding->class < worst->class))
			worst = finding;
	}
	return worst;
}

static void describe(struct check_result *result, const char *head, const struct finding *finding)
{
	snprintf(result->reason, sizeof(result->reason), "%s%s: %s", head, class_info[finding->class].name,
		 finding->title);
}

/*
 * What was looked for is absent, and so is what the entry does to look for it. A repair may have taken that away, a
 * lock that is held throughout: then the entry is of no use there, but nothing is wrong. A function that is gone is
 * rather one of another name, and where a finding is expected nothing was repaired: the entry has to be mended.
 */
static void judge_unreached(struct check_result *result, bool finding_expected)
{
	bool fails = result->reach == REACH_NO_FUNCTION || (result->reach == REACH_NOT && finding_expected);

	result->verdict = fails ? KTAP_FAIL : KTAP_SKIP;
	snprintf(result->reason, sizeof(result->reason), "point %s", result->unreached);
}

/* Only a module of the flavour `access` shows races. */
static bool expects_race(const struct scenario_expectation *e)
{
	const char *race = class_info[CLASS_DATA_RACE].name;

	return strcspn(e->signature, ":") == strlen(race) && !strncmp(e->signature, race, strlen(race));
}

static void judge_finding(const struct check *check, const struct scenario_expectation *e, struct check_result *result)
{
	const struct shown shown = sort_findings(check, e);

	result->verdict = KTAP_FAIL;
	if (shown.unlisted) {
		snprintf(result->reason, sizeof(result->reason), "another signature than the entry lists: %s",
			 shown.unlisted->signature);
	} else if (shown.other) {
		describe(result,
			 shown.expected ? "another finding besides the expected one: "
					: "another finding than expected: ",
			 shown.other);
	} else if (shown.expected) {
		result->verdict = KTAP_XFAIL;
		describe(result, "", shown.expected);
		snprintf(result->main, sizeof(result->main), "%s", shown.expected->coarse);
	} else if (!check->facts->access && expects_race(e)) {
		result->verdict = KTAP_SKIP;
		snprintf(result->reason, sizeof(result->reason), "only a module of the flavour access shows it");
	} else if (result->reach) {
		judge_unreached(result, true);
	} else {
		result->verdict = KTAP_XPASS;
		snprintf(result->reason, sizeof(result->reason), "expected %s", e->signature);
	}
}

static void judge(const struct check *check, struct check_result *result)
{
	const struct scenario_kernel kernel = target_kernel(check->facts);
	const struct scenario_expectation *e = scenario_file_expectation(&check->file, &kernel);
	const struct finding *serious;

	if (e && e->kind == EXPECT_FINDING) {
		judge_finding(check, e, result);
		return;
	}
	serious = find_serious(check);
	result->verdict = serious ? KTAP_FAIL : KTAP_PASS;
	if (serious)
		describe(result, "", serious);
	else if (result->reach)
		judge_unreached(result, false);
}

/* What was cut may have shown more. */
static void judge_cut(const struct check *check, struct check_result *result)
{
	const struct run_outcome *outcome = &check->outcome;

	if (!outcome->too_slow || (result->verdict != KTAP_PASS && result->verdict != KTAP_XPASS))
		return;
	result->verdict = KTAP_FAIL;
	result->other = true; /* to bisect, this kernel says nothing */
	snprintf(result->reason, sizeof(result->reason), "too slow: it was cut, %u of %u ops were run",
		 outcome->ops_run, check->file.scenario.op_count);
}

static void check_file(void *ctx, size_t index, void *out)
{
	struct check *check = ctx;
	struct check_result *result = out;
	const char *path = check->options->files.items[index];
	struct scenario_error error = {0};
	char numbers[REACH_REMARK], hash[SCENARIO_MODULE_MAX];
	int loaded = scenario_file_load(path, &check->file, &error);

	if (loaded) {
		result->verdict = KTAP_FAIL;
		load_error(path, loaded, &error, result->reason, sizeof(result->reason));
		return;
	}
	if (scenario_file_embargoed(&check->file)) {
		result->verdict = KTAP_SKIP;
		snprintf(result->reason, sizeof(result->reason), "embargoed: no scenario");
		return;
	}
	if (!check->file.scenario.op_count) {
		/* Half written, perhaps. It would pass whatever the kernel does. */
		result->verdict = KTAP_FAIL;
		snprintf(result->reason, sizeof(result->reason), "empty: it holds no op");
		return;
	}
	load_page_remark(path, &check->file, check->facts->page_shift, result->remark, sizeof(result->remark));
	reach_hash(runner_target_info(check->runner), hash);
	if (reach_remark(&check->file, hash, numbers))
		snprintf(result->numbers, sizeof(result->numbers), "%s: %s", path, numbers);
	run_scenario(check->runner, &check->file.scenario, NULL, &check->outcome);
	result->reach = reach_of(check->runner, &check->file.scenario, &check->outcome, result->unreached,
				 sizeof(result->unreached));
	for (uint32_t i = 0; i < check->outcome.finding_count; i++) {
		bool own = speaks_of(check, &check->outcome.findings[i]);

		result->own |= own;
		result->other |= !own && matters(check, &check->outcome.findings[i]);
		if (own || matters(check, &check->outcome.findings[i]))
			snprintf(result->shown[result->shown_count++], sizeof(result->shown[0]), "%s",
				 check->outcome.findings[i].coarse);
	}
	snprintf(result->main, sizeof(result->main), "%s", result->shown[0]);
	judge(check, result);
	judge_cut(check, result);
}

/* ---- what a patch does ----------------------------------------------------------------- */

static bool shows(const struct check_result *result, const char *coarse)
{
	for (uint32_t i = 0; i < result->shown_count; i++) {
		if (!strcmp(result->shown[i], coarse))
			return true;
	}
	return false;
}

static enum effect effect_of(const struct check_result *base, const struct check_result *patched)
{
	/* It died, or cannot be read. */
	bool fails = patched->verdict == KTAP_FAIL && !patched->shown_count && !patched->reach;

	if (fails && base->verdict != KTAP_FAIL)
		return EFFECT_BREAKS;
	for (uint32_t i = 0; i < patched->shown_count; i++) {
		if (!shows(base, patched->shown[i]))
			return EFFECT_BREAKS;
	}
	/* What an entry shows besides may stay: another cause's. */
	if (patched->shown_count && (patched->reach || shows(patched, base->main)))
		return EFFECT_LEAVES;
	if (base->shown_count)
		return patched->reach ? EFFECT_EVADES : EFFECT_CURES;
	return EFFECT_NONE;
}

/*
 * That a finding is gone, as it was expected to stay, is what a fix is for. So may be that the kernel does not come any
 * more to where the race was: what else is left of it the entry cannot say.
 */
static void compare(struct check *check, size_t index)
{
	enum effect effect = effect_of(&check->base[index], &check->last);

	check->effects[index] = effect;
	if (effect == EFFECT_CURES && check->last.verdict == KTAP_XPASS)
		check->last.verdict = KTAP_PASS;
	else if (effect == EFFECT_EVADES)
		judge_unreached(&check->last, false);
	else if (effect == EFFECT_BREAKS)
		check->last.verdict = KTAP_FAIL;
}

static void print_table(const struct check *check)
{
	const struct target_choice *t = &check->options->target;
	size_t counts[EFFECT_COUNT] = {0};

	printf("# with ");
	for (size_t i = 0; i < t->patches.count; i++)
		printf("%s%s", i ? " " : "", t->patches.items[i]);
	for (size_t i = 0; i < t->recipes.count; i++)
		printf("%s%s", i || t->patches.count ? " " : "", t->recipes.items[i]);
	printf(" on %s:\n", check->facts->name);
	for (int effect = EFFECT_BREAKS; effect > EFFECT_NONE; effect--) {
		for (size_t i = 0; i < check->options->files.count; i++) {
			const struct check_result *b = &check->base[i], *p = &check->keep[i];

			if ((int)check->effects[i] != effect)
				continue;
			counts[effect]++;
			printf("#   %-6s  %-44s  %s%s%s\n", effect_word[effect], check->options->files.items[i],
			       effect == EFFECT_CURES ? b->main
			       : p->shown_count	      ? p->shown[0]
						      : p->reason,
			       effect == EFFECT_CURES && p->shown_count ? "; leaves " : "",
			       effect == EFFECT_CURES && p->shown_count ? p->shown[0] : "");
		}
	}
	printf("# cures %zu, evades %zu, leaves %zu, breaks %zu of %zu entries\n", counts[EFFECT_CURES],
	       counts[EFFECT_EVADES], counts[EFFECT_LEAVES], counts[EFFECT_BREAKS], check->options->files.count);
}

/* ---- the parent ---------------------------------------------------------------------- */

static bool take_result(void *ctx, size_t index, const void *out, int status)
{
	const struct check_result *result = out;
	struct check *check = ctx;
	struct check_result death = {.verdict = KTAP_FAIL};
	char name[1024], text[96];

	if (!result) {
		snprintf(death.reason, sizeof(death.reason), "the process died (%s)",
			 guard_status_text(status, text, sizeof(text)));
		check->died = true;
		result = &death;
	}
	check->last = *result;
	if (check->keep)
		check->keep[index] = *result;
	if (check->base)
		compare(check, index);
	if (check->several)
		snprintf(name, sizeof(name), "%s [%s]", check->options->files.items[index], check->facts->name);
	else
		snprintf(name, sizeof(name), "%s", check->options->files.items[index]);
	if (check->options->bisect && *check->last.remark)
		cli_error(0, "%s", check->last.remark);
	if (check->ktap && *check->last.remark)
		ktap_remark(check->ktap, check->last.remark);
	if (check->ktap && *check->last.numbers)
		ktap_remark(check->ktap, check->last.numbers);
	if (check->ktap)
		ktap_result(check->ktap, check->last.verdict, name, check->last.reason);
	return true;
}

static int check_on(struct check *check)
{
	const struct guard guard = {
		.ctx = check,
		.count = check->options->files.count,
		.result_size = sizeof(struct check_result),
		.open = open_runner,
		.run = check_file,
		.take = take_result,
	};

	return guard_each(&guard);
}

/* One kernel, and the one without the patch to compare with (NULL: none). */
static int check_kernel(const struct check_options *o, struct ktap *ktap, const char *module, const char *base,
			bool several)
{
	struct check *check = calloc(1, sizeof(*check));
	struct check_result *results = calloc(2 * o->files.count, sizeof(*results));
	enum effect *effects = calloc(o->files.count, sizeof(*effects));
	struct target_facts facts = {0}, plain = {0};
	int code =
		check && results && effects ? target_probe(module, &facts) : cli_error(CLI_INTERNAL, "out of memory");

	if (!code && base)
		code = target_probe(base, &plain);
	if (!code && base) {
		/* By its own facts: what an entry expects of a kernel may depend on a patch. */
		*check = (struct check){.options = o, .module = base, .facts = &plain, .keep = results};
		code = check_on(check);
	}
	if (!code) {
		*check = (struct check){.options = o,
					.module = module,
					.facts = &facts,
					.several = several,
					.ktap = ktap,
					.base = base ? results : NULL,
					.keep = results + o->files.count,
					.effects = effects};
		printf("# kernel %s: %s\n", facts.name, module);
		code = check_on(check);
	}
	if (!code && base)
		print_table(check);
	target_facts_free(&plain);
	target_facts_free(&facts);
	free(effects);
	free(results);
	free(check);
	return code;
}

/* The same trees without what --patch and --recipe do to them. */
static int resolve_bases(const struct check_options *o, struct cli_list *bases)
{
	struct target_choice plain = o->target;

	if (!o->target.patches.count && !o->target.recipes.count)
		return 0;
	plain.patches = plain.recipes = plain.modules = (struct cli_list){0};
	return target_resolve(&plain, target_plain_flavour(), bases);
}

static int check_all(const struct check_options *o, const struct cli_list *modules)
{
	struct cli_list bases = {0};
	struct ktap ktap;
	int code = resolve_bases(o, &bases);

	if (!code)
		ktap_begin(&ktap, stdout, (unsigned)(o->files.count * modules->count));
	for (size_t i = 0; !code && i < modules->count; i++) {
		/* Modules that were given come first: they have no tree. */
		bool built = i >= o->target.modules.count && bases.count;

		code = check_kernel(o, &ktap, modules->items[i],
				    built ? bases.items[i - o->target.modules.count] : NULL, modules->count > 1);
	}
	cli_list_free(&bases);
	return code ? code : cli_flush(ktap_end(&ktap));
}

/* ---- git bisect ------------------------------------------------------------------------ */

/* A tree that cannot be built is to be skipped; one that is not there is a mistake. */
static int bisect_build_exit(const struct check_options *o, int code)
{
	const struct target_choice *t = &o->target;
	bool missing = false;

	for (size_t i = 0; i < t->trees.count; i++)
		missing |= access(t->trees.items[i], R_OK) != 0;
	for (size_t i = 0; i < t->patches.count; i++)
		missing |= access(t->patches.items[i], R_OK) != 0;
	for (size_t i = 0; i < t->recipes.count; i++)
		missing |= access(t->recipes.items[i], R_OK) != 0;
	if (!missing && !t->modules.count && (code == CLI_BAD_INPUT || code == CLI_NO_INPUT))
		return BISECT_SKIP;
	return BISECT_ABORT + code;
}

static int bisect_verdict(const struct check *check)
{
	if (check->died) {
		printf("skip: %s\n", check->last.reason);
		return BISECT_SKIP;
	}
	if (check->last.own) {
		printf("bad: %s\n", check->last.reason);
		return BISECT_BAD;
	}
	if (check->last.other || check->last.verdict == KTAP_SKIP) {
		printf("skip: %s\n", check->last.reason);
		return BISECT_SKIP;
	}
	if (check->last.reach) {
		printf("skip: nothing is shown, but point %s\n", check->last.unreached);
		return BISECT_SKIP;
	}
	printf("good: the finding is absent\n");
	return BISECT_GOOD;
}

/* What can be looked for in other kernels: a number is a place in one build. 0, or an exit code after cli_error. */
static int load_entry(const char *path, struct scenario_file *file)
{
	int code = load_scenario(path, file);
	char remark[REACH_REMARK];

	if (!code && reach_remark(file, NULL, remark))
		code = cli_error(CLI_BAD_INPUT, "%s: %s", path, remark);
	return code;
}

static int bisect(const struct check_options *o)
{
	struct check *check = calloc(1, sizeof(*check));
	struct cli_list modules = {0};
	struct target_facts facts = {0};
	struct scenario_file *file = malloc(sizeof(*file));
	int code = check && file ? load_entry(o->files.items[0], file) : cli_error(CLI_INTERNAL, "out of memory");

	if (code) {
		code += BISECT_ABORT;
	} else {
		bool access = file->scenario.config.level == LEVEL_ACCESS;

		code = target_resolve(&o->target, access ? BUILD_ACCESS : target_plain_flavour(), &modules);
		if (!code)
			code = target_probe(modules.items[0], &facts);
		if (code)
			code = bisect_build_exit(o, code);
	}
	if (!code) {
		*check = (struct check){.options = o, .module = modules.items[0], .facts = &facts};
		code = check_on(check);
		code = code ? BISECT_ABORT + code : bisect_verdict(check);
	}
	target_facts_free(&facts);
	cli_list_free(&modules);
	free(file);
	free(check);
	return code;
}

static int bisect_or_usage(const struct check_options *o)
{
	int code;

	if (o->files.count != 1 || o->target.modules.count + o->target.trees.count > 1)
		return BISECT_ABORT + cli_error(CLI_USAGE, "--bisect wants one entry and one kernel: "
							   "rcfuzz check --bisect --kernel . entry.txt");
	code = bisect(o);
	if (fflush(stdout))
		return BISECT_ABORT + cli_flush(CLI_IO);
	return code;
}

int verb_check(int argc, char **argv)
{
	struct check_options o = {.fail_classes = classes_default()};
	const struct cli_value values[] = {
		{KEY_BISECT, .flag = &o.bisect},
		{0},
	};
	const struct cli_parser parser = {"check",	    "FILE|FOLDER...",	help, options, take, &o,
					  .values = values, .target = &o.target};
	struct cli_list modules = {0};
	int code = cli_parse(&parser, argc, argv);

	/* The option may stand behind what was wrong. */
	for (int i = 1; i < argc; i++)
		o.bisect |= !strcmp(argv[i], "--bisect");
	if (code == CLI_PARSED && o.bisect) {
		code = bisect_or_usage(&o);
	} else if (code == CLI_PARSED) {
		code = o.files.count ? 0 : cli_error(CLI_USAGE, "check wants a corpus: rcfuzz check corpus/");
		if (!code)
			code = target_resolve(&o.target, target_plain_flavour(), &modules);
		if (!code)
			code = check_all(&o, &modules);
	} else if (o.bisect && code > 0) {
		code += BISECT_ABORT;
	}
	cli_list_free(&modules);
	cli_list_free(&o.files);
	target_free(&o.target);
	return code;
}

// SPDX-License-Identifier: GPL-2.0-only
/* tell.c: see tell.h. */
#include "cli/tell.h"

#include "base/file.h"
#include "cli/guard.h"
#include "cli/load.h"
#include "kernel/spawn.h"
#include "report/confirmation.h"
#include "report/html.h"
#include "report/mail.h"
#include "report/record.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ANSWER_BYTES_MAX (64u << 10)

/* ---- in the child: run it ---------------------------------------------------------------- */

struct told {
	int code;
	bool has_finding, embargoed; /* embargoed: the page, of whatever it shows */
	struct finding finding;
};

struct teller {
	const struct tell *tell;
	const char *module, *name;
	FILE *page; /* where the child writes the report, for the parent to read */
	struct told told;
	int code;
	/* In the child: */
	struct runner *runner;
	struct timeline *timeline;
	struct scenario_file file;
};

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

/* The finding of this run that the file expects on this kernel; NULL: it expects none, or another. */
static const struct finding *expected(const struct timeline *t, const struct runner *runner,
				      const struct scenario_file *file)
{
	cJSON *info = cJSON_Parse(runner_target_info(runner));
	char *has = record_properties(info);
	const struct scenario_kernel kernel = {record_string(info, "version"), t->scenario.config.page, has};
	const struct scenario_expectation *e = scenario_file_expectation(file, &kernel);
	const struct finding *found = NULL;

	cJSON_Delete(info);
	free(has);
	for (uint32_t i = 0; e && e->kind == EXPECT_FINDING && i < t->outcome.finding_count; i++) {
		const struct finding *f = &t->outcome.findings[i];

		if (!scenario_expectation_covers(e, f->coarse))
			continue;
		if (scenario_file_lists(file, f->signature))
			return f;
		found = found ? found : f;
	}
	return found;
}

void tell_timeline(struct timeline *t, struct runner *runner, const struct scenario_file *file, const char *signature)
{
	const struct finding *finding;
	struct finding copy;

	timeline_make(t, runner, &file->scenario, signature);
	finding = signature ? NULL : expected(t, runner, file);
	if (!finding || !strcmp(finding->signature, t->finding.signature))
		return;
	copy = *finding; /* it lies in what is made anew */
	timeline_make(t, runner, &file->scenario, copy.signature);
}

static bool open_runner(void *ctx, char *error, size_t error_size)
{
	struct teller *teller = ctx;

	teller->timeline = malloc(sizeof(*teller->timeline));
	teller->runner = runner_create(teller->module, error, error_size);
	return teller->timeline && teller->runner;
}

static void print_confirmations(FILE *out, const cJSON *confirm)
{
	const cJSON *confirmation;

	cJSON_ArrayForEach(confirmation, confirm)
	{
		fprintf(out, "\nOn an unmodified kernel:\n");
		confirmation_text(out, confirmation, 0, MAIL_COLUMNS);
	}
}

/* What is embargoed makes a secret of the scenario, whichever of its findings the record is about. */
static bool add_record(cJSON *records, const struct teller *teller, const struct finding *finding)
{
	const struct timeline *t = teller->timeline;
	struct record record = {
		.finding = *finding, .ops = t->scenario.op_count, .preemptions = t->scenario.point_count, .count = 1};

	record_id(record.id, finding);
	record.finding.embargoed |= teller->told.embargoed;
	snprintf(record.scenario, sizeof(record.scenario), "%s", teller->name);
	return cJSON_AddItemToArray(records, record_json(&record, runner_target_info(teller->runner)));
}

static cJSON *records_of(const struct teller *teller)
{
	const struct timeline *t = teller->timeline;
	cJSON *records = cJSON_CreateArray();
	bool done = records && (!t->has_finding || add_record(records, teller, &t->finding));

	for (uint32_t i = 0; done && i < t->outcome.finding_count; i++) {
		if (strcmp(t->outcome.findings[i].signature, t->finding.signature) != 0)
			done = add_record(records, teller, &t->outcome.findings[i]);
	}
	if (done)
		return records;
	cJSON_Delete(records);
	return NULL;
}

/* json is deleted; NULL: out of memory. */
static int print_json(FILE *out, cJSON *json)
{
	char *text = json ? cJSON_Print(json) : NULL;

	fprintf(out, "%s\n", text ? text : "");
	cJSON_free(text);
	cJSON_Delete(json);
	return text ? 0 : cli_error(CLI_INTERNAL, "out of memory");
}

static int write_page(const struct teller *teller)
{
	const struct timeline *t = teller->timeline;
	const char *info = runner_target_info(teller->runner);
	int code = 0;

	switch (teller->tell->form) {
	case TELL_TEXT:
		report_text(teller->page, t, info, teller->name);
		break;
	case TELL_HTML:
		report_html(teller->page, t, info, teller->name, teller->file.story, teller->tell->confirm);
		break;
	case TELL_MAIL:
		report_text_mail(teller->page, t, info, teller->name);
		print_confirmations(teller->page, teller->tell->confirm);
		break;
	case TELL_JSON:
		code = print_json(teller->page, report_json(t, info, teller->name));
		break;
	case TELL_RECORDS:
		code = print_json(teller->page, records_of(teller));
		break;
	}
	if (code)
		return code;
	if (fflush(teller->page) || ferror(teller->page))
		return cli_error(CLI_IO, "cannot write a temporary file: %s", strerror(errno));
	return 0;
}

static void run_file(void *ctx, size_t index, void *out)
{
	struct teller *teller = ctx;
	const struct tell *tell = teller->tell;
	struct told *told = out;

	(void)index;
	told->code = load_scenario_for(tell->path, runner_page_shift(teller->runner), &teller->file);
	if (!told->code && scenario_file_embargoed(&teller->file))
		told->code = cli_error(CLI_BAD_INPUT, "%s is embargoed: it holds no scenario", tell->path);
	if (told->code)
		return;
	tell_timeline(teller->timeline, teller->runner, &teller->file, tell->signature);
	teller->timeline->finding.embargoed |= tell->embargoed;
	embargo_mark_timeline(tell->embargo, teller->timeline);
	told->embargoed = timeline_embargo(teller->timeline) != NULL;
	teller->told = *told;
	told->has_finding = teller->timeline->has_finding;
	told->finding = teller->timeline->finding;
	if (tell->signature && strcmp(told->finding.signature, tell->signature) != 0)
		told->code = cli_error(CLI_BAD_INPUT,
				       "%s does not show %s on this kernel; name the one where it was "
				       "found with --target or --kernel",
				       tell->path, tell->signature);
	else if (tell->form == TELL_MAIL && !told->has_finding)
		told->code =
			cli_error(CLI_BAD_INPUT, "%s shows no finding on this kernel: nothing to send", tell->path);
	else
		told->code = write_page(teller);
}

static bool take_told(void *ctx, size_t index, const void *result, int status)
{
	struct teller *teller = ctx;
	char text[96];

	(void)index;
	if (result)
		teller->told = *(const struct told *)result;
	else
		teller->told.code = cli_error(CLI_INTERNAL, "%s: the process died (%s)", teller->tell->path,
					      guard_status_text(status, text, sizeof(text)));
	return true;
}

/* ---- what the tree says ------------------------------------------------------------------ */

/* Run a program in a folder, at most 30 seconds: its output, NULL if it fails. The caller frees it. */
static char *ask(char *const argv[], const char *directory)
{
	char log[] = "/tmp/rcfuzz-answer-XXXXXX", error[256], *text = NULL;
	int fd = mkstemp(log);
	size_t n;

	if (fd < 0)
		return NULL;
	close(fd);
	if (spawn_run(argv, directory, log) || file_read(log, ANSWER_BYTES_MAX, &text, &n, error, sizeof(error)))
		text = NULL;
	unlink(log);
	return text;
}

/* The kernel's own script; what is unpacked of an archive is less than it takes for a tree. */
static char *ask_maintainers(const struct finding *f, const char *tree)
{
	static const char *const command[] = {
		"timeout",	     "30", "perl", "scripts/get_maintainer.pl", "--no-tree", "--no-git",
		"--no-git-fallback", "-f",
	};
	enum { FILES = sizeof(command) / sizeof(command[0]) };
	char *argv[FILES + FINDING_FRAMES + 1] = {0}, path[PATH_MAX], *text;
	size_t n = FILES;

	memcpy(argv, command, sizeof(command));
	for (uint32_t i = 0; i < f->writer_count; i++) {
		snprintf(path, sizeof(path), "%s/%s", tree, f->writers[i].file);
		if (f->writers[i].file[0] && !access(path, R_OK))
			argv[n++] = (char *)f->writers[i].file;
	}
	if (n == FILES)
		argv[n++] = "arch/powerpc/kvm/";
	snprintf(path, sizeof(path), "%s/scripts/get_maintainer.pl", tree);
	text = access(path, R_OK) ? NULL : ask(argv, tree);
	if (!text)
		fprintf(stderr,
			"rcfuzz: %s has no scripts/get_maintainer.pl that works: find the recipients yourself\n", tree);
	return text;
}

/* 1234567890ab ("subject"), as a Fixes: line has it. */
static int ask_commit(const char *commit, const char *tree, char **fixes)
{
	char name[256],
		*argv[] = {"timeout", "30", "git", "show", "-s", "--abbrev=12", "--format=%h (\"%s\")", name, NULL};

	/* A tag is named by the commit that it stands for; and no name is an option. */
	snprintf(name, sizeof(name), "%s^{commit}", commit);
	*fixes = *commit == '-' ? NULL : ask(argv, tree);
	if (!*fixes || !**fixes)
		return cli_error(CLI_BAD_INPUT, "--fixes: there is no commit '%s' in %s", commit, tree);
	(*fixes)[strcspn(*fixes, "\n")] = '\0';
	return 0;
}

static int write_mail(FILE *out, const struct teller *teller, const char *page, const char *target_info)
{
	cJSON *info = cJSON_Parse(target_info);
	const char *tree = record_string(info, "tree");
	char *recipients = ask_maintainers(&teller->told.finding, tree), *fixes = NULL;
	int code = teller->tell->fixes ? ask_commit(teller->tell->fixes, tree, &fixes) : 0;
	const struct mail mail = {recipients, record_string(info, "describe"), fixes, teller->told.embargoed};

	if (!code) {
		mail_head(out, &teller->told.finding, &mail);
		fputs(page, out);
		mail_tail(out, &mail, teller->name);
	}
	free(recipients);
	free(fixes);
	cJSON_Delete(info);
	return code;
}

/* ---- the parent ------------------------------------------------------------------------------ */

static char *read_page(FILE *page)
{
	long n = fseek(page, 0, SEEK_END) ? -1 : ftell(page);
	char *text = n < 0 ? NULL : malloc((size_t)n + 1);

	rewind(page);
	if (text)
		text[fread(text, 1, (size_t)n, page)] = '\0';
	return text;
}

static int write_told(FILE *out, struct teller *teller)
{
	struct target_facts facts = {0};
	char *page = read_page(teller->page);
	int code = page ? 0 : cli_error(CLI_INTERNAL, "out of memory");

	if (!code && teller->tell->form == TELL_MAIL) {
		code = target_probe(teller->module, &facts);
		if (!code)
			code = write_mail(out, teller, page, facts.info);
	} else if (!code) {
		fputs(page, out);
	}
	target_facts_free(&facts);
	free(page);
	return code;
}

int tell(FILE *out, const struct tell *tell)
{
	struct teller *teller = calloc(1, sizeof(*teller));
	struct cli_list modules = {0};
	int code;

	if (!teller)
		return cli_error(CLI_INTERNAL, "out of memory");
	code = target_resolve(tell->target, load_flavour_of(tell->path), &modules);
	if (!code && modules.count != 1)
		code = cli_error(CLI_USAGE, "a report is about one kernel: give one --target or --kernel");
	if (!code) {
		const struct guard guard = {.ctx = teller,
					    .count = 1,
					    .result_size = sizeof(struct told),
					    .open = open_runner,
					    .run = run_file,
					    .take = take_told};

		teller->tell = tell;
		teller->module = modules.items[0];
		teller->name = base_name(tell->path);
		teller->page = tmpfile();
		code = teller->page ? guard_each(&guard) : cli_error(CLI_IO, "no temporary file: %s", strerror(errno));
	}
	if (!code)
		code = teller->told.code;
	if (!code)
		code = write_told(out, teller);
	if (teller->page)
		fclose(teller->page);
	cli_list_free(&modules);
	free(teller);
	return code;
}

// SPDX-License-Identifier: GPL-2.0-only
/* report.c: `rcfuzz report`: the findings of a run, for people and for programs. */
#include "base/file.h"
#include "cli/cli.h"
#include "cli/target.h"
#include "cli/tell.h"
#include "report/ktap.h"
#include "report/record.h"
#include "report/sarif.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINES_BYTES_MAX (256u << 20)

enum report_form { FORM_TEXT, FORM_JSON, FORM_SARIF, FORM_KTAP, FORM_HTML, FORM_MAIL };

struct report_options {
	struct target_choice target;
	const char *path, *id, *output, *fixes;
	unsigned form;
};

enum { KEY_FORMAT = 1000, KEY_ID, KEY_MAIL, KEY_FIXES };

static const struct argp_option options[] = {
	{"format", KEY_FORMAT, "FORMAT", 0, "text (default), json, sarif (2.1.0), ktap, or html", 0},
	{"mail", KEY_MAIL, NULL, 0, "a plain block for a mailing list", 0},
	{"fixes", KEY_FIXES, "COMMIT", 0, "where a bisection ended, for the mail's Fixes: line", 0},
	{"id", KEY_ID, "ID", 0, "this finding only", 0},
	{"output", 'o', "FILE", 0, "where it goes (default: stdout)", 0},
	TARGET_OPTIONS,
	{0},
};

static const char help[] =
	"Prints the findings that a run or a triage left in a folder, or what one scenario shows. HTML and mail are "
	"about "
	"one finding and run its scenario again: on the kernel where it was found, if it is still there, or on the one "
	"that is named.\v"
	"Examples:\n"
	"  rcfuzz report rcfuzz-out\n"
	"  rcfuzz report --format sarif -o rcfuzz.sarif rcfuzz-out\n"
	"  rcfuzz report --format html --id lost-dirty-host-26193f17 -o it.html rcfuzz-out\n"
	"  rcfuzz report --mail --kernel ~/linux --fixes 1a2b3c4d5e6f story.txt\n"
	"Exit: 0 it was written.";

static int take(void *ctx, int key, char *arg)
{
	static const char *const forms[] = {"text", "json", "sarif", "ktap", "html", NULL}; /* as enum report_form */
	struct report_options *o = ctx;
	int result = target_take(&o->target, key, arg);

	if (result != ARGP_ERR_UNKNOWN)
		return result;
	switch (key) {
	case KEY_FORMAT:
		return cli_choice("--format", arg, forms, &o->form);
	case KEY_MAIL:
		o->form = FORM_MAIL;
		return 0;
	case KEY_FIXES:
		o->fixes = arg;
		return 0;
	case KEY_ID:
		o->id = arg;
		return 0;
	case 'o':
		o->output = arg;
		return 0;
	}
	if (o->path)
		return cli_error(CLI_USAGE, "report takes one folder or scenario");
	o->path = arg;
	return 0;
}

/* findings.jsonl of a folder, or the file itself. */
static int read_records(const struct report_options *o, cJSON **records)
{
	char path[PATH_MAX], error[512], *text;
	size_t n, bad;
	struct stat st;
	int result;

	snprintf(path, sizeof(path), "%s%s", o->path,
		 !stat(o->path, &st) && S_ISDIR(st.st_mode) ? "/findings.jsonl" : "");
	result = file_read(path, LINES_BYTES_MAX, &text, &n, error, sizeof(error));
	if (result)
		return cli_error(result == -ENOENT  ? CLI_NO_INPUT
				 : result == -EFBIG ? CLI_BAD_INPUT
						    : CLI_IO,
				 "%s; name the --out folder of a run, or a scenario", error);
	*records = record_read_lines(text, n, &bad);
	free(text);
	if (!*records)
		return cli_error(CLI_INTERNAL, "out of memory");
	if (bad && !cJSON_GetArraySize(*records))
		return cli_error(CLI_BAD_INPUT, "%s holds no findings: none of its %zu lines is a record", path, bad);
	if (bad)
		fprintf(stderr, "rcfuzz: %s: %zu lines are no records and were left out\n", path, bad);
	return 0;
}

static int keep_one(cJSON *records, const char *id)
{
	for (int i = cJSON_GetArraySize(records) - 1; i >= 0; i--) {
		if (strcmp(record_string(cJSON_GetArrayItem(records, i), "id"), id))
			cJSON_DeleteItemFromArray(records, i);
	}
	return cJSON_GetArraySize(records) ? 0 : cli_error(CLI_NO_INPUT, "there is no finding '%s'", id);
}

/* ---- text ------------------------------------------------------------------------------ */

/* The report that was written with the minimised scenario. */
static bool copy_report(FILE *out, const struct report_options *o, const cJSON *record)
{
	char path[PATH_MAX], error[512], *text;
	const char *id = record_string(record, "id");
	size_t n;

	/* The id comes from a file: it must not lead elsewhere. */
	if (strchr(id, '/') || id[0] == '.')
		return false;
	snprintf(path, sizeof(path), "%s/reports/%s.txt", o->path, id);
	if (file_read(path, 1u << 20, &text, &n, error, sizeof(error)))
		return false;
	fwrite(text, 1, n, out);
	free(text);
	return true;
}

static void print_short(FILE *out, const cJSON *record)
{
	const cJSON *writer;

	fprintf(out, "%s (%s)\n\n   %s\n\n", record_string(record, "class"), record_string(record, "severity"),
		record_string(record, "title"));
	fprintf(out, "signature  %s\nlost in    %s\nL1         %s\n", record_string(record, "signature"),
		record_string(record, "layer"), record_string(record, "l1"));
	cJSON_ArrayForEach(writer, cJSON_GetObjectItemCaseSensitive(record, "writers")) fprintf(
		out, "           %s: %s (%s:%.0f)\n", record_string(writer, "what"), record_string(writer, "function"),
		record_string(writer, "file"), record_number(writer, "line"));
	if (record_is_sensitive((enum finding_class)class_from_name(record_string(record, "class"))))
		fprintf(out, "Report this class of finding to security@kernel.org before making it public.\n");
	fprintf(out, "scenario   %s (%.0f ops, not minimised yet: 'rcfuzz minimize')\n",
		record_string(record, "scenario"), record_number(record, "ops"));
}

static void print_text(FILE *out, const struct report_options *o, const cJSON *records)
{
	const cJSON *record;

	if (!cJSON_GetArraySize(records))
		fprintf(out, "no findings\n");
	cJSON_ArrayForEach(record, records)
	{
		fprintf(out, "%s", record == records->child ? "" : "\n");
		fprintf(out, "==== %s%s%s\n\n", record_string(record, "id"),
			*record_string(record, "known") ? "  known: " : "", record_string(record, "known"));
		if (!copy_report(out, o, record))
			print_short(out, record);
	}
}

/* ---- the others -------------------------------------------------------------------------- */

static int print_tree(FILE *out, const cJSON *tree)
{
	char *text = tree ? cJSON_Print(tree) : NULL;

	if (!text)
		return cli_error(CLI_INTERNAL, "out of memory");
	fprintf(out, "%s\n", text);
	cJSON_free(text);
	return 0;
}

static void print_ktap(FILE *out, const cJSON *records)
{
	const cJSON *record;
	struct ktap ktap;

	ktap_begin(&ktap, out, (unsigned)cJSON_GetArraySize(records));
	cJSON_ArrayForEach(record, records)
	{
		const char *known = record_string(record, "known");

		ktap_result(&ktap, *known ? KTAP_XFAIL : KTAP_FAIL, record_string(record, "id"),
			    *known ? known : record_string(record, "title"));
	}
	ktap_end(&ktap);
}

/* ---- those that run the scenario again ----------------------------------------------------- */

static int tell_scenario(FILE *out, const struct report_options *o, const char *path, const char *signature,
			 const struct target_choice *target)
{
	static const enum tell_form forms[] = {
		[FORM_TEXT] = TELL_TEXT, [FORM_JSON] = TELL_JSON, [FORM_HTML] = TELL_HTML, [FORM_MAIL] = TELL_MAIL};
	const struct tell request = {path, signature, target, forms[o->form], o->fixes};

	return tell(out, &request);
}

/* The kernel that a record was made on, if nobody names one and it is still there, unpatched. */
static struct target_choice target_of(const struct report_options *o, const cJSON *record)
{
	const cJSON *target = cJSON_GetObjectItemCaseSensitive(record, "target");
	const char *tree = record_string(target, "tree");
	struct target_choice choice = o->target;

	if (o->target.modules.count || o->target.trees.count || access(tree, R_OK) ||
	    cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(target, "patches")))
		return choice;
	choice.trees = (struct cli_list){0};
	cli_list_add(&choice.trees, tree);
	if (!choice.page_size_given)
		choice.page_size = !strcmp(record_string(target, "page_size"), "4k") ? BUILD_PAGE_4K : BUILD_PAGE_64K;
	return choice;
}

static int tell_record(FILE *out, const struct report_options *o, const cJSON *records)
{
	const cJSON *record = records->child;
	const char *scenario = record_string(record, "scenario"), *slash = strrchr(o->path, '/');
	struct target_choice target;
	char path[PATH_MAX];
	struct stat st;
	int code, folder;

	if (cJSON_GetArraySize(records) != 1)
		return cli_error(CLI_USAGE, "%s holds %d findings, this is about one: choose it with --id, such as %s",
				 o->path, cJSON_GetArraySize(records), record ? record_string(record, "id") : "ID");
	/* The path comes from a file: it must not lead elsewhere. */
	if (*scenario == '/' || *scenario == '.' || strstr(scenario, "/."))
		return cli_error(CLI_BAD_INPUT, "%s: the scenario '%s' is not in the folder", o->path, scenario);
	folder = !stat(o->path, &st) && S_ISDIR(st.st_mode) ? (int)strlen(o->path) : slash ? (int)(slash - o->path) : 0;
	snprintf(path, sizeof(path), "%.*s%s%s", folder, o->path, folder ? "/" : "", scenario);
	target = target_of(o, record);
	code = tell_scenario(out, o, path, record_string(record, "signature"), &target);
	if (target.trees.items != o->target.trees.items)
		cli_list_free(&target.trees);
	return code;
}

static int print(FILE *out, const struct report_options *o, const cJSON *records)
{
	cJSON *sarif;
	int code = 0;

	switch ((enum report_form)o->form) {
	case FORM_TEXT:
		print_text(out, o, records);
		break;
	case FORM_JSON:
		return print_tree(out, records);
	case FORM_SARIF:
		sarif = sarif_report(records);
		code = print_tree(out, sarif);
		cJSON_Delete(sarif);
		break;
	case FORM_KTAP:
		print_ktap(out, records);
		break;
	case FORM_HTML:
	case FORM_MAIL:
		return tell_record(out, o, records);
	}
	return code;
}

/* Not a folder of findings, and not its list of records. */
static bool is_scenario(const char *path)
{
	const char *dot = strrchr(path, '.');
	struct stat st;

	return !stat(path, &st) && !S_ISDIR(st.st_mode) && !(dot && !strcmp(dot, ".jsonl"));
}

/* records NULL: the path is a scenario. */
static int print_any(FILE *out, const struct report_options *o, const cJSON *records)
{
	if (records)
		return print(out, o, records);
	if (o->form == FORM_SARIF || o->form == FORM_KTAP)
		return cli_error(CLI_USAGE, "%s is a scenario: SARIF and KTAP are made of the --out folder of a run",
				 o->path);
	return tell_scenario(out, o, o->path, NULL, &o->target);
}

static int write_report(const struct report_options *o, const cJSON *records)
{
	char *text = NULL, error[512];
	size_t n = 0;
	FILE *out;
	int code;

	if (!o->output)
		return cli_flush(print_any(stdout, o, records));
	out = open_memstream(&text, &n);
	code = out ? print_any(out, o, records) : cli_error(CLI_INTERNAL, "out of memory");
	if (out)
		fclose(out);
	if (!code && file_write_atomic(o->output, text, n, error, sizeof(error)))
		code = cli_error(CLI_IO, "%s", error);
	free(text);
	return code;
}

static int report(const struct report_options *o)
{
	bool scenario = is_scenario(o->path);
	cJSON *records = NULL;
	int code = 0;

	if (scenario && o->id)
		return cli_error(CLI_USAGE, "%s is one scenario: --id goes with a folder", o->path);
	if (!scenario)
		code = read_records(o, &records);
	if (!code && records && o->id)
		code = keep_one(records, o->id);
	if (!code)
		code = write_report(o, records);
	cJSON_Delete(records);
	return code;
}

int verb_report(int argc, char **argv)
{
	struct report_options o = {0};
	const struct cli_parser parser = {"report", "FOLDER|SCENARIO", help, options, take, &o};
	int code = cli_parse(&parser, argc, argv);

	if (code == CLI_PARSED && !o.path)
		code = cli_error(CLI_USAGE,
				 "report wants the --out folder of a run, or a scenario: rcfuzz report rcfuzz-out");
	else if (code == CLI_PARSED && o.fixes && o.form != FORM_MAIL)
		code = cli_error(CLI_USAGE, "--fixes goes with --mail");
	else if (code == CLI_PARSED)
		code = report(&o);
	target_free(&o.target);
	return code;
}

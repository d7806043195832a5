// SPDX-License-Identifier: GPL-2.0-only
/* report.c: `rcfuzz report`: the findings of a run, for people and for programs. */
#include "base/file.h"
#include "cli/cli.h"
#include "cli/embargo.h"
#include "cli/found.h"
#include "cli/target.h"
#include "cli/tell.h"
#include "report/confirmation.h"
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

enum report_form { FORM_TEXT, FORM_JSON, FORM_SARIF, FORM_KTAP, FORM_HTML, FORM_MAIL };

struct report_options {
	struct target_choice target;
	const char *path, *id, *output, *fixes, *known;
	unsigned form;
	struct embargo embargo;
};

enum { KEY_FORMAT = 1000, KEY_ID, KEY_MAIL, KEY_FIXES, KEY_KNOWN };

static const struct argp_option options[] = {
	{"format", KEY_FORMAT, "FORMAT", 0, "text (default), json, sarif (2.1.0), ktap, or html", 0},
	{"mail", KEY_MAIL, NULL, 0, "a plain block for a mailing list", 0},
	{"fixes", KEY_FIXES, "COMMIT", 0, "where a bisection ended, for the mail's Fixes: line", 0},
	{"known", KEY_KNOWN, "D", 0,
	 "what is embargoed among these known findings is not for a public place (default: corpus/known, here and of "
	 "rcfuzz itself)",
	 0},
	{"id", KEY_ID, "ID", 0, "this finding only", 0},
	{"output", 'o', "FILE", 0, "where it goes (default: stdout)", 0},
	TARGET_OPTIONS,
	{0},
};

static const char help[] =
	"Prints the findings that a run or a triage left in a folder, or what one scenario shows, in any format. HTML "
	"and "
	"mail are about "
	"one finding and run its scenario again: on the kernel where it was found, if it is still there, or on the one "
	"that is named.\v"
	"Examples:\n"
	"  rcfuzz report rcfuzz-out\n"
	"  rcfuzz report --format sarif -o rcfuzz.sarif rcfuzz-out\n"
	"  rcfuzz report --format ktap --kernel ~/linux story.txt\n"
	"  rcfuzz report --format html --id ID -o it.html rcfuzz-out\n"
	"  rcfuzz report --mail --kernel ~/linux --fixes 1a2b3c4d5e6f story.txt\n"
	"Exit: 0 it was written.";

static int take(void *ctx, int key, char *arg)
{
	struct report_options *o = ctx;

	if (key == KEY_MAIL) {
		o->form = FORM_MAIL;
		return 0;
	}
	if (o->path)
		return cli_error(CLI_USAGE, "report takes one folder or scenario");
	o->path = arg;
	return 0;
}

/* ---- text ------------------------------------------------------------------------------ */

/* The report that was written with the minimised scenario. */
static bool copy_report(FILE *out, const struct report_options *o, const cJSON *record)
{
	char path[PATH_MAX], report[128], error[512], *text;
	const char *id = record_string(record, "id");
	size_t n;

	/* The id comes from a file: it must not lead elsewhere. */
	if (strchr(id, '/') || id[0] == '.')
		return false;
	snprintf(report, sizeof(report), "reports/%s.txt", id);
	found_beside(o->path, report, path);
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
	if (record_json_embargo(record))
		fprintf(out, "Report this to security@kernel.org before making it public.\n");
	fprintf(out, "scenario   %s (%.0f ops, not minimised yet: 'rcfuzz minimize')\n",
		record_string(record, "scenario"), record_number(record, "ops"));
}

static void print_confirmations(FILE *out, const cJSON *record)
{
	const cJSON *confirmation;

	cJSON_ArrayForEach(confirmation, cJSON_GetObjectItemCaseSensitive(record, "confirm"))
	{
		fprintf(out, "\non an unmodified kernel, %s: %s\n", record_string(confirmation, "kernel"),
			confirmation_verdict(confirmation));
		confirmation_text(out, confirmation, 3, 80);
	}
}

static void print_text(FILE *out, const struct report_options *o, const cJSON *records)
{
	const cJSON *record;

	if (!cJSON_GetArraySize(records))
		fprintf(out, "no findings\n");
	cJSON_ArrayForEach(record, records)
	{
		fprintf(out, "%s", record == records->child ? "" : "\n");
		fprintf(out, "==== %s%s%s%s\n\n", record_string(record, "id"),
			*record_string(record, "known") ? "  known: " : "", record_string(record, "known"),
			record_json_embargo(record) ? "  embargoed: not for a public place" : "");
		if (!copy_report(out, o, record))
			print_short(out, record);
		print_confirmations(out, record);
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

/* scenario: what shows them; it passes if it shows none. NULL: they are of a folder. */
static void print_ktap(FILE *out, const cJSON *records, const char *scenario)
{
	bool passes = scenario && !cJSON_GetArraySize(records);
	const cJSON *record;
	struct ktap ktap;

	ktap_begin(&ktap, out, (unsigned)cJSON_GetArraySize(records) + passes);
	if (passes)
		ktap_result(&ktap, KTAP_PASS, scenario, NULL);
	cJSON_ArrayForEach(record, records)
	{
		const char *known = record_string(record, "known");
		char reason[600];

		snprintf(reason, sizeof(reason), "%s%s", *known ? known : record_string(record, "title"),
			 record_json_embargo_remark(record));
		ktap_result(&ktap, *known ? KTAP_XFAIL : KTAP_FAIL, record_string(record, "id"), reason);
	}
	ktap_end(&ktap);
}

/* ---- those that run the scenario again ----------------------------------------------------- */

/* record: what is known of its finding; NULL: nothing. */
static int tell_scenario(FILE *out, const struct report_options *o, const char *path, const cJSON *record,
			 const struct target_choice *target)
{
	static const enum tell_form forms[] = {
		[FORM_TEXT] = TELL_TEXT,    [FORM_JSON] = TELL_JSON, [FORM_SARIF] = TELL_RECORDS,
		[FORM_KTAP] = TELL_RECORDS, [FORM_HTML] = TELL_HTML, [FORM_MAIL] = TELL_MAIL};
	const struct tell request = {.path = path,
				     .signature = record ? record_string(record, "signature") : NULL,
				     .confirm = cJSON_GetObjectItemCaseSensitive(record, "confirm"),
				     .target = target,
				     .form = forms[o->form],
				     .fixes = o->fixes,
				     .embargo = &o->embargo,
				     .embargoed = record && record_json_embargo(record)};

	return tell(out, &request);
}

static int tell_record(FILE *out, const struct report_options *o, const cJSON *records)
{
	const cJSON *record = records->child;
	struct target_choice target;
	char path[PATH_MAX];
	int code;

	if (cJSON_GetArraySize(records) != 1)
		return cli_error(CLI_USAGE, "%s holds %d findings, this is about one: choose it with --id, such as %s",
				 o->path, cJSON_GetArraySize(records), record ? record_string(record, "id") : "ID");
	code = found_scenario(o->path, record, path);
	if (code)
		return code;
	target = found_target(&o->target, record);
	code = tell_scenario(out, o, path, record, &target);
	if (target.trees.items != o->target.trees.items)
		cli_list_free(&target.trees);
	return code;
}

static int print_sarif(FILE *out, const cJSON *records)
{
	cJSON *sarif = sarif_report(records);
	int code = print_tree(out, sarif);

	cJSON_Delete(sarif);
	return code;
}

static int print(FILE *out, const struct report_options *o, const cJSON *records)
{
	switch ((enum report_form)o->form) {
	case FORM_TEXT:
		print_text(out, o, records);
		break;
	case FORM_JSON:
		return print_tree(out, records);
	case FORM_SARIF:
		return print_sarif(out, records);
	case FORM_KTAP:
		print_ktap(out, records, NULL);
		break;
	case FORM_HTML:
	case FORM_MAIL:
		return tell_record(out, o, records);
	}
	return 0;
}

/* Those forms that are made of records: of the findings that the scenario shows. */
static int print_shown(FILE *out, const struct report_options *o)
{
	char *text = NULL;
	size_t n = 0;
	FILE *shown = open_memstream(&text, &n);
	cJSON *records = NULL;
	int code = shown ? tell_scenario(shown, o, o->path, NULL, &o->target) : CLI_INTERNAL;

	if (shown)
		fclose(shown);
	if (!code)
		records = cJSON_Parse(text);
	if (!code && records && o->form == FORM_SARIF)
		code = print_sarif(out, records);
	else if (!code && records)
		print_ktap(out, records, o->path);
	if (!shown || (!code && !records))
		code = cli_error(CLI_INTERNAL, "out of memory");
	cJSON_Delete(records);
	free(text);
	return code;
}

/* records NULL: the path is a scenario. */
static int print_any(FILE *out, const struct report_options *o, const cJSON *records)
{
	if (records)
		return print(out, o, records);
	if (o->form == FORM_SARIF || o->form == FORM_KTAP)
		return print_shown(out, o);
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

/* Others than who ran rcfuzz read these: what is embargoed must be known for sure. */
static bool is_for_others(unsigned form)
{
	return form == FORM_MAIL || form == FORM_HTML || form == FORM_SARIF;
}

static int report(struct report_options *o)
{
	bool scenario = !found_is_folder(o->path);
	cJSON *records = NULL;
	int code = 0;

	if (scenario && o->id)
		return cli_error(CLI_USAGE, "%s is one scenario: --id goes with a folder", o->path);
	code = embargo_open(&o->embargo, o->known, is_for_others(o->form));
	if (!code && !scenario)
		code = found_read(o->path, &records);
	if (!code && records && o->id)
		code = found_keep_one(records, o->id);
	if (!code && !embargo_mark_records(&o->embargo, records))
		code = cli_error(CLI_INTERNAL, "out of memory");
	if (!code)
		code = write_report(o, records);
	cJSON_Delete(records);
	embargo_close(&o->embargo);
	return code;
}

int verb_report(int argc, char **argv)
{
	struct report_options o = {0};
	static const char *const forms[] = {"text", "json", "sarif", "ktap", "html", NULL}; /* as enum report_form */
	const struct cli_value values[] = {
		{KEY_FORMAT, .choice = &o.form, .words = forms},
		{KEY_FIXES, .text = &o.fixes},
		{KEY_KNOWN, .text = &o.known},
		{KEY_ID, .text = &o.id},
		{'o', .text = &o.output},
		{0},
	};
	const struct cli_parser parser = {"report",	    "FOLDER|SCENARIO",	help, options, take, &o,
					  .values = values, .target = &o.target};
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

// SPDX-License-Identifier: GPL-2.0-only
/* confirmation.c: see confirmation.h. */
#include "report/confirmation.h"

#include "report/markup.h"
#include "report/record.h"

#include <stdlib.h>
#include <string.h>

bool confirmation_holds(const struct confirmation *c)
{
	uint64_t seen = 0, runs = 0;

	for (unsigned i = 0; i < c->control_count; i++) {
		seen += c->controls[i].seen;
		runs += c->controls[i].runs;
	}
	return c->seen > 0 && seen == 0 && runs > 0;
}

/* ---- JSON ------------------------------------------------------------------------------ */

static bool add_control(cJSON *controls, const struct confirmation_control *control)
{
	cJSON *object = cJSON_CreateObject();

	if (!object || !cJSON_AddItemToArray(controls, object) ||
	    !cJSON_AddStringToObject(object, "what", control->what))
		return false;
	if (control->not_run)
		return cJSON_AddStringToObject(object, "not_run", control->not_run);
	return cJSON_AddNumberToObject(object, "seen", (double)control->seen) &&
	       cJSON_AddNumberToObject(object, "runs", (double)control->runs);
}

static bool add_all(cJSON *json, const struct confirmation *c)
{
	cJSON *controls;
	bool done = cJSON_AddStringToObject(json, "kernel", c->kernel) &&
		    cJSON_AddStringToObject(json, "package", c->package) &&
		    cJSON_AddStringToObject(json, "release", c->release) &&
		    cJSON_AddStringToObject(json, "qemu", c->qemu) && cJSON_AddNumberToObject(json, "cpus", c->cpus) &&
		    cJSON_AddNumberToObject(json, "seen", (double)c->seen) &&
		    cJSON_AddNumberToObject(json, "runs", (double)c->runs) &&
		    cJSON_AddBoolToObject(json, "confirmed", confirmation_holds(c)) &&
		    cJSON_AddStringToObject(json, "effect", c->effect) &&
		    cJSON_AddStringToObject(json, "decisive", c->decisive) &&
		    cJSON_AddBoolToObject(json, "needs_tlb", c->needs_tlb) &&
		    cJSON_AddStringToObject(json, "limits", CONFIRMATION_LIMITS);

	if (done && c->races)
		done = cJSON_AddNumberToObject(json, "swept_ms", c->swept_ms);
	if (done && c->asked_tlbie)
		done = cJSON_AddNumberToObject(json, "restored_by_tlbie", (double)c->restored);
	controls = done ? cJSON_AddArrayToObject(json, "controls") : NULL;
	for (unsigned i = 0; i < c->control_count && done; i++)
		done = controls && add_control(controls, &c->controls[i]);
	return done && controls;
}

cJSON *confirmation_json(const struct confirmation *c)
{
	cJSON *json = cJSON_CreateObject();

	if (json && add_all(json, c))
		return json;
	cJSON_Delete(json);
	return NULL;
}

bool confirmation_add(cJSON *record, cJSON *confirmation)
{
	cJSON *array = cJSON_GetObjectItemCaseSensitive(record, "confirm"), *old;
	int at = 0;

	if (!confirmation)
		return false;
	if (!cJSON_IsArray(array)) {
		cJSON_DeleteItemFromObjectCaseSensitive(record, "confirm");
		array = cJSON_AddArrayToObject(record, "confirm");
	}
	cJSON_ArrayForEach(old, array)
	{
		if (!strcmp(record_string(old, "kernel"), record_string(confirmation, "kernel")))
			return cJSON_ReplaceItemInArray(array, at, confirmation);
		at++;
	}
	if (array && cJSON_AddItemToArray(array, confirmation))
		return true;
	cJSON_Delete(confirmation);
	return false;
}

/* ---- words ------------------------------------------------------------------------------- */

static bool has(const cJSON *json, const char *member)
{
	return cJSON_GetObjectItemCaseSensitive(json, member);
}

static bool is_true(const cJSON *json, const char *member)
{
	return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(json, member));
}

/* How often it was seen in all controls, of how many runs. */
static void add_up_controls(const cJSON *json, double *seen, double *runs)
{
	const cJSON *control;

	*seen = *runs = 0;
	cJSON_ArrayForEach(control, cJSON_GetObjectItemCaseSensitive(json, "controls"))
	{
		*seen += record_number(control, "seen");
		*runs += record_number(control, "runs");
	}
}

const char *confirmation_verdict(const cJSON *json)
{
	double seen, runs;

	add_up_controls(json, &seen, &runs);
	if (!(record_number(json, "seen") > 0))
		return "not confirmed";
	return runs > 0 && seen == 0 ? "confirmed" : "seen, not confirmed";
}

static void say_controls(FILE *out, const cJSON *json)
{
	const cJSON *control;
	double seen, runs;

	add_up_controls(json, &seen, &runs);

	fprintf(out, "Controls (the decisive op is \"%s\"):", record_string(json, "decisive"));
	cJSON_ArrayForEach(control, cJSON_GetObjectItemCaseSensitive(json, "controls"))
	{
		if (!strcmp(record_string(control, "not_run"), CONFIRMATION_NO_SUCH_CONTROL))
			continue;
		fprintf(out, " %s: ", record_string(control, "what"));
		if (has(control, "not_run"))
			fprintf(out, "not run, %s;", record_string(control, "not_run"));
		else
			fprintf(out, "seen in %.0f of %.0f;", record_number(control, "seen"),
				record_number(control, "runs"));
	}
	fputs(seen > 0	 ? " NOT CLEAN: the scenario does not show what it says. "
	      : runs > 0 ? " all clean. "
			 : " none could be run, so what was seen is not confirmed. ",
	      out);
}

static void say_seen(FILE *out, const cJSON *json)
{
	double seen = record_number(json, "seen"), restored = record_number(json, "restored_by_tlbie");

	fprintf(out, "Seen in %.0f of %.0f runs. ", seen, record_number(json, "runs"));
	if (has(json, "swept_ms"))
		fprintf(out,
			"The ops that interrupt one another ran on two CPUs at a time, and began up to %.1f ms apart. ",
			record_number(json, "swept_ms"));
	if (seen > 0)
		fprintf(out, "The first time: %s. ", record_string(json, "effect"));
	if (seen > 0 && has(json, "restored_by_tlbie"))
		fprintf(out,
			restored > 0 ? "After a tlbie of L1 the log names the page, in %.0f of %.0f. "
				     : "A tlbie of L1 does not bring it back, in %.0f of %.0f. ",
			restored > 0 ? restored : seen, seen);
	if (seen == 0 && is_true(json, "needs_tlb"))
		fputs("It needs a CPU that keeps a translation across a change of LPIDR. ", out);
}

/* Words, with one space or a newline between them. */
static char *words_of(const cJSON *json)
{
	char *text = NULL;
	size_t n;
	FILE *out = open_memstream(&text, &n);

	if (!out)
		return NULL;
	fprintf(out, "%s (%s), unmodified, on an emulated POWER9: QEMU %s, -M powernv9, TCG, %s. ",
		record_string(json, "package"), record_string(json, "release"), record_string(json, "qemu"),
		record_number(json, "cpus") > 1 ? "two CPUs" : "one CPU");
	say_seen(out, json);
	say_controls(out, json);
	fputs(CONFIRMATION_LIMITS, out);
	fclose(out);
	return text;
}

void confirmation_text(FILE *out, const cJSON *confirmation, int indent, int columns)
{
	char *text = words_of(confirmation), *rest;
	int column = 0;

	for (char *word = text ? strtok_r(text, " \n", &rest) : NULL; word; word = strtok_r(NULL, " \n", &rest)) {
		int length = (int)strlen(word);

		if (column && column + 1 + length > columns) {
			fputc('\n', out);
			column = 0;
		}
		column += column ? fprintf(out, " %s", word) : fprintf(out, "%*s%s", indent, "", word);
	}
	fputc('\n', out);
	free(text);
}

void confirmation_html(FILE *out, const cJSON *array)
{
	const cJSON *confirmation;

	if (!cJSON_GetArraySize(array))
		return;
	fprintf(out, "<section class=\"confirm\">\n<h2>On an unmodified kernel</h2>\n");
	cJSON_ArrayForEach(confirmation, array)
	{
		char *text = words_of(confirmation);

		fprintf(out, "<p><b>On ");
		markup_text(out, record_string(confirmation, "kernel"));
		fprintf(out, ": %s.</b> ", confirmation_verdict(confirmation));
		markup_text(out, text ? text : "");
		fprintf(out, "</p>\n");
		free(text);
	}
	fprintf(out, "</section>\n");
}

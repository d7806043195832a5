// SPDX-License-Identifier: GPL-2.0-only
/* triage_output.c: how far it is, what came out of it, and which input showed what. */
#include "cli/triage.h"

#include "base/file.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *const cell_word[CELL_COUNT] = {
	[CELL_UNKNOWN] = "?",	    [CELL_ABSENT] = "-",    [CELL_SHOWS] = "yes",
	[CELL_SIMILAR] = "similar", [CELL_OTHER] = "other", [CELL_DIED] = "died",
};

/* ---- progress ------------------------------------------------------------------------ */

void triage_progress(struct triage *t, const char *what, size_t done, size_t total, bool last)
{
	bool live = cli_terminal(STDERR_FILENO);
	struct timespec now;
	double seconds;

	clock_gettime(CLOCK_MONOTONIC, &now);
	seconds = (double)now.tv_sec + (double)now.tv_nsec / 1e9;
	if (!t->told)
		t->told = seconds;
	if (!total || (!last && seconds - t->told < (live ? 0.2 : 10)) || (last && !live))
		return;
	t->told = seconds;
	fprintf(stderr, "%srcfuzz: %s: %zu of %zu, %zu findings%s", live ? "\r\033[K" : "", what, done, total,
		t->cluster_count, live && !last ? "" : "\n");
	fflush(stderr);
}

/* ---- counts over kernels ---------------------------------------------------------------- */

struct totals {
	size_t inputs, bad, silent, died, todo, resumed;
};

/* An input is silent if it shows nothing on any kernel, and not done if one is left. */
static struct totals count(const struct triage *t)
{
	/* What no scenario could even be looked for in was given too. */
	size_t left_out = t->options->left.out.count;
	struct totals totals = {.inputs = t->options->files.count + left_out, .bad = left_out};

	for (size_t i = 0; i < t->options->files.count; i++) {
		bool bad = false, todo = false, shows = false;

		for (size_t k = 0; k < t->kernel_count; k++) {
			unsigned state = t->kernels[k].inputs[i].state;

			bad |= state == INPUT_BAD;
			todo |= state == INPUT_TODO;
			shows |= state == INPUT_SHOWS;
		}
		totals.bad += bad;
		totals.todo += todo && !bad;
		totals.silent += !bad && !todo && !shows;
	}
	for (size_t k = 0; k < t->kernel_count; k++) {
		totals.died += t->kernels[k].died;
		totals.resumed += t->kernels[k].resumed;
	}
	return totals;
}

/* ---- text --------------------------------------------------------------------------------- */

static void write_counts(FILE *out, const struct triage *t)
{
	struct totals totals = count(t);
	size_t known = 0;

	for (size_t i = 0; i < t->cluster_count; i++)
		known += t->clusters[i].known[0] != 0;
	fprintf(out, "%zu inputs: %zu distinct findings (%zu known), %zu inputs show nothing, %zu are no scenarios\n",
		totals.inputs, t->cluster_count, known, totals.silent, totals.bad);
	if (t->options->left.passed_over)
		fprintf(out, "%zu files and folders that are hidden, or an engine's own, were passed over\n",
			t->options->left.passed_over);
	if (totals.died)
		fprintf(out, "%zu killed the process that ran them, or did not come back\n", totals.died);
	if (totals.resumed)
		fprintf(out, "%zu were replayed before and were not replayed again\n", totals.resumed);
	if (t->clusters_dropped)
		fprintf(out, "%zu findings more than are kept\n", t->clusters_dropped);
	if (t->interrupted)
		fprintf(out, "interrupted, %zu inputs are left: the same command again goes on\n", totals.todo);
}

static void write_findings(FILE *out, const struct triage *t)
{
	for (size_t i = 0; i < t->cluster_count; i++) {
		const struct cluster *c = &t->clusters[i];
		const struct class_info *class = &class_info[c->finding.class];

		fprintf(out, "  %-16s %-9s %7zu inputs  %4u ops%s  %s\n      %s%s\n", class->name,
			severity_name[class->severity], c->count, c->scenario_ops, c->minimized ? "" : " (raw)",
			c->scenario, c->known[0] ? "known: " : "", c->known[0] ? c->known : c->finding.title);
	}
}

static void write_matrix(FILE *out, const struct triage *t)
{
	if (t->kernel_count < 2 || t->interrupted)
		return;
	fprintf(out,
		"\nfinding x kernel (yes: the same; similar: in the same layer, by other functions; other: something "
		"else)\n");
	for (size_t k = 0; k < t->kernel_count; k++)
		fprintf(out, "  %zu = %s\n", k + 1, t->kernels[k].facts.name);
	fprintf(out, "  %-34s", "");
	for (size_t k = 0; k < t->kernel_count; k++)
		fprintf(out, " %-8zu", k + 1);
	fprintf(out, "\n");
	for (size_t i = 0; i < t->cluster_count; i++) {
		fprintf(out, "  %-34s", t->clusters[i].id);
		for (size_t k = 0; k < t->kernel_count; k++)
			fprintf(out, " %-8s", cell_word[t->kernels[k].cells[i]]);
		fprintf(out, "\n");
	}
}

/* A line an input and kernel: what it shows, by the ids of the findings, or why it was left out. */
static void write_inputs(FILE *out, const struct triage *t)
{
	static const char *const words[] = {[INPUT_TODO] = "not replayed yet",
					    [INPUT_BAD] = "no scenario",
					    [INPUT_SILENT] = "shows nothing (no longer reproduces)",
					    [INPUT_SHOWS] = ""};

	fprintf(out, "\n");
	for (size_t i = 0; i < t->options->files.count; i++) {
		for (size_t k = 0; k < t->kernel_count; k++) {
			const struct input *in = &t->kernels[k].inputs[i];

			fprintf(out, "%s\t%s\t%s", t->options->files.items[i], t->kernels[k].facts.name,
				words[in->state]);
			if (in->why)
				fprintf(out, ": %s", in->why);
			for (unsigned c = 0; c < in->count; c++)
				fprintf(out, "%s%s", c ? " " : "", t->clusters[in->clusters[c]].id);
			fprintf(out, "\n");
		}
	}
	for (size_t i = 0; i < t->options->left.out.count; i++)
		fprintf(out, "%s\n", t->options->left.out.items[i]);
}

static int write_index(const struct triage *t)
{
	char path[4096], error[512], *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);
	int result;

	if (!out)
		return cli_error(CLI_INTERNAL, "out of memory");
	write_counts(out, t);
	write_findings(out, t);
	write_matrix(out, t);
	write_inputs(out, t);
	snprintf(path, sizeof(path), "%s/index.txt", t->options->out);
	if (fclose(out))
		result = cli_error(CLI_INTERNAL, "out of memory");
	else if (file_write_atomic(path, text, n, error, sizeof(error)))
		result = cli_error(CLI_IO, "%s", error);
	else
		result = 0;
	free(text);
	return result;
}

/* ---- JSON ----------------------------------------------------------------------------------- */

static cJSON *finding_json(const struct triage *t, size_t i)
{
	const struct cluster *c = &t->clusters[i];
	cJSON *object = cJSON_CreateObject(), *kernels;

	cJSON_AddStringToObject(object, "id", c->id);
	record_json_finding(object, &c->finding);
	cJSON_AddStringToObject(object, "scenario", c->scenario);
	cJSON_AddNumberToObject(object, "ops", c->scenario_ops);
	cJSON_AddBoolToObject(object, "minimized", c->minimized);
	cJSON_AddNumberToObject(object, "inputs", (double)c->count);
	if (c->known[0])
		cJSON_AddStringToObject(object, "known", c->known);
	else
		cJSON_AddNullToObject(object, "known");
	kernels = cJSON_AddArrayToObject(object, "kernels");
	for (size_t k = 0; t->kernel_count > 1 && k < t->kernel_count; k++)
		cJSON_AddItemToArray(kernels, cJSON_CreateString(cell_word[t->kernels[k].cells[i]]));
	return object;
}

static void print_json(const struct triage *t)
{
	struct totals totals = count(t);
	cJSON *all = cJSON_CreateObject(), *array;
	char *text;

	cJSON_AddNumberToObject(all, "schema", 1);
	cJSON_AddStringToObject(all, "rcfuzz", RCFUZZ_VERSION);
	cJSON_AddNumberToObject(all, "inputs", (double)totals.inputs);
	cJSON_AddNumberToObject(all, "silent", (double)totals.silent);
	cJSON_AddNumberToObject(all, "bad", (double)totals.bad);
	cJSON_AddNumberToObject(all, "passed_over", (double)t->options->left.passed_over);
	cJSON_AddNumberToObject(all, "died", (double)totals.died);
	cJSON_AddNumberToObject(all, "resumed", (double)totals.resumed);
	cJSON_AddNumberToObject(all, "left", (double)totals.todo);
	cJSON_AddBoolToObject(all, "interrupted", t->interrupted);
	array = cJSON_AddArrayToObject(all, "targets");
	for (size_t k = 0; k < t->kernel_count; k++)
		cJSON_AddItemToArray(array, record_json_target(t->kernels[k].facts.info));
	array = cJSON_AddArrayToObject(all, "findings");
	for (size_t i = 0; i < t->cluster_count; i++)
		cJSON_AddItemToArray(array, finding_json(t, i));
	text = cJSON_Print(all);
	printf("%s\n", text ? text : "{}");
	cJSON_free(text);
	cJSON_Delete(all);
}

int triage_output(struct triage *t)
{
	int result = write_index(t);

	if (t->options->json) {
		print_json(t);
	} else {
		write_counts(stdout, t);
		write_findings(stdout, t);
		write_matrix(stdout, t);
	}
	return result;
}

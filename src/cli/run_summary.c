// SPDX-License-Identifier: GPL-2.0-only
/* run_summary.c: what was executed, what was found, and the worst of it in full. */
#include "cli/run_summary.h"

#include "base/file.h"
#include "report/timeline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const engine_name[] = {"libfuzzer", "afl", "random"};

/* 1234567 -> "1,234,567" */
static const char *grouped(uint64_t n, char text[32])
{
	char digits[24];
	int length = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)n), out = 0;

	for (int i = 0; i < length; i++) {
		if (i && (length - i) % 3 == 0)
			text[out++] = ',';
		text[out++] = digits[i];
	}
	text[out] = '\0';
	return text;
}

/* New ones first, then by class, then by how often they were met. */
static int compare_records(const void *a, const void *b)
{
	const struct record *x = *(struct record *const *)a, *y = *(struct record *const *)b;

	if (!x->known[0] != !y->known[0])
		return x->known[0] ? 1 : -1;
	if (x->finding.class != y->finding.class)
		return x->finding.class < y->finding.class ? -1 : 1;
	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return strcmp(x->finding.signature, y->finding.signature);
}

static struct record **sorted_records(struct store *store)
{
	size_t count = store_count(store);
	struct record **records = calloc(count + 1, sizeof(struct record *));

	for (size_t i = 0; records && i < count; i++)
		records[i] = store_at(store, i);
	if (records)
		qsort(records, count, sizeof(*records), compare_records);
	return records;
}

static void print_executed(const struct run_plan *plan, const struct run_totals *t)
{
	char target[512], execs[32], ops[32], accesses[32], faults[32];
	double seconds = t->seconds > 0.001 ? t->seconds : 0.001;

	report_text_target(target, sizeof(target), plan->target_info);
	printf("%s\n", target);
	printf("engine %s, %u worker%s, seed %u, %.1f s%s\n", engine_name[plan->engine], plan->jobs,
	       plan->jobs == 1 ? "" : "s", plan->seed, t->seconds, t->interrupted ? " (interrupted)" : "");
	printf("executed %s scenarios (%.0f/s), %s ops (%.0f/s),\n", grouped(t->execs, execs),
	       (double)t->execs / seconds, grouped(t->ops, ops), (double)t->ops / seconds);
	printf("         %s accesses, %s page faults taken by the kernel\n", grouped(t->accesses, accesses),
	       grouped(t->faults, faults));
	printf("reached  ");
	if (t->coverage)
		printf("%u edges of the kernel's code, ", t->coverage);
	printf("%u states of R and C bits", t->states);
	if (t->corpus)
		printf(", corpus %u", t->corpus);
	printf("\n");
	if (t->named)
		printf("harvests named %s pages that were owed, %s that were not\n", grouped(t->named, execs),
		       grouped(t->spurious, ops));
}

static void print_row(const struct record *r)
{
	char count[32];

	printf("  %-16s %-9s %10s %4u  %s\n", class_info[r->finding.class].name,
	       severity_name[class_info[r->finding.class].severity], grouped(r->count, count), r->ops, r->scenario);
	if (r->known[0])
		printf("      known: %s\n", r->known);
	else
		printf("      %.160s\n", r->finding.title);
}

/* earlier: how many findings are in the folder besides. */
static void print_table(const struct run_plan *plan, struct record **records, size_t count, size_t earlier)
{
	size_t known = 0;

	for (size_t i = 0; i < count; i++)
		known += records[i]->known[0] != 0;
	printf("\n%zu new finding%s, %zu known; in %s\n", count - known, count - known == 1 ? "" : "s", known,
	       plan->out);
	if (earlier)
		printf("%zu more of earlier runs in it, not met this time; 'rcfuzz report %s' shows all\n", earlier,
		       plan->out);
	if (count)
		printf("  %-16s %-9s %10s %4s  %s\n", "class", "severity", "times", "ops", "scenario");
	for (size_t i = 0; i < count; i++)
		print_row(records[i]);
}

static void print_troubles(const struct run_plan *plan, const struct run_totals *t)
{
	if (t->deaths)
		printf("%u worker%s died and %s started again\n", t->deaths, t->deaths == 1 ? "" : "s",
		       t->deaths == 1 ? "was" : "were");
	if (t->unverified)
		printf("%u of the deaths did not come again: see %s/crashes and %s/log\n", t->unverified, plan->out,
		       plan->out);
	if (t->unminimized)
		printf("%u finding%s not minimised: 'rcfuzz minimize' does it\n", t->unminimized,
		       t->unminimized == 1 ? " was" : "s were");
	if (t->too_slow)
		printf("%llu scenario%s cut, too slow to be run to the end\n", (unsigned long long)t->too_slow,
		       t->too_slow == 1 ? " was" : "s were");
	if (t->dropped)
		printf("%llu findings more were met than a run keeps\n", (unsigned long long)t->dropped);
}

/* The report that the triager wrote for the worst new finding. */
static void print_worst(const struct run_plan *plan, struct record **records, size_t count)
{
	char path[4096], error[256], *text;
	size_t n;

	if (!count || records[0]->known[0])
		return;
	snprintf(path, sizeof(path), "%s/reports/%s.txt", plan->out, records[0]->id);
	if (!records[0]->minimized || file_read(path, 1u << 20, &text, &n, error, sizeof(error)))
		return;
	printf("\n--------------------------------------------------------------------------------\n");
	fwrite(text, 1, n, stdout);
	free(text);
}

void run_summary_text(const struct run_plan *plan, struct store *store, const struct run_totals *totals)
{
	struct record **records = sorted_records(store);
	size_t count = records ? store_count(store) : 0;

	print_executed(plan, totals);
	print_table(plan, records, count, store_count_earlier(store));
	print_troubles(plan, totals);
	print_worst(plan, records, count);
	free(records);
}

static void add_totals(cJSON *summary, const struct run_plan *plan, const struct run_totals *t)
{
	cJSON_AddNumberToObject(summary, "schema", 1);
	cJSON_AddStringToObject(summary, "rcfuzz", RCFUZZ_VERSION);
	cJSON_AddItemToObject(summary, "target", record_json_target(plan->target_info));
	cJSON_AddStringToObject(summary, "engine", engine_name[plan->engine]);
	cJSON_AddNumberToObject(summary, "jobs", plan->jobs);
	cJSON_AddNumberToObject(summary, "seed", plan->seed);
	cJSON_AddStringToObject(summary, "out", plan->out);
	cJSON_AddNumberToObject(summary, "seconds", t->seconds);
	cJSON_AddNumberToObject(summary, "execs", (double)t->execs);
	cJSON_AddNumberToObject(summary, "ops", (double)t->ops);
	cJSON_AddNumberToObject(summary, "accesses", (double)t->accesses);
	cJSON_AddNumberToObject(summary, "faults", (double)t->faults);
	cJSON_AddNumberToObject(summary, "edges", t->coverage);
	cJSON_AddNumberToObject(summary, "states", t->states);
	cJSON_AddNumberToObject(summary, "corpus", t->corpus);
	cJSON_AddNumberToObject(summary, "named", (double)t->named);
	cJSON_AddNumberToObject(summary, "spurious_dirty", (double)t->spurious);
	cJSON_AddNumberToObject(summary, "deaths", t->deaths);
	cJSON_AddNumberToObject(summary, "unverified", t->unverified);
	cJSON_AddNumberToObject(summary, "unminimized", t->unminimized);
	cJSON_AddNumberToObject(summary, "too_slow", (double)t->too_slow);
	cJSON_AddNumberToObject(summary, "dropped", (double)t->dropped);
	cJSON_AddBoolToObject(summary, "interrupted", t->interrupted);
	cJSON_AddBoolToObject(summary, "failed", t->failed);
}

void run_summary_json(const struct run_plan *plan, struct store *store, const struct run_totals *totals)
{
	struct record **records = sorted_records(store);
	cJSON *summary = cJSON_CreateObject(), *findings;
	char *text;

	add_totals(summary, plan, totals);
	cJSON_AddNumberToObject(summary, "earlier", (double)store_count_earlier(store));
	findings = cJSON_AddArrayToObject(summary, "findings");
	for (size_t i = 0; records && i < store_count(store); i++)
		cJSON_AddItemToArray(findings, record_json(records[i], plan->target_info));
	text = cJSON_Print(summary);
	printf("%s\n", text ? text : "{}");
	cJSON_free(text);
	cJSON_Delete(summary);
	free(records);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * triage_journal.c: D/journal.jsonl, one line an input and kernel: what it showed. An interrupted triage goes on from
 * there. A line counts only for the same file (size and time), the same module and the same rcfuzz.
 */
#include "cli/triage.h"

#include "report/record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *const state_word[] = {"todo", "bad", "silent", "shows"};

static void journal_path(const struct triage *t, char *path, size_t size)
{
	snprintf(path, size, "%s/journal.jsonl", t->options->out);
}

/* Size and time of change: what says that a file is still the one that was replayed. */
static void stamp_of(const char *path, char *stamp, size_t size)
{
	struct stat st = {0};

	if (stat(path, &st))
		snprintf(stamp, size, "?");
	else
		snprintf(stamp, size, "%lld-%lld.%09ld", (long long)st.st_size, (long long)st.st_mtim.tv_sec,
			 st.st_mtim.tv_nsec);
}

/* ---- write ------------------------------------------------------------------------ */

static void add_findings(cJSON *line, const struct finding *findings, uint32_t count)
{
	cJSON *array = cJSON_AddArrayToObject(line, "findings");

	for (uint32_t i = 0; array && i < count; i++) {
		cJSON *item = cJSON_CreateObject();

		record_json_finding(item, &findings[i]);
		cJSON_DeleteItemFromObject(item, "writers"); /* the minimised scenario shows them */
		cJSON_AddItemToArray(array, item);
	}
}

void journal_add(struct triage *t, size_t kernel, size_t input, enum input_state state, uint32_t ops,
		 const struct finding *findings, uint32_t count)
{
	const char *path = t->options->files.items[input];
	cJSON *line = cJSON_CreateObject();
	char stamp[64], *text;

	stamp_of(path, stamp, sizeof(stamp));
	cJSON_AddStringToObject(line, "rcfuzz", RCFUZZ_VERSION);
	cJSON_AddStringToObject(line, "module", t->kernels[kernel].hash);
	cJSON_AddStringToObject(line, "input", path);
	cJSON_AddStringToObject(line, "stamp", stamp);
	cJSON_AddStringToObject(line, "state", state_word[state]);
	cJSON_AddNumberToObject(line, "ops", ops);
	add_findings(line, findings, count);
	text = cJSON_PrintUnformatted(line);
	cJSON_Delete(line);
	if (text)
		fprintf(t->journal, "%s\n", text);
	cJSON_free(text);
}

/* ---- read ------------------------------------------------------------------------- */

/* Paths of the inputs, sorted, to find them by. */
struct place {
	const char *path;
	size_t input;
};

static int compare_places(const void *a, const void *b)
{
	return strcmp(((const struct place *)a)->path, ((const struct place *)b)->path);
}

static struct place *sorted_places(const struct triage *t)
{
	struct place *places = calloc(t->options->files.count + 1, sizeof(*places));

	for (size_t i = 0; places && i < t->options->files.count; i++)
		places[i] = (struct place){t->options->files.items[i], i};
	if (places)
		qsort(places, t->options->files.count, sizeof(*places), compare_places);
	return places;
}

static int layer_from_name(const char *name)
{
	for (int i = 0; i < LAYER_COUNT; i++) {
		if (!strcmp(layer_name[i], name))
			return i;
	}
	return LAYER_NONE;
}

static bool read_finding(const cJSON *item, struct finding *f)
{
	int class = class_from_name(record_string(item, "class"));

	*f = (struct finding){.class = (enum finding_class) class,
			      .layer = (enum finding_layer)layer_from_name(record_string(item, "layer")),
			      .needs_wild_l1 = !strcmp(record_string(item, "l1"), "misbehaving"),
			      .n = UINT32_MAX,
			      .lpage = UINT32_MAX};
	snprintf(f->signature, sizeof(f->signature), "%s", record_string(item, "signature"));
	snprintf(f->coarse, sizeof(f->coarse), "%s", record_string(item, "coarse"));
	snprintf(f->title, sizeof(f->title), "%s", record_string(item, "title"));
	return class >= 0 && *f->signature;
}

static void take_line(struct triage *t, size_t kernel, size_t input, const cJSON *line)
{
	struct kernel *k = &t->kernels[kernel];
	struct input *in = &k->inputs[input];
	uint32_t ops = (uint32_t)record_number(line, "ops");
	const cJSON *item;

	for (unsigned state = INPUT_BAD; state <= INPUT_SHOWS; state++) {
		if (!strcmp(record_string(line, "state"), state_word[state]))
			in->state = (uint8_t)state;
	}
	/* Bad ones are told of again. */
	if (in->state == INPUT_TODO || in->state == INPUT_BAD) {
		in->state = INPUT_TODO;
		return;
	}
	cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(line, "findings"))
	{
		struct finding finding;
		const struct cluster *c =
			read_finding(item, &finding) ? triage_cluster(t, kernel, input, &finding, ops) : NULL;

		if (c && in->count < RUN_FINDINGS_MAX)
			in->clusters[in->count++] = (uint16_t)(c - t->clusters);
	}
	k->silent += in->state == INPUT_SILENT;
	k->resumed++;
}

static void read_line(struct triage *t, const struct place *places, const char *text, size_t n)
{
	cJSON *line = cJSON_ParseWithLength(text, n);
	const struct place key = {.path = record_string(line, "input")};
	const struct place *place = NULL;
	char stamp[64];

	if (!strcmp(record_string(line, "rcfuzz"), RCFUZZ_VERSION))
		place = bsearch(&key, places, t->options->files.count, sizeof(*places), compare_places);
	if (place)
		stamp_of(place->path, stamp, sizeof(stamp));
	for (size_t k = 0; place && k < t->kernel_count; k++) {
		if (!strcmp(record_string(line, "module"), t->kernels[k].hash) &&
		    !strcmp(record_string(line, "stamp"), stamp) &&
		    t->kernels[k].inputs[place->input].state == INPUT_TODO)
			take_line(t, k, place->input, line);
	}
	cJSON_Delete(line);
}

static int read_journal(struct triage *t, const char *path)
{
	struct place *places;
	char *line = NULL;
	size_t room = 0;
	FILE *file = fopen(path, "re");
	ssize_t n;

	if (!file)
		return errno == ENOENT ? 0 : cli_error(CLI_IO, "cannot read %s: %s", path, strerror(errno));
	places = sorted_places(t);
	while (places && (n = getline(&line, &room, file)) > 0)
		read_line(t, places, line, (size_t)n);
	free(line);
	free(places);
	fclose(file);
	return 0;
}

int journal_open(struct triage *t)
{
	char path[4096];
	int code;

	journal_path(t, path, sizeof(path));
	code = read_journal(t, path);
	if (code)
		return code;
	t->journal = fopen(path, "ae");
	/* What an interruption left of a line must not swallow the next one. */
	if (!t->journal || fputc('\n', t->journal) == EOF)
		return cli_error(CLI_IO, "cannot write %s: %s", path, strerror(errno));
	return 0;
}

int journal_close(struct triage *t)
{
	bool failed = t->journal && (ferror(t->journal) | (fclose(t->journal) != 0));

	t->journal = NULL;
	return failed ? cli_error(CLI_IO, "cannot write %s/journal.jsonl: %s", t->options->out, strerror(errno)) : 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/* store.c: findings.jsonl and findings/: what was found is on the disk before the run goes on. */
#include "report/store.h"

#include "base/file.h"
#include "report/folder.h"
#include "report/words.h"
#include "scenario/scenario_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct store {
	char *folder, *target_info;
	char hash[64];	/* of the module */
	cJSON *earlier; /* the last record of each finding that was there before */
	int lines;	/* descriptor of findings.jsonl */
	size_t count;
	uint64_t dropped;
	struct record *records[STORE_FINDINGS_MAX];
	struct scenario_file file; /* scratch for writing */
	char error[512];
};

static bool fail(struct store *store, const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool fail(struct store *store, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(store->error, sizeof(store->error), format, args);
	va_end(args);
	return false;
}

/* A line that a full disk cut short would swallow the next one: end it. */
static bool end_last_line(struct store *store)
{
	struct stat st;
	char last = '\n';

	if (fstat(store->lines, &st))
		return false;
	if (st.st_size && pread(store->lines, &last, 1, st.st_size - 1) != 1)
		return false;
	return last == '\n' || write(store->lines, "\n", 1) == 1;
}

static bool open_files(struct store *store)
{
	static const char *const below[] = {"", "/findings", "/reports"};
	char path[4096];

	for (size_t i = 0; i < sizeof(below) / sizeof(below[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", store->folder, below[i]);
		if (!folder_make(path, store->error, sizeof(store->error)))
			return false;
	}
	snprintf(path, sizeof(path), "%s/findings.jsonl", store->folder);
	store->lines = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
	if (store->lines < 0 || !end_last_line(store))
		return fail(store, "cannot write %s: %s", path, strerror(errno));
	return true;
}

/* Lines that are no records, such as a last one that was cut short, are passed over. */
static bool read_earlier(struct store *store)
{
	char path[4096], *text;
	size_t n, bad;

	snprintf(path, sizeof(path), "%s/findings.jsonl", store->folder);
	if (file_read(path, STORE_BYTES_MAX, &text, &n, store->error, sizeof(store->error)))
		return false;
	store->earlier = record_read_lines(text, n, &bad);
	free(text);
	return store->earlier || fail(store, "out of memory");
}

static void read_hash(struct store *store)
{
	cJSON *info = cJSON_Parse(store->target_info);

	snprintf(store->hash, sizeof(store->hash), "%s", record_string(info, "hash"));
	cJSON_Delete(info);
}

struct store *store_open(const char *folder, const char *target_info, char *error, size_t error_size)
{
	struct store *store = calloc(1, sizeof(*store));

	if (store) {
		store->lines = -1;
		store->folder = strdup(folder);
		store->target_info = strdup(target_info ? target_info : "{}");
	}
	if (!store || !store->folder || !store->target_info) {
		snprintf(error, error_size, "out of memory");
		errno = ENOMEM;
	} else if (open_files(store) && read_earlier(store)) {
		read_hash(store);
		return store;
	} else {
		snprintf(error, error_size, "%s", store->error);
	}
	store_close(store);
	return NULL;
}

void store_close(struct store *store)
{
	if (!store)
		return;
	for (size_t i = 0; i < store->count; i++)
		free(store->records[i]);
	if (store->lines >= 0)
		close(store->lines);
	cJSON_Delete(store->earlier);
	free(store->folder);
	free(store->target_info);
	free(store);
}

struct record *store_find(struct store *store, const char *signature)
{
	for (size_t i = 0; i < store->count; i++) {
		if (!strcmp(store->records[i]->finding.signature, signature))
			return store->records[i];
	}
	return NULL;
}

/* "6.12.73" out of the module's JSON; "*" when it does not say, or says what no pattern can hold. */
static void target_version(const struct store *store, char *version, size_t size)
{
	cJSON *info = cJSON_Parse(store->target_info);
	const char *text = record_string(info, "version");
	bool plain = *text && strlen(text) < size &&
		     strspn(text, "0123456789abcdefghijklmnopqrstuvwxyz"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ.-+_~:") == strlen(text);

	snprintf(version, size, "%s", plain ? text : "*");
	cJSON_Delete(info);
}

/* The scenario with its story and the expectation that it states for this kernel. */
static bool save_scenario(struct store *store, const struct record *record, const struct scenario *s)
{
	struct scenario_file *file = &store->file;
	struct scenario_expectation *expect = file->expectations;
	struct scenario_error error;
	char path[4096], story[2 * FINDING_TEXT];

	memset(expect, 0, sizeof(*expect));
	expect->kind = EXPECT_FINDING;
	expect->page_given = true;
	expect->page = s->config.page;
	target_version(store, expect->pattern, sizeof(expect->pattern));
	snprintf(expect->signature, sizeof(expect->signature), "%s", record->finding.coarse);
	expect[1] = (struct scenario_expectation){.kind = EXPECT_SIGNATURE, .pattern = "*"};
	snprintf(expect[1].signature, sizeof(expect[1].signature), "%s", record->finding.signature);
	file->expectation_count = 2;
	words_story(&record->finding, s, story, sizeof(story));
	snprintf(file->story, sizeof(file->story), "%s\nfound by rcfuzz %s on %s", story, RCFUZZ_VERSION,
		 expect->pattern);
	file->scenario = *s;
	snprintf(file->module, sizeof(file->module), "%s", scenario_has_numbers(s) ? store->hash : "");

	snprintf(path, sizeof(path), "%s/%s", store->folder, record->scenario);
	if (scenario_file_save(path, file, &error))
		return fail(store, "%s; what was found before is kept", error.message);
	return true;
}

/* One write of one line; what a full disk leaves of it is taken back. */
static bool append_line(struct store *store, const char *line, size_t n)
{
	struct stat st;
	ssize_t written;
	int error;

	if (fstat(store->lines, &st))
		return fail(store, "cannot write %s/findings.jsonl: %s", store->folder, strerror(errno));
	do
		written = write(store->lines, line, n);
	while (written < 0 && errno == EINTR);
	error = written < 0 ? errno : ENOSPC;
	if (written == (ssize_t)n) {
		if (!fdatasync(store->lines) || errno == EINVAL)
			return true;
		error = errno;
	}
	if (written > 0 && written < (ssize_t)n && ftruncate(store->lines, st.st_size))
		error = errno;
	return fail(store, "cannot write %s/findings.jsonl: %s; what was found before is kept", store->folder,
		    strerror(error));
}

/* ---- what an earlier run has left ------------------------------------------------------ */

static const cJSON *find_earlier(const struct store *store, const char *id)
{
	const cJSON *record;

	cJSON_ArrayForEach(record, store->earlier)
	{
		if (!strcmp(record_string(record, "id"), id))
			return record;
	}
	return NULL;
}

/* The id, and what there is of that finding on this module; NULL: nothing. */
static const cJSON *take_id(const struct store *store, struct record *record)
{
	const cJSON *earlier;
	size_t n;

	record_id(record->id, &record->finding);
	earlier = find_earlier(store, record->id);
	if (!earlier ||
	    !strcmp(record_string(cJSON_GetObjectItemCaseSensitive(earlier, "target"), "hash"), store->hash))
		return earlier;
	n = strlen(record->id);
	snprintf(record->id + n, sizeof(record->id) - n, "-%.8s", store->hash);
	return find_earlier(store, record->id);
}

/* It is worth keeping if it is still there, and no larger. */
static bool keep_earlier(const struct store *store, struct record *record, const cJSON *earlier,
			 const struct scenario *raw)
{
	bool minimized = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(earlier, "minimized"));
	double ops = record_number(earlier, "ops");
	char scenario[RECORD_PATH], path[4096];

	snprintf(scenario, sizeof(scenario), "findings/%s%s.txt", record->id, minimized ? "" : ".raw");
	snprintf(path, sizeof(path), "%s/%s", store->folder, scenario);
	if (strcmp(record_string(earlier, "scenario"), scenario) || access(path, R_OK) ||
	    !(minimized || ops <= raw->op_count))
		return false;
	snprintf(record->scenario, sizeof(record->scenario), "%s", scenario);
	snprintf(record->finding.title, sizeof(record->finding.title), "%s", record_string(earlier, "title"));
	record->ops = (uint32_t)ops;
	record->preemptions = (uint32_t)record_number(earlier, "preemptions");
	record->minimized = minimized;
	return true;
}

/* The record with what stays of the earlier one. NULL: out of memory. */
static cJSON *merged_json(const struct store *store, const struct record *record)
{
	static const char *const of_scenario[] = {"title", "layer", "writers", "l1", "assertion_only", "confirm"};
	const cJSON *earlier = find_earlier(store, record->id), *item;
	cJSON *json = record_json(record, store->target_info);

	for (size_t i = 0; json && record->kept && i < sizeof(of_scenario) / sizeof(of_scenario[0]); i++) {
		item = cJSON_GetObjectItemCaseSensitive(earlier, of_scenario[i]);
		if (!item)
			continue;
		cJSON_DeleteItemFromObjectCaseSensitive(json, of_scenario[i]);
		cJSON_AddItemToObject(json, of_scenario[i], cJSON_Duplicate(item, true));
	}
	return json;
}

/* ---- records ----------------------------------------------------------------------------- */

bool store_update(struct store *store, const struct record *record)
{
	cJSON *json = merged_json(store, record);
	char *text = json ? cJSON_PrintUnformatted(json) : NULL, *line = NULL;
	int n = text ? asprintf(&line, "%s\n", text) : -1;
	bool appended;

	cJSON_Delete(json);
	cJSON_free(text);
	if (n < 0)
		return fail(store, "out of memory");
	appended = append_line(store, line, (size_t)n);
	free(line);
	return appended;
}

struct record *store_add(struct store *store, const struct record *record, const struct scenario *raw)
{
	const cJSON *earlier;
	struct record *own;

	store->error[0] = '\0';
	if (store->count == STORE_FINDINGS_MAX) {
		store->dropped++;
		return NULL;
	}
	own = malloc(sizeof(*own));
	if (!own) {
		fail(store, "out of memory");
		return NULL;
	}
	*own = *record;
	earlier = take_id(store, own);
	own->kept = earlier && keep_earlier(store, own, earlier, raw);
	own->finding.embargoed |= cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(earlier, "embargoed"));
	own->count_before = earlier && !own->recounts ? (uint64_t)record_number(earlier, "count") : 0;
	if (!own->kept) {
		snprintf(own->scenario, sizeof(own->scenario), "findings/%s.raw.txt", own->id);
		own->ops = raw->op_count;
		own->preemptions = raw->point_count;
		own->minimized = false;
	}
	if ((!own->kept && !save_scenario(store, own, raw)) || !store_update(store, own)) {
		free(own);
		return NULL;
	}
	store->records[store->count++] = own;
	return own;
}

bool store_minimized(struct store *store, struct record *record, const struct finding *finding,
		     const struct scenario *small)
{
	struct record next = *record;

	next.finding = *finding;
	next.finding.embargoed = record->finding.embargoed;
	next.minimized = true;
	next.kept = false;
	next.ops = small->op_count;
	next.preemptions = small->point_count;
	snprintf(next.scenario, sizeof(next.scenario), "findings/%s.txt", next.id);
	if (!save_scenario(store, &next, small) || !store_update(store, &next))
		return false;
	*record = next;
	return true;
}

const char *store_error(const struct store *store)
{
	return store->error;
}

size_t store_count(const struct store *store)
{
	return store->count;
}

struct record *store_at(struct store *store, size_t index)
{
	return store->records[index];
}

static bool has_met(const struct store *store, const char *id)
{
	for (size_t i = 0; i < store->count; i++) {
		if (!strcmp(store->records[i]->id, id))
			return true;
	}
	return false;
}

size_t store_count_earlier(const struct store *store)
{
	const cJSON *record;
	size_t count = 0;

	cJSON_ArrayForEach(record, store->earlier) count += !has_met(store, record_string(record, "id"));
	return count;
}

uint64_t store_dropped(const struct store *store)
{
	return store->dropped;
}

// SPDX-License-Identifier: GPL-2.0-only
/* store.c: findings.jsonl and findings/: what was found is on the disk before the run goes on. */
#include "report/store.h"

#include "report/folder.h"
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
	int lines; /* descriptor of findings.jsonl */
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
	} else if (open_files(store)) {
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
	char path[4096];

	memset(expect, 0, sizeof(*expect));
	expect->kind = EXPECT_FINDING;
	expect->page_given = true;
	expect->page = s->config.page;
	target_version(store, expect->pattern, sizeof(expect->pattern));
	snprintf(expect->signature, sizeof(expect->signature), "%s", record->finding.coarse);
	expect[1] = (struct scenario_expectation){.kind = EXPECT_SIGNATURE, .pattern = "*"};
	snprintf(expect[1].signature, sizeof(expect[1].signature), "%s", record->finding.signature);
	file->expectation_count = 2;
	snprintf(file->story, sizeof(file->story), "%s\nfound by rcfuzz %s on %s", record->finding.title,
		 RCFUZZ_VERSION, expect->pattern);
	file->scenario = *s;

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

bool store_update(struct store *store, const struct record *record)
{
	cJSON *json = record_json(record, store->target_info);
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
	record_id(own->id, &own->finding);
	snprintf(own->scenario, sizeof(own->scenario), "findings/%s.raw.txt", own->id);
	own->ops = raw->op_count;
	own->preemptions = raw->point_count;
	own->minimized = false;
	if (!save_scenario(store, own, raw) || !store_update(store, own)) {
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

uint64_t store_dropped(const struct store *store)
{
	return store->dropped;
}

// SPDX-License-Identifier: GPL-2.0-only
/* findings.c: what workers find goes to the store, then to the triager. */
#include "fuzz/session.h"

#include "base/file.h"
#include "base/internal.h"
#include "scenario/codec.h"
#include "triage/death.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEATHS_TOLD_MAX 3u   /* more are only counted */
#define INPUTS_KEPT_MAX 256u /* in crashes/ */
#define INPUT_PATH 4096

/* ---- the store ------------------------------------------------------------------- */

static bool counts_as_failure(const struct session *session, const struct record *record)
{
	return !record->known[0] && (session->plan->fail_classes & (1u << record->finding.class));
}

/* What nobody will do any more. */
static void give_up(struct session *session, enum job_kind kind)
{
	session->totals->unminimized += kind == JOB_MINIMIZE;
	session->totals->unverified += kind == JOB_VERIFY;
}

static void enqueue(struct session *session, const struct job *job, const uint8_t *bytes, uint32_t size)
{
	struct job *slot = &session->queue[session->queued];

	if (session->queued < QUEUE_MAX) {
		*slot = *job;
		slot->bytes = malloc(size ? size : 1);
		if (slot->bytes) {
			memcpy(slot->bytes, bytes, size);
			slot->size = size;
			session->queued++;
			return;
		}
	}
	give_up(session, job->kind);
}

static void announce(struct session *session, const struct record *record)
{
	const struct class_info *class = &class_info[record->finding.class];

	if (record->known[0])
		session_say(session, "known: %s, listed in %s", class->name, record->known);
	else
		session_say(session, "found %s (%s): %s", class->name, severity_name[class->severity],
			    record->finding.title);
}

/* A finding with the scenario that shows it: on the disk first, then everything else. */
static void take_finding(struct session *session, const struct finding *finding, const uint8_t *bytes, uint32_t size)
{
	struct record record = {.finding = *finding,
				.seed = session->plan->seed,
				.count = 1,
				.execs = session->totals->execs,
				.seconds = session_seconds(session)};
	struct scenario *raw;
	struct record *own;

	own = store_find(session->store, finding->signature);
	if (own) {
		own->count += death_is(finding); /* the others are counted by the workers */
		return;
	}
	raw = malloc(sizeof(*raw));
	if (!raw) {
		session_fail(session, RUN_ERROR_INTERNAL, "out of memory");
		return;
	}
	scenario_decode(raw, bytes, size);
	known_match(session->plan->known, finding, record.known, sizeof(record.known));
	record.finding.embargoed = known_embargoed(session->plan->known, finding);
	own = store_add(session->store, &record, raw);
	free(raw);
	if (!own) {
		if (*store_error(session->store))
			session_fail(session, RUN_ERROR_IO, "%s", store_error(session->store));
		return;
	}
	announce(session, own);
	/* What an earlier run has made smaller stays as it is. */
	if (!own->minimized)
		enqueue(session, &(struct job){.kind = JOB_MINIMIZE, .record = own}, bytes, size);
	if (counts_as_failure(session, own)) {
		session->totals->failed = true;
		session->stopping |= session->plan->stop_on_first;
	}
}

/* The triager has the graph of all workers; should it die, the next one learns what it knew. */
static void take_locks(struct session *session, const uint8_t *bytes, uint32_t size)
{
	struct kept_input *kept = &session->locks[session->lock_count];

	enqueue(session, &(struct job){.kind = JOB_LOCKS}, bytes, size);
	if (session->lock_count == LOCK_INPUTS_MAX)
		return;
	kept->bytes = malloc(size ? size : 1);
	if (!kept->bytes)
		return;
	memcpy(kept->bytes, bytes, size);
	kept->size = size;
	session->lock_count++;
}

/* Nor is it told of one again that has killed a triager. */
static void forget_locks(struct session *session, const struct job *job)
{
	for (uint32_t i = 0; i < session->lock_count; i++) {
		struct kept_input *kept = &session->locks[i];

		if (kept->size != job->size || memcmp(kept->bytes, job->bytes, job->size) != 0)
			continue;
		free(kept->bytes);
		*kept = session->locks[--session->lock_count];
		return;
	}
}

void session_teach_triager(struct session *session)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < session->queued; i++) {
		if (session->queue[i].kind == JOB_LOCKS)
			free(session->queue[i].bytes);
		else
			session->queue[kept++] = session->queue[i];
	}
	session->queued = kept;
	for (uint32_t i = 0; i < session->lock_count; i++)
		enqueue(session, &(struct job){.kind = JOB_LOCKS}, session->locks[i].bytes, session->locks[i].size);
}

void session_take_message(struct session *session, struct worker *worker)
{
	while (link_receive(worker->link.fd, &session->message) == 1) {
		const struct link_message *m = &session->message;

		if (m->kind == LINK_FINDING) {
			session_add_totals(session);
			take_finding(session, &m->finding, m->scenario, m->size);
		} else if (m->kind == LINK_LOCKS) {
			take_locks(session, m->scenario, m->size);
		} else if (m->kind == LINK_FAILED) {
			session_fail(session, RUN_ERROR_INTERNAL, "%s", m->text);
		}
	}
}

/* How often all workers met a signature. */
static uint64_t count_signature(const struct session *session, const char *signature)
{
	uint64_t hash = link_hash(signature, strlen(signature)), count = 0;

	for (unsigned i = 0; i < session->plan->jobs; i++) {
		const struct link_page *page = session->workers[i].link.page;
		uint32_t seen = page ? atomic_load(&page->seen_count) : 0;

		for (uint32_t k = 0; k < seen && k < LINK_SEEN; k++) {
			if (atomic_load(&page->seen[k].hash) == hash)
				count += atomic_load(&page->seen[k].count);
		}
	}
	return count;
}

void session_update_counts(struct session *session, bool write)
{
	for (size_t i = 0; i < store_count(session->store); i++) {
		struct record *record = store_at(session->store, i);
		uint64_t count = count_signature(session, record->finding.signature);

		if (count > record->count)
			record->count = count;
		else if (record->count == 1 || !death_is(&record->finding))
			continue;
		if (write && !store_update(session->store, record))
			session_fail(session, RUN_ERROR_IO, "%s", store_error(session->store));
	}
}

/* ---- deaths ------------------------------------------------------------------------- */

/* Without colours; what is left of a line that says something, else "". */
static const char *plain_line(char *line)
{
	char *out = line;

	for (char *in = line; *in && *in != '\r' && *in != '\n'; in++) {
		if (*in == '\033')
			in += strcspn(in, "mhlBJK");
		else if ((unsigned char)*in >= ' ')
			*out++ = *in;
		if (!*in)
			break;
	}
	*out = '\0';
	line += strspn(line, " \t=");
	/* Engines' chatter is no reason to die. */
	if (!strncmp(line, "INFO:", 5) || !strncmp(line, "WARNING:", 8) || strstr(line, "Location :"))
		*line = '\0';
	return line;
}

const char *session_last_words(const struct worker *worker, char *text, size_t size)
{
	FILE *file = fopen(worker->log, "re");
	char *line = NULL;
	size_t room = 0;

	snprintf(text, size, "nothing");
	while (file && getline(&line, &room, file) > 0) {
		const char *words = plain_line(line);

		if (*words)
			snprintf(text, size, "%s", words);
	}
	free(line);
	if (file)
		fclose(file);
	return text;
}

/* Never run it again in this run. */
static void skip_input(struct session *session, const uint8_t *bytes, uint32_t size)
{
	uint64_t hash = link_hash(bytes, size);

	for (unsigned i = 0; i < session->plan->jobs; i++) {
		struct link_page *page = session->workers[i].link.page;
		uint32_t count = atomic_load(&page->skip_count);

		atomic_store(&page->skip[count % LINK_SKIP], hash);
		if (count < LINK_SKIP)
			atomic_store(&page->skip_count, count + 1);
	}
}

static void input_path(const struct session *session, const uint8_t *bytes, uint32_t size, char path[INPUT_PATH])
{
	snprintf(path, INPUT_PATH, "%s/crashes/%016llx.bin", session->plan->out,
		 (unsigned long long)link_hash(bytes, size));
}

static void write_input(struct session *session, const uint8_t *bytes, uint32_t size)
{
	char path[INPUT_PATH], error[256];

	input_path(session, bytes, size, path);
	if (file_write_atomic(path, bytes, size, error, sizeof(error)))
		session_fail(session, RUN_ERROR_IO, "%s", error);
}

/* Keep an input that killed a process. */
static void keep_input(struct session *session, const uint8_t *bytes, uint32_t size)
{
	if (session->inputs_kept++ < INPUTS_KEPT_MAX)
		write_input(session, bytes, size);
}

/* A process has found rcfuzz to be wrong: what comes after that is not to be believed, what came before is kept. */
static void take_internal_error(struct session *session, const struct worker *worker, const uint8_t *bytes,
				uint32_t size)
{
	char path[INPUT_PATH] = "", words[400];
	const char *said = words;

	if (size) {
		write_input(session, bytes, size);
		input_path(session, bytes, size, path);
	}
	session_last_words(worker, words, sizeof(words));
	/* As all that a program says of itself begins. */
	if (!strncmp(said, "rcfuzz: ", 8))
		said += 8;
	session_fail(session, RUN_ERROR_INTERNAL,
		     "%s; that is a mistake of rcfuzz itself: please send %s to its authors", said,
		     size ? path : worker->log);
}

void session_take_death(struct session *session, struct worker *worker, int status)
{
	struct link_page *page = worker->link.page;
	uint32_t size = atomic_load(&page->input_size);
	bool runs = size && size <= CODEC_BYTES_MAX, hung = worker->killed_for_hang;
	char text[96], words[160];

	atomic_store(&page->input_size, 0);
	if (!hung && internal_status(status)) {
		take_internal_error(session, worker, page->input, runs ? size : 0);
		return;
	}
	if (session->deaths_told++ < DEATHS_TOLD_MAX)
		session_say(session, "a worker %s%s; %s says: %s", death_text(status, hung, text, sizeof(text)),
			    runs ? ", its scenario is being verified" : " outside any scenario", worker->log,
			    session_last_words(worker, words, sizeof(words)));
	if (!runs) {
		session->totals->unverified++;
		return;
	}
	skip_input(session, page->input, size);
	keep_input(session, page->input, size);
	enqueue(session, &(struct job){.kind = JOB_VERIFY}, page->input, size);
}

/* ---- the triager ----------------------------------------------------------------------- */

/* The most severe job first. */
static uint32_t next_job(const struct session *session)
{
	uint32_t best = 0;

	for (uint32_t i = 1; i < session->queued; i++) {
		const struct record *record = session->queue[i].record, *other = session->queue[best].record;

		if (!record != !other ? !record : record && record->finding.class < other->finding.class)
			best = i;
	}
	return best;
}

static void finish_job(struct session *session)
{
	free(session->current.bytes);
	session->current = (struct job){0};
	session->triager_busy = false;
}

static bool send_job(struct session *session, const struct job *job)
{
	static const uint32_t kinds[] = {
		[JOB_MINIMIZE] = LINK_MINIMIZE, [JOB_VERIFY] = LINK_VERIFY, [JOB_LOCKS] = LINK_LOCKS};
	struct link_message *m = &session->message;

	memset(m, 0, offsetof(struct link_message, scenario));
	m->kind = kinds[job->kind];
	m->size = job->size;
	if (job->record) {
		m->finding = job->record->finding;
		snprintf(m->text, sizeof(m->text), "%s", session->plan->out);
		snprintf(m->id, sizeof(m->id), "%s", job->record->id);
	}
	memcpy(m->scenario, job->bytes, job->size);
	return link_send(session->triager.link.fd, m);
}

void session_feed_triager(struct session *session)
{
	while (session->queued && !session->triager_busy && session->triager.pid) {
		uint32_t i = next_job(session);

		session->current = session->queue[i];
		session->queue[i] = session->queue[--session->queued];
		session->triager_busy = true;
		/* A process that dies of it cannot be asked for something smaller. */
		if ((session->current.record && death_is(&session->current.record->finding)) ||
		    !send_job(session, &session->current)) {
			give_up(session, session->current.kind);
			finish_job(session);
		}
	}
}

static void take_minimized(struct session *session, const struct link_message *m)
{
	struct record *record = session->current.record;
	struct scenario *small = malloc(sizeof(*small));

	if (!small || !m->reproduced || strcmp(m->finding.signature, record->finding.signature)) {
		session->totals->unminimized++;
		session_say(session, "%s does not show again when run alone; its scenario is kept as it was",
			    record->id);
	} else {
		scenario_decode(small, m->scenario, m->size);
		record->count = count_signature(session, record->finding.signature);
		if (!store_minimized(session->store, record, &m->finding, small))
			session_fail(session, RUN_ERROR_IO, "%s", store_error(session->store));
	}
	free(small);
}

static void take_verified(struct session *session, const struct link_message *m)
{
	if (m->reproduced) {
		take_finding(session, &m->finding, session->current.bytes, session->current.size);
		return;
	}
	session->totals->unverified++;
	session_say(session, "the death did not come again; the input is kept in %s/crashes", session->plan->out);
}

void session_take_answer(struct session *session)
{
	while (link_receive(session->triager.link.fd, &session->message) == 1) {
		const struct link_message *m = &session->message;

		if (m->kind == LINK_FAILED) {
			session->triager_useless = true;
			session_say(session, "cannot minimise: %s", m->text);
		} else if (m->kind == LINK_DONE && session->triager_busy) {
			if (session->current.kind == JOB_MINIMIZE)
				take_minimized(session, m);
			else if (session->current.kind == JOB_VERIFY)
				take_verified(session, m);
			else if (m->reproduced)
				take_finding(session, &m->finding, m->scenario, m->size);
			finish_job(session);
		}
	}
}

void session_triager_died(struct session *session, int status)
{
	struct job *job = &session->current;

	session_take_answer(session);
	if (!session->triager.killed_for_hang && internal_status(status)) {
		take_internal_error(session, &session->triager, job->bytes, session->triager_busy ? job->size : 0);
		session->triager_useless = true;
		give_up(session, job->kind);
		finish_job(session);
		return;
	}
	if (!session->triager_busy) {
		session->triager_useless |= session->triager.starts > 20;
		return;
	}
	if (job->kind == JOB_MINIMIZE) {
		session->totals->unminimized++;
		session_say(session, "%s could not be minimised: the process died", job->record->id);
	} else if (job->kind == JOB_VERIFY) {
		/* It died of it too: so it is the scenario, every time. */
		const struct finding finding = death_finding(status, session->triager.killed_for_hang);

		take_finding(session, &finding, job->bytes, job->size);
	} else {
		forget_locks(session, job);
	}
	finish_job(session);
}

void session_drop_queue(struct session *session)
{
	while (session->queued) {
		struct job *job = &session->queue[--session->queued];

		give_up(session, job->kind);
		free(job->bytes);
	}
}

/* ---- AFL++ ---------------------------------------------------------------------------------- */

static void take_afl_file(struct session *session, const char *path)
{
	char error[256], *data;
	size_t size;

	if (file_read(path, CODEC_BYTES_MAX, &data, &size, error, sizeof(error)))
		return;
	session->totals->deaths++;
	keep_input(session, (const uint8_t *)data, (uint32_t)size);
	enqueue(session, &(struct job){.kind = JOB_VERIFY}, (const uint8_t *)data, (uint32_t)size);
	free(data);
}

static int is_afl_input(const struct dirent *entry)
{
	return !strncmp(entry->d_name, "id:", 3);
}

void session_collect_afl(struct session *session)
{
	struct dirent **entries;
	char folder[2048], path[4096];
	int count;

	snprintf(folder, sizeof(folder), "%s/afl/default/crashes", session->plan->out);
	count = scandir(folder, &entries, is_afl_input, alphasort);
	for (int i = 0; i < count; i++) {
		/* They are numbered: those before were taken already. */
		if ((uint32_t)i >= session->afl_taken) {
			snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
			take_afl_file(session, path);
			session->afl_taken = (uint32_t)i + 1;
		}
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

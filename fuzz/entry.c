// SPDX-License-Identifier: GPL-2.0-only
/* entry.c: one input through the runner, for every engine. */
#include "fuzz/entry.h"

#include "fuzz/engine.h"
#include "scenario/codec.h"
#include "scenario/text.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define relaxed memory_order_relaxed

static void add(_Atomic uint64_t *counter, uint64_t n)
{
	/* One writer: no need for a locked addition. */
	atomic_store_explicit(counter, atomic_load_explicit(counter, relaxed) + n, relaxed);
}

bool entry_done(const struct entry *entry)
{
	const struct link_page *page = entry->link ? entry->link->page : NULL;

	return page && (atomic_load_explicit(&page->stop, relaxed) ||
			(entry->execs_max && atomic_load_explicit(&page->execs, relaxed) >= entry->execs_max));
}

/* Count a signature; true if this worker meets it for the first time. */
static bool first_of_signature(struct link_page *page, const char *signature)
{
	uint64_t hash = link_hash(signature, strlen(signature));
	uint32_t count = atomic_load_explicit(&page->seen_count, relaxed);

	for (uint32_t i = 0; i < count; i++) {
		if (atomic_load_explicit(&page->seen[i].hash, relaxed) == hash) {
			add(&page->seen[i].count, 1);
			return false;
		}
	}
	if (count < LINK_SEEN) {
		atomic_store_explicit(&page->seen[count].hash, hash, relaxed);
		atomic_store_explicit(&page->seen[count].count, 1, relaxed);
		atomic_store_explicit(&page->seen_count, count + 1, memory_order_release);
		return true;
	}
	/* More signatures than any sane run has: said in the summary. */
	add(&page->dropped, 1);
	return false;
}

static void send_findings(struct entry *entry)
{
	const struct run_outcome *outcome = &entry->outcome;
	struct link_message *message = &entry->message;

	for (uint32_t i = 0; i < outcome->finding_count; i++) {
		if (!first_of_signature(entry->link->page, outcome->findings[i].signature))
			continue;
		message->kind = LINK_FINDING;
		message->execs = atomic_load_explicit(&entry->link->page->execs, relaxed);
		message->finding = outcome->findings[i];
		message->size =
			(uint32_t)scenario_encode(&entry->scenario, message->scenario, sizeof(message->scenario));
		link_send(entry->link->fd, message);
	}
}

/* Keep the union of the states that were met. */
static void add_states(struct link_page *page, const uint8_t *counters)
{
	uint64_t *seen = (uint64_t *)(void *)page->states;
	const uint64_t *now = (const uint64_t *)(const void *)counters;

	for (size_t i = 0; i < RUN_STATES / sizeof(uint64_t); i++)
		seen[i] |= now[i];
}

void entry_limit(struct entry *entry)
{
	struct scenario *s = &entry->scenario;

	s->config.page = runner_page_shift(entry->runner) == 12 ? PAGE_4K : PAGE_64K;
	s->config.level = entry->limits.level;
	if (!entry->limits.preempt)
		s->point_count = 0;
	if (entry->limits.well_behaved)
		s->config.l1 = L1_WELL_BEHAVED;
	if (entry->limits.ops_max && s->op_count > entry->limits.ops_max)
		s->op_count = entry->limits.ops_max;
	scenario_canonicalize(s);
}

/* An engine that does not look at single runs spares the adding up. */
static void set_counters(struct entry *entry)
{
	if (entry->counters)
		runner_state_counters(entry->runner, entry->counters);
	else if (entry->link)
		runner_state_counters(entry->runner, entry->link->page->states);
}

static void take_outcome(struct entry *entry)
{
	struct link_page *page = entry->link ? entry->link->page : NULL;
	const struct run_outcome *outcome = &entry->outcome;

	if (!page)
		return;
	add(&page->execs, 1);
	add(&page->ops, outcome->ops_run);
	add(&page->accesses, outcome->accesses);
	add(&page->faults, outcome->faults);
	add(&page->spurious, outcome->spurious_dirty);
	add(&page->named, outcome->named);
	add(&page->too_slow, outcome->too_slow);
	if (entry->counters)
		add_states(page, entry->counters);
	if (outcome->finding_count)
		send_findings(entry);
}

/*
 * An order of locks that is new, and with that of earlier scenarios makes a circle, is a finding of its own. Other
 * workers have met other scenarios: the triager sees those of all.
 */
static void note_locks(struct entry *entry)
{
	struct link_message *message = &entry->message;

	if (!entry->locks)
		return;
	if (!entry->link) {
		lock_graph_learn(entry->locks, entry->runner, &entry->scenario, &entry->outcome);
		return;
	}
	if (!lock_graph_note(entry->locks, entry->runner))
		return;
	message->kind = LINK_LOCKS;
	message->size = (uint32_t)scenario_encode(&entry->scenario, message->scenario, sizeof(message->scenario));
	link_send(entry->link->fd, message);
}

void entry_run_scenario(struct entry *entry)
{
	set_counters(entry);
	run_scenario(entry->runner, &entry->scenario, NULL, &entry->outcome);
	take_outcome(entry);
	note_locks(entry);
}

static void tell_scenario(const struct entry *entry)
{
	size_t n = scenario_text_write_bare(&entry->scenario, NULL, 0) + 1;
	char *text = malloc(n);

	if (!text)
		return;
	scenario_text_write_bare(&entry->scenario, text, n);
	fputs(text, stderr);
	fflush(stderr); /* the end of the process does not */
	free(text);
}

/* Of what a run shows, in the order in which it does. */
static uint64_t hash_findings(const struct run_outcome *outcome)
{
	uint64_t hash = outcome->finding_count;

	for (uint32_t i = 0; i < outcome->finding_count; i++) {
		const char *signature = outcome->findings[i].signature;

		hash = hash * 0x9e3779b97f4a7c15u ^ link_hash(signature, strlen(signature));
	}
	return hash;
}

/* A schedule is data: what a chooser did and found follows from what it has left behind. */
static void verify(struct entry *entry)
{
	uint64_t hash = entry->outcome.trace_hash, findings = hash_findings(&entry->outcome);
	bool same;

	run_scenario(entry->runner, &entry->scenario, NULL, &entry->outcome);
	same = entry->outcome.trace_hash == hash;
	if ((same && hash_findings(&entry->outcome) == findings) || !entry->link)
		return;
	tell_scenario(entry);
	entry->message.kind = LINK_FAILED;
	entry->message.size = 0;
	snprintf(entry->message.text, sizeof(entry->message.text),
		 "a schedule gave %s when it was replayed: that is a bug of rcfuzz; the scenario is in log/",
		 same ? "other findings" : "another trace");
	link_send(entry->link->fd, &entry->message);
	_exit(WORKER_FAILED);
}

/* Has this input killed a worker before? */
static bool is_skipped(struct link_page *page, const uint8_t *bytes, size_t n)
{
	uint32_t count = atomic_load_explicit(&page->skip_count, memory_order_acquire);

	if (!count)
		return false;
	uint64_t hash = link_hash(bytes, n);

	for (uint32_t i = 0; i < count && i < LINK_SKIP; i++) {
		if (atomic_load_explicit(&page->skip[i], relaxed) == hash)
			return true;
	}
	return false;
}

void entry_note_input(struct entry *entry)
{
	struct link_page *page = entry->link ? entry->link->page : NULL;

	if (page)
		atomic_store_explicit(&page->input_size,
				      (uint32_t)scenario_encode(&entry->scenario, page->input, sizeof(page->input)),
				      memory_order_release);
}

static bool begin_noted(struct entry *entry)
{
	struct link_page *page = entry->link ? entry->link->page : NULL;

	entry_note_input(entry);
	if (!page || !is_skipped(page, page->input, atomic_load_explicit(&page->input_size, relaxed)))
		return true;
	atomic_store_explicit(&page->input_size, 0, memory_order_release);
	return false;
}

static void end_noted(struct entry *entry)
{
	if (entry->link)
		atomic_store_explicit(&entry->link->page->input_size, 0, memory_order_release);
}

bool entry_run_noted(struct entry *entry)
{
	if (!begin_noted(entry))
		return false;
	entry_run_scenario(entry);
	end_noted(entry);
	return true;
}

bool entry_run_schedule(struct entry *entry, const struct run_schedule *schedule)
{
	if (!begin_noted(entry))
		return false;
	set_counters(entry);
	run_scheduled(entry->runner, &entry->scenario, schedule, &entry->outcome);
	take_outcome(entry);
	if (entry->limits.verify)
		verify(entry);
	note_locks(entry);
	end_noted(entry);
	return true;
}

void entry_run(struct entry *entry, const uint8_t *bytes, size_t n)
{
	struct link_page *page = entry->link ? entry->link->page : NULL;

	if (n > CODEC_BYTES_MAX)
		n = CODEC_BYTES_MAX;
	if (page) {
		if (is_skipped(page, bytes, n))
			return;
		if (n)
			memcpy(page->input, bytes, n);
		atomic_store_explicit(&page->input_size, (uint32_t)n, memory_order_release);
	}
	scenario_decode(&entry->scenario, bytes, n);
	entry_limit(entry);
	entry_run_scenario(entry);
	end_noted(entry);
}

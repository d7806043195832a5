// SPDX-License-Identifier: GPL-2.0-only
/* status.c: progress on stderr: one live line on a terminal, else a line now and then. */
#include "fuzz/session.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define LIVE_SECONDS 1.0
#define PLAIN_SECONDS 10.0

static uint32_t count_files(const char *folder)
{
	DIR *dir = opendir(folder);
	uint32_t count = 0;

	for (struct dirent *entry; dir && (entry = readdir(dir));)
		count += entry->d_name[0] != '.';
	if (dir)
		closedir(dir);
	return count;
}

static uint32_t count_states(const struct session *session)
{
	uint32_t count = 0;

	for (size_t i = 0; i < RUN_STATES; i++) {
		uint8_t met = 0;

		for (unsigned w = 0; w < session->plan->jobs; w++)
			met |= session->workers[w].link.page ? session->workers[w].link.page->states[i] : 0;
		count += met != 0;
	}
	return count;
}

void session_add_totals(struct session *session)
{
	struct run_totals *t = session->totals;

	t->execs = t->ops = t->accesses = t->faults = t->spurious = t->named = t->too_slow = 0;
	t->dropped = store_dropped(session->store);
	for (unsigned i = 0; i < session->plan->jobs; i++) {
		const struct link_page *page = session->workers[i].link.page;

		if (!page)
			continue;
		t->execs += atomic_load(&page->execs);
		t->ops += atomic_load(&page->ops);
		t->accesses += atomic_load(&page->accesses);
		t->faults += atomic_load(&page->faults);
		t->spurious += atomic_load(&page->spurious);
		t->named += atomic_load(&page->named);
		t->too_slow += atomic_load(&page->too_slow);
		t->dropped += atomic_load(&page->dropped);
		if (atomic_load(&page->coverage) > t->coverage)
			t->coverage = atomic_load(&page->coverage);
	}
}

/* What only a status line needs: not for every finding. */
static void add_slow_totals(struct session *session)
{
	char folder[4096];

	session->totals->states = count_states(session);
	snprintf(folder, sizeof(folder), "%s/%s", session->plan->out,
		 session->plan->engine == ENGINE_AFL ? "afl/default/queue" : "corpus");
	session->totals->corpus = session->plan->engine == ENGINE_RANDOM ? 0 : count_files(folder);
}

static void short_number(char *text, size_t size, double n)
{
	static const char *const units[] = {"", "k", "M", "G", "T"};
	unsigned unit = 0;

	while (n >= 9999.5 && unit < 4) {
		n /= 1000;
		unit++;
	}
	snprintf(text, size, unit && n < 100 ? "%.1f%s" : "%.0f%s", n, units[unit]);
}

/* "3 (1 known): 2 lost-dirty-l1, 1 warn": distinct findings by class. */
static void findings_text(struct session *session, char *text, size_t size)
{
	unsigned by_class[CLASS_COUNT] = {0}, known = 0;
	size_t length = 0;

	for (size_t i = 0; i < store_count(session->store); i++) {
		const struct record *record = store_at(session->store, i);

		by_class[record->finding.class]++;
		known += record->known[0] != 0;
	}
	length = (size_t)snprintf(text, size, "%zu", store_count(session->store));
	if (known)
		length += (size_t)snprintf(text + length, size - length, " (%u known)", known);
	for (int i = 0, told = 0; i < CLASS_COUNT; i++) {
		if (by_class[i] && length < size)
			length += (size_t)snprintf(text + length, size - length, "%s%u %s", told++ ? ", " : ": ",
						   by_class[i], class_info[i].name);
	}
}

static void status_text(struct session *session, char *line, size_t size)
{
	const struct run_totals *t = session->totals;
	char execs[16], rate[16], ops[16], findings[400], coverage[32] = "", corpus[32] = "";

	short_number(execs, sizeof(execs), (double)t->execs);
	short_number(rate, sizeof(rate), session->rate_execs);
	short_number(ops, sizeof(ops), session->rate_ops);
	findings_text(session, findings, sizeof(findings));
	if (t->coverage)
		snprintf(coverage, sizeof(coverage), "  edges %u", t->coverage);
	if (t->corpus)
		snprintf(corpus, sizeof(corpus), "  corpus %u", t->corpus);
	/* What a narrow terminal cuts off says the least. */
	snprintf(line, size, "%.0fs  execs %s (%s/s)  ops %s/s%s  found %s  states %u%s", session_seconds(session),
		 execs, rate, ops, coverage, findings, t->states, corpus);
}

static int terminal_columns(void)
{
	struct winsize size;

	return !ioctl(STDERR_FILENO, TIOCGWINSZ, &size) && size.ws_col > 20 ? size.ws_col : 80;
}

static void clear_line(struct session *session)
{
	if (session->status_shown)
		fprintf(stderr, "\r\033[K");
	session->status_shown = false;
}

void session_status(struct session *session, bool now)
{
	double seconds = session_seconds(session), passed = seconds - session->last_status;
	char line[1024];

	if (!now && passed < (session->plan->live ? LIVE_SECONDS : PLAIN_SECONDS))
		return;
	session_add_totals(session);
	add_slow_totals(session);
	if (passed > 0) {
		session->rate_execs = (double)(session->totals->execs - session->last_execs) / passed;
		session->rate_ops = (double)(session->totals->ops - session->last_ops) / passed;
	}
	session->last_status = seconds;
	session->last_execs = session->totals->execs;
	session->last_ops = session->totals->ops;
	clear_line(session);
	if (now)
		return; /* the end: the summary says it all */
	status_text(session, line, sizeof(line));
	if (session->plan->live) {
		fprintf(stderr, "%.*s", terminal_columns() - 1, line);
		session->status_shown = true;
	} else {
		fprintf(stderr, "rcfuzz: %s\n", line);
	}
	fflush(stderr);
}

void session_say(struct session *session, const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	for (char *c = text; *c; c++) {
		if ((unsigned char)*c < 0x20)
			*c = ' ';
	}
	clear_line(session);
	fprintf(stderr, "rcfuzz: %s%s%s\n", session->plan->colour ? "\033[1m" : "", text,
		session->plan->colour ? "\033[0m" : "");
	fflush(stderr);
}

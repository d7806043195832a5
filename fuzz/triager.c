// SPDX-License-Identifier: GPL-2.0-only
/*
 * triager.c: the process that minimises findings and verifies deaths while the
 * workers go on. It runs the code under test, so it may die like a worker; then
 * the supervisor knows which job did it.
 */
#include "fuzz/engine.h"

#include "base/file.h"
#include "report/timeline.h"
#include "scenario/codec.h"
#include "triage/minimize.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct triager {
	struct runner *runner;
	struct link *link;
	const struct known *known;
	struct lock_graph *locks; /* of all workers */
	struct scenario scenario;
	struct link_message job;
	struct timeline timeline;
};

/* The report of the minimised scenario; what cannot be written is seen by the supervisor's own writes. */
static void write_report(struct triager *t)
{
	char *text = NULL, error[256], scenario[LINK_TEXT + 128], path[LINK_TEXT + 128];
	size_t n;
	FILE *out = open_memstream(&text, &n);

	if (!out)
		return;
	snprintf(path, sizeof(path), "%s/reports/%s.txt", t->job.text, t->job.id);
	snprintf(scenario, sizeof(scenario), "%s/findings/%s.txt", t->job.text, t->job.id);
	timeline_make(&t->timeline, t->runner, &t->scenario, t->job.finding.signature);
	t->timeline.finding.embargoed = t->job.finding.embargoed;
	known_mark_embargoed(t->known, t->timeline.outcome.findings, t->timeline.outcome.finding_count);
	report_text(out, &t->timeline, runner_target_info(t->runner), scenario);
	if (!fclose(out))
		file_write_atomic(path, text, n, error, sizeof(error));
	free(text);
}

static void minimize(struct triager *t)
{
	const struct minimize_budget budget = {.stop = &t->link->page->stop, .execs = &t->link->page->execs};
	struct minimize_result result;
	bool embargoed = t->job.finding.embargoed;

	minimize_scenario(t->runner, &t->scenario, t->job.finding.signature, &budget, &result);
	t->job.reproduced = result.reproduced;
	t->job.execs = result.execs;
	if (!result.reproduced)
		return;
	t->job.finding = result.finding;
	t->job.finding.embargoed = embargoed;
	write_report(t);
}

static void verify(struct triager *t)
{
	struct run_outcome *outcome = &t->timeline.outcome;
	const struct finding *worst;

	run_scenario(t->runner, &t->scenario, NULL, outcome);
	worst = timeline_worst(outcome);
	t->job.reproduced = worst != NULL;
	if (worst)
		t->job.finding = *worst;
}

/* With what other scenarios do, this one may make a circle; t->scenario becomes one that shows it. */
static void learn_locks(struct triager *t)
{
	struct run_outcome *outcome = &t->timeline.outcome;
	const struct finding *found = NULL;

	run_scenario(t->runner, &t->scenario, NULL, outcome);
	if (lock_graph_learn(t->locks, t->runner, &t->scenario, outcome) != CIRCLE_NONE)
		found = lock_graph_finding(outcome);
	t->job.reproduced = found != NULL;
	if (found)
		t->job.finding = *found;
}

_Noreturn void triager_main(struct link *link, const char *module, const struct known *known, const char *log)
{
	struct triager *t = calloc(1, sizeof(*t));
	char error[LINK_TEXT];

	worker_prepare(log);
	if (!t)
		worker_fail(link, "out of memory");
	t->link = link;
	t->known = known;
	t->runner = runner_create(module, error, sizeof(error));
	if (!t->runner)
		worker_fail(link, "%s", error);
	t->locks = lock_graph_create();
	if (!t->locks)
		worker_fail(link, "out of memory");
	while (link_receive(link->fd, &t->job) == 1) {
		scenario_decode(&t->scenario, t->job.scenario, t->job.size);
		if (t->job.kind == LINK_MINIMIZE)
			minimize(t);
		else if (t->job.kind == LINK_LOCKS)
			learn_locks(t);
		else
			verify(t);
		t->job.kind = LINK_DONE;
		t->job.size = (uint32_t)scenario_encode(&t->scenario, t->job.scenario, sizeof(t->job.scenario));
		if (!link_send(link->fd, &t->job))
			break;
	}
	_exit(WORKER_DONE);
}

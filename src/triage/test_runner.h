/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * test_runner.h: a runner without a kernel, for unit tests of what stands above
 * run/. It takes the place of run/'s functions at link time.
 *
 * Its rules: the second store of a guest to one page, with a harvest between
 * them, is lost (lost-dirty-l1); an hcall with nonsense and count > 3 warns; the
 * ops named in test_runner_* kill or stop the process.
 */
#ifndef RCFUZZ_TEST_RUNNER_H
#define RCFUZZ_TEST_RUNNER_H

#include "base/internal.h"
#include "run/lock_graph.h"
#include "run/run.h"
#include "scenario/layout.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEST_RUNNER_INFO                                                                                               \
	"{\"tree\":\"/usr/src/linux-source-6.12\",\"version\":\"6.12.73\",\"page_size\":65536,"                        \
	"\"compiler\":\"clang 14.0.6\",\"hash\":\"0123456789abcdef\",\"patches\":[\"fix.patch\"],\"files\":[]}"

#define TEST_LAYER_WORD(id, word) [id] = word,
const char *const layer_name[LAYER_COUNT] = {FINDING_LAYERS(TEST_LAYER_WORD)};

struct runner {
	uint8_t *counters;
};

/* This op kind ends the process, if a vCPU of this number does it; OP_COUNT: none. */
static unsigned test_runner_dies_at = OP_COUNT;
/* Here rcfuzz itself is wrong. */
static unsigned test_runner_fails_at = OP_COUNT;
/* The process ends if no op has this kind; OP_COUNT: none. */
static unsigned test_runner_dies_without = OP_COUNT;
/* This op never comes back. */
static unsigned test_runner_stops_at = OP_COUNT;
/* Who does not look at counters (the triager) never comes back. */
static bool test_runner_triager_stops;
/* Nonsense warns only for odd counts. */
static bool test_runner_odd_only;
/* A store of L1 to page 1 is lost too (lost-dirty-host): it shows at the next harvest of slot 0, or at the end. */
static bool test_runner_loses_l1_store;
/* It takes two: a harvest inside a store of L2, each at the third yield point of its name or later (warn). */
static bool test_runner_races;
static unsigned test_runner_runs;
/* What a chooser did is not what the scenario says afterwards. */
static bool test_runner_schedules_lie;
/* A chooser's run shows what the scenario does not afterwards. */
static bool test_runner_schedules_show_more;
static unsigned test_runner_schedules;

struct runner *runner_create(const char *module_path, char *error, size_t error_size)
{
	if (strstr(module_path, "missing")) {
		snprintf(error, error_size, "%s: no such module", module_path);
		return NULL;
	}
	return calloc(1, sizeof(struct runner));
}

void runner_destroy(struct runner *r)
{
	free(r);
}

const char *runner_target_info(const struct runner *r)
{
	(void)r;
	return TEST_RUNNER_INFO;
}

uint32_t runner_page_shift(const struct runner *r)
{
	(void)r;
	return 16;
}

void runner_state_counters(struct runner *r, uint8_t *counters)
{
	r->counters = counters;
}

void runner_forked(void)
{
}

void runner_time_limit(struct runner *r, unsigned budget_ms)
{
	(void)r;
	(void)budget_ms;
}

static void test_runner_add(struct run_outcome *outcome, enum finding_class class, uint32_t index,
			    const struct scenario_op *op, const char *rest)
{
	struct finding *f = &outcome->findings[outcome->finding_count];

	if (outcome->finding_count == RUN_FINDINGS_MAX)
		return;
	outcome->finding_count++;
	memset(f, 0, sizeof(*f));
	f->class = class;
	f->layer = class == CLASS_WARN ? LAYER_NONE : LAYER_SHADOW_PTE;
	f->needs_wild_l1 = class == CLASS_WARN;
	f->guest = op->guest;
	f->n = op->n;
	f->lpage = LAYOUT_NONE;
	f->op_cause = f->op_effect = (uint16_t)index;
	f->writer_count = 1;
	snprintf(f->writers[0].what, sizeof(f->writers[0].what), "cleared C in l0-pte");
	snprintf(f->writers[0].function, sizeof(f->writers[0].function), "kvm_radix_clear_dirty");
	snprintf(f->writers[0].file, sizeof(f->writers[0].file), "arch/powerpc/kvm/book3s_64_mmu_radix.c");
	f->writers[0].line = 1123;
	snprintf(f->title, sizeof(f->title), "page %u of guest %u is wrong", op->n, op->guest);
	snprintf(f->signature, sizeof(f->signature), "%s:%s:%s", class_info[class].name, layer_name[f->layer], rest);
	snprintf(f->coarse, sizeof(f->coarse), "%s:%s:clear", class_info[class].name, layer_name[f->layer]);
}

/* A harvest, or the end of the scenario. */
static void test_runner_harvest(const struct scenario *s, uint32_t end, struct run_outcome *outcome)
{
	if (!test_runner_loses_l1_store || (end < s->op_count && s->ops[end].slot))
		return;
	for (uint32_t i = end; i-- > 0 && !(s->ops[i].kind == OP_HOST_HARVEST && !s->ops[i].slot);) {
		if (s->ops[i].kind != OP_L1_STORE || s->ops[i].g != 1)
			continue;
		test_runner_add(outcome, CLASS_LOST_DIRTY_HOST, i, &s->ops[i], "l1-store");
		outcome->findings[outcome->finding_count - 1].op_effect = (uint16_t)end;
		outcome->findings[outcome->finding_count - 1].lpage = 1;
		return;
	}
}

static void test_runner_race(const struct scenario *s, struct run_outcome *outcome)
{
	unsigned races = 0;

	for (uint32_t i = 0; i < s->point_count; i++) {
		const struct scenario_point *point = &s->points[i];

		races += point->child && point->nth >= 3 &&
			 s->ops[scenario_op_index(s, point->victim)].kind == OP_L2_STORE &&
			 s->ops[scenario_op_index(s, point->child)].kind == OP_HOST_HARVEST;
	}
	if (test_runner_races && races >= 2)
		test_runner_add(outcome, CLASS_WARN, 0, &s->ops[0], "race");
}

static void test_runner_op(const struct scenario *s, uint32_t i, uint32_t *stored, uint32_t *harvested,
			   struct run_outcome *outcome)
{
	const struct scenario_op *op = &s->ops[i];

	if (op->kind == test_runner_dies_at)
		raise(SIGKILL);
	if (op->kind == test_runner_fails_at)
		internal_error("a test");
	while (op->kind == test_runner_stops_at)
		pause();
	if (op->kind == OP_HOST_HARVEST) {
		*harvested = *stored;
		test_runner_harvest(s, i, outcome);
	}
	if (op->kind == OP_L2_STORE) {
		if (*harvested == op->n + 1u)
			test_runner_add(outcome, CLASS_LOST_DIRTY_L1, i, op, "kvm_radix_clear_dirty");
		*stored = op->n + 1u;
	}
	if (op->kind == OP_L1_NONSENSE && op->count > 3 && (!test_runner_odd_only || op->count % 2))
		test_runner_add(outcome, CLASS_WARN, i, op, "warn");
}

static bool test_runner_has(const struct scenario *s, unsigned kind)
{
	for (uint32_t i = 0; i < s->op_count; i++) {
		if (s->ops[i].kind == kind)
			return true;
	}
	return false;
}

void run_scenario(struct runner *r, const struct scenario *s, const struct run_observer *observer,
		  struct run_outcome *outcome)
{
	const struct run_bits none = {0};
	uint32_t stored = 0, harvested = 0;

	memset(outcome, 0, sizeof(*outcome));
	test_runner_runs++;
	while (test_runner_triager_stops && !r->counters)
		pause();
	if (test_runner_dies_without != OP_COUNT && !test_runner_has(s, test_runner_dies_without))
		raise(SIGKILL);
	for (uint32_t i = 0; i < s->op_count; i++) {
		if (observer)
			observer->op(observer->ctx, i, false, &none);
		test_runner_op(s, i, &stored, &harvested, outcome);
		if (observer)
			observer->op(observer->ctx, i, true, &none);
		outcome->trace_hash = outcome->trace_hash * 31 + s->ops[i].kind;
		if (r->counters)
			r->counters[s->ops[i].kind * 2u + (harvested != 0)]++;
		outcome->ops_run++;
	}
	test_runner_harvest(s, s->op_count, outcome);
	test_runner_race(s, outcome);
}

void run_scheduled(struct runner *r, struct scenario *s, const struct run_schedule *schedule,
		   struct run_outcome *outcome)
{
	run_scenario(r, s, NULL, outcome);
	test_runner_schedules++;
	outcome->trace_hash += test_runner_schedules_lie;
	if (test_runner_schedules_show_more)
		test_runner_add(outcome, CLASS_WARN, 0, &s->ops[0], "more");
	/* The ops share memory, at their first yield points. */
	*schedule->aims = (struct scenario_aims){.shared = 1};
	for (uint32_t i = 0; i + 1 < schedule->count; i++)
		schedule->aims->aims[schedule->aims->count++] = (struct scenario_aim){
			s->ops[schedule->first + i].label, s->ops[schedule->first + i + 1].label, 1};
}

/* Locks: each process takes them in an order of its own, in its first run; what two have sent makes a circle. */
struct lock_graph {
	unsigned learnt;
	bool noted;
};

struct lock_graph *lock_graph_create(void)
{
	return calloc(1, sizeof(struct lock_graph));
}

void lock_graph_destroy(struct lock_graph *g)
{
	free(g);
}

enum lock_circle lock_graph_learn(struct lock_graph *g, struct runner *r, struct scenario *s,
				  struct run_outcome *outcome)
{
	(void)r;
	if (++g->learnt != 2)
		return CIRCLE_NONE;
	test_runner_add(outcome, CLASS_LOCK_DISCIPLINE, 0, &s->ops[0], "order");
	return CIRCLE_SPLICED;
}

const struct finding *lock_graph_finding(const struct run_outcome *outcome)
{
	return &outcome->findings[outcome->finding_count - 1];
}

bool lock_graph_note(struct lock_graph *g, const struct runner *r)
{
	bool new = !g->noted;

	(void)r;
	g->noted = true;
	return new;
}

uint32_t run_usual_points(const struct runner *r, uint8_t kind)
{
	(void)r;
	(void)kind;
	return 0;
}

#endif

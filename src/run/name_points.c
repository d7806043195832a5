/* SPDX-License-Identifier: GPL-2.0-only */
/* name_points.c: from "the 17th yield point of the op" to "the second lock of mmu_lock in that function". */
#include "run.h"
#include "scenario/layout.h"

#include <stdlib.h>
#include <string.h>

/* What one run tells of the points that have no name yet. */
struct naming {
	struct scenario *s;
	uint32_t counts[SCENARIO_POINTS_MAX]; /* of the name, in the victim, so far */
	const char *names[SCENARIO_POINTS_MAX];
	/* Names that were met in ops that have such points, by op: to count the nth. */
	struct {
		uint16_t op;
		const char *name;
		uint32_t count;
	} met[1024];
	uint32_t met_count;
};

static uint32_t count_name(struct naming *n, unsigned op, const char *name)
{
	for (uint32_t i = 0; i < n->met_count; i++)
		if (n->met[i].op == op && !strcmp(n->met[i].name, name))
			return ++n->met[i].count;
	if (n->met_count == sizeof(n->met) / sizeof(n->met[0]))
		return 0;
	n->met[n->met_count].op = (uint16_t)op;
	n->met[n->met_count].name = name;
	n->met[n->met_count].count = 1;
	return n->met[n->met_count++].count;
}

static bool has_nameless_in(const struct scenario *s, unsigned op)
{
	for (uint32_t i = 0; i < s->point_count; i++)
		if (!s->points[i].name[0] && s->points[i].victim == s->ops[op].label)
			return true;
	return false;
}

static void take_point(void *ctx, unsigned op, uint32_t number, const char *name)
{
	struct naming *n = ctx;
	uint32_t count;

	if (!has_nameless_in(n->s, op))
		return;
	count = count_name(n, op, name);
	for (uint32_t i = 0; i < n->s->point_count; i++) {
		const struct scenario_point *point = &n->s->points[i];

		if (point->name[0] || point->nth != number || point->victim != n->s->ops[op].label)
			continue;
		n->names[i] = name;
		n->counts[i] = count;
	}
}

bool run_name_points(struct runner *r, struct scenario *s)
{
	struct run_observer observer = {.point = take_point, .watch_lpage = LAYOUT_NONE};
	struct run_outcome *outcome;
	struct naming *n;
	uint64_t hash = 0;
	bool same = false;

	if (!scenario_has_numbers(s))
		return true;
	outcome = malloc(sizeof(*outcome));
	n = calloc(1, sizeof(*n));
	if (outcome && n) {
		struct scenario named = *s;

		observer.ctx = n;
		n->s = s;
		run_scenario(r, s, &observer, outcome);
		hash = outcome->trace_hash;
		for (uint32_t i = 0; i < s->point_count; i++) {
			if (!n->names[i] || !n->counts[i] || n->counts[i] > UINT16_MAX ||
			    !scenario_point_name_valid(n->names[i], strlen(n->names[i])))
				continue;
			memcpy(named.points[i].name, n->names[i], strlen(n->names[i]) + 1);
			named.points[i].nth = (uint16_t)n->counts[i];
		}
		run_scenario(r, &named, NULL, outcome);
		same = outcome->trace_hash == hash;
		if (same)
			*s = named;
	}
	free(n);
	free(outcome);
	return same;
}

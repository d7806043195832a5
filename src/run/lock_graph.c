/* SPDX-License-Identifier: GPL-2.0-only */
/* lock_graph.c: see lock_graph.h. */
#include "lock_graph.h"

#include "runner.h"
#include "scenario/codec.h"
#include "scenario/mutate.h"

#include <stdlib.h>
#include <string.h>

/* b was taken while a was held: where, and in which scenario. */
struct lock_edge {
	struct held_lock where;
	size_t size; /* of bytes; 0: there is no such edge */
	uint8_t *bytes;
};

struct lock_graph {
	uint32_t count;
	const char *name[LOCK_CLASSES];
	uint32_t after[LOCK_CLASSES]; /* bit b of [a]: there is the edge from a to b */
	struct lock_edge edges[LOCK_CLASSES][LOCK_CLASSES];
	/* A circle: classes, each taken under the one before it, and the first under the last. */
	uint32_t length, circle[LOCK_CLASSES];
	struct scenario parts[LOCK_CLASSES], trial;
	uint32_t part_count;
	uint8_t scratch[CODEC_BYTES_MAX];
};

struct lock_graph *lock_graph_create(void)
{
	return calloc(1, sizeof(struct lock_graph));
}

void lock_graph_destroy(struct lock_graph *g)
{
	for (uint32_t a = 0; g && a < g->count; a++)
		for (uint32_t b = 0; b < g->count; b++)
			free(g->edges[a][b].bytes);
	free(g);
}

/* LOCK_CLASSES: there are too many. */
static uint32_t class_of(struct lock_graph *g, const char *name)
{
	uint32_t i = 0;

	while (i < g->count && strcmp(g->name[i], name) != 0)
		i++;
	if (i == g->count && i < LOCK_CLASSES)
		g->name[g->count++] = name;
	return i;
}

/* ---- circles ------------------------------------------------------------------------ */

static const struct lock_edge *edge_of(const struct lock_graph *g, uint32_t i)
{
	return &g->edges[g->circle[i]][g->circle[(i + 1) % g->length]];
}

/* The scenarios of its edges, each once. */
static void collect_parts(struct lock_graph *g)
{
	g->part_count = 0;
	for (uint32_t i = 0; i < g->length; i++) {
		const struct lock_edge *edge = edge_of(g, i);
		uint32_t k = 0;

		scenario_decode(&g->parts[g->part_count], edge->bytes, edge->size);
		while (!scenario_equal(&g->parts[k], &g->parts[g->part_count]))
			k++;
		g->part_count += k == g->part_count;
	}
}

const struct finding *lock_graph_finding(const struct run_outcome *outcome)
{
	for (uint32_t i = 0; i < outcome->finding_count; i++)
		if (!strcmp(outcome->findings[i].coarse, "lock-discipline:none:order"))
			return &outcome->findings[i];
	return NULL;
}

/* One behind the other, each of them first, with the configuration of each of them. */
static bool splice(struct lock_graph *g, struct runner *r, struct scenario *s, struct run_outcome *outcome)
{
	for (uint32_t try = 0; try < g->part_count * g->part_count; try++) {
		bool fits = true;

		g->trial = g->parts[try % g->part_count];
		g->trial.config = g->parts[try / g->part_count].config;
		for (uint32_t i = 1; i < g->part_count && fits; i++)
			fits = scenario_append(&g->trial, &g->parts[(try + i) % g->part_count]);
		if (!fits)
			return false;
		scenario_canonicalize(&g->trial);
		run_scenario(r, &g->trial, NULL, outcome);
		if (!lock_graph_finding(outcome))
			continue;
		*s = g->trial;
		return true;
	}
	return false;
}

/* The edge from a to b is new. */
static enum lock_circle close_circle(struct lock_graph *g, struct runner *r, uint32_t a, uint32_t b, struct scenario *s,
				     struct run_outcome *outcome)
{
	struct lock_nesting circle[LOCK_CLASSES];

	g->length = lock_order_way(g->after, b, a, g->circle);
	if (!g->length)
		return CIRCLE_NONE;
	collect_parts(g);
	/* All in this scenario: lock_order.c has said so. */
	if (g->part_count == 1)
		return CIRCLE_NONE;
	if (splice(g, r, s, outcome))
		return CIRCLE_SPLICED;
	for (uint32_t i = 0; i < g->length; i++)
		circle[i] = (struct lock_nesting){g->name[g->circle[i]], g->name[g->circle[(i + 1) % g->length]],
						  &edge_of(g, i)->where};
	outcome->finding_count = 0;
	finding_inversion(r, circle, g->length, true);
	return CIRCLE_APART;
}

/* ---- learning ------------------------------------------------------------------------ */

static bool keep_edge(struct lock_graph *g, uint32_t a, uint32_t b, const struct held_lock *where,
		      const struct scenario *s)
{
	struct lock_edge *edge = &g->edges[a][b];
	size_t size = scenario_encode(s, g->scratch, sizeof(g->scratch));

	edge->bytes = malloc(size);
	if (!edge->bytes)
		return false;
	memcpy(edge->bytes, g->scratch, size);
	edge->size = size;
	edge->where = *where;
	g->after[a] |= 1u << b;
	return true;
}

enum lock_circle lock_graph_learn(struct lock_graph *g, struct runner *r, struct scenario *s,
				  struct run_outcome *outcome)
{
	const struct lock_order *seen = &r->locks;
	uint32_t to[LOCK_CLASSES];

	for (uint32_t i = 0; i < seen->count; i++)
		to[i] = class_of(g, seen->name[i]);
	for (uint32_t i = 0; i < seen->count; i++) {
		for (uint32_t after = seen->after[i]; after; after &= after - 1) {
			uint32_t k = (uint32_t)__builtin_ctz(after), a = to[i], b = to[k];
			enum lock_circle circle;

			if (a == LOCK_CLASSES || b == LOCK_CLASSES || g->after[a] >> b & 1 ||
			    !keep_edge(g, a, b, &seen->where[i][k], s))
				continue;
			/* A splice is a run too: more edges of the last one are learnt when they are met again. */
			circle = close_circle(g, r, a, b, s, outcome);
			if (circle != CIRCLE_NONE)
				return circle;
		}
	}
	return CIRCLE_NONE;
}

bool lock_graph_note(struct lock_graph *g, const struct runner *r)
{
	const struct lock_order *seen = &r->locks;
	uint32_t to[LOCK_CLASSES];
	bool new = false;

	for (uint32_t i = 0; i < seen->count; i++)
		to[i] = class_of(g, seen->name[i]);
	for (uint32_t i = 0; i < seen->count; i++) {
		for (uint32_t after = seen->after[i]; after; after &= after - 1) {
			uint32_t a = to[i], b = to[__builtin_ctz(after)];

			if (a == LOCK_CLASSES || b == LOCK_CLASSES || g->after[a] >> b & 1)
				continue;
			g->after[a] |= 1u << b;
			new = true;
		}
	}
	return new;
}

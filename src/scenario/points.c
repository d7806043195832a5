// SPDX-License-Identifier: GPL-2.0-only
/* points.c: the preemptions of a scenario, brought into their canonical form. See scenario.h. */
#include "points.h"

#include <string.h>

_Static_assert(sizeof(struct scenario_point) == 8 + SCENARIO_POINT_NAME, "a point has padding");

uint32_t scenario_op_index(const struct scenario *s, uint16_t label)
{
	uint32_t i = 0;

	while (i < s->op_count && s->ops[i].label != label)
		i++;
	return i;
}

const struct scenario_point *scenario_point_of(const struct scenario *s, uint16_t label)
{
	for (uint32_t i = 0; i < s->point_count; i++)
		if (s->points[i].child == label)
			return &s->points[i];
	return NULL;
}

bool scenario_point_name_character(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("_.:-+<>", c));
}

static bool is_kind(const char *word, size_t length)
{
#define KIND_WORD(word) word,
	static const char *const words[] = {SCENARIO_POINT_KINDS(KIND_WORD)};
#undef KIND_WORD

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i]) == length && !memcmp(words[i], word, length))
			return true;
	return false;
}

/* The functions of a name, up to the colon or to what does not belong there. */
static size_t functions_length(const char *name, size_t length)
{
	size_t i = 0;

	for (; i < length && name[i] != ':'; i++) {
		/* Between two functions, and neither is empty. */
		bool separates = name[i] == '|' && i > 0 && name[i - 1] != '|' && i + 1 < length && name[i + 1] != ':';

		if (!scenario_point_name_character(name[i]) && !separates)
			break;
	}
	return i;
}

const char *scenario_point_name_expected(const char *name, size_t length, size_t *at)
{
#define KIND_IN_LIST(word) " " word
	size_t function = functions_length(name, length), kind = 0;

	*at = 0;
	if (!memchr(name, ':', length))
		return "a yield point, function:kind:variable#1 or *#1";
	*at = function;
	if (name[function] != ':' || !function)
		return "a function";
	*at = ++function;
	while (function + kind < length && name[function + kind] != ':')
		kind++;
	if (!is_kind(name + function, kind))
		return "the kind of a yield point, one of" SCENARIO_POINT_KINDS(KIND_IN_LIST);
	*at = function + kind;
	while (*at < length && scenario_point_name_character(name[*at]))
		++*at;
	if (*at < length || function + kind + 1 >= length)
		return "a variable";
	*at = SCENARIO_POINT_NAME - 1;
	return length < SCENARIO_POINT_NAME ? NULL : "the end of the name, which is too long";
#undef KIND_IN_LIST
}

bool scenario_point_name_valid(const char *name, size_t length)
{
	size_t at;

	return !scenario_point_name_expected(name, length, &at);
}

bool scenario_has_numbers(const struct scenario *s)
{
	for (uint32_t i = 0; i < s->point_count; i++)
		if (!s->points[i].name[0])
			return true;
	return false;
}

bool scenario_point_is(const struct scenario_point *point, const char *name)
{
	size_t function = strcspn(name, ":"), length;
	const char *at = point->name;

	if (strcmp(at + strcspn(at, ":"), name + function) != 0)
		return false;
	for (;; at += length + 1) {
		length = strcspn(at, "|:");
		if (length == function && !memcmp(at, name, length))
			return true;
		if (at[length] != '|')
			return false;
	}
}

/* Is `label` the op `below`, or one that it interrupts, or one that this one interrupts ... ? */
static bool is_above(const struct scenario *s, uint16_t label, uint16_t below)
{
	for (uint32_t depth = 0; below && depth <= s->point_count; depth++) {
		const struct scenario_point *point;

		if (below == label)
			return true;
		point = scenario_point_of(s, below);
		below = point ? point->victim : 0;
	}
	return false;
}

static void name_canonicalize(struct scenario_point *point)
{
	size_t length = strnlen(point->name, SCENARIO_POINT_NAME);

	if (!scenario_point_name_valid(point->name, length))
		length = 0;
	memset(point->name + length, 0, SCENARIO_POINT_NAME - length);
	if (!point->nth)
		point->nth = 1;
	point->unused = 0;
}

/* Keep points one by one: each must make sense with those kept before it. */
static void drop_senseless(struct scenario *s)
{
	struct scenario_point point;
	uint32_t count = s->point_count < SCENARIO_POINTS_MAX ? s->point_count : SCENARIO_POINTS_MAX;

	s->point_count = 0;
	for (uint32_t i = 0; i < count; i++) {
		point = s->points[i];
		name_canonicalize(&point);
		if (scenario_op_index(s, point.victim) == s->op_count)
			continue;
		if (point.child && (scenario_op_index(s, point.child) == s->op_count ||
				    scenario_point_of(s, point.child) || is_above(s, point.child, point.victim)))
			continue;
		s->points[s->point_count++] = point;
	}
}

/* Control returns only from a child. */
static void drop_rootless_returns(struct scenario *s)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < s->point_count; i++)
		if (s->points[i].child || scenario_point_of(s, s->points[i].victim))
			s->points[kept++] = s->points[i];
	s->point_count = kept;
}

/* ---- the order: an op, then at each of its points the child with its own ---------- */

struct order {
	struct scenario *s;
	uint32_t op_count, point_count;
	uint16_t ops[SCENARIO_OPS_MAX];	     /* labels, in canonical order */
	uint8_t points[SCENARIO_POINTS_MAX]; /* indices */
};

/* Depth: a cycle is impossible by now, so at most SCENARIO_POINTS_MAX. */
static void visit(struct order *order, uint16_t label)
{
	order->ops[order->op_count++] = label;
	for (uint32_t i = 0; i < order->s->point_count; i++) {
		const struct scenario_point *point = &order->s->points[i];

		if (point->victim != label)
			continue;
		order->points[order->point_count++] = (uint8_t)i;
		if (point->child)
			visit(order, point->child);
	}
}

static void reorder(struct scenario *s)
{
	struct scenario_point points[SCENARIO_POINTS_MAX];
	struct order order;

	order.s = s;
	order.op_count = order.point_count = 0;
	for (uint32_t i = 0; i < s->op_count; i++)
		if (!scenario_point_of(s, s->ops[i].label))
			visit(&order, s->ops[i].label);
	for (uint32_t i = 0; i < s->op_count; i++) {
		uint32_t from = i;
		struct scenario_op op;

		/* What stands at i is pushed back: the order of the others stays. */
		while (s->ops[from].label != order.ops[i])
			from++;
		if (from == i)
			continue;
		op = s->ops[from];
		memmove(&s->ops[i + 1], &s->ops[i], (from - i) * sizeof(s->ops[0]));
		s->ops[i] = op;
	}
	memcpy(points, s->points, s->point_count * sizeof(points[0]));
	for (uint32_t i = 0; i < s->point_count; i++)
		s->points[i] = points[order.points[i]];
}

void scenario_points_canonicalize(struct scenario *s)
{
	drop_senseless(s);
	drop_rootless_returns(s);
	if (s->point_count)
		reorder(s);
}

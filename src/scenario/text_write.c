// SPDX-License-Identifier: GPL-2.0-only
/* text_write.c: a scenario as text. See text.h for the form. */
#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Fields that say what an op is about: written even when they are default. */
#define F(name) (1u << FIELD_##name)
#define FIELDS_ALWAYS (F(guest) | F(slot) | F(cpu) | F(n) | F(g))

struct out {
	char *buf;
	size_t cap, length; /* length: of the whole text, fitting or not */
};

static void print(struct out *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void print(struct out *out, const char *format, ...)
{
	size_t room = out->length < out->cap ? out->cap - out->length : 0;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(room ? out->buf + out->length : NULL, room, format, args);
	va_end(args);
	if (n > 0)
		out->length += (size_t)n;
}

void scenario_label_text(uint16_t label, char text[SCENARIO_LABEL_MAX])
{
	char reversed[SCENARIO_LABEL_MAX];
	unsigned n = 0, rest = label;

	for (; rest; rest = (rest - 1) / 26)
		reversed[n++] = (char)('a' + (rest - 1) % 26);
	while (n)
		*text++ = reversed[--n];
	*text = 0;
}

static void print_field(struct out *out, const void *record, const struct field_info *info)
{
	unsigned value = scenario_field_get(record, info);

	if (info->words && value <= info->max)
		print(out, " %s=%s", info->name, info->words[value]);
	else
		print(out, " %s=%u", info->name, value);
}

static void print_op(struct out *out, const struct scenario_op *op)
{
	const struct op_info *info = &op_info[op->kind % OP_COUNT];
	char label[SCENARIO_LABEL_MAX];
	uint32_t written = 0;

	for (unsigned i = 0; i < FIELD_COUNT; i++) {
		bool is_default = scenario_field_get(op, &field_info[i]) == field_info[i].def;

		if ((info->fields & 1u << i) && (!is_default || (FIELDS_ALWAYS & 1u << i)))
			written |= 1u << i;
	}
	scenario_label_text(op->label, label);
	print(out, "%s %-5s %-*s", label, info->actor, written ? 9 : 0, info->name);
	/* Whom and what, then how, then on which vCPU. */
	for (unsigned i = FIELD_vcpu + 1; i < FIELD_COUNT; i++) {
		if (written & 1u << i)
			print_field(out, op, &field_info[i]);
	}
	if (written & F(vcpu))
		print_field(out, op, &field_info[FIELD_vcpu]);
}

static void print_point(struct out *out, const struct scenario_point *point)
{
	print(out, "%s#%u", *point->name ? point->name : "*", point->nth);
}

size_t scenario_point_text(const struct scenario_point *point, char *buf, size_t cap)
{
	struct out out = {buf, cap, 0};

	print_point(&out, point);
	return out.length;
}

/* An op, and what preempts it. Depth: points form no cycles. */
static void print_tree(struct out *out, const struct scenario *s, const struct scenario_op *op, unsigned depth)
{
	print(out, "%*s", (int)depth * 4, "");
	print_op(out, op);
	print(out, "\n");
	for (uint32_t i = 0; i < s->point_count; i++) {
		const struct scenario_point *point = &s->points[i];

		if (point->victim != op->label)
			continue;
		print(out, "%*sat ", (int)depth * 4 + 4, "");
		print_point(out, point);
		print(out, "\n");
		if (point->child)
			print_tree(out, s, &s->ops[scenario_op_index(s, point->child)], depth + 1);
		else
			print(out, "%*sreturn\n", (int)depth * 4 + 4, "");
	}
}

static void print_scenario(struct out *out, const struct scenario *s)
{
	print(out, "config");
	for (unsigned i = 0; i < CONFIG_COUNT; i++) {
		const struct field_info *info = &config_info[i];

		if (i == CONFIG_page || scenario_field_get(&s->config, info) != info->def)
			print_field(out, &s->config, info);
	}
	print(out, "\n");
	for (uint32_t i = 0; i < s->op_count; i++)
		if (!scenario_point_of(s, s->ops[i].label))
			print_tree(out, s, &s->ops[i], 0);
}

static void print_story(struct out *out, const char *story)
{
	while (*story) {
		size_t n = strcspn(story, "\n");

		print(out, n ? "# %.*s\n" : "#%.*s\n", (int)n, story);
		story += n + (story[n] == '\n');
	}
}

/* True if the entry has no scenario. */
static bool print_expectations(struct out *out, const struct scenario_file *file)
{
	bool embargoed = false;

	for (uint32_t i = 0; i < file->expectation_count; i++) {
		const struct scenario_expectation *e = &file->expectations[i];

		if (e->kind == EXPECT_EMBARGOED || e->kind == EXPECT_SIGNATURE) {
			print(out, "%s %s\n", e->kind == EXPECT_EMBARGOED ? "embargoed" : "signature", e->signature);
			embargoed |= e->kind == EXPECT_EMBARGOED;
			continue;
		}
		print(out, "expect %s", e->pattern);
		if (e->page_given)
			print(out, " page=%s", config_info[CONFIG_page].words[e->page]);
		if (*e->has)
			print(out, " has=%s", e->has);
		if (e->kind == EXPECT_PASS)
			print(out, " pass\n");
		else
			print(out, " finding %s\n", e->signature);
	}
	return embargoed;
}

size_t scenario_text_write(const struct scenario_file *file, char *buf, size_t cap)
{
	struct out out = {buf, cap, 0};

	print(&out, "rcfuzz-scenario 1\n");
	print_story(&out, file->story);
	if (!print_expectations(&out, file)) {
		if (*file->module)
			print(&out, "module %s\n", file->module);
		print_scenario(&out, &file->scenario);
	}
	return out.length;
}

size_t scenario_text_write_bare(const struct scenario *s, char *buf, size_t cap)
{
	struct out out = {buf, cap, 0};

	print(&out, "rcfuzz-scenario 1\n");
	print_scenario(&out, s);
	return out.length;
}

size_t scenario_op_text(const struct scenario_op *op, char *buf, size_t cap)
{
	struct out out = {buf, cap, 0};

	print_op(&out, op);
	return out.length;
}

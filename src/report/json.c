// SPDX-License-Identifier: GPL-2.0-only
/* json.c: a timeline as JSON: what report_text shows, for programs. */
#include "report/record.h"
#include "report/timeline.h"
#include "report/words.h"
#include "scenario/text.h"

#include <stdlib.h>

static bool add_bits(cJSON *step, const char *name, const struct run_bits *b)
{
	cJSON *bits = cJSON_AddObjectToObject(step, name);

	return bits && cJSON_AddStringToObject(bits, "l1-pte", timeline_bits_text(b->has_l1, b->l1_r, b->l1_c)) &&
	       cJSON_AddStringToObject(bits, "l0-pte", timeline_bits_text(b->has_l0, b->l0_r, b->l0_c)) &&
	       cJSON_AddStringToObject(bits, "shadow-pte",
				       timeline_bits_text(b->has_shadow, b->shadow_r, b->shadow_c)) &&
	       cJSON_AddStringToObject(bits, "tlb", timeline_bits_text(b->has_tlb, b->tlb_r, b->tlb_c));
}

static bool add_change(cJSON *changes, const struct timeline_change *c)
{
	cJSON *change = cJSON_CreateObject();
	char old_pte[24], new_pte[24];

	snprintf(old_pte, sizeof(old_pte), "0x%016llx", (unsigned long long)c->old_pte);
	snprintf(new_pte, sizeof(new_pte), "0x%016llx", (unsigned long long)c->new_pte);
	return change && cJSON_AddItemToArray(changes, change) && cJSON_AddStringToObject(change, "place", c->place) &&
	       (c->word ? cJSON_AddBoolToObject(change, "cleared", c->cleared) != NULL
			: (cJSON_AddStringToObject(change, "old", old_pte) &&
			   cJSON_AddStringToObject(change, "new", new_pte))) &&
	       cJSON_AddStringToObject(change, "function", c->function) &&
	       cJSON_AddStringToObject(change, "file", c->file) && cJSON_AddNumberToObject(change, "line", c->line) &&
	       record_json_callers(change, c->callers, c->caller_count);
}

/* The label of an op; null: there is none. */
static bool add_label(cJSON *object, const char *name, const struct timeline *t, uint32_t op)
{
	char label[SCENARIO_LABEL_MAX];

	if (op >= t->scenario.op_count)
		return cJSON_AddNullToObject(object, name);
	scenario_label_text(t->scenario.ops[op].label, label);
	return cJSON_AddStringToObject(object, name, label);
}

/* Where an op stops for another; where in the kernel that is, null: it did not come there, or was in no kernel code. */
static bool add_stop(cJSON *object, const struct timeline_stop *stop)
{
	const struct finding_writer *w = &stop->where;
	bool known = stop->came && w->function[0];
	bool named = cJSON_AddStringToObject(object, "at", stop->yield_point);
	cJSON *where = known ? cJSON_AddObjectToObject(object, "where") : cJSON_AddNullToObject(object, "where");

	return named && where &&
	       (!known ||
		(cJSON_AddStringToObject(where, "function", w->function) &&
		 cJSON_AddStringToObject(where, "file", w->file) && cJSON_AddNumberToObject(where, "line", w->line) &&
		 record_json_callers(where, w->callers, w->caller_count)));
}

static bool add_returns(cJSON *object, const struct timeline *t, uint32_t op)
{
	cJSON *returns = cJSON_AddArrayToObject(object, "returns");
	bool done = returns;

	for (uint32_t i = 0; done && i < t->return_count; i++) {
		cJSON *item = t->returns[i].op == op ? cJSON_CreateObject() : NULL;

		if (t->returns[i].op == op)
			done = item && cJSON_AddItemToArray(returns, item) && add_stop(item, &t->returns[i].stop);
	}
	return done;
}

static bool add_parent(cJSON *object, const struct timeline *t, uint32_t op)
{
	const struct timeline_step *step = &t->steps[op];

	return add_label(object, "parent", t, step->parent) &&
	       (step->parent == LAYOUT_NONE || (add_stop(object, &step->stop) && add_returns(object, t, op)));
}

static bool add_step(cJSON *steps, const struct timeline *t, uint32_t i)
{
	const struct timeline_step *step = &t->steps[i];
	cJSON *object = cJSON_CreateObject(), *changes;
	char op[256], label[SCENARIO_LABEL_MAX];
	bool done;

	scenario_label_text(t->scenario.ops[i].label, label);
	scenario_op_text(&t->scenario.ops[i], op, sizeof(op));
	done = object && cJSON_AddItemToArray(steps, object) && cJSON_AddStringToObject(object, "op", op) &&
	       cJSON_AddStringToObject(object, "label", label) && cJSON_AddBoolToObject(object, "ran", step->ran) &&
	       cJSON_AddBoolToObject(object, "part", i == t->part) && add_parent(object, t, i) &&
	       cJSON_AddStringToObject(object, "note", i == t->part ? t->part_text : step->note);
	if (done && step->ran)
		done = add_bits(object, "before", &step->before) && add_bits(object, "after", &step->after);
	changes = done ? cJSON_AddArrayToObject(object, "changes") : NULL;
	for (uint32_t c = 0; changes && done && c < t->change_count; c++) {
		if (t->changes[c].op == i)
			done = add_change(changes, &t->changes[c]);
	}
	return done && changes;
}

static bool add_findings(cJSON *object, const struct run_outcome *outcome)
{
	cJSON *findings = cJSON_AddArrayToObject(object, "findings");
	bool done = findings;

	for (uint32_t i = 0; done && i < outcome->finding_count; i++) {
		cJSON *finding = cJSON_CreateObject();

		done = finding && cJSON_AddItemToArray(findings, finding) &&
		       record_json_finding(finding, &outcome->findings[i]);
	}
	return done;
}

/* Which of the findings the timeline is about, and the ops that matter for it. */
static bool add_told(cJSON *object, const struct timeline *t)
{
	cJSON *told = t->has_finding ? cJSON_AddObjectToObject(object, "told") : cJSON_AddNullToObject(object, "told");
	char harvest[WORDS_HARVEST];

	words_last_harvest(&t->finding, &t->scenario, harvest, sizeof(harvest));
	return told && (!t->has_finding || (cJSON_AddStringToObject(told, "signature", t->finding.signature) &&
					    add_label(told, "cause", t, t->finding.op_cause) &&
					    add_label(told, "effect", t, t->finding.op_effect) &&
					    (*harvest ? cJSON_AddStringToObject(told, "last_harvest", harvest)
						      : cJSON_AddNullToObject(told, "last_harvest"))));
}

static bool add_scenario_text(cJSON *object, const struct scenario *s)
{
	size_t n = scenario_text_write_bare(s, NULL, 0);
	char *text = malloc(n + 1);
	bool done =
		text && scenario_text_write_bare(s, text, n + 1) == n && cJSON_AddStringToObject(object, "text", text);

	free(text);
	return done;
}

cJSON *report_json(const struct timeline *t, const char *target_info, const char *name)
{
	cJSON *object = cJSON_CreateObject(), *target = record_json_target(target_info), *steps;
	char hash[24];
	bool done;

	snprintf(hash, sizeof(hash), "%016llx", (unsigned long long)t->outcome.trace_hash);
	done = object && target && cJSON_AddItemToObject(object, "target", target) &&
	       cJSON_AddStringToObject(object, "scenario", name ? name : "") &&
	       add_scenario_text(object, &t->scenario) && cJSON_AddStringToObject(object, "trace_hash", hash) &&
	       cJSON_AddBoolToObject(object, "world_ended", t->outcome.world_ended) &&
	       cJSON_AddBoolToObject(object, "too_slow", t->outcome.too_slow) && add_findings(object, &t->outcome) &&
	       add_told(object, t);
	steps = done ? cJSON_AddArrayToObject(object, "timeline") : NULL;
	for (uint32_t i = 0; steps && done && i < t->scenario.op_count; i++)
		done = add_step(steps, t, i);
	if (done && steps)
		return object;
	if (!object)
		cJSON_Delete(target);
	cJSON_Delete(object);
	return NULL;
}

// SPDX-License-Identifier: GPL-2.0-only
/* reach.c: see reach.h. */
#include "cli/reach.h"

#include "scenario/text.h"

#include <stdio.h>
#include <string.h>

static bool is_reached(const struct run_outcome *outcome, uint32_t point)
{
	return outcome->points_reached >> point & 1;
}

/* Its victim does not run either: another point is to blame. */
static bool is_below_another(const struct scenario *s, const struct run_outcome *outcome, uint32_t point)
{
	for (uint32_t i = 0; i < s->point_count; i++)
		if (s->points[i].child == s->points[point].victim && !is_reached(outcome, i))
			return true;
	return false;
}

/* An access of the kernel, or by its number perhaps one. */
static bool is_access(const struct scenario *s, const struct scenario_point *point)
{
	return s->config.level == LEVEL_ACCESS &&
	       (!point->name[0] || strstr(point->name, ":read:") || strstr(point->name, ":write:"));
}

/* It has no name, or one without a function. */
static bool needs_no_function(const char *function)
{
	static const char *const no_functions[] = {"", "guest", "kernel", "unknown"};

	for (size_t i = 0; i < sizeof(no_functions) / sizeof(no_functions[0]); i++)
		if (!strcmp(function, no_functions[i]))
			return true;
	return false;
}

/* Has the kernel one of the functions "f|g" of "f|g:lock:mmu_lock"? functions: what stands there. */
static bool has_function(struct runner *runner, const struct scenario_point *point, char functions[SCENARIO_POINT_NAME])
{
	char copy[SCENARIO_POINT_NAME], *rest = copy, *function;

	snprintf(functions, SCENARIO_POINT_NAME, "%.*s", (int)strcspn(point->name, ":"), point->name);
	memcpy(copy, functions, sizeof(copy));
	while ((function = strsep(&rest, "|")))
		if (needs_no_function(function) || runner_has_function(runner, function))
			return true;
	return false;
}

enum reach reach_of(struct runner *runner, const struct scenario *s, const struct run_outcome *outcome, char *text,
		    size_t size)
{
	char name[SCENARIO_POINT_NAME + 32], victim[SCENARIO_LABEL_MAX], functions[SCENARIO_POINT_NAME];
	uint32_t i = 0;

	*text = '\0';
	while (i < s->point_count && (is_reached(outcome, i) || is_below_another(s, outcome, i)))
		i++;
	if (i == s->point_count || outcome->world_ended)
		return REACH_ALL;
	scenario_point_text(&s->points[i], name, sizeof(name));
	scenario_label_text(s->points[i].victim, victim);
	if (is_access(s, &s->points[i]) && !strstr(runner_target_info(runner), "\"flavour\":\"access\"")) {
		snprintf(text, size, "%s of op %s: only a module of the flavour access comes to it", name, victim);
		return REACH_NO_MODULE;
	}
	if (!has_function(runner, &s->points[i], functions)) {
		snprintf(text, size, "%s of op %s not reached: the kernel has no function %s", name, victim, functions);
		return REACH_NO_FUNCTION;
	}
	snprintf(text, size, "%s of op %s not reached", name, victim);
	return REACH_NOT;
}

void reach_hash(const char *info, char hash[SCENARIO_MODULE_MAX])
{
	static const char member[] = "\"hash\":\"";
	const char *at = strstr(info, member);

	at = at ? at + sizeof(member) - 1 : "";
	snprintf(hash, SCENARIO_MODULE_MAX, "%.*s", (int)strcspn(at, "\""), at);
}

bool reach_remark(const struct scenario_file *file, const char *hash, char text[REACH_REMARK])
{
	const struct scenario *s = &file->scenario;
	bool known = hash && *file->module;
	char where[96];
	uint32_t i = 0;

	while (i < s->point_count && s->points[i].name[0])
		i++;
	if (i == s->point_count || (known && !strncmp(hash, file->module, strlen(file->module))))
		return false;
	if (known)
		snprintf(where, sizeof(where), "module %.8s, not in this one (%.8s)", file->module, hash);
	else
		snprintf(where, sizeof(where), "the build that it was made with");
	snprintf(text, REACH_REMARK,
		 "a preemption at *#%u is at that place only in %s; 'rcfuzz minimize' with that one gives it a name",
		 s->points[i].nth, where);
	return true;
}

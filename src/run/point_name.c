/* SPDX-License-Identifier: GPL-2.0-only */
/* point_name.c: see point_name.h. */
#include "point_name.h"

#include <stdio.h>
#include <string.h>

static const char *const kind_word[POINT_COUNT] = {
#define KIND_WORD(id, word) [id] = word,
	TARGET_POINTS(KIND_WORD)
#undef KIND_WORD
};

static bool ends_in(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && strcmp(text + n - m, end) == 0;
}

/* What is inlined from a header says less than who called it; the shim says nothing. */
static bool says_something(const struct module_place *place)
{
	return place->function && ends_in(place->file, ".c") && strncmp(place->file, "src/kernel/", 11) != 0;
}

static const char *function_of(struct module *m, const void *const callers[POINT_NAME_CALLERS])
{
	struct module_place places[8];

	for (unsigned i = 0; i < POINT_NAME_CALLERS && callers[i]; i++) {
		size_t n = module_places(m, callers[i], places, 8);

		for (size_t k = 0; k < n; k++)
			if (says_something(&places[k]))
				return places[k].function;
	}
	return callers[0] ? "kernel" : "guest";
}

static void make(char text[SCENARIO_POINT_NAME], const char *function, const char *kind, const char *word)
{
	size_t length;

	snprintf(text, SCENARIO_POINT_NAME, "%.*s:%s:%s", MODULE_NAME_CUT, function, kind, word);
	length = strlen(text);
	/* Compilers add suffixes with odd characters. */
	for (size_t i = 0; i < length; i++)
		if (!scenario_point_name_character(text[i]))
			text[i] = '_';
}

void point_names_begin(struct point_names *names)
{
	if (names->count > POINT_NAMES_MANY)
		memset(names, 0, sizeof(*names));
}

const char *point_name(struct point_names *names, struct module *m, enum target_point kind, const char *word,
		       const void *const all_callers[TARGET_CALLERS])
{
	const void *callers[POINT_NAME_CALLERS] = {NULL};
	uint64_t hash = (uintptr_t)word ^ (uint64_t)kind << 59;

	/* Those beyond the module are ours, and may be no return addresses at all. */
	for (unsigned i = 0; i < POINT_NAME_CALLERS && all_callers[i] && module_has(m, all_callers[i]); i++)
		callers[i] = all_callers[i];
	for (unsigned i = 0; i < POINT_NAME_CALLERS; i++)
		hash = (hash ^ (uintptr_t)callers[i]) * 0x9e3779b97f4a7c15ull;
	for (unsigned probe = 0; probe < 16; probe++) {
		__typeof__(names->slots[0]) *slot = &names->slots[((hash >> 40) + probe) % POINT_NAMES];

		if (slot->text[0] && (memcmp(slot->callers, callers, sizeof(slot->callers)) != 0 ||
				      slot->word != word || slot->kind != kind))
			continue;
		if (!slot->text[0]) {
			names->count++;
			memcpy(slot->callers, callers, sizeof(slot->callers));
			slot->word = word;
			slot->kind = (uint8_t)kind;
			make(slot->text, function_of(m, callers), kind_word[kind], word);
		}
		return slot->text;
	}
	return "unknown";
}

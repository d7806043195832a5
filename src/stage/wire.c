// SPDX-License-Identifier: GPL-2.0-only
/* wire.c: see wire.h. */
#include "wire.h"

#include "scenario/class.h"
#include "scenario/scenario.h"

#include <string.h>

/* FNV-1a: by value, the same on both machines. */
static void add_number(uint32_t *sum, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		*sum = (*sum ^ (value >> 8 * i & 0xff)) * 16777619u;
}

static void add_word(uint32_t *sum, const char *word)
{
	for (; *word; word++)
		*sum = (*sum ^ (uint8_t)*word) * 16777619u;
	add_number(sum, 0);
}

static void add_fields(uint32_t *sum, const struct field_info *fields, size_t count)
{
	for (const struct field_info *f = fields; f < fields + count; f++) {
		add_word(sum, f->name);
		add_number(sum, f->offset);
		add_number(sum, f->width);
		add_number(sum, f->min);
		add_number(sum, f->max);
		for (unsigned i = 0; f->words && i <= f->max; i++)
			add_word(sum, f->words[i]);
	}
}

uint32_t wire_language(void)
{
#define WORD(id, word) word,
	static const char *const events[] = {EVENT_KINDS(WORD)};
	uint32_t sum = 2166136261u;

	add_number(&sum, WIRE_KIND_END);
	add_number(&sum, sizeof(struct wire_record));
	for (unsigned i = 0; i < EV_COUNT; i++)
		add_word(&sum, events[i]);
	for (unsigned i = 0; i < CLASS_COUNT; i++)
		add_word(&sum, class_info[i].name);
	for (const struct op_info *op = op_info; op < op_info + OP_COUNT; op++) {
		add_word(&sum, op->actor);
		add_word(&sum, op->name);
		add_number(&sum, op->fields);
	}
	add_fields(&sum, field_info, FIELD_COUNT);
	add_fields(&sum, config_info, CONFIG_COUNT);
	return sum;
}

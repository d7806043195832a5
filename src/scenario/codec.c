// SPDX-License-Identifier: GPL-2.0-only
/* codec.c: the binary form of a scenario. See codec.h for what it looks like. */
#include "codec.h"

#include <string.h>

#define F(name) (1u << FIELD_##name)

enum { OP_FIELDS_AT = 4, RC_MARK_AT = 28, RC_MARK_BYTES = 4 };
static const uint8_t rc_mark[RC_MARK_BYTES] = {'r', 'c', 'h', 'w'};

/* Every op's fields fit into its record, and the configuration into its own. */
#define FIELD_NUM(name, type, min, max, help) | (sizeof(type) == 2 ? F(name) : 0)
enum {
	WIDE_FIELDS = 0
#include "fields.def"
};
#undef FIELD_NUM
#define OP(id, actor, name, fields, flags, help)                                                                       \
	_Static_assert(__builtin_popcount(fields) + __builtin_popcount((fields) & (unsigned)WIDE_FIELDS) <=            \
			       (int)CODEC_OP_BYTES - OP_FIELDS_AT,                                                     \
		       actor " " name " does not fit into a record");
#include "ops.def"
#undef OP

#define CONFIG_NUM(name, type, min, max, def, help) +sizeof(type)
#define CONFIG_ENUM(name, NAMES, def, help) +1
enum {
	CONFIG_FIELD_BYTES = 0
#include "config.def"
};
#undef CONFIG_NUM
#undef CONFIG_ENUM
_Static_assert(CONFIG_FIELD_BYTES - 1 <= RC_MARK_AT, "the configuration outgrew its record");

static inline uint8_t *put(uint8_t *at, unsigned value, size_t width)
{
	at[0] = (uint8_t)value;
	if (width == 2)
		at[1] = (uint8_t)(value >> 8);
	return at + width;
}

static inline unsigned get(const uint8_t **at, size_t width)
{
	unsigned value = (*at)[0];

	if (width == 2)
		value |= (unsigned)(*at)[1] << 8;
	*at += width;
	return value;
}

static void config_encode(const struct scenario_config *config, uint8_t *at)
{
	memset(at, 0, CODEC_CONFIG_BYTES);
	if (config->rc == RCMODE_HW)
		memcpy(at + RC_MARK_AT, rc_mark, RC_MARK_BYTES);
	for (unsigned i = 0; i < CONFIG_COUNT; i++) {
		const struct field_info *info = &config_info[i];

		if (i != CONFIG_rc)
			at = put(at, scenario_field_get(config, info) - info->def, info->width);
	}
}

static void config_decode(struct scenario_config *config, const uint8_t *at)
{
	config->rc = memcmp(at + RC_MARK_AT, rc_mark, RC_MARK_BYTES) ? RCMODE_FAULT : RCMODE_HW;
#define CONFIG_NUM(name, type, min, max, def, help) config->name = (type)(def + get(&at, sizeof(type)));
#define CONFIG_ENUM(name, NAMES, def, help)                                                                            \
	if (CONFIG_##name != CONFIG_rc)                                                                                \
		config->name = (uint8_t)(def + get(&at, 1));
#include "config.def"
#undef CONFIG_NUM
#undef CONFIG_ENUM
}

/* `fields` is a constant wherever these two are expanded: each kind of op gets its own straight code. */
static inline __attribute__((always_inline)) void fields_encode(const struct scenario_op *op, uint8_t *at,
								uint32_t fields)
{
#define FIELD_NUM(name, type, min, max, help)                                                                          \
	if (fields & F(name))                                                                                          \
		at = put(at, op->name - min, sizeof(type));
#define FIELD_ENUM(name, NAMES, help)                                                                                  \
	if (fields & F(name))                                                                                          \
		at = put(at, op->name, 1);
#include "fields.def"
#undef FIELD_NUM
#undef FIELD_ENUM
	(void)at;
}

static inline __attribute__((always_inline)) void fields_decode(struct scenario_op *op, const uint8_t *at,
								uint32_t fields)
{
#define FIELD_NUM(name, type, min, max, help) op->name = (fields & F(name)) ? (type)(min + get(&at, sizeof(type))) : 0;
#define FIELD_ENUM(name, NAMES, help) op->name = (fields & F(name)) ? (uint8_t)get(&at, 1) : 0;
#include "fields.def"
#undef FIELD_NUM
#undef FIELD_ENUM
	(void)at;
}

static void op_encode(const struct scenario_op *op, uint8_t *at)
{
	memset(at, 0, CODEC_OP_BYTES);
	at[0] = op->kind;
	put(at + 2, op->label, 2);
	switch (op->kind) {
#define OP(id, actor, name, fields, flags, help)                                                                       \
	case OP_##id:                                                                                                  \
		fields_encode(op, at + OP_FIELDS_AT, fields);                                                          \
		break;
#include "ops.def"
#undef OP
	}
}

static void op_decode(struct scenario_op *op, const uint8_t *at)
{
	op->kind = at[0] % OP_COUNT;
	op->unused = 0;
	op->label = (uint16_t)(at[2] | at[3] << 8);
	switch (op->kind) {
#define OP(id, actor, name, fields, flags, help)                                                                       \
	case OP_##id:                                                                                                  \
		fields_decode(op, at + OP_FIELDS_AT, fields);                                                          \
		break;
#include "ops.def"
#undef OP
	}
}

/* ---- preemptions: a record, and the name in the records behind it ------------------ */

/* No single flipped bit makes an op a preemption. */
enum { POINT_MARK = 0xa5 };

static size_t name_bytes(size_t length)
{
	return (length + CODEC_OP_BYTES - 1) / CODEC_OP_BYTES * CODEC_OP_BYTES;
}

static size_t point_size(const struct scenario_point *point)
{
	return CODEC_OP_BYTES + name_bytes(strlen(point->name));
}

static void point_encode(const struct scenario_point *point, uint8_t *at)
{
	size_t length = strlen(point->name);

	memset(at, 0, point_size(point));
	at[0] = (uint8_t)length;
	at[1] = POINT_MARK;
	put(put(put(at + 2, point->victim, 2), point->child, 2), point->nth, 2);
	memcpy(at + CODEC_OP_BYTES, point->name, length);
}

/* n: the bytes that are left, a record at least. Returns how many it took. */
static size_t point_decode(struct scenario *s, const uint8_t *record, size_t n)
{
	size_t length = record[0] % SCENARIO_POINT_NAME, rest = n - CODEC_OP_BYTES;
	const uint8_t *at = record + 2;
	struct scenario_point point = {0};

	if (length > rest)
		length = rest;
	point.victim = (uint16_t)get(&at, 2);
	point.child = (uint16_t)get(&at, 2);
	point.nth = (uint16_t)get(&at, 2);
	memcpy(point.name, record + CODEC_OP_BYTES, length);
	if (s->point_count < SCENARIO_POINTS_MAX)
		s->points[s->point_count++] = point;
	return CODEC_OP_BYTES + (name_bytes(length) < rest ? name_bytes(length) : rest);
}

/* ---- the whole --------------------------------------------------------------------- */

size_t scenario_encoded_size(const struct scenario *s)
{
	size_t size = CODEC_CONFIG_BYTES + (size_t)s->op_count * CODEC_OP_BYTES;

	for (uint32_t i = 0; i < s->point_count; i++)
		size += point_size(&s->points[i]);
	return size;
}

size_t scenario_encode(const struct scenario *s, uint8_t *buf, size_t cap)
{
	size_t at = CODEC_CONFIG_BYTES;

	if (cap < CODEC_CONFIG_BYTES)
		return 0;
	config_encode(&s->config, buf);
	for (uint32_t i = 0; i < s->op_count && cap - at >= CODEC_OP_BYTES; i++, at += CODEC_OP_BYTES)
		op_encode(&s->ops[i], buf + at);
	for (uint32_t i = 0; i < s->point_count && cap - at >= point_size(&s->points[i]); i++) {
		point_encode(&s->points[i], buf + at);
		at += point_size(&s->points[i]);
	}
	return at;
}

void scenario_decode(struct scenario *s, const uint8_t *buf, size_t n)
{
	uint8_t config[CODEC_CONFIG_BYTES] = {0};
	size_t at = CODEC_CONFIG_BYTES;

	if (n)
		memcpy(config, buf, n < CODEC_CONFIG_BYTES ? n : CODEC_CONFIG_BYTES);
	config_decode(&s->config, config);
	s->op_count = s->point_count = 0;
	while (n >= CODEC_OP_BYTES && at <= n - CODEC_OP_BYTES) {
		if (buf[at + 1] == POINT_MARK) {
			at += point_decode(s, buf + at, n - at);
			continue;
		}
		if (s->op_count < SCENARIO_OPS_MAX)
			op_decode(&s->ops[s->op_count++], buf + at);
		at += CODEC_OP_BYTES;
	}
	scenario_canonicalize(s);
}

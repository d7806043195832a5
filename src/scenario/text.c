// SPDX-License-Identifier: GPL-2.0-only
/*
 * text.c: parse the text form of a scenario. See text.h for the form.
 *
 * One pass over the lines, no memory but the caller's; time is linear in the
 * size of the text. Every error says where it is and what was expected.
 */
#include "text.h"

#include "class.h"
#include "layout.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A word of a line. */
struct token {
	const char *text;
	size_t length; /* 0: the line has ended */
	unsigned column;
};

struct parser {
	struct scenario_file *file;
	struct scenario_error *error;
	const char *next, *end; /* what is still to be read of the text */
	const char *line_start, *line_end, *at;
	unsigned line;
	bool story_open; /* comments still belong to the story */
	bool embargoed;
	bool config_done; /* an op was read: the configuration is canonical and stays so */
	unsigned config_line[CONFIG_COUNT], config_column[CONFIG_COUNT]; /* where it was given; line 0: nowhere */
	uint64_t labels[65536 / 64];					 /* that are taken */
	/* The ops that the next line may belong to, from the sequence inwards. */
	struct {
		uint16_t label;
		unsigned indentation;
	} nest[SCENARIO_POINTS_MAX + 1];
	unsigned nest_count;
	bool point_open; /* an `at` line waits for its op */
};

/* ---- errors and words ------------------------------------------------------ */

/* Record the error; always false. */
static bool fail_at(struct parser *p, unsigned line, unsigned column, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
static bool fail_at(struct parser *p, unsigned line, unsigned column, const char *format, ...)
{
	va_list args;

	p->error->line = line;
	p->error->column = column;
	va_start(args, format);
	vsnprintf(p->error->message, sizeof(p->error->message), format, args);
	va_end(args);
	/* Whatever the text held, the message is one printable line. */
	for (char *c = p->error->message; *c; c++) {
		if ((unsigned char)*c < 0x20 || (unsigned char)*c >= 0x7f)
			*c = '?';
	}
	return false;
}

#define fail_token(p, token, ...) fail_at(p, (p)->line, (token).column, __VA_ARGS__)
/* A token in a message: "%.*s". */
#define QUOTED(token) (int)((token).length > 32 ? 32 : (token).length), (token).text

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The next word; one of length 0 at the end of the line or at a comment, to which at then points. */
static struct token next_token(struct parser *p)
{
	struct token token;

	while (p->at < p->line_end && is_blank(*p->at))
		p->at++;
	token.text = p->at;
	token.column = (unsigned)(p->at - p->line_start) + 1;
	if (p->at < p->line_end && *p->at != '#')
		while (p->at < p->line_end && !is_blank(*p->at))
			p->at++;
	token.length = (size_t)(p->at - token.text);
	return token;
}

static bool token_is(struct token token, const char *word)
{
	return token.length == strlen(word) && !memcmp(token.text, word, token.length);
}

/* The line must have ended. */
static bool expect_end(struct parser *p)
{
	struct token token = next_token(p);

	return !token.length || fail_token(p, token, "expected the end of the line, not `%.*s`", QUOTED(token));
}

/* Append as much as fits. */
static void message_add(char *message, size_t size, const char *separator, const char *word)
{
	size_t length = strlen(message);

	snprintf(message + length, size - length, "%s%s", length ? separator : "", word);
}

/* ---- field=value ------------------------------------------------------------ */

/* Split at '='. False (with an error): no '=', or nothing before or after it. */
static bool split_value(struct parser *p, struct token token, struct token *name, struct token *value)
{
	const char *equals = memchr(token.text, '=', token.length);

	if (!equals || equals == token.text)
		return fail_token(p, token, "expected field=value, not `%.*s`", QUOTED(token));
	*name = (struct token){token.text, (size_t)(equals - token.text), token.column};
	*value = (struct token){equals + 1, token.length - name->length - 1, token.column + (unsigned)name->length + 1};
	return value->length || fail_token(p, *value, "expected a value after `%.*s=`", QUOTED(*name));
}

static int find_field(const struct field_info *fields, unsigned count, struct token name)
{
	for (unsigned i = 0; i < count; i++) {
		if (token_is(name, fields[i].name))
			return (int)i;
	}
	return -1;
}

static bool parse_word(struct parser *p, const struct field_info *info, struct token value, unsigned *result)
{
	char words[96] = "";

	for (unsigned i = 0; i <= info->max; i++) {
		if (token_is(value, info->words[i])) {
			*result = i;
			return true;
		}
		message_add(words, sizeof(words), "|", info->words[i]);
	}
	return fail_token(p, value, "%s is %s, not `%.*s`", info->name, words, QUOTED(value));
}

static bool parse_number(struct parser *p, const struct field_info *info, struct token value, unsigned *result)
{
	unsigned number = 0;
	bool good = value.length <= 5;

	for (size_t i = 0; good && i < value.length; i++) {
		good = value.text[i] >= '0' && value.text[i] <= '9';
		number = number * 10 + (unsigned)(value.text[i] - '0');
	}
	if (!good || number < info->min || number > info->max)
		return fail_token(p, value, "%s is a number from %u to %u, not `%.*s`", info->name, info->min,
				  info->max, QUOTED(value));
	*result = number;
	return true;
}

static bool parse_value(struct parser *p, const struct field_info *info, struct token value, unsigned *result)
{
	return info->words ? parse_word(p, info, value, result) : parse_number(p, info, value, result);
}

/* The canonical form has another value than the text: say which. */
static bool fail_other_value(struct parser *p, unsigned line, unsigned column, const struct field_info *info,
			     unsigned given, unsigned canonical, const char *where)
{
	if (info->words)
		return fail_at(p, line, column, "%s=%s is not possible with this %s (%s=%s would be)", info->name,
			       info->words[given], where, info->name, info->words[canonical]);
	return fail_at(p, line, column, "%s=%u is not possible with this %s (%s=%u would be)", info->name, given, where,
		       info->name, canonical);
}

/* ---- the configuration ------------------------------------------------------ */

static bool parse_config(struct parser *p)
{
	struct token token, name, value;
	unsigned number;

	if (p->config_done || p->embargoed)
		return fail_at(p, p->line, 1,
			       p->embargoed ? "an embargoed entry has no scenario"
					    : "config belongs before the first op");
	for (token = next_token(p); token.length; token = next_token(p)) {
		int i;

		if (!split_value(p, token, &name, &value))
			return false;
		i = find_field(config_info, CONFIG_COUNT, name);
		if (i < 0)
			return fail_token(p, token, "there is no configuration field `%.*s`", QUOTED(name));
		if (p->config_line[i])
			return fail_token(p, token, "%s is given twice", config_info[i].name);
		if (!parse_value(p, &config_info[i], value, &number))
			return false;
		scenario_field_set(&p->file->scenario.config, &config_info[i], number);
		p->config_line[i] = p->line;
		p->config_column[i] = value.column;
	}
	return true;
}

/* The configuration is complete. What was not given adapts itself; what was given must be possible. */
static bool finish_config(struct parser *p)
{
	struct scenario_config *config = &p->file->scenario.config, given = *config;

	p->config_done = true;
	p->file->page_line = p->config_line[CONFIG_page];
	scenario_config_canonicalize(config);
	for (unsigned i = 0; i < CONFIG_COUNT; i++) {
		unsigned was = scenario_field_get(&given, &config_info[i]);
		unsigned is = scenario_field_get(config, &config_info[i]);

		/* l1page=64k on a 64k host is another word for the same thing. */
		if (was != is && p->config_line[i] && i != CONFIG_l1page)
			return fail_other_value(p, p->config_line[i], p->config_column[i], &config_info[i], was, is,
						"configuration");
	}
	return true;
}

/* ---- ops ---------------------------------------------------------------------- */

uint16_t scenario_label_parse(const char *text, size_t length)
{
	unsigned label = 0;

	if (length >= SCENARIO_LABEL_MAX)
		return 0;
	for (size_t i = 0; i < length; i++) {
		if (text[i] < 'a' || text[i] > 'z')
			return 0;
		label = label * 26 + (unsigned)(text[i] - 'a') + 1;
	}
	return label <= UINT16_MAX ? (uint16_t)label : 0;
}

static bool is_actor(struct token token)
{
	for (unsigned i = 0; i < OP_COUNT; i++) {
		if (token_is(token, op_info[i].actor))
			return true;
	}
	return false;
}

static bool parse_label(struct parser *p, struct token token, uint16_t *label)
{
	*label = scenario_label_parse(token.text, token.length);
	if (!*label)
		return fail_token(p, token, "expected a label (a, b, ... z, aa, ... crxo) and an op%s, not `%.*s`",
				  p->config_done ? "" : ", or config, expect, signature, embargoed", QUOTED(token));
	if (p->labels[*label / 64] & (1ull << (*label % 64)))
		return fail_token(p, token, "label %.*s is given twice", QUOTED(token));
	p->labels[*label / 64] |= 1ull << (*label % 64);
	return true;
}

/* Is an actor's row the first one of it? Rows of an actor need not stand together. */
static bool is_first_row(unsigned row)
{
	for (unsigned i = 0; i < row; i++)
		if (!strcmp(op_info[i].actor, op_info[row].actor))
			return false;
	return true;
}

/* All words of one kind that ops have, for a message: the actors, or one actor's names. */
static void list_ops(char *list, size_t size, const char *actor)
{
	for (unsigned i = 0; i < OP_COUNT; i++) {
		const char *word = actor ? op_info[i].name : op_info[i].actor;

		if (actor ? !strcmp(op_info[i].actor, actor) : is_first_row(i))
			message_add(list, size, ", ", word);
	}
}

static bool parse_kind(struct parser *p, struct token actor, struct token name, uint8_t *kind)
{
	const char *known_actor = NULL;
	char list[128] = "";

	for (unsigned i = 0; i < OP_COUNT; i++) {
		if (!token_is(actor, op_info[i].actor))
			continue;
		known_actor = op_info[i].actor;
		if (token_is(name, op_info[i].name)) {
			*kind = (uint8_t)i;
			return true;
		}
	}
	list_ops(list, sizeof(list), known_actor);
	if (known_actor && !name.length)
		return fail_token(p, name, "expected what %s does: %s", known_actor, list);
	if (!known_actor)
		return fail_token(p, actor, "expected an actor (%s)%s%.*s%s", list, actor.length ? ", not `" : "",
				  QUOTED(actor), actor.length ? "`" : "");
	return fail_token(p, name, "`%.*s` is nothing that %s does: %s", QUOTED(name), known_actor, list);
}

/* Where each field of an op was given; column 0: nowhere. */
struct given {
	unsigned column[FIELD_COUNT];
};

static bool fail_no_such_field(struct parser *p, struct token name, const struct op_info *info)
{
	char list[96] = "";

	for (unsigned i = 0; i < FIELD_COUNT; i++) {
		if (info->fields & 1u << i)
			message_add(list, sizeof(list), ", ", field_info[i].name);
	}
	return fail_token(p, name, "%s %s has no field `%.*s`%s%s", info->actor, info->name, QUOTED(name),
			  *list ? ", but " : "", list);
}

static bool parse_fields(struct parser *p, struct scenario_op *op, struct given *given)
{
	const struct op_info *info = &op_info[op->kind];
	struct token token, name, value;
	unsigned number;

	for (token = next_token(p); token.length; token = next_token(p)) {
		int i;

		if (!split_value(p, token, &name, &value))
			return false;
		i = find_field(field_info, FIELD_COUNT, name);
		if (i < 0 || !(info->fields & 1u << i))
			return fail_no_such_field(p, name, info);
		if (given->column[i])
			return fail_token(p, token, "%s is given twice", field_info[i].name);
		if (!parse_value(p, &field_info[i], value, &number))
			return false;
		scenario_field_set(op, &field_info[i], number);
		given->column[i] = value.column;
	}
	return true;
}

/* What was given must be possible in this configuration. */
static bool check_op(struct parser *p, struct scenario_op *op, const struct given *given)
{
	const struct scenario_config *config = &p->file->scenario.config;
	struct scenario_op was = *op;
	struct layout layout;

	scenario_op_canonicalize(op, config);
	for (unsigned i = 0; i < FIELD_COUNT; i++) {
		unsigned before = scenario_field_get(&was, &field_info[i]);
		unsigned after = scenario_field_get(op, &field_info[i]);

		if (before == after || !given->column[i])
			continue;
		/* size=64k where base is 64k is another word for the same thing. */
		layout_init(&layout, config);
		if (i == FIELD_size && layout_size_bytes(&layout, before) == layout_size_bytes(&layout, after))
			continue;
		return fail_other_value(p, p->line, given->column[i], &field_info[i], before, after,
					"configuration and op");
	}
	return true;
}

/* ---- preemptions ---------------------------------------------------------------- */

static unsigned indentation_of(const struct parser *p, struct token first)
{
	return (unsigned)(first.text - p->line_start);
}

/* Is this `at POINT`? `at` is also a label: that of the 46th op. */
static bool is_point(struct parser *p, struct token first)
{
	const char *at = p->at;
	bool point;

	if (!token_is(first, "at"))
		return false;
	point = !is_actor(next_token(p));
	p->at = at;
	return point;
}

/* "function:kind:variable#nth" or "*#nth". */
static bool parse_point_name(struct parser *p, struct token token, struct scenario_point *point)
{
	const char *hash = token.length ? memchr(token.text, '#', token.length) : NULL;
	size_t length = hash ? (size_t)(hash - token.text) : 0;
	const struct field_info nth = {.name = "the number after #", .min = 1, .max = UINT16_MAX};
	bool any = length == 1 && *token.text == '*';
	const char *expected;
	struct token number;
	unsigned value;
	size_t at = 0;

	expected = any ? NULL : scenario_point_name_expected(hash ? token.text : "", length, &at);
	if (expected || !hash) {
		token.column += (unsigned)at;
		return fail_token(p, token, "expected %s", expected);
	}
	memcpy(point->name, token.text, any ? 0 : length);
	number = (struct token){hash + 1, token.length - length - 1, token.column + (unsigned)length + 1};
	if (!number.length || !parse_number(p, &nth, number, &value))
		return fail_token(p, number, "expected a number from 1 to %u after #", UINT16_MAX);
	point->nth = (uint16_t)value;
	return true;
}

/* `at POINT`: the op above that is less indented is interrupted there. */
static bool parse_point(struct parser *p, struct token first)
{
	struct scenario *s = &p->file->scenario;
	unsigned indentation = indentation_of(p, first);
	struct scenario_point *point = &s->points[s->point_count];

	if (p->point_open)
		return fail_token(p, first, "expected the op that runs at the point above, or `return`");
	while (p->nest_count && p->nest[p->nest_count - 1].indentation >= indentation)
		p->nest_count--;
	if (!p->nest_count)
		return fail_token(p, first, "expected the op that is interrupted above, indented less");
	if (s->point_count == SCENARIO_POINTS_MAX)
		return fail_token(p, first, "a scenario has at most %u preemptions", SCENARIO_POINTS_MAX);
	memset(point, 0, sizeof(*point));
	point->victim = p->nest[p->nest_count - 1].label;
	if (!parse_point_name(p, next_token(p), point) || !expect_end(p))
		return false;
	s->point_count++;
	p->point_open = true;
	return true;
}

static bool parse_return(struct parser *p, struct token first)
{
	if (!p->point_open || p->nest_count < 2)
		return fail_token(p, first, "`return` belongs under an `at` of an op that itself runs at a point");
	p->point_open = false;
	return expect_end(p);
}

/* An op has been read: at the point above it, or in the sequence. */
static bool place_op(struct parser *p, struct token first, uint16_t label)
{
	struct scenario *s = &p->file->scenario;
	unsigned indentation = indentation_of(p, first);

	if (p->point_open) {
		if (indentation <= p->nest[p->nest_count - 1].indentation)
			return fail_token(p, first,
					  "expected the op that runs at the point above, indented as that is");
		s->points[s->point_count - 1].child = label;
	} else {
		p->nest_count = 0;
	}
	p->point_open = false;
	p->nest[p->nest_count].label = label;
	p->nest[p->nest_count].indentation = indentation;
	p->nest_count++;
	return true;
}

static bool parse_op(struct parser *p, struct token first)
{
	struct scenario *s = &p->file->scenario;
	struct given given = {{0}};
	struct token actor, name;
	struct scenario_op op = {0};

	actor = next_token(p);
	name = next_token(p);
	if (!parse_label(p, first, &op.label))
		return false;
	if (!parse_kind(p, actor, name, &op.kind))
		return false;
	if (p->embargoed)
		return fail_token(p, first, "an embargoed entry has no scenario");
	if (!p->config_done && !finish_config(p))
		return false;
	if (s->config.l1 == L1_WELL_BEHAVED && (op_info[op.kind].flags & OPF_WILD))
		return fail_token(p, actor, "a well-behaved L1 never does this; config l1=any allows it");
	if (s->op_count == SCENARIO_OPS_MAX)
		return fail_token(p, first, "a scenario has at most %u ops", SCENARIO_OPS_MAX);
	for (unsigned i = 0; i < FIELD_COUNT; i++)
		scenario_field_set(&op, &field_info[i], field_info[i].def);
	if (!parse_fields(p, &op, &given) || !check_op(p, &op, &given))
		return false;
	s->ops[s->op_count++] = op;
	return place_op(p, first, op.label);
}

/* ---- expectations --------------------------------------------------------------- */

/* Copy a token into a field of the file. */
static bool keep_token(struct parser *p, struct token token, const char *what, char *to, size_t size)
{
	if (!token.length)
		return fail_token(p, token, "expected %s", what);
	if (token.length >= size)
		return fail_token(p, token, "%s has at most %zu characters", what, size - 1);
	memcpy(to, token.text, token.length);
	to[token.length] = 0;
	return true;
}

/* A signature begins with the name of a class. */
static bool check_class(struct parser *p, struct token token, const char *signature)
{
	char class[SCENARIO_SIGNATURE_MAX];

	snprintf(class, sizeof(class), "%.*s", (int)strcspn(signature, ":"), signature);
	return class_from_name(class) >= 0 ||
	       fail_token(p, token, "`%.*s` does not begin with a class of findings (lost-dirty-host, ...)",
			  QUOTED(token));
}

static bool begins_with(struct token token, const char *word)
{
	return token.length >= strlen(word) && !memcmp(token.text, word, strlen(word));
}

/* [page=64k|4k] [has=NAME], and what stands behind them. */
static bool parse_conditions(struct parser *p, struct scenario_expectation *e, struct token *token)
{
	struct token name, value;
	unsigned page;

	*token = next_token(p);
	if (begins_with(*token, "page=")) {
		if (!split_value(p, *token, &name, &value) || !parse_value(p, &config_info[CONFIG_page], value, &page))
			return false;
		e->page_given = true;
		e->page = (uint8_t)page;
		*token = next_token(p);
	}
	if (begins_with(*token, "has=")) {
		if (!split_value(p, *token, &name, &value) ||
		    !keep_token(p, value, "the name of a feature, patch or recipe", e->has, sizeof(e->has)))
			return false;
		*token = next_token(p);
	}
	return true;
}

size_t scenario_version_length(const char *version)
{
	size_t length = version[0] == 'v', digits;

	for (;; length++) {
		digits = strspn(version + length, "0123456789");
		length += digits;
		if (!digits || version[length] != '.')
			return digits ? length : 0;
	}
}

/* Versions begin with a number; a mistyped one would match no kernel, and say nothing. */
static bool may_match_version(const char *pattern)
{
	static const char begin[] = "0123456789*?[", more[] = "0123456789*?[]!.+-_~abcdefghijklmnopqrstuvwxyz";

	pattern += *pattern == 'v';
	return *pattern && strchr(begin, *pattern) && pattern[strspn(pattern, more)] == '\0';
}

/* `6.18+` is that version or a later one: there must be one to compare with. */
static bool parse_pattern(struct parser *p, struct scenario_expectation *e)
{
	struct token token = next_token(p);
	size_t length;

	if (!keep_token(p, token, "a pattern for the kernel's version", e->pattern, sizeof(e->pattern)))
		return false;
	if (!may_match_version(e->pattern))
		return fail_token(p, token, "expected a version, as 6.12, 6.18+ or *, not `%.*s`", QUOTED(token));
	length = strlen(e->pattern) - 1;
	return e->pattern[length] != '+' || (length && scenario_version_length(e->pattern) == length) ||
	       fail_token(p, token, "expected a version of numbers before the +, as in 6.18+, not `%.*s`",
			  QUOTED(token));
}

static bool parse_expectation_body(struct parser *p, struct scenario_expectation *e)
{
	struct token token;

	if (!parse_pattern(p, e) || !parse_conditions(p, e, &token))
		return false;
	if (token_is(token, "pass")) {
		e->kind = EXPECT_PASS;
		return true;
	}
	if (!token_is(token, "finding"))
		return fail_token(p, token, "expected %s%spass, or finding and a coarse signature",
				  e->page_given || *e->has ? "" : "page=64k|4k, ", *e->has ? "" : "has=NAME, ");
	e->kind = EXPECT_FINDING;
	token = next_token(p);
	return keep_token(p, token, "a coarse signature", e->signature, sizeof(e->signature)) &&
	       check_class(p, token, e->signature);
}

/* All of it: what a finding is compared with, word by word. */
static bool parse_signature(struct parser *p, struct scenario_expectation *e)
{
	struct token token = next_token(p);
	const char *layer;

	strcpy(e->pattern, "*");
	if (!keep_token(p, token, "a signature", e->signature, sizeof(e->signature)) ||
	    !check_class(p, token, e->signature))
		return false;
	layer = strchr(e->signature, ':');
	return (layer && strchr(layer + 1, ':')) ||
	       fail_token(p, token, "expected a whole signature, class:layer:..., as reports show it, not `%.*s`",
			  QUOTED(token));
}

static bool parse_expectation(struct parser *p, struct token first)
{
	struct scenario_file *file = p->file;
	struct scenario_expectation e = {0};
	bool embargoed = token_is(first, "embargoed"), signature = token_is(first, "signature");
	unsigned given = 0;

	for (unsigned i = 0; i < CONFIG_COUNT; i++)
		given |= p->config_line[i];
	if (p->config_done || (embargoed && given))
		return fail_token(p, first,
				  embargoed ? "an embargoed entry has no scenario"
					    : "expect and signature belong before the first op");
	if (file->expectation_count == SCENARIO_EXPECTATIONS_MAX)
		return fail_token(p, first, "a file has at most %u expectations", SCENARIO_EXPECTATIONS_MAX);
	p->embargoed |= embargoed;
	if (embargoed || signature)
		e.kind = embargoed ? EXPECT_EMBARGOED : EXPECT_SIGNATURE;
	if (embargoed || signature ? !parse_signature(p, &e) : !parse_expectation_body(p, &e))
		return false;
	file->expectations[file->expectation_count++] = e;
	return expect_end(p);
}

static bool parse_module(struct parser *p, struct token first)
{
	char *module = p->file->module;
	struct token token = next_token(p);

	if (p->config_done || *module)
		return fail_token(p, first,
				  *module ? "module stands there already" : "module belongs before the first op");
	if (!keep_token(p, token, "the hash of a module", module, SCENARIO_MODULE_MAX))
		return false;
	if (token.length < 8 || strspn(module, "0123456789abcdef") != token.length)
		return fail_token(p, token, "expected 8 to 32 hexadecimal digits, the hash of a module, not `%.*s`",
				  QUOTED(token));
	return expect_end(p);
}

/* ---- lines ------------------------------------------------------------------------ */

/* A comment of the leading block: without '#', one blank, and blanks at the end. */
static bool parse_story(struct parser *p, const char *hash)
{
	const char *start = hash + 1, *end = p->line_end;
	char *story = p->file->story;
	size_t used = strlen(story), length;

	if (start < end && *start == ' ')
		start++;
	while (end > start && is_blank(end[-1]))
		end--;
	length = (size_t)(end - start);
	if (used + length + 2 > SCENARIO_STORY_MAX)
		return fail_at(p, p->line, 1, "the story is longer than %u characters", SCENARIO_STORY_MAX - 1);
	memcpy(story + used, start, length);
	story[used + length] = '\n';
	story[used + length + 1] = 0;
	return true;
}

static void finish_story(struct parser *p)
{
	char *story = p->file->story;
	size_t length = strlen(story);

	while (length && story[length - 1] == '\n')
		story[--length] = 0;
	p->story_open = false;
}

static bool parse_header(struct parser *p)
{
	struct token word = next_token(p), version = next_token(p);

	if (!token_is(word, "rcfuzz-scenario"))
		return fail_token(p, word, "expected `rcfuzz-scenario 1` as the first line");
	if (!token_is(version, "1"))
		return fail_token(p, version, "expected version 1, the only one that this rcfuzz reads");
	return expect_end(p);
}

/* One line, from line_start to line_end. */
static bool parse_line(struct parser *p)
{
	struct token first;

	if (p->line == 1)
		return parse_header(p);
	first = next_token(p);
	if (!first.length && first.text < p->line_end)
		return p->story_open ? parse_story(p, first.text) : true;
	if (!first.length) {
		if (*p->file->story)
			finish_story(p);
		return true;
	}
	finish_story(p);
	if (token_is(first, "config"))
		return parse_config(p);
	if (token_is(first, "expect") || token_is(first, "signature") || token_is(first, "embargoed"))
		return parse_expectation(p, first);
	if (token_is(first, "module"))
		return parse_module(p, first);
	if (is_point(p, first))
		return parse_point(p, first);
	if (token_is(first, "return"))
		return parse_return(p, first);
	return parse_op(p, first);
}

/* Only text: no control characters but tabs, and a carriage return at the end. Cuts that off. */
static bool check_line(struct parser *p)
{
	if (p->line_end > p->line_start && p->line_end[-1] == '\r')
		p->line_end--;
	for (const char *c = p->line_start; c < p->line_end; c++) {
		if (((unsigned char)*c < 0x20 && *c != '\t') || *c == 0x7f)
			return fail_at(p, p->line, (unsigned)(c - p->line_start) + 1,
				       "expected text, not a control character (byte 0x%02x)", (unsigned char)*c);
	}
	return true;
}

/* Go to the next line; the first exists even in an empty text. False: there is none. */
static bool next_line(struct parser *p)
{
	const char *newline;

	if (p->next == p->end && p->line)
		return false;
	newline = p->next < p->end ? memchr(p->next, '\n', (size_t)(p->end - p->next)) : NULL;
	p->line++;
	p->line_start = p->at = p->next;
	p->line_end = newline ? newline : p->end;
	p->next = newline ? newline + 1 : p->end;
	return true;
}

bool scenario_text_parse(const char *text, size_t size, struct scenario_file *file, struct scenario_error *error)
{
	struct parser p = {.file = file, .error = error, .story_open = true};

	file->story[0] = file->module[0] = 0;
	file->expectation_count = file->page_line = 0;
	scenario_init(&file->scenario);
	memset(error, 0, sizeof(*error));
	if (size > SCENARIO_FILE_BYTES_MAX)
		return fail_at(&p, 0, 0, "the text is larger than %u KiB", SCENARIO_FILE_BYTES_MAX / 1024);
	p.next = size ? text : "";
	p.end = p.next + size;
	while (next_line(&p)) {
		if (!check_line(&p) || !parse_line(&p))
			return false;
	}
	finish_story(&p);
	if (p.point_open)
		return fail_at(&p, p.line, 1, "expected the op that runs at the point above, or `return`");
	return p.config_done || finish_config(&p);
}

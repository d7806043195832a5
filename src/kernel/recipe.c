// SPDX-License-Identifier: GPL-2.0-only
/* recipe.c: see recipe.h. Knows the kernel's style only as far as a function begins and ends in the first column. */
#include "recipe.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool tree_path_is_safe(const char *path)
{
	size_t component = 0, dots = 0;

	if (!*path || strlen(path) > 512)
		return false;
	for (const char *c = path;; c++) {
		if (*c == '/' || !*c) {
			if (component == 0 || (component == dots && component <= 2))
				return false;
			if (!*c)
				return true;
			component = dots = 0;
			continue;
		}
		if (!isalnum((unsigned char)*c) && !strchr("._-+,", *c))
			return false;
		component++;
		dots += *c == '.';
	}
}

/* ---- parsing ------------------------------------------------------------------ */

struct line {
	const char *begin, *end;
};

/* The next line of the text at *at; false at its end. */
static bool next_line(const char **at, const char *end, struct line *line)
{
	const char *newline;

	if (*at >= end)
		return false;
	newline = memchr(*at, '\n', (size_t)(end - *at));
	line->begin = *at;
	line->end = newline ? newline : end;
	*at = newline ? newline + 1 : end;
	return true;
}

static void trim(struct line *line)
{
	while (line->begin < line->end && isspace((unsigned char)*line->begin))
		line->begin++;
	while (line->end > line->begin && isspace((unsigned char)line->end[-1]))
		line->end--;
}

/* Append a line to a growing text, after a newline if there is text already. False: out of memory. */
static bool append(char **text, struct line line)
{
	size_t old = *text ? strlen(*text) + 1 : 0, more = (size_t)(line.end - line.begin);
	char *grown = realloc(*text, old + more + 1);

	if (!grown)
		return false;
	if (old)
		grown[old - 1] = '\n';
	memcpy(grown + old, line.begin, more);
	grown[old + more] = '\0';
	*text = grown;
	return true;
}

static const char *const key_name[] = {"file", "function", "old", "new"};

static char **key_slot(struct recipe_rule *rule, unsigned key)
{
	char **const slots[] = {&rule->file, &rule->function, &rule->old_text, &rule->new_text};

	return slots[key];
}

static bool is_identifier(const char *s)
{
	if (!isalpha((unsigned char)*s) && *s != '_')
		return false;
	while (isalnum((unsigned char)*s) || *s == '_')
		s++;
	return !*s;
}

/* What is wrong with a complete rule, or NULL. */
static const char *rule_fault(const struct recipe_rule *rule)
{
	if (!tree_path_is_safe(rule->file))
		return "`file` must be a path inside the kernel tree";
	if (!is_identifier(rule->function))
		return "`function` must be a C identifier";
	if (strspn(rule->old_text, " \t\n") == strlen(rule->old_text))
		return "`old` is empty";
	return NULL;
}

int recipe_parse(struct recipe *recipe, const char *name, const char *text, size_t size, char *error, size_t error_size)
{
	const char *at = text, *end = text + size, *fault = NULL;
	struct recipe_rule *rule = NULL;
	unsigned number = 0, key = 3; /* the key that was read last */
	struct line line;
	int result = -EINVAL;

	*recipe = (struct recipe){0};
	recipe->rules = calloc(RECIPE_RULES_MAX, sizeof(*recipe->rules));
	if (!recipe->rules)
		return -ENOMEM;
	if (memchr(text, '\0', size))
		fault = "is not text";
	while (!fault && next_line(&at, end, &line)) {
		size_t length;

		number++;
		if (line.begin < line.end && *line.begin == '|') {
			line.begin++;
			if (!rule || key < 2)
				fault = "a line with `|` follows neither `old` nor `new`";
			else if (key == 2 && rule->old_text[0] == '\0')
				free(rule->old_text), rule->old_text = NULL;
			else if (key == 3 && rule->new_text[0] == '\0')
				free(rule->new_text), rule->new_text = NULL;
			if (!fault && !append(key_slot(rule, key), line))
				goto memory;
			continue;
		}
		trim(&line);
		if (line.begin == line.end || *line.begin == '#')
			continue;
		key = (key + 1) % 4;
		length = strlen(key_name[key]);
		if ((size_t)(line.end - line.begin) <= length || strncmp(line.begin, key_name[key], length) != 0 ||
		    line.begin[length] != ':') {
			snprintf(error, error_size, "%s:%u: expected `%s: ...`", name, number, key_name[key]);
			recipe_free(recipe);
			return -EINVAL;
		}
		if (key == 0) {
			if (rule)
				fault = rule_fault(rule);
			if (recipe->count == RECIPE_RULES_MAX)
				fault = "too many rules";
			if (fault)
				break;
			rule = &recipe->rules[recipe->count++];
			rule->line = number;
		}
		line.begin += length + 1;
		trim(&line);
		if (!append(key_slot(rule, key), line))
			goto memory;
	}
	if (!fault && (!rule || key != 3))
		fault = rule ? "the last rule is incomplete" : "there is no rule";
	if (!fault)
		fault = rule_fault(rule);
	if (!fault)
		return 0;
	snprintf(error, error_size, "%s:%u: %s", name, rule ? rule->line : number, fault);
	recipe_free(recipe);
	return result;
memory:
	snprintf(error, error_size, "%s: out of memory", name);
	recipe_free(recipe);
	return -ENOMEM;
}

void recipe_free(struct recipe *recipe)
{
	for (size_t i = 0; i < recipe->count; i++)
		for (unsigned key = 0; key < 4; key++)
			free(*key_slot(&recipe->rules[i], key));
	free(recipe->rules);
	*recipe = (struct recipe){0};
}

/* ---- applying ----------------------------------------------------------------- */

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* Length of the match of `pattern` at `text` (which ends at `end`), or 0. */
static size_t match_at(const char *pattern, const char *text, const char *end)
{
	const char *t = text;

	while (isspace((unsigned char)*pattern))
		pattern++;
	while (*pattern) {
		if (isspace((unsigned char)*pattern)) {
			char before = pattern[-1];
			bool needed;

			while (isspace((unsigned char)*pattern))
				pattern++;
			if (!*pattern)
				break;
			needed = is_word(before) && is_word(*pattern);
			if (needed && (t == end || !isspace((unsigned char)*t)))
				return 0;
			while (t < end && isspace((unsigned char)*t))
				t++;
			continue;
		}
		if (t == end || *t != *pattern)
			return 0;
		t++;
		pattern++;
	}
	return (size_t)(t - text);
}

/* The pattern's first and last words must be whole words of the text. */
static bool at_word_boundary(const char *text, const char *match, size_t length, const char *end)
{
	if (match > text && is_word(match[-1]) && is_word(match[0]))
		return false;
	return match + length >= end || !is_word(match[length]) || !is_word(match[length - 1]);
}

/*
 * The next definition of `function` at or after `at`: a line that begins with a letter and has the name and a `(`,
 * followed by a line that begins with `{` before any line ends in `;`. It ends with the next line that begins with `}`.
 */
static const char *find_function(const char *at, const char *begin, const char *function, const char **definition_end)
{
	size_t length = strlen(function);

	for (const char *name = strstr(at, function); name; name = strstr(name + 1, function)) {
		const char *line = name, *open, *semicolon, *close;

		if ((name > begin && is_word(name[-1])) || is_word(name[length]) ||
		    name[length + strspn(name + length, " \t")] != '(')
			continue;
		while (line > begin && line[-1] != '\n')
			line--;
		if (!is_word(*line))
			continue;
		open = strstr(name, "\n{");
		semicolon = strstr(name, ";\n");
		if (!open || (semicolon && semicolon < open))
			continue;
		close = strstr(open, "\n}");
		if (!close)
			continue;
		*definition_end = close + 1;
		return line;
	}
	return NULL;
}

char *recipe_apply(const struct recipe_rule *rule, const char *name, const char *text, char *error, size_t error_size)
{
	const char *definition, *end, *at = text, *match = NULL;
	size_t match_length = 0, new_length = strlen(rule->new_text), head;
	unsigned definitions = 0, matches = 0;
	char *result;

	while ((definition = find_function(at, text, rule->function, &end))) {
		definitions++;
		for (const char *t = definition; t < end;) {
			size_t length = match_at(rule->old_text, t, end);

			if (!length || !at_word_boundary(text, t, length, end)) {
				t++;
				continue;
			}
			matches++;
			match = t;
			match_length = length;
			t += length;
		}
		at = end;
	}
	if (matches != 1) {
		if (!definitions)
			snprintf(error, error_size, "%s:%u: %s does not define %s", name, rule->line, rule->file,
				 rule->function);
		else
			snprintf(error, error_size, "%s:%u: `old` matches %u times in %s of %s, not once", name,
				 rule->line, matches, rule->function, rule->file);
		return NULL;
	}
	head = (size_t)(match - text);
	result = malloc(strlen(text) - match_length + new_length + 1);
	if (!result) {
		snprintf(error, error_size, "%s: out of memory", name);
		return NULL;
	}
	memcpy(result, text, head);
	memcpy(result + head, rule->new_text, new_length);
	strcpy(result + head + new_length, match + match_length);
	return result;
}

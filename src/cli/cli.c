// SPDX-License-Identifier: GPL-2.0-only
/*
 * cli.c: option parsing and messages for the verbs.
 *
 * glibc's argp parses; its messages are replaced, because it prints several
 * lines and the program's promise is one that says what to do.
 */
#include "cli.h"

#include "cli/target.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int cli_error(int code, const char *format, ...)
{
	char message[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	for (char *c = message; *c; c++) {
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = ' ';
	}
	fflush(stdout);
	fprintf(stderr, "rcfuzz: %s\n", message);
	return code;
}

int cli_flush(int code)
{
	if (fflush(stdout) || ferror(stdout))
		return cli_error(CLI_IO, "cannot write the output: %s", strerror(errno));
	return code;
}

/* ---- option parsing -------------------------------------------------------- */

enum { KEY_HELP = 0x7f01 };

/* What argp's callback knows of one parse. */
struct parse {
	const struct cli_parser *parser;
	const struct argp *argp;
	int result; /* CLI_PARSED, or the exit code */
};

static void print_help(const struct parse *parse)
{
	char name[64];

	snprintf(name, sizeof(name), "rcfuzz %s", parse->parser->verb);
	argp_help(parse->argp, stdout, ARGP_HELP_SHORT_USAGE | ARGP_HELP_LONG | ARGP_HELP_DOC, name);
}

/* argp met an option that it does not know, or one without its value: say which. */
static int bad_option(const struct cli_parser *parser, const char *word)
{
	size_t length = strcspn(word, "=");

	for (const struct argp_option *o = parser->options; o->name || o->key; o++) {
		bool named = o->name && length == strlen(o->name) + 2 && !strncmp(word + 2, o->name, length - 2);
		bool lettered = word[1] && !word[2] && o->key == word[1];

		if ((named || lettered) && o->arg && !strchr(word, '='))
			return cli_error(CLI_USAGE, "%s: option '%s' needs a value (%s)", parser->verb, word, o->arg);
		if (named)
			return cli_error(CLI_USAGE, "%s: option '--%s' takes no value", parser->verb, o->name);
	}
	return cli_error(CLI_USAGE, "%s: unknown option '%s'; 'rcfuzz %s --help' lists them", parser->verb, word,
			 parser->verb);
}

const char *const cli_formats[] = {"text", "json", NULL};

static int take_value(const struct cli_value *v, const char *option, char *arg)
{
	unsigned choice = 1;
	int result = 0;

	if (v->words)
		result = cli_choice(option, arg, v->words, &choice);
	if (v->flag)
		*v->flag = choice != 0;
	else if (v->choice)
		*v->choice = choice;
	else if (v->text)
		*v->text = arg;
	else if (v->seconds)
		result = cli_duration(option, arg, v->seconds);
	else
		result = cli_number(option, arg, v->min, v->max, v->number);
	return result;
}

static int take_one(const struct cli_parser *parser, int key, char *arg)
{
	int result = parser->target ? target_take(parser->target, key, arg) : ARGP_ERR_UNKNOWN;
	const struct argp_option *option = parser->options;
	char name[64];

	if (result != ARGP_ERR_UNKNOWN)
		return result;
	for (const struct cli_value *v = parser->values; v && v->key; v++) {
		if (v->key != key)
			continue;
		while (option->key != key)
			option++;
		snprintf(name, sizeof(name), "--%s", option->name);
		return take_value(v, name, arg);
	}
	return parser->take(parser->ctx, key, arg);
}

static error_t parse_one(int key, char *arg, struct argp_state *state)
{
	struct parse *parse = state->input;

	switch (key) {
	case KEY_HELP:
		print_help(parse);
		parse->result = cli_flush(CLI_HELP_SHOWN);
		return ECANCELED;
	case ARGP_KEY_ERROR:
		if (parse->result == CLI_PARSED)
			parse->result = bad_option(parse->parser, state->argv[state->next > 1 ? state->next - 1 : 1]);
		return 0;
	case ARGP_KEY_INIT:
	case ARGP_KEY_END:
	case ARGP_KEY_FINI:
	case ARGP_KEY_SUCCESS:
	case ARGP_KEY_NO_ARGS:
	case ARGP_KEY_ARGS:
		return ARGP_ERR_UNKNOWN;
	}
	int result = take_one(parse->parser, key, arg);

	if (result) {
		parse->result = result;
		return ECANCELED;
	}
	return 0;
}

int cli_parse(const struct cli_parser *parser, int argc, char **argv)
{
	size_t count = 0;

	while (parser->options[count].name || parser->options[count].key)
		count++;
	struct argp_option *options = calloc(count + 2, sizeof(*options));

	if (!options)
		return cli_error(CLI_INTERNAL, "out of memory");
	memcpy(options, parser->options, count * sizeof(*options));
	options[count] = (struct argp_option){"help", KEY_HELP, NULL, 0, "print this help", -1};

	const struct argp argp = {
		.options = options,
		.parser = parse_one,
		.args_doc = parser->args,
		.doc = parser->help,
	};
	struct parse parse = {.parser = parser, .argp = &argp, .result = CLI_PARSED};
	error_t error = argp_parse(&argp, argc, argv, ARGP_NO_ERRS | ARGP_NO_HELP, NULL, &parse);

	free(options);
	if (error && parse.result == CLI_PARSED)
		return cli_error(CLI_USAGE, "%s: cannot use these options; 'rcfuzz %s --help' lists them", parser->verb,
				 parser->verb);
	return parse.result;
}

int cli_number(const char *option, const char *text, uint64_t min, uint64_t max, uint64_t *number)
{
	char *end = NULL;

	errno = 0;
	*number = strtoull(text, &end, 0);
	if (errno || end == text || *end || strchr(text, '-') || *number < min || *number > max)
		return cli_error(CLI_USAGE, "%s wants a number from %llu to %llu, not '%s'", option,
				 (unsigned long long)min, (unsigned long long)max, text);
	return 0;
}

int cli_duration(const char *option, const char *text, double *seconds)
{
	static const struct {
		const char *suffix;
		double factor;
	} units[] = {{"", 1}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}, {"ms", 0.001}};
	char *end = NULL;

	*seconds = strtod(text, &end);
	if (end != text && isfinite(*seconds) && *seconds > 0 && *seconds < 1e8) {
		for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
			if (!strcmp(end, units[i].suffix)) {
				*seconds *= units[i].factor;
				return 0;
			}
		}
	}
	return cli_error(CLI_USAGE, "%s wants a time such as 60s, 5m or 2h, not '%s'", option, text);
}

int cli_choice(const char *option, const char *text, const char *const *words, unsigned *choice)
{
	char all[256] = "";

	for (unsigned i = 0; words[i]; i++) {
		if (!strcmp(words[i], text)) {
			*choice = i;
			return 0;
		}
		snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%s", i ? ", " : "", words[i]);
	}
	return cli_error(CLI_USAGE, "%s wants one of %s, not '%s'", option, all, text);
}

/* ---- lists of files -------------------------------------------------------- */

void cli_list_add(struct cli_list *list, const char *item)
{
	char *copy = strdup(item);

	/* Doubles at each power of two. */
	if (copy && !(list->count & (list->count - 1))) {
		size_t room = list->count ? list->count * 2 : 1;
		char **items = reallocarray(list->items, room, sizeof(*items));

		if (items)
			list->items = items;
		else
			free(copy), copy = NULL;
	}
	if (!copy)
		exit(cli_error(CLI_INTERNAL, "out of memory for a list of %zu files", list->count));
	list->items[list->count++] = copy;
}

void cli_list_free(struct cli_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i]);
	free(list->items);
	*list = (struct cli_list){0};
}

#define FOLDER_DEPTH_MAX 16

static bool ends_in(const char *name, const char *suffix)
{
	size_t n = strlen(name), m = suffix ? strlen(suffix) : 0;

	return n > m && !strcmp(name + n - m, suffix ? suffix : "");
}

/* all: what cannot be read is listed. */
static int list_folder(struct cli_list *list, const char *path, const char *suffix, bool all, unsigned depth)
{
	struct dirent **entries;
	int count = scandir(path, &entries, NULL, alphasort), result = 0;

	if (count < 0 && !all)
		return cli_error(CLI_NO_INPUT, "cannot read the folder %s: %s", path, strerror(errno));
	if (count < 0) {
		cli_list_add(list, path);
		return 0;
	}
	for (int i = 0; i < count; i++) {
		char *full = NULL;
		struct stat st;

		if (!result && entries[i]->d_name[0] != '.' && asprintf(&full, "%s/%s", path, entries[i]->d_name) > 0 &&
		    !lstat(full, &st)) {
			if (S_ISREG(st.st_mode) && ends_in(full, suffix))
				cli_list_add(list, full);
			else if (S_ISDIR(st.st_mode) && depth < FOLDER_DEPTH_MAX)
				result = list_folder(list, full, suffix, all, depth + 1);
		}
		free(full);
		free(entries[i]);
	}
	free(entries);
	return result;
}

int cli_list_files(struct cli_list *list, const char *path, const char *suffix)
{
	struct stat st;

	if (stat(path, &st))
		return cli_error(CLI_NO_INPUT, "cannot read %s: %s", path, strerror(errno));
	if (S_ISDIR(st.st_mode))
		return list_folder(list, path, suffix, false, 0);
	cli_list_add(list, path);
	return 0;
}

void cli_list_all(struct cli_list *list, const char *path, const char *suffix)
{
	struct stat st;

	if (!stat(path, &st) && S_ISDIR(st.st_mode))
		list_folder(list, path, suffix, true, 0);
	else
		cli_list_add(list, path);
}

/* ---- terminals ------------------------------------------------------------- */

bool cli_terminal(int fd)
{
	const char *term = getenv("TERM");

	return isatty(fd) && !(term && !strcmp(term, "dumb"));
}

bool cli_colour(int fd)
{
	const char *no_colour = getenv("NO_COLOR");

	return cli_terminal(fd) && !(no_colour && *no_colour);
}

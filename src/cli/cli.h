/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cli.h: what the verbs share: their table, option parsing, the one form of an
 * error message, exit codes. A verb lives in a file of its own.
 */
#ifndef RCFUZZ_CLI_H
#define RCFUZZ_CLI_H

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Exit codes of all verbs but check, which speaks kselftest (check.c). */
enum cli_exit {
	CLI_CLEAN = 0,
	CLI_FINDING = 1,
	CLI_USAGE = 64,
	CLI_BAD_INPUT = 65,
	CLI_NO_INPUT = 66,
	CLI_INTERNAL = 70,
	CLI_IO = 74,
	CLI_INTERRUPTED = 130, /* as of a process that the signal has ended, where there is nothing to tell yet */
};

/* argv[0] is the verb. Returns the exit code. */
typedef int verb_main(int argc, char **argv);

#define VERBS(X)                                                                                                       \
	X(run, "fuzz a kernel tree or a module")                                                                       \
	X(replay, "run scenarios, print the timeline and the verdict")                                                 \
	X(check, "run a regression corpus against kernels (KTAP); git bisect")                                         \
	X(minimize, "shrink a scenario, keeping what it shows")                                                        \
	X(triage, "a folder of inputs -> one scenario and report a finding")                                           \
	X(explore, "every schedule of a few ops that overlap")                                                         \
	X(report, "findings as text, HTML, mail, JSON, SARIF or KTAP")                                                 \
	X(corpus, "merge, minimize, stats")                                                                            \
	X(convert, "binary scenario <-> text")                                                                         \
	X(conform, "the same scenarios here and on an unmodified kernel in emulation")                                 \
	X(confirm, "does a finding happen on an unmodified kernel in emulation")                                       \
	X(build, "build a module from a kernel tree")                                                                  \
	X(info, "what a module was built from")                                                                        \
	X(bench, "how fast scenarios run here (ci/bench makes a table of it)")

#define VERB_DECLARE(name, help) verb_main verb_##name;
VERBS(VERB_DECLARE)

/* Print "rcfuzz: <message>" on stderr, one line whatever the message holds. Returns `code`. */
int cli_error(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Write out what stdout still holds: `code`, or CLI_IO with a message when that fails (a full disk). */
int cli_flush(int code);

/* ---- option parsing -------------------------------------------------------- */

/*
 * An option that only says something: where that goes, one of these. flag: it is there; a choice of words (by its
 * index, NULL-terminated) can be a flag too, that it is not the first.
 */
struct cli_value {
	int key; /* 0: no more */
	const char **text;
	bool *flag;
	double *seconds;
	uint64_t *number, min, max;
	unsigned *choice;
	const char *const *words;
};
extern const char *const cli_formats[]; /* text, json */

struct target_choice;
struct cli_parser {
	const char *verb;
	const char *args;		   /* "FILE..." */
	const char *help;		   /* what it does, then '\v' and examples */
	const struct argp_option *options; /* --help is added */
	/* Take one option that is none of those below, or one argument (ARGP_KEY_ARG). 0, or an exit code after
	 * cli_error.
	 */
	int (*take)(void *ctx, int key, char *arg);
	void *ctx;
	const struct cli_value *values; /* NULL: none */
	struct target_choice *target;	/* TARGET_OPTIONS are among the options, NULL: not */
};

#define CLI_PARSED 0
#define CLI_HELP_SHOWN (-1) /* main() makes a 0 of it */
/* CLI_PARSED: go on. Otherwise what the verb is to return: CLI_HELP_SHOWN, or an exit code after one clear line. */
int cli_parse(const struct cli_parser *parser, int argc, char **argv);

/* Numbers and times of options. 0, or CLI_USAGE after cli_error; `option` is for the message. */
int cli_number(const char *option, const char *text, uint64_t min, uint64_t max, uint64_t *number);
int cli_duration(const char *option, const char *text, double *seconds); /* 90, 90s, 5m, 2h */

/* One of the words (NULL-terminated): its index in *choice. 0, or CLI_USAGE after cli_error. */
int cli_choice(const char *option, const char *text, const char *const *words, unsigned *choice);

/* A list of arguments: grows, never fails (out of memory ends the program with a message). */
struct cli_list {
	char **items;
	size_t count;
};
void cli_list_add(struct cli_list *list, const char *item);
/*
 * The files below a folder (not hidden, not through links), sorted, those that
 * end in `suffix` only (NULL: all); or the file itself. 0, or CLI_NO_INPUT.
 */
int cli_list_files(struct cli_list *list, const char *path, const char *suffix);
/* The same for who tells of each by itself: what is not there, or a folder that cannot be read, is listed too. */
void cli_list_all(struct cli_list *list, const char *path, const char *suffix);
void cli_list_free(struct cli_list *list);

/* True if colour and a live line may be written to this stream: a terminal, and no NO_COLOR (colour only). */
bool cli_terminal(int fd);
bool cli_colour(int fd);

#endif

// SPDX-License-Identifier: GPL-2.0-only
/* main.c: the table of verbs. */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

struct verb {
	const char *name, *help;
	verb_main *main;
};

static const struct verb verbs[] = {
#define VERB_ROW(name, help) {#name, help, verb_##name},
	VERBS(VERB_ROW)};

static int help(void)
{
	printf("rcfuzz: fuzzes how Linux on POWER keeps dirty bits of nested guests in sync\n\n"
	       "usage: rcfuzz VERB [OPTION...]\n\n");
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		printf("  %-10s %s\n", verbs[i].name, verbs[i].help);
	printf("\n'rcfuzz VERB --help' tells more. To begin:\n\n"
	       "  rcfuzz run --time 60s                  fuzz the newest linux-source package\n"
	       "  rcfuzz run --time 60s --kernel ~/linux a tree of your own\n\n"
	       "exit: 0 nothing new found, 1 a finding, 64 usage, 65 bad input, 66 input missing,\n"
	       "70 internal error, 74 cannot read or write\n");
	return cli_flush(CLI_CLEAN);
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";

	if (!strcmp(name, "help") || !strcmp(name, "--help") || !strcmp(name, "-h"))
		return help();
	if (!strcmp(name, "version") || !strcmp(name, "--version")) {
		printf("rcfuzz %s\n", RCFUZZ_VERSION);
		return cli_flush(CLI_CLEAN);
	}
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (!strcmp(name, verbs[i].name)) {
			int code = verbs[i].main(argc - 1, argv + 1);

			return code == CLI_HELP_SHOWN ? CLI_CLEAN : code;
		}
	}
	if (!*name)
		return cli_error(CLI_USAGE, "name a verb; 'rcfuzz --help' lists them");
	return cli_error(CLI_USAGE, "unknown verb '%s'; 'rcfuzz --help' lists them", name);
}

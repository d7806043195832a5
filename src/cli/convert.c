// SPDX-License-Identifier: GPL-2.0-only
/* convert.c: `rcfuzz convert`: binary scenario <-> text. */
#include "base/file.h"
#include "cli/cli.h"
#include "cli/load.h"
#include "scenario/codec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct convert_options {
	struct cli_list files;
	const char *output;
	bool binary;
};

enum { KEY_TO = 1000 };

static const struct argp_option options[] = {
	{"output", 'o', "FILE", 0, "where it goes (default: stdout)", 0},
	{"to", KEY_TO, "FORM", 0, "text (default) or binary", 0},
	{0},
};

static const char help[] = "Converts a scenario between the text form and the binary form that engines use.\v"
			   "Examples:\n"
			   "  rcfuzz convert crash-1a2b3c > crash.txt\n"
			   "  rcfuzz convert --to binary story.txt -o story.bin";

static int take(void *ctx, int key, char *arg)
{
	struct convert_options *o = ctx;

	(void)key;
	cli_list_add(&o->files, arg);
	return 0;
}

static int write_out(const struct convert_options *o, const void *bytes, size_t n)
{
	char error[512];

	if (o->output) {
		if (file_write_atomic(o->output, bytes, n, error, sizeof(error)))
			return cli_error(CLI_IO, "%s", error);
		return CLI_CLEAN;
	}
	if (o->binary && isatty(STDOUT_FILENO))
		return cli_error(CLI_USAGE, "the binary form is not for a terminal: name a file with -o");
	fwrite(bytes, 1, n, stdout);
	return cli_flush(CLI_CLEAN);
}

static int convert(const struct convert_options *o)
{
	struct scenario_file *file = malloc(sizeof(*file));
	char *bytes = malloc(SCENARIO_TEXT_MAX);
	int code = CLI_INTERNAL;
	size_t n;

	if (file && bytes)
		code = load_scenario(o->files.items[0], file);
	else
		cli_error(CLI_INTERNAL, "out of memory");
	if (!code && o->binary && scenario_file_embargoed(file))
		code = cli_error(CLI_BAD_INPUT, "%s is embargoed: it holds no scenario", o->files.items[0]);
	if (!code) {
		n = o->binary ? scenario_encode(&file->scenario, (uint8_t *)bytes, SCENARIO_TEXT_MAX)
			      : scenario_text_write(file, bytes, SCENARIO_TEXT_MAX);
		code = write_out(o, bytes, n);
	}
	free(bytes);
	free(file);
	return code;
}

int verb_convert(int argc, char **argv)
{
	struct convert_options o = {0};
	static const char *const forms[] = {"text", "binary", NULL};
	const struct cli_value values[] = {
		{KEY_TO, .flag = &o.binary, .words = forms},
		{'o', .text = &o.output},
		{0},
	};
	const struct cli_parser parser = {"convert", "FILE", help, options, take, &o, .values = values};
	int code = cli_parse(&parser, argc, argv);

	if (code == CLI_PARSED && o.files.count != 1)
		code = cli_error(CLI_USAGE, "convert wants one file: rcfuzz convert FILE -o OUT");
	if (code == CLI_PARSED)
		code = convert(&o);
	cli_list_free(&o.files);
	return code;
}

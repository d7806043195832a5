// SPDX-License-Identifier: GPL-2.0-only
/* seeds.c: text and binary scenarios -> a folder of binary ones that engines read. */
#include "cli/seeds.h"

#include "base/file.h"
#include "base/rng.h"
#include "cli/cli.h"
#include "cli/load.h"
#include "scenario/codec.h"
#include "scenario/generate.h"
#include "scenario/scenario_file.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#define GENERATED 64u
#define WARNINGS_MAX 5u

struct seeds {
	const char *out;
	struct scenario_file file;
	uint8_t bytes[CODEC_BYTES_MAX];
	unsigned bad, page_shift; /* page_shift: of the module */
	unsigned other_page;
	char remark[LOAD_TEXT]; /* on the first of those that were written for another page size */
	size_t good, room;
	uint64_t *hashes; /* of the good ones: their names */
};

static int write_seed(struct seeds *seeds, const struct scenario *s)
{
	size_t n = scenario_encode(s, seeds->bytes, sizeof(seeds->bytes));
	uint64_t hash = XXH3_64bits(seeds->bytes, n);
	char path[4096], error[512];

	if (seeds->good == seeds->room) {
		size_t room = 2 * seeds->room + 256;
		uint64_t *hashes = realloc(seeds->hashes, room * sizeof(*hashes));

		if (!hashes)
			return cli_error(CLI_INTERNAL, "out of memory");
		seeds->hashes = hashes;
		seeds->room = room;
	}
	seeds->hashes[seeds->good++] = hash;
	snprintf(path, sizeof(path), "%s/seeds/%016llx", seeds->out, (unsigned long long)hash);
	/* What it holds is its name. */
	if (!access(path, R_OK) || !file_write_atomic(path, seeds->bytes, n, error, sizeof(error)))
		return 0;
	return cli_error(CLI_IO, "%s", error);
}

static int compare_hashes(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Those of an earlier run: with its generated ones the folder would grow each time. */
static void remove_others(struct seeds *seeds)
{
	char folder[2048], path[4096], *end;
	struct dirent *entry;
	uint64_t hash;
	DIR *dir;

	snprintf(folder, sizeof(folder), "%s/seeds", seeds->out);
	dir = opendir(folder);
	qsort(seeds->hashes, seeds->good, sizeof(*seeds->hashes), compare_hashes);
	while (dir && (entry = readdir(dir))) {
		hash = strtoull(entry->d_name, &end, 16);
		if (strspn(entry->d_name, "0123456789abcdef") != 16 || *end ||
		    bsearch(&hash, seeds->hashes, seeds->good, sizeof(hash), compare_hashes))
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		unlink(path);
	}
	if (dir)
		closedir(dir);
}

static int add_file(struct seeds *seeds, const char *path)
{
	struct scenario_error error;
	char text[LOAD_TEXT];

	if (scenario_file_load(path, &seeds->file, &error)) {
		if (seeds->bad++ < WARNINGS_MAX)
			fprintf(stderr, "rcfuzz: left out: %s%s%s\n", error.line ? path : "", error.line ? ": " : "",
				error.message);
		return 0;
	}
	if (scenario_file_embargoed(&seeds->file))
		return 0;
	if (load_page_remark(path, &seeds->file, seeds->page_shift, text, sizeof(text)) && !seeds->other_page++)
		snprintf(seeds->remark, sizeof(seeds->remark), "%s", text);
	return write_seed(seeds, &seeds->file.scenario);
}

static int add_folder(struct seeds *seeds, const char *folder)
{
	struct cli_list files = {0};
	int code = cli_list_files(&files, folder, NULL);

	for (size_t i = 0; !code && i < files.count; i++)
		code = add_file(seeds, files.items[i]);
	cli_list_free(&files);
	if (seeds->bad > WARNINGS_MAX)
		fprintf(stderr, "rcfuzz: left out: %u files in all\n", seeds->bad);
	return code;
}

/* corpus/seeds, named or not: what is in it is for both. */
static bool is_own(const char *corpus)
{
	struct stat its, own;
	char shared[PATH_MAX];

	return !corpus || (load_shared("corpus/seeds", shared) && !stat(shared, &own) && !stat(corpus, &its) &&
			   its.st_dev == own.st_dev && its.st_ino == own.st_ino);
}

static void tell_other_page(const struct seeds *seeds)
{
	if (seeds->other_page > 1)
		cli_error(0, "%s (so it is with %u more files)", seeds->remark, seeds->other_page - 1);
	else if (seeds->other_page)
		cli_error(0, "%s", seeds->remark);
}

static int add_generated(struct seeds *seeds, uint32_t seed)
{
	const struct generate_options options = {
		.ops_max = 48, .page = seeds->page_shift == 12 ? PAGE_4K : PAGE_64K, .l1 = L1_ANY};
	struct rng rng;
	int code = 0;

	rng_seed(&rng, seed);
	for (unsigned i = 0; !code && i < GENERATED; i++) {
		scenario_generate(&seeds->file.scenario, &rng, &options);
		code = write_seed(seeds, &seeds->file.scenario);
	}
	return code;
}

int seeds_prepare(const char *corpus, const char *out, uint32_t seed, unsigned page_shift)
{
	struct seeds *seeds = calloc(1, sizeof(*seeds));
	char shared[PATH_MAX];
	const char *folder = corpus ? corpus : load_shared("corpus/seeds", shared) ? shared : NULL;
	int code = 0;

	if (!seeds)
		return cli_error(CLI_INTERNAL, "out of memory");
	seeds->out = out;
	seeds->page_shift = page_shift;
	if (folder)
		code = add_folder(seeds, folder);
	if (!is_own(corpus))
		tell_other_page(seeds);
	if (!code && corpus && !seeds->good && seeds->bad)
		code = cli_error(CLI_BAD_INPUT, "none of the files below %s is a scenario", corpus);
	if (!code)
		code = add_generated(seeds, seed);
	if (!code)
		remove_others(seeds);
	free(seeds->hashes);
	free(seeds);
	return code;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * conform_tally.h: how far a comparison with the stage has come: one file for each kernel and seed, so that it can be
 * interrupted, goes on where it was, and several can run at a time.
 */
#ifndef RCFUZZ_CONFORM_TALLY_H
#define RCFUZZ_CONFORM_TALLY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct tally {
	char kernel[64], package[128]; /* the stage's name, and Debian's */
	char module[80];	       /* hash of our side */
	uint64_t seed;
	uint64_t scenarios; /* random ones compared; the next has this number */
	uint64_t ops, differences;
	uint64_t stage_ended; /* how often the emulated kernel did not survive, or hung */
};

/*
 * Find what was written for this kernel, package, module and seed; nothing: all counts are 0. False: what is there was
 * made with others, or cannot be read; *error says what to do.
 */
bool tally_read(const char *folder, struct tally *tally, char *error, size_t error_size);
/* False: *error says why. The old file is then untouched. */
bool tally_write(const char *folder, const struct tally *tally, char *error, size_t error_size);

/* One line for each tally of the folder, and their sum. */
void tally_print_all(FILE *out, const char *folder);

#endif

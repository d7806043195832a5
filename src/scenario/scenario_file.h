/* SPDX-License-Identifier: GPL-2.0-only */
/* scenario_file.h: scenarios in files, and what a corpus entry expects of a kernel. */
#ifndef RCFUZZ_SCENARIO_FILE_H
#define RCFUZZ_SCENARIO_FILE_H

#include "text.h"

/*
 * Load a file, text or binary: binary is whatever is not text, so inputs of
 * fuzzing engines can be given as they are. Returns 0, or -errno with *error:
 * -EBADMSG it is text, but wrong at error->line and column; -EFBIG too large;
 * anything else (error->line 0): it could not be read.
 */
int scenario_file_load(const char *path, struct scenario_file *file, struct scenario_error *error);

/* The same from memory. True, or false and *error. */
bool scenario_file_parse(const void *data, size_t size, struct scenario_file *file, struct scenario_error *error);

/* Write the text form, atomically. 0, or -errno with error->message. */
int scenario_file_save(const char *path, const struct scenario_file *file, struct scenario_error *error);

/* True if the entry has no scenario, only signatures that are known. */
bool scenario_file_embargoed(const struct scenario_file *file);

/*
 * Was it written for kernels of another page size than this (enum scenario_PAGE) alone? A text that says page=, and
 * expects nothing of kernels with this one. It runs on them all the same, with as many pages.
 */
bool scenario_file_other_page(const struct scenario_file *file, unsigned page);

/* What an expectation may ask of a kernel. */
struct scenario_kernel {
	const char *version; /* "6.12.43", "v6.1-rc3" */
	unsigned page;	     /* enum scenario_PAGE */
	const char *has;     /* names of properties, one a line; NULL: none */
};

/* What is expected of that kernel: the first line that matches; NULL: nothing is said. */
const struct scenario_expectation *scenario_file_expectation(const struct scenario_file *file,
							     const struct scenario_kernel *kernel);

/* Is a finding with this coarse signature the one that *e speaks of? */
bool scenario_expectation_covers(const struct scenario_expectation *e, const char *coarse);

/* Is it one of the full signatures that the entry lists? True as well where it lists none. */
bool scenario_file_lists(const struct scenario_file *file, const char *signature);

#endif

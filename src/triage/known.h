/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * known.h: findings that a corpus lists already, so that a run can tell what is
 * new: entries that expect a finding of this kernel, and embargoed ones, which hold
 * no scenario. They go by the full signatures that they list; an entry that lists
 * none goes by the coarse one that it expects.
 */
#ifndef RCFUZZ_KNOWN_H
#define RCFUZZ_KNOWN_H

#include "run/finding.h"
#include "scenario/scenario_file.h"

#include <stddef.h>

struct known;

/*
 * Read all entries of a folder and those below it, for a kernel. Entries that are
 * malformed are left out, but for the embargoed signatures before the error: tell (may be NULL) gets a message for
 * each, with file, line and column. NULL: the folder cannot be read, or no memory (error).
 */
struct known *known_load(const char *folder, const struct scenario_kernel *kernel, void (*tell)(const char *message),
			 char *error, size_t error_size);
void known_free(struct known *known);

/*
 * How many entries list this finding, and their file names, "a.txt, b.txt", in the order of known_load: those that are
 * about it, or else those that list it as something that comes along. Several have one signature if one cause shows in
 * several ways. What of the names does not fit is counted.
 */
size_t known_match(const struct known *known, const struct finding *finding, char *names, size_t size);
/* Is it one that the kernel's security list hears of first? An entry says so. */
bool known_embargoed(const struct known *known, const struct finding *finding);
/* Say so in each that is; what is marked stays marked. */
void known_mark_embargoed(const struct known *known, struct finding *findings, size_t count);
/* The message for the first entry that was left out, NULL: there was none. */
const char *known_left_out(const struct known *known);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * known.h: findings that a corpus lists already, so that a run can tell what is
 * new: entries that expect a finding of this kernel (by coarse signature), and
 * embargoed ones (by full signature, they hold no scenario).
 */
#ifndef RCFUZZ_KNOWN_H
#define RCFUZZ_KNOWN_H

#include "run/finding.h"

#include <stddef.h>

struct known;

/*
 * Read all entries of a folder and those below it. version and page (enum
 * scenario_PAGE): of the target. Entries that are malformed are left out: tell
 * (may be NULL) gets a message for each, with file, line and column. NULL: the
 * folder cannot be read, or no memory (error).
 */
struct known *known_load(const char *folder, const char *version, unsigned page, void (*tell)(const char *message),
			 char *error, size_t error_size);
void known_free(struct known *known);

/* The file name of the entry that lists this finding, NULL if none does. */
const char *known_match(const struct known *known, const struct finding *finding);

#endif

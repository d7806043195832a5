/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * embargo.h: which findings the kernel's security list hears of first. A class tells
 * by itself (record_embargo); for the others entries of the known findings do. All
 * verbs that report mark findings here, so that no form of a report forgets it.
 */
#ifndef RCFUZZ_CLI_EMBARGO_H
#define RCFUZZ_CLI_EMBARGO_H

#include "report/timeline.h"
#include "triage/known.h"

#define EMBARGO_FOLDERS 3u

struct embargo {
	size_t count;
	struct known *lists[EMBARGO_FOLDERS];
};

/*
 * Read what is embargoed. known: the folder that --known names; NULL: each corpus/known that is here, where rcfuzz was
 * built, and where it is installed: a folder that happens to be here must not hide what is embargoed elsewhere. sure:
 * the report is for others to read, and an entry that cannot be read is an error; otherwise it is told and left out.
 * 0, or an exit code after cli_error. embargo_close in either case.
 */
int embargo_open(struct embargo *embargo, const char *known, bool sure);
/* The same of folders, of which those that are not there are passed over. */
int embargo_read(struct embargo *embargo, const char *const folders[], size_t count, bool sure);
void embargo_close(struct embargo *embargo);

/* Mark what an entry lists; what is marked stays marked. */
void embargo_mark(const struct embargo *embargo, struct finding *findings, size_t count);
/* The finding that is told, and all others of its run. */
void embargo_mark_timeline(const struct embargo *embargo, struct timeline *t);
/* The records of a folder. False: out of memory. */
bool embargo_mark_records(const struct embargo *embargo, cJSON *records);

/* A line for what is printed of one finding alone, if it is embargoed. record: of it, or NULL. */
void embargo_say(FILE *out, const struct finding *finding, const cJSON *record);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * record.h: what is kept of a finding: the finding, where its scenario lies, and
 * when it was met. One record is one line of findings.jsonl (schema 1: fields
 * may be added, never changed).
 */
#ifndef RCFUZZ_RECORD_H
#define RCFUZZ_RECORD_H

#include "run/finding.h"

#include <cjson/cJSON.h>
#include <stddef.h>

#define RECORD_ID 48
#define RECORD_PATH 80
#define RECORD_KNOWN 320

struct record {
	/* Class and a hash of the signature: the same in every run. Where a folder has that one of another kernel, the
	 * beginning of the module's hash follows. */
	char id[RECORD_ID];
	struct finding finding;
	char scenario[RECORD_PATH]; /* path in the output folder */
	char known[RECORD_KNOWN];   /* the corpus entries that list it; "": none, it is new */
	uint32_t ops, preemptions;  /* of the scenario */
	bool minimized;
	bool kept;		     /* scenario, and what is told of it, are those of an earlier run into the folder */
	bool recounts;		     /* count is of all inputs, whatever was counted before */
	uint64_t seed, count, execs; /* count: how often met; execs: how many scenarios before it */
	uint64_t count_before;	     /* by earlier runs into the folder */
	double seconds;		     /* since the start of the run */
};

void record_id(char id[RECORD_ID], const struct finding *finding);

/*
 * The record as JSON; the caller deletes it. target_info: the module's JSON
 * (runner_target_info), of which the fields of the schema are taken. NULL: out
 * of memory.
 */
cJSON *record_json(const struct record *record, const char *target_info);

/* "callers": [{function, file, line}], innermost first. */
bool record_json_callers(cJSON *object, const struct finding_caller *callers, uint32_t count);
/* The members of a finding alone (class .. writers), for other JSON outputs. */
bool record_json_finding(cJSON *object, const struct finding *finding);

/* The schema's part of a module's JSON: tree, version, page_size, compiler, hash, patches, recipes. Never NULL but out
 * of memory. */
cJSON *record_json_target(const char *target_info);

/*
 * What a corpus entry may ask of the kernel of a module, out of its JSON, one a line: features of the tree, and
 * patches and recipes that it was built with, by the names of their files without what follows the last dot. The
 * caller frees it. NULL: out of memory.
 */
char *record_properties(const cJSON *info);

/* A string member of a record read back, "" if absent. */
const char *record_string(const cJSON *record, const char *member);
double record_number(const cJSON *record, const char *member);

/*
 * Read findings.jsonl text: the last record of each id, in order of first
 * appearance, as an array that the caller deletes. Lines that are no records
 * are counted in *bad_lines and left out. NULL: out of memory.
 */
cJSON *record_read_lines(const char *text, size_t n, size_t *bad_lines);

/*
 * Does the kernel's security list hear of it first? If its class means that a guest reaches what is not its own, or
 * an entry of the corpus lists it as embargoed. Returns why, in one sentence; NULL: anybody may know.
 */
const char *record_embargo(const struct finding *finding);
/* The same of a record read back. */
const char *record_json_embargo(const cJSON *record);
/* To stand behind its title: " (Report this ...)", "" if anybody may know. */
const char *record_json_embargo_remark(const cJSON *record);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* triage.h: what `rcfuzz triage` knows, shared by its files only. */
#ifndef RCFUZZ_CLI_TRIAGE_H
#define RCFUZZ_CLI_TRIAGE_H

#include "cli/cli.h"
#include "cli/embargo.h"
#include "cli/inputs.h"
#include "cli/target.h"
#include "report/store.h"
#include "run/run.h"
#include "triage/known.h"

#include <stdio.h>

#define TRIAGE_CLUSTERS_MAX STORE_FINDINGS_MAX

struct triage_options {
	struct target_choice target;
	struct cli_list files;
	struct inputs_left left;
	uint64_t jobs;
	const char *out, *known;
	bool json, raw; /* raw: nothing is minimised */
};

enum input_state {
	INPUT_TODO,
	INPUT_BAD, /* no scenario */
	INPUT_SILENT,
	INPUT_SHOWS,
};

/* What one input shows on one kernel; which clusters. */
struct input {
	uint8_t state; /* enum input_state */
	uint8_t count;
	uint16_t clusters[RUN_FINDINGS_MAX];
	char *why; /* it is bad; NULL: out of memory */
};

/* How a minimised scenario stands on a kernel. */
enum cell { CELL_UNKNOWN, CELL_ABSENT, CELL_SHOWS, CELL_SIMILAR, CELL_OTHER, CELL_DIED, CELL_COUNT };

/* A distinct finding, and the smallest input that shows it. */
struct cluster {
	struct finding finding;
	size_t kernel; /* the first that shows it */
	size_t input, count;
	uint32_t ops;
	char known[RECORD_KNOWN];
	struct record *record; /* of the store; NULL: nothing is saved yet */
	/* What stands in D: */
	char id[RECORD_ID], scenario[RECORD_PATH];
	uint32_t scenario_ops;
	bool minimized;
	size_t place; /* in the order in which they came */
};

struct kernel {
	const char *module;
	struct target_facts facts;
	char hash[40]; /* of the module */
	struct known *known;
	struct store *store;
	struct input *inputs;
	size_t bad, remarks, silent, died, replayed, resumed;
	uint8_t cells[TRIAGE_CLUSTERS_MAX]; /* enum cell */
};

struct triage {
	const struct triage_options *options;
	size_t kernel_count;
	struct kernel *kernels;
	size_t cluster_count, clusters_dropped;
	struct cluster clusters[TRIAGE_CLUSTERS_MAX];
	FILE *journal;
	struct embargo embargo;			 /* without --known */
	bool interrupted, new_finding, internal; /* rcfuzz itself failed on an input */
	double told;				 /* when progress was last shown */
	int code;
};

/* The cluster of a finding that an input shows on a kernel; it may be new. NULL: there are too many. */
struct cluster *triage_cluster(struct triage *t, size_t kernel, size_t input, const struct finding *finding,
			       uint32_t ops);

/* ---- triage_journal.c: what was replayed is not replayed again when the same command is given again ------ */

/* Read D/journal.jsonl: inputs that have not changed since get their state and clusters. Then open it to append. */
int journal_open(struct triage *t);
/* One input on one kernel is done. findings: count of them. */
void journal_add(struct triage *t, size_t kernel, size_t input, enum input_state state, uint32_t ops,
		 const struct finding *findings, uint32_t count);
/* 0, or an exit code after cli_error. */
int journal_close(struct triage *t);

/* ---- triage_output.c ------------------------------------------------------------------------------------- */

/* A line on how far it is, now and then. */
void triage_progress(struct triage *t, const char *what, size_t done, size_t total, bool last);
/* index.txt in D and the summary on stdout (text or JSON). 0, or an exit code after cli_error. */
int triage_output(struct triage *t);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * supervisor.h: a fuzzing run: worker processes, what they find, how it ends.
 *
 * The supervisor never runs the code under test itself, so nothing that code
 * does can take down the findings.
 */
#ifndef RCFUZZ_SUPERVISOR_H
#define RCFUZZ_SUPERVISOR_H

#include "fuzz/engine.h"
#include "report/store.h"
#include "triage/known.h"

#define JOBS_MAX 256u

struct run_plan {
	const char *module, *target_info; /* the module and its JSON */
	enum engine_kind engine;
	unsigned jobs;
	uint32_t seed;
	double seconds;	     /* 0: no limit */
	double hang_seconds; /* a process that takes longer for one scenario is killed; 0: what is sane */
	uint64_t execs;	     /* of all jobs together; 0: no limit */
	const char *out;     /* folder */
	struct entry_limits limits;
	bool stop_on_first;
	uint32_t fail_classes;	   /* bits 1 << class: these make the run fail */
	const struct known *known; /* may be NULL */
	bool live;		   /* stderr is a terminal: one line that is written over */
	bool colour;
	unsigned memory_mb; /* of a worker; 0: no limit */
};

struct run_totals {
	double seconds;
	uint64_t execs, ops, accesses, faults, spurious, named;
	uint32_t coverage, states, corpus, deaths;
	uint64_t too_slow;    /* scenarios that were cut */
	uint64_t dropped;     /* findings beyond what is kept */
	unsigned unverified;  /* deaths of workers that did not come again */
	unsigned unminimized; /* findings that were not shrunk before the end */
	bool failed;	      /* a new finding of a class that fails the run */
	bool interrupted;
};

/*
 * Run it. Folders of plan->out (findings, corpus, seeds, log) exist. Findings go
 * to the store. 0: it ran to its end, or was told to stop; otherwise one of
 * enum run_error, with a message in error.
 */
enum run_error { RUN_OK, RUN_ERROR_INTERNAL, RUN_ERROR_IO, RUN_KILLED };
enum run_error supervise(const struct run_plan *plan, struct store *store, struct run_totals *totals, char *error,
			 size_t error_size);

#endif

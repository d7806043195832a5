/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * entry.h: the one entry point of all engines: bytes -> one scenario run, its
 * findings handed on, its counters added up. libFuzzer, AFL++, the random engine
 * and the engine-free driver differ only in where the bytes come from.
 */
#ifndef RCFUZZ_ENTRY_H
#define RCFUZZ_ENTRY_H

#include "fuzz/link.h"
#include "run/lock_graph.h"
#include "run/run.h"
#include "scenario/scenario.h"

/* Which scenarios are run; what exceeds the limits is dropped from them. */
struct entry_limits {
	bool well_behaved; /* no ops of a misbehaving L1 */
	bool preempt;	   /* ops may run inside others, */
	uint8_t level;	   /* at yield points of this level (enum scenario_LEVEL), */
	uint8_t strategy;  /* which are chosen so (enum strategy, strategy.h) */
	bool verify;	   /* what a chooser did is done again: the same trace, or the worker fails */
	uint32_t ops_max;  /* 0: as many as fit */
};

struct entry {
	struct runner *runner;
	struct link *link; /* where findings and counts go; NULL: nowhere, look at outcome */
	uint8_t *counters; /* RUN_STATES bytes, 8-aligned, that the engine reads as coverage and clears; or NULL */
	struct entry_limits limits;
	struct lock_graph *locks; /* of all runs, with a link to note what is new; NULL: nobody looks */
	uint64_t execs_max;	  /* entry_done after so many; 0: no limit */
	/* Of the last run: */
	struct scenario scenario;
	struct run_outcome outcome;
	/* Of the last run by a schedule: what the chooser was given, and where its ops touch the same. */
	struct scenario base;
	struct scenario_aims aims;
	/* Scratch, here so that a run needs no large stack. */
	struct link_message message;
};

/* Zeroed memory is a good start; set runner and what else is wanted. */

/*
 * A finding is that of entry->scenario, but for locks that several scenarios take in two orders: then entry->scenario
 * and entry->outcome are, when a run without a link returns, those of a splice (lock_graph.h).
 */

/* Decode and run one input. */
void entry_run(struct entry *entry, const uint8_t *bytes, size_t n);
/* The same for a scenario that lies in entry->scenario already (canonical, within the limits). */
void entry_run_scenario(struct entry *entry);
/* The same; if the process dies, this is what it died of, and not run if one has. False: it was not. */
bool entry_run_noted(struct entry *entry);
/* The same by a schedule; it becomes what was run. */
bool entry_run_schedule(struct entry *entry, const struct run_schedule *schedule);
/* entry->scenario is what runs now, should the process die. */
void entry_note_input(struct entry *entry);
/* Apply the limits (well_behaved, ops_max, the module's page size) to entry->scenario: canonical afterwards. */
void entry_limit(struct entry *entry);
/* Is it time to end: told to stop, or execs_max reached? */
bool entry_done(const struct entry *entry);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* session.h: the state of a run, shared by the files of the supervisor only. */
#ifndef RCFUZZ_SESSION_H
#define RCFUZZ_SESSION_H

#include "base/process.h"
#include "fuzz/supervisor.h"

#include <sys/types.h>

#define QUEUE_MAX 256u
#define LOCK_INPUTS_MAX 128u

/* One worker, or the triager. */
struct worker {
	pid_t pid; /* 0: does not run */
	struct link link, theirs;
	uint64_t execs_max;
	uint64_t execs_seen;	   /* when last looked at, to notice one that hangs */
	struct process_clock idle; /* since then */
	unsigned starts, deaths_in_a_row;
	uint64_t execs_at_start;
	bool done;
	bool killed_for_hang, killed_at_end;
	char *log;
};

enum job_kind { JOB_MINIMIZE, JOB_VERIFY, JOB_LOCKS };

/* For the triager: a finding to minimise, a scenario that killed a worker, or one to learn its order of locks from. */
struct job {
	enum job_kind kind;
	struct record *record; /* JOB_MINIMIZE */
	uint32_t size;
	uint8_t *bytes;
};

struct kept_input {
	uint32_t size;
	uint8_t *bytes;
};

struct session {
	const struct run_plan *plan;
	struct store *store;
	struct run_totals *totals;
	struct worker workers[JOBS_MAX];
	struct worker triager;
	bool triager_busy, triager_useless;
	struct job current;
	struct job queue[QUEUE_MAX];
	uint32_t queued;
	struct kept_input locks[LOCK_INPUTS_MAX]; /* of all JOB_LOCKS */
	uint32_t lock_count;
	double begin; /* monotonic seconds */
	double last_status;
	uint64_t last_execs, last_ops;
	double rate_execs, rate_ops; /* of the last interval */
	bool status_shown;
	unsigned stop_requests;
	bool stopping;
	int signal_fd;
	enum run_error result;
	char *error;
	size_t error_size;
	struct link_message message; /* scratch */
	unsigned deaths_told, inputs_kept;
	uint32_t afl_taken; /* files of AFL++'s that were looked at */
};

double session_seconds(const struct session *session); /* since the beginning */
/* End the run with an error. */
void session_fail(struct session *session, enum run_error result, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* ---- findings.c ---------------------------------------------------------- */

/* A worker's message. */
void session_take_message(struct session *session, struct worker *worker);
/* A worker died while it ran an input: keep it and have it verified. */
void session_take_death(struct session *session, struct worker *worker, int status);
/* The triager: give it work, take its answer, note that it died. */
void session_feed_triager(struct session *session);
void session_take_answer(struct session *session);
void session_triager_died(struct session *session, int status);
/* Bring the counts of all records up to date; write those that changed. */
void session_update_counts(struct session *session, bool write);
/* Inputs that AFL++ saved as crashes or hangs. */
void session_collect_afl(struct session *session);
void session_drop_queue(struct session *session);
/* A new triager knows no order of locks. */
void session_teach_triager(struct session *session);

/* The last line of a process's log. */
const char *session_last_words(const struct worker *worker, char *text, size_t size);

/* ---- status.c ------------------------------------------------------------- */

void session_add_totals(struct session *session);
void session_status(struct session *session, bool now);
/* A line of news on stderr, above the status line. */
void session_say(struct session *session, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif

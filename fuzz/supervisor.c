// SPDX-License-Identifier: GPL-2.0-only
/* supervisor.c: start workers, listen to them, restart the dead, end the run. */
#include "fuzz/session.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define HANG_SECONDS 30.0   /* a scenario has a limit of its own; this is for when that fails */
#define DEATHS_MAX 3u	    /* in a row, without progress between them */
#define STOP_SECONDS 3.0    /* for workers to end by themselves */
#define TRIAGE_SECONDS 20.0 /* for what is left to minimise at the end */

static double now_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

double session_seconds(const struct session *session)
{
	return now_seconds() - session->begin;
}

void session_fail(struct session *session, enum run_error result, const char *format, ...)
{
	va_list args;

	if (session->result == RUN_OK) {
		session->result = result;
		va_start(args, format);
		vsnprintf(session->error, session->error_size, format, args);
		va_end(args);
	}
	session->stopping = true;
}

/* ---- processes ------------------------------------------------------------------ */

static void start_worker(struct session *session, struct worker *worker, unsigned index)
{
	const struct run_plan *plan = session->plan;
	char corpus[4096], seeds[4096];
	struct worker_setup setup = {
		.engine = plan->engine,
		.link = worker->theirs,
		.module = plan->module,
		.corpus = corpus,
		.seeds = seeds,
		.log = worker->log,
		.seed = plan->seed + index + worker->starts * 1000003u,
		.limits = plan->limits,
		.execs_max = worker->execs_max,
		.memory_mb = plan->memory_mb,
	};

	snprintf(corpus, sizeof(corpus), "%s/corpus", plan->out);
	snprintf(seeds, sizeof(seeds), "%s/seeds", plan->out);
	worker->starts++;
	worker->killed_for_hang = false;
	worker->execs_at_start = atomic_load(&worker->link.page->execs);
	worker->pid = fork();
	if (!worker->pid)
		worker_main(&setup);
	process_clock_start(&worker->idle, worker->pid);
	if (worker->pid < 0) {
		worker->pid = 0;
		session_fail(session, RUN_ERROR_INTERNAL, "cannot start a worker: %s", strerror(errno));
	}
}

static void start_triager(struct session *session)
{
	struct worker *triager = &session->triager;

	triager->starts++;
	triager->killed_for_hang = false;
	triager->pid = fork();
	if (!triager->pid)
		triager_main(&triager->theirs, session->plan->module, session->plan->known, triager->log);
	process_clock_start(&triager->idle, triager->pid);
	if (triager->pid < 0) {
		triager->pid = 0;
		session->triager_useless = true;
	}
}

static bool open_worker(struct session *session, struct worker *worker, const char *name)
{
	if (asprintf(&worker->log, "%s/log/%s.log", session->plan->out, name) < 0)
		worker->log = NULL;
	if (worker->log && link_create(&worker->link, &worker->theirs))
		return true;
	session_fail(session, RUN_ERROR_INTERNAL, "cannot set up a worker: %s", strerror(errno));
	return false;
}

static bool start_all(struct session *session)
{
	const struct run_plan *plan = session->plan;

	if (!open_worker(session, &session->triager, "triager"))
		return false;
	start_triager(session);
	for (unsigned i = 0; i < plan->jobs; i++) {
		struct worker *worker = &session->workers[i];
		char name[32];

		snprintf(name, sizeof(name), "worker-%u", i);
		worker->execs_max = plan->execs / plan->jobs + (i < plan->execs % plan->jobs);
		worker->done = plan->execs && !worker->execs_max;
		if (!open_worker(session, worker, name))
			return false;
		if (!worker->done)
			start_worker(session, worker, i);
	}
	return session->result == RUN_OK;
}

static void close_worker(struct worker *worker)
{
	if (worker->pid) {
		kill(worker->pid, SIGKILL);
		waitpid(worker->pid, NULL, 0);
	}
	if (worker->link.page) {
		close(worker->theirs.fd);
		link_close(&worker->link);
	}
	free(worker->log);
}

/* ---- what happens to them ---------------------------------------------------------- */

static void worker_died(struct session *session, struct worker *worker, int status)
{
	bool progress = atomic_load(&worker->link.page->execs) != worker->execs_at_start ||
			atomic_load(&worker->link.page->input_size);
	char words[160];

	worker->deaths_in_a_row = progress ? 0 : worker->deaths_in_a_row + 1;
	if (progress) {
		session->totals->deaths++;
		session_take_death(session, worker, status);
	}
	/* afl-fuzz restarts its target itself: when it ends, it has its reasons. */
	if (worker->deaths_in_a_row > DEATHS_MAX || session->plan->engine == ENGINE_AFL)
		session_fail(session, RUN_ERROR_INTERNAL, "%s; %s says: %s",
			     session->plan->engine == ENGINE_AFL ? "afl-fuzz gave up"
								 : "workers die before they run anything",
			     worker->log, session_last_words(worker, words, sizeof(words)));
	if (!session->stopping)
		start_worker(session, worker, (unsigned)(worker - session->workers));
}

static void worker_ended(struct session *session, struct worker *worker, int status)
{
	/* What it said before its end comes first. */
	session_take_message(session, worker);
	worker->pid = 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == WORKER_FAILED)
		worker->done = true; /* the message has told why */
	else if (WIFEXITED(status) && WEXITSTATUS(status) == WORKER_DONE)
		worker->done = true;
	else if (worker->killed_at_end)
		worker->done = true;
	else
		worker_died(session, worker, status);
}

static void reap(struct session *session)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == session->triager.pid) {
			session->triager.pid = 0;
			session_triager_died(session, status);
			if (!session->triager_useless) {
				session_teach_triager(session);
				start_triager(session);
			}
			continue;
		}
		for (unsigned i = 0; i < session->plan->jobs; i++) {
			if (session->workers[i].pid == pid)
				worker_ended(session, &session->workers[i], status);
		}
	}
}

/* Kill what has run one input for too long, by its own time: the limit of the runner has failed. */
static void watch_for_hang(struct session *session, struct worker *worker, uint64_t progress, bool busy)
{
	double limit = session->plan->hang_seconds > 0 ? session->plan->hang_seconds : HANG_SECONDS;

	if (!worker->pid || !busy || progress != worker->execs_seen) {
		worker->execs_seen = progress;
		process_clock_start(&worker->idle, worker->pid);
	} else if (process_clock_read(&worker->idle) >= limit) {
		worker->killed_for_hang = true;
		kill(worker->pid, SIGKILL);
	}
}

static void watch_all(struct session *session)
{
	for (unsigned i = 0; i < session->plan->jobs; i++) {
		struct worker *worker = &session->workers[i];

		watch_for_hang(session, worker, atomic_load(&worker->link.page->execs),
			       atomic_load(&worker->link.page->input_size) != 0);
	}
	/* A minimisation runs many scenarios: only one of them may not take long. */
	watch_for_hang(session, &session->triager, atomic_load(&session->triager.link.page->execs),
		       session->triager_busy);
}

static void read_signals(struct session *session)
{
	struct signalfd_siginfo info;

	while (read(session->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			continue;
		session->stop_requests++;
		session->stopping = true;
		session->totals->interrupted = true;
		if (session->stop_requests == 1)
			session_say(session, "stopping; once more kills at once");
	}
}

/* ---- the loop ------------------------------------------------------------------------ */

static unsigned running(const struct session *session)
{
	unsigned count = 0;

	for (unsigned i = 0; i < session->plan->jobs; i++)
		count += session->workers[i].pid != 0;
	return count;
}

/* Wait up to a quarter of a second for news, and take it. */
static void listen_once(struct session *session)
{
	struct pollfd fds[JOBS_MAX + 2];
	nfds_t count = 0;

	fds[count++] = (struct pollfd){session->signal_fd, POLLIN, 0};
	fds[count++] = (struct pollfd){session->triager.link.fd, POLLIN, 0};
	for (unsigned i = 0; i < session->plan->jobs; i++)
		fds[count++] = (struct pollfd){session->workers[i].link.fd, POLLIN, 0};
	if (poll(fds, count, 250) > 0) {
		for (unsigned i = 0; i < session->plan->jobs; i++) {
			if (fds[i + 2].revents & POLLIN)
				session_take_message(session, &session->workers[i]);
		}
		if (fds[1].revents & POLLIN)
			session_take_answer(session);
		if (fds[0].revents & POLLIN)
			read_signals(session);
	}
	reap(session);
	session_feed_triager(session);
}

static void tick(struct session *session, double *next_second)
{
	double now = session_seconds(session);

	if (now >= *next_second) {
		*next_second = now + 1;
		watch_all(session);
		if (session->plan->engine == ENGINE_AFL)
			session_collect_afl(session);
	}
	session_add_totals(session);
	session_status(session, false);
}

static void tell_to_stop(struct session *session)
{
	for (unsigned i = 0; i < session->plan->jobs; i++) {
		struct worker *worker = &session->workers[i];

		atomic_store(&worker->link.page->stop, 1);
		if (worker->pid && session->plan->engine == ENGINE_AFL)
			kill(worker->pid, SIGTERM);
	}
	session->stopping = true;
}

static void kill_workers(struct session *session)
{
	for (unsigned i = 0; i < session->plan->jobs; i++) {
		struct worker *worker = &session->workers[i];

		if (worker->pid) {
			worker->killed_at_end = true;
			kill(worker->pid, SIGKILL);
		}
	}
}

/* Until the time is over, all are done, or somebody says stop. */
static void fuzz(struct session *session, double *next_second)
{
	const struct run_plan *plan = session->plan;

	while (!session->stopping && running(session)) {
		listen_once(session);
		tick(session, next_second);
		if ((plan->seconds > 0 && session_seconds(session) >= plan->seconds) ||
		    (plan->execs && session->totals->execs >= plan->execs))
			break;
	}
	tell_to_stop(session);
}

/* Let the workers end, then what is left to minimise. */
static void wind_down(struct session *session, double *next_second)
{
	double begin = session_seconds(session);
	bool hurry = session->stop_requests || session->result != RUN_OK;

	while (running(session) && session->stop_requests < 2) {
		listen_once(session);
		if (session_seconds(session) - begin > STOP_SECONDS)
			kill_workers(session);
	}
	if (session->plan->engine == ENGINE_AFL)
		session_collect_afl(session);
	begin = session_seconds(session);
	while ((session->triager_busy || session->queued) && !session->triager_useless && session->stop_requests < 2) {
		double waited = session_seconds(session) - begin;

		hurry |= session->stop_requests > 0;
		if (hurry || waited > TRIAGE_SECONDS) {
			session_drop_queue(session);
			atomic_store(&session->triager.link.page->stop, 1);
		}
		if (waited > TRIAGE_SECONDS + STOP_SECONDS || (hurry && waited > STOP_SECONDS))
			break;
		listen_once(session);
		tick(session, next_second);
	}
	session_drop_queue(session);
}

/* SIGINT, SIGTERM and SIGCHLD come through a descriptor: no handler, no global state. */
static bool take_signals(struct session *session, sigset_t *old)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, old);
	session->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (session->signal_fd >= 0)
		return true;
	session_fail(session, RUN_ERROR_INTERNAL, "cannot take signals: %s", strerror(errno));
	return false;
}

enum run_error supervise(const struct run_plan *plan, struct store *store, struct run_totals *totals, char *error,
			 size_t error_size)
{
	struct session *session = calloc(1, sizeof(*session));
	double next_second = 1;
	enum run_error result;
	sigset_t old;

	*totals = (struct run_totals){0};
	if (!session) {
		snprintf(error, error_size, "out of memory");
		return RUN_ERROR_INTERNAL;
	}
	*session = (struct session){.plan = plan,
				    .store = store,
				    .totals = totals,
				    .begin = now_seconds(),
				    .signal_fd = -1,
				    .error = error,
				    .error_size = error_size};
	if (take_signals(session, &old) && start_all(session)) {
		fuzz(session, &next_second);
		wind_down(session, &next_second);
	}
	session_update_counts(session, true);
	session_add_totals(session);
	session_status(session, true);
	totals->seconds = session_seconds(session);
	result = session->stop_requests >= 2 && session->result == RUN_OK ? RUN_KILLED : session->result;
	for (unsigned i = 0; i < plan->jobs; i++)
		close_worker(&session->workers[i]);
	close_worker(&session->triager);
	for (uint32_t i = 0; i < session->lock_count; i++)
		free(session->locks[i].bytes);
	if (session->signal_fd >= 0)
		close(session->signal_fd);
	sigprocmask(SIG_SETMASK, &old, NULL);
	free(session);
	return result;
}

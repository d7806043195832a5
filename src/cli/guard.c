// SPDX-License-Identifier: GPL-2.0-only
/* guard.c: child processes do the dangerous part. */
#include "cli/guard.h"

#include "base/internal.h"
#include "base/process.h"
#include "cli/cli.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define ERROR_BYTES 512u
#define NO_ITEM SIZE_MAX
#define POLL_MS 200

const char *guard_status_text(int status, char *text, size_t size)
{
	if (status == GUARD_HUNG)
		snprintf(text, size, "no end");
	else if (internal_status(status))
		snprintf(text, size, "a mistake of rcfuzz itself: please send this input to its authors");
	else if (WIFSIGNALED(status))
		snprintf(text, size, "signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		snprintf(text, size, "exit code %d", WEXITSTATUS(status));
	return text;
}

/* Which item is next, and which each child has: shared, so that it is known when a child is gone. */
struct board {
	_Atomic size_t next;
	_Atomic size_t item[GUARD_JOBS_MAX];
};

struct child {
	pid_t pid; /* 0: none */
	int fd;
	bool opened;
	size_t item;		    /* as last looked at, and since when: */
	struct process_clock clock; /* of its own time */
};

struct pool {
	const struct guard *guard;
	struct board *board;
	struct child children[GUARD_JOBS_MAX];
	unsigned jobs;
	void *result;
	bool more;
	int code;
};

static bool write_all(int fd, const void *bytes, size_t n)
{
	for (const char *at = bytes; n;) {
		ssize_t written = write(fd, at, n);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return false;
		at += written;
		n -= (size_t)written;
	}
	return true;
}

static bool read_all(int fd, void *bytes, size_t n)
{
	for (char *at = bytes; n;) {
		ssize_t got = read(fd, at, n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		at += got;
		n -= (size_t)got;
	}
	return true;
}

/* ---- a child -------------------------------------------------------------------- */

/* First an error text ("": none), then for each item its number and result. */
static _Noreturn void child_main(const struct guard *guard, struct board *board, unsigned slot, int fd)
{
	const struct rlimit no_core = {0, 0};
	char error[ERROR_BYTES] = "";
	void *result = malloc(guard->result_size);
	bool opened;
	size_t i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setrlimit(RLIMIT_CORE, &no_core);
	/* Ctrl-C reaches the whole group: it is for the parent to say what stops. */
	if (guard->stop)
		signal(SIGINT, SIG_IGN);
	opened = result && guard->open(guard->ctx, error, sizeof(error));
	if (!opened && !*error)
		snprintf(error, sizeof(error), "out of memory");
	if (!write_all(fd, error, sizeof(error)) || !opened)
		_exit(0);
	while ((i = atomic_fetch_add(&board->next, 1)) < guard->count) {
		atomic_store(&board->item[slot], i);
		memset(result, 0, guard->result_size);
		guard->run(guard->ctx, i, result);
		fflush(stdout);
		if (!write_all(fd, &i, sizeof(i)) || !write_all(fd, result, guard->result_size))
			break;
	}
	/* Not _exit: a module that was built with source coverage writes its profile now. */
	free(result);
	exit(0);
}

/* ---- the parent ----------------------------------------------------------------- */

static void start(struct pool *pool, unsigned slot)
{
	struct child *c = &pool->children[slot];
	int fds[2];

	atomic_store(&pool->board->item[slot], NO_ITEM);
	if (pipe(fds) || (fflush(NULL), c->pid = fork()) < 0) {
		pool->code = cli_error(CLI_INTERNAL, "cannot start a process: %s", strerror(errno));
		c->pid = 0;
		return;
	}
	if (!c->pid) {
		close(fds[0]);
		for (unsigned i = 0; i < pool->jobs; i++)
			if (i != slot && pool->children[i].pid)
				close(pool->children[i].fd);
		child_main(pool->guard, pool->board, slot, fds[1]);
	}
	close(fds[1]);
	c->fd = fds[0];
	c->opened = false;
	c->item = NO_ITEM;
	process_clock_start(&c->clock, c->pid);
}

static void take(struct pool *pool, size_t index, const void *result, int status)
{
	pool->more = pool->more && pool->guard->take(pool->guard->ctx, index, result, status);
}

/* The child is gone, or is to go. An item that it had is lost; if there is more to do, another child does it. */
static void bury(struct pool *pool, unsigned slot, bool hung)
{
	struct child *c = &pool->children[slot];
	size_t lost = atomic_load(&pool->board->item[slot]);
	char text[96];
	int status = 0;

	if (hung)
		kill(c->pid, SIGKILL);
	close(c->fd);
	while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
		;
	c->pid = 0;
	if (!c->opened)
		pool->code = cli_error(CLI_BAD_INPUT, "the process died (%s) while it loaded the module: build it anew",
				       guard_status_text(hung ? GUARD_HUNG : status, text, sizeof(text)));
	else if (lost != NO_ITEM)
		take(pool, lost, NULL, hung ? GUARD_HUNG : status);
	if (!pool->code && pool->more && atomic_load(&pool->board->next) < pool->guard->count)
		start(pool, slot);
}

/* The child has something to say. */
static void hear(struct pool *pool, unsigned slot)
{
	struct child *c = &pool->children[slot];
	char error[ERROR_BYTES];
	size_t index;

	if (!c->opened) {
		if (!read_all(c->fd, error, sizeof(error))) {
			bury(pool, slot, false);
			return;
		}
		error[sizeof(error) - 1] = '\0';
		c->opened = true;
		process_clock_start(&c->clock, c->pid);
		if (*error)
			pool->code = cli_error(CLI_BAD_INPUT, "%s", error);
		return;
	}
	if (!read_all(c->fd, &index, sizeof(index)) || !read_all(c->fd, pool->result, pool->guard->result_size)) {
		bury(pool, slot, false);
		return;
	}
	/* Unless it has gone on to the next one, it has none. */
	atomic_compare_exchange_strong(&pool->board->item[slot], &(size_t){index}, NO_ITEM);
	take(pool, index, pool->result, 0);
}

static void watch_for_hang(struct pool *pool, unsigned slot)
{
	struct child *c = &pool->children[slot];
	size_t item = atomic_load(&pool->board->item[slot]);
	unsigned limit = pool->guard->seconds ? pool->guard->seconds : GUARD_SECONDS;

	if (c->opened && (item == NO_ITEM || item != c->item)) {
		c->item = item;
		process_clock_start(&c->clock, c->pid);
	} else if (process_clock_read(&c->clock) > limit) {
		bury(pool, slot, true);
	}
}

/* Wait for news and take it. False: no child is left. */
static bool listen_once(struct pool *pool)
{
	struct pollfd fds[GUARD_JOBS_MAX];
	bool any = false;
	int ready;

	for (unsigned i = 0; i < pool->jobs; i++) {
		fds[i] = (struct pollfd){pool->children[i].pid ? pool->children[i].fd : -1, POLLIN, 0};
		any |= pool->children[i].pid != 0;
	}
	ready = any ? poll(fds, pool->jobs, POLL_MS) : 0;
	for (unsigned i = 0; i < pool->jobs && any && !pool->code && pool->more; i++) {
		if (ready > 0 && fds[i].revents)
			hear(pool, i);
		else if (fds[i].fd >= 0)
			watch_for_hang(pool, i);
	}
	return any;
}

static void end_all(struct pool *pool)
{
	for (unsigned i = 0; i < pool->jobs; i++) {
		struct child *c = &pool->children[i];

		if (!c->pid)
			continue;
		kill(c->pid, SIGKILL);
		close(c->fd);
		while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
}

static bool stopped(const struct guard *guard)
{
	return guard->stop && atomic_load(guard->stop);
}

int guard_each(const struct guard *guard)
{
	struct pool pool = {.guard = guard, .jobs = guard->jobs ? guard->jobs : 1, .more = true};

	if (pool.jobs > GUARD_JOBS_MAX)
		pool.jobs = GUARD_JOBS_MAX;
	if (pool.jobs > guard->count)
		pool.jobs = (unsigned)guard->count;
	pool.result = malloc(guard->result_size);
	pool.board = mmap(NULL, sizeof(*pool.board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (!pool.result || pool.board == MAP_FAILED) {
		free(pool.result);
		return cli_error(CLI_INTERNAL, "out of memory");
	}
	for (unsigned i = 0; i < pool.jobs && !pool.code; i++)
		start(&pool, i);
	while (!pool.code && pool.more && !stopped(guard) && listen_once(&pool))
		;
	end_all(&pool);
	munmap(pool.board, sizeof(*pool.board));
	free(pool.result);
	return pool.code;
}

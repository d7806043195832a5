// SPDX-License-Identifier: GPL-2.0-only
/* isolate.c: a child process that runs what it finds in shared memory. */
#include "triage/isolate.h"

#include "base/internal.h"
#include "base/process.h"
#include "triage/death.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Shared with the child. */
struct desk {
	struct scenario scenario;
	struct run_outcome outcome;
};

struct isolate {
	struct runner *runner;
	unsigned hang_ms;
	struct desk *desk;
	pid_t pid; /* 0: none runs */
	int fd;	   /* one byte there: run; one byte back: done */
};

#define LOOK_MS 200

/* ---- the child ------------------------------------------------------------------ */

/* What a dying process says would be said once for each candidate. */
static void be_quiet(void)
{
	const struct rlimit no_core = {0, 0};
	int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

	setrlimit(RLIMIT_CORE, &no_core);
	dup2(nowhere, STDOUT_FILENO);
	dup2(nowhere, STDERR_FILENO);
}

static _Noreturn void serve(struct isolate *isolate, int fd)
{
	char byte;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGINT, SIG_IGN); /* Ctrl-C reaches the whole group; the parent ends us */
	be_quiet();
	runner_forked();
	while (read(fd, &byte, 1) == 1) {
		run_scenario(isolate->runner, &isolate->desk->scenario, NULL, &isolate->desk->outcome);
		if (write(fd, &byte, 1) != 1)
			break;
	}
	_exit(0);
}

/* ---- the parent ----------------------------------------------------------------- */

static bool start(struct isolate *isolate)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds))
		return false;
	isolate->pid = fork();
	if (!isolate->pid) {
		close(fds[0]);
		serve(isolate, fds[1]);
	}
	close(fds[1]);
	isolate->fd = fds[0];
	if (isolate->pid > 0)
		return true;
	isolate->pid = 0;
	close(isolate->fd);
	return false;
}

/* Ends the child. Returns its wait status. */
static int reap(struct isolate *isolate)
{
	int status = 0;

	close(isolate->fd);
	while (waitpid(isolate->pid, &status, 0) < 0 && errno == EINTR)
		;
	isolate->pid = 0;
	return status;
}

struct isolate *isolate_open(struct runner *runner, unsigned hang_ms)
{
	struct isolate *isolate = calloc(1, sizeof(*isolate));

	if (!isolate)
		return NULL;
	isolate->runner = runner;
	isolate->hang_ms = hang_ms ? hang_ms : ISOLATE_HANG_MS;
	isolate->desk = mmap(NULL, sizeof(*isolate->desk), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (isolate->desk != MAP_FAILED && start(isolate))
		return isolate;
	if (isolate->desk != MAP_FAILED)
		munmap(isolate->desk, sizeof(*isolate->desk));
	free(isolate);
	return NULL;
}

void isolate_close(struct isolate *isolate)
{
	if (!isolate)
		return;
	if (isolate->pid) {
		kill(isolate->pid, SIGKILL);
		reap(isolate);
	}
	munmap(isolate->desk, sizeof(*isolate->desk));
	free(isolate);
}

static void take_death(struct isolate *isolate, bool hung, struct run_outcome *outcome)
{
	int status;

	if (hung)
		kill(isolate->pid, SIGKILL);
	memset(outcome, 0, sizeof(*outcome));
	outcome->world_ended = true;
	status = reap(isolate);
	/* Of rcfuzz itself: that says nothing about the kernel. */
	if (!hung && internal_status(status))
		return;
	outcome->findings[0] = death_finding(status, hung);
	outcome->findings[0].op_effect = (uint16_t)(isolate->desk->scenario.op_count - 1);
	outcome->finding_count = 1;
}

/* The child has answered, or is gone. False: it takes too long. */
static bool wait_for_answer(const struct isolate *isolate)
{
	struct pollfd answer = {isolate->fd, POLLIN, 0};
	struct process_clock clock = {.pid = 0};

	while (poll(&answer, 1, LOOK_MS) <= 0) {
		if (!clock.pid)
			process_clock_start(&clock, isolate->pid);
		else if (process_clock_read(&clock) * 1000 >= isolate->hang_ms)
			return false;
	}
	return true;
}

bool isolate_run(struct isolate *isolate, const struct scenario *s, struct run_outcome *outcome)
{
	char byte = 0;
	bool answered;

	memset(outcome, 0, sizeof(*outcome));
	if (!isolate->pid && !start(isolate))
		return false;
	isolate->desk->scenario = *s;
	/* That a child is gone shows when its answer is read. */
	send(isolate->fd, &byte, 1, MSG_NOSIGNAL);
	answered = wait_for_answer(isolate);
	if (answered && read(isolate->fd, &byte, 1) == 1)
		*outcome = isolate->desk->outcome;
	else
		take_death(isolate, !answered, outcome);
	return true;
}

// SPDX-License-Identifier: GPL-2.0-only
/* guard.c: a child process does the dangerous part. */
#include "cli/guard.h"

#include "cli/cli.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define ERROR_BYTES 512u

const char *guard_status_text(int status, char *text, size_t size)
{
	if (WIFSIGNALED(status))
		snprintf(text, size, "signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		snprintf(text, size, "exit code %d", WEXITSTATUS(status));
	return text;
}

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

/* First an error text ("" : none), then the results. */
static _Noreturn void child(const struct guard *guard, int fd, size_t first)
{
	const struct rlimit no_core = {0, 0};
	char error[ERROR_BYTES] = "";
	void *result = malloc(guard->result_size);
	bool opened;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setrlimit(RLIMIT_CORE, &no_core);
	opened = result && guard->open(guard->ctx, error, sizeof(error));
	if (!opened && !*error)
		snprintf(error, sizeof(error), "out of memory");
	if (!write_all(fd, error, sizeof(error)) || !opened)
		_exit(0);
	for (size_t i = first; i < guard->count; i++) {
		memset(result, 0, guard->result_size);
		guard->run(guard->ctx, i, result);
		fflush(stdout);
		if (!write_all(fd, result, guard->result_size))
			break;
	}
	/* Not _exit: a module that was built with source coverage writes its profile now. */
	free(result);
	exit(0);
}

/* One child. Returns the next item to do; count or more: no more. */
static size_t run_child(const struct guard *guard, size_t next, void *result, int *code)
{
	char error[ERROR_BYTES] = "";
	bool more = true, opened;
	int fds[2], status = 0;
	pid_t pid;

	if (pipe(fds) || (fflush(NULL), pid = fork()) < 0) {
		*code = cli_error(CLI_INTERNAL, "cannot start a process: %s", strerror(errno));
		return guard->count;
	}
	if (!pid) {
		close(fds[0]);
		child(guard, fds[1], next);
	}
	close(fds[1]);
	opened = read_all(fds[0], error, sizeof(error));
	error[sizeof(error) - 1] = '\0';
	while (opened && !*error && more && next < guard->count && read_all(fds[0], result, guard->result_size))
		more = guard->take(guard->ctx, next++, result, 0);
	close(fds[0]);
	if (!more)
		kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	if (*error)
		*code = cli_error(CLI_BAD_INPUT, "%s", error);
	else if (!opened)
		*code = cli_error(CLI_BAD_INPUT, "the process died (%s) while it loaded the module",
				  guard_status_text(status, error, sizeof(error)));
	else if (more && next < guard->count)
		more = guard->take(guard->ctx, next++, NULL, status);
	return *code || !more ? guard->count : next;
}

int guard_each(const struct guard *guard)
{
	void *result = malloc(guard->result_size);
	int code = 0;

	if (!result)
		return cli_error(CLI_INTERNAL, "out of memory");
	for (size_t next = 0; next < guard->count;)
		next = run_child(guard, next, result, &code);
	free(result);
	return code;
}

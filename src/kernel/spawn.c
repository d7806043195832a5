// SPDX-License-Identifier: GPL-2.0-only
/* spawn.c: see spawn.h. */
#include "kernel/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* The environment with messages in English; NULL when out of memory. */
static char **english_environment(void)
{
	size_t count = 0, kept = 0;
	char **result;

	while (environ[count])
		count++;
	result = calloc(count + 2, sizeof(*result));
	if (!result)
		return NULL;
	for (size_t i = 0; i < count; i++)
		if (strncmp(environ[i], "LC_", 3) != 0 && strncmp(environ[i], "LANG", 4) != 0)
			result[kept++] = environ[i];
	result[kept] = "LC_ALL=C";
	return result;
}

/* input: a file of ours, or -1 for none. */
static int start(pid_t *process, int input, char *const argv[], const char *directory, const char *log)
{
	posix_spawn_file_actions_t actions;
	char **environment = english_environment();
	int result;

	if (!environment)
		return -ENOMEM;
	result = posix_spawn_file_actions_init(&actions);
	if (!result && input >= 0)
		result = posix_spawn_file_actions_adddup2(&actions, input, 0);
	else if (!result)
		result = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	if (!result)
		result = posix_spawn_file_actions_addopen(&actions, 1, log ? log : "/dev/null",
							  O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (!result)
		result = posix_spawn_file_actions_adddup2(&actions, 1, 2);
	if (!result && directory)
		result = posix_spawn_file_actions_addchdir_np(&actions, directory);
	if (!result)
		result = posix_spawnp(process, argv[0], &actions, NULL, argv, environment);
	posix_spawn_file_actions_destroy(&actions);
	free(environment);
	return -result;
}

int spawn_start(pid_t *process, char *const argv[], const char *directory, const char *log)
{
	return start(process, -1, argv, directory, log);
}

int spawn_start_fed(pid_t *process, int *feed, char *const argv[], const char *log)
{
	int ends[2], result;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return -errno;
	result = start(process, ends[1], argv, NULL, log);
	close(ends[1]);
	if (result)
		close(ends[0]);
	else
		*feed = ends[0];
	return result;
}

int spawn_wait(pid_t process)
{
	int status;

	while (waitpid(process, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int spawn_wait_any(pid_t *processes, size_t count, int *status)
{
	enum { PROCESSES_MAX = 64 };
	struct pollfd ended[PROCESSES_MAX];
	int first = -1, found = -1;

	for (size_t i = 0; i < count && i < PROCESSES_MAX; i++) {
		ended[i] = (struct pollfd){.fd = -1, .events = POLLIN};
		if (!processes[i])
			continue;
		if (first < 0)
			first = (int)i;
		ended[i].fd = (int)syscall(SYS_pidfd_open, processes[i], 0);
	}
	if (first < 0)
		return -ECHILD;
	if (ended[first].fd >= 0)
		while (poll(ended, count, -1) < 0 && errno == EINTR)
			;
	for (size_t i = 0; i < count && i < PROCESSES_MAX; i++) {
		if (ended[i].fd < 0)
			continue;
		if (found < 0 && ended[i].revents)
			found = (int)i;
		close(ended[i].fd);
	}
	if (found < 0)
		found = first;
	*status = spawn_wait(processes[found]);
	processes[found] = 0;
	return found;
}

int spawn_run(char *const argv[], const char *directory, const char *log)
{
	pid_t process;
	int result = spawn_start(&process, argv, directory, log);

	return result ? result : spawn_wait(process);
}

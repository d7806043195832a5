// SPDX-License-Identifier: GPL-2.0-only
/* afl_start.c: a worker that becomes afl-fuzz, with rcfuzz-afl as its target. */
#include "fuzz/engine.h"

#include "base/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A file beside the running program. */
static void beside_program(char path[PATH_MAX], const char *name, const struct link *link)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	self[n > 0 ? n : 0] = '\0';
	slash = strrchr(self, '/');
	if (!slash || snprintf(path, PATH_MAX, "%.*s/%s", (int)(slash - self), self, name) >= PATH_MAX)
		worker_fail(link, "cannot find where rcfuzz lies");
	if (access(path, R_OK))
		worker_fail(link, "%s is missing: build rcfuzz with AFL++ installed (apt-get install afl++)", path);
}

static void set_environment(const char *mutator)
{
	static const char *const settings[][2] = {
		{"AFL_SKIP_CPUFREQ", "1"},
		{"AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES", "1"},
		{"AFL_NO_UI", "1"},
		{"AFL_CRASH_EXITCODE", INTERNAL_EXIT_TEXT},
		{"AFL_NO_AFFINITY", "1"},
		{"AFL_NO_COLOR", "1"},
		{"AFL_AUTORESUME", "1"},
		{"AFL_FAST_CAL", "1"},
		{"AFL_FORKSRV_INIT_TMOUT", "60000"},
		{"AFL_CUSTOM_MUTATOR_ONLY", "1"},
		{"AFL_DISABLE_TRIM", "1"},
	};

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		setenv(settings[i][0], settings[i][1], 1);
	setenv("AFL_CUSTOM_MUTATOR_LIBRARY", mutator, 1);
	unsetenv("AFL_MAP_SIZE");
}

static void keep_open(int fd)
{
	fcntl(fd, F_SETFD, fcntl(fd, F_GETFD) & ~FD_CLOEXEC);
}

_Noreturn void worker_exec_afl(const struct worker_setup *setup)
{
	char target[PATH_MAX], mutator[PATH_MAX], out[PATH_MAX], seed[16], page_fd[16], channel_fd[16], level[16],
		strategy[16], ops_max[16], execs[32], max_len[16];
	char *argv[] = {
		"afl-fuzz",
		"-i",
		(char *)setup->seeds,
		"-o",
		out,
		"-t",
		"10000",
		"-m",
		"none",
		"-s",
		seed,
		"-G",
		max_len,
		"--",
		target,
		"--page-fd",
		page_fd,
		"--channel-fd",
		channel_fd,
		"--max-ops",
		ops_max,
		"--execs",
		execs,
		"--schedule",
		strategy,
		(char *)setup->module,
		/* Room for what only some runs have. */
		NULL,
		NULL,
		NULL,
		NULL,
		NULL,
	};
	char **more = argv + sizeof(argv) / sizeof(argv[0]) - 5;

	if (setup->limits.preempt)
		*more++ = "--preempt", *more++ = level;
	if (setup->limits.verify)
		*more++ = "--verify";
	if (setup->limits.well_behaved)
		*more++ = "--well-behaved";
	beside_program(target, "rcfuzz-afl", &setup->link);
	beside_program(mutator, "librcfuzz-afl-mutator.so", &setup->link);
	snprintf(out, sizeof(out), "%s/../afl", setup->corpus);
	snprintf(seed, sizeof(seed), "%u", setup->seed ? setup->seed : 1u);
	snprintf(page_fd, sizeof(page_fd), "%d", setup->link.page_fd);
	snprintf(channel_fd, sizeof(channel_fd), "%d", setup->link.fd);
	snprintf(ops_max, sizeof(ops_max), "%u", setup->limits.ops_max);
	snprintf(strategy, sizeof(strategy), "%u", setup->limits.strategy);
	snprintf(level, sizeof(level), "%u", setup->limits.level);
	snprintf(execs, sizeof(execs), "%llu", (unsigned long long)setup->execs_max);
	snprintf(max_len, sizeof(max_len), "%u",
		 CODEC_CONFIG_BYTES +
			 (setup->limits.ops_max ? setup->limits.ops_max : SCENARIO_OPS_MAX) * CODEC_OP_BYTES +
			 (setup->limits.preempt ? SCENARIO_POINTS_MAX * CODEC_OP_BYTES : 0));
	set_environment(mutator);
	keep_open(setup->link.page_fd);
	keep_open(setup->link.fd);
	signal(SIGTERM, SIG_DFL);
	execvp(argv[0], argv);
	worker_fail(&setup->link,
		    "cannot start afl-fuzz: %s; install AFL++ (apt-get install afl++) or use another --engine",
		    strerror(errno));
}

// SPDX-License-Identifier: GPL-2.0-only
/* worker.c: a process that runs one engine. It may die; the supervisor does not. */
#include "fuzz/engine.h"

#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

_Noreturn void worker_fail(const struct link *link, const char *format, ...)
{
	struct link_message *message = calloc(1, sizeof(*message));
	va_list args;

	if (message) {
		message->kind = LINK_FAILED;
		va_start(args, format);
		vsnprintf(message->text, sizeof(message->text), format, args);
		va_end(args);
		link_send(link->fd, message);
	}
	_exit(WORKER_FAILED);
}

void worker_prepare(const char *log)
{
	const struct rlimit no_core = {0, 0};
	sigset_t none;
	int fd = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* Ctrl-C reaches the whole group; the supervisor tells us when to stop. */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setrlimit(RLIMIT_CORE, &no_core);
	if (fd < 0)
		fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (fd >= 0) {
		dup2(fd, STDOUT_FILENO);
		dup2(fd, STDERR_FILENO);
		close(fd);
	}
}

_Noreturn void worker_main(const struct worker_setup *setup)
{
	struct entry *entry;
	struct link link = setup->link;
	char error[LINK_TEXT];

	worker_prepare(setup->log);
	if (setup->engine == ENGINE_AFL)
		worker_exec_afl(setup);
	entry = calloc(1, sizeof(*entry));
	if (!entry)
		worker_fail(&link, "out of memory");
	entry->runner = runner_create(setup->module, error, sizeof(error));
	if (!entry->runner)
		worker_fail(&link, "%s", error);
	entry->link = &link;
	entry->locks = lock_graph_create();
	if (!entry->locks)
		worker_fail(&link, "out of memory");
	entry->limits = setup->limits;
	entry->execs_max = setup->execs_max;

	const struct engine_setup engine = {
		.entry = entry,
		.corpus = setup->corpus,
		.seeds = setup->seeds,
		.seed = setup->seed,
		.memory_mb = setup->memory_mb,
	};

	if (setup->engine == ENGINE_LIBFUZZER)
		engine_libfuzzer(&engine);
	engine_random(&engine);
	/* Not _exit: a module that was built with source coverage writes its profile now. */
	runner_destroy(entry->runner);
	lock_graph_destroy(entry->locks);
	free(entry);
	exit(WORKER_DONE);
}

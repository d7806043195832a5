/* SPDX-License-Identifier: GPL-2.0-only */
/* engine.h: where inputs come from. An engine feeds entry_run until entry_done. */
#ifndef RCFUZZ_ENGINE_H
#define RCFUZZ_ENGINE_H

#include "fuzz/entry.h"
#include "triage/known.h"

struct engine_setup {
	struct entry *entry;
	const char *corpus; /* folder that the engine adds inputs to */
	const char *seeds;  /* folder of binary inputs to begin with */
	uint32_t seed;
	unsigned memory_mb; /* limit of the process; 0: none */
};

/* libFuzzer with the coverage of the module. It ends the process itself. */
_Noreturn void engine_libfuzzer(const struct engine_setup *setup);
/* Generated and mutated scenarios, without feedback. Returns when done. */
void engine_random(const struct engine_setup *setup);

/* What one worker process is to do. */
enum engine_kind { ENGINE_LIBFUZZER, ENGINE_AFL, ENGINE_RANDOM };
struct worker_setup {
	enum engine_kind engine;
	struct link link;
	const char *module, *corpus, *seeds, *log;
	uint32_t seed;
	struct entry_limits limits;
	uint64_t execs_max;
	unsigned memory_mb;
};

/* Exit codes of a worker; anything else is a death. */
enum { WORKER_DONE = 0, WORKER_FAILED = 3 /* a LINK_FAILED message says why */ };

/* The body of a worker process, after fork. */
_Noreturn void worker_main(const struct worker_setup *setup);
/* Its beginning, for other children too: die with the parent, leave signals to it, no core files, output to `log`. */
void worker_prepare(const char *log);
/* Become afl-fuzz with rcfuzz-afl as its target (afl_start.c). */
_Noreturn void worker_exec_afl(const struct worker_setup *setup);

/*
 * The body of the process that minimises and verifies (triager.c): answers messages until the link closes. known: which
 * findings are embargoed; may be NULL.
 */
_Noreturn void triager_main(struct link *link, const char *module, const struct known *known, const char *log);

/* Tell the supervisor why there will be no work, and end. */
_Noreturn void worker_fail(const struct link *link, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* stage.h: an emulated POWER9 that runs an unmodified kernel, and our runner in it. ci/stage has prepared it. */
#ifndef RCFUZZ_STAGE_H
#define RCFUZZ_STAGE_H

#include "records.h"
#include "scenario/scenario.h"

#include <signal.h>
#include <stdbool.h>

struct stage;

struct stage_facts {
	char kernel[64];   /* "6.12-64k": its name on the stage */
	char package[128]; /* Debian's package and its version */
	char release[96];  /* uname -r, as the running kernel said */
	char qemu[32];	   /* version */
	unsigned page_shift;
	bool ages; /* OP_HOST_AGE can be played there */
};

/* The folder that ci/stage fills: $RCFUZZ_STAGE, or below the user's cache. False: there is no home to look in. */
bool stage_folder(char *path, size_t size);

/*
 * Boot a kernel of the stage with 1 or 2 CPUs, and wait for the runner (10 seconds, usually). Scenarios in which ops
 * interrupt others want 2. A boot that the emulator itself does not survive is tried once more, told on stderr. NULL:
 * *error says what is wrong and what to do. stage_stop ends it; so does the end of this process. stop (may be NULL)
 * becomes true where a signal says so: then whatever waits here ends as if the stage had, soon.
 */
struct stage *stage_start(const char *kernel, unsigned cpus, const volatile sig_atomic_t *stop, char *error,
			  size_t error_size);
void stage_stop(struct stage *s);
const struct stage_facts *stage_facts(const struct stage *s);
/* What its console has said, if that is not more than 8 MiB; the caller frees it. NULL: there is none. */
char *stage_console(const struct stage *s);

/*
 * Run a scenario there. True: *records was overwritten with what was seen. False: the guest hangs, oopsed or its
 * kernel refuses; *error says so with the end of the console's log, and only stage_stop is allowed then.
 */
bool stage_run(struct stage *s, const struct scenario *scenario, struct records *records, char *error,
	       size_t error_size);

/*
 * The same in two steps, so that the stage works while we do: up to STAGE_AHEAD scenarios may be sent before the
 * first answer is taken. Answers come in the order of what was sent. delays: in ns, `count` of
 * them: the ops run once for each, in one VM, and those that interrupt others begin by so much later than these
 * (negative: earlier). Where in the kernel they meet, chance decides. Each ends with a record WIRE_RACE. None: they run
 * once.
 */
#define STAGE_AHEAD 32u
bool stage_send(struct stage *s, const struct scenario *scenario, const int32_t *delays, unsigned count, char *error,
		size_t error_size);
bool stage_receive(struct stage *s, struct records *records, char *error, size_t error_size);

#endif

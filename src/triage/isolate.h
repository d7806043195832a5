/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * isolate.h: run scenarios in a child process, one after another, so that one
 * that kills the process, or never comes back, is only a finding. The child
 * stays as long as it lives: a run costs two context switches, not a fork.
 */
#ifndef RCFUZZ_ISOLATE_H
#define RCFUZZ_ISOLATE_H

#include "run/run.h"

#define ISOLATE_HANG_MS 15000u /* above the time limit of the runner itself */

struct isolate;

/*
 * runner is the caller's: the children are forks of this process, which must not run it meanwhile. A run that takes
 * longer than hang_ms of its own time (process.h) is killed; 0: ISOLATE_HANG_MS. NULL: no memory, or no process
 * (errno).
 */
struct isolate *isolate_open(struct runner *runner, unsigned hang_ms);
void isolate_close(struct isolate *isolate);

/*
 * As run_scenario. If the process dies of it, *outcome has that one finding (death.h), or none if rcfuzz itself failed.
 * False: no process can be started any more, and *outcome is empty.
 */
bool isolate_run(struct isolate *isolate, const struct scenario *s, struct run_outcome *outcome);

#endif

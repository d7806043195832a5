/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * reach.h: did a run come to where the scenario's ops interrupt one another? A kernel in which a function has another
 * name, or takes another lock, never comes there: that it then shows nothing says nothing of it.
 */
#ifndef RCFUZZ_CLI_REACH_H
#define RCFUZZ_CLI_REACH_H

#include "run/run.h"
#include "scenario/text.h"

#include <stddef.h>

enum reach {
	REACH_ALL,	   /* or the world ended before: then a finding says why */
	REACH_NOT,	   /* the kernel's way leads past a point, as a repair may make it */
	REACH_NO_FUNCTION, /* the kernel has no function of the name that the point has */
	REACH_NO_MODULE	   /* the point is an access, and no yield point in a module of this flavour */
};

/* The first point that *outcome, of *s on that runner, did not come to. text: which, and why; "": all. */
enum reach reach_of(struct runner *runner, const struct scenario *s, const struct run_outcome *outcome, char *text,
		    size_t size);

/*
 * A preemption at *#N is at that place in one build only: what to say of a scenario that has one, where the module with
 * that hash (NULL: none in particular) is not known to be it. False: nothing.
 */
#define REACH_REMARK 224u
bool reach_remark(const struct scenario_file *file, const char *hash, char text[REACH_REMARK]);
/* The hash in a module's JSON, as runner_target_info() gives it; "": none. */
void reach_hash(const char *info, char hash[SCENARIO_MODULE_MAX]);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * symptom.h: how a finding shows from outside: in the records of the stage, or in
 * the console of a kernel that did not survive. A machine with other work
 * provokes alarms of its own, so each has to be the finding's.
 */
#ifndef RCFUZZ_SYMPTOM_H
#define RCFUZZ_SYMPTOM_H

#include "records.h"
#include "run/run.h"

/* What shows a class of finding: a kind of record; ENDS: the kernel does not go on; 0: nothing does. */
#define SYMPTOM_ENDS UINT32_MAX
unsigned symptom_kind(enum finding_class class);

/* Is the record (of that kind) about the finding: its page, its L2 page, its assertion? */
bool symptom_in_record(const struct finding *f, const struct observed *r);

/*
 * Does a console tell of the end that the finding (class crash, deadlock or hang) says? True: *line is what it says.
 * That no answer came, or that the emulator has ended, is not enough.
 */
bool symptom_in_console(const struct finding *f, const char *console, char *line, size_t size);
/* Does it tell that the kernel crashed or stopped, whatever the finding? */
bool symptom_of_death(const char *console, char *line, size_t size);

/*
 * The first assertion that failed there (WARN), and in no finding of `ours`: as a difference. See rules.c for what is
 * not asked.
 */
bool symptom_warn_differs(const struct run_outcome *ours, const struct records *theirs, struct difference *d);

/*
 * The first of the oracle's verdicts there, within the first `ops` ops, that is no finding of `ours`: as a difference.
 */
bool symptom_verdict_differs(const struct run_outcome *ours, unsigned ops, const struct records *theirs,
			     struct difference *d);

#endif

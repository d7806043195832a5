/* SPDX-License-Identifier: GPL-2.0-only */
/* tell.h: a report that needs the kernel at hand: the scenario of a finding is run again, in a process of its own. */
#ifndef RCFUZZ_TELL_H
#define RCFUZZ_TELL_H

#include "cli/embargo.h"
#include "cli/target.h"
#include "report/timeline.h"
#include "scenario/scenario_file.h"

/* TELL_RECORDS: all findings, the one that is told first, as an array of records (record.h). */
enum tell_form { TELL_TEXT, TELL_JSON, TELL_HTML, TELL_MAIL, TELL_RECORDS };

struct tell {
	const char *path;      /* the scenario */
	const char *signature; /* of the finding to tell; NULL: the one that the file expects, or the most severe */
	const cJSON *confirm;  /* what came of it on unmodified kernels (confirmation.h); NULL: nothing */
	const struct target_choice *target;
	enum tell_form form;
	const char *fixes;	       /* mail: the commit at which a bisection ended; NULL: none */
	const struct embargo *embargo; /* what known findings say */
	bool embargoed;		       /* what the record of that signature says */
};

/* Write the report. 0, or an exit code after cli_error. */
int tell(FILE *out, const struct tell *tell);

/* The timeline of a file's scenario, for the finding with that signature, or the one that the file expects. */
void tell_timeline(struct timeline *t, struct runner *runner, const struct scenario_file *file, const char *signature);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* mail.h: a finding as a plain block for a mailing list: what stands before and behind its text report. */
#ifndef RCFUZZ_MAIL_H
#define RCFUZZ_MAIL_H

#include "run/finding.h"

#include <stdbool.h>
#include <stdio.h>

#define MAIL_COLUMNS 72

/* What a tree says of a finding: each may be "" or NULL, unknown. And who may read it. */
struct mail {
	const char *recipients; /* lines of get_maintainer.pl: "Name <address> (role)" */
	const char *describe;	/* git describe */
	const char *fixes;	/* 1234567890ab ("subject") */
	bool embargoed;		/* what stands below shows what no list may hear of (timeline_embargo) */
};

/*
 * Recipients, subject and an empty line. A finding in which a guest reaches what
 * is not its own goes to the kernel's security list, and to no other list.
 */
void mail_head(FILE *out, const struct finding *finding, const struct mail *mail);
/* Since when it is there, and how to see it. name: the scenario's file. */
void mail_tail(FILE *out, const struct mail *mail, const char *name);

#endif

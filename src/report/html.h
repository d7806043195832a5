/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * html.h: a finding as one page that needs nothing else: no script, no font, no
 * request. Its own policy forbids all three, so that text from a scenario or a
 * kernel tree can do no harm even where escaping it (markup.h) should fail.
 */
#ifndef RCFUZZ_HTML_H
#define RCFUZZ_HTML_H

#include "report/timeline.h"

/*
 * Write the page. target_info: the module's JSON (runner_target_info). name: the
 * scenario's file. story: what its author says, lines end in \n; "" or NULL: none.
 * confirm: what came of it on unmodified kernels (confirmation.h); NULL: nothing.
 */
void report_html(FILE *out, const struct timeline *t, const char *target_info, const char *name, const char *story,
		 const cJSON *confirm);

/* html_timeline.c: the ops as a list; behind each a strip of the picture, which together are the picture. */
void html_timeline(FILE *out, const struct timeline *t);

/* html_style.c: the style sheet. */
extern const char html_style[];

#endif

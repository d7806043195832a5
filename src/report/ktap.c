// SPDX-License-Identifier: GPL-2.0-only
/* ktap.c: KTAP version 1. */
#include "report/ktap.h"

#include <string.h>

const char *const ktap_result_name[KTAP_RESULTS] = {"pass", "fail", "xfail", "xpass", "skip"};

void ktap_begin(struct ktap *ktap, FILE *out, unsigned plan)
{
	*ktap = (struct ktap){.out = out};
	if (out)
		fprintf(out, "KTAP version 1\n1..%u\n", plan);
}

void ktap_remark(const struct ktap *ktap, const char *text)
{
	if (ktap->out)
		fprintf(ktap->out, "# %.*s\n", (int)strcspn(text, "\n"), text);
}

/* A '#' in a name would begin a directive, a newline a result. */
static void print_name(FILE *out, const char *name)
{
	for (; *name && *name != '\n'; name++)
		fputc(*name == '#' ? '_' : *name, out);
}

void ktap_result(struct ktap *ktap, enum ktap_result result, const char *name, const char *reason)
{
	static const char *const directive[KTAP_RESULTS] = {
		[KTAP_XFAIL] = " # XFAIL", [KTAP_XPASS] = " # XPASS", [KTAP_SKIP] = " # SKIP", [KTAP_FAIL] = " #"};
	bool ok = result != KTAP_FAIL && result != KTAP_XPASS, said = reason && *reason;

	ktap->number++;
	ktap->count[result]++;
	if (!ktap->out)
		return;
	fprintf(ktap->out, "%sok %u - ", ok ? "" : "not ", ktap->number);
	print_name(ktap->out, name);
	if (directive[result] && (said || result != KTAP_FAIL))
		fputs(directive[result], ktap->out);
	if (said && directive[result])
		fprintf(ktap->out, " %.*s", (int)strcspn(reason, "\n"), reason);
	fputc('\n', ktap->out);
	fflush(ktap->out);
}

int ktap_end(struct ktap *ktap)
{
	const unsigned *n = ktap->count;

	if (ktap->out)
		fprintf(ktap->out, "# Totals: pass:%u fail:%u xfail:%u xpass:%u skip:%u error:0\n", n[KTAP_PASS],
			n[KTAP_FAIL], n[KTAP_XFAIL], n[KTAP_XPASS], n[KTAP_SKIP]);
	if (n[KTAP_FAIL] || n[KTAP_XPASS])
		return 1;
	return ktap->number && n[KTAP_SKIP] == ktap->number ? 4 : 0;
}

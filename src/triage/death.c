// SPDX-License-Identifier: GPL-2.0-only
/* death.c: findings about processes that died. */
#include "triage/death.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

const char *death_text(int status, bool hung, char *text, size_t size)
{
	if (hung)
		snprintf(text, size, "hung");
	else if (WIFSIGNALED(status))
		snprintf(text, size, "died of signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		snprintf(text, size, "ended with exit code %d", WEXITSTATUS(status));
	return text;
}

struct finding death_finding(int status, bool hung)
{
	struct finding finding = {.class = hung ? CLASS_HANG : CLASS_CRASH, .n = UINT32_MAX, .lpage = UINT32_MAX};
	const char *class = class_info[finding.class].name;
	char text[96];

	snprintf(finding.title, sizeof(finding.title), "the process that runs this scenario %s",
		 hung ? "does not come back" : death_text(status, hung, text, sizeof(text)));
	snprintf(finding.coarse, sizeof(finding.coarse), "%s:none:process", class);
	if (hung)
		snprintf(finding.signature, sizeof(finding.signature), "%s:none:process", class);
	else
		snprintf(finding.signature, sizeof(finding.signature), "%s:none:process:%s%d", class,
			 WIFSIGNALED(status) ? "signal" : "exit",
			 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	return finding;
}

bool death_is(const struct finding *finding)
{
	const char *end = strrchr(finding->coarse, ':');

	return end && !strcmp(end, ":process");
}

bool death_is_signature(const char *signature)
{
	const char *role = strstr(signature, ":none:process");

	return role && (role[13] == '\0' || role[13] == ':');
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* death.h: a scenario that kills the process that runs it is a finding too. */
#ifndef RCFUZZ_DEATH_H
#define RCFUZZ_DEATH_H

#include "run/finding.h"

#include <stdbool.h>
#include <stddef.h>

/* The finding for a process with this wait status; hung: it was killed because it did not come back. */
struct finding death_finding(int status, bool hung);
/* Was a finding made by death_finding? Such a scenario cannot be run without a child process. */
bool death_is(const struct finding *finding);
bool death_is_signature(const char *signature);
/* "died of signal 11 (Segmentation fault)", "ended with exit code 3", "hung". */
const char *death_text(int status, bool hung, char *text, size_t size);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sarif.h: findings as SARIF 2.1.0 (OASIS), the form that code review tools
 * read. The rule is the class, the location is the kernel's file and line.
 */
#ifndef RCFUZZ_SARIF_H
#define RCFUZZ_SARIF_H

#include <cjson/cJSON.h>

/* records: an array as record_read_lines gives it; it stays the caller's, and so does the result. NULL: out of memory.
 */
cJSON *sarif_report(const cJSON *records);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* run_summary.h: what a run came to, on stdout. */
#ifndef RCFUZZ_RUN_SUMMARY_H
#define RCFUZZ_RUN_SUMMARY_H

#include "fuzz/supervisor.h"

void run_summary_text(const struct run_plan *plan, struct store *store, const struct run_totals *totals);
void run_summary_json(const struct run_plan *plan, struct store *store, const struct run_totals *totals);

#endif

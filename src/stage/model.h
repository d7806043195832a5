/* SPDX-License-Identifier: GPL-2.0-only */
/* model.h: our side: a scenario on a module and the machine model, told in the records of the stage. */
#ifndef RCFUZZ_STAGE_MODEL_H
#define RCFUZZ_STAGE_MODEL_H

#include "records.h"
#include "run/run.h"

struct model;

/* NULL: *error says what to do. */
struct model *model_create(const char *module, char *error, size_t error_size);
void model_destroy(struct model *m);
struct runner *model_runner(struct model *m);

/*
 * Run a canonical scenario; *records is overwritten. The machine forgets all translations whenever a guest is
 * entered, as the emulated one does (rules.h). Returns how many ops are comparable (rules_ops_compared).
 */
unsigned model_run(struct model *m, const struct scenario *s, struct records *records, struct run_outcome *outcome);

#endif

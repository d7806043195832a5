// SPDX-License-Identifier: GPL-2.0-only
/* stand_ins.c: see stand_ins.h. */
#include "stand_ins.h"

const char *const stand_in_kind_names[] = {"stand-in", "idle", "unreachable", "header"};

const struct stand_in stand_ins[] = {
#define STAND_IN(symbol, place, why) {STAND_IN_SYMBOL, #symbol, place, why},
#define STANDS_IDLE(symbol, place, why) {STAND_IN_IDLE, #symbol, place, why},
#define UNREACHABLE(symbol, place, why) {STAND_IN_UNREACHABLE, #symbol, place, why},
#define STANDS_HEADER(header, why) {STAND_IN_HEADER, header, NULL, why},
#include "stand_ins.def"
};
const size_t stand_in_count = sizeof(stand_ins) / sizeof(stand_ins[0]);

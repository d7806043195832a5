/* SPDX-License-Identifier: GPL-2.0-only */
/* bench_switch.h: what it costs to go from one stack to another. */
#ifndef RCFUZZ_CLI_BENCH_SWITCH_H
#define RCFUZZ_CLI_BENCH_SWITCH_H

/* CPU time of this process, in seconds. */
double bench_cpu_seconds(void);

/* Nanoseconds from one fiber to its owner, or back; 0: no memory. */
double bench_fiber_switch(void);
/*
 * The same from one op to another, with what the world does then: it tells the target whose stack and budget it is. No
 * runner may exist: it has the machine's addresses.
 */
double bench_task_switch(void);

#endif

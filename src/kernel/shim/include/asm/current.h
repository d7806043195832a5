/* SPDX-License-Identifier: GPL-2.0-only */
/* The task that an op of rcfuzz runs as; the real header reads it from the paca by assembly. */
#ifndef RCFUZZ_ASM_CURRENT_H
#define RCFUZZ_ASM_CURRENT_H
struct task_struct;
struct task_struct *rcfuzz_current(void);
#define current rcfuzz_current()
#endif

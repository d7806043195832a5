/* SPDX-License-Identifier: GPL-2.0-only */
/* The one task the shim runs kernel code as; the real header reads it from the paca by assembly. */
#ifndef RCFUZZ_ASM_CURRENT_H
#define RCFUZZ_ASM_CURRENT_H
struct task_struct;
extern struct task_struct *rcfuzz_current;
#define current rcfuzz_current
#endif

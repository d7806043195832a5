/* SPDX-License-Identifier: GPL-2.0-only */
/* Thread priorities mean nothing here; a spinning wait is reported to the shim. */
#ifndef RCFUZZ_ASM_VDSO_PROCESSOR_H
#define RCFUZZ_ASM_VDSO_PROCESSOR_H
#define HMT_very_low()
#define HMT_low()
#define HMT_medium_low()
#define HMT_medium()
#define HMT_medium_high()
#define HMT_high()
void rcfuzz_cpu_relax(void);
#define cpu_relax() rcfuzz_cpu_relax()
#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* Interrupt masking is the paca's business, read by assembly; here it does nothing. */
#ifndef RCFUZZ_ASM_HW_IRQ_H
#define RCFUZZ_ASM_HW_IRQ_H
#define arch_local_save_flags kernel_arch_local_save_flags
#define arch_local_irq_disable kernel_arch_local_irq_disable
#define arch_local_irq_restore kernel_arch_local_irq_restore
#define arch_local_irq_enable kernel_arch_local_irq_enable
#define arch_local_irq_save kernel_arch_local_irq_save
#define arch_irqs_disabled kernel_arch_irqs_disabled
#include_next <asm/hw_irq.h>
#undef hard_irq_disable
#define hard_irq_disable()                                                                                             \
	do {                                                                                                           \
	} while (0)
#undef arch_local_save_flags
#undef arch_local_irq_disable
#undef arch_local_irq_restore
#undef arch_local_irq_enable
#undef arch_local_irq_save
#undef arch_irqs_disabled
#ifndef __ASSEMBLY__
static inline unsigned long arch_local_save_flags(void)
{
	return 0;
}
static inline void arch_local_irq_disable(void)
{
}
static inline void arch_local_irq_restore(unsigned long flags)
{
}
static inline void arch_local_irq_enable(void)
{
}
static inline unsigned long arch_local_irq_save(void)
{
	return 0;
}
static inline bool arch_irqs_disabled(void)
{
	return false;
}
#endif
#endif

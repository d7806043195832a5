/* SPDX-License-Identifier: GPL-2.0-only */
/* An error that looks like an address is told by PAGE_OFFSET, which is 0 here: the value that a real kernel has. */
#ifndef RCFUZZ_ASM_KVM_HOST_H
#define RCFUZZ_ASM_KVM_HOST_H
#include_next <asm/kvm_host.h>
#define RCFUZZ_PAGE_OFFSET 0xc000000000000000UL
#define KVM_HVA_ERR_BAD RCFUZZ_PAGE_OFFSET
#define KVM_HVA_ERR_RO_BAD (RCFUZZ_PAGE_OFFSET + PAGE_SIZE)
static inline bool kvm_is_error_hva(unsigned long addr)
{
	return addr >= RCFUZZ_PAGE_OFFSET;
}
#endif

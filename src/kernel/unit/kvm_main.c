/* SPDX-License-Identifier: GPL-2.0-only */
/* Memslots, the MMU notifier, and access to guest memory on a guest's behalf. */
#include <virt/kvm/kvm_main.c>
#include "export.h"
RCFUZZ_EXPORT(kvm_mmu_notifier_invalidate_range_start);
RCFUZZ_EXPORT(kvm_mmu_notifier_invalidate_range_end);
RCFUZZ_EXPORT(kvm_mmu_notifier_clear_flush_young);
RCFUZZ_EXPORT(kvm_mmu_notifier_clear_young);
RCFUZZ_EXPORT(kvm_mmu_notifier_test_young);
#ifdef RCFUZZ_HAVE_kvm_mmu_notifier_change_pte
RCFUZZ_EXPORT(kvm_mmu_notifier_change_pte);
#endif
RCFUZZ_EXPORT(kvm_free_memslots);
RCFUZZ_EXPORT(kvm_vm_ioctl_set_memory_region);

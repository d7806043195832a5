/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The dirty log, memslot changes, hcall dispatch and exits of a vCPU. The glue stands in for kvmhv_run_single_vcpu,
 * where the machine takes over: the kernel's own loses its name here, and the linker drops it.
 */
#undef PPC_MSGSND
#define PPC_MSGSND(b) "" /* a doorbell to another CPU of the host, which is not modelled */
#define kvmhv_run_single_vcpu kernel_kvmhv_run_single_vcpu
#include "assembly.h"
#include <arch/powerpc/kvm/book3s_hv.c>
#undef kvmhv_run_single_vcpu
#include "export.h"
RCFUZZ_EXPORT(kvm_vm_ioctl_get_dirty_log_hv);
RCFUZZ_EXPORT(kvmppc_core_commit_memory_region_hv);
RCFUZZ_EXPORT(kvmppc_core_prepare_memory_region_hv);
RCFUZZ_EXPORT(kvmppc_core_free_memslot_hv);
RCFUZZ_EXPORT(kvmppc_prepare_radix_vcpu);
RCFUZZ_EXPORT(kvmppc_handle_nested_exit);
RCFUZZ_EXPORT(kvmppc_handle_exit_hv);
RCFUZZ_EXPORT(kvmppc_update_vpas);
RCFUZZ_EXPORT(kvmppc_update_vpa_dispatch_p9);
RCFUZZ_EXPORT(kvmppc_core_init_vm_hv);
RCFUZZ_EXPORT(kvmppc_core_destroy_vm_hv);
RCFUZZ_EXPORT(kvmppc_core_vcpu_create_hv);
RCFUZZ_EXPORT(kvmppc_core_vcpu_free_hv);

/* kvm->arch.kvm_ops: of the kernel's kvm_ops_hv what this project reaches, so that the linker can drop the rest. */
struct kvmppc_ops rcfuzz_kvm_ops = {
	.set_msr = kvmppc_set_msr_hv,
	.inject_interrupt = kvmppc_inject_interrupt_hv,
	.get_dirty_log = kvm_vm_ioctl_get_dirty_log_hv,
	.flush_memslot = kvmppc_core_flush_memslot_hv,
	.prepare_memory_region = kvmppc_core_prepare_memory_region_hv,
	.commit_memory_region = kvmppc_core_commit_memory_region_hv,
	.unmap_gfn_range = kvm_unmap_gfn_range_hv,
	.age_gfn = kvm_age_gfn_hv,
	.test_age_gfn = kvm_test_age_gfn_hv,
#ifdef RCFUZZ_HAVE_kvm_set_spte_gfn_hv
	.set_spte_gfn = kvm_set_spte_gfn_hv,
#endif
	.free_memslot = kvmppc_core_free_memslot_hv,
	.init_vm = kvmppc_core_init_vm_hv,
	.destroy_vm = kvmppc_core_destroy_vm_hv,
	.vcpu_create = kvmppc_core_vcpu_create_hv,
	.vcpu_free = kvmppc_core_vcpu_free_hv,
	.fast_vcpu_kick = kvmppc_fast_vcpu_kick_hv,
	.enable_nested = kvmhv_enable_nested,
	.load_from_eaddr = kvmhv_load_from_eaddr,
	.store_to_eaddr = kvmhv_store_to_eaddr,
};

const int rcfuzz_resume_page_fault = RESUME_PAGE_FAULT;

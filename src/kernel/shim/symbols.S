/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Functions of the kernel that need no C. Those marked `unreachable` are referred to, but no scenario may reach them:
 * hash page tables, interrupt controllers, device I/O, transactional memory, secure guests, nestedv2. Each ends in
 * rcfuzz_unreachable(its own name). Those marked `nothing` return 0, whatever their arguments are.
 */
.macro nothing name
	.section .text.nothing.\name, "ax", @progbits
	.globl	\name
	.hidden	\name
	.type	\name, @function
\name:
	xorl	%eax, %eax
	ret
	.size	\name, . - \name
.endm

.macro unreachable name
	.section .text.unreachable.\name, "ax", @progbits
	.globl	\name
	.hidden	\name
	.type	\name, @function
\name:
	leaq	.Lname_\name(%rip), %rdi
	call	rcfuzz_unreachable
	.size	\name, . - \name
	.section .rodata.unreachable.\name, "a", @progbits
.Lname_\name:
	.asciz	"\name"
.endm

/* messages; CPU hotplug, since no CPU comes or goes; kicks of a vCPU that runs on another CPU */
nothing ___ratelimit
nothing _printk
nothing dump_page
nothing __cpuhp_setup_state
nothing __cpuhp_setup_state_cpuslocked
nothing arch_smp_send_reschedule
nothing smp_send_reschedule

/*
 * hva_to_pfn (virt/kvm/kvm_main.c), after get_user_pages has failed: the page is not poisoned, and there is no VMA of
 * device memory at the address. Nothing takes the mmap lock for writing.
 */
nothing get_user_pages
nothing mtree_load
nothing down_read
nothing up_read
unreachable fixup_user_fault
unreachable follow_pfnmap_end
unreachable follow_pfnmap_start
unreachable follow_pte
unreachable pin_user_pages_fast
unreachable pin_user_pages_unlocked

/* powerpc instructions in units of which only a part is wanted */
unreachable rcfuzz_unreachable_assembly

/* hash page tables */
unreachable arch_spin_lock
unreachable arch_spin_unlock
unreachable free_pages
unreachable cma_release
unreachable kvmppc_h_set_dabr
unreachable kvmppc_h_set_xdabr

/* interrupt controllers, RTAS, TCE tables, MMIO */
unreachable bsearch
unreachable kvmppc_emulate_loadstore
unreachable hrtimer_try_to_cancel
unreachable kvmppc_h_get_tce
unreachable kvmppc_h_put_tce
unreachable kvmppc_h_put_tce_indirect
unreachable kvmppc_h_stuff_tce
unreachable kvmppc_rtas_hcall
unreachable kvmppc_xics_hcall
unreachable kvmppc_xics_rm_complete

/* what a real processor would add: machine checks, random numbers, debug registers, transactions */
unreachable arch_get_random_seed_longs
unreachable kvmhv_p9_tm_emulation
unreachable machine_check_print_event_info
unreachable ppc_breakpoint_available

/* H_CONFER */
unreachable __put_task_struct
unreachable __put_task_struct_rcu_cb
unreachable _raw_read_trylock
unreachable _raw_read_unlock
unreachable get_pid_task
unreachable yield_to

/* secure guests */
unreachable ucall_norets

/* nestedv2 */
unreachable __kvmhv_nestedv2_cached_reload
unreachable __kvmhv_nestedv2_mark_dirty
unreachable kvmhv_nestedv2_set_vpa
unreachable kvmhv_nestedv2_vcpu_create
unreachable kvmhv_nestedv2_vcpu_free

	.section .note.GNU-stack, "", @progbits

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * glue.c: the module's one exported table (target.h), in terms of the kernel's own functions. Only what the
 * kernel does not have as a function that can be called is written here; each stand-in names what it stands for.
 */
#include "features.h"
#include "services.h"

extern const char rcfuzz_build_info[];
extern struct kvmppc_ops rcfuzz_kvm_ops;
extern const int rcfuzz_resume_page_fault;
void radix_tree_init(void);
int kvmppc_radix_init(void);

/* Statics that the units export (unit/). */
int rcfuzz_kvm_vm_ioctl_get_dirty_log_hv(struct kvm *kvm, struct kvm_dirty_log *log);
void rcfuzz_kvmppc_update_vpas(struct kvm_vcpu *vcpu);
void rcfuzz_kvmppc_prepare_radix_vcpu(struct kvm_vcpu *vcpu, int pcpu);
void rcfuzz_kvmppc_update_vpa_dispatch_p9(struct kvm_vcpu *vcpu, struct kvmppc_vcore *vc, u64 now);
void rcfuzz_check_need_tlb_flush(struct kvm *kvm, int pcpu, struct kvm_nested_guest *nested);
int rcfuzz_kvmppc_handle_nested_exit(struct kvm_vcpu *vcpu);
int rcfuzz_kvmppc_handle_exit_hv(struct kvm_vcpu *vcpu, struct task_struct *tsk);
int rcfuzz_kvm_mmu_notifier_invalidate_range_start(struct mmu_notifier *mn, const struct mmu_notifier_range *range);
void rcfuzz_kvm_mmu_notifier_invalidate_range_end(struct mmu_notifier *mn, const struct mmu_notifier_range *range);
int rcfuzz_kvm_mmu_notifier_clear_flush_young(struct mmu_notifier *mn, struct mm_struct *mm, unsigned long start,
					      unsigned long end);
int rcfuzz_kvm_mmu_notifier_clear_young(struct mmu_notifier *mn, struct mm_struct *mm, unsigned long start,
					unsigned long end);
int rcfuzz_kvm_mmu_notifier_test_young(struct mmu_notifier *mn, struct mm_struct *mm, unsigned long address);
void rcfuzz_kvm_free_memslots(struct kvm *kvm, struct kvm_memslots *slots);

#define VCPUS 4

static struct kvm *the_kvm;
static struct kvm_vcpu *the_vcpus[VCPUS];
static unsigned int vcpu_count;
static bool access_failed[VCPUS]; /* the guest got an interrupt, or userspace an exit, instead */
static bool stopping[VCPUS];

/* ---- a VM ---------------------------------------------------------------------- */

/* kvm_create_vm (virt/kvm/kvm_main.c): the fields that the code under test reads; no debugfs, no buses. */
static struct kvm *create_kvm(const struct target_world *world)
{
	struct kvm *kvm = kzalloc(sizeof(*kvm), GFP_KERNEL);
	struct kvm_memslots *slots;
	int j;

	if (!kvm)
		return NULL;
	spin_lock_init(&kvm->mmu_lock);
	kvm->mm = current->mm;
	mutex_init(&kvm->lock);
	mutex_init(&kvm->slots_lock);
	mutex_init(&kvm->slots_arch_lock);
	spin_lock_init(&kvm->mn_invalidate_lock);
	rcuwait_init(&kvm->mn_memslots_update_rcuwait);
	xa_init(&kvm->vcpu_array);
	INIT_LIST_HEAD(&kvm->gpc_list);
	spin_lock_init(&kvm->gpc_lock);
	INIT_LIST_HEAD(&kvm->devices);
	kvm->max_vcpus = KVM_MAX_VCPUS;
	refcount_set(&kvm->users_count, 1);
	for (j = 0; j < 2; j++) {
		slots = &kvm->__memslots[0][j];
		atomic_long_set(&slots->last_used_slot, (unsigned long)NULL);
		slots->hva_tree = RB_ROOT_CACHED;
		slots->gfn_tree = RB_ROOT;
		hash_init(slots->id_hash);
		slots->node_idx = j;
		slots->generation = 0;
	}
	rcu_assign_pointer(kvm->memslots[0], &kvm->__memslots[0][0]);
	/* kvm_arch_init_vm (arch/powerpc/kvm/powerpc.c). */
	kvm->arch.kvm_ops = &rcfuzz_kvm_ops;
	return kvm;
}

/* kvm_vm_ioctl_create_vcpu and kvm_arch_vcpu_create: what is left of them without files and timers. */
static int create_vcpu(struct kvm *kvm, unsigned int id, bool little_endian)
{
	struct kvm_vcpu *vcpu = kzalloc(sizeof(*vcpu), GFP_KERNEL);
	int err;

	if (!vcpu)
		return -ENOMEM;
	vcpu->run = kzalloc(sizeof(*vcpu->run), GFP_KERNEL);
	if (!vcpu->run)
		return -ENOMEM;
	vcpu->kvm = kvm;
	vcpu->vcpu_id = vcpu->vcpu_idx = id;
	vcpu->cpu = -1;
	mutex_init(&vcpu->mutex);
	err = rcfuzz_kvm_ops.vcpu_create(vcpu);
	if (err)
		return err;
	vcpu->arch.sane = true;
	vcpu->arch.shregs.msr |= MSR_SF | (little_endian ? MSR_LE : 0);
	vcpu->arch.intr_msr |= little_endian ? MSR_LE : 0;
	if (xa_err(xa_store(&kvm->vcpu_array, id, vcpu, GFP_KERNEL)))
		return -ENOMEM;
	atomic_inc(&kvm->online_vcpus);
	the_vcpus[id] = vcpu;
	return 0;
}

/* kvmppc_inject_interrupt_hv: the guest's program sees only that its access failed. */
static void inject_interrupt(struct kvm_vcpu *vcpu, int vec, u64 srr1_flags)
{
	access_failed[vcpu->vcpu_id] = true;
}

static void enable_hcall(struct kvm *kvm, unsigned long number)
{
	__set_bit(number / 4, kvm->arch.enabled_hcalls);
}

static int world_begin(const struct target_world *world)
{
	unsigned int i;
	int err;

	rcfuzz_services_reset();
	rcfuzz_set_pages(world->page_array, world->frame_base >> PAGE_SHIFT, world->frame_count);
	current->mm->pgd = (pgd_t *)world->process_pgd;
	rcfuzz_kvm_ops.inject_interrupt = inject_interrupt;
	the_kvm = create_kvm(world);
	if (!the_kvm)
		return -ENOMEM;
	rcfuzz_next_lpid = world->lpid;
	err = rcfuzz_kvm_ops.init_vm(the_kvm);
	if (err)
		return err;
	/* KVM_ENABLE_CAP(KVM_CAP_PPC_NESTED_HV) and the hcalls that init_default_hcalls() enables. */
	the_kvm->arch.nested_enable = true;
	enable_hcall(the_kvm, H_REGISTER_VPA);
	enable_hcall(the_kvm, H_RPT_INVALIDATE);
	vcpu_count = world->vcpus;
	for (i = 0; i < vcpu_count; i++) {
		err = create_vcpu(the_kvm, i, world->little_endian);
		if (err)
			return err;
	}
	return 0;
}

/* kvm_destroy_vm and kvm_arch_destroy_vm. */
static void world_teardown(void)
{
	unsigned int i;

	for (i = 0; i < vcpu_count; i++) {
		xa_erase(&the_kvm->vcpu_array, i);
		rcfuzz_kvm_ops.vcpu_free(the_vcpus[i]);
		kfree(the_vcpus[i]->run);
		kfree(the_vcpus[i]);
	}
	xa_destroy(&the_kvm->vcpu_array);
	rcfuzz_kvm_ops.destroy_vm(the_kvm);
	rcfuzz_kvm_free_memslots(the_kvm, &the_kvm->__memslots[0][0]);
	rcfuzz_kvm_free_memslots(the_kvm, &the_kvm->__memslots[0][1]);
	rcfuzz_rcu_quiescent();
	rcfuzz_check_page_references();
	kfree(the_kvm);
	the_kvm = NULL;
}

/* ---- ioctls and the MMU notifier --------------------------------------------------- */

static int set_memory_region(unsigned int slot, unsigned int flags, uint64_t gpa, uint64_t size, uint64_t hva)
{
#ifdef RCFUZZ_HAVE_memory_region2
	struct kvm_userspace_memory_region2 region = {
#else
	struct kvm_userspace_memory_region region = {
#endif
		.slot = slot,
		.flags = (flags & TARGET_SLOT_LOG ? KVM_MEM_LOG_DIRTY_PAGES : 0) |
			 (flags & TARGET_SLOT_READONLY ? KVM_MEM_READONLY : 0),
		.guest_phys_addr = gpa,
		.memory_size = size,
		.userspace_addr = hva,
	};

	return rcfuzz_kvm_vm_ioctl_set_memory_region(the_kvm, &region);
}

static int get_dirty_log(unsigned int slot, uint8_t *bitmap, size_t bytes)
{
	struct kvm_dirty_log log = {.slot = slot, .dirty_bitmap = bitmap};

	return rcfuzz_kvm_vm_ioctl_get_dirty_log_hv(the_kvm, &log);
}

static struct mmu_notifier_range notifier_range(uint64_t start, uint64_t end)
{
	return (struct mmu_notifier_range){
		.mm = current->mm, .start = start, .end = end, .flags = MMU_NOTIFIER_RANGE_BLOCKABLE};
}

static void invalidate_start(uint64_t start, uint64_t end)
{
	struct mmu_notifier_range range = notifier_range(start, end);

	rcfuzz_kvm_mmu_notifier_invalidate_range_start(&the_kvm->mmu_notifier, &range);
}

static void invalidate_end(uint64_t start, uint64_t end)
{
	struct mmu_notifier_range range = notifier_range(start, end);

	rcfuzz_kvm_mmu_notifier_invalidate_range_end(&the_kvm->mmu_notifier, &range);
}

static bool clear_flush_young(uint64_t start, uint64_t end)
{
	return rcfuzz_kvm_mmu_notifier_clear_flush_young(&the_kvm->mmu_notifier, current->mm, start, end);
}

static bool clear_young(uint64_t start, uint64_t end)
{
	return rcfuzz_kvm_mmu_notifier_clear_young(&the_kvm->mmu_notifier, current->mm, start, end);
}

static bool test_young(uint64_t addr)
{
	return rcfuzz_kvm_mmu_notifier_test_young(&the_kvm->mmu_notifier, current->mm, addr);
}

/* ---- running a vCPU ------------------------------------------------------------------ */

static void tell_area(const struct kvmppc_vpa *area)
{
	rcfuzz_host->kernel_writes(rcfuzz_host->ctx, area->gpa, __pa(area->pinned_addr),
				   area->pinned_end - area->pinned_addr);
}

/* The kernel is about to store n bytes to an area, which L1 has registered with its size. */
static void tell_store(const struct kvmppc_vpa *area, const void *store, unsigned long n)
{
	if (store < area->pinned_addr || store + n > area->pinned_end)
		rcfuzz_report(REPORT_MEMORY, NULL, 0, NULL, "a store for a guest lies outside of the area for it");
	rcfuzz_host->kernel_writes(rcfuzz_host->ctx, area->gpa, __pa(store), n);
}

/* kvmppc_update_vpas and the dispatch log store to L1's memory through pinned pages. */
static void tell_vpa_begin(struct kvm_vcpu *vcpu)
{
	if (vcpu->arch.vpa.pinned_addr)
		tell_store(&vcpu->arch.vpa, vcpu->arch.vpa.pinned_addr, sizeof(struct lppaca));
	if (vcpu->arch.vpa.pinned_addr && vcpu->arch.dtl_ptr)
		tell_store(&vcpu->arch.dtl, vcpu->arch.dtl_ptr, sizeof(struct dtl_entry));
}

static bool is_in(const struct kvmppc_vpa *area, const void *address)
{
	return area->pinned_addr && address >= area->pinned_addr && address < area->pinned_end;
}

/* A vCPU stores to its own areas only; those of another one may be half changed (kvmppc_update_vpa under its lock). */
void rcfuzz_stores_to_guest(const void *address)
{
	for (unsigned int i = 0; i < vcpu_count && rcfuzz_pfn_valid((unsigned long)address >> PAGE_SHIFT); i++) {
		const struct kvm_vcpu *vcpu = the_vcpus[i];

		if (!vcpu || vcpu->arch.run_task != current)
			continue;
		if (is_in(&vcpu->arch.vpa, address))
			tell_area(&vcpu->arch.vpa);
		if (is_in(&vcpu->arch.dtl, address))
			tell_area(&vcpu->arch.dtl);
	}
}

static void tell_vpa_writes(struct kvm_vcpu *vcpu)
{
	if (vcpu->arch.vpa.pinned_addr)
		rcfuzz_host->kernel_wrote(rcfuzz_host->ctx, vcpu->arch.vpa.gpa, "kvmppc_update_vpa_dispatch_p9");
	if (vcpu->arch.vpa.pinned_addr && vcpu->arch.dtl_ptr)
		rcfuzz_host->kernel_wrote(rcfuzz_host->ctx, vcpu->arch.dtl.gpa, "__kvmppc_create_dtl_entry");
}

/* The bits of SRR1 and HSRR1 that an interrupt sets and that are not MSR bits (ISA 3.1, Book III, chapter 7). */
#define SRR1_STATUS_BITS 0x783f0000ul

static void take_exit(struct kvm_vcpu *vcpu, const struct guest_exit *exit)
{
	unsigned long msr = vcpu->arch.shregs.msr & ~SRR1_STATUS_BITS;
	int i;

	vcpu->arch.trap = exit->trap;
	vcpu->arch.fault_dar = exit->dar;
	vcpu->arch.fault_dsisr = exit->dsisr;
	vcpu->arch.fault_gpa = exit->asdr;
	if (exit->trap == BOOK3S_INTERRUPT_H_INST_STORAGE) {
		msr |= exit->dsisr;
		kvmppc_set_pc(vcpu, exit->dar);
	}
	vcpu->arch.shregs.msr = msr;
	for (i = 0; exit->trap == BOOK3S_INTERRUPT_SYSCALL && i < 12; i++)
		kvmppc_set_gpr(vcpu, 3 + i, exit->gpr[i]);
}

static bool is_live_guest(const struct kvm_nested_guest *gp)
{
	return rcfuzz_host->alloc_size(rcfuzz_host->ctx, gp) == sizeof(*gp);
}

/* What the hardware would be given of a nested guest that was freed, and what is written by it, means nothing. */
static void check_live_guest(const struct kvm_nested_guest *gp)
{
	const void *callers[TARGET_CALLERS];

	if (likely(is_live_guest(gp)))
		return;
	rcfuzz_here(callers);
	rcfuzz_host->bad_access(rcfuzz_host->ctx, POINT_READ, &gp->shadow_lpid, sizeof(gp->shadow_lpid), callers);
	__builtin_trap();
}

/*
 * kvmhv_run_single_vcpu (arch/powerpc/kvm/book3s_hv.c) without timers, interrupts and the assembly of the guest
 * entry: the machine runs the guest instead of kvmhv_p9_guest_entry.
 */
int kvmhv_run_single_vcpu(struct kvm_vcpu *vcpu, u64 time_limit, unsigned long lpcr)
{
	struct kvm_nested_guest *nested = vcpu->arch.nested;
	struct kvm *kvm = vcpu->kvm;
	unsigned int id = vcpu->vcpu_id;
	struct guest_entry entry = {.vcpu = id, .nested = nested != NULL};
	struct guest_exit exit = {0};
	int srcu_idx, r = RESUME_GUEST;

	if (nested)
		check_live_guest(nested);
	vcpu->run->exit_reason = 0;
	vcpu->arch.ret = RESUME_GUEST;
	vcpu->arch.trap = 0;
	vcpu->arch.ceded = 0;
	vcpu->arch.run_task = current;
	vcpu->arch.last_inst = KVM_INST_FETCH_FAILED;
	rcfuzz_kvmppc_update_vpas(vcpu);
	entry.cpu = rcfuzz_cpu();
	rcfuzz_kvmppc_prepare_radix_vcpu(vcpu, entry.cpu);
	vcpu->arch.state = KVMPPC_VCPU_RUNNABLE;
	vcpu->cpu = vcpu->arch.thread_cpu = vcpu->arch.vcore->pcpu = entry.cpu;
	tell_vpa_begin(vcpu);
	rcfuzz_kvmppc_update_vpa_dispatch_p9(vcpu, vcpu->arch.vcore, 0);
	tell_vpa_writes(vcpu);
	srcu_idx = srcu_read_lock(&kvm->srcu);
	entry.lpid = nested ? nested->shadow_lpid : kvm->arch.lpid;
	entry.l1_lpid = nested ? nested->l1_lpid : 0;
	entry.r3 = kvmppc_get_gpr(vcpu, 3);
	entry.interrupted = access_failed[id];
	access_failed[id] = false;
	mtspr(SPRN_LPID, entry.lpid); /* switch_mmu_to_guest_radix */
	rcfuzz_check_need_tlb_flush(kvm, entry.cpu, nested);
	mtspr(SPRN_LPID, 0);
	rcfuzz_point(POINT_GUEST, "enter");
	/* The kernel holds it while the guest runs; a guest leaves at the next interrupt, so nobody waits for long. */
	srcu_read_unlock(&kvm->srcu, srcu_idx);
	rcfuzz_host->guest_enter(rcfuzz_host->ctx, &entry, &exit);
	rcfuzz_point(POINT_GUEST, "exit");
	vcpu->cpu = vcpu->arch.thread_cpu = -1;
	vcpu->arch.state = KVMPPC_VCPU_BUSY_IN_HOST;
	if (exit.stop || exit.signal) {
		stopping[id] = exit.stop;
		vcpu->run->exit_reason = KVM_EXIT_INTR; /* kvmhv_run_single_vcpu's sigpend */
		vcpu->arch.ret = -EINTR;
		return -EINTR;
	}
	take_exit(vcpu, &exit);
	if (exit.trap)
		r = nested ? rcfuzz_kvmppc_handle_nested_exit(vcpu) : rcfuzz_kvmppc_handle_exit_hv(vcpu, current);
	vcpu->arch.ret = r;
	return r;
}

/* kvmppc_load_last_inst (book3s.c): there are no instruction bytes. An access to no memory fails, as MMIO. */
int kvmppc_load_last_inst(struct kvm_vcpu *vcpu, enum instruction_fetch_type type,
#ifdef RCFUZZ_HAVE_last_inst_u64
			  unsigned long *inst)
#else
			  u32 *inst)
#endif
{
	access_failed[vcpu->vcpu_id] = true;
	return EMULATE_AGAIN;
}

/* kvmppc_vcpu_run_hv's loop; userspace (the outer loop) enters again after every exit. */
static int vcpu_run(unsigned int id)
{
	struct kvm_vcpu *vcpu = the_vcpus[id];
	struct kvm_run *run = vcpu->run;
	struct kvm *kvm = vcpu->kvm;
	int r, srcu_idx;

	stopping[id] = false;
	do {
		do {
			r = kvmhv_run_single_vcpu(vcpu, ~(u64)0, vcpu->arch.vcore->lpcr);
			if (run->exit_reason == KVM_EXIT_PAPR_HCALL) {
				r = kvmppc_pseries_do_hcall(vcpu);
			} else if (r == rcfuzz_resume_page_fault) {
				srcu_idx = srcu_read_lock(&kvm->srcu);
				r = kvmppc_book3s_hv_page_fault(vcpu, vcpu->arch.fault_dar, vcpu->arch.fault_dsisr);
				srcu_read_unlock(&kvm->srcu, srcu_idx);
			}
		} while (is_kvmppc_resume_guest(r));
		access_failed[id] = true;
		rcfuzz_step();
	} while (!stopping[id]);
	return 0;
}

/* ---- looking -------------------------------------------------------------------------- */

/* NULL as well: the kernel has freed it and knows it still, so that its members mean nothing. */
static const struct kvm_nested_guest *find_guest(uint32_t l1_lpid)
{
	const struct kvm_nested_guest *gp = idr_find(&the_kvm->arch.kvm_nested_guest_idr, l1_lpid);

	return gp && is_live_guest(gp) ? gp : NULL;
}

static int find_shadow_lpid(uint32_t l1_lpid)
{
	const struct kvm_nested_guest *gp = find_guest(l1_lpid);

	return gp ? gp->shadow_lpid : -1;
}

/* One word of an rmap (asm/kvm_book3s_64.h): L1's LPID and the guest real address. */
static bool rmap_is(u64 word, uint32_t l1_lpid, uint64_t n_gpa, uint32_t shift)
{
	u64 want = (u64)l1_lpid << RMAP_NESTED_LPID_SHIFT | (n_gpa & RMAP_NESTED_GPA_MASK);

	return !((word ^ want) & (RMAP_NESTED_LPID_MASK | (RMAP_NESTED_GPA_MASK & ~((1ull << shift) - 1))));
}

/* As for_each_nest_rmap_safe goes through it, but not into memory that is not in use. */
static enum target_rmap find_rmap(uint64_t gpa, uint32_t l1_lpid, uint64_t n_gpa, uint32_t shift)
{
	struct kvm_memory_slot *slot = gfn_to_memslot(the_kvm, gpa >> PAGE_SHIFT);
	u64 node = slot && slot->arch.rmap ? slot->arch.rmap[(gpa >> PAGE_SHIFT) - slot->base_gfn] : 0;
	enum target_rmap found = RMAP_EMPTY;

	for (unsigned int steps = 0; node && steps < 1024; steps++) {
		const struct rmap_nested *entry = (const struct rmap_nested *)node;

		if (node & RMAP_NESTED_IS_SINGLE_ENTRY)
			return rmap_is(node, l1_lpid, n_gpa, shift) ? RMAP_LISTED : RMAP_OTHERS;
		if (rcfuzz_host->alloc_size(rcfuzz_host->ctx, entry) < sizeof(*entry))
			return RMAP_FREED;
		if (rmap_is(entry->rmap, l1_lpid, n_gpa, shift))
			return RMAP_LISTED;
		found = RMAP_OTHERS;
		node = (u64)entry->list.next;
	}
	return found;
}

static const void *find_rmap_word(uint64_t gpa)
{
	struct kvm_memory_slot *slot = gfn_to_memslot(the_kvm, gpa >> PAGE_SHIFT);

	return slot && slot->arch.rmap ? &slot->arch.rmap[(gpa >> PAGE_SHIFT) - slot->base_gfn] : NULL;
}

static const void *find_bitmap_word(uint64_t gpa)
{
	struct kvm_memory_slot *slot = gfn_to_memslot(the_kvm, gpa >> PAGE_SHIFT);

	return slot && slot->dirty_bitmap ? &slot->dirty_bitmap[((gpa >> PAGE_SHIFT) - slot->base_gfn) / BITS_PER_LONG]
					  : NULL;
}

_Bool rcfuzz_mmu_locked(void)
{
	return the_kvm && *(unsigned int *)&the_kvm->mmu_lock == rcfuzz_host->task + 1;
}

static struct kvm_nested_guest *guest_of(const void *tlb_lock)
{
	char *start = (char *)tlb_lock - offsetof(struct kvm_nested_guest, tlb_lock);
	struct kvm_nested_guest *gp = (struct kvm_nested_guest *)start;

	return is_live_guest(gp) ? gp : NULL;
}

_Bool rcfuzz_is_unreferenced_guest(const void *tlb_lock)
{
	const struct kvm_nested_guest *gp = guest_of(tlb_lock);

	return gp && gp->refcnt <= 0;
}

static uint64_t find_root_table(uint32_t l1_lpid)
{
	const struct kvm_nested_guest *gp = l1_lpid ? find_guest(l1_lpid) : NULL;

	return l1_lpid ? (gp ? (uint64_t)gp->shadow_pgtable : 0) : (uint64_t)the_kvm->arch.pgtable;
}

static uint32_t find_nested_guests(struct target_guest *guests, uint32_t max)
{
	struct kvm_nested_guest *gp;
	uint32_t count = 0;
	int id;

	idr_for_each_entry(&the_kvm->arch.kvm_nested_guest_idr, gp, id) if (count < max) guests[count++] =
		(struct target_guest){gp, gp->refcnt};
	return count;
}

static long find_references(const struct kvm_nested_guest *gp)
{
	return is_live_guest(gp) ? gp->refcnt : 0;
}

static const char *find_memory_name(const void *address)
{
	unsigned long at = (unsigned long)address;
	struct kvm_memory_slot *slot;
	int bucket;

	if (at - (unsigned long)the_kvm < sizeof(*the_kvm))
		return "kvm";
	kvm_for_each_memslot(slot, bucket, rcu_dereference_raw(the_kvm->memslots[0]))
	{
		if (slot->arch.rmap && at - (unsigned long)slot->arch.rmap < slot->npages * sizeof(*slot->arch.rmap))
			return "rmap";
		if (slot->dirty_bitmap && at - (unsigned long)slot->dirty_bitmap < 2 * kvm_dirty_bitmap_bytes(slot))
			return "dirty";
	}
	return "memory";
}

/* No other object that the code under test allocates has one of these sizes. */
static const char *find_object_name(const void *start, size_t size)
{
	unsigned int i;

	if (start == the_kvm)
		return "kvm";
	for (i = 0; i < vcpu_count; i++)
		if (start == the_vcpus[i])
			return "kvm_vcpu";
	return size == sizeof(struct kvm_nested_guest)	? "kvm_nested_guest"
	       : size == sizeof(struct kvm_memory_slot) ? "kvm_memory_slot"
	       : size == sizeof(struct rmap_nested)	? "rmap_nested"
							: "object";
}

/* Locks that scenarios reach, by where they lie. */
#define KVM_LOCKS(X)                                                                                                   \
	X(mmu_lock)                                                                                                    \
	X(lock)                                                                                                        \
	X(slots_lock) X(slots_arch_lock) X(mn_invalidate_lock) X(gpc_lock) X(arch.mmu_setup_lock) X(srcu) X(irq_srcu)
#define VCPU_LOCKS(X) X(mutex) X(arch.vpa_update_lock) X(arch.tbacct_lock)

static const char *find_lock_name(const void *lock)
{
	struct kvm_nested_guest *gp;
	unsigned int i;
	int id;

	/* It is being made, or taken apart. */
	if (!the_kvm)
		return TARGET_LOCK_OTHER;
#define NAME(member)                                                                                                   \
	if (lock == (const void *)&the_kvm->member)                                                                    \
		return strncmp(#member, "arch.", 5) ? #member : &#member[5];
	KVM_LOCKS(NAME)
#undef NAME
	for (i = 0; i < vcpu_count; i++) {
		const struct kvm_vcpu *vcpu = xa_load(&the_kvm->vcpu_array, i);

		if (!vcpu)
			continue;
#define NAME(member)                                                                                                   \
	if (lock == (const void *)&vcpu->member)                                                                       \
		return strncmp(#member, "arch.", 5) ? #member : &#member[5];
		VCPU_LOCKS(NAME)
#undef NAME
		if (lock == (const void *)&vcpu->arch.vcore->lock)
			return "vcore";
	}
	/* A nested guest that was removed may still be in use. */
	if (guest_of(lock))
		return "tlb_lock";
	idr_for_each_entry(&the_kvm->arch.kvm_nested_guest_idr, gp,
			   id) if (lock == (const void *)&gp->tlb_lock) return "tlb_lock";
	return TARGET_LOCK_OTHER;
}

/* Looking runs kernel code too, and is nothing that another CPU could see or come between. */
#define LOOK(type, name, call, ...)                                                                                    \
	static type name(__VA_ARGS__)                                                                                  \
	{                                                                                                              \
		uint64_t seen = rcfuzz_host->memory_size;                                                              \
		type result;                                                                                           \
                                                                                                                       \
		rcfuzz_host->memory_size = 0;                                                                          \
		result = call;                                                                                         \
		rcfuzz_host->memory_size = seen;                                                                       \
		return result;                                                                                         \
	}
LOOK(int, shadow_lpid, find_shadow_lpid(l1_lpid), uint32_t l1_lpid)
LOOK(enum target_rmap, rmap, find_rmap(gpa, l1_lpid, n_gpa, shift), uint64_t gpa, uint32_t l1_lpid, uint64_t n_gpa,
     uint32_t shift)
LOOK(uint32_t, nested_guests, find_nested_guests(guests, max), struct target_guest *guests, uint32_t max)
LOOK(long, nested_references, find_references(guest), const void *guest)
LOOK(uint64_t, root_table, find_root_table(l1_lpid), uint32_t l1_lpid)
LOOK(const char *, memory_name, find_memory_name(address), const void *address)
LOOK(const void *, rmap_word, find_rmap_word(gpa), uint64_t gpa)
LOOK(const void *, bitmap_word, find_bitmap_word(gpa), uint64_t gpa)
LOOK(const char *, object_name, find_object_name(start, size), const void *start, size_t size)
LOOK(const char *, lock_name, find_lock_name(lock), const void *lock)

static bool page_pinned(uint64_t hpa)
{
	return rcfuzz_page_pinned(hpa);
}

static void attach(struct host_services *services)
{
	rcfuzz_host = services;
	rcfuzz_tasks_init();
	radix_tree_init();
	kvmppc_radix_init();
}

__attribute__((visibility("default"))) struct target rcfuzz_target __section("rcfuzz_keep") = {
	.abi = TARGET_ABI,
	.page_shift = PAGE_SHIFT,
	.info = rcfuzz_build_info,
	.page_struct_size = sizeof(struct page),
	.attach = attach,
	.world_begin = world_begin,
	.world_teardown = world_teardown,
	.set_memory_region = set_memory_region,
	.get_dirty_log = get_dirty_log,
	.invalidate_start = invalidate_start,
	.invalidate_end = invalidate_end,
	.clear_flush_young = clear_flush_young,
	.clear_young = clear_young,
	.test_young = test_young,
	.vcpu_run = vcpu_run,
	.quiescent = rcfuzz_rcu_quiescent,
	.root_table = root_table,
	.lock_name = lock_name,
	.mmu_locked = rcfuzz_mmu_locked,
	.rmap_word = rmap_word,
	.bitmap_word = bitmap_word,
	.memory_name = memory_name,
	.object_name = object_name,
	.nested_guests = nested_guests,
	.nested_references = nested_references,
	.page_pinned = page_pinned,
	.shadow_lpid = shadow_lpid,
	.rmap = rmap,
};

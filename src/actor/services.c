/* SPDX-License-Identifier: GPL-2.0-only */
/* services.c: what the target module is given: the machine, and the host's memory, behind host_services. */
#include "world.h"

#include <string.h>

static void *service_alloc(void *ctx, size_t size, size_t align, bool zero, enum kmem_kind kind,
			   const void *const callers[TARGET_CALLERS])
{
	struct world *w = ctx;
	void *p = NULL;

	if (!w->nomem_in || --w->nomem_in != 0)
		p = machine_kmem_alloc(w->machine, size, align, zero, kind, w->hooks.site(w->hooks.ctx, callers));
	w->allocations_failed += !p;
	return p;
}

static void service_free(void *ctx, void *p, enum kmem_kind kind, const void *const callers[TARGET_CALLERS])
{
	struct world *w = ctx;
	const char *wrong = machine_kmem_free(w->machine, p, kind, w->hooks.site(w->hooks.ctx, callers));

	if (wrong)
		w->hooks.report(w->hooks.ctx, REPORT_MEMORY, NULL, 0, NULL, wrong, callers);
	else if (kind == KMEM_PGTABLE)
		w->hooks.table_freed(w->hooks.ctx, p);
}

static size_t service_alloc_size(void *ctx, const void *p)
{
	struct world *w = ctx;

	return machine_kmem_size(w->machine, p);
}

static void service_partition_entry(void *ctx, uint32_t lpid, uint64_t dw0, uint64_t dw1)
{
	struct world *w = ctx;

	w->entry_changes++;
	machine_partition_entry(w->machine, lpid, dw0, dw1);
}

static void service_tlbie_page(void *ctx, uint32_t lpid, uint64_t addr, uint32_t shift)
{
	struct world *w = ctx;

	machine_tlbie_page(w->machine, MACHINE_CPUS, lpid, addr, shift);
	w->hooks.tlbie(w->hooks.ctx, lpid, addr, addr + (1ull << shift));
}

static void service_tlbie_pwc(void *ctx, uint32_t lpid)
{
	struct world *w = ctx;

	machine_tlbie_lpid(w->machine, MACHINE_CPUS, lpid, 1);
}

static void service_tlbie_lpid(void *ctx, uint32_t lpid)
{
	struct world *w = ctx;

	machine_tlbie_lpid(w->machine, MACHINE_CPUS, lpid, 2);
	w->hooks.tlbie(w->hooks.ctx, lpid, 0, UINT64_MAX);
}

static void service_tlbiel_lpid(void *ctx, unsigned cpu, uint32_t lpid, unsigned ric, unsigned prs)
{
	struct world *w = ctx;

	if (prs)
		machine_tlbie_process(w->machine, cpu, lpid, ric);
	else
		machine_tlbie_lpid(w->machine, cpu, lpid, ric);
}

static unsigned service_cpu(void *ctx)
{
	struct world *w = ctx;

	return w->task->running < w->config->vcpus ? w->vcpus[w->task->running].cpu : w->host_cpu;
}

/* Runs on the vCPU's stack: hand over to the guest's program, and come back with its exit. */
static void service_guest_enter(void *ctx, const struct guest_entry *entry, struct guest_exit *exit)
{
	struct world *w = ctx;
	struct vcpu *vcpu = &w->vcpus[entry->vcpu];

	vcpu->entry = *entry;
	fiber_yield(&vcpu->fiber);
	*exit = vcpu->exit;
}

/* The store itself; from when on it is owed is another matter. */
static void emit_kernel_store(struct world *w, struct event e)
{
	e.kind = EV_KERNEL_STORE;
	e.vcpu = (uint8_t)(w->task->running < w->config->vcpus ? w->task->running : 0);
	world_emit(w, &e);
}

/* A store of the kernel on behalf of the vCPU that runs: told when the kernel returns to the guest. */
static void pend(struct world *w, struct event e)
{
	struct vcpu *vcpu;

	if (w->task->running >= w->config->vcpus) {
		world_emit(w, &e);
		return;
	}
	vcpu = &w->vcpus[w->task->running];
	for (uint32_t i = 0; i < vcpu->pending_count; i++)
		if (vcpu->pending[i].kind == e.kind && vcpu->pending[i].lpage == e.lpage && vcpu->pending[i].n == e.n)
			return;
	e.vcpu = (uint8_t)w->task->running;
	if (vcpu->pending_count < WORLD_PENDING_WRITES)
		vcpu->pending[vcpu->pending_count++] = e;
}

static unsigned guest_of_shadow(const struct world *w, uint32_t lpid)
{
	for (unsigned guest = 1; guest <= w->config->guests; guest++)
		if (w->target->shadow_lpid(l1_lpid(w, guest)) == (int)lpid)
			return guest;
	return 0;
}

static size_t service_quadrant_copy(void *ctx, uint32_t lpid, uint32_t pid, uint64_t ea, void *buf, size_t n,
				    bool store)
{
	struct world *w = ctx;
	struct machine_access last = {0};
	size_t left = machine_guest_copy(w->machine, service_cpu(w), lpid, true, pid, ea, buf, n, store, &last);

	if (left != 0 && last.status == MACHINE_BAD_WALK)
		w->hooks.bad_walk(w->hooks.ctx, &last);
	/* Copies here do not cross pages: all or nothing. */
	if (left == 0) {
		struct event e = {
			.kind = EV_L2_ACCESS,
			.access = store ? ACCESS_STORE : ACCESS_LOAD,
			.guest = (uint8_t)guest_of_shadow(w, lpid),
			.quadrant = true,
			.n = (uint32_t)(ea >> w->layout.page_shift),
			.frame = machine_frame_number(w->machine, last.hpa),
			.part = world_part(w, ea),
			.reached = world_part(w, last.hpa),
		};

		/* Now, not when the hcall returns: the copy's other half may move the page. */
		if (e.guest && e.n < WORLD_L2_PAGES)
			world_emit_access(w, &e, &last);
	}
	return left;
}

/*
 * The L1 page that the kernel writes to at hva. Two slots may lie on the same memory, and a store is owed to the
 * one that it went through, which the address does not tell: then it is the one that L1 has just named, or none.
 */
static uint32_t lpage_of_hva(const struct world *w, uint64_t hva)
{
	const struct layout *l = &w->layout;
	uint32_t found = LAYOUT_NONE;

	for (unsigned s = 0; s < SCENARIO_SLOTS_MAX; s++) {
		const struct layout_slot *slot = &l->slots[s];
		uint32_t lpage;

		if (!slot->pages || hva < slot->hva || (hva - slot->hva) >> l->page_shift >= slot->pages)
			continue;
		lpage = slot->first + (uint32_t)((hva - slot->hva) >> l->page_shift);
		if (lpage == w->task->buffer_lpage)
			return lpage;
		if (found != LAYOUT_NONE)
			return LAYOUT_NONE;
		found = lpage;
	}
	return found;
}

static size_t service_user_copy(void *ctx, uint64_t hva, void *buf, size_t n, bool store)
{
	struct world *w = ctx;
	size_t left = machine_hostmm_copy(w->machine, hva, buf, n, store);

	if (!store)
		return left;
	for (uint64_t at = hva & ~(uint64_t)(w->layout.page_size - 1); at < hva + n - left; at += w->layout.page_size) {
		struct event e = {.kind = EV_KERNEL_WRITE, .lpage = lpage_of_hva(w, at)};

		e.frame = machine_hostmm_frame(w->machine, at);
		if (e.lpage == LAYOUT_NONE)
			continue;
		w->hooks.kernel_wrote(w->hooks.ctx, e.lpage, NULL);
		emit_kernel_store(w, e);
		pend(w, e);
	}
	return left;
}

static bool service_gup(void *ctx, uint64_t hva, bool write, bool fast_only, uint64_t *hpa, bool *writable)
{
	struct world *w = ctx;

	return machine_hostmm_fault(w->machine, hva, write, fast_only, hpa, writable);
}

/*
 * Has the same store been told since anything else happened? Compilers make one store of several, or none, and what is
 * seen of them is not to depend on that.
 */
static bool is_told(struct world *w, uint32_t lpage)
{
	struct told_stores *told = &w->told_stores;

	if (told->events != w->events || told->vcpu != w->task->running)
		*told = (struct told_stores){.events = w->events, .vcpu = w->task->running};
	for (uint32_t i = 0; i < told->count; i++)
		if (told->lpage[i] == lpage)
			return true;
	if (told->count < WORLD_TOLD_STORES)
		told->lpage[told->count++] = lpage;
	return false;
}

static void service_kernel_writes(void *ctx, uint64_t gpa, uint64_t hpa, size_t n)
{
	struct world *w = ctx;
	struct event e = {.lpage = layout_lpage(&w->layout, gpa)};
	static const void *const nobody[TARGET_CALLERS];

	/* What lies behind it is another page's, of whomever: nothing can be judged after that. */
	if ((hpa & (w->layout.page_size - 1)) + n > w->layout.page_size) {
		w->hooks.report(w->hooks.ctx, REPORT_MEMORY, NULL, 0, NULL,
				"a store for a guest goes beyond the page that was pinned for it", nobody);
		world_abort(w);
	}
	machine_written_behind(w->machine, hpa, n);
	if (e.lpage != LAYOUT_NONE && !is_told(w, e.lpage))
		emit_kernel_store(w, e);
}

static void service_kernel_wrote(void *ctx, uint64_t gpa, const char *function)
{
	struct world *w = ctx;
	struct event e = {.kind = EV_KERNEL_WRITE, .lpage = layout_lpage(&w->layout, gpa)};

	if (e.lpage == LAYOUT_NONE)
		return;
	w->hooks.kernel_wrote(w->hooks.ctx, e.lpage, function);
	e.frame = machine_hostmm_frame(w->machine, layout_hva(&w->layout, e.lpage));
	pend(w, e);
}

/* kvmppc_alloc_lpid is an ida over the host's LPIDs; here the scenario says where shadow tables begin. */
static int service_lpid_alloc(void *ctx)
{
	struct world *w = ctx;

	for (unsigned lpid = w->config->shadow; lpid < 8 * sizeof(w->lpid_used); lpid++) {
		if (w->lpid_used[lpid / 8] & 1u << lpid % 8)
			continue;
		w->lpid_used[lpid / 8] |= (uint8_t)(1u << lpid % 8);
		return (int)lpid;
	}
	w->allocations_failed++;
	return -1;
}

static void service_lpid_free(void *ctx, uint32_t lpid)
{
	struct world *w = ctx;

	if (lpid < 8 * sizeof(w->lpid_used))
		w->lpid_used[lpid / 8] &= (uint8_t) ~(1u << lpid % 8);
}

/* In use: L1's own tables, and those of a guest that the kernel still knows by its LPID. */
static bool is_reachable(const struct world *w, const void *entry)
{
	for (unsigned guest = 0; guest <= w->config->guests; guest++) {
		uint64_t root = w->target->root_table(guest ? l1_lpid(w, guest) : 0);

		if (root && machine_tree_holds(w->machine, root, entry))
			return true;
	}
	return false;
}

/* Tables that others may walk or change are changed under mmu_lock. Told once an op. */
static void check_locked(struct world *w, const void *entry, const void *const callers[TARGET_CALLERS])
{
	if (w->task->tables_unlocked || w->ending || !is_reachable(w, entry))
		return;
	w->task->tables_unlocked = true;
	w->hooks.report(w->hooks.ctx, REPORT_LOCK, NULL, 0, NULL, "page tables change without mmu_lock", callers);
}

static void service_table_freed_unlocked(void *ctx, const void *table, const void *const callers[TARGET_CALLERS])
{
	check_locked(ctx, table, callers);
}

static void service_pte_written(void *ctx, void *entry, uint64_t old_pte, uint64_t new_pte, bool locked,
				const void *const callers[TARGET_CALLERS])
{
	struct world *w = ctx;

	if (!locked)
		check_locked(w, entry, callers);
	w->entry_changes++;
	w->hooks.pte_written(w->hooks.ctx, entry, old_pte, new_pte, callers);
}

static void service_table_linked(void *ctx, void *parent_entry, void *table)
{
	struct world *w = ctx;

	(void)table;
	w->entry_changes++;
	machine_kmem_note_write(w->machine, parent_entry);
}

static void service_word_written(void *ctx, const void *word, const void *const callers[TARGET_CALLERS])
{
	struct world *w = ctx;

	w->hooks.word_written(w->hooks.ctx, word, callers);
}

static void service_report(void *ctx, enum target_report_kind kind, const char *file, int line, const char *function,
			   const char *what, const void *const callers[TARGET_CALLERS])
{
	struct world *w = ctx;

	w->hooks.report(w->hooks.ctx, kind, file, line, function, what, callers);
}

static void service_bad_access(void *ctx, enum target_point kind, const void *address, size_t size,
			       const void *const callers[TARGET_CALLERS])
{
	struct world *w = ctx;

	w->hooks.bad_access(w->hooks.ctx, kind, address, size, callers);
}

void world_services(struct world *w)
{
	w->services = (struct host_services){
		.ctx = w,
		.alloc = service_alloc,
		.free = service_free,
		.alloc_size = service_alloc_size,
		.partition_entry = service_partition_entry,
		.tlbie_page = service_tlbie_page,
		.tlbie_pwc = service_tlbie_pwc,
		.tlbie_lpid = service_tlbie_lpid,
		.tlbiel_lpid = service_tlbiel_lpid,
		.cpu = service_cpu,
		.guest_enter = service_guest_enter,
		.quadrant_copy = service_quadrant_copy,
		.user_copy = service_user_copy,
		.gup = service_gup,
		.kernel_writes = service_kernel_writes,
		.kernel_wrote = service_kernel_wrote,
		.lpid_alloc = service_lpid_alloc,
		.lpid_free = service_lpid_free,
		.pte_written = service_pte_written,
		.word_written = service_word_written,
		.table_freed_unlocked = service_table_freed_unlocked,
		.table_linked = service_table_linked,
		.bad_access = service_bad_access,
		.report = service_report,
	};
}

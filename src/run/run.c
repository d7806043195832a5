/* SPDX-License-Identifier: GPL-2.0-only */
/* run.c: one scenario through the kernel, the machine and the oracle. */
#include "run.h"
#include "base/internal.h"
#include "runner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#define VERDICTS_MAX 64

/* ---- what the world tells ------------------------------------------------------ */

/*
 * The part of an event that has no pointer, and the bytes that it points to. Ops by their labels: where they stand in
 * the scenario makes no difference.
 */
static void hash_event(struct runner *r, const struct event *e)
{
	struct event plain = *e;

	plain.op = e->op < r->scenario->op_count ? r->scenario->ops[e->op].label : 0;
	r->hash = XXH3_64bits_withSeed(&plain, offsetof(struct event, bitmap), r->hash);
	if (e->bitmap)
		r->hash = XXH3_64bits_withSeed(e->bitmap,
					       e->kind == EV_L1_HARVEST_END ? WORLD_L2_PAGES / 8
									    : (r->layout.slots[e->slot].pages + 7) / 8,
					       r->hash);
}

/* Which tables that vCPUs are in does the kernel still find? */
static void look_for_orphans(struct runner *r, enum evidence_request request)
{
	const struct world *w = &r->world;

	for (const struct vcpu *vcpu = w->vcpus; vcpu < w->vcpus + w->config->vcpus; vcpu++)
		if (vcpu->mode == VCPU_L2 && vcpu->guest)
			orphans_look(&r->orphans, (int)vcpu->entry.lpid,
				     w->target->shadow_lpid(l1_lpid(w, vcpu->guest)), request);
}

static struct store_mark look_at_watched(struct runner *r)
{
	const struct run_observer *o = r->observer;
	struct store_mark mark = mark_page(r, o->watch_guest, o->watch_n, o->watch_lpage);

	r->watched_l0 = mark.l0_entry;
	r->watched_shadow = mark.shadow_entry;
	return mark;
}

static void observe_op(struct runner *r, unsigned index, bool after)
{
	const struct run_observer *o = r->observer;
	struct store_mark mark;

	if (!o || !o->op)
		return;
	mark = look_at_watched(r);
	o->op(o->ctx, index, after, &mark.bits);
}

/* An op begins or ends; others may be under way. */
static void on_op(struct runner *r, const struct event *e)
{
	const struct scenario_op *op = &r->scenario->ops[e->op];

	r->outcome->ops_run += e->kind == EV_OP_END;
	if (r->bare)
		return;
	r->wild |= (op_info[op->kind].flags & OPF_WILD) != 0;
	observe_op(r, e->op, e->kind == EV_OP_END);
	look_for_orphans(r, REQUEST_NONE);
	if (e->kind == EV_OP_END) {
		count_state(r, op);
		return;
	}
	marks_before_op(r, op);
	r->last_lock = (struct held_lock){0};
}

static void on_event(void *ctx, const struct event *e)
{
	struct runner *r = ctx;
	struct oracle_verdict verdicts[VERDICTS_MAX];
	size_t count;

	if (e->kind == EV_OP_BEGIN || e->kind == EV_OP_END)
		on_op(r, e);
	if (r->bare)
		return;
	r->outcome->events++;
	hash_event(r, e);
	evidence_event(&r->evidence, e, &r->layout);
	orphans_event(&r->orphans, e);
	if (r->observer && r->observer->event)
		r->observer->event(r->observer->ctx, e);
	if (e->kind == EV_L1_ACCESS || e->kind == EV_L2_ACCESS) {
		r->outcome->accesses++;
		r->last_lock = (struct held_lock){0};
		mark_access(r, e);
	} else if (e->kind == EV_L1_TAINT) {
		r->wild = true;
	} else if (e->kind == EV_L1_TLBIE_END) {
		look_for_orphans(r, evidence_request_of(e));
	} else if (e->kind == EV_HOST_MAP && e->valid && e->frame < RUNNER_FRAMES) {
		r->lpage_of_frame[e->frame] = e->lpage;
	}
	count = oracle_event(r->oracle, e, verdicts, VERDICTS_MAX);
	for (size_t i = 0; i < count && i < VERDICTS_MAX; i++)
		finding_from_verdict(r, &verdicts[i]);
}

static void observe_pte(struct runner *r, const void *entry, uint64_t old_pte, uint64_t new_pte,
			const struct provenance_site *site)
{
	const struct run_observer *o = r->observer;
	const void *l0 = r->watched_l0, *shadow = r->watched_shadow;
	const struct store_mark mark = look_at_watched(r);
	struct finding_writer writer = {0};
	const char *place;

	/* What was just taken away is found no more. */
	l0 = mark.l0_entry ? mark.l0_entry : l0;
	shadow = mark.shadow_entry ? mark.shadow_entry : shadow;
	place = entry == l0 ? "l0-pte" : entry == shadow ? "shadow-pte" : NULL;

	if (!place)
		return;
	provenance_name(r->module, site, &writer);
	o->pte(o->ctx, r->world.task->op, place, old_pte, new_pte, &writer);
}

/* Of the TLBs the three bits that entries have too: valid, R and C. */
static uint64_t watched_translation(struct runner *r)
{
	const struct run_observer *o = r->observer;
	const struct run_bits b = mark_page(r, o->watch_guest, o->watch_n, o->watch_lpage).bits;

	return b.has_tlb ? RUN_TLB_VALID | (b.tlb_r ? RUN_TLB_R : 0) | (b.tlb_c ? RUN_TLB_C : 0) : 0;
}

static void on_tlbie_begins(void *ctx, const void *const callers[TARGET_CALLERS])
{
	struct runner *r = ctx;

	r->tlbie.known = true;
	r->tlbie.before = watched_translation(r);
	memcpy(r->tlbie.site.callers, callers, sizeof(r->tlbie.site.callers));
}

static void observe_tlbie(struct runner *r)
{
	struct finding_writer writer = {0};
	uint64_t after;

	if (!r->tlbie.known)
		return;
	r->tlbie.known = false;
	after = watched_translation(r);
	if (after == r->tlbie.before)
		return;
	provenance_name(r->module, &r->tlbie.site, &writer);
	r->observer->pte(r->observer->ctx, r->world.task->op, "tlb", r->tlbie.before, after, &writer);
}

static void on_pte_written(void *ctx, void *entry, uint64_t old_pte, uint64_t new_pte,
			   const void *const callers[TARGET_CALLERS])
{
	struct runner *r = ctx;
	struct provenance_moment when = {.op = r->world.task->op};

	if (r->bare)
		return;
	when.at = evidence_change(&r->evidence, (unsigned)(r->world.task - r->world.tasks));
	provenance_note(&r->provenance, entry, old_pte, new_pte, when, callers);
	if (r->observer && r->observer->pte) {
		struct provenance_site site;

		memcpy(site.callers, callers, sizeof(site.callers));
		observe_pte(r, entry, old_pte, new_pte, &site);
	}
}

static void on_report(void *ctx, enum target_report_kind kind, const char *file, int line, const char *function,
		      const char *what, const void *const callers[TARGET_CALLERS])
{
	struct runner *r = ctx;

	if (kind == REPORT_HANG && r->overdue)
		r->outcome->too_slow = true;
	else
		finding_from_report(r, kind, file, line, function, what, callers);
	if (kind != REPORT_WARN && kind != REPORT_LOCK && kind != REPORT_MEMORY)
		world_abort(&r->world);
}

static const char *on_point_name(void *ctx, enum target_point kind, const char *word, const void *variable,
				 const void *const callers[TARGET_CALLERS])
{
	struct runner *r = ctx;
	if (!word)
		word = kind <= POINT_UNLOCK ? r->world.target->lock_name(variable)
					    : r->world.target->memory_name(variable);
	return point_name(&r->names, r->module, kind, word, callers);
}

static void on_point(void *ctx, const char *name)
{
	struct runner *r = ctx;

	if (r->observer->point)
		r->observer->point(r->observer->ctx, r->world.task->op, r->world.task->points, name);
}

static void on_reached(void *ctx, uint32_t point, const void *const callers[TARGET_CALLERS])
{
	struct runner *r = ctx;
	struct finding_writer where = {0};
	struct provenance_site site;

	memcpy(site.callers, callers, sizeof(site.callers));
	provenance_name_place(r->module, &site, &where);
	r->observer->reached(r->observer->ctx, point, &where);
}

static void on_locked(void *ctx)
{
	struct runner *r = ctx;
	struct held_locks *held = world_held(&r->world);
	struct held_lock *taken;

	if (r->bare)
		return;
	freed_locked(&r->freed, (unsigned)(r->world.task - r->world.tasks));
	taken = &held->locks[held->count - 1];
	r->last_lock = *taken;
	if (held->count > 1)
		lock_order_note(r, taken);
}

static void on_awaits_readers(void *ctx, const struct held_lock *srcu)
{
	struct runner *r = ctx;
	struct held_lock awaited = *srcu;

	awaited.reads = true; /* it is the other side of a reader */
	if (!r->bare)
		lock_order_note(r, &awaited);
}

static void on_unlocked(void *ctx, const struct held_lock *held)
{
	struct runner *r = ctx;

	/* Only where leaks are looked for. */
	if (!r->bare && r->scenario->config.teardown)
		references_look(&r->references, r->world.target, held->lock, held->callers);
}

static void on_scheduled(void *ctx)
{
	struct runner *r = ctx;

	if (r->schedule->decided)
		r->schedule->decided(r->schedule->ctx);
}

static void on_deadlock(void *ctx)
{
	struct runner *r = ctx;

	finding_deadlock(r);
	world_abort(&r->world);
}

static void on_kernel_wrote(void *ctx, uint32_t lpage, const char *function)
{
	struct runner *r = ctx;

	r->kernel_writers[lpage] = function;
}

static void on_no_progress(void *ctx, unsigned vcpu, unsigned guest, const struct machine_access *access)
{
	struct runner *r = ctx;

	/* An L2 whose hypervisor misbehaves is owed no progress (design, section 6). */
	if (!guest || !r->wild)
		finding_no_progress(r, vcpu, guest, access);
}

static void on_tlbie(void *ctx, uint32_t lpid, uint64_t addr, uint64_t end)
{
	struct runner *r = ctx;

	if (r->bare)
		return;
	evidence_tlbie(&r->evidence, (unsigned)(r->world.task - r->world.tasks), lpid, addr, end);
	if (r->observer && r->observer->pte)
		observe_tlbie(r);
}

static const void *on_site(void *ctx, const void *const callers[TARGET_CALLERS])
{
	struct runner *r = ctx;

	return r->bare ? NULL : provenance_intern(&r->provenance, callers);
}

static void on_table_freed(void *ctx, const void *table)
{
	struct runner *r = ctx;

	freed_note(&r->freed, table, (unsigned)(r->world.task - r->world.tasks), r->world.task->op, r->evidence.now,
		   r->evidence.begin);
}

static void on_bad_walk(void *ctx, const struct machine_access *access)
{
	finding_bad_walk(ctx, access);
}

/* ---- a runner --------------------------------------------------------------------- */

struct runner *runner_create(const char *module_path, char *error, size_t error_size)
{
	const struct world_hooks hooks = {.event = on_event,
					  .pte_written = on_pte_written,
					  .report = on_report,
					  .point_name = on_point_name,
					  .point = on_point,
					  .reached = on_reached,
					  .locked = on_locked,
					  .unlocked = on_unlocked,
					  .awaits_readers = on_awaits_readers,
					  .scheduled = on_scheduled,
					  .op_begins = access_op_begins,
					  .acquired = access_acquired,
					  .released = access_released,
					  .accessed = access_accessed,
					  .bad_access = access_bad,
					  .word_written = access_word_written,
					  .deadlock = on_deadlock,
					  .kernel_wrote = on_kernel_wrote,
					  .no_progress = on_no_progress,
					  .site = on_site,
					  .table_freed = on_table_freed,
					  .tlbie_begins = on_tlbie_begins,
					  .tlbie = on_tlbie,
					  .bad_walk = on_bad_walk};
	struct runner *r = calloc(1, sizeof(*r));

	if (!r) {
		snprintf(error, error_size, "out of memory");
		return NULL;
	}
	r->budget_ms = RUN_BUDGET_MS;
	r->own_counters = r->state_counters = calloc(1, RUN_STATES);
	r->oracle = oracle_create();
	r->module = module_load(module_path, error, error_size);
	if (!r->module) {
		runner_destroy(r);
		return NULL;
	}
	if (!r->state_counters || !r->oracle || !world_create(&r->world, module_target(r->module), &hooks) ||
	    !module_save(r->module) || !signals_install()) {
		snprintf(error, error_size, "out of memory, or the address space of the simulated machine is taken");
		runner_destroy(r);
		return NULL;
	}
	r->world.hooks.ctx = r;
	r->world.abort = &r->abort;
	return r;
}

void runner_destroy(struct runner *r)
{
	if (!r)
		return;
	signals_watch(NULL);
	world_destroy(&r->world);
	if (r->oracle)
		oracle_destroy(r->oracle);
	module_unload(r->module);
	free(r->own_counters);
	free(r);
}

const char *runner_target_info(const struct runner *r)
{
	return module_target(r->module)->info;
}

uint32_t runner_page_shift(const struct runner *r)
{
	return module_target(r->module)->page_shift;
}

bool runner_has_function(struct runner *r, const char *name)
{
	return module_has_function(r->module, name);
}

void runner_state_counters(struct runner *r, uint8_t *counters)
{
	r->state_counters = counters;
}

void runner_bare(struct runner *r, bool bare)
{
	r->bare = bare;
}

void runner_forked(void)
{
	signals_install();
}

void runner_time_limit(struct runner *r, unsigned budget_ms)
{
	r->budget_ms = budget_ms;
}

/* ---- one run ------------------------------------------------------------------------ */

/* What is still owed must show now: harvest what is logged, then let the oracle look at L1's tables. */
static void probe(struct runner *r)
{
	struct world *w = &r->world;
	struct event end = {.kind = EV_END};

	w->task->op = (uint16_t)r->scenario->op_count;
	for (unsigned slot = 0; slot < SCENARIO_SLOTS_MAX; slot++)
		if (w->slots[slot].exists && w->slots[slot].logging &&
		    (r->bare || oracle_slot_tracked(r->oracle, slot))) {
			world_begin_steps(w);
			host_harvest(w, slot);
		}
	world_emit(w, &end);
}

static void run_ops(struct runner *r)
{
	const struct scenario *s = r->scenario;
	struct world *w = &r->world;

	for (uint32_t i = 0; i < s->op_count; i++) {
		const struct scenario_op *op = &s->ops[i];

		if (s->point_count && scenario_point_of(s, op->label))
			continue; /* it runs where it interrupts another */
		r->outcome->too_slow = r->overdue || w->steps > RUN_STEPS_MAX;
		if (r->outcome->too_slow)
			break;
		world_op(w, i);
	}
	probe(r);
	world_begin_steps(w);
	world_end(w, s->config.teardown);
	if (s->config.teardown)
		finding_leaks(r);
}

enum world_end { WORLD_RAN, WORLD_ABORTED, WORLD_NOT_SET_UP };

/* All of r->scenario. Its own function, so that nothing lives in a register across the jump. */
static enum world_end run_world(struct runner *r)
{
	r->frame = __builtin_frame_address(0);
	if (setjmp(r->abort) != 0)
		return WORLD_ABORTED;
	r->in_world = true;
	if (world_begin(&r->world, r->scenario) != 0)
		return WORLD_NOT_SET_UP;
	run_ops(r);
	return WORLD_RAN;
}

/* Actors and oracle disagree, or worse: no verdict can be believed. */
static void check_ourselves(struct runner *r, enum world_end end)
{
	const char *wrong = end == WORLD_NOT_SET_UP ? "the VM cannot be set up" : NULL;

	if (end == WORLD_RAN)
		wrong = oracle_inconsistency(r->oracle);
	if (wrong)
		internal_error("%s", wrong);
}

/* The scenario for the page size that the module has. */
static const struct scenario *adapt(const struct runner *r, const struct scenario *s)
{
	static struct scenario adapted;
	uint8_t page = runner_page_shift(r) == 16 ? PAGE_64K : PAGE_4K;

	if (s->config.page == page)
		return s;
	adapted = *s;
	adapted.config.page = page;
	scenario_canonicalize(&adapted);
	return &adapted;
}

/* Kernel code that uses what it has freed, or that faults, may have written anywhere. */
static bool may_have_gone_wild(const struct run_outcome *outcome)
{
	for (uint32_t i = 0; i < outcome->finding_count; i++)
		if (outcome->findings[i].class == CLASS_MEMORY || outcome->findings[i].class == CLASS_CRASH)
			return true;
	return false;
}

void run_scenario(struct runner *r, const struct scenario *s, const struct run_observer *observer,
		  struct run_outcome *outcome)
{
	struct oracle_stats stats;
	enum world_end end;

	/* The findings array is only valid up to its count: it is not cleared each time. */
	memset(outcome, 0, offsetof(struct run_outcome, findings));
	memset((char *)outcome + offsetof(struct run_outcome, trace_hash), 0,
	       sizeof(*outcome) - offsetof(struct run_outcome, trace_hash));
	r->scenario = adapt(r, s);
	r->observer = observer;
	r->outcome = outcome;
	r->hash = 0;
	r->wild = false;
	r->sound_findings = 0;
	r->world.tell_points = observer && observer->point;
	r->world.tell_reached = observer && observer->reached;
	r->world.tell_tlbies = observer && observer->pte;
	r->watched_l0 = r->watched_shadow = NULL;
	r->tlbie.known = false;
	r->world.tell_locks = !r->bare;
	module_restore(r->module);
	provenance_reset(&r->provenance);
	lock_order_reset(r);
	access_begin(r);
	point_names_begin(&r->names);
	evidence_reset(&r->evidence);
	orphans_reset(&r->orphans);
	references_reset(&r->references);
	r->mark_count = 0;
	r->marks[RUNNER_MARKS - 1] = (struct store_mark){0}; /* before the first access there was none */
	r->touched_count = 0;
	layout_init(&r->layout, &r->scenario->config);
	if (!r->bare)
		oracle_begin(r->oracle, &r->scenario->config, &r->layout);
	signals_watch(r);
	end = run_world(r);
	r->in_world = false;
	signals_watch(NULL);
	if (r->bare)
		return;
	check_ourselves(r, end);
	finding_corruption(r);
	if (may_have_gone_wild(outcome))
		machine_distrust(r->world.machine);
	stats = oracle_stats(r->oracle);
	for (uint32_t i = 0; i < r->scenario->point_count; i++)
		outcome->points_reached |= (uint32_t)r->world.points[i].reached << i;
	outcome->world_ended = end != WORLD_RAN;
	outcome->spurious_dirty = stats.spurious_dirty;
	outcome->named = stats.named;
	outcome->faults = r->world.faults;
	outcome->trace_hash = r->hash;
}

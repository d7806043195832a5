/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tasks.c: ops that are under way at the same time, and where they interrupt one another.
 *
 * Each op runs as a task (sched.h). At a yield point that the scenario names, another op begins as a new task on top
 * of it. What actors do not share with themselves (a vCPU, a CPU, L1's own lock of a guest's tables, the VMM's lock)
 * an op holds from its beginning to its end; kernel locks are the kernel's.
 */
#include "world.h"

#include <string.h>

_Static_assert(MEMORY_LINE == MACHINE_KMEM_LINE, "the target reads what the machine writes");

/* Locks, allocations and copies of one op; a large harvest of 2000 pages takes some 10,000. */
#define WORLD_STEPS_MAX 1000000u

/* Where the place of a read is looked for, from where it belongs; more of them push others out. */
#define READ_PROBES 8u

/* The dispatch table: one function a row of ops.def. */
static int (*const op_function[OP_COUNT])(struct world *, const struct scenario_op *) = {
#define OP(id, actor, name, fields, flags, help) [OP_##id] = op_##id,
#include "scenario/ops.def"
#undef OP
};

/* ---- switching -------------------------------------------------------------------- */

/* Tell the target what it is to tell. */
static void watch(struct world *w)
{
	w->services.watched = w->task->watched;
	w->services.watch_access = (w->task->watched && w->config->level == LEVEL_ACCESS) || w->tracking;
	w->services.unwatched_lines = w->services.watch_access ? 0 : MACHINE_KMEM_BYTES / MACHINE_KMEM_LINE;
}

void world_stack_changed(struct world *w)
{
	unsigned v = w->task->running;

	w->services.calls = v < w->config->vcpus ? &w->vcpus[v].calls : &w->calls[w->sched.current];
}

/* A stack on which nothing is under way. */
static void begin_stack(struct world *w)
{
	world_stack_changed(w);
	w->services.calls->depth = 0;
}

static void task_switched(void *ctx)
{
	struct world *w = ctx;

	w->task->steps_left = w->services.steps_left;
	w->task = &w->tasks[w->sched.current];
	w->services.steps_left = w->task->steps_left;
	w->services.task = w->sched.current;
	world_stack_changed(w);
	watch(w);
	if (w->aborted && w->sched.current == 0)
		world_abort(w);
}

void world_tasks_begin(struct world *w)
{
	for (unsigned i = 0; i < w->sched.top; i++)
		w->held[i].count = 0;
	sched_begin(&w->sched);
	w->sched.switched = task_switched;
	w->sched.ctx = w;
	w->task = &w->tasks[0];
	*w->task = (struct world_task){.running = w->config->vcpus, .buffer_lpage = LAYOUT_NONE};
	memset(w->points, 0, w->scenario->point_count * sizeof(w->points[0]));
	w->services.task = 0;
	begin_stack(w);
	/* The last world may have been left while the target looked at its memory unseen. */
	w->services.memory_size = MACHINE_KMEM_BYTES;
	w->services.memory_lines = machine_kmem_lines(w->machine);
	w->tracking = false;
	watch(w);
	w->services.overlap = w->schedule || w->scenario->point_count > 0;
	/* A wait for ever names who holds the lock. */
	w->services.tell_locks = w->tell_locks || w->services.overlap;
	w->steps = 0;
	world_begin_steps(w);
}

void world_begin_steps(struct world *w)
{
	w->services.steps_left = WORLD_STEPS_MAX;
}

struct stack world_stack(const struct world *w)
{
	if (w->task->running < w->config->vcpus)
		return w->vcpus[w->task->running].fiber.stack;
	return w->sched.tasks[w->sched.current].stack;
}

bool world_let_others(struct world *w)
{
	return w->services.overlap && sched_let_others(&w->sched);
}

/* ---- what happened before what ------------------------------------------------------- */

static void acquired(struct world *w, const void *what)
{
	if (w->tracking)
		w->hooks.acquired(w->hooks.ctx, what);
}

static void released(struct world *w, const void *what)
{
	if (w->tracking)
		w->hooks.released(w->hooks.ctx, what);
}

/* ---- what actors hold --------------------------------------------------------------- */

static uint8_t me(const struct world *w)
{
	return (uint8_t)(w->sched.current + 1);
}

static bool is_free(const struct world *w, const struct held_by *what)
{
	return !what->task || what->task == me(w);
}

/*
 * An op takes these in one order (the guests it stops, its vCPU, L1's or the VMM's lock) and waits for none of them in
 * kernel code, so that actors cannot wait for each other in a circle: what hangs is the kernel's.
 */
static void wait_for(struct world *w, const void *what)
{
	w->task->waits = "an op that is under way";
	w->task->waits_for = what;
	w->task->waits_at[0] = NULL;
	if (!sched_wait(&w->sched, what))
		w->hooks.deadlock(w->hooks.ctx);
	w->task->waits = NULL;
}

void world_hold(struct world *w, struct held_by *what)
{
	while (!is_free(w, what))
		wait_for(w, what);
	what->task = me(w);
	acquired(w, what);
}

void world_release(struct world *w, struct held_by *what)
{
	if (what->task != me(w))
		return;
	what->task = 0;
	released(w, what);
	sched_wake(&w->sched, what);
}

void vcpu_hold(struct world *w, unsigned v)
{
	struct vcpu *vcpu = &w->vcpus[v];

	while (!is_free(w, &vcpu->held) || !is_free(w, &w->cpus[vcpu->cpu]))
		wait_for(w, is_free(w, &vcpu->held) ? &w->cpus[vcpu->cpu] : &vcpu->held);
	vcpu->held.task = w->cpus[vcpu->cpu].task = me(w);
	acquired(w, &vcpu->held);
	acquired(w, &w->cpus[vcpu->cpu]);
}

void vcpu_release(struct world *w, unsigned v)
{
	world_release(w, &w->vcpus[v].held);
	world_release(w, &w->cpus[w->vcpus[v].cpu]);
}

void world_stop_guest(struct world *w, unsigned guest)
{
	for (unsigned v = 0; v < w->config->vcpus; v++) {
		bool had = w->vcpus[v].held.task == me(w);

		if (w->vcpus[v].mode != VCPU_L2 && is_free(w, &w->vcpus[v].held))
			continue;
		vcpu_hold(w, v);
		if (w->vcpus[v].mode == VCPU_L2 && (!guest || w->vcpus[v].guest == guest))
			vcpu_to_l1(w, v);
		if (!had)
			vcpu_release(w, v);
	}
}

static void take_what_it_needs(struct world *w, const struct scenario_op *op)
{
	uint32_t flags = op_info[op->kind].flags;

	if (flags & OPF_VMM)
		world_hold(w, &w->vmm);
	if (flags & OPF_AGING)
		world_hold(w, &w->aging);
	if (flags & OPF_STOPS) {
		w->guests[op->guest - 1].stopping++;
		world_stop_guest(w, op->guest);
	}
	if (op_info[op->kind].fields & 1u << FIELD_vcpu)
		vcpu_hold(w, op->vcpu);
	if (flags & OPF_TABLES)
		world_hold(w, &w->guests[op->guest - 1].tables);
}

static void give_all_back(struct world *w, const struct scenario_op *op)
{
	if (op_info[op->kind].flags & OPF_STOPS)
		w->guests[op->guest - 1].stopping--;
	for (unsigned g = 0; g < w->config->guests; g++)
		world_release(w, &w->guests[g].tables);
	for (unsigned v = 0; v < w->config->vcpus; v++)
		vcpu_release(w, v);
	world_release(w, &w->vmm);
	world_release(w, &w->aging);
}

/* ---- one op ------------------------------------------------------------------------ */

static bool has_points(const struct world *w, uint16_t label)
{
	for (uint32_t i = 0; i < w->scenario->point_count; i++)
		if (w->scenario->points[i].victim == label)
			return true;
	return false;
}

/* How many yield points an op of that kind has, of late. */
static void learn_points(struct world *w, const struct world_task *task)
{
	uint32_t *usual = &w->usual_points[task->what->kind];

	*usual = *usual ? (3 * *usual + task->points + 3) / 4 : task->points;
}

static void run_op(struct world *w, unsigned index)
{
	const struct scenario_op *op = &w->scenario->ops[index];
	struct event e = {.kind = EV_OP_BEGIN};

	*w->task = (struct world_task){
		.what = op,
		.op = (uint16_t)index,
		.running = w->config->vcpus,
		.watched = w->tell_points || w->tell_tlbies || schedule_has(w, index) || has_points(w, op->label),
		.epoch = ++w->epochs,
		.buffer_lpage = LAYOUT_NONE,
	};
	begin_stack(w);
	watch(w);
	world_begin_steps(w);
	if (w->tracking)
		w->hooks.op_begins(w->hooks.ctx);
	take_what_it_needs(w, op);
	world_emit(w, &e);
	e.kind = EV_OP_END;
	e.status = op_function[op->kind](w, op);
	world_emit(w, &e);
	give_all_back(w, op);
	w->steps += WORLD_STEPS_MAX - w->services.steps_left;
	/* Those that are watched for a report only are not what schedules are made for. */
	if (w->task->watched && !w->tell_tlbies)
		learn_points(w, w->task);
	w->task->watched = false;
	watch(w);
}

static void child_main(void *arg)
{
	struct world *w = arg;

	run_op(w, w->starting);
}

void world_op(struct world *w, unsigned index)
{
	schedule_pass(w, index);
	w->tracking = w->config->level == LEVEL_ACCESS &&
		      (has_points(w, w->scenario->ops[index].label) || schedule_has(w, index));
	run_op(w, index);
	if (w->services.overlap && !sched_drain(&w->sched))
		w->hooks.deadlock(w->hooks.ctx);
	w->tracking = false;
	watch(w);
	/* Whether ops could have overlapped or not: a schedule in which nothing is decided is no schedule. */
	w->target->quiescent();
}

/* ---- yield points ------------------------------------------------------------------- */

void world_reach(struct world *w, uint32_t i)
{
	const struct scenario_point *point = &w->scenario->points[i];

	w->points[i].reached = true;
	if (!point->child) {
		sched_step_aside(&w->sched);
		return;
	}
	w->starting = scenario_op_index(w->scenario, point->child);
	sched_start(&w->sched, child_main, w);
}

static void note_touch(struct world *w, enum target_point kind, const void *variable)
{
	if (w->schedule && w->schedule->touches && schedule_has(w, w->task->op))
		touches_note(w->schedule->touches, w->task->op - w->schedule->first, w->task->points, kind, variable);
}

static void at_point(struct world *w, enum target_point kind, const char *word, const void *variable,
		     const void *const callers[TARGET_CALLERS])
{
	struct world_task *task = w->task;
	uint16_t label = task->what->label;
	const char *name = NULL;
	uint32_t due = 0;

	task->points++;
	if (kind != POINT_READ)
		task->epoch = ++w->epochs;
	note_touch(w, kind, variable);
	if (w->tell_points) {
		name = w->hooks.point_name(w->hooks.ctx, kind, word, variable, callers);
		w->hooks.point(w->hooks.ctx, name);
	}
	for (uint32_t i = 0; i < w->scenario->point_count; i++) {
		const struct scenario_point *point = &w->scenario->points[i];
		uint32_t nth = task->points;

		if (point->victim != label || w->points[i].reached)
			continue;
		if (point->name[0]) {
			if (!name)
				name = w->hooks.point_name(w->hooks.ctx, kind, word, variable, callers);
			if (!scenario_point_is(point, name))
				continue;
			nth = ++w->points[i].seen;
		}
		if (nth == point->nth)
			due |= 1u << i;
	}
	for (uint32_t left = w->tell_reached ? due : 0; left; left &= left - 1)
		w->hooks.reached(w->hooks.ctx, (uint32_t)__builtin_ctz(left), callers);
	schedule_decide(w, due);
	if (w->tell_tlbies && kind == POINT_TLBIE)
		w->hooks.tlbie_begins(w->hooks.ctx, callers);
}

void world_point(struct world *w, enum target_point kind, const char *word)
{
	const void *const callers[TARGET_CALLERS] = {NULL};

	if (w->services.watched)
		at_point(w, kind, word, NULL, callers);
}

/* ---- what the target is given --------------------------------------------------------- */

static void service_point(void *ctx, enum target_point kind, const char *word, const void *variable,
			  const void *const callers[TARGET_CALLERS])
{
	at_point(ctx, kind, word, variable, callers);
}

/*
 * A loop over a table reads at one place again and again: that is one yield point, until something else happens.
 * What other tasks read has no part in it: whether they are watched must not change the numbers of this one's.
 */
static bool is_repeated(struct world *w, const void *caller)
{
	struct read_place *places = w->reads[w->sched.current], *place;
	/* From the module's start on: two places that fall together do so in every process. */
	uintptr_t at = (uintptr_t)caller - (uintptr_t)w->target, home = at ^ at >> 8;

	for (unsigned i = 0; i < READ_PROBES; i++) {
		place = &places[(home + i) % WORLD_READS];
		if (place->epoch != w->task->epoch)
			break;
		if (place->caller == caller)
			return true;
	}
	*place = (struct read_place){caller, w->task->epoch};
	return false;
}

static void service_accessed(void *ctx, enum target_point kind, enum target_marking marking, const void *address,
			     size_t size, const void *const callers[TARGET_CALLERS])
{
	struct world *w = ctx;

	if (w->task->watched && w->services.watch_access) {
		if (kind != POINT_READ || !is_repeated(w, callers[0]))
			at_point(w, kind, NULL, address, callers);
		else
			note_touch(w, kind, address);
	}
	/* As things are now: nothing comes between this and the access itself. */
	w->hooks.accessed(w->hooks.ctx, kind, marking, address, size, callers);
}

static void fill_held(const struct world *w, struct held_lock *held, const void *lock,
		      const void *const callers[TARGET_CALLERS])
{
	held->lock = held->named = lock;
	held->op = w->task->op;
	held->tried = held->reads = false;
	held->class = 0;
	memcpy(held->callers, callers, sizeof(held->callers));
}

/* NULL: it holds more than are kept. */
static struct held_lock *hold(struct world *w, const void *lock, const void *const callers[TARGET_CALLERS])
{
	struct held_locks *all = world_held(w);
	struct held_lock *held = &all->locks[all->count];

	if (all->count == WORLD_LOCKS_MAX)
		return NULL;
	fill_held(w, held, lock, callers);
	all->count++;
	return held;
}

static void service_locked(void *ctx, const void *lock, bool tried, const void *const callers[TARGET_CALLERS])
{
	struct world *w = ctx;
	struct held_lock *held;

	acquired(w, lock);
	held = hold(w, lock, callers);
	if (!held)
		return;
	held->tried = tried;
	w->hooks.locked(w->hooks.ctx);
}

/* The last one of all that are the lock; NULL: it is not held. */
static struct held_lock *find_held(struct held_locks *all, const void *lock)
{
	for (uint32_t i = all->count; i-- > 0;)
		if (all->locks[i].lock == lock)
			return &all->locks[i];
	return NULL;
}

static void drop(struct held_locks *all, struct held_lock *held)
{
	struct held_lock *last = &all->locks[--all->count];

	if (held != last)
		memmove(held, held + 1, (size_t)(last - held) * sizeof(*held));
}

static void service_unlocked(void *ctx, const void *lock)
{
	struct world *w = ctx;
	struct held_lock *held = find_held(world_held(w), lock);

	released(w, lock);
	if (!held)
		return;
	w->hooks.unlocked(w->hooks.ctx, held);
	drop(world_held(w), held);
}

static void service_reads(void *ctx, const void *reader, const void *srcu, const void *const callers[TARGET_CALLERS])
{
	struct held_lock *held = hold(ctx, reader, callers);

	if (!held)
		return;
	held->named = srcu;
	held->reads = true;
}

static void service_has_read(void *ctx, const void *reader)
{
	struct world *w = ctx;
	struct held_lock *held = find_held(world_held(w), reader);

	if (held)
		drop(world_held(w), held);
}

static void service_awaits_readers(void *ctx, const void *srcu, const void *const callers[TARGET_CALLERS])
{
	struct world *w = ctx;
	struct held_lock all;

	fill_held(w, &all, srcu, callers);
	w->hooks.awaits_readers(w->hooks.ctx, &all);
}

const struct held_lock *world_holder(const struct world *w, const void *lock, unsigned *task)
{
	for (unsigned i = 0; i < w->sched.top; i++) {
		const struct held_lock *held = find_held((struct held_locks *)&w->held[i], lock);

		if (task)
			*task = i;
		if (held)
			return held;
	}
	return NULL;
}

bool world_holder_waits(const struct world *w, const struct held_lock *held, unsigned task)
{
	return w->tasks[task].waits && w->tasks[task].op == held->op;
}

static void service_wait(void *ctx, const void *what, const char *why, const void *const callers[TARGET_CALLERS])
{
	struct world *w = ctx;

	w->task->waits = why;
	w->task->waits_for = what;
	memcpy(w->task->waits_at, callers, sizeof(w->task->waits_at));
	/* For itself nobody waits with success, whatever the others do. */
	if (!w->services.overlap || find_held(world_held(w), what) || !sched_wait(&w->sched, what))
		w->hooks.deadlock(w->hooks.ctx);
	w->task->waits = NULL;
}

static void service_wake(void *ctx, const void *what)
{
	struct world *w = ctx;

	sched_wake(&w->sched, what);
}

static void service_acquired(void *ctx, const void *what)
{
	acquired(ctx, what);
}

static void service_released(void *ctx, const void *what)
{
	released(ctx, what);
}

static void service_step_aside(void *ctx)
{
	world_let_others(ctx);
}

void world_task_services(struct world *w)
{
	w->services.point = service_point;
	w->services.accessed = service_accessed;
	w->services.memory_base = MACHINE_KMEM_BASE;
	w->services.calls = &w->calls[0];
	w->services.locked = service_locked;
	w->services.unlocked = service_unlocked;
	w->services.reads = service_reads;
	w->services.has_read = service_has_read;
	w->services.awaits_readers = service_awaits_readers;
	w->services.wait = service_wait;
	w->services.wake = service_wake;
	w->services.acquired = service_acquired;
	w->services.released = service_released;
	w->services.step_aside = service_step_aside;
}

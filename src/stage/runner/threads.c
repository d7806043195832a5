// SPDX-License-Identifier: GPL-2.0-only
/*
 * threads.c: ops that are under way at the same time (sched.h, on other ground): each op that interrupts another is a
 * thread, on another emulated CPU.
 *
 * What the threads share is the actors' state, and one lock guards all of it: who holds it is the task that runs. It is
 * given back around each call of the kernel (kernel_begins, kernel_ends), so that only the kernel's code overlaps; that
 * is what the race is in. An op that interrupts begins its first kernel call together with the first one of its victim,
 * or so much earlier or later as race_begin was told: where in the kernel they meet is found by trying.
 */
#include "runner.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <time.h>

/* From opening the gate until the first of two begins: the other must have seen it. */
#define GATE_NS 100000

static pthread_mutex_t all = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static _Thread_local unsigned my_task;

/* A thread that is not joined yet, and where it waits for its victim. */
static struct {
	pthread_t thread;
	bool exists, at_gate, passed_gate;
} threads[SCHED_TASKS];

static struct {
	struct world *world;
	int64_t delay_ns;
	bool overlap;
	int64_t opens_ns; /* read by a task that spins; 0: not yet */
	struct race_times times;
} race;

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Nothing else runs on that CPU; a wake-up would come too late or too early. */
static void spin_until(int64_t ns)
{
	while (now_ns() < ns)
		;
}

bool race_overlaps(void)
{
	return race.overlap;
}

void race_begin(struct world *w, bool overlap, int64_t delay_ns)
{
	race.world = w;
	race.overlap = overlap;
	race.delay_ns = delay_ns;
	race.opens_ns = 0;
	race.times = (struct race_times){0};
	memset(threads, 0, sizeof(threads));
}

bool race_times(struct race_times *times)
{
	*times = race.times;
	return race.opens_ns != 0;
}

static void pin(unsigned task)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(task % 2, &set);
	/* One CPU: then they take turns. */
	sched_setaffinity(0, sizeof(set), &set);
}

/* ---- whose turn it is -------------------------------------------------------------- */

static void is_mine(struct sched *s)
{
	if (s->current == my_task)
		return;
	s->current = my_task;
	s->switched(s->ctx);
}

static void wait_for_change(struct sched *s)
{
	pthread_cond_wait(&changed, &all);
	is_mine(s);
}

/* The op at whose first kernel call another one begins has started it: both go. */
static void open_gate(void)
{
	if (!threads[1].exists || race.opens_ns)
		return;
	__atomic_store_n(&race.opens_ns, now_ns() + GATE_NS, __ATOMIC_RELEASE);
	race.times.victim_ns = race.opens_ns + (race.delay_ns < 0 ? -race.delay_ns : 0);
}

static void pass_gate(void)
{
	int64_t opens;

	while (!(opens = __atomic_load_n(&race.opens_ns, __ATOMIC_ACQUIRE)))
		;
	spin_until(opens + (race.delay_ns > 0 ? race.delay_ns : 0));
}

void kernel_begins(void)
{
	bool at_gate = my_task && !threads[my_task].passed_gate, opened;

	if (!race.overlap)
		return;
	world_point(race.world, POINT_HOST, "kernel");
	opened = race.opens_ns;
	if (!my_task)
		open_gate();
	opened = !opened && race.opens_ns;
	if (at_gate) {
		threads[my_task].at_gate = true;
		threads[my_task].passed_gate = true;
		pthread_cond_broadcast(&changed);
	}
	pthread_mutex_unlock(&all);
	if (at_gate)
		pass_gate();
	else if (opened)
		spin_until(race.times.victim_ns);
}

void kernel_ends(void)
{
	if (!race.overlap)
		return;
	pthread_mutex_lock(&all);
	is_mine(&race.world->sched);
}

/* ---- sched.h ------------------------------------------------------------------------- */

bool sched_create(struct sched *s, size_t stack_size)
{
	(void)s;
	(void)stack_size;
	return true;
}

void sched_destroy(struct sched *s)
{
	(void)s;
}

void sched_begin(struct sched *s)
{
	memset(s->tasks, 0, sizeof(s->tasks));
	s->tasks[0].state = TASK_READY;
	s->current = 0;
	s->top = 1;
}

struct start {
	struct sched *s;
	unsigned task;
};

static void *thread_main(void *arg)
{
	struct start start = *(struct start *)arg;
	struct task *me = &start.s->tasks[start.task];
	int64_t began;

	my_task = start.task;
	pin(my_task);
	vcpu_watchdog(true);
	pthread_mutex_lock(&all);
	((struct start *)arg)->s = NULL; /* it was read */
	is_mine(start.s);
	me->run(me->arg);
	me->state = TASK_NONE;
	began = race.opens_ns + (race.delay_ns > 0 ? race.delay_ns : 0);
	if (my_task == 1 && threads[1].passed_gate)
		race.times.child_ns = now_ns() - began;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&all);
	vcpu_watchdog(false);
	return NULL;
}

/* Returns when it stands before its first kernel call, has ended, or waits. */
bool sched_start(struct sched *s, void (*run)(void *arg), void *arg)
{
	struct start start = {s, s->top};
	struct task *task = &s->tasks[start.task];

	if (s->top == SCHED_TASKS)
		return false;
	s->top++;
	*task = (struct task){.state = TASK_READY, .back = my_task, .run = run, .arg = arg};
	if (pthread_create(&threads[start.task].thread, NULL, thread_main, &start) != 0)
		runner_die("no thread: %s", strerror(errno));
	threads[start.task].exists = true;
	while (start.s || (task->state == TASK_READY && !threads[start.task].at_gate))
		wait_for_change(s);
	return true;
}

bool sched_wait(struct sched *s, const void *what)
{
	struct task *me = &s->tasks[my_task];

	/* Actors wait for nobody in a circle (tasks.c), and a kernel that does so is found by whoever waits for us. */
	me->waits_for = what;
	me->state = TASK_WAITS;
	pthread_cond_broadcast(&changed);
	/* The one that it interrupts goes on. */
	if (my_task == 0)
		open_gate();
	while (me->state == TASK_WAITS)
		wait_for_change(s);
	return true;
}

void sched_wake(struct sched *s, const void *what)
{
	for (unsigned i = 0; i < s->top; i++)
		if (s->tasks[i].state == TASK_WAITS && s->tasks[i].waits_for == what)
			s->tasks[i].state = TASK_READY;
	pthread_cond_broadcast(&changed);
}

bool sched_step_aside(struct sched *s)
{
	(void)s;
	return false;
}

bool sched_can_return(const struct sched *s)
{
	(void)s;
	return false;
}

bool sched_let_others(struct sched *s)
{
	(void)s;
	return false;
}

bool sched_drain(struct sched *s)
{
	if (race.opens_ns && !race.times.victim_ended)
		race.times.victim_ns = now_ns() - race.times.victim_ns;
	race.times.victim_ended |= race.opens_ns != 0;
	open_gate(); /* a victim that made no kernel call */
	for (unsigned i = 1; i < s->top; i++) {
		while (s->tasks[i].state != TASK_NONE)
			wait_for_change(s);
		if (!threads[i].exists)
			continue;
		pthread_mutex_unlock(&all);
		pthread_join(threads[i].thread, NULL);
		pthread_mutex_lock(&all);
		threads[i].exists = false;
	}
	return true;
}

void threads_begin(void)
{
	pin(0);
	pthread_mutex_lock(&all);
}

/* ---- what actors have elsewhere, and need not here --------------------------------------- */

bool fiber_create(struct fiber *f, size_t stack_size)
{
	(void)f;
	(void)stack_size;
	return true;
}

void fiber_destroy(struct fiber *f)
{
	(void)f;
}

void world_services(struct world *w)
{
	(void)w;
}

/* Kernel code that cannot go on ends all of the stage here. */
_Noreturn void world_abort(struct world *w)
{
	(void)w;
	runner_die("a world was given up");
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * wait.c: grace periods, sleeping and waking, other CPUs.
 * Each function stands for the kernel's function of the same name unless it says otherwise.
 */
#include "features.h"
#include "services.h"

#define SRCU_READERS 64
static struct srcu_reader {
	struct srcu_struct *ssp; /* NULL: no reader */
	unsigned int number;	 /* which of those that had this place */
	unsigned int task;
} srcu_readers[SRCU_READERS];
static int srcu_places; /* so many of them were ever used */

/*
 * Of the two orders that a grace period makes, each has an address in the srcu_struct: what the updater did before is
 * seen by readers that begin later, and what earlier readers did has happened when it ends.
 */
#define BEFORE_READERS(ssp) ((const char *)(ssp))
#define AFTER_READERS(ssp) ((const char *)(ssp) + 1)

static noinline void tell_reads(const struct srcu_reader *reader)
{
	const void *callers[TARGET_CALLERS];

	rcfuzz_here(callers);
	rcfuzz_host->reads(rcfuzz_host->ctx, reader, reader->ssp, callers);
}

static noinline void tell_awaits_readers(const struct srcu_struct *ssp)
{
	const void *callers[TARGET_CALLERS];

	rcfuzz_here(callers);
	rcfuzz_host->awaits_readers(rcfuzz_host->ctx, ssp, callers);
}

/* The index means nothing: a section ends in the task that it began in. */
int __srcu_read_lock(struct srcu_struct *ssp)
{
	int i = 0;

	rcfuzz_acquired(BEFORE_READERS(ssp));

	while (srcu_readers[i].ssp && i < SRCU_READERS - 1)
		i++;
	if (i >= srcu_places)
		srcu_places = i + 1;
	srcu_readers[i].ssp = ssp;
	srcu_readers[i].number++;
	srcu_readers[i].task = rcfuzz_host->task;
	if (rcfuzz_host->tell_locks)
		tell_reads(&srcu_readers[i]);
	return 0;
}

void __srcu_read_unlock(struct srcu_struct *ssp, int idx)
{
	int i = srcu_places;

	while (i-- > 0) {
		if (srcu_readers[i].ssp != ssp || srcu_readers[i].task != rcfuzz_host->task)
			continue;
		srcu_readers[i].ssp = NULL;
		if (rcfuzz_host->tell_locks)
			rcfuzz_host->has_read(rcfuzz_host->ctx, &srcu_readers[i]);
		rcfuzz_released(AFTER_READERS(ssp));
		rcfuzz_wake(&srcu_readers[i]);
		return;
	}
	rcfuzz_report(REPORT_LOCK, NULL, 0, NULL, "srcu_read_unlock without srcu_read_lock");
}

/* The readers that are there now have to leave; who comes later may stay. */
void synchronize_srcu_expedited(struct srcu_struct *ssp)
{
	unsigned int number[SRCU_READERS];
	int i;

	rcfuzz_may_sleep("synchronize_srcu with a spinlock held");
	if (rcfuzz_host->tell_locks)
		tell_awaits_readers(ssp);
	for (i = 0; i < SRCU_READERS; i++)
		number[i] = srcu_readers[i].number;
	rcfuzz_released(BEFORE_READERS(ssp));
	rcfuzz_yield(POINT_SLEEP, "srcu", ssp);
	for (i = 0; i < SRCU_READERS; i++) {
		struct srcu_reader *reader = &srcu_readers[i];

		while (reader->ssp == ssp && reader->number == number[i])
			rcfuzz_wait_for(reader, "a grace period of SRCU");
	}
	rcfuzz_acquired(AFTER_READERS(ssp));
}

/* Any op that is under way may be a reader of RCU: wait for the end of all. */
static struct rcu_head *rcu_first, **rcu_last = &rcu_first;

void call_rcu(struct rcu_head *head, rcu_callback_t func)
{
	head->func = func;
	head->next = NULL;
	*rcu_last = head;
	rcu_last = &head->next;
}

void rcfuzz_rcu_quiescent(void)
{
	while (rcu_first) {
		struct rcu_head *head = rcu_first;

		rcu_first = head->next;
		if (!rcu_first)
			rcu_last = &rcu_first;
		head->func(head);
	}
}

/* The kernel's loop around it looks whether what it waits for has come. */
void schedule(void)
{
	struct task_data *me = rcfuzz_self();

	if (!me->woken)
		rcfuzz_wait_for(me, "a wake-up");
	rcfuzz_acquired(me);
	me->woken = false;
}

int rcuwait_wake_up(struct rcuwait *w)
{
	struct task_struct *task = rcu_dereference_raw(w->task);
	struct task_data *sleeper;

	if (!task)
		return 0;
	sleeper = rcfuzz_data_of(task);
	sleeper->woken = true;
	rcfuzz_released(sleeper);
	rcfuzz_wake(sleeper);
	return 1;
}

int __cond_resched(void)
{
	rcfuzz_may_sleep("cond_resched with a spinlock held");
	rcfuzz_yield(POINT_SLEEP, "resched", NULL);
	return 0;
}

#ifdef RCFUZZ_HAVE_smp_call_single_bool
int smp_call_function_single(int cpu, smp_call_func_t func, void *info, bool wait)
#else
int smp_call_function_single(int cpu, smp_call_func_t func, void *info, int wait)
#endif
{
	func(info);
	return 0;
}

void smp_call_function_many(const struct cpumask *mask, smp_call_func_t func, void *info, bool wait)
{
	func(info);
}

int rcfuzz_cpu(void)
{
	return rcfuzz_host->cpu(rcfuzz_host->ctx);
}

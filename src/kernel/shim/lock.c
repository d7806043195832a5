/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lock.c: spinlocks and mutexes: each is a word that names the task that holds it, plus one.
 * Each function stands for the kernel's function of the same name unless it says otherwise.
 */
#include "features.h"
#include "services.h"

static noinline void tell_locked(const void *lock, bool tried)
{
	const void *callers[TARGET_CALLERS];

	rcfuzz_here(callers);
	rcfuzz_host->locked(rcfuzz_host->ctx, lock, tried, callers);
}

/* What takes a lock uses the memory that it lies in. */
static noinline void check_memory(const void *lock)
{
	unsigned long offset = (unsigned long)lock - rcfuzz_host->memory_base;
	const void *callers[TARGET_CALLERS];

	if (offset >= rcfuzz_host->memory_size || rcfuzz_host->memory_lines[offset / MEMORY_LINE])
		return;
	rcfuzz_here(callers);
	rcfuzz_host->accessed(rcfuzz_host->ctx, POINT_WRITE, MARK_ATOMIC, lock, sizeof(int), callers);
}

static void take_word(unsigned int *lock, const char *why)
{
	check_memory(lock);
	while (*lock) {
		rcfuzz_wait_for(lock, why);
		check_memory(lock);
	}
	*lock = rcfuzz_host->task + 1;
	if (rcfuzz_host->tell_locks)
		tell_locked(lock, false);
}

/* False: somebody holds it. */
static bool try_word(unsigned int *lock)
{
	check_memory(lock);
	if (*lock)
		return false;
	*lock = rcfuzz_host->task + 1;
	if (rcfuzz_host->tell_locks)
		tell_locked(lock, true);
	return true;
}

/* False: it was not this task's to give. */
static bool give_word(unsigned int *lock, const char *not_held, const char *by_another)
{
	if (*lock != rcfuzz_host->task + 1)
		rcfuzz_report(REPORT_LOCK, NULL, 0, NULL, *lock ? by_another : not_held);
	if (*lock != rcfuzz_host->task + 1)
		return false;
	*lock = 0;
	if (rcfuzz_host->tell_locks)
		rcfuzz_host->unlocked(rcfuzz_host->ctx, lock);
	rcfuzz_wake(lock);
	return true;
}

void rcfuzz_spin_lock(raw_spinlock_t *lock)
{
	rcfuzz_step();
	rcfuzz_yield(POINT_LOCK, NULL, lock);
	take_word((unsigned int *)lock, "a spinlock");
	rcfuzz_self()->spin_depth++;
}

void rcfuzz_spin_unlock(raw_spinlock_t *lock)
{
	if (give_word((unsigned int *)lock, "unlock of a spinlock that is not held", "unlock of another's spinlock"))
		rcfuzz_self()->spin_depth--;
	rcfuzz_yield(POINT_UNLOCK, NULL, lock);
}

int rcfuzz_spin_trylock(raw_spinlock_t *lock)
{
	rcfuzz_step();
	rcfuzz_yield(POINT_LOCK, NULL, lock);
	if (!try_word((unsigned int *)lock))
		return 0;
	rcfuzz_self()->spin_depth++;
	return 1;
}

int rcfuzz_spin_is_locked(const void *lock)
{
	return *(const unsigned int *)lock != 0;
}

/* Who has to wait does so in a list, which zeros are not; in newer trees they are a mutex that is free, as with
 * spinlocks. */
#ifdef RCFUZZ_HAVE_mutex_first_waiter
static void set_up(struct mutex *lock)
{
	lock->first_waiter = NULL;
}

static bool is_set_up(const struct mutex *lock)
{
	return true;
}
#else
static void set_up(struct mutex *lock)
{
	INIT_LIST_HEAD(&lock->wait_list);
}

static bool is_set_up(const struct mutex *lock)
{
	return lock->wait_list.next;
}
#endif

#ifdef RCFUZZ_HAVE_mutex_init_generic
void mutex_init_generic(struct mutex *lock)
#else
void rcfuzz_mutex_init(struct mutex *lock, const char *name, struct lock_class_key *key)
#endif
{
	*(unsigned int *)lock = 0;
	set_up(lock);
}

void rcfuzz_mutex_lock(struct mutex *lock)
{
	rcfuzz_may_sleep("mutex_lock with a spinlock held");
	rcfuzz_yield(POINT_LOCK, NULL, lock);
	take_word((unsigned int *)lock, "a mutex");
	if (!is_set_up(lock))
		rcfuzz_report(REPORT_LOCK, NULL, 0, NULL, "a mutex is taken that was never set up");
	if (rcfuzz_host->tell_locks && rcfuzz_is_unreferenced_guest(lock))
		rcfuzz_report(REPORT_LOCK, NULL, 0, NULL, "a nested guest is used after its last reference");
}

void rcfuzz_mutex_unlock(struct mutex *lock)
{
	give_word((unsigned int *)lock, "unlock of a mutex that is not held", "unlock of another's mutex");
	rcfuzz_yield(POINT_UNLOCK, NULL, lock);
}

int rcfuzz_mutex_trylock(struct mutex *lock)
{
	rcfuzz_step();
	rcfuzz_yield(POINT_LOCK, NULL, lock);
	return try_word((unsigned int *)lock);
}

bool rcfuzz_mutex_is_locked(struct mutex *lock)
{
	return *(unsigned int *)lock != 0;
}

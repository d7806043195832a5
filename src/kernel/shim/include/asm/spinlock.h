/* SPDX-License-Identifier: GPL-2.0-only */
/* The architecture's part of a spinlock is the shim's. */
#ifndef RCFUZZ_ASM_SPINLOCK_H
#define RCFUZZ_ASM_SPINLOCK_H
int rcfuzz_spin_is_locked(const void *lock);
#define smp_mb__after_spinlock() barrier()
#define arch_spin_is_locked(l) rcfuzz_spin_is_locked(l)
#define arch_spin_value_unlocked(v) ((v).slock == 0)
#define arch_spin_is_contended(l) 0
void arch_spin_lock(arch_spinlock_t *l);
void arch_spin_unlock(arch_spinlock_t *l);
int arch_spin_trylock(arch_spinlock_t *l);
static inline void pv_spinlocks_init(void)
{
}
void arch_read_lock(arch_rwlock_t *l);
void arch_read_unlock(arch_rwlock_t *l);
int arch_read_trylock(arch_rwlock_t *l);
void arch_write_lock(arch_rwlock_t *l);
void arch_write_unlock(arch_rwlock_t *l);
int arch_write_trylock(arch_rwlock_t *l);
#endif

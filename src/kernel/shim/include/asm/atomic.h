/* SPDX-License-Identifier: GPL-2.0-only */
/* atomic_t and atomic64_t as compiler atomics, which the thread-sanitizer instrumentation sees. */
#ifndef RCFUZZ_ASM_ATOMIC_H
#define RCFUZZ_ASM_ATOMIC_H
#include <linux/types.h>
#include <asm/cmpxchg.h>
#include <asm/barrier.h>
#define ATOMIC64_INIT(i)                                                                                               \
	{                                                                                                              \
		(i)                                                                                                    \
	}
#define RCFUZZ_ATOMIC_FETCH(prefix, type, name)                                                                        \
	static __always_inline type arch_##prefix##_fetch_##name(type i, prefix##_t *v)                                \
	{                                                                                                              \
		return __atomic_fetch_##name(&v->counter, i, __ATOMIC_SEQ_CST);                                        \
	}                                                                                                              \
	static __always_inline void arch_##prefix##_##name(type i, prefix##_t *v)                                      \
	{                                                                                                              \
		__atomic_fetch_##name(&v->counter, i, __ATOMIC_SEQ_CST);                                               \
	}
#define RCFUZZ_ATOMIC_RETURN(prefix, type, name)                                                                       \
	static __always_inline type arch_##prefix##_##name##_return(type i, prefix##_t *v)                             \
	{                                                                                                              \
		return __atomic_##name##_fetch(&v->counter, i, __ATOMIC_SEQ_CST);                                      \
	}
#define RCFUZZ_ATOMIC(prefix, type)                                                                                    \
	static __always_inline type arch_##prefix##_read(const prefix##_t *v)                                          \
	{                                                                                                              \
		return __atomic_load_n(&v->counter, __ATOMIC_RELAXED);                                                 \
	}                                                                                                              \
	static __always_inline void arch_##prefix##_set(prefix##_t *v, type i)                                         \
	{                                                                                                              \
		__atomic_store_n(&v->counter, i, __ATOMIC_RELAXED);                                                    \
	}
RCFUZZ_ATOMIC(atomic, int)
RCFUZZ_ATOMIC_FETCH(atomic, int, add)
RCFUZZ_ATOMIC_FETCH(atomic, int, sub)
RCFUZZ_ATOMIC_FETCH(atomic, int, and)
RCFUZZ_ATOMIC_FETCH(atomic, int, or)
RCFUZZ_ATOMIC_FETCH(atomic, int, xor)
RCFUZZ_ATOMIC_RETURN(atomic, int, add)
RCFUZZ_ATOMIC_RETURN(atomic, int, sub)
RCFUZZ_ATOMIC(atomic64, s64)
RCFUZZ_ATOMIC_FETCH(atomic64, s64, add)
RCFUZZ_ATOMIC_FETCH(atomic64, s64, sub)
RCFUZZ_ATOMIC_FETCH(atomic64, s64, and)
RCFUZZ_ATOMIC_FETCH(atomic64, s64, or)
RCFUZZ_ATOMIC_FETCH(atomic64, s64, xor)
RCFUZZ_ATOMIC_RETURN(atomic64, s64, add)
RCFUZZ_ATOMIC_RETURN(atomic64, s64, sub)
#define arch_atomic_fetch_add arch_atomic_fetch_add
#define arch_atomic_fetch_sub arch_atomic_fetch_sub
#define arch_atomic_fetch_and arch_atomic_fetch_and
#define arch_atomic_fetch_or arch_atomic_fetch_or
#define arch_atomic_fetch_xor arch_atomic_fetch_xor
#define arch_atomic_add_return arch_atomic_add_return
#define arch_atomic_sub_return arch_atomic_sub_return
#define arch_atomic64_fetch_add arch_atomic64_fetch_add
#define arch_atomic64_fetch_sub arch_atomic64_fetch_sub
#define arch_atomic64_fetch_and arch_atomic64_fetch_and
#define arch_atomic64_fetch_or arch_atomic64_fetch_or
#define arch_atomic64_fetch_xor arch_atomic64_fetch_xor
#define arch_atomic64_add_return arch_atomic64_add_return
#define arch_atomic64_sub_return arch_atomic64_sub_return
#define arch_atomic_cmpxchg(v, o, n) arch_cmpxchg(&(v)->counter, o, n)
#define arch_atomic_xchg(v, n) arch_xchg(&(v)->counter, n)
#define arch_atomic64_cmpxchg(v, o, n) arch_cmpxchg(&(v)->counter, o, n)
#define arch_atomic64_xchg(v, n) arch_xchg(&(v)->counter, n)
#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* xchg and cmpxchg as compiler atomics, which the thread-sanitizer instrumentation sees. */
#ifndef RCFUZZ_ASM_CMPXCHG_H
#define RCFUZZ_ASM_CMPXCHG_H
#include <linux/compiler.h>
#define arch_xchg(p, v) ((__typeof__(*(p)))__atomic_exchange_n((p), (__typeof__(*(p)))(v), __ATOMIC_SEQ_CST))
#define arch_cmpxchg(p, o, n)                                                                                          \
	({                                                                                                             \
		__typeof__(*(p)) rcfuzz_old_ = (__typeof__(*(p)))(o);                                                  \
		__atomic_compare_exchange_n((p), &rcfuzz_old_, (__typeof__(*(p)))(n), 0, __ATOMIC_SEQ_CST,             \
					    __ATOMIC_SEQ_CST);                                                         \
		rcfuzz_old_;                                                                                           \
	})
#define __cmpxchg_u64(p, o, n) arch_cmpxchg(p, o, n)
#define arch_cmpxchg_local arch_cmpxchg
#define arch_cmpxchg64 arch_cmpxchg
#define arch_cmpxchg64_local arch_cmpxchg
#endif

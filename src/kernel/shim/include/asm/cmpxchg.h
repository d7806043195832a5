/* SPDX-License-Identifier: GPL-2.0-only */
/* xchg and cmpxchg as compiler atomics, which the thread-sanitizer instrumentation sees. */
#ifndef RCFUZZ_ASM_CMPXCHG_H
#define RCFUZZ_ASM_CMPXCHG_H
#include <linux/compiler.h>
/* Rmaps and dirty bitmaps are emptied by it; who does so is kept. */
void rcfuzz_word_written(const void *word);
#define arch_xchg(p, v)                                                                                                \
	({                                                                                                             \
		__typeof__(p) rcfuzz_at_ = (p);                                                                        \
		__typeof__(*(p)) rcfuzz_new_ = (__typeof__(*(p)))(v);                                                  \
		__typeof__(*(p)) rcfuzz_old_ =                                                                         \
			(__typeof__(*(p)))__atomic_exchange_n(rcfuzz_at_, rcfuzz_new_, __ATOMIC_SEQ_CST);              \
		if (rcfuzz_old_ != rcfuzz_new_)                                                                        \
			rcfuzz_word_written((const void *)rcfuzz_at_);                                                 \
		rcfuzz_old_;                                                                                           \
	})
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

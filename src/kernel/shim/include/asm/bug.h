/* SPDX-License-Identifier: GPL-2.0-only */
/* WARN and BUG end in the shim, with their place and condition; the tree's own macros need a trap instruction. */
#ifndef RCFUZZ_ASM_BUG_H
#define RCFUZZ_ASM_BUG_H
void rcfuzz_warn(const char *file, int line, const char *func, const char *cond, int once);
_Noreturn void rcfuzz_bug(const char *file, int line, const char *func);
#define HAVE_ARCH_BUG
#define HAVE_ARCH_BUG_ON
#define HAVE_ARCH_WARN_ON
#define BUG() rcfuzz_bug(__FILE__, __LINE__, __func__)
#define BUG_ON(x)                                                                                                      \
	do {                                                                                                           \
		if (unlikely(x))                                                                                       \
			BUG();                                                                                         \
	} while (0)
#define __WARN_FLAGS(flags) rcfuzz_warn(__FILE__, __LINE__, __func__, "", 0)
#define RCFUZZ_WARN(condition, text)                                                                                   \
	({                                                                                                             \
		int rcfuzz_warn_ = !!(condition);                                                                      \
		if (unlikely(rcfuzz_warn_))                                                                            \
			rcfuzz_warn(__FILE__, __LINE__, __func__, text, 0);                                            \
		unlikely(rcfuzz_warn_);                                                                                \
	})
#define RCFUZZ_WARN_ONCE(condition, text)                                                                              \
	({                                                                                                             \
		static bool rcfuzz_warned_;                                                                            \
		int rcfuzz_warn_ = !!(condition);                                                                      \
		if (unlikely(rcfuzz_warn_) && !rcfuzz_warned_) {                                                       \
			rcfuzz_warned_ = true;                                                                         \
			rcfuzz_warn(__FILE__, __LINE__, __func__, text, 1);                                            \
		}                                                                                                      \
		unlikely(rcfuzz_warn_);                                                                                \
	})
#define WARN_ON(condition) RCFUZZ_WARN(condition, #condition)
#define WARN(condition, format...) RCFUZZ_WARN(condition, #condition)
#include <asm-generic/bug.h>
#undef WARN_ON_ONCE
#undef WARN_ONCE
#define WARN_ON_ONCE(condition) RCFUZZ_WARN_ONCE(condition, #condition)
#define WARN_ONCE(condition, format...) RCFUZZ_WARN_ONCE(condition, #condition)
struct pt_regs;
void die(const char *, struct pt_regs *, long);
void hash__do_page_fault(struct pt_regs *);
void bad_page_fault(struct pt_regs *, int);
#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* Bit operations: the generic ones of the tree; bit numbers of Power are counted from the left (ISA Book I, 1.3). */
#ifndef RCFUZZ_ASM_BITOPS_H
#define RCFUZZ_ASM_BITOPS_H
#include <linux/compiler.h>
#define PPC_BITLSHIFT(be) (63 - (be))
#define PPC_BIT(bit) (1UL << PPC_BITLSHIFT(bit))
#define PPC_BITMASK(bs, be) ((PPC_BIT(bs) - PPC_BIT(be)) | PPC_BIT(bs))
#define PPC_BITEXTRACT(bits, from, to) ((((bits) >> PPC_BITLSHIFT(from)) & 1) << (to))
#define PPC_BITLSHIFT32(be) (31 - (be))
#define PPC_BIT32(bit) (1UL << PPC_BITLSHIFT32(bit))
#define PPC_BITMASK32(bs, be) ((PPC_BIT32(bs) - PPC_BIT32(be)) | PPC_BIT32(bs))
#define PPC_BITLSHIFT8(be) (7 - (be))
#define PPC_BIT8(bit) (1UL << PPC_BITLSHIFT8(bit))
#define PPC_BITMASK8(bs, be) ((PPC_BIT8(bs) - PPC_BIT8(be)) | PPC_BIT8(bs))
#define __ilog2(x) ilog2(x)
#define __arch_hweight8(w) __builtin_popcount((unsigned char)(w))
#define __arch_hweight16(w) __builtin_popcount((unsigned short)(w))
#define __arch_hweight32(w) __builtin_popcount(w)
#define __arch_hweight64(w) __builtin_popcountl(w)
#include <asm-generic/bitops/builtin-__ffs.h>
#include <asm-generic/bitops/builtin-ffs.h>
#include <asm-generic/bitops/builtin-__fls.h>
#include <asm-generic/bitops/builtin-fls.h>
#include <asm-generic/bitops/fls64.h>
#include <asm-generic/bitops/ffz.h>
#include <asm-generic/bitops/sched.h>
#include <asm-generic/bitops/const_hweight.h>
#include <asm-generic/bitops/atomic.h>
#include <asm-generic/bitops/lock.h>
#include <asm-generic/bitops/non-atomic.h>
#include <asm-generic/bitops/le.h>
#include <asm-generic/bitops/ext2-atomic-setbit.h>
/* Dirty bitmaps are written by it; who does so is kept. */
void rcfuzz_word_written(const void *word);
#define set_bit_le(nr, addr)                                                                                           \
	({                                                                                                             \
		unsigned long rcfuzz_bit_ = (nr);                                                                      \
		unsigned long *rcfuzz_map_ = (void *)(addr);                                                           \
		(set_bit_le)(rcfuzz_bit_, rcfuzz_map_);                                                                \
		rcfuzz_word_written(rcfuzz_map_ + rcfuzz_bit_ / 64);                                                   \
	})
#endif

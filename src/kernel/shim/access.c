/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * access.c: the callbacks of the compilers' thread-sanitizer instrumentation, as the kernel's KCSAN has them
 * (kernel/kcsan/core.c), and not the sanitizer's runtime: each read, write and atomic operation of kernel code on the
 * kernel's own memory is a yield point, and may be looked at, and which functions are under way is known on each
 * stack. Only modules of the flavour `access` call them; from others the linker drops them.
 */
#include "features.h"
#include "services.h"

static noinline void tell(const void *address, unsigned long size, enum target_point kind, enum target_marking marking,
			  const void *frame)
{
	const void *callers[TARGET_CALLERS];

	rcfuzz_get_callers(frame, callers);
	rcfuzz_host->accessed(rcfuzz_host->ctx, kind, marking, address, size, callers);
}

/* An access across lines looks as one beyond its allocation; who is told finds out. */
static bool is_told(unsigned long offset, unsigned long size, enum target_point kind)
{
	unsigned int line = rcfuzz_host->memory_lines[offset / MEMORY_LINE];

	return offset % MEMORY_LINE + size > MEMORY_WORDS(line) * 8 ||
	       (kind == POINT_WRITE && MEMORY_KIND(line) == KMEM_VMALLOC);
}

static noinline void look(const void *address, unsigned long size, enum target_point kind, enum target_marking marking,
			  const void *frame)
{
	unsigned long offset = (unsigned long)address - rcfuzz_host->memory_base;

	if (offset < rcfuzz_host->memory_size && (rcfuzz_host->watch_access || is_told(offset, size, kind)))
		tell(address, size, kind, marking, frame);
	else if (kind == POINT_WRITE && rcfuzz_host->watch_access)
		rcfuzz_stores_to_guest(address);
}

/* What happens 100,000 times in a scenario: look() would find nothing to tell of. */
static __always_inline bool is_plain(const volatile void *address, unsigned long size, enum target_point kind)
{
	unsigned long offset = (unsigned long)address - rcfuzz_host->memory_base;
	unsigned int shift = ilog2(size);
	/* That of no line, if the address is no multiple of the size. */
	unsigned long line = ror64(offset, shift) >> (ilog2(MEMORY_LINE) - shift);

	if (likely(line < rcfuzz_host->unwatched_lines))
		return MEMORY_IS_PLAIN(rcfuzz_host->memory_lines[line], kind == POINT_WRITE);
	return !rcfuzz_host->watch_access && offset >= rcfuzz_host->memory_size;
}

static __always_inline void access(const volatile void *address, unsigned long size, enum target_point kind,
				   enum target_marking marking)
{
	if (unlikely(!is_plain(address, size, kind)))
		look((const void *)address, size, kind, marking, __builtin_frame_address(0));
}

/* Of any size and alignment. */
static __always_inline void access_range(const void *address, unsigned long size, enum target_point kind)
{
	look(address, size, kind, MARK_PLAIN, __builtin_frame_address(0));
}

void __tsan_init(void)
{
}

void __tsan_func_entry(void *caller)
{
	struct target_calls *calls = rcfuzz_host->calls;

	calls->callers[calls->depth++ % TARGET_CALLS] = caller;
}

void __tsan_func_exit(void)
{
	rcfuzz_host->calls->depth--;
}

#define ACCESSES(size)                                                                                                 \
	void __tsan_read##size(void *p)                                                                                \
	{                                                                                                              \
		access(p, size, POINT_READ, MARK_PLAIN);                                                               \
	}                                                                                                              \
	void __tsan_write##size(void *p)                                                                               \
	{                                                                                                              \
		access(p, size, POINT_WRITE, MARK_PLAIN);                                                              \
	}                                                                                                              \
	void __tsan_volatile_read##size(void *p)                                                                       \
	{                                                                                                              \
		access(p, size, POINT_READ, MARK_ONCE);                                                                \
	}                                                                                                              \
	void __tsan_volatile_write##size(void *p)                                                                      \
	{                                                                                                              \
		access(p, size, POINT_WRITE, MARK_ONCE);                                                               \
	}                                                                                                              \
	void __tsan_unaligned_read##size(void *p)                                                                      \
	{                                                                                                              \
		access(p, size, POINT_READ, MARK_PLAIN);                                                               \
	}                                                                                                              \
	void __tsan_unaligned_write##size(void *p)                                                                     \
	{                                                                                                              \
		access(p, size, POINT_WRITE, MARK_PLAIN);                                                              \
	}                                                                                                              \
	void __tsan_unaligned_volatile_read##size(void *p)                                                             \
	{                                                                                                              \
		access(p, size, POINT_READ, MARK_ONCE);                                                                \
	}                                                                                                              \
	void __tsan_unaligned_volatile_write##size(void *p)                                                            \
	{                                                                                                              \
		access(p, size, POINT_WRITE, MARK_ONCE);                                                               \
	}
ACCESSES(1)
ACCESSES(2)
ACCESSES(4)
ACCESSES(8)
ACCESSES(16)

void __tsan_read_range(void *p, unsigned long size)
{
	access_range(p, size, POINT_READ);
}

void __tsan_write_range(void *p, unsigned long size)
{
	access_range(p, size, POINT_WRITE);
}

/* One step each; fibers are sequentially consistent, so the order that is asked for is always had. */
#define FETCH(bits, type, name)                                                                                        \
	type __tsan_atomic##bits##_fetch_##name(volatile type *p, type v, int order)                                   \
	{                                                                                                              \
		access(p, sizeof(type), POINT_WRITE, MARK_ATOMIC);                                                     \
		return __atomic_fetch_##name(p, v, __ATOMIC_SEQ_CST);                                                  \
	}
#define ATOMICS(bits, type)                                                                                            \
	FETCH(bits, type, add)                                                                                         \
	FETCH(bits, type, sub)                                                                                         \
	FETCH(bits, type, and)                                                                                         \
	FETCH(bits, type, or)                                                                                          \
	FETCH(bits, type, xor)                                                                                         \
	FETCH(bits, type, nand)                                                                                        \
	type __tsan_atomic##bits##_load(const volatile type *p, int order)                                             \
	{                                                                                                              \
		access(p, sizeof(type), POINT_READ, MARK_ONCE);                                                        \
		return __atomic_load_n(p, __ATOMIC_SEQ_CST);                                                           \
	}                                                                                                              \
	void __tsan_atomic##bits##_store(volatile type *p, type v, int order)                                          \
	{                                                                                                              \
		access(p, sizeof(type), POINT_WRITE, MARK_ONCE);                                                       \
		__atomic_store_n(p, v, __ATOMIC_SEQ_CST);                                                              \
	}                                                                                                              \
	type __tsan_atomic##bits##_exchange(volatile type *p, type v, int order)                                       \
	{                                                                                                              \
		access(p, sizeof(type), POINT_WRITE, MARK_ATOMIC);                                                     \
		return __atomic_exchange_n(p, v, __ATOMIC_SEQ_CST);                                                    \
	}                                                                                                              \
	int __tsan_atomic##bits##_compare_exchange_strong(volatile type *p, type *expected, type v, int order,         \
							  int failure)                                                 \
	{                                                                                                              \
		access(p, sizeof(type), POINT_WRITE, MARK_ATOMIC);                                                     \
		return __atomic_compare_exchange_n(p, expected, v, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);             \
	}                                                                                                              \
	int __tsan_atomic##bits##_compare_exchange_weak(volatile type *p, type *expected, type v, int order,           \
							int failure)                                                   \
	{                                                                                                              \
		access(p, sizeof(type), POINT_WRITE, MARK_ATOMIC);                                                     \
		return __atomic_compare_exchange_n(p, expected, v, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);             \
	}                                                                                                              \
	type __tsan_atomic##bits##_compare_exchange_val(volatile type *p, type expected, type v, int order,            \
							int failure)                                                   \
	{                                                                                                              \
		access(p, sizeof(type), POINT_WRITE, MARK_ATOMIC);                                                     \
		__atomic_compare_exchange_n(p, &expected, v, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);                   \
		return expected;                                                                                       \
	}
ATOMICS(8, unsigned char)
ATOMICS(16, unsigned short)
ATOMICS(32, unsigned int)
ATOMICS(64, unsigned long)

void __tsan_atomic_thread_fence(int order)
{
}

void __tsan_atomic_signal_fence(int order)
{
}

/* clang calls these for copies that it does not inline. */
void *__tsan_memcpy(void *to, const void *from, unsigned long n)
{
	access_range(from, n, POINT_READ);
	access_range(to, n, POINT_WRITE);
	return memcpy(to, from, n);
}

void *__tsan_memmove(void *to, const void *from, unsigned long n)
{
	access_range(from, n, POINT_READ);
	access_range(to, n, POINT_WRITE);
	return memmove(to, from, n);
}

void *__tsan_memset(void *to, int value, unsigned long n)
{
	access_range(to, n, POINT_WRITE);
	return memset(to, value, n);
}

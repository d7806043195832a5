/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * asan.c: what kernel code calls in a module of the flavour `asan` where a check of the address sanitizer fails, and in
 * the place of memcpy and its like. Not the sanitizer's runtime: that would end the process, and could not tell the
 * kernel's mistakes from rcfuzz's own. The runtime that rcfuzz-asan has keeps the shadow memory, and speaks of what is
 * ours. From other modules the linker drops all this.
 */
#include "features.h"
#include "services.h"

static noinline void tell(enum target_point kind, const void *address, unsigned long size, const void *frame)
{
	const void *callers[TARGET_CALLERS];

	rcfuzz_get_callers(frame, callers);
	rcfuzz_host->bad_access(rcfuzz_host->ctx, kind, address, size, callers);
	__builtin_trap();
}

/* Of the sanitizer's runtime, which a module of another flavour may not find. NULL: all of it may be touched. */
void *__asan_region_is_poisoned(void *begin, unsigned long size) __attribute__((weak));

static __always_inline void check(enum target_point kind, const void *p, unsigned long size, const void *frame)
{
	if (__asan_region_is_poisoned && unlikely(__asan_region_is_poisoned((void *)p, size)))
		tell(kind, p, size, frame);
}

void rcfuzz_check_buffer(enum target_point kind, const void *buffer, unsigned long size, const void *frame)
{
	check(kind, buffer, size, frame);
}

#define REPORTS(size)                                                                                                  \
	void __asan_report_load##size(const void *p)                                                                   \
	{                                                                                                              \
		tell(POINT_READ, p, size, __builtin_frame_address(0));                                                 \
	}                                                                                                              \
	void __asan_report_store##size(const void *p)                                                                  \
	{                                                                                                              \
		tell(POINT_WRITE, p, size, __builtin_frame_address(0));                                                \
	}
REPORTS(1)
REPORTS(2)
REPORTS(4)
REPORTS(8)
REPORTS(16)

void __asan_report_load_n(const void *p, unsigned long size)
{
	tell(POINT_READ, p, size, __builtin_frame_address(0));
}

void __asan_report_store_n(const void *p, unsigned long size)
{
	tell(POINT_WRITE, p, size, __builtin_frame_address(0));
}

/* A structure may be copied to itself, which memcpy does not promise. */
void *__asan_memcpy(void *to, const void *from, unsigned long n)
{
	check(POINT_READ, from, n, __builtin_frame_address(0));
	check(POINT_WRITE, to, n, __builtin_frame_address(0));
	return memmove(to, from, n);
}

void *__asan_memmove(void *to, const void *from, unsigned long n)
{
	check(POINT_READ, from, n, __builtin_frame_address(0));
	check(POINT_WRITE, to, n, __builtin_frame_address(0));
	return memmove(to, from, n);
}

void *__asan_memset(void *to, int value, unsigned long n)
{
	check(POINT_WRITE, to, n, __builtin_frame_address(0));
	return memset(to, value, n);
}

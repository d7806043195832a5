/* SPDX-License-Identifier: GPL-2.0-only */
/* Every access to user memory is a copy that the shim does (and may make fail). */
#ifndef RCFUZZ_ASM_UACCESS_H
#define RCFUZZ_ASM_UACCESS_H
#include <asm/processor.h>
#include <asm/page.h>
#include <asm/extable.h>
#define TASK_SIZE_MAX TASK_SIZE_USER64
#define __access_ok(addr, size) ((void)(addr), (void)(size), true)
#define access_ok(addr, size) __access_ok(addr, size)
unsigned long rcfuzz_copy_from_user(void *to, const void *from, unsigned long n);
unsigned long rcfuzz_copy_to_user(void *to, const void *from, unsigned long n);
#define INLINE_COPY_USER
#define INLINE_COPY_FROM_USER /* these two: in older trees */
#define INLINE_COPY_TO_USER
static inline unsigned long raw_copy_from_user(void *to, const void __user *from, unsigned long n)
{
	return rcfuzz_copy_from_user(to, from, n);
}
static inline unsigned long raw_copy_to_user(void __user *to, const void *from, unsigned long n)
{
	return rcfuzz_copy_to_user(to, from, n);
}
unsigned long raw_copy_in_user(void __user *to, const void __user *from, unsigned long n);
#define __get_user(x, p)                                                                                               \
	({                                                                                                             \
		__typeof__(*(p)) rcfuzz_value_;                                                                        \
		int rcfuzz_error_ = rcfuzz_copy_from_user((void *)&rcfuzz_value_, (p), sizeof(*(p))) ? -EFAULT : 0;    \
		(x) = rcfuzz_error_ ? (__typeof__(*(p)))0 : rcfuzz_value_;                                             \
		rcfuzz_error_;                                                                                         \
	})
#define __put_user(x, p)                                                                                               \
	({                                                                                                             \
		__typeof__(*(p)) rcfuzz_value_ = (__typeof__(*(p)))(x);                                                \
		rcfuzz_copy_to_user((void *)(p), &rcfuzz_value_, sizeof(*(p))) ? -EFAULT : 0;                          \
	})
#define get_user(x, p) __get_user(x, p)
#define put_user(x, p) __put_user(x, p)
#define user_access_begin(p, n) 1
#define user_access_end()                                                                                              \
	do {                                                                                                           \
	} while (0)
#define user_access_save() 0UL
#define user_access_restore(flags)                                                                                     \
	do {                                                                                                           \
		(void)(flags);                                                                                         \
	} while (0)
#define user_read_access_begin user_access_begin
#define user_read_access_end user_access_end
#define user_write_access_begin user_access_begin
#define user_write_access_end user_access_end
#define unsafe_get_user(x, p, e)                                                                                       \
	do {                                                                                                           \
		if (__get_user(x, p))                                                                                  \
			goto e;                                                                                        \
	} while (0)
#define unsafe_put_user(x, p, e)                                                                                       \
	do {                                                                                                           \
		if (__put_user(x, p))                                                                                  \
			goto e;                                                                                        \
	} while (0)
#define unsafe_copy_to_user(d, s, l, e)                                                                                \
	do {                                                                                                           \
		if (raw_copy_to_user(d, s, l))                                                                         \
			goto e;                                                                                        \
	} while (0)
unsigned long clear_user(void __user *addr, unsigned long size);
#define __clear_user clear_user
long strncpy_from_user(char *dst, const char __user *src, long count);
long strnlen_user(const char __user *str, long n);
#endif

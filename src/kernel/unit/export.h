/* SPDX-License-Identifier: GPL-2.0-only */
/* rcfuzz_NAME becomes a second name of the kernel's static function NAME, which the glue may call. */
#define RCFUZZ_EXPORT(name) extern __typeof__(name) rcfuzz_##name __attribute__((alias(#name)))

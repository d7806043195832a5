/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What kvm_main.c calls of the architecture. LPIDs are handed out by the glue, since their numbers are part of a
 * scenario's configuration. Its floating point conversions, for MMIO, must not be reached.
 */
#include "partial.h"
void rcfuzz_unreachable(const char *name) __attribute__((noreturn));
#define kvmppc_alloc_lpid kernel_kvmppc_alloc_lpid
#define kvmppc_free_lpid kernel_kvmppc_free_lpid
#define asm(...) rcfuzz_unreachable("assembly in powerpc.c")
#include <arch/powerpc/kvm/powerpc.c>
#undef asm

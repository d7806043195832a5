/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For a unit of which only a part is wanted: for the linker, powerpc instructions may be reachable in it. To reach one
 * is a crash that says so.
 */
__asm(".set rcfuzz_powerpc_assembly, rcfuzz_unreachable_assembly\n");

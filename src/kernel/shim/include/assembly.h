/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Instructions that the kernel's .c files themselves write, as macros of the assembler: ordering does nothing between
 * fibers, the rest must not be reached.
 */
__asm(".macro hwsync\n.endm\n"
      ".macro ptesync\n.endm\n"
      ".macro eieio\n.endm\n"
      ".macro tlbsync\n.endm\n"
      ".macro slbmfev a:vararg\n" RCFUZZ_ASSEMBLY "\n.endm\n"
      ".macro slbmfee a:vararg\n" RCFUZZ_ASSEMBLY "\n.endm\n"
      ".macro slbmte a:vararg\n" RCFUZZ_ASSEMBLY "\n.endm\n");

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Functions of the kernel that need no C: STANDS_IDLE and UNREACHABLE of stand_ins.def. What is unreachable ends in
 * rcfuzz_unreachable(its own name).
 */
.macro nothing name
	.section .text.nothing.\name, "ax", @progbits
	.globl	\name
	.hidden	\name
	.type	\name, @function
\name:
	xorl	%eax, %eax
	ret
	.size	\name, . - \name
.endm

.macro unreachable name
	.section .text.unreachable.\name, "ax", @progbits
	.globl	\name
	.hidden	\name
	.type	\name, @function
\name:
	leaq	.Lname_\name(%rip), %rdi
	call	rcfuzz_unreachable
	.size	\name, . - \name
	.section .rodata.unreachable.\name, "a", @progbits
.Lname_\name:
	.asciz	"\name"
.endm

#define STANDS_IDLE(symbol, place, why) nothing symbol
#define UNREACHABLE(symbol, place, why) unreachable symbol
#include "../stand_ins.def"

	.section .note.GNU-stack, "", @progbits

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Called from the middle of a function that believes it executes one instruction: keeps every register that a
 * C function may change. Operands of the tlbiel lie on the caller's stack, above the return address:
 * rb, rs, ric, prs, r, 8 bytes each.
 */
	.text
	.globl	rcfuzz_tlbiel_stub
	.hidden	rcfuzz_tlbiel_stub
	.type	rcfuzz_tlbiel_stub, @function
rcfuzz_tlbiel_stub:
	.cfi_startproc
	pushq	%rbp
	.cfi_def_cfa_offset 16
	.cfi_offset %rbp, -16
	movq	%rsp, %rbp
	.cfi_def_cfa_register %rbp
	pushfq
	pushq	%rax
	pushq	%rcx
	pushq	%rdx
	pushq	%rsi
	pushq	%rdi
	pushq	%r8
	pushq	%r9
	pushq	%r10
	pushq	%r11
	subq	$512, %rsp
	andq	$-16, %rsp
	fxsave64 (%rsp)
	movq	16(%rbp), %rdi
	movq	24(%rbp), %rsi
	movl	32(%rbp), %edx
	movl	40(%rbp), %ecx
	movl	48(%rbp), %r8d
	call	rcfuzz_tlbiel
	fxrstor64 (%rsp)
	leaq	-80(%rbp), %rsp
	popq	%r11
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rdi
	popq	%rsi
	popq	%rdx
	popq	%rcx
	popq	%rax
	popfq
	popq	%rbp
	.cfi_def_cfa %rsp, 8
	ret
	.cfi_endproc
	.size	rcfuzz_tlbiel_stub, . - rcfuzz_tlbiel_stub
	.section .note.GNU-stack, "", @progbits

/* SPDX-License-Identifier: GPL-2.0-only */
/* What powerpc.c calls of book3s: it goes on to the functions of HV, through kvm->arch.kvm_ops. */
#define kvmppc_load_last_inst kernel_kvmppc_load_last_inst /* the glue has it */
#include <arch/powerpc/kvm/book3s.c>

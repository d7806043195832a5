/* SPDX-License-Identifier: GPL-2.0-only */
/* Of it, only what sets an MSR and injects an interrupt is wanted. */
#include "partial.h"
#include "assembly.h"
#include <arch/powerpc/kvm/book3s_hv_builtin.c>

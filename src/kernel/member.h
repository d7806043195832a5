/* SPDX-License-Identifier: GPL-2.0-only */
/* member.h: what lies at an offset of a structure of the kernel, by the module's DWARF. */
#ifndef RCFUZZ_KERNEL_MEMBER_H
#define RCFUZZ_KERNEL_MEMBER_H

#include <elfutils/libdwfl.h>
#include <stdbool.h>
#include <stddef.h>

/* "arch.l1_ptcr" for an offset into struct kvm; indices of arrays are left out; as text_fit_name. False: there is no
 * such thing. */
bool member_name(Dwfl_Module *module, const char *structure, size_t offset, char *text, size_t size);

#endif

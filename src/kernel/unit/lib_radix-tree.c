/* SPDX-License-Identifier: GPL-2.0-only */
/* The tree's own library code. */
#include <lib/radix-tree.c>
#include "export.h"
RCFUZZ_EXPORT(radix_tree_init);

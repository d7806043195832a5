/* SPDX-License-Identifier: GPL-2.0-only */
/* The tree's own library code. */
#include <lib/find_bit.c>

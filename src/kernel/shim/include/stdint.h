/* SPDX-License-Identifier: GPL-2.0-only */
/* For target.h in the glue: the kernel's types have the same sizes. */
#include <linux/types.h>

/* SPDX-License-Identifier: GPL-2.0-only */
/* Where struct rq counts what is pinned: for migrate_disable(), which is never reached here. */
#define RQ_nr_pinned 0

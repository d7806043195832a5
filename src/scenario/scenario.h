/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * scenario.h: what is run, as plain data: a configuration and a list of ops.
 *
 * It knows nothing of kernels, machines or oracles. Two encodings: the binary
 * form (codec.c) that engines mutate, and the text form (text.c) that people
 * read. Decoding the binary form is total: any bytes give a valid scenario.
 */
#ifndef RCFUZZ_SCENARIO_H
#define RCFUZZ_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCENARIO_OPS_MAX 1024u
#define SCENARIO_GUESTS_MAX 3u
#define SCENARIO_VCPUS_MAX 4u
#define SCENARIO_CPUS_MAX 4u
#define SCENARIO_SLOTS_MAX 3u /* two for data, the last for L1's tables */
#define SCENARIO_POINTS_MAX 32u
#define SCENARIO_POINT_NAME 64u /* with its zero byte */

/* Words of the enum fields; the first is the default. */
#define ENUM_SIZE(X) X(SIZE_BASE, "base") X(SIZE_2M, "2m") X(SIZE_1G, "1g") X(SIZE_4K, "4k") X(SIZE_64K, "64k")
#define ENUM_PERM(X)                                                                                                   \
	X(PERM_RW, "rw")                                                                                               \
	X(PERM_R, "r") X(PERM_RWX, "rwx") X(PERM_RX, "rx") X(PERM_NONE, "none") X(PERM_X, "x") X(PERM_W, "w")
#define ENUM_RC(X) X(RC_RC, "rc") X(RC_R, "r") X(RC_C, "c") X(RC_NONE, "none")
#define ENUM_SCOPE(X) X(SCOPE_PAGE, "page") X(SCOPE_LPID, "lpid") X(SCOPE_ALL, "all")
#define ENUM_RIC(X) X(RIC_TLB, "tlb") X(RIC_PWC, "pwc") X(RIC_ALL, "all")
#define ENUM_VIA(X) X(VIA_REAL, "real") X(VIA_PROCESS, "process")
#define ENUM_DIR(X) X(DIR_TO_L1, "from-guest") X(DIR_TO_L2, "to-guest")
#define ENUM_AREA(X) X(AREA_VPA, "vpa") X(AREA_DTL, "dtl") X(AREA_NO_DTL, "no-dtl") X(AREA_NO_VPA, "no-vpa")
#define ENUM_FLUSH(X) X(FLUSH_NO, "no") X(FLUSH_YES, "yes")
#define ENUM_HCALL(X)                                                                                                  \
	X(HCALL_PTCR, "set-partition-table")                                                                           \
	X(HCALL_ENTER, "enter-nested")                                                                                 \
	X(HCALL_TLBIE, "tlb-invalidate")                                                                               \
	X(HCALL_RPT, "rpt-invalidate")                                                                                 \
	X(HCALL_COPY, "copy-tofrom-guest")                                                                             \
	X(HCALL_STATE, "enter-nested-state")
#define ENUM_TABLE(X)                                                                                                  \
	X(TABLE_PTE, "pte") X(TABLE_PMD, "pmd") X(TABLE_PUD, "pud") X(TABLE_ROOT, "root") X(TABLE_PATE, "pate")
#define ENUM_JUNK(X)                                                                                                   \
	X(JUNK_NOTHING, "nothing")                                                                                     \
	X(JUNK_LEAF, "leaf")                                                                                           \
	X(JUNK_LEAF_UNALIGNED, "leaf-unaligned")                                                                       \
	X(JUNK_LEAF_RESERVED, "leaf-reserved")                                                                         \
	X(JUNK_LEAF_BEYOND, "leaf-beyond")                                                                             \
	X(JUNK_TABLE_SIZE, "table-size")                                                                               \
	X(JUNK_TABLE_UNALIGNED, "table-unaligned")                                                                     \
	X(JUNK_TABLE_BEYOND, "table-beyond")                                                                           \
	X(JUNK_TABLE_ITSELF, "table-itself")
#define ENUM_TREE(X) X(TREE_SAME, "same") X(TREE_NEW, "new")

#define ENUM_MEMBER(id, word) id,
#define ENUM_DECLARE(NAME)                                                                                             \
	enum scenario_##NAME                                                                                           \
	{                                                                                                              \
		ENUM_##NAME(ENUM_MEMBER) NAME##_COUNT                                                                  \
	}
ENUM_DECLARE(SIZE);
ENUM_DECLARE(PERM);
ENUM_DECLARE(RC);
ENUM_DECLARE(SCOPE);
ENUM_DECLARE(RIC);
ENUM_DECLARE(VIA);
ENUM_DECLARE(DIR);
ENUM_DECLARE(AREA);
ENUM_DECLARE(FLUSH);
ENUM_DECLARE(HCALL);
ENUM_DECLARE(TABLE);
ENUM_DECLARE(JUNK);
ENUM_DECLARE(TREE);

enum op_kind {
#define OP(id, actor, name, fields, flags, help) OP_##id,
#include "ops.def"
#undef OP
	OP_COUNT
};

/* What an op is, and what it holds while it runs, so that others wait (actor/tasks.c). */
#define OPF_WILD 1u   /* a well-behaved L1 hypervisor never does this */
#define OPF_TABLES 2u /* edits L1's tables for the guest: L1's own lock of them */
#define OPF_STOPS 4u  /* before that, all vCPUs leave the guest, and do not enter it again */
#define OPF_VMM 8u    /* the VMM's big lock: it does not race with itself */
#define OPF_AGING 16u /* page reclaim's lock of its lists */

/* One op. A fixed-width record; a field that the op does not use is zero (guest: 1). */
struct scenario_op {
	uint16_t label; /* stable name of the op: survives mutation of others; unique, from 1 */
	uint8_t kind;	/* enum op_kind */
	uint8_t unused; /* zero: there is no padding, equal ops are equal bytes */
#define FIELD_NUM(name, type, min, max, help) type name;
#define FIELD_ENUM(name, NAMES, help) uint8_t name;
#include "fields.def"
};

/* Bits of an op's field set, in the order of fields.def. */
enum scenario_field {
#define FIELD_NUM(name, type, min, max, help) FIELD_##name,
#define FIELD_ENUM(name, NAMES, help) FIELD_##name,
#include "fields.def"
	FIELD_COUNT
};

struct op_info {
	const char *actor, *name, *help;
	uint32_t fields; /* 1u << FIELD_x */
	uint32_t flags;	 /* OPF_x */
};
extern const struct op_info op_info[OP_COUNT];

/*
 * The configuration. Rows of config.def:
 *   CONFIG_NUM(name, type, min, max, default, help)
 *   CONFIG_ENUM(name, NAMES, default, help)
 */
#define ENUM_PAGE(X) X(PAGE_64K, "64k") X(PAGE_4K, "4k")
#define ENUM_L1PAGE(X) X(L1PAGE_SAME, "same") X(L1PAGE_64K, "64k") X(L1PAGE_4K, "4k")
#define ENUM_BACKING(X) X(BACKING_SMALL, "small") X(BACKING_HUGE, "huge")
#define ENUM_L1KIND(X) X(L1_ANY, "any") X(L1_WELL_BEHAVED, "well-behaved")
#define ENUM_RCMODE(X) X(RCMODE_FAULT, "fault") X(RCMODE_HW, "hw")
#define ENUM_ENDIAN(X) X(ENDIAN_LITTLE, "little") X(ENDIAN_BIG, "big")
#define ENUM_SLOT1(X)                                                                                                  \
	X(SLOT1_PLAIN, "plain")                                                                                        \
	X(SLOT1_READONLY, "ro") X(SLOT1_ALIAS, "alias") X(SLOT1_SHIFTED, "shifted") X(SLOT1_FRAMES, "frames")
#define ENUM_YES(X) X(NO, "no") X(YES, "yes")
#define ENUM_FLUSHBY(X) X(FLUSHBY_TLBIE, "tlbie") X(FLUSHBY_RPT, "rpt")
#define ENUM_LEVEL(X) X(LEVEL_SYNC, "sync") X(LEVEL_ACCESS, "access")
ENUM_DECLARE(PAGE);
ENUM_DECLARE(L1PAGE);
ENUM_DECLARE(BACKING);
ENUM_DECLARE(L1KIND);
ENUM_DECLARE(RCMODE);
ENUM_DECLARE(ENDIAN);
ENUM_DECLARE(SLOT1);
ENUM_DECLARE(YES);
ENUM_DECLARE(LEVEL);
ENUM_DECLARE(FLUSHBY);

struct scenario_config {
#define CONFIG_NUM(name, type, min, max, def, help) type name;
#define CONFIG_ENUM(name, NAMES, def, help) uint8_t name;
#include "config.def"
};

/* Numbers of the configuration's fields, in the order of config.def. */
enum scenario_config_field {
#define CONFIG_NUM(name, type, min, max, def, help) CONFIG_##name,
#define CONFIG_ENUM(name, NAMES, def, help) CONFIG_##name,
#include "config.def"
	CONFIG_COUNT
};

/* A row of fields.def or config.def as data. */
struct field_info {
	const char *name, *help;
	uint16_t offset; /* in struct scenario_op or struct scenario_config */
	uint8_t width;	 /* bytes: 1 or 2 */
	uint16_t min, max, def;
	const char *const *words; /* max + 1 words; NULL: a number */
};
extern const struct field_info field_info[FIELD_COUNT];	  /* of struct scenario_op */
extern const struct field_info config_info[CONFIG_COUNT]; /* of struct scenario_config */

/* Read or write the field that `info` tells of in *record (a scenario_op or scenario_config). */
unsigned scenario_field_get(const void *record, const struct field_info *info);
void scenario_field_set(void *record, const struct field_info *info, unsigned value);

/*
 * A preemption: at a yield point inside the op `victim`, the op `child` runs, which then has no place of its own in
 * the sequence; or (child 0, for a victim that is a child itself) control returns to the op that the victim
 * interrupts, and the rest of the victim runs when that one has ended or waits.
 *
 * The yield point is named "function:kind:variable", and is the nth of that name in the victim ("old|new:kind:variable"
 * for a function that some kernels call otherwise: the nth of either); or it has no name,
 * and is the nth of all yield points of the victim, which holds for one build of one module only.
 */
struct scenario_point {
	uint16_t victim, child;		/* labels of ops; child 0: return */
	uint16_t nth;			/* from 1 */
	uint16_t unused;		/* zero */
	char name[SCENARIO_POINT_NAME]; /* zeros behind its end; empty: none */
};

/* A scenario: a value. About 27 KiB; callers keep one and reuse it. */
struct scenario {
	struct scenario_config config;
	uint32_t op_count, point_count;
	struct scenario_op ops[SCENARIO_OPS_MAX];
	struct scenario_point points[SCENARIO_POINTS_MAX];
};

/* Set every config field to its default and remove all ops and points. */
void scenario_init(struct scenario *s);

/*
 * Bring a scenario to its canonical form: every config field within bounds and
 * consistent with the others, every op field clamped to what the configuration
 * has (pages wrap around, so that mutations stay meaningful), unused fields
 * zeroed, labels unique. Idempotent. OPF_WILD ops are dropped when
 * config.l1 == L1_WELL_BEHAVED. Points whose ops do not exist are dropped, and
 * so are second points of a child and cycles; a child stands right behind its
 * victim and that one's earlier children. Never fails.
 */
void scenario_canonicalize(struct scenario *s);

/* The parts of it: a configuration by itself, and one op (label aside) under a canonical configuration. */
void scenario_config_canonicalize(struct scenario_config *config);
void scenario_op_canonicalize(struct scenario_op *op, const struct scenario_config *config);

/* The point at which the op with that label runs; NULL: it has its place in the sequence. */
const struct scenario_point *scenario_point_of(const struct scenario *s, uint16_t label);
/* The index of the op with that label; op_count: there is none. */
uint32_t scenario_op_index(const struct scenario *s, uint16_t label);
/* X("word"): what happens at a yield point. The same as in kernel/target.h (TARGET_POINTS), which says when. */
#define SCENARIO_POINT_KINDS(X)                                                                                        \
	X("lock")                                                                                                      \
	X("unlock")                                                                                                    \
	X("alloc")                                                                                                     \
	X("sleep")                                                                                                     \
	X("tlbie")                                                                                                     \
	X("pte")                                                                                                       \
	X("user")                                                                                                      \
	X("guest")                                                                                                     \
	X("hw")                                                                                                        \
	X("host")                                                                                                      \
	X("read")                                                                                                      \
	X("write")
/*
 * Is it a name that a point may have: "function:kind:variable" of letters, digits and "_.:-+<>", none of the three
 * empty, no longer than there is room? '|' stands between functions.
 */
bool scenario_point_name_valid(const char *name, size_t length);
/* What was expected in its place, and from where on (*at < length); NULL: it is valid. */
const char *scenario_point_name_expected(const char *name, size_t length, size_t *at);
/* May a name have that character in any place? */
bool scenario_point_name_character(char c);
/* Has it preemptions at *#nth, which hold for one build of one module? */
bool scenario_has_numbers(const struct scenario *s);
/* Does the point (which has a name) speak of yield points of that name? */
bool scenario_point_is(const struct scenario_point *point, const char *name);

/* True if both are the same, field by field (labels included). Both canonical. */
bool scenario_equal(const struct scenario *a, const struct scenario *b);

/* A label not used yet in s (1..65535): one more than the largest, so that deleted labels are not reused soon. */
uint16_t scenario_fresh_label(const struct scenario *s);

#endif

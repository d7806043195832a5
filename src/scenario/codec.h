/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * codec.h: the binary form of a scenario, the one that fuzzing engines mutate.
 *
 * 32 bytes of configuration, then 16 bytes an op; no magic and no lengths, so
 * that every string of bytes means something and an inserted byte or record
 * changes as little as possible. Values are stored as the distance from their
 * default: zeros are the default configuration.
 *
 *   configuration: the fields in the order of config.def (16-bit ones little
 *     endian), except rc: the four bytes "rchw" at offset 28 say rc=hw, anything
 *     else rc=fault, so that no engine meets the forbidden mode by chance.
 *   op: kind (modulo the number of kinds), a byte that is not 0xa5, label (2 bytes;
 *     0: give it one), then the fields that this kind uses in the order of
 *     fields.def.
 *   preemption, behind the ops: the length of its name, a byte 0xa5, then victim,
 *     child and nth, 2 bytes each; and as many records more as the name takes.
 *
 * New fields and ops go to the end of their .def files, or old inputs change.
 */
#ifndef RCFUZZ_CODEC_H
#define RCFUZZ_CODEC_H

#include "scenario.h"

#define CODEC_CONFIG_BYTES 32u
#define CODEC_OP_BYTES 16u
#define CODEC_POINT_BYTES (CODEC_OP_BYTES + SCENARIO_POINT_NAME) /* at most */
#define CODEC_BYTES_MAX                                                                                                \
	(CODEC_CONFIG_BYTES + SCENARIO_OPS_MAX * CODEC_OP_BYTES + SCENARIO_POINTS_MAX * CODEC_POINT_BYTES)

/* The size of the binary form in bytes. */
size_t scenario_encoded_size(const struct scenario *s);

/*
 * Write the binary form of a canonical scenario. Returns its size. Ops and
 * preemptions that do not fit into `cap` bytes are left out; 0 if not even the configuration fits.
 */
size_t scenario_encode(const struct scenario *s, uint8_t *buf, size_t cap);

/*
 * Decode n bytes (buf may be NULL when n is 0) to a canonical scenario. Total:
 * what is out of range is wrapped, what is missing is default, an incomplete
 * record is left out, and so is what exceeds SCENARIO_OPS_MAX and SCENARIO_POINTS_MAX.
 */
void scenario_decode(struct scenario *s, const uint8_t *buf, size_t n);

#endif

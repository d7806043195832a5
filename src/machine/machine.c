/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * machine.c: the machine as a whole: made once, reset for each world.
 */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Memory that costs nothing until it is touched; at: NULL or a fixed address. */
static void *reserve(void *at, size_t bytes)
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | (at ? MAP_FIXED_NOREPLACE : 0);
	void *p = mmap(at, bytes, PROT_READ | PROT_WRITE, flags, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	if (at && p != at) { /* kernels before 4.17 take the address as a hint */
		munmap(p, bytes);
		errno = EEXIST;
		return NULL;
	}
	return p;
}

static bool reserve_parts(struct machine *m)
{
	if (!reserve((void *)MACHINE_FRAMES_BASE, MACHINE_FRAMES_BYTES))
		return false;
	if (!reserve((void *)MACHINE_KMEM_BASE, MACHINE_KMEM_BYTES))
		goto no_kmem;
	m->hostmm.swap = reserve(NULL, HOSTMM_SWAP_BYTES);
	if (m->hostmm.swap)
		return true;
	munmap((void *)MACHINE_KMEM_BASE, MACHINE_KMEM_BYTES);
no_kmem:
	munmap((void *)MACHINE_FRAMES_BASE, MACHINE_FRAMES_BYTES);
	return false;
}

struct machine *machine_create(void)
{
	struct machine *m = reserve(NULL, sizeof(*m));
	const struct machine_config config = {.page_shift = 16, .cpus = 1};

	if (!m)
		return NULL;
	if (!reserve_parts(m)) {
		int error = errno;

		munmap(m, sizeof(*m));
		errno = error;
		return NULL;
	}
	m->check_reset = getenv("RCFUZZ_CHECK_RESET") != NULL;
	kmem_init(&m->kmem);
	machine_reset(m, &config);
	return m;
}

void machine_destroy(struct machine *m)
{
	if (!m)
		return;
	MACHINE_UNPOISON((void *)MACHINE_KMEM_BASE, MACHINE_KMEM_BYTES);
	munmap(m->hostmm.swap, HOSTMM_SWAP_BYTES);
	munmap((void *)MACHINE_KMEM_BASE, MACHINE_KMEM_BYTES);
	munmap((void *)MACHINE_FRAMES_BASE, MACHINE_FRAMES_BYTES);
	munmap(m, sizeof(*m));
}

void machine_reset(struct machine *m, const struct machine_config *config)
{
	size_t kmem_bytes = m->kmem.cursor;
	size_t frame_bytes = (size_t)m->frames.blocks_handed_out << SHIFT_2M;

	assert(config->page_shift == 12 || config->page_shift == 16);
	assert(config->cpus >= 1 && config->cpus <= MACHINE_CPUS);
	m->config = *config;
	memset(m->partition_table, 0, sizeof(m->partition_table));
	tlb_reset(m);
	frames_reset(&m->frames, config->page_shift);
	kmem_reset(&m->kmem);
	if (m->distrusted) {
		/* Private pages come back as zeroes. */
		madvise((void *)MACHINE_KMEM_BASE, MACHINE_KMEM_BYTES, MADV_DONTNEED);
		madvise((void *)MACHINE_FRAMES_BASE, MACHINE_FRAMES_BYTES, MADV_DONTNEED);
		m->distrusted = false;
	}
	if (m->check_reset)
		assert(kmem_is_zero(&m->kmem, kmem_bytes) && frames_is_zero(&m->frames, frame_bytes));
	hostmm_reset(m);
}

void machine_distrust(struct machine *m)
{
	m->distrusted = true;
}

void machine_partition_entry(struct machine *m, uint32_t lpid, uint64_t dw0, uint64_t dw1)
{
	assert(lpid < MACHINE_LPIDS);
	m->partition_table[lpid][0] = dw0;
	m->partition_table[lpid][1] = dw1;
}

// SPDX-License-Identifier: GPL-2.0-only
/* vm.c: the target of the actors, here: KVM itself, through its ioctls. */
#include "runner.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

/* PAPR; the kernel enables it for a VM only when asked. */
#define H_RPT_INVALIDATE 0x448
/* Of the process table's doubleword: the guest uses radix (ISA 3.1, Book III, 6.7.6). There is no table: real mode. */
#define PATB_GR (1ull << 63)
/* The type of a VM that kvm-hv makes (KVM_CREATE_VM). */
#define VM_HV 1

struct vm {
	int kvm, fd;
	int vcpu_fd[SCENARIO_VCPUS_MAX];
	struct kvm_run *run[SCENARIO_VCPUS_MAX];
	int stats_fd[SCENARIO_VCPUS_MAX];
	off_t loads_at; /* in what stats_fd reads; the same for all; 0: not looked up yet */
	size_t run_bytes;
	unsigned vcpus;
	struct {
		uint64_t gpa, bytes, hva;
	} slot[SCENARIO_SLOTS_MAX];
};

static struct vm vm = {.fd = -1};

bool vm_open(void)
{
	int bytes, fd;

	vm.kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (vm.kvm < 0)
		return false;
	fd = ioctl(vm.kvm, KVM_CREATE_VM, VM_HV);
	if (fd < 0)
		return false;
	close(fd);
	bytes = ioctl(vm.kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	vm.run_bytes = (size_t)bytes;
	return bytes > 0;
}

struct kvm_run *vm_vcpu_run(unsigned v)
{
	return vm.run[v];
}

int vm_vcpu_fd(unsigned v)
{
	return vm.vcpu_fd[v];
}

void vm_close(void)
{
	if (vm.fd < 0)
		return;
	for (unsigned v = 0; v < vm.vcpus; v++) {
		munmap(vm.run[v], vm.run_bytes);
		close(vm.stats_fd[v]);
		close(vm.vcpu_fd[v]);
	}
	close(vm.fd);
	memset(vm.slot, 0, sizeof(vm.slot));
	vm.vcpus = 0;
	vm.fd = -1;
}

void *vm_address(uint64_t gpa)
{
	for (unsigned s = 0; s < SCENARIO_SLOTS_MAX; s++)
		if (gpa >= vm.slot[s].gpa && gpa - vm.slot[s].gpa < vm.slot[s].bytes)
			return (void *)(uintptr_t)(vm.slot[s].hva + (gpa - vm.slot[s].gpa));
	if (gpa >= CONTROL_GPA && gpa - CONTROL_GPA < CONTROL_BYTES)
		return (void *)(uintptr_t)(CONTROL_HVA + (gpa - CONTROL_GPA));
	return NULL;
}

static int enable_cap(int fd, uint32_t cap, uint64_t arg0, uint64_t arg1)
{
	struct kvm_enable_cap c = {.cap = cap, .args = {arg0, arg1}};

	return ioctl(fd, KVM_ENABLE_CAP, &c);
}

/* Where a statistic of that name lies (Documentation/virt/kvm/api.rst, KVM_GET_STATS_FD). */
static off_t find_stat(int fd, const char *name)
{
	struct kvm_stats_header header;

	if (pread(fd, &header, sizeof(header), 0) != sizeof(header))
		return 0;
	for (uint32_t i = 0; i < header.num_desc; i++) {
		_Alignas(struct kvm_stats_desc) char bytes[sizeof(struct kvm_stats_desc) + 64] = {0};
		const struct kvm_stats_desc *desc = (const void *)bytes;
		size_t size = sizeof(*desc) + header.name_size;

		if (size >= sizeof(bytes) ||
		    pread(fd, bytes, size, header.desc_offset + (off_t)(i * size)) != (ssize_t)size)
			return 0;
		if (!strcmp(desc->name, name))
			return (off_t)header.data_offset + desc->offset;
	}
	return 0;
}

uint64_t vm_instruction_loads(unsigned v)
{
	uint64_t loads = 0;

	if (pread(vm.stats_fd[v], &loads, sizeof(loads), vm.loads_at) != sizeof(loads))
		runner_die("KVM's statistics cannot be read: %s", strerror(errno));
	return loads;
}

/* All signals come while it runs, and at no other time (vcpu_watchdog). */
static bool set_signals(int fd)
{
	/* struct kvm_signal_mask: the length of the set, and an empty set, which blocks nothing. */
	const uint32_t mask[3] = {8};

	return ioctl(fd, KVM_SET_SIGNAL_MASK, mask) == 0;
}

static bool add_vcpu(unsigned v)
{
	vm.vcpu_fd[v] = ioctl(vm.fd, KVM_CREATE_VCPU, v);
	if (vm.vcpu_fd[v] < 0)
		return false;
	vm.run[v] = mmap(NULL, vm.run_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, vm.vcpu_fd[v], 0);
	if (vm.run[v] == MAP_FAILED)
		return false;
	vm.stats_fd[v] = ioctl(vm.vcpu_fd[v], KVM_GET_STATS_FD, NULL);
	if (vm.stats_fd[v] < 0)
		return false;
	if (!vm.loads_at)
		vm.loads_at = find_stat(vm.stats_fd[v], "ld");
	vm.vcpus = v + 1;
	if (!set_signals(vm.vcpu_fd[v]))
		return false;
	return enable_cap(vm.vcpu_fd[v], KVM_CAP_PPC_PAPR, 0, 0) == 0;
}

/* Says on the console which step it was. */
static int failed(const char *step)
{
	int error = errno;

	printf("rcfuzz-runner: %s: %s\n", step, strerror(error));
	return -error;
}

static int set_slot(unsigned slot, uint32_t flags, uint64_t gpa, uint64_t bytes, uint64_t hva)
{
	struct kvm_userspace_memory_region region = {
		.slot = slot, .flags = flags, .guest_phys_addr = gpa, .memory_size = bytes, .userspace_addr = hva};
	int status;

	kernel_begins();
	status = ioctl(vm.fd, KVM_SET_USER_MEMORY_REGION, &region);
	kernel_ends();
	return status == 0 ? 0 : failed("KVM_SET_USER_MEMORY_REGION");
}

static int vm_begin(const struct target_world *world)
{
	struct kvm_ppc_mmuv3_cfg radix = {.flags = KVM_PPC_MMUV3_RADIX | KVM_PPC_MMUV3_GTSE, .process_table = PATB_GR};

	vm.fd = ioctl(vm.kvm, KVM_CREATE_VM, VM_HV);
	if (vm.fd < 0)
		return failed("KVM_CREATE_VM");
	if (enable_cap(vm.fd, KVM_CAP_PPC_NESTED_HV, 1, 0) != 0)
		return failed("KVM_CAP_PPC_NESTED_HV");
	if (ioctl(vm.fd, KVM_PPC_CONFIGURE_V3_MMU, &radix) != 0)
		return failed("KVM_PPC_CONFIGURE_V3_MMU");
	if (enable_cap(vm.fd, KVM_CAP_PPC_ENABLE_HCALL, H_RPT_INVALIDATE, 1) != 0)
		return failed("KVM_CAP_PPC_ENABLE_HCALL");
	for (unsigned v = 0; v < world->vcpus; v++)
		if (!add_vcpu(v))
			return failed("KVM_CREATE_VCPU");
	return set_slot(CONTROL_SLOT, 0, CONTROL_GPA, CONTROL_BYTES, CONTROL_HVA);
}

static int vm_set_memory_region(unsigned slot, unsigned flags, uint64_t gpa, uint64_t size, uint64_t hva)
{
	int status = set_slot(slot,
			      (flags & TARGET_SLOT_LOG ? KVM_MEM_LOG_DIRTY_PAGES : 0u) |
				      (flags & TARGET_SLOT_READONLY ? KVM_MEM_READONLY : 0u),
			      gpa, size, runner_hva(hva));

	if (status == 0) {
		vm.slot[slot].gpa = gpa;
		vm.slot[slot].bytes = size;
		vm.slot[slot].hva = runner_hva(hva);
	}
	return status;
}

static int vm_get_dirty_log(unsigned slot, uint8_t *bitmap, size_t bytes)
{
	struct kvm_dirty_log log = {.slot = slot, .dirty_bitmap = bitmap};
	int status;

	(void)bytes;
	kernel_begins();
	status = ioctl(vm.fd, KVM_GET_DIRTY_LOG, &log) == 0 ? 0 : -errno;
	kernel_ends();
	return status;
}

/* The notifier is the kernel's business here. */
static void vm_invalidate(uint64_t start, uint64_t end)
{
	(void)start;
	(void)end;
}

/* Whether one was young is not told. */
static bool vm_clear_young(uint64_t start, uint64_t end)
{
	struct machine *m = runner_machine();

	age_pages(m, start, (uint32_t)((end - start) / (uint64_t)sysconf(_SC_PAGESIZE)));
	return false;
}

/* Nothing in user space makes the kernel ask (rules.c). */

static bool vm_test_young(uint64_t addr)
{
	(void)addr;
	return false;
}

static void vm_attach(struct host_services *services)
{
	(void)services;
}

static void vm_teardown(void)
{
	vm_close();
}

static void vm_quiescent(void)
{
}

static bool vm_page_pinned(uint64_t hpa)
{
	(void)hpa;
	return false;
}

/* page_shift is filled in by runner.c. */
const struct target vm_target = {
	.abi = TARGET_ABI,
	.page_struct_size = 1,
	.attach = vm_attach,
	.world_begin = vm_begin,
	.world_teardown = vm_teardown,
	.set_memory_region = vm_set_memory_region,
	.get_dirty_log = vm_get_dirty_log,
	.invalidate_start = vm_invalidate,
	.invalidate_end = vm_invalidate,
	.clear_flush_young = vm_clear_young,
	.clear_young = vm_clear_young,
	.test_young = vm_test_young,
	.page_pinned = vm_page_pinned,
	.quiescent = vm_quiescent,
};

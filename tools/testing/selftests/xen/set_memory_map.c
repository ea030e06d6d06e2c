// SPDX-License-Identifier: GPL-2.0-only
/*
 * set_memory_map DOMID [ADDRESS SIZE TYPE]...: give a domain another memory map.
 *
 * For domains that are created but do not run yet: what a toolstack does, but with any content,
 * in any order.  Types are those of E820.  Runs in dom0.
 */
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

/* From the kernel's and the hypervisor's interfaces, whose headers user space cannot include. */
struct hypercall {
	uint64_t op;
	uint64_t arg[5];
};

#define PRIVCMD_HYPERCALL	_IOC(_IOC_NONE, 'P', 0, sizeof(struct hypercall))
#define HYPERVISOR_MEMORY_OP	12
#define XENMEM_SET_MEMORY_MAP	13
#define ENTRIES_MAX		1024

struct entry {
	uint64_t addr;
	uint64_t size;
	uint32_t type;
} __attribute__((packed));

struct set_memory_map {
	uint16_t domid;
	uint32_t nr_entries __attribute__((aligned(8)));
	uint64_t buffer;
};

/* What a hypercall reads: memory that the kernel holds in place. */
struct arguments {
	struct set_memory_map map;
	struct entry entry[ENTRIES_MAX];
};

static struct arguments *map_arguments(void)
{
	int fd = open("/dev/xen/hypercall", O_RDWR);
	size_t page = sysconf(_SC_PAGESIZE);
	size_t size = (sizeof(struct arguments) + page - 1) / page * page;
	void *mem;

	if (fd < 0)
		err(1, "/dev/xen/hypercall");
	mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (mem == MAP_FAILED)
		err(1, "memory for the hypercall");
	return mem;
}

static uint64_t number(const char *text)
{
	char *end;
	uint64_t value = strtoull(text, &end, 0);

	if (!*text || *end)
		errx(1, "%s is not a number", text);
	return value;
}

int main(int argc, char **argv)
{
	struct hypercall call = { .op = HYPERVISOR_MEMORY_OP };
	struct arguments *arg;
	int fd;

	if (argc < 2 || (argc - 2) % 3 || (argc - 2) / 3 > ENTRIES_MAX)
		errx(1, "usage: set_memory_map DOMID [ADDRESS SIZE TYPE]...");
	fd = open("/dev/xen/privcmd", O_RDWR);
	if (fd < 0)
		err(1, "/dev/xen/privcmd");

	arg = map_arguments();
	arg->map.domid = number(argv[1]);
	arg->map.nr_entries = (argc - 2) / 3;
	arg->map.buffer = (uintptr_t)arg->entry;
	for (int i = 0; i < (argc - 2) / 3; i++) {
		arg->entry[i].addr = number(argv[2 + 3 * i]);
		arg->entry[i].size = number(argv[3 + 3 * i]);
		arg->entry[i].type = number(argv[4 + 3 * i]);
	}

	call.arg[0] = XENMEM_SET_MEMORY_MAP;
	call.arg[1] = (uintptr_t)&arg->map;
	if (ioctl(fd, PRIVCMD_HYPERCALL, &call) < 0)
		err(1, "XENMEM_set_memory_map");
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory maps as Xen has them, for dom0.
 *
 *	memory_map own			print this domain's own map, as XENMEM_memory_map has it
 *	memory_map set DOMID [ADDRESS SIZE TYPE]...
 *					give another domain this map
 *
 * The second is for domains that are created but do not run yet: what a toolstack does, but
 * with any content, in any order.  Types are those of E820.
 */
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
#define XENMEM_MEMORY_MAP	9
#define XENMEM_SET_MEMORY_MAP	13
#define ENTRIES_MAX		1024
/* Address, size, type: 20 bytes, without gaps. */
#define ENTRY_WORDS		5

struct memory_map {
	uint32_t nr_entries;
	uint64_t buffer;
};

struct set_memory_map {
	uint16_t domid;
	struct memory_map map;
};

/* What a hypercall reads and writes: memory that the kernel holds in place. */
struct arguments {
	struct set_memory_map set;
	uint32_t entry[ENTRIES_MAX][ENTRY_WORDS];
};

static struct arguments *map_arguments(void)
{
	int fd = open("/dev/xen/hypercall", O_RDWR);
	size_t page = sysconf(_SC_PAGESIZE);
	size_t size = (sizeof(struct arguments) + page - 1) / page * page;
	struct arguments *arg;

	if (fd < 0)
		err(1, "/dev/xen/hypercall");
	arg = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (arg == MAP_FAILED)
		err(1, "memory for the hypercall");
	memset(arg, 0, sizeof(*arg));
	arg->set.map.buffer = (uintptr_t)arg->entry;
	return arg;
}

static void memory_op(uint64_t command, void *arg, const char *name)
{
	struct hypercall call = {
		.op = HYPERVISOR_MEMORY_OP,
		.arg = { command, (uintptr_t)arg },
	};
	int fd = open("/dev/xen/privcmd", O_RDWR);

	if (fd < 0)
		err(1, "/dev/xen/privcmd");
	if (ioctl(fd, PRIVCMD_HYPERCALL, &call) < 0)
		err(1, "%s", name);
	close(fd);
}

static uint64_t parse(const char *text)
{
	char *end;
	uint64_t value = strtoull(text, &end, 0);

	if (!*text || *end)
		errx(1, "%s is not a number", text);
	return value;
}

static void set_entry(uint32_t *entry, char **argv)
{
	uint64_t addr = parse(argv[0]), size = parse(argv[1]);

	entry[0] = addr;
	entry[1] = addr >> 32;
	entry[2] = size;
	entry[3] = size >> 32;
	entry[4] = parse(argv[2]);
}

static void set_map(int nr, char **argv)
{
	struct arguments *arg = map_arguments();

	arg->set.domid = parse(argv[0]);
	arg->set.map.nr_entries = nr;
	for (int i = 0; i < nr; i++)
		set_entry(arg->entry[i], &argv[1 + 3 * i]);
	memory_op(XENMEM_SET_MEMORY_MAP, &arg->set, "XENMEM_set_memory_map");
}

static void print_own(void)
{
	struct arguments *arg = map_arguments();

	arg->set.map.nr_entries = ENTRIES_MAX;
	memory_op(XENMEM_MEMORY_MAP, &arg->set.map, "XENMEM_memory_map");
	for (uint32_t i = 0; i < arg->set.map.nr_entries; i++) {
		const uint32_t *e = arg->entry[i];

		printf("%#llx %#llx %u\n", e[0] | (unsigned long long)e[1] << 32,
		       e[2] | (unsigned long long)e[3] << 32, e[4]);
	}
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "own"))
		print_own();
	else if (argc >= 3 && !strcmp(argv[1], "set") && (argc - 3) % 3 == 0 &&
		 (argc - 3) / 3 <= ENTRIES_MAX)
		set_map((argc - 3) / 3, argv + 2);
	else
		errx(1, "usage: memory_map own | memory_map set DOMID [ADDRESS SIZE TYPE]...");
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a domain cost so far, for dom0.
 *
 *	domain_cost time DOMID			nanoseconds that its vCPUs ran, Xen's work for them
 *						included
 *	domain_cost hypercalls DOMID FILE	its hypercalls, from a file that xentrace wrote
 *
 * The second needs the events of mask 0x221000: vCPUs that come and go, and entries of PV
 * domains to Xen.  A record of an entry does not say whose it is, but the vCPU that runs on that
 * processor was told before.  Calls inside a multicall are no entries and do not count.
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
#define HYPERVISOR_DOMCTL	36
#define DOMCTL_GETDOMAININFO	5
/* That of Xen 4.17; any other Xen refuses it. */
#define DOMCTL_VERSION		0x15
/* Words of 64 bits in struct xen_domctl: its header is two, the rest is the reply. */
#define DOMCTL_WORDS		18
#define DOMCTL_CPU_TIME		9

#define EVENT_LOST		0x0001f001
#define EVENT_PROCESSOR		0x0001f003
#define EVENT_RUNSTATE		0x00021001
#define EVENT_HYPERCALL		0x0020100d
#define RUNSTATE_OLD_MASK	0x0300
#define RECORD_WORDS_MAX	7
#define OP_MASK			0xfffff
#define NOBODY			0xffff
#define PROCESSORS_MAX		64
#define SHOWN			5

/* Hypercalls that memory setup makes. */
static const struct {
	const char *name;
	uint32_t op;
} shown[SHOWN] = {
	{ "mmu_update", 1 },
	{ "memory_op", 12 },
	{ "multicall", 13 },
	{ "update_va_mapping", 14 },
	{ "mmuext_op", 26 },
};

/* One record: header, time if it has one, data. */
struct record {
	uint32_t event;
	uint32_t nr;
	uint32_t data[RECORD_WORDS_MAX];
};

/* Who runs on each processor, and which of them the records are about that come now. */
struct reader {
	FILE *file;
	uint32_t processor;
	uint16_t running[PROCESSORS_MAX];
};

static void print_time(uint16_t domid)
{
	int memory = open("/dev/xen/hypercall", O_RDWR), fd = open("/dev/xen/privcmd", O_RDWR);
	struct hypercall call = { .op = HYPERVISOR_DOMCTL };
	uint64_t *arg;

	if (memory < 0 || fd < 0)
		err(1, "/dev/xen");
	arg = mmap(NULL, sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
	if (arg == MAP_FAILED)
		err(1, "memory for the hypercall");
	memset(arg, 0, DOMCTL_WORDS * sizeof(*arg));
	arg[0] = DOMCTL_GETDOMAININFO | (uint64_t)DOMCTL_VERSION << 32;
	arg[1] = domid;
	call.arg[0] = (uintptr_t)arg;
	if (ioctl(fd, PRIVCMD_HYPERCALL, &call) < 0)
		err(1, "XEN_DOMCTL_getdomaininfo");
	/* Without that domain, it is the next one's. */
	if ((uint16_t)arg[2] != domid)
		errx(1, "there is no domain %u", domid);
	printf("%llu\n", (unsigned long long)arg[DOMCTL_CPU_TIME]);
}

static void read_words(struct reader *reader, uint32_t *words, size_t nr)
{
	if (fread(words, sizeof(*words), nr, reader->file) != nr)
		errx(1, "the trace ends within a record");
}

/* False at the end of the file. */
static int next_record(struct reader *reader, struct record *record)
{
	uint32_t header, time[2];

	if (fread(&header, sizeof(header), 1, reader->file) != 1)
		return 0;
	record->event = header & 0x0fffffff;
	record->nr = header >> 28 & 7;
	if (header >> 31)
		read_words(reader, time, 2);
	read_words(reader, record->data, record->nr);
	return 1;
}

/* What a record says of who runs where. */
static void follow(struct reader *reader, const struct record *record)
{
	if (record->event == EVENT_LOST)
		errx(1, "records were lost, give xentrace a larger buffer");
	if (record->event == EVENT_PROCESSOR && record->nr)
		reader->processor = record->data[0];
	if (reader->processor >= PROCESSORS_MAX)
		errx(1, "more than %u processors", PROCESSORS_MAX);
	/* Its new state is in the event, and 0 is running. */
	if ((record->event & ~RUNSTATE_OLD_MASK) == EVENT_RUNSTATE && record->nr)
		reader->running[reader->processor] = record->data[0] >> 16;
}

static void print_hypercalls(uint16_t domid, const char *path)
{
	struct reader reader = { .file = fopen(path, "r") };
	unsigned long total = 0, count[SHOWN] = {};
	struct record record = {};

	if (!reader.file)
		err(1, "%s", path);
	memset(reader.running, 0xff, sizeof(reader.running));
	while (next_record(&reader, &record)) {
		follow(&reader, &record);
		if (record.event != EVENT_HYPERCALL || !record.nr ||
		    reader.running[reader.processor] != domid)
			continue;
		total++;
		for (size_t i = 0; i < SHOWN; i++)
			count[i] += (record.data[0] & OP_MASK) == shown[i].op;
	}
	fclose(reader.file);
	if (!total)
		errx(1, "no hypercall of domain %u in %s", domid, path);
	printf("total=%lu", total);
	for (size_t i = 0; i < SHOWN; i++)
		printf(" %s=%lu", shown[i].name, count[i]);
	putchar('\n');
}

static uint16_t parse_domid(const char *text)
{
	char *end;
	unsigned long value = strtoul(text, &end, 0);

	if (!*text || *end || value >= NOBODY)
		errx(1, "%s is not a domain's number", text);
	return value;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "time"))
		print_time(parse_domid(argv[2]));
	else if (argc == 4 && !strcmp(argv[1], "hypercalls"))
		print_hypercalls(parse_domid(argv[2]), argv[3]);
	else
		errx(1, "usage: domain_cost time DOMID | domain_cost hypercalls DOMID FILE");
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Registers of an Intel 8254x network card, for a guest that got one passed through.
 *
 *	nic_regs DEVICE mac		print the MAC address that the card filters by
 *	nic_regs DEVICE interrupt	have the card raise one interrupt; does one arrive?
 *
 * DEVICE is its directory below /sys/bus/pci/devices.  A wrong mapping of the card's memory or a
 * wrong route of its interrupt would not show in what a driver prints.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* Byte offsets in BAR 0. */
#define REG_STATUS	0x0008
#define REG_ICS		0x00c8	/* sets interrupt causes */
#define REG_IMS		0x00d0	/* enables causes */
#define REG_RAL		0x5400	/* address to receive, first four bytes */
#define REG_RAH		0x5404	/* the other two, and whether it counts */
#define REGS_SIZE	0x6000
#define RAH_VALID	0x80000000u
/* "A frame was sent": harmless when nothing was. */
#define CAUSE_TXDW	0x1u

/*
 * While its interface is up, the driver makes an interrupt of its own every 2 s.  So there is
 * nearly as much time behind such a one in which nothing but ours can come.
 */
#define QUIET_MS	1900
#define SETTLE_MS	300
#define ARRIVE_MS	700
#define OWN_MS		10000
/*
 * Xen does not wait longer for a guest to be done with an interrupt of a wire (Xen,
 * arch/x86/irq.c, irq_guest_eoi_timer_fn()).  If the card still wants one by then, it comes twice.
 */
#define FORCED_US	1000
#define ROUNDS		3
#define TRIES		20

static uint32_t *regs;

/* Each access is one of the card, in this order. */
static uint32_t read_reg(unsigned int reg)
{
	return __atomic_load_n(&regs[reg / sizeof(*regs)], __ATOMIC_ACQUIRE);
}

static void write_reg(unsigned int reg, uint32_t value)
{
	__atomic_store_n(&regs[reg / sizeof(*regs)], value, __ATOMIC_RELEASE);
}

static void map_regs(const char *device)
{
	char path[256];
	void *bar;
	int fd;

	snprintf(path, sizeof(path), "%s/resource0", device);
	fd = open(path, O_RDWR | O_SYNC);
	if (fd < 0)
		err(1, "%s", path);
	bar = mmap(NULL, REGS_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (bar == MAP_FAILED)
		err(1, "cannot map %s", path);
	close(fd);
	regs = bar;
}

static void print_mac(void)
{
	uint32_t low = read_reg(REG_RAL), high = read_reg(REG_RAH);

	if (!(high & RAH_VALID))
		errx(1, "no valid address: RAL %#x, RAH %#x", low, high);
	printf("%02x:%02x:%02x:%02x:%02x:%02x\n", low & 0xff, low >> 8 & 0xff, low >> 16 & 0xff,
	       low >> 24, high & 0xff, high >> 8 & 0xff);
}

static uint64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000ULL + now.tv_nsec / 1000;
}

static uint64_t now_ms(void)
{
	return now_us() / 1000;
}

static void sleep_ms(unsigned int ms)
{
	const struct timespec time = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&time, NULL);
}

static unsigned int number_in(const char *path)
{
	FILE *file = fopen(path, "r");
	unsigned int number;

	if (!file || fscanf(file, "%u", &number) != 1)
		errx(1, "%s has no number", path);
	fclose(file);
	return number;
}

static unsigned int irq_of(const char *device)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/irq", device);
	return number_in(path);
}

/* There an interrupt is handled before what this program does next. */
static void go_to_cpu_of(unsigned int irq)
{
	char path[256];
	cpu_set_t set;

	snprintf(path, sizeof(path), "/proc/irq/%u/effective_affinity_list", irq);
	CPU_ZERO(&set);
	CPU_SET(number_in(path), &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		err(1, "cannot go to the CPU of interrupt %u", irq);
}

/* How often it came so far, all CPUs together. */
static unsigned long count_of(unsigned int irq)
{
	FILE *file = fopen("/proc/interrupts", "r");
	unsigned long sum = 0, value;
	char line[512], *at, *end;

	if (!file)
		err(1, "/proc/interrupts");
	while (fgets(line, sizeof(line), file)) {
		if (strtoul(line, &at, 10) != irq || *at != ':')
			continue;
		at++;
		while (value = strtoul(at, &end, 10), end != at) {
			sum += value;
			at = end;
		}
	}
	fclose(file);
	return sum;
}

/* Wait for an interrupt of the driver's.  Return a time that was not behind it. */
static uint64_t wait_for_own(unsigned int irq)
{
	unsigned long count = count_of(irq);
	uint64_t start = now_ms(), before;

	do {
		before = now_ms();
		if (before - start > OWN_MS)
			errx(1, "interrupt %u: none in %u s; is the interface up?", irq,
			     OWN_MS / 1000);
		sleep_ms(5);
	} while (count_of(irq) == count);
	return before;
}

/* How many interrupts one write makes, or -1 if that took so long that others may be among them. */
static long interrupts_of_write(unsigned int irq)
{
	uint64_t own = wait_for_own(irq), start, took;
	unsigned long before, after;

	sleep_ms(SETTLE_MS);
	before = count_of(irq);
	write_reg(REG_IMS, CAUSE_TXDW);
	start = now_us();
	write_reg(REG_ICS, CAUSE_TXDW);
	/* To read is to wait until what was written has arrived, and has been handled. */
	read_reg(REG_STATUS);
	took = now_us() - start;
	sleep_ms(ARRIVE_MS);
	after = count_of(irq);
	printf("interrupt %u: one write, %lu interrupts, %llu us\n", irq, after - before,
	       (unsigned long long)took);
	return now_ms() - own < QUIET_MS && took < FORCED_US ? (long)(after - before) : -1;
}

static void test_interrupt(const char *device)
{
	unsigned int irq = irq_of(device), rounds = 0, tries;

	go_to_cpu_of(irq);
	for (tries = 0; tries < TRIES && rounds < ROUNDS; tries++) {
		long nr = interrupts_of_write(irq);

		if (nr < 0)
			continue;
		if (nr != 1)
			exit(1);
		rounds++;
	}
	if (rounds < ROUNDS)
		errx(1, "this machine is too slow to tell: %u of %u in time", rounds, tries);
}

int main(int argc, char **argv)
{
	if (argc != 3)
		errx(1, "usage: nic_regs DEVICE mac | interrupt");
	map_regs(argv[1]);
	if (!strcmp(argv[2], "mac"))
		print_mac();
	else if (!strcmp(argv[2], "interrupt"))
		test_interrupt(argv[1]);
	else
		errx(1, "%s: neither mac nor interrupt", argv[2]);
	return 0;
}

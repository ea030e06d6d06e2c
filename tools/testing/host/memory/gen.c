// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory maps and domains, made up: eight categories of what a toolstack or host may say.
 *
 *	A  dom0, plausible: firmware islands, PCI hole, RAM above 4 GiB
 *	B  domU with the shape that e820_host gives
 *	C  A or B, unsorted, overlapping, duplicated
 *	D  A or B with entries that wrap
 *	E  hundreds of entries
 *	F  A or B with mem= or another limit
 *	G  a full table, or one that the buffer cut
 *	H  nothing, an error, one entry, empty entries, odd types, no RAM, xen.pci_hole=
 *
 * An index of a category and a seed always gives the same input.
 */

#include <stdlib.h>

#include "gen.h"

#define KIB	0x400ULL
#define MIB	0x100000ULL
#define GIB	0x40000000ULL

static u64 state;

static u64 rnd(void)
{
	u64 z = (state += 0x9e3779b97f4a7c15ULL);

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

/* From @lo to @hi, both included. */
static u64 between(u64 lo, u64 hi)
{
	return lo + rnd() % (hi - lo + 1);
}

static bool one_in(unsigned int n)
{
	return rnd() % n == 0;
}

static u64 pages(u64 lo, u64 hi)
{
	return between(lo / XMAP_PAGE_SIZE, hi / XMAP_PAGE_SIZE) * XMAP_PAGE_SIZE;
}

/**
 * gen_add() - one more entry, if there is room
 * @in: the input
 * @addr: first byte
 * @size: bytes
 * @type: any number
 *
 * Context: Any.
 */
void gen_add(struct input *in, u64 addr, u64 size, u32 type)
{
	if (in->src.nr < XMAP_MAX_RAW)
		in->raw[in->src.nr++] = (struct xmap_raw){ addr, size, type };
}

static u32 firmware_type(void)
{
	static const u32 types[] = { XMAP_RESERVED, XMAP_ACPI, XMAP_NVS, XMAP_UNUSABLE, XMAP_NVS };

	return types[rnd() % ARRAY_SIZE(types)];
}

static u32 any_type(void)
{
	static const u32 types[] = {
		0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 13, 128, 255, 0xefffffff, 0xffffffff,
	};

	return one_in(8) ? rnd() : types[rnd() % ARRAY_SIZE(types)];
}

/* RAM from @start to @end with @islands of firmware, perhaps not at pages. */
static void add_islands(struct input *in, u64 start, u64 end, unsigned int islands,
			bool unaligned)
{
	u64 gap = (end - start) / (islands + 1), at = start, lo, hi;

	while (islands-- && gap > 16 * KIB) {
		lo = at + pages(XMAP_PAGE_SIZE, gap / 2);
		hi = lo + pages(XMAP_PAGE_SIZE, gap / 2);
		if (unaligned) {
			lo += rnd() & 0xfff;
			hi += rnd() & 0xfff;
		}
		gen_add(in, at, lo - at, XMAP_RAM);
		if (!one_in(6))
			gen_add(in, lo, hi - lo, firmware_type());
		at = hi;
	}
	if (end > at)
		gen_add(in, at, end - at, XMAP_RAM);
}

static void add_low(struct input *in, bool unaligned)
{
	u64 end = pages(0x90000, 0xa0000) - (unaligned ? rnd() & 0xfff : 0);

	gen_add(in, 0, end, XMAP_RAM);
	if (one_in(2))
		gen_add(in, end, 0xa0000 - end, XMAP_RESERVED);
	if (one_in(2))
		gen_add(in, 0xe0000, 0x20000, XMAP_RESERVED);
}

static void dom0_map(struct input *in, unsigned int islands)
{
	u64 top = pages(256 * MIB, 3 * GIB + 512 * MIB), low = MIB, size;
	bool unaligned = one_in(3);

	add_low(in, unaligned);
	if (one_in(4)) {
		/* Firmware where the kernel is put. */
		low = pages(8 * MIB, 40 * MIB);
		size = pages(64 * KIB, 24 * MIB) + (unaligned ? rnd() & 0xfff : 0);
		gen_add(in, MIB, low - MIB, XMAP_RAM);
		gen_add(in, low, size, one_in(4) ? firmware_type() : XMAP_NVS);
		low += size;
	}
	add_islands(in, low, top, islands, unaligned);
	if (one_in(2))
		gen_add(in, 0xe0000000, 0x10000000, XMAP_RESERVED);
	gen_add(in, 0xfec00000, 0x1000, XMAP_RESERVED);
	gen_add(in, 0xfee00000, 0x100000, XMAP_RESERVED);
	if (!one_in(4))
		gen_add(in, 4 * GIB, pages(16 * MIB, 60 * GIB), XMAP_RAM);
	if (one_in(8))
		gen_add(in, 0xfd00000000ULL, 0x300000000ULL, XMAP_RESERVED);
	if (one_in(16))
		gen_add(in, 128 * GIB, 16 * GIB, one_in(2) ? XMAP_PMEM : XMAP_PRAM);
}

/* What libxl makes of the host's map for a guest of @mem bytes. */
static void domu_map(struct input *in, u64 mem, unsigned int islands)
{
	u64 first = pages(16 * MIB, 3 * GIB), at, size, ram;

	if (one_in(3))
		first = pages(8 * MIB, 64 * MIB);
	at = first;
	ram = min(mem, first);
	gen_add(in, 0, ram, XMAP_RAM);
	if (ram < first)
		gen_add(in, ram, first - ram, XMAP_UNUSABLE);
	while (islands-- && at < 3 * GIB + 512 * MIB) {
		size = pages(XMAP_PAGE_SIZE, 64 * MIB);
		gen_add(in, at, size, firmware_type());
		at += size;
		if (one_in(2))
			at += pages(0, 64 * MIB);
	}
	gen_add(in, 0xfec00000, 0x1400000, XMAP_RESERVED);
	if (mem > ram || one_in(2))
		gen_add(in, 4 * GIB, mem - ram + (one_in(2) ? pages(0, GIB) : 0), XMAP_RAM);
}

/**
 * gen_objects() - boot objects like those of a domain builder
 * @in: nr_pages is valid
 * @kernel_pages: size of the kernel, at 16 MiB
 * @initrd_pages: size of the initrd, 0 for none
 *
 * Context: Any.
 */
void gen_objects(struct input *in, u64 kernel_pages, u64 initrd_pages)
{
	u64 list = in->dom.nr_pages / 512 + 1, at = 16 * MIB / XMAP_PAGE_SIZE;
	const struct xmap_object objects[] = {
		{ "kernel", 0, kernel_pages, 0, false },
		{ "initrd", 0, initrd_pages, 0, true },
		{ "P2M list", 0, list, list + list / 512 + 3, true },
		{ "start info", 0, 1, 0, false },
		{ "xenstore page", 0, 1, 0, false },
		{ "console page", 0, 1, 0, false },
		{ "page tables", 0, 16 + list / 256, 0, false },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(objects); i++) {
		in->object[i] = objects[i];
		in->object[i].pfn = at;
		at += objects[i].nr;
	}
	in->dom.object = in->object;
	in->dom.nr_objects = i;
	in->src.fixed_end = at * XMAP_PAGE_SIZE;
}

/* A builder that puts initrd and P2M list far from the kernel. */
static void spread_objects(struct input *in)
{
	u64 initrd = in->object[1].nr, list = in->object[2].nr, end = in->dom.nr_pages;

	if (end < initrd + list + 65536)
		return;
	in->object[1].pfn = end - initrd - between(0, 1024);
	in->object[2].pfn = in->object[1].pfn - list;
}

static void make_domain(struct input *in, bool dom0, u64 nr_pages)
{
	in->dom.dom0 = dom0;
	in->dom.nr_pages = nr_pages;
	in->dom.max_pages = nr_pages + (one_in(2) ? between(0, nr_pages) : 0);
	if (one_in(3))
		in->dom.max_pages = 0x7fffffff;
	in->dom.max_extra = one_in(8) ? between(0, 4) : 128;
	in->dom.max_e820 = one_in(4) ? between(16, 40) : one_in(2) ? between(100, 320) : 0;
	if (one_in(16))
		in->dom.limit_pfn = 1ULL << 27;
	gen_objects(in, between(8 * MIB, 64 * MIB) / XMAP_PAGE_SIZE,
		    one_in(4) ? 0 : between(0, 64 * MIB) / XMAP_PAGE_SIZE);
	if (one_in(3))
		spread_objects(in);
	/* Start info is movable if the reader can do it. */
	in->object[3].movable = one_in(2);

	in->src.raw = in->raw;
	in->src.capacity = XMAP_MAX_RAW;
	in->src.dom0 = dom0;
	in->src.nr_pages = nr_pages;
	in->src.low_reserved = one_in(4) ? 0x80000 : 0xa0000;
	in->dom.passthrough = !dom0 && one_in(2);
	in->boot_memory = true;
}

static u64 ram_pages(const struct input *in)
{
	u64 ram = 0;
	unsigned int i;

	for (i = 0; i < in->src.nr; i++) {
		if (in->raw[i].type == XMAP_RAM)
			ram += in->raw[i].size / XMAP_PAGE_SIZE;
	}
	return ram;
}

static void make_dom0(struct input *in, unsigned int islands)
{
	u64 nr;

	dom0_map(in, islands);
	/* Below, at and above holes, or as much as the host has. */
	nr = one_in(3) ? ram_pages(in) : between(128 * MIB, 8 * GIB) / XMAP_PAGE_SIZE;
	make_domain(in, true, max(nr, 65536ULL));
}

static void make_domu(struct input *in, unsigned int islands)
{
	u64 mem = pages(160 * MIB, 8 * GIB);

	domu_map(in, mem, islands);
	/* What the builder gives and what the toolstack reckoned with may differ a bit. */
	if (one_in(8))
		mem += 4 * MIB;
	make_domain(in, false, mem / XMAP_PAGE_SIZE);
}

static void make_plausible(struct input *in)
{
	if (one_in(2))
		make_dom0(in, between(0, 10));
	else
		make_domu(in, between(0, 10));
}

static void shuffle(struct input *in)
{
	unsigned int i, j;

	for (i = in->src.nr; i-- > 1;) {
		struct xmap_raw raw = in->raw[i];

		j = rnd() % (i + 1);
		in->raw[i] = in->raw[j];
		in->raw[j] = raw;
	}
}

static void add_overlaps(struct input *in)
{
	unsigned int nr = between(1, 12);

	while (nr--) {
		const struct xmap_raw *raw = &in->raw[rnd() % in->src.nr];

		if (one_in(3))
			gen_add(in, raw->addr, raw->size, raw->type);
		else
			gen_add(in, raw->addr + rnd() % (raw->size + 1), rnd() % (64 * MIB),
				one_in(3) ? any_type() : firmware_type());
	}
}

static void add_wraps(struct input *in)
{
	unsigned int nr = one_in(3) ? between(2, 4) : 1;

	while (nr--) {
		u64 addr = one_in(4) ? rnd() : pages(0, 16 * GIB) + (one_in(2) ? rnd() & 0xfff : 0);

		gen_add(in, addr, one_in(2) ? ~0ULL : 0 - addr + between(1, 16 * GIB),
			one_in(2) ? XMAP_RAM : any_type());
	}
}

static void add_limit(struct input *in)
{
	u64 nr = in->dom.nr_pages;

	if (one_in(4))
		in->dom.limit_pfn = between(nr / 2, 2 * nr);
	else
		in->dom.mem_pfn = one_in(3) ? nr : between(nr / 2, 2 * nr);
}

/* As many entries as fit, all over the place. */
static void add_many(struct input *in, unsigned int nr)
{
	u64 at = MIB;

	while (nr-- && at < 64 * GIB) {
		u64 size = one_in(4) ? between(1, 16 * KIB) : pages(4 * KIB, 32 * MIB);

		gen_add(in, at, size, one_in(2) ? XMAP_RAM : firmware_type());
		at += size;
		if (one_in(3))
			at += one_in(2) ? rnd() & 0xffff : pages(0, 4 * MIB);
	}
}

static void make_many(struct input *in, unsigned int nr)
{
	add_low(in, one_in(2));
	/* RAM that is in one piece until firmware is punched into it, or pieces of all. */
	if (one_in(2)) {
		gen_add(in, MIB, 64 * GIB, XMAP_RAM);
		while (--nr)
			gen_add(in, between(MIB, 16 * GIB), between(1, 64 * KIB), firmware_type());
	} else {
		add_many(in, nr);
	}
	make_domain(in, one_in(2), between(128 * MIB, 8 * GIB) / XMAP_PAGE_SIZE);
}

static void make_odd(struct input *in)
{
	static const int errors[] = { -EPERM, -EINVAL, -EFAULT, GEN_NO_CALL, -ENOMEM };
	u64 nr = between(128 * MIB, 8 * GIB) / XMAP_PAGE_SIZE;
	unsigned int i;

	switch (rnd() % 6) {
	case 0:
		break;
	case 1:
		gen_add(in, one_in(3) ? pages(0, 8 * GIB) : 0, pages(0, 9 * GIB) + (rnd() & 0xfff),
			one_in(3) ? any_type() : XMAP_RAM);
		break;
	case 2:
		domu_map(in, nr * XMAP_PAGE_SIZE, 4);
		for (i = between(1, 8); i--;)
			gen_add(in, rnd() % (8 * GIB), one_in(2) ? 0 : between(1, 0x2000),
				any_type());
		break;
	case 3:
		for (i = between(2, 40); i--;)
			gen_add(in, one_in(8) ? rnd() : rnd() % (12 * GIB), rnd() % (1 * GIB),
				any_type());
		break;
	case 4:
		gen_add(in, 4 * GIB, nr * XMAP_PAGE_SIZE, XMAP_RAM);
		if (one_in(2))
			gen_add(in, 0, 4 * GIB, firmware_type());
		break;
	default:
		/* One layout for all hosts, its hole starts at 512 MiB. */
		gen_add(in, 0, 512 * MIB, XMAP_RAM);
		gen_add(in, 512 * MIB, 3584 * MIB, XMAP_RESERVED);
		gen_add(in, 4 * GIB, nr * XMAP_PAGE_SIZE, XMAP_RAM);
		break;
	}
	make_domain(in, one_in(3), nr);
	if (one_in(3))
		in->src.error = errors[rnd() % ARRAY_SIZE(errors)];
	if (one_in(2))
		in->src.pci_hole = one_in(4) ? rnd() : pages(0, 4 * GIB);
}

/**
 * gen_input() - make up an input
 * @in: result
 * @category: one letter of GEN_CATEGORIES
 * @seed: of the run
 * @index: which one of the category
 *
 * Context: Any.
 */
void gen_input(struct input *in, char category, u64 seed, u64 index)
{
	memset(&in->src, 0, sizeof(in->src));
	memset(&in->dom, 0, sizeof(in->dom));
	state = seed * 0x100000001b3ULL + (u64)category;
	state = rnd() + index * 0x2545f4914f6cdd1dULL;

	switch (category) {
	case 'A':
		make_dom0(in, between(0, 10));
		break;
	case 'B':
		make_domu(in, between(0, 10));
		break;
	case 'C':
		make_plausible(in);
		add_overlaps(in);
		shuffle(in);
		break;
	case 'D':
		make_plausible(in);
		add_wraps(in);
		shuffle(in);
		break;
	case 'E':
		make_many(in, between(100, 400));
		break;
	case 'F':
		make_plausible(in);
		add_limit(in);
		break;
	case 'G':
		make_many(in, one_in(2) ? 1030 : between(100, 300));
		if (in->src.nr < XMAP_MAX_RAW)
			in->src.capacity = in->src.nr;
		break;
	default:
		make_odd(in);
		break;
	}
}

static u64 take(const u8 **data, size_t *size, size_t bytes)
{
	u64 value = 0;

	while (bytes-- && *size) {
		value = value << 8 | *(*data)++;
		(*size)--;
	}
	return value;
}

/**
 * gen_from_bytes() - read an input from a coverage-guided fuzzer's bytes
 * @in: result
 * @data: the bytes
 * @size: how many
 *
 * Context: Any.
 */
void gen_from_bytes(struct input *in, const u8 *data, size_t size)
{
	u64 flags, nr;

	memset(&in->src, 0, sizeof(in->src));
	memset(&in->dom, 0, sizeof(in->dom));
	flags = take(&data, &size, 2);
	nr = take(&data, &size, 3) + 32768;
	state = flags;
	make_domain(in, flags & 1, nr);
	in->dom.passthrough = flags & 2;
	in->dom.mem_pfn = flags & 4 ? take(&data, &size, 4) : 0;
	in->dom.limit_pfn = flags & 8 ? take(&data, &size, 4) : 0;
	in->src.pci_hole = flags & 16 ? take(&data, &size, 4) : 0;
	in->src.error = flags & 32 && flags & 64 ? GEN_NO_CALL : 0;
	while (size && in->src.nr < XMAP_MAX_RAW) {
		u64 form = take(&data, &size, 1);
		u64 addr = take(&data, &size, form & 1 ? 8 : 3) << (form & 1 ? 0 : 12);
		u64 bytes = take(&data, &size, form & 2 ? 8 : 3) << (form & 2 ? 0 : 12);

		gen_add(in, addr, bytes, form & 4 ? take(&data, &size, 4) : form >> 3 & 7);
	}
}

/**
 * gen_print() - print an input, so that a finding can be read
 * @in: the input
 *
 * Context: Any.
 */
void gen_print(const struct input *in)
{
	unsigned int i;

	printf("# dom0 %d passthrough %d nr_pages %#llx max_pages %#llx limit %#llx mem %#llx\n",
	       in->dom.dom0, in->dom.passthrough, in->dom.nr_pages, in->dom.max_pages,
	       in->dom.limit_pfn, in->dom.mem_pfn);
	printf("# error %d pci_hole %#llx low_reserved %#llx max_extra %u max_e820 %u\n",
	       in->src.error, in->src.pci_hole, in->src.low_reserved, in->dom.max_extra,
	       in->dom.max_e820);
	for (i = 0; i < in->dom.nr_objects; i++)
		printf("# object pfn %#llx nr %#llx need %#llx %s\n", in->object[i].pfn,
		       in->object[i].nr, in->object[i].need, in->object[i].name);
	for (i = 0; i < in->src.nr; i++)
		printf("# raw %#018llx + %#018llx type %u\n", (u64)in->raw[i].addr,
		       (u64)in->raw[i].size, in->raw[i].type);
}

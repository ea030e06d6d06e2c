// SPDX-License-Identifier: GPL-2.0-only
/* Tables: what a certain map must become, row by row of what a guest must survive. */

#include <stdlib.h>

#include "ktap.h"
#include "maps.h"
#include "oracle.h"
#include "p2m_layout.h"

#define KIB	0x400ULL
#define MIB	0x100000ULL
#define GIB	0x40000000ULL
#define PFN(b)	((b) / XMAP_PAGE_SIZE)

static struct input in;
static struct subject s, s2;

/* Plan the input; the oracle must agree with whatever comes out. */
#define plan_it() do {							\
	const char *found;						\
	subject_run(&s, &in);						\
	found = oracle(&in, &s);					\
	if (found)							\
		ktap_fail(__FILE__, __LINE__, found);			\
} while (0)

/* A domain with @bytes of memory, a kernel of 32 MiB, an initrd of 16 MiB, and no map. */
static void start(bool dom0, u64 bytes)
{
	memset(&in.src, 0, sizeof(in.src));
	memset(&in.dom, 0, sizeof(in.dom));
	in.boot_memory = false;
	in.dom.dom0 = dom0;
	in.src.dom0 = dom0;
	in.dom.nr_pages = PFN(bytes);
	in.src.nr_pages = in.dom.nr_pages;
	in.dom.max_pages = in.dom.nr_pages;
	in.dom.max_extra = 128;
	in.src.raw = in.raw;
	in.src.capacity = XMAP_MAX_RAW;
	in.src.low_reserved = 0xa0000;
	gen_objects(&in, PFN(32 * MIB), PFN(16 * MIB));
}

static void add(u64 start, u64 end, u32 type)
{
	gen_add(&in, start, end - start, type);
}

/* A host: low memory, firmware, PCI hole from @hole, RAM above 4 GiB. */
static void add_host(u64 hole, u64 top)
{
	add(0, 0xa0000, XMAP_RAM);
	add(MIB, hole, XMAP_RAM);
	add(0xe0000000, 0xf0000000, XMAP_RESERVED);
	add(4 * GIB, top, XMAP_RAM);
}

static void use_map(const struct real_map *map)
{
	unsigned int i;

	in.src.nr = 0;
	for (i = 0; map->entry[i].type; i++)
		add(map->entry[i].start, map->entry[i].end, map->entry[i].type);
}

static u32 type_at(const struct xmap *map, u64 at)
{
	unsigned int i;

	for (i = 0; i < map->nr; i++) {
		if (at >= map->entry[i].start && at < map->entry[i].end)
			return map->entry[i].type;
	}
	return XMAP_GAP;
}

static u32 kind_at(u64 pfn)
{
	const struct xmap_range *r = xmap_find(&s.plan, pfn);

	return r ? r->kind : XMAP_IDENTITY;
}

static const struct xmap_range *action(enum xmap_kind kind)
{
	unsigned int i;

	for (i = 0; i < s.plan.nr_action; i++) {
		if (s.plan.action[i].kind == kind)
			return &s.plan.action[i];
	}
	return NULL;
}

static bool noted(enum xmap_note note)
{
	return (s.rc ? s.map.notes : s.plan.notes) & 1U << note;
}

static u64 ram_bytes(const struct xmap *map)
{
	unsigned int i;
	u64 sum = 0;

	for (i = 0; i < map->nr; i++) {
		if (map->entry[i].type == XMAP_RAM)
			sum += map->entry[i].end - map->entry[i].start;
	}
	return sum;
}

static u64 populated(void)
{
	return s.plan.pages[XMAP_KEEP] + s.plan.pages[XMAP_HELD] + s.plan.pages[XMAP_TARGET];
}

static void error_is(int line, int rc, const char *what, const char *why, const char *advice)
{
	char buf[256], text[256];

	if (s.rc != rc) {
		snprintf(text, sizeof(text), "result is %d, it is %d", rc, s.rc);
		ktap_fail(__FILE__, line, text);
		return;
	}
	snprintf(text, sizeof(text), "memory setup%s%s; %s", what, why, advice);
	xmap_format_error(buf, sizeof(buf), &s.plan.error);
	if (strcmp(buf, text)) {
		printf("# it says \"%s\"\n", buf);
		ktap_fail(__FILE__, line, text);
	}
}

static const char *last_words(void)
{
	static char text[256];

	xmap_format_error(text, sizeof(text), &s.plan.error);
	return text;
}

#define expect_error(rc, ...) error_is(__LINE__, rc, __VA_ARGS__)

/*
 * Sanitising
 */

static void unsorted_overlapping(void)
{
	struct xmap_entry entry[XMAP_MAX_ENTRIES];
	unsigned int i, j;

	start(false, GIB);
	in.src.low_reserved = 0;
	add(0x30000000, 0x40000000, XMAP_RESERVED);
	add(0, GIB, XMAP_RAM);
	add(0x38000000, 0x48000000, XMAP_ACPI);
	add(0x20000000, 0x34000000, XMAP_NVS);
	add(0x10000000, 0x21000000, XMAP_UNUSABLE);
	plan_it();
	expect(s.map.nr == 5);
	expect(type_at(&s.map, 0x0fffffff) == XMAP_RAM);
	expect(type_at(&s.map, 0x10000000) == XMAP_UNUSABLE);
	expect(type_at(&s.map, 0x20000000) == XMAP_NVS);
	expect(type_at(&s.map, 0x30000000) == XMAP_RESERVED);
	expect(type_at(&s.map, 0x40000000) == XMAP_ACPI);

	/* The order in which entries come does not matter. */
	memcpy(entry, s.entry, sizeof(entry));
	for (i = 0; i < 120; i++) {
		j = i % 4;
		gen_add(&in, in.raw[j].addr, in.raw[j].size, in.raw[j].type);
		memmove(&in.raw[j], &in.raw[j + 1], 5 * sizeof(in.raw[0]));
		in.src.nr--;
		plan_it();
		expect(s.map.nr == 5 && !memcmp(entry, s.entry, 5 * sizeof(entry[0])));
	}
}

static void duplicates(void)
{
	start(false, GIB);
	add(0, GIB, XMAP_RAM);
	add(0, GIB, XMAP_RAM);
	add(GIB, 2 * GIB, XMAP_RESERVED);
	add(GIB, 2 * GIB, XMAP_RESERVED);
	plan_it();
	expect(!s.rc && s.map.nr == 4);
}

static void empty_and_small(void)
{
	start(false, GIB);
	add(0, GIB, XMAP_RAM);
	add(0x20000000, 0x20000000, XMAP_RESERVED);
	add(0x30000010, 0x30000020, XMAP_RESERVED);
	add(2 * GIB + 5, 2 * GIB + 0x1004, XMAP_RAM);
	plan_it();
	expect(noted(XMAP_NOTE_EMPTY) && s.map.pci_possible);
	expect(type_at(&s.map, 0x20000000) == XMAP_RAM);
	/* Sixteen bytes take a page of RAM. */
	expect(type_at(&s.map, 0x30000010) == XMAP_RESERVED);
	expect(type_at(&s.map, 0x30000000) == XMAP_GAP);
	expect(kind_at(0x30000) == XMAP_IDENTITY && kind_at(0x30001) == XMAP_KEEP);
	/* RAM smaller than a page is none. */
	expect(type_at(&s.map, 2 * GIB + 0x100) == XMAP_GAP);
	expect(s.plan.pages[XMAP_MOVE] == 1 && !s.plan.pages[XMAP_RELEASE]);
}

static void unaligned(void)
{
	start(true, GIB);
	add(0, 0x9fc00, XMAP_RAM);
	add(0x9fc00, 0xa0000, XMAP_RESERVED);
	add(MIB, 0x20000123, XMAP_RAM);
	add(0x20000123, 0x21000777, XMAP_ACPI);
	add(0x21000777, 2 * GIB, XMAP_RAM);
	plan_it();
	expect(!s.rc);
	expect(kind_at(0x9f) == XMAP_IDENTITY);
	expect(kind_at(0x20000) == XMAP_IDENTITY && kind_at(0x1ffff) == XMAP_KEEP);
	expect(kind_at(0x21000) == XMAP_IDENTITY && kind_at(0x21001) == XMAP_KEEP);
	expect(type_at(&s.plan.e820, 0x20000122) == XMAP_GAP);
	expect(type_at(&s.plan.e820, 0x20000123) == XMAP_ACPI);
}

static void wrapping(void)
{
	start(false, GIB);
	add(0, 512 * MIB, XMAP_RAM);
	gen_add(&in, 256 * MIB, ~0ULL, XMAP_RESERVED);
	add(2 * GIB, 3 * GIB, XMAP_RESERVED);
	gen_add(&in, 512 * MIB, ~0ULL - 5, XMAP_RAM);
	plan_it();
	expect(!s.rc && noted(XMAP_NOTE_WRAP));
	expect(type_at(&s.map, 256 * MIB) == XMAP_RAM);
	expect(type_at(&s.map, GIB) == XMAP_RAM);
	expect(type_at(&s.map, 2 * GIB) == XMAP_RESERVED);
	expect(type_at(&s.map, 3 * GIB) == XMAP_RAM);
	expect(s.map.entry[s.map.nr - 1].end == 1ULL << 52);
	expect(!s.plan.pages[XMAP_MOVE]);
}

static void huge_addresses(void)
{
	start(true, GIB);
	in.dom.max_pages = ~0ULL >> 12;
	in.dom.limit_pfn = 1ULL << 34;
	add_host(2 * GIB, 5 * GIB);
	add(1ULL << 46, (1ULL << 46) + GIB, XMAP_RAM);
	add(1ULL << 51, 1ULL << 52, XMAP_RESERVED);
	gen_add(&in, 1ULL << 52, GIB, XMAP_RAM);
	gen_add(&in, 1ULL << 63, 1ULL << 62, XMAP_RESERVED);
	plan_it();
	expect(!s.rc && noted(XMAP_NOTE_EMPTY));
	/* RAM that the kernel cannot address is no RAM of it. */
	expect(s.plan.ram_end == PFN(5 * GIB));
	expect(type_at(&s.plan.e820, 1ULL << 51) == XMAP_RESERVED);
	expect(s.plan.p2m_pfns == PFN(5 * GIB));
}

static void odd_types(void)
{
	static const u32 types[] = { 0, 6, 8, 128, 255, 0xefffffff, 0xffffffff };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		start(i & 1, GIB);
		add_host(2 * GIB, 5 * GIB);
		add(0x30000000, 0x31000000, types[i]);
		plan_it();
		expect(!s.rc && noted(XMAP_NOTE_TYPE));
		expect(type_at(&s.plan.e820, 0x30000000) == XMAP_RESERVED);
	}
	for (i = 0; i < 2; i++) {
		start(i, GIB);
		add_host(2 * GIB, 5 * GIB);
		add(8 * GIB, 9 * GIB, XMAP_PRAM);
		add(9 * GIB, 10 * GIB, XMAP_PMEM);
		plan_it();
		expect(!s.rc && !noted(XMAP_NOTE_TYPE));
		expect(type_at(&s.plan.e820, 8 * GIB) == (i ? XMAP_PRAM : XMAP_RESERVED));
		expect(type_at(&s.plan.e820, 9 * GIB) == (i ? XMAP_PMEM : XMAP_RESERVED));
	}
}

static void unusable(void)
{
	start(false, GIB);
	add(0, 512 * MIB, XMAP_RAM);
	add(512 * MIB, 3 * GIB, XMAP_UNUSABLE);
	add(4 * GIB, 5 * GIB, XMAP_RAM);
	plan_it();
	expect(!s.rc && s.plan.pages[XMAP_MOVE] == PFN(512 * MIB));
	expect(kind_at(PFN(512 * MIB)) == XMAP_IDENTITY);
	expect(type_at(&s.plan.e820, GIB) == XMAP_UNUSABLE);

	start(true, GIB);
	add(0, 512 * MIB, XMAP_RAM);
	add(512 * MIB, 3 * GIB, XMAP_UNUSABLE);
	plan_it();
	expect(!s.rc && s.plan.pages[XMAP_MOVE] == 96);
	expect(type_at(&s.plan.e820, GIB - 1) == XMAP_RAM);
}

static void low_memory(void)
{
	u64 low;

	/* dom0 reaches the BIOS, and looks for iBFT. */
	for (low = 0x80000; low <= 0xa0000; low += 0x20000) {
		start(true, GIB);
		in.src.low_reserved = low;
		add(0, 2 * GIB, XMAP_RAM);
		add(3 * GIB, 4 * GIB, XMAP_RESERVED);
		plan_it();
		expect(kind_at(PFN(low) - 1) == XMAP_KEEP);
		expect(kind_at(PFN(low)) == XMAP_IDENTITY && kind_at(0xff) == XMAP_IDENTITY);
		expect(s.plan.pages[XMAP_MOVE] == 0x100 - PFN(low));
	}
}

/* The map of a PVH domain is sanitised, but means what it says. */
static void pvh(void)
{
	static const u32 types[] = { XMAP_RAM, XMAP_UNUSABLE, XMAP_PRAM, XMAP_PMEM, XMAP_NVS };
	static struct xmap_edge edges[XMAP_MAX_EDGES];
	struct xmap_entry entry[8];
	struct xmap map = { .entry = entry, .max = ARRAY_SIZE(entry) };
	unsigned int i;

	start(false, GIB);
	for (i = ARRAY_SIZE(types); i-- > 0;)
		add(i * GIB, (i + 1) * GIB, types[i]);
	gen_add(&in, 5 * GIB, ~0ULL, XMAP_RESERVED);
	expect(!xmap_sanitise(in.raw, in.src.nr, XMAP_PVH, 0, edges, &map));
	expect(map.nr == ARRAY_SIZE(types));
	for (i = 0; i < ARRAY_SIZE(types); i++)
		expect(type_at(&map, i * GIB) == types[i]);
}

/* What the code behind makes extra memory of is whole pages, and RAM has an end. */
static void pvh_edges(void)
{
	static struct xmap_edge edges[XMAP_MAX_EDGES];
	struct xmap_entry entry[16];
	struct xmap map = { .entry = entry, .max = ARRAY_SIZE(entry) };

	start(false, GIB);
	add(0, 0x1000800, XMAP_RAM);
	add(0x1000800, 0x1000c00, XMAP_UNUSABLE);
	add(0x1000c00, 0x2000000, XMAP_RAM);
	add(0x2000000, 0x2000800, XMAP_RESERVED);
	add(0x2000800, 0x2004010, XMAP_UNUSABLE);
	gen_add(&in, 4 * GIB, ~0ULL - GIB, XMAP_RAM);
	gen_add(&in, 8 * GIB, 1ULL << 53, XMAP_RAM);
	expect(!xmap_sanitise(in.raw, in.src.nr, XMAP_PVH, 0, edges, &map));
	expect(map.nr == 6 && map.notes & 1U << XMAP_NOTE_WRAP);
	expect(entry[0].end == 0x1000000 && entry[0].type == XMAP_RAM);
	expect(entry[1].start == 0x1000800 && entry[1].end == 0x1000c00);
	expect(entry[1].type == XMAP_RESERVED);
	expect(entry[2].start == 0x1001000 && entry[2].type == XMAP_RAM);
	expect(entry[3].start == 0x2000000 && entry[3].end == 0x2001000);
	expect(entry[3].type == XMAP_RESERVED);
	expect(entry[4].end == 0x2004000 && entry[4].type == XMAP_UNUSABLE);
	expect(entry[5].end == 0x2004010 && entry[5].type == XMAP_RESERVED);
	expect(type_at(&map, 4 * GIB) == XMAP_GAP && type_at(&map, 8 * GIB) == XMAP_GAP);
}

static void low_entry_of_domu(void)
{
	unsigned int i;

	for (i = 0; i < 2; i++) {
		start(false, GIB);
		in.dom.passthrough = i;
		add(0, 0xa0000, XMAP_RAM);
		add(0xa0000, MIB, XMAP_RESERVED);
		add(MIB, GIB, XMAP_RAM);
		plan_it();
		/* Nothing there may be a machine frame, or the guest dies. */
		expect(!s.rc && kind_at(0xa0) == XMAP_HELD && kind_at(0xff) == XMAP_HELD);
		expect(type_at(&s.plan.e820, 0xa0000) == XMAP_RESERVED);
		expect(populated() == PFN(GIB));
	}

	start(false, GIB);
	add(0, 0x1000, XMAP_RESERVED);
	add(MIB, 2 * GIB, XMAP_RAM);
	plan_it();
	expect(!s.rc && kind_at(0) == XMAP_HELD && kind_at(0x50) == XMAP_HELD);
	expect(populated() == PFN(GIB));
}

static void longest_map(void)
{
	unsigned int i;

	/* The most ranges that there can be, and one entry more than Xen takes. */
	for (i = 0; i < 2; i++) {
		start(i, 8 * GIB);
		add(0, 64 * GIB, XMAP_RAM);
		while (in.src.nr < XMAP_MAX_RAW)
			gen_add(&in, 128 * MIB + in.src.nr * 0x7f0800ULL, 0x1800,
				i ? XMAP_NVS : XMAP_RESERVED);
		plan_it();
		expect(!s.rc && s.map.nr > 2040);
		in.src.nr = XMAP_MAX_RAW + 1;
		subject_run(&s2, &in);
		expect(!s2.rc && xmap_same_plan(&s.plan, &s2.plan));
	}
}

/*
 * Who makes holes
 */

static void no_map(void)
{
	static const int errors[] = { GEN_NO_CALL, -EPERM, -EINVAL, -EFAULT, 0 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		start(false, GIB);
		add(0, 0x1000, XMAP_RESERVED);
		in.src.error = errors[i];
		if (!errors[i])
			in.src.nr = 0;
		in.dom.max_pages = ~0ULL >> 12;
		plan_it();
		expect(!s.rc && noted(XMAP_NOTE_NO_MAP) && !s.map.pci_possible);
		expect(ram_bytes(&s.map) == GIB + 8 * MIB - 0x60000);
		expect(s.plan.pages[XMAP_EXTRA] == PFN(8 * MIB));
		expect(!action(XMAP_MOVE) && !action(XMAP_RELEASE));
	}
}

static void no_map_in_dom0(void)
{
	start(true, 4 * GIB);
	in.src.error = -EPERM;
	plan_it();
	expect(!s.rc && noted(XMAP_NOTE_HOLE_MADE) && s.map.pci_possible);
	expect(kind_at(PFN(GIB)) == XMAP_IDENTITY && kind_at(PFN(GIB) - 1) == XMAP_KEEP);
	expect(s.plan.pages[XMAP_MOVE] == 96 + PFN(3 * GIB) && !action(XMAP_RELEASE));

	in.src.pci_hole = 0xc0000000;
	plan_it();
	expect(!s.rc && kind_at(0xc0000) == XMAP_IDENTITY && kind_at(0xbffff) == XMAP_KEEP);
}

/* Less than a page, or nothing outside of what is RESERVED in any case. */
static void no_ram_in_one_entry(void)
{
	static const u64 row[][2] = { { 16 * MIB + 1, 16 * MIB + 0x1800 }, { 0xa0000, MIB } };
	unsigned int i, dom0;

	for (i = 0; i < ARRAY_SIZE(row); i++) {
		for (dom0 = 0; dom0 < 2; dom0++) {
			start(dom0, GIB);
			add(row[i][0], row[i][1], XMAP_RAM);
			plan_it();
			expect(!s.rc && noted(XMAP_NOTE_NO_RAM) && populated() == PFN(GIB));
			expect(s.map.pci_possible == dom0);
		}
	}
}

static void no_ram(void)
{
	unsigned int i;

	for (i = 0; i < 2; i++) {
		start(i, GIB);
		add(0, 4 * GIB, XMAP_RESERVED);
		add(4 * GIB, 5 * GIB, 0);
		plan_it();
		expect(!s.rc && noted(XMAP_NOTE_NO_RAM));
		expect(populated() == PFN(GIB));
		expect(s.map.pci_possible == i);
	}
}

static void single_entry(void)
{
	start(false, GIB);
	add(0, GIB, XMAP_RAM);
	plan_it();
	expect(!s.rc && !s.map.authoritative && !s.map.pci_possible);
	expect(!action(XMAP_MOVE) && populated() == PFN(GIB));

	/* It starts high, or is too short: the guest still has its memory. */
	start(false, GIB);
	add(4 * GIB, 5 * GIB, XMAP_RAM);
	plan_it();
	expect(!s.rc && populated() == PFN(GIB) && !action(XMAP_RELEASE));

	start(false, GIB);
	add(0, 256 * MIB, XMAP_RAM);
	plan_it();
	expect(!s.rc && noted(XMAP_NOTE_APPENDED) && populated() == PFN(GIB));
	expect(!action(XMAP_MOVE));

	/* What is left out beside it says nothing, but that it was there is said. */
	start(false, GIB);
	add(0, GIB, XMAP_RAM);
	gen_add(&in, 2 * GIB, ~0ULL, XMAP_RESERVED);
	plan_it();
	expect(!s.rc && !s.map.authoritative && noted(XMAP_NOTE_WRAP) && !noted(XMAP_NOTE_EMPTY));
	gen_add(&in, 3 * GIB, 0, XMAP_RESERVED);
	plan_it();
	expect(!s.rc && !s.map.authoritative && noted(XMAP_NOTE_WRAP) && noted(XMAP_NOTE_EMPTY));
	in.src.nr = 0;
	gen_add(&in, 3 * GIB, 0, XMAP_RESERVED);
	plan_it();
	expect(!s.rc && noted(XMAP_NOTE_NO_MAP) && noted(XMAP_NOTE_EMPTY));
}

static void own_hole(void)
{
	start(false, 4 * GIB);
	add(0, 4 * GIB + 512 * MIB, XMAP_RAM);
	in.src.pci_hole = 0xc0000000;
	in.dom.passthrough = true;
	plan_it();
	expect(!s.rc && noted(XMAP_NOTE_HOLE_MADE) && s.map.pci_possible);
	expect(ram_bytes(&s.map) == 4 * GIB + 512 * MIB - 0x60000);
	expect(type_at(&s.map, 0xbfffffff) == XMAP_RAM);
	expect(type_at(&s.map, 0xc0000000) == XMAP_RESERVED);
	expect(type_at(&s.map, 0xffffffff) == XMAP_RESERVED);
	expect(s.map.entry[s.map.nr - 1].end == 5 * GIB + 512 * MIB);
	expect(s.plan.pages[XMAP_MOVE] == PFN(GIB) && populated() == PFN(4 * GIB));

	/* In the middle of a page, below the kernel's end, above 4 GiB. */
	in.src.pci_hole = 0xc0000001;
	plan_it();
	expect(!s.rc && type_at(&s.map, 0xc0000000) == XMAP_RAM);
	in.src.pci_hole = 20 * MIB;
	plan_it();
	expect(!s.rc && noted(XMAP_NOTE_HOLE_RAISED));
	expect(type_at(&s.map, in.src.fixed_end - 1) == XMAP_RAM);
	expect(type_at(&s.map, in.src.fixed_end) == XMAP_RESERVED);
	expect(!action(XMAP_FORCE));
	in.src.pci_hole = 4 * GIB;
	plan_it();
	expect(!s.rc && noted(XMAP_NOTE_HOLE_IGNORED) && !s.map.pci_possible);
	in.src.pci_hole = ~0ULL;
	plan_it();
	expect(!s.rc && noted(XMAP_NOTE_HOLE_IGNORED) && !action(XMAP_MOVE));
	in.src.pci_hole = 4 * GIB - 0x1000;
	plan_it();
	expect(!s.rc && noted(XMAP_NOTE_HOLE_MADE) && s.plan.pages[XMAP_MOVE] == 1);

	/* Above all RAM. */
	start(false, GIB);
	in.src.error = GEN_NO_CALL;
	in.src.pci_hole = 2 * GIB;
	plan_it();
	expect(!s.rc && s.map.pci_possible && !action(XMAP_MOVE));
	expect(type_at(&s.map, 2 * GIB) == XMAP_RESERVED);

	/* Two entries are a layout. */
	start(false, 4 * GIB);
	add(0, 3 * GIB, XMAP_RAM);
	add(4 * GIB, 6 * GIB, XMAP_RAM);
	in.src.pci_hole = GIB;
	plan_it();
	expect(!s.rc && noted(XMAP_NOTE_HOLE_IGNORED) && s.map.authoritative);
	expect(type_at(&s.map, GIB) == XMAP_RAM && !s.map.pci_possible);
}

static void cut_map(void)
{
	start(false, 4 * GIB);
	add(0, GIB, XMAP_RAM);
	add(GIB, 2 * GIB, XMAP_RESERVED);
	in.src.capacity = 2;
	plan_it();
	expect(!s.rc && noted(XMAP_NOTE_CUT) && populated() == PFN(4 * GIB));

	/* Xen's own limit cuts nothing. */
	while (in.src.nr < XMAP_MAX_RAW)
		add(8 * GIB + in.src.nr * 0x10000, 8 * GIB + in.src.nr * 0x10000 + 1, 2);
	in.src.capacity = XMAP_MAX_RAW;
	plan_it();
	expect(!s.rc && !noted(XMAP_NOTE_CUT));
}

/*
 * Layouts
 */

static void hole_at_512m(void)
{
	unsigned int i;

	for (i = 0; i < 2; i++) {
		start(false, 4 * GIB);
		in.dom.passthrough = i;
		add(0, 512 * MIB, XMAP_RAM);
		add(512 * MIB, 4 * GIB, XMAP_RESERVED);
		add(4 * GIB, 8 * GIB - 512 * MIB, XMAP_RAM);
		plan_it();
		expect(!s.rc && !action(XMAP_RELEASE) && !action(XMAP_FORCE));
		expect(s.plan.pages[XMAP_MOVE] == PFN(3584 * MIB));
		expect(populated() == PFN(4 * GIB));
	}

	/* A kernel that does not fit below it. */
	gen_objects(&in, PFN(600 * MIB), PFN(64 * MIB));
	plan_it();
	expect(!s.rc && action(XMAP_FORCE) && noted(XMAP_NOTE_BAR_RISK));
	expect(populated() == PFN(4 * GIB));
}

static void with_and_without_host_holes(void)
{
	u64 mem, pages;
	unsigned int i;

	for (i = 0; i < nr_real_maps; i++) {
		if (real_maps[i].dom0)
			continue;
		for (mem = 256 * MIB; mem <= GIB; mem += 256 * MIB) {
			start(false, mem);
			add(0, mem, XMAP_RAM);
			plan_it();
			pages = populated();
			use_map(&real_maps[i]);
			plan_it();
			expect(!s.rc && populated() == pages && pages == PFN(mem));
		}
	}
}

static void real_hosts(void)
{
	u64 mem, limit;
	unsigned int i;

	for (i = 0; i < nr_real_maps; i++) {
		for (mem = 256 * MIB; mem <= 8 * GIB; mem += 256 * MIB) {
			start(real_maps[i].dom0, mem);
			in.dom.max_pages = 0x7fffffff;
			use_map(&real_maps[i]);
			plan_it();
			expect(!s.rc);
			for (limit = 256 * MIB; limit <= 9 * GIB; limit += 512 * MIB + 4 * KIB) {
				in.dom.mem_pfn = PFN(limit);
				plan_it();
				expect(!s.rc && s.plan.ram_end <= PFN(limit));
			}
		}
	}
}

static void many_holes(void)
{
	unsigned int i;

	/* 64 holes, as on a big server. */
	start(true, 8 * GIB);
	add(0, 0x9d000, XMAP_RAM);
	for (i = 0; i < 64; i++) {
		add(MIB + i * 32 * MIB, MIB + i * 32 * MIB + (i < 4 ? 32 : 30) * MIB, XMAP_RAM);
		if (i >= 4)
			add(31 * MIB + i * 32 * MIB, MIB + (i + 1) * 32 * MIB, XMAP_RESERVED);
	}
	add(4 * GIB, 16 * GIB, XMAP_RAM);
	plan_it();
	expect(!s.rc && !action(XMAP_RELEASE));
	expect(s.plan.pages[XMAP_MOVE] == PFN(60 * 2 * MIB + 2 * GIB - MIB) + 0x100 - 0x9d);
}

static void too_little_ram(void)
{
	unsigned int i;

	/* Room above the layout, may there be BARs below 4 GiB or not. */
	for (i = 0; i < 2; i++) {
		start(false, 4 * GIB);
		in.dom.passthrough = i;
		add(0, GIB, XMAP_RAM);
		add(GIB, 2 * GIB, XMAP_RESERVED);
		plan_it();
		expect(!s.rc && noted(XMAP_NOTE_APPENDED) && !action(XMAP_RELEASE));
		expect(action(XMAP_MOVE)->to == PFN(4 * GIB));
		expect(populated() == PFN(4 * GIB));
	}

	/* If mem= leaves none, the frames go back. */
	in.dom.mem_pfn = PFN(2 * GIB);
	plan_it();
	expect(!s.rc && !noted(XMAP_NOTE_APPENDED));
	expect(s.plan.pages[XMAP_RELEASE] == PFN(3 * GIB) && noted(XMAP_NOTE_RELEASED));

	/* Not those that have room below it. */
	in.dom.mem_pfn = PFN(5 * GIB + 512 * MIB);
	plan_it();
	expect(!s.rc && noted(XMAP_NOTE_APPENDED) && noted(XMAP_NOTE_RELEASED));
	expect(s.plan.pages[XMAP_MOVE] == PFN(GIB + 512 * MIB));
	expect(s.plan.pages[XMAP_RELEASE] == PFN(GIB + 512 * MIB));

	/* The largest gap, where none has room for all. */
	in.dom.mem_pfn = PFN(6 * GIB);
	add(4 * GIB + 256 * MIB, 4 * GIB + 512 * MIB, XMAP_RESERVED);
	plan_it();
	expect(!s.rc && s.plan.pages[XMAP_MOVE] == PFN(GIB + 512 * MIB));
	expect(action(XMAP_MOVE)->to == PFN(4 * GIB + 512 * MIB));

	start(true, 8 * GIB);
	add_host(2 * GIB, 5 * GIB);
	plan_it();
	expect(!s.rc && s.plan.pages[XMAP_RELEASE] == PFN(5 * GIB) + 96);
}

static void ram_above_4g_only(void)
{
	unsigned int i;

	for (i = 0; i < 2; i++) {
		start(i, GIB);
		if (!i)
			add(0, 4 * GIB, XMAP_RESERVED);
		add(4 * GIB, 5 * GIB, XMAP_RAM);
		add(5 * GIB, 6 * GIB, XMAP_ACPI);
		plan_it();
		expect(!s.rc && action(XMAP_FORCE) && !action(XMAP_RELEASE));
		expect(populated() == PFN(GIB));
	}
}

/* What a PFN is in the list that the applier leaves, in whole pages. */
static unsigned long *finished_list(u64 pfns)
{
	unsigned long *list = calloc(pfns, sizeof(*list));
	u64 pfn;

	if (!list)
		exit(2);
	for (pfn = 0; pfn < pfns; pfn++) {
		const struct xmap_range *r = xmap_find(&s.plan, pfn);
		bool kept = r && (r->kind == XMAP_KEEP || r->kind == XMAP_HELD);

		list[pfn] = kept ? pfn ^ 0x155555 : p2m_planned_entry(&s.plan, pfn);
	}
	return list;
}

static bool means(u64 pfn, unsigned long entry)
{
	const struct xmap_range *r = xmap_find(&s.plan, pfn);

	switch (r ? r->kind : XMAP_IDENTITY) {
	case XMAP_KEEP:
	case XMAP_HELD:
		return entry == (pfn ^ 0x155555);
	case XMAP_IDENTITY:
		return entry == (P2M_ENTRY_IDENTITY | pfn);
	case XMAP_ALIAS:
		return entry == r->to + (pfn - r->pfn);
	default:
		return entry == P2M_ENTRY_INVALID;
	}
}

/* PFNs of private leaves whose entries are not as planned. */
static u64 wrong_in(const struct p2m_boot *boot, const struct xmap_leaves *l)
{
	unsigned long entry[XMAP_LEAF_PFNS];
	u64 leaf, pfn, wrong = 0;

	for (leaf = l->leaf; leaf < l->leaf + l->nr; leaf++) {
		p2m_fill_leaf(boot, leaf, entry);
		for (pfn = leaf * XMAP_LEAF_PFNS; pfn < (leaf + 1) * XMAP_LEAF_PFNS; pfn++)
			wrong += !means(pfn, entry[pfn % XMAP_LEAF_PFNS]);
	}
	return wrong;
}

/*
 * The P2M that is made from a plan, before frames arrive: there is room for all of the builder's
 * list, and who waits for a frame is missing, in a private leaf.
 */
static void finished_p2m(void)
{
	static struct xmap_leaves leaves[XMAP_MAX_LEAVES];
	u64 pfns = (in.dom.nr_pages + 511) / 512 * 512, targets = 0, a, b;
	struct p2m_boot boot = { .list_pfns = pfns, .plan = &s.plan };
	unsigned int i, j;
	int nr;

	boot.list = finished_list(pfns);
	nr = xmap_plan_leaves(&s.plan, p2m_area_pfns(pfns, s.plan.p2m_pfns, 0), leaves,
			      XMAP_MAX_LEAVES);
	expect(nr > 0);
	for (i = 0; nr > 0 && i < (unsigned int)nr; i++) {
		if (leaves[i].kind != XMAP_LEAF_OWN)
			continue;
		expect(!wrong_in(&boot, &leaves[i]));
		for (j = 0; j < s.plan.nr_p2m; j++) {
			const struct xmap_range *r = &s.plan.p2m[j];

			if (r->kind != XMAP_TARGET)
				continue;
			a = max(r->pfn, leaves[i].leaf * 512);
			b = min(r->pfn + r->nr, (leaves[i].leaf + leaves[i].nr) * 512);
			targets += b > a ? b - a : 0;
		}
	}
	expect(targets == s.plan.pages[XMAP_TARGET]);
	free((void *)boot.list);
}

static void p2m_of_moved_memory(void)
{
	/* Frames from a hole that does not begin at a leaf. */
	start(false, GIB);
	add(0, 512 * MIB + 12 * KIB, XMAP_RAM);
	add(512 * MIB + 12 * KIB, 4 * GIB, XMAP_RESERVED);
	add(4 * GIB, 8 * GIB, XMAP_RAM);
	in.dom.max_pages = PFN(2 * GIB);
	plan_it();
	expect(!s.rc && s.plan.pages[XMAP_TARGET] > PFN(500 * MIB));
	expect(kind_at(PFN(4 * GIB)) == XMAP_TARGET);
	expect(p2m_planned_entry(&s.plan, PFN(4 * GIB)) == P2M_ENTRY_INVALID);
	finished_p2m();

	/* The same on a host. */
	start(true, 4 * GIB);
	use_map(&real_maps[0]);
	plan_it();
	expect(!s.rc);
	finished_p2m();
}

/* mem= may leave a plan with fewer PFNs than the builder's list has. */
static void area_of_cut_memory(void)
{
	start(true, 2600 * MIB);
	add_host(2 * GIB, 6 * GIB);
	in.dom.mem_pfn = PFN(1536 * MIB);
	plan_it();
	expect(!s.rc && s.plan.p2m_pfns < in.dom.nr_pages);
	finished_p2m();
}

/* The first PFN of a page table that the builder made and that nothing is left for. */
static u64 first_bare(void)
{
	u64 pfn = 0;

	while (pfn < in.dom.nr_pages && !xmap_is_bare(&s.plan, pfn, 512))
		pfn += 512;
	return pfn;
}

/* The kernel maps RAM, whoever has the frames, and the first MiB; only the rest is bare. */
static void bare_tables(void)
{
	start(false, GIB);
	add(0, 4 * GIB, XMAP_RESERVED);
	add(4 * GIB, 5 * GIB, XMAP_RAM);
	plan_it();
	expect(first_bare() == 512 && !xmap_is_bare(&s.plan, 512, PFN(16 * MIB)));
	expect(kind_at(512) == XMAP_IDENTITY && kind_at(PFN(16 * MIB)) == XMAP_KEEP);
	expect(!xmap_is_bare(&s.plan, PFN(4 * GIB), 512));
	expect(xmap_is_bare(&s.plan, PFN(6 * GIB), 512));

	start(false, GIB);
	add(0, 8 * MIB, XMAP_RAM);
	add(8 * MIB, 64 * MIB, XMAP_NVS);
	add(64 * MIB, 2 * GIB, XMAP_RAM);
	plan_it();
	expect(first_bare() == PFN(8 * MIB));
	/* One page on either side is enough to need it. */
	expect(!xmap_is_bare(&s.plan, PFN(8 * MIB) - 1, 512));
	expect(xmap_is_bare(&s.plan, PFN(8 * MIB), PFN(8 * MIB)));
	expect(!xmap_is_bare(&s.plan, PFN(8 * MIB) + 1, PFN(8 * MIB)));

	start(false, GIB);
	plan_it();
	expect(first_bare() == PFN(GIB));
}

static void extra_memory(void)
{
	unsigned int i;

	start(true, GIB);
	add_host(2 * GIB, 64 * GIB);
	in.dom.max_pages = PFN(3 * GIB);
	plan_it();
	expect(!s.rc && s.plan.pages[XMAP_EXTRA] == PFN(2 * GIB));
	expect(s.plan.ram_end == PFN(5 * GIB) + 96);
	in.dom.max_pages = 0x7fffffff;
	plan_it();
	expect(s.plan.pages[XMAP_EXTRA] == PFN(10 * GIB));
	in.dom.max_pages = 0;
	plan_it();
	expect(!s.plan.pages[XMAP_EXTRA]);

	/* More regions than the caller can hold: what is dropped is no RAM. */
	start(false, 256 * MIB);
	add(0, GIB, XMAP_RAM);
	for (i = 0; i < 300; i++) {
		add(GIB + 2 * i * MIB, GIB + (2 * i + 1) * MIB, XMAP_RAM);
		add(GIB + (2 * i + 1) * MIB, GIB + (2 * i + 2) * MIB, XMAP_RESERVED);
	}
	in.dom.max_pages = 0x7fffffff;
	plan_it();
	expect(!s.rc && noted(XMAP_NOTE_EXTRA_CUT));
	expect(s.plan.pages[XMAP_EXTRA] == PFN(768 * MIB + 128 * MIB));
	expect(type_at(&s.plan.e820, GIB + 256 * MIB) == XMAP_GAP);
}

/*
 * Limits
 */

static void mem_limits(void)
{
	/* dom0_mem=2048M mem=2048M */
	start(true, 2 * GIB);
	add_host(3 * GIB, 16 * GIB);
	in.dom.mem_pfn = PFN(2 * GIB);
	plan_it();
	expect(!s.rc && s.plan.pages[XMAP_RELEASE] == 96 && !action(XMAP_MOVE));
	expect(s.plan.ram_end == PFN(2 * GIB));

	/* Below what there is. */
	in.dom.mem_pfn = PFN(GIB);
	plan_it();
	expect(!s.rc && s.plan.pages[XMAP_RELEASE] == PFN(GIB) + 96);
	expect(kind_at(PFN(GIB)) == XMAP_UNUSED && s.plan.p2m_pfns == PFN(2 * GIB));

	/* Above, but with too little room for all. */
	start(true, 3 * GIB);
	add_host(2 * GIB, 16 * GIB);
	in.dom.mem_pfn = PFN(4 * GIB + 256 * MIB);
	plan_it();
	expect(!s.rc && s.plan.pages[XMAP_MOVE] == PFN(256 * MIB));
	expect(s.plan.pages[XMAP_RELEASE] == PFN(768 * MIB) + 96);

	/* initrd and P2M list beyond it are brought below. */
	in.object[1].pfn = PFN(3 * GIB) - in.object[1].nr;
	in.object[2].pfn = in.object[1].pfn - in.object[2].nr;
	in.dom.mem_pfn = PFN(512 * MIB);
	plan_it();
	expect(!s.rc && action(XMAP_COPY) && action(XMAP_COPY)->to < PFN(512 * MIB));

	/* No kernel without its page tables. */
	in.dom.mem_pfn = PFN(40 * MIB);
	plan_it();
	expect_error(-ERANGE, ": kernel at [mem 0x1000000-0x2ffffff]",
		     " lies beyond the limit, needs RAM up to 0x3000000",
		     "give a larger mem=, or none");
}

static void limit_of_512g(void)
{
	start(false, 513 * GIB);
	in.dom.limit_pfn = 1ULL << 27;
	in.dom.max_pages = ~0ULL >> 12;
	add(0, 520 * GIB, XMAP_RAM);
	plan_it();
	expect(!s.rc && s.plan.pages[XMAP_RELEASE] == PFN(GIB) && !s.plan.pages[XMAP_EXTRA]);
	expect(s.plan.ram_end == 1ULL << 27);

	/* Who cannot move lies beyond it: mem= has no part in that. */
	gen_objects(&in, 1ULL << 27, 0);
	in.dom.mem_pfn = PFN(514 * GIB);
	subject_run(&s, &in);
	expect_error(-ERANGE, ": kernel at [mem 0x1000000-0x8000ffffff]",
		     " lies beyond the limit, needs RAM up to 0x8001000000",
		     "give xen_512gb_limit=0, or the guest less memory, or a smaller initrd");
	in.dom.dom0 = true;
	in.src.dom0 = true;
	subject_run(&s, &in);
	expect(strstr(last_words(), "; give dom0 less memory, or a smaller initrd"));
}

/*
 * Objects
 */

static void fixed_objects_in_dom0(void)
{
	static const u32 types[] = { XMAP_NVS, XMAP_ACPI };
	const struct xmap_range *r;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		start(true, 2 * GIB);
		add(0, 0xa0000, XMAP_RAM);
		add(MIB, 0x810000, XMAP_RAM);
		add(0x810000, 0x1710234, types[i]);
		add(0x1711000, 3 * GIB, XMAP_RAM);
		add(3 * GIB, 4 * GIB, XMAP_RESERVED);
		plan_it();
		r = action(XMAP_ALIAS);
		expect(!s.rc && r && r->to == 0x810 && r->nr == 0xf01);
		expect(r && r->pfn >= PFN(2 * GIB));
		expect(r && type_at(&s.plan.e820, r->pfn << 12) == types[i]);
		expect(r && type_at(&s.plan.e820, (r->pfn << 12) + 0xf00234) == XMAP_GAP);
		expect(kind_at(0x1000) == XMAP_KEEP);
		/* The last page was shared with a gap; the kernel is there, so it is RAM. */
		expect(kind_at(0x1710) == XMAP_KEEP && action(XMAP_FORCE));
		expect(!action(XMAP_RELEASE));
	}

	/* No RAM without frames: the region takes PFNs whose frames then move or go. */
	start(true, GIB);
	add(0, 0x1000000, XMAP_RAM);
	add(0x1000000, 0x1100000, XMAP_NVS);
	add(0x1100000, GIB, XMAP_RAM);
	plan_it();
	r = action(XMAP_ALIAS);
	expect(!s.rc && r && r->pfn < PFN(GIB));
	expect(s.plan.pages[XMAP_RELEASE] == 96 + 0x100);

	start(true, GIB);
	add(0, 0x1000000, XMAP_RAM);
	add(0x1800000, 0x1801000, XMAP_RESERVED);
	add(0x1000000, 2 * GIB, XMAP_RAM);
	plan_it();
	expect_error(-EBUSY, ": kernel at [mem 0x1000000-0x2ffffff]",
		     " collides with RESERVED at [mem 0x1800000-0x1800fff]",
		     "use a kernel with another CONFIG_PHYSICAL_START, or dom0=pvh");

	/* What the reader can copy does not stop the boot. */
	start(true, GIB);
	add(0, 2 * GIB, XMAP_RAM);
	add(in.object[3].pfn << 12, (in.object[3].pfn + 1) << 12, XMAP_RESERVED);
	plan_it();
	expect(s.rc == -EBUSY);
	in.object[3].movable = true;
	plan_it();
	expect(!s.rc && action(XMAP_COPY) && action(XMAP_COPY)->object == 3);

	/* More than can be moved. */
	start(true, GIB);
	add(0, 2 * GIB, XMAP_RAM);
	for (i = 0; i < 9; i++)
		add(0x1000000 + i * 0x100000, 0x1001000 + i * 0x100000, XMAP_NVS);
	plan_it();
	expect(s.rc == -EBUSY && s.plan.error.entry.start == 0x1800000);

	/* A gap in the map of a machine says nothing. */
	start(true, GIB);
	add(0, 0x1000000, XMAP_RAM);
	add(0x4000000, 2 * GIB, XMAP_RAM);
	plan_it();
	expect(!s.rc && action(XMAP_FORCE) && kind_at(0x1000) == XMAP_KEEP);
	expect(kind_at(0x3fff) == XMAP_IDENTITY || in.object[6].pfn + in.object[6].nr > 0x3fff);
}

static void fixed_objects_in_domu(void)
{
	static const u32 types[] = { 0, 2, 3, 4, 5, 7, 12, 99 };
	unsigned int i, obj;

	for (obj = 0; obj < 7; obj++) {
		for (i = 0; i < ARRAY_SIZE(types); i++) {
			u64 pfn;

			start(false, GIB);
			in.dom.passthrough = i & 1;
			pfn = in.object[obj].pfn;
			add(0, pfn << 12, XMAP_RAM);
			if (types[i])
				add(pfn << 12, (pfn + 1) << 12, types[i]);
			add((pfn + 1) << 12, 2 * GIB, XMAP_RAM);
			plan_it();
			expect(!s.rc && populated() == PFN(GIB));
			if (in.object[obj].movable) {
				expect(action(XMAP_COPY) && action(XMAP_COPY)->object == obj);
				expect(kind_at(pfn) == XMAP_IDENTITY);
			} else {
				expect(action(XMAP_FORCE)->object == obj);
				expect(noted(XMAP_NOTE_BAR_RISK) == in.dom.passthrough);
				expect(kind_at(pfn) == XMAP_KEEP);
			}
		}
	}
}

static void movable_objects(void)
{
	const struct xmap_range *r;

	/* An initrd above 4 GiB, in a hole. */
	start(true, 6 * GIB);
	add_host(3 * GIB, 5 * GIB);
	in.object[1].pfn = PFN(5 * GIB) + 7;
	add(5 * GIB + 512 * MIB, 16 * GIB, XMAP_RAM);
	plan_it();
	r = action(XMAP_COPY);
	expect(!s.rc && r && r->object == 1 && r->nr == in.object[1].nr);
	expect(r && kind_at(r->to) == XMAP_KEEP && r->to < PFN(3 * GIB));

	/* No room: what a domU has there is used, dom0 cannot. */
	start(false, 128 * MIB);
	gen_objects(&in, PFN(32 * MIB), PFN(50 * MIB));
	add(0, 64 * MIB, XMAP_RAM);
	add(64 * MIB, 96 * MIB, XMAP_RESERVED);
	add(96 * MIB, 256 * MIB, XMAP_RAM);
	plan_it();
	expect(!s.rc && !action(XMAP_COPY) && action(XMAP_FORCE)->object == 1);

	start(true, 128 * MIB);
	gen_objects(&in, PFN(32 * MIB), PFN(50 * MIB));
	add(0, 64 * MIB, XMAP_RAM);
	add(64 * MIB, 96 * MIB, XMAP_RESERVED);
	add(96 * MIB, 256 * MIB, XMAP_RAM);
	plan_it();
	expect_error(-ENOMEM, ": initrd at [mem 0x3000000-0x61fffff] collides with RESERVED",
		     " at [mem 0x4000000-0x5ffffff], no room to move 12800 pages",
		     "give dom0 more memory, or a smaller initrd");

	/* In dom0 firmware gives way to it, too. */
	in.raw[1].type = XMAP_ACPI;
	plan_it();
	expect(!s.rc && action(XMAP_ALIAS) && !action(XMAP_COPY));
}

static void objects_beyond_frames(void)
{
	start(false, GIB);
	add(0, GIB, XMAP_RAM);
	add(2 * GIB, 3 * GIB, XMAP_RESERVED);
	in.object[4].pfn = PFN(2 * GIB);
	in.object[5].pfn = ~0ULL;
	in.object[3].pfn = PFN(GIB) - 1;
	in.object[3].nr = 5;
	plan_it();
	expect(!s.rc && !action(XMAP_FORCE) && kind_at(PFN(2 * GIB)) == XMAP_IDENTITY);
}

static void bad_input(void)
{
	start(false, GIB);
	add(0, GIB, XMAP_RAM);
	in.dom.nr_pages = 0;
	subject_run(&s, &in);
	expect_error(-EINVAL, "",
		     ": nothing to plan for",
		     "check the domain's memory settings");
	in.dom.nr_pages = XMAP_MAX_PFN + 1;
	expect(subject_run(&s, &in) == -EINVAL);
	in.dom.nr_pages = PFN(GIB);
	in.dom.nr_objects = XMAP_MAX_OBJECTS + 1;
	expect(subject_run(&s, &in) == -EINVAL);
}

/* Every length of every array, down to nothing. */
static void short_arrays(void)
{
	struct xmap_edge *edges = calloc(XMAP_MAX_EDGES, sizeof(*edges));
	unsigned int len, full_e820, full_p2m, full_action;

	start(true, 2 * GIB);
	use_map(&real_maps[3]);
	plan_it();
	expect(!s.rc);
	full_e820 = s.map.nr;
	full_p2m = s.plan.nr_p2m;
	full_action = s.plan.nr_action;

	for (len = 0; len < full_e820; len++) {
		struct xmap map = { .entry = calloc(len, sizeof(*map.entry)), .max = len };

		expect(xmap_build(&in.src, edges, &map) == -ENOSPC);
		free(map.entry);
	}
	for (len = 0; len < max(full_p2m, full_action) + 8; len++) {
		struct xmap_plan plan = {
			.e820.entry = calloc(len, sizeof(*s.e820)), .e820.max = len,
			.p2m = s2.p2m, .max_p2m = XMAP_MAX_RANGES,
			.action = s2.action, .max_action = XMAP_MAX_RANGES,
		};
		int rc = xmap_make_plan(&s.map, &in.dom, &plan);

		expect(rc == 0 || rc == -ENOSPC);
		free(plan.e820.entry);

		plan.e820.entry = s2.e820;
		plan.e820.max = XMAP_MAX_ENTRIES;
		plan.p2m = calloc(len, sizeof(*plan.p2m));
		plan.max_p2m = len;
		rc = xmap_make_plan(&s.map, &in.dom, &plan);
		/* What is trimmed in the end needs room, too. */
		expect(rc == -ENOSPC || (!rc && len >= full_p2m));
		free(plan.p2m);

		plan.p2m = s2.p2m;
		plan.max_p2m = XMAP_MAX_RANGES;
		plan.action = calloc(len, sizeof(*plan.action));
		plan.max_action = len;
		rc = xmap_make_plan(&s.map, &in.dom, &plan);
		expect(rc == (len < full_action ? -ENOSPC : 0));
		free(plan.action);
	}
	free(edges);
}

/*
 * P2M, batches, text
 */

static u64 leaves_of(const struct xmap_leaves *leaves, int nr, u32 kind)
{
	u64 sum = 0;

	for (; nr-- > 0; leaves++)
		sum += leaves->kind == kind ? leaves->nr : 0;
	return sum;
}

static void leaf_counts(void)
{
	static struct xmap_leaves leaves[XMAP_MAX_LEAVES];
	const u64 area = 1ULL << 27;
	int nr;

	/* 512 MiB in an area for 512 GiB: 256 leaves, the rest of one page table, 511 shared. */
	start(false, 512 * MIB);
	add(0, 512 * MIB, XMAP_RAM);
	plan_it();
	nr = xmap_plan_leaves(&s.plan, area, leaves, XMAP_MAX_LEAVES);
	expect(nr == 3);
	expect(leaves_of(leaves, nr, XMAP_LEAF_OWN) == 256);
	expect(leaves_of(leaves, nr, XMAP_LEAF_IDENTITY) == 256);
	expect(leaves_of(leaves, nr, XMAP_PMD_IDENTITY) == 511 * 512);

	/* 40 GiB of extra memory take no page. */
	start(true, 4 * GIB);
	add_host(3 * GIB, 64 * GIB);
	in.dom.max_pages = PFN(44 * GIB);
	plan_it();
	nr = xmap_plan_leaves(&s.plan, area, leaves, XMAP_MAX_LEAVES);
	expect(s.plan.pages[XMAP_EXTRA] == PFN(40 * GIB));
	expect(leaves_of(leaves, nr, XMAP_LEAF_OWN) == 2048 + 2);
	expect(leaves_of(leaves, nr, XMAP_PMD_IDENTITY) == (512 - 45 - 1 + 1) * 512);
	expect(leaves_of(leaves, nr, XMAP_PMD_MISSING) == 39 * 512);

	expect(xmap_plan_leaves(&s.plan, area + 512, leaves, XMAP_MAX_LEAVES) == -EINVAL);
	expect(xmap_plan_leaves(&s.plan, 1 << 18, leaves, XMAP_MAX_LEAVES) == -EINVAL);
	expect(xmap_plan_leaves(&s.plan, area, leaves, nr - 1) == -ENOSPC);
}

static void leaves_at_512g(void)
{
	static struct xmap_leaves leaves[XMAP_MAX_LEAVES];
	int nr;

	start(true, 600 * GIB);
	add_host(2 * GIB, 700 * GIB);
	plan_it();
	expect(!s.rc && s.plan.p2m_pfns > 1ULL << 27);
	nr = xmap_plan_leaves(&s.plan, 1ULL << 28, leaves, XMAP_MAX_LEAVES);
	expect(nr > 0);
	expect(leaves_of(leaves, nr, XMAP_LEAF_OWN) ==
	       (PFN(2 * GIB) + s.plan.p2m_pfns - PFN(4 * GIB) + 511) / 512);
	expect(xmap_plan_leaves(&s.plan, 1ULL << 27, leaves, XMAP_MAX_LEAVES) == -EINVAL);
}

static void batches(void)
{
	struct xmap_cursor cursor = {};
	struct xmap_segment seg;
	u64 room = 256, calls = 0, sum = 0;

	/* Only the last batch is not full. */
	start(true, 4 * GIB);
	use_map(&real_maps[0]);
	plan_it();
	while (xmap_next_segment(&s.plan, XMAP_MOVE, &cursor, room, &seg)) {
		sum += seg.nr;
		room -= seg.nr;
		if (!room) {
			calls++;
			room = 256;
		}
	}
	calls += room != 256;
	expect(sum == s.plan.pages[XMAP_MOVE] && sum > 100000);
	expect(calls == (sum + 255) / 256);
	expect(!xmap_next_segment(&s.plan, XMAP_MOVE, &cursor, 1, &seg));
	expect(!xmap_next_segment(&s.plan, XMAP_COPY, &(struct xmap_cursor){}, 1, &seg) ||
	       action(XMAP_COPY));
}

/* Memory to boot with, for @ram pages of RAM. */
static u64 boot_need(u64 ram)
{
	return ram * BYTES_PER_PAGE / XMAP_PAGE_SIZE + PFN(16 * MIB);
}

/* Plan with memory to boot with.  Returns that object, NULL if there is RAM enough. */
static const struct xmap_object *plan_boot_memory(void)
{
	in.boot_memory = true;
	plan_it();
	expect(!s.rc && s.dom.nr_objects <= in.dom.nr_objects + 1);
	return s.dom.nr_objects > in.dom.nr_objects ? &s.object[in.dom.nr_objects] : NULL;
}

/* 64 MiB of RAM, a hole up to 512 MiB, and the rest: the builder's frames end at 1 GiB. */
static void start_low(bool dom0, u64 low)
{
	start(dom0, GIB);
	add(0, low, XMAP_RAM);
	add(512 * MIB, 1536 * MIB, XMAP_RAM);
}

static void boot_memory(void)
{
	const struct xmap_object *obj;
	u64 end;

	/* Half of the frames have RAM, as long as no limit takes it. */
	start_low(false, 64 * MIB);
	end = in.object[6].pfn + in.object[6].nr;
	expect(!plan_boot_memory());
	in.dom.mem_pfn = PFN(400 * MIB);
	obj = plan_boot_memory();
	expect(obj && obj->pfn == end && obj->nr == boot_need(PFN(400 * MIB)) && !obj->movable);
	expect(kind_at(end) == XMAP_KEEP && kind_at(end + obj->nr - 1) == XMAP_KEEP);
	in.dom.mem_pfn = 0;
	in.dom.limit_pfn = PFN(400 * MIB);
	obj = plan_boot_memory();
	expect(obj && obj->nr == boot_need(PFN(400 * MIB)));

	/* Up to the limit and to the last frame, if there is no more. */
	in.dom.mem_pfn = end + 1000;
	obj = plan_boot_memory();
	expect(obj && obj->pfn == end && obj->nr == 1000);
	in.dom.mem_pfn = end;
	expect(!plan_boot_memory());
	start(false, 80 * MIB);
	add(16 * MIB, 80 * MIB, XMAP_RESERVED);
	add(4 * GIB, 5 * GIB, XMAP_RAM);
	end = in.object[6].pfn + in.object[6].nr;
	obj = plan_boot_memory();
	expect(obj && obj->nr == PFN(80 * MIB) - end);

	/* As much as all RAM takes: of the map, of the frames, or extra memory at its most. */
	start(false, GIB);
	in.src.low_reserved = 0;
	add(0, 16 * MIB, XMAP_RAM);
	add(2 * GIB, 4 * GIB, XMAP_RAM);
	obj = plan_boot_memory();
	expect(obj && obj->nr == boot_need(PFN(2 * GIB + 16 * MIB)));
	start(false, GIB);
	add(0, 16 * MIB, XMAP_RAM);
	add(2 * GIB, 2 * GIB + 16 * MIB, XMAP_RAM);
	obj = plan_boot_memory();
	expect(obj && obj->nr == boot_need(PFN(GIB)));
	start(false, GIB);
	add(0, 16 * MIB, XMAP_RAM);
	add(2 * GIB, 64 * GIB, XMAP_RAM);
	obj = plan_boot_memory();
	expect(obj && obj->nr == boot_need(PFN(11 * GIB)));

	/* A page less than what there must be. */
	start_low(false, 64 * MIB);
	in.dom.mem_pfn = PFN(400 * MIB);
	end = in.object[6].pfn + in.object[6].nr - in.object[0].pfn + boot_need(in.dom.mem_pfn);
	start_low(false, end * XMAP_PAGE_SIZE);
	in.dom.mem_pfn = PFN(400 * MIB);
	in.src.low_reserved = 0;
	expect(!plan_boot_memory());
	start_low(false, (end - 1) * XMAP_PAGE_SIZE);
	in.dom.mem_pfn = PFN(400 * MIB);
	in.src.low_reserved = 0;
	expect(plan_boot_memory());

	/* Not where there may be devices. */
	start_low(true, 128 * MIB);
	in.dom.mem_pfn = PFN(400 * MIB);
	expect(!plan_boot_memory());
}

/* Calls until there is no more; each part is of that kind, and in order. */
static u64 count_within(enum xmap_kind kind, u64 pfn, u64 end, unsigned int *parts)
{
	struct xmap_range part;
	u64 sum = 0, at = pfn;

	for (*parts = 0; xmap_next_within(&s.plan, kind, &at, end, &part); (*parts)++) {
		expect(part.nr && part.pfn >= pfn && part.pfn + part.nr <= end);
		expect(kind_at(part.pfn) == kind && kind_at(part.pfn + part.nr - 1) == kind);
		expect(at == part.pfn + part.nr);
		pfn = at;
		sum += part.nr;
	}
	return sum;
}

static void parts_of_a_stretch(void)
{
	u64 end = PFN(1200 * MIB);
	unsigned int parts;

	start(false, 512 * MIB);
	in.dom.max_pages = PFN(2 * GIB);
	add(0, 600 * MIB, XMAP_RAM);
	add(600 * MIB, 700 * MIB, XMAP_RESERVED);
	add(700 * MIB, 800 * MIB, XMAP_RAM);
	add(GIB, end * XMAP_PAGE_SIZE, XMAP_RAM);
	plan_it();
	expect(s.plan.pages[XMAP_EXTRA] == PFN(364 * MIB));

	expect(count_within(XMAP_EXTRA, 0, ~0ULL, &parts) == PFN(364 * MIB) && parts == 3);
	expect(count_within(XMAP_EXTRA, 0, PFN(512 * MIB), &parts) == 0 && parts == 0);
	expect(count_within(XMAP_EXTRA, PFN(512 * MIB), PFN(513 * MIB), &parts) == 256);
	expect(parts == 1);
	/* Ends within the first and the second, and where one begins. */
	expect(count_within(XMAP_EXTRA, PFN(599 * MIB), PFN(701 * MIB), &parts) == 512);
	expect(parts == 2);
	expect(count_within(XMAP_EXTRA, PFN(610 * MIB), PFN(700 * MIB), &parts) == 0);
	expect(count_within(XMAP_IDENTITY, 0, end, &parts) == PFN(324 * MIB) && parts == 2);
	/* Nothing at all, and beyond the plan. */
	expect(count_within(XMAP_EXTRA, PFN(750 * MIB), PFN(750 * MIB), &parts) == 0);
	expect(count_within(XMAP_EXTRA, PFN(751 * MIB), PFN(750 * MIB), &parts) == 0);
	expect(count_within(XMAP_EXTRA, end - 1, ~0ULL, &parts) == 1 && parts == 1);
	expect(count_within(XMAP_EXTRA, end, ~0ULL, &parts) == 0);
}

/* What is missed least goes first: tiny regions, then RAM. */
static void short_table(void)
{
	unsigned int i;

	start(true, GIB);
	add(0, 2 * GIB, XMAP_RAM);
	for (i = 0; i < 20; i++)
		add(256 * MIB + i * 2 * MIB, 256 * MIB + i * 2 * MIB + (i + 1) * 4 * KIB,
		    XMAP_RESERVED);
	add(512 * MIB, 520 * MIB, XMAP_RESERVED);
	add(520 * MIB, 521 * MIB, XMAP_UNUSABLE);
	plan_it();
	/* 22 pieces of RAM, 21 regions between, and two of low memory. */
	expect(s.plan.e820.nr == 45 && !noted(XMAP_NOTE_SHORTENED));

	in.dom.max_e820 = 45;
	plan_it();
	expect(!s.rc && s.plan.e820.nr == 45 && !noted(XMAP_NOTE_SHORTENED));

	in.dom.max_e820 = 40;
	plan_it();
	expect(!s.rc && s.plan.e820.nr == 40 && noted(XMAP_NOTE_SHORTENED));
	expect(type_at(&s.plan.e820, 256 * MIB) == XMAP_GAP);
	expect(kind_at(PFN(256 * MIB)) == XMAP_IDENTITY);
	expect(type_at(&s.plan.e820, 256 * MIB + 19 * 2 * MIB) == XMAP_RESERVED);
	expect(ram_bytes(&s.plan.e820) >= GIB && !s.plan.pages[XMAP_RELEASE]);

	in.dom.max_e820 = 16;
	plan_it();
	expect(!s.rc && s.plan.e820.nr <= 16);
	expect(type_at(&s.plan.e820, 512 * MIB) == XMAP_RESERVED);
	expect(kind_at(PFN(293 * MIB)) == XMAP_IDENTITY);

	in.dom.max_e820 = 1;
	subject_run(&s, &in);
	expect(s.plan.error.fail == XMAP_FAIL_TABLE);
	expect_error(-ENOSPC, "", ": too many ranges",
		     "use a kernel with a larger CONFIG_NODES_SHIFT, or dom0=pvh");

	start(false, GIB);
	add(0, 2 * GIB, XMAP_RAM);
	add(512 * MIB, 520 * MIB, XMAP_RESERVED);
	in.dom.max_e820 = 1;
	subject_run(&s, &in);
	expect_error(-ENOSPC, "", ": too many ranges",
		     "use a simpler memory map (e820_host=0)");
}

/* Where the initrd is copied from, RAM in many pieces need not stay for its sake. */
static void short_table_under_copy(void)
{
	unsigned int i;
	u64 at;

	start(true, GIB);
	in.object[1].pfn = PFN(900 * MIB);
	in.object[1].nr = PFN(40 * MIB);
	add(0, 2 * GIB, XMAP_RAM);
	for (i = 0; i < 20; i++) {
		at = 900 * MIB + i * 2 * MIB;
		add(at, at + (i + 1) * 4 * KIB, XMAP_NVS);
	}
	in.dom.max_e820 = 30;
	plan_it();
	expect(!s.rc && s.plan.e820.nr <= 30 && !s.plan.pages[XMAP_RELEASE]);
	expect(action(XMAP_COPY) && action(XMAP_COPY)->object == 1);

	in.dom.max_e820 = 16;
	plan_it();
	expect(!s.rc && s.plan.e820.nr <= 16 && noted(XMAP_NOTE_SHORTENED));
}

static void hotplug(void)
{
	start(false, GIB);
	add(0, GIB, XMAP_RAM);
	add(GIB, 2 * GIB, XMAP_UNUSABLE);
	add(5 * GIB, 6 * GIB, XMAP_RESERVED);
	add(6 * GIB, 8 * GIB, XMAP_RAM);
	plan_it();
	expect(xmap_hotplug_start(&s.map, false) == 4 * GIB);
	expect(!xmap_hotplug_start(&s.map, true));

	start(false, GIB);
	add(0, GIB, XMAP_RAM);
	plan_it();
	expect(!xmap_hotplug_start(&s.map, false));
}

static void ram_limits(void)
{
	static const struct {
		const char *cmdline;
		u64 limit;
	} row[] = {
		{ "", 0 },
		{ "quiet xmem=1G mem", 0 },
		{ "mem=1G", GIB },
		{ "mem=2G quiet mem=512M", 512 * MIB },
		{ "mem=nopentium", 0 },
		{ "memmap=1G", GIB },
		{ "a memmap=1G,2G mem=3G", GIB },
		{ "memmap=64K$0x10000000", 0 },
		{ "memmap=64K#256M,32K!1G,1M%1G-1+2 mem=2G", 2 * GIB },
		{ "memmap=1G@1G", 0 },
		{ "memmap=1G@1G,512M", 512 * MIB },
		{ "memmap=exactmap memmap=640K@0 memmap=1023M@1M", GIB },
		{ "mem=512M memmap=exactmap,640K@0,1023M@1M", GIB },
		{ "memmap=exactmap,640K@0,1023M@1M,768M", 768 * MIB },
		{ "memmap=1G@4G memmap=exactmap,640K@0,255M@1M", 256 * MIB },
		{ "memmap=exactmap", 0 },
		{ "memmap= memmap=, mem=", 0 },
		{ "mem=\"1G\" quiet", GIB },
		{ "quiet \"mem=1G\"", GIB },
		{ "memmap=\"2G\" memmap=\"1G,3G\" quiet", GIB },
		{ "dyndbg=\"file a.c mem=1G +p\" mem=2G", 2 * GIB },
		{ "mem=2G -- mem=1G", 2 * GIB },
		{ "mem=2G --x mem=1G", GIB },
	};
	char cmdline[96];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(row); i++) {
		snprintf(cmdline, sizeof(cmdline), "%s", row[i].cmdline);
		if (xmap_mem_limit(cmdline) != row[i].limit)
			ktap_fail(__FILE__, __LINE__, row[i].cmdline);
	}
}

static void line_is(int line, const struct xmap_range *r, const char *text)
{
	char buf[96], small[8];
	int len = xmap_format_range(buf, sizeof(buf), r);

	if (strcmp(buf, text) || len != (int)strlen(text)) {
		printf("# it says \"%s\"\n", buf);
		ktap_fail(__FILE__, line, text);
	}
	len = xmap_format_range(small, sizeof(small), r);
	if (len != 7 || strncmp(small, text, 7))
		ktap_fail(__FILE__, line, "cut line");
}

#define expect_line(r, text) line_is(__LINE__, r, text)

static void text(void)
{
	char buf[96];
	unsigned int i;

	expect_line(&((struct xmap_range){ 0x100, 0x10, 0, XMAP_KEEP, 0 }),
		    "keep     pfn 0x100-0x10f (16 pages)");
	expect_line(&((struct xmap_range){ 0x100, 1, 0x100000, XMAP_MOVE, 0 }),
		    "move     pfn 0x100-0x100 to pfn 0x100000 (1 pages)");
	expect_line(&((struct xmap_range){ 0x100, 2, 0x810, XMAP_ALIAS, 0 }),
		    "alias    pfn 0x100-0x101 is mfn 0x810 (2 pages)");
	expect_line(&((struct xmap_range){ 0x100, 2, 0, 77, 0 }),
		    "unknown  pfn 0x100-0x101 (2 pages)");
	xmap_format_entry(buf, sizeof(buf), &(struct xmap_entry){ 0x1000, 0x2000, XMAP_NVS });
	expect(!strcmp(buf, "[mem 0x0000000000001000-0x0000000000001fff] NVS"));
	for (i = 0; i < XMAP_NR_NOTES; i++)
		expect(strlen(xmap_note_text(i)) > 10 && strlen(xmap_note_text(i)) < 80);
	expect(!*xmap_note_text(XMAP_NR_NOTES));
}

static void comparing(void)
{
	start(true, 2 * GIB);
	use_map(&real_maps[3]);
	plan_it();
	memset(&s2, 0xa5, sizeof(s2));
	subject_run(&s2, &in);
	expect(xmap_same_plan(&s.plan, &s2.plan));
	s2.plan.p2m[1].nr++;
	expect(!xmap_same_plan(&s.plan, &s2.plan));
	s2.plan.p2m[1].nr--;
	s2.plan.action[0].to++;
	expect(!xmap_same_plan(&s.plan, &s2.plan));
	s2.plan.action[0].to--;
	s2.plan.e820.entry[0].type++;
	expect(!xmap_same_plan(&s.plan, &s2.plan));
}

static const struct ktap_case units[] = {
	{ "sanitise: unsorted, overlapping entries: precedence, any order", unsorted_overlapping },
	{ "sanitise: duplicates", duplicates },
	{ "sanitise: entries of size 0 and below a page", empty_and_small },
	{ "sanitise: ends within a page", unaligned },
	{ "sanitise: ends that wrap", wrapping },
	{ "sanitise: addresses beyond the kernel's and the CPU's limit", huge_addresses },
	{ "sanitise: unknown types, persistent memory", odd_types },
	{ "sanitise: UNUSABLE in dom0 and domU", unusable },
	{ "sanitise: low memory of dom0, iBFT", low_memory },
	{ "sanitise: map of a PVH domain", pvh },
	{ "sanitise: PVH: UNUSABLE within a page, RAM that wraps", pvh_edges },
	{ "sanitise: the longest map there can be", longest_map },
	{ "holes: error or no entry: domU", no_map },
	{ "holes: error: dom0", no_map_in_dom0 },
	{ "holes: no RAM at all", no_ram },
	{ "holes: a single entry without a page of RAM", no_ram_in_one_entry },
	{ "holes: a single entry", single_entry },
	{ "holes: xen.pci_hole=", own_hole },
	{ "holes: a table that is full", cut_map },
	{ "plan: non-RAM in the first MiB of a domU", low_entry_of_domu },
	{ "plan: one layout for all hosts, hole at 512 MiB", hole_at_512m },
	{ "plan: the same memory with and without host holes", with_and_without_host_holes },
	{ "plan: real maps, dom0_mem below, at and above holes, mem=", real_hosts },
	{ "plan: 64 holes", many_holes },
	{ "plan: less RAM than frames", too_little_ram },
	{ "plan: RAM above 4 GiB only", ram_above_4g_only },
	{ "plan: page tables that nothing is left for", bare_tables },
	{ "plan: extra memory, more than 128 regions", extra_memory },
	{ "plan: mem=", mem_limits },
	{ "plan: limit of 512 GiB", limit_of_512g },
	{ "plan: memory to boot with", boot_memory },
	{ "plan: holes over kernel, start info, page tables in dom0", fixed_objects_in_dom0 },
	{ "plan: holes over each object in a domU", fixed_objects_in_domu },
	{ "plan: holes over initrd and P2M list", movable_objects },
	{ "plan: objects beyond the frames", objects_beyond_frames },
	{ "plan: bad input", bad_input },
	{ "plan: arrays too short", short_arrays },
	{ "plan: an e820 that is too short", short_table },
	{ "plan: an e820 that is too short, and an initrd that is copied", short_table_under_copy },
	{ "p2m: leaves of small and large domains", leaf_counts },
	{ "p2m: leaves beyond 512 GiB", leaves_at_512g },
	{ "p2m: room for the builder's list with mem= below its end", area_of_cut_memory },
	{ "p2m: who waits for a frame is missing", p2m_of_moved_memory },
	{ "apply: batches", batches },
	{ "apply: parts of a kind within a stretch", parts_of_a_stretch },
	{ "options: mem= and memmap= end RAM", ram_limits },
	{ "hot-plug: where memory may be added", hotplug },
	{ "text: lines of plans and maps, notes", text },
	{ "plans can be compared", comparing },
};

int main(void)
{
	return ktap_run("memory", units, ARRAY_SIZE(units));
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of what a PV domain makes of Xen's memory map.
 *
 * tools/testing/host/memory tests the same code with more maps than a boot has time for.  Here
 * it is shown to do the same in the kernel, where types, sizes and helpers are others.
 */

#include <kunit/test.h>

#include <linux/sizes.h>

#include "../memmap.h"

#define KERNEL		0		/* index of the kernel among the objects */
#define INITRD		1
#define PFN(bytes)	((u64)(bytes) >> XMAP_PAGE_SHIFT)
#define AREA_PFNS	PFN(SZ_512G)	/* of a P2M with room for hot-plug */

/* All arrays are as long as in a boot. */
struct fixture {
	struct xmap_raw raw[XMAP_MAX_RAW];
	struct xmap_edge edges[XMAP_MAX_EDGES];
	struct xmap_entry map_entry[XMAP_MAX_ENTRIES];
	struct xmap_entry e820_entry[XMAP_MAX_ENTRIES];
	struct xmap_range p2m[XMAP_MAX_RANGES];
	struct xmap_range action[XMAP_MAX_RANGES];
	struct xmap_leaves leaves[XMAP_MAX_LEAVES];
	struct xmap_object object[2];
	struct xmap_source src;
	struct xmap_domain dom;
	struct xmap map;
	struct xmap_plan plan;
};

/* A domain with a kernel of 32 MiB at 16 MiB, an initrd of 16 MiB behind it, and no map. */
static int __init start(struct kunit *test)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, f);
	test->priv = f;

	f->object[KERNEL] = (struct xmap_object){ "kernel", PFN(SZ_16M), PFN(SZ_32M) };
	f->object[INITRD] = (struct xmap_object){
		.name = "initrd",
		.pfn = PFN(SZ_16M + SZ_32M),
		.nr = PFN(SZ_16M),
		.movable = true,
	};
	f->src.raw = f->raw;
	f->src.capacity = XMAP_MAX_RAW;
	f->src.low_reserved = 0xa0000;
	f->src.fixed_end = SZ_16M + SZ_32M;
	f->dom.object = f->object;
	f->dom.nr_objects = ARRAY_SIZE(f->object);
	f->dom.max_extra = 128;
	f->map.entry = f->map_entry;
	f->map.max = XMAP_MAX_ENTRIES;
	f->plan.e820.entry = f->e820_entry;
	f->plan.e820.max = XMAP_MAX_ENTRIES;
	f->plan.p2m = f->p2m;
	f->plan.max_p2m = XMAP_MAX_RANGES;
	f->plan.action = f->action;
	f->plan.max_action = XMAP_MAX_RANGES;
	return 0;
}

static void __init add(struct fixture *f, u64 addr, u64 size, u32 type)
{
	f->raw[f->src.nr++] = (struct xmap_raw){ .addr = addr, .size = size, .type = type };
}

static int __init plan(struct kunit *test, bool dom0, u64 bytes)
{
	struct fixture *f = test->priv;

	f->src.dom0 = dom0;
	f->src.nr_pages = PFN(bytes);
	f->dom.dom0 = dom0;
	f->dom.nr_pages = PFN(bytes);
	f->dom.max_pages = f->dom.max_pages ?: PFN(bytes);
	KUNIT_ASSERT_EQ(test, 0, xmap_build(&f->src, f->edges, &f->map));
	return xmap_make_plan(&f->map, &f->dom, &f->plan);
}

static u32 __init kind_at(const struct fixture *f, u64 addr)
{
	const struct xmap_range *r = xmap_find(&f->plan, PFN(addr));

	return r ? r->kind : XMAP_IDENTITY;
}

/* Sorted, disjoint, not empty; no frame counted twice or not at all. */
static void __init expect_sound(struct kunit *test)
{
	const struct fixture *f = test->priv;
	const u64 *pages = f->plan.pages;
	u64 end = 0;

	for (int i = 0; i < f->plan.e820.nr; i++) {
		const struct xmap_entry *e = &f->plan.e820.entry[i];

		KUNIT_EXPECT_GE_MSG(test, e->start, end, "entry %d", i);
		KUNIT_EXPECT_GT_MSG(test, e->end, e->start, "entry %d", i);
		end = e->end;
	}
	KUNIT_EXPECT_EQ(test, pages[XMAP_TARGET], pages[XMAP_MOVE]);
	KUNIT_EXPECT_EQ(test, f->dom.nr_pages, pages[XMAP_KEEP] + pages[XMAP_HELD] +
						pages[XMAP_MOVE] + pages[XMAP_RELEASE]);
}

static void __init any_order_is_sorted(struct kunit *test)
{
	struct fixture *f = test->priv;

	add(f, SZ_4G, SZ_256M, XMAP_RAM);
	add(f, 0xe0000000, SZ_256M, XMAP_RESERVED);
	add(f, SZ_128M, SZ_64M, XMAP_UNUSABLE);
	add(f, 0, SZ_256M, XMAP_RAM);
	KUNIT_ASSERT_EQ(test, 0, plan(test, false, SZ_256M));
	expect_sound(test);
	KUNIT_EXPECT_EQ(test, XMAP_KEEP, kind_at(f, SZ_64M));
	KUNIT_EXPECT_EQ(test, XMAP_IDENTITY, kind_at(f, SZ_128M));
	KUNIT_EXPECT_EQ(test, XMAP_IDENTITY, kind_at(f, 0xe0000000));
	KUNIT_EXPECT_EQ(test, PFN(SZ_64M), f->plan.pages[XMAP_MOVE]);
	KUNIT_EXPECT_TRUE(test, f->map.pci_possible);
}

static void __init nonsense_is_survived(struct kunit *test)
{
	struct fixture *f = test->priv;

	add(f, 0, SZ_256M, XMAP_RAM);
	add(f, SZ_512M, U64_MAX, XMAP_RESERVED);
	add(f, SZ_128M, 0, XMAP_RESERVED);
	add(f, SZ_128M + 5, 17, 0xefffffff);
	add(f, 1ULL << 52, SZ_1G, XMAP_RAM);
	KUNIT_ASSERT_EQ(test, 0, plan(test, false, SZ_256M));
	expect_sound(test);
	KUNIT_EXPECT_EQ(test, XMAP_IDENTITY, kind_at(f, SZ_128M));
	KUNIT_EXPECT_TRUE(test, f->plan.notes & BIT(XMAP_NOTE_WRAP));
	KUNIT_EXPECT_TRUE(test, f->plan.notes & BIT(XMAP_NOTE_TYPE));
}

static void __init no_map_is_ram(struct kunit *test)
{
	struct fixture *f = test->priv;

	f->src.error = -EPERM;
	KUNIT_ASSERT_EQ(test, 0, plan(test, false, SZ_256M));
	expect_sound(test);
	KUNIT_EXPECT_EQ(test, PFN(SZ_256M), f->plan.pages[XMAP_KEEP] + f->plan.pages[XMAP_HELD]);
	KUNIT_EXPECT_FALSE(test, f->map.pci_possible);
	KUNIT_EXPECT_FALSE(test, f->map.authoritative);
}

static void __init own_hole_costs_no_memory(struct kunit *test)
{
	struct fixture *f = test->priv;

	add(f, 0, SZ_512M, XMAP_RAM);
	f->src.pci_hole = SZ_256M;
	KUNIT_ASSERT_EQ(test, 0, plan(test, false, SZ_512M));
	expect_sound(test);
	KUNIT_EXPECT_EQ(test, PFN(SZ_256M), f->plan.pages[XMAP_MOVE]);
	KUNIT_EXPECT_EQ(test, 0, f->plan.pages[XMAP_RELEASE]);
	KUNIT_EXPECT_EQ(test, XMAP_IDENTITY, kind_at(f, SZ_256M));
	KUNIT_EXPECT_EQ(test, XMAP_TARGET, kind_at(f, SZ_4G));
	KUNIT_EXPECT_TRUE(test, f->map.pci_possible);
}

static void __init mem_limit_releases(struct kunit *test)
{
	struct fixture *f = test->priv;

	add(f, 0, SZ_512M, XMAP_RAM);
	add(f, 0xe0000000, SZ_256M, XMAP_RESERVED);
	f->dom.mem_pfn = PFN(SZ_128M);
	KUNIT_ASSERT_EQ(test, 0, plan(test, true, SZ_512M));
	expect_sound(test);
	KUNIT_EXPECT_EQ(test, PFN(SZ_128M), f->plan.ram_end);
	KUNIT_EXPECT_GE(test, f->plan.pages[XMAP_RELEASE], PFN(SZ_256M + SZ_128M));
}

static void __init initrd_gets_out_of_a_hole(struct kunit *test)
{
	struct fixture *f = test->priv;
	const struct xmap_range *copy = &f->action[0];

	add(f, 0, SZ_16M + SZ_32M, XMAP_RAM);
	add(f, SZ_16M + SZ_32M, SZ_16M, XMAP_RESERVED);
	add(f, SZ_64M, SZ_512M, XMAP_RAM);
	KUNIT_ASSERT_EQ(test, 0, plan(test, true, SZ_256M));
	expect_sound(test);
	KUNIT_ASSERT_GT(test, f->plan.nr_action, 0U);
	KUNIT_EXPECT_EQ(test, XMAP_COPY, (int)copy->kind);
	KUNIT_EXPECT_EQ(test, INITRD, (int)copy->object);
	KUNIT_EXPECT_EQ(test, XMAP_KEEP, kind_at(f, copy->to << XMAP_PAGE_SHIFT));
}

static void __init nvs_gives_way_to_the_kernel(struct kunit *test)
{
	struct fixture *f = test->priv;

	add(f, 0, SZ_16M, XMAP_RAM);
	add(f, SZ_16M, SZ_2M, XMAP_NVS);
	add(f, SZ_16M + SZ_2M, SZ_1G, XMAP_RAM);
	KUNIT_ASSERT_EQ(test, 0, plan(test, true, SZ_256M));
	expect_sound(test);
	KUNIT_EXPECT_EQ(test, XMAP_KEEP, kind_at(f, SZ_16M));
	KUNIT_EXPECT_EQ(test, PFN(SZ_2M), f->plan.pages[XMAP_ALIAS]);
}

/* A guest needs no hole where its kernel is; dom0 cannot do without the device. */
static void __init reserved_stops_only_dom0(struct kunit *test)
{
	struct fixture *f = test->priv;
	char text[256];

	add(f, 0, SZ_16M, XMAP_RAM);
	add(f, SZ_16M, SZ_2M, XMAP_RESERVED);
	add(f, SZ_16M + SZ_2M, SZ_1G, XMAP_RAM);
	KUNIT_EXPECT_EQ(test, -EBUSY, plan(test, true, SZ_256M));
	xmap_format_error(text, sizeof(text), &f->plan.error);
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, "kernel at [mem 0x1000000-0x2ffffff]"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, "RESERVED at [mem 0x1000000-0x11fffff]"));

	KUNIT_ASSERT_EQ(test, 0, plan(test, false, SZ_256M));
	expect_sound(test);
	KUNIT_EXPECT_EQ(test, XMAP_KEEP, kind_at(f, SZ_16M));
}

/* Pieces of all actions fill batches; none is left out, none comes twice. */
static void __init batches_are_full(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct xmap_cursor cursor = {};
	struct xmap_segment seg;
	u64 nr = 0, batches = 0, room = 1000;

	for (int i = 0; i < 64; i++)
		add(f, i * SZ_4M, SZ_4M - SZ_1M, XMAP_RAM);
	add(f, SZ_4G, SZ_256M, XMAP_RAM);
	KUNIT_ASSERT_EQ(test, 0, plan(test, false, SZ_256M));
	expect_sound(test);

	while (xmap_next_segment(&f->plan, XMAP_MOVE, &cursor, room, &seg)) {
		KUNIT_EXPECT_LE(test, seg.nr, room);
		nr += seg.nr;
		room -= seg.nr;
		if (!room) {
			batches++;
			room = 1000;
		}
	}
	KUNIT_EXPECT_EQ(test, f->plan.pages[XMAP_MOVE], nr);
	KUNIT_EXPECT_EQ(test, DIV_ROUND_UP(nr, 1000), batches + (room != 1000));
}

static u64 __init count_leaves(const struct fixture *f, int nr, u32 kind)
{
	u64 sum = 0;

	for (int i = 0; i < nr; i++) {
		if (f->leaves[i].kind == kind)
			sum += f->leaves[i].nr;
	}
	return sum;
}

/* 1 GiB of frames, 3 GiB to balloon in, nothing else up to 512 GiB. */
static void __init leaves_follow_ranges(struct kunit *test)
{
	struct fixture *f = test->priv;
	u64 per_gib = XMAP_PMD_LEAVES;
	int nr;

	add(f, 0, SZ_4G, XMAP_RAM);
	f->dom.max_pages = PFN(SZ_4G);
	KUNIT_ASSERT_EQ(test, 0, plan(test, false, SZ_1G));
	nr = xmap_plan_leaves(&f->plan, AREA_PFNS, f->leaves, XMAP_MAX_LEAVES);
	KUNIT_ASSERT_GT(test, nr, 0);
	KUNIT_EXPECT_EQ(test, per_gib, count_leaves(f, nr, XMAP_LEAF_OWN));
	KUNIT_EXPECT_EQ(test, 3 * per_gib, count_leaves(f, nr, XMAP_PMD_MISSING));
	KUNIT_EXPECT_EQ(test, 508 * per_gib, count_leaves(f, nr, XMAP_PMD_IDENTITY));
	KUNIT_EXPECT_LE(test, nr, 4);
}

/* Memory on both sides of 512 GiB, with an area that ends there and one that does not. */
static void __init area_reaches_beyond_512_gib(struct kunit *test)
{
	struct fixture *f = test->priv;
	int nr;

	add(f, 0, SZ_128M, XMAP_RAM);
	add(f, SZ_512G - SZ_64M, SZ_128M, XMAP_RAM);
	KUNIT_ASSERT_EQ(test, 0, plan(test, false, SZ_256M));
	expect_sound(test);
	KUNIT_EXPECT_EQ(test, PFN(SZ_512G + SZ_64M), f->plan.p2m_pfns);
	KUNIT_EXPECT_EQ(test, XMAP_TARGET, kind_at(f, SZ_512G));

	nr = xmap_plan_leaves(&f->plan, AREA_PFNS, f->leaves, XMAP_MAX_LEAVES);
	KUNIT_EXPECT_EQ(test, -EINVAL, nr);
	nr = xmap_plan_leaves(&f->plan, 2 * AREA_PFNS, f->leaves, XMAP_MAX_LEAVES);
	KUNIT_ASSERT_GT(test, nr, 0);
	KUNIT_EXPECT_EQ(test, PFN(SZ_256M) / XMAP_LEAF_PFNS,
			count_leaves(f, nr, XMAP_LEAF_OWN));
}

/* 30 holes of a page each, and no room for them: e820 and P2M agree on what is left. */
static void __init a_short_e820_loses_nothing_by_halves(struct kunit *test)
{
	struct fixture *f = test->priv;
	u64 ram = 0;

	add(f, 0, SZ_2G, XMAP_RAM);
	for (int i = 0; i < 30; i++)
		add(f, SZ_256M + i * SZ_1M, SZ_4K, XMAP_RESERVED);
	f->dom.max_e820 = 16;
	KUNIT_ASSERT_EQ(test, 0, plan(test, true, SZ_1G));
	expect_sound(test);
	KUNIT_EXPECT_LE(test, f->plan.e820.nr, 16);
	KUNIT_EXPECT_TRUE(test, f->plan.notes & 1U << XMAP_NOTE_SHORTENED);
	for (int i = 0; i < f->plan.e820.nr; i++) {
		if (f->e820_entry[i].type == XMAP_RAM)
			ram += PFN(f->e820_entry[i].end - f->e820_entry[i].start);
	}
	KUNIT_EXPECT_EQ(test, ram, f->plan.pages[XMAP_KEEP] + f->plan.pages[XMAP_TARGET] +
				   f->plan.pages[XMAP_EXTRA]);
}

static struct kunit_case xen_memmap_cases[] __initdata = {
	KUNIT_CASE(any_order_is_sorted),
	KUNIT_CASE(nonsense_is_survived),
	KUNIT_CASE(no_map_is_ram),
	KUNIT_CASE(own_hole_costs_no_memory),
	KUNIT_CASE(mem_limit_releases),
	KUNIT_CASE(initrd_gets_out_of_a_hole),
	KUNIT_CASE(nvs_gives_way_to_the_kernel),
	KUNIT_CASE(reserved_stops_only_dom0),
	KUNIT_CASE(batches_are_full),
	KUNIT_CASE(a_short_e820_loses_nothing_by_halves),
	KUNIT_CASE(leaves_follow_ranges),
	KUNIT_CASE(area_reaches_beyond_512_gib),
	{}
};

static struct kunit_suite xen_memmap_suite __initdata = {
	.name = "xen_memmap",
	.init = start,
	.test_cases = xen_memmap_cases,
};
kunit_test_init_section_suites(&xen_memmap_suite);

MODULE_DESCRIPTION("KUnit tests of memory maps of Xen PV domains");
MODULE_LICENSE("GPL");

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of what the P2M is made from: types of entries, leaves, contents of private ones.
 */

#include <kunit/test.h>

#include <asm/xen/page.h>

#include "../p2m_layout.h"

#define LEAF		XMAP_LEAF_PFNS
#define LIST_LEAVES	6
#define GIB_512		(512 * P2M_PFNS_PER_GIB)
#define MAX_OUT		32

/**
 * struct layout - a P2M and what is made of it
 * @boot:	what is known of it
 * @list:	the builder's list, all frames
 * @plan:	the plan: the list is RAM, and then comes what a test adds
 * @range:	its states
 * @leaves:	leaves
 */
struct layout {
	struct p2m_boot boot;
	unsigned long list[LIST_LEAVES * LEAF];
	struct xmap_plan plan;
	struct xmap_range range[8];
	struct xmap_leaves leaves[MAX_OUT];
};

/* States follow each other without a gap. */
static void __init add_state(struct layout *l, u64 end, u16 kind)
{
	l->range[l->plan.nr_p2m++] = (struct xmap_range){
		.pfn = l->plan.p2m_pfns, .nr = end - l->plan.p2m_pfns, .kind = kind,
	};
	l->plan.p2m_pfns = end;
}

static struct layout *__init empty_layout(struct kunit *test)
{
	struct layout *l = kunit_kzalloc(test, sizeof(*l), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, l);
	for (i = 0; i < ARRAY_SIZE(l->list); i++)
		l->list[i] = 0x1000 + i;
	l->boot.list = l->list;
	l->boot.list_pfns = ARRAY_SIZE(l->list);
	l->boot.plan = &l->plan;
	l->plan.p2m = l->range;
	return l;
}

static struct layout *__init new_layout(struct kunit *test)
{
	struct layout *l = empty_layout(test);

	add_state(l, LIST_LEAVES * LEAF, XMAP_KEEP);
	return l;
}

static void __init set_identity(struct layout *l, u64 pfn, u64 nr)
{
	u64 end = pfn + nr;

	for (; pfn < end; pfn++)
		l->list[pfn] = IDENTITY_FRAME(pfn);
}

/* Plan @l for an area of @pfns. Returns elements of l->leaves. */
static int __init plan(struct layout *l, u64 pfns)
{
	return xmap_plan_leaves(&l->plan, pfns, l->leaves, MAX_OUT);
}

static void __init expect_leaves(struct kunit *test, const struct layout *l, int found,
				 const struct xmap_leaves *wanted, int nr)
{
	int i;

	KUNIT_ASSERT_EQ(test, found, nr);
	for (i = 0; i < nr; i++) {
		KUNIT_EXPECT_EQ_MSG(test, l->leaves[i].leaf, wanted[i].leaf, "element %d", i);
		KUNIT_EXPECT_EQ_MSG(test, l->leaves[i].nr, wanted[i].nr, "element %d", i);
		KUNIT_EXPECT_EQ_MSG(test, l->leaves[i].kind, wanted[i].kind, "element %d", i);
	}
}

static void __init entry_types(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, p2m_entry_type(5, INVALID_P2M_ENTRY), P2M_MISSING);
	KUNIT_EXPECT_EQ(test, p2m_entry_type(5, IDENTITY_FRAME(5UL)), P2M_IDENTITY);
	KUNIT_EXPECT_EQ(test, p2m_entry_type(5, IDENTITY_FRAME(6UL)), P2M_MEMORY);
	KUNIT_EXPECT_EQ(test, p2m_entry_type(5, FOREIGN_FRAME(5UL)), P2M_FOREIGN);
	KUNIT_EXPECT_EQ(test, p2m_entry_type(5, 5), P2M_MEMORY);
	KUNIT_EXPECT_EQ(test, p2m_entry_type(0, 0), P2M_MEMORY);
	KUNIT_EXPECT_EQ(test, p2m_entry_type(0, IDENTITY_FRAME(0UL)), P2M_IDENTITY);
}

static void __init area_size(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, p2m_area_pfns(1, 1, 0), P2M_PMD_PFNS);
	KUNIT_EXPECT_EQ(test, p2m_area_pfns(1, P2M_PMD_PFNS, 0), P2M_PMD_PFNS);
	KUNIT_EXPECT_EQ(test, p2m_area_pfns(1, P2M_PMD_PFNS + 1, 0), 2 * P2M_PMD_PFNS);
	KUNIT_EXPECT_EQ(test, p2m_area_pfns(1, 1, 512), GIB_512);
	KUNIT_EXPECT_EQ(test, p2m_area_pfns(1, GIB_512, 512), GIB_512);
	KUNIT_EXPECT_EQ(test, p2m_area_pfns(1, GIB_512 + 1, 512), GIB_512 + P2M_PMD_PFNS);
	KUNIT_EXPECT_EQ(test, p2m_area_pfns(P2M_PMD_PFNS + 1, 1, 0), 2 * P2M_PMD_PFNS);
}

static void __init a_plain_guest(struct kunit *test)
{
	static const struct xmap_leaves wanted[] = {
		{ 0, LIST_LEAVES, XMAP_LEAF_OWN },
		{ LIST_LEAVES, 512 - LIST_LEAVES, XMAP_LEAF_IDENTITY },
		{ 512, 511 * 512, XMAP_PMD_IDENTITY },
	};
	struct layout *l = new_layout(test);

	expect_leaves(test, l, plan(l, GIB_512), wanted, ARRAY_SIZE(wanted));
}

static void __init holes_and_missing(struct kunit *test)
{
	static const struct xmap_leaves wanted[] = {
		{ 0, 1, XMAP_LEAF_OWN },
		{ 1, 1, XMAP_LEAF_IDENTITY },
		{ 2, 1, XMAP_LEAF_OWN },
		{ 3, 1, XMAP_LEAF_MISSING },
		{ 4, 2, XMAP_LEAF_OWN },
		{ 6, 506, XMAP_LEAF_IDENTITY },
	};
	struct layout *l = empty_layout(test);

	add_state(l, LEAF, XMAP_KEEP);
	add_state(l, 2 * LEAF + 1, XMAP_IDENTITY);
	add_state(l, 3 * LEAF, XMAP_KEEP);
	add_state(l, 4 * LEAF, XMAP_UNUSED);
	add_state(l, 5 * LEAF + 1, XMAP_KEEP);
	add_state(l, 6 * LEAF, XMAP_UNUSED);
	expect_leaves(test, l, plan(l, P2M_PMD_PFNS), wanted, ARRAY_SIZE(wanted));
}

static void __init extra_memory_is_shared(struct kunit *test)
{
	static const struct xmap_leaves wanted[] = {
		{ 0, LIST_LEAVES, XMAP_LEAF_OWN },
		{ 6, 506, XMAP_LEAF_MISSING },
		{ 512, 2 * 512, XMAP_PMD_MISSING },
		{ 1536, 1, XMAP_LEAF_OWN },
		{ 1537, 511, XMAP_LEAF_IDENTITY },
		{ 2048, 508 * 512, XMAP_PMD_IDENTITY },
	};
	struct layout *l = new_layout(test);

	add_state(l, 1536 * LEAF + 1, XMAP_EXTRA);
	expect_leaves(test, l, plan(l, GIB_512), wanted, ARRAY_SIZE(wanted));
}

static void __init extra_memory_up_to_512_gib(struct kunit *test)
{
	static const struct xmap_leaves wanted[] = {
		{ 0, LIST_LEAVES, XMAP_LEAF_OWN },
		{ 6, 506, XMAP_LEAF_IDENTITY },
		{ 512, 510 * 512, XMAP_PMD_IDENTITY },
		{ 511 * 512, 511, XMAP_LEAF_IDENTITY },
		{ 512 * 512 - 1, 2, XMAP_LEAF_OWN },
		{ 512 * 512 + 1, 511, XMAP_LEAF_IDENTITY },
	};
	struct layout *l = new_layout(test);

	add_state(l, GIB_512 - 1, XMAP_IDENTITY);
	add_state(l, GIB_512 + 1, XMAP_EXTRA);
	expect_leaves(test, l, plan(l, GIB_512 + P2M_PMD_PFNS), wanted,
		      ARRAY_SIZE(wanted));
	KUNIT_EXPECT_EQ(test, plan(l, GIB_512), -EINVAL);
}

/* Nothing has to be made private, and no memory be had, when the frames come. */
static void __init moved_memory_has_leaves(struct kunit *test)
{
	static const struct xmap_leaves wanted[] = {
		{ 0, LIST_LEAVES + 3, XMAP_LEAF_OWN },
		{ LIST_LEAVES + 3, 509 - LIST_LEAVES, XMAP_LEAF_MISSING },
		{ 512, 511 * 512, XMAP_PMD_IDENTITY },
	};
	struct layout *l = new_layout(test);

	add_state(l, (LIST_LEAVES + 2) * LEAF + 1, XMAP_TARGET);
	add_state(l, P2M_PMD_PFNS, XMAP_EXTRA);
	expect_leaves(test, l, plan(l, GIB_512), wanted, ARRAY_SIZE(wanted));
}

static void __init leaf_contents(struct kunit *test)
{
	unsigned long *leaf = kunit_kzalloc(test, P2M_LEAF_BYTES, GFP_KERNEL);
	u64 first = LIST_LEAVES * LEAF, i;
	struct layout *l = new_layout(test);

	KUNIT_ASSERT_NOT_NULL(test, leaf);
	add_state(l, first + 2, XMAP_TARGET);
	add_state(l, first + 3, XMAP_EXTRA);
	add_state(l, first + 5, XMAP_IDENTITY);
	add_state(l, first + 6, XMAP_UNUSED);
	add_state(l, first + 9, XMAP_ALIAS);
	l->range[l->plan.nr_p2m - 1].to = 0x800;

	p2m_fill_leaf(&l->boot, LIST_LEAVES - 1, leaf);
	KUNIT_EXPECT_EQ(test, leaf[0], 0x1000 + first - LEAF);
	KUNIT_EXPECT_EQ(test, leaf[LEAF - 1], 0x1000 + first - 1);

	p2m_fill_leaf(&l->boot, LIST_LEAVES, leaf);
	KUNIT_EXPECT_EQ(test, leaf[0], INVALID_P2M_ENTRY);
	KUNIT_EXPECT_EQ(test, leaf[2], INVALID_P2M_ENTRY);
	KUNIT_EXPECT_EQ(test, leaf[3], IDENTITY_FRAME(first + 3));
	KUNIT_EXPECT_EQ(test, leaf[5], INVALID_P2M_ENTRY);
	KUNIT_EXPECT_EQ(test, leaf[6], 0x800);
	KUNIT_EXPECT_EQ(test, leaf[8], 0x802);
	KUNIT_EXPECT_EQ(test, leaf[9], IDENTITY_FRAME(first + 9));
	KUNIT_EXPECT_EQ(test, leaf[LEAF - 1], IDENTITY_FRAME(first + LEAF - 1));
	for (i = 0; i < LEAF; i++)
		KUNIT_EXPECT_EQ(test, leaf[i], p2m_planned_entry(&l->plan, first + i));
}

/* What the toolstack leaves of a leaf: new frames, and nothing where it knows of none. */
static void __init play_restore(unsigned long *entry)
{
	unsigned int i;

	for (i = 0; i < LEAF; i++)
		entry[i] = entry[i] < 0x100000 ? entry[i] + 0x100000 : INVALID_P2M_ENTRY;
}

/* A hole in the midst of a leaf, and one that begins there: PFNs 3 to 6, and 500 on. */
static void __init identity_outlives_a_restore(struct kunit *test)
{
	struct xmap_range range[] = {
		{ .pfn = 0, .nr = 3 }, { .pfn = 3, .nr = 4, .kind = XMAP_IDENTITY },
		{ .pfn = 7, .nr = 493 }, { .pfn = 500, .nr = 12, .kind = XMAP_IDENTITY },
	};
	struct xmap_plan plan = { .p2m = range, .nr_p2m = 4, .p2m_pfns = 512 };
	unsigned long *leaf = kunit_kzalloc(test, P2M_LEAF_BYTES, GFP_KERNEL);
	unsigned long hidden[P2M_BITMAP_WORDS] = {};
	struct layout *l = new_layout(test);
	u64 cursor = 0, edge, pfn;
	unsigned int nr = 0;

	KUNIT_ASSERT_NOT_NULL(test, leaf);
	set_identity(l, 3, 4);
	set_identity(l, 500, 12);
	p2m_fill_leaf(&l->boot, 0, leaf);
	while (p2m_next_edge(&plan, &cursor, &edge)) {
		KUNIT_EXPECT_LE(test, edge, 1);
		if (!edge)
			nr += p2m_hide_identity(0, leaf, hidden);
	}
	KUNIT_EXPECT_EQ(test, nr, 16);

	play_restore(leaf);
	for (pfn = 0; pfn < LEAF; pfn++) {
		bool hole = pfn >= 500 || (pfn >= 3 && pfn < 7);

		KUNIT_EXPECT_EQ_MSG(test, p2m_entry_seen(pfn, leaf[pfn], hidden),
				    hole ? IDENTITY_FRAME(pfn) : 0x101000 + pfn, "PFN %llu", pfn);
		if (hole)
			KUNIT_EXPECT_EQ(test, leaf[pfn], INVALID_P2M_ENTRY);
	}
}

/*
 * The live P2M, which has no entry at all unless this is a PV domain: memory that is added
 * beyond it would be taken for missing, and read as identity.
 */
static void __init beyond_is_an_error(struct kunit *test)
{
	unsigned long pfn = xen_p2m_size;

	KUNIT_EXPECT_FALSE(test, set_phys_to_machine(pfn, INVALID_P2M_ENTRY));
	KUNIT_EXPECT_FALSE(test, set_phys_to_machine(pfn, 5));
	KUNIT_EXPECT_TRUE(test, set_phys_to_machine(pfn, IDENTITY_FRAME(pfn)));
	KUNIT_EXPECT_EQ(test, get_phys_to_machine(pfn), IDENTITY_FRAME(pfn));
}

static struct kunit_case xen_p2m_cases[] __initdata = {
	KUNIT_CASE(entry_types),
	KUNIT_CASE(area_size),
	KUNIT_CASE(a_plain_guest),
	KUNIT_CASE(holes_and_missing),
	KUNIT_CASE(extra_memory_is_shared),
	KUNIT_CASE(extra_memory_up_to_512_gib),
	KUNIT_CASE(moved_memory_has_leaves),
	KUNIT_CASE(leaf_contents),
	KUNIT_CASE(identity_outlives_a_restore),
	KUNIT_CASE(beyond_is_an_error),
	{}
};

static struct kunit_suite xen_p2m_suite __initdata = {
	.name = "xen_p2m",
	.test_cases = xen_p2m_cases,
};
kunit_test_init_section_suites(&xen_p2m_suite);

MODULE_DESCRIPTION("KUnit tests of what the P2M is made from");
MODULE_LICENSE("GPL");

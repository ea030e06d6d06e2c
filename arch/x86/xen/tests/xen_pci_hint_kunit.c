// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of what a PV guest says of a PCI device that it got.
 */

#include <kunit/test.h>

#include <linux/string.h>

#include "../pci_hint.h"

#define ENOUGH	256

static const struct xen_pci_span bar = { 0xfeb80000, 0xfeb9ffff };

struct span_case {
	struct xen_pci_span mem;
	bool hit;
};

static const struct span_case span_cases[] = {
	/* 1 */ { { 0, 0xfeb7ffff }, false },
	/* 2 */ { { 0, 0xfeb80000 }, true },
	/* 3 */ { { 0xfeb90000, 0xfeb90fff }, true },
	/* 4 */ { { 0xfeb9ffff, 0x1ffffffff }, true },
	/* 5 */ { { 0xfeba0000, 0x1ffffffff }, false },
	/* 6 */ { { 0, U64_MAX }, true },
	/* 7 */ { { 0x1feb80000, 0x1feb9ffff }, false },
};

static void any_overlap_hits(struct kunit *test)
{
	for (int i = 0; i < ARRAY_SIZE(span_cases); i++) {
		struct xen_pci_hint hint = {};

		xen_pci_hint_note(&hint, 2, &bar, &span_cases[i].mem, XEN_BAR_RAM);
		KUNIT_EXPECT_EQ_MSG(test, hint.hit,
				    span_cases[i].hit ? XEN_BAR_RAM : XEN_BAR_CLEAR,
				    "case %d", i + 1);
	}
}

static void first_of_the_worst_stays(struct kunit *test)
{
	struct xen_pci_hint hint = {};

	xen_pci_hint_note(&hint, 0, &bar, &bar, XEN_BAR_CLEAR);
	KUNIT_EXPECT_EQ(test, hint.hit, XEN_BAR_CLEAR);
	xen_pci_hint_note(&hint, 1, &bar, &bar, XEN_BAR_EXTRA);
	KUNIT_EXPECT_EQ(test, hint.bar, 1);
	xen_pci_hint_note(&hint, 2, &bar, &bar, XEN_BAR_EXTRA);
	KUNIT_EXPECT_EQ(test, hint.bar, 1);
	xen_pci_hint_note(&hint, 3, &bar, &bar, XEN_BAR_RAM);
	KUNIT_EXPECT_EQ(test, hint.bar, 3);
	xen_pci_hint_note(&hint, 4, &bar, &bar, XEN_BAR_EXTRA);
	KUNIT_EXPECT_EQ(test, hint.bar, 3);
	KUNIT_EXPECT_EQ(test, hint.hit, XEN_BAR_RAM);
}

static void silent_where_all_is_well(struct kunit *test)
{
	struct xen_pci_hint hint = { .swiotlb = true };
	char buf[ENOUGH] = "as it was";

	KUNIT_EXPECT_EQ(test, xen_pci_hint_text(buf, sizeof(buf), &hint), 0);
	KUNIT_EXPECT_STREQ(test, buf, "as it was");
}

static void expect_words(struct kunit *test, const struct xen_pci_hint *hint,
			 const char * const *words)
{
	char buf[ENOUGH] = "";
	int len = xen_pci_hint_text(buf, sizeof(buf), hint);

	KUNIT_EXPECT_EQ(test, len, strlen(buf));
	for (; *words; words++)
		KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(buf, *words), "no '%s' in '%s'", *words,
					  buf);
	KUNIT_EXPECT_NOT_NULL(test, strstr(buf, "e820_host=1 (xl)"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(buf, "<xen><e820_host state='on'/></xen> (libvirt)"));
}

static void both_troubles_have_words(struct kunit *test)
{
	static const char * const off[] = { "swiotlb-xen is off", NULL };
	static const char * const extra[] = {
		"BAR 5 [mem 0xfeb80000-0xfeb9ffff] collides",
		"with extra memory [mem 0x10000000-0x1ffffffff]", NULL
	};
	static const struct xen_pci_span mem = { 0x10000000, 0x1ffffffff };
	struct xen_pci_hint hint = {};

	expect_words(test, &hint, off);
	/* Whether or not swiotlb-xen is there. */
	xen_pci_hint_note(&hint, 5, &bar, &mem, XEN_BAR_EXTRA);
	expect_words(test, &hint, extra);
	hint.swiotlb = true;
	expect_words(test, &hint, extra);
}

static void longest_line_fits(struct kunit *test)
{
	static const struct xen_pci_span all = { U64_MAX, U64_MAX };
	struct xen_pci_hint hint = {};
	char buf[ENOUGH];

	xen_pci_hint_note(&hint, 5, &all, &all, XEN_BAR_EXTRA);
	KUNIT_EXPECT_LT(test, xen_pci_hint_text(buf, sizeof(buf), &hint), ENOUGH - 1);
}

static struct kunit_case xen_pci_hint_cases[] = {
	KUNIT_CASE(any_overlap_hits),
	KUNIT_CASE(first_of_the_worst_stays),
	KUNIT_CASE(silent_where_all_is_well),
	KUNIT_CASE(both_troubles_have_words),
	KUNIT_CASE(longest_line_fits),
	{}
};

static struct kunit_suite xen_pci_hint_suite = {
	.name = "xen_pci_hint",
	.test_cases = xen_pci_hint_cases,
};

kunit_test_suite(xen_pci_hint_suite);

MODULE_DESCRIPTION("KUnit tests of what a Xen PV guest says of PCI devices");
MODULE_LICENSE("GPL");

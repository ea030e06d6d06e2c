// SPDX-License-Identifier: GPL-2.0-only
/*
 * p2m_insn MIB: what is pure of making the P2M of a domain with MIB of memory and an area for
 * 512 GiB, once, in build_p2m(), for a tool that counts instructions.
 */

#include <stdio.h>
#include <stdlib.h>

#include "shim.h"
#include "p2m_layout.h"

static struct xmap_range range[XMAP_MAX_RANGES];
static struct xmap_leaves leaves[XMAP_MAX_LEAVES];
static unsigned long page[XMAP_LEAF_PFNS];

/* Ranges, leaves, and the contents of private ones.  Returns how many those are. */
static noinline int build_p2m(const struct p2m_boot *boot)
{
	struct xmap_plan plan = { .p2m = range };
	int i, nr, own = 0;
	u64 leaf;

	plan.nr_p2m = p2m_ranges(boot, range, XMAP_MAX_RANGES);
	plan.p2m_pfns = range[plan.nr_p2m - 1].pfn + range[plan.nr_p2m - 1].nr;
	nr = xmap_plan_leaves(&plan, p2m_area_pfns(boot->list_pfns, 1, 512), leaves,
			      XMAP_MAX_LEAVES);
	for (i = 0; i < nr; i++) {
		if (leaves[i].kind != XMAP_LEAF_OWN)
			continue;
		for (leaf = leaves[i].leaf; leaf < leaves[i].leaf + leaves[i].nr; leaf++, own++)
			p2m_fill_leaf(boot, leaf, page);
	}
	return own;
}

int main(int argc, char **argv)
{
	u64 pfns = (argc > 1 ? strtoull(argv[1], NULL, 0) : 1024) << 8, pfn;
	unsigned long *list = malloc(pfns * sizeof(*list));
	struct p2m_region extra = { .pfn = pfns, .nr = 9 * pfns };
	struct p2m_boot boot = { .list = list, .list_pfns = pfns, .extra = &extra, .nr_extra = 1 };

	if (!list)
		return 2;
	for (pfn = 0; pfn < pfns; pfn++)
		list[pfn] = pfn ^ 0x155555;
	/* The holes of a PC, and what a leaf has of them at its ends. */
	for (pfn = 0xa0; pfn < 0x100; pfn++)
		list[pfn] = P2M_ENTRY_IDENTITY | pfn;
	for (pfn = pfns / 2 + 3; pfn < pfns / 2 + 8 * XMAP_LEAF_PFNS; pfn++)
		list[pfn] = P2M_ENTRY_IDENTITY | pfn;
	printf("%d private leaves\n", build_p2m(&boot));
	free(list);
	return 0;
}

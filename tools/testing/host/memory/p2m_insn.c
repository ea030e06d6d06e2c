// SPDX-License-Identifier: GPL-2.0-only
/*
 * p2m_insn MIB: what is pure of making the P2M of a domain with MIB of memory and an area for
 * 512 GiB, once, in build_p2m(), for a tool that counts instructions.
 */

#include <stdio.h>
#include <stdlib.h>

#include "shim.h"
#include "p2m_layout.h"

static struct xmap_leaves leaves[XMAP_MAX_LEAVES];
static unsigned long page[XMAP_LEAF_PFNS];

/* Leaves, and the contents of private ones.  Returns how many those are. */
static noinline int build_p2m(const struct p2m_boot *boot)
{
	int i, nr, own = 0;
	u64 leaf;

	nr = xmap_plan_leaves(boot->plan, p2m_area_pfns(boot->list_pfns, 1, 512), leaves,
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
	u64 hole = pfns / 2 + 3, size = 8 * XMAP_LEAF_PFNS - 3;
	unsigned long *list = malloc(pfns * sizeof(*list));
	/* The holes of a PC, and what a leaf has of them at its ends; their frames are behind. */
	struct xmap_range range[] = {
		{ .pfn = 0, .nr = 0xa0, .kind = XMAP_KEEP },
		{ .pfn = 0xa0, .nr = 0x60, .kind = XMAP_IDENTITY },
		{ .pfn = 0x100, .nr = hole - 0x100, .kind = XMAP_KEEP },
		{ .pfn = hole, .nr = size, .kind = XMAP_IDENTITY },
		{ .pfn = hole + size, .nr = pfns - hole - size, .kind = XMAP_KEEP },
		{ .pfn = pfns, .nr = size + 0x60, .kind = XMAP_TARGET },
		{ .pfn = pfns + size + 0x60, .nr = 9 * pfns, .kind = XMAP_EXTRA },
	};
	struct xmap_plan plan = { .p2m = range, .nr_p2m = ARRAY_SIZE(range) };
	struct p2m_boot boot = { .list = list, .list_pfns = pfns, .plan = &plan };

	if (!list)
		return 2;
	plan.p2m_pfns = 10 * pfns + size + 0x60;
	for (pfn = 0; pfn < pfns; pfn++)
		list[pfn] = xmap_find(&plan, pfn)->kind == XMAP_IDENTITY ?
			    P2M_ENTRY_IDENTITY | pfn : pfn ^ 0x155555;
	printf("%d private leaves\n", build_p2m(&boot));
	free(list);
	return 0;
}

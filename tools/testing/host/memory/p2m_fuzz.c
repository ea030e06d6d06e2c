// SPDX-License-Identifier: GPL-2.0-only
/*
 * p2m_fuzz [-n LAYOUTS] [-s SEED]: made-up P2Ms, from list and extra memory to leaves.
 *
 * The oracle asks for each PFN what it is, which is what the code under test avoids.  Ends
 * with "found after N" and status 1 where the two differ.
 */

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "shim.h"
#include "p2m_layout.h"

#define MAX_LIST	(24 * XMAP_LEAF_PFNS)
#define MAX_EXTRA	6
#define AREA_PFNS	(3 * P2M_PMD_PFNS)
#define LEAVES		(AREA_PFNS / XMAP_LEAF_PFNS)

static u64 state;

static u64 rnd(u64 below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state % below;
}

/**
 * struct layout - a P2M, made up
 * @boot:	what the code under test gets
 * @list:	the builder's list
 * @extra:	extra memory, sorted
 * @range:	result of p2m_ranges()
 * @max:	elements of @range that it may use
 * @leaves:	result of xmap_plan_leaves()
 * @nr_leaves:	elements of @leaves
 * @identity:	what is identity, as ranges
 * @hidden:	bitmaps of private leaves with identity PFNs
 */
struct layout {
	struct p2m_boot boot;
	unsigned long list[MAX_LIST];
	struct p2m_region extra[MAX_EXTRA];
	struct xmap_range range[64];
	unsigned int max;
	struct xmap_leaves leaves[300];
	int nr_leaves;
	struct xmap_plan identity;
	unsigned long hidden[LEAVES][P2M_BITMAP_WORDS];
};

static struct layout l;
static struct xmap_range identity_range[MAX_LIST + 4 * MAX_EXTRA];
static bool edge[LEAVES + 1];

static unsigned long made_up_entry(u64 pfn, u64 kind)
{
	switch (kind) {
	case 0:
		return P2M_ENTRY_INVALID;
	case 1:
		return P2M_ENTRY_IDENTITY | pfn;
	case 2:
		/* An alias of firmware. */
		return P2M_ENTRY_IDENTITY | (pfn + 7);
	default:
		return rnd(1 << 20);
	}
}

/* Ends of ranges are likely to be ends of leaves, or next to them. */
static u64 made_up_pfn(u64 below)
{
	u64 pfn = rnd(below);

	switch (rnd(6)) {
	case 0:
		return pfn;
	case 1:
		return pfn / XMAP_LEAF_PFNS * XMAP_LEAF_PFNS + 1;
	case 2:
		return (pfn / XMAP_LEAF_PFNS + 1) * XMAP_LEAF_PFNS - 1;
	case 3:
		return pfn / P2M_PMD_PFNS * P2M_PMD_PFNS;
	default:
		return pfn / XMAP_LEAF_PFNS * XMAP_LEAF_PFNS;
	}
}

static void make_up(void)
{
	unsigned int nr = rnd(MAX_EXTRA + 1), i;
	u64 pfn = 0, end, kind;

	l.boot.list_pfns = (1 + rnd(MAX_LIST / XMAP_LEAF_PFNS)) * XMAP_LEAF_PFNS;
	while (pfn < l.boot.list_pfns) {
		kind = rnd(5);
		for (end = pfn + 1 + made_up_pfn(4 * XMAP_LEAF_PFNS);
		     pfn < end && pfn < l.boot.list_pfns; pfn++)
			l.list[pfn] = made_up_entry(pfn, kind);
	}

	for (i = 0; i < nr; i++) {
		u64 limit = rnd(2) ? 2 * l.boot.list_pfns : AREA_PFNS;

		l.extra[i].pfn = made_up_pfn(limit);
		l.extra[i].nr = rnd(8) ? made_up_pfn(AREA_PFNS - l.extra[i].pfn) : 0;
	}
	l.boot.list = l.list;
	l.boot.extra = l.extra;
	l.boot.nr_extra = p2m_sort_regions(l.extra, nr);
	l.max = rnd(8) ? 64 : 1 + rnd(4);
}

/* The oracle: what a PFN is. */
static unsigned long truth(u64 pfn)
{
	unsigned int i;

	for (i = 0; i < l.boot.nr_extra; i++) {
		if (pfn >= l.extra[i].pfn && pfn - l.extra[i].pfn < l.extra[i].nr)
			return P2M_ENTRY_INVALID;
	}
	return pfn < l.boot.list_pfns ? l.list[pfn] : P2M_ENTRY_IDENTITY | pfn;
}

/* What a plan would say of identity; other PFNs are in no range. */
static void find_identity(void)
{
	struct xmap_plan *plan = &l.identity;
	u64 pfn, end = l.boot.list_pfns, leaf, cursor = 0;
	unsigned int i;

	for (i = 0; i < l.boot.nr_extra; i++)
		end = max(end, l.extra[i].pfn + l.extra[i].nr);
	*plan = (struct xmap_plan){ .p2m = identity_range, .p2m_pfns = end };
	for (pfn = 0; pfn < end; pfn++) {
		struct xmap_range *r = &plan->p2m[plan->nr_p2m];

		if (truth(pfn) != (P2M_ENTRY_IDENTITY | pfn))
			continue;
		if (plan->nr_p2m && r[-1].pfn + r[-1].nr == pfn)
			r[-1].nr++;
		else
			plan->p2m[plan->nr_p2m++] = (struct xmap_range){
				.pfn = pfn, .nr = 1, .kind = XMAP_IDENTITY };
	}
	memset(edge, 0, sizeof(edge));
	while (p2m_next_edge(plan, &cursor, &leaf))
		edge[leaf] = true;
}

/* What the toolstack leaves of a leaf when it restores the domain: frames, and others. */
static void play_restore(unsigned long *entry)
{
	unsigned int i;

	for (i = 0; i < XMAP_LEAF_PFNS; i++)
		entry[i] = entry[i] < 1 << 20 ? entry[i] + (1 << 20) : P2M_ENTRY_INVALID;
}

/* A private leaf means the same after a restore, but for its frames. */
static const char *check_restore(u64 leaf)
{
	unsigned long entry[XMAP_LEAF_PFNS], *hidden = l.hidden[leaf], want;
	u64 pfn = leaf * XMAP_LEAF_PFNS, i;

	memset(hidden, 0, P2M_BITMAP_BYTES);
	p2m_fill_leaf(&l.boot, leaf, entry);
	if (edge[leaf])
		p2m_hide_identity(leaf, entry, hidden);
	for (i = 0; i < XMAP_LEAF_PFNS; i++) {
		if (p2m_entry_seen(pfn + i, entry[i], hidden) != truth(pfn + i))
			return "hidden, and not seen";
		if (p2m_entry_type(pfn + i, entry[i]) == P2M_IDENTITY)
			return "the toolstack sees identity";
	}
	play_restore(entry);
	for (i = 0; i < XMAP_LEAF_PFNS; i++) {
		want = truth(pfn + i);
		if (want < 1 << 20)
			want += 1 << 20;
		else if (want != (P2M_ENTRY_IDENTITY | (pfn + i)))
			want = P2M_ENTRY_INVALID;
		if (p2m_entry_seen(pfn + i, entry[i], hidden) != want)
			return "wrong after a restore";
	}
	return NULL;
}

static const char *check_leaf(u64 leaf, u32 kind)
{
	unsigned long entry[XMAP_LEAF_PFNS];
	u64 pfn = leaf * XMAP_LEAF_PFNS, i;
	bool missing = kind == XMAP_LEAF_MISSING || kind == XMAP_PMD_MISSING;

	if (kind == XMAP_LEAF_OWN)
		p2m_fill_leaf(&l.boot, leaf, entry);
	for (i = 0; i < XMAP_LEAF_PFNS; i++) {
		unsigned long found = kind == XMAP_LEAF_OWN ? entry[i] :
				      missing ? P2M_ENTRY_INVALID : P2M_ENTRY_IDENTITY | (pfn + i);

		if (found != truth(pfn + i))
			return kind == XMAP_LEAF_OWN ? "wrong entry" : "wrongly shared";
	}
	return NULL;
}

/* A leaf of one shareable kind must be shared; extra memory over the list need not be seen. */
static bool wasted(u64 leaf)
{
	u64 pfn = leaf * XMAP_LEAF_PFNS, i;
	enum p2m_type type = p2m_entry_type(pfn, truth(pfn));

	for (i = 0; i < XMAP_LEAF_PFNS; i++) {
		if (p2m_entry_type(pfn + i, truth(pfn + i)) != type)
			return false;
		if (pfn < l.boot.list_pfns && l.list[pfn + i] != truth(pfn + i))
			return false;
	}
	return type == P2M_MISSING || type == P2M_IDENTITY;
}

static const char *check(void)
{
	struct xmap_plan plan = { .p2m = l.range, .max_p2m = l.max };
	const char *found = NULL;
	u64 leaf = 0;
	int i;

	find_identity();
	plan.nr_p2m = p2m_ranges(&l.boot, l.range, l.max);
	if (!plan.nr_p2m || plan.nr_p2m > l.max)
		return "number of ranges";
	plan.p2m_pfns = l.range[plan.nr_p2m - 1].pfn + l.range[plan.nr_p2m - 1].nr;
	l.nr_leaves = xmap_plan_leaves(&plan, AREA_PFNS, l.leaves, 300);
	if (l.nr_leaves < 0)
		return "leaves cannot be planned";

	for (i = 0; i < l.nr_leaves && !found; i++) {
		if (l.leaves[i].leaf != leaf)
			return "gap between leaves";
		for (; leaf < l.leaves[i].leaf + l.leaves[i].nr && !found; leaf++) {
			found = check_leaf(leaf, l.leaves[i].kind);
			if (!found && l.max == 64 && l.leaves[i].kind == XMAP_LEAF_OWN)
				found = check_restore(leaf);
			if (!found && l.max == 64 && l.leaves[i].kind == XMAP_LEAF_OWN &&
			    wasted(leaf))
				found = "a leaf of one kind is not shared";
		}
	}
	return found ?: leaf == LEAVES ? NULL : "end of the area";
}

int main(int argc, char **argv)
{
	u64 layouts = 300, seed = 1, i;
	const char *found;
	int option;

	while ((option = getopt(argc, argv, "n:s:")) != -1) {
		if (option == 'n')
			layouts = strtoull(optarg, NULL, 0);
		else if (option == 's')
			seed = strtoull(optarg, NULL, 0);
		else
			return 2;
	}

	for (i = 0; i < layouts; i++) {
		state = (seed << 32 | (i + 1)) * 0x9e3779b97f4a7c15ULL;
		make_up();
		found = check();
		if (found) {
			printf("found after %llu: %s\n", i + 1, found);
			return 1;
		}
	}
	printf("%llu P2M layouts, seed %llu\n", layouts, seed);
	return 0;
}

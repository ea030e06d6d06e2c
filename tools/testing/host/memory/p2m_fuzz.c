// SPDX-License-Identifier: GPL-2.0-only
/*
 * p2m_fuzz [-n LAYOUTS] [-s SEED]: made-up P2Ms, from list and ranges of a plan to leaves.
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
#define MAX_RANGES	48
#define AREA_PFNS	(2 * P2M_PMD_PFNS)
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
 * @plan:	the plan, of which only states are set
 * @range:	its states
 * @leaves:	result of xmap_plan_leaves()
 * @nr_leaves:	elements of @leaves
 * @hidden:	bitmap of a private leaf with identity PFNs
 */
struct layout {
	struct p2m_boot boot;
	unsigned long list[MAX_LIST];
	struct xmap_plan plan;
	struct xmap_range range[MAX_RANGES];
	struct xmap_leaves leaves[4 * (MAX_RANGES + 1)];
	int nr_leaves;
	unsigned long hidden[P2M_BITMAP_WORDS];
};

static struct layout l;
static bool edge[LEAVES + 1];
/* The range of each PFN, MAX_RANGES where there is none. */
static u8 range_index[AREA_PFNS];

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

/* Frames are where the builder put them; beyond, there is only what a plan adds. */
static u16 made_up_kind(bool in_list)
{
	static const u16 inside[] = { XMAP_KEEP, XMAP_KEEP, XMAP_HELD, XMAP_IDENTITY,
				      XMAP_UNUSED, XMAP_ALIAS };
	static const u16 beyond[] = { XMAP_TARGET, XMAP_TARGET, XMAP_EXTRA, XMAP_IDENTITY,
				      XMAP_UNUSED, XMAP_ALIAS };

	return in_list ? inside[rnd(ARRAY_SIZE(inside))] : beyond[rnd(ARRAY_SIZE(beyond))];
}

/* Neighbours of one kind are one range, as in a plan, but firmware is told apart. */
static void add_range(u64 pfn, u64 end, u16 kind)
{
	struct xmap_range *last = l.plan.nr_p2m ? &l.range[l.plan.nr_p2m - 1] : NULL;

	if (last && last->kind == kind && kind != XMAP_ALIAS) {
		last->nr += end - pfn;
		return;
	}
	l.range[l.plan.nr_p2m++] = (struct xmap_range){
		.pfn = pfn, .nr = end - pfn, .kind = kind,
		.to = kind == XMAP_ALIAS ? pfn / 2 + 7 : 0,
	};
}

static void make_up_plan(u64 pages)
{
	unsigned int max = 2 + rnd(MAX_RANGES - 4);
	u64 pfn = 0, end;

	l.plan = (struct xmap_plan){ .p2m = l.range, .max_p2m = MAX_RANGES };
	while (l.plan.nr_p2m < max && pfn < AREA_PFNS) {
		end = pfn + 1 + made_up_pfn(rnd(4) ? 4 * XMAP_LEAF_PFNS : P2M_PMD_PFNS);
		end = min(end, pfn < pages ? pages : AREA_PFNS);
		add_range(pfn, end, made_up_kind(pfn < pages));
		pfn = end;
	}
	/* A plan does not end with what lies beyond it. */
	while (l.plan.nr_p2m && l.range[l.plan.nr_p2m - 1].kind == XMAP_IDENTITY)
		l.plan.nr_p2m--;
	if (!l.plan.nr_p2m)
		add_range(0, pages, XMAP_KEEP);
	l.plan.p2m_pfns = l.range[l.plan.nr_p2m - 1].pfn + l.range[l.plan.nr_p2m - 1].nr;
}

/* The state of a PFN; beyond all ranges it is identity. */
static const struct xmap_range *range_of(u64 pfn)
{
	static const struct xmap_range beyond = { .kind = XMAP_IDENTITY };

	return range_index[pfn] < MAX_RANGES ? &l.range[range_index[pfn]] : &beyond;
}

/* A PFN that has no frame of its own. */
static unsigned long without_frame(u64 pfn, const struct xmap_range *r)
{
	switch (r->kind) {
	case XMAP_IDENTITY:
		return P2M_ENTRY_IDENTITY | pfn;
	case XMAP_ALIAS:
		return r->to + (pfn - r->pfn);
	default:
		return P2M_ENTRY_INVALID;
	}
}

/*
 * What the applier makes of the list.  The builder may have left out a frame, and an identity
 * entry with another number is none.
 */
static unsigned long list_entry(u64 pfn, const struct xmap_range *r)
{
	if (r->kind != XMAP_KEEP && r->kind != XMAP_HELD)
		return without_frame(pfn, r);
	if (!rnd(64))
		return rnd(2) ? P2M_ENTRY_INVALID : P2M_ENTRY_IDENTITY | (pfn + 7);
	return rnd(1 << 20);
}

static void make_up(void)
{
	u64 pages = 1 + made_up_pfn(MAX_LIST - 2), pfn, cursor = 0, leaf;
	unsigned int i;

	make_up_plan(pages);
	memset(range_index, MAX_RANGES, sizeof(range_index));
	for (i = 0; i < l.plan.nr_p2m; i++)
		memset(range_index + l.range[i].pfn, i, l.range[i].nr);
	l.boot = (struct p2m_boot){
		.list = l.list, .plan = &l.plan,
		.list_pfns = (pages + XMAP_LEAF_PFNS - 1) / XMAP_LEAF_PFNS * XMAP_LEAF_PFNS,
	};
	for (pfn = 0; pfn < l.boot.list_pfns; pfn++)
		l.list[pfn] = list_entry(pfn, range_of(pfn));

	memset(edge, 0, sizeof(edge));
	while (p2m_next_edge(&l.plan, &cursor, &leaf))
		edge[leaf] = true;
}

/* The oracle: what a PFN is. */
static unsigned long truth(u64 pfn)
{
	if (pfn < l.boot.list_pfns)
		return l.list[pfn];
	return without_frame(pfn, range_of(pfn));
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
	unsigned long entry[XMAP_LEAF_PFNS], *hidden = l.hidden, want;
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
		if (kind != XMAP_LEAF_OWN && range_of(pfn + i)->kind == XMAP_TARGET)
			return "a frame is to come where nothing can be entered";
		/* Of a shared leaf its ends are enough, for time's sake. */
		if (kind != XMAP_LEAF_OWN && i && i < XMAP_LEAF_PFNS - 1)
			continue;
		if (pfn >= l.boot.list_pfns && p2m_planned_entry(&l.plan, pfn + i) != found)
			return "was something else before";
	}
	return NULL;
}

/* A leaf of one shareable kind must be shared. */
static bool wasted(u64 leaf)
{
	u64 pfn = leaf * XMAP_LEAF_PFNS, i;
	bool missing = true, identity = true;

	for (i = 0; i < XMAP_LEAF_PFNS; i++) {
		u16 kind = range_of(pfn + i)->kind;

		missing &= kind == XMAP_EXTRA || kind == XMAP_UNUSED;
		identity &= kind == XMAP_IDENTITY;
	}
	return missing || identity;
}

static const char *check(void)
{
	const char *found = NULL;
	u64 leaf = 0;
	int i;

	l.nr_leaves = xmap_plan_leaves(&l.plan, AREA_PFNS, l.leaves, ARRAY_SIZE(l.leaves));
	if (l.nr_leaves < 0)
		return "leaves cannot be planned";

	for (i = 0; i < l.nr_leaves && !found; i++) {
		bool own = l.leaves[i].kind == XMAP_LEAF_OWN;

		if (l.leaves[i].leaf != leaf)
			return "gap between leaves";
		for (; leaf < l.leaves[i].leaf + l.leaves[i].nr && !found; leaf++) {
			found = check_leaf(leaf, l.leaves[i].kind);
			if (!found && own)
				found = check_restore(leaf);
			if (!found && own && wasted(leaf))
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

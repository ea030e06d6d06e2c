// SPDX-License-Identifier: GPL-2.0-only
/*
 * From the builder's list to ranges of PFNs that are alike.
 *
 * A range need not be exact: where it holds frames, whole leaves are copied.  So a leaf whose
 * first entry is a frame is read no further, which is nearly all of a usual list, and other
 * leaves are read up to the first entry that differs.
 *
 * Pure: runs in early boot and in user space alike.
 */

#include <linux/init.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/types.h>

#include "p2m_layout.h"

/**
 * p2m_area_pfns() - find for how many PFNs there shall be a P2M
 * @list_pfns: PFNs of the builder's list
 * @pfns: PFNs that are in use or known to be used later; fewer than in the list where mem= took
 *	the end of it
 * @limit_gib: memory up to which the domain can grow by hot-plug, GiB
 *
 * Context: Early boot.
 * Return: PFNs, a multiple of P2M_PMD_PFNS.
 */
u64 __init p2m_area_pfns(u64 list_pfns, u64 pfns, u64 limit_gib)
{
	pfns = max(max(list_pfns, pfns), limit_gib * P2M_PFNS_PER_GIB);
	return (pfns + P2M_PMD_PFNS - 1) / P2M_PMD_PFNS * P2M_PMD_PFNS;
}

/**
 * p2m_sort_regions() - sort regions, merge those that meet, drop empty ones
 * @region: the regions
 * @nr: elements of @region
 *
 * Context: Early boot.
 * Return: elements that are left.
 */
unsigned int __init p2m_sort_regions(struct p2m_region *region, unsigned int nr)
{
	unsigned int i, j, left = 0;

	for (i = 1; i < nr; i++) {
		struct p2m_region r = region[i];

		for (j = i; j && region[j - 1].pfn > r.pfn; j--)
			region[j] = region[j - 1];
		region[j] = r;
	}

	for (i = 0; i < nr; i++) {
		struct p2m_region *last = region + left - 1;

		if (!region[i].nr)
			continue;
		if (left && region[i].pfn <= last->pfn + last->nr)
			last->nr = max(last->nr, region[i].pfn + region[i].nr - last->pfn);
		else
			region[left++] = region[i];
	}
	return left;
}

/**
 * struct range_list - ranges while they are found
 * @out:	array of the caller
 * @max:	its size
 * @nr:		elements in use
 */
struct range_list {
	struct xmap_range *out;
	unsigned int max;
	unsigned int nr;
};

/* Append a range.  Without room the last one grows, and holds what cannot be shared. */
static void __init add_range(struct range_list *list, u64 pfn, u64 end, u16 kind)
{
	struct xmap_range *last = list->out + list->nr - 1;

	if (pfn >= end)
		return;
	if (list->nr && (last->kind == kind || list->nr == list->max)) {
		if (last->kind != kind)
			last->kind = XMAP_KEEP;
		last->nr = end - last->pfn;
		return;
	}
	list->out[list->nr++] = (struct xmap_range){ .pfn = pfn, .nr = end - pfn, .kind = kind };
}

/* What all of a leaf is; XMAP_KEEP where its entries differ or are frames. */
static u16 __init list_kind(const unsigned long *entry, u64 pfn)
{
	enum p2m_type type = p2m_entry_type(pfn, entry[0]);
	u64 i;

	if (type != P2M_MISSING && type != P2M_IDENTITY)
		return XMAP_KEEP;
	for (i = 1; i < XMAP_LEAF_PFNS; i++) {
		if (p2m_entry_type(pfn + i, entry[i]) != type)
			return XMAP_KEEP;
	}
	return type == P2M_MISSING ? XMAP_EXTRA : XMAP_IDENTITY;
}

/* Pages of extra memory in a leaf; @cursor is the first region that does not end before it. */
static u64 __init extra_in_leaf(const struct p2m_boot *boot, u64 pfn, unsigned int *cursor)
{
	u64 end = pfn + XMAP_LEAF_PFNS, pages = 0;
	unsigned int i;

	while (*cursor < boot->nr_extra &&
	       boot->extra[*cursor].pfn + boot->extra[*cursor].nr <= pfn)
		(*cursor)++;
	for (i = *cursor; i < boot->nr_extra && boot->extra[i].pfn < end; i++)
		pages += min(end, boot->extra[i].pfn + boot->extra[i].nr) -
			 max(pfn, boot->extra[i].pfn);
	return pages;
}

static void __init add_list(const struct p2m_boot *boot, struct range_list *ranges)
{
	unsigned int cursor = 0;
	u64 pfn;

	for (pfn = 0; pfn < boot->list_pfns; pfn += XMAP_LEAF_PFNS) {
		u64 extra = extra_in_leaf(boot, pfn, &cursor);
		u16 kind = XMAP_EXTRA;

		if (extra < XMAP_LEAF_PFNS) {
			kind = list_kind(boot->list + pfn, pfn);
			if (extra && kind == XMAP_IDENTITY)
				kind = XMAP_KEEP;
		}
		add_range(ranges, pfn, pfn + XMAP_LEAF_PFNS, kind);
	}
}

/**
 * p2m_ranges() - find ranges of PFNs that are alike
 * @boot: what is known of the P2M
 * @out: result, sorted and without gaps from PFN 0 on; beyond it, all is identity
 * @max: size of @out, at least 1
 *
 * The kinds are XMAP_KEEP (read the entries with p2m_fill_leaf()), XMAP_EXTRA (missing) and
 * XMAP_IDENTITY, as xmap_plan_leaves() expects them.  If @out is too short, the last range
 * is XMAP_KEEP and spans the rest: more leaves than needed, but correct ones.
 *
 * Context: Early boot.
 * Return: elements of @out.
 */
unsigned int __init p2m_ranges(const struct p2m_boot *boot, struct xmap_range *out,
			       unsigned int max)
{
	struct range_list ranges = { .out = out, .max = max };
	u64 done = boot->list_pfns;
	unsigned int i;

	add_list(boot, &ranges);
	for (i = 0; i < boot->nr_extra; i++) {
		u64 start = max(boot->extra[i].pfn, done);
		u64 end = boot->extra[i].pfn + boot->extra[i].nr;

		if (end <= done)
			continue;
		add_range(&ranges, done, start, XMAP_IDENTITY);
		add_range(&ranges, start, end, XMAP_EXTRA);
		done = end;
	}
	return ranges.nr;
}

/**
 * p2m_fill_leaf() - fill a private leaf
 * @boot: what is known of the P2M
 * @leaf: its number; leaf n has the PFNs from n * XMAP_LEAF_PFNS
 * @entry: the leaf, XMAP_LEAF_PFNS entries
 *
 * Context: Early boot.
 */
void __init p2m_fill_leaf(const struct p2m_boot *boot, u64 leaf, unsigned long *entry)
{
	u64 pfn = leaf * XMAP_LEAF_PFNS, end = pfn + XMAP_LEAF_PFNS, i;
	unsigned int r;

	if (pfn < boot->list_pfns) {
		memcpy(entry, boot->list + pfn, P2M_LEAF_BYTES);
	} else {
		for (i = 0; i < XMAP_LEAF_PFNS; i++)
			entry[i] = P2M_ENTRY_IDENTITY | (pfn + i);
	}

	for (r = 0; r < boot->nr_extra && boot->extra[r].pfn < end; r++) {
		u64 last = min(end, boot->extra[r].pfn + boot->extra[r].nr);

		for (i = max(pfn, boot->extra[r].pfn); i < last; i++)
			entry[i - pfn] = P2M_ENTRY_INVALID;
	}
}

/**
 * p2m_next_edge() - find the next leaf in which identity PFNs may begin or end
 * @plan: says which PFNs are identity
 * @cursor: how far it is done, 0 before the first call
 * @leaf: result; a leaf may come more than once
 *
 * Identity PFNs in other leaves are shared.
 *
 * Context: Early boot.
 * Return: true if @leaf is valid, false if there are no more.
 */
bool __init p2m_next_edge(const struct xmap_plan *plan, u64 *cursor, u64 *leaf)
{
	const struct xmap_range *r;

	/* Each range has a start and an end. */
	for (; *cursor < 2ULL * plan->nr_p2m; (*cursor)++) {
		r = &plan->p2m[*cursor / 2];
		if (r->kind != XMAP_IDENTITY)
			continue;
		*leaf = (*cursor % 2 ? r->pfn + r->nr - 1 : r->pfn) / XMAP_LEAF_PFNS;
		(*cursor)++;
		return true;
	}
	/* Behind the last range all is identity. */
	*leaf = plan->p2m_pfns / XMAP_LEAF_PFNS;
	return (*cursor)++ == 2ULL * plan->nr_p2m;
}

/**
 * p2m_hide_identity() - have identity entries of a private leaf read INVALID_P2M_ENTRY
 * @leaf: its number
 * @entry: the leaf, XMAP_LEAF_PFNS entries
 * @hidden: bitmap of P2M_BITMAP_WORDS, all 0; what was hidden is set
 *
 * p2m_entry_seen() is the way back.
 *
 * Context: Early boot.
 * Return: entries that were hidden.
 */
unsigned int __init p2m_hide_identity(u64 leaf, unsigned long *entry, unsigned long *hidden)
{
	unsigned int i, nr = 0, width = 8 * sizeof(*hidden);
	u64 pfn = leaf * XMAP_LEAF_PFNS;

	for (i = 0; i < XMAP_LEAF_PFNS; i++) {
		if (p2m_entry_type(pfn + i, entry[i]) != P2M_IDENTITY)
			continue;
		entry[i] = P2M_ENTRY_INVALID;
		hidden[i / width] |= 1UL << i % width;
		nr++;
	}
	return nr;
}

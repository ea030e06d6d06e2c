// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the private leaves of the P2M hold at boot.
 *
 * xmap_plan_leaves() tells which they are.  The builder's list has been adapted to the plan by
 * then, so that its pages are copied.  Beyond it there are no frames yet: what a PFN is follows
 * from its range.
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

/* What a PFN of @r is before its frame comes; NULL is what lies beyond all ranges. */
static unsigned long __init planned_entry(const struct xmap_range *r, u64 pfn)
{
	if (!r || r->kind == XMAP_IDENTITY)
		return P2M_ENTRY_IDENTITY | pfn;
	if (r->kind == XMAP_ALIAS)
		return r->to + (pfn - r->pfn);
	return P2M_ENTRY_INVALID;
}

/**
 * p2m_planned_entry() - find what a PFN beyond the builder's list is
 * @plan: the plan
 * @pfn: the PFN
 *
 * Context: Early boot.
 * Return: the entry; P2M_ENTRY_INVALID where a frame is still to come.
 */
unsigned long __init p2m_planned_entry(const struct xmap_plan *plan, u64 pfn)
{
	return planned_entry(xmap_find(plan, pfn), pfn);
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
	u64 pfn = leaf * XMAP_LEAF_PFNS, end = pfn + XMAP_LEAF_PFNS, last;
	const struct xmap_range *r;

	if (pfn < boot->list_pfns) {
		memcpy(entry, boot->list + pfn, P2M_LEAF_BYTES);
		return;
	}
	while (pfn < end) {
		r = xmap_find(boot->plan, pfn);
		last = r ? min(end, r->pfn + r->nr) : end;
		for (; pfn < last; pfn++)
			*entry++ = planned_entry(r, pfn);
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

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _XEN_P2M_LAYOUT_H
#define _XEN_P2M_LAYOUT_H

#include <linux/types.h>

#include "memmap.h"

/*
 * What the entries of the P2M say, and what its private leaves hold at boot.
 *
 * Pure, like memmap.h: no hypercall, no allocation, no state.  The bits are those of
 * asm/xen/page.h, which cannot be included here; p2m_build.c compares them.
 */

#define P2M_ENTRY_INVALID	(~0UL)
#define P2M_ENTRY_FOREIGN	0x8000000000000000UL
#define P2M_ENTRY_IDENTITY	0x4000000000000000UL

/* Bytes of a page of the P2M, a leaf. */
#define P2M_LEAF_BYTES		(XMAP_LEAF_PFNS * sizeof(unsigned long))
/* PFNs for which one page of page table has the leaves. */
#define P2M_PMD_PFNS		(XMAP_LEAF_PFNS * XMAP_PMD_LEAVES)
/* A bitmap with a bit for each PFN of a leaf. */
#define P2M_BITMAP_BYTES	(XMAP_LEAF_PFNS / 8)
#define P2M_BITMAP_WORDS	(P2M_BITMAP_BYTES / sizeof(unsigned long))
#define P2M_PFNS_PER_GIB	(1ULL << (30 - XMAP_PAGE_SHIFT))

/**
 * enum p2m_type - what a PFN stands for
 * @P2M_MEMORY: a frame of this domain
 * @P2M_FOREIGN: a frame of another domain, mapped by grant
 * @P2M_MISSING: nothing
 * @P2M_IDENTITY: the machine frame of the same number
 * @P2M_NR_TYPES: number of types
 */
enum p2m_type {
	P2M_MEMORY,
	P2M_FOREIGN,
	P2M_MISSING,
	P2M_IDENTITY,
	P2M_NR_TYPES,
};

/**
 * struct p2m_boot - all that is known of the P2M at boot
 * @list:	the builder's list, adapted to @plan: an entry for each PFN from 0 on
 * @list_pfns:	its entries, a multiple of XMAP_LEAF_PFNS
 * @plan:	says what the PFNs beyond the list are
 */
struct p2m_boot {
	const unsigned long *list;
	u64 list_pfns;
	const struct xmap_plan *plan;
};

/**
 * p2m_entry_type() - say what an entry means
 * @pfn: its PFN
 * @entry: the entry of a private leaf; those of shared ones say nothing
 *
 * An identity entry with another number is an alias and counts as memory: it cannot be
 * shared.
 *
 * Context: Any.
 * Return: the type.
 */
static inline enum p2m_type p2m_entry_type(u64 pfn, unsigned long entry)
{
	if (entry == P2M_ENTRY_INVALID)
		return P2M_MISSING;
	if (entry == (P2M_ENTRY_IDENTITY | pfn))
		return P2M_IDENTITY;
	return entry & P2M_ENTRY_FOREIGN ? P2M_FOREIGN : P2M_MEMORY;
}

/**
 * p2m_entry_seen() - find what the entry of a private leaf means
 * @pfn: its PFN
 * @entry: the entry
 * @hidden: bitmap of p2m_hide_identity() for the leaf, or NULL
 *
 * Context: Any.
 * Return: the entry that @pfn has for this domain.
 */
static inline unsigned long p2m_entry_seen(u64 pfn, unsigned long entry,
					   const unsigned long *hidden)
{
	unsigned int bit = pfn % XMAP_LEAF_PFNS, width = 8 * sizeof(*hidden);

	if (entry != P2M_ENTRY_INVALID || !hidden || !(hidden[bit / width] >> bit % width & 1))
		return entry;
	return P2M_ENTRY_IDENTITY | pfn;
}

u64 p2m_area_pfns(u64 list_pfns, u64 pfns, u64 limit_gib);
unsigned long p2m_planned_entry(const struct xmap_plan *plan, u64 pfn);
bool p2m_next_edge(const struct xmap_plan *plan, u64 *cursor, u64 *leaf);
unsigned int p2m_hide_identity(u64 leaf, unsigned long *entry, unsigned long *hidden);
void p2m_fill_leaf(const struct p2m_boot *boot, u64 leaf, unsigned long *entry);

#endif /* _XEN_P2M_LAYOUT_H */

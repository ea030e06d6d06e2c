/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _XEN_P2M_H
#define _XEN_P2M_H

#include <linux/pgtable.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/vmalloc.h>

#include <asm/xen/page.h>

/*
 * The P2M: for each PFN of this domain the machine frame behind it.
 *
 * One array in kernel virtual space, xen_p2m_addr[PFN].  Until xen_vmalloc_p2m_tree() it is
 * the domain builder's list, all of it writable.  From then on it is an area sized for the
 * largest domain that this one can become, and a page of it, a leaf, is either private and
 * writable, or one of two shared ones, mapped read-only:
 *
 *	missing		PFNs without a frame
 *	identity	PFNs that mean the machine frame of the same number
 *
 * Both are full of INVALID_P2M_ENTRY, for the toolstack reads the area, too, and knows
 * nothing of identity; which of the two is mapped tells them apart.  Where 512 leaves in a
 * row are the same shared one, the page of page table is shared as well.  Pages only ever
 * change from shared to private.
 *
 * An identity PFN in a private leaf reads INVALID_P2M_ENTRY, too, and a bit in p2m_state.hidden
 * tells what it is.  The toolstack writes over all entries when it restores a domain: it knows
 * the frames, and all else becomes INVALID_P2M_ENTRY.  So identity is nowhere in the entries,
 * and a restore does not change it.
 *
 * Files:
 *
 *	p2m.c		look-up, update, private leaves at run time
 *	p2m_build.c	the builder's list, and the area made from it
 *	p2m_layout.c	pure: what private leaves hold at boot
 *	p2m_mfn_list.c	what the toolstack and Xen read
 *	p2m_foreign.c	grants mapped into this domain
 *	p2m_nonram.c	firmware regions that gave way
 *	p2m_debugfs.c	the dump
 *
 * Protocol with the toolstack (Xen: public/arch-x86/xen.h, struct arch_shared_info): while
 * a domain is saved live, it reads page tables and entries of the area.  An entry changes
 * with a single store.  Before and after each change of the mapping itself,
 * p2m_generation is incremented: odd means under change, and another value than before
 * means that the mapping has to be read again.  See p2m_mapping_begin().
 *
 * Lock: p2m_state.lock, innermost, interrupts off: the mapping of the area, the frame
 * lists, the hint.  Entries need none.
 */

/**
 * struct p2m_hidden - identity PFNs in the private leaves of a page of page table
 * @bits:	a bitmap for each leaf, a bit for each PFN; NULL if the leaf never had such PFNs
 */
struct p2m_hidden {
	unsigned long *bits[P2M_PER_PAGE];
};

/**
 * struct p2m_state - the P2M beside its array
 * @live:		the area is in use; set once
 * @area:		the area
 * @missing:		shared leaf of missing PFNs
 * @identity:		shared leaf of identity PFNs
 * @missing_pte:	page table with 512 times @missing
 * @identity_pte:	page table with 512 times @identity
 * @hidden:		for each page of page table of the area the identity PFNs of its private
 *			leaves, NULL where there are none; pages and bitmaps come under @lock
 *			and stay
 * @lock:		serialises changes of the mapping
 * @boot_pfns:		PFNs of the plan, extra memory included; hot-plug comes behind
 * @last_pfn:		PFNs that the toolstack has to look at, whole leaves, @lock
 * @top:		frames of the middle pages, NULL if nobody wants the frame lists
 * @mid:		middle pages by index, NULL where it is @shared_mid, @lock
 * @shared_mid:		middle page of leaves of missing and identity PFNs
 */
struct p2m_state {
	bool live;
	struct vm_struct area;
	unsigned long *missing;
	unsigned long *identity;
	pte_t *missing_pte;
	pte_t *identity_pte;
	struct p2m_hidden **hidden;
	spinlock_t lock; /* changes of the mapping */
	unsigned long boot_pfns;
	unsigned long last_pfn;
	unsigned long *top;
	unsigned long **mid;
	unsigned long *shared_mid;
};

extern struct p2m_state p2m_state;

/**
 * enum p2m_backing - what is mapped for a PFN's entry
 * @P2M_OWN: a private leaf
 * @P2M_SHARED_MISSING: the shared leaf of missing PFNs
 * @P2M_SHARED_IDENTITY: the shared leaf of identity PFNs
 */
enum p2m_backing {
	P2M_OWN,
	P2M_SHARED_MISSING,
	P2M_SHARED_IDENTITY,
};

enum p2m_backing p2m_backing(unsigned long pfn, unsigned long **leaf);
pmd_t *p2m_pmd(unsigned long pfn);
bool p2m_pmd_shared(pmd_t pmd);
unsigned long *p2m_hidden_bits(unsigned long pfn);

bool p2m_mid_wanted(unsigned long pfn);
void p2m_mid_install(unsigned long pfn, unsigned long *mid);
void p2m_mid_set(unsigned long pfn, unsigned long leaf_mfn);

#endif /* _XEN_P2M_H */

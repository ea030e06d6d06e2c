// SPDX-License-Identifier: GPL-2.0-only
/*
 * The P2M: look-up, update, and private leaves at run time.  See p2m.h.
 *
 * Who writes an entry just stores it.  The store faults where the leaf is shared, and then
 * the page tables say which one it is: either the value is what the shared leaf means
 * anyway, or the leaf has to become private first.
 *
 * No TLB is flushed when a leaf becomes private.  A CPU with an old translation goes on
 * reading INVALID_P2M_ENTRY, which sends it to get_phys_to_machine(); that one and the
 * update go through the page tables and the direct map, never through the area.
 */

#include <linux/bitmap.h>
#include <linux/export.h>
#include <linux/gfp.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/pgalloc.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include <xen/xen.h>

#include <asm/paravirt.h>
#include <asm/xen/hypervisor.h>
#include <asm/xen/page.h>

#include "p2m.h"
#include "p2m_layout.h"
#include "xen-ops.h"

/*
 * The array, its entries, and the first PFN that is identity without looking.  They are
 * read by inline functions everywhere, modules included, so they cannot be in p2m_state.
 */
unsigned long *xen_p2m_addr __read_mostly;
EXPORT_SYMBOL_GPL(xen_p2m_addr);
unsigned long xen_p2m_size __read_mostly;
EXPORT_SYMBOL_GPL(xen_p2m_size);
unsigned long xen_max_p2m_pfn __read_mostly;
EXPORT_SYMBOL_GPL(xen_max_p2m_pfn);

struct p2m_state p2m_state = {
	.lock = __SPIN_LOCK_UNLOCKED(p2m_state.lock),
};

/**
 * p2m_pmd() - find the entry of the page directory for a PFN's leaf
 * @pfn: PFN below xen_p2m_size; the area is live
 *
 * Context: Any.
 * Return: the entry, always present.
 */
pmd_t *p2m_pmd(unsigned long pfn)
{
	return lookup_pmd_address((unsigned long)(xen_p2m_addr + pfn));
}

/**
 * p2m_pmd_shared() - is a page of page table one of the shared ones?
 * @pmd: what points to it
 *
 * Context: Any.
 * Return: true if it is.
 */
bool p2m_pmd_shared(pmd_t pmd)
{
	pte_t *table = (pte_t *)pmd_page_vaddr(pmd);

	return table == p2m_state.missing_pte || table == p2m_state.identity_pte;
}

static pte_t *p2m_pte(unsigned long pfn)
{
	return pte_offset_kernel(p2m_pmd(pfn), (unsigned long)(xen_p2m_addr + pfn));
}

/* A page of the kernel by the frame of a PTE, without asking the P2M about the page. */
static unsigned long *leaf_of(pte_t pte)
{
	return __va(PFN_PHYS(mfn_to_pfn_no_overrides(pte_mfn(pte))));
}

/**
 * p2m_backing() - find what is mapped for a PFN's entry
 * @pfn: PFN below xen_p2m_size; the area is live
 * @leaf: result, the leaf in the direct map, to be written if it is private
 *
 * Context: Any. Without the lock, a shared leaf may be private by the return.
 * Return: the kind.
 */
enum p2m_backing p2m_backing(unsigned long pfn, unsigned long **leaf)
{
	*leaf = leaf_of(READ_ONCE(*p2m_pte(pfn)));
	if (*leaf == p2m_state.missing)
		return P2M_SHARED_MISSING;
	if (*leaf == p2m_state.identity)
		return P2M_SHARED_IDENTITY;
	return P2M_OWN;
}

/**
 * p2m_hidden_bits() - find the identity PFNs of a private leaf
 * @pfn: PFN below xen_p2m_size, of the leaf
 *
 * Context: Any, no lock. To be called after p2m_backing() has said P2M_OWN.
 * Return: the bitmap of p2m_hide_identity(), NULL if there is none.
 */
unsigned long *p2m_hidden_bits(unsigned long pfn)
{
	struct p2m_hidden *hidden;

	if (!p2m_state.hidden)
		return NULL;
	/* A leaf that is seen is seen with its bitmap: pairs with kit_install(). */
	smp_rmb();
	hidden = READ_ONCE(p2m_state.hidden[pfn / P2M_PMD_PFNS]);
	return hidden ? READ_ONCE(hidden->bits[pfn / P2M_PER_PAGE % P2M_PER_PAGE]) : NULL;
}

/* The entry of @pfn was written: it is what it says. */
static void clear_hidden(unsigned long pfn)
{
	unsigned long *bits = p2m_hidden_bits(pfn);

	if (unlikely(bits) && test_bit(pfn % P2M_PER_PAGE, bits))
		clear_bit(pfn % P2M_PER_PAGE, bits);
}

/**
 * get_phys_to_machine() - find the entry of a PFN, whatever backs it
 * @pfn: any PFN
 *
 * What __pfn_to_mfn() calls if the array alone does not have the answer.
 *
 * Context: Any, no lock.
 * Return: a frame, maybe with FOREIGN_FRAME_BIT or IDENTITY_FRAME_BIT, or
 * INVALID_P2M_ENTRY.
 */
unsigned long get_phys_to_machine(unsigned long pfn)
{
	unsigned long *leaf;

	if (unlikely(pfn >= xen_p2m_size))
		return pfn < xen_max_p2m_pfn ? xen_chk_extra_mem(pfn) : IDENTITY_FRAME(pfn);
	if (unlikely(!p2m_state.live))
		return xen_p2m_addr[pfn];

	if (p2m_backing(pfn, &leaf) == P2M_SHARED_IDENTITY)
		return IDENTITY_FRAME(pfn);
	return p2m_entry_seen(pfn, READ_ONCE(leaf[pfn % P2M_PER_PAGE]), p2m_hidden_bits(pfn));
}
EXPORT_SYMBOL_GPL(get_phys_to_machine);

/**
 * __set_phys_to_machine() - change the entry of a PFN if that takes no memory
 * @pfn: any PFN
 * @mfn: frame, maybe with FOREIGN_FRAME_BIT or IDENTITY_FRAME_BIT, or INVALID_P2M_ENTRY
 *
 * A PFN beyond the P2M cannot be changed: there, only the value that it has is accepted.
 *
 * Context: Any, no lock. One atomic store.
 * Return: true if the entry has the value now; false if the leaf is shared and has to be
 * made private, see xen_alloc_p2m_entry(), or @pfn is beyond the P2M.
 */
bool __set_phys_to_machine(unsigned long pfn, unsigned long mfn)
{
	unsigned long *leaf;

	if (unlikely(pfn >= xen_p2m_size))
		return mfn == get_phys_to_machine(pfn);
	if (likely(!xen_safe_write_ulong(xen_p2m_addr + pfn, mfn))) {
		clear_hidden(pfn);
		return true;
	}

	switch (p2m_backing(pfn, &leaf)) {
	case P2M_SHARED_MISSING:
		return mfn == INVALID_P2M_ENTRY;
	case P2M_SHARED_IDENTITY:
		return mfn == IDENTITY_FRAME(pfn);
	default:
		/* Private since a moment ago. */
		WRITE_ONCE(leaf[pfn % P2M_PER_PAGE], mfn);
		clear_hidden(pfn);
		return true;
	}
}

/**
 * struct leaf_kit - pages to make a leaf private
 * @leaf:	the leaf, filled
 * @ptes:	its page of page table, filled and known to Xen as one; NULL if there is a
 *		private one already
 * @mid:	the middle page of the frame lists; NULL if there is one or nobody wants it
 * @hidden:	where @bits are entered; NULL if there is one or @bits is
 * @bits:	all PFNs of the leaf are identity; NULL if they are missing
 *
 * All memory is there before the mapping is touched, so that a failure changes nothing.
 */
struct leaf_kit {
	unsigned long *leaf;
	pte_t *ptes;
	unsigned long *mid;
	struct p2m_hidden *hidden;
	unsigned long *bits;
};

/* Before the slab is there, a page comes from memblock.  NULL if there is none. */
static void * __ref kit_page(gfp_t gfp)
{
	if (likely(slab_is_available()))
		return (void *)__get_free_page(gfp);
	return memblock_alloc(PAGE_SIZE, PAGE_SIZE);
}

static void __ref kit_page_free(void *page)
{
	if (!page)
		return;
	if (likely(slab_is_available()))
		free_page((unsigned long)page);
	else
		memblock_free(page, PAGE_SIZE);
}

static unsigned long * __ref kit_bits(gfp_t gfp)
{
	unsigned long *bits;

	if (likely(slab_is_available()))
		bits = kmalloc(P2M_BITMAP_BYTES, gfp);
	else
		bits = memblock_alloc(P2M_BITMAP_BYTES, SMP_CACHE_BYTES);
	if (bits)
		bitmap_fill(bits, P2M_PER_PAGE);
	return bits;
}

static void __ref kit_bits_free(unsigned long *bits)
{
	if (!bits)
		return;
	if (likely(slab_is_available()))
		kfree(bits);
	else
		memblock_free(bits, P2M_BITMAP_BYTES);
}

static void kit_discard(struct leaf_kit *kit)
{
	if (kit->ptes)
		paravirt_release_pte(PFN_DOWN(__pa(kit->ptes)));
	kit_page_free(kit->ptes);
	kit_page_free(kit->mid);
	kit_page_free(kit->leaf);
	kit_page_free(kit->hidden);
	kit_bits_free(kit->bits);
}

static bool hidden_wanted(unsigned long pfn)
{
	return !READ_ONCE(p2m_state.hidden[pfn / P2M_PMD_PFNS]);
}

/* Get what says that all of @pfn's leaf is identity. */
static int kit_prepare_bits(struct leaf_kit *kit, unsigned long pfn, gfp_t gfp)
{
	bool wanted = hidden_wanted(pfn);

	kit->bits = kit_bits(gfp);
	if (wanted)
		kit->hidden = kit_page(gfp | __GFP_ZERO);
	return !kit->bits || (wanted && !kit->hidden) ? -ENOMEM : 0;
}

/* Get all pages that may be needed for @pfn's leaf, which is shared like @backing. */
static int kit_prepare(struct leaf_kit *kit, unsigned long pfn, enum p2m_backing backing,
		       gfp_t gfp)
{
	bool shared = p2m_pmd_shared(READ_ONCE(*p2m_pmd(pfn)));
	bool mid = p2m_mid_wanted(pfn);
	void *ptes = NULL;
	int rc = 0;

	if (backing == P2M_SHARED_IDENTITY)
		rc = kit_prepare_bits(kit, pfn, gfp);
	kit->leaf = kit_page(gfp);
	if (mid)
		kit->mid = kit_page(gfp);
	if (shared)
		ptes = kit_page(gfp);
	if (rc || !kit->leaf || (mid && !kit->mid) || (shared && !ptes)) {
		kit_page_free(ptes);
		kit_discard(kit);
		return -ENOMEM;
	}

	/* The shared ones are full of the same, too. */
	copy_page(kit->leaf, p2m_state.missing);
	if (ptes) {
		copy_page(ptes, backing == P2M_SHARED_IDENTITY ? p2m_state.identity_pte
							       : p2m_state.missing_pte);
		paravirt_alloc_pte(&init_mm, PFN_DOWN(__pa(ptes)));
		kit->ptes = ptes;
	}
	return 0;
}

/*
 * The toolstack, on another CPU, reads generation, mapping, generation.  It has to see an
 * odd number, or another one, if it saw any of the changes in between: write barriers here,
 * its partner is the read barrier in libxenguest's loop over p2m_generation.
 */
static void p2m_mapping_begin(void)
{
	struct arch_shared_info *arch = &HYPERVISOR_shared_info->arch;

	WRITE_ONCE(arch->p2m_generation, arch->p2m_generation + 1);
	/* Odd before the first change. */
	wmb();
}

static void p2m_mapping_end(void)
{
	struct arch_shared_info *arch = &HYPERVISOR_shared_info->arch;

	/* The last change before even. */
	wmb();
	WRITE_ONCE(arch->p2m_generation, arch->p2m_generation + 1);
}

/* Note what is identity in @pfn's leaf, which is shared yet. */
static void install_bits(struct leaf_kit *kit, unsigned long pfn)
{
	struct p2m_hidden **hidden = &p2m_state.hidden[pfn / P2M_PMD_PFNS];

	if (!kit->bits)
		return;
	if (kit->hidden && !*hidden) {
		WRITE_ONCE(*hidden, kit->hidden);
		kit->hidden = NULL;
	}
	WRITE_ONCE((*hidden)->bits[pfn / P2M_PER_PAGE % P2M_PER_PAGE], kit->bits);
	kit->bits = NULL;
}

/* Put in place what is still missing of @pfn's leaf; what is used leaves the kit. */
static void kit_install(struct leaf_kit *kit, unsigned long pfn)
{
	unsigned long *leaf;
	pmd_t *pmd = p2m_pmd(pfn);

	lockdep_assert_held(&p2m_state.lock);

	if (kit->ptes && p2m_pmd_shared(*pmd)) {
		set_pmd(pmd, __pmd(__pa(kit->ptes) | _KERNPG_TABLE));
		kit->ptes = NULL;
	}
	if (kit->mid && p2m_mid_wanted(pfn)) {
		p2m_mid_install(pfn, kit->mid);
		kit->mid = NULL;
	}
	if (p2m_backing(pfn, &leaf) != P2M_OWN) {
		install_bits(kit, pfn);
		/* The bitmap before the leaf: pairs with p2m_hidden_bits(). */
		smp_wmb();
		set_pte(p2m_pte(pfn), pfn_pte(PFN_DOWN(__pa(kit->leaf)), PAGE_KERNEL));
		p2m_mid_set(pfn, virt_to_mfn(kit->leaf));
		kit->leaf = NULL;
	}
	p2m_state.last_pfn = max(p2m_state.last_pfn, ALIGN(pfn + 1, P2M_PER_PAGE));
	if (HYPERVISOR_shared_info != &xen_dummy_shared_info)
		HYPERVISOR_shared_info->arch.max_pfn = p2m_state.last_pfn;
}

/* Make the leaf of @pfn private.  0, -ENOMEM, or -ERANGE beyond the P2M. */
static int make_private(unsigned long pfn, gfp_t gfp)
{
	struct leaf_kit kit = {};
	enum p2m_backing backing;
	unsigned long *leaf;
	unsigned long flags;
	int rc;

	if (pfn >= xen_p2m_size) {
		pr_err_ratelimited("xen: PFN %#lx: beyond %#lx, see XEN_MEMORY_HOTPLUG_LIMIT\n",
				   pfn, xen_p2m_size);
		return -ERANGE;
	}
	if (!p2m_state.live)
		return 0;
	backing = p2m_backing(pfn, &leaf);
	if (backing == P2M_OWN)
		return 0;

	rc = kit_prepare(&kit, pfn, backing, gfp);
	if (rc)
		return rc;

	spin_lock_irqsave(&p2m_state.lock, flags);
	p2m_mapping_begin();
	kit_install(&kit, pfn);
	p2m_mapping_end();
	spin_unlock_irqrestore(&p2m_state.lock, flags);

	kit_discard(&kit);
	return 0;
}

/* Is @pfn extra memory of the boot whose leaf nobody has used yet? */
static bool is_unused_extra(unsigned long pfn)
{
	unsigned long *leaf;

	return p2m_state.live && pfn < p2m_state.boot_pfns &&
	       p2m_backing(pfn, &leaf) == P2M_SHARED_MISSING;
}

/*
 * Make the leaves of all extra memory private, as far as there is memory for them; the rest
 * follows when more of it is used.  The toolstack maps the area when a save begins, and if the
 * guest is not to run on it does not look for other leaves later (libxenguest,
 * x86_pv_check_vm_state_p2m_list()): frames in leaves that come until the guest is suspended
 * would not be saved.  So they come at once, and not one by one while a balloon grows.
 */
static void use_extra_memory(void)
{
	unsigned long pfn;

	for (pfn = 0; pfn < p2m_state.boot_pfns; pfn += P2M_PER_PAGE) {
		if (is_unused_extra(pfn) &&
		    make_private(pfn, GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN))
			return;
		cond_resched();
	}
}

/**
 * xen_alloc_p2m_entry() - make sure that a PFN's entry can be changed
 * @pfn: PFN
 *
 * After success, set_phys_to_machine() does not fail for @pfn, nor for any other PFN of the
 * same leaf. Memory hot-plug and unpopulated-alloc call this first, as they may wait for memory.
 * In a domain that can be saved, the first use of extra memory takes the leaves of all of it.
 *
 * Context: Process context, may sleep; not in lazy MMU mode. Takes p2m_state.lock.
 * Return:
 * * 0		- it can, or this domain has no P2M
 * * -ENOMEM	- no page for the leaf or what maps it; nothing has changed
 * * -ERANGE	- @pfn is beyond the P2M, for hot-plug went too far
 */
int xen_alloc_p2m_entry(unsigned long pfn)
{
	bool extra;
	int rc;

	if (xen_feature(XENFEAT_auto_translated_physmap))
		return 0;
	extra = is_unused_extra(pfn);
	rc = make_private(pfn, GFP_KERNEL);
	if (!rc && extra && !xen_initial_domain())
		use_extra_memory();
	return rc;
}
EXPORT_SYMBOL(xen_alloc_p2m_entry);

/**
 * set_phys_to_machine() - change the entry of a PFN
 * @pfn: any PFN
 * @mfn: frame, maybe with FOREIGN_FRAME_BIT or IDENTITY_FRAME_BIT, or INVALID_P2M_ENTRY
 *
 * Who may sleep and cannot handle a failure calls xen_alloc_p2m_entry() before.
 *
 * Context: Any but lazy MMU mode, where the writes of page tables would wait. Memory comes from
 * the atomic reserves. Takes p2m_state.lock.
 * Return: true if the entry has the value now; false if there is no memory for its leaf or
 * @pfn is beyond the P2M, and then nothing has changed.
 */
bool set_phys_to_machine(unsigned long pfn, unsigned long mfn)
{
	if (likely(__set_phys_to_machine(pfn, mfn)))
		return true;
	return !make_private(pfn, GFP_ATOMIC | __GFP_NOWARN) && __set_phys_to_machine(pfn, mfn);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * What others read of the P2M: the toolstack, to save this domain, and Xen for crash notes.
 *
 * The toolstack that starts a domU says with SIF_VIRT_P2M_4TOOLS that it reads the array
 * itself through the page tables at p2m_cr3.  Otherwise, which is dom0, there are lists of
 * frames: the top page has the frames of 512 middle pages, a middle page those of 512
 * leaves.  That reaches 512 GiB.  A middle page says the same as the page of page table
 * with the same leaves, so that it is made from that one.
 */

#include <linux/init.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/printk.h>

#include <asm/xen/hypercall.h>
#include <asm/xen/hypervisor.h>
#include <asm/xen/page.h>

#include <xen/xen-ops.h>

#include "p2m.h"
#include "xen-ops.h"

#define P2M_MIDS	P2M_PER_PAGE
#define PFNS_PER_MID	(P2M_PER_PAGE * P2M_PER_PAGE)

/**
 * p2m_mid_wanted() - does a private leaf need a middle page that is not there yet?
 * @pfn: PFN of the leaf
 *
 * Context: Any; p2m_state.lock to rely on it.
 * Return: true if p2m_mid_install() is to be called with a page.
 */
bool p2m_mid_wanted(unsigned long pfn)
{
	unsigned long index = pfn / PFNS_PER_MID;

	return p2m_state.top && index < P2M_MIDS && !READ_ONCE(p2m_state.mid[index]);
}

/* A middle page says what the page of page table of the same leaves says. */
static void p2m_mid_fill(unsigned long *mid, const pte_t *ptes)
{
	unsigned int i;

	for (i = 0; i < P2M_PER_PAGE; i++)
		mid[i] = pte_mfn(ptes[i]);
}

/**
 * p2m_mid_install() - use a middle page of its own for a range of PFNs
 * @pfn: a PFN of the range
 * @mid: a page; it belongs to the P2M from now on
 *
 * Context: p2m_state.lock is held, p2m_mid_wanted() is true.
 */
void p2m_mid_install(unsigned long pfn, unsigned long *mid)
{
	unsigned long index = pfn / PFNS_PER_MID;

	lockdep_assert_held(&p2m_state.lock);

	p2m_mid_fill(mid, (pte_t *)pmd_page_vaddr(*p2m_pmd(pfn)));
	WRITE_ONCE(p2m_state.mid[index], mid);
	WRITE_ONCE(p2m_state.top[index], virt_to_mfn(mid));
}

/**
 * p2m_mid_set() - tell the frame of a leaf that has become private
 * @pfn: a PFN of the leaf
 * @leaf_mfn: its frame
 *
 * Context: p2m_state.lock is held.
 */
void p2m_mid_set(unsigned long pfn, unsigned long leaf_mfn)
{
	unsigned long index = pfn / PFNS_PER_MID;

	lockdep_assert_held(&p2m_state.lock);

	if (!p2m_state.top || index >= P2M_MIDS)
		return;
	WRITE_ONCE(p2m_state.mid[index][pfn / P2M_PER_PAGE % P2M_PER_PAGE], leaf_mfn);
}

/* All pages that private leaves need now; later ones come with their leaf. */
static int __init alloc_lists(void)
{
	unsigned long index, mids = min(xen_p2m_size / PFNS_PER_MID, P2M_MIDS);

	p2m_state.mid = memblock_alloc(P2M_MIDS * sizeof(*p2m_state.mid), PAGE_SIZE);
	p2m_state.shared_mid = memblock_alloc(PAGE_SIZE, PAGE_SIZE);
	if (!p2m_state.mid || !p2m_state.shared_mid)
		return -ENOMEM;

	for (index = 0; index < mids; index++) {
		if (p2m_pmd_shared(*p2m_pmd(index * PFNS_PER_MID)))
			continue;
		p2m_state.mid[index] = memblock_alloc(PAGE_SIZE, PAGE_SIZE);
		if (!p2m_state.mid[index])
			return -ENOMEM;
	}

	p2m_state.top = memblock_alloc(PAGE_SIZE, PAGE_SIZE);
	return p2m_state.top ? 0 : -ENOMEM;
}

static void fill_lists(void)
{
	unsigned long index;

	p2m_mid_fill(p2m_state.shared_mid, p2m_state.missing_pte);
	for (index = 0; index < P2M_MIDS; index++) {
		unsigned long *mid = p2m_state.mid[index];

		if (mid)
			p2m_mid_fill(mid, (pte_t *)pmd_page_vaddr(*p2m_pmd(index * PFNS_PER_MID)));
		p2m_state.top[index] = virt_to_mfn(mid ?: p2m_state.shared_mid);
	}
}

/**
 * xen_build_mfn_list_list() - make the lists of frames, or write them anew after a restore
 *
 * A restored domain has other frames. Its lists have their pages, as no leaf was added
 * meanwhile.
 *
 * Context: Boot with memblock, one CPU, the area live; or resume in stop_machine(), which
 * allocates nothing.
 */
void __ref xen_build_mfn_list_list(void)
{
	if (xen_start_info->flags & SIF_VIRT_P2M_4TOOLS)
		return;

	if (!p2m_state.top) {
		if (system_state != SYSTEM_BOOTING)
			return;
		if (alloc_lists()) {
			pr_err("xen: no memory for the frame lists: dumps will lack the P2M\n");
			return;
		}
	}
	fill_lists();
}

/**
 * xen_setup_mfn_list_list() - tell Xen and the toolstack where the P2M is
 *
 * Context: After xen_build_mfn_list_list(), with the real shared info page. Boot, one CPU,
 * or resume in stop_machine().
 */
void xen_setup_mfn_list_list(void)
{
	struct arch_shared_info *arch = &HYPERVISOR_shared_info->arch;

	if (WARN_ON_ONCE(HYPERVISOR_shared_info == &xen_dummy_shared_info))
		return;

	arch->pfn_to_mfn_frame_list_list = p2m_state.top ? virt_to_mfn(p2m_state.top) : ~0UL;
	arch->max_pfn = p2m_state.last_pfn;
	arch->p2m_generation = 0;
	arch->p2m_vaddr = (unsigned long)xen_p2m_addr;
	/* Who finds the root relies on all that is above. */
	wmb();
	arch->p2m_cr3 = xen_pfn_to_cr3(virt_to_mfn(swapper_pg_dir));
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hypercalls on many pages at once: page tables, M2P, and frames that go back to Xen.
 */

#define pr_fmt(fmt) "xen: " fmt

#include <linux/array_size.h>
#include <linux/init.h>
#include <linux/minmax.h>
#include <linux/pfn.h>
#include <linux/pgtable.h>
#include <linux/printk.h>

#include <asm/xen/hypercall.h>
#include <asm/xen/page.h>

#include <xen/interface/memory.h>
#include <xen/xen.h>

#include "memory_boot.h"
#include "xen-ops.h"

/**
 * xen_boot_pte() - find the PTE of a page in the direct map
 * @pfn: the page
 *
 * Context: Early boot.
 * Return: the PTE, which may be empty; NULL if there is no page table for it.
 */
pte_t __init *xen_boot_pte(unsigned long pfn)
{
	unsigned int level;
	pte_t *pte = lookup_address((unsigned long)__va(PFN_PHYS(pfn)), &level);

	return level == PG_LEVEL_4K ? pte : NULL;
}

/**
 * xen_flush_updates() - issue what xen_queue_update() left
 * @boot: its batch is empty afterwards
 *
 * A request that Xen refuses is counted, and the rest goes on without it.
 *
 * Context: Early boot.
 */
void __init xen_flush_updates(struct xen_mem_boot *boot)
{
	struct xen_mem_batch *batch = &boot->batch;
	unsigned int done = 0;
	int rc, ok;

	while (done < batch->nr) {
		ok = 0;
		rc = HYPERVISOR_mmu_update(batch->req + done, batch->nr - done, &ok, DOMID_SELF);
		batch->calls++;
		if (!rc)
			break;
		done += ok;
		if (!batch->failed++)
			pr_err("Xen refused to update %#llx to %#llx, error %d\n",
			       batch->req[done].ptr, batch->req[done].val, rc);
		done++;
	}
	batch->nr = 0;
}

/**
 * xen_queue_update() - have a PTE or an M2P entry written
 * @boot: has the batch
 * @ptr: machine address and MMU_* command
 * @val: new value
 *
 * In effect after xen_flush_updates(), or when the batch is full.
 *
 * Context: Early boot.
 */
void __init xen_queue_update(struct xen_mem_boot *boot, u64 ptr, u64 val)
{
	struct xen_mem_batch *batch = &boot->batch;

	if (batch->nr == ARRAY_SIZE(batch->req))
		xen_flush_updates(boot);
	batch->req[batch->nr++] = (struct mmu_update){ .ptr = ptr, .val = val };
}

/**
 * xen_zap_pages() - unmap pages that are about to lose their frames
 * @boot: has the batch
 * @pfn: first page
 * @nr: pages
 *
 * Only the builder's mapping of kernel and boot data exists, and holes are large, so that
 * whole page tables are skipped where there are none.  The kernel's mapping shares its page
 * tables with the direct map and is gone, too.
 *
 * In effect after xen_flush_updates().
 *
 * Context: Early boot, before the direct map is built.
 */
void __init xen_zap_pages(struct xen_mem_boot *boot, unsigned long pfn, unsigned long nr)
{
	unsigned long end = pfn + nr;
	pte_t *pte;

	while (pfn < end) {
		pte = xen_boot_pte(pfn);
		if (!pte) {
			pfn = ALIGN(pfn + 1, PTRS_PER_PTE);
			continue;
		}
		if (pte_present(*pte))
			xen_queue_update(boot, virt_to_machine(pte).maddr | MMU_NORMAL_PT_UPDATE,
					 0);
		pfn++;
	}
}

/**
 * xen_drop_tables() - drop the builder's page tables that no page is left for
 * @boot: has the batch, and @boot->plan says which
 *
 * The direct map grows from what the builder mapped.  Where there is no RAM for a whole page
 * table, it clears the entry for that, and a table there is one mistake too many: it warns.
 *
 * Context: Early boot, before the direct map is built, when the plan's frames have left.
 */
void __init xen_drop_tables(struct xen_mem_boot *boot)
{
	unsigned long pfn;
	pmd_t *pmd;

	for (pfn = 0; pfn < boot->dom.nr_pages; pfn += PTRS_PER_PTE) {
		if (!xmap_is_bare(&boot->plan, pfn, PTRS_PER_PTE))
			continue;
		pmd = lookup_pmd_address((unsigned long)__va(PFN_PHYS(pfn)));
		if (pmd && pmd_present(*pmd))
			xen_queue_update(boot, virt_to_machine(pmd).maddr | MMU_NORMAL_PT_UPDATE,
					 0);
	}
	xen_flush_updates(boot);
}

/**
 * xen_flush_releases() - give back what xen_release_frame() left
 * @boot: @boot->released and @boot->lost are counted
 *
 * What Xen does not take stays the domain's, without a PFN.
 *
 * Context: Early boot.
 */
void __init xen_flush_releases(struct xen_mem_boot *boot)
{
	struct xen_memory_reservation arg = { .domid = DOMID_SELF };
	unsigned int done = 0, nr = boot->nr_frames;
	int rc;

	/* A frame that is still mapped would not be free. */
	xen_flush_updates(boot);
	while (done < nr) {
		set_xen_guest_handle(arg.extent_start, boot->frame + done);
		arg.nr_extents = nr - done;
		rc = HYPERVISOR_memory_op(XENMEM_decrease_reservation, &arg);
		boot->batch.calls++;
		if (rc > 0) {
			done += rc;
			boot->released += rc;
			continue;
		}
		if (!boot->lost++)
			pr_warn("Xen does not take back frame %#lx, error %d\n",
				(unsigned long)boot->frame[done], rc);
		done++;
	}
	boot->nr_frames = 0;
}

/**
 * xen_release_frame() - give a frame back to Xen that has no PFN any more
 * @boot: has the batch
 * @mfn: the frame; mappings of it are gone, or xen_queue_update() has been told
 *
 * In effect after xen_flush_releases(), or when the batch is full.
 *
 * Context: Early boot.
 */
void __init xen_release_frame(struct xen_mem_boot *boot, unsigned long mfn)
{
	if (boot->nr_frames == ARRAY_SIZE(boot->frame))
		xen_flush_releases(boot);
	boot->frame[boot->nr_frames++] = mfn;
}

/**
 * xen_release_frames() - give back what the plan has no place for
 * @boot: @boot->plan says which; @boot->released and @boot->lost are counted
 *
 * The pages are INVALID_P2M_ENTRY afterwards.
 *
 * Context: Early boot, while the P2M is the builder's.
 */
void __init xen_release_frames(struct xen_mem_boot *boot)
{
	struct xmap_cursor cursor = {};
	struct xmap_segment seg;
	unsigned long pfn, mfn;

	while (xmap_next_segment(&boot->plan, XMAP_RELEASE, &cursor, XEN_MEM_BATCH, &seg)) {
		xen_zap_pages(boot, seg.pfn, seg.nr);
		for (pfn = seg.pfn; pfn < seg.pfn + seg.nr; pfn++) {
			mfn = __pfn_to_mfn(pfn);
			__set_phys_to_machine(pfn, INVALID_P2M_ENTRY);
			if (mfn != INVALID_P2M_ENTRY)
				xen_release_frame(boot, mfn);
		}
	}
	xen_flush_releases(boot);
}

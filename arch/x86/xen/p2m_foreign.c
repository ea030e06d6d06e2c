// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages of this domain that stand for frames of another one: grants, mapped by a backend or
 * by gntdev.
 *
 * Each slot fails or succeeds alone (XSA-361).  A slot that is mapped but cannot be entered
 * in the P2M is unmapped before anyone can use it, and its status and handle say so; the
 * others go on.
 */

#include <linux/mm.h>
#include <linux/printk.h>

#include <xen/grant_table.h>
#include <xen/interface/grant_table.h>

#include <asm/xen/hypercall.h>
#include <asm/xen/page.h>

/* Prepare to undo @op, and let @op say that it failed. */
static void revoke(struct gnttab_map_grant_ref *op, struct gnttab_unmap_grant_ref *unmap)
{
	*unmap = (struct gnttab_unmap_grant_ref){
		.host_addr = op->host_addr,
		.dev_bus_addr = op->flags & GNTMAP_device_map ? op->dev_bus_addr : 0,
		.handle = op->handle,
		.status = GNTST_general_error,
	};
	op->status = GNTST_general_error;
	op->handle = INVALID_GRANT_HANDLE;
}

static void revoke_slot(struct gnttab_map_grant_ref *map, struct gnttab_map_grant_ref *kmap)
{
	struct gnttab_unmap_grant_ref unmap[2];
	unsigned int i, nr = 0;
	int rc;

	revoke(map, &unmap[nr++]);
	if (kmap)
		revoke(kmap, &unmap[nr++]);

	rc = HYPERVISOR_grant_table_op(GNTTABOP_unmap_grant_ref, unmap, nr);
	for (i = 0; i < nr; i++) {
		if (rc || unmap[i].status != GNTST_okay)
			pr_err_ratelimited("xen: grant handle %u stays mapped: %d, %d\n",
					   unmap[i].handle, rc, unmap[i].status);
	}
}

/**
 * set_foreign_p2m_mapping() - enter mapped grants in the P2M
 * @map_ops: the mappings, carried out; a slot with a status other than GNTST_okay is left
 *	alone
 * @kmap_ops: mappings of the same grants into the kernel, not yet carried out, or NULL
 * @pages: a ballooned page for each slot, see xen_alloc_p2m_entry()
 * @count: slots
 *
 * If a slot cannot be entered, its mappings are undone, and in both arrays its status is
 * GNTST_general_error and its handle INVALID_GRANT_HANDLE.
 *
 * Context: Any that @kmap_ops' addresses allow.
 * Return: 0, also if slots failed; or the error of the hypercall for @kmap_ops, then no slot
 * is entered, and @map_ops stay mapped, to be unmapped by the caller.
 */
int set_foreign_p2m_mapping(struct gnttab_map_grant_ref *map_ops,
			    struct gnttab_map_grant_ref *kmap_ops,
			    struct page **pages, unsigned int count)
{
	unsigned int i;
	int rc;

	if (xen_feature(XENFEAT_auto_translated_physmap))
		return 0;

	if (kmap_ops) {
		rc = HYPERVISOR_grant_table_op(GNTTABOP_map_grant_ref, kmap_ops, count);
		if (rc)
			return rc;
	}

	for (i = 0; i < count; i++) {
		struct gnttab_map_grant_ref *kmap = kmap_ops ? &kmap_ops[i] : NULL;
		unsigned long pfn = page_to_pfn(pages[i]);
		unsigned long mfn = PFN_DOWN(map_ops[i].dev_bus_addr);

		if (map_ops[i].status != GNTST_okay || (kmap && kmap->status != GNTST_okay))
			continue;
		WARN_ONCE(pfn_to_mfn(pfn) != INVALID_P2M_ENTRY,
			  "xen: grant at PFN %#lx, which has a frame; use gnttab_alloc_pages()\n",
			  pfn);
		if (unlikely(!set_phys_to_machine(pfn, FOREIGN_FRAME(mfn))))
			revoke_slot(&map_ops[i], kmap);
	}
	return 0;
}

/**
 * clear_foreign_p2m_mapping() - take unmapped grants out of the P2M
 * @unmap_ops: the unmappings, carried out
 * @kunmap_ops: unmappings from the kernel, not yet carried out, or NULL
 * @pages: the page of each slot
 * @count: slots
 *
 * All slots are handled, whatever happens to some.
 *
 * Context: Any that @kunmap_ops' addresses allow.
 * Return: 0; the error of the hypercall for @kunmap_ops; or else -EINVAL if a page was not
 * foreign.
 */
int clear_foreign_p2m_mapping(struct gnttab_unmap_grant_ref *unmap_ops,
			      struct gnttab_unmap_grant_ref *kunmap_ops,
			      struct page **pages, unsigned int count)
{
	unsigned int i;
	int rc = 0, err;

	if (xen_feature(XENFEAT_auto_translated_physmap))
		return 0;

	for (i = 0; i < count; i++) {
		unsigned long pfn = page_to_pfn(pages[i]);
		unsigned long mfn = __pfn_to_mfn(pfn);

		if (mfn == INVALID_P2M_ENTRY || !(mfn & FOREIGN_FRAME_BIT))
			rc = -EINVAL;
		else
			set_phys_to_machine(pfn, INVALID_P2M_ENTRY);
	}

	if (kunmap_ops) {
		err = HYPERVISOR_grant_table_op(GNTTABOP_unmap_grant_ref, kunmap_ops, count);
		rc = err ?: rc;
	}
	return rc;
}

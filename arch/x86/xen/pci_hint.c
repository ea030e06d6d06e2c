// SPDX-License-Identifier: GPL-2.0-only
/*
 * A PV guest that gets a PCI device needs two things that it has only if its configuration asks
 * for the host's memory map: no memory where the device's BARs are, and swiotlb-xen, as the
 * device knows machine frames and drivers know PFNs.  Without, a driver fails in a way that
 * tells nothing, or writes to memory of others.  So the guest says what is missing when the
 * device comes, which is before a driver can touch it.
 */

#include <linux/device.h>
#include <linux/dma-mapping.h>
#include <linux/init.h>
#include <linux/ioport.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/notifier.h>
#include <linux/pci.h>
#include <linux/pfn.h>

#include <asm/dma-mapping.h>
#include <asm/xen/page.h>

#include <xen/swiotlb-xen.h>
#include <xen/xen.h>

#include "pci_hint.h"

#define LINE_SIZE	256

/**
 * struct bar_walk - a BAR on its way past everything that claims addresses
 * @hint:	for what it meets
 * @bar:	its number
 * @at:		where it is
 */
struct bar_walk {
	struct xen_pci_hint *hint;
	int bar;
	struct xen_pci_span at;
};

/*
 * The P2M knows it best: memory of any kind has an entry of its own, with or without a frame,
 * and what only reserves addresses (firmware, another device) has not.
 */
static enum xen_bar_hit what_is_at(u64 addr)
{
	unsigned long pfn = PHYS_PFN(addr);
	unsigned long entry = __pfn_to_mfn(pfn);

	if (entry == IDENTITY_FRAME(pfn))
		return XEN_BAR_CLEAR;
	return entry == INVALID_P2M_ENTRY ? XEN_BAR_EXTRA : XEN_BAR_RAM;
}

static int pass_resource(struct resource *res, void *data)
{
	struct xen_pci_span mem = { res->start, res->end };
	struct bar_walk *walk = data;

	xen_pci_hint_note(walk->hint, walk->bar, &walk->at, &mem,
			  what_is_at(max(mem.start, walk->at.start)));
	return 0;
}

static void pass_bar(struct xen_pci_hint *hint, int bar, const struct resource *res)
{
	struct bar_walk walk = { hint, bar, { res->start, res->end } };

	/* All of it and not just what overlaps, or the memory's ends would not be seen. */
	walk_mem_res(0, U64_MAX, &walk, pass_resource);
	/* RAM of the map that is too much to be used has no resource. */
	xen_pci_hint_note(hint, bar, &walk.at, &walk.at, what_is_at(walk.at.start));
}

static void look_at_device(struct pci_dev *pdev)
{
	struct xen_pci_hint hint = { .swiotlb = dma_ops == &xen_swiotlb_dma_ops };
	char line[LINE_SIZE];
	struct resource *res;
	int bar;

	pci_dev_for_each_resource(pdev, res, bar) {
		if (bar < PCI_STD_NUM_BARS && res->start && resource_type(res) == IORESOURCE_MEM)
			pass_bar(&hint, bar, res);
	}
	if (xen_pci_hint_text(line, sizeof(line), &hint))
		dev_warn_ratelimited(&pdev->dev, "%s\n", line);
}

static int pci_notified(struct notifier_block *nb, unsigned long action, void *data)
{
	if (action == BUS_NOTIFY_ADD_DEVICE)
		look_at_device(to_pci_dev(data));
	return NOTIFY_DONE;
}

static struct notifier_block pci_notifier = { .notifier_call = pci_notified };

/* Before the PCI frontend, which is a driver. */
static int __init watch_pci(void)
{
	if (!xen_pv_domain() || xen_initial_domain())
		return 0;
	return bus_register_notifier(&pci_bus_type, &pci_notifier);
}
arch_initcall(watch_pci);

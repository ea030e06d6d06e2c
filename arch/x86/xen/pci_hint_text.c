// SPDX-License-Identifier: GPL-2.0-only
/*
 * What to say of a PCI device that a PV guest got.
 *
 * Pure: compiles in userspace, too.
 */

#include <linux/sprintf.h>
#include <linux/types.h>

#include "pci_hint.h"

/* With the host's map a guest gets holes for the host's devices, and swiotlb-xen as well. */
#define REMEDY	"set e820_host=1 (xl) or <xen><e820_host state='on'/></xen> (libvirt)"

/**
 * xen_pci_hint_note() - add what lies where a BAR is
 * @hint: what is known so far; keeps the first of what is worst
 * @bar: number of the BAR
 * @at: where it is
 * @mem: something that the guest has; need not be anywhere near
 * @hit: what that is
 *
 * Context: Any.
 */
void xen_pci_hint_note(struct xen_pci_hint *hint, int bar, const struct xen_pci_span *at,
		       const struct xen_pci_span *mem, enum xen_bar_hit hit)
{
	if (hit <= hint->hit || mem->end < at->start || mem->start > at->end)
		return;

	hint->hit = hit;
	hint->bar = bar;
	hint->at = *at;
	hint->mem = *mem;
}

/**
 * xen_pci_hint_text() - say why a device will not work, and what to do
 * @buf: for one line without its end; untouched if there is nothing to say
 * @size: bytes in @buf; 256 are enough
 * @hint: what is known of the device
 *
 * A collision goes before missing swiotlb-xen, as the remedy is the same.
 *
 * Context: Any.
 * Return: the length of the line, or 0 if nothing speaks against the device.
 */
int xen_pci_hint_text(char *buf, size_t size, const struct xen_pci_hint *hint)
{
	if (hint->hit != XEN_BAR_CLEAR)
		return scnprintf(buf, size,
				 "BAR %d [mem %#llx-%#llx] collides with %s [mem %#llx-%#llx]; %s",
				 hint->bar, (unsigned long long)hint->at.start,
				 (unsigned long long)hint->at.end,
				 hint->hit == XEN_BAR_RAM ? "RAM" : "extra memory",
				 (unsigned long long)hint->mem.start,
				 (unsigned long long)hint->mem.end, REMEDY);
	if (!hint->swiotlb)
		return scnprintf(buf, size,
				 "swiotlb-xen is off, so DMA would reach other memory; %s", REMEDY);
	return 0;
}

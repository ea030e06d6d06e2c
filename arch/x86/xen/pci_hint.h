/* SPDX-License-Identifier: GPL-2.0-only */
/* PCI devices of a PV guest: does its memory leave them room? */
#ifndef _XEN_PCI_HINT_H
#define _XEN_PCI_HINT_H

#include <linux/types.h>

/**
 * enum xen_bar_hit - what the guest has where a BAR lies, the worse the higher
 * @XEN_BAR_CLEAR: nothing: its PFNs mean the machine frames of the same number
 * @XEN_BAR_EXTRA: memory that has no frames now, for ballooning or hot-plug
 * @XEN_BAR_RAM: frames of the guest
 */
enum xen_bar_hit {
	XEN_BAR_CLEAR,
	XEN_BAR_EXTRA,
	XEN_BAR_RAM,
};

/**
 * struct xen_pci_span - addresses, of a BAR or of memory
 * @start:	first byte
 * @end:	last byte, not below @start
 */
struct xen_pci_span {
	u64 start;
	u64 end;
};

/**
 * struct xen_pci_hint - what is known of a PCI device; all zero to begin with
 * @swiotlb:	swiotlb-xen translates the addresses that the device gets for DMA
 * @hit:	the worst that a BAR of the device hit; XEN_BAR_CLEAR leaves the rest unset
 * @bar:	number of that BAR, from 0
 * @at:		where it is
 * @mem:	the memory that it hit
 */
struct xen_pci_hint {
	bool swiotlb;
	enum xen_bar_hit hit;
	int bar;
	struct xen_pci_span at;
	struct xen_pci_span mem;
};

void xen_pci_hint_note(struct xen_pci_hint *hint, int bar, const struct xen_pci_span *at,
		       const struct xen_pci_span *mem, enum xen_bar_hit hit);
int xen_pci_hint_text(char *buf, size_t size, const struct xen_pci_hint *hint);

#endif /* _XEN_PCI_HINT_H */

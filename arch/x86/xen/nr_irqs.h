/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _XEN_NR_IRQS_H
#define _XEN_NR_IRQS_H

#include <linux/types.h>

/**
 * struct xen_irq_wish - what decides how many IRQs a guest asks for
 * @vcpus:		VCPUs that may ever come online, at least 1
 * @abi_channels:	event channels that the ABI to be tried first can have
 * @backends:		true where this domain serves devices to others
 * @override:		number that the admin gave, or one of XEN_IRQ_WISH_*
 */
struct xen_irq_wish {
	unsigned int vcpus;
	unsigned int abi_channels;
	bool backends;
	int override;
};

/* No word from the admin: reckon what the guest will plausibly use. */
#define XEN_IRQ_WISH_AUTO	(-1)
/* The admin asked for an IRQ for every channel of the ABI. */
#define XEN_IRQ_WISH_MAX	(-2)

int xen_parse_irq_wish(const char *arg, int *override);
unsigned int xen_irqs_wished(const struct xen_irq_wish *wish);

#endif

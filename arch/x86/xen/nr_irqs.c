// SPDX-License-Identifier: GPL-2.0-only
/*
 * IRQ numbers for event channels.
 *
 * Every bound event channel takes an IRQ number of its own.  The number of
 * GSIs and the number of CPUs, from which x86 reckons nr_irqs, say nothing
 * about how many channels a guest binds, so the guest adds its own estimate
 * through x86_init.irqs.extra_nr_irqs.
 *
 * The estimate follows what the guest will use and not what its event channel
 * ABI could address.  nr_irqs grows when a driver allocates beyond it, so a low
 * estimate costs nothing, while a high one is paid for by everybody who reads
 * /proc/stat: each number below nr_irqs is a field of the "intr" line, used or
 * not.
 */

#define pr_fmt(fmt) "xen: " fmt

#include <linux/cpumask.h>
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/kstrtox.h>
#include <linux/minmax.h>
#include <linux/printk.h>
#include <linux/string.h>

#include <asm/x86_init.h>

#include <xen/evtchn_channels.h>
#include <xen/xen.h>

#include "nr_irqs.h"
#include "xen-ops.h"

/* IPIs, timer, debug and PMU VIRQ and the spinlock kicker of one VCPU. */
#define IRQS_PER_VCPU		8
/* Console, xenstore and a few disks and network queues. */
#define IRQS_FOR_FRONTENDS	64
/* Some dozens of guests with a disk and a network device each. */
#define IRQS_FOR_BACKENDS	256

static int override __initdata = XEN_IRQ_WISH_AUTO;

/**
 * xen_parse_irq_wish() - understand the value of xen.nr_irqs_extra=
 * @arg: text behind the equals sign, NULL if there was none
 * @override: where the result goes; untouched on error
 *
 * Context: Any, early boot included.
 * Return:
 * * 0		- @override is a number up to X86_MAX_EXTRA_IRQS or
 *		  XEN_IRQ_WISH_MAX
 * * -EINVAL	- neither a decimal number nor "max"
 * * -ERANGE	- a number that no kernel would be given
 */
int __init xen_parse_irq_wish(const char *arg, int *override)
{
	unsigned int nr;
	int rc;

	if (!arg)
		return -EINVAL;
	if (!strcmp(arg, "max")) {
		*override = XEN_IRQ_WISH_MAX;
		return 0;
	}

	rc = kstrtouint(arg, 10, &nr);
	if (rc)
		return rc;
	if (nr > X86_MAX_EXTRA_IRQS)
		return -ERANGE;

	*override = nr;
	return 0;
}

/**
 * xen_irqs_wished() - reckon the IRQ numbers for a guest's event channels
 * @wish: what is known of the guest
 *
 * Context: Any, early boot included.
 * Return: the number of IRQs beyond those for GSIs and MSIs.  An estimate is
 * never more than the ABI has channels; the admin's own number is taken as it
 * is.
 */
unsigned int __init xen_irqs_wished(const struct xen_irq_wish *wish)
{
	unsigned int nr = IRQS_FOR_FRONTENDS;

	if (wish->override >= 0)
		return wish->override;
	if (wish->override == XEN_IRQ_WISH_MAX)
		return wish->abi_channels;

	if (wish->backends)
		nr += IRQS_FOR_BACKENDS;
	nr += wish->vcpus * IRQS_PER_VCPU;

	return min(nr, wish->abi_channels);
}

static int __init parse_nr_irqs_extra(char *arg)
{
	if (xen_parse_irq_wish(arg, &override))
		pr_warn("xen.nr_irqs_extra=%s ignored, give a number from 0 to %u or \"max\"\n",
			arg ?: "", X86_MAX_EXTRA_IRQS);
	return 0;
}
early_param("xen.nr_irqs_extra", parse_nr_irqs_extra);

/**
 * xen_extra_nr_irqs() - tell x86 how many IRQs the event channels will want
 *
 * The event channel ABI is not chosen yet.  The one that will be tried first
 * bounds the answer; if Xen does not have it, the number may be too high, which
 * costs time but does no other harm.
 *
 * Context: early_irq_init(); allocates nothing, makes no hypercall.
 * Return: the number of IRQs beyond those for GSIs and MSIs.
 */
unsigned int __init xen_extra_nr_irqs(void)
{
	struct xen_irq_wish wish = {
		.vcpus = nr_cpu_ids,
		.abi_channels = xen_evtchn_channels(),
		.backends = xen_initial_domain(),
		.override = override,
	};

	return xen_irqs_wished(&wish);
}

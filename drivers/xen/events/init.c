// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's instance: its parameters, and its start.
 */
#define pr_fmt(fmt) "xen:events: " fmt

#include <linux/cache.h>
#include <linux/init.h>
#include <linux/moduleparam.h>
#include <linux/printk.h>
#include <asm/setup.h>
#include <xen/events.h>
#include <xen/evtchn_channels.h>

#include "channel.h"
#include "upcall.h"

#undef MODULE_PARAM_PREFIX
#define MODULE_PARAM_PREFIX "xen."

/* The kernel's instance. */
struct xen_evtchn xen_evtchn = {
	.loop_timeout = 2,
	.eoi_delay = 10,
};

/* Wanted at boot, then: is it so? */
bool xen_fifo_events = true;
module_param_named(fifo_events, xen_fifo_events, bool, 0);

/* Room for whatever the command line has: a value that is wrong is warned of. */
static char evtchn_abi[COMMAND_LINE_SIZE] __initdata = "auto";
module_param_string(evtchn_abi, evtchn_abi, sizeof(evtchn_abi), 0);

module_param_named(event_loop_timeout, xen_evtchn.loop_timeout, uint, 0644);
module_param_named(event_eoi_delay, xen_evtchn.eoi_delay, uint, 0644);

/**
 * xen_evtchn_channels() - channels of the ABI that the parameters ask for
 *
 * Context: Early boot, once the command line is parsed; allocates nothing and makes no hypercall.
 * Return: how many channels the ABI that is tried first can address.  Xen may have less.
 */
unsigned int __init xen_evtchn_channels(void)
{
	return xen_evtchn_first_channels(xen_evtchn_abis, xen_evtchn_nr_abis, evtchn_abi,
					 xen_fifo_events);
}

/**
 * xen_init_IRQ() - start event channels
 *
 * Context: Boot, on the VCPU that boots.
 */
void __init xen_init_IRQ(void)
{
	struct xen_evtchn *ev = &xen_evtchn;
	int err;

	err = xen_evtchn_start(ev, xen_evtchn_abis, xen_evtchn_nr_abis, evtchn_abi,
			       xen_fifo_events);
	if (err)
		panic("Xen: no event channels: error %d\n", err);
	xen_fifo_events = ev->abi->priorities;
	pr_info("Using %s ABI\n", ev->abi->name);
	mutex_lock(&ev->lock);
	err = xen_evtchn_reserve(ev, 0);
	mutex_unlock(&ev->lock);
	if (err)
		xen_evtchn_complain("make room for ports", err);
	err = xen_evtchn_watch_cpus();
	if (err)
		xen_evtchn_complain("watch VCPUs come and go", err);
	xen_upcall_init();
}

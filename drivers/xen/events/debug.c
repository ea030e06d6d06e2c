// SPDX-License-Identifier: GPL-2.0-only
/*
 * What there is to see: a table of all channels in debugfs, and a dump to the log when
 * Xen's debug key asks for it.  Both work with every ABI.
 */
#define pr_fmt(fmt) "xen:events: " fmt

#include <linux/debugfs.h>
#include <linux/init.h>
#include <linux/interrupt.h>
#include <linux/printk.h>
#include <linux/seq_file.h>
#include <xen/events.h>
#include <xen/xen.h>
#include <xen/xen-ops.h>

#include "channel.h"

static const char *const type_names[] = {
	[XEN_CHANNEL_EVENT]	= "event",
	[XEN_CHANNEL_VIRQ]	= "virq",
	[XEN_CHANNEL_IPI]	= "ipi",
	[XEN_CHANNEL_PIRQ]	= "pirq",
};

/* What a channel's state is, a letter each; they are explained at the table's head. */
static void format_state(const struct xen_channel *chan, char state[6])
{
	const struct xen_evtchn *ev = chan->ev;

	state[0] = ev->abi->is_pending(ev->abi_data, chan->port) ? 'P' : '-';
	state[1] = ev->abi->is_masked(ev->abi_data, chan->port) ? 'M' : '-';
	state[2] = chan->reasons & XEN_MASK_EXPLICIT ? 'd' : '-';
	state[3] = chan->reasons & XEN_MASK_EOI ? 'e' : '-';
	state[4] = chan->flags & XEN_CHANNEL_DEFERRED ? 'w' : '-';
	state[5] = '\0';
}

static unsigned int kind_of(const struct xen_channel *chan)
{
	switch (chan->type) {
	case XEN_CHANNEL_VIRQ:
		return chan->virq;
	case XEN_CHANNEL_IPI:
		return chan->ipi;
	case XEN_CHANNEL_PIRQ:
		return chan->pirq;
	default:
		return 0;
	}
}

static int channels_show(struct seq_file *file, void *unused)
{
	struct xen_evtchn *ev = &xen_evtchn;
	struct xen_channel *chan;
	evtchn_port_t port;
	char state[6];

	seq_printf(file, "# ABI: %s, %u ports\n", ev->abi->name,
		   ev->abi->max_ports(ev->abi_data));
	seq_puts(file, "# P pending, M masked, d disabled, e EOI outstanding, w EOI deferred\n");
	seq_puts(file, "# port irq cpu type number state priority users\n");
	mutex_lock(&ev->lock);
	for (port = 1; (chan = xen_table_next(&ev->by_port, &port)); port++) {
		format_state(chan, state);
		seq_printf(file, "%u %u %u %s %u %s %u %d\n", chan->port, chan->irq, chan->cpu,
			   type_names[chan->type], kind_of(chan), state, chan->priority,
			   chan->refs);
	}
	mutex_unlock(&ev->lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(channels);

static int __init xen_evtchn_debugfs(void)
{
	struct dentry *dir;

	if (!xen_domain() || !xen_evtchn.abi)
		return 0;
	dir = debugfs_create_dir("xen-events", NULL);
	debugfs_create_file("channels", 0400, dir, NULL, &channels_fops);
	return 0;
}
late_initcall(xen_evtchn_debugfs);

/**
 * xen_debug_interrupt() - Xen's debug key: VCPUs and channels with something pending
 * @irq: unused
 * @dev_id: unused
 *
 * Context: Hard interrupt.
 * Return: IRQ_HANDLED.
 */
irqreturn_t xen_debug_interrupt(int irq, void *dev_id)
{
	struct xen_evtchn *ev = &xen_evtchn;
	struct xen_channel *chan;
	evtchn_port_t port;
	unsigned int cpu;
	char state[6];

	for_each_online_cpu(cpu) {
		const struct vcpu_info *vcpu = per_cpu(xen_vcpu, cpu);

		pr_info("vcpu %u: upcall pending %u, selector %llx, %d channels\n", cpu,
			vcpu->evtchn_upcall_pending, (u64)vcpu->evtchn_pending_sel,
			atomic_read(&per_cpu_ptr(ev->cpus, cpu)->channels));
	}
	rcu_read_lock();
	for (port = 1; (chan = xen_table_next(&ev->by_port, &port)); port++) {
		format_state(chan, state);
		if (state[0] == 'P')
			pr_info("port %u: irq %u, vcpu %u, %s %u, %s\n", chan->port, chan->irq,
				chan->cpu, type_names[chan->type], kind_of(chan), state);
	}
	rcu_read_unlock();
	return IRQ_HANDLED;
}

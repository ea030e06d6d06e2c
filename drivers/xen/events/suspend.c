// SPDX-License-Identifier: GPL-2.0-only
/*
 * After a restore: another domain, perhaps on another host, with no channels.
 *
 * Called with every other VCPU in stop_machine(), so that nothing here sleeps or
 * allocates, and no lock is contended.  Xen starts with the 2-level ABI; all ports are
 * gone.  VIRQs, IPIs and GSIs are opened again here, keeping their IRQs.  Channels to
 * other domains are their drivers' to bind again; until then they have no port, and
 * sending on them does nothing.  What Xen refused this time is freed later, where that may
 * wait for a lock.
 */
#define pr_fmt(fmt) "xen:events: " fmt

#include <kunit/visibility.h>
#include <linux/init.h>
#include <linux/notifier.h>
#include <linux/printk.h>
#include <xen/events.h>
#include <xen/interface/xen.h>
#include <xen/xen.h>
#include <xen/xen-ops.h>

#include "channel.h"

/* No port, nothing outstanding.  Why else it is masked stays as it is. */
static void forget_port(struct xen_channel *chan)
{
	raw_spin_lock(&chan->lock);
	if (chan->port)
		chan->lost = chan->port;
	WRITE_ONCE(chan->port, 0);
	xen_eoi_reset(chan);
	raw_spin_unlock(&chan->lock);
}

/**
 * xen_evtchn_forget_ports() - no channel has a port any more
 * @ev: instance, whose ports Xen has taken away; IRQs stay
 *
 * Context: Interrupts off, nothing else uses @ev.
 */
void xen_evtchn_forget_ports(struct xen_evtchn *ev)
{
	struct xen_channel *chan;
	unsigned int irq, row;

	for (irq = 0; (chan = xen_table_next(&ev->by_irq, &irq)); irq++)
		forget_port(chan);
	ev->highest = 0;
	for (row = 0; row < ev->by_port.nr_rows; row++)
		if (ev->by_port.rows[row])
			memset(ev->by_port.rows[row], 0, sizeof(struct xen_channel_row));
}

/* The port as it was: masked or not, and with its priority. */
static int attach_again(struct xen_channel *chan, evtchn_port_t port, unsigned int cpu)
{
	int err = xen_channel_attach(chan, port, cpu);

	if (!err)
		xen_channel_set_priority(chan);
	return err;
}

static void resume_virq(struct xen_channel *chan, unsigned int cpu)
{
	evtchn_port_t port;
	int err;

	if (xen_virq_open(chan->virq, cpu, &port))
		return;
	err = attach_again(chan, port, cpu);
	if (err)
		xen_evtchn_complain("bind a VIRQ again", err);
	else if (chan->virq == VIRQ_TIMER)
		per_cpu_ptr(chan->ev->cpus, cpu)->timer_port = port;
}

static void resume_ipi(struct xen_channel *chan, unsigned int cpu)
{
	evtchn_port_t port;
	int err;

	if (xen_ipi_open(cpu, &port))
		return;
	err = attach_again(chan, port, cpu);
	if (err)
		xen_evtchn_complain("bind an IPI again", err);
}

static void resume_cpu(struct xen_evtchn *ev, unsigned int cpu)
{
	struct xen_evtchn_binding *b = per_cpu_ptr(ev->bindings, cpu);
	unsigned int i;

	per_cpu_ptr(ev->cpus, cpu)->timer_port = 0;
	for (i = 0; i < ARRAY_SIZE(b->virq); i++)
		if (b->virq[i])
			resume_virq(b->virq[i], cpu);
	for (i = 0; i < ARRAY_SIZE(b->ipi); i++)
		if (b->ipi[i])
			resume_ipi(b->ipi[i], cpu);
}

/* Its memory stays until xen_evtchn_give_back(): nothing is freed here. */
static void leave_abi(struct xen_evtchn *ev)
{
	unsigned int cpu;

	ev->left = ev->abi;
	ev->left_data = ev->abi_data;
	for_each_possible_cpu(cpu)
		per_cpu_ptr(ev->cpus, cpu)->abi = NULL;
	ev->abi = ev->last;
	ev->abi_data = ev->spare;
	ev->spare = NULL;
}

/**
 * xen_evtchn_resume_abi() - have the ABI that was live again, or the one that every Xen has
 * @ev: instance, none of whose channels has a port
 *
 * Context: Interrupts off, nothing else uses @ev.
 * Return: 0, or what the ABI said that was to be the live one.
 */
int xen_evtchn_resume_abi(struct xen_evtchn *ev)
{
	int err = ev->abi->resume(ev->abi_data);

	if (!err)
		return 0;
	pr_err("this host refuses the %s ABI: error %d\n", ev->abi->name, err);
	if (!ev->spare)
		return err;
	leave_abi(ev);
	pr_warn("Using %s ABI\n", ev->abi->name);
	return ev->abi->resume(ev->abi_data);
}

/**
 * xen_evtchn_give_back() - free the memory of an ABI that a restore has left
 * @ev: instance; most often there is none
 *
 * Xen has none of those pages: the domain that it had them from has ended or was reset, and of
 * the one that is here now it has refused the switch, before which it takes no page.
 *
 * Nobody has an old pointer to them: the ABI's data is used with preemption off, which ends
 * before stop_machine() begins, under the instance's lock, or by a program, and those are frozen.
 *
 * Context: May sleep; takes the instance's lock.
 */
void xen_evtchn_give_back(struct xen_evtchn *ev)
{
	mutex_lock(&ev->lock);
	if (ev->left)
		ev->left->exit(ev->left_data);
	ev->left = NULL;
	mutex_unlock(&ev->lock);
}

static int resumed(struct notifier_block *nb, unsigned long action, void *data)
{
	xen_evtchn_give_back(&xen_evtchn);
	return NOTIFY_DONE;
}

/* Called after each suspend, in process context, before drivers resume. */
static struct notifier_block resume_nb = { .notifier_call = resumed };

static int __init watch_resume(void)
{
	if (xen_domain() && xen_evtchn.abi)
		xen_resume_notifier_register(&resume_nb);
	return 0;
}
late_initcall(watch_resume);

/**
 * xen_irq_resume() - have all channels of this kernel again, after a restore
 *
 * Not after a suspend that was cancelled: there nothing was lost.
 *
 * Context: stop_machine(), interrupts off.
 */
void xen_irq_resume(void)
{
	struct xen_evtchn *ev = xen_evtchn_instance();
	unsigned int cpu;

	xen_evtchn_forget_ports(ev);
	if (xen_evtchn_resume_abi(ev))
		return;
	xen_fifo_events = ev->abi->priorities;
	for_each_possible_cpu(cpu)
		resume_cpu(ev, cpu);
	xen_pirq_resume(ev);
}
EXPORT_SYMBOL_IF_KUNIT(xen_irq_resume);

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sending, and what others ask of a channel: its number, its state, its waiter.
 *
 * PV spinlocks call some of this where RCU does not watch, as on a VCPU that is on
 * its way down, so nothing here takes rcu_read_lock(): callers hold on to the IRQ.
 */
#include <linux/errno.h>
#include <linux/export.h>
#include <xen/events.h>
#include <xen/interface/sched.h>
#include <xen/interface/vcpu.h>
#include <xen/xen.h>
#include <xen/xen-ops.h>

#include "channel.h"

#ifdef CONFIG_X86
static bool is_nmi(enum ipi_vector vector)
{
	return vector == XEN_NMI_VECTOR;
}
#else
static bool is_nmi(enum ipi_vector vector)
{
	return false;
}
#endif

/**
 * notify_remote_via_irq() - send an event
 * @irq: an IRQ of the sender; without a port, as after a restore, nothing is sent
 *
 * Context: Any.
 */
void notify_remote_via_irq(int irq)
{
	struct xen_channel *chan = xen_irq_channel(&xen_evtchn, irq);
	evtchn_port_t port = chan ? READ_ONCE(chan->port) : 0;

	if (port)
		notify_remote_via_evtchn(port);
}
EXPORT_SYMBOL_GPL(notify_remote_via_irq);

static void send_nmi(unsigned int cpu)
{
	int err = HYPERVISOR_vcpu_op(VCPUOP_send_nmi, xen_vcpu_nr(cpu), NULL);

	if (err < 0)
		xen_evtchn_complain("send an NMI", err);
}

/**
 * xen_send_IPI_one() - send an IPI
 * @cpu: Linux's number of the VCPU
 * @vector: which
 *
 * A VCPU that is being unplugged may have none left; nothing is sent then.
 *
 * Context: Any, RCU need not watch.
 */
void xen_send_IPI_one(unsigned int cpu, enum ipi_vector vector)
{
	struct xen_channel *chan;
	evtchn_port_t port;

	if (is_nmi(vector)) {
		send_nmi(cpu);
		return;
	}
	chan = READ_ONCE(per_cpu_ptr(xen_evtchn.bindings, cpu)->ipi[vector]);
	port = chan ? READ_ONCE(chan->port) : 0;
	if (port)
		notify_remote_via_evtchn(port);
}

/**
 * xen_evtchn_nr_channels() - how many ports there can be
 *
 * Context: Any.
 * Return: the first number that is no port.
 */
unsigned int xen_evtchn_nr_channels(void)
{
	return xen_evtchn.abi->max_ports(xen_evtchn.abi_data);
}
EXPORT_SYMBOL_GPL(xen_evtchn_nr_channels);

/**
 * irq_from_evtchn() - the IRQ of a port
 * @evtchn: any number
 *
 * Context: Any.
 * Return: the IRQ, or UINT_MAX if the port is not bound.
 */
unsigned int irq_from_evtchn(evtchn_port_t evtchn)
{
	struct xen_channel *chan;
	unsigned int irq;

	rcu_read_lock();
	chan = xen_table_get(&xen_evtchn.by_port, evtchn);
	irq = chan ? chan->irq : UINT_MAX;
	rcu_read_unlock();
	return irq;
}
EXPORT_SYMBOL_GPL(irq_from_evtchn);

/**
 * irq_evtchn_from_virq() - IRQ and port of a VIRQ
 * @cpu: Linux's number of the VCPU
 * @virq: VIRQ_*
 * @evtchn: set to the port, 0 if there is none
 *
 * Context: Any.
 * Return: the IRQ, or -1 if the VIRQ is not bound there.
 */
int irq_evtchn_from_virq(unsigned int cpu, unsigned int virq, evtchn_port_t *evtchn)
{
	struct xen_channel *chan;
	int irq = -1;

	*evtchn = 0;
	rcu_read_lock();
	chan = READ_ONCE(per_cpu_ptr(xen_evtchn.bindings, cpu)->virq[virq]);
	if (chan) {
		irq = chan->irq;
		*evtchn = chan->port;
	}
	rcu_read_unlock();
	return irq;
}

/**
 * xen_clear_irq_pending() - forget an event, before polling for the next
 * @irq: an IRQ that is disabled
 *
 * Context: Any, RCU need not watch.
 */
void xen_clear_irq_pending(int irq)
{
	struct xen_channel *chan = xen_irq_channel(&xen_evtchn, irq);
	evtchn_port_t port = chan ? READ_ONCE(chan->port) : 0;

	if (port)
		xen_evtchn.abi->clear_pending(xen_evtchn.abi_data, port);
}
EXPORT_SYMBOL(xen_clear_irq_pending);

/**
 * xen_test_irq_pending() - has an event come?
 * @irq: an IRQ that is disabled
 *
 * Context: Any, RCU need not watch.
 * Return: false for an IRQ without a port as well.
 */
bool xen_test_irq_pending(int irq)
{
	struct xen_channel *chan = xen_irq_channel(&xen_evtchn, irq);
	evtchn_port_t port = chan ? READ_ONCE(chan->port) : 0;

	return port && xen_evtchn.abi->is_pending(xen_evtchn.abi_data, port);
}

/**
 * xen_poll_irq_timeout() - wait in Xen for an event
 * @irq: an IRQ that is disabled
 * @timeout: Xen's time in ns at which to give up, 0 for never
 *
 * Context: Any, RCU need not watch.
 */
void xen_poll_irq_timeout(int irq, u64 timeout)
{
	struct xen_channel *chan = xen_irq_channel(&xen_evtchn, irq);
	evtchn_port_t port = chan ? READ_ONCE(chan->port) : 0;
	struct sched_poll poll = { .nr_ports = 1, .timeout = timeout };
	int err;

	if (!port)
		return;
	set_xen_guest_handle(poll.ports, &port);
	err = HYPERVISOR_sched_op(SCHEDOP_poll, &poll);
	if (err)
		xen_evtchn_complain("wait for an event", err);
}
EXPORT_SYMBOL(xen_poll_irq_timeout);

/**
 * xen_poll_irq() - wait in Xen for an event, for as long as it takes
 * @irq: an IRQ that is disabled
 *
 * Context: Any, RCU need not watch.
 */
void xen_poll_irq(int irq)
{
	xen_poll_irq_timeout(irq, 0);
}

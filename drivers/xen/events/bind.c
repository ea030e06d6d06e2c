// SPDX-License-Identifier: GPL-2.0-only
/*
 * Binding and unbinding: what drivers call.
 *
 * Who owns a port when something fails.  A port that the caller brought stays open
 * and is the caller's.  A port that the function opened itself is closed again.  A
 * binding that was there before is left as it was.
 */
#define pr_fmt(fmt) "xen:events: " fmt

#include <kunit/visibility.h>
#include <linux/bug.h>
#include <linux/err.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/slab.h>
#include <xen/events.h>
#include <xen/evtchn_channels.h>
#include <xen/xen.h>
#include <xen/xen-ops.h>
#include <xen/xenbus.h>

#include "channel.h"

/* What a channel is to genirq. */
struct binding {
	u8 type;
	u8 flags;
	struct irq_chip *chip;
	irq_flow_handler_t flow;
	const char *name;
};

static const struct binding edge_event = {
	XEN_CHANNEL_EVENT, 0, &xen_dynamic_chip, handle_edge_irq, "event"
};

static const struct binding lateeoi_event = {
	XEN_CHANNEL_EVENT, XEN_CHANNEL_LATEEOI, &xen_lateeoi_chip, handle_edge_irq, "event"
};

static const struct binding edge_virq = {
	XEN_CHANNEL_VIRQ, 0, &xen_dynamic_chip, handle_edge_irq, "virq"
};

static const struct binding percpu_virq = {
	XEN_CHANNEL_VIRQ, XEN_CHANNEL_PERCPU, &xen_percpu_chip, handle_percpu_irq, "virq"
};

static const struct binding percpu_ipi = {
	XEN_CHANNEL_IPI, XEN_CHANNEL_PERCPU, &xen_percpu_chip, handle_percpu_irq, "ipi"
};

/**
 * xen_irq_release() - the end of a channel and of its IRQ
 * @chan: channel whose port is gone, and whose IRQ has no handler
 *
 * Context: May sleep; the instance's lock is held.
 */
void xen_irq_release(struct xen_channel *chan)
{
	unsigned int irq = chan->irq;

	if (chan->type != XEN_CHANNEL_PIRQ)
		irq_set_chip_data(irq, NULL);
	xen_channel_destroy(chan);
	/* Legacy IRQs have a descriptor for ever. */
	if (irq >= nr_legacy_irqs())
		irq_free_desc(irq);
}

/* A channel without a port, and its IRQ. */
static struct xen_channel *make_channel(struct xen_evtchn *ev, const struct binding *how)
{
	struct xen_channel *chan;
	int irq = irq_alloc_desc(-1);

	if (irq < 0)
		return ERR_PTR(irq);
	chan = xen_channel_create(ev, irq, how->type);
	if (IS_ERR(chan)) {
		irq_free_desc(irq);
		return chan;
	}
	chan->flags = how->flags;
	irq_set_chip_data(irq, chan);
	irq_set_chip_and_handler_name(irq, how->chip, how->flow, how->name);
	irq_set_status_flags(irq, IRQ_MOVE_PCNTXT);
	irq_clear_status_flags(irq, IRQ_NOREQUEST | IRQ_NOAUTOEN);
	return chan;
}

static struct xen_channel *try_bind_port(struct xen_evtchn *ev, const struct binding *how,
					 evtchn_port_t port, unsigned int cpu)
{
	struct xen_channel *chan;
	int err;

	lockdep_assert_held(&ev->lock);
	err = xen_evtchn_reserve(ev, port);
	if (err)
		return ERR_PTR(err);
	chan = make_channel(ev, how);
	if (IS_ERR(chan))
		return chan;
	err = xen_channel_attach(chan, port, cpu);
	if (err) {
		xen_irq_release(chan);
		return ERR_PTR(err);
	}
	if (how->flags & XEN_CHANNEL_PERCPU) {
		irq_data_update_affinity(&chan->desc->irq_data, cpumask_of(cpu));
		irq_data_update_effective_affinity(&chan->desc->irq_data, cpumask_of(cpu));
	}
	return chan;
}

/* Both at once: a channel on a port that is open. */
static struct xen_channel *bind_port(struct xen_evtchn *ev, const struct binding *how,
				     evtchn_port_t port, unsigned int cpu)
{
	struct xen_channel *chan = try_bind_port(ev, how, port, cpu);

	if (IS_ERR(chan))
		xen_evtchn_complain("bind a port", PTR_ERR(chan));
	return chan;
}

static void forget_virq(struct xen_channel *chan)
{
	struct xen_evtchn *ev = chan->ev;
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		struct xen_evtchn_binding *b = per_cpu_ptr(ev->bindings, cpu);

		if (b->virq[chan->virq] != chan)
			continue;
		WRITE_ONCE(b->virq[chan->virq], NULL);
		if (chan->virq == VIRQ_TIMER)
			per_cpu_ptr(ev->cpus, cpu)->timer_port = 0;
	}
}

static void forget_kind(struct xen_channel *chan)
{
	if (chan->type == XEN_CHANNEL_VIRQ)
		forget_virq(chan);
	else if (chan->type == XEN_CHANNEL_IPI)
		WRITE_ONCE(per_cpu_ptr(chan->ev->bindings, chan->cpu)->ipi[chan->ipi], NULL);
	else if (chan->dev)
		atomic_dec(&chan->dev->event_channels);
}

/**
 * xen_channel_unbind() - one user less of a channel
 * @chan: channel; gone on return if that was the last one, as is its IRQ
 * @close: close the port with it, if it has one
 *
 * Context: Process context; the instance's lock is held.
 */
void xen_channel_unbind(struct xen_channel *chan, bool close)
{
	lockdep_assert_held(&chan->ev->lock);
	if (chan->refs > 1) {
		chan->refs--;
		return;
	}
	forget_kind(chan);
	xen_channel_detach(chan, close);
	xen_irq_release(chan);
}

static void unbind_irq(unsigned int irq, bool close)
{
	struct xen_evtchn *ev = xen_evtchn_instance();
	struct xen_channel *chan;
	bool counted = false;

	mutex_lock(&ev->lock);
	chan = xen_irq_channel(ev, irq);
	if (chan) {
		counted = chan->dev;
		/* Who leaves may owe the EOI that the others wait for. */
		if (chan->refs > 1)
			xen_channel_late_eoi(chan, false);
		xen_channel_unbind(chan, close);
	}
	mutex_unlock(&ev->lock);
	/* An upcall that has found the channel may be about to count the device's event. */
	if (counted)
		synchronize_rcu_expedited();
}

/* One more user of a port that is bound, who shares it or expects it to be his own. */
static int join_event(struct xen_channel *chan, bool shared)
{
	/* A program may name any port as one of the toolstack's. */
	if (chan->type != XEN_CHANNEL_EVENT)
		return -EBUSY;
	if (!shared)
		return 0;
	/* A driver has it for itself, with a handler or to have one soon. */
	if (!chan->refs)
		return -EBUSY;
	if (chan->refs >= XEN_REFS_MAX)
		return -EINVAL;
	chan->refs++;
	return 0;
}

/*
 * Returns the IRQ; *made says if it is new.  Who shares a port is counted from here on:
 * another may come and go before its users are.
 */
static int bind_event(evtchn_port_t port, const struct binding *how, bool shared, bool *made,
		      struct xenbus_device *dev)
{
	struct xen_evtchn *ev = xen_evtchn_instance();
	struct xen_channel *chan;
	int ret;

	*made = false;
	if (port >= ev->abi->max_ports(ev->abi_data))
		return -ENOMEM;
	mutex_lock(&ev->lock);
	chan = xen_table_get(&ev->by_port, port);
	if (!chan) {
		chan = bind_port(ev, how, port, 0);
		*made = !IS_ERR(chan);
		ret = PTR_ERR_OR_ZERO(chan);
		if (*made)
			chan->refs = shared;
		if (*made && dev) {
			chan->dev = dev;
			atomic_inc(&dev->event_channels);
		}
	} else {
		ret = join_event(chan, shared);
	}
	if (!ret)
		ret = chan->irq;
	mutex_unlock(&ev->lock);
	return ret;
}

/* Undoes bind_event() but for a port that the caller brought. */
static void unbind_event(int irq, bool made, bool shared)
{
	struct xen_evtchn *ev = xen_evtchn_instance();
	struct xen_channel *chan;

	mutex_lock(&ev->lock);
	chan = xen_irq_channel(ev, irq);
	if (chan && (made || shared))
		xen_channel_unbind(chan, !made);
	mutex_unlock(&ev->lock);
}

static int bind_event_handler(evtchn_port_t port, const struct binding *how,
			      struct xenbus_device *dev, irq_handler_t handler,
			      unsigned long irqflags, const char *devname, void *dev_id)
{
	bool shared = irqflags & IRQF_SHARED, made;
	int irq, err;

	irq = bind_event(port, how, shared, &made, dev);
	if (irq < 0)
		return irq;
	err = request_irq(irq, handler, irqflags, devname, dev_id);
	if (!err)
		return irq;
	unbind_event(irq, made, shared);
	return err;
}

/**
 * bind_evtchn_to_irq() - an IRQ for an open port
 * @evtchn: the port
 *
 * The IRQ is disabled until it is requested.  A port that has one keeps it.
 *
 * Context: May sleep.
 * Return: the IRQ; -ENOMEM, also if the ABI has no such port, -EINVAL for port 0,
 * -EBUSY if it is a VIRQ, IPI or PIRQ. The port stays the caller's on failure, else it
 * is closed by unbind_from_irqhandler().
 */
int bind_evtchn_to_irq(evtchn_port_t evtchn)
{
	bool made;

	return bind_event(evtchn, &edge_event, false, &made, NULL);
}
EXPORT_SYMBOL_GPL(bind_evtchn_to_irq);

/**
 * bind_evtchn_to_irq_lateeoi() - an IRQ for an open port, with late EOI
 * @evtchn: the port
 *
 * As bind_evtchn_to_irq(), but each event masks the port until xen_irq_lateeoi().
 *
 * Context: May sleep.
 * Return: as bind_evtchn_to_irq().
 */
int bind_evtchn_to_irq_lateeoi(evtchn_port_t evtchn)
{
	bool made;

	return bind_event(evtchn, &lateeoi_event, false, &made, NULL);
}
EXPORT_SYMBOL_GPL(bind_evtchn_to_irq_lateeoi);

/**
 * bind_evtchn_to_irqhandler() - a handler for an open port
 * @evtchn: the port
 * @handler: as for request_irq()
 * @irqflags: as for request_irq(); users with IRQF_SHARED are counted
 * @devname: as for request_irq()
 * @dev_id: as for request_irq()
 *
 * Context: May sleep.
 * Return: the IRQ; as bind_evtchn_to_irq(), or what request_irq() said: -EBUSY if
 * another's is there, which stays; -EINVAL if there are too many. The port stays the
 * caller's on failure.
 */
int bind_evtchn_to_irqhandler(evtchn_port_t evtchn, irq_handler_t handler,
			      unsigned long irqflags, const char *devname, void *dev_id)
{
	return bind_event_handler(evtchn, &edge_event, NULL, handler, irqflags, devname, dev_id);
}
EXPORT_SYMBOL_GPL(bind_evtchn_to_irqhandler);

/**
 * bind_evtchn_to_irqhandler_lateeoi() - a handler for an open port, with late EOI
 * @evtchn: the port
 * @handler: as for request_irq()
 * @irqflags: as for bind_evtchn_to_irqhandler()
 * @devname: as for request_irq()
 * @dev_id: as for request_irq()
 *
 * Context: May sleep.
 * Return: as bind_evtchn_to_irqhandler().
 */
int bind_evtchn_to_irqhandler_lateeoi(evtchn_port_t evtchn, irq_handler_t handler,
				      unsigned long irqflags, const char *devname, void *dev_id)
{
	return bind_event_handler(evtchn, &lateeoi_event, NULL, handler, irqflags, devname,
				  dev_id);
}
EXPORT_SYMBOL_GPL(bind_evtchn_to_irqhandler_lateeoi);

static int connect_port(struct xenbus_device *dev, evtchn_port_t remote, evtchn_port_t *port)
{
	struct evtchn_bind_interdomain op = {
		.remote_dom = dev->otherend_id,
		.remote_port = remote,
	};
	int err = xen_evtchn_ask_port("connect to another domain's port",
				      EVTCHNOP_bind_interdomain, &op);

	*port = op.local_port;
	return err;
}

static void close_port(evtchn_port_t port)
{
	struct evtchn_close op = { .port = port };
	int err = xen_evtchn_op(EVTCHNOP_close, &op);

	if (err)
		xen_evtchn_complain("close a port", err);
}

/**
 * bind_interdomain_evtchn_to_irq_lateeoi() - an IRQ for another domain's port
 * @dev: the device; its statistics count the channel
 * @remote_port: a port of the domain at its other end
 *
 * Context: May sleep.
 * Return: the IRQ; as bind_evtchn_to_irq(), or what Xen said. Nothing stays open on
 * failure.
 */
int bind_interdomain_evtchn_to_irq_lateeoi(struct xenbus_device *dev, evtchn_port_t remote_port)
{
	evtchn_port_t port;
	bool made;
	int ret;

	ret = connect_port(dev, remote_port, &port);
	if (ret)
		return ret;
	ret = bind_event(port, &lateeoi_event, false, &made, dev);
	if (ret < 0)
		close_port(port);
	return ret;
}
EXPORT_SYMBOL_GPL(bind_interdomain_evtchn_to_irq_lateeoi);

/**
 * bind_interdomain_evtchn_to_irqhandler_lateeoi() - a handler for another domain's port
 * @dev: the device; its statistics count the channel
 * @remote_port: a port of the domain at its other end
 * @handler: as for request_irq()
 * @irqflags: as for request_irq()
 * @devname: as for request_irq()
 * @dev_id: as for request_irq()
 *
 * Context: May sleep.
 * Return: the IRQ; as bind_evtchn_to_irqhandler(), or what Xen said. Nothing stays
 * open on failure.
 */
int bind_interdomain_evtchn_to_irqhandler_lateeoi(struct xenbus_device *dev,
						  evtchn_port_t remote_port,
						  irq_handler_t handler, unsigned long irqflags,
						  const char *devname, void *dev_id)
{
	evtchn_port_t port;
	int ret;

	ret = connect_port(dev, remote_port, &port);
	if (ret)
		return ret;
	ret = bind_event_handler(port, &lateeoi_event, dev, handler, irqflags, devname, dev_id);
	if (ret < 0)
		close_port(port);
	return ret;
}
EXPORT_SYMBOL_GPL(bind_interdomain_evtchn_to_irqhandler_lateeoi);

/*
 * Ports beyond those that Xen ever gave out end the search: EVTCHNOP_status says
 * -EINVAL for them, and -EACCES for one that is Xen's own (Xen, common/event_channel.c,
 * evtchn_status()).
 */
static int find_virq(unsigned int virq, unsigned int cpu, evtchn_port_t *port)
{
	struct xen_evtchn *ev = xen_evtchn_instance();
	unsigned int max = ev->abi->max_ports(ev->abi_data);
	struct evtchn_status op;
	evtchn_port_t p;
	int err = 0;

	for (p = 1; p < max && err != -EINVAL; p++) {
		op = (struct evtchn_status){ .dom = DOMID_SELF, .port = p };
		err = xen_evtchn_op(EVTCHNOP_status, &op);
		if (err || op.status != EVTCHNSTAT_virq || op.u.virq != virq)
			continue;
		if (op.vcpu == xen_vcpu_nr(cpu)) {
			*port = p;
			return xen_table_get(&ev->by_port, p) ? -EEXIST : 0;
		}
		/* A global one is bound once, wherever that is. */
		if (virq != VIRQ_TIMER && virq != VIRQ_DEBUG && virq != VIRQ_XENOPROF &&
		    virq != VIRQ_XENPMU)
			return -EEXIST;
	}
	return -ENOENT;
}

/**
 * xen_virq_open() - a port for a VIRQ
 * @virq: VIRQ_*
 * @cpu: Linux's number of the VCPU that it is for
 * @port: set to the port
 *
 * The log says so if it fails.
 *
 * Context: Any.
 * Return: 0; what Xen said; -EEXIST if it is bound to another VCPU, or if a program has
 * bound it, so that its port has a channel already; -ENOENT if Xen says it is bound and
 * it is not to be found.
 */
int xen_virq_open(unsigned int virq, unsigned int cpu, evtchn_port_t *port)
{
	struct evtchn_bind_virq op = { .virq = virq, .vcpu = xen_vcpu_nr(cpu) };
	int err = xen_evtchn_op(EVTCHNOP_bind_virq, &op);

	*port = op.port;
	/* A kernel that ran before in this domain may have left it. */
	if (err == -EEXIST)
		err = find_virq(virq, cpu, port);
	xen_evtchn_refused("bind a VIRQ", err);
	return err;
}

/**
 * xen_ipi_open() - a port for an IPI
 * @cpu: Linux's number of the VCPU that gets it
 * @port: set to the port
 *
 * The log says so if it fails.
 *
 * Context: Any.
 * Return: 0, or what Xen said.
 */
int xen_ipi_open(unsigned int cpu, evtchn_port_t *port)
{
	struct evtchn_bind_ipi op = { .vcpu = xen_vcpu_nr(cpu) };
	int err = xen_evtchn_ask_port("bind an IPI", EVTCHNOP_bind_ipi, &op);

	*port = op.port;
	return err;
}

/* A new channel on a port that is closed again if there is none for it. */
static struct xen_channel *bind_own_port(struct xen_evtchn *ev, const struct binding *how,
					 evtchn_port_t port, unsigned int cpu)
{
	struct xen_channel *chan = bind_port(ev, how, port, cpu);

	if (IS_ERR(chan))
		close_port(port);
	return chan;
}

static struct xen_channel *make_virq(struct xen_evtchn *ev, unsigned int virq, unsigned int cpu,
				     bool percpu)
{
	struct xen_channel *chan;
	evtchn_port_t port;
	int err;

	err = xen_virq_open(virq, cpu, &port);
	if (err)
		return ERR_PTR(err);
	chan = bind_own_port(ev, percpu ? &percpu_virq : &edge_virq, port, cpu);
	if (IS_ERR(chan))
		return chan;
	chan->virq = virq;
	WRITE_ONCE(per_cpu_ptr(ev->bindings, cpu)->virq[virq], chan);
	if (virq == VIRQ_TIMER)
		per_cpu_ptr(ev->cpus, cpu)->timer_port = port;
	return chan;
}

static int bind_virq(unsigned int virq, unsigned int cpu, bool percpu, bool *made)
{
	struct xen_evtchn *ev = xen_evtchn_instance();
	struct xen_channel *chan;
	int ret;

	*made = false;
	if (virq >= NR_VIRQS || cpu >= nr_cpu_ids)
		return -EINVAL;
	mutex_lock(&ev->lock);
	chan = per_cpu_ptr(ev->bindings, cpu)->virq[virq];
	if (!chan) {
		chan = make_virq(ev, virq, cpu, percpu);
		*made = !IS_ERR(chan);
	}
	ret = IS_ERR(chan) ? PTR_ERR(chan) : chan->irq;
	mutex_unlock(&ev->lock);
	return ret;
}

/**
 * bind_virq_to_irq() - an IRQ for a VIRQ
 * @virq: VIRQ_*
 * @cpu: Linux's number of the VCPU that it is for
 * @percpu: it is one of that VCPU alone and never moves
 *
 * Context: May sleep.
 * Return: the IRQ, the same one each time; -EINVAL for a number that is none,
 * -ENOMEM, -ENOSPC, as xen_virq_open(), or what Xen said.
 */
int bind_virq_to_irq(unsigned int virq, unsigned int cpu, bool percpu)
{
	bool made;

	return bind_virq(virq, cpu, percpu, &made);
}

/**
 * bind_virq_to_irqhandler() - a handler for a VIRQ
 * @virq: VIRQ_*
 * @cpu: Linux's number of the VCPU that it is for
 * @handler: as for request_irq()
 * @irqflags: as for request_irq(); IRQF_PERCPU: it never moves
 * @devname: as for request_irq()
 * @dev_id: as for request_irq()
 *
 * Context: May sleep.
 * Return: the IRQ; as bind_virq_to_irq(), or what request_irq() said: -EBUSY if
 * another handler is there, which stays. Nothing new stays bound on failure.
 */
int bind_virq_to_irqhandler(unsigned int virq, unsigned int cpu, irq_handler_t handler,
			    unsigned long irqflags, const char *devname, void *dev_id)
{
	bool made;
	int irq, err;

	irq = bind_virq(virq, cpu, irqflags & IRQF_PERCPU, &made);
	if (irq < 0)
		return irq;
	err = request_irq(irq, handler, irqflags, devname, dev_id);
	if (!err)
		return irq;
	if (made)
		unbind_irq(irq, true);
	return err;
}
EXPORT_SYMBOL_GPL(bind_virq_to_irqhandler);

static struct xen_channel *make_ipi(struct xen_evtchn *ev, unsigned int ipi, unsigned int cpu)
{
	struct xen_channel *chan;
	evtchn_port_t port;
	int err;

	err = xen_ipi_open(cpu, &port);
	if (err)
		return ERR_PTR(err);
	chan = bind_own_port(ev, &percpu_ipi, port, cpu);
	if (IS_ERR(chan))
		return chan;
	chan->ipi = ipi;
	WRITE_ONCE(per_cpu_ptr(ev->bindings, cpu)->ipi[ipi], chan);
	return chan;
}

static int bind_ipi(unsigned int ipi, unsigned int cpu, bool *made)
{
	struct xen_evtchn *ev = xen_evtchn_instance();
	struct xen_channel *chan;
	int ret;

	mutex_lock(&ev->lock);
	chan = per_cpu_ptr(ev->bindings, cpu)->ipi[ipi];
	*made = !chan;
	if (!chan)
		chan = make_ipi(ev, ipi, cpu);
	ret = IS_ERR(chan) ? PTR_ERR(chan) : chan->irq;
	mutex_unlock(&ev->lock);
	return ret;
}

/**
 * bind_ipi_to_irqhandler() - a handler for an IPI
 * @ipi: which
 * @cpu: Linux's number of the VCPU that gets it
 * @handler: as for request_irq()
 * @irqflags: as for request_irq(); it stays on over suspend
 * @devname: as for request_irq()
 * @dev_id: as for request_irq()
 *
 * Context: May sleep.
 * Return: the IRQ; -ENOMEM, -ENOSPC, what Xen or request_irq() said. Nothing new
 * stays bound on failure.
 */
int bind_ipi_to_irqhandler(enum ipi_vector ipi, unsigned int cpu, irq_handler_t handler,
			   unsigned long irqflags, const char *devname, void *dev_id)
{
	bool made;
	int irq, err;

	irq = bind_ipi(ipi, cpu, &made);
	if (irq < 0)
		return irq;
	irqflags |= IRQF_NO_SUSPEND | IRQF_FORCE_RESUME | IRQF_EARLY_RESUME;
	err = request_irq(irq, handler, irqflags, devname, dev_id);
	if (!err)
		return irq;
	if (made)
		unbind_irq(irq, true);
	return err;
}

/**
 * unbind_from_irqhandler() - take a handler away, and the binding with it
 * @irq: as the bind function gave it
 * @dev_id: as for free_irq()
 *
 * The port is closed, unless it is one of the toolstack's or has other users.
 *
 * Context: May sleep.
 */
void unbind_from_irqhandler(unsigned int irq, void *dev_id)
{
	if (WARN_ON(!xen_irq_channel(xen_evtchn_instance(), irq)))
		return;
	/* It was not the caller's: another's handler is there, and free_irq() has warned. */
	if (!free_irq(irq, dev_id) && irq_has_action(irq))
		return;
	unbind_irq(irq, true);
}
EXPORT_SYMBOL_GPL(unbind_from_irqhandler);

/**
 * rebind_evtchn_irq() - another port for an IRQ, after a restore
 * @evtchn: an open port that is not bound
 * @irq: an IRQ whose port is gone
 *
 * Its priority, and the VCPUs that it may be on, are as before.
 *
 * Context: May sleep.
 */
void rebind_evtchn_irq(evtchn_port_t evtchn, int irq)
{
	struct xen_evtchn *ev = xen_evtchn_instance();
	struct xen_channel *chan;
	int err = -ENOENT;

	disable_irq(irq);
	mutex_lock(&ev->lock);
	chan = xen_irq_channel(ev, irq);
	if (chan && !WARN_ON(xen_table_get(&ev->by_port, evtchn) || chan->port)) {
		err = xen_evtchn_reserve(ev, evtchn);
		if (!err)
			err = xen_channel_attach(chan, evtchn, 0);
		if (!err)
			xen_channel_set_priority(chan);
	}
	mutex_unlock(&ev->lock);
	if (err)
		xen_evtchn_complain("give an IRQ its new port", err);
	else
		/* Xen has placed the port on VCPU 0. */
		irq_set_affinity(irq, irq_get_affinity_mask(irq));
	enable_irq(irq);
}
EXPORT_SYMBOL_IF_KUNIT(rebind_evtchn_irq);

/**
 * xen_channel_set_priority() - tell Xen the priority of a channel
 * @chan: with a port; if it has the default, nothing is done
 *
 * Context: Any.
 */
void xen_channel_set_priority(struct xen_channel *chan)
{
	struct evtchn_set_priority op = { .port = chan->port, .priority = chan->priority };
	int err;

	if (chan->priority == EVTCHN_FIFO_PRIORITY_DEFAULT || !chan->ev->abi->priorities)
		return;
	err = xen_evtchn_op(EVTCHNOP_set_priority, &op);
	if (err)
		xen_evtchn_complain("set the priority of a port", err);
}

/**
 * xen_set_irq_priority() - which events are delivered first
 * @irq: an IRQ with a port
 * @priority: XEN_IRQ_PRIORITY_MAX to XEN_IRQ_PRIORITY_MIN, the lower number first
 *
 * It stays with the IRQ: a port that it gets later, as after a restore, has it too.
 *
 * Context: May sleep.
 * Return: 0; -ENOENT if the IRQ has no channel; what Xen said: -ENOSYS from an ABI
 * without priorities.
 */
int xen_set_irq_priority(unsigned int irq, unsigned int priority)
{
	struct evtchn_set_priority op = { .priority = priority };
	struct xen_evtchn *ev = xen_evtchn_instance();
	struct xen_channel *chan;
	int err = -ENOENT;

	mutex_lock(&ev->lock);
	chan = xen_irq_channel(ev, irq);
	if (chan) {
		op.port = chan->port;
		err = xen_evtchn_op(EVTCHNOP_set_priority, &op);
		if (!err)
			chan->priority = priority;
	}
	mutex_unlock(&ev->lock);
	return err;
}
EXPORT_SYMBOL_GPL(xen_set_irq_priority);

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Physical interrupts: GSIs and messages that Xen passes on.
 *
 * A PIRQ is Xen's number for one.  Its port is opened when the first handler is requested,
 * so that whoever requests it learns that there is none, and closed when the IRQ is shut
 * down.  genirq may start it again, as it does when it probes for interrupts or a VCPU
 * comes back, and it is enabled after a restore: then the port is opened under the
 * descriptor's lock, where nothing may be allocated and nobody hears of an error but the
 * log.  Room for the port is made when the IRQ is bound.
 */
#define pr_fmt(fmt) "xen:events: " fmt

#include <kunit/static_stub.h>
#include <linux/bitops.h>
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/msi.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <xen/events.h>
#include <xen/interface/physdev.h>
#include <xen/page.h>
#include <xen/xen.h>

#include "channel.h"

/**
 * xen_physdev_op() - a hypercall about physical interrupts
 * @cmd: PHYSDEVOP_*
 * @arg: its structure
 *
 * Context: Any.
 * Return: what Xen said: 0 or -errno.
 */
int xen_physdev_op(int cmd, void *arg)
{
	KUNIT_STATIC_STUB_REDIRECT(xen_physdev_op, cmd, arg);
	return HYPERVISOR_physdev_op(cmd, arg);
}

static bool needs_eoi(const struct xen_channel *chan)
{
	const unsigned long *map = chan->ev->eoi_map;

	if (map)
		return test_bit(chan->pirq, map);
	return chan->pirq_flags & XEN_PIRQ_NEEDS_EOI;
}

static void query_eoi(struct xen_channel *chan)
{
	struct physdev_irq_status_query query = { .irq = chan->pirq };

	if (chan->ev->eoi_map)
		return;
	/* Where Xen does not know, an EOI too many does no harm. */
	if (xen_physdev_op(PHYSDEVOP_irq_status_query, &query) ||
	    (query.flags & XENIRQSTAT_needs_eoi))
		chan->pirq_flags |= XEN_PIRQ_NEEDS_EOI;
	else
		chan->pirq_flags &= ~XEN_PIRQ_NEEDS_EOI;
}

static void send_eoi(struct xen_channel *chan)
{
	struct physdev_eoi eoi = { .irq = chan->pirq };
	int err;

	if (!chan->port || !needs_eoi(chan))
		return;
	err = xen_physdev_op(PHYSDEVOP_eoi, &eoi);
	if (err)
		xen_evtchn_complain("send a PIRQ's EOI", err);
}

static void pirq_eoi(struct irq_data *data)
{
	struct xen_channel *chan = xen_chip_channel(data);

	if (chan)
		send_eoi(chan);
}

static void pirq_mask(struct irq_data *data)
{
	struct xen_channel *chan = xen_chip_channel(data);

	if (chan)
		xen_channel_mask(chan, XEN_MASK_EXPLICIT);
}

static void pirq_unmask(struct irq_data *data)
{
	struct xen_channel *chan = xen_chip_channel(data);

	if (chan)
		xen_channel_unmask(chan, XEN_MASK_EXPLICIT);
}

static void pirq_mask_ack(struct irq_data *data)
{
	pirq_mask(data);
	pirq_eoi(data);
}

/* The log says so if it fails. */
static int open_pirq(struct xen_channel *chan)
{
	struct evtchn_bind_pirq op = { .pirq = chan->pirq };
	struct evtchn_close close;
	int err;

	if (chan->pirq_flags & XEN_PIRQ_SHAREABLE)
		op.flags = BIND_PIRQ__WILL_SHARE;
	err = xen_evtchn_ask_port("bind a physical interrupt", EVTCHNOP_bind_pirq, &op);
	if (err)
		return err;
	query_eoi(chan);
	err = xen_channel_attach(chan, op.port, 0);
	if (!err) {
		xen_channel_set_priority(chan);
		return 0;
	}
	xen_evtchn_complain("use a physical interrupt's port", err);
	close.port = op.port;
	xen_evtchn_op(EVTCHNOP_close, &close);
	return err;
}

/* genirq passes on what is said here, not what pirq_startup() says. */
static int pirq_request(struct irq_data *data)
{
	struct xen_channel *chan = xen_chip_channel(data);

	if (!chan)
		return -ENOENT;
	return chan->port ? 0 : open_pirq(chan);
}

static unsigned int pirq_startup(struct irq_data *data)
{
	struct xen_channel *chan = xen_chip_channel(data);

	if (!chan || (!chan->port && open_pirq(chan)))
		return 0;
	xen_channel_unmask(chan, XEN_MASK_EXPLICIT);
	/* Something may have come before there was a port. */
	send_eoi(chan);
	return 0;
}

static void pirq_shutdown(struct irq_data *data)
{
	struct xen_channel *chan = xen_chip_channel(data);

	if (!chan || !chan->port)
		return;
	xen_channel_mask(chan, XEN_MASK_EXPLICIT);
	xen_channel_detach(chan, true);
}

static void pirq_enable(struct irq_data *data)
{
	pirq_startup(data);
}

struct irq_chip xen_pirq_chip __read_mostly = {
	.name			= "xen-pirq",
	.irq_request_resources	= pirq_request,
	.irq_release_resources	= pirq_shutdown,	/* if it never was started */
	.irq_startup		= pirq_startup,
	.irq_shutdown		= pirq_shutdown,
	.irq_enable		= pirq_enable,
	.irq_disable		= pirq_mask,
	.irq_mask		= pirq_mask,
	.irq_unmask		= pirq_unmask,
	.irq_ack		= pirq_eoi,
	.irq_eoi		= pirq_eoi,
	.irq_mask_ack		= pirq_mask_ack,
	.irq_set_affinity	= xen_chip_set_affinity,
	.irq_retrigger		= xen_chip_retrigger,
};

/* A channel for an IRQ that has a descriptor, and room for the port to come. */
static struct xen_channel *make_pirq(unsigned int irq, unsigned int pirq, unsigned int gsi,
				     domid_t domid, u8 flags)
{
	struct xen_evtchn *ev = xen_evtchn_instance();
	struct xen_channel *chan;
	int err;

	lockdep_assert_held(&ev->lock);
	if (pirq > U16_MAX || gsi > U16_MAX)
		return ERR_PTR(-ERANGE);
	err = xen_evtchn_reserve(ev, ev->highest);
	if (err)
		return ERR_PTR(err);
	chan = xen_channel_create(ev, irq, XEN_CHANNEL_PIRQ);
	if (IS_ERR(chan))
		return chan;
	chan->pirq = pirq;
	chan->gsi = gsi;
	chan->domid = domid;
	chan->pirq_flags = flags;
	irq_set_status_flags(irq, IRQ_MOVE_PCNTXT);
	irq_clear_status_flags(irq, IRQ_NOREQUEST | IRQ_NOAUTOEN);
	return chan;
}

/* GSI == IRQ in dom0; a guest without an IO-APIC has no such numbers to keep. */
static int alloc_gsi_irq(unsigned int gsi)
{
	if (xen_pv_domain() && !xen_initial_domain())
		return irq_alloc_desc(-1);
	if (gsi < nr_legacy_irqs())
		return gsi;
	return irq_alloc_desc_at(gsi, -1);
}

static void free_gsi_irq(unsigned int irq)
{
	if (irq >= nr_legacy_irqs())
		irq_free_desc(irq);
}

static int irq_of_gsi(const struct xen_evtchn *ev, unsigned int gsi)
{
	struct xen_channel *chan;
	unsigned int irq;

	/* Where GSI == IRQ, the first look finds it. */
	chan = xen_irq_channel(ev, gsi);
	if (chan && chan->type == XEN_CHANNEL_PIRQ && chan->gsi == gsi &&
	    !(chan->pirq_flags & XEN_PIRQ_MSI_GROUP))
		return gsi;
	for (irq = 0; (chan = xen_table_next(&ev->by_irq, &irq)); irq++)
		if (chan->type == XEN_CHANNEL_PIRQ && chan->gsi && chan->gsi == gsi)
			return irq;
	return -1;
}

/* dom0: have Xen route the GSI. */
static int route_gsi(unsigned int gsi)
{
	struct physdev_irq op = { .irq = gsi };

	if (!xen_initial_domain())
		return 0;
	return xen_physdev_op(PHYSDEVOP_alloc_irq_vector, &op);
}

static int bind_gsi(unsigned int gsi, unsigned int pirq, bool shareable, const char *name)
{
	struct xen_channel *chan;
	int irq, err;

	irq = alloc_gsi_irq(gsi);
	if (irq < 0)
		return irq;
	err = route_gsi(gsi);
	if (err) {
		free_gsi_irq(irq);
		return err;
	}
	chan = make_pirq(irq, pirq, gsi, DOMID_SELF, shareable ? XEN_PIRQ_SHAREABLE : 0);
	if (IS_ERR(chan)) {
		free_gsi_irq(irq);
		return PTR_ERR(chan);
	}
	query_eoi(chan);
	/*
	 * A level interrupt that is shared stays masked in Xen until its EOI; one
	 * that is not is treated as an edge, whose EOI comes first.
	 */
	irq_set_chip_and_handler_name(irq, &xen_pirq_chip,
				      shareable ? handle_fasteoi_irq : handle_edge_irq, name);
	return irq;
}

/**
 * xen_bind_pirq_gsi_to_irq() - an IRQ for a GSI
 * @gsi: the GSI, 0 to 65,535
 * @pirq: Xen's number of it, 0 to 65,535
 * @shareable: it is level triggered and others may use it
 * @name: of the handler, in /proc/interrupts
 *
 * Context: May sleep.
 * Return: the IRQ, the same one each time, equal to @gsi where there is an IO-APIC;
 * what Xen said if it has no vector, -ERANGE, -EEXIST if the number is taken, -ENOMEM.
 */
int xen_bind_pirq_gsi_to_irq(unsigned int gsi, unsigned int pirq, int shareable, char *name)
{
	struct xen_evtchn *ev = xen_evtchn_instance();
	int irq;

	mutex_lock(&ev->lock);
	irq = irq_of_gsi(ev, gsi);
	if (irq < 0)
		irq = bind_gsi(gsi, pirq, shareable, name);
	mutex_unlock(&ev->lock);
	if (irq < 0)
		xen_evtchn_complain("bind a GSI", irq);
	return irq;
}

#ifdef CONFIG_PCI_MSI
/**
 * xen_allocate_pirq_msi() - a PIRQ for a message
 * @dev: unused
 * @msidesc: unused
 *
 * Context: Any.
 * Return: the PIRQ, or -1 if Xen has none.
 */
int xen_allocate_pirq_msi(struct pci_dev *dev, struct msi_desc *msidesc)
{
	struct physdev_get_free_pirq op = { .type = MAP_PIRQ_TYPE_MSI };
	int err = xen_physdev_op(PHYSDEVOP_get_free_pirq, &op);

	if (err)
		xen_evtchn_complain("have a PIRQ for a message", err);
	return err ? -1 : op.pirq;
}

static void drop_msis(unsigned int irq, unsigned int made, unsigned int nvec)
{
	struct xen_evtchn *ev = xen_evtchn_instance();
	unsigned int i;

	for (i = 0; i < nvec; i++) {
		if (i < made)
			xen_irq_release(xen_irq_channel(ev, irq + i));
		else
			irq_free_desc(irq + i);
	}
}

static int make_msis(int irq, int pirq, int nvec, const char *name, domid_t domid)
{
	struct xen_channel *chan;
	int i;

	for (i = 0; i < nvec; i++) {
		chan = make_pirq(irq + i, pirq + i, 0, domid, i ? XEN_PIRQ_MSI_GROUP : 0);
		if (IS_ERR(chan)) {
			drop_msis(irq, i, nvec);
			return PTR_ERR(chan);
		}
		irq_set_chip_and_handler_name(irq + i, &xen_pirq_chip, handle_edge_irq, name);
	}
	return 0;
}

/**
 * xen_bind_pirq_msi_to_irq() - IRQs for the messages of a device
 * @dev: the device
 * @msidesc: what the IRQs are for; not changed on failure
 * @pirq: Xen's number of the first
 * @nvec: how many, with numbers that follow each other
 * @name: of the handler, in /proc/interrupts
 * @domid: the domain that the device belongs to
 *
 * Context: May sleep.
 * Return: the first IRQ; -ENOMEM, -ERANGE, -ENOSPC, or what genirq said. The PIRQs stay
 * the caller's on failure, else xen_destroy_irq() gives them back.
 */
int xen_bind_pirq_msi_to_irq(struct pci_dev *dev, struct msi_desc *msidesc, int pirq, int nvec,
			     const char *name, domid_t domid)
{
	struct xen_evtchn *ev = xen_evtchn_instance();
	int irq, err;

	mutex_lock(&ev->lock);
	/* IRQ 0 is none, though a guest without GSIs has it free. */
	irq = irq_alloc_descs(-1, 1, nvec, -1);
	err = irq < 0 ? irq : make_msis(irq, pirq, nvec, name, domid);
	if (!err) {
		err = irq_set_msi_desc(irq, msidesc);
		if (err)
			drop_msis(irq, nvec, nvec);
	}
	mutex_unlock(&ev->lock);
	if (err)
		xen_evtchn_complain("bind a message", err);
	return err ?: irq;
}
#endif

/* dom0: what it had Xen map; the first of a group goes for all. */
static void unmap_pirq(const struct xen_channel *chan)
{
	struct physdev_unmap_pirq op = { .pirq = chan->pirq, .domid = chan->domid };
	int err;

	if (!xen_initial_domain() || (chan->pirq_flags & XEN_PIRQ_MSI_GROUP))
		return;
	err = xen_physdev_op(PHYSDEVOP_unmap_pirq, &op);
	/* A domain that died took its PIRQs with it. */
	if (err && !(err == -ESRCH && chan->domid != DOMID_SELF))
		xen_evtchn_complain("unmap a PIRQ", err);
}

/**
 * xen_destroy_irq() - the end of a PIRQ's IRQ
 * @irq: an IRQ without a handler
 *
 * Context: May sleep.
 * Return: 0, or -ENOENT if there is no such IRQ.
 */
int xen_destroy_irq(int irq)
{
	struct xen_evtchn *ev = xen_evtchn_instance();
	struct xen_channel *chan;
	int err = -ENOENT;

	mutex_lock(&ev->lock);
	chan = xen_irq_channel(ev, irq);
	if (chan && chan->type == XEN_CHANNEL_PIRQ) {
		xen_channel_detach(chan, true);
		unmap_pirq(chan);
		xen_irq_release(chan);
		err = 0;
	}
	mutex_unlock(&ev->lock);
	return err;
}

/**
 * xen_irq_from_gsi() - the IRQ of a GSI
 * @gsi: any number
 *
 * Context: Any.
 * Return: the IRQ, or -1 if the GSI is not bound.
 */
int xen_irq_from_gsi(unsigned int gsi)
{
	int irq;

	rcu_read_lock();
	irq = irq_of_gsi(xen_evtchn_instance(), gsi);
	rcu_read_unlock();
	return irq;
}
EXPORT_SYMBOL_GPL(xen_irq_from_gsi);

/**
 * xen_pirq_from_irq() - Xen's number of a physical interrupt
 * @irq: any IRQ: pciback passes on that of a device when its guest asks, whatever it is
 *
 * Context: Any.
 * Return: the PIRQ, or -ENOENT if the IRQ is not that of a PIRQ, which the log says then.
 */
int xen_pirq_from_irq(unsigned int irq)
{
	struct xen_channel *chan;
	int pirq = -ENOENT;

	rcu_read_lock();
	chan = xen_irq_channel(xen_evtchn_instance(), irq);
	if (chan && chan->type == XEN_CHANNEL_PIRQ)
		pirq = chan->pirq;
	rcu_read_unlock();
	if (pirq < 0)
		pr_warn_ratelimited("IRQ %u has no PIRQ to tell: is its device set up?\n", irq);
	return pirq;
}
EXPORT_SYMBOL_GPL(xen_pirq_from_irq);

/**
 * xen_test_irq_shared() - is a guest alone in using this interrupt?
 * @irq: an IRQ of a PIRQ
 *
 * Context: Any.
 * Return: nonzero if Xen says so; 0 for an IRQ that is none.
 */
int xen_test_irq_shared(int irq)
{
	struct physdev_irq_status_query query = {};
	struct xen_channel *chan;
	int alone = 0;

	rcu_read_lock();
	chan = xen_irq_channel(xen_evtchn_instance(), irq);
	if (chan && chan->type == XEN_CHANNEL_PIRQ) {
		query.irq = chan->pirq;
		alone = !xen_physdev_op(PHYSDEVOP_irq_status_query, &query) &&
			!(query.flags & XENIRQSTAT_shared);
	}
	rcu_read_unlock();
	return alone;
}
EXPORT_SYMBOL_GPL(xen_test_irq_shared);

static int register_eoi_map(unsigned long *page)
{
	struct physdev_pirq_eoi_gmfn op = { .gmfn = virt_to_gfn(page) };

	return xen_physdev_op(PHYSDEVOP_pirq_eoi_gmfn_v2, &op);
}

/**
 * xen_pirq_init() - ask Xen for the page that says which PIRQs want an EOI
 *
 * Context: Boot of a PV guest.
 */
void __init xen_pirq_init(void)
{
	unsigned long *page = (void *)get_zeroed_page(GFP_KERNEL);

	if (!page)
		return;
	if (register_eoi_map(page))
		free_page((unsigned long)page);
	else
		xen_evtchn.eoi_map = page;
}

/*
 * The new domain knows nothing of the page.  A domain that is as it was, for all channels were
 * reset and no more, has it still, says -EBUSY, and goes on writing there.  Where Xen refuses
 * otherwise, it is asked for each PIRQ.
 */
static void resume_eoi_map(struct xen_evtchn *ev)
{
	int err = ev->eoi_map ? register_eoi_map(ev->eoi_map) : 0;

	if (!err || err == -EBUSY)
		return;
	xen_evtchn_complain("register the map of PIRQs that want an EOI", err);
	free_page((unsigned long)ev->eoi_map);
	ev->eoi_map = NULL;
}

static void resume_pirq(struct xen_channel *chan)
{
	struct physdev_map_pirq map = {
		.domid = DOMID_SELF,
		.type = MAP_PIRQ_TYPE_GSI,
		.index = chan->gsi,
		.pirq = chan->pirq,
	};
	int err = xen_physdev_op(PHYSDEVOP_map_pirq, &map);

	if (err)
		xen_evtchn_complain("map a GSI again", err);
	else
		open_pirq(chan);
}

/**
 * xen_pirq_resume() - have Xen map the GSIs again, and know the map of EOIs
 * @ev: instance, without ports
 *
 * Messages are written anew by the PCI core.
 *
 * Context: stop_machine(), interrupts off.
 */
void xen_pirq_resume(struct xen_evtchn *ev)
{
	struct xen_channel *chan;
	unsigned int irq;

	resume_eoi_map(ev);
	for (irq = 0; (chan = xen_table_next(&ev->by_irq, &irq)); irq++)
		if (chan->type == XEN_CHANNEL_PIRQ && chan->gsi)
			resume_pirq(chan);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The irq_chips.  Their names are an interface: irqbalance looks for "xen-dyn".
 *
 * An event's pending bit is cleared by delivery, before genirq knows of it, so there
 * is nothing left to acknowledge.  A channel with late EOI is masked by then as well:
 * an acknowledgment would come too late for that, as another VCPU may take the next
 * event while this one waits for the descriptor's lock.  So when genirq decides not to
 * run the handler, nobody would send the EOI, and irq_mask_ack() takes it away:
 *
 * - The handler is running, on another VCPU or below in the stack.  genirq will call it
 *   once more, for this event, and the EOI is that call's.
 * - Else genirq remembers the event and asks for it again, with irq_retrigger(), when
 *   the IRQ is enabled.  It does so as well when the IRQ was disabled before the
 *   handler was called once more; then the EOI is still outstanding.  Between irq_unmask()
 *   and irq_retrigger() another VCPU may take the next event, whose EOI is not to go.
 */
#include <linux/cpumask.h>
#include <linux/irq.h>
#include <xen/events.h>

#include "channel.h"

/*
 * NULL once the channel is being unbound; the descriptor's lock, under which genirq
 * calls, keeps it until then.
 */
static struct xen_channel *channel_of(struct irq_data *data)
{
	return irq_data_get_irq_chip_data(data);
}

static void chip_mask(struct irq_data *data)
{
	struct xen_channel *chan = channel_of(data);

	if (chan)
		xen_channel_mask(chan, XEN_MASK_EXPLICIT);
}

static void chip_unmask(struct irq_data *data)
{
	struct xen_channel *chan = channel_of(data);

	if (chan)
		xen_channel_unmask(chan, XEN_MASK_EXPLICIT);
}

static void chip_ack_nothing(struct irq_data *data)
{
}

static void chip_unmask_lateeoi(struct irq_data *data)
{
	struct xen_channel *chan = channel_of(data);

	if (chan)
		xen_channel_enable(chan);
}

static void chip_decline_lateeoi(struct irq_data *data)
{
	struct xen_channel *chan = channel_of(data);

	if (!chan)
		return;
	if (irqd_irq_inprogress(data))
		xen_channel_mask(chan, XEN_MASK_EXPLICIT);
	else
		xen_channel_decline(chan);
}

/* Places a channel on the VCPU of a set that has the fewest. */
static int spread(struct xen_channel *chan, struct irq_data *data, const struct cpumask *mask)
{
	unsigned int cpu = xen_pick_cpu(chan, mask);
	int err;

	if (!xen_support_evtchn_rebind())
		return -EINVAL;
	err = xen_channel_move(chan, cpu);
	/* A VIRQ of a VCPU, which user space may have bound: it stays there. */
	if (err && err != -EINVAL) {
		xen_evtchn_complain("move a channel to another VCPU", err);
		return err;
	}
	irq_data_update_effective_affinity(data, cpumask_of(chan->cpu));
	return IRQ_SET_MASK_OK;
}

static int chip_set_affinity(struct irq_data *data, const struct cpumask *mask, bool force)
{
	struct xen_channel *chan = channel_of(data);

	return chan ? spread(chan, data, mask) : -EINVAL;
}

static int chip_retrigger(struct irq_data *data)
{
	struct xen_channel *chan = channel_of(data);

	if (chan)
		xen_channel_kick(chan);
	return chan ? 1 : 0;
}

static int chip_retrigger_lateeoi(struct irq_data *data)
{
	struct xen_channel *chan = channel_of(data);

	if (chan)
		xen_channel_again(chan);
	return chan ? 1 : 0;
}

/**
 * xen_chip_channel() - the channel of an IRQ without chip data
 * @data: of a PIRQ
 *
 * A number is free as soon as its IRQ is, but an upcall that saw the channel before may come to
 * the descriptor later.  The number may be another's by then, and the descriptor tells.
 *
 * Context: genirq, descriptor locked.
 * Return: the channel, or NULL if @data is of an IRQ that was freed.
 */
struct xen_channel *xen_chip_channel(struct irq_data *data)
{
	struct xen_channel *chan = xen_irq_channel(xen_evtchn_instance(), data->irq);

	return chan && irq_desc_get_irq_data(chan->desc) == data ? chan : NULL;
}

/**
 * xen_chip_set_affinity() - as irq_set_affinity(), for IRQs without chip data
 * @data: of a PIRQ
 * @mask: VCPUs to choose from
 * @force: no meaning here
 *
 * Context: genirq, descriptor locked.
 * Return: IRQ_SET_MASK_OK, or -errno of Xen.
 */
int xen_chip_set_affinity(struct irq_data *data, const struct cpumask *mask, bool force)
{
	struct xen_channel *chan = xen_chip_channel(data);

	return chan ? spread(chan, data, mask) : -EINVAL;
}

/**
 * xen_chip_retrigger() - as irq_retrigger(), for IRQs without chip data
 * @data: of a PIRQ
 *
 * Context: genirq, descriptor locked.
 * Return: 1 if the event is under way, 0 if not.
 */
int xen_chip_retrigger(struct irq_data *data)
{
	struct xen_channel *chan = xen_chip_channel(data);

	if (chan)
		xen_channel_kick(chan);
	return chan ? 1 : 0;
}

/*
 * genirq leaves an IRQ without a handler where it is when that VCPU goes offline.  It has to
 * be moved before it is unmasked for the next handler: a FIFO queue keeps what Xen puts on it
 * until that VCPU is back.
 */
struct irq_chip xen_dynamic_chip __read_mostly = {
	.name			= "xen-dyn",
	.flags			= IRQCHIP_AFFINITY_PRE_STARTUP,
	.irq_disable		= chip_mask,
	.irq_mask		= chip_mask,
	.irq_unmask		= chip_unmask,
	.irq_ack		= chip_ack_nothing,
	.irq_set_affinity	= chip_set_affinity,
	.irq_retrigger		= chip_retrigger,
};

struct irq_chip xen_lateeoi_chip __read_mostly = {
	/* irqbalance wants "xen-dyn" in it. */
	.name			= "xen-dyn-lateeoi",
	.flags			= IRQCHIP_AFFINITY_PRE_STARTUP,
	.irq_disable		= chip_mask,
	.irq_mask		= chip_mask,
	.irq_unmask		= chip_unmask_lateeoi,
	.irq_ack		= chip_ack_nothing,
	.irq_mask_ack		= chip_decline_lateeoi,
	.irq_set_affinity	= chip_set_affinity,
	.irq_retrigger		= chip_retrigger_lateeoi,
};

struct irq_chip xen_percpu_chip __read_mostly = {
	.name			= "xen-percpu",
	.irq_disable		= chip_mask,
	.irq_mask		= chip_mask,
	.irq_unmask		= chip_unmask,
	.irq_ack		= chip_ack_nothing,
};

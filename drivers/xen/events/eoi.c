// SPDX-License-Identifier: GPL-2.0-only
/*
 * Late EOI, and what keeps a storm of events from taking the machine.
 *
 * A channel with late EOI is masked from the time its handler starts until its user
 * says, with xen_irq_lateeoi(), that the event has been dealt with.  The other side
 * can so cause one upcall for each event that was worked on, and no more.
 *
 * Two things make the EOI wait, on a timer of the channel:
 *
 * - The upcall that ran the handler had its time (xen.event_loop_timeout) by then.
 *   The EOI comes xen.event_eoi_delay later at the earliest.  A channel whose user
 *   knows nothing of late EOI is masked for that time as well.
 * - Its user found nothing to do, more often in a row than the device's threshold
 *   allows.  The delay starts with one jiffy and doubles up to a second.
 */
#include <linux/bitops.h>
#include <linux/jiffies.h>
#include <linux/rcupdate.h>
#include <linux/timer.h>
#include <xen/events.h>
#include <xen/xenbus.h>

#include "channel.h"

/* A channel without a device, or with one whose threshold is 0. */
#define XEN_SPURIOUS_ALLOWED	1

static void eoi_timer(struct timer_list *timer)
{
	struct xen_channel *chan = from_timer(chan, timer, timer);
	unsigned long flags;

	raw_spin_lock_irqsave(&chan->lock, flags);
	/* Else the EOI that waited is no more, and one that may be outstanding is another. */
	if (chan->flags & XEN_CHANNEL_DEFERRED) {
		chan->flags &= ~XEN_CHANNEL_DEFERRED;
		xen_channel_drop(chan, XEN_MASK_EOI);
	}
	raw_spin_unlock_irqrestore(&chan->lock, flags);
}

/**
 * xen_eoi_init() - prepare a new channel
 * @chan: not yet known to anybody else
 *
 * Context: Any.
 */
void xen_eoi_init(struct xen_channel *chan)
{
	timer_setup(&chan->timer, eoi_timer, 0);
}

/**
 * xen_eoi_forget() - drop what a channel that goes away may have deferred
 * @chan: out of the tables
 *
 * Context: May sleep.
 */
void xen_eoi_forget(struct xen_channel *chan)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&chan->lock, flags);
	chan->flags |= XEN_CHANNEL_CLOSING;
	raw_spin_unlock_irqrestore(&chan->lock, flags);
	timer_shutdown_sync(&chan->timer);
}

/**
 * xen_eoi_reset() - no event is outstanding any more, nor was one spurious
 * @chan: a channel without a port, after a restore
 *
 * Context: stop_machine(), interrupts off.
 */
void xen_eoi_reset(struct xen_channel *chan)
{
	lockdep_assert_held(&chan->lock);
	timer_delete(&chan->timer);
	chan->flags &= ~XEN_CHANNEL_DEFERRED;
	WRITE_ONCE(chan->reasons, chan->reasons & ~XEN_MASK_EOI);
	chan->eoi_time = 0;
	chan->spurious = 0;
}

static void defer_until(struct xen_channel *chan, unsigned long when)
{
	lockdep_assert_held(&chan->lock);
	if (chan->flags & XEN_CHANNEL_CLOSING)
		return;
	chan->flags |= XEN_CHANNEL_DEFERRED;
	mod_timer(&chan->timer, when);
}

/**
 * xen_eoi_throttle() - the upcall has had its time, and this channel has an event
 * @chan: about to be run
 *
 * IPIs, VIRQs and PIRQs are as they are: it is not another domain that sends them.
 *
 * Context: Upcall, interrupts off.
 */
void xen_eoi_throttle(struct xen_channel *chan)
{
	unsigned long when = (jiffies + READ_ONCE(chan->ev->eoi_delay)) ?: 1;

	if (chan->type != XEN_CHANNEL_EVENT)
		return;
	raw_spin_lock(&chan->lock);
	if (chan->flags & XEN_CHANNEL_LATEEOI) {
		chan->eoi_time = when;
	} else if (!chan->reasons && chan->port) {
		chan->ev->abi->mask(chan->ev->abi_data, chan->port);
		WRITE_ONCE(chan->reasons, XEN_MASK_EOI);
		defer_until(chan, when);
	}
	raw_spin_unlock(&chan->lock);
}

static unsigned long back_off_time(unsigned int spurious, unsigned int allowed)
{
	if (spurious <= allowed)
		return 0;
	return min_t(unsigned long, HZ, BIT(min(spurious - allowed - 1, 16U)));
}

static void count_spurious(struct xen_channel *chan)
{
	unsigned int allowed = XEN_SPURIOUS_ALLOWED;
	unsigned long delay, start = jiffies;

	if (chan->spurious < U8_MAX)
		chan->spurious++;
	if (chan->dev) {
		allowed = READ_ONCE(chan->dev->spurious_threshold) ?: XEN_SPURIOUS_ALLOWED;
		atomic_inc(&chan->dev->spurious_events);
	}
	delay = back_off_time(chan->spurious, allowed);
	if (!delay)
		return;
	/* Another delay may be to come, or be over. */
	if (chan->eoi_time && time_after(chan->eoi_time, start))
		start = chan->eoi_time;
	chan->eoi_time = (start + delay) ?: 1;
	if (chan->dev)
		atomic_add(delay, &chan->dev->jiffies_eoi_delayed);
}

/**
 * xen_channel_late_eoi() - as xen_irq_lateeoi(), for a channel
 * @chan: any channel
 * @spurious: there was nothing to do
 *
 * Context: Any.
 */
void xen_channel_late_eoi(struct xen_channel *chan, bool spurious)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&chan->lock, flags);
	/* A second EOI, one after a restore, or one that waits already. */
	if (!(chan->reasons & XEN_MASK_EOI) ||
	    (chan->flags & (XEN_CHANNEL_DEFERRED | XEN_CHANNEL_CLOSING)))
		goto out;
	if (spurious)
		count_spurious(chan);
	else
		chan->spurious = 0;
	if (chan->eoi_time && time_before(jiffies, chan->eoi_time))
		defer_until(chan, chan->eoi_time);
	else
		xen_channel_drop(chan, XEN_MASK_EOI);
	chan->eoi_time = 0;
out:
	raw_spin_unlock_irqrestore(&chan->lock, flags);
}

/**
 * xen_irq_lateeoi() - the event has been dealt with
 * @irq: a number that one of the *_lateeoi() functions gave; others do no harm
 * @eoi_flags: XEN_EOI_FLAG_SPURIOUS if there was nothing to do
 *
 * Context: Any.
 */
void xen_irq_lateeoi(unsigned int irq, unsigned int eoi_flags)
{
	struct xen_channel *chan;

	rcu_read_lock();
	chan = xen_irq_channel(&xen_evtchn, irq);
	if (chan)
		xen_channel_late_eoi(chan, eoi_flags & XEN_EOI_FLAG_SPURIOUS);
	rcu_read_unlock();
}
EXPORT_SYMBOL_GPL(xen_irq_lateeoi);

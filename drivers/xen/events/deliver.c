// SPDX-License-Identifier: GPL-2.0-only
/*
 * From a pending port to its handler, and masking.
 *
 * The reasons for masking are the truth, the mask bit that Xen sees follows them:
 * both change under the channel's lock.  Delivery reads the reasons without the lock;
 * what it can see then:
 *
 * - No reason, while one is being set.  The handler runs as if the event had come a
 *   moment earlier.  genirq knows itself whether an IRQ is disabled, and checks.  It
 *   does not know of an EOI that is outstanding: a channel with late EOI is looked at
 *   again under the lock, see begin_eoi().
 * - A reason, while the last is being dropped.  The event stays pending, and whoever
 *   drops the reason clears the mask bit after it has written the reasons, finds the
 *   port pending, and has it delivered.
 */
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/irqdesc.h>
#include <linux/jiffies.h>
#include <linux/rcupdate.h>
#include <linux/timekeeping.h>
#include <xen/events.h>
#include <xen/xen.h>
#include <xen/xen-ops.h>
#include <xen/xenbus.h>

#include "channel.h"

/* Events after which an upcall looks at the clock. */
#define XEN_EVENTS_A_LOOK	256

/* For so long after a move an event may still come to the VCPU where its channel was. */
#define XEN_MOVE_SETTLES	HZ

/**
 * xen_channel_mask() - add a reason for masking
 * @chan: a channel, with a port or without
 * @reason: XEN_MASK_*
 *
 * Context: Any.
 */
void xen_channel_mask(struct xen_channel *chan, u8 reason)
{
	struct xen_evtchn *ev = chan->ev;
	unsigned long flags;

	raw_spin_lock_irqsave(&chan->lock, flags);
	if (!chan->reasons && chan->port)
		ev->abi->mask(ev->abi_data, chan->port);
	WRITE_ONCE(chan->reasons, chan->reasons | reason);
	raw_spin_unlock_irqrestore(&chan->lock, flags);
}

/**
 * xen_channel_drop() - drop a reason for masking, under the lock
 * @chan: a channel, with a port or without
 * @reason: XEN_MASK_*
 *
 * Context: Any; the channel's lock is held, interrupts are off.
 */
void xen_channel_drop(struct xen_channel *chan, u8 reason)
{
	struct xen_evtchn *ev = chan->ev;
	u8 before = chan->reasons;

	lockdep_assert_held(&chan->lock);
	/* Before the mask bit is cleared: see xen_evtchn_claim(). */
	WRITE_ONCE(chan->reasons, before & ~reason);
	if (before && !chan->reasons && chan->port)
		ev->abi->unmask(ev->abi_data, chan->port, chan->cpu);
}

/**
 * xen_channel_unmask() - drop a reason for masking
 * @chan: a channel, with a port or without
 * @reason: XEN_MASK_*
 *
 * An event that came meanwhile is delivered once the last reason is gone.
 *
 * Context: Any.
 */
void xen_channel_unmask(struct xen_channel *chan, u8 reason)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&chan->lock, flags);
	xen_channel_drop(chan, reason);
	raw_spin_unlock_irqrestore(&chan->lock, flags);
}

/* Only unmask() of a masked port makes an upcall. */
static void kick(struct xen_channel *chan)
{
	struct xen_evtchn *ev = chan->ev;

	if (!chan->port)
		return;
	if (!chan->reasons)
		ev->abi->mask(ev->abi_data, chan->port);
	ev->abi->set_pending(ev->abi_data, chan->port);
	if (!chan->reasons)
		ev->abi->unmask(ev->abi_data, chan->port, chan->cpu);
}

/**
 * xen_channel_kick() - have an event delivered as if Xen had sent one
 * @chan: a channel; without a port, nothing happens
 *
 * If the channel is masked, once it is not.
 *
 * Context: Any.
 */
void xen_channel_kick(struct xen_channel *chan)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&chan->lock, flags);
	kick(chan);
	raw_spin_unlock_irqrestore(&chan->lock, flags);
}

/**
 * xen_channel_decline() - the handler does not run, and it is disabled
 * @chan: a channel with late EOI, whose event xen_evtchn_run() has handed to genirq
 *
 * genirq remembers the event.  Nobody will send its EOI.
 *
 * Context: genirq, descriptor locked.
 */
void xen_channel_decline(struct xen_channel *chan)
{
	struct xen_evtchn *ev = chan->ev;
	unsigned long flags;

	raw_spin_lock_irqsave(&chan->lock, flags);
	if (!chan->reasons && chan->port)
		ev->abi->mask(ev->abi_data, chan->port);
	chan->flags &= ~XEN_CHANNEL_DEFERRED;
	WRITE_ONCE(chan->reasons, (chan->reasons & ~XEN_MASK_EOI) | XEN_MASK_EXPLICIT);
	raw_spin_unlock_irqrestore(&chan->lock, flags);
}

/**
 * xen_channel_enable() - drop XEN_MASK_EXPLICIT, and note whose EOI is outstanding
 * @chan: a channel with late EOI
 *
 * While it was disabled no event began, so an EOI that is outstanding now is of one before.  As
 * soon as it is enabled, another VCPU may begin the next one.
 *
 * Context: genirq, descriptor locked.
 */
void xen_channel_enable(struct xen_channel *chan)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&chan->lock, flags);
	chan->flags &= ~XEN_CHANNEL_KEPT;
	if (chan->reasons & XEN_MASK_EOI)
		chan->flags |= XEN_CHANNEL_KEPT;
	xen_channel_drop(chan, XEN_MASK_EXPLICIT);
	raw_spin_unlock_irqrestore(&chan->lock, flags);
}

/**
 * xen_channel_again() - an event that genirq remembered is to come again
 * @chan: a channel with late EOI, after xen_channel_enable()
 *
 * If its EOI is still outstanding, because genirq meant to run the handler a second time
 * in a row and then did not, that goes: the event begins anew.  The EOI of an event that began
 * since the channel was enabled stays.
 *
 * Context: genirq, descriptor locked.
 */
void xen_channel_again(struct xen_channel *chan)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&chan->lock, flags);
	kick(chan);
	if (chan->flags & XEN_CHANNEL_KEPT) {
		chan->flags &= ~(XEN_CHANNEL_DEFERRED | XEN_CHANNEL_KEPT);
		xen_channel_drop(chan, XEN_MASK_EOI);
	}
	raw_spin_unlock_irqrestore(&chan->lock, flags);
}

/**
 * xen_channel_move() - place a channel on a VCPU
 * @chan: a channel, with a port or without
 * @cpu: Linux's number of the VCPU
 *
 * Xen only notes the VCPU for events to come.  One that is pending is made to be
 * delivered there by masking first and unmasking afterwards; with FIFO, one that is on a
 * queue already is run by the VCPU whose queue it is.
 *
 * Xen is told even if @chan is counted there: a port that somebody else opened may be
 * anywhere, as one of the toolstack's that had another user before, or VCPU 0's that is
 * not Linux's CPU 0.
 *
 * Context: Any.
 * Return: 0, or what Xen said; then the channel stays where it was.
 */
int xen_channel_move(struct xen_channel *chan, unsigned int cpu)
{
	struct evtchn_bind_vcpu op = { .vcpu = xen_vcpu_nr(cpu) };
	struct xen_evtchn *ev = chan->ev;
	unsigned long flags;
	int err = 0;

	raw_spin_lock_irqsave(&chan->lock, flags);
	op.port = chan->port;
	if (!op.port)
		goto out;
	if (!chan->reasons)
		ev->abi->mask(ev->abi_data, op.port);
	WRITE_ONCE(chan->reasons, chan->reasons | XEN_MASK_MOVING);
	err = xen_evtchn_op(EVTCHNOP_bind_vcpu, &op);
	if (!err) {
		atomic_dec(&per_cpu_ptr(ev->cpus, chan->cpu)->channels);
		atomic_inc(&per_cpu_ptr(ev->cpus, cpu)->channels);
		WRITE_ONCE(chan->moved, jiffies);
		WRITE_ONCE(chan->cpu, cpu);
	}
	xen_channel_drop(chan, XEN_MASK_MOVING);
out:
	raw_spin_unlock_irqrestore(&chan->lock, flags);
	return err;
}

/* Nobody is there for it: masked, it cannot come again and again. */
static void nobody(struct xen_evtchn *ev, evtchn_port_t port)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&ev->publish, flags);
	if (!xen_table_get(&ev->by_port, port))
		ev->abi->mask(ev->abi_data, port);
	raw_spin_unlock_irqrestore(&ev->publish, flags);
}

static bool moved_just_now(struct xen_channel *chan)
{
	u32 moved = READ_ONCE(chan->moved);

	return moved && (u32)jiffies - moved <= XEN_MOVE_SETTLES;
}

/*
 * Xen reads which VCPU to notify without excluding EVTCHNOP_bind_vcpu (Xen,
 * common/event_channel.c, evtchn_send() and evtchn_bind_vcpu()).  A sender that was
 * held up in between, for the whole time of a move, sends the upcall to the VCPU where
 * the channel was, after the move has looked for pending events.  That VCPU passes it
 * on.  Most often it is just an event that its owner has not got to yet; then the
 * owner looks once more than it must.
 */
static void pass_on(struct xen_channel *chan)
{
	struct xen_evtchn *ev = chan->ev;
	unsigned long flags;

	raw_spin_lock_irqsave(&chan->lock, flags);
	if (chan->port && !chan->reasons) {
		ev->abi->mask(ev->abi_data, chan->port);
		ev->abi->unmask(ev->abi_data, chan->port, chan->cpu);
	}
	raw_spin_unlock_irqrestore(&chan->lock, flags);
}

/**
 * xen_evtchn_look_again() - pass on what came to a VCPU that is gone by now
 * @ev: instance
 *
 * As pass_on(), where no VCPU is left that would do it.
 *
 * Context: CPU hot-unplug, after genirq has moved the channels; @ev->lock is held.
 */
void xen_evtchn_look_again(struct xen_evtchn *ev)
{
	struct xen_channel *chan;
	evtchn_port_t port;

	lockdep_assert_held(&ev->lock);
	for (port = 1; (chan = xen_table_next(&ev->by_port, &port)); port++)
		if (moved_just_now(chan))
			pass_on(chan);
}

/**
 * xen_evtchn_claim() - is this pending port to be run here and now?
 * @ec: the VCPU that runs
 * @port: pending and not masked when the ABI looked
 *
 * For ABIs where a VCPU comes across ports of others.
 *
 * Context: Upcall, interrupts off.
 * Return: the channel: the ABI clears pending, then calls xen_evtchn_run_claimed(). NULL:
 * the ABI leaves the port pending.
 */
struct xen_channel *xen_evtchn_claim(struct xen_evtchn_cpu *ec, evtchn_port_t port)
{
	struct xen_channel *chan = xen_table_get(&ec->ev->by_port, port);

	if (unlikely(!chan)) {
		nobody(ec->ev, port);
		return NULL;
	}
	if (unlikely(READ_ONCE(chan->cpu) != ec->cpu)) {
		if (unlikely(moved_just_now(chan)))
			pass_on(chan);
		return NULL;
	}
	return READ_ONCE(chan->reasons) ? NULL : chan;
}

/*
 * If it is masked by now, what was taken is made pending again.  Under the lock, as an
 * unmask in between would find nothing pending.
 */
static bool give_back(struct xen_channel *chan)
{
	struct xen_evtchn *ev = chan->ev;

	if (likely(!chan->reasons))
		return false;
	if (chan->port)
		ev->abi->set_pending(ev->abi_data, chan->port);
	return true;
}

static struct xen_channel *give_back_if_masked(struct xen_channel *chan)
{
	bool back;

	raw_spin_lock(&chan->lock);
	back = give_back(chan);
	raw_spin_unlock(&chan->lock);
	return back ? NULL : chan;
}

/**
 * xen_evtchn_claim_taken() - is this port, pending until now, to be run here?
 * @ec: the VCPU that runs
 * @port: the ABI has cleared its pending bit, together with what queued it here
 *
 * For ABIs where a VCPU only comes across ports that were meant for it, at least
 * when they were queued.
 *
 * Context: Upcall, interrupts off.
 * Return: the channel, to be run. NULL: there is nothing more to be done.
 */
struct xen_channel *xen_evtchn_claim_taken(struct xen_evtchn_cpu *ec, evtchn_port_t port)
{
	struct xen_channel *chan = xen_table_get(&ec->ev->by_port, port);

	if (unlikely(!chan)) {
		nobody(ec->ev, port);
		return NULL;
	}
	if (unlikely(READ_ONCE(chan->reasons)))
		return give_back_if_masked(chan);
	return chan;
}

/**
 * xen_evtchn_orphan() - an event was pending for a VCPU that is gone
 * @ec: that VCPU
 * @port: pending no more
 *
 * If its channel has been moved, the VCPU where it is now gets the event.  One that
 * never moves, as an IPI, is dropped: raised again it would come here again.
 *
 * Context: CPU hot-unplug, may be preempted.
 */
void xen_evtchn_orphan(struct xen_evtchn_cpu *ec, evtchn_port_t port)
{
	struct xen_channel *chan;

	rcu_read_lock();
	chan = xen_table_get(&ec->ev->by_port, port);
	if (chan && READ_ONCE(chan->cpu) != ec->cpu)
		xen_channel_kick(chan);
	rcu_read_unlock();
}

/* Has the upcall had its time?  Most do not live to see the clock being looked at. */
static void look_at_clock(struct xen_evtchn_cpu *ec)
{
	u64 now;

	if (ec->events % XEN_EVENTS_A_LOOK)
		return;
	if (time_after(jiffies, ec->loop_end))
		ec->late = true;
	/* Jiffies may stand still: then it is this VCPU's tick that has to wait. */
	now = ktime_get_mono_fast_ns();
	if (!ec->loop_end_ns)
		ec->loop_end_ns = now + jiffies_to_nsecs(READ_ONCE(ec->ev->loop_timeout));
	else if (now > ec->loop_end_ns)
		ec->late = true;
}

/*
 * From here to the EOI the channel is masked.  Since it was claimed it may have moved,
 * and the VCPU where it is now may have taken its next event: then this one goes back,
 * and comes again after that one's EOI, so that no handler runs while an EOI is
 * outstanding.
 */
static __always_inline bool begin_eoi(struct xen_channel *chan)
{
	bool mine;

	raw_spin_lock(&chan->lock);
	mine = !give_back(chan) && chan->port;
	if (likely(mine)) {
		chan->ev->abi->mask(chan->ev->abi_data, chan->port);
		WRITE_ONCE(chan->reasons, XEN_MASK_EOI);
	}
	raw_spin_unlock(&chan->lock);
	return mine;
}

/* Inlined, as is begin_eoi(): there are two ways here, and each event takes one. */
static __always_inline void run(struct xen_evtchn_cpu *ec, struct xen_channel *chan)
{
	ec->events++;
	look_at_clock(ec);
	if (chan->flags & XEN_CHANNEL_LATEEOI) {
		if (!begin_eoi(chan))
			return;
		/* What is bound for a device always has late EOI. */
		if (chan->dev)
			atomic_inc(&chan->dev->events);
	}
	if (unlikely(ec->late))
		xen_eoi_throttle(chan);
	generic_handle_irq_desc(chan->desc);
}

/**
 * xen_evtchn_run() - run a channel's handler
 * @ec: the VCPU that runs
 * @chan: whose port this was when it was taken
 *
 * An event of a channel with late EOI may be made pending again instead.
 *
 * Context: Upcall, interrupts off.
 */
void xen_evtchn_run(struct xen_evtchn_cpu *ec, struct xen_channel *chan)
{
	run(ec, chan);
}

/*
 * Whoever has the port gets the event; as long as nobody does, it stays pending for the
 * next one, who looks at that when it unmasks.  Seldom, and so kept out of what each event
 * takes.
 */
static noinline void pass_to_owner(struct xen_evtchn *ev, evtchn_port_t port)
{
	struct xen_channel *chan;
	unsigned long flags;

	raw_spin_lock_irqsave(&ev->publish, flags);
	chan = xen_table_get(&ev->by_port, port);
	if (chan)
		xen_channel_kick(chan);
	else
		ev->abi->set_pending(ev->abi_data, port);
	raw_spin_unlock_irqrestore(&ev->publish, flags);
}

/**
 * xen_evtchn_run_claimed() - run the handler of a channel that was claimed before its port
 * was taken
 * @ec: the VCPU that runs
 * @chan: as xen_evtchn_claim() returned it
 * @port: its port then; pending no more
 *
 * Xen may stop a VCPU between the two for as long as it takes to close the port, to bind
 * it anew and to send to it.  What was taken is then the new channel's.  As a channel
 * loses its port before Xen is told to close it, one that still has it after the taking
 * had it when the event came.
 *
 * Context: Upcall, interrupts off.
 */
void xen_evtchn_run_claimed(struct xen_evtchn_cpu *ec, struct xen_channel *chan,
			    evtchn_port_t port)
{
	if (likely(READ_ONCE(chan->port) == port))
		run(ec, chan);
	else
		pass_to_owner(ec->ev, port);
}

static void drain(struct xen_evtchn *ev, struct vcpu_info *vcpu)
{
	struct xen_evtchn_cpu *ec = this_cpu_ptr(ev->cpus);

	ec->loop_end = jiffies + READ_ONCE(ev->loop_timeout);
	ec->loop_end_ns = 0;
	ec->late = false;
	ec->events = 0;
	rcu_read_lock();
	do {
		xchg(&vcpu->evtchn_upcall_pending, 0);
		/*
		 * Partner: Xen sets what deliver() reads, then tests and sets this, and
		 * sends no upcall when it finds it set (Xen, arch/x86/domain.c,
		 * vcpu_mark_events_pending()).
		 */
		virt_mb__after_atomic();
		ev->abi->deliver(ev->abi_data, ec);
	} while (READ_ONCE(vcpu->evtchn_upcall_pending));
	rcu_read_unlock();
}

/**
 * xen_evtchn_do_upcall() - Xen says that something is pending for this VCPU
 *
 * Context: Hard interrupt, interrupts off.
 * Return: IRQ_HANDLED if it was so, IRQ_NONE if not: on a shared interrupt line
 * somebody else is meant.
 */
int xen_evtchn_do_upcall(void)
{
	struct vcpu_info *vcpu = __this_cpu_read(xen_vcpu);
	int ret = READ_ONCE(vcpu->evtchn_upcall_pending) ? IRQ_HANDLED : IRQ_NONE;

	drain(&xen_evtchn, vcpu);
	return ret;
}
EXPORT_SYMBOL_GPL(xen_evtchn_do_upcall);

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ports that have more than one user.
 *
 * A program can name its port of /dev/xen/evtchn to /dev/xen/gntdev or gntalloc, to have
 * the peer told when a mapping goes.  Those hold the port, so that it is closed by its
 * last user, in whatever order they go.
 *
 * A holder knows the port by its number, and nothing tells it of a restore, which takes
 * the port away; the number may soon be another's.  So a channel that loses its port
 * keeps the holders and the number, and whoever gives up a port is looked for there
 * first.  Between two holders of one number it does not matter who is who: each channel
 * has its binder as well, and counts come out right when all are gone.
 *
 * Where users are not counted, the binder itself may give up its port by the number, as
 * a console does.  By then it has freed its handler, so a channel that has one is not
 * what is meant, whatever its number.
 */
#define pr_fmt(fmt) "xen:events: " fmt

#include <linux/export.h>
#include <linux/printk.h>
#include <xen/events.h>

#include "channel.h"

/*
 * Whose port is it?  Of users that share it, one may have opened it, and knows; it is
 * closed by the last, whatever the others say, and whoever comes first.
 */
static void note_origin(struct xen_channel *chan, bool is_static)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&chan->lock, flags);
	if (!is_static)
		chan->flags = (chan->flags & ~XEN_CHANNEL_STATIC) | XEN_CHANNEL_OPENED;
	else if (!(chan->flags & XEN_CHANNEL_OPENED))
		chan->flags |= XEN_CHANNEL_STATIC;
	raw_spin_unlock_irqrestore(&chan->lock, flags);
}

/**
 * xen_users_count() - count the users of a port from now on
 * @ev: instance
 * @port: a port that is bound; its binder is the first user
 * @is_static: it is the toolstack's, not to be closed; else the caller opened it
 *
 * Context: Process context; takes @ev's lock.
 * Return: 0, or -ENOENT if the port is not bound.
 */
int xen_users_count(struct xen_evtchn *ev, evtchn_port_t port, bool is_static)
{
	struct xen_channel *chan;

	guard(mutex)(&ev->lock);
	chan = xen_table_get(&ev->by_port, port);
	if (!chan)
		return -ENOENT;
	/* Binders that share a port were counted when it was bound for them. */
	if (!chan->refs)
		chan->refs = 1;
	note_origin(chan, is_static);
	return 0;
}

/**
 * xen_users_hold() - one more user of a port, who knows it by its number
 * @ev: instance
 * @port: a port whose users are counted
 *
 * Context: Process context; takes @ev's lock.
 * Return: 0; -ENOENT if the port is not bound; -EINVAL if its users are not counted, or
 * there are too many.
 */
int xen_users_hold(struct xen_evtchn *ev, evtchn_port_t port)
{
	struct xen_channel *chan;

	guard(mutex)(&ev->lock);
	chan = xen_table_get(&ev->by_port, port);
	if (!chan)
		return -ENOENT;
	if (chan->refs <= 0 || chan->refs >= XEN_REFS_MAX)
		return -EINVAL;
	chan->refs++;
	chan->held++;
	return 0;
}

/* May its only user have meant this channel? */
static bool binder_may_go(const struct xen_channel *chan)
{
	return chan->type == XEN_CHANNEL_EVENT && !chan->refs &&
	       !irq_desc_has_action(chan->desc);
}

/* Its only user goes by the new port as soon as there is one, holders by the old. */
static bool known_by_lost_port(const struct xen_channel *chan)
{
	return chan->held || (!chan->port && binder_may_go(chan));
}

static struct xen_channel *known_before_restore(struct xen_evtchn *ev, evtchn_port_t port)
{
	struct xen_channel *chan;
	unsigned int irq;

	if (!port)
		return NULL;
	for (irq = 0; (chan = xen_table_next(&ev->by_irq, &irq)); irq++)
		if (chan->lost == port && known_by_lost_port(chan))
			return chan;
	return NULL;
}

/**
 * xen_users_give_up() - undo xen_users_hold(), also after a restore
 * @ev: instance
 * @port: its port
 *
 * The last user closes the port, if it is there still, and the binding goes; its handler
 * is gone by then.  That is at once where users are not counted.  Where they are, and
 * nobody holds the port, its binder keeps it.
 *
 * Context: Process context; takes @ev's lock.
 * Return: 0, or -ENOENT if the port is not bound, nobody holds it, or, with users that
 * are not counted, it has a handler still or was not bound as a port.
 */
int xen_users_give_up(struct xen_evtchn *ev, evtchn_port_t port)
{
	struct xen_channel *chan;

	guard(mutex)(&ev->lock);
	chan = known_before_restore(ev, port) ?: xen_table_get(&ev->by_port, port);
	if (!chan || !(chan->held || binder_may_go(chan)))
		return -ENOENT;
	if (chan->held)
		chan->held--;
	xen_channel_unbind(chan, true);
	return 0;
}

/**
 * evtchn_make_refcounted() - count the users of a port from now on
 * @evtchn: a port that is bound; its binder is the first user
 * @is_static: it is the toolstack's, not to be closed; else the caller opened it
 *
 * Where users share it and do not agree, it is closed by the last.
 *
 * Context: May sleep.
 * Return: 0, or -ENOENT if the port is not bound.
 */
int evtchn_make_refcounted(evtchn_port_t evtchn, bool is_static)
{
	return xen_users_count(xen_evtchn_instance(), evtchn, is_static);
}
EXPORT_SYMBOL_GPL(evtchn_make_refcounted);

/**
 * evtchn_get() - one more user of a port
 * @evtchn: a port whose users are counted: it was bound with IRQF_SHARED, or
 *	evtchn_make_refcounted() was called for it
 *
 * Context: May sleep.
 * Return: 0, and the caller owes evtchn_put(); -ENOENT if the port is not bound; -EINVAL
 * if the ABI has no such port, its users are not counted, or there are too many.
 */
int evtchn_get(evtchn_port_t evtchn)
{
	struct xen_evtchn *ev = xen_evtchn_instance();

	if (evtchn >= ev->abi->max_ports(ev->abi_data))
		return -EINVAL;
	return xen_users_hold(ev, evtchn);
}
EXPORT_SYMBOL_GPL(evtchn_get);

/**
 * evtchn_put() - undo evtchn_get()
 * @evtchn: its port, whoever has it after a restore
 *
 * With the last user, and at once if they are not counted, the binding goes and the port
 * is closed.  The handler has been freed before.
 *
 * Context: May sleep.
 */
void evtchn_put(evtchn_port_t evtchn)
{
	if (xen_users_give_up(xen_evtchn_instance(), evtchn))
		pr_warn_ratelimited("port %u is given up by a caller that does not hold it\n",
				    evtchn);
}
EXPORT_SYMBOL_GPL(evtchn_put);

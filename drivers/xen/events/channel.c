// SPDX-License-Identifier: GPL-2.0-only
/*
 * Channels: their tables, their life, and the start of an instance.
 */
#define pr_fmt(fmt) "xen:events: " fmt

#include <kunit/static_stub.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/irq.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <xen/evtchn_channels.h>
#include <xen/xen.h>

#include "channel.h"

/* Room that is kept ahead of the highest port, for PIRQs: they may not sleep for it. */
#define XEN_PORTS_AHEAD		64
/* IRQ numbers that are not of channels but lie among those that are. */
#define XEN_IRQS_BESIDE		65536

/**
 * xen_evtchn_op() - an event-channel hypercall
 * @cmd: EVTCHNOP_*
 * @arg: its structure
 *
 * The one place through which the core and the ABIs call Xen.
 *
 * Context: Any.
 * Return: what Xen said: 0 or -errno.
 */
int xen_evtchn_op(int cmd, void *arg)
{
	KUNIT_STATIC_STUB_REDIRECT(xen_evtchn_op, cmd, arg);
	return HYPERVISOR_event_channel_op(cmd, arg);
}

/**
 * xen_evtchn_instance() - the instance that the functions for drivers work on
 *
 * It is the kernel's.  A test may have them work on its own, when it calls them itself.
 *
 * Context: Any.
 * Return: never NULL.
 */
struct xen_evtchn *xen_evtchn_instance(void)
{
	KUNIT_STATIC_STUB_REDIRECT(xen_evtchn_instance);
	return &xen_evtchn;
}

/**
 * xen_evtchn_complain() - one line about what cannot be done
 * @what: what was wanted, "move a channel"
 * @err: the errno
 *
 * Context: Any. Rate limited.
 */
void xen_evtchn_complain(const char *what, int err)
{
	KUNIT_STATIC_STUB_REDIRECT(xen_evtchn_complain, what, err);
	pr_err_ratelimited("cannot %s: error %d\n", what, err);
}

/**
 * xen_evtchn_no_port_left() - one line about what to do when Xen has no port left
 * @what: what the port was for, "bind a VIRQ"
 *
 * For whoever asked Xen for a port, and was told -ENOSPC.
 *
 * Context: Any. Rate limited, apart from other complaints.
 */
void xen_evtchn_no_port_left(const char *what)
{
	static const char remedy[] = "max_event_channels (xl), maxEventChannels (libvirt)";

	KUNIT_STATIC_STUB_REDIRECT(xen_evtchn_no_port_left, what);
	pr_err_ratelimited("cannot %s: no channel left; raise %s\n", what, remedy);
}
EXPORT_SYMBOL_GPL(xen_evtchn_no_port_left);

/**
 * xen_evtchn_refused() - one line about a port that Xen did not open
 * @what: what the port was for, "bind a VIRQ"
 * @err: what Xen said, 0 if it did
 *
 * Context: Any. Rate limited.
 */
void xen_evtchn_refused(const char *what, int err)
{
	if (err == -ENOSPC)
		xen_evtchn_no_port_left(what);
	else if (err)
		xen_evtchn_complain(what, err);
}

/**
 * xen_evtchn_ask_port() - an event-channel hypercall that opens a port
 * @what: what the port is for, "bind a VIRQ"
 * @cmd: EVTCHNOP_*
 * @arg: its structure
 *
 * The log has one line if Xen refuses.
 *
 * Context: Any.
 * Return: what Xen said: 0 or -errno.
 */
int xen_evtchn_ask_port(const char *what, int cmd, void *arg)
{
	int err = xen_evtchn_op(cmd, arg);

	xen_evtchn_refused(what, err);
	return err;
}

/**
 * xen_table_init() - an empty table
 * @table: to be set up
 * @keys: how many keys there can be
 *
 * Context: May sleep.
 * Return: 0, or -ENOMEM.
 */
int xen_table_init(struct xen_channel_table *table, unsigned int keys)
{
	unsigned int nr = DIV_ROUND_UP(keys, XEN_ROW_SLOTS);

	table->rows = kvcalloc(nr, sizeof(*table->rows), GFP_KERNEL);
	if (!table->rows)
		return -ENOMEM;
	table->nr_rows = nr;
	return 0;
}

/**
 * xen_table_free() - give back a table that nobody reads any more
 * @table: its channels are not freed
 *
 * Context: May sleep.
 */
void xen_table_free(struct xen_channel_table *table)
{
	unsigned int i;

	for (i = 0; i < table->nr_rows; i++)
		kfree(table->rows[i]);
	kvfree(table->rows);
	table->rows = NULL;
	table->nr_rows = 0;
}

/**
 * xen_table_reserve() - have room for a key
 * @table: the table
 * @key: to be set later
 *
 * Context: May sleep; the instance's lock is held.
 * Return: 0, -ENOMEM, or -ENOSPC if the key is beyond the table.
 */
int xen_table_reserve(struct xen_channel_table *table, unsigned int key)
{
	unsigned int index = key >> XEN_ROW_SHIFT;
	struct xen_channel_row *row;

	if (index >= table->nr_rows)
		return -ENOSPC;
	if (table->rows[index])
		return 0;
	row = kzalloc(sizeof(*row), GFP_KERNEL);
	if (!row)
		return -ENOMEM;
	/* Pairs with smp_load_acquire() in xen_table_get(). */
	smp_store_release(&table->rows[index], row);
	return 0;
}

/**
 * xen_table_set() - put in or take out a channel
 * @table: the table
 * @key: its number
 * @chan: the channel, or NULL
 *
 * Context: Any; the instance's publish lock is held.
 * Return: false if there is no room for the key.
 */
bool xen_table_set(struct xen_channel_table *table, unsigned int key, struct xen_channel *chan)
{
	unsigned int index = key >> XEN_ROW_SHIFT;

	if (index >= table->nr_rows || !table->rows[index])
		return false;
	rcu_assign_pointer(table->rows[index]->slot[key & (XEN_ROW_SLOTS - 1)], chan);
	return true;
}

/**
 * xen_table_next() - walk what is in a table
 * @table: by port or by IRQ
 * @key: where to begin; set to where the channel was found
 *
 * Context: as xen_table_get().
 * Return: the first channel from @key on, or NULL.
 */
struct xen_channel *xen_table_next(const struct xen_channel_table *table, unsigned int *key)
{
	struct xen_channel *chan;

	for (; *key < table->nr_rows << XEN_ROW_SHIFT; (*key)++) {
		chan = xen_table_get(table, *key);
		if (chan)
			return chan;
		if (!table->rows[*key >> XEN_ROW_SHIFT])
			*key |= XEN_ROW_SLOTS - 1;
	}
	return NULL;
}

/* Each row up to there: Xen may give out any port that is free. */
static int reserve_below(struct xen_evtchn *ev, unsigned int ports)
{
	int err = 0;

	while (!err && ev->rows < DIV_ROUND_UP(ports, XEN_ROW_SLOTS)) {
		err = xen_table_reserve(&ev->by_port, ev->rows << XEN_ROW_SHIFT);
		if (!err)
			ev->rows++;
	}
	return err ?: ev->abi->reserve(ev->abi_data, ports);
}

/**
 * xen_evtchn_reserve() - have room for a port, and for some that may come after it
 * @ev: instance
 * @port: a port that Xen gave out
 *
 * A PIRQ gets its port under a raw lock, where nothing may be allocated.  As Xen
 * gives out the lowest port that is free, room for all PIRQs ahead of the highest
 * port is what they need.
 *
 * Context: May sleep; the instance's lock is held.
 * Return: 0, -ENOMEM, or -ENOSPC if the ABI has no such port.
 */
int xen_evtchn_reserve(struct xen_evtchn *ev, evtchn_port_t port)
{
	unsigned int ahead, max = ev->abi->max_ports(ev->abi_data);
	int err;

	lockdep_assert_held(&ev->lock);
	if (port >= max)
		return -ENOSPC;
	err = reserve_below(ev, port + 1);
	/* What is ahead may never be needed: a PIRQ that finds no room says so. */
	ahead = max(port, READ_ONCE(ev->highest)) + ev->pirqs + XEN_PORTS_AHEAD;
	if (!err)
		reserve_below(ev, min(ahead, max));
	return err;
}

static void publish_irq(struct xen_evtchn *ev, unsigned int irq, struct xen_channel *chan)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&ev->publish, flags);
	xen_table_set(&ev->by_irq, irq, chan);
	raw_spin_unlock_irqrestore(&ev->publish, flags);
}

/**
 * xen_channel_create() - a channel for an IRQ, without a port yet
 * @ev: instance
 * @irq: an IRQ that has a descriptor
 * @type: enum xen_channel_type
 *
 * Context: May sleep; the instance's lock is held.
 * Return: the channel, masked, which xen_channel_destroy() takes back, or an
 * ERR_PTR(): -ENOMEM, -ENOSPC if the number is too high, -ENOENT if the IRQ has no
 * descriptor.
 */
struct xen_channel *xen_channel_create(struct xen_evtchn *ev, unsigned int irq, u8 type)
{
	struct xen_channel *chan;
	int err;

	lockdep_assert_held(&ev->lock);
	err = xen_table_reserve(&ev->by_irq, irq);
	if (err)
		return ERR_PTR(err);
	chan = kzalloc(sizeof(*chan), GFP_KERNEL);
	if (!chan)
		return ERR_PTR(-ENOMEM);
	chan->desc = irq_to_desc(irq);
	if (!chan->desc) {
		kfree(chan);
		return ERR_PTR(-ENOENT);
	}
	chan->ev = ev;
	chan->irq = irq;
	chan->type = type;
	chan->reasons = XEN_MASK_EXPLICIT;
	chan->priority = EVTCHN_FIFO_PRIORITY_DEFAULT;
	raw_spin_lock_init(&chan->lock);
	xen_eoi_init(chan);
	atomic_inc(&per_cpu_ptr(ev->cpus, 0)->channels);
	if (type == XEN_CHANNEL_PIRQ)
		ev->pirqs++;

	publish_irq(ev, irq, chan);
	return chan;
}

/* What Xen or a user of the kernel names need not be a port that can be had. */
static int check_port(const struct xen_evtchn *ev, evtchn_port_t port)
{
	if (!port)
		return -EINVAL;
	if (port >= ev->abi->max_ports(ev->abi_data))
		return -ENOSPC;
	return xen_table_get(&ev->by_port, port) ? -EEXIST : 0;
}

/**
 * xen_channel_attach() - give a channel its port
 * @chan: a channel without one
 * @port: an open port, of this channel only
 * @cpu: the VCPU that Xen has placed it on, as far as is known; see xen_channel_move()
 *
 * The port is masked or not, as the channel's reasons say.
 *
 * Context: Any; interrupts may be off. Room for the port was made before.
 * Return: 0; -EINVAL for port 0, which is none; -EEXIST if it is another channel's;
 * -ENOSPC when there is no room for it. On failure the port stays open.
 */
int xen_channel_attach(struct xen_channel *chan, evtchn_port_t port, unsigned int cpu)
{
	struct xen_evtchn *ev = chan->ev;
	unsigned long flags;
	int err;

	raw_spin_lock_irqsave(&ev->publish, flags);
	raw_spin_lock(&chan->lock);
	err = check_port(ev, port);
	if (!err)
		err = ev->abi->prepare(ev->abi_data, port);
	if (!err && !xen_table_set(&ev->by_port, port, chan))
		err = -ENOSPC;
	if (!err) {
		atomic_dec(&per_cpu_ptr(ev->cpus, chan->cpu)->channels);
		atomic_inc(&per_cpu_ptr(ev->cpus, cpu)->channels);
		chan->cpu = cpu;
		WRITE_ONCE(chan->port, port);
		WRITE_ONCE(ev->highest, max(ev->highest, port));
		if (!chan->reasons)
			ev->abi->unmask(ev->abi_data, port, cpu);
	}
	raw_spin_unlock(&chan->lock);
	raw_spin_unlock_irqrestore(&ev->publish, flags);
	return err;
}

/**
 * xen_channel_detach() - take a channel's port away
 * @chan: a channel, with a port or without
 * @close: close the port as well, if it is not one of the toolstack's
 *
 * Context: Any; interrupts may be off.
 */
void xen_channel_detach(struct xen_channel *chan, bool close)
{
	struct xen_evtchn *ev = chan->ev;
	struct evtchn_close op;
	unsigned long flags;
	int err = 0;

	raw_spin_lock_irqsave(&ev->publish, flags);
	raw_spin_lock(&chan->lock);
	op.port = chan->port;
	if (op.port) {
		ev->abi->mask(ev->abi_data, op.port);
		xen_table_set(&ev->by_port, op.port, NULL);
		WRITE_ONCE(chan->port, 0);
	}
	raw_spin_unlock(&chan->lock);
	/* Last: Xen may give the port to the next who asks. */
	if (op.port && close && !(chan->flags & XEN_CHANNEL_STATIC))
		err = xen_evtchn_op(EVTCHNOP_close, &op);
	raw_spin_unlock_irqrestore(&ev->publish, flags);
	if (err)
		xen_evtchn_complain("close a port", err);
}

/**
 * xen_channel_destroy() - the end of a channel that has no port
 * @chan: gone from the tables when this returns, freed a grace period later
 *
 * The IRQ stays, and is the caller's.
 *
 * Context: May sleep; the instance's lock is held.
 */
void xen_channel_destroy(struct xen_channel *chan)
{
	struct xen_evtchn *ev = chan->ev;

	lockdep_assert_held(&ev->lock);
	publish_irq(ev, chan->irq, NULL);
	xen_eoi_forget(chan);
	atomic_dec(&per_cpu_ptr(ev->cpus, chan->cpu)->channels);
	if (chan->type == XEN_CHANNEL_PIRQ)
		ev->pirqs--;
	kfree_rcu(chan, rcu);
}

/* The ABI that a name means, or NULL. */
static const struct xen_evtchn_abi *abi_named(const struct xen_evtchn_abi *const *abis,
					      unsigned int nr, const char *choice)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (!strcmp(abis[i]->keyword, choice) ||
		    (abis[i]->exceeded && abis[i]->exceeded(choice)))
			return abis[i];
	return NULL;
}

static void warn_of_name(const struct xen_evtchn_abi *const *abis, unsigned int nr,
			 const char *choice)
{
	char names[64] = "auto";
	unsigned int i;

	for (i = 0; i < nr; i++) {
		strlcat(names, " ", sizeof(names));
		strlcat(names, abis[i]->keyword, sizeof(names));
	}
	/* Of a long one the beginning is enough. */
	pr_warn("xen.evtchn_abi=%.32s is none of: %s; using auto\n", choice, names);
}

static void warn_of_choice(const struct xen_evtchn_abi *const *abis, unsigned int nr,
			   const char *choice)
{
	const struct xen_evtchn_abi *abi = abi_named(abis, nr, choice);

	if (!abi)
		warn_of_name(abis, nr, choice);
	else if (strcmp(abi->keyword, choice))
		pr_warn("xen.evtchn_abi=%.32s is more than there is; using %s\n", choice,
			abi->keyword);
}

static int try_abi(struct xen_evtchn *ev, const struct xen_evtchn_abi *abi)
{
	void *data = abi->init(ev);

	if (IS_ERR(data))
		return PTR_ERR(data);
	ev->abi = abi;
	ev->abi_data = data;
	return 0;
}

/* What the parameters name, or NULL for the first that works. */
static const struct xen_evtchn_abi *abi_wanted(const struct xen_evtchn_abi *const *abis,
					       unsigned int nr, const char *choice, bool fifo)
{
	const struct xen_evtchn_abi *named = abi_named(abis, nr, choice);

	return named || fifo ? named : abis[nr - 1];
}

/**
 * xen_evtchn_first_channels() - channels of the ABI that is tried first
 * @abis: ABIs, in the order of "auto"
 * @nr: how many
 * @choice: keyword of one of them, or "auto"
 * @fifo: "auto" may choose another than the last
 *
 * Context: Any, early boot included.
 * Return: how many channels it can address; whether Xen has it is not known.
 */
unsigned int xen_evtchn_first_channels(const struct xen_evtchn_abi *const *abis, unsigned int nr,
				       const char *choice, bool fifo)
{
	const struct xen_evtchn_abi *abi = abi_wanted(abis, nr, choice, fifo);
	unsigned int i;

	for (i = 0; !abi; i++)
		if (!abis[i]->by_name_only)
			abi = abis[i];
	return abi->channels;
}

/* The named ABI, else the last; with none named the first that works: the last does. */
static int choose_abi(struct xen_evtchn *ev, const struct xen_evtchn_abi *const *abis,
		      unsigned int nr, const char *choice, bool fifo)
{
	const struct xen_evtchn_abi *named = abi_wanted(abis, nr, choice, fifo);
	unsigned int i;
	int err = -ENODEV;

	if (strcmp(choice, "auto"))
		warn_of_choice(abis, nr, choice);
	if (named) {
		err = try_abi(ev, named);
		if (!err)
			return 0;
		pr_warn("Xen refuses the %s ABI: error %d\n", named->name, err);
		return try_abi(ev, abis[nr - 1]);
	}
	for (i = 0; i < nr && err; i++)
		if (!abis[i]->by_name_only)
			err = try_abi(ev, abis[i]);
	return err;
}

/* What a restore may need where nothing can be allocated. */
static int set_aside(struct xen_evtchn *ev, const struct xen_evtchn_abi *last)
{
	if (ev->abi == last)
		return 0;
	ev->spare = last->init(ev);
	if (IS_ERR(ev->spare)) {
		int err = PTR_ERR(ev->spare);

		ev->spare = NULL;
		return err;
	}
	ev->last = last;
	return 0;
}

static int start_cpus(struct xen_evtchn *ev)
{
	unsigned int cpu;

	ev->cpus = alloc_percpu(struct xen_evtchn_cpu);
	ev->bindings = alloc_percpu(struct xen_evtchn_binding);
	if (!ev->cpus || !ev->bindings)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		struct xen_evtchn_cpu *ec = per_cpu_ptr(ev->cpus, cpu);

		ec->ev = ev;
		ec->cpu = cpu;
	}
	return 0;
}

/**
 * xen_evtchn_start() - set up an instance and its ABI
 * @ev: zeroed, but for @loop_timeout and @eoi_delay
 * @abis: ABIs, in the order of "auto"
 * @nr: how many
 * @choice: keyword of one of them, or "auto"
 * @fifo: "auto" may choose another than the last
 *
 * Context: May sleep; the VCPU that runs is the one to be set up.
 * Return: 0, -ENOMEM, or what the last ABI said; then xen_evtchn_stop() has been
 * called.
 */
int xen_evtchn_start(struct xen_evtchn *ev, const struct xen_evtchn_abi *const *abis,
		     unsigned int nr, const char *choice, bool fifo)
{
	unsigned int max;
	int err;

	mutex_init(&ev->lock);
	raw_spin_lock_init(&ev->publish);
	err = start_cpus(ev);
	if (!err)
		err = choose_abi(ev, abis, nr, choice, fifo);
	if (!err)
		err = set_aside(ev, abis[nr - 1]);
	if (!err) {
		max = ev->abi->max_ports(ev->abi_data);
		err = xen_table_init(&ev->by_port, max);
		if (!err)
			err = xen_table_init(&ev->by_irq, max + XEN_IRQS_BESIDE);
	}
	if (err)
		xen_evtchn_stop(ev);
	return err;
}

/**
 * xen_evtchn_stop() - give back what an instance without channels holds
 * @ev: as xen_evtchn_start() left it, whole or not
 *
 * Context: May sleep.
 */
void xen_evtchn_stop(struct xen_evtchn *ev)
{
	xen_table_free(&ev->by_port);
	xen_table_free(&ev->by_irq);
	xen_evtchn_give_back(ev);
	if (ev->spare)
		ev->last->exit(ev->spare);
	if (ev->abi)
		ev->abi->exit(ev->abi_data);
	ev->spare = NULL;
	ev->abi = NULL;
	free_percpu(ev->cpus);
	free_percpu(ev->bindings);
	ev->cpus = NULL;
	ev->bindings = NULL;
}

/**
 * xen_evtchn_cpu_of() - what an instance knows of a VCPU
 * @ev: instance
 * @cpu: Linux's number
 *
 * Context: Any.
 * Return: never NULL.
 */
struct xen_evtchn_cpu *xen_evtchn_cpu_of(struct xen_evtchn *ev, unsigned int cpu)
{
	return per_cpu_ptr(ev->cpus, cpu);
}

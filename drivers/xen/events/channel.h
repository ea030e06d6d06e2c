/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Channels: the core's objects, and the tables that find them.
 *
 * Order of locks, outer first:
 *
 *   xen_evtchn.lock	mutex: binding, unbinding, references, CPUs coming and going
 *   irq_desc.lock	genirq calls most irq_chip methods under it
 *   xen_evtchn.publish	raw: entries of the tables, for PIRQs are bound under
 *			irq_desc.lock
 *   xen_channel.lock	raw: reasons for masking, the mask bit, placement, late EOI
 *   fifo.grow, nlevel.grow	raw: Xen is told of pages for more ports
 *   the timer base's	raw: of a deferred EOI
 *
 * The tables are read under RCU, or where the caller otherwise knows that the
 * channel stays (an IPI of a VCPU that is online).  A channel is freed a grace
 * period after it left the tables.
 */
#ifndef XEN_EVENTS_CHANNEL_H
#define XEN_EVENTS_CHANNEL_H

#include <linux/irq.h>
#include <linux/irqdesc.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <xen/events.h>
#include <xen/interface/event_channel.h>
#ifdef CONFIG_X86
#include <asm/i8259.h>
#endif

#include "abi.h"

struct xenbus_device;

/**
 * enum xen_channel_type - what is at the other end
 * @XEN_CHANNEL_EVENT: a port of this or another domain
 * @XEN_CHANNEL_VIRQ: a virtual interrupt of Xen
 * @XEN_CHANNEL_IPI: this domain's VCPUs
 * @XEN_CHANNEL_PIRQ: a physical interrupt
 */
enum xen_channel_type {
	XEN_CHANNEL_EVENT,
	XEN_CHANNEL_VIRQ,
	XEN_CHANNEL_IPI,
	XEN_CHANNEL_PIRQ,
};

/* Reasons for masking.  The port is masked as long as there is one. */
#define XEN_MASK_EXPLICIT	BIT(0)	/* genirq, or nobody has asked for it yet */
#define XEN_MASK_MOVING		BIT(1)	/* on its way to another VCPU */
#define XEN_MASK_EOI		BIT(2)	/* handled, the EOI is still to come */

/* Flags of a channel. */
#define XEN_CHANNEL_STATIC	BIT(0)	/* never closed: made by the toolstack */
#define XEN_CHANNEL_LATEEOI	BIT(1)	/* its user says when the EOI comes */
#define XEN_CHANNEL_PERCPU	BIT(2)	/* never moves to another VCPU */
#define XEN_CHANNEL_CLOSING	BIT(3)	/* out of the tables */
#define XEN_CHANNEL_DEFERRED	BIT(4)	/* the EOI has come, and waits on the timer */
#define XEN_CHANNEL_OPENED	BIT(5)	/* by a program, so it is not the toolstack's */
#define XEN_CHANNEL_KEPT	BIT(6)	/* the EOI was outstanding when it was enabled */

/* Flags of a PIRQ. */
#define XEN_PIRQ_SHAREABLE	BIT(0)
#define XEN_PIRQ_NEEDS_EOI	BIT(1)	/* as Xen said when there is no shared page */
#define XEN_PIRQ_MSI_GROUP	BIT(2)	/* not the first of a group: unmapped with it */

/**
 * struct xen_channel - an event channel and the IRQ that it is
 * @desc: the IRQ's descriptor, so that delivery walks no tree
 * @ev: the instance that it belongs to
 * @port: 0 while there is none: before a PIRQ starts, and after a restore
 * @irq: Linux's number
 * @cpu: the VCPU that it is placed on
 * @lock: see above
 * @reasons: XEN_MASK_*; written under @lock, read without it by delivery
 * @flags: XEN_CHANNEL_*; once it is known to others, written under @lock
 * @type: enum xen_channel_type
 * @spurious: EOIs in a row that said so
 * @eoi_time: jiffies before which an EOI is not passed on, 0 for none
 * @moved: jiffies, low bits, when it was placed on @cpu; 0 if it never moved
 * @dev: the device whose statistics count this channel, or NULL
 * @priority: as asked for, to be set again after a restore
 * @refs: 0: not counted, closed by whoever unbinds it; else so many users, from the
 *	binding on if it is shared
 * @held: as many of @refs know it by its port only, see users.c
 * @lost: the port that a restore took away last, by which users may know it, or 0
 * @timer: a deferred EOI
 * @rcu: for the grace period; the timer is gone by then
 * @virq: number of a VIRQ
 * @ipi: kind of an IPI, enum ipi_vector
 * @pirq: of a PIRQ: Xen's number
 * @gsi: of a PIRQ: the GSI, 0 for a message
 * @pirq_flags: XEN_PIRQ_*
 * @domid: of a PIRQ: the domain whose device it is
 *
 * The first 64 bytes have all that delivery and EOI touch.  They are a cache line: kmalloc()
 * takes what is larger than 96 and not larger than 128 bytes out of slabs of 128, which
 * begin at multiples of that, though it promises so for 128 itself only.  Slabs that are
 * debugged may begin elsewhere.
 */
struct xen_channel {
	struct irq_desc *desc;
	struct xen_evtchn *ev;
	evtchn_port_t port;
	unsigned int irq;
	unsigned int cpu;
	raw_spinlock_t lock;
	u8 reasons;
	u8 flags;
	u8 type;
	u8 spurious;
	u8 priority;
	s16 refs;
	unsigned long eoi_time;
	struct xenbus_device *dev;
	u32 moved;
	u16 held;
	evtchn_port_t lost;

	union {
		struct timer_list timer;
		struct rcu_head rcu;
	};
	union {
		unsigned int virq;
		unsigned int ipi;
		struct {
			u16 pirq;
			u16 gsi;
			u16 domid;
			u8 pirq_flags;
		};
	};
};

#define XEN_REFS_MAX	S16_MAX

#define XEN_ROW_SHIFT	9
#define XEN_ROW_SLOTS	BIT(XEN_ROW_SHIFT)

/**
 * struct xen_channel_row - a part of a table, made when first needed
 * @slot: channels, or NULL
 */
struct xen_channel_row {
	struct xen_channel __rcu *slot[XEN_ROW_SLOTS];
};

/**
 * struct xen_channel_table - finds a channel by a number
 * @rows: parts of it, NULL where there was no channel yet; none is ever taken away
 *	while the table is in use
 * @nr_rows: how many there can be
 */
struct xen_channel_table {
	struct xen_channel_row **rows;
	unsigned int nr_rows;
};

/**
 * xen_table_get() - the channel of a number
 * @table: by port or by IRQ
 * @key: any number
 *
 * Context: Any. The caller holds rcu_read_lock(), the instance's lock, or knows
 * otherwise that the channel stays.
 * Return: the channel or NULL.
 */
static __always_inline struct xen_channel *xen_table_get(const struct xen_channel_table *table,
							 unsigned int key)
{
	unsigned int index = key >> XEN_ROW_SHIFT;
	struct xen_channel_row *row;

	if (unlikely(index >= table->nr_rows))
		return NULL;
	/* Pairs with smp_store_release() in xen_table_reserve(). */
	row = smp_load_acquire(&table->rows[index]);
	if (unlikely(!row))
		return NULL;
	return rcu_dereference_raw(row->slot[key & (XEN_ROW_SLOTS - 1)]);
}

struct xen_channel *xen_table_next(const struct xen_channel_table *table, unsigned int *key);
int xen_table_init(struct xen_channel_table *table, unsigned int keys);
void xen_table_free(struct xen_channel_table *table);
int xen_table_reserve(struct xen_channel_table *table, unsigned int key);
bool xen_table_set(struct xen_channel_table *table, unsigned int key, struct xen_channel *chan);

/**
 * struct xen_evtchn_binding - channels that are found by VCPU and kind
 * @virq: of each VIRQ
 * @ipi: of each IPI
 */
struct xen_evtchn_binding {
	struct xen_channel *virq[NR_VIRQS];
	struct xen_channel *ipi[XEN_NR_IPIS];
};

/**
 * struct xen_evtchn - an instance of the core; the kernel has one, tests make more
 * @abi: the live ABI
 * @abi_data: its data
 * @by_port: finds a channel by port
 * @by_irq: finds a channel by Linux's number
 * @cpus: what is known of each VCPU
 * @bindings: VIRQs and IPIs of each VCPU
 * @lock: the outer lock, see above
 * @publish: entries of the tables
 * @last: the ABI that every Xen has, if it is not the live one
 * @spare: its data, for a restore where Xen refuses the live one
 * @left: the ABI that such a restore has left, until its memory is given back
 * @left_data: its data
 * @highest: the highest port seen since boot or restore, to keep room ahead of it
 * @rows: as many rows of @by_port are there without a gap
 * @pirqs: channels of physical interrupts, with a port or not yet
 * @eoi_map: a page in which Xen says, a bit a PIRQ, which of them want an EOI; or NULL
 * @loop_timeout: jiffies that an upcall may take before it defers EOIs
 * @eoi_delay: jiffies by which it defers them
 */
struct xen_evtchn {
	const struct xen_evtchn_abi *abi;
	void *abi_data;
	const struct xen_evtchn_abi *last;
	void *spare;
	const struct xen_evtchn_abi *left;
	void *left_data;
	struct xen_channel_table by_port;
	struct xen_channel_table by_irq;
	struct xen_evtchn_cpu __percpu *cpus;
	struct xen_evtchn_binding __percpu *bindings;
	struct mutex lock;	/* see above */
	raw_spinlock_t publish;
	evtchn_port_t highest;
	unsigned int rows;
	unsigned int pirqs;
	unsigned long *eoi_map;
	unsigned int loop_timeout;
	unsigned int eoi_delay;
};

extern struct xen_evtchn xen_evtchn;

/**
 * xen_irq_channel() - the channel of an IRQ
 * @ev: instance
 * @irq: any number
 *
 * Context: as xen_table_get().
 * Return: the channel or NULL.
 */
static __always_inline struct xen_channel *xen_irq_channel(const struct xen_evtchn *ev,
							   unsigned int irq)
{
	return xen_table_get(&ev->by_irq, irq);
}

/* channel.c */
struct xen_evtchn *xen_evtchn_instance(void);
int xen_evtchn_start(struct xen_evtchn *ev, const struct xen_evtchn_abi *const *abis,
		     unsigned int nr, const char *choice, bool fifo);
unsigned int xen_evtchn_first_channels(const struct xen_evtchn_abi *const *abis, unsigned int nr,
				       const char *choice, bool fifo);
void xen_evtchn_stop(struct xen_evtchn *ev);
int xen_evtchn_reserve(struct xen_evtchn *ev, evtchn_port_t port);
void xen_evtchn_refused(const char *what, int err);
int xen_evtchn_ask_port(const char *what, int cmd, void *arg);
struct xen_channel *xen_channel_create(struct xen_evtchn *ev, unsigned int irq, u8 type);
void xen_channel_destroy(struct xen_channel *chan);
int xen_channel_attach(struct xen_channel *chan, evtchn_port_t port, unsigned int cpu);
void xen_channel_detach(struct xen_channel *chan, bool close);

/* deliver.c */
void xen_channel_mask(struct xen_channel *chan, u8 reason);
void xen_channel_unmask(struct xen_channel *chan, u8 reason);
void xen_channel_drop(struct xen_channel *chan, u8 reason);
void xen_channel_kick(struct xen_channel *chan);
void xen_channel_decline(struct xen_channel *chan);
void xen_channel_enable(struct xen_channel *chan);
void xen_channel_again(struct xen_channel *chan);
int xen_channel_move(struct xen_channel *chan, unsigned int cpu);
void xen_evtchn_look_again(struct xen_evtchn *ev);

/* chip.c */
extern struct irq_chip xen_dynamic_chip;
extern struct irq_chip xen_lateeoi_chip;
extern struct irq_chip xen_percpu_chip;
extern struct irq_chip xen_pirq_chip;
int xen_chip_set_affinity(struct irq_data *data, const struct cpumask *mask, bool force);
struct xen_channel *xen_chip_channel(struct irq_data *data);
int xen_chip_retrigger(struct irq_data *data);

/* cpu.c */
unsigned int xen_pick_cpu(struct xen_channel *chan, const struct cpumask *mask);
int xen_evtchn_watch_cpus(void);

/* eoi.c */
void xen_eoi_init(struct xen_channel *chan);
void xen_eoi_throttle(struct xen_channel *chan);
void xen_eoi_forget(struct xen_channel *chan);
void xen_eoi_reset(struct xen_channel *chan);
void xen_channel_late_eoi(struct xen_channel *chan, bool spurious);

/* pirq.c */
void xen_pirq_init(void);
void xen_pirq_resume(struct xen_evtchn *ev);
int xen_physdev_op(int cmd, void *arg);

/* bind.c */
int xen_virq_open(unsigned int virq, unsigned int cpu, evtchn_port_t *port);
int xen_ipi_open(unsigned int cpu, evtchn_port_t *port);
void xen_channel_unbind(struct xen_channel *chan, bool close);
void xen_channel_set_priority(struct xen_channel *chan);
void xen_irq_release(struct xen_channel *chan);

/* users.c */
int xen_users_count(struct xen_evtchn *ev, evtchn_port_t port, bool is_static);
int xen_users_hold(struct xen_evtchn *ev, evtchn_port_t port);
int xen_users_give_up(struct xen_evtchn *ev, evtchn_port_t port);

/* suspend.c */
void xen_evtchn_forget_ports(struct xen_evtchn *ev);
int xen_evtchn_resume_abi(struct xen_evtchn *ev);
void xen_evtchn_give_back(struct xen_evtchn *ev);

#endif /* XEN_EVENTS_CHANNEL_H */

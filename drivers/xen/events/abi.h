/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the event-channel core and an ABI promise each other.
 *
 * An ABI is a way in which Xen and a guest share the state of ports: which of them
 * are pending, which are masked, and how a VCPU finds those that became pending.
 * This header is all that an ABI includes from the core; the core never asks which
 * ABI is live.
 *
 * State of a port.  Each port has a pending and a mask bit, wherever the ABI keeps
 * them.  Xen sets pending for each event; the guest clears it.  The guest sets and
 * clears mask; Xen only does so in EVTCHNOP_unmask.  While mask is set no upcall
 * comes of a pending event, and none is lost: unmask() has it delivered.
 *
 * Delivery.  deliver() is called with interrupts off, on the VCPU it is for, after
 * the core has cleared evtchn_upcall_pending and put a full barrier behind that.  It
 * looks for pending, unmasked ports and offers each to the core with
 * xen_evtchn_claim().  The core hands out the channel, then the ABI must have
 * cleared pending before it calls xen_evtchn_run_claimed(), so that an event that comes
 * while the handler runs is a new one; or the core declines, then pending must stay
 * set.  An ABI that has to take an event to find it asks xen_evtchn_claim_taken()
 * afterwards, then calls xen_evtchn_run().
 *
 * Locks.  mask(), unmask(), set_pending() and prepare() come under a raw spinlock
 * with interrupts off, one call at a time for one port.  deliver() comes under
 * none.  reserve(), init(), cpu_up() may sleep and are serialised by the core.
 * resume() is called with every other VCPU stopped and may not sleep or allocate.
 */
#ifndef XEN_EVENTS_ABI_H
#define XEN_EVENTS_ABI_H

#include <linux/types.h>
#include <xen/interface/event_channel.h>

struct xen_channel;
struct xen_evtchn;

/**
 * struct xen_evtchn_cpu - what an instance knows of one VCPU
 * @ev: the instance
 * @abi: the ABI's own data for this VCPU, if it wants any; NULL before cpu_up()
 * @cpu: Linux's number of it
 * @timer_port: the port of its VIRQ_TIMER, 0 if there is none
 * @events: events that the upcall that is running has run
 * @loop_end: jiffies at which the upcall that is running has had its time
 * @loop_end_ns: the same by the monotonic clock, from the first look at it on; 0 before
 * @late: the upcall that is running has had its time
 * @channels: channels placed on this VCPU
 */
struct xen_evtchn_cpu {
	struct xen_evtchn *ev;
	void *abi;
	unsigned int cpu;
	evtchn_port_t timer_port;
	u32 events;
	bool late;
	unsigned long loop_end;
	u64 loop_end_ns;
	atomic_t channels;
};

/**
 * struct xen_evtchn_abi - an ABI's methods
 * @name: as the log has it, "Using <name> ABI"
 * @keyword: its name for xen.evtchn_abi=
 * @exceeded: does a choice that is no keyword ask for more than this one has, which has the
 *	most there is?  NULL if none does
 * @priorities: EVTCHNOP_set_priority works with it
 * @by_name_only: "auto" does not try it
 * @channels: how many it can address, whatever the host then has
 * @init: set it up for the VCPU that runs, all ports masked; returns the ABI's data
 *	or an ERR_PTR() when Xen lacks it, the guest then being as it was before
 * @exit: give back what @init took, when Xen has none of it: after @resume has failed, and
 *	in tests, as no hypercall unregisters; may sleep
 * @max_ports: how many ports there can be, the first that is none
 * @resume: register anew after a restore, with all ports masked and nothing
 *	pending; -errno when this host lacks it
 * @cpu_up: make a VCPU ready, before it comes online; again for one that was there
 *	before is allowed
 * @cpu_dead: the VCPU is gone and will run nothing more; what was pending for it is
 *	offered to xen_evtchn_orphan()
 * @reserve: have room for all ports below a number, masked
 * @prepare: make one port ready, masked; -ENOSPC if @reserve did not reach so far
 * @mask: set the mask bit
 * @unmask: clear the mask bit, and have the event delivered if the port is pending
 * @set_pending: set the pending bit; no upcall comes of it before @unmask
 * @clear_pending: clear the pending bit
 * @is_pending: read the pending bit
 * @is_masked: read the mask bit
 * @deliver: offer all that is pending to the core
 *
 * Methods that take @data get what @init returned.
 */
struct xen_evtchn_abi {
	const char *name;
	const char *keyword;
	bool (*exceeded)(const char *choice);
	bool priorities;
	bool by_name_only;
	unsigned int channels;
	void *(*init)(struct xen_evtchn *ev);
	void (*exit)(void *data);
	unsigned int (*max_ports)(void *data);
	int (*resume)(void *data);
	int (*cpu_up)(void *data, struct xen_evtchn_cpu *ec);
	void (*cpu_dead)(void *data, struct xen_evtchn_cpu *ec);
	int (*reserve)(void *data, unsigned int ports);
	int (*prepare)(void *data, evtchn_port_t port);
	void (*mask)(void *data, evtchn_port_t port);
	void (*unmask)(void *data, evtchn_port_t port, unsigned int cpu);
	void (*set_pending)(void *data, evtchn_port_t port);
	void (*clear_pending)(void *data, evtchn_port_t port);
	bool (*is_pending)(void *data, evtchn_port_t port);
	bool (*is_masked)(void *data, evtchn_port_t port);
	void (*deliver)(void *data, struct xen_evtchn_cpu *ec);
};

/*
 * In the order in which "auto" tries them; the last needs nothing of Xen that not
 * every Xen has.  abi_table.c has the list.
 */
extern const struct xen_evtchn_abi *const xen_evtchn_abis[];
extern const unsigned int xen_evtchn_nr_abis;

struct xen_channel *xen_evtchn_claim(struct xen_evtchn_cpu *ec, evtchn_port_t port);
struct xen_channel *xen_evtchn_claim_taken(struct xen_evtchn_cpu *ec, evtchn_port_t port);
void xen_evtchn_run(struct xen_evtchn_cpu *ec, struct xen_channel *chan);
void xen_evtchn_run_claimed(struct xen_evtchn_cpu *ec, struct xen_channel *chan,
			    evtchn_port_t port);
void xen_evtchn_orphan(struct xen_evtchn_cpu *ec, evtchn_port_t port);
struct xen_evtchn_cpu *xen_evtchn_cpu_of(struct xen_evtchn *ev, unsigned int cpu);
int xen_evtchn_op(int cmd, void *arg);
void xen_evtchn_complain(const char *what, int err);

#endif /* XEN_EVENTS_ABI_H */

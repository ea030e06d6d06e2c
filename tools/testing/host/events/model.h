/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the model of the core and the models of the ABIs share.
 *
 * Fields that the kernel or Xen would read without a lock are accessed with READ_ONCE()
 * and WRITE_ONCE(), each a step at which another actor may run.  What only the oracle
 * wants to know is accessed with peek() and poke(), which are no steps.
 */
#ifndef HOST_EVENTS_MODEL_H
#define HOST_EVENTS_MODEL_H

#include "shim.h"
#include "sched.h"

#define MAX_CPUS	4
#define MAX_CHANS	32
/* Not a VCPU: whoever is not allowed to touch a VCPU's selectors. */
#define NO_CPU		MAX_CPUS

#define peek(x)		__atomic_load_n(&(x), __ATOMIC_SEQ_CST)
#define poke(x, v)	__atomic_store_n(&(x), (v), __ATOMIC_SEQ_CST)
#define drop(x)		__atomic_sub_fetch(&(x), 1, __ATOMIC_SEQ_CST)
#define bump(x)		__atomic_add_fetch(&(x), 1, __ATOMIC_SEQ_CST)

/**
 * struct chan - a channel, the core's and Xen's
 * @port: its port, or, of FIFO, its word's number
 * @lock: the core's lock of a channel
 * @cpu: where the core has it
 * @reasons: for which it is masked
 * @bound: the core has it
 * @life: which of the core's channels of this port it is; a new number as soon as the core
 *	gives the port up
 * @desc: genirq's lock of the channel's IRQ
 * @installed: the IRQ has a handler
 * @running: how often it runs at the moment
 * @eoi: its handler masks it until it is done with the event
 * @eoi_due: its handler is not yet done
 * @xen_lock: -1 when Xen changes it, otherwise how many send to it
 * @xen_bound: Xen has it
 * @xen_cpu: whom Xen notifies
 * @moved: it was on another VCPU before
 * @queue: FIFO: queue it was on last, VCPU and priority
 * @priority: FIFO: queue it goes to
 * @masked_at: the oracle: when it was masked, 0 while it is not
 * @sent: the oracle: how many events were sent
 * @seen: the oracle: how many of them a handler has seen
 * @raised: the oracle: how often it became pending
 * @taken: the oracle: how often a handler was called for it, or it was given back
 */
struct chan {
	unsigned int port;
	int lock;
	unsigned int cpu;
	unsigned int reasons;
	bool bound;
	unsigned int life;
	int desc;
	bool installed;
	unsigned int running;
	bool eoi;
	bool eoi_due;
	int xen_lock;
	bool xen_bound;
	unsigned int xen_cpu;
	bool moved;
	unsigned int queue;
	unsigned int priority;
	u64 masked_at;
	u64 sent;
	u64 seen;
	u64 raised;
	u64 taken;
};

extern struct chan chans[MAX_CHANS];
extern unsigned int nr_chans, nr_cpus;
extern bool pv_guest;

void lock(int *lock);
void unlock(int *lock);
void xen_upcall(unsigned int cpu);
void guest_upcall(unsigned int cpu);
void violated(const char *what, const struct chan *chan);

/* What the core's model gives to the ABI's. */
struct chan *core_chan(unsigned int port);
void core_offered(unsigned int cpu, const struct chan *chan);
unsigned int core_life(const struct chan *chan);
bool core_claim(unsigned int cpu, struct chan *chan);
void core_run(unsigned int cpu, struct chan *chan, unsigned int life);
void core_run_claimed(unsigned int cpu, struct chan *chan, unsigned int life);
void core_give_back(unsigned int cpu, struct chan *chan, unsigned int life);
void core_orphan(unsigned int cpu, struct chan *chan);
void core_reset(void (*reset)(void));

/* What an ABI's model gives to the core's. */
extern const bool abi_looks_up_late;	/* whose a port is, once its event has been taken */
void abi_setup(void);
void abi_mask(struct chan *chan);
void abi_unmask(struct chan *chan, unsigned int me);
void abi_set_pending(struct chan *chan);
bool abi_pending(struct chan *chan);
bool abi_busy(struct chan *chan);
void abi_deliver(unsigned int cpu);
void abi_dead(unsigned int cpu);
void abi_grow(void *arg);
void abi_event_lock(void);
void abi_event_unlock(void);

/* Xen's side of it. */
void xen_set_pending(struct chan *chan, unsigned int cpu);
void xen_clear_pending(struct chan *chan);
void xen_unmask(struct chan *chan);

#endif /* HOST_EVENTS_MODEL_H */

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The FIFO ABI: Xen's side of it, and the engine in the place of the guest's.
 *
 * Every change that the guest makes to a word is checked against what Xen allows.
 */
#include <stdlib.h>

#include "model.h"

static void check_change(const u32 *word, u32 old, u32 new);
#undef shim_changed
#define shim_changed(p, old, new)	check_change((const u32 *)(p), (old), (new))
#include "fifo_queue.h"

#define WORDS		64

const bool abi_looks_up_late = true;

/* Xen's view of a queue. */
struct xen_queue {
	int lock;
	unsigned int tail;
};

static u32 words[WORDS];
static struct fifo_control controls[MAX_CPUS];
static struct fifo_consumer consumers[MAX_CPUS];
static struct xen_queue queues[MAX_CPUS * FIFO_QUEUES];
static bool xen_hasty;

/* The rules for a word that is LINKED, and those for all. */
static void check_change(const u32 *word, u32 old, u32 new)
{
	const u32 changed = old ^ new;

	if (word < words || word >= words + WORDS)
		return;
	if (changed & new & FIFO_WORD_LINKED)
		violated("the guest sets LINKED", NULL);
	if (changed & FIFO_WORD_BUSY)
		violated("the guest changes BUSY", NULL);
	if ((old & FIFO_WORD_BUSY) && (changed & old & FIFO_WORD_MASKED))
		violated("the guest clears MASKED while BUSY", NULL);
	if (changed & FIFO_WORD_LINK &&
	    ((new & FIFO_WORD_LINK) || !(changed & FIFO_WORD_LINKED)))
		violated("the guest changes the link of a word that stays LINKED", NULL);
	if ((old & FIFO_WORD_LINKED) && (changed & new & FIFO_WORD_PENDING))
		/* Allowed, and needed to give an event back. */
		return;
}

/**
 * abi_setup() - begin a run
 */
void abi_setup(void)
{
	unsigned int i;

	memset(queues, 0, sizeof(queues));
	fifo_fill(words, WORDS);
	for (i = 0; i < MAX_CPUS; i++) {
		consumers[i].control = &controls[i];
		fifo_reset(&consumers[i]);
	}
	for (i = 0; i < nr_chans; i++) {
		chans[i].port = i + 1;
		chans[i].priority = sched_random() % 3 * 7;
		chans[i].queue = chans[i].priority;
	}
	xen_hasty = sched_random() % 2;
}

/* Xen's own cmpxchg: the guest's rules are not for it. */
static bool xen_cmpxchg(u32 *word, u32 *old, u32 new)
{
	shim_step();
	return __atomic_compare_exchange_n(word, old, new, false, __ATOMIC_SEQ_CST,
					   __ATOMIC_SEQ_CST);
}

static u32 xen_set(u32 *word, u32 flags)
{
	shim_step();
	return __atomic_fetch_or(word, flags, __ATOMIC_SEQ_CST);
}

static u32 xen_clear(u32 *word, u32 flags)
{
	shim_step();
	return __atomic_fetch_and(word, ~flags, __ATOMIC_SEQ_CST);
}

/* One of a few attempts: 1 done, 0 not LINKED any more, -1 the guest was in between. */
static int xen_try_link(u32 *word, u32 port)
{
	u32 old = READ_ONCE(*word);

	if (!(old & FIFO_WORD_LINKED))
		return 0;
	return xen_cmpxchg(word, &old, (old & ~(FIFO_WORD_BUSY | FIFO_WORD_LINK)) | port) ? 1 : -1;
}

static int xen_tries_to_link(u32 *word, u32 port)
{
	unsigned int tries;
	int done = -1;

	for (tries = 0; done < 0 && tries < 4; tries++)
		done = xen_try_link(word, port);
	return done;
}

/* Append a port to the word that was last.  False: that word is off the queue. */
static bool xen_link(u32 *word, u32 port)
{
	int done = xen_hasty ? xen_try_link(word, port) : xen_tries_to_link(word, port);

	if (done >= 0)
		return done;
	xen_set(word, FIFO_WORD_BUSY);
	done = xen_tries_to_link(word, port);
	if (done < 0)
		violated("the guest keeps Xen from linking", NULL);
	if (done <= 0)
		xen_clear(word, FIFO_WORD_BUSY);
	return done > 0;
}

static void xen_append(struct xen_queue *queue, unsigned int cpu, struct chan *chan)
{
	bool linked = queue->tail && xen_link(&words[queue->tail], chan->port);

	if (!linked) {
		WRITE_ONCE(controls[cpu].head[chan->priority], chan->port);
		if (!(xen_set(&controls[cpu].ready, 1U << chan->priority) &
		      1U << chan->priority))
			xen_upcall(cpu);
	}
	queue->tail = chan->port;
}

/* The queue where a port was last, and the one where it goes to. */
static void xen_lock_queues(struct chan *chan, unsigned int to, unsigned int *from)
{
	for (;;) {
		*from = peek(chan->queue);
		lock(&queues[min(*from, to)].lock);
		if (*from != to)
			lock(&queues[max(*from, to)].lock);
		if (*from == peek(chan->queue))
			return;
		unlock(&queues[*from].lock);
		if (*from != to)
			unlock(&queues[to].lock);
	}
}

/**
 * xen_set_pending() - Xen: an event is sent
 * @chan: channel
 * @cpu: VCPU to notify
 */
void xen_set_pending(struct chan *chan, unsigned int cpu)
{
	unsigned int from, to = cpu * FIFO_QUEUES + chan->priority;
	u32 *word = &words[chan->port];

	xen_lock_queues(chan, to, &from);
	if (xen_set(word, FIFO_WORD_PENDING) & FIFO_WORD_PENDING)
		drop(chan->raised);
	if (!(READ_ONCE(*word) & FIFO_WORD_MASKED) &&
	    !(xen_set(word, FIFO_WORD_LINKED) & FIFO_WORD_LINKED)) {
		/* It was off that queue: LINKED says nothing of it from now on. */
		if (queues[from].tail == chan->port)
			queues[from].tail = 0;
		poke(chan->queue, to);
		xen_append(&queues[to], cpu, chan);
	}
	unlock(&queues[from].lock);
	if (from != to)
		unlock(&queues[to].lock);
}

/**
 * xen_clear_pending() - Xen: a channel is closed
 * @chan: channel
 */
void xen_clear_pending(struct chan *chan)
{
	xen_clear(&words[chan->port], FIFO_WORD_PENDING);
}

/**
 * xen_unmask() - Xen: EVTCHNOP_unmask
 * @chan: channel
 */
void xen_unmask(struct chan *chan)
{
	if (xen_clear(&words[chan->port], FIFO_WORD_MASKED) & FIFO_WORD_PENDING) {
		bump(chan->raised);
		xen_set_pending(chan, READ_ONCE(chan->xen_cpu));
	}
}

/**
 * abi_mask() - set MASKED
 * @chan: channel
 */
void abi_mask(struct chan *chan)
{
	fifo_mask(&words[chan->port]);
}

/**
 * abi_unmask() - clear MASKED
 * @chan: channel
 * @me: the VCPU that does it, or NO_CPU
 */
void abi_unmask(struct chan *chan, unsigned int me)
{
	if (fifo_unmask(&words[chan->port]))
		xen_unmask(chan);
}

/**
 * abi_set_pending() - make a masked channel pending
 * @chan: channel
 */
void abi_set_pending(struct chan *chan)
{
	fifo_set_pending(&words[chan->port]);
}

/**
 * abi_pending() - is it pending?
 * @chan: channel
 *
 * Return: true if it is.
 */
bool abi_pending(struct chan *chan)
{
	return fifo_test_pending(&words[chan->port]);
}

/**
 * abi_busy() - is a closed port of no use yet?
 * @chan: channel
 *
 * Return: true while it is in a queue.
 */
bool abi_busy(struct chan *chan)
{
	return fifo_test_linked(&words[chan->port]);
}

/**
 * struct upcall - what the engine hands through
 * @cpu: the VCPU whose queues they are
 */
struct upcall {
	unsigned int cpu;
};

static __always_inline u32 *get_word(void *ctx, u32 port)
{
	return port < WORDS ? &words[port] : NULL;
}

static struct chan *offered(struct upcall *upcall, u32 port)
{
	struct chan *chan = core_chan(port);

	if (!chan)
		violated("a port that was never used comes from a queue", NULL);
	return chan;
}

static __always_inline void deliver(void *ctx, u32 port)
{
	struct upcall *upcall = ctx;
	struct chan *chan = offered(upcall, port);
	unsigned int life;

	core_offered(upcall->cpu, chan);
	life = core_life(chan);
	if (READ_ONCE(chan->reasons))
		core_give_back(upcall->cpu, chan, life);
	else
		core_run(upcall->cpu, chan, life);
}

static void raise_again(void *ctx, u32 port)
{
	struct upcall *upcall = ctx;

	core_orphan(upcall->cpu, offered(upcall, port));
}

/**
 * abi_deliver() - consume what is queued
 * @cpu: the VCPU that runs
 */
void abi_deliver(unsigned int cpu)
{
	struct upcall upcall = { cpu };

	if (fifo_consume(&consumers[cpu], get_word, deliver, &upcall))
		violated("a queue is abandoned", NULL);
}

/**
 * abi_dead() - a VCPU is gone
 * @cpu: VCPU
 */
void abi_dead(unsigned int cpu)
{
	struct upcall upcall = { cpu };

	if (fifo_drain(&consumers[cpu], get_word, raise_again, &upcall))
		violated("a queue is abandoned", NULL);
}

/**
 * abi_grow() - an actor: nothing is missing that could come
 * @arg: unused
 */
void abi_grow(void *arg)
{
}

/**
 * abi_event_lock() - Xen: nothing is done under it that matters here
 */
void abi_event_lock(void)
{
}

/**
 * abi_event_unlock() - Xen: release it
 */
void abi_event_unlock(void)
{
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Xen's FIFO event channels: what a guest does with event words and queues.
 *
 * State.  Each port has a word, of four flags and a link.  Each VCPU has FIFO_QUEUES
 * queues, queue 0 first, and a control block with a ready bit and a head for each of
 * them.  A queue is a list of ports: from its head along the links of the words, to
 * the link 0.  A word that is in a queue has LINKED set.
 *
 * Xen's side.  To send, Xen sets PENDING; if the word is then neither MASKED nor
 * LINKED, it sets LINKED and appends the port to the queue: it stores the port's number
 * into the link of the last word, with a cmpxchg that fails once that word is LINKED no
 * more; then the queue has been emptied, and the port is written into head, after that the
 * queue's ready bit is set, and if that was clear there is an upcall.  Should the cmpxchg
 * fail time and again because the guest changes the word, Xen sets BUSY, and the guest
 * must not clear MASKED until Xen has stored the link and cleared BUSY.
 *
 * The guest's side.  It alone takes words off a queue.  To a word that is LINKED it may
 * do no more than set MASKED, clear MASKED (unless BUSY), clear PENDING, and clear
 * LINKED together with the link.
 *
 * Heads.  Xen writes head only when the queue is empty, and ready only after head.
 * The guest keeps how far it came itself; it reads head only where it has nothing
 * of its own, after it has seen the ready bit.  The partner of the read barrier between
 * is Xen's full barrier between writing head and setting ready.
 *
 * Ready.  It is exchanged for 0, but only when a plain read says that it is not 0:
 * Xen sets evtchn_upcall_pending after it and the caller looks at that again, so a bit
 * that the plain read did not see yet is not lost.
 *
 * One cmpxchg for each event.  It takes the word off the queue, and if the word is PENDING
 * and not MASKED it clears PENDING too, by which the event is the caller's.  Both
 * are allowed for a LINKED word, and what is allowed in two steps is allowed in one, as
 * Xen only does single atomic operations on a word: it comes before both or after both.
 *
 * - Xen sets PENDING before the cmpxchg: it was set already, the two events are one, whose
 *   handler has not begun.
 * - Xen sets PENDING after it: this is a new event; LINKED is clear, Xen links it again.
 * - Xen sets PENDING before the cmpxchg but tests LINKED after it: the port gets queued
 *   though it is not PENDING, and is merely taken off when its turn comes.
 *
 * A word that is MASKED or not PENDING is taken off and keeps the rest.
 *
 * Unmasking.  Masked events are not queued, thus if PENDING is set, Xen must queue the
 * port: EVTCHNOP_unmask.  One case needs no hypercall: LINKED is set as well.
 * The port is in a queue then, or Xen is about to put it there, and whoever takes it
 * off sees MASKED clear and has the event.  As all flags are in one word, there is
 * nothing between.
 *
 * This file knows nothing of Xen's headers, so that it also runs in user space, see
 * tools/testing/host/events.  The operations are the sync_ ones: Xen is another CPU
 * even to a kernel that has only one and has patched its lock prefixes away.
 */
#ifndef XEN_EVENTS_FIFO_QUEUE_H
#define XEN_EVENTS_FIFO_QUEUE_H

#include <linux/types.h>
#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/compiler.h>
#include <linux/processor.h>
#include <asm/barrier.h>
#include <asm/sync_bitops.h>

#define FIFO_WORD_PENDING	0x80000000U
#define FIFO_WORD_MASKED	0x40000000U
#define FIFO_WORD_LINKED	0x20000000U
#define FIFO_WORD_BUSY		0x10000000U
#define FIFO_WORD_LINK		0x0001ffffU

#define FIFO_QUEUES		16
#define FIFO_ALL_QUEUES		((1U << FIFO_QUEUES) - 1)

/**
 * struct fifo_control - what Xen and a VCPU share
 * @ready: a bit for each queue whose head Xen has written
 * @_rsvd: nothing
 * @head: first port of each queue, written by Xen only
 */
struct fifo_control {
	u32 ready;
	u32 _rsvd;
	u32 head[FIFO_QUEUES];
};

/**
 * struct fifo_consumer - how far a VCPU is with its queues
 * @control: what it shares with Xen
 * @head: of each queue the port that is next, 0 to ask @control for it
 */
struct fifo_consumer {
	struct fifo_control *control;
	u32 head[FIFO_QUEUES];
};

/* Clear some flags and set others; returns what the word was. */
static __always_inline u32 fifo_change(u32 *word, u32 clear, u32 set)
{
	u32 old = READ_ONCE(*word);

	while (!sync_try_cmpxchg(word, &old, (old & ~clear) | set))
		;
	return old;
}

/**
 * fifo_test_pending() - is a port pending?
 * @word: its word
 *
 * Context: Any.
 * Return: true if it is.
 */
static __always_inline bool fifo_test_pending(const u32 *word)
{
	return READ_ONCE(*word) & FIFO_WORD_PENDING;
}

/**
 * fifo_test_masked() - is a port masked?
 * @word: its word
 *
 * Context: Any.
 * Return: true if it is.
 */
static __always_inline bool fifo_test_masked(const u32 *word)
{
	return READ_ONCE(*word) & FIFO_WORD_MASKED;
}

/**
 * fifo_test_linked() - is a port in a queue?
 * @word: its word
 *
 * Xen gives a port that is closed to nobody else until this is false.
 *
 * Context: Any.
 * Return: true if it is.
 */
static __always_inline bool fifo_test_linked(const u32 *word)
{
	return READ_ONCE(*word) & FIFO_WORD_LINKED;
}

/**
 * fifo_set_pending() - set a port's pending flag
 * @word: its word
 *
 * The port gets into no queue by it: an unmask that comes later does that, and
 * nothing else.
 *
 * Context: Any.
 */
static __always_inline void fifo_set_pending(u32 *word)
{
	fifo_change(word, 0, FIFO_WORD_PENDING);
}

/**
 * fifo_clear_pending() - clear a port's pending flag
 * @word: its word
 *
 * Context: Any.
 */
static __always_inline void fifo_clear_pending(u32 *word)
{
	fifo_change(word, FIFO_WORD_PENDING, 0);
}

/**
 * fifo_mask() - mask a port
 * @word: its word
 *
 * From here on no event of it is taken.
 *
 * Context: Any; the channel's lock is held.
 */
static __always_inline void fifo_mask(u32 *word)
{
	fifo_change(word, 0, FIFO_WORD_MASKED);
}

/**
 * fifo_unmask() - unmask a port
 * @word: its word
 *
 * If it is to be Xen that does it, the port stays masked until then: one and the
 * same unmasking done twice could hide a mask that came between.
 *
 * Context: Any; the channel's lock is held, and is kept until after the hypercall.
 * Return: true if the caller must make the hypercall EVTCHNOP_unmask.
 */
static __always_inline bool fifo_unmask(u32 *word)
{
	u32 old = READ_ONCE(*word);

	while (old & FIFO_WORD_MASKED) {
		if ((old & (FIFO_WORD_PENDING | FIFO_WORD_LINKED)) == FIFO_WORD_PENDING)
			return true;
		if (unlikely(old & FIFO_WORD_BUSY)) {
			/* Xen is storing the link, a matter of a few instructions. */
			cpu_relax();
			old = READ_ONCE(*word);
			continue;
		}
		if (likely(sync_try_cmpxchg(word, &old, old & ~FIFO_WORD_MASKED)))
			break;
	}
	return false;
}

/*
 * Take a word off its queue, and its event if there is one to be had.  Returns what
 * the word was.  Does no harm to a word that is in no queue.
 */
static __always_inline u32 fifo_take(u32 *word)
{
	u32 old = READ_ONCE(*word), new;

	do {
		new = old & ~(FIFO_WORD_LINKED | FIFO_WORD_LINK);
		if (!(old & FIFO_WORD_MASKED))
			new &= ~FIFO_WORD_PENDING;
	} while (unlikely(!sync_try_cmpxchg(word, &old, new)));
	return old;
}

/* Did fifo_take() take an event? */
static __always_inline bool fifo_taken(u32 old)
{
	return (old & (FIFO_WORD_PENDING | FIFO_WORD_MASKED)) == FIFO_WORD_PENDING;
}

/* Queues that Xen says are not empty. */
static __always_inline u32 fifo_ready(struct fifo_control *control)
{
	u32 ready = xchg(&control->ready, 0) & FIFO_ALL_QUEUES;

	/* Partner: Xen's test-and-set of ready, after it has written the queue. */
	virt_mb__after_atomic();
	return ready;
}

/* The port that is next in a queue, 0 if there is none. */
static __always_inline u32 fifo_head(const struct fifo_consumer *consumer, unsigned int queue)
{
	u32 port = consumer->head[queue];

	if (!port) {
		/* Partner: Xen's barrier between writing head and setting ready. */
		virt_rmb();
		port = READ_ONCE(consumer->control->head[queue]);
	}
	return port;
}

/**
 * fifo_consume() - take all events off a VCPU's queues
 * @consumer: the VCPU that runs, or one that runs no more
 * @get_word: is given @ctx and a port; returns its word, or NULL if there is none
 * @deliver: is given @ctx and a port, whose event it now has: not PENDING, not LINKED
 * @ctx: for both
 *
 * Queue 0 goes first, and is looked at again after each event.  Inlined, so that
 * @get_word and @deliver are.
 *
 * A port that has no word can only be Xen's mistake.  What comes after it in its queue
 * cannot be found any more; the queue counts as empty until Xen says otherwise.
 *
 * Context: Interrupts off, on the VCPU, evtchn_upcall_pending has been cleared with a
 * full barrier after that. Or for a VCPU that is gone; see fifo_drain().
 * Return: number of queues that were abandoned for a port that has no word, 0 if all
 * is well.
 */
static __always_inline unsigned int fifo_consume(struct fifo_consumer *consumer,
						 u32 *(*get_word)(void *ctx, u32 port),
						 void (*deliver)(void *ctx, u32 port), void *ctx)
{
	struct fifo_control *control = consumer->control;
	unsigned int abandoned = 0, queue;
	u32 ready = 0, port, old, *word;

	for (;;) {
		if (READ_ONCE(control->ready))
			ready |= fifo_ready(control);
		if (!ready)
			return abandoned;
		queue = __ffs(ready);
		port = fifo_head(consumer, queue);
		while (port) {
			word = get_word(ctx, port);
			if (unlikely(!word)) {
				abandoned++;
				port = 0;
				break;
			}
			old = fifo_take(word);
			if (likely(fifo_taken(old)))
				deliver(ctx, port);
			port = old & FIFO_WORD_LINK;
			/* Perhaps of a queue that goes first. */
			if (READ_ONCE(control->ready))
				break;
		}
		consumer->head[queue] = port;
		if (!port)
			ready &= ~(1U << queue);
	}
}

unsigned int fifo_drain(struct fifo_consumer *consumer, u32 *(*get_word)(void *ctx, u32 port),
			void (*raise)(void *ctx, u32 port), void *ctx);
void fifo_reset(struct fifo_consumer *consumer);
void fifo_fill(u32 *words, unsigned int nr);

#endif /* XEN_EVENTS_FIFO_QUEUE_H */

// SPDX-License-Identifier: GPL-2.0-only
/*
 * What need not be fast of FIFO event channels; fifo_queue.h says what they are.
 */
#include <linux/string.h>

#include "fifo_queue.h"

/**
 * fifo_drain() - empty the queues of a VCPU that runs no more
 * @consumer: that VCPU
 * @get_word: as for fifo_consume()
 * @raise: is given @ctx and a port whose event was taken; it makes the port pending
 *	again, masked, and has Xen unmask it, on the VCPU that the port is bound to now
 * @ctx: for both
 *
 * The ports must be bound elsewhere by now.  Without this the ports in the queues would
 * be of no use any more: Xen queues no port that is LINKED, and gives none away.  It
 * may be called again, as a sender that began before the ports were moved can still
 * append to these queues.
 *
 * Context: Any; the VCPU does not run, nobody else drains it.
 * Return: as fifo_consume().
 */
unsigned int fifo_drain(struct fifo_consumer *consumer, u32 *(*get_word)(void *ctx, u32 port),
			void (*raise)(void *ctx, u32 port), void *ctx)
{
	return fifo_consume(consumer, get_word, raise, ctx);
}

/**
 * fifo_reset() - make a VCPU's queues and control block empty
 * @consumer: VCPU, with @consumer->control set
 *
 * Context: Xen does not know the control block yet, or not any more.
 */
void fifo_reset(struct fifo_consumer *consumer)
{
	memset(consumer->head, 0, sizeof(consumer->head));
	memset(consumer->control, 0, sizeof(*consumer->control));
}

/**
 * fifo_fill() - make words of ports that are not in use
 * @words: words
 * @nr: how many
 *
 * All masked, so that nothing comes of them before they are made ready.
 *
 * Context: Xen does not know these words yet, or not any more.
 */
void fifo_fill(u32 *words, unsigned int nr)
{
	while (nr--)
		*words++ = FIFO_WORD_MASKED;
}

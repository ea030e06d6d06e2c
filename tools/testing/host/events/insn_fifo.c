// SPDX-License-Identifier: GPL-2.0-only
/*
 * insn-fifo EVENTS BURST: so many events through fifo_consume(), BURST at a time, for a
 * count of instructions; the sender's are in functions of their own.
 */
#include <stdlib.h>

#include "fifo_queue.h"

#define WORDS	1024

static u32 words[WORDS];
static u32 *pages[] = { words };
static struct fifo_control control;
static struct fifo_consumer consumer = { .control = &control };

static __always_inline u32 *get_word(void *ctx, u32 port)
{
	return likely(port / WORDS < 1) ? &pages[port / WORDS][port % WORDS] : NULL;
}

static __always_inline void deliver(void *ctx, u32 port)
{
	++*(unsigned long *)ctx;
}

void consume_loop(unsigned long *count);
noinline void consume_loop(unsigned long *count)
{
	fifo_consume(&consumer, get_word, deliver, count);
}

static noinline void send(unsigned int burst)
{
	unsigned int i;

	for (i = 1; i <= burst; i++)
		words[i] = FIFO_WORD_PENDING | FIFO_WORD_LINKED | (i < burst ? i + 1 : 0);
	control.head[7] = 1;
	control.ready = 1U << 7;
}

int main(int argc, char **argv)
{
	unsigned long count = 0, events = strtoul(argv[1], NULL, 0);
	unsigned int burst = strtoul(argv[2], NULL, 0);

	while (count < events) {
		send(burst);
		consume_loop(&count);
	}
	return 0;
}

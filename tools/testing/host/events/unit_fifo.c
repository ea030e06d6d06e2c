// SPDX-License-Identifier: GPL-2.0-only
/* Each operation of the FIFO consumer, by itself. */
#include "fifo_queue.h"
#include "ktap.h"

#define P	FIFO_WORD_PENDING
#define M	FIFO_WORD_MASKED
#define L	FIFO_WORD_LINKED
#define B	FIFO_WORD_BUSY
#define WORDS	64
#define ARRAY(a)	(sizeof(a) / sizeof((a)[0]))

static u32 words[WORDS];
static struct fifo_control control;
static struct fifo_consumer consumer;
static unsigned int seen[WORDS], nr_seen;
/* When this port is delivered, that port is queued. */
static u32 trigger, triggered, triggered_queue;

static void setup(void)
{
	consumer.control = &control;
	fifo_reset(&consumer);
	fifo_fill(words, WORDS);
	nr_seen = 0;
	trigger = 0;
}

/* Queue ports, up to a 0, as Xen does with an empty queue. */
static void queue(unsigned int number, const u32 *ports)
{
	control.head[number] = ports[0];
	control.ready |= 1U << number;
	for (; *ports; ports++)
		words[*ports] = P | L | ports[1];
}

static u32 *get_word(void *ctx, u32 port)
{
	return port < WORDS ? &words[port] : NULL;
}

static void deliver(void *ctx, u32 port)
{
	const u32 late[] = { triggered, 0 };

	expect(!(words[port] & (P | L | FIFO_WORD_LINK)));
	seen[nr_seen++ % WORDS] = port;
	if (port == trigger)
		queue(triggered_queue, late);
}

static unsigned int consume(void)
{
	nr_seen = 0;
	return fifo_consume(&consumer, get_word, deliver, NULL);
}

static bool saw(const u32 *ports)
{
	unsigned int i;

	for (i = 0; ports[i]; i++)
		if (i >= nr_seen || seen[i] != ports[i])
			return false;
	return i == nr_seen;
}

static bool empty(void)
{
	unsigned int i;

	for (i = 0; i < FIFO_QUEUES; i++)
		if (consumer.head[i])
			return false;
	return !control.ready;
}

static void layout(void)
{
	expect(sizeof(struct fifo_control) == 72);
	expect(offsetof(struct fifo_control, head) == 8);
	expect((P | M | L | B) == 0xf0000000U && FIFO_WORD_LINK == (1U << 17) - 1);
}

static void flags(void)
{
	static const u32 before[] = { 0, P, M, L | 5, P | M, P | L | 7, M | L, P | M | L | B | 9 };
	unsigned int i;

	for (i = 0; i < ARRAY(before); i++) {
		u32 word = before[i];

		expect(fifo_test_pending(&word) == !!(word & P));
		expect(fifo_test_masked(&word) == !!(word & M));
		expect(fifo_test_linked(&word) == !!(word & L));
		fifo_set_pending(&word);
		expect(word == (before[i] | P));
		fifo_clear_pending(&word);
		expect(word == (before[i] & ~P));
		word = before[i];
		fifo_mask(&word);
		expect(word == (before[i] | M));
	}
}

static void unmask(void)
{
	static const struct {
		u32 before, after;
		bool hypercall;
	} table[] = {
		{ 0, 0, false },
		{ P, P, false },
		{ L | 5, L | 5, false },
		{ P | L | B | 5, P | L | B | 5, false },
		{ M, 0, false },
		{ M | L | 5, L | 5, false },
		{ M | P, M | P, true },
		{ M | P | L | 5, P | L | 5, false },
		{ M | P | L, P | L, false },
		{ M | P | B, M | P | B, true },
	};
	unsigned int i;

	for (i = 0; i < ARRAY(table); i++) {
		u32 word = table[i].before;

		expect(fifo_unmask(&word) == table[i].hypercall);
		expect(word == table[i].after);
	}
}

static void take(void)
{
	static const struct {
		u32 before, after;
		bool taken;
	} table[] = {
		{ P | L | 5, 0, true },
		{ P | L, 0, true },
		{ L | 5, 0, false },
		{ M | L | 5, M, false },
		{ P | M | L | 5, P | M, false },
		{ P | M | L | B | 5, P | M | B, false },
		{ P | L | B, B, true },
		{ P | L | FIFO_WORD_LINK, 0, true },
		{ 0, 0, false },
		{ M, M, false },
		{ P | M, P | M, false },
	};
	unsigned int i;

	for (i = 0; i < ARRAY(table); i++) {
		u32 word = table[i].before;

		expect(fifo_take(&word) == table[i].before);
		expect(fifo_taken(table[i].before) == table[i].taken);
		expect(word == table[i].after);
	}
}

static void one_queue(void)
{
	static const u32 ports[] = { 5, 3, 63, 1, 0 };
	unsigned int number;

	for (number = 0; number < FIFO_QUEUES; number++) {
		setup();
		queue(number, ports);
		expect(!consume() && saw(ports) && empty());
		expect(!consume() && !nr_seen);
		queue(number, ports);
		expect(!consume() && saw(ports) && empty());
	}
}

static void priorities(void)
{
	static const u32 low[] = { 9, 8, 0 }, mid[] = { 3, 2, 0 }, high[] = { 4, 0 };
	static const u32 all[] = { 4, 3, 2, 9, 8, 0 }, late[] = { 9, 20, 8, 0 };

	setup();
	queue(15, low);
	queue(7, mid);
	queue(0, high);
	expect(!consume() && saw(all) && empty());
	/* A better one comes in the middle. */
	queue(15, low);
	trigger = 9;
	triggered = 20;
	triggered_queue = 2;
	expect(!consume() && saw(late) && empty());
	/* As the last event of the same queue. */
	queue(2, low);
	trigger = 8;
	expect(!consume() && nr_seen == 3 && seen[2] == 20 && empty());
}

static void skipped(void)
{
	static const u32 ports[] = { 5, 6, 7, 8, 0 }, rest[] = { 6, 8, 0 };

	setup();
	queue(7, ports);
	words[5] |= M;
	words[7] &= ~P;
	expect(!consume() && saw(rest) && empty());
	expect(words[5] == (P | M) && !words[7]);
	expect(fifo_unmask(&words[5]));
}

static void wrong_ready(void)
{
	setup();
	control.ready = ~0U;
	expect(!consume() && !nr_seen && empty());
	/* A head that is in no queue. */
	control.head[3] = 5;
	control.ready = 1U << 3;
	expect(!consume() && !nr_seen && empty() && words[5] == M);
}

static void no_word(void)
{
	static const u32 ports[] = { 5, 6, 7, 0 }, other[] = { 9, 0 }, got[] = { 5, 9, 0 };

	setup();
	queue(7, ports);
	queue(8, other);
	words[5] = P | L | (WORDS + 3);
	expect(consume() == 1 && saw(got) && empty());
	control.head[7] = ~0U;
	control.ready = 1U << 7;
	expect(consume() == 1 && !nr_seen && empty());
	control.head[7] = FIFO_WORD_LINK + 1;
	control.ready = 3U << 7;
	control.head[8] = WORDS;
	expect(consume() == 2 && !nr_seen && empty());
	queue(7, other);
	expect(!consume() && nr_seen == 1 && empty());
}

static void circle(void)
{
	static const u32 ports[] = { 5, 6, 7, 0 };

	setup();
	queue(7, ports);
	words[7] = P | L | 5;
	expect(!consume() && saw(ports) && empty());
	words[5] = P | L | 5;
	control.head[7] = 5;
	control.ready = 1U << 7;
	expect(!consume() && nr_seen == 1 && empty());
}

static void drain(void)
{
	static const u32 ports[] = { 5, 6, 7, 0 }, rest[] = { 5, 7, 0 };

	setup();
	queue(4, ports);
	words[6] |= M;
	expect(!fifo_drain(&consumer, get_word, deliver, NULL));
	expect(saw(rest) && empty() && words[6] == (P | M));
	expect(!fifo_drain(&consumer, get_word, deliver, NULL) && saw(rest));
}

static const struct ktap_case cases[] = {
	{ "layout", layout },
	{ "flags of a word", flags },
	{ "unmask", unmask },
	{ "take", take },
	{ "one queue", one_queue },
	{ "a queue that goes first is served first", priorities },
	{ "masked and withdrawn events are only taken off", skipped },
	{ "ready bits without a queue", wrong_ready },
	{ "a port without a word ends its queue and is counted", no_word },
	{ "a queue in a circle comes to an end", circle },
	{ "drain", drain },
};

int main(void)
{
	return ktap_run("fifo", cases, ARRAY(cases));
}

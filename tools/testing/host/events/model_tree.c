// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bitmap ABIs: Xen's side of them, and the engine in the place of the guest's.
 *
 * A run is either of a tree that is complete from the start, as with 2-level, or of one
 * that grows as N-level allows: while events come, leaves are added and VCPUs get their
 * selectors.  What Xen does then is what tools/testing/hypervisor/event_nlevel.c does: an
 * event for a port without a leaf is noted, one for a VCPU without selectors only sets
 * pending.  Such a run may be reset, once all is there or before; then it grows again.
 */
#include <stdlib.h>

#include "bitmap_tree.h"
#include "model.h"

#define MAX_LEAVES	9

const bool abi_looks_up_late;

static struct bitmap_tree tree;
static struct bitmap_tree_cpu cpus[MAX_CPUS];
static struct tree_leaf table[MAX_LEAVES];
static unsigned int ports;

/* Xen's idea of what there is, and its notes, by channel. */
static unsigned int xen_leaves, xen_ready[MAX_CPUS], xen_kept[MAX_CHANS];
static int event_lock;
static unsigned int all_leaves;
static bool growing;

static void *page(void)
{
	void *p = aligned_alloc(TREE_PAGE_BYTES, TREE_PAGE_BYTES);

	if (!p)
		abort();
	return p;
}

static void setup_cpu(struct bitmap_tree_cpu *cpu)
{
	unsigned int level;

	for (level = 0; level < TREE_MAX_SELECTORS; level++) {
		size_t bytes = tree_level_words(level) * sizeof(tree_word_t);

		if (!cpu->selector[level])
			cpu->selector[level] = malloc(bytes);
		if (!cpu->selector[level])
			abort();
	}
	cpu->selector[0][0] = 0;
	tree_cpu_reset(&tree, cpu);
}

/* Ports that share words, selector words and pages, and some that do not. */
static void place_ports(void)
{
	unsigned int i, port, used = 0;

	while (used < nr_chans) {
		switch (sched_random() % 4) {
		case 0:
			port = sched_random() % 8;
			break;
		case 1:
			port = sched_random() % 8 * TREE_WORD_BITS;
			break;
		case 2:
			port = ports - 1 - sched_random() % 4;
			break;
		default:
			port = sched_random() % ports;
		}
		for (i = 0; i < used && chans[i].port != port; i++)
			;
		if (i == used)
			chans[used++].port = port;
	}
}

/* What is there is forgotten if the run is to grow it again. */
static void setup_growth(bool grows)
{
	unsigned int i;

	event_lock = 0;
	growing = grows;
	memset(xen_kept, 0, sizeof(xen_kept));
	for (i = 0; i < MAX_CPUS; i++)
		xen_ready[i] = !grows;
	while (grows && tree.nr_leaves)
		tree_drop_leaf(&tree);
	xen_leaves = tree.nr_leaves;
}

/**
 * abi_setup() - begin a run, of a random depth
 */
void abi_setup(void)
{
	unsigned int i, depth = TREE_MIN_DEPTH + sched_random() % 3;

	tree_init(&tree, depth, table, MAX_LEAVES);
	all_leaves = tree.max_leaves;
	for (i = 0; i < all_leaves; i++) {
		tree_word_t *pending = table[i].pending ? table[i].pending : page();
		tree_word_t *mask = table[i].mask ? table[i].mask : page();

		tree_add_leaf(&tree, pending, mask);
	}
	tree_reset(&tree);
	for (i = 0; i < nr_cpus; i++)
		setup_cpu(&cpus[i]);
	ports = tree_nr_ports(&tree);
	place_ports();
	setup_growth(depth > TREE_MIN_DEPTH && sched_random() % 2);
}

static unsigned long *word_of(tree_word_t *leaf, const struct chan *chan)
{
	return (unsigned long *)(leaf + chan->port % TREE_PAGE_PORTS / TREE_WORD_BITS);
}

static unsigned long *pending_of(const struct chan *chan)
{
	return word_of(table[chan->port / TREE_PAGE_PORTS].pending, chan);
}

static unsigned long *mask_of(const struct chan *chan)
{
	return word_of(table[chan->port / TREE_PAGE_PORTS].mask, chan);
}

/* Whoever sees the number sees the leaves. */
static bool is_below(const struct chan *chan, const unsigned int *leaves)
{
	shim_step();
	return chan->port / TREE_PAGE_PORTS < __atomic_load_n(leaves, __ATOMIC_ACQUIRE);
}

static bool guest_has_leaf(const struct chan *chan)
{
	return is_below(chan, &tree.nr_leaves);
}

static bool xen_has_leaf(const struct chan *chan)
{
	return is_below(chan, &xen_leaves);
}

/* Xen: note an event, then look again; the partner is xen_add_leaf(). */
static bool xen_keep(const struct chan *chan)
{
	xchg(&xen_kept[chan - chans], 1);
#ifdef MODEL_KEEP_WITHOUT_LOOK
	return true;
#else
	return !xen_has_leaf(chan);
#endif
}

/* Xen: from the leaf up, as far as bits were clear. */
static void xen_propagate(const struct chan *chan, unsigned int cpu)
{
	unsigned int level, number = chan->port / TREE_WORD_BITS;

	if (!READ_ONCE(xen_ready[cpu]))
		return;
	for (level = tree.depth - 1; level--; number /= TREE_WORD_BITS) {
		tree_word_t *word = cpus[cpu].selector[level] + number / TREE_WORD_BITS;

		if (sync_test_and_set_bit(number % TREE_WORD_BITS, (unsigned long *)word))
			return;
	}
	xen_upcall(cpu);
}

/**
 * xen_set_pending() - Xen: an event is sent
 * @chan: channel
 * @cpu: VCPU to notify
 */
void xen_set_pending(struct chan *chan, unsigned int cpu)
{
	const unsigned int bit = chan->port % TREE_WORD_BITS;

	if (!xen_has_leaf(chan) && xen_keep(chan))
		return;
	if (sync_test_and_set_bit(bit, pending_of(chan))) {
		drop(chan->raised);
		return;
	}
	if (!sync_test_bit(bit, mask_of(chan)))
		xen_propagate(chan, cpu);
}

/**
 * xen_clear_pending() - Xen: a channel is closed
 * @chan: channel
 */
void xen_clear_pending(struct chan *chan)
{
	lock(&event_lock);
	xchg(&xen_kept[chan - chans], 0);
	if (xen_has_leaf(chan))
		sync_clear_bit(chan->port % TREE_WORD_BITS, pending_of(chan));
	unlock(&event_lock);
}

/* Xen: EVTCHNOP_nlevel_add_leaf; then the events that were noted. */
static void xen_add_leaf(void)
{
	unsigned int i, index = xen_leaves;

	lock(&event_lock);
	xchg(&xen_leaves, index + 1);
	for (i = 0; i < nr_chans; i++) {
		struct chan *chan = &chans[i];

#ifndef MODEL_NO_RAISE_KEPT
		if (chan->port / TREE_PAGE_PORTS == index && xchg(&xen_kept[i], 0)) {
			bump(chan->raised);
			xen_set_pending(chan, READ_ONCE(chan->xen_cpu));
		}
#endif
	}
	unlock(&event_lock);
}

/* Xen: the last EVTCHNOP_nlevel_set_selector of a VCPU; then what is pending. */
static void xen_complete(unsigned int cpu)
{
	unsigned int i, bit;

	lock(&event_lock);
	xchg(&xen_ready[cpu], 1);
	for (i = 0; i < nr_chans; i++) {
		struct chan *chan = &chans[i];

		bit = chan->port % TREE_WORD_BITS;
#ifndef MODEL_NO_COMPLETE
		if (xen_has_leaf(chan) && sync_test_bit(bit, pending_of(chan)) &&
		    !sync_test_bit(bit, mask_of(chan)))
			xen_propagate(chan, cpu);
#endif
	}
	unlock(&event_lock);
}

/* The guest: a leaf, then the channels that were waiting for it. */
static void guest_add_leaf(void)
{
	unsigned int i, n = tree.nr_leaves;

	memset(table[n].pending, 0, TREE_PAGE_BYTES);
	memset(table[n].mask, 0xff, TREE_PAGE_BYTES);
	tree_add_leaf(&tree, table[n].pending, table[n].mask);
	xen_add_leaf();
	for (i = 0; i < nr_chans; i++) {
		struct chan *chan = &chans[i];

		if (chan->port / TREE_PAGE_PORTS != n)
			continue;
		lock(&chan->lock);
		if (chan->bound && !chan->reasons)
			abi_unmask(chan, NO_CPU);
		unlock(&chan->lock);
	}
}

/* Xen: EVTCHNOP_reset, when all channels are closed. */
static void xen_reset(void)
{
	unsigned int i;

	lock(&event_lock);
#ifndef MODEL_RESET_KEEPS_LEAVES
	xchg(&xen_leaves, 0);
#endif
	for (i = 0; i < nr_cpus; i++)
		xchg(&xen_ready[i], 0);
	unlock(&event_lock);
}

/* The guest: nothing is there any more, and nothing is to be seen of what there was. */
static void reset(void)
{
	unsigned int i;

	xen_reset();
	while (tree.nr_leaves)
		tree_drop_leaf(&tree);
	for (i = 0; i < nr_cpus; i++) {
		/* For a restored domain the toolstack does it. */
		WRITE_ONCE(cpus[i].selector[0][0], 0);
#ifndef MODEL_RESET_KEEPS_SELECTORS
		tree_cpu_reset(&tree, &cpus[i]);
#endif
	}
}

/* All that is missing, or some of it. */
static void grow(bool all)
{
	unsigned int cpu = 0, pace = 1U << sched_random() % 12;

	while (READ_ONCE(tree.nr_leaves) < all_leaves || cpu < nr_cpus) {
		if (!all && sched_random() % 64 == 0)
			return;
		if (sched_random() % pace)
			cpu_relax();
		else if (cpu < nr_cpus && sched_random() % 2)
			xen_complete(cpu++);
		else if (READ_ONCE(tree.nr_leaves) < all_leaves)
			guest_add_leaf();
	}
}

/**
 * abi_grow() - an actor: whatever is missing comes, at some time
 * @arg: unused
 */
void abi_grow(void *arg)
{
	unsigned int resets = growing ? sched_random() % 3 : 0;

	for (; resets; resets--) {
		grow(sched_random() % 2);
		core_reset(reset);
	}
	grow(true);
}

/**
 * xen_unmask() - Xen: EVTCHNOP_unmask
 * @chan: channel
 */
void xen_unmask(struct chan *chan)
{
	const unsigned int bit = chan->port % TREE_WORD_BITS;

	if (!xen_has_leaf(chan))
		return;
	if (sync_test_and_clear_bit(bit, mask_of(chan)) && sync_test_bit(bit, pending_of(chan)))
		xen_propagate(chan, READ_ONCE(chan->xen_cpu));
}

/**
 * abi_mask() - set the mask bit
 * @chan: channel
 */
void abi_mask(struct chan *chan)
{
	if (!guest_has_leaf(chan))
		return;
	tree_set_mask(&tree, chan->port);
}

/**
 * abi_unmask() - clear the mask bit
 * @chan: channel
 * @me: the VCPU that does it, or NO_CPU
 *
 * A port without a leaf is masked, and guest_add_leaf() comes back to it.
 */
void abi_unmask(struct chan *chan, unsigned int me)
{
	if (!guest_has_leaf(chan))
		return;
	if (pv_guest && me == chan->cpu) {
		if (tree_unmask_local(&tree, &cpus[me], chan->port))
			guest_upcall(me);
	} else if (tree_unmask(&tree, chan->port)) {
		xen_unmask(chan);
	}
}

/**
 * abi_set_pending() - make a masked channel pending
 * @chan: channel
 */
void abi_set_pending(struct chan *chan)
{
	tree_set_pending(&tree, chan->port);
}

/**
 * abi_pending() - is it pending?
 * @chan: channel
 *
 * Return: true if it is.
 */
bool abi_pending(struct chan *chan)
{
	return guest_has_leaf(chan) && tree_test_pending(&tree, chan->port);
}

/**
 * abi_busy() - is a closed port of no use yet?
 * @chan: channel
 *
 * Return: false.
 */
bool abi_busy(struct chan *chan)
{
	return false;
}

static __always_inline bool take_pending(unsigned int port)
{
#ifdef MODEL_CLEAR_PENDING
	tree_clear_pending(&tree, port);
	return true;
#else
	return tree_take_pending(&tree, port);
#endif
}

static __always_inline void deliver(void *ctx, unsigned int port)
{
	unsigned int cpu = (struct bitmap_tree_cpu *)ctx - cpus;
	struct chan *chan = core_chan(port);
	unsigned int life;

	if (!chan) {
		violated("a port that was never used is offered", NULL);
		return;
	}
	core_offered(cpu, chan);
	life = core_life(chan);
	if (core_claim(cpu, chan) && take_pending(port))
		core_run_claimed(cpu, chan, life);
}

/**
 * abi_deliver() - look for what is pending
 * @cpu: the VCPU that runs
 */
void abi_deliver(unsigned int cpu)
{
	tree_scan(&tree, &cpus[cpu], deliver, &cpus[cpu]);
}

/**
 * abi_dead() - a VCPU is gone
 * @cpu: VCPU
 */
void abi_dead(unsigned int cpu)
{
}

/**
 * abi_event_lock() - Xen: take what adding leaves and selectors is done under
 */
void abi_event_lock(void)
{
	lock(&event_lock);
}

/**
 * abi_event_unlock() - Xen: release it
 */
void abi_event_unlock(void)
{
	unlock(&event_lock);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ports in a tree of bitmaps: what a guest does with Xen's 2-level and N-level ABIs.
 *
 * Shape.  b is the number of bits of a word.  At the bottom of a tree of depth N are
 * b^N ports, each with a bit in the domain's pending and mask words, the leaves.  A
 * VCPU has N - 1 levels of selectors above them, numbered from 0, the root, a single
 * word: level k has b^k words, and a bit of it says that there may be something
 * under the word of level k + 1 that has the bit's number.  The 2-level ABI is depth
 * 2: only a root, and leaves in Xen's shared info page.
 *
 * Protocol.  Xen, to send an event to a port, sets bits from the leaf up: pending;
 * then, unless mask is set, the port's bit at each level of selectors, the root last;
 * then evtchn_upcall_pending, and the VCPU gets an upcall.  Each is an atomic
 * test-and-set with a full barrier.  Xen stops at the first bit that was set already,
 * as whoever set that one goes on, or has gone on, from there to the top.
 *
 * The guest takes bits from the top down: the caller of tree_scan() has cleared
 * evtchn_upcall_pending; tree_scan() exchanges the root for 0, then each selector
 * word that a taken bit leads to, then reads the leaves.  An exchange is a full
 * barrier.  Nothing is lost by it:
 *
 * - Xen sets a bit of a word after the guest took that word.  Xen finds the bit clear
 *   and goes on upwards.  The guest took all words above earlier, so Xen finds their
 *   bits clear as well, or set anew by another sender that goes on itself.  There
 *   will be an upcall and another scan.
 * - Xen sets it before, or finds it set before.  The guest takes the bit, and what
 *   Xen wrote below it before its atomic operation is seen after the guest's
 *   exchange: their barriers are partners.
 * - Xen finds pending set.  Whoever set it, has gone on or will; or found the port
 *   masked, which is next.
 *
 * A bit that was taken exists nowhere but in a variable of tree_scan().  It therefore
 * looks under each of them before it returns.
 *
 * Unmasking.  Xen sets pending, then reads mask.  The guest clears mask, then reads
 * pending.  Between the two stands a full barrier on either side, thus at least one
 * of them sees the other's write: Xen, and sets the selectors; or the guest, and has
 * the selectors set, by Xen (tree_unmask()) or by itself (tree_unmask_local()).  It may
 * be both, which is harmless.
 *
 * Moving to another VCPU.  Mask, EVTCHNOP_bind_vcpu, unmask.  An event that came
 * before has its selector bits at the old VCPU.  That one looks and finds a port
 * which is not its own; the unmasking sets the bits at the new one.  A sender may have
 * read which VCPU to notify before the op, and set the bits there after the unmasking: for
 * some time after a move the VCPU that finds the port has to mask and unmask it.
 *
 * Other ports of a leaf word belong to other VCPUs, hence finding a port pending does
 * not mean that it is for the VCPU that found it; deliver() must know.
 *
 * This file knows nothing of Xen's headers, so that it also runs in user space, see
 * tools/testing/host/events.  The bit operations are the sync_ ones: Xen is another
 * CPU even to a kernel that has only one and has patched its lock prefixes away.
 */
#ifndef XEN_EVENTS_BITMAP_TREE_H
#define XEN_EVENTS_BITMAP_TREE_H

#include <linux/types.h>
#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/compiler.h>
#include <asm/barrier.h>
#include <asm/sync_bitops.h>

/* Xen's xen_ulong_t. */
#ifndef TREE_WORD_BITS
#ifdef CONFIG_X86
#define TREE_WORD_BITS		BITS_PER_LONG
#else
#define TREE_WORD_BITS		64
#endif
#endif

#if TREE_WORD_BITS == BITS_PER_LONG
typedef ulong tree_word_t;
#elif TREE_WORD_BITS == 64
typedef u64 tree_word_t;
#else
typedef u32 tree_word_t;
#endif

/* log2 of the bits of a word */
#define TREE_SHIFT		(TREE_WORD_BITS == 64 ? 6 : 5)
#define TREE_MIN_DEPTH		2
#define TREE_MAX_DEPTH		4
#define TREE_MAX_SELECTORS	(TREE_MAX_DEPTH - 1)

/* Leaves come in pages of 4 KiB, whatever the guest's own page size is. */
#define TREE_PAGE_BYTES		4096U
#define TREE_PAGE_PORTS		(TREE_PAGE_BYTES * 8)
#define TREE_PAGE_SHIFT		15
#define TREE_PAGE_WORDS		(TREE_PAGE_PORTS >> TREE_SHIFT)

/**
 * struct tree_leaf - the leaf words of TREE_PAGE_PORTS ports
 * @pending: set by Xen, cleared by the guest
 * @mask: set and cleared by the guest, only cleared by Xen and only when asked to
 *
 * At depth 2 there are fewer ports than fit, and these point to Xen's fixed arrays.
 */
struct tree_leaf {
	tree_word_t *pending;
	tree_word_t *mask;
};

/**
 * struct bitmap_tree - what a domain has once
 * @leaf: table of leaves, in the order of ports
 * @nr_leaves: how many of them are there, only ever grows while scans may run
 * @max_leaves: how many fit into the table
 * @depth: levels, leaves included
 * @shift: of a port's number, to get its bit's number in the root
 * @words: of each level of selectors, the words that a VCPU has
 */
struct bitmap_tree {
	struct tree_leaf *leaf;
	unsigned int nr_leaves;
	unsigned int max_leaves;
	unsigned int depth;
	unsigned int shift;
	unsigned int words[TREE_MAX_SELECTORS];
};

/**
 * struct bitmap_tree_cpu - what each VCPU has
 * @selector: of each level its words, the root first
 * @next: port with which the next scan begins, if there is something
 */
struct bitmap_tree_cpu {
	tree_word_t *selector[TREE_MAX_SELECTORS];
	unsigned int next;
};

/**
 * tree_ports() - how many ports a tree has
 * @depth: TREE_MIN_DEPTH to TREE_MAX_DEPTH
 *
 * Context: Any.
 * Return: the number of ports, the first that is none.
 */
static inline unsigned int tree_ports(unsigned int depth)
{
	return 1U << (TREE_SHIFT * depth);
}

/**
 * tree_level_words() - how many words of a level of selectors a VCPU has
 * @level: 0 for the root, to depth - 2
 *
 * Context: Any.
 * Return: the number of words.
 */
static inline unsigned int tree_level_words(unsigned int level)
{
	return 1U << (TREE_SHIFT * level);
}

/**
 * tree_level_bit() - where a port is in a level
 * @tree: tree
 * @level: 0 for the root; depth - 1 for the leaves
 * @port: port, must be one of the tree
 *
 * Context: Any.
 * Return: number of the bit, counted from the level's first word.
 */
static inline unsigned int tree_level_bit(const struct bitmap_tree *tree, unsigned int level,
					  unsigned int port)
{
	return port >> (tree->shift - TREE_SHIFT * level);
}

/**
 * tree_nr_ports() - how many ports have leaves now
 * @tree: tree
 *
 * Context: Any.
 * Return: the first port that must not be used.
 */
static inline unsigned int tree_nr_ports(const struct bitmap_tree *tree)
{
	unsigned int room = READ_ONCE(tree->nr_leaves) << TREE_PAGE_SHIFT;

	return min(room, tree_ports(tree->depth));
}

/* A port's bit within its leaf. */
static __always_inline unsigned int tree_leaf_bit(unsigned int port)
{
	return port & (TREE_PAGE_PORTS - 1);
}

static __always_inline unsigned long *tree_pending(const struct bitmap_tree *tree,
						   unsigned int port)
{
	return (unsigned long *)tree->leaf[port >> TREE_PAGE_SHIFT].pending;
}

static __always_inline unsigned long *tree_mask(const struct bitmap_tree *tree, unsigned int port)
{
	return (unsigned long *)tree->leaf[port >> TREE_PAGE_SHIFT].mask;
}

/**
 * tree_test_pending() - is a port pending?
 * @tree: tree
 * @port: port, below tree_nr_ports()
 *
 * Context: Any.
 * Return: true if it is.
 */
static __always_inline bool tree_test_pending(const struct bitmap_tree *tree, unsigned int port)
{
	return sync_test_bit(tree_leaf_bit(port), tree_pending(tree, port));
}

/**
 * tree_set_pending() - set a port's pending bit
 * @tree: tree
 * @port: port, below tree_nr_ports()
 *
 * The event is delivered by an unmask that comes later, and by nothing else.
 *
 * Context: Any.
 */
static __always_inline void tree_set_pending(const struct bitmap_tree *tree, unsigned int port)
{
	sync_set_bit(tree_leaf_bit(port), tree_pending(tree, port));
}

/**
 * tree_clear_pending() - clear a port's pending bit
 * @tree: tree
 * @port: port, below tree_nr_ports()
 *
 * Events that come from here on are new ones: ordered before whatever the handler
 * reads.
 *
 * Context: Any.
 */
static __always_inline void tree_clear_pending(const struct bitmap_tree *tree, unsigned int port)
{
	sync_clear_bit(tree_leaf_bit(port), tree_pending(tree, port));
	/* Partner: Xen's test-and-set of pending. */
	virt_mb__after_atomic();
}

/**
 * tree_take_pending() - clear a port's pending bit, and know whether it was set
 * @tree: tree
 * @port: port, below tree_nr_ports()
 *
 * Costs what tree_clear_pending() does.  Of two VCPUs that both think a port theirs,
 * as they may while it moves, only one gets the event.
 *
 * Context: Any.
 * Return: true if there was an event, which is now the caller's.
 */
static __always_inline bool tree_take_pending(const struct bitmap_tree *tree, unsigned int port)
{
	return sync_test_and_clear_bit(tree_leaf_bit(port), tree_pending(tree, port));
}

/**
 * tree_test_mask() - is a port masked?
 * @tree: tree
 * @port: port, below tree_nr_ports()
 *
 * Context: Any.
 * Return: true if it is.
 */
static __always_inline bool tree_test_mask(const struct bitmap_tree *tree, unsigned int port)
{
	return sync_test_bit(tree_leaf_bit(port), tree_mask(tree, port));
}

/**
 * tree_set_mask() - mask a port
 * @tree: tree
 * @port: port, below tree_nr_ports()
 *
 * A scan that runs on another VCPU may still deliver one event.
 *
 * Context: Any; the channel's lock is held.
 */
static __always_inline void tree_set_mask(const struct bitmap_tree *tree, unsigned int port)
{
	sync_set_bit(tree_leaf_bit(port), tree_mask(tree, port));
}

/**
 * tree_test_and_set_mask() - mask a port, and know whether it was masked
 * @tree: tree
 * @port: port, below tree_nr_ports()
 *
 * Context: Any; the channel's lock is held.
 * Return: true if the port was masked before.
 */
static __always_inline bool tree_test_and_set_mask(const struct bitmap_tree *tree,
						   unsigned int port)
{
	return sync_test_and_set_bit(tree_leaf_bit(port), tree_mask(tree, port));
}

/* The bare bit, before pending is read. */
static __always_inline void tree_clear_mask(const struct bitmap_tree *tree, unsigned int port)
{
	sync_clear_bit(tree_leaf_bit(port), tree_mask(tree, port));
	/* Partner: the barrier between Xen's setting of pending and its reading of mask. */
	virt_mb__after_atomic();
}

/**
 * tree_unmask() - unmask a port that any VCPU may have
 * @tree: tree
 * @port: port, below tree_nr_ports()
 *
 * A pending port is left masked: EVTCHNOP_unmask does something only for a port that
 * is masked.  If it is pending already there is no need to clear the bit first.
 *
 * Context: Any; the channel's lock is held, so that nobody masks or unmasks meanwhile,
 * and is kept until after the hypercall.
 * Return: true if the caller must make the hypercall EVTCHNOP_unmask.
 */
static __always_inline bool tree_unmask(const struct bitmap_tree *tree, unsigned int port)
{
	if (tree_test_pending(tree, port))
		return true;
	tree_clear_mask(tree, port);
	if (likely(!tree_test_pending(tree, port)))
		return false;
	tree_set_mask(tree, port);
	return true;
}

/*
 * What Xen does above the leaf, for the VCPU that runs.  It stops where Xen would, for
 * the same reason.
 */
static __always_inline bool tree_raise(const struct bitmap_tree *tree,
				       const struct bitmap_tree_cpu *cpu, unsigned int port)
{
	unsigned int level = tree->depth - 1;

	while (level--)
		if (sync_test_and_set_bit(tree_level_bit(tree, level, port),
					  (unsigned long *)cpu->selector[level]))
			return false;
	return true;
}

/**
 * tree_unmask_local() - unmask a port of the VCPU that runs
 * @tree: tree
 * @cpu: the VCPU that runs
 * @port: port of that VCPU, below tree_nr_ports()
 *
 * Saves the hypercall.  Only for PV guests: to others Xen sends no interrupt when they
 * set evtchn_upcall_pending themselves.  May be called from within deliver().
 *
 * Context: On the VCPU that owns the port, interrupts off; the channel's lock is held.
 * Return: true if the caller must set evtchn_upcall_pending of this VCPU, and look at
 * it before it enables interrupts.
 */
static __always_inline bool tree_unmask_local(const struct bitmap_tree *tree,
					      const struct bitmap_tree_cpu *cpu, unsigned int port)
{
	tree_clear_mask(tree, port);
	return tree_test_pending(tree, port) && tree_raise(tree, cpu, port);
}

/*
 * All bits of a selector word, with a full barrier behind it: in a kernel for one CPU, xchg()
 * has none on arm.
 */
static __always_inline tree_word_t tree_take_word(tree_word_t *word)
{
	tree_word_t bits;

#if TREE_WORD_BITS > BITS_PER_LONG
	bits = atomic64_xchg((atomic64_t *)word, 0);
#else
	bits = xchg(word, 0);
#endif
	/* Partner: Xen's test-and-set of these bits. */
	virt_mb__after_atomic();
	return bits;
}

static __always_inline unsigned int tree_first_bit(tree_word_t word)
{
#if TREE_WORD_BITS > BITS_PER_LONG
	return __ffs64(word);
#else
	return __ffs(word);
#endif
}

/**
 * struct tree_bits - bits of a word that are still to be looked at
 * @now: those from the first position on
 * @later: those before it
 * @index: the word's number in its level
 */
struct tree_bits {
	tree_word_t now;
	tree_word_t later;
	unsigned int index;
};

/*
 * Put the bits in the order in which they are to be looked at.  In the word under
 * which @next is, it begins there and goes round; in all others at bit 0.  @span: log2
 * of the ports under the whole word.
 */
static __always_inline void tree_order(struct tree_bits *bits, tree_word_t word,
				       unsigned int index, unsigned int next, unsigned int span)
{
	tree_word_t from = ~(tree_word_t)0;

	if (next >> span == index)
		from <<= (next >> (span - TREE_SHIFT)) & (TREE_WORD_BITS - 1);
	bits->index = index;
	bits->now = word & from;
	bits->later = word & ~from;
	if (!bits->now) {
		bits->now = bits->later;
		bits->later = 0;
	}
}

/* Remove the next bit and return its number in its level; there must be one. */
static __always_inline unsigned int tree_next_bit(struct tree_bits *bits)
{
	unsigned int bit = tree_first_bit(bits->now);

	bits->now &= bits->now - 1;
	if (!bits->now) {
		bits->now = bits->later;
		bits->later = 0;
	}
	return (bits->index << TREE_SHIFT) + bit;
}

/* What is pending in a leaf word, seen once for all its ports. */
static __always_inline tree_word_t tree_leaf_word(const struct tree_leaf *leaf, unsigned int index)
{
	unsigned int i = index & (TREE_PAGE_WORDS - 1);

	return READ_ONCE(leaf->pending[i]) & ~READ_ONCE(leaf->mask[i]);
}

typedef void (*tree_deliver_t)(void *ctx, unsigned int port);

/* Deliver what is pending in one leaf word; one that has no leaf is none. */
static __always_inline void tree_scan_leaf(const struct bitmap_tree *tree,
					   struct bitmap_tree_cpu *cpu, unsigned int index,
					   unsigned int next, tree_deliver_t deliver, void *ctx)
{
	const unsigned int page = index >> (TREE_PAGE_SHIFT - TREE_SHIFT);
	struct tree_bits bits;
	unsigned int port;

	if (unlikely(page >= READ_ONCE(tree->nr_leaves)))
		return;
	tree_order(&bits, tree_leaf_word(&tree->leaf[page], index), index, next, TREE_SHIFT);
	if (!bits.now)
		return;
	do {
		port = tree_next_bit(&bits);
		deliver(ctx, port);
	} while (bits.now);
	cpu->next = port + 1;
}

/**
 * tree_scan_depth() - tree_scan() for a caller that knows the depth
 * @tree: tree
 * @depth: the tree's; if it is a constant, the code for others goes
 * @cpu: the VCPU that runs
 * @deliver: as for tree_scan()
 * @ctx: for @deliver
 *
 * Context: As tree_scan().
 */
static __always_inline void tree_scan_depth(const struct bitmap_tree *tree, unsigned int depth,
					    struct bitmap_tree_cpu *cpu, tree_deliver_t deliver,
					    void *ctx)
{
	const unsigned int last = depth - 2, next = cpu->next;
	/* Each level is written when it is entered: nothing to clear before. */
	struct tree_bits path[TREE_MAX_SELECTORS] __uninitialized;
	unsigned int index, level = 0;

	tree_order(&path[0], tree_take_word(cpu->selector[0]), 0, next, TREE_SHIFT * depth);
	for (;;) {
		if (!path[level].now) {
			if (!last || !level)
				return;
			level--;
			continue;
		}
		index = tree_next_bit(&path[level]);
		if (!last || level == last) {
			tree_scan_leaf(tree, cpu, index, next, deliver, ctx);
			continue;
		}
		/* No port is there; map_vcpu_info() in Xen sets all bits of a root. */
		if (unlikely(index >= tree->words[level + 1]))
			continue;
		level++;
		tree_order(&path[level], tree_take_word(&cpu->selector[level][index]), index, next,
			   TREE_SHIFT * (depth - level));
	}
}

/**
 * tree_scan() - deliver what is pending for the VCPU that runs
 * @tree: tree
 * @cpu: the VCPU that runs
 * @deliver: is given @ctx and the number of each port that was pending and not masked
 *	when its word was read; says whether it is this VCPU's and clears pending
 *	before it handles the event
 * @ctx: for @deliver
 *
 * Each port is given to @deliver at most once.  A scan begins after the last port
 * that the scan before it has given and goes round, in each word for itself, so that
 * each word is looked at once and no port is always the last.  Inlined, so that
 * @deliver is.
 *
 * Context: Interrupts off; evtchn_upcall_pending has been cleared, with a full
 * barrier after that. Calls of one VCPU do not nest.
 */
static __always_inline void tree_scan(const struct bitmap_tree *tree, struct bitmap_tree_cpu *cpu,
				      tree_deliver_t deliver, void *ctx)
{
	tree_scan_depth(tree, tree->depth, cpu, deliver, ctx);
}

int tree_init(struct bitmap_tree *tree, unsigned int depth, struct tree_leaf *table,
	      unsigned int max_leaves);
void tree_bound(struct bitmap_tree *tree, unsigned int ports);
int tree_add_leaf(struct bitmap_tree *tree, tree_word_t *pending, tree_word_t *mask);
void tree_drop_leaf(struct bitmap_tree *tree);
void tree_reset(struct bitmap_tree *tree);
void tree_cpu_reset(const struct bitmap_tree *tree, struct bitmap_tree_cpu *cpu);
unsigned int tree_max_leaves(unsigned int depth);

#endif /* XEN_EVENTS_BITMAP_TREE_H */

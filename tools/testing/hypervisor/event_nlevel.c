// SPDX-License-Identifier: GPL-2.0-only
/*
 * Event channels of N levels: the hypervisor's side.
 *
 * For the ABI see public/event_nlevel.h.  Ports are the leaves of a tree of bitmaps.
 * A sender sets bits from the leaf up and stops at the first that was set; the guest takes
 * words from the root down.  This file finds its words by the number of a level, and never
 * asks how many levels there are except to begin.
 *
 * Locks.  The event lock is held for writing by everything that changes the shape: the switch,
 * adding leaves and selectors, the end.  The methods of struct evtchn_port_ops hold a lock of a
 * channel or the event lock, perhaps with interrupts off; they take no lock and only see the
 * shape grow.
 *
 * Races, by the fault in event channels in which each was first seen, and what is done here:
 *
 * XSA-107, a VCPU that was never set up.  Nobody needs more of a VCPU than its entry in vcpu[],
 * and all entries are made with the switch.  Without selectors an event stops at the pending bit;
 * complete() looks for those bits when the selectors are there.
 * XSA-221, readers that see a count before what it counts.  leaf[] is written, then nr_leaves;
 * selectors, then ready.  A write barrier is between, and a read barrier with each reader.
 * XSA-342, limits by the wrong word size.  The word size is read once, in the switch, and shift
 * is what all else uses; max_evtchns() asks this file while N-level is in use.  A guest
 * that changes its word size afterwards can only damage its own vcpu_info.  What ports there
 * may be before the switch is no question of word size either, see PORTS_BEFORE; so init() looks
 * at that many and not at all that were ever valid, which may be MAX_NR_EVTCHNS after a reset.
 * A channel of Xen's own may be left from another time, above all that the guest can have:
 * common code asks the methods for nothing that is not evtchn_usable(), and raise() takes no port
 * that has no selectors.
 * XSA-343, methods against a change of ABI.  Switching back happens when no channel of
 * the guest is left: close takes the lock that a sender holds, so none is inside.
 * Switching to N-level may meet a sender in the 2-level methods, see init().
 * XSA-344, work that grows with ports.  The end frees a bounded number of pages, at most 64 of
 * leaves and one for each VCPU and level; closing channels is done before, preemptibly.
 * XSA-358, XSA-359, a pointer seen before its object.  d->evtchn_nlevel is written, then
 * d->evtchn_port_ops; each method reads the first through nlevel_of(), with a read barrier.
 * XSA-505, "is the ABI in use" asked without the lock.  evtchn_nlevel_op() takes the event
 * lock before it asks anything.
 * Bounds that differ from the index (commit 3a6cb6aae4).  The index into leaf[] is made
 * first, then compared, then clamped with the size of leaf[] itself.
 * A frame by its number in the guest, which may be mapped anew (commit cb84b989ee).  What
 * is kept is the mapping with a reference and a type, never a gfn.
 * Ports of 16 bits (commit 8f7f6ab879).  There are none.
 * Queues (commits e33d4257fc, 71ac522909) and ports that are busy when they are closed
 * (78e24c269b): a bitmap has no such state.
 * An event that comes while its leaf is being added: keep() and raise_kept().
 */
#include "event_channel.h"

#include <xen/domain_page.h>
#include <xen/errno.h>
#include <xen/event.h>
#include <xen/guest_access.h>
#include <xen/lib.h>
#include <xen/mm.h>
#include <xen/nospec.h>
#include <xen/sched.h>
#include <asm/guest_atomics.h>
#include <asm/hvm/hvm.h>
#include <asm/p2m.h>
#include <public/event_channel.h>
#include <public/event_nlevel.h>

/* The least depth at which words of 32 bits reach MAX_NR_EVTCHNS. */
#define NLEVEL_MAX_LEVELS	4
#define NLEVEL_MAX_LEAVES	(MAX_NR_EVTCHNS / EVTCHN_NLEVEL_LEAF_PORTS)

/*
 * A guest has no port from here on when it switches: those of 2-level are below, in words
 * of 64 bits, whatever its words have now; ports of another ABI ended with a reset.
 */
#define PORTS_BEFORE		EVTCHN_2L_NR_CHANNELS

/**
 * struct nlevel_leaf - leaves of EVTCHN_NLEVEL_LEAF_PORTS ports
 * @pending: mapped page of pending bits
 * @mask: mapped page of mask bits
 */
struct nlevel_leaf {
	unsigned long *pending;
	unsigned long *mask;
};

/**
 * struct nlevel_vcpu - selectors of a VCPU
 * @sel: words by number of the level, mapped; the root is in vcpu_info
 * @missing: how many levels the guest has not given yet
 * @ready: nothing is missing; may be read without the event lock
 */
struct nlevel_vcpu {
	unsigned long *sel[NLEVEL_MAX_LEVELS - 1];
	unsigned int missing;
	bool ready;
};

/**
 * struct evtchn_nlevel - a domain's tree
 * @levels: depth
 * @shift: log2 of the bits of a word
 * @nr_ports: ports there may be
 * @nr_leaves: entries of @leaf that are there; may be read without the event lock
 * @leaf: in the order of ports
 * @vcpu: by number of the VCPU
 */
struct evtchn_nlevel {
	unsigned int levels;
	unsigned int shift;
	unsigned int nr_ports;
	unsigned int nr_leaves;
	struct nlevel_leaf leaf[NLEVEL_MAX_LEAVES];
	struct nlevel_vcpu vcpu[];
};

/* For methods. */
static struct evtchn_nlevel *nlevel_of(const struct domain *d)
{
	/* Partner: init().  Whoever found these methods also sees the tree. */
	smp_rmb();
	return d->evtchn_nlevel;
}

/* NULL for a port that has no leaf yet. */
static const struct nlevel_leaf *leaf_of(const struct evtchn_nlevel *nl, evtchn_port_t port)
{
	unsigned int index = port / EVTCHN_NLEVEL_LEAF_PORTS;

	if (index >= read_atomic(&nl->nr_leaves))
		return NULL;
	/* Partner: add_leaf(). */
	smp_rmb();
	return &array_access_nospec(nl->leaf, index);
}

static unsigned int leaf_bit(evtchn_port_t port)
{
	return port % EVTCHN_NLEVEL_LEAF_PORTS;
}

/* A port's bit in a level, the leaves being level levels - 1. */
static unsigned int level_bit(const struct evtchn_nlevel *nl, unsigned int level,
			      evtchn_port_t port)
{
	return port >> (nl->shift * (nl->levels - 1 - level));
}

static unsigned int level_bytes(const struct evtchn_nlevel *nl, unsigned int level)
{
	unsigned int words = (level_bit(nl, level, nl->nr_ports - 1) >> nl->shift) + 1;

	return words << (nl->shift - 3);
}

/* What is above the leaf.  Each step is a full barrier. */
static void raise(struct vcpu *v, evtchn_port_t port)
{
	struct domain *d = v->domain;
	const struct evtchn_nlevel *nl = d->evtchn_nlevel;
	const struct nlevel_vcpu *nv = &nl->vcpu[v->vcpu_id];
	unsigned int level;

	/* No port of the guest's is beyond; if one were, its bits would be beyond the page. */
	if (port >= nl->nr_ports || !read_atomic(&nv->ready))
		return;
	/* Partner: set_selector(). */
	smp_rmb();
	for (level = nl->levels - 2; level; level--)
		if (guest_test_and_set_bit(d, level_bit(nl, level, port), nv->sel[level]))
			return;
	if (!guest_test_and_set_bit(d, level_bit(nl, 0, port), &vcpu_info(v, evtchn_pending_sel)))
		vcpu_mark_events_pending(v);
}

/*
 * An event for a port that has no leaf is noted.  Either this sees a leaf that has just come,
 * or raise_kept() sees the note: a full barrier is between write and read on both sides.
 */
static const struct nlevel_leaf *keep(const struct evtchn_nlevel *nl, struct evtchn *evtchn)
{
	evtchn->pending = true;
	/* Partner: add_leaf(). */
	smp_mb();
	return leaf_of(nl, evtchn->port);
}

static void cf_check nlevel_set_pending(struct vcpu *v, struct evtchn *evtchn)
{
	struct domain *d = v->domain;
	const struct evtchn_nlevel *nl = nlevel_of(d);
	const struct nlevel_leaf *leaf = leaf_of(nl, evtchn->port) ?: keep(nl, evtchn);
	unsigned int bit = leaf_bit(evtchn->port);

	if (leaf) {
		if (guest_test_and_set_bit(d, bit, leaf->pending))
			return;
		if (!guest_test_bit(d, bit, leaf->mask))
			raise(v, evtchn->port);
	}
	evtchn_check_pollers(d, evtchn->port);
}

static void cf_check nlevel_clear_pending(struct domain *d, struct evtchn *evtchn)
{
	const struct nlevel_leaf *leaf = leaf_of(nlevel_of(d), evtchn->port);

	evtchn->pending = false;
	if (leaf)
		guest_clear_bit(d, leaf_bit(evtchn->port), leaf->pending);
}

/* As with 2-level, only a port that was masked is looked at. */
static void cf_check nlevel_unmask(struct domain *d, struct evtchn *evtchn)
{
	const struct nlevel_leaf *leaf = leaf_of(nlevel_of(d), evtchn->port);
	unsigned int bit = leaf_bit(evtchn->port);

	if (leaf && guest_test_and_clear_bit(d, bit, leaf->mask) &&
	    guest_test_bit(d, bit, leaf->pending))
		raise(d->vcpu[evtchn->notify_vcpu_id], evtchn->port);
}

static bool cf_check nlevel_is_pending(const struct domain *d, const struct evtchn *evtchn)
{
	const struct nlevel_leaf *leaf = leaf_of(nlevel_of(d), evtchn->port);

	return leaf ? guest_test_bit(d, leaf_bit(evtchn->port), leaf->pending) : evtchn->pending;
}

static bool cf_check nlevel_is_masked(const struct domain *d, const struct evtchn *evtchn)
{
	const struct nlevel_leaf *leaf = leaf_of(nlevel_of(d), evtchn->port);

	return !leaf || guest_test_bit(d, leaf_bit(evtchn->port), leaf->mask);
}

/* A digit for each level above the leaves, the root first; a dash without selectors. */
static void cf_check nlevel_print_state(struct domain *d, const struct evtchn *evtchn)
{
	const struct evtchn_nlevel *nl = nlevel_of(d);
	struct vcpu *v = d->vcpu[evtchn->notify_vcpu_id];
	const struct nlevel_vcpu *nv = &nl->vcpu[v->vcpu_id];
	unsigned int level;

	if (!read_atomic(&nv->ready)) {
		printk("-");
		return;
	}
	/* Partner: set_selector(). */
	smp_rmb();
	printk("%d", guest_test_bit(d, level_bit(nl, 0, evtchn->port),
				    &vcpu_info(v, evtchn_pending_sel)));
	for (level = 1; level < nl->levels - 1; level++)
		printk("%d", guest_test_bit(d, level_bit(nl, level, evtchn->port),
					    nv->sel[level]));
}

static const struct evtchn_port_ops nlevel_port_ops = {
	.set_pending	= nlevel_set_pending,
	.clear_pending	= nlevel_clear_pending,
	.unmask		= nlevel_unmask,
	.is_pending	= nlevel_is_pending,
	.is_masked	= nlevel_is_masked,
	.print_state	= nlevel_print_state,
};

/* A guest's frame, to write to it for as long as the guest likes. */
static int map_frame(struct domain *d, uint64_t gfn, void **map)
{
	struct page_info *page = NULL;
	p2m_type_t type;

	if (gfn == (unsigned long)gfn)
		page = get_page_from_gfn(d, gfn, &type, P2M_ALLOC | P2M_UNSHARE);
	if (!page)
		return -ENXIO;
	/* Special are Xen's own: grant-table frames and shared info have type and owner of RAM. */
	if (!p2m_is_ram(type) || type == p2m_ram_ro || page_get_owner(page) != d ||
	    is_special_page(page) || !get_page_type(page, PGT_writable_page)) {
		put_page(page);
		return -ENXIO;
	}
	*map = __map_domain_page_global(page);
	if (*map)
		return 0;
	put_page_and_type(page);
	return -ENOMEM;
}

/* The page that a pointer into a mapping is in. */
static void *page_start(const void *map)
{
	return (void *)((unsigned long)map & PAGE_MASK);
}

static mfn_t frame_of(const void *map)
{
	return domain_page_map_to_mfn(page_start(map));
}

static void unmap_frame(void *map)
{
	struct page_info *page = mfn_to_page(frame_of(map));

	unmap_domain_page_global(page_start(map));
	put_page_and_type(page);
}

static bool is_leaf(const struct evtchn_nlevel *nl, const void *map)
{
	mfn_t mfn = frame_of(map);
	unsigned int i;

	for (i = 0; i < nl->nr_leaves; i++)
		if (mfn_eq(frame_of(nl->leaf[i].pending), mfn) ||
		    mfn_eq(frame_of(nl->leaf[i].mask), mfn))
			return true;
	return false;
}

static bool is_selector(const struct domain *d, const void *map)
{
	const struct evtchn_nlevel *nl = d->evtchn_nlevel;
	mfn_t mfn = frame_of(map);
	unsigned int i, level;

	for (i = 0; i < d->max_vcpus; i++)
		for (level = 1; level < nl->levels - 1; level++)
			if (nl->vcpu[i].sel[level] &&
			    mfn_eq(frame_of(nl->vcpu[i].sel[level]), mfn))
				return true;
	return false;
}

/*
 * What an HVM domain shares with Xen has words of 64 bits until something is done that is among
 * the first that a driver does; then the running VCPU's mode decides.  The switch may come before
 * all others, so it is such as well, once nothing can refuse it.  Until then that mode is only
 * looked at: this is the size that would be settled.
 */
static unsigned int word_shift(const struct domain *d)
{
	unsigned int bits = BITS_PER_EVTCHN_WORD(d);

	if (is_hvm_domain(d))
		bits = hvm_guest_x86_mode(current) == 8 ? 64 : 32;
	return bits == 64 ? 6 : 5;
}

static void settle_word_size(struct domain *d)
{
	if (is_hvm_domain(d))
		hvm_latch_shinfo_size(d);
}

static unsigned int ports_at(const struct domain *d, unsigned int levels)
{
	unsigned int most = min_t(unsigned int, MAX_NR_EVTCHNS, d->max_evtchn_port + 1);

	BUILD_BUG_ON(6 * NLEVEL_MAX_LEVELS >= 32);
	BUILD_BUG_ON(MAX_NR_EVTCHNS > 1U << (5 * NLEVEL_MAX_LEVELS));
	return min(most, 1U << (word_shift(d) * levels));
}

static int query(const struct domain *d, struct evtchn_nlevel_query *op)
{
	const struct evtchn_nlevel *nl = d->evtchn_nlevel;

	*op = (struct evtchn_nlevel_query) {
		.max_levels = NLEVEL_MAX_LEVELS,
		.word_bits = 1U << (nl ? nl->shift : word_shift(d)),
		.max_ports = ports_at(d, NLEVEL_MAX_LEVELS),
		.levels = nl ? nl->levels : 0,
		.nr_ports = nl ? nl->nr_ports : 0,
		.nr_leaves = nl ? nl->nr_leaves : 0,
	};
	return 0;
}

/* Is there a port of the guest's from here on?  Before the switch. */
static bool bound_from(const struct domain *d, evtchn_port_t port)
{
	for (; port < PORTS_BEFORE && port_is_valid(d, port); port++)
		if (evtchn_usable(evtchn_from_port(d, port)))
			return true;
	return false;
}

static int check_init(const struct domain *d, const struct evtchn_nlevel_init *op)
{
	if (d->evtchn_nlevel)
		return -EEXIST;
	if (d->evtchn_fifo || d->next_evtchn || d->is_dying)
		return -EBUSY;
	if (op->levels < EVTCHN_NLEVEL_MIN_LEVELS || op->levels > NLEVEL_MAX_LEVELS)
		return -EDOM;
	if (!op->nr_ports || op->nr_ports > ports_at(d, op->levels) ||
	    bound_from(d, op->nr_ports))
		return -ERANGE;
	return 0;
}

/*
 * A sender may have read the old methods and not have used them yet; its event then goes to
 * the 2-level bitmap, where nobody looks.  All bound ports are taken for pending instead of
 * only those that are.  That is enough: the sender wrote what the event is about, then, a full
 * barrier later, found the old methods; here the new ones are written, then, a full barrier
 * later, the guest sees its port pending and reads what was written.
 *
 * Ports from PORTS_BEFORE on are free, or Xen's own.  If FIFO has left an event noted there, the
 * next who binds that port gets one that nobody sent.
 */
static int init(struct domain *d, const struct evtchn_nlevel_init *op)
{
	struct evtchn_nlevel *nl;
	evtchn_port_t port;
	unsigned int i;
	int rc = check_init(d, op);

	if (rc)
		return rc;
	nl = xzalloc_flex_struct(struct evtchn_nlevel, vcpu, d->max_vcpus);
	if (!nl)
		return -ENOMEM;
	settle_word_size(d);
	nl->levels = op->levels;
	nl->shift = word_shift(d);
	nl->nr_ports = op->nr_ports;
	for (i = 0; i < d->max_vcpus; i++)
		nl->vcpu[i].missing = nl->levels - 2;
	for (port = 1; port < PORTS_BEFORE && port_is_valid(d, port); port++) {
		struct evtchn *evtchn = evtchn_from_port(d, port);

		evtchn->pending = evtchn_usable(evtchn);
	}
	d->evtchn_nlevel = nl;
	/* Partner: nlevel_of(). */
	smp_wmb();
	d->evtchn_port_ops = &nlevel_port_ops;
	/* Partner: the locks that a sender takes. */
	smp_mb();
	return 0;
}

/* Ports are the ones of the leaf that came last: at most EVTCHN_NLEVEL_LEAF_PORTS of them. */
static void raise_kept(struct domain *d)
{
	evtchn_port_t port = (d->evtchn_nlevel->nr_leaves - 1) * EVTCHN_NLEVEL_LEAF_PORTS;
	evtchn_port_t end = port + EVTCHN_NLEVEL_LEAF_PORTS;

	for (; port < end && port_is_valid(d, port); port++) {
		struct evtchn *evtchn = evtchn_from_port(d, port);

		if (evtchn->pending && evtchn_usable(evtchn))
			nlevel_set_pending(d->vcpu[evtchn->notify_vcpu_id], evtchn);
		evtchn->pending = false;
	}
}

static int map_leaf(struct domain *d, const struct evtchn_nlevel_add_leaf *op,
		    struct nlevel_leaf *leaf)
{
	const struct evtchn_nlevel *nl = d->evtchn_nlevel;
	void *pending, *mask;
	int rc = map_frame(d, op->pending_gfn, &pending);

	if (rc)
		return rc;
	rc = map_frame(d, op->mask_gfn, &mask);
	if (rc)
		goto no_mask;
	rc = -EEXIST;
	if (mfn_eq(frame_of(pending), frame_of(mask)) || is_leaf(nl, pending) ||
	    is_leaf(nl, mask) || is_selector(d, pending) || is_selector(d, mask))
		goto in_use;
	leaf->pending = pending;
	leaf->mask = mask;
	return 0;

in_use:
	unmap_frame(mask);
no_mask:
	unmap_frame(pending);
	return rc;
}

static int add_leaf(struct domain *d, const struct evtchn_nlevel_add_leaf *op)
{
	struct evtchn_nlevel *nl = d->evtchn_nlevel;
	int rc;

	if (!nl)
		return -EOPNOTSUPP;
	if (op->pad || op->index > nl->nr_leaves)
		return -EINVAL;
	if (op->index < nl->nr_leaves)
		return -EEXIST;
	if (op->index > (nl->nr_ports - 1) / EVTCHN_NLEVEL_LEAF_PORTS)
		return -ENOSPC;
	rc = map_leaf(d, op, &array_access_nospec(nl->leaf, op->index));
	if (rc)
		return rc;
	/* Partner: leaf_of(). */
	smp_wmb();
	write_atomic(&nl->nr_leaves, nl->nr_leaves + 1);
	/* Partner: keep(). */
	smp_mb();
	raise_kept(d);
	return 0;
}

/*
 * Events that came before the selectors did.  A sender sets the pending bit, then reads ready;
 * here ready is set, then pending bits are read; full barriers are between.  For whom a port is
 * does not matter: the guest ignores what is not its VCPU's.  The words are 32 bits, as
 * those divide a guest's word of any size.  Bits beyond nr_ports are not looked at, as there are
 * no selectors for them.
 */
static void complete(struct vcpu *v)
{
	const struct evtchn_nlevel *nl = v->domain->evtchn_nlevel;
	unsigned int end = min_t(unsigned int, nl->nr_ports,
				 nl->nr_leaves * EVTCHN_NLEVEL_LEAF_PORTS);
	evtchn_port_t port;

	for (port = 0; port < end; port += 32) {
		const struct nlevel_leaf *leaf = leaf_of(nl, port);
		const uint32_t *pending = (const uint32_t *)leaf->pending;
		const uint32_t *mask = (const uint32_t *)leaf->mask;
		unsigned int word = leaf_bit(port) / 32;

		if (read_atomic(&pending[word]) & ~read_atomic(&mask[word]))
			raise(v, port);
	}
}

static int check_selector(const struct evtchn_nlevel *nl,
			  const struct evtchn_nlevel_set_selector *op)
{
	/* With these a level never needs a second part. */
	BUILD_BUG_ON(MAX_NR_EVTCHNS / (32 * 32) * 4 > EVTCHN_NLEVEL_PAGE_BYTES);
	if (op->level < 1 || op->level > nl->levels - 2)
		return -EDOM;
	if (op->index)
		return -ERANGE;
	if (op->offset % 8 ||
	    op->offset > EVTCHN_NLEVEL_PAGE_BYTES - level_bytes(nl, op->level))
		return -EINVAL;
	return 0;
}

static int set_selector(struct domain *d, const struct evtchn_nlevel_set_selector *op)
{
	struct evtchn_nlevel *nl = d->evtchn_nlevel;
	struct vcpu *v = domain_vcpu(d, op->vcpu);
	struct nlevel_vcpu *nv;
	unsigned long **sel;
	unsigned int room;
	void *map;
	int rc;

	if (!nl)
		return -EOPNOTSUPP;
	if (!v)
		return -ENOENT;
	rc = check_selector(nl, op);
	if (rc)
		return rc;
	nv = &nl->vcpu[v->vcpu_id];
	sel = &array_access_nospec(nv->sel, op->level);
	if (*sel)
		return -EEXIST;
	rc = map_frame(d, op->gfn, &map);
	if (rc)
		return rc;
	if (is_leaf(nl, map)) {
		unmap_frame(map);
		return -EEXIST;
	}
	room = EVTCHN_NLEVEL_PAGE_BYTES - level_bytes(nl, op->level);
	*sel = map + array_index_nospec(op->offset, room + 1);
	if (--nv->missing)
		return 0;
	/* Partner: raise(). */
	smp_wmb();
	write_atomic(&nv->ready, true);
	/* Partner: the setting of the pending bit. */
	smp_mb();
	complete(v);
	return 0;
}

/**
 * union nlevel_arg - argument of an op
 * @query: of EVTCHNOP_nlevel_query
 * @init: of EVTCHNOP_nlevel_init
 * @add_leaf: of EVTCHNOP_nlevel_add_leaf
 * @set_selector: of EVTCHNOP_nlevel_set_selector
 */
union nlevel_arg {
	struct evtchn_nlevel_query query;
	struct evtchn_nlevel_init init;
	struct evtchn_nlevel_add_leaf add_leaf;
	struct evtchn_nlevel_set_selector set_selector;
};

static int read_arg(int cmd, XEN_GUEST_HANDLE_PARAM(void) handle, union nlevel_arg *arg)
{
	bool ok;

	switch (cmd) {
	case EVTCHNOP_nlevel_query:
		ok = guest_handle_okay(handle, sizeof(arg->query));
		break;
	case EVTCHNOP_nlevel_init:
		ok = !copy_from_guest(&arg->init, handle, 1);
		break;
	case EVTCHNOP_nlevel_add_leaf:
		ok = !copy_from_guest(&arg->add_leaf, handle, 1);
		break;
	case EVTCHNOP_nlevel_set_selector:
		ok = !copy_from_guest(&arg->set_selector, handle, 1);
		break;
	default:
		return -ENOSYS;
	}
	return ok ? 0 : -EFAULT;
}

/* One that read_arg() knows. */
static int locked_op(int cmd, struct domain *d, union nlevel_arg *arg)
{
	switch (cmd) {
	case EVTCHNOP_nlevel_query:
		return query(d, &arg->query);
	case EVTCHNOP_nlevel_init:
		return init(d, &arg->init);
	case EVTCHNOP_nlevel_add_leaf:
		return add_leaf(d, &arg->add_leaf);
	default:
		return set_selector(d, &arg->set_selector);
	}
}

/**
 * evtchn_nlevel_op() - an EVTCHNOP_nlevel_* of the domain that runs
 * @cmd: number of the op
 * @handle: guest's handle of its argument
 *
 * Context: A hypercall; takes the event lock for writing.
 * Return: 0, -EFAULT, -ENOSYS, or what public/event_nlevel.h says of the op.
 */
int evtchn_nlevel_op(int cmd, XEN_GUEST_HANDLE_PARAM(void) handle)
{
	struct domain *d = current->domain;
	union nlevel_arg arg;
	int rc = read_arg(cmd, handle, &arg);

	if (rc)
		return rc;
	write_lock(&d->event_lock);
	rc = locked_op(cmd, d, &arg);
	write_unlock(&d->event_lock);
	if (cmd == EVTCHNOP_nlevel_query && __copy_to_guest(handle, &arg.query, 1))
		return -EFAULT;
	return rc;
}

/**
 * evtchn_nlevel_max() - how many ports the tree has
 * @d: domain that uses N-level
 *
 * Context: The event lock is held.
 * Return: the first port that is none.
 */
unsigned int evtchn_nlevel_max(const struct domain *d)
{
	return d->evtchn_nlevel->nr_ports;
}

/**
 * evtchn_nlevel_destroy() - give back all of the guest's pages and the tree
 * @d: domain; need not use N-level
 *
 * Context: All channels that a guest can have are closed, and none can be bound: the event
 * lock is held for writing, and the caller chooses other methods before it lets it go; or the
 * domain is dying.
 */
void evtchn_nlevel_destroy(struct domain *d)
{
	struct evtchn_nlevel *nl = d->evtchn_nlevel;
	unsigned int i, level;

	if (!nl)
		return;
	d->evtchn_nlevel = NULL;
	for (i = 0; i < nl->nr_leaves; i++) {
		unmap_frame(nl->leaf[i].pending);
		unmap_frame(nl->leaf[i].mask);
	}
	for (i = 0; i < d->max_vcpus; i++)
		for (level = 1; level < nl->levels - 1; level++)
			if (nl->vcpu[i].sel[level])
				unmap_frame(nl->vcpu[i].sel[level]);
	xfree(nl);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The N-level ABI: the bitmap tree at a depth that the guest chooses, in pages of its
 * own; see xen/interface/event_nlevel.h and Documentation/virt/xen/event-nlevel.rst.
 *
 * Leaves are pairs of pages, added in the order of ports as ports come into use.  A
 * VCPU gets its selectors before it first comes online, and keeps them.  They are
 * small: those of several VCPUs share a page.
 *
 * After a restore Xen knows none of it.  Then all is given to it again, without
 * allocating: at the same depth, or a lesser one if this host has no more.  A level's
 * words are therefore kept by their height above the leaves, where a lesser depth never
 * needs more of them.
 */
#define pr_fmt(fmt) "xen:events: " fmt

#include <linux/align.h>
#include <linux/build_bug.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/kstrtox.h>
#include <linux/list.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <xen/interface/event_channel.h>
#include <xen/interface/event_nlevel.h>
#include <xen/page.h>

#include "abi_list.h"
#include "abi_tree.h"

static_assert(TREE_PAGE_PORTS == EVTCHN_NLEVEL_LEAF_PORTS);
static_assert(TREE_PAGE_BYTES == EVTCHN_NLEVEL_PAGE_BYTES);

#define MAX_HEIGHT	(TREE_MAX_DEPTH - 2)
/* Offsets of selectors within a page are multiples of it. */
#define SELECTOR_ALIGN	8

/* Selectors of a VCPU, by height above the leaves; known to Xen or not. */
struct nlevel_cpu {
	tree_word_t *words[MAX_HEIGHT];
	bool known;
};

/* Memory in which selectors are, @used bytes from its start. */
struct nlevel_memory {
	struct list_head node;
	void *start;
	size_t bytes;
	size_t used;
};

/* All of it. */
struct nlevel {
	struct tree_abi base;
	struct nlevel_cpu __percpu *cpus;
	unsigned int depth;		/* as asked for; base.tree has what is in use */
	unsigned int ports;		/* what memory was planned for */
	unsigned int nr_ports;		/* in use */
	unsigned int nr_pairs;		/* pages there are; after a restore, more than leaves */
	struct tree_leaf *pair;		/* them */
	struct tree_leaf *table;	/* the tree's */
	struct list_head memory;	/* for selectors, the oldest first */
	raw_spinlock_t grow;		/* leaves are added under it */
};

static u64 frame_of(void *page)
{
	return virt_to_gfn(page);
}

/* Words at a height that ports below @ports need. */
static unsigned int words_at(unsigned int height, unsigned int ports)
{
	return ((ports - 1) >> (TREE_SHIFT * (height + 2))) + 1;
}

static size_t bytes_at(unsigned int height, unsigned int ports)
{
	return ALIGN(words_at(height, ports) * sizeof(tree_word_t), SELECTOR_ALIGN);
}

static struct nlevel_memory *new_memory(struct nlevel *nl, size_t bytes)
{
	struct nlevel_memory *memory = kzalloc(sizeof(*memory), GFP_KERNEL);

	if (!memory)
		return NULL;
	memory->bytes = bytes;
	memory->start = alloc_pages_exact(bytes, GFP_KERNEL | __GFP_ZERO);
	if (!memory->start) {
		kfree(memory);
		return NULL;
	}
	list_add_tail(&memory->node, &nl->memory);
	return memory;
}

/*
 * The first that has room, else new pages.  What is left is always less than a page, so that
 * nothing crosses one but what is larger and begins with one.
 */
static struct nlevel_memory *memory_for(struct nlevel *nl, size_t bytes)
{
	struct nlevel_memory *memory;

	list_for_each_entry(memory, &nl->memory, node)
		if (memory->bytes - memory->used >= bytes)
			return memory;
	return new_memory(nl, ALIGN(bytes, TREE_PAGE_BYTES));
}

static void *selector_memory(struct nlevel *nl, size_t bytes)
{
	struct nlevel_memory *memory = memory_for(nl, bytes);
	void *start;

	if (!memory)
		return NULL;
	start = memory->start + memory->used;
	memory->used += bytes;
	return start;
}

static int allocate_selectors(struct nlevel *nl, struct nlevel_cpu *nc)
{
	unsigned int height;

	for (height = 0; height < nl->depth - 2; height++) {
		if (nc->words[height])
			continue;
		nc->words[height] = selector_memory(nl, bytes_at(height, nl->ports));
		if (!nc->words[height])
			return -ENOMEM;
	}
	return 0;
}

/* One level of a VCPU, in parts of a page.  Those that it has already are these. */
static int tell_level(unsigned int cpu, unsigned int level, void *words, size_t bytes)
{
	struct evtchn_nlevel_set_selector op = {
		.vcpu = xen_vcpu_nr(cpu),
		.level = level,
		.offset = offset_in_page(words) & (TREE_PAGE_BYTES - 1),
	};
	int err = 0;

	for (; !err && op.index * TREE_PAGE_BYTES < bytes; op.index++) {
		op.gfn = frame_of(words + op.index * TREE_PAGE_BYTES);
		err = xen_evtchn_op(EVTCHNOP_nlevel_set_selector, &op);
		if (err == -EEXIST)
			err = 0;
	}
	return err;
}

static int register_selectors(struct nlevel *nl, unsigned int cpu)
{
	struct bitmap_tree_cpu *tc = per_cpu_ptr(nl->base.cpus, cpu);
	struct nlevel_cpu *nc = per_cpu_ptr(nl->cpus, cpu);
	unsigned int depth = nl->base.tree.depth, level;
	int err = 0;

	for (level = 1; level < depth - 1; level++)
		tc->selector[level] = nc->words[depth - 2 - level];
	tree_cpu_reset(&nl->base.tree, tc);
	for (level = 1; !err && level < depth - 1; level++)
		err = tell_level(cpu, level, tc->selector[level],
				 bytes_at(depth - 2 - level, nl->nr_ports));
	nc->known = !err;
	return err;
}

static int nlevel_cpu_up(void *data, struct xen_evtchn_cpu *ec)
{
	struct nlevel *nl = data;
	struct nlevel_cpu *nc = per_cpu_ptr(nl->cpus, ec->cpu);
	int err;

	if (nc->known)
		return 0;
	err = allocate_selectors(nl, nc);
	return err ?: register_selectors(nl, ec->cpu);
}

static void free_pair(struct tree_leaf *pair)
{
	free_page((unsigned long)pair->pending);
	free_page((unsigned long)pair->mask);
}

static int allocate_pair(struct tree_leaf *pair)
{
	pair->pending = (tree_word_t *)get_zeroed_page(GFP_KERNEL);
	pair->mask = (tree_word_t *)get_zeroed_page(GFP_KERNEL);
	if (pair->pending && pair->mask)
		return 0;
	free_pair(pair);
	return -ENOMEM;
}

/* The tree knows a leaf before Xen does, see bitmap_tree.c. */
static int add_leaf(struct nlevel *nl)
{
	struct tree_leaf *pair = &nl->pair[nl->base.tree.nr_leaves];
	struct evtchn_nlevel_add_leaf op = {
		.pending_gfn = frame_of(pair->pending),
		.mask_gfn = frame_of(pair->mask),
		.index = nl->base.tree.nr_leaves,
	};
	int err;

	memset(pair->pending, 0, TREE_PAGE_BYTES);
	memset(pair->mask, 0xff, TREE_PAGE_BYTES);
	err = tree_add_leaf(&nl->base.tree, pair->pending, pair->mask);
	if (err)
		return err;
	err = xen_evtchn_op(EVTCHNOP_nlevel_add_leaf, &op);
	if (err)
		tree_drop_leaf(&nl->base.tree);
	return err;
}

/* Have leaves for a port, of pages that are there. */
static int grow_to(struct nlevel *nl, evtchn_port_t port)
{
	unsigned int want = (port >> TREE_PAGE_SHIFT) + 1;
	unsigned long flags;
	int err = 0;

	raw_spin_lock_irqsave(&nl->grow, flags);
	while (!err && nl->base.tree.nr_leaves < want) {
		/* Partner: add_pair(), which may run on another VCPU; pair[] is seen filled. */
		unsigned int there = smp_load_acquire(&nl->nr_pairs);

		err = nl->base.tree.nr_leaves < there ? add_leaf(nl) : -ENOSPC;
	}
	raw_spin_unlock_irqrestore(&nl->grow, flags);
	return err;
}

/* Pages for one more leaf; Xen is told of them when a port needs it. */
static int add_pair(struct nlevel *nl)
{
	int err = allocate_pair(&nl->pair[nl->nr_pairs]);

	if (!err)
		/* Partner: grow_to(), which holds another lock than who comes here. */
		smp_store_release(&nl->nr_pairs, nl->nr_pairs + 1);
	return err;
}

static int nlevel_reserve(void *data, unsigned int ports)
{
	unsigned int want = DIV_ROUND_UP(ports, TREE_PAGE_PORTS);
	struct nlevel *nl = data;
	int err = 0;

	while (!err && nl->nr_pairs < want)
		err = add_pair(nl);
	return err ?: grow_to(nl, ports - 1);
}

static int nlevel_prepare(void *data, evtchn_port_t port)
{
	struct nlevel *nl = data;
	int err = port < nl->nr_ports ? grow_to(nl, port) : -ENOSPC;

	if (!err)
		tree_abi_mask(nl, port);
	return err;
}

static unsigned int nlevel_max_ports(void *data)
{
	struct nlevel *nl = data;

	return nl->nr_ports;
}

/* What this host can do of what is wanted; -errno if nothing. */
static int ask(struct nlevel *nl, struct evtchn_nlevel_init *op)
{
	struct evtchn_nlevel_query q = {};
	int err = xen_evtchn_op(EVTCHNOP_nlevel_query, &q);

	if (err)
		return err;
	if (q.word_bits != TREE_WORD_BITS || q.max_levels < EVTCHN_NLEVEL_MIN_LEVELS ||
	    !q.max_ports)
		return -EDOM;
	op->levels = min(nl->depth, q.max_levels);
	op->nr_ports = min(q.max_ports, tree_ports(op->levels));
	if (nl->ports)
		op->nr_ports = min(op->nr_ports, nl->ports);
	if (op->levels < nl->depth)
		pr_warn("this host has %u of %u levels: %u ports\n", op->levels, nl->depth,
			op->nr_ports);
	return 0;
}

/* Xen's part of it, and the tree's. */
static int switch_over(struct nlevel *nl, struct evtchn_nlevel_init *op)
{
	int err = xen_evtchn_op(EVTCHNOP_nlevel_init, op);

	if (err)
		return err;
	nl->nr_ports = op->nr_ports;
	err = tree_init(&nl->base.tree, op->levels, nl->table,
			DIV_ROUND_UP(op->nr_ports, TREE_PAGE_PORTS));
	if (!err)
		tree_bound(&nl->base.tree, op->nr_ports);
	return err;
}

/*
 * There is no way back from the switch: a VCPU that is refused after it gets no events,
 * the others do.
 */
static int nlevel_resume(void *data)
{
	struct evtchn_nlevel_init op = {};
	struct nlevel *nl = data;
	unsigned int cpu;
	int err;

	err = ask(nl, &op);
	if (!err)
		err = switch_over(nl, &op);
	if (err)
		return err;
	for_each_possible_cpu(cpu) {
		if (!per_cpu_ptr(nl->cpus, cpu)->known)
			continue;
		err = register_selectors(nl, cpu);
		if (err)
			xen_evtchn_complain("give a VCPU its selectors again", err);
	}
	return 0;
}

static void nlevel_exit(void *data)
{
	struct nlevel_memory *memory, *next;
	struct nlevel *nl = data;
	unsigned int i;

	for (i = 0; i < nl->nr_pairs; i++)
		free_pair(&nl->pair[i]);
	list_for_each_entry_safe(memory, next, &nl->memory, node) {
		free_pages_exact(memory->start, memory->bytes);
		kfree(memory);
	}
	kfree(nl->pair);
	kfree(nl->table);
	free_percpu(nl->cpus);
	free_percpu(nl->base.cpus);
	kfree(nl);
}

/* Tables for as many ports as there may be, and what the first port and this VCPU need. */
static int allocate_all(struct nlevel *nl)
{
	unsigned int pairs = DIV_ROUND_UP(nl->ports, TREE_PAGE_PORTS);

	nl->pair = kcalloc(pairs, sizeof(*nl->pair), GFP_KERNEL);
	nl->table = kcalloc(pairs, sizeof(*nl->table), GFP_KERNEL);
	nl->cpus = alloc_percpu(struct nlevel_cpu);
	nl->base.cpus = alloc_percpu(struct bitmap_tree_cpu);
	if (!nl->pair || !nl->table || !nl->cpus || !nl->base.cpus)
		return -ENOMEM;
	return allocate_selectors(nl, per_cpu_ptr(nl->cpus, smp_processor_id())) ?: add_pair(nl);
}

/* There is no way back from the switch: the memory for the first ports is there before. */
static int start(struct nlevel *nl)
{
	struct evtchn_nlevel_init op = {};
	int err = ask(nl, &op);

	if (err)
		return err;
	nl->depth = op.levels;
	nl->ports = op.nr_ports;
	err = allocate_all(nl);
	if (!err)
		err = switch_over(nl, &op);
	if (!err)
		err = register_selectors(nl, smp_processor_id());
	return err;
}

static void *init(unsigned int depth)
{
	struct nlevel *nl = kzalloc(sizeof(*nl), GFP_KERNEL);
	int err;

	if (!nl)
		return ERR_PTR(-ENOMEM);
	INIT_LIST_HEAD(&nl->memory);
	raw_spin_lock_init(&nl->grow);
	nl->depth = depth;
	err = start(nl);
	if (!err)
		return nl;
	if (!nl->nr_ports) {
		nlevel_exit(nl);
		return ERR_PTR(err);
	}
	/* Memory that Xen may have been given stays allocated. */
	pr_err("Xen has switched to N levels, then refused selectors: error %d\n", err);
	pr_err("no event will come to this guest; boot it with xen.evtchn_abi=2l\n");
	return ERR_PTR(err);
}

static void *init_3(struct xen_evtchn *ev)
{
	return init(3);
}

static void *init_4(struct xen_evtchn *ev)
{
	return init(4);
}

/* A number too great for an integer is a depth as well. */
static bool deeper(const char *choice)
{
	size_t prefix = str_has_prefix(choice, "nlevel:");
	unsigned int depth;
	int err = prefix ? kstrtouint(choice + prefix, 10, &depth) : -EINVAL;

	return err == -ERANGE || (!err && depth > TREE_MAX_DEPTH);
}

static void nlevel_deliver(void *data, struct xen_evtchn_cpu *ec)
{
	struct nlevel *nl = data;
	unsigned int depth = nl->base.tree.depth;

	/* With a constant depth, much of a scan's work is the compiler's. */
	if (likely(depth == EVTCHN_NLEVEL_MIN_LEVELS))
		tree_abi_deliver(&nl->base, EVTCHN_NLEVEL_MIN_LEVELS, ec);
	else
		tree_abi_deliver(&nl->base, depth, ec);
}

#define PORTS_AT(depth)		(1U << ((depth) * TREE_SHIFT))

/* Under several names, as the depth is part of the name. */
#define NLEVEL_ABI(_keyword, _depth, _init, _exceeded) {	\
	.name		= "N-level",			\
	.keyword	= _keyword,			\
	.exceeded	= _exceeded,			\
	.channels	= PORTS_AT(_depth),		\
	.by_name_only	= true,				\
	.init		= _init,			\
	.exit		= nlevel_exit,			\
	.max_ports	= nlevel_max_ports,		\
	.resume		= nlevel_resume,		\
	.cpu_up		= nlevel_cpu_up,		\
	.cpu_dead	= tree_abi_cpu_dead,		\
	.reserve	= nlevel_reserve,		\
	.prepare	= nlevel_prepare,		\
	.mask		= tree_abi_mask,		\
	.unmask		= tree_abi_unmask,		\
	.set_pending	= tree_abi_set_pending,		\
	.clear_pending	= tree_abi_clear_pending,	\
	.is_pending	= tree_abi_is_pending,		\
	.is_masked	= tree_abi_is_masked,		\
	.deliver	= nlevel_deliver,		\
}

const struct xen_evtchn_abi xen_evtchn_nlevel = NLEVEL_ABI("nlevel", 3, init_3, NULL);
const struct xen_evtchn_abi xen_evtchn_nlevel_3 = NLEVEL_ABI("nlevel:3", 3, init_3, NULL);

static_assert(TREE_MAX_DEPTH == 4);
const struct xen_evtchn_abi xen_evtchn_nlevel_4 = NLEVEL_ABI("nlevel:4", 4, init_4, deeper);

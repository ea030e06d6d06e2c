// SPDX-License-Identifier: GPL-2.0-only
/*
 * The FIFO ABI: a word for each port, and queues of them for each VCPU.
 *
 * The words are in pages that the guest gives to Xen one after the other, as ports
 * come into use (EVTCHNOP_expand_array).  Each VCPU has a control block with the heads
 * of its 16 queues, a queue a priority (EVTCHNOP_init_control).  What a VCPU does with
 * its queues is in fifo_queue.h; here are the pages and the hypercalls.
 *
 * Xen drops an event for a VCPU without a control block, and takes a block for a VCPU
 * only once: it is registered before the VCPU first comes online, and kept.
 */
#define pr_fmt(fmt) "xen:events: " fmt

#include <linux/build_bug.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <xen/interface/event_channel.h>
#include <xen/page.h>
#include <xen/xen-ops.h>

#include "abi.h"
#include "abi_list.h"
#include "fifo_queue.h"

#define WORDS_SHIFT	(XEN_PAGE_SHIFT - 2)
#define WORDS_A_PAGE	BIT(WORDS_SHIFT)
#define PAGES_MAX	(EVTCHN_FIFO_NR_CHANNELS / WORDS_A_PAGE)

/* A VCPU's queues. */
struct fifo_cpu {
	struct fifo_consumer consumer;	/* control: a page, NULL before it first came */
	bool known;			/* Xen has that page */
};

/* All of it. */
struct fifo {
	struct xen_evtchn *ev;
	struct fifo_cpu __percpu *cpus;
	unsigned int nr_known;		/* pages that Xen knows */
	unsigned int nr_pages;		/* pages there are; after a restore, more */
	raw_spinlock_t grow;		/* pages become known under it */
	u32 *page[PAGES_MAX];
};

static_assert(sizeof(struct fifo_control) == sizeof(struct evtchn_fifo_control_block));
static_assert(BIT(EVTCHN_FIFO_PENDING) == FIFO_WORD_PENDING);
static_assert(BIT(EVTCHN_FIFO_MASKED) == FIFO_WORD_MASKED);
static_assert(BIT(EVTCHN_FIFO_LINKED) == FIFO_WORD_LINKED);
static_assert(BIT(EVTCHN_FIFO_BUSY) == FIFO_WORD_BUSY);
static_assert(EVTCHN_FIFO_LINK_MASK == FIFO_WORD_LINK);

static u32 *word_of(struct fifo *fifo, evtchn_port_t port)
{
	return fifo->page[port >> WORDS_SHIFT] + (port & (WORDS_A_PAGE - 1));
}

static u32 *new_page(void)
{
	return (u32 *)get_zeroed_page(GFP_KERNEL);
}

static int register_control(struct fifo_cpu *fc, unsigned int cpu)
{
	struct evtchn_init_control op = {
		.control_gfn = virt_to_gfn(fc->consumer.control),
		.vcpu = xen_vcpu_nr(cpu),
	};
	int err;

	fifo_reset(&fc->consumer);
	err = xen_evtchn_op(EVTCHNOP_init_control, &op);
	fc->known = !err;
	return err;
}

static int fifo_cpu_up(void *data, struct xen_evtchn_cpu *ec)
{
	struct fifo *fifo = data;
	struct fifo_cpu *fc = per_cpu_ptr(fifo->cpus, ec->cpu);
	int err;

	if (fc->known)
		return 0;
	if (!fc->consumer.control)
		fc->consumer.control = (struct fifo_control *)new_page();
	if (!fc->consumer.control)
		return -ENOMEM;
	err = register_control(fc, ec->cpu);
	if (!err)
		ec->abi = &fc->consumer;
	/* What was in use before a restore stays. */
	if (err && !ec->abi) {
		free_page((unsigned long)fc->consumer.control);
		fc->consumer.control = NULL;
	}
	return err;
}

static void fifo_exit(void *data)
{
	struct fifo *fifo = data;
	unsigned int cpu, i;

	for_each_possible_cpu(cpu)
		free_page((unsigned long)per_cpu_ptr(fifo->cpus, cpu)->consumer.control);
	for (i = 0; i < fifo->nr_pages; i++)
		free_page((unsigned long)fifo->page[i]);
	free_percpu(fifo->cpus);
	kfree(fifo);
}

static void *fifo_init(struct xen_evtchn *ev)
{
	struct fifo *fifo = kzalloc(sizeof(*fifo), GFP_KERNEL);
	int err;

	if (!fifo)
		return ERR_PTR(-ENOMEM);
	fifo->ev = ev;
	raw_spin_lock_init(&fifo->grow);
	fifo->cpus = alloc_percpu(struct fifo_cpu);
	if (!fifo->cpus) {
		kfree(fifo);
		return ERR_PTR(-ENOMEM);
	}
	/* The first control block switches the domain over, or tells that Xen cannot. */
	err = fifo_cpu_up(fifo, xen_evtchn_cpu_of(ev, smp_processor_id()));
	if (err) {
		fifo_exit(fifo);
		return ERR_PTR(err);
	}
	return fifo;
}

static unsigned int fifo_max_ports(void *data)
{
	return EVTCHN_FIFO_NR_CHANNELS;
}

static int expand(struct fifo *fifo)
{
	u32 *page = fifo->page[fifo->nr_known];
	struct evtchn_expand_array op = { .array_gfn = virt_to_gfn(page) };
	int err;

	fifo_fill(page, WORDS_A_PAGE);
	err = xen_evtchn_op(EVTCHNOP_expand_array, &op);
	if (!err)
		/* Pairs with smp_load_acquire() in known(). */
		smp_store_release(&fifo->nr_known, fifo->nr_known + 1);
	return err;
}

static bool known(struct fifo *fifo, evtchn_port_t port)
{
	/* Pairs with smp_store_release() in expand(). */
	return port >> WORDS_SHIFT < smp_load_acquire(&fifo->nr_known);
}

/* Have Xen know the page of a port, if the page is there: that needs no memory. */
static int grow_to(struct fifo *fifo, evtchn_port_t port)
{
	unsigned long flags;
	int err = 0;

	if (likely(known(fifo, port)))
		return 0;
	raw_spin_lock_irqsave(&fifo->grow, flags);
	while (!err && !known(fifo, port)) {
		/* Partner: fifo_reserve(), which may run on another VCPU; page[] is seen filled. */
		unsigned int there = smp_load_acquire(&fifo->nr_pages);

		err = fifo->nr_known < there ? expand(fifo) : -ENOSPC;
	}
	raw_spin_unlock_irqrestore(&fifo->grow, flags);
	return err;
}

static int fifo_reserve(void *data, unsigned int ports)
{
	unsigned int want = DIV_ROUND_UP(ports, WORDS_A_PAGE);
	struct fifo *fifo = data;

	while (fifo->nr_pages < want) {
		fifo->page[fifo->nr_pages] = new_page();
		if (!fifo->page[fifo->nr_pages])
			return -ENOMEM;
		/* Partner: grow_to(), which holds another lock than who comes here. */
		smp_store_release(&fifo->nr_pages, fifo->nr_pages + 1);
	}
	return grow_to(fifo, ports - 1);
}

/* After a restore there are pages that Xen does not know. */
static int fifo_prepare(void *data, evtchn_port_t port)
{
	struct fifo *fifo = data;
	int err = grow_to(fifo, port);

	if (!err)
		fifo_mask(word_of(fifo, port));
	return err;
}

/*
 * The first block is the switch, from which there is no way back: a VCPU that is refused
 * after it gets no events, the others do.  If it is offline it is tried again when it comes.
 */
static int fifo_resume(void *data)
{
	struct fifo *fifo = data;
	bool switched = false;
	unsigned int cpu;
	int err;

	fifo->nr_known = 0;
	for_each_possible_cpu(cpu) {
		struct fifo_cpu *fc = per_cpu_ptr(fifo->cpus, cpu);

		if (!fc->consumer.control)
			continue;
		err = register_control(fc, cpu);
		if (err && !switched)
			return err;
		if (err)
			xen_evtchn_complain("give a VCPU its event queues again", err);
		switched = true;
	}
	return 0;
}

static void fifo_mask_port(void *data, evtchn_port_t port)
{
	fifo_mask(word_of(data, port));
}

static void fifo_unmask_port(void *data, evtchn_port_t port, unsigned int cpu)
{
	struct evtchn_unmask op = { .port = port };

	/* Pending: Xen unmasks it, and puts it on its queue. */
	if (fifo_unmask(word_of(data, port)))
		xen_evtchn_op(EVTCHNOP_unmask, &op);
}

static void fifo_set_pending_port(void *data, evtchn_port_t port)
{
	fifo_set_pending(word_of(data, port));
}

static void fifo_clear_pending_port(void *data, evtchn_port_t port)
{
	fifo_clear_pending(word_of(data, port));
}

static bool fifo_is_pending_port(void *data, evtchn_port_t port)
{
	return fifo_test_pending(word_of(data, port));
}

static bool fifo_is_masked_port(void *data, evtchn_port_t port)
{
	return fifo_test_masked(word_of(data, port));
}

struct delivery {
	struct fifo *fifo;
	struct xen_evtchn_cpu *ec;
};

/* NULL for a port that Xen should not have named. */
static __always_inline u32 *get_word(void *ctx, u32 port)
{
	struct fifo *fifo = ((struct delivery *)ctx)->fifo;

	return likely(known(fifo, port)) ? word_of(fifo, port) : NULL;
}

static __always_inline void deliver_one(void *ctx, u32 port)
{
	struct xen_evtchn_cpu *ec = ((struct delivery *)ctx)->ec;
	struct xen_channel *chan = xen_evtchn_claim_taken(ec, port);

	if (likely(chan))
		xen_evtchn_run(ec, chan);
}

static void deliver_orphan(void *ctx, u32 port)
{
	xen_evtchn_orphan(((struct delivery *)ctx)->ec, port);
}

static void tell_of_nonsense(unsigned int cpu)
{
	pr_err_ratelimited("VCPU %u: Xen queued a port that is none; that queue is dropped\n",
			   cpu);
}

static void fifo_deliver(void *data, struct xen_evtchn_cpu *ec)
{
	struct delivery d = { .fifo = data, .ec = ec };

	if (unlikely(fifo_consume(ec->abi, get_word, deliver_one, &d)))
		tell_of_nonsense(ec->cpu);
}

static void fifo_cpu_dead(void *data, struct xen_evtchn_cpu *ec)
{
	struct delivery d = { .fifo = data, .ec = ec };

	if (ec->abi && fifo_drain(ec->abi, get_word, deliver_orphan, &d))
		tell_of_nonsense(ec->cpu);
}

const struct xen_evtchn_abi xen_evtchn_fifo = {
	.name		= "FIFO-based",
	.keyword	= "fifo",
	.channels	= EVTCHN_FIFO_NR_CHANNELS,
	.priorities	= true,
	.init		= fifo_init,
	.exit		= fifo_exit,
	.max_ports	= fifo_max_ports,
	.resume		= fifo_resume,
	.cpu_up		= fifo_cpu_up,
	.cpu_dead	= fifo_cpu_dead,
	.reserve	= fifo_reserve,
	.prepare	= fifo_prepare,
	.mask		= fifo_mask_port,
	.unmask		= fifo_unmask_port,
	.set_pending	= fifo_set_pending_port,
	.clear_pending	= fifo_clear_pending_port,
	.is_pending	= fifo_is_pending_port,
	.is_masked	= fifo_is_masked_port,
	.deliver	= fifo_deliver,
};

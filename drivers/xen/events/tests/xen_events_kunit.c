// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the event channel core, on an instance of their own: its ABI is a pair of
 * bitmaps, and its hypercalls are counted instead of made.
 */
#include <kunit/static_stub.h>
#include <kunit/test.h>

#include <linux/bitmap.h>
#include <linux/delay.h>
#include <linux/gfp.h>
#include <linux/interrupt.h>
#include <linux/kmsg_dump.h>
#include <linux/preempt.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include <xen/evtchn_channels.h>
#include <xen/interface/xen.h>
#include <xen/interface/physdev.h>
#include <xen/xen-ops.h>
#include <xen/xenbus.h>

#include "../channel.h"

#define FAKE_PORTS	2048
#define FAKE_ROOM	1024	/* of these there is room at once, like a first page */
#define FAKE_STATUS	8	/* so many ports has Xen given out */

/* Everything that Xen and an ABI would keep. */
struct fake {
	DECLARE_BITMAP(pending, FAKE_PORTS);
	DECLARE_BITMAP(mask, FAKE_PORTS);
	unsigned int room;
	unsigned int upcalls;	/* a port was unmasked while it was pending */
	unsigned int upcall_on;	/* the VCPU that has it, of the last of these */
	unsigned int vcpu;	/* argument of the last EVTCHNOP_bind_vcpu */
	unsigned int ops[16];	/* hypercalls, by command */
	int refuse;		/* what init() or the next hypercall says */
	unsigned int priority;	/* argument of the last EVTCHNOP_set_priority */
	evtchn_port_t next;	/* the port that Xen gives out next */
	evtchn_port_t closed;	/* the port that was closed last */
	struct evtchn_status status[FAKE_STATUS];
	bool spoil_irqs;	/* those of PIRQs are unfit for messages */
	unsigned int maps;	/* PHYSDEVOP_pirq_eoi_gmfn_v2 */
	unsigned int complaints;
	unsigned int remedies;	/* lines that name the setting for more ports */
	unsigned int given_back;	/* times that the data of leaving_abi was */
};

/* The test that runs; suites run one at a time. */
static struct fake *fake;

/* Its instance, on which the functions for drivers work. */
static struct xen_evtchn *instance;

/* An interrupt may come in between: it is one of this kernel. */
static struct xen_evtchn *fake_instance(void)
{
	return in_task() ? instance : &xen_evtchn;
}

static void *fake_init(struct xen_evtchn *ev)
{
	if (fake->refuse)
		return ERR_PTR(fake->refuse);
	bitmap_fill(fake->mask, FAKE_PORTS);
	fake->room = FAKE_ROOM;
	return fake;
}

static void *refusing_init(struct xen_evtchn *ev)
{
	return ERR_PTR(-EOPNOTSUPP);
}

static void fake_exit(void *data)
{
}

static unsigned int fake_max_ports(void *data)
{
	return FAKE_PORTS;
}

static int fake_resume(void *data)
{
	return 0;
}

static void *leaving_init(struct xen_evtchn *ev)
{
	return &fake->given_back;
}

static void leaving_exit(void *data)
{
	++*(unsigned int *)data;
}

static int refusing_resume(void *data)
{
	return -EOPNOTSUPP;
}

static int fake_cpu_up(void *data, struct xen_evtchn_cpu *ec)
{
	return 0;
}

static void fake_cpu_dead(void *data, struct xen_evtchn_cpu *ec)
{
}

/* genirq gives no message to an IRQ of this kind. */
static void spoil_irqs(void)
{
	struct xen_channel *chan;
	unsigned int irq;

	for (irq = 0; (chan = xen_table_next(&instance->by_irq, &irq)); irq++)
		if (chan->type == XEN_CHANNEL_PIRQ)
			irq_set_status_flags(irq, IRQ_PER_CPU_DEVID);
}

static int fake_reserve(void *data, unsigned int ports)
{
	fake->room = max(fake->room, ports);
	if (fake->spoil_irqs)
		spoil_irqs();
	return 0;
}

static int fake_prepare(void *data, evtchn_port_t port)
{
	if (port >= fake->room)
		return -ENOSPC;
	set_bit(port, fake->mask);
	return 0;
}

static void fake_mask(void *data, evtchn_port_t port)
{
	set_bit(port, fake->mask);
}

static void fake_unmask(void *data, evtchn_port_t port, unsigned int cpu)
{
	clear_bit(port, fake->mask);
	if (!test_bit(port, fake->pending))
		return;
	fake->upcalls++;
	fake->upcall_on = cpu;
}

static void fake_set_pending(void *data, evtchn_port_t port)
{
	set_bit(port, fake->pending);
}

static void fake_clear_pending(void *data, evtchn_port_t port)
{
	clear_bit(port, fake->pending);
}

static bool fake_is_pending(void *data, evtchn_port_t port)
{
	return test_bit(port, fake->pending);
}

static bool fake_is_masked(void *data, evtchn_port_t port)
{
	return test_bit(port, fake->mask);
}

static void fake_deliver(void *data, struct xen_evtchn_cpu *ec)
{
	struct xen_channel *chan;
	unsigned int port;

	for_each_andnot_bit(port, fake->pending, fake->mask, FAKE_PORTS) {
		chan = xen_evtchn_claim(ec, port);
		if (chan && test_and_clear_bit(port, fake->pending))
			xen_evtchn_run_claimed(ec, chan, port);
	}
}

static const struct xen_evtchn_abi fake_abi = {
	.name		= "fake",
	.keyword	= "fake",
	.channels	= FAKE_PORTS,
	.init		= fake_init,
	.exit		= fake_exit,
	.max_ports	= fake_max_ports,
	.resume		= fake_resume,
	.cpu_up		= fake_cpu_up,
	.cpu_dead	= fake_cpu_dead,
	.reserve	= fake_reserve,
	.prepare	= fake_prepare,
	.mask		= fake_mask,
	.unmask		= fake_unmask,
	.set_pending	= fake_set_pending,
	.clear_pending	= fake_clear_pending,
	.is_pending	= fake_is_pending,
	.is_masked	= fake_is_masked,
	.deliver	= fake_deliver,
};

/* One that Xen lacks. */
static const struct xen_evtchn_abi refused_abi = {
	.name		= "refused",
	.keyword	= "no",
	.channels	= 3,
	.init		= refusing_init,
};

/* One that is there, for those who ask for it. */
static const struct xen_evtchn_abi shy_abi = {
	.name		= "shy",
	.keyword	= "shy:2",
	.by_name_only	= true,
	.channels	= 2,
	.init		= fake_init,
	.exit		= fake_exit,
	.max_ports	= fake_max_ports,
};

/* One that Xen has no more after a restore. */
static const struct xen_evtchn_abi leaving_abi = {
	.name		= "leaving",
	.keyword	= "leaving",
	.channels	= FAKE_PORTS,
	.init		= leaving_init,
	.exit		= leaving_exit,
	.max_ports	= fake_max_ports,
	.resume		= refusing_resume,
};

/* One that has priorities. */
static const struct xen_evtchn_abi ranked_abi = {
	.priorities	= true,
};

static const struct xen_evtchn_abi *const abis[] = { &refused_abi, &shy_abi, &fake_abi };

static int fake_status(struct evtchn_status *op)
{
	if (op->port >= FAKE_STATUS)
		return -EINVAL;
	if (fake->status[op->port].dom == DOMID_XEN)
		return -EACCES;
	*op = fake->status[op->port];
	return 0;
}

static int fake_answer(int cmd, void *arg)
{
	switch (cmd) {
	case EVTCHNOP_bind_vcpu:
		fake->vcpu = ((struct evtchn_bind_vcpu *)arg)->vcpu;
		break;
	case EVTCHNOP_set_priority:
		fake->priority = ((struct evtchn_set_priority *)arg)->priority;
		break;
	case EVTCHNOP_bind_virq:
		((struct evtchn_bind_virq *)arg)->port = fake->next++;
		break;
	case EVTCHNOP_bind_ipi:
		((struct evtchn_bind_ipi *)arg)->port = fake->next++;
		break;
	case EVTCHNOP_bind_pirq:
		((struct evtchn_bind_pirq *)arg)->port = fake->next++;
		break;
	case EVTCHNOP_close:
		fake->closed = ((struct evtchn_close *)arg)->port;
		break;
	case EVTCHNOP_status:
		return fake_status(arg);
	}
	return 0;
}

static int fake_op(int cmd, void *arg)
{
	int err = fake->refuse;

	fake->ops[cmd]++;
	fake->refuse = 0;
	return err ?: fake_answer(cmd, arg);
}

static void count_complaint(const char *what, int err)
{
	fake->complaints++;
}

static void count_remedy(const char *what)
{
	fake->remedies++;
}

/* What each test begins with: an instance, and one channel on a real IRQ. */
struct bench {
	struct xen_evtchn ev;
	struct fake fake;
	struct xen_channel *chan;
	struct irq_chip chip;
	struct xenbus_device dev;
	void (*in_handler)(struct bench *b);
	unsigned int handled;
	int irq;
};

#define PORT	7
#define FIRST	20	/* the first port that Xen gives out */

static void chip_nothing(struct irq_data *data)
{
}

static irqreturn_t handler(int irq, void *dev_id)
{
	struct bench *b = dev_id;

	b->handled++;
	if (b->in_handler)
		b->in_handler(b);
	return IRQ_HANDLED;
}

/* Of one user of a shared port; no event is another's. */
static irqreturn_t handler_of_file(int irq, void *dev_id)
{
	unsigned int *events = dev_id;

	(*events)++;
	return IRQ_HANDLED;
}

static int bench_init(struct kunit *test)
{
	struct bench *b = kunit_kzalloc(test, sizeof(*b), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, b);
	test->priv = b;
	fake = &b->fake;
	fake->next = FIRST;
	instance = &b->ev;
	b->ev.loop_timeout = 2;
	b->ev.eoi_delay = 10;
	kunit_activate_static_stub(test, xen_evtchn_op, fake_op);
	kunit_activate_static_stub(test, xen_evtchn_instance, fake_instance);
	kunit_activate_static_stub(test, xen_evtchn_complain, count_complaint);
	kunit_activate_static_stub(test, xen_evtchn_no_port_left, count_remedy);
	KUNIT_ASSERT_EQ(test, 0, xen_evtchn_start(&b->ev, abis, ARRAY_SIZE(abis), "auto", true));

	b->irq = irq_alloc_desc(-1);
	KUNIT_ASSERT_GT(test, b->irq, 0);
	b->chip.name = "fake";
	b->chip.irq_ack = chip_nothing;
	b->chip.irq_mask = chip_nothing;
	b->chip.irq_unmask = chip_nothing;
	irq_set_chip_and_handler_name(b->irq, &b->chip, handle_edge_irq, "fake");
	irq_clear_status_flags(b->irq, IRQ_NOREQUEST | IRQ_NOAUTOEN);
	KUNIT_ASSERT_EQ(test, 0, request_irq(b->irq, handler, 0, "fake", b));

	mutex_lock(&b->ev.lock);
	b->chan = xen_channel_create(&b->ev, b->irq, XEN_CHANNEL_EVENT);
	mutex_unlock(&b->ev.lock);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, b->chan);
	mutex_lock(&b->ev.lock);
	KUNIT_EXPECT_EQ(test, 0, xen_evtchn_reserve(&b->ev, PORT));
	mutex_unlock(&b->ev.lock);
	KUNIT_ASSERT_EQ(test, 0, xen_channel_attach(b->chan, PORT, smp_processor_id()));
	return 0;
}

static void bench_exit(struct kunit *test)
{
	struct bench *b = test->priv;

	if (b->chan) {
		xen_channel_detach(b->chan, true);
		free_irq(b->irq, b);
		mutex_lock(&b->ev.lock);
		xen_channel_destroy(b->chan);
		mutex_unlock(&b->ev.lock);
		irq_free_desc(b->irq);
		synchronize_rcu();
	}
	xen_evtchn_stop(&b->ev);
}

/* An event from Xen's side: true if it makes an upcall. */
static bool raise(struct bench *b)
{
	return !test_and_set_bit(PORT, b->fake.pending) && !test_bit(PORT, b->fake.mask);
}

/* What an upcall does. */
static void upcall_on(struct bench *b, unsigned int cpu)
{
	unsigned long flags;

	local_irq_save(flags);
	rcu_read_lock();
	b->ev.abi->deliver(b->ev.abi_data, per_cpu_ptr(b->ev.cpus, cpu));
	rcu_read_unlock();
	local_irq_restore(flags);
}

static void upcall(struct bench *b)
{
	upcall_on(b, b->chan->cpu);
}

static void choice_of_an_abi(struct kunit *test)
{
	struct bench *b = test->priv;

	/* "auto" went past the one that Xen refuses. */
	KUNIT_EXPECT_STREQ(test, b->ev.abi->name, "fake");
}

static void named_abis(struct kunit *test)
{
	static const char *const choices[] = { "fake", "no", "nonsense", "" };
	struct xen_evtchn ev;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(choices); i++) {
		memset(&ev, 0, sizeof(ev));
		KUNIT_ASSERT_EQ(test, 0, xen_evtchn_start(&ev, abis, ARRAY_SIZE(abis), choices[i],
							  true));
		KUNIT_EXPECT_STREQ(test, ev.abi->name, "fake");
		xen_evtchn_stop(&ev);
	}
}

static void abi_by_name_only(struct kunit *test)
{
	struct xen_evtchn ev = {};

	KUNIT_ASSERT_EQ(test, 0, xen_evtchn_start(&ev, abis, ARRAY_SIZE(abis), "shy:2", true));
	KUNIT_EXPECT_STREQ(test, ev.abi->name, "shy");
	/* A restore can go on with the one that every Xen has. */
	KUNIT_EXPECT_STREQ(test, ev.last->name, "fake");
	xen_evtchn_stop(&ev);
}

static void channels_of_what_is_tried_first(struct kunit *test)
{
	static const struct {
		const char *choice;
		bool fifo;
		unsigned int channels;
	} cases[] = {
		{ "auto", true, 3 },
		{ "auto", false, FAKE_PORTS },
		{ "nonsense", true, 3 },
		{ "nonsense", false, FAKE_PORTS },
		{ "shy:2", false, 2 },
		{ "fake", true, FAKE_PORTS },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		KUNIT_EXPECT_EQ_MSG(test, cases[i].channels,
				    xen_evtchn_first_channels(abis, ARRAY_SIZE(abis),
							      cases[i].choice, cases[i].fifo),
				    "case %u", i);
}

static void no_abi_at_all(struct kunit *test)
{
	struct bench *b = test->priv;
	struct xen_evtchn ev = {};

	b->fake.refuse = -ENODEV;
	KUNIT_EXPECT_EQ(test, -ENODEV, xen_evtchn_start(&ev, abis, ARRAY_SIZE(abis), "auto",
							true));
	KUNIT_EXPECT_TRUE(test, !ev.cpus);
	b->fake.refuse = 0;
}

static void object_is_small(struct kunit *test)
{
	/* What a kernel that checks its locks adds to one; to a timer it adds as well. */
	const size_t more = ALIGN(sizeof(raw_spinlock_t) - sizeof(arch_spinlock_t), 8);

	if (!more)
		KUNIT_EXPECT_LE(test, sizeof(struct xen_channel), 128);
	KUNIT_EXPECT_LE(test, offsetofend(struct xen_channel, dev), 64 + more);
	/* What an EOI that does not wait looks at; it leaves the timer alone. */
	KUNIT_EXPECT_LE(test, offsetofend(struct xen_channel, reasons), 64 + more);
	KUNIT_EXPECT_LE(test, offsetofend(struct xen_channel, flags), 64 + more);
	KUNIT_EXPECT_LE(test, offsetofend(struct xen_channel, spurious), 64 + more);
	KUNIT_EXPECT_LE(test, offsetofend(struct xen_channel, eoi_time), 64 + more);
	KUNIT_EXPECT_GE(test, offsetof(struct xen_channel, timer), 64);
}

static void table_finds_what_is_in_it(struct kunit *test)
{
	struct bench *b = test->priv;

	KUNIT_EXPECT_PTR_EQ(test, xen_table_get(&b->ev.by_port, PORT), b->chan);
	KUNIT_EXPECT_PTR_EQ(test, xen_irq_channel(&b->ev, b->irq), b->chan);
	KUNIT_EXPECT_NULL(test, xen_table_get(&b->ev.by_port, PORT + 1));
	KUNIT_EXPECT_NULL(test, xen_table_get(&b->ev.by_port, FAKE_PORTS - 1));
	KUNIT_EXPECT_NULL(test, xen_table_get(&b->ev.by_port, FAKE_PORTS));
	KUNIT_EXPECT_NULL(test, xen_table_get(&b->ev.by_port, UINT_MAX));
}

static void room_is_kept_ahead(struct kunit *test)
{
	struct bench *b = test->priv;
	int err;

	mutex_lock(&b->ev.lock);
	err = xen_evtchn_reserve(&b->ev, FAKE_ROOM - 1);
	mutex_unlock(&b->ev.lock);
	KUNIT_EXPECT_EQ(test, 0, err);
	KUNIT_EXPECT_GT(test, b->fake.room, FAKE_ROOM);
	mutex_lock(&b->ev.lock);
	err = xen_evtchn_reserve(&b->ev, FAKE_PORTS - 1);
	mutex_unlock(&b->ev.lock);
	KUNIT_EXPECT_EQ(test, 0, err);
	mutex_lock(&b->ev.lock);
	err = xen_evtchn_reserve(&b->ev, FAKE_PORTS);
	mutex_unlock(&b->ev.lock);
	KUNIT_EXPECT_EQ(test, -ENOSPC, err);
}

static void no_room_leaves_the_port(struct kunit *test)
{
	struct bench *b = test->priv;

	xen_channel_detach(b->chan, false);
	KUNIT_EXPECT_EQ(test, -ENOSPC, xen_channel_attach(b->chan, FAKE_ROOM, 0));
	KUNIT_EXPECT_EQ(test, 0, b->chan->port);
	KUNIT_EXPECT_EQ(test, 0, b->fake.ops[EVTCHNOP_close]);
}

/* Channels of physical interrupts, in numbers that need more than a row of ports. */
#define PIRQS		600

static struct xen_channel *make_pirq(struct xen_evtchn *ev, unsigned int irq)
{
	struct xen_channel *chan = ERR_PTR(-ENOMEM);

	mutex_lock(&ev->lock);
	if (!xen_evtchn_reserve(ev, ev->highest))
		chan = xen_channel_create(ev, irq, XEN_CHANNEL_PIRQ);
	mutex_unlock(&ev->lock);
	return chan;
}

static void drop_pirq(struct xen_evtchn *ev, struct xen_channel *chan)
{
	xen_channel_detach(chan, false);
	mutex_lock(&ev->lock);
	xen_channel_destroy(chan);
	mutex_unlock(&ev->lock);
}

static void there_is_room_for_every_pirq(struct kunit *test)
{
	struct bench *b = test->priv;
	struct xen_channel **chans = kunit_kcalloc(test, PIRQS, sizeof(*chans), GFP_KERNEL);
	int i, irq;

	KUNIT_ASSERT_NOT_NULL(test, chans);
	irq = irq_alloc_descs(-1, 1, PIRQS, -1);
	KUNIT_ASSERT_GT(test, irq, 0);
	/* All are bound first, and get their ports when they are started. */
	for (i = 0; i < PIRQS; i++) {
		chans[i] = make_pirq(&b->ev, irq + i);
		KUNIT_ASSERT_FALSE(test, IS_ERR(chans[i]));
	}
	KUNIT_EXPECT_EQ(test, PIRQS, b->ev.pirqs);
	for (i = 0; i < PIRQS; i++)
		KUNIT_EXPECT_EQ(test, 0, xen_channel_attach(chans[i], PORT + 1 + i, 0));
	for (i = 0; i < PIRQS; i++)
		drop_pirq(&b->ev, chans[i]);
	KUNIT_EXPECT_EQ(test, 0, b->ev.pirqs);
	synchronize_rcu();
	irq_free_descs(irq, PIRQS);
}

static void ports_that_cannot_be_had(struct kunit *test)
{
	struct bench *b = test->priv;
	int irq = irq_alloc_desc(-1);
	struct xen_channel *other;

	KUNIT_ASSERT_GT(test, irq, 0);
	other = make_pirq(&b->ev, irq);
	KUNIT_ASSERT_FALSE(test, IS_ERR(other));
	KUNIT_EXPECT_EQ(test, -EINVAL, xen_channel_attach(other, 0, 0));
	KUNIT_EXPECT_EQ(test, -EEXIST, xen_channel_attach(other, PORT, 0));
	KUNIT_EXPECT_EQ(test, -ENOSPC, xen_channel_attach(other, FAKE_PORTS, 0));
	KUNIT_EXPECT_EQ(test, -ENOSPC, xen_channel_attach(other, UINT_MAX, 0));
	drop_pirq(&b->ev, other);
	irq_free_desc(irq);
	KUNIT_EXPECT_NULL(test, xen_table_get(&b->ev.by_port, 0));
	KUNIT_EXPECT_PTR_EQ(test, xen_table_get(&b->ev.by_port, PORT), b->chan);
}

static void new_channel_is_masked(struct kunit *test)
{
	struct bench *b = test->priv;

	KUNIT_EXPECT_FALSE(test, raise(b));
	xen_channel_unmask(b->chan, XEN_MASK_EXPLICIT);
	KUNIT_EXPECT_EQ(test, 1, b->fake.upcalls);
	upcall(b);
	KUNIT_EXPECT_EQ(test, 1, b->handled);
}

static void each_event_once(struct kunit *test)
{
	struct bench *b = test->priv;
	unsigned int i;

	xen_channel_unmask(b->chan, XEN_MASK_EXPLICIT);
	for (i = 1; i <= 100; i++) {
		KUNIT_EXPECT_TRUE(test, raise(b));
		upcall(b);
		upcall(b);
		KUNIT_EXPECT_EQ(test, i, b->handled);
	}
}

static void reasons_add_up(struct kunit *test)
{
	struct bench *b = test->priv;

	xen_channel_mask(b->chan, XEN_MASK_EOI);
	xen_channel_unmask(b->chan, XEN_MASK_EXPLICIT);
	KUNIT_EXPECT_TRUE(test, test_bit(PORT, b->fake.mask));
	raise(b);
	upcall(b);
	KUNIT_EXPECT_EQ(test, 0, b->handled);
	xen_channel_unmask(b->chan, XEN_MASK_EOI);
	KUNIT_EXPECT_FALSE(test, test_bit(PORT, b->fake.mask));
	KUNIT_EXPECT_EQ(test, 1, b->fake.upcalls);
	/* Unmasking what is not masked makes no second upcall. */
	xen_channel_unmask(b->chan, XEN_MASK_EOI);
	KUNIT_EXPECT_EQ(test, 1, b->fake.upcalls);
}

/* The mask bit is not there yet when an event comes, the reason is. */
static void reason_without_a_bit_holds_an_event(struct kunit *test)
{
	struct bench *b = test->priv;

	xen_channel_unmask(b->chan, XEN_MASK_EXPLICIT);
	xen_channel_mask(b->chan, XEN_MASK_EOI);
	clear_bit(PORT, b->fake.mask);
	KUNIT_EXPECT_TRUE(test, raise(b));
	upcall(b);
	KUNIT_EXPECT_EQ(test, 0, b->handled);
	KUNIT_EXPECT_TRUE(test, test_bit(PORT, b->fake.pending));
	xen_channel_unmask(b->chan, XEN_MASK_EOI);
	upcall(b);
	KUNIT_EXPECT_EQ(test, 1, b->handled);
}

static struct xen_channel *claim_taken(struct bench *b)
{
	struct xen_channel *chan;
	unsigned long flags;

	local_irq_save(flags);
	chan = xen_evtchn_claim_taken(per_cpu_ptr(b->ev.cpus, b->chan->cpu), PORT);
	local_irq_restore(flags);
	return chan;
}

/* The same for an ABI that takes an event before it asks. */
static void taken_event_is_given_back(struct kunit *test)
{
	struct bench *b = test->priv;

	KUNIT_EXPECT_NULL(test, claim_taken(b));
	KUNIT_EXPECT_TRUE(test, test_bit(PORT, b->fake.pending));
	clear_bit(PORT, b->fake.pending);
	xen_channel_unmask(b->chan, XEN_MASK_EXPLICIT);
	KUNIT_EXPECT_PTR_EQ(test, claim_taken(b), b->chan);
	KUNIT_EXPECT_FALSE(test, test_bit(PORT, b->fake.pending));
}

static void others_do_not_claim(struct kunit *test)
{
	struct bench *b = test->priv;
	struct xen_evtchn_cpu ec = { .ev = &b->ev, .cpu = b->chan->cpu + 1 };

	xen_channel_unmask(b->chan, XEN_MASK_EXPLICIT);
	raise(b);
	KUNIT_EXPECT_NULL(test, xen_evtchn_claim(&ec, PORT));
	KUNIT_EXPECT_TRUE(test, test_bit(PORT, b->fake.pending));
}

/* A sender that was held up may notify the VCPU where the channel was. */
static void others_pass_on_what_moved(struct kunit *test)
{
	struct bench *b = test->priv;
	struct xen_evtchn_cpu ec = { .ev = &b->ev, .cpu = b->chan->cpu + 1 };

	xen_channel_unmask(b->chan, XEN_MASK_EXPLICIT);
	raise(b);
	KUNIT_EXPECT_NULL(test, xen_evtchn_claim(&ec, PORT));
	KUNIT_EXPECT_EQ(test, 0, b->fake.upcalls);
	b->chan->moved = jiffies;
	KUNIT_EXPECT_NULL(test, xen_evtchn_claim(&ec, PORT));
	KUNIT_EXPECT_EQ(test, 1, b->fake.upcalls);
	KUNIT_EXPECT_TRUE(test, test_bit(PORT, b->fake.pending));
	/* Nor is it forgotten when that VCPU is gone. */
	mutex_lock(&b->ev.lock);
	xen_evtchn_look_again(&b->ev);
	mutex_unlock(&b->ev.lock);
	KUNIT_EXPECT_EQ(test, 2, b->fake.upcalls);
	/* Masked: whoever unmasks it looks. */
	xen_channel_mask(b->chan, XEN_MASK_EXPLICIT);
	KUNIT_EXPECT_NULL(test, xen_evtchn_claim(&ec, PORT));
	KUNIT_EXPECT_EQ(test, 2, b->fake.upcalls);
	b->chan->moved = jiffies - 2 * HZ;
	xen_channel_unmask(b->chan, XEN_MASK_EXPLICIT);
	KUNIT_EXPECT_EQ(test, 3, b->fake.upcalls);
	KUNIT_EXPECT_NULL(test, xen_evtchn_claim(&ec, PORT));
	KUNIT_EXPECT_EQ(test, 3, b->fake.upcalls);
}

static void port_of_nobody_is_masked(struct kunit *test)
{
	struct bench *b = test->priv;
	struct xen_evtchn_cpu *ec = per_cpu_ptr(b->ev.cpus, b->chan->cpu);

	clear_bit(PORT + 1, b->fake.mask);
	KUNIT_EXPECT_NULL(test, xen_evtchn_claim(ec, PORT + 1));
	KUNIT_EXPECT_TRUE(test, test_bit(PORT + 1, b->fake.mask));
}

static void kick_is_an_event(struct kunit *test)
{
	struct bench *b = test->priv;

	xen_channel_kick(b->chan);
	KUNIT_EXPECT_EQ(test, 0, b->fake.upcalls);
	xen_channel_unmask(b->chan, XEN_MASK_EXPLICIT);
	KUNIT_EXPECT_EQ(test, 1, b->fake.upcalls);
	upcall(b);
	xen_channel_kick(b->chan);
	KUNIT_EXPECT_EQ(test, 2, b->fake.upcalls);
	upcall(b);
	KUNIT_EXPECT_EQ(test, 2, b->handled);
}

static void move_kicks_what_is_pending(struct kunit *test)
{
	struct bench *b = test->priv;
	unsigned int cpu = b->chan->cpu, other = cpumask_next_wrap(cpu, cpu_possible_mask, cpu,
								   false);

	if (other >= nr_cpu_ids)
		kunit_skip(test, "there is one CPU only");
	xen_channel_unmask(b->chan, XEN_MASK_EXPLICIT);
	raise(b);
	KUNIT_EXPECT_EQ(test, 0, xen_channel_move(b->chan, other));
	KUNIT_EXPECT_EQ(test, other, b->chan->cpu);
	KUNIT_EXPECT_EQ(test, 1, b->fake.upcalls);
	KUNIT_EXPECT_EQ(test, 1, b->fake.ops[EVTCHNOP_bind_vcpu]);
	KUNIT_EXPECT_EQ(test, 0, xen_channel_move(b->chan, cpu));
}

/* A port of the toolstack's stays where its last user had it; Xen alone knows. */
static void xen_is_told_in_any_case(struct kunit *test)
{
	struct bench *b = test->priv;
	unsigned int cpu = b->chan->cpu;

	b->fake.vcpu = UINT_MAX;
	KUNIT_EXPECT_EQ(test, 0, xen_channel_move(b->chan, cpu));
	KUNIT_EXPECT_EQ(test, 1, b->fake.ops[EVTCHNOP_bind_vcpu]);
	KUNIT_EXPECT_EQ(test, xen_vcpu_nr(cpu), b->fake.vcpu);
	KUNIT_EXPECT_EQ(test, cpu, b->chan->cpu);
}

/* Events wait for a handler, and meanwhile genirq does not look where the channel is. */
static void starts_where_it_belongs(struct kunit *test, int irq, evtchn_port_t port)
{
	struct bench *b = test->priv;
	struct xen_channel *chan = xen_irq_channel(&b->ev, irq);
	unsigned int cpu = cpumask_first(cpu_online_mask);
	unsigned int other = cpumask_next(cpu, cpu_online_mask);

	KUNIT_ASSERT_EQ(test, 0, irq_set_affinity(irq, cpumask_of(cpu)));
	KUNIT_ASSERT_EQ(test, 0, xen_channel_move(chan, other));
	set_bit(port, b->fake.pending);
	b->fake.upcalls = 0;
	KUNIT_ASSERT_EQ(test, 0, request_irq(irq, handler, 0, "fake", b));
	KUNIT_EXPECT_EQ(test, cpu, chan->cpu);
	KUNIT_EXPECT_EQ(test, 1, b->fake.upcalls);
	KUNIT_EXPECT_EQ(test, cpu, b->fake.upcall_on);
	unbind_from_irqhandler(irq, b);
}

static void moved_before_it_is_unmasked(struct kunit *test)
{
	int edge, late;

	/* Before anything is bound: who skips undoes nothing. */
	if (num_online_cpus() < 2)
		kunit_skip(test, "there is one CPU only");
	edge = bind_evtchn_to_irq(FIRST);
	late = bind_evtchn_to_irq_lateeoi(FIRST + 1);
	KUNIT_ASSERT_GT(test, edge, 0);
	KUNIT_ASSERT_GT(test, late, 0);
	starts_where_it_belongs(test, edge, FIRST);
	starts_where_it_belongs(test, late, FIRST + 1);
}

static void refused_move_leaves_it(struct kunit *test)
{
	struct bench *b = test->priv;
	unsigned int cpu = b->chan->cpu, other = cpumask_next_wrap(cpu, cpu_possible_mask, cpu,
								   false);

	if (other >= nr_cpu_ids)
		kunit_skip(test, "there is one CPU only");
	xen_channel_unmask(b->chan, XEN_MASK_EXPLICIT);
	b->fake.refuse = -EINVAL;
	KUNIT_EXPECT_EQ(test, -EINVAL, xen_channel_move(b->chan, other));
	KUNIT_EXPECT_EQ(test, cpu, b->chan->cpu);
	KUNIT_EXPECT_FALSE(test, test_bit(PORT, b->fake.mask));
}

static void orphans_of_a_vcpu_that_is_gone(struct kunit *test)
{
	struct bench *b = test->priv;
	struct xen_evtchn_cpu gone = { .ev = &b->ev, .cpu = b->chan->cpu };

	xen_channel_unmask(b->chan, XEN_MASK_EXPLICIT);
	/* It did not move: it would come there again. */
	xen_evtchn_orphan(&gone, PORT);
	KUNIT_EXPECT_EQ(test, 0, b->fake.upcalls);
	gone.cpu++;
	xen_evtchn_orphan(&gone, PORT);
	KUNIT_EXPECT_EQ(test, 1, b->fake.upcalls);
	xen_evtchn_orphan(&gone, PORT + 1);
	KUNIT_EXPECT_EQ(test, 1, b->fake.upcalls);
}

static void detached_channel_is_quiet(struct kunit *test)
{
	struct bench *b = test->priv;

	xen_channel_unmask(b->chan, XEN_MASK_EXPLICIT);
	xen_channel_detach(b->chan, true);
	KUNIT_EXPECT_EQ(test, 1, b->fake.ops[EVTCHNOP_close]);
	KUNIT_EXPECT_NULL(test, xen_table_get(&b->ev.by_port, PORT));
	KUNIT_EXPECT_TRUE(test, test_bit(PORT, b->fake.mask));
	/* Nothing to mask, kick or move. */
	xen_channel_mask(b->chan, XEN_MASK_EXPLICIT);
	xen_channel_kick(b->chan);
	KUNIT_EXPECT_FALSE(test, test_bit(PORT, b->fake.pending));
	/* It comes back as it was: masked. */
	KUNIT_EXPECT_EQ(test, 0, xen_channel_attach(b->chan, PORT, b->chan->cpu));
	KUNIT_EXPECT_TRUE(test, test_bit(PORT, b->fake.mask));
}

static void static_port_stays_open(struct kunit *test)
{
	struct bench *b = test->priv;

	b->chan->flags |= XEN_CHANNEL_STATIC;
	xen_channel_detach(b->chan, true);
	KUNIT_EXPECT_EQ(test, 0, b->fake.ops[EVTCHNOP_close]);
}

static void attached_again_as_it_was(struct kunit *test)
{
	struct bench *b = test->priv;

	xen_channel_unmask(b->chan, XEN_MASK_EXPLICIT);
	xen_channel_detach(b->chan, false);
	KUNIT_EXPECT_EQ(test, 0, xen_channel_attach(b->chan, PORT, b->chan->cpu));
	KUNIT_EXPECT_FALSE(test, test_bit(PORT, b->fake.mask));
}

static void users_are_counted(struct kunit *test)
{
	struct bench *b = test->priv;

	KUNIT_EXPECT_EQ(test, -ENOENT, xen_users_count(&b->ev, PORT + 1, false));
	KUNIT_EXPECT_EQ(test, -ENOENT, xen_users_hold(&b->ev, PORT + 1));
	KUNIT_EXPECT_EQ(test, -ENOENT, xen_users_give_up(&b->ev, PORT + 1));
	KUNIT_EXPECT_EQ(test, -EINVAL, xen_users_hold(&b->ev, PORT));
	KUNIT_EXPECT_EQ(test, 0, xen_users_count(&b->ev, PORT, true));
	KUNIT_EXPECT_EQ(test, 0, xen_users_count(&b->ev, PORT, true));
	KUNIT_EXPECT_EQ(test, 1, b->chan->refs);
	KUNIT_EXPECT_TRUE(test, b->chan->flags & XEN_CHANNEL_STATIC);
	KUNIT_EXPECT_EQ(test, 0, xen_users_hold(&b->ev, PORT));
	KUNIT_EXPECT_EQ(test, 2, b->chan->refs);
	KUNIT_EXPECT_EQ(test, 0, xen_users_give_up(&b->ev, PORT));
	/* The binder is nobody's to give up. */
	KUNIT_EXPECT_EQ(test, -ENOENT, xen_users_give_up(&b->ev, PORT));
	KUNIT_EXPECT_EQ(test, 1, b->chan->refs);
	b->chan->refs = XEN_REFS_MAX;
	KUNIT_EXPECT_EQ(test, -EINVAL, xen_users_hold(&b->ev, PORT));
}

static void binder_goes_first(struct kunit *test)
{
	struct bench *b = test->priv;

	xen_users_count(&b->ev, PORT, false);
	xen_users_hold(&b->ev, PORT);
	mutex_lock(&b->ev.lock);
	xen_channel_unbind(b->chan, true);
	mutex_unlock(&b->ev.lock);
	KUNIT_EXPECT_EQ(test, 0, b->fake.ops[EVTCHNOP_close]);
	KUNIT_EXPECT_PTR_EQ(test, xen_table_get(&b->ev.by_port, PORT), b->chan);
	KUNIT_EXPECT_EQ(test, 1, b->chan->refs);
}

static struct xen_channel *another_channel(struct kunit *test)
{
	struct bench *b = test->priv;
	struct xen_channel *chan;
	int irq = irq_alloc_desc(-1);

	KUNIT_ASSERT_GT(test, irq, 0);
	mutex_lock(&b->ev.lock);
	chan = xen_channel_create(&b->ev, irq, XEN_CHANNEL_EVENT);
	mutex_unlock(&b->ev.lock);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, chan);
	return chan;
}

static void destroy_another(struct bench *b, struct xen_channel *chan)
{
	unsigned int irq = chan->irq;

	xen_channel_detach(chan, true);
	mutex_lock(&b->ev.lock);
	xen_channel_destroy(chan);
	mutex_unlock(&b->ev.lock);
	irq_free_desc(irq);
}

/* The number is another's by the time that its holder lets it go. */
static void holder_over_a_restore(struct kunit *test)
{
	struct bench *b = test->priv;
	struct xen_channel *other;
	unsigned long flags;

	xen_users_count(&b->ev, PORT, false);
	xen_users_hold(&b->ev, PORT);
	local_irq_save(flags);
	xen_evtchn_forget_ports(&b->ev);
	local_irq_restore(flags);
	KUNIT_EXPECT_EQ(test, 0, b->chan->port);

	other = another_channel(test);
	KUNIT_EXPECT_EQ(test, 0, xen_channel_attach(other, PORT, 0));
	xen_users_count(&b->ev, PORT, false);
	KUNIT_EXPECT_EQ(test, 0, xen_users_give_up(&b->ev, PORT));
	KUNIT_EXPECT_EQ(test, 1, b->chan->refs);
	KUNIT_EXPECT_EQ(test, -ENOENT, xen_users_give_up(&b->ev, PORT));
	KUNIT_EXPECT_EQ(test, 1, other->refs);
	KUNIT_EXPECT_PTR_EQ(test, xen_table_get(&b->ev.by_port, PORT), other);
	KUNIT_EXPECT_EQ(test, 0, b->fake.ops[EVTCHNOP_close]);
	destroy_another(b, other);
}

static void restore(struct bench *b)
{
	unsigned long flags;

	local_irq_save(flags);
	xen_evtchn_forget_ports(&b->ev);
	local_irq_restore(flags);
}

/* All of it; @refuse is what Xen says to the first who asks for a port. */
static void resume(struct bench *b, int refuse)
{
	unsigned long flags;

	b->fake.refuse = refuse;
	local_irq_save(flags);
	xen_irq_resume();
	local_irq_restore(flags);
	b->fake.refuse = 0;
}

static bool is_bound(struct bench *b, int irq)
{
	return xen_irq_channel(&b->ev, irq);
}

/* As a console binds its port: nobody counts the users, and its handler comes and goes. */
static int bind_console(struct kunit *test, evtchn_port_t port)
{
	struct bench *b = test->priv;
	int irq = bind_evtchn_to_irq_lateeoi(port);

	KUNIT_ASSERT_GT(test, irq, 0);
	KUNIT_EXPECT_EQ(test, 0, request_irq(irq, handler, 0, "fake", b));
	free_irq(irq, b);
	return irq;
}

static void console_gives_up_its_port(struct kunit *test)
{
	struct bench *b = test->priv;
	int irq = bind_console(test, FIRST);

	evtchn_put(FIRST);
	KUNIT_EXPECT_FALSE(test, is_bound(b, irq));
	KUNIT_EXPECT_EQ(test, FIRST, b->fake.closed);
}

/* The number is another's by then, which has a handler. */
static void console_gives_up_a_port_of_another(struct kunit *test)
{
	struct bench *b = test->priv;
	int irq = bind_console(test, FIRST), other;

	restore(b);
	other = bind_evtchn_to_irqhandler(FIRST, handler, 0, "fake", b);
	KUNIT_ASSERT_GT(test, other, 0);
	evtchn_put(FIRST);
	KUNIT_EXPECT_FALSE(test, is_bound(b, irq));
	KUNIT_ASSERT_TRUE(test, is_bound(b, other));
	KUNIT_EXPECT_EQ(test, xen_irq_channel(&b->ev, other)->port, FIRST);
	/* Now nobody has lost that number. */
	KUNIT_EXPECT_EQ(test, -ENOENT, xen_users_give_up(&b->ev, FIRST));
	KUNIT_EXPECT_TRUE(test, is_bound(b, other));
	KUNIT_EXPECT_EQ(test, 0, b->fake.ops[EVTCHNOP_close]);
	unbind_from_irqhandler(other, b);
	KUNIT_EXPECT_EQ(test, 1, b->fake.ops[EVTCHNOP_close]);
}

static void console_gives_up_a_port_of_nobody(struct kunit *test)
{
	struct bench *b = test->priv;
	int irq = bind_console(test, FIRST);

	restore(b);
	restore(b);
	KUNIT_EXPECT_EQ(test, 0, xen_users_give_up(&b->ev, FIRST));
	KUNIT_EXPECT_FALSE(test, is_bound(b, irq));
	KUNIT_EXPECT_EQ(test, 0, b->fake.ops[EVTCHNOP_close]);
	KUNIT_EXPECT_EQ(test, -ENOENT, xen_users_give_up(&b->ev, FIRST));
}

/* As the first console: it has another port, and goes by that. */
static void rebound_console_keeps_its_port(struct kunit *test)
{
	struct bench *b = test->priv;
	int irq = bind_console(test, FIRST);

	restore(b);
	rebind_evtchn_irq(FIRST + 1, irq);
	KUNIT_EXPECT_EQ(test, -ENOENT, xen_users_give_up(&b->ev, FIRST));
	KUNIT_ASSERT_TRUE(test, is_bound(b, irq));
	KUNIT_EXPECT_EQ(test, 0, xen_users_give_up(&b->ev, FIRST + 1));
	KUNIT_EXPECT_FALSE(test, is_bound(b, irq));
	KUNIT_EXPECT_EQ(test, FIRST + 1, b->fake.closed);
}

/* Nobody may give up what is in use, or what was not bound as a port. */
static void not_to_be_given_up(struct kunit *test)
{
	struct bench *b = test->priv;
	int virq = bind_virq_to_irq(VIRQ_CONSOLE, 0, false);
	int irq = bind_evtchn_to_irqhandler(FIRST + 1, handler, 0, "fake", b);

	KUNIT_ASSERT_GT(test, virq, 0);
	KUNIT_ASSERT_GT(test, irq, 0);
	KUNIT_EXPECT_EQ(test, -ENOENT, xen_users_give_up(&b->ev, FIRST));
	KUNIT_EXPECT_EQ(test, -ENOENT, xen_users_give_up(&b->ev, FIRST + 1));
	restore(b);
	KUNIT_EXPECT_EQ(test, -ENOENT, xen_users_give_up(&b->ev, FIRST));
	KUNIT_EXPECT_EQ(test, -ENOENT, xen_users_give_up(&b->ev, FIRST + 1));
	KUNIT_ASSERT_TRUE(test, is_bound(b, virq));
	KUNIT_ASSERT_TRUE(test, is_bound(b, irq));
	unbind_from_irqhandler(irq, b);
	KUNIT_EXPECT_EQ(test, 0, request_irq(virq, handler, 0, "fake", b));
	unbind_from_irqhandler(virq, b);
}

/* As /dev/xen/evtchn binds for a program; who tells one file from the other. */
static int bind_file(evtchn_port_t port, void *who)
{
	return bind_evtchn_to_irqhandler_lateeoi(port, handler_of_file, IRQF_SHARED, "fake", who);
}

/* Both bind before either of them is counted: each file has a lock of its own. */
static void two_files_bind_a_static_port(struct kunit *test)
{
	struct bench *b = test->priv;
	unsigned int one = 0, two = 0;
	int irq = bind_file(FIRST, &one);

	KUNIT_ASSERT_GT(test, irq, 0);
	KUNIT_EXPECT_EQ(test, irq, bind_file(FIRST, &two));
	KUNIT_EXPECT_EQ(test, 0, evtchn_make_refcounted(FIRST, true));
	KUNIT_EXPECT_EQ(test, 0, evtchn_make_refcounted(FIRST, true));
	unbind_from_irqhandler(irq, &one);
	KUNIT_ASSERT_TRUE(test, is_bound(b, irq));
	/* Some kernels try the handler of a shared IRQ when it is set up or freed. */
	one = 0;
	two = 0;
	set_bit(FIRST, b->fake.pending);
	upcall_on(b, xen_irq_channel(&b->ev, irq)->cpu);
	KUNIT_EXPECT_EQ(test, 0, one);
	KUNIT_EXPECT_EQ(test, 1, two);
	unbind_from_irqhandler(irq, &two);
	KUNIT_EXPECT_FALSE(test, is_bound(b, irq));
	KUNIT_EXPECT_EQ(test, 0, b->fake.ops[EVTCHNOP_close]);
}

/* The other would wait for an EOI that never comes. */
static void user_who_leaves_owes_nothing(struct kunit *test)
{
	struct bench *b = test->priv;
	unsigned int one = 0, two = 0, cpu;
	int irq = bind_file(FIRST, &one);

	KUNIT_ASSERT_GT(test, irq, 0);
	cpu = xen_irq_channel(&b->ev, irq)->cpu;
	set_bit(FIRST, b->fake.pending);
	upcall_on(b, cpu);
	KUNIT_EXPECT_TRUE(test, test_bit(FIRST, b->fake.mask));
	KUNIT_EXPECT_EQ(test, irq, bind_file(FIRST, &two));
	unbind_from_irqhandler(irq, &one);
	KUNIT_ASSERT_TRUE(test, is_bound(b, irq));
	two = 0;
	set_bit(FIRST, b->fake.pending);
	upcall_on(b, xen_irq_channel(&b->ev, irq)->cpu);
	KUNIT_EXPECT_EQ(test, 1, two);
	unbind_from_irqhandler(irq, &two);
}

/* What a program opened is closed by its last user, though another called it static. */
static void static_is_what_nobody_opened(struct kunit *test)
{
	struct bench *b = test->priv;
	unsigned int one = 0, two = 0, first;
	int irq;

	for (first = 0; first < 2; first++) {
		b->fake.ops[EVTCHNOP_close] = 0;
		irq = bind_file(FIRST, &one);
		KUNIT_ASSERT_GT(test, irq, 0);
		KUNIT_EXPECT_EQ(test, irq, bind_file(FIRST, &two));
		/* In either order. */
		KUNIT_EXPECT_EQ(test, 0, evtchn_make_refcounted(FIRST, first));
		KUNIT_EXPECT_EQ(test, 0, evtchn_make_refcounted(FIRST, !first));
		unbind_from_irqhandler(irq, &one);
		KUNIT_EXPECT_EQ(test, 0, b->fake.ops[EVTCHNOP_close]);
		KUNIT_ASSERT_TRUE(test, is_bound(b, irq));
		unbind_from_irqhandler(irq, &two);
		KUNIT_EXPECT_EQ(test, 1, b->fake.ops[EVTCHNOP_close]);
		KUNIT_EXPECT_FALSE(test, is_bound(b, irq));
	}
}

/* A port that a driver has for itself, whether or not it has a handler just now. */
static void file_gets_no_port_of_a_driver(struct kunit *test)
{
	struct bench *b = test->priv;
	unsigned int one = 0;
	int irq = bind_console(test, FIRST);

	KUNIT_EXPECT_EQ(test, -EBUSY, bind_file(FIRST, &one));
	KUNIT_ASSERT_TRUE(test, is_bound(b, irq));
	/* It is the driver's still, which gets the same IRQ each time that it asks. */
	KUNIT_EXPECT_EQ(test, irq, bind_evtchn_to_irq_lateeoi(FIRST));
	evtchn_put(FIRST);
	KUNIT_EXPECT_EQ(test, FIRST, b->fake.closed);
	KUNIT_EXPECT_FALSE(test, is_bound(b, irq));
}

/* genirq wants no second handler that is of another kind. */
static void failed_second_user_leaves_the_first(struct kunit *test)
{
	struct bench *b = test->priv;
	unsigned int one = 0, two = 0;
	int irq = bind_file(FIRST, &one);

	KUNIT_ASSERT_GT(test, irq, 0);
	KUNIT_EXPECT_EQ(test, 0, evtchn_make_refcounted(FIRST, false));
	KUNIT_EXPECT_EQ(test, -EBUSY,
			bind_evtchn_to_irqhandler_lateeoi(FIRST, handler_of_file,
							  IRQF_SHARED | IRQF_ONESHOT, "fake",
							  &two));
	KUNIT_EXPECT_EQ(test, 1, xen_irq_channel(&b->ev, irq)->refs);
	KUNIT_EXPECT_EQ(test, 0, b->fake.ops[EVTCHNOP_close]);
	unbind_from_irqhandler(irq, &one);
	KUNIT_EXPECT_EQ(test, 1, b->fake.ops[EVTCHNOP_close]);
}

static void run_events(struct bench *b, unsigned int events)
{
	struct xen_evtchn_cpu *ec = per_cpu_ptr(b->ev.cpus, b->chan->cpu);
	unsigned long flags;

	local_irq_save(flags);
	while (events--)
		xen_evtchn_run(ec, b->chan);
	local_irq_restore(flags);
}

/* Two looks at the clock, and no tick that would count. */
static void long_upcall_is_late(struct kunit *test)
{
	struct bench *b = test->priv;
	struct xen_evtchn_cpu *ec = per_cpu_ptr(b->ev.cpus, b->chan->cpu);

	ec->loop_end = jiffies + 1000 * HZ;
	run_events(b, 256);
	KUNIT_EXPECT_FALSE(test, ec->late);
	KUNIT_ASSERT_NE(test, 0ULL, ec->loop_end_ns);
	/* By the clock that is looked at: mdelay() can be too short where it counts loops. */
	while (ktime_get_mono_fast_ns() <= ec->loop_end_ns)
		cpu_relax();
	KUNIT_EXPECT_FALSE(test, ec->late);
	run_events(b, 256);
	KUNIT_EXPECT_TRUE(test, ec->late);
	ec->late = false;
}

static void one_look_is_enough_where_ticks_count(struct kunit *test)
{
	struct bench *b = test->priv;
	struct xen_evtchn_cpu *ec = per_cpu_ptr(b->ev.cpus, b->chan->cpu);

	ec->loop_end = jiffies - 1;
	run_events(b, 255);
	KUNIT_EXPECT_FALSE(test, ec->late);
	run_events(b, 1);
	KUNIT_EXPECT_TRUE(test, ec->late);
	ec->late = false;
}

static void storm_defers_an_edge(struct kunit *test)
{
	struct bench *b = test->priv;

	xen_channel_unmask(b->chan, XEN_MASK_EXPLICIT);
	b->ev.eoi_delay = 2;
	raise(b);
	per_cpu_ptr(b->ev.cpus, b->chan->cpu)->late = true;
	upcall(b);
	per_cpu_ptr(b->ev.cpus, b->chan->cpu)->late = false;
	KUNIT_EXPECT_EQ(test, 1, b->handled);
	KUNIT_EXPECT_TRUE(test, test_bit(PORT, b->fake.mask));
	raise(b);
	msleep(100);
	KUNIT_EXPECT_FALSE(test, test_bit(PORT, b->fake.mask));
	KUNIT_EXPECT_EQ(test, 1, b->fake.upcalls);
}

static void storm_leaves_virqs(struct kunit *test)
{
	struct bench *b = test->priv;

	b->chan->type = XEN_CHANNEL_VIRQ;
	xen_channel_unmask(b->chan, XEN_MASK_EXPLICIT);
	xen_eoi_throttle(b->chan);
	KUNIT_EXPECT_FALSE(test, test_bit(PORT, b->fake.mask));
	b->chan->type = XEN_CHANNEL_EVENT;
}

/* What a channel with late EOI is made of; the tests send its events and EOIs. */
static void make_late(struct bench *b)
{
	b->chan->flags |= XEN_CHANNEL_LATEEOI;
	b->chan->dev = &b->dev;
	b->dev.spurious_threshold = 1;
	irq_set_chip_data(b->irq, b->chan);
	irq_set_chip(b->irq, &xen_lateeoi_chip);
	xen_channel_unmask(b->chan, XEN_MASK_EXPLICIT);
}

static void run_on(struct xen_evtchn_cpu *ec, struct xen_channel *chan)
{
	unsigned long flags;

	local_irq_save(flags);
	xen_evtchn_run(ec, chan);
	local_irq_restore(flags);
}

/* As if it were @ec's: raised, claimed, and no longer pending. */
static void take(struct kunit *test, struct xen_evtchn_cpu *ec)
{
	struct bench *b = test->priv;

	KUNIT_EXPECT_TRUE(test, raise(b));
	KUNIT_EXPECT_PTR_EQ(test, xen_evtchn_claim(ec, PORT), b->chan);
	clear_bit(PORT, b->fake.pending);
}

static void run_claimed(struct xen_evtchn_cpu *ec, struct xen_channel *chan)
{
	unsigned long flags;

	local_irq_save(flags);
	xen_evtchn_run_claimed(ec, chan, PORT);
	local_irq_restore(flags);
}

/* The port has gone to another when its event is taken; then that one gets the event. */
static void event_is_the_new_owners(struct kunit *test)
{
	struct bench *b = test->priv;
	struct xen_evtchn_cpu *ec = per_cpu_ptr(b->ev.cpus, b->chan->cpu);
	struct xen_channel *other = another_channel(test);

	xen_channel_unmask(b->chan, XEN_MASK_EXPLICIT);
	take(test, ec);
	xen_channel_detach(b->chan, true);
	KUNIT_EXPECT_EQ(test, 0, xen_channel_attach(other, PORT, b->chan->cpu));
	xen_channel_unmask(other, XEN_MASK_EXPLICIT);
	b->fake.upcalls = 0;
	run_claimed(ec, b->chan);
	KUNIT_EXPECT_EQ(test, 0, b->handled);
	KUNIT_EXPECT_TRUE(test, test_bit(PORT, b->fake.pending));
	KUNIT_EXPECT_EQ(test, 1, b->fake.upcalls);
	clear_bit(PORT, b->fake.pending);
	destroy_another(b, other);
}

/* Nobody has the port yet: it stays pending for whoever is next. */
static void event_waits_for_an_owner(struct kunit *test)
{
	struct bench *b = test->priv;
	struct xen_evtchn_cpu *ec = per_cpu_ptr(b->ev.cpus, b->chan->cpu);

	xen_channel_unmask(b->chan, XEN_MASK_EXPLICIT);
	take(test, ec);
	xen_channel_detach(b->chan, true);
	run_claimed(ec, b->chan);
	KUNIT_EXPECT_EQ(test, 0, b->handled);
	KUNIT_EXPECT_TRUE(test, test_bit(PORT, b->fake.pending));
	clear_bit(PORT, b->fake.pending);
}

static void late_eoi_masks_until_it_comes(struct kunit *test)
{
	struct bench *b = test->priv;

	make_late(b);
	KUNIT_EXPECT_TRUE(test, raise(b));
	upcall(b);
	KUNIT_EXPECT_EQ(test, 1, b->handled);
	KUNIT_EXPECT_EQ(test, 1, atomic_read(&b->dev.events));
	KUNIT_EXPECT_EQ(test, XEN_MASK_EOI, b->chan->reasons);
	KUNIT_EXPECT_FALSE(test, raise(b));
	upcall(b);
	KUNIT_EXPECT_EQ(test, 1, b->handled);
	xen_channel_late_eoi(b->chan, false);
	KUNIT_EXPECT_EQ(test, 1, b->fake.upcalls);
	upcall(b);
	KUNIT_EXPECT_EQ(test, 2, b->handled);
}

/*
 * One VCPU has claimed an event when the channel moves; the other claims the next one.
 * Whichever gets there first runs, and the other's event waits for the EOI.
 */
static void moved_between_claim_and_run(struct kunit *test)
{
	struct bench *b = test->priv;
	unsigned int here = b->chan->cpu;
	struct xen_evtchn_cpu was = { .ev = &b->ev, .cpu = here };
	struct xen_evtchn_cpu is = { .ev = &b->ev, .cpu = here + 1 };

	make_late(b);
	take(test, &was);
	WRITE_ONCE(b->chan->cpu, is.cpu);
	take(test, &is);
	run_on(&is, b->chan);
	KUNIT_EXPECT_EQ(test, 1, b->handled);
	run_on(&was, b->chan);
	KUNIT_EXPECT_EQ(test, 1, b->handled);
	KUNIT_EXPECT_EQ(test, 1, atomic_read(&b->dev.events));
	KUNIT_EXPECT_TRUE(test, test_bit(PORT, b->fake.pending));
	KUNIT_EXPECT_TRUE(test, test_bit(PORT, b->fake.mask));
	WRITE_ONCE(b->chan->cpu, here);
	xen_channel_late_eoi(b->chan, false);
	KUNIT_EXPECT_EQ(test, 1, b->fake.upcalls);
	upcall(b);
	KUNIT_EXPECT_EQ(test, 2, b->handled);
}

/* The port went between: there is nothing to give back to. */
static void closed_between_claim_and_run(struct kunit *test)
{
	struct bench *b = test->priv;
	struct xen_evtchn_cpu *ec = per_cpu_ptr(b->ev.cpus, b->chan->cpu);

	make_late(b);
	take(test, ec);
	xen_channel_detach(b->chan, true);
	run_on(ec, b->chan);
	KUNIT_EXPECT_EQ(test, 0, b->handled);
	KUNIT_EXPECT_EQ(test, 0, b->chan->reasons);
	KUNIT_EXPECT_FALSE(test, test_bit(PORT, b->fake.pending));
}

/* Another VCPU has the next event while the handler, its EOI sent, has not returned. */
static void next_event_in_handler(struct bench *b)
{
	struct xen_evtchn_cpu other = { .ev = &b->ev, .cpu = b->chan->cpu };

	b->in_handler = NULL;
	xen_channel_late_eoi(b->chan, false);
	raise(b);
	clear_bit(PORT, b->fake.pending);
	run_on(&other, b->chan);
}

static void handler_called_once_more_owes_an_eoi(struct kunit *test)
{
	struct bench *b = test->priv;

	make_late(b);
	b->in_handler = next_event_in_handler;
	raise(b);
	upcall(b);
	KUNIT_EXPECT_EQ(test, 2, b->handled);
	KUNIT_EXPECT_EQ(test, XEN_MASK_EOI, b->chan->reasons);
	KUNIT_EXPECT_TRUE(test, test_bit(PORT, b->fake.mask));
	xen_channel_late_eoi(b->chan, false);
	KUNIT_EXPECT_FALSE(test, test_bit(PORT, b->fake.mask));
}

static void event_and_disable_in_handler(struct bench *b)
{
	next_event_in_handler(b);
	disable_irq_nosync(b->irq);
}

/* genirq meant to call the handler once more, and then does not. */
static void disabled_before_the_second_call(struct kunit *test)
{
	struct bench *b = test->priv;

	make_late(b);
	b->in_handler = event_and_disable_in_handler;
	raise(b);
	upcall(b);
	KUNIT_EXPECT_EQ(test, 1, b->handled);
	KUNIT_EXPECT_EQ(test, XEN_MASK_EOI | XEN_MASK_EXPLICIT, b->chan->reasons);
	enable_irq(b->irq);
	KUNIT_EXPECT_EQ(test, 0, b->chan->reasons);
	KUNIT_EXPECT_TRUE(test, test_bit(PORT, b->fake.pending));
	KUNIT_EXPECT_EQ(test, 1, b->fake.upcalls);
	upcall(b);
	KUNIT_EXPECT_EQ(test, 2, b->handled);
	KUNIT_EXPECT_EQ(test, XEN_MASK_EOI, b->chan->reasons);
}

/* The handler is not called: nobody would send the EOI. */
static void declined_event_needs_no_eoi(struct kunit *test)
{
	struct bench *b = test->priv;
	struct irq_data *data = irq_get_irq_data(b->irq);

	make_late(b);
	xen_channel_mask(b->chan, XEN_MASK_EOI);
	xen_lateeoi_chip.irq_mask_ack(data);
	KUNIT_EXPECT_EQ(test, XEN_MASK_EXPLICIT, b->chan->reasons);
	KUNIT_EXPECT_TRUE(test, test_bit(PORT, b->fake.mask));
	KUNIT_EXPECT_EQ(test, 1, xen_lateeoi_chip.irq_retrigger(data));
	KUNIT_EXPECT_EQ(test, 0, b->fake.upcalls);
	xen_channel_unmask(b->chan, XEN_MASK_EXPLICIT);
	KUNIT_EXPECT_EQ(test, 1, b->fake.upcalls);
	upcall(b);
	KUNIT_EXPECT_EQ(test, 1, b->handled);
}

/* Another VCPU takes the next event when the IRQ is enabled, before genirq asks for the last. */
static void next_event_before_the_remembered(struct kunit *test)
{
	struct bench *b = test->priv;
	struct irq_data *data = irq_get_irq_data(b->irq);

	make_late(b);
	xen_channel_mask(b->chan, XEN_MASK_EOI);
	xen_lateeoi_chip.irq_mask_ack(data);
	xen_lateeoi_chip.irq_unmask(data);
	xen_channel_mask(b->chan, XEN_MASK_EOI);
	KUNIT_EXPECT_EQ(test, 1, xen_lateeoi_chip.irq_retrigger(data));
	KUNIT_EXPECT_EQ(test, XEN_MASK_EOI, b->chan->reasons);
	KUNIT_EXPECT_TRUE(test, test_bit(PORT, b->fake.mask));
	KUNIT_EXPECT_EQ(test, 0, b->fake.upcalls);
	xen_channel_late_eoi(b->chan, false);
	KUNIT_EXPECT_EQ(test, 1, b->fake.upcalls);
}

/* An event whose EOI is said to be spurious: by how many jiffies is it deferred? */
static int spurious_event(struct bench *b)
{
	int before = atomic_read(&b->dev.jiffies_eoi_delayed);

	xen_channel_mask(b->chan, XEN_MASK_EOI);
	xen_channel_late_eoi(b->chan, true);
	return atomic_read(&b->dev.jiffies_eoi_delayed) - before;
}

static void eoi_falls_due(struct bench *b)
{
	timer_delete_sync(&b->chan->timer);
	b->chan->timer.function(&b->chan->timer);
}

static void back_off_grows_and_is_bounded(struct kunit *test)
{
	struct bench *b = test->priv;
	int delay = 1, i;

	make_late(b);
	KUNIT_EXPECT_EQ(test, 0, spurious_event(b));
	KUNIT_EXPECT_EQ(test, 0, b->chan->reasons);
	/* A short delay may be over before one can look. */
	for (i = 0; i < 300; i++) {
		KUNIT_EXPECT_EQ_MSG(test, delay, spurious_event(b), "event %d", i + 2);
		if (delay == HZ)
			KUNIT_EXPECT_EQ(test, XEN_MASK_EOI, b->chan->reasons);
		eoi_falls_due(b);
		KUNIT_EXPECT_EQ(test, 0, b->chan->reasons);
		delay = min(2 * delay, HZ);
	}
	KUNIT_EXPECT_EQ(test, 301, atomic_read(&b->dev.spurious_events));
	/* One that was none, and all is forgotten. */
	xen_channel_mask(b->chan, XEN_MASK_EOI);
	xen_channel_late_eoi(b->chan, false);
	KUNIT_EXPECT_EQ(test, 0, spurious_event(b));
}

static void thresholds(struct kunit *test)
{
	/* 0 means 1. */
	static const unsigned int cases[][2] = { { 0, 1 }, { 1, 1 }, { 3, 3 } };
	struct bench *b = test->priv;
	unsigned int i, j;

	make_late(b);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		b->dev.spurious_threshold = cases[i][0];
		b->chan->spurious = 0;
		for (j = 0; j < cases[i][1]; j++)
			KUNIT_EXPECT_EQ_MSG(test, 0, spurious_event(b), "case %u", i);
		KUNIT_EXPECT_EQ_MSG(test, 1, spurious_event(b), "case %u", i);
		eoi_falls_due(b);
	}
}

/* The delay that the upcall asked for is over when a spurious EOI comes. */
static void back_off_starts_now_at_the_earliest(struct kunit *test)
{
	struct bench *b = test->priv;
	unsigned long before;

	make_late(b);
	b->chan->spurious = U8_MAX;
	b->chan->eoi_time = (jiffies - 10 * HZ) ?: 1;
	before = jiffies;
	KUNIT_EXPECT_EQ(test, HZ, spurious_event(b));
	KUNIT_EXPECT_EQ(test, XEN_MASK_EOI, b->chan->reasons);
	KUNIT_EXPECT_TRUE(test, time_after_eq(b->chan->timer.expires, before + HZ));
	eoi_falls_due(b);
	/* One that is to come is added to. */
	before = jiffies;
	b->chan->eoi_time = (before + 10 * HZ) ?: 1;
	spurious_event(b);
	KUNIT_EXPECT_TRUE(test, time_after_eq(b->chan->timer.expires, before + 11 * HZ));
	eoi_falls_due(b);
}

static void second_eoi_does_nothing(struct kunit *test)
{
	struct bench *b = test->priv;

	make_late(b);
	xen_channel_mask(b->chan, XEN_MASK_EOI);
	raise(b);
	xen_channel_late_eoi(b->chan, false);
	KUNIT_EXPECT_EQ(test, 1, b->fake.upcalls);
	xen_channel_late_eoi(b->chan, true);
	KUNIT_EXPECT_EQ(test, 1, b->fake.upcalls);
	KUNIT_EXPECT_EQ(test, 0, b->chan->spurious);
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&b->dev.spurious_events));
}

/* The timer has gone off, and its callback waits for the channel's lock. */
static void eoi_while_one_falls_due(struct kunit *test)
{
	struct bench *b = test->priv;

	make_late(b);
	b->chan->spurious = U8_MAX;
	spurious_event(b);
	timer_delete_sync(&b->chan->timer);
	xen_channel_late_eoi(b->chan, false);
	KUNIT_EXPECT_EQ(test, XEN_MASK_EOI, b->chan->reasons);
	b->chan->timer.function(&b->chan->timer);
	KUNIT_EXPECT_EQ(test, 0, b->chan->reasons);
	/* By the next time it is another event's EOI that is outstanding. */
	xen_channel_mask(b->chan, XEN_MASK_EOI);
	b->chan->timer.function(&b->chan->timer);
	KUNIT_EXPECT_EQ(test, XEN_MASK_EOI, b->chan->reasons);
}

static void eoi_after_closing(struct kunit *test)
{
	struct bench *b = test->priv;

	make_late(b);
	b->chan->spurious = U8_MAX;
	xen_eoi_forget(b->chan);
	KUNIT_EXPECT_EQ(test, 0, spurious_event(b));
	KUNIT_EXPECT_FALSE(test, timer_pending(&b->chan->timer));
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&b->dev.spurious_events));
}

static void storm_defers_a_late_eoi(struct kunit *test)
{
	struct bench *b = test->priv;
	struct xen_evtchn_cpu *ec = per_cpu_ptr(b->ev.cpus, b->chan->cpu);

	make_late(b);
	b->ev.eoi_delay = 10 * HZ;
	raise(b);
	ec->late = true;
	upcall(b);
	ec->late = false;
	KUNIT_EXPECT_EQ(test, 1, b->handled);
	xen_channel_late_eoi(b->chan, false);
	KUNIT_EXPECT_EQ(test, XEN_MASK_EOI, b->chan->reasons);
	KUNIT_EXPECT_TRUE(test, timer_pending(&b->chan->timer));
	/* A second one does not shorten it. */
	xen_channel_late_eoi(b->chan, false);
	KUNIT_EXPECT_EQ(test, XEN_MASK_EOI, b->chan->reasons);
	eoi_falls_due(b);
	KUNIT_EXPECT_EQ(test, 0, b->chan->reasons);
	/* The next event is as any other. */
	raise(b);
	upcall(b);
	xen_channel_late_eoi(b->chan, false);
	KUNIT_EXPECT_EQ(test, 0, b->chan->reasons);
}

/* Only where a port was asked of Xen does the log say how to have more. */
static void no_port_left_names_the_setting(struct kunit *test)
{
	struct bench *b = test->priv;
	struct evtchn_bind_ipi op = {};

	b->fake.refuse = -ENOSPC;
	KUNIT_EXPECT_EQ(test, -ENOSPC, xen_evtchn_ask_port("test", EVTCHNOP_bind_ipi, &op));
	KUNIT_EXPECT_EQ(test, 1, b->fake.remedies);
	KUNIT_EXPECT_EQ(test, 0, b->fake.complaints);
	b->fake.refuse = -EPERM;
	KUNIT_EXPECT_EQ(test, -EPERM, xen_evtchn_ask_port("test", EVTCHNOP_bind_ipi, &op));
	KUNIT_EXPECT_EQ(test, 1, b->fake.remedies);
	KUNIT_EXPECT_EQ(test, 1, b->fake.complaints);
	KUNIT_EXPECT_EQ(test, 0, xen_evtchn_ask_port("test", EVTCHNOP_bind_ipi, &op));
	KUNIT_EXPECT_EQ(test, 1, b->fake.complaints);
}

static bool log_has(const char *words)
{
	struct kmsg_dump_iter iter;
	bool found = false;
	char line[256];
	size_t len;

	kmsg_dump_rewind(&iter);
	while (!found && kmsg_dump_get_line(&iter, false, line, sizeof(line) - 1, &len)) {
		line[len] = '\0';
		found = strstr(line, words);
	}
	return found;
}

/* The one line that names a remedy is not to be lost among many that do not. */
static void setting_is_named_in_a_flood(struct kunit *test)
{
	unsigned int i;

	if (!IS_ENABLED(CONFIG_PRINTK))
		kunit_skip(test, "nothing can be seen in this kernel");
	kunit_deactivate_static_stub(test, xen_evtchn_complain);
	kunit_deactivate_static_stub(test, xen_evtchn_no_port_left);
	for (i = 0; i < 100; i++)
		xen_evtchn_complain("stop complaining (test)", -EPERM);
	xen_evtchn_no_port_left("open a port (test)");
	KUNIT_EXPECT_TRUE(test, log_has("cannot stop complaining (test): error -1"));
	KUNIT_EXPECT_TRUE(test, log_has("cannot open a port (test): no channel left"));
}

static void priority_is_told_again(struct kunit *test)
{
	struct bench *b = test->priv;
	const struct xen_evtchn_abi *abi = b->ev.abi;

	b->ev.abi = &ranked_abi;
	xen_channel_set_priority(b->chan);
	KUNIT_EXPECT_EQ(test, 0, b->fake.ops[EVTCHNOP_set_priority]);
	b->chan->priority = 3;
	xen_channel_set_priority(b->chan);
	KUNIT_EXPECT_EQ(test, 1, b->fake.ops[EVTCHNOP_set_priority]);
	KUNIT_EXPECT_EQ(test, 3, b->fake.priority);
	b->fake.refuse = -EINVAL;
	xen_channel_set_priority(b->chan);
	KUNIT_EXPECT_EQ(test, 1, b->fake.complaints);
	b->ev.abi = abi;
}

static int fake_physdev_op(int cmd, void *arg)
{
	fake->maps += cmd == PHYSDEVOP_pirq_eoi_gmfn_v2;
	return fake->refuse;
}

/* The new domain knows nothing of the page in which it is to say who wants an EOI. */
static void map_of_eois_after_a_restore(struct kunit *test)
{
	struct bench *b = test->priv;
	unsigned long *page = (unsigned long *)get_zeroed_page(GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, page);
	kunit_activate_static_stub(test, xen_physdev_op, fake_physdev_op);
	xen_pirq_resume(&b->ev);
	KUNIT_EXPECT_EQ(test, 0, b->fake.maps);
	b->ev.eoi_map = page;
	xen_pirq_resume(&b->ev);
	KUNIT_EXPECT_EQ(test, 1, b->fake.maps);
	KUNIT_EXPECT_PTR_EQ(test, b->ev.eoi_map, page);
	/* A domain that is as it was has it still, and must not find it used for anything else. */
	b->fake.refuse = -EBUSY;
	xen_pirq_resume(&b->ev);
	KUNIT_ASSERT_PTR_EQ(test, b->ev.eoi_map, page);
	KUNIT_EXPECT_EQ(test, 0, b->fake.complaints);
	b->fake.refuse = -EPERM;
	xen_pirq_resume(&b->ev);
	KUNIT_EXPECT_EQ(test, 3, b->fake.maps);
	KUNIT_EXPECT_NULL(test, b->ev.eoi_map);
	KUNIT_EXPECT_EQ(test, 1, b->fake.complaints);
	b->fake.refuse = 0;
}

#define GSI	1000	/* of no machine */

static int bind_a_gsi(struct kunit *test)
{
	int irq;

	kunit_activate_static_stub(test, xen_physdev_op, fake_physdev_op);
	irq = xen_bind_pirq_gsi_to_irq(GSI, 16, 1, "fake");
	KUNIT_ASSERT_GT(test, irq, 0);
	return irq;
}

static void no_port_for_a_pirq(struct kunit *test)
{
	struct bench *b = test->priv;
	int irq = bind_a_gsi(test);
	struct xen_channel *chan = xen_irq_channel(&b->ev, irq);

	KUNIT_EXPECT_EQ(test, 0, b->fake.ops[EVTCHNOP_bind_pirq]);
	b->fake.refuse = -ENOSPC;
	KUNIT_ASSERT_EQ(test, -ENOSPC, request_irq(irq, handler, IRQF_SHARED, "fake", b));
	KUNIT_EXPECT_EQ(test, 1, b->fake.remedies);
	KUNIT_EXPECT_EQ(test, 0, chan->port);
	/* Xen opens one that cannot be had. */
	b->fake.next = PORT;
	KUNIT_ASSERT_EQ(test, -EEXIST, request_irq(irq, handler, IRQF_SHARED, "fake", b));
	KUNIT_EXPECT_EQ(test, 0, chan->port);
	KUNIT_EXPECT_EQ(test, PORT, b->fake.closed);
	KUNIT_EXPECT_EQ(test, 1, b->fake.ops[EVTCHNOP_close]);
	KUNIT_EXPECT_FALSE(test, irq_has_action(irq));
	KUNIT_EXPECT_EQ(test, 0, xen_destroy_irq(irq));
}

static void pirq_has_its_port_while_it_is_requested(struct kunit *test)
{
	struct bench *b = test->priv;
	int irq = bind_a_gsi(test);
	struct xen_channel *chan = xen_irq_channel(&b->ev, irq);

	KUNIT_ASSERT_EQ(test, 0, request_irq(irq, handler, IRQF_SHARED, "fake", b));
	KUNIT_EXPECT_EQ(test, FIRST, chan->port);
	KUNIT_EXPECT_FALSE(test, test_bit(FIRST, b->fake.mask));
	/* For all who share it, and also while it is disabled. */
	KUNIT_EXPECT_EQ(test, 0, request_irq(irq, handler, IRQF_SHARED, "fake", &b->fake));
	disable_irq(irq);
	KUNIT_EXPECT_TRUE(test, test_bit(FIRST, b->fake.mask));
	enable_irq(irq);
	KUNIT_EXPECT_FALSE(test, test_bit(FIRST, b->fake.mask));
	free_irq(irq, &b->fake);
	KUNIT_EXPECT_EQ(test, FIRST, chan->port);
	KUNIT_EXPECT_EQ(test, 1, b->fake.ops[EVTCHNOP_bind_pirq]);
	KUNIT_EXPECT_EQ(test, 0, b->fake.ops[EVTCHNOP_close]);
	free_irq(irq, b);
	KUNIT_EXPECT_EQ(test, 0, chan->port);
	KUNIT_EXPECT_EQ(test, FIRST, b->fake.closed);
	KUNIT_EXPECT_EQ(test, 1, b->fake.ops[EVTCHNOP_close]);
	KUNIT_EXPECT_EQ(test, 0, xen_destroy_irq(irq));
}

/* What an upcall does that saw a PIRQ before its number became another's. */
static void former_pirq_of_a_number(struct kunit *test)
{
	struct bench *b = test->priv;
	int irq = bind_a_gsi(test);
	struct irq_data old = *irq_get_irq_data(irq);

	KUNIT_ASSERT_EQ(test, 0, request_irq(irq, handler, IRQF_SHARED, "fake", b));
	old.chip->irq_mask_ack(&old);
	KUNIT_EXPECT_FALSE(test, test_bit(FIRST, b->fake.mask));
	KUNIT_EXPECT_EQ(test, 0, xen_chip_retrigger(&old));
	KUNIT_EXPECT_EQ(test, -EINVAL, xen_chip_set_affinity(&old, cpumask_of(0), false));
	free_irq(irq, b);
	KUNIT_EXPECT_EQ(test, 0, xen_destroy_irq(irq));
}

/* pciback asks for whatever a device has. */
static void irq_that_has_no_pirq(struct kunit *test)
{
	struct bench *b = test->priv;
	int irq = bind_a_gsi(test);

	KUNIT_EXPECT_EQ(test, 16, xen_pirq_from_irq(irq));
	KUNIT_EXPECT_EQ(test, -ENOENT, xen_pirq_from_irq(b->chan->irq));
	KUNIT_EXPECT_EQ(test, -ENOENT, xen_pirq_from_irq(IRQ_NOTCONNECTED));
	KUNIT_EXPECT_EQ(test, 0, xen_destroy_irq(irq));
}

/* Requested, and freed before it was enabled for the first time. */
static void pirq_that_never_started(struct kunit *test)
{
	struct bench *b = test->priv;
	int irq = bind_a_gsi(test);

	b->fake.refuse = -EPERM;
	KUNIT_ASSERT_EQ(test, -EPERM, request_irq(irq, handler, IRQF_NO_AUTOEN, "fake", b));
	KUNIT_ASSERT_EQ(test, 0, request_irq(irq, handler, IRQF_NO_AUTOEN, "fake", b));
	KUNIT_EXPECT_TRUE(test, test_bit(FIRST, b->fake.mask));
	free_irq(irq, b);
	KUNIT_EXPECT_EQ(test, FIRST, b->fake.closed);
	KUNIT_EXPECT_EQ(test, 0, xen_irq_channel(&b->ev, irq)->port);
	KUNIT_EXPECT_EQ(test, 0, xen_destroy_irq(irq));
}

/* Disabled over a restore, or not; and one for which there is no port then. */
static void pirq_over_a_restore(struct kunit *test)
{
	struct bench *b = test->priv;
	int irq = bind_a_gsi(test);
	struct xen_channel *chan = xen_irq_channel(&b->ev, irq);

	KUNIT_ASSERT_EQ(test, 0, request_irq(irq, handler, 0, "fake", b));
	disable_irq(irq);
	resume(b, 0);
	KUNIT_EXPECT_EQ(test, FIRST + 1, chan->port);
	KUNIT_EXPECT_TRUE(test, test_bit(FIRST + 1, b->fake.mask));
	enable_irq(irq);
	KUNIT_EXPECT_FALSE(test, test_bit(FIRST + 1, b->fake.mask));
	disable_irq(irq);
	resume(b, -EPERM);
	KUNIT_EXPECT_EQ(test, 0, chan->port);
	/* It is asked for once more. */
	enable_irq(irq);
	KUNIT_EXPECT_EQ(test, FIRST + 2, chan->port);
	KUNIT_EXPECT_FALSE(test, test_bit(FIRST + 2, b->fake.mask));
	free_irq(irq, b);
	KUNIT_EXPECT_EQ(test, FIRST + 2, b->fake.closed);
	KUNIT_EXPECT_EQ(test, 0, xen_destroy_irq(irq));
}

#ifdef CONFIG_PCI_MSI
static int bind_two_messages(void)
{
	static struct msi_desc desc;

	return xen_bind_pirq_msi_to_irq(NULL, &desc, 16, 2, "fake", DOMID_SELF);
}
#else
static int bind_two_messages(void)
{
	return -EOPNOTSUPP;
}
#endif

static void message_that_genirq_refuses(struct kunit *test)
{
	struct bench *b = test->priv;
	int irq;

	irq = bind_two_messages();
	if (irq == -EOPNOTSUPP)
		kunit_skip(test, "there are no messages in this kernel");
	KUNIT_ASSERT_GT(test, irq, 0);
	KUNIT_EXPECT_EQ(test, 2, b->ev.pirqs);
	kunit_activate_static_stub(test, xen_physdev_op, fake_physdev_op);
	KUNIT_EXPECT_EQ(test, 0, xen_destroy_irq(irq));
	KUNIT_EXPECT_EQ(test, 0, xen_destroy_irq(irq + 1));
	b->fake.spoil_irqs = true;
	KUNIT_EXPECT_EQ(test, -EINVAL, bind_two_messages());
	KUNIT_EXPECT_EQ(test, 0, b->ev.pirqs);
	KUNIT_EXPECT_EQ(test, 1, b->fake.complaints);
}

/* The kinds that are opened anew keep their IRQs, and are masked if they were. */
static void virqs_and_ipis_over_a_restore(struct kunit *test)
{
	struct bench *b = test->priv;
	struct xen_evtchn_cpu *ec = per_cpu_ptr(b->ev.cpus, 0);
	int virq, ipi;

	virq = bind_virq_to_irqhandler(VIRQ_TIMER, 0, handler, IRQF_PERCPU, "fake", b);
	ipi = bind_ipi_to_irqhandler(0, 0, handler, IRQF_PERCPU, "fake", b);
	KUNIT_ASSERT_GT(test, virq, 0);
	KUNIT_ASSERT_GT(test, ipi, 0);
	KUNIT_EXPECT_EQ(test, FIRST, ec->timer_port);
	disable_irq(ipi);
	resume(b, 0);
	KUNIT_EXPECT_EQ(test, FIRST + 2, xen_irq_channel(&b->ev, virq)->port);
	KUNIT_EXPECT_EQ(test, FIRST + 2, ec->timer_port);
	KUNIT_EXPECT_FALSE(test, test_bit(FIRST + 2, b->fake.mask));
	KUNIT_EXPECT_EQ(test, FIRST + 3, xen_irq_channel(&b->ev, ipi)->port);
	KUNIT_EXPECT_TRUE(test, test_bit(FIRST + 3, b->fake.mask));
	KUNIT_EXPECT_NULL(test, xen_table_get(&b->ev.by_port, FIRST));
	set_bit(FIRST + 2, b->fake.pending);
	set_bit(FIRST + 3, b->fake.pending);
	upcall_on(b, 0);
	KUNIT_EXPECT_EQ(test, 1, b->handled);
	enable_irq(ipi);
	upcall_on(b, 0);
	KUNIT_EXPECT_EQ(test, 2, b->handled);
	/* The first that is asked for, the VIRQ, is not to be had. */
	resume(b, -EPERM);
	KUNIT_EXPECT_EQ(test, 0, xen_irq_channel(&b->ev, virq)->port);
	KUNIT_EXPECT_EQ(test, 0, ec->timer_port);
	KUNIT_EXPECT_EQ(test, FIRST + 4, xen_irq_channel(&b->ev, ipi)->port);
	KUNIT_EXPECT_EQ(test, 1, b->fake.complaints);
	unbind_from_irqhandler(virq, b);
	unbind_from_irqhandler(ipi, b);
	KUNIT_EXPECT_EQ(test, 1, b->fake.ops[EVTCHNOP_close]);
	KUNIT_EXPECT_EQ(test, FIRST + 4, b->fake.closed);
}

static void status_of_virq(struct bench *b, evtchn_port_t port, unsigned int virq,
			   unsigned int vcpu)
{
	b->fake.status[port] = (struct evtchn_status){
		.status = EVTCHNSTAT_virq,
		.vcpu = vcpu,
		.u.virq = virq,
	};
}

static int open_bound_virq(struct bench *b, unsigned int virq, evtchn_port_t *port)
{
	*port = 0;
	b->fake.refuse = -EEXIST;
	return xen_virq_open(virq, 0, port);
}

/* Xen says that a VIRQ is bound: by a kernel that ran before in this domain. */
static void virq_that_is_bound(struct kunit *test)
{
	struct bench *b = test->priv;
	evtchn_port_t port;

	b->fake.status[1].dom = DOMID_XEN;
	status_of_virq(b, 2, VIRQ_DEBUG, xen_vcpu_nr(0) + 1);
	status_of_virq(b, 3, VIRQ_TIMER, xen_vcpu_nr(0));
	status_of_virq(b, 4, VIRQ_DEBUG, xen_vcpu_nr(0));
	KUNIT_EXPECT_EQ(test, 0, open_bound_virq(b, VIRQ_DEBUG, &port));
	KUNIT_EXPECT_EQ(test, 4, port);
	KUNIT_EXPECT_EQ(test, 4, b->fake.ops[EVTCHNOP_status]);
	/* A global one, of another VCPU. */
	status_of_virq(b, 5, VIRQ_CONSOLE, xen_vcpu_nr(0) + 1);
	KUNIT_EXPECT_EQ(test, -EEXIST, open_bound_virq(b, VIRQ_CONSOLE, &port));
	/* A program's. */
	status_of_virq(b, PORT, VIRQ_XENPMU, xen_vcpu_nr(0));
	KUNIT_EXPECT_EQ(test, -EEXIST, open_bound_virq(b, VIRQ_XENPMU, &port));
	KUNIT_EXPECT_EQ(test, 2, b->fake.complaints);
	/* Not to be found: the search ends with the ports that there are. */
	b->fake.ops[EVTCHNOP_status] = 0;
	KUNIT_EXPECT_EQ(test, -ENOENT, open_bound_virq(b, VIRQ_XENOPROF, &port));
	KUNIT_EXPECT_EQ(test, FAKE_STATUS, b->fake.ops[EVTCHNOP_status]);
	KUNIT_EXPECT_EQ(test, 3, b->fake.complaints);
}

static void restore_forgets_what_is_outstanding(struct kunit *test)
{
	struct bench *b = test->priv;
	unsigned long flags;

	xen_channel_unmask(b->chan, XEN_MASK_EXPLICIT);
	xen_channel_mask(b->chan, XEN_MASK_EOI);
	b->chan->spurious = 9;
	b->chan->eoi_time = 1;
	b->chan->flags |= XEN_CHANNEL_DEFERRED;
	raw_spin_lock_irqsave(&b->chan->lock, flags);
	xen_eoi_reset(b->chan);
	raw_spin_unlock_irqrestore(&b->chan->lock, flags);
	KUNIT_EXPECT_EQ(test, 0, b->chan->reasons);
	KUNIT_EXPECT_EQ(test, 0, b->chan->spurious);
	KUNIT_EXPECT_EQ(test, 0, b->chan->eoi_time);
	KUNIT_EXPECT_FALSE(test, b->chan->flags & XEN_CHANNEL_DEFERRED);
}

/* Nothing is freed where no lock can be waited for, and then all of it, once. */
static void abi_that_a_restore_left(struct kunit *test)
{
	static const struct xen_evtchn_abi *const both[] = { &leaving_abi, &fake_abi };
	struct bench *b = test->priv;
	struct xen_evtchn ev = {};

	KUNIT_ASSERT_EQ(test, 0, xen_evtchn_start(&ev, both, ARRAY_SIZE(both), "auto", true));
	KUNIT_EXPECT_STREQ(test, ev.abi->name, "leaving");
	xen_evtchn_give_back(&ev);
	KUNIT_EXPECT_EQ(test, 0, b->fake.given_back);
	xen_evtchn_cpu_of(&ev, 0)->abi = b;
	KUNIT_EXPECT_EQ(test, 0, xen_evtchn_resume_abi(&ev));
	KUNIT_EXPECT_STREQ(test, ev.abi->name, "fake");
	KUNIT_EXPECT_NULL(test, xen_evtchn_cpu_of(&ev, 0)->abi);
	KUNIT_EXPECT_EQ(test, 0, b->fake.given_back);
	xen_evtchn_give_back(&ev);
	KUNIT_EXPECT_EQ(test, 1, b->fake.given_back);
	KUNIT_EXPECT_EQ(test, 0, xen_evtchn_resume_abi(&ev));
	xen_evtchn_give_back(&ev);
	xen_evtchn_stop(&ev);
	KUNIT_EXPECT_EQ(test, 1, b->fake.given_back);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(choice_of_an_abi),
	KUNIT_CASE(named_abis),
	KUNIT_CASE(abi_by_name_only),
	KUNIT_CASE(channels_of_what_is_tried_first),
	KUNIT_CASE(no_abi_at_all),
	KUNIT_CASE(object_is_small),
	KUNIT_CASE(table_finds_what_is_in_it),
	KUNIT_CASE(room_is_kept_ahead),
	KUNIT_CASE(no_room_leaves_the_port),
	KUNIT_CASE(there_is_room_for_every_pirq),
	KUNIT_CASE(ports_that_cannot_be_had),
	KUNIT_CASE(new_channel_is_masked),
	KUNIT_CASE(each_event_once),
	KUNIT_CASE(reasons_add_up),
	KUNIT_CASE(reason_without_a_bit_holds_an_event),
	KUNIT_CASE(taken_event_is_given_back),
	KUNIT_CASE(others_do_not_claim),
	KUNIT_CASE(others_pass_on_what_moved),
	KUNIT_CASE(port_of_nobody_is_masked),
	KUNIT_CASE(kick_is_an_event),
	KUNIT_CASE(move_kicks_what_is_pending),
	KUNIT_CASE(xen_is_told_in_any_case),
	KUNIT_CASE(moved_before_it_is_unmasked),
	KUNIT_CASE(refused_move_leaves_it),
	KUNIT_CASE(orphans_of_a_vcpu_that_is_gone),
	KUNIT_CASE(detached_channel_is_quiet),
	KUNIT_CASE(static_port_stays_open),
	KUNIT_CASE(attached_again_as_it_was),
	KUNIT_CASE(users_are_counted),
	KUNIT_CASE(binder_goes_first),
	KUNIT_CASE(holder_over_a_restore),
	KUNIT_CASE(console_gives_up_its_port),
	KUNIT_CASE(console_gives_up_a_port_of_another),
	KUNIT_CASE(console_gives_up_a_port_of_nobody),
	KUNIT_CASE(rebound_console_keeps_its_port),
	KUNIT_CASE(not_to_be_given_up),
	KUNIT_CASE(two_files_bind_a_static_port),
	KUNIT_CASE(user_who_leaves_owes_nothing),
	KUNIT_CASE(static_is_what_nobody_opened),
	KUNIT_CASE(file_gets_no_port_of_a_driver),
	KUNIT_CASE(failed_second_user_leaves_the_first),
	KUNIT_CASE(long_upcall_is_late),
	KUNIT_CASE(one_look_is_enough_where_ticks_count),
	KUNIT_CASE(storm_defers_an_edge),
	KUNIT_CASE(storm_leaves_virqs),
	KUNIT_CASE(event_is_the_new_owners),
	KUNIT_CASE(event_waits_for_an_owner),
	KUNIT_CASE(late_eoi_masks_until_it_comes),
	KUNIT_CASE(moved_between_claim_and_run),
	KUNIT_CASE(closed_between_claim_and_run),
	KUNIT_CASE(handler_called_once_more_owes_an_eoi),
	KUNIT_CASE(disabled_before_the_second_call),
	KUNIT_CASE(declined_event_needs_no_eoi),
	KUNIT_CASE(next_event_before_the_remembered),
	KUNIT_CASE(back_off_grows_and_is_bounded),
	KUNIT_CASE(thresholds),
	KUNIT_CASE(back_off_starts_now_at_the_earliest),
	KUNIT_CASE(second_eoi_does_nothing),
	KUNIT_CASE(eoi_while_one_falls_due),
	KUNIT_CASE(eoi_after_closing),
	KUNIT_CASE(storm_defers_a_late_eoi),
	KUNIT_CASE(no_port_left_names_the_setting),
	KUNIT_CASE(setting_is_named_in_a_flood),
	KUNIT_CASE(priority_is_told_again),
	KUNIT_CASE(map_of_eois_after_a_restore),
	KUNIT_CASE(no_port_for_a_pirq),
	KUNIT_CASE(pirq_has_its_port_while_it_is_requested),
	KUNIT_CASE(former_pirq_of_a_number),
	KUNIT_CASE(irq_that_has_no_pirq),
	KUNIT_CASE(pirq_that_never_started),
	KUNIT_CASE(pirq_over_a_restore),
	KUNIT_CASE(message_that_genirq_refuses),
	KUNIT_CASE(virqs_and_ipis_over_a_restore),
	KUNIT_CASE(virq_that_is_bound),
	KUNIT_CASE(restore_forgets_what_is_outstanding),
	KUNIT_CASE(abi_that_a_restore_left),
	{}
};

static struct kunit_suite suite = {
	.name = "xen_events",
	.init = bench_init,
	.exit = bench_exit,
	.test_cases = cases,
};

kunit_test_suite(suite);

MODULE_DESCRIPTION("KUnit tests of the Xen event channel core");
MODULE_LICENSE("GPL");

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of what the ABIs with a bitmap tree have in common: that the timer comes first,
 * and by which way an event of a port that is unmasked gets to its VCPU.  The methods are
 * the 2-level ABI's, the tree is in memory of the test; so is the word of Xen's that is
 * its root.
 */
#include <kunit/static_stub.h>
#include <kunit/test.h>

#include <linux/cpumask.h>
#include <linux/interrupt.h>
#include <linux/irqflags.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <xen/events.h>
#include <xen/interface/xen.h>
#include <xen/xen.h>
#include <xen/xen-ops.h>

#include "../abi_list.h"
#include "../abi_tree.h"
#include "../channel.h"

#define WORDS		64	/* of pending and of mask bits */
#define CPU		0	/* where all of it happens */
#define TIMER		200	/* its port: not in the first word */
#define EVENTS		3	/* ports 1 to 3 */

/* A guest and its Xen. */
struct tree_bench {
	struct xen_evtchn ev;
	struct xen_evtchn_abi abi;	/* the 2-level one, but for its memory */
	struct tree_abi ta;
	struct tree_leaf leaf;
	tree_word_t pending[WORDS];
	tree_word_t mask[WORDS];
	struct vcpu_info vcpu;
	struct vcpu_info *real;
	unsigned int unmasks;		/* EVTCHNOP_unmask */
	unsigned int ran[2 * EVENTS + 2];
	unsigned int runs;
};

/* The test that runs; suites run one at a time. */
static struct tree_bench *bench;

static void *test_init(struct xen_evtchn *ev)
{
	return &bench->ta;
}

static void test_exit(void *data)
{
}

/* An interrupt may come in between: it is one of this kernel. */
static struct xen_evtchn *test_instance(void)
{
	return in_task() ? &bench->ev : &xen_evtchn;
}

static int test_op(int cmd, void *arg)
{
	if (cmd == EVTCHNOP_bind_virq)
		((struct evtchn_bind_virq *)arg)->port = TIMER;
	if (cmd == EVTCHNOP_unmask) {
		tree_clear_mask(&bench->ta.tree, ((struct evtchn_unmask *)arg)->port);
		bench->unmasks++;
	}
	return 0;
}

/* Ports in the order in which they are run. */
static irqreturn_t note(int irq, void *dev_id)
{
	if (bench->runs < ARRAY_SIZE(bench->ran))
		bench->ran[bench->runs++] = xen_irq_channel(&bench->ev, irq)->port;
	return IRQ_HANDLED;
}

static int tree_test_init(struct kunit *test)
{
	const struct xen_evtchn_abi *abis[1];

	bench = kunit_kzalloc(test, sizeof(*bench), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, bench);
	KUNIT_ASSERT_EQ(test, 0, set_cpus_allowed_ptr(current, cpumask_of(CPU)));
	bench->ta.cpus = alloc_percpu(struct bitmap_tree_cpu);
	KUNIT_ASSERT_FALSE(test, !bench->ta.cpus);
	KUNIT_ASSERT_EQ(test, 0, tree_init(&bench->ta.tree, TREE_MIN_DEPTH, &bench->leaf, 1));
	KUNIT_ASSERT_EQ(test, 0, tree_add_leaf(&bench->ta.tree, bench->pending, bench->mask));
	bench->abi = xen_evtchn_2l;
	bench->abi.init = test_init;
	bench->abi.exit = test_exit;
	abis[0] = &bench->abi;
	kunit_activate_static_stub(test, xen_evtchn_op, test_op);
	kunit_activate_static_stub(test, xen_evtchn_instance, test_instance);
	KUNIT_ASSERT_EQ(test, 0, xen_evtchn_start(&bench->ev, abis, ARRAY_SIZE(abis), "auto",
						  true));
	return 0;
}

static void tree_test_exit(struct kunit *test)
{
	xen_evtchn_stop(&bench->ev);
	free_percpu(bench->ta.cpus);
}

/* From here on the VCPU's word is the test's. */
static unsigned long enter_vcpu(void)
{
	unsigned long flags;

	local_irq_save(flags);
	bench->real = __this_cpu_read(xen_vcpu);
	/* Where a PV guest looks whether interrupts are off. */
	bench->vcpu.evtchn_upcall_mask = 1;
	__this_cpu_write(xen_vcpu, &bench->vcpu);
	return flags;
}

static void leave_vcpu(unsigned long flags)
{
	__this_cpu_write(xen_vcpu, bench->real);
	local_irq_restore(flags);
}

/* As Xen does it; the timer's word is announced as well. */
static void send_all(void)
{
	evtchn_port_t port;

	for (port = 1; port <= EVENTS; port++)
		tree_abi_set_pending(&bench->ta, port);
	tree_abi_set_pending(&bench->ta, TIMER);
	bench->vcpu.evtchn_pending_sel = 1 | (xen_ulong_t)1 << (TIMER >> TREE_SHIFT);
}

static void upcall(void)
{
	unsigned long flags = enter_vcpu();

	rcu_read_lock();
	send_all();
	bench->abi.deliver(&bench->ta, per_cpu_ptr(bench->ev.cpus, CPU));
	rcu_read_unlock();
	leave_vcpu(flags);
}

static int bind_here(struct kunit *test, evtchn_port_t port)
{
	int irq = bind_evtchn_to_irqhandler(port, note, 0, "fake", bench);

	KUNIT_ASSERT_GT(test, irq, 0);
	WRITE_ONCE(xen_irq_channel(&bench->ev, irq)->cpu, CPU);
	return irq;
}

static void timer_comes_first(struct kunit *test)
{
	int irq[EVENTS + 1];
	unsigned int i;

	irq[0] = bind_virq_to_irqhandler(VIRQ_TIMER, CPU, note, IRQF_PERCPU, "fake", bench);
	KUNIT_ASSERT_GT(test, irq[0], 0);
	for (i = 1; i <= EVENTS; i++)
		irq[i] = bind_here(test, i);
	upcall();
	/* Once only, though the scan comes to its word as well. */
	KUNIT_EXPECT_EQ(test, EVENTS + 1, bench->runs);
	KUNIT_EXPECT_EQ(test, TIMER, bench->ran[0]);
	for (i = 1; i <= EVENTS; i++)
		KUNIT_EXPECT_EQ(test, i, bench->ran[i]);
	/* A timer that is masked waits, and keeps nobody. */
	disable_irq(irq[0]);
	upcall();
	KUNIT_EXPECT_EQ(test, 2 * EVENTS + 1, bench->runs);
	KUNIT_EXPECT_TRUE(test, tree_abi_is_pending(&bench->ta, TIMER));
	for (i = 0; i <= EVENTS; i++)
		unbind_from_irqhandler(irq[i], bench);
}

static void unmask(bool pending, unsigned int cpu)
{
	unsigned long flags = enter_vcpu();

	bench->vcpu.evtchn_upcall_pending = 0;
	bench->vcpu.evtchn_pending_sel = 0;
	bench->unmasks = 0;
	tree_abi_mask(&bench->ta, TIMER);
	if (pending)
		tree_abi_set_pending(&bench->ta, TIMER);
	tree_abi_unmask(&bench->ta, TIMER, cpu);
	leave_vcpu(flags);
}

/* Only a PV guest makes its own upcall, and only on the VCPU that it is for. */
static void who_makes_the_upcall(struct kunit *test)
{
	xen_ulong_t bit = (xen_ulong_t)1 << (TIMER >> TREE_SHIFT);
	bool pv = xen_pv_domain();

	unmask(false, CPU);
	KUNIT_EXPECT_FALSE(test, tree_abi_is_masked(&bench->ta, TIMER));
	KUNIT_EXPECT_EQ(test, 0, bench->unmasks);
	KUNIT_EXPECT_EQ(test, 0, bench->vcpu.evtchn_pending_sel);
	KUNIT_EXPECT_EQ(test, 0, bench->vcpu.evtchn_upcall_pending);

	unmask(true, CPU);
	KUNIT_EXPECT_FALSE(test, tree_abi_is_masked(&bench->ta, TIMER));
	KUNIT_EXPECT_EQ(test, pv ? 0 : 1, bench->unmasks);
	KUNIT_EXPECT_EQ(test, pv ? bit : 0, bench->vcpu.evtchn_pending_sel);
	KUNIT_EXPECT_EQ(test, pv ? 1 : 0, bench->vcpu.evtchn_upcall_pending);

	unmask(true, CPU + 1);
	KUNIT_EXPECT_FALSE(test, tree_abi_is_masked(&bench->ta, TIMER));
	KUNIT_EXPECT_EQ(test, 1, bench->unmasks);
	KUNIT_EXPECT_EQ(test, 0, bench->vcpu.evtchn_pending_sel);
	KUNIT_EXPECT_EQ(test, 0, bench->vcpu.evtchn_upcall_pending);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(timer_comes_first),
	KUNIT_CASE(who_makes_the_upcall),
	{}
};

static struct kunit_suite suite = {
	.name = "xen_events_tree",
	.init = tree_test_init,
	.exit = tree_test_exit,
	.test_cases = cases,
};

kunit_test_suite(suite);

MODULE_DESCRIPTION("KUnit tests of ABIs with a bitmap tree");
MODULE_LICENSE("GPL");

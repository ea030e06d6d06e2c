// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the FIFO ABI's hypercalls: what is given to Xen, when, and what becomes of it
 * when Xen says no.  What a VCPU does with its queues is tested in
 * tools/testing/host/events, as it needs no kernel.
 */
#include <kunit/static_stub.h>
#include <kunit/test.h>

#include <linux/cpumask.h>
#include <linux/irqflags.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>

#include "../abi_list.h"
#include "../channel.h"
#include "../fifo_queue.h"

#define MAX_BLOCKS	64
#define PAGE_PORTS	1024	/* ports whose words fill a page of Xen's */

/* Xen as it is for a test, and what it was told. */
struct fake_xen {
	unsigned int refuse;		/* a command, and the answer to it */
	int answer;
	u64 block[MAX_BLOCKS];		/* control blocks, by gfn */
	unsigned int blocks;
	unsigned int pages;
	unsigned int unmasks;
	unsigned int complaints;
	struct xen_evtchn ev;
};

/* The test that runs; suites run one at a time. */
static struct fake_xen *xen;

/* A VCPU has one for good, as it is for Xen. */
static int answer_control(const struct evtchn_init_control *op)
{
	unsigned int i;

	for (i = 0; i < xen->blocks; i++)
		if (xen->block[i] == op->control_gfn)
			return -EINVAL;
	if (xen->blocks == MAX_BLOCKS)
		return -ENOMEM;
	xen->block[xen->blocks++] = op->control_gfn;
	return 0;
}

static int fake_op(int cmd, void *arg)
{
	if (cmd == xen->refuse)
		return xen->answer;
	switch (cmd) {
	case EVTCHNOP_init_control:
		return answer_control(arg);
	case EVTCHNOP_expand_array:
		xen->pages++;
		return 0;
	case EVTCHNOP_unmask:
		xen->unmasks++;
		return 0;
	}
	return -EOPNOTSUPP;
}

static void count_complaint(const char *what, int err)
{
	xen->complaints++;
}

static void refuse(unsigned int cmd, int answer)
{
	xen->refuse = cmd;
	xen->answer = answer;
}

/* Another host, which knows nothing of this guest. */
static void migrate(void)
{
	xen->blocks = 0;
	xen->pages = 0;
}

static const struct xen_evtchn_abi *const fifo_only[] = { &xen_evtchn_fifo };

/* As at boot, on a CPU that stays the same. */
static int start(void)
{
	int err;

	migrate_disable();
	err = xen_evtchn_start(&xen->ev, fifo_only, ARRAY_SIZE(fifo_only), "auto", true);
	migrate_enable();
	return err;
}

static int bring_up(unsigned int cpu)
{
	return xen->ev.abi->cpu_up(xen->ev.abi_data, xen_evtchn_cpu_of(&xen->ev, cpu));
}

/* A VCPU that is not the one of the start. */
static unsigned int another_cpu(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		if (!xen_evtchn_cpu_of(&xen->ev, cpu)->abi)
			return cpu;
	return nr_cpu_ids;
}

static int fifo_test_init(struct kunit *test)
{
	xen = kunit_kzalloc(test, sizeof(*xen), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, xen);
	kunit_activate_static_stub(test, xen_evtchn_op, fake_op);
	kunit_activate_static_stub(test, xen_evtchn_complain, count_complaint);
	KUNIT_ASSERT_EQ(test, 0, start());
	return 0;
}

static void fifo_test_exit(struct kunit *test)
{
	xen_evtchn_stop(&xen->ev);
}

static void one_block_switches_over(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, 1, xen->blocks);
	KUNIT_EXPECT_EQ(test, 0, xen->pages);
	KUNIT_EXPECT_EQ(test, EVTCHN_FIFO_NR_CHANNELS,
			xen->ev.abi->max_ports(xen->ev.abi_data));
}

static void a_xen_without_it(struct kunit *test)
{
	xen_evtchn_stop(&xen->ev);
	memset(&xen->ev, 0, sizeof(xen->ev));
	refuse(EVTCHNOP_init_control, -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP, start());
	KUNIT_EXPECT_NULL(test, xen->ev.abi);
}

static void vcpu_that_comes_again(struct kunit *test)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		KUNIT_EXPECT_EQ(test, 0, bring_up(cpu));
		xen->ev.abi->cpu_dead(xen->ev.abi_data, xen_evtchn_cpu_of(&xen->ev, cpu));
		/* Its block is Xen's still. */
		KUNIT_EXPECT_EQ(test, 0, bring_up(cpu));
	}
	KUNIT_EXPECT_EQ(test, num_possible_cpus(), xen->blocks);
}

static void refused_vcpu_is_tried_again(struct kunit *test)
{
	unsigned int cpu = another_cpu();

	if (cpu >= nr_cpu_ids)
		kunit_skip(test, "there is one CPU only");
	refuse(EVTCHNOP_init_control, -ENOMEM);
	KUNIT_EXPECT_EQ(test, -ENOMEM, bring_up(cpu));
	KUNIT_EXPECT_NULL(test, xen_evtchn_cpu_of(&xen->ev, cpu)->abi);
	/* It never came, and can go nevertheless. */
	xen->ev.abi->cpu_dead(xen->ev.abi_data, xen_evtchn_cpu_of(&xen->ev, cpu));
	refuse(0, 0);
	KUNIT_EXPECT_EQ(test, 0, bring_up(cpu));
	KUNIT_EXPECT_EQ(test, 2, xen->blocks);
}

static void pages_follow_use(struct kunit *test)
{
	const struct xen_evtchn_abi *abi = xen->ev.abi;
	void *data = xen->ev.abi_data;

	KUNIT_EXPECT_EQ(test, -ENOSPC, abi->prepare(data, 1));
	KUNIT_EXPECT_EQ(test, 0, abi->reserve(data, 100));
	KUNIT_EXPECT_EQ(test, 1, xen->pages);
	KUNIT_EXPECT_EQ(test, 0, abi->reserve(data, PAGE_PORTS));
	KUNIT_EXPECT_EQ(test, 1, xen->pages);
	KUNIT_EXPECT_EQ(test, 0, abi->reserve(data, 2 * PAGE_PORTS + 1));
	KUNIT_EXPECT_EQ(test, 3, xen->pages);
	KUNIT_EXPECT_EQ(test, 0, abi->prepare(data, 2 * PAGE_PORTS));
	KUNIT_EXPECT_TRUE(test, abi->is_masked(data, 2 * PAGE_PORTS));
	KUNIT_EXPECT_FALSE(test, abi->is_pending(data, 2 * PAGE_PORTS));
	KUNIT_EXPECT_EQ(test, -ENOSPC, abi->prepare(data, 3 * PAGE_PORTS));
	KUNIT_EXPECT_EQ(test, 0, abi->reserve(data, EVTCHN_FIFO_NR_CHANNELS));
	KUNIT_EXPECT_EQ(test, 0, abi->prepare(data, EVTCHN_FIFO_NR_CHANNELS - 1));
}

static void refused_page_is_tried_again(struct kunit *test)
{
	const struct xen_evtchn_abi *abi = xen->ev.abi;
	void *data = xen->ev.abi_data;

	refuse(EVTCHNOP_expand_array, -ENOMEM);
	KUNIT_EXPECT_EQ(test, -ENOMEM, abi->reserve(data, 1));
	KUNIT_EXPECT_EQ(test, -ENOMEM, abi->prepare(data, 1));
	refuse(0, 0);
	KUNIT_EXPECT_EQ(test, 0, abi->prepare(data, 1));
	KUNIT_EXPECT_EQ(test, 1, xen->pages);
}

/* The caller hears of it, too; this is what binding reserves by. */
static void refused_page_reaches_who_binds(struct kunit *test)
{
	int err;

	refuse(EVTCHNOP_expand_array, -EPERM);
	mutex_lock(&xen->ev.lock);
	err = xen_evtchn_reserve(&xen->ev, 5);
	mutex_unlock(&xen->ev.lock);
	KUNIT_EXPECT_EQ(test, -EPERM, err);
}

static void pending_port_is_unmasked_by_xen(struct kunit *test)
{
	const struct xen_evtchn_abi *abi = xen->ev.abi;
	void *data = xen->ev.abi_data;

	KUNIT_ASSERT_EQ(test, 0, abi->reserve(data, 10));
	abi->unmask(data, 5, 0);
	KUNIT_EXPECT_EQ(test, 0, xen->unmasks);
	abi->mask(data, 5);
	abi->set_pending(data, 5);
	abi->unmask(data, 5, 0);
	KUNIT_EXPECT_EQ(test, 1, xen->unmasks);
}

static void all_of_it_again_after_a_restore(struct kunit *test)
{
	const struct xen_evtchn_abi *abi = xen->ev.abi;
	void *data = xen->ev.abi_data;
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		KUNIT_EXPECT_EQ(test, 0, bring_up(cpu));
	KUNIT_EXPECT_EQ(test, 0, abi->reserve(data, 2 * PAGE_PORTS + 1));
	KUNIT_EXPECT_EQ(test, 0, abi->prepare(data, 5));
	abi->set_pending(data, 5);
	migrate();
	KUNIT_EXPECT_EQ(test, 0, abi->resume(data));
	KUNIT_EXPECT_EQ(test, num_possible_cpus(), xen->blocks);
	/* Pages as they are needed, of those that are there. */
	KUNIT_EXPECT_EQ(test, 0, xen->pages);
	KUNIT_EXPECT_EQ(test, 0, abi->prepare(data, PAGE_PORTS));
	KUNIT_EXPECT_EQ(test, 2, xen->pages);
	KUNIT_EXPECT_FALSE(test, abi->is_pending(data, 5));
	KUNIT_EXPECT_TRUE(test, abi->is_masked(data, 5));
	KUNIT_EXPECT_EQ(test, 0, abi->prepare(data, 2 * PAGE_PORTS));
	KUNIT_EXPECT_EQ(test, 3, xen->pages);
	KUNIT_EXPECT_EQ(test, -ENOSPC, abi->prepare(data, 3 * PAGE_PORTS));
	KUNIT_EXPECT_EQ(test, 0, xen->complaints);
}

static void a_host_without_it_after_a_restore(struct kunit *test)
{
	migrate();
	refuse(EVTCHNOP_init_control, -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP, xen->ev.abi->resume(xen->ev.abi_data));
}

static int second_block_is_refused(int cmd, void *arg)
{
	if (cmd == EVTCHNOP_init_control && xen->blocks)
		return -ENOMEM;
	return fake_op(cmd, arg);
}

/* The last of the VCPUs that have queues. */
static unsigned int last_with_queues(void)
{
	unsigned int cpu, last = 0;

	for_each_possible_cpu(cpu)
		if (xen_evtchn_cpu_of(&xen->ev, cpu)->abi)
			last = cpu;
	return last;
}

/* Xen is at FIFO by then, and this guest must be, too. */
static void no_way_back_after_the_switch(struct kunit *test)
{
	unsigned int cpu = another_cpu();

	if (cpu >= nr_cpu_ids)
		kunit_skip(test, "there is one CPU only");
	KUNIT_EXPECT_EQ(test, 0, bring_up(cpu));
	migrate();
	kunit_deactivate_static_stub(test, xen_evtchn_op);
	kunit_activate_static_stub(test, xen_evtchn_op, second_block_is_refused);
	KUNIT_EXPECT_EQ(test, 0, xen->ev.abi->resume(xen->ev.abi_data));
	KUNIT_EXPECT_EQ(test, 1, xen->blocks);
	KUNIT_EXPECT_EQ(test, 1, xen->complaints);
	/* It was offline, and does not come without its queues. */
	cpu = last_with_queues();
	KUNIT_EXPECT_EQ(test, -ENOMEM, bring_up(cpu));
	KUNIT_EXPECT_EQ(test, -ENOMEM, bring_up(cpu));
	kunit_deactivate_static_stub(test, xen_evtchn_op);
	kunit_activate_static_stub(test, xen_evtchn_op, fake_op);
	KUNIT_EXPECT_EQ(test, 0, bring_up(cpu));
	KUNIT_EXPECT_EQ(test, 2, xen->blocks);
	KUNIT_EXPECT_EQ(test, 0, bring_up(cpu));
	KUNIT_EXPECT_EQ(test, 2, xen->blocks);
}

static void deliver(struct xen_evtchn_cpu *ec)
{
	unsigned long flags;

	local_irq_save(flags);
	rcu_read_lock();
	xen->ev.abi->deliver(xen->ev.abi_data, ec);
	rcu_read_unlock();
	local_irq_restore(flags);
}

static struct xen_evtchn_cpu *first_vcpu(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		if (xen_evtchn_cpu_of(&xen->ev, cpu)->abi)
			return xen_evtchn_cpu_of(&xen->ev, cpu);
	return NULL;
}

/* A port of nobody is masked, which tells that it was looked at. */
static void queue_port(struct fifo_consumer *queues, unsigned int queue, evtchn_port_t port)
{
	queues->control->head[queue] = port;
	queues->control->ready |= BIT(queue);
}

static void port_that_is_none(struct kunit *test)
{
	const struct xen_evtchn_abi *abi = xen->ev.abi;
	struct xen_evtchn_cpu *ec = first_vcpu();
	void *data = xen->ev.abi_data;
	struct fifo_consumer *queues;

	KUNIT_ASSERT_NOT_NULL(test, ec);
	queues = ec->abi;
	KUNIT_ASSERT_EQ(test, 0, abi->reserve(data, 10));
	abi->unmask(data, 5, 0);
	abi->set_pending(data, 5);
	/* The first has a word that there is no page for; the other is delivered. */
	queue_port(queues, 3, 7 * PAGE_PORTS);
	queue_port(queues, 7, 5);
	deliver(ec);
	KUNIT_EXPECT_EQ(test, 0, queues->control->ready);
	KUNIT_EXPECT_EQ(test, 0, queues->head[3]);
	deliver(ec);
	KUNIT_EXPECT_FALSE(test, abi->is_pending(data, 5));
	KUNIT_EXPECT_TRUE(test, abi->is_masked(data, 5));
	/* The queue that was dropped works again. */
	abi->unmask(data, 5, 0);
	abi->set_pending(data, 5);
	queue_port(queues, 3, 5);
	deliver(ec);
	KUNIT_EXPECT_TRUE(test, abi->is_masked(data, 5));
}

static struct kunit_case fifo_cases[] = {
	KUNIT_CASE(one_block_switches_over),
	KUNIT_CASE(a_xen_without_it),
	KUNIT_CASE(vcpu_that_comes_again),
	KUNIT_CASE(refused_vcpu_is_tried_again),
	KUNIT_CASE(pages_follow_use),
	KUNIT_CASE(refused_page_is_tried_again),
	KUNIT_CASE(refused_page_reaches_who_binds),
	KUNIT_CASE(pending_port_is_unmasked_by_xen),
	KUNIT_CASE(all_of_it_again_after_a_restore),
	KUNIT_CASE(a_host_without_it_after_a_restore),
	KUNIT_CASE(no_way_back_after_the_switch),
	KUNIT_CASE(port_that_is_none),
	{}
};

static struct kunit_suite fifo_suite = {
	.name = "xen_events_fifo",
	.init = fifo_test_init,
	.exit = fifo_test_exit,
	.test_cases = fifo_cases,
};

kunit_test_suite(fifo_suite);

MODULE_DESCRIPTION("KUnit tests of the FIFO event channel ABI");
MODULE_LICENSE("GPL");

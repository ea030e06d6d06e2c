// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the N-level ABI's hypercalls: what is given to Xen, when, and what becomes of
 * it when Xen says no.  What the tree does is tested in tools/testing/host/events, as it
 * needs no kernel.
 */
#include <kunit/static_stub.h>
#include <kunit/test.h>

#include <linux/cpumask.h>
#include <linux/math.h>
#include <linux/preempt.h>
#include <linux/string.h>
#include <xen/interface/event_channel.h>
#include <xen/interface/event_nlevel.h>
#include <xen/xen.h>
#include <xen/xen-ops.h>

#include "../abi_list.h"
#include "../bitmap_tree.h"
#include "../channel.h"

#define PORTS		100000	/* what Xen allows: more than three leaves have */
#define MAX_SELECTORS	64

/* Xen as it is for a test, and what it was told. */
struct fake_xen {
	int answer;			/* to what @refuse names */
	unsigned int refuse;
	unsigned int levels;		/* what it has */
	unsigned int ports;
	unsigned int leaves;
	struct evtchn_nlevel_init init;
	unsigned int inits;
	struct evtchn_nlevel_set_selector selector[MAX_SELECTORS];
	unsigned int selectors;
	unsigned int private_ops;	/* all that there were, of any kind */
	unsigned int other_ops;
};

/* The test that runs; suites run one at a time. */
static struct fake_xen *xen;

static int answer_query(struct evtchn_nlevel_query *q)
{
	q->max_levels = xen->levels;
	q->word_bits = TREE_WORD_BITS;
	q->max_ports = xen->ports;
	return 0;
}

static int answer_init(struct evtchn_nlevel_init *op)
{
	xen->init = *op;
	xen->inits++;
	return 0;
}

static int answer_leaf(struct evtchn_nlevel_add_leaf *op)
{
	if (op->index != xen->leaves)
		return -EINVAL;
	xen->leaves++;
	return 0;
}

/* A part that is there already is an error, as it is for Xen. */
static int answer_selector(struct evtchn_nlevel_set_selector *op)
{
	unsigned int i;

	for (i = 0; i < xen->selectors; i++)
		if (xen->selector[i].vcpu == op->vcpu && xen->selector[i].level == op->level &&
		    xen->selector[i].index == op->index)
			return -EEXIST;
	if (xen->selectors == MAX_SELECTORS)
		return -ENOMEM;
	xen->selector[xen->selectors++] = *op;
	return 0;
}

static int fake_op(int cmd, void *arg)
{
	/* All numbers from the first on: none that Xen gives out is that great. */
	if (cmd >= EVTCHNOP_nlevel_query)
		xen->private_ops++;
	else
		xen->other_ops++;
	if (cmd == xen->refuse)
		return xen->answer;
	switch (cmd) {
	case EVTCHNOP_nlevel_query:
		return answer_query(arg);
	case EVTCHNOP_nlevel_init:
		return answer_init(arg);
	case EVTCHNOP_nlevel_add_leaf:
		return answer_leaf(arg);
	case EVTCHNOP_nlevel_set_selector:
		return answer_selector(arg);
	}
	return -EOPNOTSUPP;
}

static void refuse(unsigned int cmd, int answer)
{
	xen->refuse = cmd;
	xen->answer = answer;
}

/* Another host, which knows nothing of this guest. */
static void migrate(void)
{
	xen->leaves = 0;
	xen->inits = 0;
	xen->selectors = 0;
}

/* Without Xen no VCPU has a number, and nobody asks for it. */
static void number_vcpus(bool have)
{
	unsigned int cpu;

	if (xen_domain())
		return;
	for_each_possible_cpu(cpu)
		per_cpu(xen_vcpu_id, cpu) = have ? cpu : 0;
}

static int nlevel_test_init(struct kunit *test)
{
	xen = kunit_kzalloc(test, sizeof(*xen), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, xen);
	xen->levels = 4;
	xen->ports = PORTS;
	kunit_activate_static_stub(test, xen_evtchn_op, fake_op);
	number_vcpus(true);
	return 0;
}

static void nlevel_test_exit(struct kunit *test)
{
	number_vcpus(false);
}

/* As at boot, on a CPU that stays the same. */
static void *start(const struct xen_evtchn_abi *abi)
{
	void *data;

	migrate_disable();
	data = abi->init(NULL);
	migrate_enable();
	return data;
}

static void *start_well(struct kunit *test, const struct xen_evtchn_abi *abi)
{
	void *data = start(abi);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, data);
	return data;
}

static void *no_init(struct xen_evtchn *ev)
{
	return ERR_PTR(-ENODEV);
}

static void a_xen_without_it(struct kunit *test)
{
	refuse(EVTCHNOP_nlevel_query, -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP, PTR_ERR(start(&xen_evtchn_nlevel)));
	KUNIT_EXPECT_EQ(test, 0, xen->inits);
}

static void a_xen_that_answers_nonsense(struct kunit *test)
{
	xen->levels = 2;
	KUNIT_EXPECT_EQ(test, -EDOM, PTR_ERR(start(&xen_evtchn_nlevel)));
	xen->levels = 4;
	xen->ports = 0;
	KUNIT_EXPECT_EQ(test, -EDOM, PTR_ERR(start(&xen_evtchn_nlevel)));
	KUNIT_EXPECT_EQ(test, 0, xen->inits);
}

static void a_xen_that_refuses_the_switch(struct kunit *test)
{
	refuse(EVTCHNOP_nlevel_init, -EBUSY);
	KUNIT_EXPECT_EQ(test, -EBUSY, PTR_ERR(start(&xen_evtchn_nlevel)));
	KUNIT_EXPECT_EQ(test, 0, xen->selectors);
}

/* The kernel's own ABIs with the last out of the way: it would use the live shared info page. */
static void choose(struct kunit *test, const char *choice)
{
	const struct xen_evtchn_abi **abis;
	struct xen_evtchn *ev;
	struct xen_evtchn_abi *last;
	unsigned int nr = xen_evtchn_nr_abis;

	abis = kunit_kcalloc(test, nr, sizeof(*abis), GFP_KERNEL);
	last = kunit_kzalloc(test, sizeof(*last), GFP_KERNEL);
	ev = kunit_kzalloc(test, sizeof(*ev), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, abis);
	KUNIT_ASSERT_NOT_NULL(test, last);
	KUNIT_ASSERT_NOT_NULL(test, ev);
	memcpy(abis, xen_evtchn_abis, nr * sizeof(*abis));
	KUNIT_ASSERT_PTR_EQ(test, &xen_evtchn_2l, abis[nr - 1]);
	*last = *abis[nr - 1];
	last->init = no_init;
	abis[nr - 1] = last;
	migrate_disable();
	KUNIT_EXPECT_EQ(test, -ENODEV, xen_evtchn_start(ev, abis, nr, choice, true));
	migrate_enable();
}

/* A Xen that refuses FIFO: what comes next is not N-level. */
static void auto_asks_nothing_of_it(struct kunit *test)
{
	refuse(EVTCHNOP_init_control, -EOPNOTSUPP);
	choose(test, "auto");
	KUNIT_EXPECT_EQ(test, 1, xen->other_ops);
	KUNIT_EXPECT_EQ(test, 0, xen->private_ops);
	/* And by name it is the first thing. */
	refuse(EVTCHNOP_nlevel_query, -EOPNOTSUPP);
	choose(test, "nlevel");
	KUNIT_EXPECT_EQ(test, 1, xen->other_ops);
	KUNIT_EXPECT_EQ(test, 1, xen->private_ops);
}

static void depth_by_name(struct kunit *test)
{
	static const struct {
		const struct xen_evtchn_abi *abi;
		unsigned int levels;
	} table[] = {
		{ &xen_evtchn_nlevel, 3 },
		{ &xen_evtchn_nlevel_3, 3 },
		{ &xen_evtchn_nlevel_4, 4 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(table); i++) {
		unsigned int ports = min(PORTS, tree_ports(table[i].levels));
		void *data = start_well(test, table[i].abi);

		KUNIT_EXPECT_EQ(test, table[i].levels, xen->init.levels);
		KUNIT_EXPECT_EQ(test, ports, xen->init.nr_ports);
		KUNIT_EXPECT_EQ(test, ports, table[i].abi->max_ports(data));
		/* A level each between root and leaves. */
		KUNIT_EXPECT_EQ(test, table[i].levels - 2, xen->selectors);
		KUNIT_EXPECT_EQ(test, 0, xen->leaves);
		table[i].abi->exit(data);
		migrate();
	}
}

/* A name of more than there is means the most there is; one of less than 3, none. */
static void names_of_any_depth(struct kunit *test)
{
	static const struct {
		const char *choice;
		unsigned int levels;
	} table[] = {
		{ "nlevel:3", 3 },
		{ "nlevel:4", 4 },
		{ "nlevel:5", 4 },
		{ "nlevel:64", 4 },
		{ "nlevel:4294967296", 4 },
		{ "nlevel:2", 0 },
		{ "nlevel:0", 0 },
		{ "nlevel:-5", 0 },
		{ "nlevel:", 0 },
		{ "nlevel:5x", 0 },
		{ "nlevel5", 0 },
		{ "fifo:5", 0 },
	};
	unsigned int i;

	refuse(EVTCHNOP_init_control, -EOPNOTSUPP);
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		const char *choice = table[i].choice;

		xen->init.levels = 0;
		choose(test, choice);
		KUNIT_EXPECT_EQ_MSG(test, table[i].levels, xen->init.levels, "%s", choice);
		/* As many IRQs are planned for as for a name of that depth. */
		KUNIT_EXPECT_EQ_MSG(test, table[i].levels == 4,
				    xen_evtchn_first_channels(xen_evtchn_abis, xen_evtchn_nr_abis,
							      choice, true) ==
				    xen_evtchn_nlevel_4.channels, "%s", choice);
		migrate();
	}
}

static void a_xen_of_less_depth(struct kunit *test)
{
	void *data;

	xen->levels = 3;
	data = start_well(test, &xen_evtchn_nlevel_4);
	KUNIT_EXPECT_EQ(test, 3, xen->init.levels);
	xen_evtchn_nlevel_4.exit(data);
}

static void leaves_follow_use(struct kunit *test)
{
	const struct xen_evtchn_abi *abi = &xen_evtchn_nlevel_4;
	void *data = start_well(test, abi);

	/* The first pages are there before the switch; Xen is told of them with a port. */
	KUNIT_EXPECT_EQ(test, 0, xen->leaves);
	KUNIT_EXPECT_EQ(test, -ENOSPC, abi->prepare(data, TREE_PAGE_PORTS));
	KUNIT_EXPECT_EQ(test, 0, abi->prepare(data, 1));
	KUNIT_EXPECT_EQ(test, 1, xen->leaves);
	KUNIT_EXPECT_EQ(test, 0, abi->reserve(data, 100));
	KUNIT_EXPECT_EQ(test, 1, xen->leaves);
	KUNIT_EXPECT_EQ(test, 0, abi->reserve(data, TREE_PAGE_PORTS));
	KUNIT_EXPECT_EQ(test, 1, xen->leaves);
	KUNIT_EXPECT_EQ(test, 0, abi->reserve(data, 2 * TREE_PAGE_PORTS + 1));
	KUNIT_EXPECT_EQ(test, 3, xen->leaves);

	KUNIT_EXPECT_EQ(test, 0, abi->prepare(data, 2 * TREE_PAGE_PORTS));
	KUNIT_EXPECT_TRUE(test, abi->is_masked(data, 2 * TREE_PAGE_PORTS));
	KUNIT_EXPECT_FALSE(test, abi->is_pending(data, 2 * TREE_PAGE_PORTS));
	KUNIT_EXPECT_EQ(test, -ENOSPC, abi->prepare(data, 3 * TREE_PAGE_PORTS));
	KUNIT_EXPECT_EQ(test, -ENOSPC, abi->prepare(data, PORTS));
	abi->exit(data);
}

static void refused_leaf_is_tried_again(struct kunit *test)
{
	const struct xen_evtchn_abi *abi = &xen_evtchn_nlevel;
	void *data = start_well(test, abi);

	refuse(EVTCHNOP_nlevel_add_leaf, -ENOMEM);
	KUNIT_EXPECT_EQ(test, -ENOMEM, abi->reserve(data, 1));
	KUNIT_EXPECT_EQ(test, -ENOMEM, abi->prepare(data, 1));
	refuse(0, 0);
	KUNIT_EXPECT_EQ(test, 0, abi->prepare(data, 1));
	KUNIT_EXPECT_EQ(test, 1, xen->leaves);
	abi->exit(data);
}

static int bring_up(const struct xen_evtchn_abi *abi, void *data, unsigned int cpu)
{
	struct xen_evtchn_cpu ec = { .cpu = cpu };

	return abi->cpu_up(data, &ec);
}

/* 512 bytes of selectors each, at depth 3 with words of 64 bits: a page for eight. */
static void vcpus_share_pages(struct kunit *test)
{
	const struct xen_evtchn_abi *abi = &xen_evtchn_nlevel;
	unsigned int cpu, i, k;
	void *data;

	xen->ports = tree_ports(3);
	data = start_well(test, abi);
	for_each_possible_cpu(cpu) {
		KUNIT_EXPECT_EQ(test, 0, bring_up(abi, data, cpu));
		/* It may come again. */
		KUNIT_EXPECT_EQ(test, 0, bring_up(abi, data, cpu));
	}
	KUNIT_EXPECT_EQ(test, num_possible_cpus(), xen->selectors);
	for (i = 0; i < min(xen->selectors, 4U); i++)
		for (k = 0; k < i; k++) {
			KUNIT_EXPECT_EQ(test, xen->selector[i].gfn, xen->selector[k].gfn);
			KUNIT_EXPECT_NE(test, xen->selector[i].offset, xen->selector[k].offset);
		}
	abi->exit(data);
}

/* Pages of selectors that Xen was given. */
static unsigned int selector_pages(void)
{
	unsigned int i, k, pages = 0;

	for (i = 0; i < xen->selectors; i++) {
		for (k = 0; k < i; k++)
			if (xen->selector[i].gfn == xen->selector[k].gfn)
				break;
		pages += k == i;
	}
	return pages;
}

/* At most 3 pages of ports, and one of selectors for 4 VCPUs. */
static void cost_of_1024_channels(struct kunit *test)
{
	const struct xen_evtchn_abi *abi = &xen_evtchn_nlevel;
	unsigned int cpu;
	void *data;

	xen->ports = tree_ports(3);
	data = start_well(test, abi);
	for_each_possible_cpu(cpu)
		KUNIT_EXPECT_EQ(test, 0, bring_up(abi, data, cpu));
	KUNIT_EXPECT_EQ(test, 0, abi->reserve(data, 1024));
	kunit_info(test, "%u VCPUs: %u pages of ports, %u of selectors", num_possible_cpus(),
		   2 * xen->leaves, selector_pages());
	KUNIT_EXPECT_LE(test, 2 * xen->leaves, 3);
	KUNIT_EXPECT_LE(test, selector_pages(), DIV_ROUND_UP(num_possible_cpus(), 4));
	abi->exit(data);
}

/* Bytes of what an op gave to Xen, at depth 4. */
static unsigned int selector_bytes(const struct evtchn_nlevel_set_selector *op)
{
	unsigned int shift = TREE_SHIFT * (4 - op->level);

	return DIV_ROUND_UP(xen->ports, 1U << shift) * sizeof(tree_word_t);
}

static void no_selectors_overlap(struct kunit *test)
{
	unsigned int i, k;

	for (i = 0; i < xen->selectors; i++) {
		const struct evtchn_nlevel_set_selector *a = &xen->selector[i];

		KUNIT_EXPECT_LE(test, a->offset + selector_bytes(a), TREE_PAGE_BYTES);
		for (k = 0; k < i; k++) {
			const struct evtchn_nlevel_set_selector *b = &xen->selector[k];

			KUNIT_EXPECT_TRUE(test, a->gfn != b->gfn ||
					  a->offset + selector_bytes(a) <= b->offset ||
					  b->offset + selector_bytes(b) <= a->offset);
		}
	}
}

static void refused_vcpu_is_tried_again(struct kunit *test)
{
	const struct xen_evtchn_abi *abi = &xen_evtchn_nlevel_4;
	unsigned int cpu = cpumask_last(cpu_possible_mask);
	void *data;

	if (num_possible_cpus() < 2)
		kunit_skip(test, "there is one CPU only");
	data = start_well(test, abi);
	if (xen->selector[0].vcpu == xen_vcpu_nr(cpu))
		cpu = cpumask_first(cpu_possible_mask);
	refuse(EVTCHNOP_nlevel_set_selector, -ENOMEM);
	KUNIT_EXPECT_EQ(test, -ENOMEM, bring_up(abi, data, cpu));
	refuse(0, 0);
	KUNIT_EXPECT_EQ(test, 0, bring_up(abi, data, cpu));
	KUNIT_EXPECT_EQ(test, 2 * 2, xen->selectors);
	abi->exit(data);
}

static void all_of_it_again_after_a_restore(struct kunit *test)
{
	const struct xen_evtchn_abi *abi = &xen_evtchn_nlevel_4;
	void *data = start_well(test, abi);
	unsigned int selectors = xen->selectors;

	KUNIT_EXPECT_EQ(test, 0, abi->reserve(data, TREE_PAGE_PORTS + 1));
	KUNIT_EXPECT_EQ(test, 0, abi->prepare(data, 5));
	abi->set_pending(data, 5);
	migrate();
	KUNIT_EXPECT_EQ(test, 0, abi->resume(data));
	KUNIT_EXPECT_EQ(test, 1, xen->inits);
	KUNIT_EXPECT_EQ(test, selectors, xen->selectors);
	/* Leaves as they are needed, of pages that are there. */
	KUNIT_EXPECT_EQ(test, 0, xen->leaves);
	KUNIT_EXPECT_EQ(test, 0, abi->prepare(data, TREE_PAGE_PORTS));
	KUNIT_EXPECT_EQ(test, 2, xen->leaves);
	KUNIT_EXPECT_FALSE(test, abi->is_pending(data, 5));
	KUNIT_EXPECT_TRUE(test, abi->is_masked(data, 5));
	abi->exit(data);
}

static void a_lesser_host_after_a_restore(struct kunit *test)
{
	const struct xen_evtchn_abi *abi = &xen_evtchn_nlevel_4;
	void *data = start_well(test, abi);

	migrate();
	xen->levels = 3;
	xen->ports = 1024;
	KUNIT_EXPECT_EQ(test, 0, abi->resume(data));
	KUNIT_EXPECT_EQ(test, 3, xen->init.levels);
	KUNIT_EXPECT_EQ(test, 1, xen->selectors);
	KUNIT_EXPECT_EQ(test, 1024, abi->max_ports(data));
	KUNIT_EXPECT_EQ(test, -ENOSPC, abi->prepare(data, 1024));
	/* And back to what it was planned for. */
	migrate();
	xen->levels = 4;
	xen->ports = 10 * PORTS;
	KUNIT_EXPECT_EQ(test, 0, abi->resume(data));
	KUNIT_EXPECT_EQ(test, 4, xen->init.levels);
	KUNIT_EXPECT_EQ(test, min(PORTS, tree_ports(4)), abi->max_ports(data));
	abi->exit(data);
}

/*
 * A million ports take 2,048 and 32 bytes with words of 64 bits: two VCPUs share a page, less the
 * small pieces, which are all in the first.  With words of 32 bits: 4,096 and 128.
 */
static void small_pieces_fill_pages(struct kunit *test)
{
	const struct xen_evtchn_abi *abi = &xen_evtchn_nlevel_4;
	unsigned int n = num_possible_cpus(), cpu;
	void *data;

	if (2 * n > MAX_SELECTORS)
		kunit_skip(test, "there are too many CPUs");
	xen->ports = 1 << 20;
	data = start_well(test, abi);
	for_each_possible_cpu(cpu)
		KUNIT_EXPECT_EQ(test, 0, bring_up(abi, data, cpu));
	KUNIT_EXPECT_EQ(test, 2 * n, xen->selectors);
	KUNIT_EXPECT_EQ(test, TREE_WORD_BITS == 64 ? 1 + n / 2 : 1 + n, selector_pages());
	no_selectors_overlap(test);
	abi->exit(data);
}

/* Xen is at N levels by then, and this guest must be, too. */
static void no_way_back_after_the_switch(struct kunit *test)
{
	const struct xen_evtchn_abi *abi = &xen_evtchn_nlevel;
	void *data = start_well(test, abi);

	migrate();
	refuse(EVTCHNOP_nlevel_set_selector, -ENOMEM);
	KUNIT_EXPECT_EQ(test, 0, abi->resume(data));
	KUNIT_EXPECT_EQ(test, 1, xen->inits);
	refuse(0, 0);
	abi->exit(data);
}

static void a_host_without_it_after_a_restore(struct kunit *test)
{
	const struct xen_evtchn_abi *abi = &xen_evtchn_nlevel;
	void *data = start_well(test, abi);

	refuse(EVTCHNOP_nlevel_query, -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP, abi->resume(data));
	abi->exit(data);
}

static struct kunit_case nlevel_cases[] = {
	KUNIT_CASE(a_xen_without_it),
	KUNIT_CASE(a_xen_that_answers_nonsense),
	KUNIT_CASE(a_xen_that_refuses_the_switch),
	KUNIT_CASE(auto_asks_nothing_of_it),
	KUNIT_CASE(depth_by_name),
	KUNIT_CASE(names_of_any_depth),
	KUNIT_CASE(a_xen_of_less_depth),
	KUNIT_CASE(leaves_follow_use),
	KUNIT_CASE(refused_leaf_is_tried_again),
	KUNIT_CASE(vcpus_share_pages),
	KUNIT_CASE(cost_of_1024_channels),
	KUNIT_CASE(small_pieces_fill_pages),
	KUNIT_CASE(refused_vcpu_is_tried_again),
	KUNIT_CASE(all_of_it_again_after_a_restore),
	KUNIT_CASE(a_lesser_host_after_a_restore),
	KUNIT_CASE(no_way_back_after_the_switch),
	KUNIT_CASE(a_host_without_it_after_a_restore),
	{}
};

static struct kunit_suite nlevel_suite = {
	.name = "xen_events_nlevel",
	.init = nlevel_test_init,
	.exit = nlevel_test_exit,
	.test_cases = nlevel_cases,
};

kunit_test_suite(nlevel_suite);

MODULE_DESCRIPTION("KUnit tests of the N-level event channel ABI");
MODULE_LICENSE("GPL");

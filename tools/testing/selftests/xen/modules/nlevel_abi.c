// SPDX-License-Identifier: GPL-2.0-only
/*
 * What Xen promises of N-level event channels, tried without the guest's own code for
 * them: good and bad input, where bits
 * come and where not, at every depth that Xen has.
 *
 * To load the module is to run the tests.  It wants a kernel that uses the 2-level ABI and one
 * CPU, and a domain with a second VCPU that the kernel does not know (nr_cpus=1): its
 * vcpu_info and selectors are the module's own, and it never runs.  Meanwhile interrupts are
 * off, as nobody would find the kernel's own events.  In the end EVTCHNOP_reset closes all
 * channels; those of the kernel are opened again, each with the port it had, and the kernel
 * goes on.
 *
 * Results are in the log, see nlevel_abi.sh, which makes KTAP of that.
 */

/* Into the log and not to the console, which waits for dom0. */
#define DEBUG
#define pr_fmt(fmt) "nlevel_abi: " fmt

#include <linux/cpumask.h>
#include <linux/gfp.h>
#include <linux/irqflags.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include <asm/apicdef.h>
#include <asm/sync_bitops.h>
#include <asm/xen/hypercall.h>
#include <asm/xen/hypervisor.h>
#include <asm/xen/page.h>

#include <xen/interface/event_channel.h>
#include <xen/interface/event_nlevel.h>
#include <xen/interface/grant_table.h>
#include <xen/interface/memory.h>
#include <xen/interface/vcpu.h>
#include <xen/interface/xen.h>
#include <xen/page.h>
#include <xen/xen.h>

/* The VCPU that the kernel does not know, and one that the domain does not have. */
#define OTHER_VCPU	1
#define NO_VCPU		2

/* Ports wanted: some in a second leaf, where words are long enough for that. */
#define WANTED_PORTS	(EVTCHN_NLEVEL_LEAF_PORTS + 64)

/* Ports that the kernel may have. */
#define KERNEL_PORTS	256

/* Words of VCPU 0 and VCPU 1 in the page of selectors, by level. */
#define SELECTOR_BYTES	1024

enum { PAGE_PENDING, PAGE_MASK_BITS, PAGE_PENDING2, PAGE_MASK2, PAGE_SELECTORS, PAGE_INFO,
	NR_PAGES };

/**
 * struct abi_test - one run
 * @page: frames given to Xen
 * @query: what Xen said before the switch
 * @depth: of the tree
 * @nr_ports: asked for
 * @shift: log2 of the bits of a word
 * @port: port whose events are looked for
 * @peer: what is sent on to raise @port
 * @tests: results so far
 * @failed: those that are bad
 * @last: the last port that the kernel had
 * @status: kernel's channels by port, as they were
 */
struct abi_test {
	unsigned long *page[NR_PAGES];
	struct evtchn_nlevel_query query;
	unsigned int depth;
	unsigned int nr_ports;
	unsigned int shift;
	evtchn_port_t port;
	evtchn_port_t peer;
	unsigned int tests;
	unsigned int failed;
	unsigned int last;
	struct evtchn_status status[KERNEL_PORTS];
};

static void result(struct abi_test *t, bool ok, const char *name)
{
	t->tests++;
	t->failed += !ok;
	pr_debug("%sok %u - %s\n", ok ? "" : "not ", t->tests, name);
}

static void expect(struct abi_test *t, long got, long want, const char *name)
{
	if (got != want)
		pr_debug("# %ld, not %ld\n", got, want);
	result(t, got == want, name);
}

static u64 gfn_of(const void *page)
{
	return virt_to_gfn((void *)page);
}

static int op_query(struct evtchn_nlevel_query *query)
{
	return HYPERVISOR_event_channel_op(EVTCHNOP_nlevel_query, query);
}

static int op_init(u32 levels, u32 nr_ports)
{
	struct evtchn_nlevel_init op = { .levels = levels, .nr_ports = nr_ports };

	return HYPERVISOR_event_channel_op(EVTCHNOP_nlevel_init, &op);
}

static int op_add_leaf(u64 pending_gfn, u64 mask_gfn, u32 index, u32 pad)
{
	struct evtchn_nlevel_add_leaf op = {
		.pending_gfn = pending_gfn, .mask_gfn = mask_gfn, .index = index, .pad = pad,
	};

	return HYPERVISOR_event_channel_op(EVTCHNOP_nlevel_add_leaf, &op);
}

static int op_set_selector(u64 gfn, u32 vcpu, u32 level, u32 index, u32 offset)
{
	struct evtchn_nlevel_set_selector op = {
		.gfn = gfn, .vcpu = vcpu, .level = level, .index = index, .offset = offset,
	};

	return HYPERVISOR_event_channel_op(EVTCHNOP_nlevel_set_selector, &op);
}

static int op_reset(void)
{
	struct evtchn_reset op = { .dom = DOMID_SELF };

	return HYPERVISOR_event_channel_op(EVTCHNOP_reset, &op);
}

static int op_send(evtchn_port_t port)
{
	struct evtchn_send op = { .port = port };

	return HYPERVISOR_event_channel_op(EVTCHNOP_send, &op);
}

static int op_unmask(evtchn_port_t port)
{
	struct evtchn_unmask op = { .port = port };

	return HYPERVISOR_event_channel_op(EVTCHNOP_unmask, &op);
}

static int op_close(evtchn_port_t port)
{
	struct evtchn_close op = { .port = port };

	return HYPERVISOR_event_channel_op(EVTCHNOP_close, &op);
}

static int op_bind_vcpu(evtchn_port_t port, u32 vcpu)
{
	struct evtchn_bind_vcpu op = { .port = port, .vcpu = vcpu };

	return HYPERVISOR_event_channel_op(EVTCHNOP_bind_vcpu, &op);
}

/* A port, or an error. */
static int open_unbound(domid_t remote)
{
	struct evtchn_alloc_unbound op = { .dom = DOMID_SELF, .remote_dom = remote };
	int rc = HYPERVISOR_event_channel_op(EVTCHNOP_alloc_unbound, &op);

	return rc ?: op.port;
}

static int open_interdomain(domid_t remote, evtchn_port_t port)
{
	struct evtchn_bind_interdomain op = { .remote_dom = remote, .remote_port = port };
	int rc = HYPERVISOR_event_channel_op(EVTCHNOP_bind_interdomain, &op);

	return rc ?: op.local_port;
}

static int open_virq(u32 virq, u32 vcpu)
{
	struct evtchn_bind_virq op = { .virq = virq, .vcpu = vcpu };
	int rc = HYPERVISOR_event_channel_op(EVTCHNOP_bind_virq, &op);

	return rc ?: op.port;
}

static int open_ipi(u32 vcpu)
{
	struct evtchn_bind_ipi op = { .vcpu = vcpu };
	int rc = HYPERVISOR_event_channel_op(EVTCHNOP_bind_ipi, &op);

	return rc ?: op.port;
}

/* A pair of ports of this domain: what is sent on the peer raises the port. */
static bool open_pair(struct abi_test *t)
{
	int port = open_unbound(DOMID_SELF), peer;

	if (port < 0)
		return false;
	peer = open_interdomain(DOMID_SELF, port);
	t->port = port;
	t->peer = peer;
	return peer > 0 && !op_bind_vcpu(port, OTHER_VCPU);
}

static struct vcpu_info *other_info(struct abi_test *t)
{
	return (struct vcpu_info *)t->page[PAGE_INFO];
}

/* Selectors of VCPU 1. */
static unsigned long *selector(struct abi_test *t, unsigned int level)
{
	return t->page[PAGE_SELECTORS] + level * SELECTOR_BYTES / sizeof(long);
}

static unsigned int level_bit(struct abi_test *t, unsigned int level, unsigned int port)
{
	return port >> (t->shift * (t->depth - 1 - level));
}

static void leaf_bits(struct abi_test *t, unsigned int port, unsigned long **pending,
		      unsigned long **mask)
{
	bool second = port >= EVTCHN_NLEVEL_LEAF_PORTS;

	*pending = t->page[second ? PAGE_PENDING2 : PAGE_PENDING];
	*mask = t->page[second ? PAGE_MASK2 : PAGE_MASK_BITS];
}

static bool pending_is(struct abi_test *t, unsigned int port, bool want)
{
	unsigned long *pending, *mask;

	leaf_bits(t, port, &pending, &mask);
	return test_bit(port % EVTCHN_NLEVEL_LEAF_PORTS, pending) == want;
}

static bool mask_is(struct abi_test *t, unsigned int port, bool want)
{
	unsigned long *pending, *mask;

	leaf_bits(t, port, &pending, &mask);
	return test_bit(port % EVTCHN_NLEVEL_LEAF_PORTS, mask) == want;
}

/* As if nothing had been sent: neither pending nor led to, and masked or not. */
static void fresh(struct abi_test *t, unsigned int port, bool masked)
{
	unsigned long *pending, *mask;
	unsigned int bit = port % EVTCHN_NLEVEL_LEAF_PORTS;

	leaf_bits(t, port, &pending, &mask);
	sync_clear_bit(bit, pending);
	if (masked)
		sync_set_bit(bit, mask);
	else
		sync_clear_bit(bit, mask);
	memset(t->page[PAGE_SELECTORS], 0, PAGE_SIZE);
	other_info(t)->evtchn_pending_sel = 0;
	other_info(t)->evtchn_upcall_pending = 0;
}

static bool only_bit(const unsigned long *words, unsigned int bits, unsigned int bit)
{
	return find_first_bit(words, bits) == bit &&
	       find_next_bit(words, bits, bit + 1) >= bits;
}

/* The whole path to a port, from @from up, and nothing else. */
static bool path_from(struct abi_test *t, unsigned int port, unsigned int from)
{
	unsigned long root = other_info(t)->evtchn_pending_sel;
	unsigned int level;

	for (level = from; level; level--)
		if (!only_bit(selector(t, level), SELECTOR_BYTES * 8, level_bit(t, level, port)))
			return false;
	return only_bit(&root, BITS_PER_LONG, level_bit(t, 0, port)) &&
	       other_info(t)->evtchn_upcall_pending;
}

static bool path(struct abi_test *t, unsigned int port)
{
	return path_from(t, port, t->depth - 2);
}

static bool no_path(struct abi_test *t)
{
	return !memchr_inv(t->page[PAGE_SELECTORS], 0, PAGE_SIZE) &&
	       !other_info(t)->evtchn_pending_sel && !other_info(t)->evtchn_upcall_pending;
}

static int leaf_of_pages(struct abi_test *t, unsigned int index)
{
	unsigned int first = index ? PAGE_PENDING2 : PAGE_PENDING;

	memset(t->page[first], 0, PAGE_SIZE);
	memset(t->page[first + 1], 0xff, PAGE_SIZE);
	return op_add_leaf(gfn_of(t->page[first]), gfn_of(t->page[first + 1]), index, 0);
}

static int selectors_of(struct abi_test *t, u32 vcpu, u32 level)
{
	return op_set_selector(gfn_of(t->page[PAGE_SELECTORS]), vcpu, level, 0,
			       vcpu == OTHER_VCPU ? level * SELECTOR_BYTES : 0);
}

static void test_before(struct abi_test *t)
{
	u64 a = gfn_of(t->page[0]), b = gfn_of(t->page[1]);
	unsigned int most = t->query.max_levels;
	unsigned int ports = t->query.max_ports;

	result(t, t->query.word_bits == BITS_PER_LONG && most >= EVTCHN_NLEVEL_MIN_LEVELS &&
	       ports && !t->query.levels && !t->query.nr_ports && !t->query.nr_leaves, "query");
	expect(t, HYPERVISOR_event_channel_op(EVTCHNOP_nlevel_set_selector + 1, &ports), -ENOSYS,
	       "an op that does not exist");
	expect(t, HYPERVISOR_event_channel_op(EVTCHNOP_nlevel_query, (void *)8), -EFAULT,
	       "query into nowhere");
	expect(t, HYPERVISOR_event_channel_op(EVTCHNOP_nlevel_init, (void *)8), -EFAULT,
	       "init from nowhere");
	expect(t, op_add_leaf(a, b, 0, 0), -EOPNOTSUPP, "a leaf before the switch");
	expect(t, op_set_selector(a, 0, 1, 0, 0), -EOPNOTSUPP, "a selector before the switch");
	expect(t, op_init(0, ports), -EDOM, "depth 0");
	expect(t, op_init(2, 64), -EDOM, "depth 2");
	expect(t, op_init(most + 1, ports), -EDOM, "one level too many");
	expect(t, op_init(~0U, ports), -EDOM, "depth 2^32 - 1");
	expect(t, op_init(most, 0), -ERANGE, "no ports");
	expect(t, op_init(most, ports + 1), -ERANGE, "one port too many");
	expect(t, op_init(most, ~0U), -ERANGE, "2^32 - 1 ports");
	expect(t, op_init(most, t->peer), -ERANGE, "fewer ports than are bound");
}

static void test_fifo_excludes(struct abi_test *t)
{
	struct evtchn_init_control control = { .control_gfn = gfn_of(t->page[0]) };
	struct evtchn_set_priority priority = { .port = t->port, .priority = 1 };

	expect(t, op_init(t->depth, t->nr_ports), -EEXIST, "a second switch");
	expect(t, HYPERVISOR_event_channel_op(EVTCHNOP_init_control, &control), -EBUSY,
	       "FIFO while N-level is in use");
	expect(t, HYPERVISOR_event_channel_op(EVTCHNOP_set_priority, &priority), -ENOSYS,
	       "a priority");
}

static void test_bad_leaf(struct abi_test *t)
{
	u64 a = gfn_of(t->page[PAGE_PENDING]), b = gfn_of(t->page[PAGE_MASK_BITS]);
	struct evtchn_nlevel_query query;

	expect(t, op_add_leaf(a, b, 1, 0), -EINVAL, "leaf 1 before leaf 0");
	expect(t, op_add_leaf(a, b, ~0U, 0), -EINVAL, "leaf 2^32 - 1");
	expect(t, op_add_leaf(a, b, 0, 1), -EINVAL, "a leaf with something in pad");
	expect(t, op_add_leaf(a, a, 0, 0), -EEXIST, "one frame as pending and mask");
	result(t, !op_query(&query) && !query.nr_leaves, "no leaf came of it");
}

static void test_bad_selector(struct abi_test *t)
{
	u64 gfn = gfn_of(t->page[PAGE_SELECTORS]);

	expect(t, op_set_selector(gfn, NO_VCPU, 1, 0, 0), -ENOENT, "a VCPU too many");
	expect(t, op_set_selector(gfn, ~0U, 1, 0, 0), -ENOENT, "VCPU 2^32 - 1");
	expect(t, op_set_selector(gfn, OTHER_VCPU, 0, 0, 0), -EDOM, "selectors at the root");
	expect(t, op_set_selector(gfn, OTHER_VCPU, t->depth - 1, 0, 0), -EDOM,
	       "selectors at the leaves");
	expect(t, op_set_selector(gfn, OTHER_VCPU, ~0U, 0, 0), -EDOM, "level 2^32 - 1");
	expect(t, op_set_selector(gfn, OTHER_VCPU, 1, 1, 0), -ERANGE, "a part too many");
	expect(t, op_set_selector(gfn, OTHER_VCPU, 1, 0, 4), -EINVAL, "offset 4");
	expect(t, op_set_selector(gfn, OTHER_VCPU, 1, 0, PAGE_SIZE), -EINVAL, "offset 4096");
	expect(t, op_set_selector(gfn, OTHER_VCPU, 1, 0, ~7U), -EINVAL, "offset 2^32 - 8");
	expect(t, op_set_selector(gfn, OTHER_VCPU, t->depth - 2, 0, PAGE_SIZE - 8), -EINVAL,
	       "selectors across the end of the frame");
}

/* A frame that is not the guest's ordinary RAM, wherever one can be given. */
static void test_bad_frame(struct abi_test *t, u64 gfn, const char *what)
{
	char name[64];

	snprintf(name, sizeof(name), "pending: %s", what);
	expect(t, op_add_leaf(gfn, gfn_of(t->page[PAGE_MASK_BITS]), 0, 0), -ENXIO, name);
	snprintf(name, sizeof(name), "mask: %s", what);
	expect(t, op_add_leaf(gfn_of(t->page[PAGE_PENDING]), gfn, 0, 0), -ENXIO, name);
	snprintf(name, sizeof(name), "selectors: %s", what);
	expect(t, op_set_selector(gfn, OTHER_VCPU, 1, 0, 0), -ENXIO, name);
}

/* A frame of the machine-to-physical table, which is Xen's; if there is none, frame 0. */
static u64 frame_of_xen(void)
{
	struct xen_machphys_mfn_list list = { .max_extents = 1 };
	xen_pfn_t frame = 0;

	set_xen_guest_handle(list.extent_start, &frame);
	if (HYPERVISOR_memory_op(XENMEM_machphys_mfn_list, &list))
		return 0;
	return frame;
}

/* The first of this domain's grant table, which Xen has as many pages of already; or none. */
static u64 frame_of_grants(void)
{
	xen_pfn_t frame = ~0UL;
	struct gnttab_setup_table setup = { .dom = DOMID_SELF, .nr_frames = 1 };

	set_xen_guest_handle(setup.frame_list, &frame);
	if (HYPERVISOR_grant_table_op(GNTTABOP_setup_table, &setup, 1) || setup.status)
		return ~0ULL;
	return frame;
}

static void test_bad_frames(struct abi_test *t)
{
	struct evtchn_nlevel_query query;
	u64 grants = frame_of_grants();

	test_bad_frame(t, ~0ULL, "frame 2^64 - 1");
	test_bad_frame(t, 1ULL << 36, "a frame that is nowhere");
	result(t, grants != ~0ULL, "there is a grant table");
	test_bad_frame(t, grants, "the grant table");
	if (xen_pv_domain()) {
		test_bad_frame(t, xen_start_info->shared_info >> PAGE_SHIFT, "shared info");
		test_bad_frame(t, gfn_of(current->active_mm->pgd), "a page table");
		test_bad_frame(t, 0, "the machine's first frame");
		test_bad_frame(t, frame_of_xen(), "a frame of Xen's");
	} else {
		test_bad_frame(t, APIC_DEFAULT_PHYS_BASE >> PAGE_SHIFT, "the local APIC's");
	}
	result(t, !op_query(&query) && !query.nr_leaves, "no leaf came of those frames");
}

/* Events of before the switch, of before the leaf, and of before the selectors. */
static void test_early(struct abi_test *t)
{
	unsigned int level;

	expect(t, leaf_of_pages(t, 0), 0, "leaf 0");
	result(t, pending_is(t, t->port, true) && mask_is(t, t->port, true),
	       "pending before the switch is pending after it");
	result(t, no_path(t), "a masked event has no path");
	expect(t, leaf_of_pages(t, 0), -EEXIST, "leaf 0 again");
	expect(t, op_add_leaf(gfn_of(t->page[PAGE_PENDING]), gfn_of(t->page[PAGE_MASK2]), 1, 0),
	       t->nr_ports > EVTCHN_NLEVEL_LEAF_PORTS ? -EEXIST : -ENOSPC,
	       "a frame of leaf 0 for leaf 1");
	expect(t, op_set_selector(gfn_of(t->page[PAGE_MASK_BITS]), OTHER_VCPU, 1, 0, 0), -EEXIST,
	       "selectors in a leaf");
	fresh(t, t->port, false);
	expect(t, op_send(t->peer), 0, "an event for a VCPU without selectors");
	result(t, pending_is(t, t->port, true) && no_path(t), "it is pending and has no path");
	for (level = t->depth - 2; level > 1; level--)
		expect(t, selectors_of(t, OTHER_VCPU, level), 0, "selectors of an upper level");
	result(t, no_path(t), "no path while a level is missing");
	expect(t, selectors_of(t, OTHER_VCPU, 1), 0, "selectors of the last level");
	result(t, path(t, t->port), "now it has its path");
	expect(t, selectors_of(t, OTHER_VCPU, 1), -EEXIST, "selectors again");
	expect(t, selectors_of(t, 0, 1), 0, "selectors of VCPU 0 in the same frame");
	expect(t, op_add_leaf(gfn_of(t->page[PAGE_SELECTORS]), gfn_of(t->page[PAGE_MASK2]), 1, 0),
	       t->nr_ports > EVTCHN_NLEVEL_LEAF_PORTS ? -EEXIST : -ENOSPC,
	       "a frame of selectors for leaf 1");
}

static void test_send(struct abi_test *t, unsigned int port, evtchn_port_t peer)
{
	unsigned int last = t->depth - 2;

	fresh(t, port, false);
	expect(t, op_send(peer), 0, "an event");
	result(t, pending_is(t, port, true) && path(t, port), "pending, and a path");
	fresh(t, port, true);
	op_send(peer);
	result(t, pending_is(t, port, true) && no_path(t), "masked: pending, no path");
	op_unmask(port);
	result(t, mask_is(t, port, false) && path(t, port), "unmasking makes the path");
	fresh(t, port, false);
	op_unmask(port);
	result(t, no_path(t), "unmasking what is not pending makes none");
	op_send(peer);
	memset(t->page[PAGE_SELECTORS], 0, PAGE_SIZE);
	other_info(t)->evtchn_pending_sel = 0;
	other_info(t)->evtchn_upcall_pending = 0;
	op_send(peer);
	op_unmask(port);
	result(t, no_path(t), "no second path while it is pending and not masked");
	fresh(t, port, false);
	sync_set_bit(level_bit(t, last, port), selector(t, last));
	op_send(peer);
	result(t, pending_is(t, port, true) && !other_info(t)->evtchn_pending_sel &&
	       !other_info(t)->evtchn_upcall_pending, "it stops at a bit that is set");
}

static void test_clear(struct abi_test *t)
{
	evtchn_port_t port = t->port;
	bool again;

	fresh(t, port, true);
	op_send(t->peer);
	op_close(t->peer);
	op_close(port);
	result(t, pending_is(t, port, false), "closing clears pending");
	again = open_pair(t);
	result(t, again && t->port == port, "the lowest free port comes first");
}

/* Fills the table; ports in between are freed and must come back in order. */
static void test_growth(struct abi_test *t)
{
	evtchn_port_t port = t->port, peer = t->peer;
	ktime_t start = ktime_get();
	int got, last = 0;
	bool pair;

	while ((got = open_unbound(DOMID_SELF)) > 0)
		last = got;
	pr_debug("# %u ports in %lld ms\n", last, ktime_ms_delta(ktime_get(), start));
	expect(t, got, -ENOSPC, "more ports than were asked for");
	expect(t, last, t->nr_ports - 1, "as many ports as were asked for");
	op_close(last - 1);
	op_close(last);
	op_close(KERNEL_PORTS);
	result(t, open_unbound(DOMID_SELF) == KERNEL_PORTS, "the lowest free port");
	start = ktime_get();
	pair = open_pair(t);
	pr_debug("# a pair in %lld us\n", ktime_us_delta(ktime_get(), start));
	result(t, pair && t->port == last - 1 && t->peer == last,
	       "a pair of the last ports, behind all that are bound");
	if (!pair) {
		pr_debug("# so leaf 1 is left out\n");
	} else if (t->port < EVTCHN_NLEVEL_LEAF_PORTS) {
		expect(t, leaf_of_pages(t, 1), -ENOSPC, "a leaf without ports");
	} else {
		op_send(t->peer);
		expect(t, op_unmask(t->port), 0, "unmask without a leaf");
		expect(t, leaf_of_pages(t, 1), 0, "leaf 1");
		result(t, pending_is(t, t->port, true), "pending before its leaf came");
		test_send(t, t->port, t->peer);
		expect(t, leaf_of_pages(t, 2), -ENOSPC, "a leaf without ports");
	}
	t->port = port;
	t->peer = peer;
}

/* Back to 2-level, and that all pages can be given again; once more, by way of FIFO. */
static void test_reset(struct abi_test *t)
{
	struct evtchn_init_control control = { .control_gfn = gfn_of(t->page[PAGE_PENDING]) };
	struct evtchn_nlevel_query query;
	unsigned int level;
	ktime_t start;
	int rc;

	expect(t, op_reset(), 0, "reset");
	result(t, !op_query(&query) && !query.levels && !query.nr_leaves, "no N-level after it");
	expect(t, op_init(t->depth, 64), 0, "the switch to fewer ports than there were");
	expect(t, op_reset(), 0, "and back");
	start = ktime_get();
	rc = op_init(t->depth, t->nr_ports);
	pr_debug("# switch in %lld us\n", ktime_us_delta(ktime_get(), start));
	expect(t, rc, 0, "the switch again");
	expect(t, leaf_of_pages(t, 0), 0, "leaf 0, the same pages");
	for (level = 1; level < t->depth - 1; level++)
		rc = rc ?: selectors_of(t, OTHER_VCPU, level);
	expect(t, rc, 0, "selectors, the same page");
	result(t, open_pair(t), "a pair");
	test_send(t, t->port, t->peer);
	expect(t, op_reset(), 0, "reset again");
	memset(t->page[PAGE_PENDING], 0, PAGE_SIZE);
	expect(t, HYPERVISOR_event_channel_op(EVTCHNOP_init_control, &control), 0, "FIFO");
	expect(t, op_init(t->depth, t->nr_ports), -EBUSY, "N-level while FIFO is in use");
	expect(t, op_reset(), 0, "reset of FIFO");
}

/*
 * An event at 2-level stays pending when its port is closed, and one of the kernel's ports that
 * is pending already would never be raised again.  So the tests get none of those ports while
 * 2-level is in use.
 */
static void hold_kernel_ports(struct abi_test *t)
{
	int port;

	do {
		port = open_unbound(DOMID_SELF);
	} while (port > 0 && port < t->last);
}

static void run_tests(struct abi_test *t)
{
	pr_debug("# depth %u\n", t->depth);
	memset(t->page[PAGE_SELECTORS], 0, PAGE_SIZE);
	hold_kernel_ports(t);
	result(t, open_pair(t), "a pair before the switch");
	op_send(t->peer);
	test_before(t);
	t->nr_ports = min_t(u64, WANTED_PORTS, 1ULL << (t->shift * t->depth));
	t->nr_ports = min(t->nr_ports, t->query.max_ports);
	expect(t, op_init(t->depth, t->nr_ports), 0, "the switch");
	other_info(t)->evtchn_pending_sel = 0;
	other_info(t)->evtchn_upcall_pending = 0;
	test_fifo_excludes(t);
	test_bad_leaf(t);
	test_bad_selector(t);
	test_bad_frames(t);
	test_early(t);
	test_send(t, t->port, t->peer);
	test_clear(t);
	test_growth(t);
	test_send(t, t->port, t->peer);
	test_reset(t);
}

/* In Xen's console, for who looks at what Xen says; a debug build lets a guest write there. */
static void mark(const char *what)
{
	char line[32];
	int bytes = scnprintf(line, sizeof(line), "nlevel_abi: %s\n", what);

	HYPERVISOR_console_io(CONSOLEIO_write, bytes, line);
}

/* A frame of its own for the VCPU that nobody knows. */
static int setup_other(struct abi_test *t)
{
	struct vcpu_register_vcpu_info info = { .mfn = gfn_of(t->page[PAGE_INFO]) };

	return HYPERVISOR_vcpu_op(VCPUOP_register_vcpu_info, OTHER_VCPU, &info);
}

static void remember(struct abi_test *t)
{
	unsigned int port;

	for (port = 1; port < KERNEL_PORTS; port++) {
		t->status[port].dom = DOMID_SELF;
		t->status[port].port = port;
		if (HYPERVISOR_event_channel_op(EVTCHNOP_status, &t->status[port]))
			t->status[port].status = EVTCHNSTAT_closed;
		if (t->status[port].status != EVTCHNSTAT_closed)
			t->last = port;
	}
}

static int reopen(const struct evtchn_status *status)
{
	switch (status->status) {
	case EVTCHNSTAT_unbound:
		return open_unbound(status->u.unbound.dom);
	case EVTCHNSTAT_interdomain:
		return open_interdomain(status->u.interdomain.dom, status->u.interdomain.port);
	case EVTCHNSTAT_virq:
		return open_virq(status->u.virq, status->vcpu);
	case EVTCHNSTAT_ipi:
		return open_ipi(status->vcpu);
	default:
		return open_unbound(DOMID_SELF);
	}
}

/*
 * As Xen gives the lowest free port, the order of ports gives each its own.  An event that came
 * meanwhile is made up for: Xen raises what is bound to another domain, IPIs are sent, the timer
 * is set to now.
 */
static bool reopen_all(struct abi_test *t)
{
	struct vcpu_set_singleshot_timer timer = { .timeout_abs_ns = 0 };
	unsigned int port;
	bool ok = true;

	for (port = 1; port <= t->last; port++)
		ok &= reopen(&t->status[port]) == port;
	for (port = 1; port <= t->last; port++) {
		if (t->status[port].status == EVTCHNSTAT_closed)
			op_close(port);
		else if (t->status[port].status == EVTCHNSTAT_ipi)
			op_send(port);
	}
	HYPERVISOR_vcpu_op(VCPUOP_set_singleshot_timer, 0, &timer);
	return ok;
}

static void free_pages_of(struct abi_test *t)
{
	unsigned int i;

	for (i = 0; i < NR_PAGES; i++)
		free_page((unsigned long)t->page[i]);
}

/* The page of the other VCPU's vcpu_info is Xen's until the domain ends. */
static int run(struct abi_test *t)
{
	unsigned long flags;
	unsigned int i;

	for (i = 0; i < NR_PAGES; i++) {
		t->page[i] = (unsigned long *)get_zeroed_page(GFP_KERNEL);
		if (!t->page[i])
			goto no_memory;
	}
	t->shift = BITS_PER_LONG == 64 ? 6 : 5;
	if (op_query(&t->query) || t->query.levels || setup_other(t)) {
		pr_debug("not a Xen with N-level, or not a kernel for this, see nlevel_abi.sh\n");
		free_pages_of(t);
		return -EOPNOTSUPP;
	}
	remember(t);
	local_irq_save(flags);
	mark("begin");
	for (t->depth = EVTCHN_NLEVEL_MIN_LEVELS; t->depth <= t->query.max_levels; t->depth++)
		run_tests(t);
	mark("end");
	result(t, reopen_all(t), "the kernel's own channels are back");
	local_irq_restore(flags);
	pr_debug("1..%u\n", t->tests);
	t->page[PAGE_INFO] = NULL;
	free_pages_of(t);
	return t->failed ? -EIO : 0;

no_memory:
	free_pages_of(t);
	return -ENOMEM;
}

static int __init nlevel_abi_init(void)
{
	struct abi_test *t;
	int rc;

	if (!xen_domain() || num_possible_cpus() > 1)
		return -ENODEV;
	t = kzalloc(sizeof(*t), GFP_KERNEL);
	if (!t)
		return -ENOMEM;
	rc = run(t);
	kfree(t);
	return rc;
}
module_init(nlevel_abi_init);

static void __exit nlevel_abi_exit(void)
{
}
module_exit(nlevel_abi_exit);

MODULE_DESCRIPTION("Xen's side of N-level event channels");
MODULE_LICENSE("GPL");

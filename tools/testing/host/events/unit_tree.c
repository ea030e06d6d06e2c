// SPDX-License-Identifier: GPL-2.0-only
/* Each operation of the bitmap tree, by itself, at each depth. */
#include <stdio.h>
#include <stdlib.h>

#include "bitmap_tree.h"
#include "ktap.h"

#define BITS		TREE_WORD_BITS
#define MAX_LEAVES	16
#define MAX_SEEN	4096

/* A tree with one VCPU.  Depth 4 gets the first few leaves only. */
struct fixture {
	struct bitmap_tree tree;
	struct bitmap_tree_cpu cpu;
	struct tree_leaf table[MAX_LEAVES];
	unsigned int ports;
	unsigned int seen[MAX_SEEN];
	unsigned int nr_seen;
};

static struct fixture fix;

static void *zalloc(size_t bytes)
{
	void *p = calloc(1, bytes);

	if (!p)
		abort();
	return p;
}

static void setup(unsigned int depth)
{
	size_t bytes = min(tree_ports(depth) / 8, TREE_PAGE_BYTES);
	unsigned int i, leaves = min_t(unsigned int, tree_max_leaves(depth), MAX_LEAVES);

	memset(&fix, 0, sizeof(fix));
	expect(!tree_init(&fix.tree, depth, fix.table, MAX_LEAVES));
	for (i = 0; i < leaves; i++)
		expect(!tree_add_leaf(&fix.tree, zalloc(bytes), zalloc(bytes)));
	for (i = 0; i < depth - 1; i++)
		fix.cpu.selector[i] = zalloc(tree_level_words(i) * sizeof(tree_word_t));
	fix.ports = tree_nr_ports(&fix.tree);
}

static void teardown(void)
{
	unsigned int i;

	for (i = 0; i < fix.tree.nr_leaves; i++) {
		free(fix.table[i].pending);
		free(fix.table[i].mask);
	}
	for (i = 0; i < fix.tree.depth - 1; i++)
		free(fix.cpu.selector[i]);
}

/* What Xen does, without the upcall. */
static void xen_sends(unsigned int port)
{
	tree_set_pending(&fix.tree, port);
	if (!tree_test_mask(&fix.tree, port))
		tree_raise(&fix.tree, &fix.cpu, port);
}

static void note(void *ctx, unsigned int port)
{
	struct fixture *f = ctx;

	tree_clear_pending(&f->tree, port);
	if (f->nr_seen < MAX_SEEN)
		f->seen[f->nr_seen] = port;
	f->nr_seen++;
}

static void scan(void)
{
	fix.nr_seen = 0;
	tree_scan(&fix.tree, &fix.cpu, note, &fix);
}

static bool selectors_clear(void)
{
	unsigned int level, i;

	for (level = 0; level < fix.tree.depth - 1; level++)
		for (i = 0; i < tree_level_words(level); i++)
			if (fix.cpu.selector[level][i])
				return false;
	return true;
}

static void each_depth(void (*test)(void))
{
	unsigned int depth;

	for (depth = TREE_MIN_DEPTH; depth <= TREE_MAX_DEPTH; depth++) {
		setup(depth);
		test();
		teardown();
	}
}

static void sizes(void)
{
	static const struct {
		unsigned int depth, ports, leaves;
	} table[] = {
#if TREE_WORD_BITS == 64
		{ 2, 4096, 1 }, { 3, 262144, 8 }, { 4, 16777216, 512 },
#else
		{ 2, 1024, 1 }, { 3, 32768, 1 }, { 4, 1048576, 32 },
#endif
	};
	unsigned int i;

	expect(sizeof(tree_word_t) * 8 == TREE_WORD_BITS);
	expect(1U << TREE_PAGE_SHIFT == TREE_PAGE_PORTS);
	for (i = 0; i < 3; i++) {
		expect(tree_ports(table[i].depth) == table[i].ports);
		expect(tree_max_leaves(table[i].depth) == table[i].leaves);
	}
	expect(tree_level_words(0) == 1);
	expect(tree_level_words(1) == BITS);
	expect(tree_level_words(2) == BITS * BITS);
}

/* Selectors that a VCPU does not have are not looked at. */
static void bounded(void)
{
	unsigned int level;

	tree_bound(&fix.tree, 1);
	for (level = 0; level < fix.tree.depth - 1; level++)
		expect(fix.tree.words[level] == 1);
	tree_bound(&fix.tree, tree_ports(fix.tree.depth));
	for (level = 0; level < fix.tree.depth - 1; level++)
		expect(fix.tree.words[level] == tree_level_words(level));
	if (fix.tree.depth == TREE_MIN_DEPTH)
		return;
	/* The first port that needs a second word in level 1, and the one before. */
	tree_bound(&fix.tree, tree_ports(fix.tree.depth) / BITS + 1);
	expect(fix.tree.words[1] == 2);
	tree_bound(&fix.tree, tree_ports(fix.tree.depth) / BITS);
	expect(fix.tree.words[1] == 1);

	fix.cpu.selector[0][0] = 2;
	fix.cpu.selector[1][1] = 1;
	scan();
	expect(fix.cpu.selector[1][1] == 1);
	tree_bound(&fix.tree, tree_ports(fix.tree.depth));
	fix.cpu.selector[0][0] = 2;
	scan();
	expect(fix.cpu.selector[1][1] == 0);
}

static void bounded_at_each_depth(void)
{
	each_depth(bounded);
}

static void bad_setup(void)
{
	struct tree_leaf table[2];
	struct bitmap_tree tree;
	tree_word_t word;

	expect(tree_init(&tree, 1, table, 2) == -EINVAL);
	expect(tree_init(&tree, 5, table, 2) == -EINVAL);
	expect(tree_init(&tree, 3, NULL, 2) == -EINVAL);
	expect(tree_init(&tree, 3, table, 0) == -EINVAL);
	expect(!tree_init(&tree, 4, table, 2));
	expect(tree_nr_ports(&tree) == 0);
	expect(!tree_add_leaf(&tree, &word, &word));
	expect(tree_nr_ports(&tree) == TREE_PAGE_PORTS);
	expect(!tree_add_leaf(&tree, &word, &word));
	expect(tree_add_leaf(&tree, &word, &word) == -ENOSPC);
	tree_drop_leaf(&tree);
	expect(tree_nr_ports(&tree) == TREE_PAGE_PORTS);
	expect(!tree_init(&tree, 2, table, 2));
	expect(!tree_add_leaf(&tree, &word, &word));
	expect(tree_nr_ports(&tree) == BITS * BITS);
	expect(tree_add_leaf(&tree, &word, &word) == -ENOSPC);
}

/* Ports at the ends of words, levels and pages. */
static unsigned int edge_ports(unsigned int *ports)
{
	unsigned int n = 0, i, step;

	for (step = 1; step && step < fix.ports; step *= BITS)
		for (i = 0; i < 3; i++) {
			ports[n++] = step - 1 + i;
			ports[n++] = fix.ports - step - i;
		}
	if (fix.ports > TREE_PAGE_PORTS)
		for (i = 0; i < 3; i++)
			ports[n++] = TREE_PAGE_PORTS - 1 + i;
	for (i = 0; i < n; i++)
		ports[i] %= fix.ports;
	return n;
}

static void bits_of(unsigned int port)
{
	const struct bitmap_tree *tree = &fix.tree;
	const unsigned int page = port / TREE_PAGE_PORTS, in_page = port % TREE_PAGE_PORTS;
	const tree_word_t bit = (tree_word_t)1 << (port % BITS);
	tree_word_t *pending = &fix.table[page].pending[in_page / BITS];
	tree_word_t *mask = &fix.table[page].mask[in_page / BITS];

	expect(!tree_test_pending(tree, port) && !tree_test_mask(tree, port));
	tree_set_pending(tree, port);
	expect(*pending == bit && *mask == 0 && tree_test_pending(tree, port));
	expect(tree_take_pending(tree, port) && !*pending);
	expect(!tree_take_pending(tree, port));
	tree_set_pending(tree, port);
	tree_clear_pending(tree, port);
	expect(!*pending);
	tree_set_mask(tree, port);
	expect(*mask == bit && *pending == 0 && tree_test_mask(tree, port));
	expect(tree_test_and_set_mask(tree, port));
	expect(!tree_unmask(tree, port) && !*mask);
	expect(!tree_test_and_set_mask(tree, port) && *mask == bit);
	tree_clear_mask(tree, port);
}

static void leaf_bits_at_depth(void)
{
	unsigned int ports[64], n = edge_ports(ports);

	while (n--)
		bits_of(ports[n]);
}

static void leaf_bits(void)
{
	each_depth(leaf_bits_at_depth);
}

static void position(unsigned int port)
{
	unsigned int level, span = 1;

	for (level = fix.tree.depth; level--; span *= BITS)
		expect(tree_level_bit(&fix.tree, level, port) == port / span);
}

static void positions_at_depth(void)
{
	unsigned int ports[64], n = edge_ports(ports);

	while (n--)
		position(ports[n]);
}

static void positions(void)
{
	each_depth(positions_at_depth);
}

static void one_port_at_depth(void)
{
	unsigned int ports[64], n = edge_ports(ports);

	while (n--) {
		xen_sends(ports[n]);
		scan();
		expect(fix.nr_seen == 1 && fix.seen[0] == ports[n]);
		expect(selectors_clear() && !tree_test_pending(&fix.tree, ports[n]));
		scan();
		expect(!fix.nr_seen);
	}
}

static void one_port(void)
{
	each_depth(one_port_at_depth);
}

static void masked_at_depth(void)
{
	unsigned int ports[64], n = edge_ports(ports);

	while (n--) {
		tree_set_mask(&fix.tree, ports[n]);
		tree_set_pending(&fix.tree, ports[n]);
		tree_raise(&fix.tree, &fix.cpu, ports[n]);
		scan();
		expect(!fix.nr_seen && selectors_clear());
		expect(tree_test_pending(&fix.tree, ports[n]));
		expect(tree_unmask(&fix.tree, ports[n]));
		expect(tree_test_mask(&fix.tree, ports[n]));
		tree_clear_pending(&fix.tree, ports[n]);
		expect(!tree_unmask(&fix.tree, ports[n]));
		expect(!tree_test_mask(&fix.tree, ports[n]) && selectors_clear());
	}
}

static void masked(void)
{
	each_depth(masked_at_depth);
}

static void local_unmask_at_depth(void)
{
	unsigned int ports[64], n = edge_ports(ports);

	while (n--) {
		tree_set_mask(&fix.tree, ports[n]);
		expect(!tree_unmask_local(&fix.tree, &fix.cpu, ports[n]));
		expect(selectors_clear() && !tree_test_mask(&fix.tree, ports[n]));
		tree_set_mask(&fix.tree, ports[n]);
		xen_sends(ports[n]);
		expect(selectors_clear());
		expect(tree_unmask_local(&fix.tree, &fix.cpu, ports[n]));
		expect(!tree_test_mask(&fix.tree, ports[n]));
		/* Set already: who set it sees to the upcall. */
		tree_set_mask(&fix.tree, ports[n]);
		expect(!tree_unmask_local(&fix.tree, &fix.cpu, ports[n]));
		scan();
		expect(fix.nr_seen == 1 && fix.seen[0] == ports[n]);
	}
}

static void local_unmask(void)
{
	each_depth(local_unmask_at_depth);
}

/* Bits that lead nowhere, as a moved port or VCPUOP_register_vcpu_info leave them. */
static void stale_at_depth(void)
{
	unsigned int level, port = fix.ports / 2;

	fix.cpu.selector[0][0] = ~(tree_word_t)0;
	scan();
	expect(!fix.nr_seen && selectors_clear());
	for (level = 0; level < fix.tree.depth - 1; level++)
		memset(fix.cpu.selector[level], 0xff,
		       tree_level_words(level) * sizeof(tree_word_t));
	tree_set_pending(&fix.tree, port);
	scan();
	expect(fix.nr_seen == 1 && fix.seen[0] == port && selectors_clear());
}

static void stale(void)
{
	each_depth(stale_at_depth);
}

/* A selector that Xen should not have set, of ports that have no leaf yet. */
static void no_leaf_at_depth(void)
{
	if (fix.tree.nr_leaves < 2)
		return;
	fix.tree.nr_leaves = 1;
	tree_raise(&fix.tree, &fix.cpu, TREE_PAGE_PORTS);
	tree_raise(&fix.tree, &fix.cpu, TREE_PAGE_PORTS - 1);
	tree_set_pending(&fix.tree, TREE_PAGE_PORTS - 1);
	scan();
	expect(fix.nr_seen == 1 && fix.seen[0] == TREE_PAGE_PORTS - 1 && selectors_clear());
	fix.tree.nr_leaves = min_t(unsigned int, tree_max_leaves(fix.tree.depth), MAX_LEAVES);
}

static void no_leaf(void)
{
	each_depth(no_leaf_at_depth);
}

/*
 * Where a scan that begins at @from has @port: as the ports' numbers, but in each word
 * above @from its bit goes first, and those before it last.
 */
static unsigned int turn_of(unsigned int port, unsigned int from)
{
	unsigned int level, turn = 0, digit, mine;
	bool above = true;

	for (level = 0; level < fix.tree.depth; level++) {
		digit = tree_level_bit(&fix.tree, level, port) % BITS;
		mine = tree_level_bit(&fix.tree, level, from) % BITS;
		turn = turn * BITS + (above ? (digit - mine) % BITS : digit);
		above = above && digit == mine;
	}
	return turn;
}

static void fair_at_depth(void)
{
	unsigned int ports[64], n = 0, i, round;

	for (i = 0; i < 4; i++) {
		ports[n++] = i;
		ports[n++] = BITS + i * 2;
		ports[n++] = fix.ports / 2 + i * BITS;
		ports[n++] = fix.ports - 1 - i;
	}
	for (round = 0; round < 40; round++) {
		const unsigned int from = round * (fix.ports / 37) % fix.ports;

		fix.cpu.next = from;
		for (i = 0; i < n; i++)
			xen_sends(ports[i]);
		scan();
		expect(fix.nr_seen == n);
		for (i = 1; i < n; i++)
			expect(turn_of(fix.seen[i - 1], from) < turn_of(fix.seen[i], from));
		expect(fix.cpu.next == fix.seen[n - 1] + 1);
	}
}

static void fair(void)
{
	each_depth(fair_at_depth);
}

/* Two ports of one word that never rest take turns at being first. */
static void turns_at_depth(void)
{
	unsigned int i, first[2] = { 0, 0 };

	for (i = 0; i < 10; i++) {
		xen_sends(3);
		if (i)
			xen_sends(5);
		scan();
		first[fix.seen[0] == 5]++;
	}
	/* 3 alone, then 5 3, 5 3, ... : never the one that was served last. */
	expect(first[0] == 1 && first[1] == 9);
	expect(fix.seen[0] == 5 && fix.seen[1] == 3);
}

static void turns(void)
{
	each_depth(turns_at_depth);
}

#define NR_BUSY	12

/* One port waits among others that are pending again as soon as they are delivered. */
static struct {
	unsigned int ports[NR_BUSY];
	unsigned int events[NR_BUSY];	/* that each has had while the one waits */
	unsigned int waits;		/* index of the one */
	unsigned int after;		/* events until it becomes pending */
	bool sent;
	bool done;
} busy;

static void deliver_busy(void *ctx, unsigned int port)
{
	unsigned int i = 0;

	while (busy.ports[i] != port)
		i++;
	tree_clear_pending(&fix.tree, port);
	if (i == busy.waits) {
		busy.done = true;
		return;
	}
	busy.events[i] += busy.sent && !busy.done;
	xen_sends(port);
	if (!busy.sent && !--busy.after) {
		busy.sent = true;
		xen_sends(busy.ports[busy.waits]);
	}
}

/* The most events of one port that another has waited for. */
static unsigned int wait_among_busy(unsigned int waits, unsigned int after)
{
	unsigned int i, most = 0;

	memset(busy.events, 0, sizeof(busy.events));
	busy.waits = waits;
	busy.after = after;
	busy.sent = false;
	busy.done = false;
	for (i = 0; i < NR_BUSY; i++)
		if (i != waits)
			xen_sends(busy.ports[i]);
	while (!busy.done)
		tree_scan(&fix.tree, &fix.cpu, deliver_busy, NULL);
	for (i = 0; i < NR_BUSY; i++)
		most = max(most, busy.events[i]);
	scan();
	return most;
}

static void waits_at_depth(void)
{
	unsigned int i, after, most = 0;

	for (i = 0; i < NR_BUSY / 4; i++) {
		busy.ports[4 * i] = i;
		busy.ports[4 * i + 1] = BITS + i * 2;
		busy.ports[4 * i + 2] = fix.ports / 2 + i * BITS;
		busy.ports[4 * i + 3] = fix.ports - 1 - i;
	}
	for (i = 0; i < NR_BUSY; i++)
		for (after = 1; after <= 4 * NR_BUSY; after++)
			most = max(most, wait_among_busy(i, after));
	/* One in the scan that is past it, one in the next; and it does come to that. */
	expect(most == 2);
}

static void waits(void)
{
	each_depth(waits_at_depth);
}

static void every_port_at_depth(void)
{
	unsigned int port, step = max(fix.ports / 2048, 1U), n = 0;

	for (port = 0; port < fix.ports; port += step, n++)
		xen_sends(port);
	fix.cpu.next = 0;
	scan();
	expect(fix.nr_seen == n);
	for (port = 0; port < min_t(unsigned int, n, MAX_SEEN); port++)
		expect(fix.seen[port] == port * step);
	scan();
	expect(!fix.nr_seen);
	fix.cpu.next = fix.ports;
	xen_sends(0);
	scan();
	expect(fix.nr_seen == 1);
}

static void every_port(void)
{
	each_depth(every_port_at_depth);
}

static void random_sets_at_depth(void)
{
	unsigned int round, i, port, expected;
	u64 rng = 0x9e3779b97f4a7c15ULL;

	for (round = 0; round < 300; round++) {
		expected = 0;
		for (i = 0; i < 1 + round % 60; i++) {
			rng = rng * 6364136223846793005ULL + 1442695040888963407ULL;
			port = (rng >> 33) % fix.ports;
			if (round & 1)
				port &= 255;
			expected += !tree_test_pending(&fix.tree, port);
			xen_sends(port);
		}
		scan();
		expect(fix.nr_seen == expected && selectors_clear());
	}
}

static void random_sets(void)
{
	each_depth(random_sets_at_depth);
}

static void reset_at_depth(void)
{
	tree_set_pending(&fix.tree, fix.ports - 1);
	tree_raise(&fix.tree, &fix.cpu, fix.ports - 1);
	fix.cpu.next = 7;
	tree_reset(&fix.tree);
	tree_cpu_reset(&fix.tree, &fix.cpu);
	expect(tree_test_mask(&fix.tree, 0) && tree_test_mask(&fix.tree, fix.ports - 1));
	expect(!tree_test_pending(&fix.tree, fix.ports - 1) && !fix.cpu.next);
	expect(fix.cpu.selector[0][0]);
	fix.cpu.selector[0][0] = 0;
	expect(selectors_clear());
}

static void reset(void)
{
	each_depth(reset_at_depth);
}

static const struct ktap_case cases[] = {
	{ "sizes of levels and leaves", sizes },
	{ "selectors that a VCPU lacks are not looked at", bounded_at_each_depth },
	{ "a tree that cannot be is refused", bad_setup },
	{ "pending and mask bits", leaf_bits },
	{ "a port's bit at each level", positions },
	{ "a scan finds one port once", one_port },
	{ "a scan leaves a masked port; unmask asks for the hypercall", masked },
	{ "a local unmask sets the selectors", local_unmask },
	{ "selector bits that lead nowhere", stale },
	{ "a selector bit above a leaf that is not there", no_leaf },
	{ "a scan begins after the last port of the one before", fair },
	{ "two ports of one word take turns", turns },
	{ "a port waits for at most two events of each other", waits },
	{ "ports of all words and pages", every_port },
	{ "random sets", random_sets },
	{ "reset", reset },
};

int main(void)
{
	char prefix[16];

	snprintf(prefix, sizeof(prefix), "tree%d", TREE_WORD_BITS);
	return ktap_run(prefix, cases, ARRAY_SIZE(cases));
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * insn-tree EVENTS BURST: so many events through tree_scan() at depth 2, BURST at a time,
 * for a count of instructions; the sender's are in functions of their own.
 */
#include <stdlib.h>

#include "bitmap_tree.h"

static tree_word_t pending[TREE_WORD_BITS], mask[TREE_WORD_BITS], root;
static struct tree_leaf leaf;
static struct bitmap_tree tree;
static struct bitmap_tree_cpu cpu = { .selector = { &root } };

static __always_inline void deliver(void *ctx, unsigned int port)
{
	if (tree_take_pending(&tree, port))
		++*(unsigned long *)ctx;
}

void scan_loop(unsigned long *count);
noinline void scan_loop(unsigned long *count)
{
	tree_scan_depth(&tree, 2, &cpu, deliver, count);
}

static noinline void send(unsigned int port)
{
	tree_set_pending(&tree, port);
	tree_raise(&tree, &cpu, port);
}

int main(int argc, char **argv)
{
	unsigned long count = 0, events = strtoul(argv[1], NULL, 0);
	unsigned int i, burst = strtoul(argv[2], NULL, 0);

	tree_init(&tree, 2, &leaf, 1);
	tree_add_leaf(&tree, pending, mask);
	while (count < events) {
		for (i = 0; i < burst; i++)
			send(i);
		scan_loop(&count);
	}
	return 0;
}

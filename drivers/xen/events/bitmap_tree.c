// SPDX-License-Identifier: GPL-2.0-only
/*
 * Setting a tree of bitmaps up; bitmap_tree.h says what it is.
 *
 * Order of growing.  A leaf is filled, told to tree_add_leaf(), and only then to Xen:
 * Xen may set pending and selectors for it from within the hypercall, and a scan that
 * did not know the leaf yet would take the selectors and drop them.  A leaf that Xen
 * refuses is taken back.
 */
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "bitmap_tree.h"

/**
 * tree_max_leaves() - how many leaves the ports of a whole tree need
 * @depth: TREE_MIN_DEPTH to TREE_MAX_DEPTH
 *
 * Context: Any.
 * Return: number of entries of the table of leaves.
 */
unsigned int tree_max_leaves(unsigned int depth)
{
	return max(tree_ports(depth) >> TREE_PAGE_SHIFT, 1U);
}

/**
 * tree_init() - set up a tree that has no leaves yet
 * @tree: tree
 * @depth: TREE_MIN_DEPTH to TREE_MAX_DEPTH
 * @table: room for leaves, the caller's, to stay as long as the tree
 * @max_leaves: how many fit; fewer than tree_max_leaves() are allowed
 *
 * Context: Any.
 * Return: 0, or -EINVAL for a depth or table that cannot be.
 */
int tree_init(struct bitmap_tree *tree, unsigned int depth, struct tree_leaf *table,
	      unsigned int max_leaves)
{
	if (depth < TREE_MIN_DEPTH || depth > TREE_MAX_DEPTH || !table || !max_leaves)
		return -EINVAL;
	tree->depth = depth;
	tree->shift = TREE_SHIFT * (depth - 1);
	tree->leaf = table;
	tree->max_leaves = min(max_leaves, tree_max_leaves(depth));
	tree->nr_leaves = 0;
	tree_bound(tree, tree_ports(depth));
	return 0;
}

/**
 * tree_bound() - have selectors for fewer ports than the depth gives
 * @tree: tree
 * @ports: 1 to tree_ports()
 *
 * Context: No scan runs.
 */
void tree_bound(struct bitmap_tree *tree, unsigned int ports)
{
	unsigned int level;

	for (level = 0; level < tree->depth - 1; level++)
		tree->words[level] =
			(tree_level_bit(tree, level, ports - 1) >> TREE_SHIFT) + 1;
}

/**
 * tree_add_leaf() - add room for the next TREE_PAGE_PORTS ports
 * @tree: tree
 * @pending: TREE_PAGE_BYTES, or at depth 2 one word for each bit of the root; all
 *	clear, unless Xen has them in use
 * @mask: the same; all set
 *
 * Context: Any; the caller lets only one in at a time. Scans may run.
 * Return: 0, or -ENOSPC when there is no room for more.
 */
int tree_add_leaf(struct bitmap_tree *tree, tree_word_t *pending, tree_word_t *mask)
{
	unsigned int n = tree->nr_leaves;

	if (n == tree->max_leaves)
		return -ENOSPC;
	tree->leaf[n].pending = pending;
	tree->leaf[n].mask = mask;
	/* Partner: the full barriers before tree_scan_leaf() reads it. */
	virt_store_release(&tree->nr_leaves, n + 1);
	return 0;
}

/**
 * tree_drop_leaf() - take back the leaf that was added last
 * @tree: tree, with at least one leaf
 *
 * For a leaf that Xen has refused: it never had a bit set.
 *
 * Context: As tree_add_leaf(). The leaf may be freed once no scan runs any more that
 * was running before.
 */
void tree_drop_leaf(struct bitmap_tree *tree)
{
	WRITE_ONCE(tree->nr_leaves, tree->nr_leaves - 1);
}

/* Words of each leaf that are there. */
static size_t leaf_bytes(const struct bitmap_tree *tree)
{
	return min(tree_ports(tree->depth), TREE_PAGE_PORTS) / 8;
}

/**
 * tree_reset() - mask all ports and make none pending
 * @tree: tree
 *
 * Context: Nobody else uses the tree, Xen included.
 */
void tree_reset(struct bitmap_tree *tree)
{
	unsigned int i;

	for (i = 0; i < tree->nr_leaves; i++) {
		memset(tree->leaf[i].pending, 0, leaf_bytes(tree));
		memset(tree->leaf[i].mask, 0xff, leaf_bytes(tree));
	}
}

/**
 * tree_cpu_reset() - clear a VCPU's selectors below the root
 * @tree: tree
 * @cpu: VCPU, with @cpu->selector set
 *
 * The root stays: it lies in Xen's vcpu_info and tells of leaves at most, of which
 * nothing need be pending.
 *
 * Context: Xen does not know these selectors yet, and the VCPU does not scan.
 */
void tree_cpu_reset(const struct bitmap_tree *tree, struct bitmap_tree_cpu *cpu)
{
	unsigned int level;

	for (level = 1; level < tree->depth - 1; level++)
		memset(cpu->selector[level], 0, tree->words[level] * sizeof(tree_word_t));
	cpu->next = 0;
}

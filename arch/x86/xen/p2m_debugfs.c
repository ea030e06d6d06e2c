// SPDX-License-Identifier: GPL-2.0-only
/*
 * The P2M as ranges of one type: xen/mmu/p2m in debugfs.
 *
 * What backs a PFN tells its type where the entry does not, and allows to pass over 1 GiB of
 * shared page table, or 2 MiB of shared leaf, at once.
 */

#include <linux/debugfs.h>
#include <linux/init.h>
#include <linux/mm.h>
#include <linux/seq_file.h>

#include <asm/xen/page.h>

#include "p2m.h"
#include "p2m_layout.h"
#include "xen-ops.h"

static const char *const type_names[P2M_NR_TYPES] = {
	[P2M_MEMORY] = "memory",
	[P2M_FOREIGN] = "foreign",
	[P2M_MISSING] = "missing",
	[P2M_IDENTITY] = "identity",
};

/**
 * struct p2m_dump - a range while it is found
 * @m:		where it goes
 * @start:	its first PFN
 * @type:	its type, P2M_NR_TYPES before the first one
 */
struct p2m_dump {
	struct seq_file *m;
	unsigned long start;
	enum p2m_type type;
};

/* From @pfn on it is @type; say what was before. */
static void dump_from(struct p2m_dump *dump, unsigned long pfn, enum p2m_type type)
{
	if (type == dump->type)
		return;
	if (pfn)
		seq_printf(dump->m, " [0x%lx->0x%lx] %s\n", dump->start, pfn,
			   type_names[dump->type]);
	dump->start = pfn;
	dump->type = type;
}

static unsigned long seen(unsigned long pfn, const unsigned long *leaf)
{
	return p2m_entry_seen(pfn, READ_ONCE(leaf[pfn % P2M_PER_PAGE]), p2m_hidden_bits(pfn));
}

static void dump_leaf(struct p2m_dump *dump, unsigned long pfn)
{
	unsigned long *leaf;
	unsigned int i;

	switch (p2m_backing(pfn, &leaf)) {
	case P2M_SHARED_MISSING:
		dump_from(dump, pfn, P2M_MISSING);
		break;
	case P2M_SHARED_IDENTITY:
		dump_from(dump, pfn, P2M_IDENTITY);
		break;
	case P2M_OWN:
		for (i = 0; i < P2M_PER_PAGE; i++)
			dump_from(dump, pfn + i, p2m_entry_type(pfn + i, seen(pfn + i, leaf)));
		break;
	}
}

static int p2m_show(struct seq_file *m, void *unused)
{
	struct p2m_dump dump = { .m = m, .type = P2M_NR_TYPES };
	unsigned long pfn = 0;

	while (pfn < xen_p2m_size) {
		bool shared = p2m_pmd_shared(READ_ONCE(*p2m_pmd(pfn)));

		dump_leaf(&dump, pfn);
		pfn += shared ? P2M_PMD_PFNS : P2M_PER_PAGE;
		cond_resched();
	}
	dump_from(&dump, pfn, P2M_NR_TYPES);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(p2m);

static int __init xen_p2m_debugfs(void)
{
	if (p2m_state.live)
		debugfs_create_file("p2m", 0400, debugfs_create_dir("mmu", xen_init_debugfs()),
				    NULL, &p2m_fops);
	return 0;
}
fs_initcall(xen_p2m_debugfs);

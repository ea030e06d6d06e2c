// SPDX-License-Identifier: GPL-2.0-only
/*
 * The P2M at boot: first the domain builder's list, then the area made from it.
 *
 * The area is sized for the largest domain that this one can become and thus is mostly
 * shared pages.  It is made from the ranges of the memory plan: they say which leaves are
 * private, and only those are touched.  A page of page table is filled before Xen is told what
 * it is, so that it costs one hypercall and not 512.
 *
 * Where frames are still to come, leaves are private and missing, so that giving a frame its
 * PFN takes no memory and cannot fail.
 */

#include <linux/bitmap.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/pgalloc.h>
#include <linux/printk.h>
#include <linux/vmalloc.h>

#include <asm/paravirt.h>
#include <asm/xen/hypervisor.h>
#include <asm/xen/page.h>

#include <xen/page.h>

#include "memory_boot.h"
#include "p2m.h"
#include "p2m_layout.h"
#include "xen-ops.h"

/* Memory up to which hot-plug can go, in GiB. */
#ifdef CONFIG_XEN_MEMORY_HOTPLUG_LIMIT
#define P2M_LIMIT_GIB	CONFIG_XEN_MEMORY_HOTPLUG_LIMIT
#else
#define P2M_LIMIT_GIB	0
#endif

/* Pages are taken from memblock in pieces of at most so many. */
#define POOL_PAGES	512

/**
 * struct p2m_builder - the area while it is made
 * @boot:	what goes in
 * @leaves:	what backs each leaf
 * @nr_leaves:	elements of @leaves
 * @next:	element of @leaves that has the next leaf
 * @pool:	pages that are to be used
 * @pool_pages:	pages at @pool
 * @wanted:	pages that have to be taken from memblock yet
 */
struct p2m_builder {
	struct p2m_boot boot;
	struct xmap_leaves leaves[XMAP_MAX_LEAVES];
	unsigned int nr_leaves;
	const struct xmap_leaves *next;
	void *pool;
	u64 pool_pages;
	u64 wanted;
};

/**
 * xen_build_dynamic_phys_to_machine() - begin with the domain builder's list
 *
 * The list is in whole pages; what is behind its last entry becomes missing.
 *
 * Context: The very first C code of a PV kernel: no per-CPU data, no console, hypercalls only.
 */
void __init xen_build_dynamic_phys_to_machine(void)
{
	unsigned long pfn;

	if (xen_feature(XENFEAT_auto_translated_physmap))
		return;

	xen_p2m_addr = (unsigned long *)xen_start_info->mfn_list;
	xen_p2m_size = ALIGN(xen_start_info->nr_pages, P2M_PER_PAGE);
	xen_max_p2m_pfn = xen_p2m_size;
	for (pfn = xen_start_info->nr_pages; pfn < xen_p2m_size; pfn++)
		xen_p2m_addr[pfn] = INVALID_P2M_ENTRY;
}

/**
 * set_phys_range_identity() - let PFNs mean the machine frames of the same numbers
 * @pfn_s: first PFN
 * @pfn_e: first PFN behind
 *
 * What PFNs beyond the list are, the plan knows alone.
 *
 * Context: Boot, before xen_vmalloc_p2m_tree().
 * Return: entries that were set.
 */
unsigned long __init set_phys_range_identity(unsigned long pfn_s, unsigned long pfn_e)
{
	unsigned long pfn;

	pfn_e = min(pfn_e, xen_p2m_size);
	for (pfn = pfn_s; pfn < pfn_e; pfn++)
		xen_p2m_addr[pfn] = IDENTITY_FRAME(pfn);
	return pfn_e > pfn_s ? pfn_e - pfn_s : 0;
}

static void __init __noreturn no_memory(unsigned long pages)
{
	panic("xen: no memory for the P2M: %lu pages; give this domain more memory\n",
	      pages);
}

static void * __init boot_page(void)
{
	void *page = memblock_alloc_raw(PAGE_SIZE, PAGE_SIZE);

	if (!page)
		no_memory(1);
	return page;
}

/* Take a page whose number was known from the start. */
static void * __init pool_page(struct p2m_builder *b)
{
	u64 pages = min_t(u64, b->wanted, POOL_PAGES);
	void *page;

	while (!b->pool_pages && pages) {
		b->pool = memblock_alloc_raw(pages * PAGE_SIZE, PAGE_SIZE);
		if (b->pool) {
			b->pool_pages = pages;
			b->wanted -= pages;
		}
		pages /= 2;
	}
	if (!b->pool_pages)
		no_memory(b->wanted);

	page = b->pool;
	b->pool += PAGE_SIZE;
	b->pool_pages--;
	return page;
}

static pte_t * __init make_shared_ptes(unsigned long *leaf)
{
	pte_t pte = pfn_pte(PFN_DOWN(__pa(leaf)), PAGE_KERNEL_RO);
	pte_t *ptes = boot_page();
	unsigned int i;

	for (i = 0; i < PTRS_PER_PTE; i++)
		ptes[i] = pte;
	paravirt_alloc_pte(&init_mm, PFN_DOWN(__pa(ptes)));
	return ptes;
}

static void __init make_shared_pages(void)
{
	unsigned int i;

	p2m_state.missing = boot_page();
	p2m_state.identity = boot_page();
	for (i = 0; i < P2M_PER_PAGE; i++) {
		p2m_state.missing[i] = INVALID_P2M_ENTRY;
		p2m_state.identity[i] = INVALID_P2M_ENTRY;
	}
	p2m_state.missing_pte = make_shared_ptes(p2m_state.missing);
	p2m_state.identity_pte = make_shared_ptes(p2m_state.identity);
}

/* Say what backs each leaf. */
static int __init plan_area(struct p2m_builder *b, u64 pfns)
{
	int rc;

	b->boot = (struct p2m_boot){
		.list = xen_p2m_addr,
		.list_pfns = xen_p2m_size,
		.plan = xen_boot_plan(),
	};
	rc = xmap_plan_leaves(b->boot.plan, pfns, b->leaves, ARRAY_SIZE(b->leaves));
	if (rc < 0)
		return rc;
	b->nr_leaves = rc;
	b->next = b->leaves;
	b->pool_pages = 0;
	return 0;
}

static bool __init whole_ptes(const struct xmap_leaves *l)
{
	return l->kind == XMAP_PMD_MISSING || l->kind == XMAP_PMD_IDENTITY;
}

/* Pages that private leaves and the page tables of mixed ones take. */
static u64 __init count_pages(const struct p2m_builder *b, u64 pmds)
{
	u64 pages = pmds;
	unsigned int i;

	for (i = 0; i < b->nr_leaves; i++) {
		if (b->leaves[i].kind == XMAP_LEAF_OWN)
			pages += b->leaves[i].nr;
		else if (whole_ptes(&b->leaves[i]))
			pages -= b->leaves[i].nr / XMAP_PMD_LEAVES;
	}
	return pages;
}

static pte_t __init make_pte(struct p2m_builder *b, u64 leaf, u32 kind)
{
	unsigned long *page;

	switch (kind) {
	case XMAP_LEAF_MISSING:
		return pfn_pte(PFN_DOWN(__pa(p2m_state.missing)), PAGE_KERNEL_RO);
	case XMAP_LEAF_IDENTITY:
		return pfn_pte(PFN_DOWN(__pa(p2m_state.identity)), PAGE_KERNEL_RO);
	default:
		page = pool_page(b);
		p2m_fill_leaf(&b->boot, leaf, page);
		return pfn_pte(PFN_DOWN(__pa(page)), PAGE_KERNEL);
	}
}

/* Map 512 leaves from @leaf on with a page table of their own. */
static void __init map_ptes(struct p2m_builder *b, u64 leaf, pmd_t *pmd)
{
	pte_t *ptes = pool_page(b);
	unsigned int i;

	for (i = 0; i < PTRS_PER_PTE; i++, leaf++) {
		while (leaf >= b->next->leaf + b->next->nr)
			b->next++;
		ptes[i] = make_pte(b, leaf, b->next->kind);
	}
	pmd_populate_kernel(&init_mm, pmd, ptes);
}

/*
 * Map shared page tables from @pmd on, as many as @left and as its page has entries.
 * Returns how many.
 */
static u64 __init map_shared(pmd_t *pmd, u64 left, u32 kind)
{
	pte_t *ptes = kind == XMAP_PMD_MISSING ? p2m_state.missing_pte : p2m_state.identity_pte;
	u64 i, room = (PAGE_SIZE - offset_in_page(pmd)) / sizeof(*pmd);

	left = min(left, room);
	arch_enter_lazy_mmu_mode();
	for (i = 0; i < left; i++)
		set_pmd(pmd + i, __pmd(__pa(ptes) | _KERNPG_TABLE));
	arch_leave_lazy_mmu_mode();
	return left;
}

static void __init map_area(struct p2m_builder *b, unsigned long addr, u64 pmds)
{
	u64 index, nr;

	for (index = 0; index < pmds; index += nr) {
		u64 leaf = index * XMAP_PMD_LEAVES;
		pmd_t *pmd = populate_extra_pmd(addr + index * PMD_SIZE);

		while (leaf >= b->next->leaf + b->next->nr)
			b->next++;
		nr = 1;
		if (whole_ptes(b->next))
			nr = map_shared(pmd, (b->next->leaf + b->next->nr - leaf) / XMAP_PMD_LEAVES,
					b->next->kind);
		else
			map_ptes(b, leaf, pmd);
	}
}

/* @bits say what is identity in a private leaf. */
static void __init keep_bits(u64 leaf, const unsigned long *bits)
{
	struct p2m_hidden **hidden = &p2m_state.hidden[leaf / XMAP_PMD_LEAVES];
	unsigned long *kept = memblock_alloc_raw(P2M_BITMAP_BYTES, SMP_CACHE_BYTES);

	if (kept && !*hidden)
		*hidden = memblock_alloc(sizeof(**hidden), PAGE_SIZE);
	if (!kept || !*hidden)
		no_memory(1);
	bitmap_copy(kept, bits, P2M_PER_PAGE);
	(*hidden)->bits[leaf % XMAP_PMD_LEAVES] = kept;
}

/* Where a leaf has identity PFNs and others, let the entries say nothing of the former. */
static void __init hide_identity(const struct xmap_plan *plan)
{
	u64 cursor = 0, leaf;

	while (p2m_next_edge(plan, &cursor, &leaf)) {
		unsigned long bits[P2M_BITMAP_WORDS] = {};
		unsigned long *entry;

		if (leaf * XMAP_LEAF_PFNS >= xen_p2m_size ||
		    p2m_backing(leaf * XMAP_LEAF_PFNS, &entry) != P2M_OWN)
			continue;
		if (p2m_hide_identity(leaf, entry, bits))
			keep_bits(leaf, bits);
	}
}

static void __init check_layout(void)
{
	BUILD_BUG_ON(sizeof(struct p2m_hidden) != PAGE_SIZE);
	BUILD_BUG_ON(P2M_ENTRY_INVALID != INVALID_P2M_ENTRY);
	BUILD_BUG_ON(P2M_ENTRY_FOREIGN != FOREIGN_FRAME_BIT);
	BUILD_BUG_ON(P2M_ENTRY_IDENTITY != IDENTITY_FRAME_BIT);
	BUILD_BUG_ON(XMAP_LEAF_PFNS != P2M_PER_PAGE);
	BUILD_BUG_ON(XMAP_PMD_LEAVES != PTRS_PER_PTE);
}

/**
 * xen_vmalloc_p2m_tree() - make the area and use it instead of the builder's list
 *
 * Afterwards the list belongs to the caller. Extra memory is missing and takes no leaves;
 * PFNs that get their frames later are missing and have private leaves.
 *
 * Context: Boot, one CPU, with memblock, direct map and page tables that Xen knows.
 */
void __init xen_vmalloc_p2m_tree(void)
{
	u64 pfns = p2m_area_pfns(xen_p2m_size, xen_max_p2m_pfn, P2M_LIMIT_GIB);
	u64 pmds = pfns / P2M_PMD_PFNS;
	struct vm_struct *area = &p2m_state.area;
	struct p2m_builder *b;
	int rc;

	check_layout();

	b = memblock_alloc_raw(sizeof(*b), PAGE_SIZE);
	if (!b)
		no_memory(PFN_UP(sizeof(*b)));
	rc = plan_area(b, pfns);
	if (rc)
		panic("xen: the P2M cannot be planned: error %d, %#lx PFNs\n", rc, xen_max_p2m_pfn);

	area->flags = VM_ALLOC;
	area->size = pfns * sizeof(*xen_p2m_addr);
	vm_area_register_early(area, PMD_SIZE);
	pr_notice("p2m virtual area at %p, size is %lx\n", area->addr, area->size);

	p2m_state.hidden = memblock_alloc(pmds * sizeof(*p2m_state.hidden), SMP_CACHE_BYTES);
	if (!p2m_state.hidden)
		no_memory(PFN_UP(pmds * sizeof(*p2m_state.hidden)));
	make_shared_pages();
	b->wanted = count_pages(b, pmds);
	map_area(b, (unsigned long)area->addr, pmds);

	p2m_state.boot_pfns = xen_max_p2m_pfn;
	/* Hot-plug may use the rest of a private leaf, and nothing raises this for it. */
	p2m_state.last_pfn = ALIGN(xen_max_p2m_pfn, P2M_PER_PAGE);
	xen_p2m_addr = area->addr;
	xen_p2m_size = pfns;
	xen_max_p2m_pfn = pfns;
	p2m_state.live = true;
	hide_identity(b->boot.plan);

	memblock_free(b, sizeof(*b));
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Does the P2M of a PV domain say what the memory map says?
 *
 * Each test is a file in debugfs, below xen_p2m_test; to read it is to run the test.  It
 * prints what is wrong, a line each behind "# ", and ends with a line "pass", "fail" or
 * "skip".  p2m.sh makes KTAP of that.
 *
 * What is checked is what every kernel promises, so that the same tests judge any, except
 * for "beyond", which kills Linux 6.12's own, and for "tools", which it does not pass: there
 * the toolstack sees identity where a leaf has frames, too, and a restore takes it away.
 * Which PFNs are memory is taken from /proc/iomem; p2m.sh compares with the plan of the boot.
 *
 * "scratch" is for kernels that map foreign pages where no memory is.  In a domain without
 * extra memory it leaves a range of that kind in /proc/iomem.
 */

#define pr_fmt(fmt) "p2m_test: " fmt

#include <linux/debugfs.h>
#include <linux/ioport.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pfn.h>
#include <linux/seq_file.h>

#include <asm/xen/hypercall.h>
#include <asm/xen/page.h>

#include <xen/interface/memory.h>
#include <xen/xen.h>

/* Lines about one test; the rest is counted only. */
#define TEST_LINES	8
/* What is no RAM below may have frames or be a device, as it was before there was a map. */
#define TEST_LOW_PFN	0x100UL

/**
 * struct test_run - a test while it runs
 * @out:	where its lines go
 * @failures:	what went wrong so far
 * @skip:	why it was not run, or NULL
 * @next:	first PFN behind the RAM that was seen
 * @pages:	PFNs that were looked at
 * @missing:	those that have no frame
 * @holes:	runs of PFNs between RAM
 */
struct test_run {
	struct seq_file *out;
	unsigned int failures;
	const char *skip;
	unsigned long next;
	unsigned long pages;
	unsigned long missing;
	unsigned int holes;
};

static void wrong(struct test_run *run, unsigned long pfn, unsigned long entry, const char *what)
{
	if (run->failures++ < TEST_LINES)
		seq_printf(run->out, "# PFN %#lx, entry %#lx: %s\n", pfn, entry, what);
}

/* RAM has a frame that knows its PFN, a foreign one, or none and no user either. */
static void check_ram(struct test_run *run, unsigned long pfn)
{
	unsigned long entry = __pfn_to_mfn(pfn);
	struct page *page = pfn_to_online_page(pfn);

	run->pages++;
	if (entry == INVALID_P2M_ENTRY) {
		run->missing++;
		if (page && !PageReserved(page) && !PageOffline(page))
			wrong(run, pfn, entry, "RAM in use has no frame");
		return;
	}
	if (entry & FOREIGN_FRAME_BIT)
		return;
	if (entry & IDENTITY_FRAME_BIT)
		wrong(run, pfn, entry, "RAM is identity");
	else if (mfn_to_pfn_no_overrides(entry) != pfn)
		wrong(run, pfn, entry, "the frame has another PFN");
}

static int ram_region(struct resource *res, void *arg)
{
	unsigned long pfn = PFN_UP(res->start);
	unsigned long end = PFN_DOWN(res->end + 1);
	struct test_run *run = arg;

	for (; pfn < end; pfn++) {
		check_ram(run, pfn);
		cond_resched();
	}
	return 0;
}

static void test_ram(struct test_run *run)
{
	walk_iomem_res_desc(IORES_DESC_NONE, IORESOURCE_SYSTEM_RAM | IORESOURCE_BUSY, 0, -1, run,
			    ram_region);
	seq_printf(run->out, "# %lu pages of RAM, %lu without a frame\n", run->pages,
		   run->missing);
	if (!run->pages)
		wrong(run, 0, 0, "no RAM was seen");
}

static void check_hole(struct test_run *run, unsigned long start, unsigned long end)
{
	unsigned long pfn;

	if (start >= end)
		return;
	run->holes++;
	for (pfn = start; pfn < end; pfn++) {
		unsigned long entry = __pfn_to_mfn(pfn);

		run->pages++;
		if (entry != IDENTITY_FRAME(pfn))
			wrong(run, pfn, entry, "a hole is not identity");
		cond_resched();
	}
}

static int hole_before(struct resource *res, void *arg)
{
	struct test_run *run = arg;

	check_hole(run, run->next, PFN_DOWN(res->start));
	run->next = max(run->next, PFN_UP(res->end + 1));
	return 0;
}

static void test_holes(struct test_run *run)
{
	run->next = TEST_LOW_PFN;
	walk_iomem_res_desc(IORES_DESC_NONE, IORESOURCE_SYSTEM_RAM | IORESOURCE_BUSY, 0, -1, run,
			    hole_before);
	/* Beyond RAM: the end of the P2M and what it does not cover. */
	check_hole(run, run->next, run->next + 2 * P2M_PER_PAGE);
	check_hole(run, xen_p2m_size, xen_p2m_size + P2M_PER_PAGE);
	seq_printf(run->out, "# %u holes, %lu PFNs\n", run->holes, run->pages);
}

/* As many frames as Xen says that this domain has: none lost, none twice. */
static void test_frames(struct test_run *run)
{
	domid_t domid = DOMID_SELF;
	long xen = HYPERVISOR_memory_op(XENMEM_current_reservation, &domid);
	unsigned long pfn, entry;

	for (pfn = 0; pfn < xen_p2m_size; pfn++) {
		entry = __pfn_to_mfn(pfn);
		if (entry != INVALID_P2M_ENTRY &&
		    !(entry & (FOREIGN_FRAME_BIT | IDENTITY_FRAME_BIT)) &&
		    mfn_to_pfn_no_overrides(entry) == pfn)
			run->pages++;
		cond_resched();
	}
	seq_printf(run->out, "# %lu frames in the P2M, Xen says %ld\n", run->pages, xen);
	if (run->pages != xen)
		wrong(run, 0, run->pages, "frames were lost, or are there twice");
}

/* A PFN without a frame keeps being one when its entry becomes writable. */
static void test_later_use(struct test_run *run)
{
	unsigned long pfn;
	int rc;

	for (pfn = xen_p2m_size; pfn > 0; pfn -= P2M_PER_PAGE) {
		if (__pfn_to_mfn(pfn - 1) == INVALID_P2M_ENTRY)
			break;
	}
	if (!pfn) {
		run->skip = "no extra memory, see maxmem";
		return;
	}

	pfn--;
	rc = xen_alloc_p2m_entry(pfn);
	if (rc)
		wrong(run, pfn, rc, "cannot be used");
	if (__pfn_to_mfn(pfn) != INVALID_P2M_ENTRY)
		wrong(run, pfn, __pfn_to_mfn(pfn), "is no longer missing");
	seq_printf(run->out, "# PFN %#lx\n", pfn);
}

/* The toolstack takes an entry for a frame, or for nothing. */
static void test_tools(struct test_run *run)
{
	unsigned long pfn, entry;

	for (pfn = 0; pfn < xen_p2m_size; pfn++) {
		entry = READ_ONCE(xen_p2m_addr[pfn]);
		run->pages += entry == INVALID_P2M_ENTRY;
		if (entry == IDENTITY_FRAME(pfn))
			wrong(run, pfn, entry, "the toolstack sees identity");
		cond_resched();
	}
	seq_printf(run->out, "# %lu entries are nothing for the toolstack\n", run->pages);
}

/* A page for others' frames has none of its own. */
static void test_scratch(struct test_run *run)
{
	struct page *page;
	unsigned long pfn;
	int rc;

	if (!IS_ENABLED(CONFIG_XEN_UNPOPULATED_ALLOC)) {
		run->skip = "this kernel takes such pages from memory";
		return;
	}
	rc = xen_alloc_unpopulated_pages(1, &page);
	if (rc) {
		wrong(run, 0, rc, "no page");
		return;
	}

	pfn = page_to_pfn(page);
	if (__pfn_to_mfn(pfn) != INVALID_P2M_ENTRY)
		wrong(run, pfn, __pfn_to_mfn(pfn), "has a frame");
	xen_free_unpopulated_pages(1, &page);
	seq_printf(run->out, "# PFN %#lx\n", pfn);
}

static void test_beyond(struct test_run *run)
{
	int rc = xen_alloc_p2m_entry(xen_p2m_size);

	if (rc != -ERANGE)
		wrong(run, xen_p2m_size, rc, "what is beyond the P2M is no error");
}

/**
 * struct test_case - a test
 * @name:	its file
 * @run:	runs it
 */
struct test_case {
	const char *name;
	void (*run)(struct test_run *run);
};

static const struct test_case test_cases[] = {
	{ "ram", test_ram },
	{ "holes", test_holes },
	{ "frames", test_frames },
	{ "later_use", test_later_use },
	{ "tools", test_tools },
	{ "scratch", test_scratch },
	{ "beyond", test_beyond },
};

static struct dentry *test_dir;

static int test_show(struct seq_file *out, void *unused)
{
	const struct test_case *test = out->private;
	struct test_run run = { .out = out };

	test->run(&run);
	if (run.failures > TEST_LINES)
		seq_printf(out, "# %u in all\n", run.failures);
	if (run.skip)
		seq_printf(out, "# %s\n", run.skip);
	seq_puts(out, run.failures ? "fail\n" : run.skip ? "skip\n" : "pass\n");
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(test);

static int __init p2m_test_init(void)
{
	int i;

	if (!xen_pv_domain())
		return -ENODEV;
	test_dir = debugfs_create_dir("xen_p2m_test", NULL);
	for (i = 0; i < ARRAY_SIZE(test_cases); i++)
		debugfs_create_file(test_cases[i].name, 0400, test_dir, (void *)&test_cases[i],
				    &test_fops);
	return 0;
}
module_init(p2m_test_init);

static void __exit p2m_test_exit(void)
{
	debugfs_remove(test_dir);
}
module_exit(p2m_test_exit);

MODULE_DESCRIPTION("Does the P2M of a Xen PV domain say what the memory map says?");
MODULE_LICENSE("GPL");

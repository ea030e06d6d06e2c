// SPDX-License-Identifier: GPL-2.0-only
/*
 * apply: carry plans out against a Xen that is played here, as KTAP.
 *
 * It knows where each frame is, refuses what it is told to, and counts hypercalls.  A frame
 * belongs to one PFN, to Xen, or is counted as lost, whatever was refused.
 */

#include <stdlib.h>

#include "boot.h"
#include "ktap.h"
#include "p2m_layout.h"

#define KIB		1024ULL
#define MIB		(1024 * KIB)
#define GIB		(1024 * MIB)
#define PFN(bytes)	((bytes) >> 12)
#define PFNS		PFN(12 * GIB)
/* Frames have numbers that no PFN has; a page of the window has one, too. */
#define MFN		0x1000000UL
#define OWN		0x2000000UL
/* Pages that a block of the ledger lists: its words, but for the header (memory_ledger.c). */
#define BLOCK		(XEN_LEDGER_WORDS - XEN_LEDGER_PAGES - 3)

struct start_info start_info, *xen_start_info = &start_info;
struct boot_params boot_params;
unsigned long xen_p2m_size, xen_max_p2m_pfn, xen_released_pages, max_mem_size;
void *e820_table = &boot_params;

static struct xen_mem_boot boot;

/**
 * struct world - Xen, and what the kernel has beside the code under test
 * @p2m:	entries
 * @own:	leaves that are private; before the area is made, all of the list is
 * @live:	the area is there
 * @pte:	direct map
 * @mapped:	PFNs that it reaches
 * @m2p:	PFN of each frame, by its number less MFN
 * @gone:	how often Xen got a frame back
 * @page:	contents of a frame that was mapped at the window
 * @shown:	what is mapped at the window
 * @reserved:	pages that memblock keeps from the allocator
 * @memory:	pages that memblock knows
 * @extra:	pages that the balloon driver was told of
 * @regions:	regions that these are
 * @taken:	bytes that memmap= takes away, every 4 MiB, once the e820 is there
 * @taken_from:	from here on
 * @taken_end:	up to here
 * @calls:	hypercalls
 * @refuse:	every so many requests are refused, 0 for none
 * @requests:	requests so far
 * @absent:	frames that the builder's list lacks
 * @allocated:	leaves that had to be made private
 */
static struct world {
	unsigned long p2m[PFNS];
	bool own[PFNS / 512];
	bool live;
	pte_t pte[PFNS];
	u64 mapped;
	unsigned long m2p[PFNS];
	u8 gone[PFNS];
	u64 *page[PFNS];
	unsigned long shown[XEN_LEDGER_PAGES];
	bool reserved[PFNS];
	bool memory[PFNS];
	bool extra[PFNS];
	unsigned int regions;
	u64 taken;
	u64 taken_from;
	u64 taken_end;
	unsigned long calls;
	unsigned long refuse;
	unsigned long requests;
	unsigned long absent;
	unsigned long allocated;
} w;

static bool refused(void)
{
	return w.refuse && !(++w.requests % w.refuse);
}

unsigned long virt_to_mfn(const void *p)
{
	return OWN + ((const char *)p - (const char *)boot.window) / PAGE_SIZE;
}

unsigned long get_phys_to_machine(unsigned long pfn)
{
	if (pfn >= PFNS || (!w.live && pfn >= xen_p2m_size))
		return p2m_planned_entry(&boot.plan, pfn);
	return w.p2m[pfn];
}

unsigned long __pfn_to_mfn(unsigned long pfn)
{
	return get_phys_to_machine(pfn);
}

bool __set_phys_to_machine(unsigned long pfn, unsigned long mfn)
{
	if (pfn >= xen_p2m_size || (w.live && !w.own[pfn / 512]))
		return mfn == get_phys_to_machine(pfn);
	w.p2m[pfn] = mfn;
	return true;
}

bool set_phys_to_machine(unsigned long pfn, unsigned long mfn)
{
	if (!__set_phys_to_machine(pfn, mfn)) {
		w.allocated++;
		w.own[pfn / 512] = true;
	}
	return __set_phys_to_machine(pfn, mfn);
}

unsigned long set_phys_range_identity(unsigned long pfn, unsigned long end)
{
	for (; pfn < min(end, xen_p2m_size); pfn++)
		w.p2m[pfn] = P2M_ENTRY_IDENTITY | pfn;
	return 0;
}

pte_t *lookup_address(unsigned long addr, unsigned int *level)
{
	*level = PG_LEVEL_4K;
	return PFN(addr) < w.mapped ? &w.pte[PFN(addr)] : NULL;
}

pmd_t *lookup_pmd_address(unsigned long addr)
{
	(void)addr;
	return NULL;
}

int HYPERVISOR_mmu_update(struct mmu_update *req, unsigned int nr, int *done, unsigned int domid)
{
	(void)domid;
	w.calls++;
	for (*done = 0; *done < (int)nr; (*done)++, req++) {
		if (refused())
			return -EINVAL;
		if (req->ptr & MMU_MACHPHYS_UPDATE)
			w.m2p[PFN(req->ptr) - MFN] = req->val;
		else
			((pte_t *)(uintptr_t)req->ptr)->pte = req->val;
	}
	return 0;
}

int HYPERVISOR_memory_op(unsigned int cmd, void *arg)
{
	struct xen_memory_reservation *r = arg;
	unsigned long i;

	expect(cmd == XENMEM_decrease_reservation);
	w.calls++;
	for (i = 0; i < r->nr_extents; i++) {
		unsigned long mfn = r->extent_start[i];

		if (mfn < MFN || mfn >= MFN + PFNS || refused())
			return i ? (int)i : -EINVAL;
		w.gone[mfn - MFN]++;
	}
	return i;
}

static u64 *contents(unsigned long mfn)
{
	static u64 own[XEN_LEDGER_PAGES][512];
	u64 **page;

	if (mfn >= OWN)
		return own[mfn - OWN];
	page = &w.page[mfn - MFN];
	if (!*page)
		*page = calloc(1, PAGE_SIZE);
	return *page;
}

int HYPERVISOR_multicall(struct multicall_entry *call, unsigned int nr)
{
	unsigned int i;

	w.calls++;
	for (i = 0; i < nr; i++) {
		u64 *at = (u64 *)call[i].va;
		unsigned int page = virt_to_mfn(at) - OWN;

		memcpy(contents(w.shown[page]), at, PAGE_SIZE);
		w.shown[page] = PFN(call[i].pte.pte);
		/* Xen refuses what the domain has given back. */
		expect(w.shown[page] >= OWN || !w.gone[w.shown[page] - MFN]);
		memcpy(at, contents(w.shown[page]), PAGE_SIZE);
		call[i].result = 0;
	}
	return 0;
}

/* memblock keeps bytes, and what is not in whole pages is lost when it hands over pages. */
static void set_pages(bool *pages, u64 start, u64 size, bool value)
{
	u64 pfn;

	expect(!(start % PAGE_SIZE) && !(size % PAGE_SIZE));
	for (pfn = PFN(start); pfn < PFN(start + size) && pfn < PFNS; pfn++)
		pages[pfn] = value;
}

void memblock_reserve(u64 start, u64 size)
{
	set_pages(w.reserved, start, size, true);
}

void memblock_phys_free(u64 start, u64 size)
{
	set_pages(w.reserved, start, size, false);
}

void *early_memremap(u64 start, unsigned long size)
{
	(void)start;
	return calloc(1, size);
}

void early_memunmap(void *p, unsigned long size)
{
	(void)size;
	free(p);
}

void e820__range_add(u64 start, u64 size, u32 type)
{
	if (type == XMAP_RAM)
		set_pages(w.memory, start, size, true);
}

bool next_memory(unsigned long *from, unsigned long *to)
{
	while (*from < PFNS && !w.memory[*from])
		(*from)++;
	for (*to = *from; *to < PFNS && w.memory[*to];)
		(*to)++;
	return *from < *to;
}

void xen_add_extra_mem(unsigned long pfn, unsigned long nr)
{
	expect(nr && pfn + nr <= PFNS && !w.extra[pfn]);
	w.regions += !pfn || !w.extra[pfn - 1];
	set_pages(w.extra, PFN_PHYS(pfn), PFN_PHYS(nr), true);
}

void xen_add_remap_nonram(u64 maddr, u64 paddr, unsigned long size)
{
	(void)maddr;
	(void)paddr;
	(void)size;
}

void xen_do_remap_nonram(void)
{
}

void xen_relocate_p2m(void)
{
}

phys_addr_t xen_initrd_start(void)
{
	return 48 * MIB;
}

static void start(u64 mem)
{
	u64 pfn;

	for (pfn = 0; pfn < PFNS; pfn++)
		free(w.page[pfn]);
	memset(&w, 0, sizeof(w));
	boot_init(&boot);
	for (pfn = 0; pfn < XEN_LEDGER_PAGES; pfn++)
		w.shown[pfn] = OWN + pfn;
	boot.dom = (struct xmap_domain){
		.nr_pages = PFN(mem), .max_pages = PFN(2 * mem), .max_extra = 128,
		.object = boot.object, .nr_objects = 2,
	};
	/* The builder maps them, and no more. */
	boot.object[0] = (struct xmap_object){ .name = "kernel", .pfn = PFN(16 * MIB),
					       .nr = PFN(32 * MIB) };
	boot.object[1] = (struct xmap_object){ .name = "initrd", .pfn = PFN(48 * MIB),
					       .nr = PFN(4 * MIB), .movable = true };
	start_info.mod_len = 4 * MIB - 5;
	w.mapped = PFN(52 * MIB);

	xen_p2m_size = ALIGN(PFN(mem), 512);
	for (pfn = 0; pfn < xen_p2m_size; pfn++) {
		w.p2m[pfn] = pfn < PFN(mem) ? MFN + (pfn ^ 5) : INVALID_P2M_ENTRY;
		w.own[pfn / 512] = true;
		if (pfn < PFN(mem))
			w.m2p[pfn ^ 5] = pfn;
		if (pfn < w.mapped)
			w.pte[pfn] = mfn_pte(w.p2m[pfn], PAGE_KERNEL);
	}
}

static void add(u64 from, u64 end, u32 type)
{
	boot.map.entry[boot.map.nr++] = (struct xmap_entry){ from, end, type };
}

/* The area in place of the list, and the direct map. */
static void make_area(void)
{
	static struct xmap_leaves leaves[XMAP_MAX_LEAVES];
	u64 area = p2m_area_pfns(xen_p2m_size, boot.plan.p2m_pfns, 12), pfn, leaf;
	int nr = xmap_plan_leaves(&boot.plan, area, leaves, XMAP_MAX_LEAVES), i;

	expect(nr > 0);
	for (i = 0; i < nr; i++) {
		for (leaf = leaves[i].leaf; leaf < leaves[i].leaf + leaves[i].nr; leaf++)
			w.own[leaf] = leaves[i].kind == XMAP_LEAF_OWN;
	}
	for (pfn = xen_p2m_size; pfn < PFNS; pfn++)
		w.p2m[pfn] = p2m_planned_entry(&boot.plan, pfn);
	xen_p2m_size = PFNS;
	w.mapped = PFNS;
	w.live = true;
	for (pfn = 0; pfn < PFNS; pfn++) {
		if (w.p2m[pfn] >= MFN && w.p2m[pfn] < OWN)
			w.pte[pfn] = mfn_pte(w.p2m[pfn], PAGE_KERNEL);
	}
}

/* A PFN has its own frame and can be used, or nobody can take it for memory. */
static u64 check_pfn(u64 pfn, u8 *seen)
{
	unsigned long mfn = w.p2m[pfn];
	const struct xmap_range *r = xmap_find(&boot.plan, pfn);
	bool target = r && r->kind == XMAP_TARGET;

	if (mfn >= MFN && mfn < OWN) {
		seen[mfn - MFN]++;
		return !(w.pte[pfn].pte >> 12 == mfn && (w.refuse || w.m2p[mfn - MFN] == pfn));
	}
	if (target)
		return !((w.refuse || w.absent) && mfn == INVALID_P2M_ENTRY && w.reserved[pfn]);
	return mfn != p2m_planned_entry(&boot.plan, pfn);
}

/* Options for memory count once the e820 is there. */
static void take_memory(void)
{
	u64 at;

	for (at = w.taken_from; at < w.taken_end; at += 4 * MIB)
		set_pages(w.memory, at, w.taken, false);
}

/* What can be ballooned in is extra memory that has page structures, up to the last region. */
static void check_extra(void)
{
	bool full = w.regions == boot.dom.max_extra;
	u64 pfn, wrong = 0, left_out = 0;

	for (pfn = 0; pfn < PFNS; pfn++) {
		const struct xmap_range *r = xmap_find(&boot.plan, pfn);
		bool extra = r && r->kind == XMAP_EXTRA && w.memory[pfn];

		wrong += w.extra[pfn] && (!extra || left_out);
		left_out += extra && !w.extra[pfn];
	}
	expect(!wrong && (!left_out || full));
	expect(w.regions <= boot.dom.max_extra);
}

static void carry_out(void)
{
	static u8 seen[PFNS];
	u64 pfn, wrong = 0, without = 0, pages;

	expect(!xmap_make_plan(&boot.map, &boot.dom, &boot.plan));
	xen_apply_plan(&boot);
	take_memory();
	make_area();
	xen_finish_plan(&boot);
	check_extra();

	memset(seen, 0, sizeof(seen));
	for (pfn = 0; pfn < PFNS; pfn++)
		wrong += check_pfn(pfn, seen);
	expect(!wrong);
	wrong = 0;
	for (pfn = 0; pfn < boot.dom.nr_pages; pfn++) {
		wrong += seen[pfn ^ 5] + w.gone[pfn ^ 5] > 1;
		without += !seen[pfn ^ 5] && !w.gone[pfn ^ 5];
	}
	expect(!wrong && without == boot.lost);
	expect(!w.allocated);
	expect(w.calls == boot.batch.calls);

	pages = boot.plan.pages[XMAP_MOVE] + boot.plan.pages[XMAP_RELEASE];
	printf("# %llu pages moved or released, %lu hypercalls\n", pages, w.calls);
	/* All that is refused takes one more. */
	if (!w.refuse)
		expect(w.calls <= pages / 256 + 8);
}

static void host_holes(u64 mem)
{
	start(mem);
	add(0, GIB + 12 * KIB, XMAP_RAM);
	add(GIB + 12 * KIB, 4 * GIB, XMAP_RESERVED);
	add(4 * GIB, 8 * GIB, XMAP_RAM);
}

static void moved(void)
{
	host_holes(3 * GIB + 20 * KIB);
	carry_out();
	expect(boot.plan.pages[XMAP_MOVE] > PFN(2 * GIB) && !boot.released && !boot.lost);
}

static void many_pieces(void)
{
	unsigned int i;

	start(GIB);
	for (i = 0; i < 300; i++)
		add(i * 3 * MIB + MIB, (i + 1) * 3 * MIB - 4 * KIB, XMAP_RAM);
	add(4 * GIB, 5 * GIB, XMAP_RAM);
	carry_out();
	expect(!boot.released && !boot.lost);
}

static void released(void)
{
	host_holes(3 * GIB);
	boot.dom.mem_pfn = PFN(4 * GIB + 128 * MIB);
	carry_out();
	expect(boot.released > PFN(GIB) && boot.plan.pages[XMAP_MOVE] && !boot.lost);
}

static void nothing(void)
{
	start(GIB);
	add(0, 2 * GIB, XMAP_RAM);
	carry_out();
	expect(!w.calls);
}

static void initrd_in_a_hole(void)
{
	start(GIB);
	add(0, 48 * MIB, XMAP_RAM);
	add(48 * MIB, 64 * MIB, XMAP_RESERVED);
	add(64 * MIB, 2 * GIB, XMAP_RAM);
	carry_out();
	expect(boot.plan.pages[XMAP_COPY] == PFN(4 * MIB));
	expect(boot_params.hdr.ramdisk_image && boot_params.hdr.ramdisk_image != 48 * MIB);
}

/* The builder's list has no frames where there is a hole now: none can arrive. */
static void absent(void)
{
	u64 pfn;

	host_holes(2 * GIB);
	for (pfn = PFN(GIB) + 7; pfn < PFN(2 * GIB); pfn += pfn < PFN(GIB + 64 * MIB) ? 1 : 5000) {
		w.p2m[pfn] = INVALID_P2M_ENTRY;
		w.gone[pfn ^ 5] = 1;
		w.absent++;
	}
	carry_out();
	expect(!boot.lost && !boot.released);
}

/* A block of the ledger with @frames only, its last. */
static void few(unsigned int frames)
{
	u64 pfn, first = PFN(GIB) + 3;

	host_holes(2 * GIB);
	for (pfn = first; pfn < first + BLOCK - frames; pfn++) {
		w.p2m[pfn] = INVALID_P2M_ENTRY;
		w.gone[pfn ^ 5] = 1;
		w.absent++;
	}
	carry_out();
}

static void few_frames(void)
{
	/* Too few to note where the last of them is: Xen has them. */
	few(8);
	expect(!boot.lost && boot.released == 8);
	/* Enough. */
	few(600);
	expect(!boot.lost && !boot.released);
}

/* memmap= takes @taken bytes of every 4 MiB between 256 MiB and 960 MiB of 1 GiB. */
static void take(u64 taken)
{
	start(256 * MIB);
	add(0, GIB, XMAP_RAM);
	boot.dom.max_pages = PFN(GIB);
	w.taken = taken;
	w.taken_from = 256 * MIB;
	w.taken_end = 960 * MIB;
	carry_out();
}

static void taken_away(void)
{
	/* A gap, with whole sections in it. */
	take(4 * MIB);
	expect(w.regions == 1 && w.extra[PFN(960 * MIB)]);
	/* 176 pieces, where 128 are the most. */
	take(1 * MIB);
	expect(w.regions == 128 && !w.extra[PFN(960 * MIB)]);
	take(0);
	expect(w.regions == 1 && w.extra[PFN(256 * MIB)]);
	/* The next region begins where the last one that memblock has ends. */
	start(256 * MIB);
	add(0, 512 * MIB, XMAP_RAM);
	add(600 * MIB, 700 * MIB, XMAP_RAM);
	boot.dom.max_pages = PFN(GIB);
	w.taken = 1 * MIB;
	w.taken_from = 508 * MIB;
	w.taken_end = 700 * MIB;
	carry_out();
	expect(w.regions > 20 && !w.extra[PFN(600 * MIB)] && w.extra[PFN(601 * MIB)]);
}

/* M2P, page tables and frames that go back, each of them now and then. */
static void refusals(void)
{
	unsigned int i;

	for (i = 2; i < 3000; i = i * 5 + 1) {
		host_holes(2 * GIB);
		w.refuse = i;
		carry_out();
		expect(boot.lost < boot.plan.pages[XMAP_MOVE] / i + 2);
	}
}

static const struct ktap_case units[] = {
	{ "2 GiB in a hole", moved },
	{ "300 holes", many_pieces },
	{ "frames without a place", released },
	{ "nothing to do", nothing },
	{ "initrd in a hole", initrd_in_a_hole },
	{ "frames that are not there", absent },
	{ "a block with few frames", few_frames },
	{ "extra memory that memmap= takes away", taken_away },
	{ "Xen refuses requests", refusals },
};

int main(void)
{
	return ktap_run("apply", units, ARRAY_SIZE(units));
}

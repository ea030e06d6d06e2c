// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frames between two PFNs.
 *
 * A frame that lies where the map has a hole loses its PFN before firmware tables are read,
 * which lie in holes.  It gets the new one when page tables and P2M are complete, much later.
 * Until then nothing in the P2M tells that the domain owns it, and there is no allocator for a
 * list of such frames, which may be gigabytes.
 *
 * But there are the frames: they are free memory.  So they hold the list themselves.  For every
 * few thousand frames a block is written, the ledger's, into the first of them:
 *
 *	word 0 to 15	where the block before is: its frames, 0 for none
 *	word 16		pages with an action in this block
 *	word 17, 18	position in the plan: action, and pages of it that were done before
 *	word 19...	the frames of these pages, one word each, INVALID_P2M_ENTRY for none
 *
 * As the frames have no PFN, a block is mapped in place of a window that the boot data has for
 * this.  One hypercall maps a block, so that they cost next to nothing.
 *
 * The builder's list may lack frames.  With few of them a block is short, and those that it has
 * no room to note go back to Xen: none that it is written to is among these.  A block that cannot
 * be written gives back all of its frames.
 */

#define pr_fmt(fmt) "xen: " fmt

#include <linux/bug.h>
#include <linux/init.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/panic.h>
#include <linux/pgtable.h>
#include <linux/printk.h>
#include <linux/string.h>

#include <asm/xen/hypercall.h>
#include <asm/xen/page.h>

#include <xen/interface/xen.h>

#include "memory_boot.h"
#include "xen-ops.h"

#define BLOCK_PAGES	XEN_LEDGER_PAGES
#define WORD_PAGES	BLOCK_PAGES
#define WORD_INDEX	(BLOCK_PAGES + 1)
#define WORD_DONE	(BLOCK_PAGES + 2)
#define HEADER_WORDS	(BLOCK_PAGES + 3)
#define BLOCK_FRAMES	(XEN_LEDGER_WORDS - HEADER_WORDS)
#define PAGE_WORDS	(PAGE_SIZE / sizeof(u64))

/* Show frames at the window.  It must not fail: they are the domain's own and no page tables. */
static void __init map_window(struct xen_mem_boot *boot, const u64 *mfn, unsigned int nr)
{
	struct multicall_entry call[BLOCK_PAGES];
	unsigned int i;
	int rc;

	for (i = 0; i < nr; i++)
		MULTI_update_va_mapping(&call[i],
					(unsigned long)boot->window + i * PAGE_SIZE,
					mfn_pte(mfn[i], PAGE_KERNEL), UVMF_INVLPG | UVMF_LOCAL);
	if (!nr)
		return;
	rc = HYPERVISOR_multicall(call, nr);
	boot->batch.calls++;
	for (i = 0; i < nr && !rc; i++)
		rc = call[i].result;
	if (rc)
		panic("xen: cannot map the memory that is to be moved, error %d", rc);
}

/* Show the window's own frames again. */
static void __init unmap_window(struct xen_mem_boot *boot)
{
	u64 own[BLOCK_PAGES];
	unsigned int i;

	for (i = 0; i < BLOCK_PAGES; i++)
		own[i] = virt_to_mfn((char *)boot->window + i * PAGE_SIZE);
	map_window(boot, own, BLOCK_PAGES);
}

/* Count the pages that go into a block from @cursor on, and find frames to write it to. */
static unsigned int __init open_block(const struct xen_mem_boot *boot, struct xmap_cursor cursor,
				      struct xen_ledger *next)
{
	unsigned int word[BLOCK_PAGES], nr = 0;
	struct xmap_segment seg;
	u64 i;

	next->pages = 0;
	while (nr < BLOCK_FRAMES &&
	       xmap_next_segment(&boot->plan, XMAP_MOVE, &cursor, BLOCK_FRAMES - nr, &seg)) {
		for (i = 0; i < seg.nr && next->pages < BLOCK_PAGES; i++) {
			next->mfn[next->pages] = __pfn_to_mfn(seg.pfn + i);
			word[next->pages] = HEADER_WORDS + nr + i;
			if (next->mfn[next->pages] != INVALID_P2M_ENTRY)
				next->pages++;
		}
		nr += seg.nr;
	}
	next->pages = min_t(unsigned int, next->pages,
			    DIV_ROUND_UP(HEADER_WORDS + nr, PAGE_WORDS));
	/* What the block has no room for is released, and that must not be its own. */
	while (next->pages && word[next->pages - 1] >= next->pages * PAGE_WORDS)
		next->pages--;
	return nr;
}

static void __init write_header(struct xen_mem_boot *boot, unsigned int nr,
				const struct xmap_cursor *cursor)
{
	const struct xen_ledger *last = &boot->ledger;
	unsigned int i;

	for (i = 0; i < BLOCK_PAGES; i++)
		boot->window[i] = i < last->pages ? last->mfn[i] : 0;
	boot->window[WORD_PAGES] = nr;
	boot->window[WORD_INDEX] = cursor->index;
	boot->window[WORD_DONE] = cursor->done;
}

/* Take the frames of @nr pages from their PFNs.  What there is no room to note goes to Xen. */
static void __init write_frames(struct xen_mem_boot *boot, unsigned int nr, unsigned int words,
				struct xmap_cursor *cursor)
{
	unsigned int at = HEADER_WORDS, end = HEADER_WORDS + nr;
	struct xmap_segment seg;
	u64 pfn;

	while (at < end && xmap_next_segment(&boot->plan, XMAP_MOVE, cursor, end - at, &seg)) {
		xen_zap_pages(boot, seg.pfn, seg.nr);
		for (pfn = seg.pfn; pfn < seg.pfn + seg.nr; pfn++, at++) {
			u64 mfn = __pfn_to_mfn(pfn);

			if (at < words)
				boot->window[at] = mfn;
			else if (mfn != INVALID_P2M_ENTRY)
				xen_release_frame(boot, mfn);
			__set_phys_to_machine(pfn, INVALID_P2M_ENTRY);
		}
	}
}

/**
 * xen_note_frames() - take the frames that are to move from their PFNs, and note them
 * @boot: @boot->plan says which; @boot->ledger is where the list starts
 *
 * The pages are INVALID_P2M_ENTRY afterwards, and unmapped.  Uses @boot->window.
 *
 * Context: Early boot, while the P2M is the builder's.
 */
void __init xen_note_frames(struct xen_mem_boot *boot)
{
	struct xmap_cursor cursor = {}, start;
	struct xen_ledger next;
	unsigned int nr;

	while ((nr = open_block(boot, cursor, &next))) {
		start = cursor;
		map_window(boot, next.mfn, next.pages);
		if (next.pages)
			write_header(boot, nr, &start);
		write_frames(boot, nr, next.pages * PAGE_WORDS, &cursor);
		if (next.pages)
			boot->ledger = next;
	}
	xen_flush_updates(boot);
	if (boot->ledger.pages)
		unmap_window(boot);
}

/*
 * Give a frame its new PFN, whose leaf is private; or back to Xen, should that fail.  The direct
 * map has no place for it if memmap= took that away.
 */
static bool __init place_frame(struct xen_mem_boot *boot, unsigned long pfn, unsigned long mfn)
{
	pte_t *pte = xen_boot_pte(pfn);

	if (mfn == INVALID_P2M_ENTRY)
		return false;
	if (!set_phys_to_machine(pfn, mfn)) {
		xen_release_frame(boot, mfn);
		return false;
	}
	xen_queue_update(boot, PFN_PHYS(mfn) | MMU_MACHPHYS_UPDATE, pfn);
	if (pte)
		xen_queue_update(boot, virt_to_machine(pte).maddr | MMU_NORMAL_PT_UPDATE,
				 pte_val_ma(mfn_pte(mfn, PAGE_KERNEL)));
	return true;
}

/* Carry out what the block at the window says. */
static unsigned long __init read_block(struct xen_mem_boot *boot, unsigned int words)
{
	struct xmap_cursor cursor = {
		.index = boot->window[WORD_INDEX],
		.done = boot->window[WORD_DONE],
	};
	unsigned int at = HEADER_WORDS, end = HEADER_WORDS + boot->window[WORD_PAGES];
	unsigned long placed = 0;
	struct xmap_segment seg;
	u64 i;

	while (at < end &&
	       xmap_next_segment(&boot->plan, XMAP_MOVE, &cursor, end - at, &seg)) {
		for (i = 0; i < seg.nr; i++, at++) {
			if (at < words && place_frame(boot, seg.to + i, boot->window[at]))
				placed++;
		}
	}
	return placed;
}

/**
 * xen_place_frames() - give the frames of the ledger their new PFNs
 * @boot: @boot->plan says which
 *
 * P2M, M2P and direct map are written.  A page for which that fails is
 * INVALID_P2M_ENTRY afterwards and its frame goes back to Xen with xen_flush_releases(), or its
 * request is counted in @boot->batch.  Uses @boot->window.
 *
 * Context: Early boot, when direct map and P2M are complete.
 * Return: pages that have a frame now.
 */
unsigned long __init xen_place_frames(struct xen_mem_boot *boot)
{
	struct xen_ledger *ledger = &boot->ledger;
	unsigned long placed = 0;
	unsigned int words;
	bool any = ledger->pages;

	while (ledger->pages) {
		map_window(boot, ledger->mfn, ledger->pages);
		words = ledger->pages * PAGE_WORDS;
		memcpy(ledger->mfn, boot->window, sizeof(ledger->mfn));
		for (ledger->pages = 0; ledger->pages < BLOCK_PAGES; ledger->pages++) {
			if (!ledger->mfn[ledger->pages])
				break;
		}
		placed += read_block(boot, words);
	}
	xen_flush_updates(boot);
	if (any)
		unmap_window(boot);
	return placed;
}

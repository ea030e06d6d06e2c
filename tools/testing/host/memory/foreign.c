// SPDX-License-Identifier: GPL-2.0-only
/*
 * foreign: mapped grants whose pages cannot be entered in the P2M (XSA-361), as KTAP.
 *
 * Xen is played here: it refuses what it is told to, and knows which handle is still mapped.
 */

#include "apply_shim.h"
#include "ktap.h"

#define GNTST_okay			0
#define GNTST_general_error		(-1)
#define GNTMAP_device_map		1
#define GNTTABOP_map_grant_ref		0
#define GNTTABOP_unmap_grant_ref	1
#define INVALID_GRANT_HANDLE		(~0U)
#define XENFEAT_auto_translated_physmap	2
#define FOREIGN_FRAME_BIT		0x8000000000000000UL
#define FOREIGN_FRAME(mfn)		((mfn) | FOREIGN_FRAME_BIT)
#define SLOTS				3
/* Handles of the mappings into the kernel, and frames, by slot. */
#define KERNEL				10
#define FRAME				0x5000UL

#define unlikely(x)			(x)
#define xen_feature(feature)		((feature) < 0)
#define page_to_pfn(page)		((unsigned long)(uintptr_t)(page))
#define pfn_to_mfn(pfn)			__pfn_to_mfn(pfn)
#define WARN_ONCE(condition, ...)	((void)((condition) && snprintf(NULL, 0, __VA_ARGS__)))
#define pr_err_ratelimited(...)		(w.messages += snprintf(NULL, 0, __VA_ARGS__) > 0)

typedef int16_t s16;

struct page;

struct gnttab_map_grant_ref {
	u64 host_addr;
	u32 flags;
	s16 status;
	u32 handle;
	u64 dev_bus_addr;
};

struct gnttab_unmap_grant_ref {
	u64 host_addr;
	u64 dev_bus_addr;
	u32 handle;
	s16 status;
};

/**
 * struct world - Xen and the P2M
 * @p2m:	entries by slot
 * @full:	this slot's entry cannot be made
 * @mapped:	handles that are mapped
 * @unmapped:	what was asked for, in order
 * @nr_unmapped:	elements of @unmapped
 * @map_error:	what the hypercall to map returns
 * @kmap_bad:	this slot's mapping into the kernel fails
 * @unmap_error: what the hypercall to unmap returns
 * @unmap_status: what it says of each handle
 * @messages:	errors in the log
 */
static struct world {
	unsigned long p2m[SLOTS];
	int full;
	bool mapped[KERNEL + SLOTS];
	struct gnttab_unmap_grant_ref unmapped[2 * SLOTS];
	unsigned int nr_unmapped;
	int map_error;
	int kmap_bad;
	int unmap_error;
	s16 unmap_status;
	unsigned int messages;
} w;

static int map_grants(struct gnttab_map_grant_ref *op, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr && !w.map_error; i++) {
		op[i].status = (int)i == w.kmap_bad ? GNTST_general_error : GNTST_okay;
		op[i].handle = KERNEL + i;
		w.mapped[KERNEL + i] = op[i].status == GNTST_okay;
	}
	return w.map_error;
}

static int HYPERVISOR_grant_table_op(unsigned int cmd, void *arg, unsigned int nr)
{
	struct gnttab_unmap_grant_ref *op = arg;
	unsigned int i;

	if (cmd == GNTTABOP_map_grant_ref)
		return map_grants(arg, nr);
	for (i = 0; i < nr; i++) {
		w.unmapped[w.nr_unmapped++] = op[i];
		if (w.unmap_error)
			continue;
		op[i].status = w.unmap_status;
		if (op[i].status == GNTST_okay)
			w.mapped[op[i].handle] = false;
	}
	return w.unmap_error;
}

unsigned long __pfn_to_mfn(unsigned long pfn)
{
	return w.p2m[pfn];
}

bool set_phys_to_machine(unsigned long pfn, unsigned long mfn)
{
	if ((int)pfn == w.full)
		return false;
	w.p2m[pfn] = mfn;
	return true;
}

#include "p2m_foreign.c"

static struct gnttab_map_grant_ref map[SLOTS], kmap[SLOTS];
static struct page *pages[SLOTS];

/* Three grants, mapped for user space, the last one for a device, too. */
static void start(void)
{
	unsigned int i;

	memset(&w, 0, sizeof(w));
	memset(kmap, 0, sizeof(kmap));
	w.full = -1;
	w.kmap_bad = -1;
	for (i = 0; i < SLOTS; i++) {
		w.p2m[i] = INVALID_P2M_ENTRY;
		w.mapped[i] = true;
		pages[i] = (struct page *)(uintptr_t)i;
		map[i] = (struct gnttab_map_grant_ref){
			.host_addr = 0x1000 * (i + 1), .handle = i,
			.flags = i == 2 ? GNTMAP_device_map : 0,
			.dev_bus_addr = PFN_PHYS(FRAME + i),
		};
		kmap[i].host_addr = 0x100000 + 0x1000 * i;
	}
}

static bool entered(unsigned int i)
{
	return w.p2m[i] == FOREIGN_FRAME(FRAME + i) && w.mapped[i] && map[i].handle == i &&
	       map[i].status == GNTST_okay;
}

static bool revoked(const struct gnttab_map_grant_ref *op)
{
	return op->status == GNTST_general_error && op->handle == INVALID_GRANT_HANDLE;
}

static void one_slot_fails(void)
{
	int full;

	for (full = 0; full < SLOTS; full++) {
		start();
		w.full = full;
		expect(!set_foreign_p2m_mapping(map, kmap, pages, SLOTS));
		expect(entered((full + 1) % SLOTS) && entered((full + 2) % SLOTS));
		expect(w.p2m[full] == INVALID_P2M_ENTRY && revoked(&map[full]));
		expect(revoked(&kmap[full]) && !w.mapped[full] && !w.mapped[KERNEL + full]);
		expect(w.nr_unmapped == 2 && !w.messages);
		expect(w.unmapped[0].host_addr == 0x1000 * (full + 1ULL));
		expect(w.unmapped[0].dev_bus_addr == (full == 2 ? PFN_PHYS(FRAME + 2) : 0));
		expect(w.unmapped[1].host_addr == 0x100000 + 0x1000 * (u64)full);
		expect(!w.unmapped[1].dev_bus_addr);
	}

	start();
	w.full = 1;
	expect(!set_foreign_p2m_mapping(map, NULL, pages, SLOTS));
	expect(entered(0) && entered(2) && revoked(&map[1]) && w.nr_unmapped == 1);
}

/* Who asked must not use the slot all the same; the log says what stays. */
static void unmapping_fails(void)
{
	unsigned int i;

	for (i = 0; i < 2; i++) {
		start();
		w.full = 1;
		w.unmap_error = i ? -EFAULT : 0;
		w.unmap_status = GNTST_general_error;
		expect(!set_foreign_p2m_mapping(map, kmap, pages, SLOTS));
		expect(entered(0) && entered(2) && w.messages == 2);
		expect(revoked(&map[1]) && revoked(&kmap[1]) && w.nr_unmapped == 2);
	}
}

static void failed_slots_are_left_alone(void)
{
	start();
	map[0].status = GNTST_general_error;
	w.mapped[0] = false;
	w.full = 0;
	expect(!set_foreign_p2m_mapping(map, NULL, pages, SLOTS));
	expect(!map[0].handle && entered(1) && entered(2) && !w.nr_unmapped);

	start();
	w.kmap_bad = 1;
	expect(!set_foreign_p2m_mapping(map, kmap, pages, SLOTS));
	expect(entered(0) && entered(2) && w.p2m[1] == INVALID_P2M_ENTRY && !w.nr_unmapped);

	start();
	w.map_error = -EFAULT;
	expect(set_foreign_p2m_mapping(map, kmap, pages, SLOTS) == -EFAULT);
	expect(w.p2m[0] == INVALID_P2M_ENTRY && w.p2m[2] == INVALID_P2M_ENTRY && !w.nr_unmapped);
}

static void clearing(void)
{
	struct gnttab_unmap_grant_ref unmap[SLOTS] = {};

	start();
	expect(!set_foreign_p2m_mapping(map, NULL, pages, SLOTS));
	w.p2m[1] = FRAME;
	expect(clear_foreign_p2m_mapping(unmap, NULL, pages, SLOTS) == -EINVAL);
	expect(w.p2m[0] == INVALID_P2M_ENTRY && w.p2m[1] == FRAME);
	expect(w.p2m[2] == INVALID_P2M_ENTRY && !w.nr_unmapped);

	w.unmap_error = -EFAULT;
	expect(clear_foreign_p2m_mapping(unmap, unmap, pages, SLOTS) == -EFAULT);
	expect(w.nr_unmapped == SLOTS);
}

static const struct ktap_case units[] = {
	{ "one slot cannot be entered", one_slot_fails },
	{ "nor be unmapped", unmapping_fails },
	{ "slots that failed before", failed_slots_are_left_alone },
	{ "taken out of the P2M", clearing },
};

int main(void)
{
	return ktap_run("foreign", units, ARRAY_SIZE(units));
}

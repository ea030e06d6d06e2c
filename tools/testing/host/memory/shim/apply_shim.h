/* SPDX-License-Identifier: GPL-2.0-only */
/* What memory_apply.c, memory_batch.c and memory_ledger.c use of the kernel and of Xen. */
#ifndef HOST_MEMORY_APPLY_SHIM_H
#define HOST_MEMORY_APPLY_SHIM_H

#include <stdlib.h>

#include "shim.h"

#define CONFIG_MEMORY_HOTPLUG	1
#define PAGE_SHIFT		12
#define PAGE_SIZE		4096UL
#define PTRS_PER_PTE		512
#define NR_FIX_BTMAPS		64
#define PG_LEVEL_4K		1
#define PAGE_KERNEL		0x63
#define UVMF_INVLPG		0
#define UVMF_LOCAL		0
#define MAX_NUMNODES		64
#define DOMID_SELF		0x7ff0
#define MMU_NORMAL_PT_UPDATE	0
#define MMU_MACHPHYS_UPDATE	1
#define XENMEM_decrease_reservation 1
#define INVALID_P2M_ENTRY	(~0UL)

#define __aligned(x)		__attribute__((__aligned__(x)))
#define ALIGN(x, a)		(((x) + (a) - 1) / (a) * (a))
#define PAGE_ALIGN(x)		ALIGN(x, PAGE_SIZE)
#define DIV_ROUND_UP(a, b)	(((a) + (b) - 1) / (b))
#define PFN_PHYS(pfn)		((u64)(pfn) << PAGE_SHIFT)
#define PFN_DOWN(x)		((x) >> PAGE_SHIFT)
#define lower_32_bits(x)	((u32)(x))
#define upper_32_bits(x)	((u32)((x) >> 32))
#define __va(x)			((void *)(uintptr_t)(x))
#define pr_info(...)		((void)snprintf(NULL, 0, __VA_ARGS__))
#define pr_warn			pr_info
#define pr_err			pr_info
#define panic(...)		(fprintf(stderr, __VA_ARGS__), abort())

typedef u64 phys_addr_t;
typedef unsigned long xen_pfn_t;
typedef struct { unsigned long pte; } pte_t;
typedef struct { unsigned long pmd; } pmd_t;
typedef struct { u64 maddr; } xmaddr_t;

struct mmu_update {
	u64 ptr;
	u64 val;
};

struct multicall_entry {
	unsigned long va;
	pte_t pte;
	long result;
};

struct xen_memory_reservation {
	xen_pfn_t *extent_start;
	unsigned long nr_extents;
	unsigned int domid;
};

struct start_info {
	unsigned long mod_len;
	struct {
		unsigned long mfn;
	} console;
};

struct boot_params {
	struct {
		u32 ramdisk_image;
	} hdr;
	u32 ext_ramdisk_image;
};

extern struct start_info *xen_start_info;
extern struct boot_params boot_params;
extern unsigned long xen_p2m_size, xen_max_p2m_pfn, xen_released_pages, max_mem_size;
extern void *e820_table;

#define set_xen_guest_handle(handle, p)	((handle) = (p))
#define pte_present(p)		((p).pte & 1)
#define pmd_present(p)		((p).pmd & 1)
#define pte_val_ma(p)		((p).pte)
#define MULTI_update_va_mapping(call, addr, new, flags) \
	(*(call) = (struct multicall_entry){ .va = (addr), .pte = (new), .result = (flags) })

static inline pte_t mfn_pte(unsigned long mfn, unsigned long prot)
{
	return (pte_t){ mfn << PAGE_SHIFT | prot };
}

static inline xmaddr_t virt_to_machine(const void *p)
{
	return (xmaddr_t){ (uintptr_t)p };
}

/* Memory is of all nodes. */
#define for_each_mem_pfn_range(i, nid, from, to, node) \
	for ((i) = 0, *(from) = 0; next_memory(from, to); (i)++, *(from) = *(to))

static inline int e820__update_table(void *table)
{
	return !table;
}

unsigned long virt_to_mfn(const void *p);
unsigned long __pfn_to_mfn(unsigned long pfn);
unsigned long get_phys_to_machine(unsigned long pfn);
bool set_phys_to_machine(unsigned long pfn, unsigned long mfn);
bool __set_phys_to_machine(unsigned long pfn, unsigned long mfn);
unsigned long set_phys_range_identity(unsigned long pfn, unsigned long end);
pte_t *lookup_address(unsigned long addr, unsigned int *level);
pmd_t *lookup_pmd_address(unsigned long addr);
int HYPERVISOR_mmu_update(struct mmu_update *req, unsigned int nr, int *done, unsigned int domid);
int HYPERVISOR_memory_op(unsigned int cmd, void *arg);
int HYPERVISOR_multicall(struct multicall_entry *call, unsigned int nr);
void memblock_reserve(u64 start, u64 size);
void memblock_phys_free(u64 start, u64 size);
bool next_memory(unsigned long *from, unsigned long *to);
void *early_memremap(u64 start, unsigned long size);
void early_memunmap(void *p, unsigned long size);
void e820__range_add(u64 start, u64 size, u32 type);
void xen_add_extra_mem(unsigned long pfn, unsigned long nr);
void xen_add_remap_nonram(u64 maddr, u64 paddr, unsigned long size);
void xen_do_remap_nonram(void);
void xen_relocate_p2m(void);

#endif /* HOST_MEMORY_APPLY_SHIM_H */

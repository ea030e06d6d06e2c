// SPDX-License-Identifier: GPL-2.0-only
/*
 * nonram: what ACPI gets where regions of firmware gave way to the kernel, as KTAP.
 *
 * Addresses are asked for as ACPI does, and ioremap() is played here: it notes what it maps.
 */

#include "apply_shim.h"
#include "ktap.h"

#define CONFIG_ACPI			1
#define __iomem
#define __ro_after_init
#define PFN_UP(x)			PFN_DOWN((x) + PAGE_SIZE - 1)
#define offset_in_page(x)		((unsigned long)(x) & (PAGE_SIZE - 1))
#define FRAMES				0x20
/* What the regions of a test have in common: where they are, and where they appear. */
#define FIRMWARE			0x1800000ULL
#define ELSEWHERE			0x40000000ULL

#undef pr_err
#define pr_err(...)			(w.messages += snprintf(NULL, 0, __VA_ARGS__) > 0)
#define pr_err_ratelimited(...)		pr_err(__VA_ARGS__)

typedef u64 acpi_physical_address;
typedef u64 acpi_size;

/**
 * struct world - what was mapped, and the P2M
 * @phys:	what ioremap() was asked for
 * @size:	that much
 * @maps:	how often it was
 * @messages:	errors in the log
 * @p2m:	entries from ELSEWHERE on
 */
static struct world {
	u64 phys;
	u64 size;
	unsigned int maps;
	unsigned int messages;
	unsigned long p2m[FRAMES];
} w;

static void *x86_acpi_os_ioremap(u64 phys, u64 size)
{
	w.phys = phys;
	w.size = size;
	w.maps++;
	return &w;
}

static void *(*acpi_os_ioremap)(u64 phys, u64 size);

bool set_phys_to_machine(unsigned long pfn, unsigned long mfn)
{
	w.p2m[pfn - PFN_DOWN(ELSEWHERE)] = mfn;
	return true;
}

#include "p2m_nonram.c"

static void start(void)
{
	memset(&w, 0, sizeof(w));
	memset(&nonram, 0, sizeof(nonram));
	acpi_os_ioremap = x86_acpi_os_ioremap;
}

/* Region [@from, @to) of the firmware appears @at. */
static void move(u64 from, u64 to, u64 at)
{
	xen_add_remap_nonram(FIRMWARE + from, ELSEWHERE + at, to - from);
}

static bool maps(u64 phys, u64 size, u64 wanted)
{
	w.maps = 0;
	return acpi_os_ioremap(phys, size) && w.maps == 1 && w.phys == wanted && w.size == size;
}

/* In the firmware at @from, and where it appeared @at. */
static bool diverted(u64 from, u64 size, u64 at)
{
	return maps(FIRMWARE + from, size, ELSEWHERE + at);
}

static bool untouched(u64 phys, u64 size)
{
	return maps(phys, size, phys) && !w.messages;
}

static bool refused(u64 phys, u64 size)
{
	w.maps = 0;
	w.messages = 0;
	return !acpi_os_ioremap(phys, size) && !w.maps && w.messages == 1;
}

/* Is [@first, @last] what moved, by frames of the firmware? */
static bool moved(unsigned int first, unsigned int last)
{
	unsigned long mfn = PFN_DOWN(FIRMWARE);
	unsigned int i;

	for (i = 0; i < FRAMES; i++) {
		if (xen_acpi_moved(mfn + i) != (i >= first && i <= last))
			return false;
	}
	return !xen_acpi_moved(mfn - 1) && !xen_acpi_moved(PFN_DOWN(ELSEWHERE));
}

static void nothing_moved(void)
{
	start();
	expect(!xen_acpi_moved(0) && !xen_acpi_moved(PFN_DOWN(FIRMWARE)));
	expect(!xen_acpi_moved(~0UL >> PAGE_SHIFT));
	expect(xen_acpi_table_address(FIRMWARE) == FIRMWARE);
	expect(untouched(FIRMWARE, 1));
}

static void edges(void)
{
	start();
	move(0x1000, 0x4000, 0x5000);
	expect(moved(1, 3));
	expect(untouched(FIRMWARE, 0x1000) && untouched(FIRMWARE + 0xfff, 1));
	expect(diverted(0x1000, 1, 0x5000) && diverted(0x3fff, 1, 0x7fff));
	expect(diverted(0x1000, 0x3000, 0x5000) && diverted(0x1ff8, 0x10, 0x5ff8));
	expect(untouched(FIRMWARE + 0x4000, 1) && untouched(ELSEWHERE + 0x5000, 0x1000));
	expect(xen_acpi_table_address(FIRMWARE + 0xfff) == FIRMWARE + 0xfff);
	expect(xen_acpi_table_address(FIRMWARE + 0x1000) == ELSEWHERE + 0x5000);
	expect(xen_acpi_table_address(FIRMWARE + 0x3fff) == ELSEWHERE + 0x7fff);
	expect(xen_acpi_table_address(FIRMWARE + 0x4000) == FIRMWARE + 0x4000);
}

static void straddling(void)
{
	start();
	move(0x1000, 0x4000, 0x5000);
	expect(refused(FIRMWARE + 0xff8, 0x10) && refused(FIRMWARE + 0x3ff8, 0x10));
	expect(refused(FIRMWARE + 0x1000, 0x3001));
	expect(refused(FIRMWARE + 0x3fff, ~0ULL - 0x3ffffff));
}

/* ACPI keeps whole pages, and so does what it asks for later lie in them. */
static void within_a_page(void)
{
	start();
	move(0x1800, 0x3400, 0x5800);
	expect(moved(1, 3));
	expect(diverted(0x1000, 0x3000, 0x5000));
	expect(diverted(0x17f8, 0x10, 0x57f8) && diverted(0x33f8, 0x10, 0x73f8));
	expect(diverted(0x3400, 0xc00, 0x7400) && diverted(0x1000, 8, 0x5000));
	expect(refused(FIRMWARE + 0x3ff8, 0x10));
	expect(xen_acpi_table_address(FIRMWARE + 0x3400) == ELSEWHERE + 0x7400);
	xen_do_remap_nonram();
	expect(!w.p2m[4] && w.p2m[5] == PFN_DOWN(FIRMWARE) + 1);
	expect(w.p2m[7] == PFN_DOWN(FIRMWARE) + 3 && !w.p2m[8]);
}

static void a_page_of_two(void)
{
	start();
	move(0x1000, 0x2400, 0x5000);
	move(0x2400, 0x4000, 0x9400);
	expect(moved(1, 3));
	expect(diverted(0x1000, 0x2000, 0x5000) && diverted(0x23f8, 0x10, 0x63f8));
	expect(diverted(0x2400, 0x1c00, 0x9400));
	expect(refused(FIRMWARE + 0x1000, 0x3000));
}

static void what_cannot_be_noted(void)
{
	unsigned int i;

	start();
	move(0x1000, 0x2000, 0x5800);
	expect(w.messages == 1 && moved(1, 0) && acpi_os_ioremap == x86_acpi_os_ioremap);

	start();
	for (i = 0; i < XMAP_MAX_ALIAS; i++)
		move(0x1000 * i, 0x1000 * (i + 1), 0x1000 * i);
	expect(!w.messages);
	move(0x1000 * i, 0x1000 * (i + 1), 0x1000 * i);
	expect(w.messages == 1 && moved(0, XMAP_MAX_ALIAS - 1));
}

static const struct ktap_case units[] = {
	{ "nothing moved", nothing_moved },
	{ "first and last byte, and beyond", edges },
	{ "partly in a region", straddling },
	{ "a region begins and ends within a page", within_a_page },
	{ "two regions share a page", a_page_of_two },
	{ "what cannot be noted", what_cannot_be_noted },
};

int main(void)
{
	return ktap_run("nonram", units, ARRAY_SIZE(units));
}

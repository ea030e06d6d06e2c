// SPDX-License-Identifier: GPL-2.0-only
/*
 * read: what is read before memory is planned, from a Xen that is played here, as KTAP.
 *
 * It refuses what it is told to.  Whatever it answers, a domain has a map and a plan, and the
 * log says what the answer was.
 */

#include <stdlib.h>

#include "boot.h"
#include "gen.h"
#include "ktap.h"

#define MIB		0x100000ULL
#define GIB		0x40000000ULL
#define PFN(bytes)	((bytes) >> 12)

static struct xen_mem_boot boot;
static struct xmap_source src;
static char log_text[1024];

/**
 * struct xen - what Xen answers
 * @dom0:	the domain has the machine's map
 * @error:	of a request for a map
 * @length_error: of a request for its length
 * @nr:		entries that there are
 * @raw:	the first of them
 * @max:	of a request for the maximum reservation
 * @calls:	requests for a map
 * @lengths:	requests for its length
 * @limits:	requests for the maximum reservation
 */
static struct xen {
	bool dom0;
	int error;
	int length_error;
	unsigned int nr;
	struct xmap_raw raw;
	long max;
	unsigned int calls;
	unsigned int lengths;
	unsigned int limits;
} xen;

void log_line(const char *fmt, ...)
{
	size_t len = strlen(log_text);
	va_list args;

	va_start(args, fmt);
	vsnprintf(log_text + len, sizeof(log_text) - len, fmt, args);
	va_end(args);
}

bool xen_initial_domain(void)
{
	return xen.dom0;
}

static int answer_map(struct xen_memory_map *map)
{
	if (!map->buffer) {
		xen.lengths++;
		map->nr_entries = xen.nr;
		return xen.length_error;
	}
	xen.calls++;
	expect(map->buffer == boot.raw && map->nr_entries == XMAP_MAX_RAW);
	/* What is not to be used is not what was there before either. */
	memset(boot.raw, 0xff, sizeof(boot.raw));
	map->nr_entries = xen.nr;
	boot.raw[0] = xen.raw;
	return xen.error;
}

int HYPERVISOR_memory_op(unsigned int cmd, void *arg)
{
	if (cmd == XENMEM_maximum_reservation) {
		expect(*(domid_t *)arg == DOMID_SELF && xen.dom0);
		xen.limits++;
		return xen.max;
	}
	expect(cmd == (xen.dom0 ? XENMEM_machine_memory_map : XENMEM_memory_map));
	return answer_map(arg);
}

int kstrtobool(const char *text, bool *value)
{
	if (*text != '0' && *text != '1')
		return -EINVAL;
	*value = *text == '1';
	return 0;
}

/* The last one counts, as in the kernel. */
int cmdline_find_option(const char *cmdline, const char *option, char *value, int size)
{
	const char *at = cmdline;
	size_t len = strlen(option);
	int found = -1;

	while ((at = strstr(at, option))) {
		bool starts = at == cmdline || at[-1] == ' ';

		at += len;
		if (starts && *at == '=')
			found = snprintf(value, size, "%.*s", (int)strcspn(at + 1, " "), at + 1);
	}
	return found;
}

int cmdline_find_option_bool(const char *cmdline, const char *option)
{
	const char *at = strstr(cmdline, option);

	return at && (!at[strlen(option)] || at[strlen(option)] == ' ');
}

static void start(bool dom0, u64 mem)
{
	memset(&xen, 0, sizeof(xen));
	boot_init(&boot);
	*log_text = 0;
	xen.dom0 = dom0;
	src = (struct xmap_source){ .dom0 = dom0, .nr_pages = PFN(mem), .low_reserved = 0xa0000 };
	boot.dom = (struct xmap_domain){
		.dom0 = dom0, .nr_pages = PFN(mem), .max_pages = PFN(mem), .max_extra = 128,
	};
}

/* Read, and plan with what was read: all memory has a place. */
static void read_map(void)
{
	xen_read_memory_map(&boot, &src);
	expect(xen.calls == 1 && src.raw == boot.raw && src.capacity == XMAP_MAX_RAW);
	expect(!xmap_build(&src, boot.edges, &boot.map));
	expect(!xmap_make_plan(&boot.map, &boot.dom, &boot.plan));
	expect(!boot.plan.pages[XMAP_RELEASE]);
}

static bool noted(enum xmap_note note)
{
	return boot.plan.notes & 1U << note;
}

static bool logged(const char *text)
{
	return strstr(log_text, text);
}

static const int errors[] = { -EPERM, -EINVAL, -EFAULT, GEN_NO_CALL };

static void no_map_for_a_guest(void)
{
	char text[64];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		start(false, 256 * MIB);
		xen.error = errors[i];
		xen.nr = 1;
		xen.raw = (struct xmap_raw){ 0, 16 * MIB, XMAP_RAM };
		read_map();
		snprintf(text, sizeof(text), "Xen gives no memory map: error %d\n", errors[i]);
		expect(src.error == errors[i] && !src.nr && !strcmp(log_text, text));
		expect(noted(XMAP_NOTE_NO_MAP) && !boot.plan.pages[XMAP_MOVE] && !xen.lengths);
	}
}

/* The hole that dom0 then makes is for the devices. */
static void no_map_for_dom0(void)
{
	char text[64];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		start(true, 2 * GIB);
		xen.error = errors[i];
		xen.nr = 2000;
		read_map();
		snprintf(text, sizeof(text), "Xen gives no memory map: error %d\n", errors[i]);
		expect(src.error == errors[i] && !src.nr && logged(text));
		expect(xen.lengths == 1 && logged("it has 2000 entries, the kernel takes 1024\n"));
		expect(noted(XMAP_NOTE_NO_MAP) && noted(XMAP_NOTE_HOLE_MADE));
		/* And the first MiB, as always. */
		expect(boot.plan.pages[XMAP_MOVE] == PFN(GIB) + 96);
	}
}

static void no_length_either(void)
{
	char text[64];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		start(true, 2 * GIB);
		xen.error = -EPERM;
		xen.length_error = errors[i];
		read_map();
		snprintf(text, sizeof(text), "nor its length: error %d\n", errors[i]);
		expect(xen.lengths == 1 && logged(text) && !logged("entries"));
	}
}

static void a_map(void)
{
	start(false, 256 * MIB);
	xen.nr = 1;
	xen.raw = (struct xmap_raw){ 0, 512 * MIB, XMAP_RAM };
	read_map();
	expect(!src.error && src.nr == 1 && !*log_text && !xen.lengths);
	expect(!noted(XMAP_NOTE_NO_MAP));

	/* More than was asked for: the rest is not there. */
	start(true, 256 * MIB);
	xen.nr = 5000;
	xen_read_memory_map(&boot, &src);
	expect(src.nr == XMAP_MAX_RAW);
}

static void max_pages(void)
{
	static const long refused[] = { 0, -EPERM, -EINVAL, -EFAULT };
	unsigned int i;

	start(true, GIB);
	xen.max = 5000;
	expect(xen_read_max_pages(7000) == 5000 && xen_read_max_pages(3000) == 3000);
	expect(xen.limits == 2 && !*log_text);
	for (i = 0; i < ARRAY_SIZE(refused); i++) {
		start(true, GIB);
		xen.max = refused[i];
		expect(xen_read_max_pages(7000) == 7000);
		expect(logged("cannot read the maximum reservation"));
	}
	start(false, GIB);
	xen.max = 5000;
	expect(xen_read_max_pages(7000) == 7000 && !xen.limits && !*log_text);
}

/* Built-in options come first in the line that is read; the domain's come behind. */
static void options(void)
{
	struct xen_mem_options opt;

	start(false, GIB);
	xen_read_mem_options((char []){ "mem=400M console=hvc0" }, &opt);
	expect(opt.mem_limit == 400 * MIB && !opt.pci_hole && !opt.limit_512gb);
	xen_read_mem_options((char []){ "oops=panic mem=400M console=hvc0 mem=1G" }, &opt);
	expect(opt.mem_limit == 400 * MIB);
	xen_read_mem_options((char []){
		"mem=1G xen.pci_hole=3G xen_512gb_limit mem=400M xen.pci_hole=2G xen_512gb_limit=0"
	}, &opt);
	expect(opt.mem_limit == 400 * MIB && opt.pci_hole == 2 * GIB && !opt.limit_512gb);
	expect(!*log_text);

	xen_read_mem_options((char []){ "xen_512gb_limit" }, &opt);
	expect(opt.limit_512gb && !opt.mem_limit);
	xen_read_mem_options((char []){ "xen.pci_hole=high xen_512gb_limit=maybe" }, &opt);
	expect(!opt.pci_hole && !opt.limit_512gb);
	expect(logged("xen.pci_hole=high not understood") && logged("=maybe not understood"));
}

static const struct ktap_case units[] = {
	{ "no map for a guest", no_map_for_a_guest },
	{ "no map for dom0", no_map_for_dom0 },
	{ "no length of the map either", no_length_either },
	{ "a map", a_map },
	{ "maximum reservation", max_pages },
	{ "options of the command line, built-in ones in front", options },
};

int main(void)
{
	return ktap_run("read", units, ARRAY_SIZE(units));
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* What memory_read.c uses of the kernel and of Xen, beside what the other files do. */
#ifndef HOST_MEMORY_READ_SHIM_H
#define HOST_MEMORY_READ_SHIM_H

#include "apply_shim.h"

#undef pr_info
#undef pr_warn
#define pr_info(...)			log_line(__VA_ARGS__)
#define pr_warn				pr_info
#define static_assert			_Static_assert
#define IS_ENABLED(option)		0
#define XENMEM_memory_map		9
#define XENMEM_machine_memory_map	10
#define XENMEM_maximum_reservation	4

typedef u16 domid_t;

struct xen_memory_map {
	unsigned int nr_entries;
	void *buffer;
};

void log_line(const char *fmt, ...) __printf(1, 2);
bool xen_initial_domain(void);
int kstrtobool(const char *text, bool *value);
int cmdline_find_option(const char *cmdline, const char *option, char *value, int size);
int cmdline_find_option_bool(const char *cmdline, const char *option);

#endif /* HOST_MEMORY_READ_SHIM_H */

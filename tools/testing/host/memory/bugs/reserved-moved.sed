# SPDX-License-Identifier: GPL-2.0-only
# file: memmap_objects.c
# dom0 moves what is reached by its address alone.
s/e->type != XMAP_NVS \&\& e->type != XMAP_ACPI/e->type == XMAP_PMEM/

# SPDX-License-Identifier: GPL-2.0-only
# file: memmap_fit.c
# RAM with a boot object is left out.
s/return !pfn || xmap_keeps_object(p, pfn, end - pfn);/return !pfn;/

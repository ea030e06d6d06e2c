# SPDX-License-Identifier: GPL-2.0-only
# file: memmap_boot.c
# RAM beyond mem= is reckoned with for the boot.
s/ram_below(map, frames)/ram_below(map, dom->nr_pages)/

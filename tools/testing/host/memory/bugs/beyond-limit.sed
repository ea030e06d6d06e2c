# SPDX-License-Identifier: GPL-2.0-only
# file: memmap_pieces.c
# Frames are used beyond mem=.
s/ram \&\& r->pfn < p->limit/ram/

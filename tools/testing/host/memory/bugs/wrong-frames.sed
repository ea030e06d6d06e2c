# SPDX-License-Identifier: GPL-2.0-only
# file: memmap_pieces.c
# Firmware that gave way means the machine frames next to its own.
s/r->to = alias->mfn + (r->pfn - alias->pfn);/r->to = alias->mfn + 1;/

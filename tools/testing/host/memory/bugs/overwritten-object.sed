# SPDX-License-Identifier: GPL-2.0-only
# file: memmap_objects.c
# Two objects are copied to one place.
s/r->kind == XMAP_COPY \&\& overlaps/r->kind == XMAP_MOVE \&\& overlaps/

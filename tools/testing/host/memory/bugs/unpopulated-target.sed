# SPDX-License-Identifier: GPL-2.0-only
# file: memmap_objects.c
# An object is copied to where there is no frame.
s/r.kind == XMAP_KEEP ? fit/r.kind == XMAP_EXTRA ? fit/

# SPDX-License-Identifier: GPL-2.0-only
# file: memmap_pieces.c
# A hole is not identity.
s/r->kind = XMAP_IDENTITY;/r->kind = XMAP_UNUSED;/

# SPDX-License-Identifier: GPL-2.0-only
# file: memmap_leaves.c
# A leaf in which a kind ends is shared.
s|u64 last = end / XMAP_LEAF_PFNS;|u64 last = (end + XMAP_LEAF_PFNS - 1) / XMAP_LEAF_PFNS;|

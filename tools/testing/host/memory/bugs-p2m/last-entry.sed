# SPDX-License-Identifier: GPL-2.0-only
# file: p2m_layout.c
# The last entry of a leaf is not looked at.
s|for (i = 1; i < XMAP_LEAF_PFNS; i++) {|for (i = 1; i < XMAP_LEAF_PFNS - 1; i++) {|

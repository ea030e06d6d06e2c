# SPDX-License-Identifier: GPL-2.0-only
# file: p2m_layout.c
# A leaf is what its first entry is.
s|for (i = 1; i < XMAP_LEAF_PFNS; i++) {|for (i = 1; i < 1; i++) {|

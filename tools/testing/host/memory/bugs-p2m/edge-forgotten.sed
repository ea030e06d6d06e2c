# SPDX-License-Identifier: GPL-2.0-only
# file: p2m_layout.c
# Where identity PFNs end in a leaf, the toolstack sees them.
s/\*cursor % 2 ? r->pfn + r->nr - 1 : r->pfn/r->pfn/

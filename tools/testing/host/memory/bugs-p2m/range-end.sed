# SPDX-License-Identifier: GPL-2.0-only
# file: p2m_layout.c
# A private leaf is what its first PFN is.
s/last = r ? min(end, r->pfn + r->nr) : end;/last = end;/

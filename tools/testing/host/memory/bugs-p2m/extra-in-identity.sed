# SPDX-License-Identifier: GPL-2.0-only
# file: p2m_layout.c
# Extra memory inside an identity leaf is lost.
s|if (extra && kind == XMAP_IDENTITY)|if (extra > XMAP_LEAF_PFNS)|

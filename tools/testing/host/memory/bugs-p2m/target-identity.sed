# SPDX-License-Identifier: GPL-2.0-only
# file: p2m_layout.c
# Where a frame is to come, the P2M says identity until then.
s/if (!r || r->kind == XMAP_IDENTITY)/if (!r || r->kind == XMAP_IDENTITY || r->kind == XMAP_TARGET)/

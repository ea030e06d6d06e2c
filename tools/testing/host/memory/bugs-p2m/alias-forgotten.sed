# SPDX-License-Identifier: GPL-2.0-only
# file: p2m_layout.c
# Firmware that gave way is missing beyond the list.
/r->kind == XMAP_ALIAS/,+1 d

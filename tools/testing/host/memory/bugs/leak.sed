# SPDX-License-Identifier: GPL-2.0-only
# file: memmap_plan.c
# Frames without a place are forgotten, not released.
/r.kind = XMAP_RELEASE;/,/return xmap_add_action/ s/return xmap_add_action(p, &r);/return 0;/

# SPDX-License-Identifier: GPL-2.0-only
# file: memmap_sanitise.c
# A page that is RAM in part is RAM.
/if (type == XMAP_RAM) {/,/}/ s/start = page_up(start);/start = page_down(start);/

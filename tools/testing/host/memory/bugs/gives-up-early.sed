# SPDX-License-Identifier: GPL-2.0-only
# file: memmap_objects.c
# dom0 gives up when half of the regions that may move have moved.
s/p->nr_alias == XMAP_MAX_ALIAS/p->nr_alias == XMAP_MAX_ALIAS \/ 2/

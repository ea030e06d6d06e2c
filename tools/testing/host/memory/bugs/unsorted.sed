# SPDX-License-Identifier: GPL-2.0-only
# file: memmap_sanitise.c
# Entries are taken as they come.
/sort(e->edge, e->nr/ d

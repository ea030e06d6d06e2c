# SPDX-License-Identifier: GPL-2.0-only
# file: memmap_plan.c
# A PFN gets the frames of more than one.
/^\t\troom->pfn += nr;$/ s/nr;/nr - 1;/

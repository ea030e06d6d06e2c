# SPDX-License-Identifier: GPL-2.0-only
# file: p2m_layout.c
# The last page of the list is taken for what lies beyond it.
s/if (pfn < boot->list_pfns) {/if (end < boot->list_pfns) {/

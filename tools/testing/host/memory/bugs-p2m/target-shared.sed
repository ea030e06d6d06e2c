# SPDX-License-Identifier: GPL-2.0-only
# file: memmap_leaves.c
# Where a frame is to come, the leaf is a shared one, like that of extra memory.
s/^	case XMAP_EXTRA:/	case XMAP_TARGET:\n&/

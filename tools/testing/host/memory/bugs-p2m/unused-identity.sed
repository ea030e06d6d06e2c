# SPDX-License-Identifier: GPL-2.0-only
# file: memmap_leaves.c
# RAM that is not used reads identity.
/^	case XMAP_UNUSED:/ d
s/^	case XMAP_IDENTITY:/&\n	case XMAP_UNUSED:/

# SPDX-License-Identifier: GPL-2.0-only
# file: p2m_layout.c
# Extra memory ends a page early in a private leaf.
s|for (i = max(pfn, boot->extra\[r\].pfn); i < last; i++)|for (i = max(pfn, boot->extra[r].pfn); \
	i + 1 < last; i++)|

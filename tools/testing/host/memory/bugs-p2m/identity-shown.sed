# SPDX-License-Identifier: GPL-2.0-only
# file: p2m_layout.c
# An identity PFN beside RAM is an entry, which a restore writes over.
/entry\[i\] = P2M_ENTRY_INVALID;/ d

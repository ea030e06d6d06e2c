# SPDX-License-Identifier: GPL-2.0-only
# file: memmap_pieces.c
# A domU has machine frames in its first MiB.
s/!p->dom->dom0 \&\& populated/p->dom->dom0 \&\& !populated/

# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# dom0 with more memory than the host has RAM below its PCI hole.  MOVED, RELEASED
# and TOTAL come from the scenario: at least so many pages, at least so many MiB.

count() { dmesg | sed -n "s/.*xen: $1 \([0-9]*\) pages.*/\1/p"; }

# Linux's own setup has other words.
at_least()
{
	[ "$KERNEL" = ours ] || return 0
	[ "$(count "$1")" -ge "$2" ] || { echo "$1: $(count "$1"), not $2"; return 1; }
}

total_mib() { echo $(($(awk '/^MemTotal/ { print $2 }' /proc/meminfo) / 1024)); }

enough_memory() { [ "$(total_mib)" -ge "$TOTAL" ] || { total_mib; return 1; }; }

plan 4
check "frames were moved" at_least moved "$MOVED"
check "frames went back to Xen" at_least released "$RELEASED"
check "dom0 has its memory" enough_memory
own_tests boot mem_pages

# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# One line for a device, when it comes.

NIC=00:04.0
REMEDY="; set e820_host=1 (xl) or <xen><e820_host state='on'/></xen> (libvirt)"

# Lines that name the remedy, without their time, whatever slot the device got.
hints()
{
	tr -d '\r' < "$(console_log "$1")" |
		sed -n "s/^.*\(pci [0-9a-f:]*\.0: .*e820_host state.*\)\$/\1/p"
}

# says NAME TEXT: one such line, with that text and nothing else
says()
{
	hints "$1" > "$STATE/hints"
	cat "$STATE/hints"
	[ "$(wc -l < "$STATE/hints")" = 1 ] &&
		[ "$(sed 's/^pci [0-9a-f:]*\.0: //' "$STATE/hints")" = "$2$REMEDY" ]
}

# The memory BAR as dom0 sees it; a guest sees the same.
bar()
{
	sed -n '1s/^0x0*\([0-9a-f]*\) 0x0*\([0-9a-f]*\) .*/0x\1-0x\2/p' \
		"/sys/bus/pci/devices/0000:$NIC/resource"
}

# What the guest has from its boot memory on is one range of RAM in its map.
ram_around_bar()
{
	tr -d '\r' < "$(console_log "$1")" |
		sed -n 's/.*Xen: \[mem 0x0*\([0-9a-f]*\)-0x0*\([0-9a-f]*\)\] usable.*/0x\1-0x\2/p' |
		tail -n 1
}

collides()
{
	says "$1" "BAR 0 [mem $(bar)] collides with extra memory [mem $(ram_around_bar "$1")]"
}

guest_with_nic()
{
	check "$1: create" guest_create "$1" || return
	check "$1: up" guest_ready "$1" || return
	check "$1: attach" xl pci-attach "$1" $NIC,permissive=1
	check "$1: names the remedy" guest_wait "$1" "e820_host state" 60
}

plan 12
check "assignable" xl pci-assignable-add $NIC
check "the NIC has a memory BAR" [ -n "$(bar)" ]
guest_with_nic plain
check "plain: says that DMA would go astray" says plain \
	"swiotlb-xen is off, so DMA would reach other memory"
xl destroy plain
guest_with_nic over
check "over: says what the BAR collides with" collides over
xl destroy over

# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# pcifront gives pciback 2 s for an answer and then goes on without the device.
# When it did, the check says so: the machine was too busy, and the run is red.

NIC=00:04.0
MAC=52:54:00:ca:fe:01

# The NIC in the guest, whatever slot it got there.
nic_functions()
{
	cat <<'EOF'
nic()
{
	for dev in /sys/bus/pci/devices/*; do
		[ "$(cat "$dev/vendor") $(cat "$dev/device")" = "0x8086 0x100e" ] || continue
		echo "$dev"
		return
	done
	return 1
}
nic_there() { dev=$(nic); }
driver_is() { nic_there && [ "$(basename "$(readlink "$dev/driver")")" = "$1" ]; }
mac_is() { [ "$(cat "$dev"/net/*/address)" = "$1" ]; }
# Memory BAR 0 and I/O BAR 1: an address, an end, and owned by the driver.
bar_claimed()
{
	start=$(sed -n "$(($1 + 1))s/^0x0*\([0-9a-f]*\) .*/\1/p" "$dev/resource")
	[ -n "$start" ] && grep -q "$start-.*$2" "$3"
}
EOF
}

pcifront_answered()
{
	tr -d '\r' < "$(console_log pv)" | grep 'pciback not responding' || return 0
	echo "pcifront gave up after 2 s: the machine is too busy for this scenario"
	return 1
}

# Host ranges above 1 MiB that are no RAM, from dom0's copy of the machine's map.
host_holes()
{
	dmesg | grep -E '(Xen|BIOS-e820): .* reserved$' |
		sed 's/.*\[mem 0x0*\([0-9a-f]*-0x[0-9a-f]*\)\].*/\1/' |
		grep -v '^[0-9a-f]\{1,5\}-'
}

guest_has_host_map()
{
	tr -d '\r' < "$(console_log pv)" | sed -n 's/.*\(Xen: \[mem .*\)/\1/p' > /tmp/guest.map
	host_holes > /tmp/host.holes
	[ -s /tmp/host.holes ] || { echo "dom0 shows no reserved range"; return 1; }
	while read -r hole; do
		grep -q "0x0*$hole\] reserved" /tmp/guest.map && continue
		echo "$hole is missing in the guest's map:"
		cat /tmp/guest.map
		return 1
	done < /tmp/host.holes
}

guest_has_filler() { grep 'unusable' /tmp/guest.map; }

no_hint() { ! grep "e820_host" "$(console_log pv)"; }

no_nic() { guest_exec pv '! nic_there' 20; }

assignable() { xl pci-assignable-list | grep "$NIC"; }

plan 15
check "assignable" xl pci-assignable-add $NIC
check "listed as assignable" assignable
check "create" guest_create pv
check "up" guest_ready pv
check "pcifront got its answer" pcifront_answered
check "prepared" guest_source pv "$(nic_functions)"
check "NIC in the guest" guest_exec pv nic_there 30
check "driver e1000 bound" guest_exec pv "until_true 30 driver_is e1000" 60
check "BAR 0 claimed" guest_exec pv "bar_claimed 0 e1000 /proc/iomem" 30
check "MAC address is the emulated one" guest_exec pv "mac_is $MAC" 30
check "the guest's map has the host's holes" guest_has_host_map
check "RAM below them is marked unusable" guest_has_filler
check "nothing to complain of" no_hint
check "detach" xl pci-detach pv $NIC
check "NIC gone in the guest" wait_for 30 no_nic

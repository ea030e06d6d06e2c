# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# pcifront gives pciback 2 s for an answer and then goes on without the device.
# When it did, the check says so: the machine was too busy, and the run is red.
#
# The NIC has a wire for its interrupt.  The card has messages, and nothing else of use:
# QEMU's "edu", with the module xen_msi for its driver.

NIC=00:04.0
CARD=00:05.0
MAC=52:54:00:ca:fe:01		# as in QEMU's options
GUEST_IP=10.0.2.15
GATEWAY=10.0.2.2		# QEMU's own network: it answers itself

# The NIC in the guest, whatever slot it got there; its registers as the hardware has them.
nic_functions()
{
	cat <<'EOF'
find_device()
{
	for found in /sys/bus/pci/devices/*; do
		[ "$(cat "$found/vendor") $(cat "$found/device")" = "$1" ] || continue
		echo "$found"
		return
	done
	return 1
}
nic_there() { dev=$(find_device "0x8086 0x100e"); }
driver_is() { nic_there && [ "$(basename "$(readlink "$dev/driver")")" = "$1" ]; }
mac_is() { [ "$(cat "$dev"/net/*/address)" = "$1" ]; }
registers() { /rig/selftests/xen/nic_regs "$dev" "$1"; }
mac_in_registers_is() { [ "$(registers mac)" = "$1" ]; }
interface() { basename "$dev"/net/*; }
interface_up()
{
	ip link set "$(interface)" up && ip addr add "$1/24" dev "$(interface)" &&
		until_true 60 eval '[ "$(cat "$dev"/net/*/carrier)" = 1 ]'
}
received() { cat "$dev"/net/*/statistics/rx_packets; }
ping_through()
{
	received_before=$(received)
	ping -c 5 -w 60 "$1" && [ "$(received)" -ge $((received_before + 5)) ]
}
# Memory BAR 0 and I/O BAR 1: an address, an end, and owned by the driver.
bar_claimed()
{
	start=$(sed -n "$(($1 + 1))s/^0x0*\([0-9a-f]*\) .*/\1/p" "$dev/resource")
	[ -n "$start" ] && grep -q "$start-.*$2" "$3"
}
EOF
}

# The card in the guest, behind the functions for the NIC.  The module's result is there once its
# test is done, which is after insmod if the guest is still about to get the card.
card_functions()
{
	cat <<'EOF'
card_there() { card=$(find_device "0x1234 0x11e8"); }
test_messages()
{
	until_true 30 card_there && insmod /rig/modules/xen_msi.ko &&
		until_true 30 [ -e "$card/result" ] && [ "$(cat "$card/result")" = ok ]
}
irq_is_right()
{
	irq=$(sed -n 's/^ *\([0-9]*\): .* xen-pirq .* xen_msi$/\1/p' /proc/interrupts)
	[ "${irq:-0}" -gt 0 ]
}
give_irq_back()
{
	rmmod xen_msi && ! grep xen_msi /proc/interrupts &&
		until_true 10 [ ! -e "/sys/kernel/irq/$irq" ]
}
EOF
}

# nic_works PHASE: 8 checks, if it is there
nic_works()
{
	check "$1: NIC in the guest" guest_exec pv "until_true 30 nic_there" 60 || return
	check "$1: driver e1000 bound" guest_exec pv "until_true 30 driver_is e1000" 60
	check "$1: BAR 0 claimed" guest_exec pv "bar_claimed 0 e1000 /proc/iomem" 30
	check "$1: BAR 1 claimed" guest_exec pv "bar_claimed 1 e1000 /proc/ioports" 30
	check "$1: MAC address is the emulated one" guest_exec pv "mac_is $MAC" 30
	check "$1: so it is in the registers" guest_exec pv "mac_in_registers_is $MAC" 30
	check "$1: interface up" guest_exec pv "interface_up $GUEST_IP" 90
	check "$1: one write, one interrupt" guest_exec pv "registers interrupt" 200
}

# If not, what the module said last.
messages_arrive()
{
	guest_exec pv test_messages 90 && return
	tr -d '\r' < "$(console_log pv)" | sed -n 's/.*\(xen_msi: .*\)/\1/p' | tail -n 1
	return 1
}

# card_works PHASE: 3 checks
card_works()
{
	check "$1: a message of the card is one interrupt" messages_arrive
	check "$1: its IRQ is not 0" guest_exec pv irq_is_right 30
	check "$1: IRQ is given back" guest_exec pv give_irq_back 60
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

gone() { guest_exec pv "! $1" 20; }

assignable() { xl pci-assignable-list | grep "$1"; }

# offer NAME DEVICE: 2 checks
offer()
{
	check "$1: assignable" xl pci-assignable-add "$2"
	check "$1: listed as assignable" assignable "$2"
}

# Without a word on the command line: a map with the host's ranges is reason enough.
swiotlb_is_on() { guest_wait pv 'Using software bounce buffering for IO' 5; }

attach() { xl pci-attach pv "$1,permissive=1"; }

# take_away NAME DEVICE COMMAND: 2 checks; COMMAND finds it in the guest
take_away()
{
	check "$1: detach" xl pci-detach pv "$2"
	check "$1 gone in the guest" wait_for 60 gone "$3"
}

plan $((1 + 2 * 2 + 4 + 8 + 3 + 3 + 5 + 2 * 2 + 2 + 1 + 8 + 1 + 3 + 2))
check "module in the guest's image" guest_modules
offer NIC $NIC
offer card $CARD
check "create" guest_create pv
check "up" guest_ready pv
check "prepared for the NIC" guest_source pv "$(nic_functions)"
check "prepared for the card" guest_source pv "$(card_functions)"

nic_works "first"
card_works "first"
card_works "again"
check "a ping through the NIC returns" guest_exec pv "ping_through $GATEWAY" 90
check "the guest's map has the host's holes" guest_has_host_map
check "RAM below them is marked unusable" guest_has_filler
check "swiotlb-xen is on" swiotlb_is_on
check "pcifront got its answer" pcifront_answered

# The last one first: xl gives other numbers to those behind it.
take_away card $CARD card_there
take_away NIC $NIC nic_there
check "save" save_guest pv /tmp/pv.save
check "restore" xl restore /tmp/pv.save
rm -f /tmp/pv.save

check "NIC: attach" attach $NIC
nic_works "restored"
check "card: attach" attach $CARD
card_works "restored"
check "pcifront got its answer again" pcifront_answered
check "nothing to complain of" no_hint
xl destroy pv

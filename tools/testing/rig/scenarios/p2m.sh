# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# What was extra memory at boot is used, which makes private what was shared; then
# the toolstack saves and restores a domain whose P2M has changed.  The host's hole in
# pv-holes begins within a leaf, behind RAM, so that a restore writes over its entries.  The hole
# of pv lies amid its memory, so that frames have moved.

export CORE_SCRIPT=p2m.sh
ALL="plan ram holes frames later_use"
LATER="plan_later ram holes frames"

# At least $2 MiB in guest $1
has_memory()
{
	guest_exec "$1" "[ \$(awk '/^MemTotal/ { print \$2 }' /proc/meminfo) -gt \
		$(($2 * 1024)) ]" 20
}

# grows NAME MIB SEEN: the guest gets MIB, and sees SEEN of it at least
grows() { xl mem-set "$1" "$2" && wait_for 60 has_memory "$1" "$3"; }

plan $((2 + 13 + 9))
check "module in the guests' image" guest_modules
own_tests p2m.sh

# A hole amid the guest's memory.
# shellcheck disable=SC2086 # words of a map
check "pv: create" create_with_map pv $MAP
check "pv: up" guest_ready pv
check "pv: frames have moved" has_moved pv
check "pv: P2M" core_test pv "$ALL"
check "pv: beyond the P2M" core_test pv beyond
check "pv: what the toolstack sees" core_test pv tools
check "pv: grows" grows pv 300 200
check "pv: P2M of the larger guest" core_test pv "$LATER"
check "pv: shrinks" xl mem-set pv 160
check "pv: save" save_guest pv /tmp/pv.save
check "pv: restore" xl restore /tmp/pv.save
check "pv: P2M after restore" core_test pv "$LATER"
check "pv: grows again" grows pv 400 300
rm -f /tmp/pv.save
xl destroy pv

check "pv-holes: create" guest_create pv-holes
check "pv-holes: up" guest_ready pv-holes
check "pv-holes: P2M" core_test pv-holes "$ALL"
check "pv-holes: grows" grows pv-holes 300 200
check "pv-holes: P2M of the larger guest" core_test pv-holes "$LATER"
check "pv-holes: what the toolstack sees" core_test pv-holes tools
check "pv-holes: save" save_guest pv-holes /tmp/pv-holes.save
check "pv-holes: restore" xl restore /tmp/pv-holes.save
check "pv-holes: P2M after restore" core_test pv-holes "$LATER tools"
rm -f /tmp/pv-holes.save
xl destroy pv-holes

# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# The kernel's own option comes first, so that the domain's may overrule it, and both are in
# force: memory that is added later goes online, and the console that all of this is read from
# is one that the domain's options name.

BUILT_IN="memhp_default_state=online"
BOTH="grep '^$BUILT_IN .*console=' /proc/cmdline"
IN_FORCE="grep -qx online /sys/devices/system/memory/auto_online_blocks"

# in_guest NAME COMMAND
in_guest() { guest_exec "$1" "$2 > /dev/null" 20; }

plan $((2 + 2 * 4))
check "dom0: options of both" sh -c "$BOTH"
check "dom0: the kernel's own is in force" sh -c "$IN_FORCE"
for guest in pv pvh; do
	check "$guest: create" guest_create "$guest"
	check "$guest: up" guest_ready "$guest"
	check "$guest: options of both" in_guest "$guest" "$BOTH"
	check "$guest: the kernel's own is in force" in_guest "$guest" "$IN_FORCE"
	xl destroy "$guest"
done

# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# The kernel's own options come first, so that the domain's may overrule them, and both are in
# force: an early one, as those for memory are, makes the kernel panic where something oopses,
# another has memory go online that is added later, and the console that all of this is read
# from is one that the domain's options name.

BUILT_IN="oops=panic memhp_default_state=online"
BOTH="grep '^$BUILT_IN .*console=' /proc/cmdline"
EARLY="grep -x 1 /proc/sys/kernel/panic_on_oops"
LATER="grep -x online /sys/devices/system/memory/auto_online_blocks"

# in_guest NAME COMMAND
in_guest() { guest_exec "$1" "$2 > /dev/null" 20; }

plan $((3 + 2 * 5))
check "dom0: options of both" sh -c "$BOTH"
check "dom0: the early one is in force" sh -c "$EARLY"
check "dom0: the other one is in force" sh -c "$LATER"
for guest in pv pvh; do
	check "$guest: create" guest_create "$guest"
	check "$guest: up" guest_ready "$guest"
	check "$guest: options of both" in_guest "$guest" "$BOTH"
	check "$guest: the early one is in force" in_guest "$guest" "$EARLY"
	check "$guest: the other one is in force" in_guest "$guest" "$LATER"
	xl destroy "$guest"
done

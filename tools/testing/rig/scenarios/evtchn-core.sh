# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# The tests of event channels that need no peer, in dom0 and in a guest of each
# type and ABI.  One guest at a time: the emulated machine has one CPU.
# ABI and VCPUS, and PORTS where they tell the depth, are dom0's.

described() { /rig/describe | grep -x "$1" || { /rig/describe; return 1; }; }

dom0_is_as_configured()
{
	described "abi: $ABI" || return 1
	described "vcpus: $VCPUS" || return 1
	[ -z "${PORTS-}" ] || described "ports: $PORTS"
}

# The tests pick themselves by ABI and CPUs, so these must be what was meant.
is_as_configured() { guest_said "$1" "vcpus: 2" && said_abi_by_name "$1"; }

# one_guest NAME
one_guest()
{
	check "$1: created" guest_create "$1"
	check "$1: finished" guest_finished "$1" 700
	check "$1: gone" wait_gone "$1" 60
	check "$1: ABI and CPUs" is_as_configured "$1"
	guest_result "$1"
}

plan $((1 + 2 + $(echo "$GUESTS_RUN" | wc -w) * 5))
check "module in the guests' image" guest_modules
check "dom0: ABI and CPUs" dom0_is_as_configured
own_tests evtchn_core.sh
for guest in $GUESTS_RUN; do
	one_guest "$guest"
done

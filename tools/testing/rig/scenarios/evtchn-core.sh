# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# The tests of event channels that need no peer, in dom0 and in a guest of each
# type and ABI.  One guest at a time: the emulated machine has one CPU.
# ABI and VCPUS, and PORTS where they tell the depth, are dom0's.  Guests on N-level may
# have 300,000 ports: with depth 3 they find 262,144.

described() { /rig/describe | grep -x "$1" || { /rig/describe; return 1; }; }

dom0_is_as_configured()
{
	described "abi: $ABI" || return 1
	described "vcpus: $VCPUS" || return 1
	[ -z "${PORTS-}" ] || described "ports: $PORTS"
}

said() { guest_lines "$1" | grep -qx "# $2" || { echo "no line '$2'"; return 1; }; }

# The tests pick themselves by ABI and CPUs, so these must be what was meant.
is_as_configured()
{
	said "$1" "vcpus: 2" || return 1
	case $1 in
	*-2l) said "$1" "abi: 2-level" ;;
	*-nl3) said "$1" "abi: N-level" && said "$1" "ports: 262144" ;;
	*-nl4) said "$1" "abi: N-level" && said "$1" "ports: 30000[01]" ;;
	*) said "$1" "abi: FIFO-based" ;;
	esac
}

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

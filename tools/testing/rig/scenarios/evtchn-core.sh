# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# The tests of event channels that need no peer, in dom0 and in a guest of each
# type and ABI.  One guest at a time: the emulated machine has one CPU.

said() { guest_lines "$1" | grep -qx "# $2" || { echo "no line '$2'"; return 1; }; }

# The tests pick themselves by ABI and CPUs, so these must be what was meant.
is_as_configured()
{
	said "$1" "vcpus: 2" || return 1
	case $1 in
	*-2l) said "$1" "abi: 2-level" ;;
	*-nl[34]) said "$1" "abi: N-level" ;;
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

plan $((1 + 1 + $(echo "$GUESTS_RUN" | wc -w) * 5))
check "module in the guests' image" guest_modules
own_tests evtchn_core.sh
for guest in $GUESTS_RUN; do
	one_guest "$guest"
done

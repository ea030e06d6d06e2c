# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# dom0 itself: what it is, its toolstack, the kselftests in it.  TYPE and ABI
# come from the scenario, PORTS if the number of ports tells the depth of the ABI, VCPUS if
# it has more than one CPU, LOG if there is something to be said about the ABI.  Guests, if
# any, are in GUESTS_RUN, and find the same ABI for the same reason.

described() { /rig/describe | grep -x "$1" || { /rig/describe; return 1; }; }

# The platform's wish is our kernel's message; Linux's own has none.
wish_is_told()
{
	[ "$KERNEL" = ours ] || return 0
	described 'wanted: [0-9]* GSIs, [0-9]* with MSIs, [0-9]* extra, [0-9]* in all'
}

xenstore_answers_dom0()
{
	xenstore-write /rig/test "$KERNEL" && xenstore-read /rig/test | grep -qx "$KERNEL"
}

log_has_it() { dmesg | grep -q "$LOG"; }

guest_has_abi() { guest_lines "$1" | grep -qx "# abi: $ABI"; }

guest_log_has_it() { grep -q "${LOG-}" "$(console_log "$1")"; }

one_guest()
{
	check "$1: created" guest_create "$1"
	check "$1: finished" guest_finished "$1" 300
	check "$1: gone" wait_gone "$1" 60
	check "$1: its ABI is $ABI" guest_has_abi "$1"
	check "$1: it says why" guest_log_has_it "$1"
	guest_result "$1"
}

# shellcheck disable=SC2086 # a list of words
set -- ${GUESTS_RUN-}
plan $((6 + $# * 6 + 0${PORTS:+1} + 0${VCPUS:+1} + 0${LOG:+1}))
check "it is a $TYPE dom0" described "type: $TYPE dom0"
check "its ABI is $ABI" described "abi: $ABI"
[ -z "${PORTS-}" ] || check "it has $PORTS ports" described "ports: $PORTS"
[ -z "${VCPUS-}" ] || check "it has $VCPUS CPUs" described "vcpus: $VCPUS"
[ -z "${LOG-}" ] || check "its log has the reason" log_has_it
check "the IRQs wanted are told" wish_is_told
check "xl lists dom0" sh -c 'xl list | grep -q "^Domain-0 "'
check "xenstore answers" xenstore_answers_dom0
own_tests boot evtchn_dev irqs.sh
for guest; do
	one_guest "$guest"
done

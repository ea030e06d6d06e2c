# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# dom0 itself: what it is, its toolstack, the kselftests in it.  TYPE and ABI
# come from the scenario, PORTS if the number of ports tells the depth of the ABI.

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

plan $((6 + (${PORTS:-0} > 0 ? 1 : 0)))
check "it is a $TYPE dom0" described "type: $TYPE dom0"
check "its ABI is $ABI" described "abi: $ABI"
[ -z "${PORTS-}" ] || check "it has $PORTS ports" described "ports: $PORTS"
check "the IRQs wanted are told" wish_is_told
check "xl lists dom0" sh -c 'xl list | grep -q "^Domain-0 "'
check "xenstore answers" xenstore_answers_dom0
own_tests boot evtchn_dev irqs.sh

# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Two guests at a time, one of each type: more would only wait for each other.
# A name says what the guest must find itself to be: TYPE-ABI-VCPUS.

# xen.evtchn_abi=2l; only our kernel has that parameter.
chosen_2l()
{
	case $KERNEL in
	ours) echo 2-level ;;
	*) echo FIFO-based ;;
	esac
}

is_what_its_name_says()
{
	case $1 in
	pvh-*) guest_said "$1" "type: PVH domU" ;;
	*) guest_said "$1" "type: PV domU" ;;
	esac || return 1
	case $1 in
	*-abi2l-*) guest_said "$1" "abi: $(chosen_2l)" ;;
	*) said_abi_by_name "$1" ;;
	esac || return 1
	guest_said "$1" "vcpus: ${1##*-}"
}

# The platform's wish is our kernel's message; Linux's own has none.
wish_is_told()
{
	[ "$KERNEL" = ours ] || return 0
	guest_said "$1" 'wanted: [0-9]* GSIs, [0-9]* with MSIs, [0-9]* extra, [0-9]* in all'
}

ran_out_of_ports() { guest_lines "$1" | grep -q 'ports, then: No space left'; }

# has_line NAME REGEX: in the guest's log, the kernel's own lines included
has_line() { grep -Eq "$2" "$(console_log "$1")" || { echo "no line like '$2'"; return 1; }; }

# A wrong ABI is answered with the right ones, and too many channels with the setting to
# change.  Both are our kernel's messages, too.
remedies_are_told()
{
	[ "$KERNEL" = ours ] || return 0
	! grep -q 'evtchn_abi=nonsense' "$GUESTS/$1.cfg" ||
		has_line "$1" 'evtchn_abi=nonsense is none of: auto fifo .*nlevel.* 2l; using' ||
		return 1
	! ran_out_of_ports "$1" || has_line "$1" 'max_event_channels'
}

run_guests()
{
	for guest in "$@"; do
		check "$guest: created" guest_create "$guest"
	done
	for guest in "$@"; do
		check "$guest: finished" guest_finished "$guest" 500
		check "$guest: gone" wait_gone "$guest" 60
		check "$guest: is what it should be" is_what_its_name_says "$guest"
		check "$guest: the IRQs wanted are told" wish_is_told "$guest"
		check "$guest: remedies are told" remedies_are_told "$guest"
		guest_result "$guest"
	done
}

# PAIRS has the guests' names, a comma between those that run after each other.
plan $(($(echo "$PAIRS" | tr ',' ' ' | wc -w) * 7))
for pair in $(echo "$PAIRS" | tr ' ,' '+ '); do
	# shellcheck disable=SC2046 # two names
	run_guests $(echo "$pair" | tr '+' ' ')
done

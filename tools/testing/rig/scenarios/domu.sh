# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Two guests at a time, one of each type: more would only wait for each other.
# A name says what the guest must find itself to be: TYPE-ABI-VCPUS.

said() { guest_lines "$1" | grep -qx "# $2" || { echo "no line '$2'"; return 1; }; }

is_what_its_name_says()
{
	case $1 in
	pvh-*) said "$1" "type: PVH domU" ;;
	*) said "$1" "type: PV domU" ;;
	esac || return 1
	case $1 in
	*-2l-*) said "$1" "abi: 2-level" ;;
	*-nl[34]-*) said "$1" "abi: N-level" ;;
	*) said "$1" "abi: FIFO-based" ;;
	esac || return 1
	said "$1" "vcpus: ${1##*-}"
}

# The platform's wish is our kernel's message; Linux's own has none.
wish_is_told()
{
	[ "$KERNEL" = ours ] || return 0
	said "$1" 'wanted: [0-9]* GSIs, [0-9]* with MSIs, [0-9]* extra, [0-9]* in all'
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
		guest_result "$guest"
	done
}

# PAIRS has the guests' names, a comma between those that run after each other.
plan $(($(echo "$PAIRS" | tr ',' ' ' | wc -w) * 6))
for pair in $(echo "$PAIRS" | tr ' ,' '+ '); do
	# shellcheck disable=SC2046 # two names
	run_guests $(echo "$pair" | tr '+' ' ')
done

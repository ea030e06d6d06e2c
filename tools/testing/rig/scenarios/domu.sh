# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Two guests at a time, a type each: more would only wait for each other.

run_guests()
{
	for guest in "$@"; do
		check "$guest: created" guest_create "$guest"
	done
	for guest in "$@"; do
		check "$guest: finished" guest_finished "$guest" 100
		check "$guest: gone" wait_gone "$guest" 30
		guest_result "$guest"
	done
}

plan $((8 * 4))
for kind in fifo-1 fifo-2 2l-1 2l-2; do
	run_guests "pv-$kind" "pvh-$kind"
done

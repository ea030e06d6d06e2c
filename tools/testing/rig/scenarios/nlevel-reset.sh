# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# EVTCHNOP_reset while a guest runs, twice, then the guest goes the way of a restore: it is
# alive in every part, and new channels work.  See evtchn_reset.c.  In the end it is destroyed
# while it runs, and Xen keeps nothing of it.

on_nlevel() { guest_exec "$1" 'dmesg | grep -q "Using N-level ABI"' 60; }

# The figures are wanted if the test passed, too.
reset_once()
{
	check "$1: reset, $2 time" core_test "$1" reset 120 || return
	core_said "$1" | emit_lines ""
}

one_guest()
{
	check "$1: created" guest_create "$1" || return
	check "$1: up" guest_ready "$1" || return
	check "$1: on N-level" on_nlevel "$1"
	reset_once "$1" first || return
	check_live "$1" after
	reset_once "$1" second || return
	check "$1: new channels" core_test "$1" "many_edge many_lateeoi" 200
	check "$1: xenstore answers" xenstore_answers "$1"
	# With all of its leaves and selectors in use.
	check "$1: destroyed" xl destroy "$1"
	check "$1: no page was kept" wait_for 20 no_zombie
}

plan $((1 + $(echo "$GUESTS_RUN" | wc -w) * (9 + LIVE_CHECKS)))
check "module in the guests' image" guest_modules
for guest in $GUESTS_RUN; do
	one_guest "$guest"
done

# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Boot 1 saves the guests to the disk, boot 2 restores them from there; see lib-carry.sh.

save_to_disk()
{
	check "$1: create" guest_create "$1" || return
	check "$1: up" guest_ready "$1" || return
	carry_out "$1" "$2"
}

restore_from_disk()
{
	carry_in "$1" "$2" || return
	check_live "$1" after
	xl destroy "$1"
}

# RUN comes from the rig: the number of this boot
if [ "$RUN" = 1 ]; then
	plan $((2 * 4))
	save_to_disk pv 0
	save_to_disk pvh "$SLOT"
else
	plan $((2 * (2 + LIVE_CHECKS)))
	restore_from_disk pv 0
	restore_from_disk pvh "$SLOT"
fi

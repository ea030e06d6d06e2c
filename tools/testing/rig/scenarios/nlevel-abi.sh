# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Everything that a guest can ask of Xen's side of N-level, wrong things too.  Xen must stay
# up, silent, and without a page that nobody gives back: a domain with one never goes away.

# What Xen itself said since the boot, of the kind that a debug build says.
xen_is_silent()
{
	xl dmesg > "$STATE/xen"
	! grep -E 'Assertion|FATAL|Xen (BUG|WARN|call trace)' "$STATE/xen"
}

no_zombie() { ! xl list | grep -E 'null'; }

plan $((1 + $(echo "$GUESTS_RUN" | wc -w) * 4 + 2))
check "module in the guests' image" guest_modules
for guest in $GUESTS_RUN; do
	check "$guest: created" guest_create "$guest"
	check "$guest: finished" guest_finished "$guest" 400
	check "$guest: gone" wait_gone "$guest" 60
	guest_result "$guest"
done
check "no page was kept" wait_for 20 no_zombie
check "Xen has nothing to complain of" xen_is_silent

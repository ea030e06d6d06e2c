# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Everything that a guest can ask of Xen's side of N-level, wrong things too.  Xen must stay
# up, silent, and without a page that nobody gives back: a domain with one never goes away.

# What a debug build of Xen says of the tests' bad input: a page table and frames of others'
# that a PV guest gives as its own, and that no port is left.
EXPECTED='nlevel_abi: (begin|end)|Bad type \(saw .* for mfn |Error mfn .*: rd=d[0-9]+ od=|'
EXPECTED=$EXPECTED'EVTCHNOP failure: (domain [0-9]+, )?error -28'

# Nothing else between the marks that the module makes in Xen's console, guest by guest, and
# nothing at all of the kind that is never good, since the boot.
xen_is_silent()
{
	xl dmesg > "$STATE/xen"
	sed -n '/nlevel_abi: begin/,/nlevel_abi: end/p' "$STATE/xen" > "$STATE/xen-tests"
	marks=$(grep -cE 'nlevel_abi: (begin|end)' "$STATE/xen-tests" || true)
	if [ "$marks" != $(($(echo "$GUESTS_RUN" | wc -w) * 2)) ]; then
		echo "$marks marks of the tests in Xen's console: it has not all of them"
		return 1
	fi
	! grep -vE "$EXPECTED" "$STATE/xen-tests" &&
		! grep -E 'Assertion|FATAL|Xen (BUG|WARN|call trace)' "$STATE/xen"
}

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

# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh

plan 7
own_tests boot
check "pv: created" guest_create pv
check "pvh: created" guest_create pvh
for guest in pv pvh; do
	check "$guest: finished" guest_finished "$guest" 60
	guest_result "$guest"
done

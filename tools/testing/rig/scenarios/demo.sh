# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh

plan 9
own_tests boot
for guest in pv pvh; do
	check "$guest: created" guest_create "$guest"
done
for guest in pv pvh; do
	check "$guest: finished" guest_finished "$guest" 150
	check "$guest: gone" wait_gone "$guest" 30
	guest_result "$guest"
done

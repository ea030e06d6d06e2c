# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh

plan 3
check "created" guest_create pv
check "finished" guest_finished pv 150
guest_result pv

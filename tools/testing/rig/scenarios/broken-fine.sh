# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Nothing is wrong here; what is broken is around it.

plan 1
ok "fine"

# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh

plan 1
ok "fine"
drain
poweroff -f

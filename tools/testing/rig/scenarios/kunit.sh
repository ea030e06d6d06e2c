# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# The table of cells says how many suites there must be.

plan 1
kunit_result "$SUITES"

# SPDX-License-Identifier: GPL-2.0-only
"""Static checks of everything in this repository, one module a concern."""

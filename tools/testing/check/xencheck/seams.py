# SPDX-License-Identifier: GPL-2.0-only
"""The rules for seams, which the build tools know."""

from .command import run
from .tree import CheckError, Tree


def check_seams(tree: Tree) -> list[str]:
    """What tools/build/check-seams finds."""
    script = tree.root / "tools/build/check-seams"
    if not script.exists():
        raise CheckError("tools/build/check-seams is missing")
    status, output = run([str(script)], cwd=tree.root)
    return (output.splitlines() or [f"ended with status {status}"]) if status else []

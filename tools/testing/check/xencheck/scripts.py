# SPDX-License-Identifier: GPL-2.0-only
"""Shell and Python."""

from .command import judge, need, run
from .tree import Tree

# bash only: an init, which is run by a plain sh, must not end at an error.
STRICT = "set -euo pipefail"


def check_shell(tree: Tree) -> list[str]:
    """shellcheck without exceptions, each sourced file followed."""
    status, output = run(
        [need("shellcheck", "shellcheck"), "-x", "-P", "SCRIPTDIR", "-f", "gcc",
         *tree.of_kind("shell")], cwd=tree.root)
    return judge("shellcheck", status, output.splitlines())


def check_strict(tree: Tree) -> list[str]:
    """A bash script that is run, not sourced, stops at the first error."""
    findings = []
    for name in tree.of_kind("shell"):
        lines = tree.lines(name)
        if not lines[0].startswith("#!") or "bash" not in lines[0]:
            continue
        code = [line for line in lines if line.strip() and not line.startswith("#")]
        if not code or code[0] != STRICT:
            findings.append(f"{name}:1: does not start with \"{STRICT}\"")
    return findings


def check_python(tree: Tree) -> list[str]:
    """pyflakes, which also finds what is no Python."""
    status, output = run([need("pyflakes3", "pyflakes3"), *tree.of_kind("python")],
                         cwd=tree.root)
    return judge("pyflakes3", status, output.splitlines())

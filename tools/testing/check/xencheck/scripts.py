# SPDX-License-Identifier: GPL-2.0-only
"""Shell and Python."""

from .command import judge, need, run
from .tree import Tree

STRICT = {"bash": "set -euo pipefail", "sh": "set -eu"}


def check_shell(tree: Tree) -> list[str]:
    """shellcheck without exceptions, each sourced file followed."""
    status, output = run(
        [need("shellcheck", "shellcheck"), "-x", "-P", "SCRIPTDIR", "-f", "gcc",
         *tree.of_kind("shell")], cwd=tree.root)
    return judge("shellcheck", status, output.splitlines())


def check_strict(tree: Tree) -> list[str]:
    """A script that is run, not sourced, stops at the first error."""
    findings = []
    for name in tree.of_kind("shell"):
        lines = tree.lines(name)
        if not lines[0].startswith("#!"):
            continue
        wanted = STRICT["bash" if "bash" in lines[0] else "sh"]
        code = [line for line in lines if line.strip() and not line.startswith("#")]
        # A longer form, such as "set -euxo pipefail", is not looked for.
        if not code or not code[0].startswith(wanted):
            findings.append(f"{name}:1: does not start with \"{wanted}\"")
    return findings


def check_python(tree: Tree) -> list[str]:
    """pyflakes, which also finds what is no Python."""
    status, output = run([need("pyflakes3", "pyflakes3"), *tree.of_kind("python")],
                         cwd=tree.root)
    return judge("pyflakes3", status, output.splitlines())

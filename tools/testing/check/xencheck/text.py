# SPDX-License-Identifier: GPL-2.0-only
"""White space, line length, and paths of the machine that a file was written on."""

import re
from collections.abc import Iterator
from pathlib import Path

from .tree import Tree

LONGEST = 100
CODE = ("c", "h", "asm", "shell", "python", "make", "awk", "expect", "perl", "script",
        "sed", "promela")
# Too common to mean one machine.
COMMON_DIRS = {"/", "/home", "/root", "/tmp", "/usr/src", "/srv", "/opt", "/mnt",
               "/build", "/builds"}
# These run in a guest of their own, where /root is root's home.
GUEST_DIRS = ("tools/testing/rig/dom0/", "tools/testing/rig/guest/",
              "tools/testing/rig/scenarios/")
# What an absolute path cannot stand behind: "$dir/x" and "a/x" are none.
START = r"(?<![\w.}\])$*~/-])"


def machine_paths(root: Path) -> list[str]:
    """Where this clone is; nobody else has it there."""
    own = {str(root), str(root.parent)}
    return sorted(own - COMMON_DIRS, key=len, reverse=True)


def path_pattern(root: Path, name: str) -> re.Pattern[str]:
    """Finds paths that exist on one machine only."""
    places = [re.escape(place) + r"(?![\w.-])" for place in machine_paths(root)]
    places.append(r"/home/\w+/")
    if not name.startswith(GUEST_DIRS):
        places.append(r"/root/\w")
    return re.compile(START + "(?:" + "|".join(places) + ")")


def line_findings(tree: Tree, name: str) -> Iterator[tuple[int, str]]:
    """The findings in single lines of a file."""
    kind = tree.kind(name)
    paths = path_pattern(tree.root, name)
    for number, line in enumerate(tree.lines(name), 1):
        # A patch has a line of one space for an empty line of context.
        if line != line.rstrip() and not (kind == "patch" and line == " "):
            yield number, "trailing white space"
        if kind in CODE and len(line.expandtabs(8)) > LONGEST:
            yield number, f"line is longer than {LONGEST} columns"
        if paths.search(line):
            yield number, "path of one machine"


def check_text(tree: Tree) -> list[str]:
    """All text files."""
    findings = []
    for name in tree.files:
        if tree.is_binary(name):
            continue
        findings += [f"{name}:{number}: {what}"
                     for number, what in line_findings(tree, name)]
        text = tree.text(name)
        if text and (not text.endswith("\n") or text.endswith("\n\n")):
            findings.append(f"{name}:{text.count(chr(10))}: does not end with one new line")
    return findings

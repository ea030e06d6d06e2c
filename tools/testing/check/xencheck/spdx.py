# SPDX-License-Identifier: GPL-2.0-only
"""Each file says its licence where people and tools look for it."""

import re

from .tree import Tree

# How a comment starts in files that have comments.
OPENERS = {
    "c": "//", "h": "/*", "asm": "/*", "rst": "..",
    "shell": "#", "python": "#", "make": "#", "kconfig": "#", "toml": "#",
    "config": "#", "awk": "#", "expect": "#", "perl": "#", "script": "#",
    "sed": "#", "list": "#", "promela": "/*", "man": '.\\"',
}
# Has to be line 1: what runs a script, which preprocessors a manual page needs.
FIRST = ("#!", "'\\\" ")
LICENCE = "GPL-2.0-only"
# Public headers that hypervisors and other guests include as well.
MIT_DIRS = ("include/xen/interface/",)
TAG = re.compile(r'^(//|/\*|\.\.|#|\.\\") SPDX-License-Identifier: (.+?)(?: \*/)?$')


def finding(name: str, kind: str, lines: list[str]) -> str | None:
    """What is wrong with the licence line of a file, None if nothing is."""
    number = 2 if lines[0].startswith(FIRST) else 1
    tag = TAG.match(lines[number - 1]) if len(lines) >= number else None
    if not tag:
        return f"{name}:{number}: no SPDX-License-Identifier on line {number}"
    if tag[1] != OPENERS[kind]:
        return f"{name}:{number}: the SPDX line starts with {tag[1]}, not {OPENERS[kind]}"
    allowed = {LICENCE, "MIT"} if name.startswith(MIT_DIRS) else {LICENCE}
    if tag[2] not in allowed:
        return f"{name}:{number}: licence is {tag[2]}, not {' or '.join(sorted(allowed))}"
    return None


def check_spdx(tree: Tree) -> list[str]:
    """All files whose format has comments."""
    names = tree.of_kind(*OPENERS)
    found = (finding(name, tree.kind(name) or "", tree.lines(name)) for name in names)
    return [line for line in found if line]

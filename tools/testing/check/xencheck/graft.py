# SPDX-License-Identifier: GPL-2.0-only
"""How the kernel tree under build relates to the repository."""

import difflib
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from .command import need, run
from .tree import CheckError, Tree

TOUCHED = re.compile(r"^\+\+\+ b/(\S+)", re.MULTILINE)


def patched_files(tree: Tree) -> list[str]:
    """The upstream files that a seam changes."""
    texts = (patch.read_text() for patch in tree.patches())
    return sorted({name for text in texts for name in TOUCHED.findall(text)})


def stale_copies(tree: Tree) -> list[str]:
    """Files of ours that the kernel tree has not, or has in another version."""
    return [name for name in tree.grafted()
            if not (tree.linux / name).is_file()
            or (tree.linux / name).read_bytes() != (tree.root / name).read_bytes()]


def stale_seams(tree: Tree) -> list[str]:
    """Upstream files in which the seams are not what patches/ says."""
    names = patched_files(tree)
    with tempfile.TemporaryDirectory() as scratch:
        for name in names:
            copy = Path(scratch, name)
            copy.parent.mkdir(parents=True, exist_ok=True)
            if (tree.pristine / name).is_file():
                shutil.copyfile(tree.pristine / name, copy)
        for patch in tree.patches():
            status, output = run([need("patch", "patch"), "-p1", "-s", "-f", "-d", scratch],
                                 cwd=tree.root, stdin=patch.read_text())
            if status:
                raise CheckError(f"{patch.name} does not apply to {tree.pristine}: "
                                 + output.split("\n")[0])
        return [name for name in names
                if not (tree.linux / name).is_file()
                or (tree.linux / name).read_bytes() != Path(scratch, name).read_bytes()]


def require_current(tree: Tree) -> None:
    """Complain unless the kernel tree is what this repository makes of it."""
    for place in (tree.pristine, tree.linux):
        if not (place / "Makefile").is_file():
            raise CheckError(f"no kernel tree in {place}: run make kernel")
    stale = stale_copies(tree) or stale_seams(tree)
    if stale:
        raise CheckError(f"{tree.linux} is out of date ({stale[0]}): run make kernel")


@dataclass(frozen=True)
class Owned:
    """Which lines of the kernel tree answer to these checks."""

    whole: frozenset[str]
    lines: dict[str, frozenset[int]]

    def has(self, name: str, line: int) -> bool:
        """Whether a line is of ours, be it in a file of ours or in a seam."""
        return name in self.whole or line in self.lines.get(name, frozenset())

    def sources(self) -> list[str]:
        """The C files to which that applies."""
        return sorted(name for name in self.whole | set(self.lines) if name.endswith(".c"))


def changed_lines(before: str, after: str) -> frozenset[int]:
    """The lines of a text that are not in an earlier form of it."""
    matcher = difflib.SequenceMatcher(None, before.split("\n"), after.split("\n"), False)
    return frozenset(number + 1 for tag, _, _, start, end in matcher.get_opcodes()
                     if tag in ("insert", "replace") for number in range(start, end))


def owned(tree: Tree) -> Owned:
    """What is ours in the grafted tree."""
    seams = {name: changed_lines((tree.pristine / name).read_text(),
                                 (tree.linux / name).read_text())
             for name in patched_files(tree) if name.endswith((".c", ".h"))}
    return Owned(frozenset(tree.grafted()), seams)

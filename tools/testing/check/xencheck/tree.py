# SPDX-License-Identifier: GPL-2.0-only
"""What is checked: the files of the repository and the kernel trees beside it."""

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SUFFIXES = {
    ".c": "c", ".h": "h", ".S": "asm", ".sh": "shell", ".py": "python",
    ".rst": "rst", ".toml": "toml", ".config": "config", ".patch": "patch",
    ".mk": "make", ".sed": "sed", ".pml": "promela", ".list": "list", ".8": "man",
}
NAMES = {
    "Makefile": "make", "Kbuild": "make", "series": "list",
    # What kselftest reads beside a test.
    "config": "config", "settings": "config",
}
PREFIXES = {"Kconfig": "kconfig", "packages": "list"}
SHEBANGS = {
    "sh": "shell", "bash": "shell", "dash": "shell", "ash": "shell",
    "python3": "python", "awk": "awk", "expect": "expect", "perl": "perl",
}
# C in these places runs in the kernel, the rest of it in user space.
KERNEL_DIRS = ("arch/", "drivers/", "include/", "lib/",
               "tools/testing/selftests/xen/modules/")
# Copied into the kernel tree by the overlay.
GRAFTED_DIRS = ("arch/", "drivers/", "include/", "lib/",
                "Documentation/virt/", "Documentation/ABI/",
                "tools/testing/selftests/")


class CheckError(Exception):
    """The check could not do its work; one line that says what would help."""


@cache
def read_bytes(path: Path) -> bytes:
    """The contents of a file, read once."""
    return path.read_bytes()


def shebang_kind(first_line: str) -> str | None:
    """What runs a script, None where that cannot be told."""
    match = re.match(r"#!\s*(\S+)(?:\s+(\S+))?", first_line)
    if not match:
        return None
    program = os.path.basename(match[1])
    if program == "env" and match[2]:
        program = os.path.basename(match[2])
    return SHEBANGS.get(program, "script")


@dataclass(frozen=True)
class Tree:
    """One set of files to check, with the places that the checks use."""

    root: Path
    files: tuple[str, ...]
    pristine: Path
    linux: Path
    build: Path
    logs: Path

    def text(self, name: str) -> str:
        """A file as text; what is not UTF-8 comes out as a replacement."""
        return read_bytes(self.root / name).decode(errors="replace")

    def lines(self, name: str) -> list[str]:
        """A file as lines without their ends."""
        return self.text(name).split("\n")

    def is_binary(self, name: str) -> bool:
        """Whether a file is no text."""
        return b"\0" in read_bytes(self.root / name)

    def kind(self, name: str) -> str | None:
        """The language of a file, None for one that has no checks of its own."""
        base = os.path.basename(name)
        if base in NAMES:
            return NAMES[base]
        for prefix, kind in PREFIXES.items():
            if base.startswith(prefix):
                return kind
        suffix = os.path.splitext(base)[1]
        if suffix in SUFFIXES:
            return SUFFIXES[suffix]
        return shebang_kind(self.lines(name)[0])

    def of_kind(self, *kinds: str) -> list[str]:
        """The files in one of these languages, or a complaint if none is."""
        found = [name for name in self.files if self.kind(name) in kinds]
        if not found:
            raise CheckError(f"no file to check ({', '.join(kinds)})")
        return found

    def kernel_c(self) -> list[str]:
        """The C files and headers that are part of the kernel."""
        return [name for name in self.files
                if name.startswith(KERNEL_DIRS) and self.kind(name) in ("c", "h")]

    def grafted(self) -> list[str]:
        """The files that the overlay copies into the kernel tree."""
        return [name for name in self.files if name.startswith(GRAFTED_DIRS)]

    def patches(self) -> list[Path]:
        """The seams in the order in which they are applied."""
        folder = self.root / "patches"
        series = folder / "series"
        if not series.exists():
            return sorted(folder.glob("*.patch"))
        words = (line.split("#")[0].split() for line in series.read_text().splitlines())
        return [folder / word[0] for word in words if word]


def list_files(root: Path) -> tuple[str, ...]:
    """What git tracks in a work tree, or would track."""
    command = ["git", "-C", str(root), "ls-files", "-coz", "--exclude-standard"]
    try:
        done = subprocess.run(command, capture_output=True, check=True)
    except FileNotFoundError:
        raise CheckError("git is missing: run make setup") from None
    except subprocess.CalledProcessError:
        raise CheckError(f"{root} is no git work tree: check a clone") from None
    names = set(done.stdout.decode().split("\0")) - {""}
    return tuple(sorted(name for name in names if (root / name).is_file()))


def walk_files(root: Path) -> Iterator[str]:
    """All files below a directory, for trees that git does not know."""
    for path in sorted(root.rglob("*")):
        if path.is_file():
            yield str(path.relative_to(root))

# SPDX-License-Identifier: GPL-2.0-only
"""Initramfs archives whose bytes depend on nothing but their contents."""
import gzip
import io
import os
import re
import stat
import subprocess
from pathlib import Path, PurePosixPath

from .paths import RigError

TRAILER = "TRAILER!!!"
MAGIC = b"070701"


class Cpio:
    """A newc archive: path to (mode, data)."""

    def __init__(self) -> None:
        self.entries: dict[str, tuple[int, bytes]] = {}

    def _add(self, path: str, mode: int, data: bytes) -> None:
        path = path.lstrip("/")
        for parent in reversed(PurePosixPath(path).parents):
            if str(parent) != ".":
                self.entries.setdefault(str(parent), (stat.S_IFDIR | 0o755, b""))
        self.entries[path] = (mode, data)

    def text(self, path: str, data: str, mode: int = 0o644) -> None:
        """A file with these contents."""
        self._add(path, stat.S_IFREG | mode, data.encode())

    def directory(self, path: str) -> None:
        """An empty directory."""
        self._add(path, stat.S_IFDIR | 0o755, b"")

    def link(self, path: str, target: str) -> None:
        """A symbolic link."""
        self._add(path, stat.S_IFLNK | 0o777, target.encode())

    def copy(self, source: Path, path: str, mode: int | None = None) -> None:
        """A file of the host; links are followed."""
        if mode is None:
            mode = 0o755 if os.access(source, os.X_OK) else 0o644
        self._add(path, stat.S_IFREG | mode, source.read_bytes())

    def tree(self, source: Path, path: str) -> None:
        """A directory of the host with all its files."""
        for file in sorted(source.rglob("*")):
            if file.is_file():
                self.copy(file, f"{path}/{file.relative_to(source)}")

    def program(self, source: str, path: str = "") -> None:
        """A program of the host with every library that it loads."""
        self.copy(Path(source), path or source)
        for library in libraries(source):
            self.copy(Path(library), library)

    def pack(self) -> bytes:
        """The archive, not compressed."""
        out = io.BytesIO()
        entries = sorted(self.entries.items()) + [(TRAILER, (0, b""))]
        for number, (path, (mode, data)) in enumerate(entries, 1):
            name = path.encode() + b"\0"
            links = 2 if stat.S_ISDIR(mode) else 1
            fields = (number, mode, 0, 0, links, 0, len(data), 0, 0, 0, 0, len(name), 0)
            header = MAGIC + b"".join(b"%08x" % field for field in fields) + name
            for part in (header, data):
                out.write(part + b"\0" * (-len(part) % 4))
        return out.getvalue()

    def write(self, path: Path, level: int = 6) -> None:
        """The archive, compressed; never a half-written file under its name."""
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(path.name + ".tmp")
        temporary.write_bytes(gzip.compress(self.pack(), level, mtime=0))
        temporary.rename(path)


def libraries(program: str) -> list[str]:
    """Absolute paths of all libraries that the loader would use."""
    output = subprocess.run(["ldd", program], capture_output=True, text=True, check=False).stdout
    if "not found" in output:
        raise RigError(f"{program}: a library is missing, run: ldd {program}")
    return re.findall(r"(/\S+)\s+\(0x", output)

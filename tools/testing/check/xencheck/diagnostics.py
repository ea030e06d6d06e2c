# SPDX-License-Identifier: GPL-2.0-only
"""Reads what compiler, sparse, objtool, Kconfig and make print."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

PLACE = re.compile(
    r"^(?P<path>[^\s:]+):(?P<line>\d+):(?:\d+:)?\s*"
    r"(?P<level>warning|error|fatal error)s?:\s*(?P<text>.*)", re.IGNORECASE)
EXPANDED = re.compile(
    r"^(?P<path>[^\s:]+):(?P<line>\d+):\d+: note: in (?:expansion of|definition of) macro")
INCLUDED = re.compile(r"^(?:In file included|\s+) from (?P<path>[^\s:]+):(?P<line>\d+)")
OBJTOOL = re.compile(r"^(?P<path>\S+)\.o: (?:warning|error): objtool: (?P<text>.*)")
# Without a place, but nobody else's: options that contradict each other.
KCONFIG = re.compile(r"^WARNING: unmet direct dependencies .*")
BROKEN = re.compile(r"^(?:make(?:\[\d+\])?: \*\*\* .*|\S*ld: .*|\S*as: .*)")

Ours = Callable[[str, int], bool]


def relative(path: str, places: dict[str, str]) -> str:
    """A path as the repository names it, whatever directory a tool ran in."""
    for prefix, instead in places.items():
        if path.startswith(prefix):
            return instead + path[len(prefix):]
    return path.removeprefix("./")


@dataclass
class Reader:
    """Goes through a log and keeps the warnings that concern us."""

    ours: Ours
    places: dict[str, str]
    strict: bool
    found: dict[str, None] = field(default_factory=dict)
    # A line of ours includes the header that the next message is about.
    included: bool = False
    # The last message, if it was about somebody else's line.
    other: str | None = None

    def is_ours(self, match: re.Match[str]) -> bool:
        """Whether the place that a line of the log names is ours."""
        return self.ours(relative(match["path"], self.places), int(match["line"]))

    def message(self, place: re.Match[str]) -> None:
        """A warning or an error."""
        path = relative(place["path"], self.places)
        text = f"{path}:{place['line']}: {place['level']}: {place['text']}"
        self.other = None
        ours = self.is_ours(place)
        # Another's C file is another translation unit, which make found stale.
        strict = self.strict and not path.endswith(".c")
        if strict or self.included or ours:
            self.found[text] = None
        else:
            self.other = text

    def line(self, line: str) -> None:
        """Take in the next line."""
        if place := INCLUDED.match(line):
            self.included = self.included or self.is_ours(place)
            return
        if place := PLACE.match(line):
            self.message(place)
        elif place := EXPANDED.match(line):
            if self.other and self.is_ours(place):
                self.found[self.other] = None
        elif place := OBJTOOL.match(line):
            path = relative(f"{place['path']}.c", self.places)
            if self.strict or self.ours(path, 0):
                self.found[f"{path}: objtool: {place['text']}"] = None
        elif KCONFIG.match(line):
            self.found[line] = None
        # The chain of headers ends at the message, "In function" between them.
        self.included = self.included and line.endswith(":")


def findings(log: str, ours: Ours, places: dict[str, str], *,
             strict: bool = False) -> list[str]:
    """
    The warnings in lines of ours, in headers that a line of ours includes, and
    in macros that it expands.

    A strict reading takes every warning, in whatever header it is.
    """
    reader = Reader(ours, places, strict)
    for line in log.splitlines():
        reader.line(line)
    return list(reader.found)


def broken(log: str, places: dict[str, str]) -> list[str]:
    """Why a build did not end well: all errors, ours or not."""
    errors = [line for line in findings(log, lambda *_: True, places)
              if ": warning:" not in line]
    rest = [line for line in log.splitlines() if BROKEN.match(line)]
    return errors or rest[:5] or log.splitlines()[-5:]

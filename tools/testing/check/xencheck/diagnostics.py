# SPDX-License-Identifier: GPL-2.0-only
"""Reads what compiler, sparse, objtool, Kconfig and make print."""

import re
from collections.abc import Callable

PLACE = re.compile(
    r"^(?P<path>[^\s:]+):(?P<line>\d+):(?:\d+:)?\s*"
    r"(?P<level>warning|error|fatal error)s?:\s*(?P<text>.*)", re.IGNORECASE)
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


def findings(log: str, ours: Ours, places: dict[str, str], *,
             strict: bool = False) -> list[str]:
    """
    The warnings in lines of ours, and in headers that a line of ours includes.

    A strict reading takes every warning, wherever it is.
    """
    found: dict[str, None] = {}
    included = False
    for line in log.splitlines():
        through = INCLUDED.match(line)
        if through:
            path = relative(through["path"], places)
            included = included or ours(path, int(through["line"]))
            continue
        place = PLACE.match(line)
        if place:
            path = relative(place["path"], places)
            number = int(place["line"])
            if strict or included or ours(path, number):
                found[f"{path}:{number}: {place['level']}: {place['text']}"] = None
        objtool = OBJTOOL.match(line)
        if objtool:
            path = relative(objtool["path"] + ".c", places)
            if strict or ours(path, 0):
                found[f"{path}: objtool: {objtool['text']}"] = None
        if KCONFIG.match(line):
            found[line] = None
        # The chain of headers stands before the message, what follows in the
        # function or macro after it.
        included = included and line.endswith((":", ","))
    return list(found)


def broken(log: str, places: dict[str, str]) -> list[str]:
    """Why a build did not end well: all errors, ours or not."""
    errors = [line for line in findings(log, lambda *_: True, places)
              if ": warning:" not in line]
    rest = [line for line in log.splitlines() if BROKEN.match(line)]
    return errors or rest[:5] or log.splitlines()[-5:]

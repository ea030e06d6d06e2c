# SPDX-License-Identifier: GPL-2.0-only
"""Reading KTAP: nested results, and what is wrong with them."""
import re
from dataclasses import dataclass, field
from typing import Iterator

LINE = re.compile(r"^(?P<indent> *)(?:"
                  r"(?P<version>K?TAP version \d+)$"
                  r"|1\.\.(?P<plan>\d+)(?P<planskip>\s+#\s*SKIP\b.*)?\s*$"
                  r"|(?P<verdict>ok|not ok) (?P<number>\d+)(?: -)?(?: (?P<name>.*))?$"
                  r"|# ?(?P<note>.*)$)")
SKIP = re.compile(r"(?:^|\s)#\s*SKIP\b\s*(.*)$")
SUBTEST = "Subtest:"


@dataclass
class Result:
    """One "ok" or "not ok" line with the group of results above it, if any."""
    number: int
    name: str
    passed: bool
    skip: str | None
    group: "Group | None" = None

    def problems(self, path: str) -> Iterator[str]:
        """Why this result, or one below it, is not a pass."""
        where = f"{path} > {self.name}" if path else self.name
        if self.skip is not None:
            yield f"{where}: skipped {self.skip}".rstrip()
        elif not self.passed:
            yield f"{where}: not ok"
        if self.group and (self.group.results or self.group.plan is not None):
            yield from self.group.problems(where)


@dataclass
class Group:
    """Results of the same indentation that belong together."""
    plan: int | None = None
    results: list[Result] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def problems(self, path: str = "") -> Iterator[str]:
        """Why this is not a complete, all-passed group; nothing if it is one."""
        where = path or "plan"
        numbers = [result.number for result in self.results]
        if self.plan is None:
            # KUnit prints no plan for the parameters of a case.
            if not any(note.startswith(SUBTEST) for note in self.notes):
                yield f"{where}: no plan"
        elif numbers != list(range(1, self.plan + 1)):
            yield f"{where}: planned {self.plan}, came {len(numbers)}: {numbers[-3:]}"
        for result in self.results:
            yield from result.problems(path)

    def leaves(self) -> Iterator[Result]:
        """The results that have no results below them."""
        for result in self.results:
            if result.group and result.group.results:
                yield from result.group.leaves()
            else:
                yield result


class Parser:
    """Builds groups from lines, by indentation."""

    def __init__(self) -> None:
        self.open: dict[int, Group] = {0: Group()}

    def _group(self, indent: int) -> Group:
        return self.open.setdefault(indent, Group())

    def _close_below(self, indent: int) -> Group | None:
        deeper = sorted(key for key in self.open if key > indent)
        group = self.open[deeper[0]] if deeper else None
        for key in deeper:
            del self.open[key]
        return group

    def _result(self, indent: int, match: re.Match) -> None:
        name = match["name"] or ""
        skip = SKIP.search(name)
        self._group(indent).results.append(Result(
            number=int(match["number"]), name=SKIP.sub("", name).strip(),
            passed=match["verdict"] == "ok", skip=skip[1] if skip else None,
            group=self._close_below(indent)))

    def feed(self, line: str) -> None:
        """The next line; what is not KTAP is passed over."""
        match = LINE.match(line.rstrip())
        if not match:
            return
        indent = len(match["indent"])
        if match["verdict"]:
            self._result(indent, match)
        elif match["plan"]:
            self._group(indent).plan = int(match["plan"])
        elif match["note"] is not None:
            self._group(indent).notes.append(match["note"])


def parse(lines: list[str]) -> Group:
    """The outermost group."""
    parser = Parser()
    for line in lines:
        parser.feed(line)
    return parser.open[0]

# SPDX-License-Identifier: GPL-2.0-only
"""What a guest's P2M costs at boot where memory can be added later, on both kernels and
against the limits for it.

The log of a guest has the time of each line, which under instruction counting is a number of
instructions. The cost is taken from the line before that of the P2M to the line behind it: on
both kernels, the one before is the last one of page structures, and behind it comes what moves
frames. So it contains more than the P2M is made of, namely that the domain builder's list
is given back; that is the same code on both."""
import re
from dataclasses import dataclass
from typing import Callable, Iterator

from . import bench, channel, report, runner
from .cells import Cell
from .memory_cost import KERNELS, NANOSECONDS
from .paths import Paths, RigError
from .verdict import PASS

LINE = re.compile(r"\[ *(\d+)\.(\d{6})\] (.*)")
# Its size for 512 GiB.
AREA = re.compile(r"p2m virtual area at \S+, size is 40000000\b")
BEFORE = re.compile(r"On node 0, zone \w+: \d+ pages in unavailable ranges")
BEHIND = re.compile(r"xen: moved \d+ pages|Remapped \d+ page\(s\)")
# Guests of the scenario, and what one has more, in pieces of 2 MiB.
SMALL, LARGE = "small", "large"
PIECES = (2048 - 1024) // 2
# What the smaller one may cost, and each piece.
MOST, MOST_EACH = 10_000_000, 6_000


@dataclass
class Cost:
    """Instructions on one kernel."""
    small: int
    large: int

    @property
    def each(self) -> int:
        """For 2 MiB more."""
        return (self.large - self.small) // PIECES


def instructions(lines: list[str]) -> int:
    """Those between the lines before and behind the P2M's own."""
    timed = [match for match in map(LINE.match, lines) if match]
    for before, area, behind in zip(timed, timed[1:], timed[2:]):
        if BEFORE.match(before[3]) and AREA.match(area[3]) and BEHIND.match(behind[3]):
            times = [int(match[1] + match[2]) for match in (before, behind)]
            return (times[1] - times[0]) * 1000 // NANOSECONDS
    raise RigError("a guest's log has no P2M for 512 GiB between the lines that are known")


def measure(paths: Paths, kernel: str, say: Callable[[str], None]) -> Cost:
    """One boot of Xen with both guests."""
    cell = Cell(scenario="p2m-cost", kernel=bench.measured(kernel))
    outcome = runner.run_cell(paths, cell, lambda what: say(f"{cell.name}: {what}"))
    say(f"{cell.name}: {outcome.verdict.result} in {outcome.seconds:.0f} s")
    if outcome.verdict.result != PASS:
        raise RigError(f"{cell.name}: {outcome.verdict.reasons[0]}, see {outcome.directory}")
    consoles = channel.split(outcome.runs[0].channel).consoles
    return Cost(*(instructions(consoles[name]) for name in (SMALL, LARGE)))


def table(costs: dict[str, Cost]) -> Iterator[str]:
    """A line for each figure."""
    old, new = (costs[kernel] for kernel in KERNELS)
    yield (f"{'P2M of a guest, instructions':30}{'pristine':>15}{'ours':>12}{'ratio':>8}"
           f"{'limit':>13}")
    for name, limit in {"small": MOST, "large": None, "each": MOST_EACH}.items():
        head = {"small": "1,024 MiB", "large": "2,048 MiB", "each": "each 2 MiB more"}[name]
        pair = getattr(old, name), getattr(new, name)
        yield (f"{head:30}{pair[0]:15,}{pair[1]:12,}{pair[1] / pair[0]:8.3f}"
               f"{f'{limit:,}' if limit else '':>13}").rstrip()


def check_parts(paths: Paths) -> None:
    """Everything there before the boots begin?"""
    for kernel in KERNELS:
        file = paths.kernel(bench.measured(kernel))
        if not file.exists():
            raise RigError(f"{file} is missing, run: make p2m-cost")


def p2m_cost(paths: Paths, say: Callable[[str], None]) -> int:
    """0 if all is as it should be."""
    check_parts(paths)
    costs = {kernel: measure(bench.apart(paths), kernel, say) for kernel in KERNELS}
    for line in table(costs):
        print(line)
    ours = costs["ours"]
    kept = ours.small <= MOST and ours.each <= MOST_EACH
    print(f"limits: {'kept' if kept else 'EXCEEDED'}")
    report.write_json(paths.out / "p2m-cost.json",
                      {kernel: vars(cost) for kernel, cost in costs.items()})
    return 0 if kept else 1

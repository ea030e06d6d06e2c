# SPDX-License-Identifier: GPL-2.0-only
"""What the host's holes in its map cost a guest at boot: guests of two sizes, without
holes, with them, and with them but next to no bounce buffer; one boot of Xen for each
kernel, under instruction counting."""
import re
from dataclasses import dataclass, field, replace
from typing import Callable, Iterator

from . import bench, report, runner
from .cells import Cell
from .paths import Paths, RigError
from .scenario import Guest, Scenario, load
from .verdict import PASS

FIGURE = re.compile(r"^# cost: guest=(\S+) (\w+)=(\d+)$")
KERNELS = ("pristine", "ours")
# A kernel that does nothing but boot: its first program is the one that powers off.
BOOT_ONLY = "rdinit=/bin/poweroff -- -f"
MIB = {"below": 1024, "across": 2304}   # the host's hole starts at 2 GiB
LAYOUTS = {"off": ("", ""), "on": ("e820_host = 1", ""), "lean": ("e820_host = 1", "swiotlb=512")}
# With -icount shift=1.
NANOSECONDS = 2
CALLS = ("mmu_update", "update_va_mapping", "multicall", "mmuext_op", "memory_op")


@dataclass
class Cost:
    """Figures of one kernel: of each guest, by name."""
    kernel: str
    verdict: str = ""
    figures: dict[str, dict[str, int]] = field(default_factory=dict)


def names() -> list[str]:
    """Guests to measure, a pair of domains each."""
    return [f"{layout}-{place}" for place in MIB for layout in LAYOUTS]


def guests() -> tuple[Guest, ...]:
    """All domains."""
    found = []
    for name in names():
        layout, place = name.split("-")
        config, cmdline = LAYOUTS[layout]
        plain = Guest(name, vcpus=1, memory=MIB[place], cmdline=f"{cmdline} {BOOT_ONLY}".strip(),
                      config=f'on_poweroff = "preserve"\n{config}'.strip())
        found += [plain, replace(plain, name=f"{name}-traced")]
    return tuple(found)


def scenario() -> Scenario:
    """The scenario with its guests."""
    return replace(load("memory-cost"), guests=guests(), env={"MEASURE": " ".join(names())})


def collect(cost: Cost, lines: list[str]) -> None:
    """Figures from a boot's results."""
    for line in lines:
        match = FIGURE.match(line.strip())
        if match:
            cost.figures.setdefault(match[1], {})[match[2]] = int(match[3])


def measure(paths: Paths, kernel: str, say: Callable[[str], None]) -> Cost:
    """One boot."""
    cost = Cost(kernel)
    cell = Cell(scenario="memory-cost", kernel=bench.measured(kernel))
    cost.verdict, lines = runner.measure(paths, cell, scenario(), say,
                                         lambda result: say(f"{cell.name}: {result}"))
    collect(cost, lines)
    return cost


def values(figures: dict[str, int], off: dict[str, int]) -> dict[str, str]:
    """What a column shows of a guest; what is lost is counted from the guest without holes."""
    def of(key: str) -> str:
        return f"{figures[key]:,}" if key in figures else "-"

    rows = {"instructions, million": f"{figures['ns'] / NANOSECONDS / 1e6:,.1f}"
            if "ns" in figures else "-", "hypercalls": of("total")}
    rows.update({f"  {call}": of(call) for call in CALLS})
    rows.update({"pages moved": of("moved"), "pages released": of("released"),
                 "regions of the map": of("regions"), "MiB available": "-", "MiB lost": "-"})
    if "available" in figures and "available" in off:
        rows["MiB available"] = f"{figures['available'] / 1024:,.1f}"
        rows["MiB lost"] = f"{(off['available'] - figures['available']) / 1024:,.1f}"
    return rows


def table(cost: Cost) -> Iterator[str]:
    """A column for each guest."""
    columns = []
    for name in names():
        layout, place = name.split("-")
        off = cost.figures.get(f"off-{place}", {})
        columns.append(values(cost.figures.get(name, {}), off))
    heads = [(f"{mib} MiB", layout) for mib in MIB.values() for layout in LAYOUTS]
    yield f"{cost.kernel} kernel: a guest's boot, e820_host off, on, and on with swiotlb=512"
    for part in (0, 1):
        yield f"{'':24}" + "".join(f"{head[part]:>11}" for head in heads)
    for key in columns[0]:
        yield f"{key:24}" + "".join(f"{column[key]:>11}" for column in columns)
    yield ""


def check_parts(paths: Paths) -> None:
    """Everything there before the boots begin?"""
    kernels = [paths.kernel(bench.measured(kernel)) for kernel in KERNELS]
    for file in [*kernels, paths.selftests / "xen/domain_cost"]:
        if not file.exists():
            raise RigError(f"{file} is missing, run: make memory-cost")


def memory_cost(paths: Paths, say: Callable[[str], None]) -> int:
    """0 if everything could be measured."""
    check_parts(paths)
    costs = [measure(bench.apart(paths), kernel, say) for kernel in KERNELS]
    for cost in costs:
        for line in table(cost):
            print(line)
    out = paths.out / "memory-cost.json"
    report.write_json(out, {cost.kernel: cost.figures for cost in costs})
    print(f"figures: {out}")
    return 0 if all(cost.verdict == PASS for cost in costs) else 1

# SPDX-License-Identifier: GPL-2.0-only
"""The table of cells: which scenario runs on which kernel, in which tier."""
import re
import tomllib
from dataclasses import dataclass, field

from . import scenario
from .paths import KERNELS, RIG, RigError

TABLE = RIG / "cells.toml"
TIERS = ("test", "matrix", "nightly", "kunit")


@dataclass(frozen=True)
class Cell:
    """One line of the table."""
    scenario: str
    kernel: str = "ours"
    tiers: tuple[str, ...] = ()
    expect: str = "pass"        # or "red:REGEX", "error:REGEX"
    skip: str = ""              # the reason
    env: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Also the name of its directory."""
        return f"{self.scenario}-{self.kernel}"

    def wanted(self) -> tuple[str, re.Pattern | None]:
        """The verdict that is right here, and what its log must have."""
        kind, _, regex = self.expect.partition(":")
        verdicts = {"pass": "PASS", "red": "FAIL", "error": "ERROR"}
        return verdicts[kind], re.compile(regex) if regex else None


def check(cell: Cell) -> None:
    """Mistakes of the table."""
    if cell.kernel not in KERNELS:
        raise RigError(f"{TABLE.name}: {cell.scenario}: no kernel {cell.kernel}")
    if not cell.tiers or not set(cell.tiers) <= set(TIERS):
        raise RigError(f"{TABLE.name}: {cell.name}: tiers must be some of {TIERS}")
    if not re.match(r"pass$|(red|error):.", cell.expect):
        raise RigError(f"{TABLE.name}: {cell.name}: expect is pass, red:REGEX or error:REGEX")


def load() -> list[Cell]:
    """The whole table."""
    rows = tomllib.loads(TABLE.read_text())["cell"]
    cells = [scenario.from_table(Cell, row, TABLE.name) for row in rows]
    for cell in cells:
        check(cell)
    known = [cell.name for cell in cells]
    for name in known:
        if known.count(name) > 1:
            raise RigError(f"{TABLE.name}: {name} stands there twice")
    return cells


def select(tier: str | None, names: list[str], kernel: str | None) -> list[Cell]:
    """The cells of a tier, or of these scenarios (or cells) in any tier."""
    cells = load()
    for name in names:
        if not any(name in (cell.scenario, cell.name) for cell in cells):
            raise RigError(f"no cell of scenario {name} in {TABLE.name}; run: rig list")
    if names:
        cells = [cell for cell in cells if cell.scenario in names or cell.name in names]
    if tier:
        cells = [cell for cell in cells if tier in cell.tiers]
    if kernel:
        cells = [cell for cell in cells if cell.kernel == kernel]
    if not cells:
        raise RigError("no cell fits that choice; run: rig list")
    return cells

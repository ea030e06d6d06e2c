# SPDX-License-Identifier: GPL-2.0-only
"""Going on after an interruption: a cell that was as it should be, and whose every
input is what it was, need not run again."""
from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from . import images
from .paths import RIG, Paths
from .scenario import Scenario
from .verdict import Verdict

if TYPE_CHECKING:
    from .cells import Cell


def kernels(cell: Cell, scenario: Scenario) -> list[str]:
    """Those that the cell boots."""
    return ["pristine", "ours"] if scenario.compare else [cell.kernel]


def input_files(paths: Paths, cell: Cell, scenario: Scenario) -> list[Path]:
    """All files that decide what happens, but for this machine's own programs."""
    files = [file for name in ("dom0", "guest", "xenrig") for file in images.files_below(RIG / name)
             if file.suffix != ".pyc"]
    files += images.files_below(paths.selftests) + images.admin_tools(paths)
    files.append(scenario.script_path())
    files += [paths.hypervisor(name) for name in scenario.xens()]
    if scenario.xl:
        files += images.xl_files(paths)
    if scenario.i386:
        files += images.i386_files(paths)
    for name in kernels(cell, scenario):
        files += [paths.kernel(name), *paths.modules(name).glob("*.ko")]
    return files


def inputs(paths: Paths, cell: Cell, scenario: Scenario) -> str:
    """Changes when something does that the cell depends on."""
    row = {**asdict(cell), "tiers": None}
    total = hashlib.sha256(repr((row, scenario, images.digest(images.host_files()))).encode())
    for file in sorted(input_files(paths, cell, scenario)):
        total.update(f"{file.name} ".encode())
        total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()


def last_result(directory: Path) -> dict:
    """What a run left there, or nothing."""
    try:
        return json.loads((directory / "result.json").read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return {}


def was_wrong(directory: Path) -> bool:
    """Was the verdict there another than the wanted one?"""
    return not last_result(directory).get("as_expected", True)


def earlier(directory: Path, key: str) -> tuple[float, str, Verdict] | None:
    """Seconds, accelerator and verdict with these inputs, if the verdict was the wanted one."""
    result = last_result(directory)
    if result.get("inputs") != key or not result["as_expected"]:
        return None
    verdict = Verdict(result["verdict"], result["reasons"], result["passed"],
                      result["failed"], result["skipped"])
    return result["seconds"], result["accel"], verdict

# SPDX-License-Identifier: GPL-2.0-only
"""What a run leaves behind: files for machines, KTAP and a table for people."""
from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from . import channel
from .verdict import MAX_REASONS

if TYPE_CHECKING:
    from .runner import Outcome


def ktap_lines(outcome: Outcome) -> list[str]:
    """All results of the cell, as they came."""
    if outcome.kept:
        return (outcome.directory / "ktap.txt").read_text().splitlines()
    return [line for run in outcome.runs for line in channel.split(run.channel).ktap()]


def result_table(outcome: Outcome) -> dict:
    """Everything about the cell, for machines."""
    return {
        "cell": outcome.cell.name,
        "scenario": outcome.cell.scenario,
        "kernel": outcome.cell.kernel,
        "accel": outcome.accel,
        "inputs": outcome.inputs,
        "verdict": outcome.verdict.result,
        "expect": outcome.cell.expect,
        "as_expected": outcome.as_expected(),
        "passed": outcome.verdict.passed,
        "failed": outcome.verdict.failed,
        "skipped": outcome.verdict.skipped,
        "seconds": round(outcome.seconds, 1),
        "reasons": outcome.verdict.reasons,
    }


def write_json(path: Path, table: dict | list) -> None:
    """Never half-written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_text(json.dumps(table, indent=2) + "\n")
    temporary.rename(path)


def write_cell(outcome: Outcome) -> None:
    """The cell's result and KTAP beside its logs."""
    (outcome.directory / "ktap.txt").write_text("\n".join(ktap_lines(outcome)) + "\n")
    write_json(outcome.directory / "result.json", result_table(outcome))


def print_cell(number: int, outcome: Outcome) -> None:
    """The cell as one KTAP result with its own results below."""
    fine = outcome.as_expected()
    if outcome.cell.expect == "pass":
        for line in ktap_lines(outcome):
            print(f"  {line}")
    else:
        # Its results are bad on purpose and no part of this report's.
        print(f"  # expected {outcome.cell.expect}")
    for reason in outcome.verdict.reasons[:MAX_REASONS]:
        print(f"# {outcome.cell.name}: {reason}")
    if not fine:
        print(f"# {outcome.cell.name}: log {outcome.directory / 'console.log'}")
    print(f"{'ok' if fine else 'not ok'} {number} {outcome.cell.name}", flush=True)


def counts(outcomes: list[Outcome]) -> dict[str, int]:
    """Results that are as they should be, and the others.  A cell that must
    come out red is one result; a red one without a failed test is one too."""
    passed = failed = 0
    for outcome in outcomes:
        verdict, fine = outcome.verdict, outcome.as_expected()
        if outcome.cell.expect != "pass":
            passed += fine
            failed += not fine
        elif fine:
            passed += max(verdict.passed, 1)
        else:
            passed += verdict.passed
            failed += max(verdict.failed + verdict.skipped, 1)
    return {"passed": passed, "failed": failed}


def print_table(outcomes: list[Outcome], skipped: list[tuple[str, str]]) -> None:
    """The summary."""
    names = [outcome.cell.name for outcome in outcomes] + [name for name, _ in skipped]
    width = max(map(len, [*names, "cell"]))
    print(f"# {'cell':{width}}  result              tests  seconds  log")
    for outcome in outcomes:
        verdict = outcome.verdict
        result = verdict.result
        if outcome.cell.expect != "pass":
            result += " wanted" if outcome.as_expected() else " UNWANTED"
        if outcome.kept:
            result += " (kept)"
        tests = verdict.passed + verdict.failed + verdict.skipped
        print(f"# {outcome.cell.name:{width}}  {result:18}  {tests:5}  {outcome.seconds:7.0f}"
              f"  {outcome.directory}")
    for name, reason in skipped:
        print(f"# {name:{width}}  skipped: {reason}")

# SPDX-License-Identifier: GPL-2.0-only
"""The list of checks, and one run of them."""

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from . import checkpatch, kerneldoc, rst, scripts, seams, spdx, text
from .compile import check_compile, check_sparse, log_path
from .coverage import check_coverage
from .kbuild import Config, load_configs
from .symbols import check_symbols
from .tree import CheckError, Tree


@dataclass(frozen=True)
class Check:
    """A name, and a function that returns findings or raises CheckError."""

    name: str
    function: Callable[[Tree], list[str]]
    log: Callable[[Tree], Path] | None = None


STATIC = (
    Check("text", text.check_text),
    Check("spdx", spdx.check_spdx),
    Check("checkpatch", checkpatch.check_files),
    Check("checkpatch-seams", checkpatch.check_patches),
    Check("seams", seams.check_seams),
    Check("kernel-doc", kerneldoc.check_form),
    Check("kernel-doc-coverage", kerneldoc.check_coverage),
    Check("shellcheck", scripts.check_shell),
    Check("shell-strict", scripts.check_strict),
    Check("pyflakes", scripts.check_python),
    Check("rst", rst.check_rst),
)


def build_check(name: str, function: Callable[[Tree, Config], list[str]],
                config: Config) -> Check:
    """A check of one kernel configuration."""
    return Check(f"{name}-{config.name}", partial(function, config=config),
                 partial(log_path, check=name, config=config))


def all_checks() -> list[Check]:
    """All checks but the self-test, in the order in which they run."""
    configs = load_configs()
    return [*STATIC,
            *(build_check("compile", check_compile, config) for config in configs),
            Check("coverage", check_coverage),
            Check("symbols", check_symbols),
            *(build_check("sparse", check_sparse, config) for config in configs)]


def choose(checks: list[Check], names: list[str]) -> list[Check]:
    """The checks of these names; "compile" and "sparse" name those of all configs."""
    for name in names:
        if not any(matches(check, name) for check in checks):
            raise CheckError(f"no check is called {name}: see run --list")
    return [check for check in checks
            if not names or any(matches(check, name) for name in names)]


def matches(check: Check, name: str) -> bool:
    """Whether a name on the command line means a check."""
    return check.name == name or \
        name in ("compile", "sparse") and check.name.startswith(f"{name}-")


def perform(check: Check, tree: Tree) -> tuple[list[str], str | None]:
    """Run a check; its findings, and why it could not run."""
    try:
        return check.function(tree), None
    except CheckError as error:
        return [], str(error)


def report(number: int, check: Check, tree: Tree) -> bool:
    """Run a check and print its KTAP lines; whether it passed."""
    if check.log:
        print(f"# {check.name}: make's log is {check.log(tree)}", flush=True)
    begin = time.monotonic()
    findings, error = perform(check, tree)
    seconds = time.monotonic() - begin
    log = tree.logs / f"{check.name}.log"
    log.write_text("".join(f"{line}\n" for line in [*findings, *([error] if error else [])]))
    if error:
        print(f"not ok {number} - {check.name} # ERROR {error}")
    elif findings:
        print(f"not ok {number} - {check.name}")
    else:
        print(f"ok {number} - {check.name}")
    for line in findings:
        print(f"# {line}")
    print(f"# {check.name}: {len(findings)} findings, {seconds:.1f} s", flush=True)
    return not findings and not error


def write_counts(path: Path, passed: int, failed: int) -> None:
    """The result for those who add up rings; whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(json.dumps({"passed": passed, "failed": failed}) + "\n")
    os.replace(part, path)


def run_checks(checks: list[Check], tree: Tree, counts: Path | None) -> bool:
    """Run checks and say what came out; whether all passed."""
    tree.logs.mkdir(parents=True, exist_ok=True)
    if counts:
        counts.unlink(missing_ok=True)
    print(f"KTAP version 1\n1..{len(checks)}", flush=True)
    results = [report(number, check, tree) for number, check in enumerate(checks, 1)]
    passed = sum(results)
    print(f"# {passed} passed, {len(results) - passed} failed, logs in {tree.logs}")
    if counts:
        write_counts(counts, passed, len(results) - passed)
    return all(results)

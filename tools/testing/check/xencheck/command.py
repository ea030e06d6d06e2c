# SPDX-License-Identifier: GPL-2.0-only
"""Runs the tools that do the checking."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from .tree import CheckError


def need(tool: str, package: str) -> str:
    """Where a tool is, or a complaint that names its package."""
    found = shutil.which(tool)
    if not found:
        raise CheckError(f"{tool} is missing: run make setup (package {package})")
    return found


def run(command: Sequence[str], *, cwd: Path, stdin: str | None = None,
        env: Mapping[str, str] | None = None) -> tuple[int, str]:
    """Run a tool in the C locale; its exit status, and all that it printed."""
    done = subprocess.run(
        command, cwd=cwd, input=stdin, text=True, errors="replace", check=False,
        stdin=subprocess.DEVNULL if stdin is None else None,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env=os.environ | {"LC_ALL": "C.UTF-8"} | dict(env or {}))
    return done.returncode, done.stdout


def judge(tool: str, status: int, findings: list[str]) -> list[str]:
    """The findings; a tool that failed without one has not done its work."""
    if status and not findings:
        raise CheckError(f"{tool} ended with status {status}, see the log")
    return findings

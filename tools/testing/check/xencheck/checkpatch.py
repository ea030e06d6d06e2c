# SPDX-License-Identifier: GPL-2.0-only
"""The kernel's own style checker, on C files, Kconfig files and seams."""

import os
import re
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain
from pathlib import Path

from .command import judge, need, run
from .tree import CheckError, Tree

# The seams are input for "make series", which makes the commits; who submits
# one signs it off then.
NOT_FOR_PATCHES = ("MISSING_SIGN_OFF",)

# A file that git tracks is taken for a source file even if it is a patch, and
# checkpatch would start spdxcheck.py, whose part the spdx check does.  Neither
# happens where it sees no repository.
NO_GIT = {"GIT_DIR": "/nonexistent"}

FINDING = re.compile(r"^\S+:\d+: (ERROR|WARNING|CHECK):")

# What does not hold in some places: headers that hypervisors and other guests include
# have the names of C's own types; Xen's printk() goes without a level, an op that it
# does not know is -ENOSYS, the type of a handle looks like a cast, and states of xenbus have
# names like XenbusStateClosed.
NOT_FOR = {
    re.compile(r"include/xen/interface/"): "PREFER_KERNEL_TYPES",
    re.compile(r"tools/testing/selftests/xen/modules/nlevel_abi\.c"): "ENOSYS",
    re.compile(r"tools/testing/selftests/xen/modules/hostile"): "CAMELCASE",
    re.compile(r"tools/testing/hypervisor/"): "PRINTK_WITHOUT_KERN_LEVEL,ENOSYS,SPACING",
}

# Stands in for the kernel's headers in user space, macros that take what they take.
SHIM = re.compile(r"tools/testing/host/[^/]+/shim/")


def checkpatch(tree: Tree, arguments: Sequence[str], *,
               stdin: str | None = None) -> list[str]:
    """Run checkpatch once; one line a finding."""
    script = tree.pristine / "scripts/checkpatch.pl"
    if not script.exists():
        raise CheckError(f"{script} is missing: run make kernel")
    status, output = run(
        [need("perl", "perl"), str(script), "--strict", "--terse", "--show-types",
         "--no-summary", f"--root={tree.pristine}", *arguments],
        cwd=tree.root, stdin=stdin, env=NO_GIT)
    findings = [line for line in output.splitlines() if FINDING.match(line)]
    return judge(f"checkpatch.pl ({output.strip()[:200]})", status, findings)


def at_once(check: Callable[..., list[str]], pieces: Iterable) -> list[str]:
    """All findings; as many pieces at a time as there are processors."""
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        return list(chain.from_iterable(pool.map(check, pieces)))


def check_some(tree: Tree, ignore: str | None, names: list[str]) -> list[str]:
    """Files for which the same is ignored."""
    arguments = [f"--ignore={ignore}"] if ignore else []
    nr = len(os.sched_getaffinity(0))
    return at_once(lambda some: checkpatch(tree, [*arguments, "-f", *some]),
                   filter(None, (names[first::nr] for first in range(nr))))


def check_files(tree: Tree) -> list[str]:
    """C, headers, assembly and Kconfig files."""
    names = [name for name in tree.of_kind("c", "h", "asm", "kconfig") if not SHIM.match(name)]
    findings = []
    for where, ignore in NOT_FOR.items():
        there = [name for name in names if where.match(name)]
        names = [name for name in names if name not in there]
        findings += check_some(tree, ignore, there)
    return sorted(findings + check_some(tree, None, names))


def check_patch(tree: Tree, patch: Path) -> list[str]:
    """One seam."""
    ignore = f"--ignore={','.join(NOT_FOR_PATCHES)}"
    findings = checkpatch(tree, [ignore, "-"], stdin=patch.read_text())
    return [line.replace("-:", f"patches/{patch.name}:", 1) for line in findings]


def check_patches(tree: Tree) -> list[str]:
    """All seams."""
    patches = tree.patches()
    if not patches:
        raise CheckError("no patch to check")
    return at_once(partial(check_patch, tree), patches)

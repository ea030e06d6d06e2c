# SPDX-License-Identifier: GPL-2.0-only
"""kernel-doc: that it is there, that it is complete, and that it is well-formed."""

import re

from .cdecl import Definition, definitions
from .command import judge, need, run
from .tree import CheckError, Tree

COMMENT = re.compile(r"^[ \t]*/\*\*\n(.*?)\*/", re.DOTALL | re.MULTILINE)
SUBJECT = re.compile(r"^\s*\*\s*(?:(?:struct|union|enum|typedef)\s+)?(\w+)(?:\(\))?\s+-")
CONTEXT = re.compile(r"^\s*\*\s*Context:\s*\S", re.MULTILINE)
RETURN = re.compile(r"^\s*\*\s*Return:\s*\S|^\s*\*\s*Return:\n\s*\*\s*\S", re.MULTILINE)


def check_form(tree: Tree) -> list[str]:
    """What the kernel's own tool has to say, with all its warnings."""
    script = tree.pristine / "scripts/kernel-doc"
    if not script.exists():
        raise CheckError(f"{script} is missing: run make kernel")
    names = tree.of_kind("c", "h")
    status, output = run([need("perl", "perl"), str(script), "-none", "-Wall", *names],
                         cwd=tree.root)
    return judge("kernel-doc", status, output.splitlines())


def comments(source: str) -> dict[str, str]:
    """The kernel-doc comments of a file by the name that they describe."""
    found = {}
    for match in COMMENT.finditer(source):
        subject = SUBJECT.match(match[1])
        if subject:
            found[subject[1]] = match[1]
    return found


def missing(item: Definition, comment: str | None) -> list[str]:
    """What a definition lacks."""
    if item.kind != "function":
        return [] if comment else [f"{item.kind} {item.name} has no kernel-doc"]
    if not comment:
        return [f"{item.name}() has no kernel-doc"]
    lacks = []
    if not CONTEXT.search(comment):
        lacks.append(f"kernel-doc of {item.name}() has no Context:")
    if not item.void and not RETURN.search(comment):
        lacks.append(f"kernel-doc of {item.name}() has no Return:")
    return lacks


def is_public(item: Definition, header: bool) -> bool:
    """Whether others can use it: functions not static, types in headers."""
    return not item.static if item.kind == "function" else header


def check_coverage(tree: Tree) -> list[str]:
    """Each public function and type of kernel code is described."""
    names = tree.kernel_c()
    if not names:
        raise CheckError("no kernel source to check")
    in_headers: dict[str, str] = {}
    for name in names:
        if name.endswith(".h"):
            in_headers |= comments(tree.text(name))
    findings = []
    for name in names:
        source = tree.text(name)
        known = in_headers | comments(source)
        for item in definitions(source):
            if is_public(item, name.endswith(".h")):
                findings += [f"{name}:{item.line}: {what}"
                             for what in missing(item, known.get(item.name))]
    return findings

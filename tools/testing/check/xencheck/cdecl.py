# SPDX-License-Identifier: GPL-2.0-only
"""Finds what a C file defines, well enough for code in the kernel's style."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

# All that is no code: comments, literals, and preprocessor lines with the
# lines that continue them.
NO_CODE = re.compile(
    r"/\*.*?\*/|//[^\n]*"
    r'|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''
    r"|^[ \t]*#(?:\\\n|/\*.*?\*/|[^\n])*",
    re.DOTALL | re.MULTILINE)
# Take arguments and may stand before the name of a function.
ATTRIBUTES = {
    "__attribute__", "__printf", "__scanf", "__aligned", "__section",
    "__alloc_size", "__assume_aligned", "__no_sanitize", "__counted_by",
    "__must_hold", "__acquires", "__releases", "__cond_acquires", "typeof",
    "__typeof__", "_Alignas",
}
AGGREGATE = re.compile(r"^(?:typedef\s+)?(struct|union|enum)\s+(?:\w+\s+)*?(\w+)$")
CALL_LIKE = re.compile(r"([A-Za-z_]\w*)\s*\(")


@dataclass(frozen=True)
class Definition:
    """A function, structure, union or enumeration."""

    kind: str
    name: str
    line: int
    static: bool = False
    void: bool = False


def blank(text: str) -> str:
    """Spaces of the same shape as the text."""
    return re.sub(r"[^\n]", " ", text)


def code_only(source: str) -> str:
    """The source with all that is no code blanked out, lines kept."""
    return NO_CODE.sub(lambda match: blank(match[0]), source)


def blocks(code: str) -> Iterator[tuple[str, int]]:
    """The text before each outermost opening brace, with the line of its start."""
    depth = parens = start = 0
    for position, char in enumerate(code):
        if char in "()":
            parens += 1 if char == "(" else -1
        elif parens:
            continue
        elif char == "{":
            if depth == 0:
                head = code[start:position]
                lead = len(head) - len(head.lstrip())
                yield head.strip(), code.count("\n", 0, start + lead) + 1
            depth += 1
        elif char == "}":
            depth = max(depth - 1, 0)
            start = position + 1
        elif char == ";" and depth == 0:
            start = position + 1


def outside_parens(text: str) -> str:
    """The text without what stands in parentheses."""
    depth, kept = 0, []
    for char in text:
        depth -= char == ")"
        if depth == 0 and char not in "()":
            kept.append(char)
        depth += char == "("
    return "".join(kept)


def function(head: str, line: int) -> Definition | None:
    """The function that a head begins, None if it begins something else."""
    if "=" in outside_parens(head):
        return None
    for match in CALL_LIKE.finditer(head):
        name = match[1]
        if name in ATTRIBUTES or head.count("(", 0, match.start()) != \
                head.count(")", 0, match.start()):
            continue
        before = outside_parens(head[:match.start()])
        # SYSCALL_DEFINE3(...): a macro makes the function, and its name.
        if not before.split() and name.isupper():
            continue
        words = before.replace("*", " * ").split()
        return Definition("function", name, line, "static" in words,
                          "void" in words and "*" not in words)
    return None


def definitions(source: str) -> list[Definition]:
    """What a source file defines at file scope, with a body."""
    found = []
    for head, line in blocks(code_only(source)):
        aggregate = AGGREGATE.match(head)
        if aggregate:
            found.append(Definition(aggregate[1], aggregate[2], line))
        elif "(" in head:
            item = function(head, line)
            if item:
                found.append(item)
    return found

# SPDX-License-Identifier: GPL-2.0-only
"""Documents parse without a warning, and what they include is there."""

import io
import os
import re

from .tree import CheckError, Tree

REPORT = re.compile(r"^[^:]+(?::(?P<line>\d+))?: \([A-Z]+/\d\) (?P<text>.*)")
# What Sphinx and the kernel's extensions add to docutils.
DIRECTIVES = (
    "toctree", "code-block", "only", "index", "glossary", "seealso", "deprecated",
    "versionadded", "versionchanged", "highlight", "literalinclude", "tabularcolumns",
    "kernel-doc", "kernel-include", "kernel-figure", "kernel-image", "kernel-render",
    "kernel-feat", "kernel-abi", "flat-table", "maintainers-include",
    "c:function", "c:type", "c:struct", "c:macro", "c:member", "c:enum", "c:union",
)
ROLES = ("doc", "ref", "term", "abbr", "manpage", "kbd", "option", "download", "file",
         "c:func", "c:type", "c:struct", "c:macro", "c:member", "c:data", "c:enum")


def known(tree: Tree, path: str) -> bool:
    """Whether a file will be there in a grafted kernel tree."""
    return (tree.root / path).exists() or (tree.pristine / path).exists()


def toctree_findings(tree: Tree, folder: str, body: list[str]) -> list[str]:
    """Entries of a table of contents that name no document."""
    entries = [line.strip() for line in body]
    entries = [entry for entry in entries if entry and not entry.startswith(":")]
    return [f"toctree names {entry}, which does not exist" for entry in entries
            if not known(tree, os.path.normpath(f"{folder}/{entry}.rst"))]


def register(tree: Tree, folder: str, findings: list[tuple[int, str]]) -> None:
    """Teach docutils the words that only Sphinx knows, for one document."""
    try:
        from docutils import nodes
        from docutils.parsers.rst import Directive, directives, roles
    except ImportError:
        raise CheckError("docutils is missing: run make setup "
                         "(package python3-docutils)") from None

    class Accepted(Directive):
        """Takes anything; looks at names of files only."""

        optional_arguments = 1
        final_argument_whitespace = True
        has_content = True
        option_spec = None

        def run(self) -> list[nodes.Node]:
            if self.name == "toctree":
                found = toctree_findings(tree, folder, list(self.content))
                findings.extend((self.lineno, text) for text in found)
            if self.name == "kernel-doc":
                source = " ".join(self.arguments).split()[:1]
                if not source or not known(tree, source[0]):
                    findings.append((self.lineno, "kernel-doc of a file that does not exist"))
            return []

    def accepted_role(_name, rawtext, text, *_rest, **_options):
        return [nodes.literal(rawtext, text)], []

    for name in DIRECTIVES:
        directives.register_directive(name, Accepted)
    for name in ROLES:
        roles.register_local_role(name, accepted_role)


def document_findings(tree: Tree, name: str) -> list[str]:
    """What is wrong with one document."""
    found: list[tuple[int, str]] = []
    register(tree, os.path.dirname(name), found)
    from docutils.core import publish_doctree

    stream = io.StringIO()
    publish_doctree(
        tree.text(name), source_path=name,
        settings_overrides={"warning_stream": stream, "report_level": 2,
                            "halt_level": 5, "file_insertion_enabled": False,
                            "input_encoding": "unicode"})
    findings = [f"{name}:{line}: {text}" for line, text in found]
    for line in stream.getvalue().splitlines():
        report = REPORT.match(line)
        if report:
            findings.append(f"{name}:{report['line'] or 1}: {report['text']}")
    return findings


def check_rst(tree: Tree) -> list[str]:
    """All documents."""
    return [finding for name in tree.of_kind("rst")
            for finding in document_findings(tree, name)]

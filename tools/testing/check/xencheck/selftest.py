# SPDX-License-Identifier: GPL-2.0-only
"""Shows that every check can fail: one seeded finding of each kind, and its clean twin."""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from unittest import mock

from . import cdecl, checkpatch, coverage, diagnostics, graft, kbuild, kerneldoc, rst
from . import scripts, spdx, symbols, text
from .command import run
from .compile import SPARSE, external, require_compiled
from .tree import CheckError, Tree, list_files, read_bytes, walk_files

GPL = "SPDX-License-Identifier: GPL-2.0-only"
C = f"// {GPL}\n"
SHELL = f"#!/bin/bash\n# {GPL}\nset -euo pipefail\n"
PYTHON = f"#!/usr/bin/python3\n# {GPL}\n"
RST = f".. {GPL}\n\n=====\nTitle\n=====\n\n"
MAN = "'\\\" t\n"
DOC = "/**\n * seed() - do it\n *\n * Context: Any.\n * Return: 0\n */\n"
FUNCTION = "int seed(void)\n{\n\treturn 0;\n}\n"
DRIVER = "drivers/xen/seed.c"
PATCH = """Subject: xen: change a file

Say something that explains the change to those who read the log.
---

--- a/drivers/xen/up.c
+++ b/drivers/xen/up.c
@@ -1,2 +1,3 @@
 // SPDX-License-Identifier: GPL-2.0-only
+%s
 int xen_up;
"""
UPSTREAM = "// SPDX-License-Identifier: GPL-2.0-only\nint xen_up;\n"


@dataclass(frozen=True)
class Seed:
    """Files of which the first set is fine and the second one is not."""

    what: str
    check: Callable[[Tree], list[str]]
    clean: dict[str, str]
    seeded: dict[str, str]
    expect: str


def one(what: str, check: Callable[[Tree], list[str]], name: str, clean: str,
        seeded: str, expect: str) -> Seed:
    """A seed in a single file."""
    return Seed(what, check, {name: clean}, {name: seeded}, expect)


def text_seeds() -> Iterator[Seed]:
    """White space, paths and licences."""
    check = text.check_text
    # Put together here, or this file would not pass the check it tests.
    home = "/" + "home/me/x"
    yield one("trailing space", check, DRIVER, C, C + "int a; \n", "trailing white space")
    yield one("long line", check, DRIVER, C, C + "int " + "a" * 100 + ";\n", "longer")
    yield one("no new line at the end", check, DRIVER, C, C + "int a;", "one new line")
    yield one("somebody's directory", check, "a.sh", SHELL, SHELL + f"ls {home}\n", "path of")
    yield one("the clone's directory", check, "a.sh", SHELL, SHELL + "ls @ROOT@/x\n", "path of")
    check = spdx.check_spdx
    yield one("no licence", check, "Makefile", f"# {GPL}\n", "all:\n", "no SPDX")
    yield one("licence below a shebang", check, "a.sh", SHELL, "#!/bin/sh\n\n# " + GPL, "no SPDX")
    yield one("another licence", check, "a.toml", f"# {GPL}\n", f"# {GPL[:-5]}\n", "licence is")
    yield one("MIT outside the ABI", check, DRIVER, C, C.replace("GPL-2.0-only", "MIT"),
              "licence is MIT")
    yield one("wrong comment", check, "a.h", f"/* {GPL} */\n", C, "starts with")
    for name in ("a.sed", "a.list", "series", "packages-a", "config", "settings"):
        yield one(f"no licence in {name}", check, name, f"# {GPL}\n", "# a\n", "no SPDX")
    yield one("no licence in a model", check, "a.pml", f"/* {GPL} */\n", "bit a\n", "no SPDX")
    yield one("no licence in a manual page", check, "a.8", f"{MAN}.\\\" {GPL}\n", MAN, "a.8:2")


def kernel_seeds() -> Iterator[Seed]:
    """What kernel code has to be like."""
    yield one("style error", checkpatch.check_files, DRIVER, C + "\nint seed;\n",
              C + "\nint* seed;\n", "ERROR")
    yield one("style check", checkpatch.check_files, DRIVER, C + "\nint seed;\n",
              C + "\n\n\nint seed;\n", "CHECK")
    files = {"drivers/xen/up.c": UPSTREAM}
    yield Seed("style of a seam", checkpatch.check_patches,
               files | {"patches/1.patch": PATCH % "int xen_new;"},
               files | {"patches/1.patch": PATCH % "int* xen_new;"}, "ERROR")
    yield one("malformed kernel-doc", kerneldoc.check_form, DRIVER, C + DOC + FUNCTION,
              C + DOC + FUNCTION.replace("void", "int a"), "'a' not described")
    check = kerneldoc.check_coverage
    yield one("function without kernel-doc", check, DRIVER, C + DOC + FUNCTION,
              C + FUNCTION, "seed() has no kernel-doc")
    yield one("kernel-doc without Context", check, DRIVER, C + DOC + FUNCTION,
              C + DOC.replace("Context", "Contest") + FUNCTION, "no Context:")
    yield one("kernel-doc without Return", check, DRIVER, C + DOC + FUNCTION,
              C + DOC.replace("Return", "Returm") + FUNCTION, "no Return:")
    yield one("structure without kernel-doc", check, "include/xen/seed.h",
              "/**\n * struct seed - it\n */\nstruct seed {\n};\n",
              "struct seed {\n};\n", "struct seed has no")


def script_seeds() -> Iterator[Seed]:
    """Shell, Python and documents."""
    yield one("unquoted variable", scripts.check_shell, "a.sh", SHELL + 'ls "$1"\n',
              SHELL + "ls $1\n", "SC2086")
    yield one("script without suffix", scripts.check_shell, "a", SHELL + 'ls "$1"\n',
              SHELL + "ls $1\n", "SC2086")
    yield one("careless script", scripts.check_strict, "a.sh", SHELL,
              SHELL.replace(" -euo pipefail", " -e"), "does not start")
    yield one("undefined name", scripts.check_python, "a.py", PYTHON + "print(1)\n",
              PYTHON + "print(a)\n", "undefined name")
    yield one("broken markup", rst.check_rst, "Documentation/virt/xen/a.rst", RST + "*a*\n",
              RST + "*a\n", "emphasis")
    yield one("unknown directive", rst.check_rst, "Documentation/virt/xen/a.rst",
              RST + ".. note:: a\n", RST + ".. nonote:: a\n", "Unknown directive")
    yield one("document that is not there", rst.check_rst, "Documentation/virt/xen/a.rst",
              RST + ".. toctree::\n\n   a\n", RST + ".. toctree::\n\n   b\n", "toctree")


def fixture(tree: Tree, folder: Path, files: dict[str, str]) -> Tree:
    """A tree of its own, of these files."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content.replace("@ROOT@", str(folder)))
    return replace(tree, root=folder, files=tuple(walk_files(folder)))


def findings(tree: Tree, seed: Seed, files: dict[str, str]) -> list[str]:
    """What the check of a seed says about a set of files."""
    read_bytes.cache_clear()
    with tempfile.TemporaryDirectory(prefix="check-") as folder:
        return seed.check(fixture(tree, Path(folder).resolve() / "clone", files))


def try_seed(tree: Tree, seed: Seed) -> list[str]:
    """Complain if the clean files have findings, or the seeded ones not the expected."""
    clean = findings(tree, seed, seed.clean)
    seeded = findings(tree, seed, seed.seeded)
    wrong = [f"{seed.what}: clean file is red: {line}" for line in clean]
    if not any(seed.expect in line for line in seeded):
        wrong.append(f"{seed.what}: not found, only {seeded}")
    return wrong


def unless(good: bool, what: str) -> list[str]:
    """A finding unless something is as it should be."""
    return [] if good else [what]


def try_listing(_tree: Tree) -> list[str]:
    """New files count, ignored ones do not, and a tree without files is an error."""
    with tempfile.TemporaryDirectory(prefix="check-") as folder:
        root = Path(folder)
        run(["git", "init", "-q", "."], cwd=root)
        (root / ".gitignore").write_text("*.o\n")
        (root / "new.c").write_text("")
        (root / "new.o").write_text("")
        return unless(list_files(root) == (".gitignore", "new.c"), "wrong list of files")


def try_empty(tree: Tree) -> list[str]:
    """A check that finds no file to look at does not pass."""
    try:
        scripts.check_python(replace(tree, files=()))
    except CheckError:
        return []
    return ["no file to check is taken for success"]


def try_scanner(_tree: Tree) -> list[str]:
    """Definitions as the kernel writes them."""
    source = (
        "static int a(void)\n{\n}\n"
        "__printf(1, 2) void __init b(const char *f, ...)\n\t__must_hold(&l)\n{\n}\n"
        "struct c {\n\tint (*d)(int);\n};\nstatic const struct c e = {\n\t.d = f(1),\n};\n"
        "#define g(x) do { \\\n} while (0)\nvoid *h(int (*i)(void))\n{\n\tif (1) {\n\t}\n}\n"
        "/* int j(void) { */ DEFINE_IDTENTRY(k)\n{\n}\n"
        "NOKPROBE(k)\nint l(void)\n{\n}\n")
    found = [(item.name, item.static, item.void) for item in cdecl.definitions(source)]
    wanted = [("a", True, False), ("b", False, True), ("c", False, False),
              ("h", False, False), ("l", False, False)]
    return unless(found == wanted, f"scanner sees {found}")


def try_options(_tree: Tree) -> list[str]:
    """An option that a configuration lost, or has although it is unwanted."""
    have = "CONFIG_A=y\n# CONFIG_B is not set\nCONFIG_C=y\n"
    lost = kbuild.lost(have, "CONFIG_A=y\nCONFIG_B=y\n# CONFIG_C is not set\nCONFIG_D=m\n")
    wanted = ["CONFIG_B is n, not y", "CONFIG_C is y, not n", "CONFIG_D is n, not m"]
    return unless(lost == wanted, f"lost options are {lost}")


def try_diagnostics(_tree: Tree) -> list[str]:
    """Which lines of a build log are ours."""
    log = (
        "/k/a.c:3:1: warning: ours\n/k/b.c:3:1: warning: upstream's\n"
        "In file included from /k/a.c:1:\n/k/b.h:9:2: warning: through ours\n"
        "/k/seam.c:7:1: warning: in the seam\n/k/seam.c:8:1: warning: beside it\n"
        "/k/m.h:5:1: warning: through a macro\n"
        "/k/a.c:4:1: note: in expansion of macro 'M'\n"
        "/k/m.h:6:1: warning: not ours\n/k/b.c:4:1: note: in expansion of macro 'M'\n"
        "a.o: warning: objtool: xen_a+0x1: odd\n")
    owned = graft.Owned(frozenset(["a.c"]), {"seam.c": frozenset([7])})
    found = diagnostics.findings(log, owned.has, {"/k/": ""})
    places = [line.split(":")[0] for line in found]
    return unless(places == ["a.c", "b.h", "seam.c", "m.h", "a.c"], f"findings are {found}")


def try_seam_lines(_tree: Tree) -> list[str]:
    """Lines of a seam are told from those around it."""
    changed = graft.changed_lines("a\nb\nc\n", "a\nx\nb\ny\n")
    return unless(changed == {2, 4}, f"changed lines are {sorted(changed)}")


def try_stale(tree: Tree) -> list[str]:
    """A kernel tree that is not what the repository makes of it is refused."""
    ours = {"drivers/xen/a.c": "int a;\n", "patches/1.patch": PATCH % "int xen_new;"}
    grafted = {"Makefile": "", "drivers/xen/a.c": "int a;\n",
               "drivers/xen/up.c": UPSTREAM.replace("\n", "\nint xen_new;\n", 1)}
    cases = [("current", {}, False), ("old file", {"drivers/xen/a.c": "int b;\n"}, True),
             ("old seam", {"drivers/xen/up.c": UPSTREAM}, True)]
    wrong = []
    for what, changes, refused in cases:
        with tempfile.TemporaryDirectory(prefix="check-") as folder:
            base = Path(folder)
            fixture(tree, base / "pristine", {"Makefile": "", "drivers/xen/up.c": UPSTREAM})
            fixture(tree, base / "linux", grafted | changes)
            fake = replace(fixture(tree, base / "root", ours), linux=base / "linux",
                           pristine=base / "pristine")
            try:
                graft.require_current(fake)
                wrong += unless(not refused, f"stale tree passes: {what}")
            except CheckError as error:
                wrong += unless(refused, f"{what}: {error}")
    return wrong


def try_rebuild(tree: Tree) -> list[str]:
    """What a warning may have come from is compiled again."""
    with tempfile.TemporaryDirectory(prefix="check-") as folder:
        fake = replace(tree, build=Path(folder))
        config = kbuild.Config("c", "x86_64", "", (), ("drivers/xen/", "arch/one.o"))
        names = ["c/drivers/xen/events/a.o", "c/arch/one.o", "c/arch/two.o"]
        fixture(tree, Path(folder), dict.fromkeys(names, ""))
        kbuild.drop_objects(fake, config)
        left = [name for name in names if (Path(folder) / name).exists()]
        wrong = unless(left == names[2:], f"objects left are {left}")
        kbuild.drop_compiled(fake, config, "  LD      arch/one.o\n  CC      arch/two.o\n")
        return wrong + unless(not (Path(folder) / names[2]).exists(), "object is kept")


def try_twice(tree: Tree) -> list[str]:
    """What kbuild would compile twice at the same time is made by one job."""
    config = kbuild.Config("c", "x86_64", "", (), ())
    targets = ["drivers/xen/", "arch/x86/platform/pvh/enlighten.o", "arch/x86/xen/"]
    with mock.patch.object(kbuild, "make", return_value=(0, "")) as make:
        kbuild.make_objects(tree, config, ["-k"], targets)
    wanted = [mock.call(tree, config, ["-k", targets[0], targets[2]]),
              mock.call(tree, config, ["-k", targets[1]], jobs=1)]
    return unless(make.mock_calls == wanted, f"make is called by {make.mock_calls}")


def try_rules(tree: Tree) -> list[str]:
    """A line of Kconfig or of a Makefile that changes has everything compiled again."""
    name = "drivers/xen/%s"
    marks = set()
    for what in ("", "Kconfig", "Makefile", "a.c"):
        with tempfile.TemporaryDirectory(prefix="check-") as folder:
            names = (name % rule for rule in ("Kconfig", "Makefile", "a.c"))
            fake = fixture(tree, Path(folder), {
                path: "# changed\n" if path == name % what else "\n" for path in names})
            marks.add(kbuild.rules_fingerprint(replace(fake, linux=fake.root)))
    return unless(len(marks) == 3, f"{len(marks)} fingerprints of the rules, not 3")


def try_coverage(tree: Tree) -> list[str]:
    """A file of ours, or with a seam, that no configuration compiles is found."""
    owned = graft.Owned(
        frozenset(["drivers/xen/a.c", "drivers/xen/b.c", "drivers/xen/b.h",
                   "tools/testing/selftests/xen/c.c"]), {"mm/seam.c": frozenset([7])})
    configs = [kbuild.Config(name, "x86_64", "", (), ()) for name in ("one", "two")]
    cases = (("all", ["one/drivers/xen/a.o", "two/drivers/xen/b.o", "two/mm/seam.o"], []),
             ("two are not", ["one/drivers/xen/a.o", "two/drivers/xen/a.o", "b.o"],
              ["drivers/xen/b.c", "mm/seam.c"]))
    wrong = []
    for what, objects, expect in cases:
        with tempfile.TemporaryDirectory(prefix="check-") as folder:
            fixture(tree, Path(folder), dict.fromkeys(objects, ""))
            found = coverage.uncovered(replace(tree, build=Path(folder)), owned, configs)
            wrong += unless(found == expect, f"coverage, {what}: not compiled are {found}")
    return wrong


SOURCE = C + """
#include <linux/init.h>
#include <linux/types.h>

int seed(int __user *from);
int seed(int __user *from)
{
	%s
}
"""
BUILDS = (
    ("clean source", "return from ? 1 : 0;", "", ""),
    ("compiler warning", "int unused = 1; return from ? 1 : 0;", "unused variable", ""),
    ("sparse warning", "return from ? *from : 0;", "", "dereference of noderef"),
    ("compiler error", "return from ? nothing : 0;", "undeclared", ""),
)


def try_builds(tree: Tree) -> list[str]:
    """Real runs of compiler and sparse, in the object directory of the test modules."""
    config = next(config for config in kbuild.load_configs() if config.modules)
    require_compiled(tree, config)
    wrong = []
    for what, body, compiler, checker in BUILDS:
        for tool, extra, expect in (("compiler", [], compiler), ("sparse", SPARSE, checker)):
            with tempfile.TemporaryDirectory(prefix="check-") as folder:
                place = Path(folder)
                (place / "seed.c").write_text(SOURCE % body)
                (place / "Kbuild").write_text("obj-m += seed.o\n")
                found = external(tree, config, tree.logs / "selftest.make.log", place,
                                 [*extra, "seed.o"])
            # Sparse runs after the compiler and sees what that has printed.
            good = any((expect or compiler) in line for line in found) \
                if expect or compiler else not found
            wrong += unless(good, f"{what}, {tool}: found {found}")
    return wrong


def try_symbols(_tree: Tree) -> list[str]:
    """What is wanted and ours and not there is missing, nothing else."""
    defined, wanted = symbols.parse("a.o:\n0010 T here\n     U gone\n     U here\n     w weak\n"
                                    "0000 t local\n     U theirs\n")
    found = symbols.missing(defined, wanted, frozenset({"here", "gone", "weak", "other"}))
    return unless(found == ["gone"] and defined == {"here"}, f"symbols: {found}, {defined}")


TRIALS = (try_listing, try_empty, try_scanner, try_options, try_diagnostics,
          try_seam_lines, try_stale, try_rebuild, try_twice, try_rules, try_coverage,
          try_builds, try_symbols)


def check_selftest(tree: Tree) -> list[str]:
    """All seeds and trials."""
    wrong = []
    for seed in (*text_seeds(), *kernel_seeds(), *script_seeds()):
        wrong += try_seed(tree, seed)
    read_bytes.cache_clear()
    for trial in TRIALS:
        wrong += trial(tree)
    return wrong

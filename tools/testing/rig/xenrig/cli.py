# SPDX-License-Identifier: GPL-2.0-only
"""The command line."""
import argparse
import signal
import sys

from . import (bench, cells, demo, images, lanes, paths as paths_module, report, runner, scenario,
               selftest)
from .paths import KERNELS, Paths, RigError, explain
from .verdict import ERROR, Verdict


def say(text: str) -> None:
    """Progress, which is not part of the results."""
    print(text, file=sys.stderr, flush=True)


def command_images(paths: Paths, _args: argparse.Namespace) -> int:
    """Builds what is not current."""
    for image in images.base(paths):
        print(image)
    for kernel in KERNELS:
        if paths.kernel(kernel).exists():
            print(images.kernel(paths, kernel))
    return 0


def command_list(_paths: Paths, _args: argparse.Namespace) -> int:
    """Scenarios and cells."""
    for name in scenario.names():
        print(f"{name}: {scenario.load(name).description}")
    print()
    for cell in cells.load():
        note = f" (skipped: {cell.skip})" if cell.skip else ""
        print(f"{cell.name}: {' '.join(cell.tiers)}; expect {cell.expect}{note}")
    return 0


def command_demo(paths: Paths, _args: argparse.Namespace) -> int:
    """What a newcomer sees first."""
    return demo.demo(paths, say)


def command_bench(paths: Paths, _args: argparse.Namespace) -> int:
    """Figures of both kernels."""
    return bench.bench(paths, say)


def command_selftest(paths: Paths, _args: argparse.Namespace) -> int:
    """The verdict on made-up logs."""
    return selftest.run_tests(paths.out / "results/rig-selftest.json")


def run_one(paths: Paths, cell: cells.Cell, go_on: bool) -> runner.Outcome:
    """Runs a cell and says how far it is."""
    try:
        outcome = runner.run_cell(paths, cell, lambda what: say(f"{cell.name}: {what}"),
                                  go_on=go_on)
    except (RigError, OSError) as error:
        # The other cells may well run.
        broken = Verdict(ERROR, [explain(error)])
        outcome = runner.Outcome(cell, paths.guest_out / cell.name, broken)
    ran = "kept, " if outcome.kept else ""
    say(f"{cell.name}: {ran}{outcome.verdict.result} in {outcome.seconds:.0f} s "
        f"({outcome.accel})")
    return outcome


def breadth_and_length(cell: cells.Cell) -> tuple[int, int]:
    """Sorts cells so that the lanes are in use to the end."""
    needs = scenario.load(cell.scenario)
    return -needs.smp, -needs.timeout * needs.runs


def ring_of(args: argparse.Namespace) -> str | None:
    """The ring whose counts this run makes, if it is a whole one."""
    if args.scenario or args.kernel:
        return None
    return "kunit" if args.tier == "kunit" else "guest"


def command_run(paths: Paths, args: argparse.Namespace) -> int:
    """Runs the chosen cells; 1 unless each came out as the table wants."""
    names = args.scenario.split(",") if args.scenario else []
    chosen = cells.select(args.tier or (None if names else "test"), names, args.kernel)
    skipped = [(cell.name, cell.skip) for cell in chosen if cell.skip]
    chosen = [cell for cell in chosen if not cell.skip]
    ring = ring_of(args)
    results = paths.out / "results"
    if ring:
        (results / f"{ring}.json").unlink(missing_ok=True)

    print(f"KTAP version 1\n1..{len(chosen) + len(skipped)}", flush=True)
    outcomes = []
    for outcome in lanes.each(lambda cell: run_one(paths, cell, args.resume), chosen,
                              breadth_and_length):
        outcomes.append(outcome)
        report.print_cell(len(outcomes), outcome)
    for number, (name, reason) in enumerate(skipped, len(chosen) + 1):
        print(f"ok {number} {name} # SKIP {reason}")
    report.print_table(outcomes, skipped)

    total = report.counts(outcomes)
    report.write_json(results / f"{ring or 'selection'}.json", total)
    print(f"# {total['passed']} passed, {total['failed']} failed")
    return 1 if total["failed"] else 0


def parser() -> argparse.ArgumentParser:
    """All commands."""
    top = argparse.ArgumentParser(prog="rig", description="Boots Xen in QEMU and judges it.")
    commands = top.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="run cells of the table and judge them")
    run.add_argument("--tier", choices=cells.TIERS)
    run.add_argument("--scenario", metavar="NAME[,NAME]", help="scenarios or cells, of any tier")
    run.add_argument("--kernel", choices=KERNELS)
    run.add_argument("--resume", action="store_true",
                     help="keep what was as it should be on the same kernel, Xen and files")
    run.set_defaults(function=command_run)
    commands.add_parser("images", help="build the initramfs images").set_defaults(
        function=command_images)
    commands.add_parser("demo", help="boot Xen, dom0 and two guests, and say what they saw"
                        ).set_defaults(function=command_demo)
    commands.add_parser("bench", help="count instructions, pristine kernel against ours"
                        ).set_defaults(function=command_bench)
    commands.add_parser("selftest", help="test the rig's own verdict, without Xen"
                        ).set_defaults(function=command_selftest)
    commands.add_parser("list", help="list scenarios and cells").set_defaults(
        function=command_list)
    return top


def terminated(_signal: int, _frame: object) -> None:
    """Lets every cleanup run, QEMU's end among them."""
    raise KeyboardInterrupt


def main() -> int:
    """Errors that the user can mend are one line."""
    signal.signal(signal.SIGTERM, terminated)
    args = parser().parse_args()
    try:
        return args.function(paths_module.find(), args)
    except KeyboardInterrupt:
        say("rig: interrupted")
    except BrokenPipeError:
        pass
    except (RigError, OSError) as error:
        say(f"rig: {explain(error)}")
    return 1

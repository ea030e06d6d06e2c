# SPDX-License-Identifier: GPL-2.0-only
"""Lanes: how many QEMUs run at a time.  One that has to share a processor misses
its own deadlines, so a boot holds a lane for each processor that it emulates, in
every process of this machine that uses the same lock."""
import fcntl
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Callable, Iterator

from .paths import Paths

# A machine is given up to 4 GiB, QEMU and its images take the rest.
BYTES_PER_LANE = 5 << 30
POLL = 0.2

# Set when the program is told to end: whoever waits gives up.
stopping = threading.Event()


def check_stop() -> None:
    """Raises in each thread what the main one was told."""
    if stopping.is_set():
        raise KeyboardInterrupt


def count(processors: int | None = None, memory: int | None = None) -> int:
    """Lanes of this machine; at least one."""
    processors = processors or len(os.sched_getaffinity(0))
    memory = memory or os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return max(1, min(processors, memory // BYTES_PER_LANE))


def try_lock(path: Path, stack: ExitStack) -> bool:
    """Locks that file until the stack ends, unless somebody else has it."""
    # pylint: disable-next=consider-using-with
    lock = path.open("a", encoding="ascii")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        return False
    stack.enter_context(lock)
    return True


def wait_for(path: Path, stack: ExitStack) -> None:
    """Locks that file, however long it takes."""
    while not try_lock(path, stack):
        check_stop()
        time.sleep(POLL)


@contextmanager
def hold(paths: Paths, wanted: int) -> Iterator[None]:
    """Takes lanes.  Who waits for several stands at the gate meanwhile, so that
    those who need one do not overtake it for ever."""
    paths.lock.parent.mkdir(parents=True, exist_ok=True)
    lanes = [paths.lock.with_name(f"{paths.lock.name}.{number}") for number in range(count())]
    missing = min(wanted, len(lanes))
    with ExitStack() as held:
        with ExitStack() as gate:
            wait_for(paths.lock, gate)
            while missing:
                check_stop()
                free = next((lane for lane in lanes if try_lock(lane, held)), None)
                if free is None:
                    time.sleep(POLL)
                    continue
                lanes.remove(free)
                missing -= 1
        yield


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """One thread of one process at a time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as held:
        wait_for(path, held)
        yield


def each(work: Callable[[Any], Any], items: list, first: Callable[[Any], Any]) -> Iterator[Any]:
    """Does the work for every item, as many at a time as there are lanes, those that
    sort first before the others; yields the results in the order of the items."""
    with ThreadPoolExecutor(count()) as pool:
        try:
            futures = {number: pool.submit(work, items[number])
                       for number in sorted(range(len(items)), key=lambda n: first(items[n]))}
            for number in range(len(items)):
                yield futures[number].result()
        except BaseException:
            stopping.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise

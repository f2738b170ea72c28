"""How much memory this process and all it starts take together at their peak: polled by a process of its own.

No counter of the system's says it: that of ended children tells the largest alone, a control group's holds neighbours
and the disk's cache. What is counted is the proportional set size, in which each of n processes that share a page has
an n-th of it; a process that may not be looked at so deeply counts with its own pages, shared ones in full. A thread
could not look: processes of the grader are forked, and a fork copies the locks that another thread holds.
"""

from __future__ import annotations

import mmap
import os
import signal
import struct
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from d2l_kit.grading.crew import die_with_parent

PROC = Path("/proc")
_SHORTEST, _LONGEST = 0.1, 5.0  # seconds between two looks
_SHARE = 0.02  # of a core: what looking may cost, as long as that leaves no longer pause
_LAYOUT = struct.Struct("=Q?")


class Meter:
    """What was found so far, in memory that the one who looks shares with the one who reads."""

    def __init__(self) -> None:
        self._shared = mmap.mmap(-1, _LAYOUT.size)
        self.write(0, True)

    @property
    def peak(self) -> int:
        """Bytes; 0 where the system does not say."""
        return int(_LAYOUT.unpack_from(self._shared)[0])

    @property
    def exact(self) -> bool:
        """Whether pages that several processes shared were counted once at that moment."""
        return bool(_LAYOUT.unpack_from(self._shared)[1])

    def write(self, peak: int, exact: bool) -> None:
        """Put another peak in place of the last one."""
        _LAYOUT.pack_into(self._shared, 0, peak, exact)


@contextmanager
def metered() -> Iterator[Meter]:
    """Look on while the block runs."""
    meter = Meter()
    if sys.platform != "linux":
        yield meter
        return
    watched = os.getpid()
    pid = os.fork()
    if not pid:
        try:
            die_with_parent()
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # who is watched hears Ctrl-C, and ends this process
            _watch(watched, meter)
        finally:
            os._exit(0)
    try:
        yield meter
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def _watch(watched: int, meter: Meter) -> None:
    while os.getppid() == watched:
        begin = time.monotonic()
        used, exact = used_by(watched)  # this process too: half of the pages that it shares with its parent are its
        if used > meter.peak:
            meter.write(used, exact)
        time.sleep(min(max(_SHORTEST, (time.monotonic() - begin) / _SHARE), _LONGEST))


def used_by(root: int) -> tuple[int, bool]:
    """Bytes that a process and its descendants take now, and whether shared pages were counted once."""
    total, exact = 0, True
    for pid in family(root):
        with suppress(OSError, ValueError, IndexError):  # it has ended meanwhile
            try:
                total += _proportional(pid)
            except PermissionError:
                exact = False
                total += _own(pid)
    return total, exact


def family(root: int) -> set[int]:
    """A process and all that it started and they started, as far as they live."""
    parents = {int(each.name): _parent(each) for each in PROC.iterdir() if each.name.isdigit()}
    family, grown = set[int](), {root}
    while grown:
        family |= grown
        grown = {pid for pid, parent in parents.items() if parent in grown} - family
    return family


def _parent(process: Path) -> int:
    with suppress(OSError, ValueError, IndexError):
        # The name in parentheses is the process's own choice and may hold anything.
        return int((process / "stat").read_bytes().rpartition(b")")[2].split()[1])
    return 0


def _proportional(pid: int) -> int:
    for line in (PROC / str(pid) / "smaps_rollup").read_bytes().splitlines():
        if line.startswith(b"Pss:"):
            return int(line.split()[1]) * 1024
    return 0


def _own(pid: int) -> int:
    resident, shared = (PROC / str(pid) / "statm").read_bytes().split()[1:3]
    return (int(resident) - int(shared)) * mmap.PAGESIZE

"""Processes and their descendants: who they are, what memory they use, and how to end them all."""

from __future__ import annotations

import math
import os
import select
import signal
import time
from collections.abc import Callable, Collection, Iterable
from pathlib import Path

# What /proc/PID/maps calls memory that belongs to no file and is shared: anonymous, memfd_create, System V.
_SHARED_MEMORY = ("/dev/zero", "/memfd:", "/SYSV")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_STUBBORN_AFTER = 3  # rounds of killing that new children may outrun
_GIVE_UP_SECONDS = 10.0
_POLL_SECONDS = 0.002


def children(pid: int) -> list[int]:
    """The children of a process, zombies included."""
    found: list[int] = []
    try:
        for thread in Path(f"/proc/{pid}/task").iterdir():
            found += [int(each) for each in (thread / "children").read_text(encoding="ascii").split()]
    except FileNotFoundError:
        # No such process or thread any more, or a kernel without CONFIG_PROC_CHILDREN.
        return [] if Path("/proc/self/task", str(os.getpid()), "children").exists() else _children_by_search(pid)
    except ProcessLookupError:
        return []  # it has ended while we looked
    return found


def threads() -> int:
    """How many threads this process has."""
    return sum(1 for _ in Path("/proc/self/task").iterdir())


def descendants(pid: int) -> list[int]:
    """All processes below one, nearest first."""
    found, ahead = [], [pid]
    while ahead:
        below = children(ahead.pop(0))
        found += below
        ahead += below
    return found


def private_bytes(pid: int) -> int:
    """Memory of one process that is backed by no file and shared with nobody on purpose; 0 if it is gone."""
    try:
        fields = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return (int(fields[1]) - int(fields[2])) * _PAGE_BYTES


def shared_bytes(pids: Iterable[int]) -> int:
    """Memory without a file that processes have mapped to share it, each piece of it counted once.

    What is mapped counts, whether it has been touched or not. Of a process whose mappings may not be read, what it has
    touched counts, though another may have the same.
    """
    pieces: dict[tuple[str, str], int] = {}
    unknown = 0
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/maps").read_text(encoding="utf-8", errors="replace").splitlines()
        except (FileNotFoundError, ProcessLookupError):
            continue
        except PermissionError:
            unknown += _shared_resident_bytes(pid)
            continue
        for piece, size in _shared_pieces(lines).items():
            pieces[piece] = max(pieces.get(piece, 0), size)
    return sum(pieces.values()) + unknown


def _shared_pieces(lines: Iterable[str]) -> dict[tuple[str, str], int]:
    """(device, inode) → how much of it one process has mapped."""
    pieces: dict[tuple[str, str], int] = {}
    for line in lines:
        span, access, _offset, device, inode, *path = line.split(maxsplit=5)
        if access[3] == "s" and path and path[0].startswith(_SHARED_MEMORY):
            start, _, end = span.partition("-")
            pieces[device, inode] = pieces.get((device, inode), 0) + int(end, 16) - int(start, 16)
    return pieces


def _shared_resident_bytes(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace").splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return sum(int(line.split()[1]) << 10 for line in lines if line.startswith("RssShmem:"))


def await_end(pid: int, seconds: float | None) -> bool:
    """Wait until a child has ended, for ever with None; it is left to be collected, so that its number
    stays taken.
    """
    try:
        descriptor = os.pidfd_open(pid)
    except OSError:
        return _await_end_by_polling(pid, seconds)  # a kernel before 5.3
    try:
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        return bool(poll.poll(None if seconds is None else max(0.0, seconds) * 1000))
    finally:
        os.close(descriptor)


def kill_strays(keep: Collection[int], last_resort: Callable[[], None] | None) -> None:
    """End every child that this process adopted, and all below them.

    Workers are subreapers, so the orphans of a living worker stay below it. What is a child of ours and in
    none of `keep` has lost its worker. Ending one can hand us its children, hence the rounds. A worker that
    forks faster than we read needs `last_resort`, which ends all of its account in one call.

    Raises:
        TimeoutError: Some process cannot be ended.
    """
    deadline = time.monotonic() + _GIVE_UP_SECONDS
    rounds = 0
    while strays := [pid for pid in children(os.getpid()) if pid not in keep]:
        rounds += 1
        if time.monotonic() > deadline:
            raise TimeoutError(f"processes {strays} of a worker cannot be ended")
        if rounds > _STUBBORN_AFTER and last_resort is not None:
            last_resort()
        for pid in [below for stray in strays for below in descendants(stray)] + strays:
            kill(pid)
        for pid in strays:
            os.waitpid(pid, 0)


def kill(pid: int) -> None:
    """Send SIGKILL to a process that may be gone already."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def kill_group(pid: int) -> None:
    """Send SIGKILL to a worker and to what stayed in its process group."""
    kill(pid)
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return  # no group: it ended before `setsid`; macOS refuses when only zombies are left


def _await_end_by_polling(pid: int, seconds: float | None) -> bool:
    deadline = math.inf if seconds is None else time.monotonic() + seconds
    while os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        if time.monotonic() >= deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def _children_by_search(pid: int) -> list[int]:
    """Look through all processes, where the kernel keeps no lists of children."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and _parent(folder) == pid:
            found.append(int(folder.name))
    return found


def _parent(folder: Path) -> int:
    try:
        # The name, in parentheses, may itself hold blanks and parentheses.
        after_name = (folder / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2]
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return int(after_name.split()[1])

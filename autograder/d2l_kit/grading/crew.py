"""Sharing work out over several processes of the grader, forked from one that has collected everything.

The parent hands out indices one at a time and takes results back as JSON; it alone writes. A child that dies is a
problem with a name, and the others go on.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import selectors
import signal
import struct
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from d2l_kit.errors import KitError

PR_SET_PDEATHSIG = 1
Work = Callable[[int, int], dict[str, Any]]


@dataclass(frozen=True)
class Answer:
    """The result of one piece of work as plain JSON, or the problem that prevented it."""

    index: int
    result: dict[str, Any] | None = None
    problem: str = ""


@dataclass
class _Child:
    pid: int  # negative once it has ended by itself
    orders: int
    answers: int
    index: int
    buffer: bytearray


def share(count: int, jobs: int, work: Work, took: Callable[[Answer], None], names: Sequence[str]) -> None:
    """Call `work(job, index)` for every index below `count`, in `jobs` processes; `took` hears of each as it ends."""
    if jobs == 1:
        for index in range(count):
            took(_one(work, 0, index, names))
        return
    waiting = iter(range(count))
    children: dict[int, _Child] = {}
    for job in range(jobs):
        child = _start(job, work, names, list(children.values()))
        children[child.answers] = child
    try:
        _distribute(children, waiting, took, names)
        for index in waiting:  # every process has ended before its time
            took(Answer(index, problem=f"{names[index]}: no process of the grader was left for it."))
    finally:
        for child in children.values():
            os.close(child.orders)
            os.kill(abs(child.pid), signal.SIGKILL)
            os.waitpid(abs(child.pid), 0)
            os.close(child.answers)


def _distribute(
    children: dict[int, _Child], waiting: Iterator[int], took: Callable[[Answer], None], names: Sequence[str]
) -> None:
    with selectors.DefaultSelector() as selector:
        for child in children.values():
            selector.register(child.answers, selectors.EVENT_READ)
            if not _order(child, waiting):
                selector.unregister(child.answers)
        while selector.get_map():
            for key, _events in selector.select():
                child = children[key.fd]
                answer = _take(child, names)
                if answer is None:
                    continue
                took(answer)
                if child.pid < 0 or not _order(child, waiting):
                    selector.unregister(child.answers)


def _order(child: _Child, waiting: Iterator[int]) -> bool:
    index = next(waiting, None)
    if index is None:
        return False
    child.index = index
    with contextlib.suppress(BrokenPipeError):  # it has ended: its answers' end tells next
        os.write(child.orders, struct.pack("!I", index))
    return True


def _take(child: _Child, names: Sequence[str]) -> Answer | None:
    data = os.read(child.answers, 1 << 20)
    if not data:
        child.pid = -child.pid
        return Answer(child.index, problem=f"{names[child.index]}: a process of the grader ended unexpectedly.")
    child.buffer += data
    if len(child.buffer) < 4:
        return None
    (size,) = struct.unpack("!I", child.buffer[:4])
    if len(child.buffer) < 4 + size:
        return None
    document = json.loads(bytes(child.buffer[4 : 4 + size]))
    del child.buffer[: 4 + size]
    return Answer(child.index, document["result"], document["problem"])


def _start(job: int, work: Work, names: Sequence[str], siblings: Sequence[_Child]) -> _Child:
    orders_read, orders_write = os.pipe()
    answers_read, answers_write = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        os.close(orders_read)
        os.close(answers_write)
        return _Child(pid, orders_write, answers_read, 0, bytearray())
    try:
        die_with_parent()
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent hears Ctrl-C and ends its children
        # A sibling's end left open here would keep that sibling waiting when the parent is gone.
        for fd in (orders_write, answers_read, *(fd for s in siblings for fd in (s.orders, s.answers))):
            os.close(fd)
        while len(data := os.read(orders_read, 4)) == 4:
            answer = _one(work, job, struct.unpack("!I", data)[0], names)
            text = json.dumps({"result": answer.result, "problem": answer.problem}).encode("ascii")
            _write_all(answers_write, struct.pack("!I", len(text)) + text)
    except BaseException:  # said here, since nobody sees how this process ends
        traceback.print_exc()
    finally:
        os._exit(0)


def die_with_parent() -> None:
    """Else a child whose parent was killed would first grade its submission to the end, for nobody."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)


def _one(work: Work, job: int, index: int, names: Sequence[str]) -> Answer:
    try:
        return Answer(index, work(job, index))
    except KitError as error:
        return Answer(index, problem=f"{names[index]}: {error}")
    except Exception as error:  # ours, whatever it is: no report, and no harm to the others
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{place.filename}:{place.lineno}"
        return Answer(index, problem=f"{names[index]}: the grader broke at {where}: {type(error).__name__}: {error}")


def _write_all(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view.nbytes:
        view = view[os.write(fd, view) :]

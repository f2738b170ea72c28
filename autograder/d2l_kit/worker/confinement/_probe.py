"""Find out what this machine offers, by doing all of it in a process that ends afterwards.

That a single call succeeds proves little: Ubuntu lets anyone make a user namespace and then refuses every
mount in it. So a probe becomes a zygote, forks a worker, confines it, and the worker tries what must fail.
"""

from __future__ import annotations

import errno
import json
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

from ._model import Level, Plan, Report, Step, Unavailable, WorkerLimits
from ._zygote import ONLY_LINUX, enter

_DEADLINE_SECONDS = 30.0
_MIB = 1 << 20
_WORKER_STATUS = 23
_LAST_STEP = "worker ended and collected"
_OUR_FAULT = "this is a fault of the kit's or of the machine's: please report it with this output"
_LIMITS = WorkerLimits(
    cpu_seconds=10,
    memory_bytes=256 * _MIB,
    processes=16,
    file_bytes=_MIB,
    scratch_bytes=_MIB,
    loopback=True,
)


def probe(level: Level) -> Report:
    """Try a level. It takes some tens of milliseconds, more in a process that holds much memory."""
    if level is Level.NONE:
        return Report(level, (Step("nothing to try", "PASS"),))
    if sys.platform != "linux":
        reason = f"{sys.platform} has not what it takes"
        return Report(level, (Step("operating system", "FAIL", reason, ONLY_LINUX),))
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        _try(level, writing)
    os.close(writing)
    try:
        text = _read_until_closed(reading, _DEADLINE_SECONDS)
    finally:
        os.close(reading)
        os.kill(pid, signal.SIGKILL)  # it has ended, unless it hangs
        os.waitpid(pid, 0)
    return Report(level, tuple(_steps(text)))


def best_level() -> Level:
    """The highest level of which every step passes here."""
    return next(level for level in sorted(Level, reverse=True) if probe(level).ok)


def _try(level: Level, writing: int) -> NoReturn:
    """Run in the child: tell each step on a line of JSON, and `end` after the last."""

    def tell(*step: str) -> None:
        os.write(writing, (json.dumps(step) + "\n").encode())

    try:
        os.closerange(3, writing)
        os.closerange(writing + 1, os.sysconf("SC_OPEN_MAX"))
        _try_steps(level, tell)
    except Unavailable as error:
        for name in error.done:
            tell(name, "PASS")
        tell(error.step, "FAIL", error.reason, error.remedy)
    except BaseException as error:
        tell("probe", "FAIL", f"{type(error).__name__}: {error}", _OUR_FAULT)
    finally:
        os._exit(0)


def _try_steps(level: Level, tell: Callable[..., None]) -> None:
    zygote = enter(Plan(level))
    for name in zygote.mechanisms:
        tell(name, "PASS")
    pid = zygote.fork()
    if pid == 0:
        held = zygote.confine(_LIMITS, slot=0)
        for name in held.mechanisms[len(zygote.mechanisms) :]:
            tell(name, "PASS")
        for name, attempt, expected in _forbidden(level):
            tell(name, *_verdict(attempt, expected))
        os._exit(_WORKER_STATUS)
    ended = zygote.reap(pid, slot=0, kill=False, grace=_DEADLINE_SECONDS / 2)
    if os.waitstatus_to_exitcode(ended.status) == _WORKER_STATUS:
        tell(_LAST_STEP, "PASS")
    else:
        tell(_LAST_STEP, "FAIL", f"it ended with status {ended.status}", _OUR_FAULT)


def _forbidden(level: Level) -> Iterator[tuple[str, Callable[[], object], tuple[int, ...]]]:
    """What a worker tries, and the errors that show it is kept from it."""
    import resource  # not on Windows; this runs on Linux only

    from . import _kernel

    raised = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    yield "limits cannot be raised", lambda: resource.setrlimit(resource.RLIMIT_NPROC, raised), (errno.EPERM,)
    if level >= Level.LANDLOCK:
        yield (
            "files off the list are closed",
            lambda: next(Path("/var").iterdir()),
            (errno.EACCES, errno.ENOENT),
        )
        yield "no network", _reach_out, (errno.EPERM, errno.ENETUNREACH)
        yield "no new namespaces", lambda: _kernel.unshare(_kernel.NEWUSER), (errno.EPERM,)
    if level is Level.LANDLOCK:
        yield "no signals to the zygote", lambda: os.kill(os.getppid(), 0), (errno.EPERM,)
    if level is Level.NAMESPACES:
        yield "no other processes in sight", _see_others, (errno.ESRCH,)


def _reach_out() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as outward:
        outward.connect(("192.0.2.1", 9))  # an address for documentation; nothing is sent


def _see_others() -> None:
    own = str(os.getpid())
    if not any(folder.name.isdigit() and folder.name != own for folder in Path("/proc").iterdir()):
        raise ProcessLookupError(errno.ESRCH, os.strerror(errno.ESRCH))


def _verdict(attempt: Callable[[], object], expected: tuple[int, ...]) -> tuple[str, ...]:
    try:
        attempt()
    except OSError as error:
        if error.errno in expected:
            return ("PASS",)
        return ("FAIL", f"it failed, but in an unforeseen way: {error}", _OUR_FAULT)
    except ValueError:
        return ("PASS",)  # what `setrlimit` raises for EPERM
    return ("FAIL", "the worker could do it", _OUR_FAULT)


def _read_until_closed(descriptor: int, seconds: float) -> str:
    deadline = time.monotonic() + seconds
    received = b""
    while (left := deadline - time.monotonic()) > 0:
        if not select.select([descriptor], [], [], left)[0]:
            break
        if not (part := os.read(descriptor, 65536)):
            return received.decode()
        received += part
    return received.decode()


def _steps(text: str) -> Iterator[Step]:
    """The steps told. The last must be there or one must have failed: silence is no success."""
    complete = False
    for line in text.splitlines():
        name, verdict, *rest = json.loads(line)
        complete = complete or name == _LAST_STEP or verdict == "FAIL"
        yield Step(name, verdict, *rest)
    if not complete:
        yield Step(_LAST_STEP, "FAIL", "the probe ended or hung before it was done", _OUR_FAULT)

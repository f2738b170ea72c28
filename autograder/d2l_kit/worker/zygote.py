"""The zygote: a warm process with torch and nothing secret, from which every worker is forked.

Theory of operation. The grader holds one end of a sequenced-packet socket for each of its processes, the zygote the
others; a packet is a small JSON request, descriptors ride along (SCM_RIGHTS). The zygote first locks itself in, then
imports torch, then serves. It answers one request at a time and never waits for a worker longer than it is told to.
It has one thread when it forks: a child of a process with an OpenMP pool would hang in its first parallel operation.

    spawn {limits, slot} + [channel, out, err]  ->  {pid}
    end   {pid, slot, kill, grace}              ->  {status, cpu, oom}
    memory {pid}                                ->  {bytes}
"""

from __future__ import annotations

import array
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from d2l_kit.worker import pages

if TYPE_CHECKING:
    from d2l_kit.worker import confinement

PACKET = 1 << 16
CHANNEL_FD = 3


def serve(controls: Sequence[socket.socket], config: Mapping[str, Any]) -> None:
    """Lock this process in, warm it up, and answer until every control socket is closed. Never returns normally.

    Args:
        controls: One socket for each process of the grader; the first also gets the greeting.
        config: {"plan": {level, readable, hidden, devices}, "prewarm": [module names], "many": whether so many workers
            are to come that making forks cheap pays}.
    """
    from d2l_kit.worker import confinement

    plan = config["plan"]
    level = confinement.Level.parse(plan["level"])
    try:
        listed = (tuple(plan[name]) for name in ("readable", "hidden", "devices"))
        zygote = confinement.enter(confinement.Plan(level, *listed))
    except confinement.Unavailable as error:
        _send(controls[0], {"unavailable": {k: str(getattr(error, k)) for k in ("step", "reason", "remedy")}})
        return
    try:
        _warm_up(config["prewarm"])
        if config["many"]:
            pages.make_huge()
        threads = _threads()
        if threads != 1:
            raise RuntimeError(f"the zygote has {threads} threads; a fork of it could hang")
    except Exception as error:
        _send(controls[0], {"failed": f"{type(error).__name__}: {error}"})
        return
    _send(controls[0], {"ready": True})
    _answer_all(list(controls), zygote)


def _warm_up(modules: Sequence[str]) -> None:
    gc.disable()  # a tenth of the time that torch takes to import goes into collecting what nobody has dropped
    for name in ("torch", "numpy.random", "d2l_kit.worker.codec", "d2l_kit.worker.runner", *modules):
        importlib.import_module(name)
    gc.freeze()  # a child's garbage collection must not copy the zygote's pages
    gc.enable()


def _threads() -> int:
    try:
        return len(os.listdir("/proc/self/task"))  # noqa: PTH208
    except OSError:
        import threading

        return threading.active_count()


def _answer_all(controls: list[socket.socket], zygote: confinement.Zygote) -> None:
    poller = select.poll()
    by_fd = {control.fileno(): control for control in controls}
    for fd in by_fd:
        poller.register(fd, select.POLLIN)
    while by_fd:
        for fd, _event in poller.poll():
            received = _receive(by_fd[fd])
            if received is None:
                poller.unregister(fd)
                by_fd.pop(fd).close()
                continue
            request, fds = received
            _send(by_fd[fd], _answer(request, fds, zygote))


def _answer(request: Mapping[str, Any], fds: Sequence[int], zygote: confinement.Zygote) -> dict[str, Any]:
    try:
        if request["op"] == "spawn":
            return {"pid": _spawn(request, fds, zygote)}
        if request["op"] == "memory":
            return {"bytes": zygote.memory_used(request["pid"])}
        status, usage, oom = zygote.reap(request["pid"], request["slot"], kill=request["kill"], grace=request["grace"])
        return {"status": status, "cpu": usage.ru_utime + usage.ru_stime, "oom": oom}
    except Exception as error:  # it is told to the grader, and is no verdict
        return {"failed": f"{request['op']}: {type(error).__name__}: {error}"}
    finally:
        for fd in fds:
            os.close(fd)


def _spawn(request: Mapping[str, Any], fds: Sequence[int], zygote: confinement.Zygote) -> int:
    pid = zygote.fork()
    if pid:
        return pid
    status = 1
    try:
        _become_worker(request, fds, zygote)
        status = 0
    except BaseException as error:  # whatever it is, this child must not go on as a second zygote
        os.write(2, f"worker: {type(error).__name__}: {error}\n".encode("utf-8", "backslashreplace"))
    finally:
        os._exit(status)


def _become_worker(request: Mapping[str, Any], fds: Sequence[int], zygote: confinement.Zygote) -> None:
    from d2l_kit.worker import confinement, runner

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the grader's to handle
    null = os.open(os.devnull, os.O_RDONLY)
    # Descriptors may already lie on 0..3: move them out of the way before they are put in place.
    high = [os.dup(fd) if fd > CHANNEL_FD else _dup_above(fd) for fd in fds]
    os.dup2(null, 0)
    for target, fd in zip((CHANNEL_FD, 1, 2), high, strict=True):
        os.dup2(fd, target)
    zygote_fds = getattr(zygote, "keep_fds", ())
    _close_all_but({0, 1, 2, CHANNEL_FD, *zygote_fds})
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - lives as long as the worker
    sys.stdout = open(1, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False)  # noqa: SIM115
    held = zygote.confine(confinement.WorkerLimits(**request["limits"]), request["slot"])
    runner.serve(runner.Channel(CHANNEL_FD, CHANNEL_FD), held.as_dict())


def _dup_above(fd: int) -> int:
    import fcntl

    return fcntl.fcntl(fd, fcntl.F_DUPFD, CHANNEL_FD + 1)


def _close_all_but(kept: set[int]) -> None:
    low = 0
    for fd in [*sorted(kept), 65536]:
        if low < fd:  # closerange(0, 0) would close them all
            os.closerange(low, fd)
        low = fd + 1


def _send(control: socket.socket, data: Mapping[str, Any]) -> None:
    try:
        control.sendall(json.dumps(data).encode("ascii"))
    except OSError:
        return  # the grader's process on that side has gone; its socket reads as closed next


def _receive(control: socket.socket) -> tuple[dict[str, Any], list[int]] | None:
    data, ancillary, _flags, _address = control.recvmsg(PACKET, socket.CMSG_SPACE(4 * array.array("i").itemsize))
    fds = array.array("i")
    for _level, _kind, content in ancillary:
        fds.frombytes(content[: len(content) - len(content) % fds.itemsize])
    return (json.loads(data), list(fds)) if data else None


def _main() -> None:
    """A zygote as a fresh interpreter: argv holds the descriptors of its control sockets; its config comes first."""
    controls = [socket.socket(fileno=int(fd)) for fd in sys.argv[1:]]
    received = _receive(controls[0])
    if received is not None:
        serve(controls, received[0])


if __name__ == "__main__":
    _main()

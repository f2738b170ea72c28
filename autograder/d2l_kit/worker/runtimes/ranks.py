"""Runs a probe on several ranks: processes forked from this one, joined into one process group.

A rank that raises, exits, dies, hangs or never comes to a collective must end in a plain answer that says so, soon.
So no rank ends by itself: it writes its answer and stays, for one that hangs up makes its neighbours raise errors of
their own. This process watches. When all have answered, or all that have not wait in a communication and nothing has
moved for a while, or the time is over, it ends every one of them, and what they started.
"""

from __future__ import annotations

import contextlib
import datetime
import faulthandler
import os
import re
import signal
import sys
import tempfile
import time
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist

from d2l_kit.worker import codec, protocol, runner
from d2l_kit.worker.runtimes import communication
from d2l_kit.worker.runtimes.communication import Board, Log, Status

STALL_SECONDS = 1.0  # nothing has moved for so long while all wait for each other: nothing ever will
PATIENCE = 5  # times as long, while a thread that could go on has not had its turn: the machine is busy
POLL_SECONDS = 0.002
QUIET_SECONDS = 0.03
HOLD_SECONDS = 1.0
STACK_SECONDS = 0.2
GROUP_SECONDS = 60.0  # on top: the group's own time-out must never be the first to strike
MAX_LOG = 8 << 20
MAX_RANKS = 16

FINISHED, STALLED, LATE = "finished", "stalled", "late"
_LOOPBACK = "lo"
_SET_DEATH_SIGNAL = 1


@dataclass(frozen=True)
class Rank:
    """Where a probe finds itself: its second argument.

    Attributes:
        rank: Its number.
        world_size: How many ranks there are.
    """

    rank: int
    world_size: int
    _log: Log

    def mark(self, label: str) -> None:
        """Put a point into this rank's log, to be compared with when its communications were issued."""
        self._log.mark(label)

    def tell(self, name: str, number: int) -> None:
        """Put up a number under a name, such as how far this rank has come, for the other ranks to read."""
        self._log.tell(name, number)

    def told(self, rank: int, name: str) -> int:
        """The number that a rank has put up last under a name; 0 as long as there is none."""
        return int(self._log.board.read(rank).told.get(name, 0))

    def hold_back(
        self,
        seconds: float = HOLD_SECONDS,
        until: Callable[[], bool] | None = None,
        others: Sequence[int] | None = None,
        quiet: float = QUIET_SECONDS,
    ) -> bool:
        """Be late: go on only when every other rank waits in a communication or has finished, or time is up.

        Where a right solution must be given its time, wait for an event, and let `quiet` be so long that no machine is
        too busy for that. Where a wrong one is to be given the occasion to show itself, a short `quiet` will do.

        Args:
            seconds: How long at most.
            until: Go on also as soon as this is true; it may ask what other ranks have `told`.
            others: Whose waiting is looked at, all others by default. Leave ranks out that are held back themselves, or
                whose student may wait for a thread instead.
            quiet: For how many seconds no rank at all must have moved meanwhile; more while one waits for a processor.

        Returns:
            Whether `until` was true.
        """
        looked_at = [rank for rank in range(self.world_size) if rank != self.rank] if others is None else others
        deadline, since, before = time.monotonic() + seconds, time.monotonic(), None
        while (now := time.monotonic()) < deadline:
            if until is not None and until():
                return True
            statuses = [self._log.board.read(rank) for rank in range(self.world_size)]
            if statuses != before or not all(statuses[rank].held or statuses[rank].finished for rank in looked_at):
                before, since = statuses, now
            elif _still([*statuses[: self.rank], *statuses[self.rank + 1 :]], now - since, quiet):
                break
            time.sleep(POLL_SECONDS)
        return until is not None and until()


@dataclass(frozen=True)
class _Meeting:
    """What all ranks of one run share."""

    module: types.ModuleType
    source: str
    name: str
    world_size: int
    each: Sequence[Sequence[Any]]
    args: Sequence[Any]
    timeout: float
    detail: bool
    folder: str
    board: Board
    start: float

    def path(self, kind: str, rank: int) -> Path:
        """A file of one rank's."""
        return Path(self.folder, f"{kind}-{rank}")


def run(
    module: types.ModuleType,
    source: str,
    name: str,
    world_size: int,
    each: Sequence[Sequence[Any]],
    args: Sequence[Any],
    timeout: float,
    detail: bool = False,
) -> dict[str, Any]:
    """Run a probe `(module, here, *each[rank], *args)` on every rank, `here` being a `Rank`.

    Args:
        module: The student's.
        source: The probe's text.
        name: Its name.
        world_size: How many ranks.
        each: For each rank its own first arguments, or nothing at all.
        args: Arguments that all ranks get after them.
        timeout: Seconds until whatever still runs is ended.
        detail: Have torch itself compare collectives between ranks, at the price of a barrier in each.

    Returns:
        {"end": why the watch ended, "ranks": a dictionary for each}; see `_answer`.
    """
    if not 1 <= world_size <= MAX_RANKS or (each and len(each) != world_size):
        raise ValueError(f"{world_size} ranks, arguments for {len(each)}: at most {MAX_RANKS}, and one for each")
    if "torch._dynamo" in sys.modules:
        # Joining a group does so. In each rank, to free what it shares with the others would cost a copy of it.
        torch._dynamo.trace_rules.clear_lru_cache()
    with tempfile.TemporaryDirectory(prefix="ranks-") as folder:
        board, start = Board(world_size), time.monotonic()
        meeting = _Meeting(module, source, name, world_size, each, args, timeout, detail, folder, board, start)
        pids: list[int] = []
        codes: dict[int, int] = {}  # of ranks that have ended by themselves
        try:
            for rank in range(world_size):
                pids.append(_fork(meeting, rank))
            end = _watch(meeting, pids, codes)
            _ask_where(meeting, pids, codes)
        finally:
            _end(pids, codes)
        return {"end": end, "ranks": [_answer(meeting, rank, codes.get(rank)) for rank in range(world_size)]}


def _fork(meeting: _Meeting, rank: int) -> int:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):  # replaced by the student; else the text would come once per rank
            stream.flush()
    pid = os.fork()
    if pid == 0:
        try:
            _be(meeting, rank)
        finally:
            os._exit(70)
    return pid


def _be(meeting: _Meeting, rank: int) -> None:
    """A rank's whole life."""
    os.setsid()  # a group of its own, which ends with it
    _die_with_parent()
    torch.set_num_threads(1)
    descriptor = os.open(meeting.path("log", rank), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    file = str(getattr(meeting.module, "__file__", ""))
    log = Log(rank, meeting.board, descriptor, file, meeting.start)
    stacks = meeting.path("stack", rank).open("w", encoding="utf-8")
    faulthandler.register(signal.SIGUSR1, file=stacks, all_threads=False)
    outcome = _attempt(meeting, rank, log, file)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
    _write(meeting.path("answer", rank), outcome, time.monotonic() - meeting.start)
    log.finish()
    while True:
        signal.pause()


def _attempt(meeting: _Meeting, rank: int, log: Log, file: str) -> tuple[str, Any]:
    """What the probe does on this rank: a word for how it ended, and its value or reason."""
    try:
        probe = runner.compile_probe(meeting.source, meeting.name, runner.probe_names())
        _join(meeting, rank)
        own = meeting.each[rank] if meeting.each else ()
        with communication.install(log):
            return "returned", probe(meeting.module, Rank(rank, meeting.world_size, log), *own, *meeting.args)
    except SystemExit as error:
        return "exited", str(error.code)[:100]
    except BaseException as error:  # KeyboardInterrupt and the student's own included
        return "raised", runner.describe_exception(error, file)


def _join(meeting: _Meeting, rank: int) -> None:
    if Path("/sys/class/net", _LOOPBACK).exists():
        os.environ["GLOO_SOCKET_IFNAME"] = _LOOPBACK  # or gloo looks its own host name up
    if meeting.detail:
        dist.set_debug_level(dist.DebugLevel.DETAIL)  # type: ignore[attr-defined]
    dist.init_process_group(
        "gloo",
        init_method=Path(meeting.folder, "rendezvous").as_uri(),
        rank=rank,
        world_size=meeting.world_size,
        timeout=datetime.timedelta(seconds=meeting.timeout + GROUP_SECONDS),
    )


def _die_with_parent() -> None:
    """Where the grader ends this rank's parent, nobody else would end the rank. Linux; elsewhere nothing."""
    with contextlib.suppress(Exception):
        import ctypes

        ctypes.CDLL(None).prctl(_SET_DEATH_SIGNAL, signal.SIGKILL)


def _write(path: Path, outcome: tuple[str, Any], at: float) -> None:
    word, content = outcome
    payload = None
    if word == "returned":
        try:
            payload, content = codec.encode(content), None
        except codec.NotPlainData as error:
            word, content = "refused", str(error)
    try:
        _put(path, protocol.message({"outcome": word, "content": content, "at": at}, payload))
    except OSError as error:
        text = f"what it returned could not be kept: {error.strerror}"
        _put(path, protocol.message({"outcome": "refused", "content": text, "at": at}))


def _put(path: Path, buffers: Sequence[bytes | memoryview]) -> None:
    with path.open("wb") as file:
        for buffer in buffers:
            file.write(buffer)


def _watch(meeting: _Meeting, pids: Sequence[int], codes: dict[int, int]) -> str:
    """Wait for the end, and note who ends without having been ended; why the end came."""
    deadline = time.monotonic() + meeting.timeout
    since, before = time.monotonic(), None
    while True:
        for rank, pid in enumerate(pids):
            if rank not in codes and (ended := os.waitpid(pid, os.WNOHANG))[0]:
                codes[rank] = os.waitstatus_to_exitcode(ended[1])
        now = time.monotonic()
        statuses = [meeting.board.read(rank) for rank in range(meeting.world_size) if rank not in codes]
        if all(status.finished for status in statuses):
            return FINISHED
        if statuses != before or not all(status.held or status.finished for status in statuses):
            before, since = statuses, now
        elif _still(statuses, now - since, STALL_SECONDS):
            return STALLED
        if now >= deadline:
            return LATE
        time.sleep(POLL_SECONDS)


def _still(statuses: Sequence[Status], passed: float, seconds: float) -> bool:
    """Whether ranks that have not moved for some time never will, rather than wait for a processor."""
    return passed >= seconds and (passed >= PATIENCE * seconds or not any(status.busy for status in statuses))


def _ask_where(meeting: _Meeting, pids: Sequence[int], codes: Mapping[int, int]) -> None:
    """Have every rank that has not answered write down the line it is in."""
    silent = [r for r in range(len(pids)) if r not in codes and not meeting.board.read(r).finished]
    for rank in silent:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pids[rank], signal.SIGUSR1)
    deadline = time.monotonic() + STACK_SECONDS
    while time.monotonic() < deadline and any(_size(meeting.path("stack", rank)) == 0 for rank in silent):
        time.sleep(POLL_SECONDS)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _end(pids: Sequence[int], codes: Mapping[int, int]) -> None:
    """End the ranks and what they started in their groups, and collect them."""
    for rank, pid in enumerate(pids):
        if rank not in codes:  # else collected already, and the number may be another's
            os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError, PermissionError):  # no group: it had not come to make one
            os.killpg(pid, signal.SIGKILL)
    for rank, pid in enumerate(pids):
        if rank not in codes:
            os.waitpid(pid, 0)
        with contextlib.suppress(ChildProcessError):  # orphans of its group, where this process adopts them
            while os.waitpid(-pid, 0)[0]:
                continue


def _answer(meeting: _Meeting, rank: int, code: int | None) -> dict[str, Any]:
    """What is known of a rank.

    Returns:
        outcome: "returned", "raised", "exited", "refused", or without an answer "died" or "silent".
        value, raised, text: What it answered.
        at: Seconds from the start until it did, -1 if it did not.
        log: Its log, lines of JSON.
        waits: What it waited in when the watch ended.
        line: The line of the student's file where it was then, 0 if in none.
    """
    log = meeting.path("log", rank)
    known: dict[str, Any] = {"value": None, "raised": None, "text": "", "at": -1.0, "waits": [], "line": 0}
    known["log"] = log.read_bytes()[:MAX_LOG] if log.exists() else b""
    answer = meeting.path("answer", rank)
    finished = meeting.board.read(rank).finished
    if finished and answer.exists():
        return known | _read(answer)
    if code is not None:
        return known | {"outcome": "died", "text": _ending(code)}
    waits = [dict(wait) for wait in meeting.board.read(rank).waits]
    return known | {"outcome": "silent", "waits": waits, "line": _line(meeting, rank)}


def _read(path: Path) -> dict[str, Any]:
    data = memoryview(path.read_bytes())
    size = protocol.PREFIX.size
    header, _body = protocol.sizes(bytes(data[:size]), len(data))
    meta, value = protocol.split_header(data[size : size + header])
    found = {"outcome": meta["outcome"], "at": meta["at"]}
    if meta["outcome"] == "returned":
        return found | {"value": codec.decode(value, data[size + header :])}
    return found | {"raised" if meta["outcome"] == "raised" else "text": meta["content"]}


def _ending(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"signal {signal.Signals(-code).name}"
    except ValueError:
        return f"signal {-code}"


def _line(meeting: _Meeting, rank: int) -> int:
    path = meeting.path("stack", rank)
    text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
    file = re.escape(str(getattr(meeting.module, "__file__", "")))
    found = re.search(rf'File "{file}", line (\d+)', text)
    return int(found.group(1)) if found else 0

"""What a rank says about its communication: a log of its calls, and what it waits in at this moment.

Collectives are seen by a dispatch mode, since DistributedDataParallel and others call them from C++, past
everything in Python that could be replaced. A mode is its thread's own, so calls in threads that the student starts
are wrapped one by one. What a rank waits in stands in memory shared with its parent, which can read it when the
rank can no longer say anything. All of it is *observed*: it lives beside the student's code.
"""

from __future__ import annotations

import contextlib
import json
import mmap
import os
import struct
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch.distributed as dist
from torch import Tensor
from torch.distributed import ProcessGroup
from torch.distributed.distributed_c10d import Work
from torch.distributed.distributed_c10d import _resolve_process_group as resolve  # type: ignore[attr-defined]
from torch.utils._python_dispatch import TorchDispatchMode

MAX_EVENTS = 20_000
MAX_FRAMES = 200
SLOT_BYTES = 4096
MAX_TOLD = 1024
READ_ATTEMPTS = 50

# Several operators are one operation under an old name, a new name, and for several tensors at once.
OPERATIONS = {
    "send": "send",
    "isend": "send",
    "recv_": "recv",
    "irecv": "recv",
    "recv_any_source_": "recv",
    "barrier": "barrier",
    "monitored_barrier_": "barrier",
    "broadcast_": "broadcast",
    "broadcast": "broadcast",
    "gather_": "gather",
    "scatter_": "scatter",
    "reduce_": "reduce",
    "allreduce_": "all_reduce",
    "allreduce_coalesced_": "all_reduce",
    "all_reduce": "all_reduce",
    "all_reduce_": "all_reduce",
    "all_reduce_coalesced": "all_reduce",
    "all_reduce_coalesced_": "all_reduce",
    "allgather_": "all_gather",
    "_allgather_base_": "all_gather",
    "allgather_coalesced_": "all_gather",
    "allgather_into_tensor_coalesced_": "all_gather",
    "all_gather_into_tensor": "all_gather",
    "all_gather_into_tensor_out": "all_gather",
    "all_gather_into_tensor_coalesced": "all_gather",
    "reduce_scatter_": "reduce_scatter",
    "_reduce_scatter_base_": "reduce_scatter",
    "reduce_scatter_tensor_coalesced_": "reduce_scatter",
    "reduce_scatter_tensor": "reduce_scatter",
    "reduce_scatter_tensor_out": "reduce_scatter",
    "reduce_scatter_tensor_coalesced": "reduce_scatter",
    "alltoall_": "all_to_all",
    "alltoall_base_": "all_to_all",
    "all_to_all_single": "all_to_all",
}
_METHODS = (
    "send", "recv", "recv_anysource", "barrier", "monitored_barrier", "broadcast", "gather", "scatter", "reduce",
    "allreduce", "allreduce_coalesced", "allgather", "_allgather_base", "all_gather_single", "allgather_coalesced",
    "allgather_into_tensor_coalesced", "all_gather_single_coalesced", "reduce_scatter", "_reduce_scatter_base",
    "reduce_scatter_single", "reduce_scatter_tensor_coalesced", "reduce_scatter_single_coalesced", "alltoall",
    "alltoall_base", "all_to_all_single",
)  # fmt: skip
_INPUTS = ("input_tensors", "input_tensor", "input_list", "inputs", "input", "tensors", "tensor")
_PEERS = ("dst", "src", "root_rank")
_LENGTH = struct.Struct("!I")


@dataclass(frozen=True)
class Status:
    """How far a rank is.

    Attributes:
        finished: The probe has ended and its answer is written.
        held: The thread that runs the probe waits in a communication.
        events: How much it has logged; it stands still while nothing moves.
        waits: The communications that its threads wait in.
        told: What its probe has put up for the others, a number under each name.
        pid: Its process.
    """

    finished: bool = False
    held: bool = False
    events: int = 0
    waits: tuple[Mapping[str, Any], ...] = ()
    told: Mapping[str, int] = field(default_factory=dict)
    pid: int = 0

    @property
    def busy(self) -> bool:
        """Whether a thread of its process could go on at once: what stands still has perhaps not had its turn."""
        folder = f"/proc/{self.pid}/task"
        try:
            return any(_state(f"{folder}/{thread}/stat") in "RD" for thread in os.listdir(folder))  # noqa: PTH208
        except OSError:  # it has ended, or /proc cannot be seen
            return False


def _state(file: str) -> str:
    try:
        with open(file, encoding="ascii", errors="replace") as opened:  # noqa: PTH123 - pathlib may be patched
            return opened.read().rpartition(")")[2].split()[0]
    except (OSError, IndexError):  # the thread has ended
        return "-"


class Board:
    """Memory that all ranks and their parent share, a slot for each rank."""

    def __init__(self, world_size: int) -> None:
        self.world_size = world_size
        self._memory = mmap.mmap(-1, SLOT_BYTES * world_size)

    def write(self, rank: int, status: Status) -> None:
        """Put up a rank's status; only the rank itself does."""
        last = (dict(status.told), status.pid)
        text = json.dumps([status.finished, status.held, status.events, status.waits, *last]).encode("ascii")
        if len(text) > SLOT_BYTES - _LENGTH.size:
            text = json.dumps([status.finished, status.held, status.events, [], *last]).encode("ascii")
        start = rank * SLOT_BYTES
        self._memory[start : start + _LENGTH.size] = _LENGTH.pack(0)  # nobody reads half a text
        self._memory[start + _LENGTH.size : start + _LENGTH.size + len(text)] = text
        self._memory[start : start + _LENGTH.size] = _LENGTH.pack(len(text))

    def read(self, rank: int) -> Status:
        """A rank's status; the first one if it is just being written, again and again."""
        start = rank * SLOT_BYTES
        for _ in range(READ_ATTEMPTS):
            (length,) = _LENGTH.unpack(self._memory[start : start + _LENGTH.size])
            text = self._memory[start + _LENGTH.size : start + _LENGTH.size + min(length, SLOT_BYTES)]
            try:
                finished, held, events, waits, told, pid = json.loads(text)
                return Status(bool(finished), bool(held), int(events), tuple(waits), dict(told), int(pid))
            except (ValueError, TypeError):
                continue
        return Status()


@dataclass
class Log:
    """One rank's log: a line of JSON for each event, in the order in which the rank's threads came to it.

    Args:
        rank: Whose it is.
        board: Where its status is put up.
        descriptor: Open for appending; each line is written at once, so that a rank which dies has told all.
        file: The student's, whose lines are named.
        start: The moment that times are counted from.
    """

    rank: int
    board: Board
    descriptor: int
    file: str
    start: float
    _main: int = field(default_factory=threading.get_ident)
    _calls: int = 0
    _events: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _waits: dict[int, Mapping[str, Any]] = field(default_factory=dict)
    _told: dict[str, int] = field(default_factory=dict)

    def issue(self, call: Mapping[str, Any]) -> int:
        """Log a call that is about to be made; its number among the rank's calls."""
        line = line_of(self.file)
        with self._lock:
            number, self._calls = self._calls, self._calls + 1
        self._write({"event": "issue", "number": number, **call, "line": line})
        return number

    def mark(self, label: str) -> None:
        """Log that the probe has come to a point it names."""
        self._write({"event": "mark", "label": label})

    def tell(self, name: str, number: int) -> None:
        """Put up a number under a name, where the other ranks' probes can read it.

        Raises:
            ValueError: There is no room for so many names.
        """
        with self._lock:
            told = {**self._told, name: number}
            if len(json.dumps(told)) > MAX_TOLD:
                raise ValueError(f"{len(told)} names and numbers are longer than {MAX_TOLD} characters")
            self._told = told
            self._events += 1
            self._put_up()

    @contextlib.contextmanager
    def waiting(self, call: Mapping[str, Any]) -> Iterator[None]:
        """Put up that this thread waits in a call, while it does."""
        thread = threading.get_ident()
        with self._lock:
            self._waits[thread] = {**call, "line": line_of(self.file)}
            self._put_up()
        try:
            yield
        finally:
            with self._lock:
                self._waits.pop(thread, None)
                self._events += 1
                self._put_up()

    def waited(self, number: int, by_library: bool) -> None:
        """Log that somebody is about to wait for a call: torch itself at once, or the one who made it."""
        self._write({"event": "wait", "number": number, "by_library": by_library})

    def done(self, number: int) -> None:
        """Log that such a wait has ended."""
        self._write({"event": "done", "number": number})

    def finish(self) -> None:
        """Put up that this rank's answer is written."""
        with self._lock:
            self.board.write(self.rank, Status(True, False, self._events, (), self._told, os.getpid()))

    def _write(self, event: Mapping[str, Any]) -> None:
        with self._lock:
            self._events += 1
            self._put_up()
            if self._events <= MAX_EVENTS:
                text = json.dumps({**event, "at": round(time.monotonic() - self.start, 6)})
                os.write(self.descriptor, text.encode("ascii") + b"\n")

    def _put_up(self) -> None:
        held = self._main in self._waits
        waits = tuple(self._waits.values())
        self.board.write(self.rank, Status(False, held, self._events, waits, self._told, os.getpid()))


def line_of(file: str) -> int:
    """The innermost line of a file that this thread is in; 0 if it is in none."""
    frame = sys._getframe(1)
    for _ in range(MAX_FRAMES):
        if frame.f_code.co_filename == file:
            return frame.f_lineno
        if frame.f_back is None:
            return 0
        frame = frame.f_back
    return 0


class Recorder(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Logs the operators of torch.distributed that pass through this thread."""

    def __init__(self, log: Log, local: threading.local) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._log = log
        self._local = local

    def __enter__(self) -> Recorder:
        self._local.recording = True
        super().__enter__()  # type: ignore[no-untyped-call]
        return self

    def __exit__(self, *details: Any) -> None:
        self._local.recording = False
        super().__exit__(*details)  # type: ignore[no-untyped-call]

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        call = describe(func, args, kwargs or {}) if func.namespace in ("c10d", "_c10d_functional") else None
        if call is None:
            return func(*args, **(kwargs or {}))
        number = self._local.last = self._log.issue(call)
        with self._log.waiting({"op": call["op"], "peer": call["peer"], "number": number}):
            return func(*args, **(kwargs or {}))


def install(log: Log) -> Recorder:
    """Have this process's communication logged for good; the recorder is for the thread that runs the probe."""
    local = threading.local()
    calls: weakref.WeakKeyDictionary[Work, tuple[int, str]] = weakref.WeakKeyDictionary()
    for name in _METHODS:
        if hasattr(ProcessGroup, name):
            setattr(ProcessGroup, name, _recorded(getattr(ProcessGroup, name), log, local, calls))
    Work.wait = _announced(Work.wait, log, calls)  # type: ignore[method-assign]
    return Recorder(log, local)


def describe(func: Any, args: Any, kwargs: dict[str, Any]) -> dict[str, Any] | None:
    """What an operator of torch.distributed does, as plain data; None for one that moves nothing."""
    operation = OPERATIONS.get(func._opname)
    if operation is None:
        return None
    given = {argument.name: value for argument, value in zip(func._schema.arguments, args, strict=False)} | kwargs
    inputs = next((given[name] for name in _INPUTS if name in given), None)
    tensors = [] if operation == "barrier" else list(_tensors(inputs))
    name, ranks = _group(given)
    peer = next((given[key] for key in _PEERS if key in given), None)
    return {
        "op": operation,
        "peer": ranks[peer] if isinstance(peer, int) and 0 <= peer < len(ranks) else peer,
        "tag": given.get("tag", 0),
        "elements": sum(tensor.numel() for tensor in tensors),
        "bytes": sum(tensor.numel() * tensor.element_size() for tensor in tensors),
        "dtype": str(tensors[0].dtype).removeprefix("torch.") if tensors else "",
        "group": name,
        "ranks": ranks,
    }


def _tensors(value: Any) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _tensors(item)


def _group(given: Mapping[str, Any]) -> tuple[str, list[int]]:
    """The name of the group that a call is made in, and its ranks as all the world counts them."""
    if "process_group" in given:
        group = ProcessGroup.unbox(given["process_group"])
    else:
        named = given.get("group_name", "")
        group = resolve(named) if isinstance(named, str) else named  # type: ignore[arg-type]
    return group.group_name, dist.get_process_group_ranks(group)


def _recorded(original: Callable[..., Any], log: Log, local: threading.local, calls: Any) -> Callable[..., Any]:
    """A method of ProcessGroup that is logged in any thread, and whose Work is remembered."""

    def method(*args: Any, **kwargs: Any) -> Any:
        local.last = None
        recording = getattr(local, "recording", False)
        with contextlib.nullcontext() if recording else Recorder(log, local):
            work = original(*args, **kwargs)
        if local.last is not None and isinstance(work, Work):
            calls[work] = local.last
        return work

    return method


def _announced(original: Callable[..., Any], log: Log, calls: Any) -> Callable[..., Any]:
    """Work.wait, which puts up what is waited for."""

    def wait(self: Work, *args: Any, **kwargs: Any) -> Any:
        number = calls.get(self)
        if number is None:
            return original(self, *args, **kwargs)
        log.waited(number, sys._getframe(1).f_code.co_filename == dist.distributed_c10d.__file__)
        with log.waiting({"number": number}):
            result = original(self, *args, **kwargs)
        log.done(number)
        return result

    return wait

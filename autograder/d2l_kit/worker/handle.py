"""The grader's handle on the zygote and its workers: start, ask, bound, end.

The grader believes nothing here but its own clock, its own byte counts, and what the kernel says of a process. A
worker's answer is bytes that decode to data or are `malformed`.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import secrets
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from d2l_kit.worker import flavours, protocol
from d2l_kit.worker.confinement import Confinement, Level, WorkerLimits
from d2l_kit.worker.protocol import Answer
from d2l_kit.worker.pump import CHANNEL, ERR, OUT, Pump, SelectorPump, ThreadPump

# One thread: an OpenMP pool in the zygote would hang its children, and two pools on two cores only spin.
CLEAN_ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONUTF8": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "MPLBACKEND": "Agg",
    "TORCHINDUCTOR_COMPILE_THREADS": "1",
}
_KEPT_VARIABLES = (
    "OPENBLAS_CORETYPE",
    "OPENBLAS_L2_SIZE",
    "SYSTEMROOT",
    "TZ",
)  # set for the processor, not secret
FLOOD_FACTOR = 64
TOTAL_FACTOR = 16  # how many answers of the greatest size a worker may give: a check keeps all that it was given
MEMORY_POLL_SECONDS = 0.1
DRAIN_ROUNDS = 64  # of reading what an ended or answered worker left: more than its pipes can hold
START_SECONDS = 120.0
HELLO_SECONDS = 20.0


class ZygoteUnavailable(RuntimeError):
    """The zygote cannot confine at the level asked for: `step`, `reason`, `remedy`."""

    def __init__(self, step: str, reason: str, remedy: str) -> None:
        super().__init__(f"{step}: {reason}")
        self.step = step
        self.reason = reason
        self.remedy = remedy


class ZygoteFailed(RuntimeError):
    """The zygote broke: not the submission's doing."""


@dataclass(frozen=True)
class Bounds:
    """What one worker may use; see `catalog.Limits` for the meaning of each."""

    time: float = 10.0
    memory_mib: int = 2048
    processes: int = 64
    output_kib: int = 64
    scratch_mib: int = 64
    result_mib: int = 64
    loopback: bool = False
    gpu: bool = False
    flavour: str = flavours.PLAIN

    def limits(self) -> WorkerLimits:
        """The kernel's part of them."""
        return WorkerLimits(
            cpu_seconds=2 * self.time + 2,
            # CUDA reserves far more address space than it uses; the grader's poll of the sum still bounds it.
            memory_bytes=0 if self.gpu else self.memory_mib << 20,
            processes=self.processes,
            file_bytes=self.scratch_mib << 20,
            scratch_bytes=self.scratch_mib << 20,
            loopback=self.loopback,
            allow_exec=self.flavour in flavours.WITH_PROGRAMS,
        )


@dataclass(frozen=True)
class Plan:
    """What a zygote is started with."""

    level: Level
    readable: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    prewarm: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    devices: tuple[str, ...] = ()

    def config(self, many: bool) -> dict[str, Any]:
        """As it travels; `many`: whether many workers are to come."""
        plan = {
            "level": self.level.label,
            "readable": self.readable,
            "hidden": self.hidden,
            "devices": self.devices,
        }
        return {"plan": plan, "prewarm": list(self.prewarm), "many": many}


def clean_environment(more: Mapping[str, str]) -> dict[str, str]:
    """The environment of a process that will hold student code: nothing of ours but what the processor needs."""
    return CLEAN_ENVIRONMENT | {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ} | dict(more)


class Zygote:
    """One of the grader's connections to a zygote; forks workers."""

    def __init__(self, control: socket.socket, slots: range, process: Ended) -> None:
        self._control = control
        self._process = process
        self._slots = list(slots)
        self._slot = 0

    def spawn(self, bounds: Bounds) -> Worker:
        """A fresh worker, confined, waiting for a submission.

        Raises:
            ZygoteFailed: The zygote or this machine broke.
        """
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        out_read, out_write = os.pipe()
        err_read, err_write = os.pipe()
        slot = self._slots[self._slot % len(self._slots)]
        self._slot += 1
        try:
            request = {"op": "spawn", "slot": slot, "limits": asdict(bounds.limits())}
            reply = self._ask(request, [theirs.fileno(), out_write, err_write])
        except ZygoteFailed:
            ours.close()
            for fd in (out_read, err_read):
                os.close(fd)
            raise
        finally:
            for fd in (out_write, err_write):
                os.close(fd)
            theirs.close()
        pump = SelectorPump(ours.detach(), {OUT: out_read, ERR: err_read})
        process = _ForkedProcess(self._ask, reply["pid"], slot)
        return Worker(pump, process, bounds)

    def close(self) -> None:
        """Hang up; with the last connection the zygote and all it ever forked end."""
        self._control.close()
        self._process.wait()

    def _ask(self, request: Mapping[str, Any], fds: Sequence[int] = ()) -> dict[str, Any]:
        try:
            socket.send_fds(self._control, [json.dumps(request).encode("ascii")], list(fds))
            data = self._control.recv(1 << 16)
        except OSError as error:
            raise ZygoteFailed(f"the zygote cannot be reached: {error}") from error
        if not data:
            raise ZygoteFailed("the zygote has ended")
        reply: dict[str, Any] = json.loads(data)
        if "failed" in reply:
            raise ZygoteFailed(str(reply["failed"]))
        return reply


@dataclass
class Ended:
    """The zygote's process, waited for once when the last connection closes."""

    wait: Callable[[], None]


def start_fresh(plan: Plan, connections: int = 1) -> Starting:
    """Start a zygote as a fresh interpreter with a clean environment: it inherits nothing of the grader."""
    pairs = [socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET) for _ in range(connections)]
    theirs = [pair[1] for pair in pairs]
    fds = [sock.fileno() for sock in theirs]
    process = subprocess.Popen(
        [sys.executable, "-I", "-m", "d2l_kit.worker.zygote", *map(str, fds)],
        pass_fds=fds,
        env=clean_environment(plan.environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        cwd="/",
        start_new_session=True,
    )
    for sock in theirs:
        sock.close()

    def wait() -> None:
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    ours = [pair[0] for pair in pairs]
    ours[0].sendall(json.dumps(plan.config(many=True)).encode("ascii"))
    return Starting(ours, wait)


def start_forked(plan: Plan) -> Starting:
    """Fork this process off as the zygote: nobody waits for torch twice. Only where nothing here is secret."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid == 0:
        try:
            ours.close()
            os.setsid()
            os.environ.clear()
            os.environ.update(clean_environment(plan.environment))
            from d2l_kit.worker import zygote

            zygote.serve([theirs], plan.config(many=False))
        finally:
            os._exit(0)
    theirs.close()

    def wait() -> None:
        deadline = time.monotonic() + 5
        while os.waitpid(pid, os.WNOHANG)[0] == 0:
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
                return
            time.sleep(0.002)

    return Starting([ours], wait)


@dataclass
class Starting:
    """A zygote on its way; `ready` waits for its greeting, so that the grader can import beside it."""

    controls: list[socket.socket]
    wait: Callable[[], None]

    def ready(self) -> list[Zygote]:
        """The connections, once the zygote is warm.

        Raises:
            ZygoteUnavailable: This machine cannot confine at that level.
            ZygoteFailed: It broke or did not come up in time.
        """
        self.controls[0].settimeout(START_SECONDS)
        try:
            data = self.controls[0].recv(1 << 16)
        except OSError as error:
            self.give_up()
            raise ZygoteFailed(f"the zygote did not come up: {error}") from error
        self.controls[0].settimeout(None)
        reply: dict[str, Any] = json.loads(data) if data else {"failed": "it ended while starting"}
        if "ready" in reply:
            lock = Ended(self.wait)
            idle = Ended(lambda: None)
            size = 1000
            return [
                Zygote(control, range(size * i, size * (i + 1)), lock if i == 0 else idle)
                for i, control in enumerate(self.controls)
            ]
        self.give_up()
        if "unavailable" in reply:
            raise ZygoteUnavailable(**reply["unavailable"])
        raise ZygoteFailed(str(reply["failed"]))

    def give_up(self) -> None:
        """End a zygote that is not wanted."""
        for control in self.controls:
            control.close()
        self.wait()


class Spawner:
    """Workers as fresh interpreters (macOS, Windows): the same protocol over pipes, torch imported in each."""

    def __init__(self, level: Level, environment: Mapping[str, str] | None = None) -> None:
        self._level = level
        self._environment = dict(environment or {})

    def spawn(self, bounds: Bounds) -> Worker:
        """A fresh worker; torch is imported while it starts."""
        process = subprocess.Popen(
            [sys.executable, "-I", "-m", "d2l_kit.worker.runner"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=clean_environment({**flavours.flavour(bounds.flavour).environment, **self._environment}),
            start_new_session=True,
        )
        assert process.stdin and process.stdout and process.stderr
        config = json.dumps({"level": self._level.label, "limits": asdict(bounds.limits())}).encode("ascii")
        fds = {CHANNEL: os.dup(process.stdout.fileno()), ERR: os.dup(process.stderr.fileno())}
        write_fd = os.dup(process.stdin.fileno())
        for stream in (process.stdin, process.stdout, process.stderr):
            stream.close()
        pump = ThreadPump(write_fd, fds)
        pump.write([struct.pack("!I", len(config)) + config])
        return Worker(pump, _SpawnedProcess(process), bounds, hello_seconds=START_SECONDS)

    def close(self) -> None:
        """Nothing is kept between workers."""


class _ForkedProcess:
    def __init__(self, ask: Callable[..., dict[str, Any]], pid: int, slot: int) -> None:
        self._ask = ask
        self._pid = pid
        self._slot = slot
        self.cpu = 0.0

    def memory(self) -> int:
        return int(self._ask({"op": "memory", "pid": self._pid})["bytes"])

    def end(self, kill: bool) -> tuple[int, bool]:
        """Exit status as from waitpid, and whether the kernel killed it for memory."""
        request = {
            "op": "end",
            "pid": self._pid,
            "slot": self._slot,
            "kill": kill,
            "grace": 0.0 if kill else 0.3,
        }
        reply = self._ask(request)
        self.cpu = reply["cpu"]
        return reply["status"], reply["oom"]


class _SpawnedProcess:
    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self.cpu = 0.0

    def memory(self) -> int:
        return 0

    def end(self, kill: bool) -> tuple[int, bool]:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(0.0 if kill else 0.3)
        if hasattr(os, "killpg"):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        else:
            self._process.kill()
        code = self._process.wait()
        return (-code if code < 0 else code << 8), False


@dataclass
class _Printed:
    """What a worker wrote to stdout and stderr since the last request: bounded, and counted to the end."""

    keep: int
    kept: dict[str, bytearray] = field(default_factory=lambda: {OUT: bytearray(), ERR: bytearray()})
    total: int = 0
    dropped: int = 0

    def add(self, source: str, data: bytes) -> None:
        self.total += len(data)
        room = self.keep - len(self.kept[source])
        self.kept[source] += data[: max(0, room)]
        self.dropped += max(0, len(data) - max(0, room))

    def take(self) -> str:
        parts = [bytes(self.kept[name]).decode("utf-8", "backslashreplace") for name in (OUT, ERR)]
        text = "".join(part if part.endswith("\n") or not part else part + "\n" for part in parts)
        if self.dropped:
            text += f"… {self.dropped:,} more bytes\n"
        self.dropped = 0
        for kept in self.kept.values():
            kept.clear()
        return text


class Worker:
    """One confined process and the conversation with it. After anything but an answer it is over."""

    def __init__(
        self,
        pump: Pump,
        process: _ForkedProcess | _SpawnedProcess,
        bounds: Bounds,
        hello_seconds: float = HELLO_SECONDS,
    ) -> None:
        self._pump = pump
        self._process = process
        self._bounds = bounds
        self._buffer = bytearray()
        self._printed = _Printed(bounds.output_kib << 10)
        self._received = 0
        self._hung_up = False
        self._memory_limit = 0
        self._memory_due = 0.0
        self.alive = True
        self.requests = 0
        self.confinement = self._greet(hello_seconds)
        base = process.memory()  # a fork shares the zygote's pages: only what comes on top is the submission's
        self._memory_limit = base + (bounds.memory_mib << 20) if base else 0

    @property
    def memory_is_polled(self) -> bool:
        """Whether the sum over all of the worker's processes is bounded while the grader waits."""
        return self._memory_limit > 0

    def load(
        self, module: str, source: str, file: str, seed: int, timeout: float, companions: Mapping[str, str]
    ) -> Answer:
        """Run the submission's source as a module."""
        meta = {
            "module": module,
            "source": source,
            "file": file,
            "seed": seed,
            "companions": dict(companions),
        }
        return self._request({"op": "load", **meta}, None, timeout)

    def run(self, probe: str, name: str, payload: tuple[bytes, list[memoryview]], seed: int, timeout: float) -> Answer:
        """Run a probe, given as source text, on encoded (args, kwargs)."""
        self.requests += 1
        return self._request({"op": "run", "probe": probe, "name": name, "seed": seed}, payload, timeout)

    def close(self) -> None:
        """End the process and everything it started."""
        if self.alive:
            self._end(kill=True)

    def _greet(self, seconds: float) -> Confinement:
        try:
            meta, _header, _body = self._receive("hello", time.monotonic() + seconds)
            return Confinement.from_dict(meta["confinement"])
        except _Over as over:
            self._end(kill=True)
            said = self._printed.take().strip()
            raise ZygoteFailed(f"a worker did not start ({over.outcome} {over.text}): {said}") from None

    def _request(
        self, meta: Mapping[str, Any], payload: tuple[bytes, list[memoryview]] | None, timeout: float
    ) -> Answer:
        if not self.alive:  # its descriptors are closed, and their numbers may be another file's by now
            return Answer("died", text="it had ended before this call")
        identity = secrets.token_hex(12)
        self._memory_due = time.monotonic() + MEMORY_POLL_SECONDS
        start = time.perf_counter()
        try:
            self._pump.write(protocol.message({**meta, "id": identity}, payload))
            reply, header, body = self._receive(identity, time.monotonic() + timeout)
            seconds = time.perf_counter() - start
            self._drain()
            return self._answer(reply, header, body, seconds)
        except _Over as over:
            return self._post_mortem(over, time.perf_counter() - start)

    def _answer(self, reply: dict[str, Any], header: memoryview, body: memoryview, seconds: float) -> Answer:
        from d2l_kit.worker import codec

        outcome, text = reply.get("outcome"), reply.get("text", "")
        try:
            if outcome == "returned":
                value = codec.decode(header, body)
                return Answer("returned", value, printed=self._printed.take(), seconds=seconds)
            if outcome == "raised":
                raised = protocol.raised_from(reply.get("raised"))
                return Answer("raised", raised=raised, printed=self._printed.take(), seconds=seconds)
        except (codec.Malformed, protocol.ProtocolError) as error:
            raise _Over("malformed", str(error)) from None
        if outcome in ("exited", "refused") and isinstance(text, str):
            text = text[: protocol.MAX_TEXT]
            return Answer(outcome, text=text, printed=self._printed.take(), seconds=seconds)
        raise _Over("malformed", "an answer of no known kind")

    def _receive(self, identity: str, deadline: float) -> tuple[dict[str, Any], memoryview, memoryview]:
        prefix = bytes(self._take(protocol.PREFIX.size, deadline))
        try:
            header_size, body_size = protocol.sizes(prefix, self._bounds.result_mib << 20)
            self._count(header_size + body_size)
            header = memoryview(self._take(header_size, deadline))
            body = memoryview(self._take(body_size, deadline))
            meta, value_header = protocol.split_header(header)
        except protocol.ProtocolError as error:
            raise _Over("malformed", str(error)) from None
        if meta.get("id") != identity:
            raise _Over("malformed", "an answer that nobody asked for came on the channel")
        return meta, value_header, body

    def _count(self, size: int) -> None:
        self._received += size
        allowed = TOTAL_FACTOR * self._bounds.result_mib
        if self._received > allowed << 20:
            raise protocol.ProtocolError(f"the answers together are too large: {allowed:,} MiB are allowed")

    def _take(self, size: int, deadline: float) -> bytearray:
        while len(self._buffer) < size:
            self._wait(deadline)
        taken, self._buffer = self._buffer[:size], self._buffer[size:]
        return taken

    def _wait(self, deadline: float) -> None:
        """Wait for bytes until the deadline; bound output and memory meanwhile."""
        if self._hung_up:  # perhaps behind its last answer: a source tells its end only once
            raise _Over("died")
        now = time.monotonic()
        if now >= deadline:
            raise _Over("timeout")
        self._take_in(self._pump.poll(min(deadline - now, MEMORY_POLL_SECONDS)))
        # By the clock and not when it is quiet: a worker that prints a letter now and then is never quiet.
        if self._memory_limit and time.monotonic() >= self._memory_due:
            self._memory_due = time.monotonic() + MEMORY_POLL_SECONDS
            used = self._process.memory()
            if used > self._memory_limit:
                raise _Over("memory", f"it used {used >> 20:,} MiB, {self._bounds.memory_mib:,} MiB are allowed")

    def _take_in(self, events: Sequence[tuple[str, bytes]]) -> None:
        for source, data in events:
            if source != CHANNEL:
                self._printed.add(source, data)
            elif data:
                self._buffer += data
            else:
                self._hung_up = True  # told by `_wait`, so that nothing that came along with it is lost
        if self._printed.total > FLOOD_FACTOR * (self._bounds.output_kib << 10):
            raise _Over("output", f"it printed more than {FLOOD_FACTOR * self._bounds.output_kib // 1024} MiB")

    def _drain(self) -> None:
        """Take in what was printed before the answer was sent, or before the end; the pipes already hold it.

        Nothing belongs on the channel any more, and a flood of it must not be kept.
        """
        for _round in range(DRAIN_ROUNDS):
            events = self._pump.poll(0.0)
            self._take_in(events)
            if self.alive and self._buffer:
                raise _Over("malformed", "something was written on the channel behind the answer")
            self._buffer.clear()
            if not events:
                return

    def _post_mortem(self, over: _Over, seconds: float) -> Answer:
        status, oom = self._end(kill=over.outcome != "died")
        outcome, text = over.outcome, over.text
        if outcome == "died":
            outcome, text = _cause_of_death(status, oom, seconds, self._process.cpu, self._bounds)
        return Answer(outcome, text=text, printed=self._printed.take(), seconds=seconds)

    def _end(self, kill: bool) -> tuple[int, bool]:
        self.alive = False
        try:
            status = self._process.end(kill)
            with contextlib.suppress(_Over):
                self._drain()
        finally:
            self._pump.close()
        return status


class _Over(Exception):
    """The conversation with a worker is over."""

    def __init__(self, outcome: str, text: str = "") -> None:
        super().__init__(outcome)
        self.outcome = outcome
        self.text = text


def _cause_of_death(status: int, oom: bool, seconds: float, cpu: float, bounds: Bounds) -> tuple[str, str]:
    """Outcome and text for a worker that ended before it answered. An exit status is never a verdict."""
    number = status & 0x7F
    if oom:
        return "memory", "the system ended it for its use of memory"
    if number == signal.SIGKILL and cpu >= math.floor(2 * bounds.time):
        return "timeout", f"it used {cpu:.0f} s of CPU time"
    if number:
        with contextlib.suppress(ValueError):
            return "died", f"signal {signal.Signals(number).name}"
        return "died", f"signal {number}"
    return "died", f"exit code {status >> 8}"

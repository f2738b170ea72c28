"""The conversation with a worker that is honest, broken or hostile: the grader learns what happened and goes on."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from d2l_kit.errors import ConfinementUnavailable
from d2l_kit.grading import launch
from d2l_kit.grading.probes import Probe, call, probe
from d2l_kit.worker import codec, handle, protocol
from d2l_kit.worker.confinement import Level, Zygote
from d2l_kit.worker.handle import Bounds, Worker, ZygoteFailed
from d2l_kit.worker.protocol import Answer, ProtocolError
from d2l_kit.worker.pump import CHANNEL, ERR, OUT, QUEUED_CHUNKS, ThreadPump

linux = pytest.mark.skipif(sys.platform != "linux", reason="workers are forked on Linux only")

GENEROUS = 120.0  # seconds, where nothing is to hang
SHORT = 2.0  # where something is
MIB = 1 << 20

# A student who has read the kit's source: finds the channel, knows the messages.
HOSTILE = """
import ctypes, json, os, random, socket, stat, struct, sys, threading, time
import numpy as np
import torch

count = 0


def channels():
    found = []
    for fd in range(3, 256):
        try:
            mode = os.fstat(fd).st_mode
        except OSError:
            continue
        if stat.S_ISSOCK(mode) or stat.S_ISFIFO(mode):
            found.append(fd)
    return found


def message(meta, value=b"[[],null]", body=b""):
    head = json.dumps(meta).encode("ascii")
    header = struct.pack("!I", len(head)) + head + value
    return struct.pack("!4sIQ", b"d2l\\x01", len(header), len(body)) + header + body


def write(data):
    for fd in channels():
        try:
            os.write(fd, data)
        except OSError:
            pass


def open_request():
    frame = sys._getframe(1)
    while not isinstance(frame.f_locals.get("meta"), dict):
        frame = frame.f_back
    return frame.f_locals["meta"]["id"]


def add(X, y=1):
    return X + y


def counted():
    global count
    count += 1
    return count


def draw():
    return random.random(), float(np.random.rand()), torch.rand(3)


def say(text, file="out"):
    print(text, file=sys.stdout if file == "out" else sys.stderr)


def say_and_exit(text):
    print(text)
    print(text, file=sys.stderr)
    os._exit(3)


def leave(code):
    sys.exit(code)


def exit_hard(code):
    os._exit(code)


def crash():
    ctypes.string_at(0)


def ask():
    return input("name? ")


def hang():
    time.sleep(3600)


def give_object():
    return {"a": [object()]}


class Odd(BaseException):
    def __str__(self):
        raise RuntimeError("no text")


def raise_odd():
    raise Odd


def interrupt():
    raise KeyboardInterrupt


def recurse():
    return recurse()


def flood_output():
    while True:
        print("x" * 100_000)


def take(mib):
    return len(bytearray(mib << 20))


def take_in_children(mib, children):
    for _ in range(children):
        if not os.fork():
            block = b"x" * (mib << 20)
            time.sleep(3600)
    while True:  # never quiet for long, so that nobody who waits for quiet looks at the memory
        print(".", flush=True)
        time.sleep(0.01)


def garbage():
    write(b"x" * 1000)


def foreign_id():
    write(message({"id": "0" * 24, "outcome": "returned"}, b"[[],true]"))


def hello_again():
    write(message({"id": "hello", "confinement": {"level": "namespaces"}}))


def huge_body():
    write(struct.pack("!4sIQ", b"d2l\\x01", 100, 10**12))


def huge_header():
    write(struct.pack("!4sIQ", b"d2l\\x01", 2**32 - 1, 0))


def half():
    write(message({"id": "x"})[:20])
    time.sleep(3600)


def answer_true():
    write(message({"id": open_request(), "outcome": "returned"}, b"[[],true]"))


def answer_and_exit():
    answer_true_as(open_request())
    os._exit(5)


def answer_and_sleep():
    answer_true_as(open_request())
    time.sleep(3600)


def answer_true_as(identity):
    write(message({"id": identity, "outcome": "returned"}, b"[[],true]"))


def answer_and_flood():
    answer_true_as(open_request())
    while True:
        write(bytes(1 << 20))


def flood_channel():
    block = message({"id": "0" * 24, "outcome": "returned"}) * 1000
    while True:
        write(block)


def odd_outcome():
    write(message({"id": open_request(), "outcome": ["returned"]}))
    time.sleep(3600)


def endless_line():
    raised = {"kind": "E", "bases": ["ValueError"], "message": "", "lines": [[1e999, "", ""]]}
    write(message({"id": open_request(), "outcome": "raised", "raised": raised}))
    time.sleep(3600)


def one_frame_for_all():
    value = json.dumps([[1 << 20], [{"$": "bytes", "f": 0}] * 50_000]).encode("ascii")
    write(message({"id": open_request(), "outcome": "returned"}, value, bytes(1 << 20)))
    time.sleep(3600)


def close_channel():
    for fd in channels():
        os.close(fd)
    time.sleep(3600)


def shut_channel():
    for fd in channels():
        socket.socket(fileno=fd).shutdown(socket.SHUT_WR)
    time.sleep(3600)
"""


@pytest.fixture(scope="module")
def workers() -> Iterator[launch.Workers]:
    """One zygote at the best level there is, for all tests here."""
    with launch.workers([], level="", allow_weaker=True, start="fresh") as found:
        yield found


@pytest.fixture
def started(workers: launch.Workers) -> Iterator[Any]:
    """A function that starts a worker with the hostile module loaded; all are ended afterwards."""
    begun: list[Worker] = []

    def start(**bounds: Any) -> Worker:
        begun.append(workers.spawn(Bounds(**{"time": GENEROUS} | bounds)))
        assert load(begun[-1]).outcome == "returned"
        return begun[-1]

    yield start
    for worker in begun:
        worker.close()


def load(worker: Worker, text: str = HOSTILE, seed: int = 0, companions: dict[str, str] | None = None) -> Answer:
    return worker.load("lesson", text, "lesson.py", seed, GENEROUS, companions or {})


def run(worker: Worker, what: Probe, *args: Any, seed: int = 0, timeout: float = GENEROUS, **kwargs: Any) -> Answer:
    return worker.run(what.source, what.name, codec.encode((args, kwargs)), seed, timeout)


def descriptors() -> int:
    """How many this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


def do(worker: Worker, name: str, *args: Any, seed: int = 0, timeout: float = GENEROUS, **kwargs: Any) -> Answer:
    """Call a function of the loaded module."""
    return run(worker, call, name, args, kwargs, seed=seed, timeout=timeout)


@linux
def test_a_worker_answers_one_request_after_the_other(started) -> None:
    worker = started()
    assert [do(worker, "counted").value for _ in range(3)] == [1, 2, 3]
    assert worker.alive and worker.requests == 3


@linux
def test_workers_share_nothing(started) -> None:
    first, second = started(), started()
    assert (do(first, "counted").value, do(first, "counted").value, do(second, "counted").value) == (1, 2, 1)


@linux
def test_a_probe_sees_its_arguments_and_a_few_names_and_nothing_of_the_check(started) -> None:
    @probe
    def names(module, x):
        return x, sorted(name for name in globals() if not name.startswith("__")), module.__name__

    answer = run(started(), names, 3)
    assert answer.value == (3, ["F", "math", "names", "nn", "np", "torch"], "lesson")


@linux
def test_arguments_keep_requires_grad_and_answers_do_not(started) -> None:
    @probe
    def wants(module, x):
        return x.requires_grad, x * 2

    flag, result = run(started(), wants, torch.ones(2, requires_grad=True)).value
    assert flag is True and result.requires_grad is False


@linux
def test_a_large_tensor_travels_both_ways(started) -> None:
    X = torch.arange(50 * MIB // 4, dtype=torch.float32)
    answer = do(started(result_mib=64), "add", X, 0.5)
    assert answer.outcome == "returned"
    assert torch.equal(answer.value, X + 0.5)


@linux
def test_an_answer_over_the_limit_is_malformed_and_never_taken_in(started) -> None:
    answer = do(started(result_mib=4), "add", torch.zeros(5 * MIB, dtype=torch.uint8))
    assert answer.outcome == "malformed"
    assert "too large: 5 MiB, 4 allowed" in answer.text


@linux
def test_answers_that_are_too_large_together_are_malformed(started) -> None:
    worker = started(result_mib=1)
    X = torch.zeros(MIB - 1000, dtype=torch.uint8)
    outcomes = [do(worker, "add", X).outcome for _ in range(handle.TOTAL_FACTOR + 1)]
    assert outcomes == ["returned"] * handle.TOTAL_FACTOR + ["malformed"]


@linux
def test_the_same_seed_draws_the_same_in_every_generator_of_every_worker(started) -> None:
    first, second = started(), started()
    draws = [do(w, "draw", seed=s).value for w, s in ((first, 7), (first, 8), (first, 7), (second, 7))]
    seven, eight, again, elsewhere = [(a, b, c.tolist()) for a, b, c in draws]
    assert seven == again == elsewhere
    assert all(mine != other for mine, other in zip(seven, eight, strict=True))


@linux
def test_an_import_draws_the_same_in_every_worker(workers) -> None:
    text = "import torch\n\nweight = torch.rand(2)\n\n\ndef get():\n    return weight\n"
    drawn = []
    for seed in (1, 1, 2):
        worker = workers.spawn(Bounds(time=GENEROUS))
        assert load(worker, text, seed).outcome == "returned"
        drawn.append(do(worker, "get").value.tolist())
        worker.close()
    assert drawn[0] == drawn[1] != drawn[2]


@linux
def test_companions_can_be_imported(workers) -> None:
    worker = workers.spawn(Bounds(time=GENEROUS))
    text = "from helper import two\n\n\ndef get():\n    return two()\n"
    assert load(worker, text, companions={"helper": "def two():\n    return 2\n"}).outcome == "returned"
    assert do(worker, "get").value == 2
    worker.close()


@linux
def test_what_is_printed_belongs_to_the_request_that_printed_it(started) -> None:
    worker = started()
    printed = [do(worker, "say", text, stream).printed for text, stream in (("a", "out"), ("b", "err"), ("c", "out"))]
    assert printed == ["a\n", "b\n", "c\n"]
    assert do(worker, "counted").printed == ""


@linux
def test_long_output_is_kept_as_an_excerpt_and_counted(started) -> None:
    printed = do(started(output_kib=1), "say", "x" * 3000).printed
    assert printed == "x" * 1024 + "\n… 1,977 more bytes\n"


@linux
def test_what_was_printed_before_the_end_is_not_lost(started) -> None:
    answer = do(started(), "say_and_exit", "last words")
    assert (answer.outcome, answer.text) == ("died", "exit code 3")
    assert answer.printed == "last words\nlast words\n"


@linux
@pytest.mark.parametrize(
    ("function", "args", "outcome", "text"),
    [
        ("leave", (3,), "exited", "3"),
        ("leave", (None,), "exited", "None"),
        ("give_object", (), "refused", "['a'][0] is a object, which is not plain data"),
    ],
)
def test_a_worker_that_did_not_return_data_says_so_and_lives(started, function, args, outcome, text) -> None:
    worker = started()
    answer = do(worker, function, *args)
    assert answer.outcome == outcome
    assert text in answer.text
    assert worker.alive and do(worker, "counted").value == 1


@linux
@pytest.mark.parametrize(
    ("function", "kind", "bases", "message"),
    [
        ("ask", "EOFError", "EOFError", "EOF when reading a line"),
        ("raise_odd", "Odd", "BaseException", "(its text cannot be shown)"),
        ("interrupt", "KeyboardInterrupt", "KeyboardInterrupt", ""),
        ("recurse", "RecursionError", "RuntimeError", "maximum recursion depth"),
        ("no_such_name", "AttributeError", "AttributeError", "no_such_name"),
    ],
)
def test_whatever_is_raised_arrives_as_text_and_the_worker_lives(started, function, kind, bases, message) -> None:
    worker = started()
    raised = do(worker, function).raised
    assert raised is not None
    assert raised.kind == kind and bases in raised.bases and message in raised.message
    assert len(raised.lines) <= protocol.MAX_TRACE
    assert worker.alive and do(worker, "counted").value == 1


@linux
@pytest.mark.parametrize(
    ("function", "args", "text"),
    [
        ("exit_hard", (0,), "exit code 0"),
        ("exit_hard", (7,), "exit code 7"),
        ("crash", (), "signal SIGSEGV"),
    ],
)
def test_a_process_that_ends_has_died_whatever_its_status(started, function, args, text) -> None:
    worker = started()
    answer = do(worker, function, *args)
    assert (answer.outcome, answer.text, worker.alive) == ("died", text, False)


@linux
def test_a_worker_that_has_ended_is_not_asked_again(started) -> None:
    worker = started()
    do(worker, "exit_hard", 0)
    again = do(worker, "counted")
    assert (again.outcome, again.value) == ("died", None)


@linux
def test_a_worker_that_hangs_is_ended_at_the_deadline(started) -> None:
    worker = started()
    answer = do(worker, "hang", timeout=SHORT)
    assert (answer.outcome, worker.alive) == ("timeout", False)
    assert answer.seconds >= SHORT


@linux
def test_a_flood_of_output_ends_the_worker(started) -> None:
    answer = do(started(output_kib=16), "flood_output")
    assert (answer.outcome, answer.text) == ("output", "it printed more than 1 MiB")
    assert len(answer.printed) < 20_000


@linux
def test_one_process_over_the_budget_gets_a_memory_error(started) -> None:
    worker = started(memory_mib=256)
    if worker.confinement.memory_bound == "none":
        pytest.skip("this level bounds no memory")
    raised = do(worker, "take", 1024).raised
    assert raised is not None and "MemoryError" in raised.bases
    assert do(worker, "take", 16).value == 16 * MIB


@linux
def test_several_processes_that_never_fall_silent_are_counted_together(started) -> None:
    worker = started(memory_mib=256)
    if not worker.memory_is_polled:
        pytest.skip("nobody adds up memory at this level")
    answer = do(worker, "take_in_children", 160, 3)
    assert answer.outcome == "memory"
    assert "256 MiB are allowed" in answer.text


@linux
@pytest.mark.parametrize(
    ("function", "text"),
    [
        ("garbage", "no message of the kit"),
        ("foreign_id", "nobody asked for"),
        ("hello_again", "nobody asked for"),
        ("huge_body", "too large"),
        ("huge_header", "too large"),
        ("odd_outcome", "no known kind"),
        ("endless_line", "unreadable exception"),
        ("one_frame_for_all", "used twice"),
        ("flood_channel", "nobody asked for"),
    ],
)
def test_whatever_else_comes_on_the_channel_is_malformed_and_ends_the_worker(started, function, text) -> None:
    worker = started()
    answer = do(worker, function)
    assert (answer.outcome, worker.alive) == ("malformed", False)
    assert text in answer.text


@linux
@pytest.mark.parametrize("function", ["answer_true", "answer_and_flood"])
def test_bytes_behind_an_answer_are_malformed_at_once_or_at_the_next_request(started, function) -> None:
    worker = started()
    first = do(worker, function)
    answers = [first, do(worker, "counted")] if worker.alive else [first]
    assert answers[-1].outcome == "malformed"
    assert not worker.alive
    assert first.outcome == "malformed" or first.value is True  # data, and nothing more


@linux
def test_half_a_message_is_waited_for_no_longer_than_the_deadline(started) -> None:
    assert do(started(), "half", timeout=SHORT).outcome == "timeout"


@linux
@pytest.mark.parametrize("function", ["close_channel", "shut_channel"])
def test_a_worker_that_hangs_up_has_died_though_it_runs_on(started, function) -> None:
    worker = started()
    assert do(worker, function).outcome == "died"
    assert not worker.alive


@linux
def test_a_worker_that_ends_behind_its_answer_has_died_at_the_next_request(started) -> None:
    worker = started()
    assert do(worker, "answer_and_exit").value is True
    answer = do(worker, "counted")
    assert (answer.outcome, answer.text) == ("died", "exit code 5")


@linux
def test_a_worker_that_does_not_read_cannot_hold_the_grader_while_it_writes(started) -> None:
    worker = started()
    assert do(worker, "answer_and_sleep").value is True
    answer = do(worker, "add", torch.zeros(50 * MIB, dtype=torch.uint8), timeout=SHORT)
    assert answer.outcome == "timeout"


@linux
def test_a_submission_that_answers_ahead_while_it_is_imported_is_malformed(workers) -> None:
    worker = workers.spawn(Bounds(time=GENEROUS))
    answer = load(worker, HOSTILE + "\n\nforeign_id()\n")
    assert (answer.outcome, worker.alive) == ("malformed", False)


@linux
def test_after_all_of_this_the_zygote_forks_honest_workers_and_no_descriptor_is_left(workers, started) -> None:
    before = descriptors()
    for function in ("crash", "garbage", "counted"):
        worker = workers.spawn(Bounds(time=GENEROUS))
        load(worker)
        do(worker, function)
        worker.close()
    assert descriptors() == before
    assert do(started(), "counted").value == 1


@linux
def test_a_zygote_that_cannot_be_reached_is_an_error_of_ours_and_leaves_no_descriptor() -> None:
    (zygote,) = handle.start_fresh(handle.Plan(Level.NONE)).ready()
    zygote.close()
    before = descriptors()
    with pytest.raises(ZygoteFailed):
        zygote.spawn(Bounds())
    assert descriptors() == before


# What comes in which order and how much is decided here, not by two processes that race.


class Script:
    """A pump that plays what a worker would send: a greeting, then what `reply` makes of each request's id.

    Each batch is what one poll finds; after the last, `forever` is found again and again.
    """

    def __init__(
        self, reply: Callable[[str], list[list[tuple[str, bytes]]]], forever: Sequence[tuple[str, bytes]] = ()
    ):
        held = Zygote().confine(handle.Bounds().limits(), 0).as_dict()
        self._batches = [[(CHANNEL, b"".join(protocol.message({"id": "hello", "confinement": held})))]]
        self._reply = reply
        self._forever = list(forever)
        self._asked = False

    def write(self, buffers: Sequence[bytes | memoryview]) -> None:
        meta, _value = protocol.split_header(memoryview(buffers[1]))
        self._batches += self._reply(meta["id"])
        self._asked = True

    def poll(self, timeout: float) -> list[tuple[str, bytes]]:
        if self._batches:
            return self._batches.pop(0)
        return list(self._forever) if self._asked else []

    def close(self) -> None:
        """Nothing is open."""


class Ghost:
    """The process behind a script."""

    cpu = 0.0

    def memory(self) -> int:
        return 0

    def end(self, kill: bool) -> tuple[int, bool]:
        return 5 << 8, False


def answer_true(identity: str) -> bytes:
    return b"".join(protocol.message({"id": identity, "outcome": "returned"}, codec.encode(True)))


def scripted(reply: Callable[[str], list[list[tuple[str, bytes]]]], *forever: tuple[str, bytes]) -> Worker:
    return Worker(Script(reply, forever), Ghost(), Bounds(output_kib=1))  # type: ignore[arg-type]  # stand-ins


def test_an_end_that_comes_with_the_answer_is_told_at_the_next_request_and_not_waited_for() -> None:
    worker = scripted(lambda identity: [[(CHANNEL, answer_true(identity)), (CHANNEL, b"")]])
    assert do(worker, "f").value is True
    again = do(worker, "f", timeout=SHORT)
    assert (again.outcome, again.text) == ("died", "exit code 5")


def test_output_that_comes_after_the_end_in_one_look_is_kept() -> None:
    worker = scripted(lambda identity: [[(CHANNEL, b""), (OUT, b"last "), (ERR, b"words")]])
    assert do(worker, "f").printed == "last \nwords\n"


def test_output_that_comes_after_the_answer_in_one_look_belongs_to_it() -> None:
    worker = scripted(lambda identity: [[(CHANNEL, answer_true(identity)), (OUT, b"said")], [(OUT, b" more")]])
    answer = do(worker, "f")
    assert (answer.value, answer.printed) == (True, "said more\n")


def test_an_endless_flood_behind_an_answer_is_not_kept() -> None:
    worker = scripted(lambda identity: [[(CHANNEL, answer_true(identity))]], (CHANNEL, bytes(1 << 16)))
    answer = do(worker, "f")
    assert (answer.outcome, worker.alive) == ("malformed", False)


@pytest.mark.parametrize("source", [CHANNEL, OUT])
def test_whoever_keeps_a_dead_workers_pipes_open_and_full_does_not_hold_the_grader(source: str) -> None:
    worker = scripted(lambda identity: [[(CHANNEL, b"no message of the kit's")]], (source, b"x"))
    assert do(worker, "f").outcome == "malformed"


def test_an_answer_in_single_bytes_is_an_answer() -> None:
    worker = scripted(lambda identity: [[(CHANNEL, bytes([byte]))] for byte in answer_true(identity)])
    assert do(worker, "f").value is True


# Workers as fresh interpreters, as on macOS and Windows: few, since each imports torch.


@pytest.fixture(scope="module")
def spawners() -> Iterator[launch.Workers]:
    with launch.workers([], level="", allow_weaker=True, start="spawn") as found:
        yield found


@pytest.fixture
def spawned(spawners: launch.Workers) -> Iterator[Worker]:
    worker = spawners.spawn(Bounds(time=GENEROUS))
    yield worker
    worker.close()


def test_a_spawned_worker_holds_the_same_conversation(spawned: Worker) -> None:
    assert load(spawned).outcome == "returned"
    X = torch.arange(50 * MIB // 4, dtype=torch.float32)
    assert torch.equal(do(spawned, "add", X).value, X + 1)
    draws = [do(spawned, "draw", seed=seed).value[2].tolist() for seed in (7, 8, 7)]
    assert draws[0] == draws[2] != draws[1]
    # Threads read: on a busy machine what was printed may come with a later answer, but it comes.
    printed = do(spawned, "say", "hello").printed
    assert printed == "hello\n" or any(do(spawned, "counted").printed == "hello\n" for _ in range(100))
    assert do(spawned, "leave", 3).outcome == "exited"
    raised = do(spawned, "recurse").raised
    assert raised is not None and raised.kind == "RecursionError"
    answer = do(spawned, "exit_hard", 3)
    assert (answer.outcome, answer.text, spawned.alive) == ("died", "exit code 3", False)


def test_a_spawned_worker_that_floods_the_channel_is_malformed(spawned: Worker) -> None:
    load(spawned)
    answer = do(spawned, "flood_channel")
    assert (answer.outcome, spawned.alive) == ("malformed", False)


def test_a_level_that_spawned_workers_cannot_have_is_refused() -> None:
    with (
        pytest.raises(ConfinementUnavailable, match="spawned workers have"),
        launch.workers([], level="landlock", allow_weaker=False, start="spawn"),
    ):
        pass


def test_a_spawned_worker_that_hangs_is_ended_at_the_deadline(spawned: Worker) -> None:
    load(spawned)
    assert do(spawned, "hang", timeout=SHORT).outcome == "timeout"


def test_a_flood_waits_in_the_pipe_and_not_in_the_graders_memory() -> None:
    readable, writable = os.pipe()
    unread, written = os.pipe()
    pump = ThreadPump(written, {"channel": readable})
    stop = threading.Event()

    def flood() -> None:
        try:
            while not stop.is_set():
                os.write(writable, bytes(1 << 16))
        except BrokenPipeError:
            return

    thread = threading.Thread(target=flood, daemon=True)
    thread.start()
    rounds = [pump.poll(10.0) for _ in range(5)]
    assert all(1 <= len(events) <= QUEUED_CHUNKS for events in rounds)
    stop.set()
    pump.close()
    thread.join(GENEROUS)  # the reader has closed its end, or the last write went through
    assert not thread.is_alive()
    os.close(writable)
    os.close(unread)


# What a worker says of an exception, read by the grader.


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {},
        {"kind": "E", "bases": [], "message": "", "lines": [[1]]},
        {"kind": "E", "bases": [], "message": "", "lines": [[math.inf, "", ""]]},
        {"kind": "E", "bases": [], "message": "", "lines": [["x", "", ""]]},
        {"kind": "E", "bases": 3, "message": "", "lines": []},
    ],
)
def test_an_exception_of_the_wrong_form_is_no_message(data) -> None:
    with pytest.raises(ProtocolError):
        protocol.raised_from(data)


def test_every_field_of_an_exception_is_cut() -> None:
    long = "x" * 10_000
    raised = protocol.raised_from(
        {"kind": long, "bases": [long] * 100, "message": long, "lines": [[2**70, long, long]] * 100, "in_import": "yes"}
    )
    assert len(raised.kind) == 100
    assert len(raised.bases) == 20 and len(raised.bases[0]) == 100
    assert len(raised.message) == protocol.MAX_TEXT
    assert len(raised.lines) == protocol.MAX_TRACE
    assert all(line < 2**31 and len(f) == 200 and len(t) == 400 for line, f, t in raised.lines)
    assert raised.in_import is False


@pytest.mark.parametrize(
    ("lengths", "reason"),
    [((protocol.MAX_HEADER + 1, 0), "too large"), ((0, 2**63), "too large"), ((10, 101), "too large")],
)
def test_lengths_are_checked_before_anything_is_taken_in(lengths, reason) -> None:
    with pytest.raises(ProtocolError, match=reason):
        protocol.sizes(protocol.PREFIX.pack(protocol.MAGIC, *lengths), max_body=100)


@pytest.mark.parametrize(
    "header",
    [b"", b"\0\0", b"\0\0\0\x09{}", b"\0\0\0\x02[]", b"\0\0\0\x02\xff\xff", b"\0\0\x4e\x20" + b"[" * 20_000],
)
def test_a_header_that_is_none_is_no_message(header) -> None:
    with pytest.raises(ProtocolError):
        protocol.split_header(memoryview(header))


def test_a_message_is_read_back_as_it_was_written() -> None:
    data = b"".join(protocol.message({"id": "1"}, codec.encode([1, torch.ones(2)])))
    header, body = protocol.sizes(data[: protocol.PREFIX.size], max_body=100)
    assert len(data) == protocol.PREFIX.size + header + body
    start = protocol.PREFIX.size
    meta, value_header = protocol.split_header(memoryview(data[start : start + header]))
    assert meta == {"id": "1"}
    assert codec.decode(value_header, memoryview(data[start + header :]))[0] == 1


# The decoder, against what would fill the grader's memory or take its time.


def test_a_frame_belongs_to_one_value() -> None:
    header = json.dumps([[4], [{"$": "tensor", "d": "float32", "s": [1], "f": 0}] * 2]).encode()
    with pytest.raises(codec.Malformed, match="used twice"):
        codec.decode(header, memoryview(bytes(4)))


def test_too_many_frames_are_malformed() -> None:
    header = json.dumps([[0] * (codec.MAX_NODES + 1), None]).encode()
    with pytest.raises(codec.Malformed, match="too many"):
        codec.decode(header, memoryview(b""))


def test_dictionaries_of_many_keys_have_strings_for_keys() -> None:
    words = {str(n): n for n in range(10_000)}
    assert codec.roundtrip(words) == words
    numbers = {n: n for n in range(codec.MAX_ODD_KEYS)}
    assert codec.roundtrip(numbers) == numbers
    with pytest.raises(codec.NotPlainData, match="no strings"):
        codec.encode({n: n for n in range(codec.MAX_ODD_KEYS + 1)})
    pairs = [[n * (2**61 - 1), 0] for n in range(codec.MAX_ODD_KEYS + 1)]
    with pytest.raises(codec.Malformed, match="no strings"):
        codec.decode(json.dumps([[], {"$": "dict", "v": pairs}]).encode(), memoryview(b""))


HUGE_PAGES = """
import re
from pathlib import Path
from d2l_kit.worker import pages

def huge():
    return int(re.search(r"AnonHugePages: +([0-9]+)", Path("/proc/self/smaps_rollup").read_text())[1])

kept = [str(number) for number in range(400_000)]
before = huge()
pages.make_huge()
assert kept == [str(number) for number in range(400_000)]
print(before, huge())
"""


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="needs Linux's smaps_rollup")
def test_memory_is_put_on_huge_pages_and_keeps_what_it_holds() -> None:
    said = subprocess.run([sys.executable, "-c", HUGE_PAGES], capture_output=True, text=True, check=True)
    before, after = map(int, said.stdout.split())
    if not _collapses():
        pytest.skip("this kernel does not collapse pages when asked")
    assert after > before + 4096


def _collapses() -> bool:
    """Whether the kernel knows the advice at all (Linux 6.1) and has huge pages."""
    version = tuple(int(part) for part in os.uname().release.split(".")[:2])
    return version >= (6, 1) and Path("/sys/kernel/mm/transparent_hugepage").exists()

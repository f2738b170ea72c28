"""A probe on several ranks: what they answer, what is logged, and plain words for every way in which ranks fail."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import d2l_kit
import pytest
import torch
from d2l_kit.errors import AuthorError
from d2l_kit.grading.asserts import CheckFailed, assert_raises
from d2l_kit.grading.evidence import NoAnswer, Subject
from d2l_kit.grading.probes import Probe, probe
from d2l_kit.grading.ranks import Ranks, assert_alike, assert_every_rank_raises, assert_operations, on_ranks
from d2l_kit.worker import handle
from d2l_kit.worker.confinement import Level, best_level
from d2l_kit.worker.handle import Bounds, Worker, Zygote
from d2l_kit.worker.protocol import Answer
from d2l_kit.worker.runtimes import communication, ranks
from torch import nn

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="ranks are forked on Linux only")

GENEROUS = 60.0  # seconds, where nothing is to hang
SHORT = 1.5  # where something is
STUDENT = """
import os, signal, sys, threading, time
import torch
import torch.distributed as dist

def both_receive(x):
    dist.recv(x, 1 - dist.get_rank())

def wait_in_the_second(x):
    dist.all_reduce(x)
    if dist.get_rank() == 0:
        dist.all_reduce(x)

def other_order(x):
    if dist.get_rank() == 0:
        dist.all_reduce(x)
    else:
        dist.broadcast(x, 0)

def other_sizes(x):
    dist.all_reduce(torch.ones(2 + dist.get_rank()))

def other_dtypes(x):
    dist.all_reduce(torch.ones(4, dtype=torch.float32 if dist.get_rank() else torch.int32))

def short_message(x):
    if dist.get_rank() == 0:
        dist.send(torch.ones(2), 1)
    else:
        dist.recv(torch.ones(3), 0)

def one_raises(x):
    if dist.get_rank() == 1:
        raise ValueError("a bad share")
    dist.all_reduce(x)

def all_raise(x):
    raise KeyError("nothing here")

def one_exits(x):
    if dist.get_rank() == 1:
        sys.exit(3)
    dist.all_reduce(x)

def one_leaves(x):
    if dist.get_rank() == 1:
        os._exit(9)
    dist.all_reduce(x)

def one_crashes(x):
    if dist.get_rank() == 1:
        os.kill(os.getpid(), signal.SIGSEGV)
    dist.all_reduce(x)

def one_loops(x):
    while dist.get_rank() == 1:
        pass
    dist.all_reduce(x)

def leaves_children(x):
    child = os.fork()
    if child == 0:
        time.sleep(600)
        os._exit(0)
    dist.all_reduce(x)
    return child

def in_a_thread(x):
    thread = threading.Thread(target=dist.all_reduce, args=(x,))
    thread.start()
    thread.join()
    return x

def no_data(x):
    return object()
"""


@probe
def called(module, here, name, x=None):
    return getattr(module, name)(torch.ones(3) if x is None else x)


@probe
def numbered(module, here, own, shared):
    return here.rank, here.world_size, own, shared, torch.rand(2)


@probe
def talked(module, here):
    import torch.distributed as dist

    x = torch.full((3,), float(here.rank))
    here.mark("before")
    work = dist.all_reduce(x, async_op=True)
    here.mark("between")
    work.wait()
    if here.rank == 0:
        dist.send(x, 1)
    else:
        dist.recv(x, 0)
    gathered = torch.empty(3 * here.world_size)
    dist.all_gather_into_tensor(gathered, x)
    dist.broadcast(x, 1)
    return x, gathered


@probe
def wrapped(module, here, inputs):
    model = nn.Linear(3, 2)
    model = nn.parallel.DistributedDataParallel(model)
    model(inputs).sum().backward()
    return model.module.weight.grad


@probe
def late(module, here):
    import torch.distributed as dist

    if here.rank == 1:
        here.hold_back()
    x = torch.ones(2)
    dist.all_reduce(x)
    return x


@probe
def told_in_turn(module, here, rounds):
    """Each rank reads how far the one before has come, and goes one step further."""
    before, reached = (here.rank - 1) % here.world_size, []
    for step in range(rounds):
        ahead = step if here.rank == 0 else step + 1
        reached.append(here.hold_back(30.0, lambda ahead=ahead: here.told(before, "step") == ahead))
        here.tell("step", step + 1)
    return reached, here.told(before, "never told")


@probe
def held_until(module, here, name):
    """Rank 2 never waits for anybody; rank 0 is held back by what becomes of rank 1, or by a name never told."""
    import torch.distributed as dist

    if here.rank == 1:
        here.tell("ready", 1)
        dist.recv(torch.ones(1), 0)
        return True
    if here.rank == 2:
        return here.hold_back(30.0, lambda: here.told(0, "gone on") == 1, quiet=30.0)
    found = here.hold_back(30.0, lambda: here.told(1, name) == 1, others=[1], quiet=0.2)
    here.tell("gone on", 1)
    dist.send(torch.ones(1), 1)
    return found


@probe
def left_alone(module, here, first):
    """Rank 0 ends; one of the others would receive from it, and one would send to it."""
    import torch.distributed as dist

    if here.rank:
        (dist.recv if here.rank == first else dist.send)(torch.ones(1), 0)


@probe
def tells_too_much(module, here):
    here.tell("x" * 2000, 1)


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    """A warm zygote at the best level that has a loopback."""
    level = Level.NAMESPACES if best_level() is Level.NAMESPACES else Level.NONE
    plan = handle.Plan(
        level, readable=(str(Path(d2l_kit.__file__).parent),), prewarm=("torch._dynamo", "torch.distributed")
    )
    found = handle.start_fresh(plan).ready()[0]
    yield found
    found.close()


@pytest.fixture
def worker(zygote: Zygote) -> Iterator[Worker]:
    found = zygote.spawn(Bounds(time=GENEROUS, loopback=True))
    assert found.load("student", STUDENT, "student.py", 0, GENEROUS, {}).outcome == "returned"
    yield found
    found.close()


@pytest.fixture
def submission(worker: Worker) -> Subject:
    def ask(asked: Probe, payload: Any, seed: int) -> Answer:
        return worker.run(asked.source, asked.name, payload, seed, GENEROUS)

    return Subject("submission", ask, 7)


def failure(submission: Subject, name: str, world_size: int = 2, timeout: float = GENEROUS) -> CheckFailed:
    with pytest.raises(CheckFailed) as caught:
        on_ranks(submission, world_size, called, name, timeout=timeout)
    return caught.value


def test_every_rank_answers_with_its_own_and_the_shared_arguments(submission: Subject) -> None:
    own = [(torch.tensor([float(rank)]),) for rank in range(3)]
    values = on_ranks(submission, 3, numbered, "shared", each=own).values
    assert [value[:2] for value in values] == [(0, 3), (1, 3), (2, 3)]
    assert [value[2].item() for value in values] == [0.0, 1.0, 2.0]
    assert {value[3] for value in values} == {"shared"}


def test_all_ranks_start_with_the_same_seeds(submission: Subject) -> None:
    values = on_ranks(submission, 2, numbered, 0, each=[(0,), (0,)]).values
    assert torch.equal(values[0][4], values[1][4])


def test_one_rank_alone_is_a_group_too(submission: Subject) -> None:
    assert on_ranks(submission, 1, called, "in_a_thread").values[0].tolist() == [1.0, 1.0, 1.0]


def test_calls_are_logged_in_their_order_under_one_name_each(submission: Subject) -> None:
    answers = on_ranks(submission, 2, talked)
    assert [call.op for call in answers.calls[0]] == ["all_reduce", "send", "all_gather", "broadcast"]
    assert [call.op for call in answers.calls[1]] == ["all_reduce", "recv", "all_gather", "broadcast"]
    reduce, send, _gather, broadcast = answers.calls[0]
    assert (send.peer, send.elements, send.bytes, send.dtype) == (1, 3, 12, "float32")
    assert (reduce.peer, broadcast.peer) == (None, 1)
    assert answers.peers(0) == {1} and answers.sent_elements(0) == 3 and answers.sent_elements(1) == 0


def test_the_log_tells_asynchronous_calls_and_what_lies_between_issue_and_wait(submission: Subject) -> None:
    answers = on_ranks(submission, 2, talked)
    reduce = answers.collectives(0, "all_reduce")[0]
    assert [call.blocking for call in answers.calls[0]] == [False, True, True, True]
    assert reduce.waited is not None
    assert answers.marked(0, "before")[0] < reduce.issued < answers.marked(0, "between")[0] < reduce.waited


def test_reductions_that_torch_makes_from_c_plus_plus_are_logged(submission: Subject) -> None:
    inputs = [(torch.randn(4, 3),) for _ in range(2)]
    answers = on_ranks(submission, 2, wrapped, each=inputs, timeout=GENEROUS)
    reductions = answers.collectives(0, "all_reduce")
    assert [call.elements for call in reductions] == [8]
    assert not reductions[0].blocking
    assert_alike(answers.values)


def test_calls_in_threads_of_the_student_are_logged(submission: Subject) -> None:
    answers = on_ranks(submission, 2, called, "in_a_thread")
    assert [call.op for call in answers.calls[1]] == ["all_reduce"]
    assert answers.values[1].tolist() == [2.0, 2.0, 2.0]


def test_a_rank_can_be_held_back_until_the_others_wait(submission: Subject) -> None:
    assert on_ranks(submission, 3, late).values[1].tolist() == [3.0, 3.0]


def test_ranks_take_turns_by_what_they_tell_each_other(submission: Subject) -> None:
    assert on_ranks(submission, 3, told_in_turn, 4, timeout=GENEROUS).values == (([True] * 4, 0),) * 3


def test_who_is_held_back_until_something_is_told_is_told_whether_it_was(submission: Subject) -> None:
    assert on_ranks(submission, 3, held_until, "ready", timeout=GENEROUS).values == (True, True, True)
    assert on_ranks(submission, 3, held_until, "never", timeout=GENEROUS).values == (False, True, True)


def test_there_is_room_for_a_few_names_only(submission: Subject) -> None:
    assert_raises(ValueError, on_ranks, submission, 1, tells_too_much, mentions=("1024",))


def test_a_deadlock_names_each_rank_and_its_call_with_the_line(submission: Subject) -> None:
    ended = failure(submission, "both_receive")
    assert "Rank 0 waits in recv from rank 1 of 3 float32 numbers (line 7)" in ended.got
    assert "rank 1 waits in recv from rank 0" in ended.got


def test_a_rank_that_never_comes_to_a_collective_is_said_to_have_ended(submission: Subject) -> None:
    ended = failure(submission, "wait_in_the_second")
    assert "Rank 0 waits in all_reduce" in ended.got and "Rank 1 had ended by then." in ended.got


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("other_order", ("rank 1 calls broadcast", "ank 0 calls all_reduce")),
        ("other_sizes", ("all_reduce of 2 float32 numbers", "all_reduce of 3 float32 numbers")),
        ("other_dtypes", ("4 int32 numbers", "4 float32 numbers")),
        ("short_message", ("send to rank 1 of 2 float32", "recv from rank 0 of 3 float32")),
    ],
)
def test_calls_that_do_not_fit_together_are_named_with_both_sides(
    submission: Subject, name: str, words: tuple[str, str]
) -> None:
    ended = failure(submission, name)
    assert all(word in ended.got for word in words), ended.got


def test_the_error_of_one_rank_is_told_and_not_what_its_neighbours_say_of_it(submission: Subject) -> None:
    with pytest.raises(NoAnswer) as caught:
        on_ranks(submission, 3, called, "one_raises")
    raised = caught.value.call.answer.raised
    assert raised is not None and raised.kind == "ValueError"
    assert raised.message == "a bad share (rank 1 of 3)"
    assert raised.lines[-1][2] == 'raise ValueError("a bad share")'


def test_an_error_of_ranks_can_be_asked_for_like_any_other(submission: Subject) -> None:
    assert_raises(ValueError, on_ranks, submission, 2, called, "one_raises", mentions=("share",))


def test_an_error_on_every_rank_can_be_asked_for(submission: Subject) -> None:
    assert_every_rank_raises(KeyError, submission, 2, called, "all_raise", mentions=("nothing",))
    with pytest.raises(CheckFailed, match="Rank 0 went on"):
        assert_every_rank_raises(ValueError, submission, 2, called, "one_raises")
    with pytest.raises(CheckFailed, match="No error came"):
        assert_every_rank_raises(ValueError, submission, 2, called, "in_a_thread")


@pytest.mark.parametrize(("name", "words"), [("one_leaves", "exit code 9"), ("one_crashes", "signal SIGSEGV")])
def test_a_rank_that_dies_is_named_with_the_way_it_went(submission: Subject, name: str, words: str) -> None:
    assert f"Rank 1 ended its process ({words})" in failure(submission, name).got


def test_exit_on_a_rank_is_the_exit_of_the_worker(submission: Subject) -> None:
    with pytest.raises(NoAnswer) as caught:
        on_ranks(submission, 2, called, "one_exits")
    assert caught.value.call.answer.outcome == "exited"


def test_a_rank_that_never_ends_is_named_with_its_line(submission: Subject) -> None:
    ended = failure(submission, "one_loops", timeout=SHORT)
    assert "Rank 1 never did" in ended.got
    assert "It was at line 5" in ended.got
    assert "Rank 0 waits in all_reduce" in ended.got


def test_what_is_no_plain_data_is_refused_by_name(submission: Subject) -> None:
    with pytest.raises(NoAnswer) as caught:
        on_ranks(submission, 2, called, "no_data")
    assert caught.value.call.answer.outcome == "refused"
    assert "object" in caught.value.call.answer.text


def test_nothing_of_a_run_is_left_when_it_has_ended(submission: Subject, worker: Worker) -> None:
    @probe
    def alive(module, pids):
        from pathlib import Path

        return sorted(pid for pid in pids if Path(f"/proc/{pid}").exists())

    children = on_ranks(submission, 2, called, "leaves_children").values
    assert submission.run(alive, list(children)) == []


def test_the_worker_answers_on_after_ranks_that_hung(submission: Subject) -> None:
    failure(submission, "both_receive")
    assert on_ranks(submission, 2, called, "in_a_thread").values[0].tolist() == [2.0, 2.0, 2.0]


def test_the_log_of_the_check_names_the_probe_and_holds_what_another_run_would_hold(submission: Subject) -> None:
    answers = [on_ranks(submission, 2, talked) and submission.log[-1].answer.value for _ in range(2)]
    assert submission.log[-1].function == "talked"
    assert answers[0]["traffic"] == answers[1]["traffic"]
    assert answers[0]["traffic"][0] == "all_gather 1/3/[], all_reduce 1/3/[], broadcast 1/3/[1], send 1/3/[1]"


def test_the_log_of_the_check_does_not_tell_who_waits_in_which_call(submission: Subject) -> None:
    found = []
    for first in (1, 2):
        with pytest.raises(CheckFailed, match=f"ank {first} waits in recv from rank 0"):
            on_ranks(submission, 3, left_alone, first, timeout=GENEROUS)
        found.append(submission.log[-1].answer.value)
    assert found == [[["returned", "silent", "silent"], ["recv", "send"]]] * 2


def test_the_same_to_the_last_bit_is_told_from_nearly_the_same() -> None:
    x = torch.tensor([0.1, 0.2])
    assert_alike([x, x.clone(), x.clone()])
    assert_alike([{"a": [torch.tensor([float("nan")])]}] * 2)
    with pytest.raises(CheckFailed, match=r"Rank 1's differs from rank 0's in 1 of 2 numbers"):
        assert_alike([x, x * torch.tensor([1.0, 1.0 + 1e-6])])
    with pytest.raises(CheckFailed, match="shape or dtype"):
        assert_alike([x, x.double()])


def test_operations_that_are_not_allowed_are_named(submission: Subject) -> None:
    answers: Ranks = on_ranks(submission, 2, talked)
    assert_operations(answers, {"send", "recv", "all_reduce", "all_gather", "broadcast"})
    with pytest.raises(CheckFailed, match="Rank 0 calls all_reduce"):
        assert_operations(answers, {"send", "recv"})


def test_a_probe_is_asked_for() -> None:
    subject = Subject("submission", lambda *_: Answer("returned"), 0)
    with pytest.raises(AuthorError):
        on_ranks(subject, 2, "called")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "value",
    [None, {}, {"end": "finished", "ranks": []}, {"end": "finished", "ranks": [{"outcome": "returned"}] * 2}],
)
def test_a_word_that_is_not_the_kits_is_no_verdict(value: Any) -> None:
    subject = Subject("submission", lambda *_: Answer("returned", value), 0)
    with pytest.raises(CheckFailed, match="readable"):
        on_ranks(subject, 2, called, "in_a_thread")


@contextlib.contextmanager
def process(text: str) -> Iterator[int]:
    """A process that runs a text and, before its last line, says that it has come so far."""
    with subprocess.Popen([sys.executable, "-c", text], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as started:
        assert started.stdout is not None
        started.stdout.readline()
        yield started.pid
        started.kill()


def test_who_waits_for_a_processor_is_not_taken_for_one_that_waits_for_ever() -> None:
    with process("print(flush=True)\nwhile True: pass") as spinning, process("print(flush=True)\ninput()") as asleep:
        busy, idle = communication.Status(pid=spinning), communication.Status(pid=asleep)
        assert busy.busy
        while idle.busy:  # until it has come to its last line
            continue
        assert not ranks._still([idle, busy], 0.9, 1.0)
        assert ranks._still([idle], 1.1, 1.0)
        assert not ranks._still([idle, busy], 1.1, 1.0)
        assert ranks._still([idle, busy], 1.1 * ranks.PATIENCE, 1.0)
    assert not busy.busy  # it has ended

"""What checks of distributed exercises call: a probe on several ranks, what each answered, and what it sent.

Values that ranks return are *established* like any other answer. The log of communication is *observed*: it is kept
beside the student's code, so a check that rests on it alone is marked so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NoReturn

import torch
from torch import Tensor

from d2l_kit.errors import AuthorError
from d2l_kit.grading import describe
from d2l_kit.grading.asserts import CheckFailed, assert_raises
from d2l_kit.grading.evidence import Call, NoAnswer, Subject
from d2l_kit.grading.probes import Probe, probe
from d2l_kit.worker import protocol
from d2l_kit.worker.protocol import Answer

TIMEOUT = 5.0
MAX_EVENTS = 20_000
_SEND, _RECV = "send", "recv"
# Collectives whose ranks must all bring as many elements of one kind.
_EVEN = frozenset({"all_reduce", "broadcast", "reduce", "all_gather", "reduce_scatter"})
# What gloo says on the ranks that are left when one has gone.
_NEIGHBOUR = re.compile(r"[Cc]onnection (closed|reset)|Broken pipe|Socket closed|[Tt]imed out waiting|gloo")


@dataclass(frozen=True)
class Communication:
    """One call of torch.distributed on one rank.

    Attributes:
        op: "send", "recv", "all_reduce", "broadcast" …; one name for all variants of an operation.
        peer: The other rank of a send or recv, the root of a rooted collective, else None.
        elements: How many numbers of this rank go in.
        bytes: Their size.
        dtype: Their kind, such as "float32".
        group: Name of the process group.
        ranks: Its ranks.
        issued: Its place in the order of this rank's events.
        waited: The place at which somebody began to wait for it; None if nobody did in Python.
        blocking: Whether torch itself waited at once, so that the call was no asynchronous one.
        line: The student's line that made it; 0 if made elsewhere.
        tag: Of a send or recv.
    """

    op: str
    peer: int | None
    elements: int
    bytes: int
    dtype: str
    group: str
    ranks: tuple[int, ...]
    issued: int
    waited: int | None = None
    blocking: bool = False
    line: int = 0
    tag: int = 0

    @property
    def point_to_point(self) -> bool:
        """Whether it goes between two ranks."""
        return self.op in (_SEND, _RECV)


@dataclass(frozen=True)
class Ranks:
    """What all ranks answered.

    Attributes:
        values: Each rank's value; established.
        calls: Each rank's communications in the order they were issued; observed.
        marks: For each rank (label, place in the order of its events); observed.
    """

    values: tuple[Any, ...]
    calls: tuple[tuple[Communication, ...], ...] = ()
    marks: tuple[tuple[tuple[str, int], ...], ...] = ()

    def sends(self, rank: int) -> list[Communication]:
        """The messages that a rank sends."""
        return [call for call in self.calls[rank] if call.op == _SEND]

    def sent_elements(self, rank: int) -> int:
        """How many numbers a rank sends in messages."""
        return sum(call.elements for call in self.sends(rank))

    def peers(self, rank: int) -> set[int]:
        """Whom a rank sends messages to."""
        return {call.peer for call in self.sends(rank) if call.peer is not None}

    def collectives(self, rank: int, op: str = "") -> list[Communication]:
        """A rank's collectives, or those of one operation."""
        return [call for call in self.calls[rank] if not call.point_to_point and op in ("", call.op)]

    def marked(self, rank: int, label: str) -> list[int]:
        """Where a rank's probe set a mark, in the order of its events."""
        return [place for name, place in self.marks[rank] if name == label]


@probe
def many_ranks(module, name, source, world_size, each, args, timeout, detail):  # type: ignore[no-untyped-def]
    """Fork ranks off this worker and run a probe on each."""
    from d2l_kit.worker.runtimes import ranks

    return ranks.run(module, source, name, world_size, each, args, timeout, detail)


def on_ranks(
    submission: Subject,
    world_size: int,
    asked: Probe,
    *args: Any,
    each: Sequence[Sequence[Any]] = (),
    timeout: float = TIMEOUT,
    detail: bool = False,
) -> Ranks:
    """Run a probe `(module, here, *each[rank], *args)` on several ranks of one process group.

    `here` has `here.rank`, `here.world_size`, `here.mark(label)` for the log, and `here.hold_back()`, which makes this
    rank late. All ranks start with the same seeds.

    Args:
        submission: The subject.
        world_size: How many ranks, 16 at most.
        asked: The probe.
        args: Arguments for every rank.
        each: For each rank its own first arguments.
        timeout: Seconds for all of it; ranks that only wait for each other are ended sooner.
        detail: Have torch compare collectives as well; each then holds a barrier, so nothing overlaps.

    Raises:
        NoAnswer: A rank raised, exited or returned something that is not plain data.
        CheckFailed: Ranks wait for each other for ever, never end, die, or do not fit together.
    """
    call, told = _ask(submission, world_size, asked, args, each, timeout, detail)
    calls, marks = zip(*(_read_log(rank["log"]) for rank in told.ranks), strict=True)
    _raise_fault(submission, call, told, calls)
    values = [rank["value"] for rank in told.ranks]
    _enter(submission, call, Answer("returned", values, printed=call.answer.printed, seconds=call.answer.seconds))
    return Ranks(tuple(values), calls, marks)


def assert_every_rank_raises(
    kind: type[Exception],
    submission: Subject,
    world_size: int,
    asked: Probe,
    *args: Any,
    each: Sequence[Sequence[Any]] = (),
    timeout: float = TIMEOUT,
    mentions: Sequence[str] = (),
) -> None:
    """The probe raises such an error on every rank: one that goes on alone would wait for the others for ever."""
    assert_raises(
        kind, on_ranks, submission, world_size, asked, *args, each=each, timeout=timeout, mentions=tuple(mentions)
    )
    silent = submission.log[-1].kwargs.get("ranks without an error", [])
    if silent:
        raise CheckFailed(
            f"Every rank should raise {kind.__name__}.",
            f"{_ranks(silent)} did not, while others did.",
            help="What is refused must be seen by every rank by itself, before anything is sent.",
        )


def assert_alike(values: Sequence[Any], what: str = "result") -> None:
    """Every rank's value is the same, bit for bit: tensors, and collections of them."""
    for rank, value in enumerate(values):
        if place := _difference(value, values[0], ""):
            raise CheckFailed(
                f"The {what.removeprefix('the ')} should be the same on every rank, to the last bit.",
                f"Rank {rank} differs from rank 0{place}.",
                help="The order of additions matters for the last digits: add in one place, then send copies.",
            )


def assert_operations(answers: Ranks, allowed: Collection[str]) -> None:
    """No rank uses other operations of torch.distributed than these; observed."""
    for rank, calls in enumerate(answers.calls):
        for call in calls:
            if call.op not in allowed:
                raise CheckFailed(
                    f"Only {_words(sorted(allowed))} should be used to communicate.",
                    f"Rank {rank} calls {call.op}{_at(call.line)}.",
                )


@dataclass(frozen=True)
class _Told:
    """What the worker says of the run."""

    end: str
    ranks: tuple[Mapping[str, Any], ...]


def _ask(
    submission: Subject,
    world_size: int,
    asked: Probe,
    args: Sequence[Any],
    each: Sequence[Sequence[Any]],
    timeout: float,
    detail: bool,
) -> tuple[Call, _Told]:
    if not isinstance(asked, Probe):
        raise AuthorError(f"on_ranks() needs a probe, not {asked!r}.", "Decorate the function with @probe.")
    own = [list(arguments) for arguments in each]
    request = (asked.name, asked.source, world_size, own, list(args), timeout, detail)
    try:
        made = submission.request(many_ranks, *request)
    except NoAnswer as failed:
        call = _enter(submission, failed.call, failed.call.answer, asked, own, args)
        raise NoAnswer(submission, call) from None
    call = _enter(submission, made, Answer("returned", printed=made.answer.printed), asked, own, args)
    value = made.answer.value
    told = value.get("ranks") if isinstance(value, dict) else None
    if not isinstance(told, list) or len(told) != world_size or not all(isinstance(rank, dict) for rank in told):
        _unreadable()
    return call, _Told(str(value.get("end")), tuple(_rank(rank) for rank in told))


def _enter(
    submission: Subject,
    call: Call,
    answer: Answer,
    asked: Probe | None = None,
    own: Sequence[Sequence[Any]] = (),
    args: Sequence[Any] = (),
    **notes: Any,
) -> Call:
    """Put a call into the log as the author's own, so that messages name it, and traces hold no times and no order."""
    shown = {"each rank's own": own} if own else {}
    made = replace(call, answer=answer) if asked is None else replace(call, probe=asked, args=tuple(args), kwargs=shown, answer=answer)
    submission.log[-1] = made
    return made

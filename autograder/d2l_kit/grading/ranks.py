"""What checks of distributed exercises call: a probe on several ranks, what each answered, and what it sent.

Values that ranks return are *established* like any other answer. The log of communication is *observed*: it is kept
beside the student's code, so a check that rests on it alone is marked so.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor

from d2l_kit.errors import AuthorError
from d2l_kit.grading import _faults
from d2l_kit.grading._communication import Communication
from d2l_kit.grading._faults import Meeting
from d2l_kit.grading.asserts import CheckFailed, assert_raises
from d2l_kit.grading.evidence import Call, NoAnswer, Subject
from d2l_kit.grading.probes import Probe, probe
from d2l_kit.worker.codec import flat_bytes
from d2l_kit.worker.protocol import Answer

TIMEOUT = 5.0


@dataclass(frozen=True)
class Ranks:
    """What all ranks answered.

    Attributes:
        values: Each rank's value; established.
        calls: Each rank's communications in the order they were issued; observed.
        marks: For each rank (label, place in the order of its events); observed.
    """

    values: tuple[Any, ...]
    calls: tuple[tuple[Communication, ...], ...]
    marks: tuple[tuple[tuple[str, int], ...], ...]

    def sends(self, rank: int) -> list[Communication]:
        """The messages that a rank sends."""
        return [call for call in self.calls[rank] if call.op == "send"]

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
    rank late; `here.tell(name, number)` and `here.told(rank, name)` let it wait for what another has come to. All ranks
    start with the same seeds.

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
        CheckFailed: Ranks wait for each other for ever, never end, die, or make calls that do not fit together.
    """
    meeting = _meet(submission, world_size, asked, args, each, timeout, detail)
    answer = _faults.own_error(meeting)
    if answer is None and (fault := _faults.misfit(meeting) or _faults.silence(meeting)):
        raise fault
    if answer is None:
        answer = _faults.neighbour_error(meeting)
    if answer is not None:
        raise _no_answer(submission, answer)
    _enter(submission, Answer("returned", _faults.answers(meeting)))
    return Ranks(
        tuple(rank.value for rank in meeting.ranks),
        tuple(rank.log.calls for rank in meeting.ranks),
        tuple(rank.log.marks for rank in meeting.ranks),
    )


def assert_every_rank_raises(
    kind: type[BaseException],
    submission: Subject,
    world_size: int,
    asked: Probe,
    *args: Any,
    each: Sequence[Sequence[Any]] = (),
    timeout: float = TIMEOUT,
    mentions: Sequence[str] = (),
) -> None:
    """The probe raises such an error on every rank: one that goes on alone would wait for the others for ever."""
    meeting = _meet(submission, world_size, asked, args, each, timeout, False)
    if not any(rank.raised for rank in meeting.ranks):
        if fault := _faults.silence(meeting):
            raise fault
        _enter(submission, Answer("returned", _faults.answers(meeting)))
    for number, rank in enumerate(meeting.ranks):
        if rank.outcome == "silent":
            raise CheckFailed(
                f"Every rank should raise {kind.__name__}.",
                f"Rank {number} went on and waited for the others.",
                help="What is refused must be seen by every rank by itself, before anything is sent.",
            )
    for number in range(len(meeting.ranks)):
        assert_raises(kind, lambda n=number: _value(submission, meeting, n), mentions=tuple(mentions))


def assert_alike(values: Sequence[Any], what: str = "result") -> None:
    """Every rank's value is the same, bit for bit; through lists, tuples and dictionaries."""
    for rank, value in enumerate(values):
        if (place := _difference(value, values[0])) is not None:
            raise CheckFailed(
                f"The {what.removeprefix('the ')} should be the same on every rank, to the last bit.",
                f"Rank {rank}'s differs from rank 0's{place}.",
            )


def assert_operations(answers: Ranks, allowed: Collection[str]) -> None:
    """No rank uses other operations of torch.distributed than these; observed."""
    for rank, calls in enumerate(answers.calls):
        for call in calls:
            if call.op not in allowed:
                line = f" in line {call.line}" if call.line else ""
                raise CheckFailed(
                    f"Of torch.distributed, only {' and '.join(sorted(allowed))} should be used.",
                    f"Rank {rank} calls {call.op}{line}.",
                )


def _meet(
    submission: Subject,
    world_size: int,
    asked: Probe,
    args: Sequence[Any],
    each: Sequence[Sequence[Any]],
    timeout: float,
    detail: bool,
) -> Meeting:
    if not isinstance(asked, Probe):
        raise AuthorError(f"on_ranks() needs a probe, not {asked!r}.", "Decorate the function with @probe.")
    own = [list(arguments) for arguments in each]
    failed: Answer | None = None
    try:
        made = submission.request(many_ranks, asked.name, asked.source, world_size, own, list(args), timeout, detail)
    except NoAnswer as ended:
        made, failed = ended.call, ended.call.answer
    # In the log stands the author's probe, which messages name, and of the answer what would come again: no times.
    shown = tuple(args) if args or not own else tuple(own[0])
    submission.log[-1] = replace(made, probe=asked, args=shown, kwargs={}, answer=failed or Answer("returned"))
    if failed is not None:
        raise NoAnswer(submission, submission.log[-1])
    meeting = Meeting.read(made.answer.value, world_size)
    _enter(submission, Answer("returned", _faults.summary(meeting), printed=made.answer.printed))
    return meeting


def _enter(submission: Subject, answer: Answer) -> Call:
    """Let the last call in the log have this answer."""
    printed = submission.log[-1].answer.printed
    submission.log[-1] = replace(submission.log[-1], answer=replace(answer, printed=printed or answer.printed))
    return submission.log[-1]


def _no_answer(submission: Subject, answer: Answer) -> NoAnswer:
    return NoAnswer(submission, _enter(submission, answer))


def _value(submission: Subject, meeting: Meeting, number: int) -> Any:
    """One rank's value, or what it raised."""
    rank = meeting.ranks[number]
    if rank.outcome == "returned":
        return rank.value
    raise _no_answer(submission, _faults.answer_of(meeting, number))


def _difference(mine: Any, theirs: Any) -> str | None:
    """Where two values differ, in words; None if nowhere."""
    if isinstance(mine, Tensor) and isinstance(theirs, Tensor):
        return _tensors_differ(mine, theirs)
    if isinstance(mine, dict) and isinstance(theirs, dict):
        if mine.keys() != theirs.keys():
            return " in its keys"
        return next((d for key in mine if (d := _difference(mine[key], theirs[key])) is not None), None)
    if isinstance(mine, list | tuple) and isinstance(theirs, list | tuple):
        if len(mine) != len(theirs):
            return " in its length"
        return next((d for a, b in zip(mine, theirs, strict=True) if (d := _difference(a, b)) is not None), None)
    if isinstance(mine, Tensor) or isinstance(theirs, Tensor):
        return " in kind"
    return None if mine == theirs else ""


def _tensors_differ(mine: Tensor, theirs: Tensor) -> str | None:
    if mine.dtype != theirs.dtype or mine.shape != theirs.shape:
        return " in shape or dtype"
    if not mine.numel():
        return None
    size = mine.element_size()
    bits = [flat_bytes(tensor.detach().contiguous()).reshape(-1, size) for tensor in (mine, theirs)]
    wrong = int((bits[0] != bits[1]).any(1).sum())
    return f" in {wrong} of {mine.numel()} numbers" if wrong else None

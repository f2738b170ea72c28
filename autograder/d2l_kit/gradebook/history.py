"""What happened, in order: to one student, or to a class run by run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from d2l_kit.gradebook.lateness import moment_text
from d2l_kit.gradebook.model import Run, State, Stored
from d2l_kit.gradebook.store import Gradebook
from d2l_kit.report.model import points_text

_GRADED = "run {run}: {submission} graded, {points} of {maximum} points, {state}{handed}; d2l-kit {kit}"
_CONFIRMED = "run {run}: {submission} graded again, the same as report {id}: {points} of {maximum} points"
_DECIDED = "report {id} of run {run} {state}"
_HANDED = ", handed in {at}"
_ADJUSTED = "adjustment {id}: {points}{where}, {reason}"
_WITHDRAWN = "adjustment {id} withdrawn"
_EXCUSED = "excused"
_NOT_EXCUSED = "no longer excused"
_COMMENT = "comment{where}: {text}"
_FAILED = "run {run}: {submission} could not be graded (our failure; no score was touched): {message}"
_ASKED = "regrade of {submission} asked for, {answered}"
_ANSWERED = "answered by report {id} of run {run}"
_NOT_ANSWERED = "not answered yet"


@dataclass(frozen=True)
class Event:
    """Something that happened.

    Attributes:
        kind: "graded", "confirmed", "decided", "adjusted", "withdrawn", "excused", "comment", "failed" or "asked".
        who: Of the machine or the person that did it; "" if nobody knows.
    """

    at: datetime
    kind: str
    who: str
    text: str


@dataclass(frozen=True)
class RunLine:
    """A run and what became of what it found."""

    run: Run
    accepted: int
    proposed: int
    rejected: int
    failed: int


def events(store: Gradebook, assignment: str, student: str, zone: str = "UTC") -> tuple[Event, ...]:
    """All that happened to one student, oldest first."""
    stored = store.stored(assignment, student=student)
    submissions = {student, *(each.hand_in.submission for each in stored)}
    found = [
        *_of_reports(store, assignment, stored, zone),
        *_of_people(store, assignment, student),
        *_of_failures(store, assignment, submissions),
        *_of_requests(store, assignment, submissions),
    ]
    return tuple(sorted(found, key=lambda event: event.at))


def run_lines(store: Gradebook, assignment: str) -> tuple[RunLine, ...]:
    """All runs of an assignment, oldest first."""
    states = Counter((stored.run, stored.state) for stored in store.stored(assignment))
    failed = Counter(failure.run for failure in store.failures())
    return tuple(
        RunLine(
            run,
            states[run.id, State.ACCEPTED],
            states[run.id, State.PROPOSED],
            states[run.id, State.REJECTED],
            failed[run.id],
        )
        for run in store.runs(assignment)
    )


def signed(points: Fraction) -> str:
    """Points with their sign, for what is added or taken."""
    return f"{'-' if points < 0 else '+'}{points_text(abs(points))}"


def _of_reports(store: Gradebook, assignment: str, stored: tuple[Stored, ...], zone: str) -> Iterator[Event]:
    runs = {run.id: run for run in store.runs(assignment)}
    for each in stored:
        at = each.hand_in.at
        text = _GRADED.format(
            run=each.run,
            submission=each.hand_in.submission,
            points=points_text(each.earned),
            maximum=sum(result.points for result in each.results),
            state=each.state.value,
            handed=_HANDED.format(at=moment_text(at, zone)) if at else "",
            kit=runs[each.run].kit,
        )
        yield Event(each.graded_at, "graded", runs[each.run].who, text)
        if each.decided is not None:
            decided = _DECIDED.format(id=each.id, run=each.run, state=each.state.value)
            yield Event(each.decided, "decided", each.decided_by, decided)
    by_id = {each.id: each for each in stored}
    for again in store.confirmations(by_id):
        same = by_id[again.report]
        text = _CONFIRMED.format(
            run=again.run,
            submission=same.hand_in.submission,
            id=same.id,
            points=points_text(same.earned),
            maximum=sum(result.points for result in same.results),
        )
        yield Event(again.at, "confirmed", runs[again.run].who, text)


def _of_people(store: Gradebook, assignment: str, student: str) -> Iterator[Event]:
    withdrawals = store.withdrawals(assignment)
    for each in store.adjustments(assignment, student):
        text = _ADJUSTED.format(id=each.id, points=signed(each.points), where=_where(each.exercise), reason=each.reason)
        yield Event(each.at, "adjusted", each.who, text)
        if each.withdrawn is not None:
            yield Event(each.withdrawn, "withdrawn", withdrawals.get(each.id, ""), _WITHDRAWN.format(id=each.id))
    for excuse in store.excuses(assignment, student):
        text = (_EXCUSED if excuse.excused else _NOT_EXCUSED) + _because(excuse.reason)
        yield Event(excuse.at, "excused", excuse.who, text)
    for comment in store.comments(assignment, student):
        text = _COMMENT.format(where=_where(comment.exercise), text=comment.text)
        yield Event(comment.at, "comment", comment.who, text)


def _of_failures(store: Gradebook, assignment: str, submissions: set[str]) -> Iterator[Event]:
    own = {run.id: run for run in store.runs(assignment)}
    for each in store.failures():
        if each.run in own and each.submission in submissions:
            text = _FAILED.format(run=each.run, submission=each.submission, message=each.message)
            yield Event(each.at, "failed", own[each.run].who, text)


def _of_requests(store: Gradebook, assignment: str, submissions: set[str]) -> Iterator[Event]:
    own = [each for each in store.asked(assignment, answered=True) if each.submission in submissions]
    answers = store.find(each.answer for each in own if each.answer is not None)
    for each in own:
        answer = answers.get(each.answer or 0)
        answered = _ANSWERED.format(id=answer.id, run=answer.run) if answer else _NOT_ANSWERED
        text = _ASKED.format(submission=each.submission, answered=answered) + _because(each.note)
        yield Event(each.at, "asked", each.who, text)


def _where(exercise: str) -> str:
    return f" for {exercise}" if exercise else ""


def _because(reason: str) -> str:
    return f": {reason}" if reason else ""

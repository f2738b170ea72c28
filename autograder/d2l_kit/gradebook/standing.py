"""Where each student stands: worked out from reports, rules and what people decided; nothing of it is stored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any, Protocol

from d2l_kit.assign.model import Assignment, Attempts
from d2l_kit.errors import UsageError
from d2l_kit.gradebook.lateness import moment_text, penalty
from d2l_kit.gradebook.model import (
    Adjustment,
    ClassBook,
    Comment,
    Penalty,
    Remembered,
    Standing,
    State,
    Stored,
    Student,
)
from d2l_kit.report.model import points_text

_MISSING = "nothing was handed in"
_NOT_DUE = "nothing was handed in yet; due {due}"
_EXCUSED = "excused: {reason}"
_CHANGED = "automatic score changed since adjustment {number} of {date} ({before} → {now}{where})"
_NOT_THERE = "adjustment {number} of {date} was made before anything was handed in"
_NOT_GRADED = "{exercise} was not graded: grade again"
_SCALED = "{exercise} was graded out of {then}, and is worth {now} now: scaled"
_PROPOSED = "a regrade of run {run} would give {points} for {submission}; it waits for `gradebook accept` or `reject`"
_COUNTED = "attempt {number} of {count} counts ({rule})"
_RULES = {Attempts.LAST: "the last", Attempts.BEST: "the best after lateness"}


class Store(Protocol):
    """What is asked of the gradebook here."""

    def attempts(self, assignment: str) -> tuple[Stored, ...]: ...
    def newest(self, assignment: str, state: State = ...) -> dict[str, Stored]: ...
    def find(self, numbers: Any) -> dict[int, Stored]: ...
    def adjustments(self, assignment: str, student: str | None = None) -> tuple[Adjustment, ...]: ...
    def comments(self, assignment: str, student: str | None = None) -> tuple[Comment, ...]: ...
    def excused(self, assignment: str) -> dict[str, str]: ...
    def remembered(self, name: str) -> Remembered: ...


def class_book(
    store: Store,
    name: str,
    *,
    assignment: Assignment | None,
    roster: Sequence[Student],
    now: datetime | None = None,
) -> ClassBook:
    """The whole class as it stands.

    Args:
        assignment: Its rules as they are now; None: nothing is late, and the last attempt counts.
        roster: Empty: the students are those who handed in.
        now: Tells "missing" from "not yet handed in".
    """
    all_of_them = store.attempts(name)
    title, exercises = _work(store, name, assignment, all_of_them)
    rules = _Rules(assignment, exercises, now or datetime.now(UTC))
    attempts = _by_student(all_of_them)
    adjustments = _by_student([each for each in store.adjustments(name) if each.withdrawn is None])
    comments = _by_student(store.comments(name))
    proposed = _by_student(_waiting(store, name))
    excused = store.excused(name)
    bases = store.find(each.basis for some in adjustments.values() for each in some if each.basis)
    standings = tuple(
        _standing(
            rules,
            _Case(
                student,
                attempts.get(student.id, []),
                adjustments.get(student.id, []),
                comments.get(student.id, []),
                proposed.get(student.id, []),
                excused.get(student.id),
            ),
            bases,
        )
        for student in roster or _students_of([*attempts, *adjustments, *comments, *excused])
    )
    known = {student.id for student in roster}
    strangers = {each.hand_in.submission for each in all_of_them if roster and each.hand_in.student not in known}
    return ClassBook(name, title, exercises, standings, tuple(sorted(strangers)))


@dataclass(frozen=True)
class _Rules:
    """What holds for everybody."""

    assignment: Assignment | None
    exercises: Mapping[str, int]
    now: datetime

    @property
    def best(self) -> bool:
        return self.assignment is not None and self.assignment.attempts is Attempts.BEST

    @property
    def zone(self) -> str:
        return self.assignment.zone if self.assignment else "UTC"

    def automatic(self, stored: Stored | None) -> dict[str, Fraction]:
        """Points of the checks, out of what the exercises are worth now."""
        found = {result.exercise: result for result in stored.results} if stored else {}
        points: dict[str, Fraction] = {}
        for exercise, worth in self.exercises.items():
            result = found.get(exercise)
            points[exercise] = result.earned * Fraction(worth, result.points or 1) if result else Fraction(0)
        return points

    def pending(self, stored: Stored | None) -> Fraction:
        """Points that may yet come, on the same scale."""
        results = stored.results if stored else ()
        parts = (
            result.pending * Fraction(self.exercises[result.exercise], result.points or 1)
            for result in results
            if result.exercise in self.exercises
        )
        return sum(parts, Fraction(0))


@dataclass(frozen=True)
class _Case:
    """What there is of one student."""

    student: Student
    attempts: list[Stored]
    adjustments: list[Adjustment]
    comments: list[Comment]
    proposed: list[Stored]
    excuse: str | None


def _standing(rules: _Rules, case: _Case, bases: Mapping[int, Stored]) -> Standing:
    attempts = _in_order(case.attempts)
    tried = [_tried(rules, case, stored) for stored in attempts]
    order = range(len(tried))
    if not tried:
        chosen = _tried(rules, case, None)
    elif rules.best:  # of equals the one that lost less by lateness, then the later one
        chosen = tried[max(order, key=lambda i: (tried[i].score, -tried[i].penalty.percent, i))]
    else:
        chosen = tried[-1]
    notes = (
        *_notes_on_attempts(rules, case, attempts, chosen.counted),
        *([chosen.penalty.note] if chosen.penalty.note else []),
        *_notes_on_adjustments(rules, case.adjustments, chosen, bases),
        *_notes_on_proposals(rules, case.proposed, attempts),
    )
    return Standing(
        student=case.student,
        attempts=tuple(attempts),
        counted=chosen.counted,
        automatic=chosen.automatic,
        adjustments=chosen.adjustments,
        comments=tuple(case.comments),
        penalty=chosen.penalty,
        pending=rules.pending(chosen.counted),
        maximum=sum(rules.exercises.values()),
        excused=case.excuse is not None,
        notes=notes,
    )


def _tried(rules: _Rules, case: _Case, stored: Stored | None) -> Standing:
    """Where the student would stand if that attempt counted."""
    return Standing(
        student=case.student,
        counted=stored,
        automatic=rules.automatic(stored),
        adjustments=tuple(case.adjustments),
        penalty=penalty(rules.assignment, stored.hand_in) if stored else Penalty(),
    )


def _in_order(attempts: Sequence[Stored]) -> list[Stored]:
    """By the platform's numbers, then by time if every time is known, then as they came to be graded."""
    timed = all(each.hand_in.at is not None for each in attempts)
    return sorted(attempts, key=lambda each: (each.hand_in.attempt, each.hand_in.at if timed else 0, each.id))


def _notes_on_attempts(rules: _Rules, case: _Case, attempts: Sequence[Stored], counted: Stored | None) -> Iterator[str]:
    if case.excuse is not None:
        yield _EXCUSED.format(reason=case.excuse)
    if counted is None:
        due = rules.assignment.due_for(case.student.id) if rules.assignment else None
        if due is not None and rules.now <= due:
            yield _NOT_DUE.format(due=moment_text(due, rules.zone))
        else:
            yield _MISSING
        return
    if len(attempts) > 1:
        rule = _RULES[Attempts.BEST if rules.best else Attempts.LAST]
        yield _COUNTED.format(number=attempts.index(counted) + 1, count=len(attempts), rule=rule)
    graded = {result.exercise: result.points for result in counted.results}
    for exercise, worth in rules.exercises.items():
        if exercise not in graded:
            yield _NOT_GRADED.format(exercise=exercise)
        elif graded[exercise] != worth:
            yield _SCALED.format(exercise=exercise, then=graded[exercise], now=worth)


def _notes_on_adjustments(
    rules: _Rules, adjustments: Sequence[Adjustment], chosen: Standing, bases: Mapping[int, Stored]
) -> Iterator[str]:
    for each in adjustments:
        date = moment_text(each.at, rules.zone)[:10]
        if (basis := bases.get(each.basis)) is None:
            if chosen.counted is not None:
                yield _NOT_THERE.format(number=each.id, date=date)
            continue
        then, now = _part(rules.automatic(basis), each.exercise), _part(chosen.automatic, each.exercise)
        if then != now:
            where = f" for {each.exercise}" if each.exercise else ""
            yield _CHANGED.format(
                number=each.id, date=date, before=points_text(then), now=points_text(now), where=where
            )


def _notes_on_proposals(rules: _Rules, proposed: Sequence[Stored], attempts: Sequence[Stored]) -> Iterator[str]:
    newest = {each.hand_in.submission: each.id for each in sorted(attempts, key=lambda each: each.id)}
    for each in proposed:
        if each.id > newest.get(each.hand_in.submission, 0):
            points = points_text(sum(rules.automatic(each).values(), Fraction(0)))
            yield _PROPOSED.format(run=each.run, points=points, submission=each.hand_in.submission)


def _part(points: Mapping[str, Fraction], exercise: str) -> Fraction:
    return points.get(exercise, Fraction(0)) if exercise else sum(points.values(), Fraction(0))


def _waiting(store: Store, name: str) -> list[Stored]:
    return [*store.newest(name, State.PROPOSED).values()]


def _work(
    store: Store, name: str, assignment: Assignment | None, attempts: Sequence[Stored]
) -> tuple[str, Mapping[str, int]]:
    """Title and exercises: by the rules of now, else as graded last, else as the reports have them."""
    if assignment is not None:
        return assignment.title, {each.id: each.points for each in assignment.exercises}
    try:
        kept = store.remembered(name)
    except UsageError:  # a run that was stopped before it remembered anything
        kept = Remembered(name)
    found = {result.exercise: result.points for stored in attempts for result in stored.results}
    return kept.title, kept.exercises or found


def _by_student(rows: Sequence[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for row in rows:
        found.setdefault(row.hand_in.student if isinstance(row, Stored) else row.student, []).append(row)
    return found


def _students_of(ids: Sequence[str]) -> list[Student]:
    return [Student(id) for id in sorted(set(ids))]

"""Reports, assignments and gradebooks made by code, for tests of the gradebook."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

from d2l_kit.assign.model import AssignedExercise, Assignment
from d2l_kit.catalog import Exercise
from d2l_kit.gradebook.model import ClassBook, HandIn, Standing, State, Student
from d2l_kit.gradebook.standing import class_book
from d2l_kit.gradebook.store import Gradebook
from d2l_kit.report.model import (
    CheckResult,
    Confinement,
    ExerciseResult,
    ExerciseStatus,
    Report,
    Status,
    Visibility,
)

DUE = datetime(2026, 12, 1, 22, 59, tzinfo=UTC)
EXERCISES = {"ch07/corr2d": 12, "ch07/pool2d": 8}
MADE_FROM = {"submission": "s1", "checks": "c1", "seed": "x", "kit": "0.1", "assignment": ""}


def report(name: str = "ada", passed: Sequence[bool] = (True, True), pending: bool = False, **made: str) -> Report:
    """A report of both exercises, four checks each: one that is not passed fails two of its checks."""
    exercises = []
    for (id, points), good in zip(EXERCISES.items(), passed, strict=True):
        checks = tuple(
            CheckResult(
                f"check{i}",
                f"check {i} holds",
                Visibility.PUBLIC,
                Status.PASSED if good or i < 2 else Status.NOT_RUN if pending else Status.FAILED,
                pending=pending and not good and i >= 2,
            )
            for i in range(4)
        )
        status = ExerciseStatus.PASSED if good else ExerciseStatus.PENDING if pending else ExerciseStatus.FAILED
        exercises.append(ExerciseResult(id, id, points, status, checks))
    from_what = {**MADE_FROM, **made}
    return Report(
        name,
        tuple(exercises),
        Confinement("process"),
        graded_at="2026-12-02T10:00:00+00:00",
        digest=repr(sorted(from_what.items())),
        made_from=from_what,
    )


def assignment(**changes: Any) -> Assignment:
    """The assignment of these tests."""
    work = tuple(AssignedExercise(id, points) for id, points in EXERCISES.items())
    return replace(Assignment("hw2", "Homework 2", work, due=DUE, zone="Europe/Berlin"), **changes)


def hand_in(name: str = "ada", late: timedelta | None = -timedelta(hours=1), **more: Any) -> HandIn:
    """A hand-in so long after the due date; None: at an unknown time."""
    return HandIn(name, **{"student": name, "at": None if late is None else DUE + late, **more})


def put(store: Gradebook, report: Report, hand: HandIn | None = None, state: State = State.ACCEPTED) -> int:
    """Store a report in a run of its own; the run."""
    run = store.begin_run("hw2", "grade class")
    store.put(run, "hw2", hand or hand_in(report.submission), report, state)
    store.end_run(run)
    return run


def book(store: Gradebook, rules: Assignment | None = None, roster: Sequence[Student] = ()) -> ClassBook:
    """The class as it stands."""
    return class_book(store, "hw2", assignment=rules, roster=roster, now=DUE + timedelta(days=30))


def only(store: Gradebook, rules: Assignment | None = None) -> Standing:
    """The only student's standing."""
    (standing,) = book(store, rules).standings
    return standing


def remember(store: Gradebook, rules: Assignment | None, exercises: Sequence[Exercise] = (), name: str = "hw2") -> None:
    """Keep the rules as `grade` does."""
    store.remember(rules, name, exercises, (), None)


def points(*values: int) -> tuple[Fraction, ...]:
    """Points as they are stored."""
    return tuple(map(Fraction, values))


def new(folder: Path) -> Gradebook:
    """An empty gradebook."""
    return Gradebook.open(folder / "gradebook.sqlite", create=True)

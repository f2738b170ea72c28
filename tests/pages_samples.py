"""A class of invented students with reports, adjustments and lateness, for the tests of pages."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from d2l_kit.assign.model import AssignedExercise, Assignment, Extension
from d2l_kit.gradebook.model import (
    Adjustment,
    CheckOutcome,
    ClassBook,
    Comment,
    HandIn,
    Penalty,
    Result,
    Standing,
    State,
    Stored,
    Student,
)
from d2l_kit.report.model import CheckResult, Diagnosis, ExerciseResult, ExerciseStatus, Report, Status, Visibility
from reports_samples import HOSTILE, SAMPLES, SECRET, TELLS

DUE = datetime(2026, 12, 1, 22, 59, tzinfo=UTC)
EXERCISES = {"ch07/corr2d": 10, "ch07/pool2d": 15}
TITLES = {"ch07/corr2d": "Two-dimensional cross-correlation", "ch07/pool2d": "Pooling"}
MISTAKES = {
    "flips_kernel": TELLS,
    "loses_last_row": "The last row is missing. There are h - kh + 1 positions, not h - kh.",
}
FIRST = "Ada Ben Cleo Daniël Eve Fay Gus Hal Ida Jun Kim Lea Mia Noa Ole Pia Quinn Ravi Søren Tuğba Ute Vera Yıldız Zoé"
LAST = "Abelson Bauer Çelik Dubois Eriksen Fernández Gupta Hoffmann Ivanova Jørgensen Kowalska Lindström Müller Nguyễn"
WORDS = {
    "hang": "The code does not end.",
    "torch": "Agrees with torch on random input.",
    "shape": "The shape is right.",
}
GRADIENT = "The gradient of the output flows back to the kernel."

ASSIGNMENT = Assignment(
    name="hw2",
    title="Homework 2: Convolutions",
    exercises=tuple(AssignedExercise(id, points) for id, points in EXERCISES.items()),
    due=DUE,
    zone="Europe/Berlin",
    extensions=(Extension("s007", DUE + timedelta(days=7), "illness"),),
)


@dataclass(frozen=True)
class SampleClass:
    """A class, its reports by id, and how its checks ended."""

    book: ClassBook
    reports: dict[int, Report]

    def checks(self) -> Iterator[CheckOutcome]:
        """As the gradebook gives them."""
        for id, report in self.reports.items():
            for exercise in report.exercises:
                for check in exercise.checks:
                    yield CheckOutcome(
                        id, exercise.id, check.name, check.title, check.visibility, check.status, check.duration
                    )


def stored(id: int, report: Report, student: str, attempt: int = 1, at: datetime | None = DUE) -> Stored:
    """What the gradebook knows of a report."""
    results = tuple(
        Result(
            exercise.id,
            exercise.points,
            exercise.earned,
            exercise.pending,
            exercise.status,
            "" if exercise.diagnosis is None else exercise.diagnosis.name,
            "" if exercise.diagnosis is None else exercise.diagnosis.tells,
            exercise.duration,
        )
        for exercise in report.exercises
    )
    hand_in = HandIn(report.submission, student, attempt, at, source="times.csv")
    return Stored(id, 1, State.ACCEPTED, hand_in, report.digest, DUE + timedelta(days=1, hours=9), results)


def standing(student: Student, *attempts: Stored, **more: object) -> Standing:
    """A standing in which the last attempt counts."""
    counted = attempts[-1] if attempts else None
    automatic = {result.exercise: result.earned for result in counted.results} if counted else {}
    pending = counted.pending if counted else Fraction(0)
    filled = {"automatic": automatic, "pending": pending, "maximum": sum(EXERCISES.values()), **more}
    return Standing(student, attempts, counted, **filled)


def adjustment(points: Fraction | int, reason: str, exercise: str = "", student: str = "s001") -> Adjustment:
    """Points by hand, by somebody whose account's name no student should see."""
    return Adjustment(1, "hw2", student, exercise, Fraction(points), reason, SECRET, DUE + timedelta(days=2))


def comment(text: str, exercise: str = "", student: str = "s001") -> Comment:
    """A word to a student."""
    return Comment(1, "hw2", student, exercise, text, SECRET, DUE + timedelta(days=2))


def sample_report(student: str, chance: random.Random, ability: float) -> Report:
    """A report such as classes have: two exercises, public and hidden checks, some mistakes, some hangs."""
    corr2d = _exercise("ch07/corr2d", chance, ability)
    pool2d = _exercise("ch07/pool2d", chance, ability - 0.15)
    return replace(SAMPLES["partial"](), submission=student, student=student, exercises=(corr2d, pool2d), scope="all")


def sample_class(students: int = 140, seed: int = 7) -> SampleClass:
    """A class in which everything that a page shows happens to somebody."""
    chance = random.Random(seed)
    reports: dict[int, Report] = {}
    standings = []
    for number in range(students):
        student = _student(number, chance)
        attempts = []
        if number % 13 != 5:
            for attempt in range(1, 2 + (number % 9 == 0)):
                report = sample_report(student.id, chance, chance.betavariate(2.6, 1.3))
                reports[len(reports) + 1] = report
                at = DUE - timedelta(hours=chance.randint(1, 90)) if number % 11 else DUE + timedelta(hours=26)
                attempts.append(stored(len(reports), report, student.id, attempt, at))
        standings.append(_with_people(standing(student, *attempts), number))
    return SampleClass(ClassBook("hw2", ASSIGNMENT.title, EXERCISES, tuple(standings), ("s999_guest",)), reports)


def hostile_standing() -> tuple[Standing, Report]:
    """A student whose every text wants to be markup."""
    text = (
        f"<script>alert(1)</script><img src=x onerror=alert(2)>\"'</style>{{{{ 7 * 7 }}}} [a](javascript:b) {HOSTILE}"
    )
    report = replace(
        SAMPLES["unusual_text"](),
        submission=text,
        student=text,
        exercises=(
            ExerciseResult(
                "ch07/corr2d",
                text,
                10,
                ExerciseStatus.FAILED,
                (
                    CheckResult("a", text, Visibility.PUBLIC, Status.FAILED, message=text * 9, log=text * 20_000),
                    CheckResult("b", "b", Visibility.PUBLIC, Status.RAISED, message="</pre>\n```\n# x\n" + text),
                ),
                Diagnosis("mechanical", text, text),
                notes=(text,),
                file=text,
            ),
        ),
    )
    student = Student(text, text, section=text)
    told = {"comments": (comment(text),), "adjustments": (adjustment(1, text, "ch07/corr2d"),), "notes": (text,)}
    return standing(student, stored(1, report, text), **told), report


def _with_people(plain: Standing, number: int) -> Standing:
    if number % 11 == 0 and plain.handed_in:
        note = "26 hours late: 10 % for each started day"
        plain = replace(plain, penalty=Penalty(timedelta(hours=26), Fraction(20), note=note))
    if number % 17 == 1:
        plain = replace(plain, adjustments=(adjustment(2, "Right idea, see my comment.", "ch07/corr2d"),))
        plain = replace(plain, comments=(comment("Nicely vectorised.\nDo look at exercise 4, too.", "ch07/corr2d"),))
    if number % 34 == 1:
        plain = replace(plain, notes=("automatic score changed since the adjustment of 3 December 2026",))
    if number % 37 == 5:
        plain = replace(plain, excused=True)
    return plain


def _student(number: int, chance: random.Random) -> Student:
    first, last = FIRST.split(), LAST.split()
    name = f"{first[number % len(first)]} {last[chance.randrange(len(last))]}"
    return Student(f"s{number:03d}", name, f"s{number:03d}@uni.example", f"Group {number % 4 + 1}")


def _exercise(id: str, chance: random.Random, ability: float) -> ExerciseResult:
    points, title = EXERCISES[id], TITLES[id]
    if chance.random() > ability + 0.6:
        return ExerciseResult(id, title, points, ExerciseStatus.NOT_STARTED)
    statuses = [_status(chance, ability + ease) for ease in (0.35, 0.2, 0.1, 0.0)]
    names = (("shape", WORDS["shape"]), ("matches_torch", WORDS["torch"]), ("gradient", GRADIENT), ("big", "Is fast."))
    checks = tuple(
        CheckResult(
            name,
            title,
            Visibility.PUBLIC if name in ("shape", "matches_torch") else Visibility.HIDDEN,
            status,
            Fraction(2 if name == "matches_torch" else 1),
            message="" if status is Status.PASSED else f"{name} of {id} should be 3 but it is 4",
            detail=SECRET,
            duration=chance.expovariate(20),
            pending=status is Status.NOT_RUN,
        )
        for (name, title), status in zip(names, statuses, strict=True)
    )
    ended = set(statuses)
    status = ExerciseStatus.PASSED if ended == {Status.PASSED} else ExerciseStatus.FAILED
    if Status.NOT_RUN in ended and ended <= {Status.PASSED, Status.NOT_RUN}:
        status = ExerciseStatus.PENDING
    mistake = chance.choice([*MISTAKES, ""]) if status is ExerciseStatus.FAILED and id == "ch07/corr2d" else ""
    diagnosis = Diagnosis("reference", mistake, MISTAKES[mistake]) if mistake else None
    return ExerciseResult(id, title, points, status, checks, diagnosis, duration=chance.expovariate(3), file=f"{id}.py")


def _status(chance: random.Random, ease: float) -> Status:
    if chance.random() < ease:
        return Status.PASSED
    return chance.choices([Status.FAILED, Status.RAISED, Status.TIMEOUT, Status.NOT_RUN], [8, 2, 1, 1])[0]

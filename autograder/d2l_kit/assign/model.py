"""What an assignment is once it is read: exercises with points, due dates, what lateness costs, what is shown.

Every time here knows its zone. Percentages and points are exact.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from fractions import Fraction
from functools import cached_property
from pathlib import Path

from d2l_kit.catalog import Course, Exercise

ASSIGNMENT_FORMAT = 1
ASSIGNMENT_FILE = "assignment.toml"


class Shown(enum.StrEnum):
    """When a student is shown something."""

    ALWAYS = "always"
    AFTER_DUE = "after_due"
    NEVER = "never"


class Per(enum.StrEnum):
    """The period that a late penalty is counted in; a started one counts."""

    DAY = "day"
    HOUR = "hour"

    @property
    def length(self) -> timedelta:
        """How long one is. A day is 24 hours, also where the clocks change."""
        return timedelta(days=1) if self is Per.DAY else timedelta(hours=1)


class Attempts(enum.StrEnum):
    """Which of a student's attempts counts."""

    LAST = "last"
    BEST = "best"


@dataclass(frozen=True)
class LatePolicy:
    """What lateness costs.

    Attributes:
        grace: So late costs nothing; later than that, the whole time since the due date counts.
        percent: Of the points earned, for each started period.
        at_most: The most that is taken off, in percent.
        until: From then on nothing is earned; None: there is no such end.
    """

    grace: timedelta = timedelta()
    percent: Fraction = Fraction(0)
    per: Per = Per.DAY
    at_most: Fraction = Fraction(100)
    until: datetime | None = None


@dataclass(frozen=True)
class Extension:
    """A due date of one student's own. The hard end moves by as much as the due date does."""

    student: str
    due: datetime
    reason: str = ""


@dataclass(frozen=True)
class AssignedExercise:
    """An exercise by its full name, and what it is worth here."""

    id: str
    points: int


@dataclass(frozen=True)
class Assignment:
    """One assignment.toml, read and found sound.

    Attributes:
        name: The mark that hand-outs carry and submissions bring back.
        due: None: there is no due date, and nothing is late.
        zone: IANA name of the zone that times are shown in.
        seed: What the inputs of hidden checks are drawn from; secret.
        diagnoses: When a student is told which known mistake was made.
        hidden_checks: When a student is shown titles and outcomes of hidden checks.
        confinement: The level that grading demands; "" for the kit's own demand.
        time_factor: Multiplies every exercise's time limit.
        memory_mib: In place of every exercise's own limit; None: as they are.
        roster: The class list, if one is named; relative names are resolved.
        path: Where it was read from.
        text: What it was read from, to be kept beside the grades.
    """

    name: str
    title: str
    exercises: tuple[AssignedExercise, ...]
    due: datetime | None = None
    zone: str = "UTC"
    late: LatePolicy = field(default_factory=LatePolicy)
    extensions: tuple[Extension, ...] = ()
    attempts: Attempts = Attempts.LAST
    seed: str = ""
    diagnoses: Shown = Shown.ALWAYS
    hidden_checks: Shown = Shown.ALWAYS
    confinement: str = ""
    time_factor: float = 1.0
    memory_mib: int | None = None
    roster: Path | None = None
    path: Path = Path(ASSIGNMENT_FILE)
    text: str = ""

    @property
    def points(self) -> int:
        """The maximum."""
        return sum(exercise.points for exercise in self.exercises)

    @cached_property
    def _extension_of(self) -> Mapping[str, Extension]:
        return {extension.student: extension for extension in self.extensions}

    def due_for(self, student: str) -> datetime | None:
        """When the work of one student is due."""
        extension = self._extension_of.get(student)
        return self.due if extension is None else extension.due

    def last_moment_for(self, student: str) -> datetime | None:
        """From when on one student earns nothing; None: never."""
        due = self.due_for(student)
        if self.late.until is None or self.due is None or due is None:
            return self.late.until
        return max(self.late.until, self.late.until + (due - self.due), due)

    def exercises_of(self, course: Course) -> tuple[Exercise, ...]:
        """The course's exercises as they are graded here: with this assignment's points and limits."""
        return tuple(self._assigned(course.by_id[each.id], each.points) for each in self.exercises)

    def _assigned(self, exercise: Exercise, points: int) -> Exercise:
        limits = exercise.limits
        if self.memory_mib is not None:
            limits = replace(limits, memory_mib=self.memory_mib)
        return replace(exercise, points=points, limits=limits)

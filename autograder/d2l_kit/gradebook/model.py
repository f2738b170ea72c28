"""What the gradebook knows of a class, as data: students, runs, reports, adjustments, and where a student stands."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path

from d2l_kit.report.model import ExerciseStatus, Status, Visibility


@dataclass(frozen=True)
class Student:
    """One row of a roster.

    Attributes:
        id: The school's own, as grades are exported under.
        name: As the roster has it.
        keys: What other systems call this student, by column: "canvas_id", "moodle_id", "login", "sid" …
    """

    id: str
    name: str = ""
    email: str = ""
    section: str = ""
    keys: Mapping[str, str] = field(default_factory=dict)


class State(enum.StrEnum):
    """What a stored report is worth."""

    ACCEPTED = "accepted"
    PROPOSED = "proposed"  # of a regrade that nobody has accepted yet: it counts for nothing
    REJECTED = "rejected"


@dataclass(frozen=True)
class HandIn:
    """What is known of how a submission came in, apart from its content.

    Attributes:
        submission: Its name within the class, unique; that of its report.
        student: An id of the roster, or the submission's name where there is no roster.
        attempt: From 1, in the order they were made, as far as the platform's naming tells.
        at: When it was handed in; None: nobody says so.
        marked_late: Whether the platform's own naming says "late".
        source: What told the time, for people: "Gradescope metadata", "times.csv".
    """

    submission: str
    student: str
    attempt: int = 1
    at: datetime | None = None
    marked_late: bool = False
    source: str = ""


@dataclass(frozen=True)
class Run:
    """One call of `grade`.

    Attributes:
        who: Of the machine: the account's name.
        what: The command line's essence, for people: "grade class --assignment hw2".
        ended: None: it is running, or was ended from outside.
    """

    id: int
    assignment: str
    who: str
    what: str
    kit: str
    started: datetime
    ended: datetime | None = None


@dataclass(frozen=True)
class Result:
    """One exercise of a stored report, without its checks.

    Attributes:
        diagnosis: Name of the mistake that was recognised, or "".
        tells: The sentence that goes with it.
    """

    exercise: str
    points: int
    earned: Fraction
    pending: Fraction
    status: ExerciseStatus
    diagnosis: str = ""
    tells: str = ""
    duration: float = 0.0


@dataclass(frozen=True)
class CheckOutcome:
    """How one check of one stored report ended."""

    stored: int
    exercise: str
    name: str
    title: str
    visibility: Visibility
    status: Status
    duration: float = 0.0


@dataclass(frozen=True)
class Stored:
    """What the gradebook knows of a report without reading the document; `Gradebook.report(id)` gives that.

    Attributes:
        digest: Of what was graded, see `Report.digest`.
        content: Digest of the submission alone: other work under the same name is another attempt.
        decided: When what was proposed was accepted or rejected, and by whom.
    """

    id: int
    run: int
    state: State
    hand_in: HandIn
    digest: str
    graded_at: datetime
    results: tuple[Result, ...]
    content: str = ""
    decided: datetime | None = None
    decided_by: str = ""

    @property
    def earned(self) -> Fraction:
        """Points of the checks."""
        return sum((result.earned for result in self.results), Fraction(0))

    @property
    def pending(self) -> Fraction:
        """Points that may yet come from another machine."""
        return sum((result.pending for result in self.results), Fraction(0))


@dataclass(frozen=True)
class Confirmation:
    """A run graded work again and found what a stored report says of it."""

    run: int
    report: int
    at: datetime


@dataclass(frozen=True)
class Failure:
    """A grading that failed on our side; it has no score and touches none."""

    run: int
    submission: str
    message: str
    at: datetime


@dataclass(frozen=True)
class RegradeRequest:
    """Somebody wants a submission graded again; its next grading answers it.

    Attributes:
        answer: The stored report's id that answered it; None: it waits.
    """

    id: int
    assignment: str
    submission: str
    who: str
    note: str
    at: datetime
    answer: int | None = None


@dataclass(frozen=True)
class Remembered:
    """What an assignment was graded with last, so that later commands need no options.

    Attributes:
        path: Of the assignment's file; None: the class was graded without one.
        text: What that file held.
        exercises: Ids and points, in order.
    """

    name: str
    title: str = ""
    path: Path | None = None
    text: str = ""
    exercises: Mapping[str, int] = field(default_factory=dict)
    roster: tuple[Student, ...] = ()
    roster_path: Path | None = None


@dataclass(frozen=True)
class Adjustment:
    """Points that a person gives or takes, beside the automatic ones.

    Attributes:
        exercise: Full name, or "" for the assignment as a whole.
        points: To be added; may be negative.
        basis: The stored report's id that it was decided on; 0: none was there.
    """

    id: int
    assignment: str
    student: str
    exercise: str
    points: Fraction
    reason: str
    who: str
    at: datetime
    basis: int = 0
    withdrawn: datetime | None = None


@dataclass(frozen=True)
class Comment:
    """A word from the instructor to a student, shown in the feedback."""

    id: int
    assignment: str
    student: str
    exercise: str
    text: str
    who: str
    at: datetime


@dataclass(frozen=True)
class Excuse:
    """A student need not hand in (`excused`), or must after all; the last one holds."""

    id: int
    assignment: str
    student: str
    excused: bool
    reason: str
    who: str
    at: datetime


@dataclass(frozen=True)
class Penalty:
    """What lateness costs one attempt, worked out from the policy whenever it is asked for.

    Attributes:
        late: How long after the student's own due date; None: nobody knows the time of the hand-in.
        percent: What is taken off, of the points earned.
        closed: Whether it came after the hard end.
        note: In words, "" where there is nothing to say.
    """

    late: timedelta | None = timedelta()
    percent: Fraction = Fraction(0)
    closed: bool = False
    note: str = ""


@dataclass(frozen=True)
class Standing:
    """Where one student stands in one assignment: nothing of it is stored, all of it follows.

    Attributes:
        attempts: All accepted reports, in the order of attempts; of several gradings of the same hand-in, the last.
        counted: The attempt that counts, by the assignment's rule (best: after the penalty); None: none is there.
        automatic: By exercise id, points of the counted attempt's checks.
        adjustments: Those that hold, oldest first.
        maximum: Of the assignment.
        excused: Whether the student need not hand in; exported as such where a system knows it.
        notes: Such as "automatic score changed since the adjustment of 2 December", "no time of hand-in is known".
    """

    student: Student
    attempts: tuple[Stored, ...] = ()
    counted: Stored | None = None
    automatic: Mapping[str, Fraction] = field(default_factory=dict)
    adjustments: tuple[Adjustment, ...] = ()
    comments: tuple[Comment, ...] = ()
    penalty: Penalty = field(default_factory=Penalty)
    pending: Fraction = Fraction(0)
    maximum: int = 0
    excused: bool = False
    notes: tuple[str, ...] = ()

    @property
    def earned(self) -> Fraction:
        """Points of the checks alone."""
        return sum(self.automatic.values(), Fraction(0))

    def points_of(self, exercise: str) -> Fraction:
        """Points of one exercise, with what people gave and took for it; before lateness."""
        given = (each.points for each in self.adjustments if each.exercise == exercise)
        return self.automatic.get(exercise, Fraction(0)) + sum(given, Fraction(0))

    @property
    def adjusted(self) -> Fraction:
        """With what people gave and took, never below nothing."""
        return max(Fraction(0), self.earned + sum((each.points for each in self.adjustments), Fraction(0)))

    @property
    def taken_off(self) -> Fraction:
        """Points that lateness costs."""
        return self.adjusted * self.penalty.percent / 100

    @property
    def score(self) -> Fraction:
        """What is exported."""
        return self.adjusted - self.taken_off

    @property
    def handed_in(self) -> bool:
        """Whether there is an attempt at all."""
        return self.counted is not None


@dataclass(frozen=True)
class ClassBook:
    """One assignment's whole class, ready for tables, exports and pages.

    Attributes:
        assignment: Its name; "" for a class graded without one.
        exercises: Ids and points, in order.
        standings: One a student: of the roster if there is one (missing ones included), else of the submissions.
        strangers: Names of stored submissions that belong to nobody of the roster.
    """

    assignment: str
    title: str
    exercises: Mapping[str, int]
    standings: tuple[Standing, ...]
    strangers: tuple[str, ...] = ()

"""The student's view of a report: a type of its own, made by leaving out, so that no format can leak.

Every student-facing renderer takes a StudentReport, never a Report. What is left out:

* of every check: `detail` (expected values, tracebacks);
* of a hidden check: also its name, message, log, notes and duration, and a location that is not in the
  student's own file. Title, status and points stay;
* of the report: the seed (hidden inputs could be drawn from it), the digests (made from it), and how the
  confinement was built.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import PureWindowsPath

from d2l_kit.report.model import (
    CheckResult,
    Diagnosis,
    Evidence,
    ExerciseResult,
    ExerciseStatus,
    Location,
    Report,
    Status,
    Visibility,
)

_NO_FAILURE = frozenset({Status.PASSED, Status.NOT_RUN, Status.NOT_STARTED})


@dataclass(frozen=True)
class StudentCheck:
    """What a student may know of one check.

    Attributes:
        points: This check's share of the exercise's points.
        name, message, log, notes, duration: Of public checks only; a hidden check cannot be built with them.
    """

    title: str
    visibility: Visibility
    status: Status
    points: Fraction
    pending: bool = False
    evidence: Evidence = Evidence.ESTABLISHED
    location: Location | None = None
    name: str = ""
    message: str = ""
    log: str = ""
    notes: tuple[str, ...] = ()
    duration: float = 0.0

    def __post_init__(self) -> None:
        told = self.name or self.message or self.log or self.notes or self.duration
        if self.hidden and told:
            raise ValueError(f"the hidden check {self.title!r} must not tell the student more than how it ended")

    @property
    def hidden(self) -> bool:
        """Whether the check does not ship to students."""
        return self.visibility is Visibility.HIDDEN

    @property
    def failed(self) -> bool:
        """Whether it ran and did not pass, in whatever way."""
        return self.status not in _NO_FAILURE


@dataclass(frozen=True)
class StudentExercise:
    """What a student may know of one exercise."""

    id: str
    title: str
    points: int
    status: ExerciseStatus
    checks: tuple[StudentCheck, ...] = ()
    diagnosis: Diagnosis | None = None
    notes: tuple[str, ...] = ()
    file: str = ""
    duration: float = 0.0

    @property
    def name(self) -> str:
        """The short name, "corr2d" of "ch07/corr2d"."""
        return self.id.rpartition("/")[2]

    @property
    def earned(self) -> Fraction:
        """Points of the checks that passed."""
        return sum((c.points for c in self.checks if c.status is Status.PASSED), Fraction(0))

    @property
    def pending(self) -> Fraction:
        """Points of the checks that could not be run here."""
        return sum((c.points for c in self.checks if c.pending and c.status is Status.NOT_RUN), Fraction(0))


@dataclass(frozen=True)
class StudentReport:
    """What a student may know of a report.

    Attributes:
        scope: "public" if only public checks were run, else "all".
        confinement: The level the code ran at: "none", "process", "landlock" or "namespaces".
        network: "none", "loopback" or "open".
    """

    submission: str
    exercises: tuple[StudentExercise, ...]
    scope: str
    confinement: str
    network: str
    graded_at: str = ""
    student: str = ""
    assignment: str = ""
    device: str = "cpu"
    versions: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    duration: float = 0.0

    @property
    def earned(self) -> Fraction:
        """Points earned in all exercises together."""
        return sum((exercise.earned for exercise in self.exercises), Fraction(0))

    @property
    def pending(self) -> Fraction:
        """Points still to come from another machine."""
        return sum((exercise.pending for exercise in self.exercises), Fraction(0))

    @property
    def points(self) -> int:
        """The maximum."""
        return sum(exercise.points for exercise in self.exercises)


def student_view(report: Report, *, show_diagnosis: bool = True) -> StudentReport:
    """What the student who handed in may see of `report`."""
    return StudentReport(
        submission=report.submission,
        exercises=tuple(student_exercise(e, show_diagnosis=show_diagnosis) for e in report.exercises),
        scope=report.scope,
        confinement=report.confinement.level,
        network=report.confinement.network,
        graded_at=report.graded_at,
        student=report.student,
        assignment=report.assignment,
        device=report.device,
        versions=dict(report.versions),
        notes=report.notes,
        duration=report.duration,
    )


def student_exercise(result: ExerciseResult, *, show_diagnosis: bool = True) -> StudentExercise:
    """The same for one exercise, for results that are shown one after the other."""
    total = sum((check.weight for check in result.checks), Fraction(0))
    unit = result.points / total if total else Fraction(0)
    return StudentExercise(
        id=result.id,
        title=result.title,
        points=result.points,
        status=result.status,
        checks=tuple(_student_check(check, check.weight * unit, result.file) for check in result.checks),
        diagnosis=result.diagnosis if show_diagnosis else None,
        notes=result.notes,
        file=result.file,
        duration=result.duration,
    )


def _student_check(check: CheckResult, points: Fraction, file: str) -> StudentCheck:
    if check.visibility is not Visibility.PUBLIC:
        return StudentCheck(
            title=check.title,
            visibility=Visibility.HIDDEN,
            status=check.status,
            points=points,
            pending=check.pending,
            evidence=check.evidence,
            location=_own(check.location, file),
        )
    return StudentCheck(
        title=check.title,
        visibility=Visibility.PUBLIC,
        status=check.status,
        points=points,
        pending=check.pending,
        evidence=check.evidence,
        location=check.location,
        name=check.name,
        message=check.message,
        log=check.log,
        notes=check.notes,
        duration=check.duration,
    )


def _own(location: Location | None, file: str) -> Location | None:
    """The location if it is in the student's `file`, else None: a hidden check's path must not be told."""
    if location is None or _base(location.file) != _base(file):
        return None
    return Location(file, location.line, location.cell)


def _base(file: str) -> str:
    return PureWindowsPath(file).name  # knows both separators

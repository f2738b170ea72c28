"""The Report: the graded result of one submission, the one data model that every output format renders.

Points are exact inside (fractions) and rounded once, where a format shows them (`points_text`). The maximum
comes from the exercise, never from the submission. A failure of the grader is no status here: where the
grader broke, there is no report.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

REPORT_FORMAT = "d2l-kit/report/1"


class Status(enum.StrEnum):
    """How a check ended."""

    PASSED = "passed"
    FAILED = "failed"
    RAISED = "raised"  # the student's code raised
    TIMEOUT = "timeout"
    MEMORY = "memory"
    OUTPUT = "output"  # printed more than the limit
    EXITED = "exited"  # the worker's process ended before it answered
    FORBIDDEN = "forbidden"  # uses a name the exercise forbids
    MALFORMED = "malformed"  # what came back was not plain data, or not of the protocol
    NOT_RUN = "not_run"  # see the reason; `pending` says whether its points may still come
    NOT_STARTED = "not_started"  # still the stub, or no such file


class Visibility(enum.StrEnum):
    """Whether a check ships to students."""

    PUBLIC = "public"
    HIDDEN = "hidden"


class Evidence(enum.StrEnum):
    """What a verdict rests on: seen by the grader itself, or told by the worker (DESIGN: two grades)."""

    ESTABLISHED = "established"
    OBSERVED = "observed"


class ExerciseStatus(enum.StrEnum):
    """An exercise in one word."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_STARTED = "not_started"
    PENDING = "pending"  # nothing failed, some checks could not be run here


@dataclass(frozen=True)
class Location:
    """A place in the student's own file, as an editor opens it; `cell` for notebooks."""

    file: str
    line: int
    cell: int | None = None


@dataclass(frozen=True)
class Diagnosis:
    """A named mistake.

    Attributes:
        source: "reference" (a misconception answered alike), "fingerprint" or "mechanical".
        name: The misconception's name, such as "flips_kernel".
        tells: The sentence shown to the student.
    """

    source: str
    name: str
    tells: str


@dataclass(frozen=True)
class CheckResult:
    """One check's verdict.

    Attributes:
        name: The test function's name without `test_`.
        title: First line of the check's docstring.
        message: For the student: what was tried, what should hold, what came back. Never holds expected
            values of a hidden check; still, hidden checks' messages are left out of the student's view.
        detail: For the instructor only (expected values, traceback).
        log: Excerpt of what the submission printed during this check.
        notes: Such as "failed after other checks, passed in a fresh worker".
    """

    name: str
    title: str
    visibility: Visibility
    status: Status
    weight: Fraction = Fraction(1)
    evidence: Evidence = Evidence.ESTABLISHED
    message: str = ""
    detail: str = ""
    location: Location | None = None
    duration: float = 0.0
    log: str = ""
    notes: tuple[str, ...] = ()
    pending: bool = False


@dataclass(frozen=True)
class ExerciseResult:
    """One exercise of one submission: its checks and what they earn."""

    id: str
    title: str
    points: int
    status: ExerciseStatus
    checks: tuple[CheckResult, ...] = ()
    diagnosis: Diagnosis | None = None
    notes: tuple[str, ...] = ()
    duration: float = 0.0
    time_limit: float = 0.0
    file: str = ""

    @property
    def earned(self) -> Fraction:
        """Points earned: the exercise's points shared out by check weight."""
        return self._share(lambda check: check.status is Status.PASSED)

    @property
    def pending(self) -> Fraction:
        """Points of checks that could not be run here and may be run elsewhere."""
        return self._share(lambda check: check.pending and check.status is Status.NOT_RUN)

    def _share(self, counts: Any) -> Fraction:
        total = sum((check.weight for check in self.checks), Fraction(0))
        if not total:
            return Fraction(0)
        return self.points * sum((c.weight for c in self.checks if counts(c)), Fraction(0)) / total


@dataclass(frozen=True)
class Confinement:
    """What the workers were locked into, as found by doing it.

    Attributes:
        level: "none", "process", "landlock" or "namespaces".
        mechanisms: What is in force, such as "seccomp", "own uid", "landlock abi 7".
        missing: What was asked for and could not be had, each with the reason.
        network: "none", "loopback" or "open".
        memory_bound: "cgroup", "poll" or "rlimit" or "none".
    """

    level: str
    mechanisms: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    network: str = "open"
    memory_bound: str = "none"


@dataclass(frozen=True)
class Report:
    """The graded result of one submission.

    Attributes:
        scope: "public" if only public checks were run, else "all".
        graded_at: ISO 8601 with offset, UTC.
        seed: What the inputs of hidden checks were drawn from, so that a regrade draws the same.
        versions: Of the kit, Python, torch, numpy.
        digest: Of what was graded: the same submission, checks, seed and kit have the same.
        made_from: The parts of that, by name ("submission", "checks", "seed", "kit", …), so that a difference
            between two reports can be explained.
    """

    submission: str
    exercises: tuple[ExerciseResult, ...]
    confinement: Confinement
    scope: str = "all"
    graded_at: str = ""
    student: str = ""
    assignment: str = ""
    seed: str = ""
    device: str = "cpu"
    versions: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    duration: float = 0.0
    digest: str = ""
    made_from: Mapping[str, str] = field(default_factory=dict)

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

    @property
    def passed(self) -> bool:
        """Whether every exercise is passed; a report without exercises passes nothing."""
        return bool(self.exercises) and all(exercise.status is ExerciseStatus.PASSED for exercise in self.exercises)

    def worth(self, points: Mapping[str, int]) -> Report:
        """The same verdict where exercises are worth so many points, by id."""
        exercises = (replace(each, points=points.get(each.id, each.points)) for each in self.exercises)
        return replace(self, exercises=tuple(exercises))


def status_of(checks: Sequence[CheckResult]) -> ExerciseStatus:
    """An exercise's status by its checks."""
    if all(check.status is Status.PASSED for check in checks):
        return ExerciseStatus.PASSED
    if all(check.status is Status.PASSED or check.pending for check in checks):
        return ExerciseStatus.PENDING
    return ExerciseStatus.FAILED


def points_text(points: Fraction | int) -> str:
    """Points for people: at most two decimals, half up, the same in every view ("8", "7.5", "3.33")."""
    return f"{_hundredths(points) / 100:.2f}".rstrip("0").rstrip(".")


def points_number(points: Fraction | int) -> int | float:
    """The same as a number of JSON: 8, 7.5, 3.33."""
    hundredths = _hundredths(points)
    return hundredths // 100 if hundredths % 100 == 0 else hundredths / 100


def _hundredths(points: Fraction | int) -> int:
    return (200 * points.numerator + points.denominator) // (2 * points.denominator)

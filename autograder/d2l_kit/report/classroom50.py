"""The student's view as Classroom 50's `result.json` (classroom50/result/v1), with what its runner has set.

Fields: schemas/result-v1.schema.json of foundation50/classroom50. Scores are whole numbers there: where a check is
worth a part of a point, all points are given in hundredths, for every submission of the assignment alike. Whose work
it is, the runner's variables say; it stamps owner, mode and times over with its own word.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

from d2l_kit.errors import UsageError
from d2l_kit.hookspecs import hookimpl
from d2l_kit.report.formats import PLAIN, Options, ReportFormat
from d2l_kit.report.model import Status
from d2l_kit.report.serial import layout
from d2l_kit.report.text import excerpt, one_line
from d2l_kit.report.view import StudentCheck, StudentExercise, StudentReport
from d2l_kit.report.wording import said, titled

SCHEMA = "classroom50/result/v1"
TEXT_LIMIT = 10_000  # characters of one test's message
HUNDREDTHS = 100
NEEDED = ("CLASSROOM", "ASSIGNMENT", "USERNAME", "SUBMISSION_TAG", "COMMIT_URL", "RELEASE_URL")
MODES = ("individual", "group")

_MISSING = "--format classroom50: the environment lacks {names}."
_MISSING_REMEDY = "Classroom 50's runner sets them: run this from an autograder.py there."
_BAD_TAG = "--format classroom50: SUBMISSION_TAG is {tag!r} and should begin with 'submit/'."
_BAD_MODE = "--format classroom50: MODE is {mode!r} and should be 'individual' or 'group'."


def render(report: StudentReport, options: Options = PLAIN) -> str:
    """The JSON document.

    Raises:
        UsageError: A variable of the runner's is missing or not what it should be.
    """
    return layout(to_dict(report, options.environment)) + "\n"


def to_dict(report: StudentReport, environment: Mapping[str, str]) -> dict[str, Any]:
    """The document as plain JSON data."""
    found = identity(environment)
    scale = _scale(report)
    moment = _moment(report.graded_at)
    tests = [test for exercise in report.exercises for test in _tests_of(exercise, scale)]
    return {
        "schema": SCHEMA,
        **found,
        "datetime": moment,
        "graded_at": moment,
        "score": _whole(report.earned, scale),
        "max-score": report.points * scale,
        "tests": tests,
    }


def identity(environment: Mapping[str, str]) -> dict[str, str]:
    """Whose work this is and where it lies, as the runner has said.

    Raises:
        UsageError: It has not.
    """
    if missing := [name for name in NEEDED if not environment.get(name)]:
        raise UsageError(_MISSING.format(names=", ".join(missing)), _MISSING_REMEDY)
    tag, mode = environment["SUBMISSION_TAG"], environment.get("MODE") or MODES[0]
    if not tag.startswith("submit/"):
        raise UsageError(_BAD_TAG.format(tag=tag), _MISSING_REMEDY)
    if mode not in MODES:
        raise UsageError(_BAD_MODE.format(mode=mode), _MISSING_REMEDY)
    return {
        "classroom": environment["CLASSROOM"],
        "assignment": environment["ASSIGNMENT"],
        "assignment_type": mode,
        "owner": environment["USERNAME"],
        "submission": tag,
        "commit": environment["COMMIT_URL"],
        "release": environment["RELEASE_URL"],
        "review": environment.get("REVIEW_URL") or environment["COMMIT_URL"],
    }


def _scale(report: StudentReport) -> int:
    """By what points are multiplied; it depends on what checks are worth, not on what was earned."""
    checks = (check for exercise in report.exercises for check in exercise.checks)
    return 1 if all(check.points.denominator == 1 for check in checks) else HUNDREDTHS


def _whole(points: Fraction, scale: int) -> int:
    return int(points * scale + Fraction(1, 2))


def _moment(graded_at: str) -> str:
    try:
        at = datetime.fromisoformat(graded_at)
    except ValueError:
        at = datetime.now(UTC)
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _tests_of(exercise: StudentExercise, scale: int) -> list[dict[str, Any]]:
    title = exercise.title or exercise.id
    if not exercise.checks:
        return [_test(title, False, Fraction(exercise.points), scale, "\n".join(exercise.notes))]
    return [_of_check(title, check, scale) for check in exercise.checks]


def _of_check(title: str, check: StudentCheck, scale: int) -> dict[str, Any]:
    passed = check.status is Status.PASSED
    return _test(f"{title}: {titled(check)}", passed, check.points, scale, "" if passed else said(check))


def _test(name: str, passed: bool, points: Fraction, scale: int, message: str) -> dict[str, Any]:
    most = _whole(points, scale)
    test = {"test-name": one_line(name), "passed": passed, "score": most if passed else 0, "max-score": most}
    return test | ({"message": excerpt(message, TEXT_LIMIT)} if message else {})


@hookimpl
def d2l_kit_report_formats() -> list[ReportFormat]:
    """The format `classroom50`."""
    return [ReportFormat("classroom50", ".json", render, "Classroom 50's result.json", ready=identity)]

"""The student's view as PrairieLearn's `results.json`: a share of 1, and a test per check.

Fields: https://prairielearn.readthedocs.io/en/latest/externalGrading/. The file may have 1 MB; texts are cut such
that it has not. PrairieLearn shows no points at all if one test has none, so every test has them. What could not be
read at all is not gradable there: it costs the student no attempt.
"""

from __future__ import annotations

from typing import Any

from d2l_kit.hookspecs import hookimpl
from d2l_kit.report.formats import PLAIN, Options, ReportFormat
from d2l_kit.report.model import Status, points_number
from d2l_kit.report.page import told
from d2l_kit.report.serial import layout
from d2l_kit.report.text import excerpt, one_line
from d2l_kit.report.view import StudentCheck, StudentExercise, StudentReport
from d2l_kit.report.wording import DIAGNOSIS, said, titled

FILE_LIMIT = 1_000_000  # bytes
TEXT_LIMIT = 4_000  # characters of one text, while all of them together fit


def render(report: StudentReport, options: Options = PLAIN) -> str:
    """The JSON document, in less than 1 MB; the options change nothing."""
    limit = TEXT_LIMIT
    while len(text := layout(to_dict(report, limit)) + "\n") > FILE_LIMIT and limit:
        limit //= 2
    return text


def to_dict(report: StudentReport, limit: int = TEXT_LIMIT) -> dict[str, Any]:
    """The document as plain JSON data, with at most `limit` characters in each text."""
    gradable = any(exercise.checks for exercise in report.exercises)
    share = float(report.earned / report.points) if report.points else 0.0
    notes = "\n".join(report.notes)
    return {
        "gradable": gradable,
        "score": share,
        "message": excerpt(told(report), limit),
        "output": excerpt(notes, limit),
        "format_errors": [] if gradable else [excerpt(notes or "No check was run.", limit)],
        "tests": [test for exercise in report.exercises for test in _tests_of(exercise, limit)],
    }


def _tests_of(exercise: StudentExercise, limit: int) -> list[dict[str, Any]]:
    title = exercise.title or exercise.id
    if not exercise.checks:
        return [_test(title, 0, exercise.points, "\n".join(exercise.notes), "", "", limit)]
    told = [f"{DIAGNOSIS} {exercise.diagnosis.tells}"] if exercise.diagnosis else []
    description = "\n".join([*told, *exercise.notes])
    return [_of_check(title, check, description, limit) for check in exercise.checks]


def _of_check(title: str, check: StudentCheck, description: str, limit: int) -> dict[str, Any]:
    passed = check.status is Status.PASSED
    message = "" if passed else said(check)
    name = f"{title}: {titled(check)}"
    earned = points_number(check.points) if passed else 0
    return _test(name, earned, points_number(check.points), message, description, check.log, limit)


def _test(
    name: str, points: float, most: float, message: str, description: str, output: str, limit: int
) -> dict[str, Any]:
    return {
        "name": one_line(name)[:200],
        "description": excerpt(description, limit),
        "points": points,
        "max_points": most,
        "message": excerpt(message, limit),
        "output": excerpt(output, limit),
    }


@hookimpl
def d2l_kit_report_formats() -> list[ReportFormat]:
    """The format `prairielearn`."""
    return [ReportFormat("prairielearn", ".json", render, "PrairieLearn's results.json")]

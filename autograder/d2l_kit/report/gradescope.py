"""The student's view as Gradescope's `results.json`: a test per check, its points, and what it says.

Fields: https://gradescope-autograders.readthedocs.io/en/latest/specs/. Written once, when all is known: to
Gradescope a file that is half written, or holds `NaN`, is an autograder that "failed to execute correctly". Points
are rounded for each test, so the total stands at the top, where it counts instead of their sum. Hidden checks show
their title and how they ended, as everywhere; `visibility` stays `visible`, since one hidden test would take the
total from the students' sight.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from d2l_kit.hookspecs import hookimpl
from d2l_kit.report.formats import PLAIN, Options, ReportFormat
from d2l_kit.report.model import Status, points_number
from d2l_kit.report.page import told
from d2l_kit.report.serial import layout
from d2l_kit.report.text import excerpt, one_line
from d2l_kit.report.view import StudentCheck, StudentExercise, StudentReport
from d2l_kit.report.wording import DIAGNOSIS, said, titled

TEXT_LIMIT = 10_000  # characters of one test's output
NOTHING_RUN = "No check was run."
PENDING_TEXT = "{points} points are pending: some checks need another machine."


def render(report: StudentReport, options: Options = PLAIN) -> str:
    """The JSON document; the options change nothing."""
    return layout(to_dict(report)) + "\n"


def to_dict(report: StudentReport) -> dict[str, Any]:
    """The document as plain JSON data."""
    tests = [
        test
        for number, exercise in enumerate(report.exercises, start=1)
        for test in _tests_of(exercise, number)
    ]  # fmt: skip
    return {
        "score": points_number(report.earned),
        "execution_time": round(report.duration, 2),
        "output": _output(report),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "extra_data": {
            "points": report.points,
            "pending": points_number(report.pending),
            "scope": report.scope,
            "confinement": report.confinement,
            "versions": dict(report.versions),
        },
        "tests": tests,
    }


def _output(report: StudentReport) -> str:
    lines = [told(report)]
    if report.pending:
        lines.append(PENDING_TEXT.format(points=points_number(report.pending)))
    return excerpt("\n".join([*lines, *report.notes]), TEXT_LIMIT)


def _tests_of(exercise: StudentExercise, number: int) -> list[dict[str, Any]]:
    if not exercise.checks:
        text = "\n".join([NOTHING_RUN, *exercise.notes])
        return [_test(f"{number}", exercise.title or exercise.id, 0, exercise.points, False, text)]
    tests = []
    for place, check in enumerate(exercise.checks, start=1):
        passed = check.status is Status.PASSED
        earned = check.points if passed else 0
        test = _test(
            f"{number}.{place}",
            f"{exercise.title or exercise.id}: {titled(check)}",
            points_number(earned),
            points_number(check.points),
            passed,
            _text(exercise, check, first=place == _first_failing(exercise)),
        )
        tests.append(test | {"tags": [exercise.id, str(check.visibility)]})
    return tests


def _test(number: str, name: str, score: float, most: float, passed: bool, output: str) -> dict[str, Any]:
    status: Mapping[bool, str] = {True: "passed", False: "failed"}
    return {
        "number": number,
        "name": one_line(name),
        "score": score,
        "max_score": most,
        "status": status[passed],
        "output": excerpt(output, TEXT_LIMIT),
    }


def _text(exercise: StudentExercise, check: StudentCheck, first: bool) -> str:
    """What a test says; what is wrong with the whole exercise stands with its first failing check."""
    lines = [said(check)] if check.status is not Status.PASSED else [*check.notes]
    if first and exercise.diagnosis:
        lines.append(f"{DIAGNOSIS} {exercise.diagnosis.tells}")
    if first:
        lines += exercise.notes
    if check.log:
        lines.append(f"Your code printed:\n{check.log}")
    return "\n".join(lines)


def _first_failing(exercise: StudentExercise) -> int:
    """Its number from 1; the first check's if none fails."""
    return next((place for place, check in enumerate(exercise.checks, start=1) if check.failed), 1)


@hookimpl
def d2l_kit_report_formats() -> list[ReportFormat]:
    """The format `gradescope`."""
    return [ReportFormat("gradescope", ".json", render, "Gradescope's results.json")]

"""The student's view as a JSON document: `check --format json`, described by `student-schema.json`.

What an instructor stores is the full report (`serial`); this one holds nothing of hidden checks. ASCII, so
that it survives every stream; one document on standard output, also when all went wrong (`render_error`).
"""

from __future__ import annotations

from d2l_kit.errors import KitError
from d2l_kit.hookspecs import hookimpl
from d2l_kit.report.formats import PLAIN, Options, ReportFormat
from d2l_kit.report.model import points_text
from d2l_kit.report.serial import (
    Json,
    diagnosis_to_dict,
    layout,
    location_to_dict,
    points_to_dict,
    texts,
)
from d2l_kit.report.text import without_surrogates
from d2l_kit.report.view import StudentCheck, StudentExercise, StudentReport

STUDENT_REPORT_FORMAT = "d2l-kit/student-report/1"
ERROR_FORMAT = "d2l-kit/error/1"


def render(report: StudentReport, options: Options = PLAIN) -> str:
    """The report as one JSON document; the options change nothing."""
    return layout(to_dict(report)) + "\n"


def render_error(error: KitError) -> str:
    """The document for a command that ended without a report."""
    document = {
        "format": ERROR_FORMAT,
        "error": type(error).__name__,
        "message": without_surrogates(error.message),
        "remedy": without_surrogates(error.remedy),
        "exit_code": error.exit_code,
    }
    return layout(document) + "\n"


def to_dict(report: StudentReport) -> Json:
    """The student's report as plain JSON data."""
    return {
        "format": STUDENT_REPORT_FORMAT,
        "submission": without_surrogates(report.submission),
        "student": without_surrogates(report.student),
        "assignment": without_surrogates(report.assignment),
        "scope": report.scope,
        "graded_at": report.graded_at,
        "points": report.points,
        **points_to_dict(report.earned, report.pending),
        "device": report.device,
        "duration": report.duration,
        "versions": dict(report.versions),
        "confinement": report.confinement,
        "network": report.network,
        "notes": texts(report.notes),
        "exercises": [_exercise(exercise) for exercise in report.exercises],
    }


def _exercise(exercise: StudentExercise) -> Json:
    return {
        "id": exercise.id,
        "title": exercise.title,
        "file": without_surrogates(exercise.file),
        "status": exercise.status.value,
        "points": exercise.points,
        **points_to_dict(exercise.earned, exercise.pending),
        "duration": exercise.duration,
        "diagnosis": diagnosis_to_dict(exercise.diagnosis),
        "notes": texts(exercise.notes),
        "checks": [_check(check) for check in exercise.checks],
    }


def _check(check: StudentCheck) -> Json:
    return {
        "title": check.title,
        "visibility": check.visibility.value,
        "status": check.status.value,
        "points": str(check.points),
        "points_text": points_text(check.points),
        "pending": check.pending,
        "evidence": check.evidence.value,
        "location": location_to_dict(check.location),
        "name": check.name,
        "message": without_surrogates(check.message),
        "log": without_surrogates(check.log),
        "notes": texts(check.notes),
        "duration": check.duration,
    }


@hookimpl
def d2l_kit_report_formats() -> list[ReportFormat]:
    """The format `json`."""
    return [ReportFormat("json", ".json", render, "one JSON document for other tools")]

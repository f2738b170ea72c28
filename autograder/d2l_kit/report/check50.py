"""The student's view as check50's JSON: a result per check, `passed` being null for those that did not run.

Fields: https://cs50.readthedocs.io/projects/check50/en/latest/json_specification/. check50 has no points; `data`
holds them. A hidden check has no name that a student may know; it is numbered.
"""

from __future__ import annotations

from typing import Any

from d2l_kit import __version__
from d2l_kit.hookspecs import hookimpl
from d2l_kit.report.formats import PLAIN, Options, ReportFormat
from d2l_kit.report.model import Status, points_number
from d2l_kit.report.serial import layout
from d2l_kit.report.text import excerpt, one_line
from d2l_kit.report.view import StudentCheck, StudentExercise, StudentReport
from d2l_kit.report.wording import DIAGNOSIS, reason, said, titled

TEXT_LIMIT = 10_000  # characters of one text
_DID_NOT_RUN = frozenset({Status.NOT_RUN, Status.NOT_STARTED})


def render(report: StudentReport, options: Options = PLAIN) -> str:
    """The JSON document; the options change nothing."""
    results = [result for exercise in report.exercises for result in _results_of(exercise)]
    slug = one_line(f"d2l-kit/{report.assignment}" if report.assignment else "d2l-kit")
    version = report.versions.get("d2l-kit", __version__)
    return layout({"slug": slug, "results": results, "version": version}) + "\n"


def _results_of(exercise: StudentExercise) -> list[dict[str, Any]]:
    if not exercise.checks:
        cause = {"rationale": excerpt("\n".join(exercise.notes) or "no check was run", TEXT_LIMIT), "help": None}
        data: dict[str, Any] = {"points": 0, "max_points": exercise.points}
        return [_result(exercise.id, exercise.title or exercise.id, None, [], cause, data)]
    results = []
    for number, check in enumerate(exercise.checks, start=1):
        name = f"{exercise.id}/{check.name or f'hidden_{number}'}"
        passed = check.status is Status.PASSED
        data = {"points": points_number(check.points) if passed else 0, "max_points": points_number(check.points)}
        log = [excerpt(line, TEXT_LIMIT) for line in check.log.splitlines()[:100]]
        verdict = None if check.status in _DID_NOT_RUN else passed
        results.append(_result(name, titled(check), verdict, log, _cause(exercise, check), data))
    return results


def _cause(exercise: StudentExercise, check: StudentCheck) -> dict[str, Any] | None:
    if check.status is Status.PASSED:
        return None
    lines = said(check).split("\n")[1:]
    if check.failed and exercise.diagnosis:
        lines.append(f"{DIAGNOSIS} {exercise.diagnosis.tells}")
    return {
        "rationale": excerpt(reason(check), TEXT_LIMIT),
        "help": excerpt("\n".join(lines), TEXT_LIMIT) if lines else None,
    }


def _result(
    name: str,
    description: str,
    passed: bool | None,
    log: list[str],
    cause: dict[str, Any] | None,
    data: dict[str, Any],
) -> dict[str, Any]:
    return {
        "name": one_line(name),
        "description": one_line(description),
        "passed": passed,
        "log": log,
        "cause": cause,
        "data": data,
        "dependency": None,
    }


@hookimpl
def d2l_kit_report_formats() -> list[ReportFormat]:
    """The format `check50`."""
    return [ReportFormat("check50", ".json", render, "check50's JSON")]

"""The student's view as Autolab reads it from standard output: text for people, then two lines of JSON.

The last line holds the scores, a problem per exercise under its short name; the one before shows the checks as
Autolab's semantic feedback. Nothing may follow them, so this text is to be the last that is printed. Format:
https://docs.autolabproject.com/features/formatted-feedback/. Lines of the text that Autolab could take for its own
are kept from it by the blank they begin with.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from d2l_kit.hookspecs import hookimpl
from d2l_kit.report import terminal
from d2l_kit.report.formats import PLAIN, Options, ReportFormat
from d2l_kit.report.model import ExerciseStatus, Status, points_number
from d2l_kit.report.text import cut, one_line
from d2l_kit.report.view import StudentCheck, StudentExercise, StudentReport
from d2l_kit.report.wording import reason, titled

HINT_LIMIT = 300  # characters


def render(report: StudentReport, options: Options = PLAIN) -> str:
    """The terminal's text without colour, the stages, and the scores on the last line."""
    text = terminal.render(report, replace(options, color=False))
    stages: dict[str, Any] = {"_presentation": "semantic", "stages": [_name(e) for e in report.exercises]}
    stages |= {_name(exercise): _stage(exercise) for exercise in report.exercises}
    scores: dict[str, Any] = {"scores": {_name(e): points_number(e.earned) for e in report.exercises}}
    shown = "".join(f" {line}" if line.lstrip().startswith("{") else line for line in text.splitlines(keepends=True))
    return f"{shown}{json.dumps(stages)}\n{json.dumps(scores)}\n"


def _name(exercise: StudentExercise) -> str:
    return one_line(exercise.name)


def _stage(exercise: StudentExercise) -> dict[str, Any]:
    if not exercise.checks:
        hint = "not started" if exercise.status is ExerciseStatus.NOT_STARTED else "no check was run"
        return {one_line(exercise.title or exercise.id): {"passed": False, "hint": hint}}
    stage: dict[str, Any] = {}
    for check in exercise.checks:
        name = one_line(titled(check))
        stage[name if name not in stage else f"{name} [{len(stage) + 1}]"] = _outcome(check)
    return stage


def _outcome(check: StudentCheck) -> dict[str, Any]:
    if check.status is Status.PASSED:
        return {"passed": True}
    return {"passed": False, "hint": cut(one_line(cut(reason(check), HINT_LIMIT)), HINT_LIMIT)}


@hookimpl
def d2l_kit_report_formats() -> list[ReportFormat]:
    """The format `autolab`."""
    return [ReportFormat("autolab", ".txt", render, "Autolab's feedback and scores, for standard output")]

"""The student's view for editors: a line `FILE:LINE: MESSAGE` for each failing check, as compilers write them.

Vim's quickfix list, Emacs' compilation buffer and VS Code's problem matchers jump by such lines to the place. A check
that failed nowhere in particular stands at line 1; the last line, with the points, begins with no file.
"""

from __future__ import annotations

from collections.abc import Iterator

from d2l_kit.hookspecs import hookimpl
from d2l_kit.report.formats import PLAIN, Options, ReportFormat
from d2l_kit.report.model import points_text
from d2l_kit.report.page import told
from d2l_kit.report.text import cut, encodable, one_line
from d2l_kit.report.view import StudentCheck, StudentExercise, StudentReport
from d2l_kit.report.wording import reason, titled

LINE_LIMIT = 400  # characters of a message
_POINTS = "{earned} of {points} points. {told}"
_HIDDEN = "hidden checks that did not pass: {count}"


def render(report: StudentReport, options: Options = PLAIN) -> str:
    """The lines, and the points."""
    lines = [line for exercise in report.exercises for line in _lines(exercise)]
    lines.append(_POINTS.format(earned=points_text(report.earned), points=report.points, told=told(report)))
    return encodable("".join(f"{line}\n" for line in lines), options.encoding)


def _lines(exercise: StudentExercise) -> Iterator[str]:
    failing = [check for check in exercise.checks if check.failed]
    first = True
    for check in failing:
        if not check.hidden:
            yield _line(exercise, check, with_diagnosis=first)
            first = False
    if hidden := sum(check.hidden for check in failing):
        yield f"{_file(exercise.file)}:1: {_HIDDEN.format(count=hidden)}"


def _line(exercise: StudentExercise, check: StudentCheck, with_diagnosis: bool) -> str:
    where = check.location
    told = f" ({exercise.diagnosis.tells})" if with_diagnosis and exercise.diagnosis else ""
    cell = f"cell {where.cell}, line {where.line}: " if where and where.cell is not None else ""
    line = 1 if where is None or cell else where.line
    text = one_line(cut(f"{cell}{titled(check).removesuffix('.')}: {reason(check)}{told}", LINE_LIMIT))
    return f"{_file(where.file if where else exercise.file)}:{line}: {text}"


def _file(name: str) -> str:
    return one_line(name) or "?"


@hookimpl
def d2l_kit_report_formats() -> list[ReportFormat]:
    """The format `editor`."""
    return [ReportFormat("editor", ".txt", render, "FILE:LINE: MESSAGE, for Vim, Emacs and VS Code")]

"""The table that `d2l-kit grade` prints: a row per submission, a column per exercise, and what to look at.

For the instructor; it reads full reports. Nothing wraps: where the terminal is narrow, exercises are left out
(and counted), then the notes are cut. `5+2?` means 5 points and 2 pending, `-` not started.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from d2l_kit.report.formats import PLAIN, Options
from d2l_kit.report.model import ExerciseResult, ExerciseStatus, Report, Status, points_text
from d2l_kit.report.text import columns, encodable, fit, one_line, pad

NAME_COLUMNS = 24  # at most, of a submission's name
HEAD_COLUMNS = 10  # at most, of an exercise's name
NOTES_COLUMNS = 16  # at least, before exercises are left out
MIN_WIDTH = 60
_GAP = "  "

_NOTABLE = {
    Status.TIMEOUT: "hang in {name}",
    Status.MEMORY: "memory in {name}",
    Status.OUTPUT: "output flood in {name}",
    Status.EXITED: "exit in {name}",
    Status.MALFORMED: "no plain data from {name}",
    Status.FORBIDDEN: "forbidden name in {name}",
    Status.RAISED: "exception in {name}",
}


def class_table(reports: Sequence[Report], options: Options = PLAIN) -> str:
    """The table and a line of counts; ends without a line feed."""
    if not reports:
        return "No submission was graded."
    width = max(options.width, MIN_WIDTH)
    names = _exercises(reports)
    rows = [_row(report, names) for report in reports]
    heads = [fit(one_line(_short(name)), HEAD_COLUMNS, "") for name in names]
    left = _aligned(["submission", *(row[0] for row in rows)])
    total = _aligned(["total", *(row[2] for row in rows)], right=True)
    points = [_aligned([head, *(r[1][i] for r in rows)], right=True) for i, head in enumerate(heads)]
    kept = _that_fit(points, width - columns(left[0]) - columns(total[0]) - 2 * len(_GAP) - NOTES_COLUMNS)
    notes = ["notes", *(row[3] for row in rows)]
    parts = [left, *points[:kept], total, notes]
    lines = [fit(_GAP.join(cells).rstrip(), width) for cells in zip(*parts, strict=True)]
    if kept < len(names):
        lines.append(f"{len(names) - kept} of {len(names)} exercises are left out for want of width.")
    return encodable("\n".join([*lines, "", _counts(reports)]), options.encoding)


def _exercises(reports: Sequence[Report]) -> list[str]:
    """Ids in the order of first appearance; reports of one run have the same, merged ones may not."""
    return list(dict.fromkeys(exercise.id for report in reports for exercise in report.exercises))


def _row(report: Report, names: Sequence[str]) -> tuple[str, list[str], str, str]:
    own = {exercise.id: exercise for exercise in report.exercises}
    return (
        fit(one_line(report.submission), NAME_COLUMNS),
        [_cell(own.get(name)) for name in names],
        f"{_sum(report)}/{report.points}",
        "; ".join(_notes(report)),
    )


def _cell(exercise: ExerciseResult | None) -> str:
    if exercise is None:
        return ""
    if exercise.status is ExerciseStatus.NOT_STARTED:
        return "-"
    return _sum(exercise)


def _sum(graded: ExerciseResult | Report) -> str:
    earned = points_text(graded.earned)
    return f"{earned}+{points_text(graded.pending)}?" if graded.pending else earned


def _notes(report: Report) -> Iterator[str]:
    """What an instructor should look at: what broke where, what is not there, then the report's own notes.

    A report without any check comes with a note that says why, which then is what matters.
    """
    said = [one_line(note) for note in report.notes]
    checked = any(exercise.checks for exercise in report.exercises)
    if not checked:
        yield from said
    for exercise in report.exercises:
        ended = {check.status for check in exercise.checks}
        worst = next((text for status, text in _NOTABLE.items() if status in ended), "")
        if worst:
            yield worst.format(name=one_line(_short(exercise.id)))
        elif exercise.diagnosis is not None:
            yield f"{one_line(exercise.diagnosis.name)} in {one_line(_short(exercise.id))}"
    missing = sum(exercise.status is ExerciseStatus.NOT_STARTED for exercise in report.exercises)
    if missing:
        yield f"{missing} not started"
    elif not checked:
        yield "no check was run"
    if checked:
        yield from said


def _that_fit(points: Sequence[Sequence[str]], room: int) -> int:
    """How many of the columns have room."""
    for number, column in enumerate(points):
        room -= columns(column[0]) + len(_GAP)
        if room < 0:
            return number
    return len(points)


def _counts(reports: Sequence[Report]) -> str:
    full = sum(report.passed for report in reports)
    pending = sum(bool(report.pending) for report in reports)
    empty = sum(not any(exercise.checks for exercise in report.exercises) for report in reports)
    noun = "submission" if len(reports) == 1 else "submissions"
    parts = [f"{len(reports)} {noun}", f"{full} with everything passed"]
    if pending:
        parts.append(f"{pending} with points pending")
    if empty:
        parts.append(f"{empty} without any check run")
    return ", ".join(parts) + "."


def _aligned(cells: Sequence[str], *, right: bool = False) -> list[str]:
    width = max(map(columns, cells))
    return [pad(cell, width, right=right) for cell in cells]


def _short(name: str) -> str:
    return name.rpartition("/")[2]

"""grades.csv, which `grade` leaves beside the gradebook: a row a submission, for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from d2l_kit.report.model import ExerciseResult, ExerciseStatus, Report, Status, points_text
from d2l_kit.report.text import defused
from d2l_kit.workspace.files import explained, write_atomically

GRADES = "grades.csv"

_TOLD = (Status.TIMEOUT, Status.MEMORY, Status.OUTPUT, Status.EXITED, Status.FORBIDDEN, Status.MALFORMED, Status.RAISED)


def write_grades(out: Path, exercises: Mapping[str, int], reports: Sequence[Report]) -> None:
    """Write `grades.csv`: a row for each submission, with a column of points for each exercise."""
    path = out / GRADES
    with explained("cannot write", path):
        out.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomically(path, grades(exercises, reports).encode("utf-8", "backslashreplace"), private=True)


def grades(exercises: Mapping[str, int], reports: Sequence[Report]) -> str:
    """The text of `grades.csv`: submission, each exercise's points, total, max, pending, notes.

    Args:
        exercises: What each is worth, by id.
    """
    buffer = io.StringIO()
    rows = csv.writer(buffer, lineterminator="\n")
    rows.writerow(_head(exercises))
    maximum = sum(exercises.values())
    for report in (each.worth(exercises) for each in reports):
        points = {result.id: points_text(result.earned) for result in report.exercises}
        rows.writerow(
            [
                defused(report.submission),
                *(points.get(exercise, "0") for exercise in exercises),
                points_text(report.earned),
                maximum,
                points_text(report.pending),
                defused("; ".join(_notes(report))),
            ]
        )
    return buffer.getvalue()


def listed(out: Path, exercises: Mapping[str, int]) -> list[str]:
    """The submissions in the `grades.csv` of a folder, as they are written there; none if it is about other work."""
    try:
        with (out / GRADES).open(encoding="utf-8", newline="") as file:
            rows = [row for row in csv.reader(file) if row]
    except (OSError, ValueError, csv.Error):  # none, or a file that somebody made his own
        return []
    return [row[0] for row in rows[1:]] if rows[:1] == [_head(exercises)] else []


def _head(exercises: Mapping[str, int]) -> list[str]:
    return ["submission", *exercises, "total", "max", "pending", "notes"]


def _notes(report: Report) -> list[str]:
    notes = [*report.notes]
    for result in report.exercises:
        notes += [f"{result.id}: {word}" for word in _words(result)]
    return notes


def _words(result: ExerciseResult) -> list[str]:
    found = {check.status for check in result.checks}
    if result.status is ExerciseStatus.NOT_STARTED:
        return ["not started"]
    words = [status.value for status in _TOLD if status in found]
    return [*words, *result.notes, *([result.diagnosis.name] if result.diagnosis else [])]

"""nbgrader's `grades.csv`: a row for each student, 0 for who handed in nothing.

Source: nbgrader/plugins/export.py. Unlike it, cells are quoted: a comma in a name must not break the row. Times have
their offset; nbgrader's own have no zone.
"""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction

from d2l_kit.gradebook.exports._table import Cell, decimal, first_and_last, handed_in_at, table, text
from d2l_kit.gradebook.exports.model import Exported, Exporter, Wanted
from d2l_kit.gradebook.model import ClassBook, Standing

_COLUMNS = (
    "assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email", "raw_score",
    "late_submission_penalty", "score", "max_score",
)  # fmt: skip


def render(book: ClassBook, wanted: Wanted) -> Exported:
    """The table."""
    return Exported(table([_COLUMNS, *(_row(book, each, wanted) for each in book.standings)]))


def _row(book: ClassBook, standing: Standing, wanted: Wanted) -> list[Cell]:
    student = standing.student
    first, last = first_and_last(student)
    due = wanted.assignment.due_for(student.id) if wanted.assignment else None
    raw, score = _rounded(standing.adjusted), _rounded(standing.score)
    return [
        text(book.assignment or book.title),
        _time(due),
        _time(handed_in_at(standing)),
        *map(text, (student.id, last, first, student.email)),
        decimal(raw),
        decimal(raw - score),  # of what is written, so that the row adds up
        decimal(score),
        decimal(sum(book.exercises.values())),
    ]


def _rounded(value: Fraction) -> Fraction:
    return Fraction(decimal(value))


def _time(moment: datetime | None) -> str:
    return moment.astimezone(UTC).isoformat(" ", "seconds") if moment else ""


EXPORTER = Exporter("nbgrader", render, "nbgrader's grades.csv, with cells quoted and times with their offset")

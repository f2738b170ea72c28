"""Gradescope: a CSV with the columns of its own “Download Grades”.

Gradescope takes in rosters and, per submission, an autograder's results.json; it has no import for a class's grades.
This file is for the tools that read its exports. A question's column is its points before lateness; the total is what
counts. What Gradescope alone knows (its submission id, view count) stays empty.
"""

from __future__ import annotations

from datetime import timedelta

from d2l_kit.gradebook.exports._table import Cell, decimal, first_and_last, handed_in_at, local, table, text
from d2l_kit.gradebook.exports.model import Exported, Exporter, Wanted, has_grade
from d2l_kit.gradebook.model import ClassBook, Standing

_COLUMNS = (
    "First Name", "Last Name", "SID", "Email", "Sections", "Total Score", "Max Points", "Status", "Submission ID",
    "Submission Time", "Lateness (H:M:S)", "View Count", "Submission Count",
)  # fmt: skip
_QUESTION = "{number}: {exercise} ({points:.1f} pts)"


def render(book: ClassBook, wanted: Wanted) -> Exported:
    """The table."""
    questions = [
        _QUESTION.format(number=number, exercise=exercise, points=points)
        for number, (exercise, points) in enumerate(book.exercises.items(), 1)
    ]
    return Exported(table([[*_COLUMNS, *questions], *(_row(book, each, wanted) for each in book.standings)]))


def _row(book: ClassBook, standing: Standing, wanted: Wanted) -> list[Cell]:
    student, graded = standing.student, has_grade(standing)
    at = local(handed_in_at(standing), wanted.assignment)
    return [
        *map(text, (*first_and_last(student), student.id, student.email, student.section)),
        decimal(standing.score) if graded else "",
        decimal(sum(book.exercises.values())),
        "Graded" if graded else "Missing",
        "",
        f"{at:%Y-%m-%d %H:%M:%S %z}" if at else "",
        _clock(standing.penalty.late) if standing.handed_in else "",
        "",
        len(standing.attempts),
        *(decimal(standing.points_of(exercise)) if graded else "" for exercise in book.exercises),
    ]


def _clock(late: timedelta | None) -> str:
    seconds = max(0, int(late.total_seconds())) if late is not None else None
    return "" if seconds is None else f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


EXPORTER = Exporter(
    "gradescope", render, "the columns of Gradescope's grade download; Gradescope itself imports no grades"
)

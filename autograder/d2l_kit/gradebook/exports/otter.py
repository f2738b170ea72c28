"""otter's `final_grades.csv`: a row for each submission, below one with the points of each question.

Source: otter/grade/utils.py. Questions are sorted by name; `percent_correct` is a ratio from 0 to 1. A question's
points are those before lateness; the total is what counts.
"""

from __future__ import annotations

from fractions import Fraction

from d2l_kit.gradebook.exports._table import Cell, decimal, table, text
from d2l_kit.gradebook.exports.model import Exported, Exporter, Wanted
from d2l_kit.gradebook.model import ClassBook, Standing

_POINTS_ROW = "points-per-question"
_MISSING = "no submission, so no row, as otter has it: {who}"


def render(book: ClassBook, wanted: Wanted) -> Exported:
    """The table."""
    questions, maximum = sorted(book.exercises), sum(book.exercises.values())
    header = ["file", *map(text, questions), "total_points_earned", "percent_correct", "grading_status"]
    points = [_POINTS_ROW, *(decimal(book.exercises[each]) for each in questions), decimal(maximum), "1.0", "--"]
    rows = [_row(each, questions, maximum) for each in book.standings if each.handed_in]
    missing = [each.student.id for each in book.standings if not each.handed_in]
    notes = (_MISSING.format(who=len(missing)),) if missing else ()
    return Exported(table([header, points, *rows]), notes)


def _row(standing: Standing, questions: list[str], maximum: int) -> list[Cell]:
    assert standing.counted is not None
    ratio = standing.score / maximum if maximum else Fraction(0)
    return [
        text(standing.counted.hand_in.submission),
        *(decimal(standing.points_of(question)) for question in questions),
        decimal(standing.score),
        str(round(float(ratio), 4)),
        "Completed",
    ]


EXPORTER = Exporter("otter", render, "otter-grader's final_grades.csv, a row for each submission")

"""The kit's own tables of a class: CSV for a spreadsheet, JSON for a program."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

from d2l_kit.gradebook.exports._table import Cell, decimal, handed_in_at, local, table, text
from d2l_kit.gradebook.exports.model import Exported, Exporter, Wanted, has_grade
from d2l_kit.gradebook.model import ClassBook, Standing
from d2l_kit.report.model import points_text
from d2l_kit.report.text import without_surrogates

GRADES_FORMAT = "d2l-kit/grades/1"

_STUDENT = ("student", "name", "email", "section", "submission", "attempt", "handed_in", "hours_late")
_POINTS = ("automatic", "adjustments", "taken_off", "score", "max", "pending", "excused", "notes")
_HOUR = 3600


def render_csv(book: ClassBook, wanted: Wanted) -> Exported:
    """A row for each student; a student without a grade has empty cells, not zeros."""
    exercises = [*book.exercises] if wanted.exercises else []
    header = [*_STUDENT, *map(text, exercises), *_POINTS]
    return Exported(table([header, *(_row(book, each, exercises, wanted) for each in book.standings)]))


def _row(book: ClassBook, standing: Standing, exercises: list[str], wanted: Wanted) -> list[Cell]:
    student, counted = standing.student, standing.counted
    at, late, graded = local(handed_in_at(standing), wanted.assignment), standing.penalty.late, has_grade(standing)
    given = sum((each.points for each in standing.adjustments), Fraction(0))
    numbers = (standing.earned, given, standing.taken_off, standing.score)
    return [
        *map(text, (student.id, student.name, student.email, student.section)),
        text(counted.hand_in.submission) if counted else "",
        counted.hand_in.attempt if counted else "",
        at.isoformat(timespec="seconds") if at else "",
        decimal(Fraction(late.total_seconds()) / _HOUR) if counted and late is not None else "",
        *(decimal(standing.points_of(each)) if graded else "" for each in exercises),
        *(decimal(number) if graded else "" for number in numbers),
        decimal(sum(book.exercises.values())),
        decimal(standing.pending) if graded else "",
        "yes" if standing.excused else "",
        text("; ".join(standing.notes)),
    ]


def render_json(book: ClassBook, wanted: Wanted) -> Exported:
    """One document. Points are exact fractions as text, and beside them as people read them."""
    document = {
        "format": GRADES_FORMAT,
        "assignment": book.assignment,
        "title": book.title,
        "max": sum(book.exercises.values()),
        "exercises": [{"id": exercise, "points": points} for exercise, points in book.exercises.items()],
        "students": [_to_dict(book, each, wanted) for each in book.standings],
        "strangers": [without_surrogates(name) for name in book.strangers],
    }
    return Exported((json.dumps(document, indent=1, allow_nan=False) + "\n").encode("ascii"))


def _to_dict(book: ClassBook, standing: Standing, wanted: Wanted) -> dict[str, Any]:
    student, counted = standing.student, standing.counted
    at, late = local(handed_in_at(standing), wanted.assignment), standing.penalty.late
    return {
        "student": without_surrogates(student.id),
        "name": without_surrogates(student.name),
        "email": without_surrogates(student.email),
        "section": without_surrogates(student.section),
        "submission": without_surrogates(counted.hand_in.submission) if counted else None,
        "attempt": counted.hand_in.attempt if counted else None,
        "attempts": len(standing.attempts),
        "handed_in": at.isoformat() if at else None,
        "seconds_late": int(late.total_seconds()) if counted and late is not None else None,
        "graded": has_grade(standing),
        "excused": standing.excused,
        "score": str(standing.score) if has_grade(standing) else None,
        "score_text": points_text(standing.score) if has_grade(standing) else None,
        "automatic": str(standing.earned),
        "taken_off": str(standing.taken_off),
        "penalty_percent": str(standing.penalty.percent),
        "pending": str(standing.pending),
        "exercises": {
            exercise: {
                "automatic": str(standing.automatic.get(exercise, Fraction(0))),
                "points": str(standing.points_of(exercise)),
            }
            for exercise in book.exercises
        },
        "adjustments": [
            {
                "exercise": each.exercise or None,
                "points": str(each.points),
                "reason": without_surrogates(each.reason),
                "who": without_surrogates(each.who),
                "at": each.at.isoformat(),
            }
            for each in standing.adjustments
        ],
        "notes": [without_surrogates(note) for note in standing.notes],
    }


CSV = Exporter(
    "csv", render_csv, "a table for a spreadsheet; --exercises adds a column for each", frozenset({"exercises"})
)
JSON = Exporter("json", render_json, "everything, for a program, points as exact fractions")

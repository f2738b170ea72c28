"""Which students of a class are to be looked at."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from fractions import Fraction

from d2l_kit.errors import UsageError
from d2l_kit.gradebook.model import ClassBook, Standing

_NUMBER = re.compile(r"[+-]?\d{1,9}(?:[.,]\d{1,9}|/\d{1,9})?", re.ASCII)  # no exponents: 1e999999999 takes minutes
_NO_BOUND = "{text!r} is no number of points."
_NO_BOUND_REMEDY = "Write --below 12, --below 7.5 or, of the maximum, --below 50%."


@dataclass(frozen=True)
class Selection:
    """Filters; a student is shown who passes all that are set.

    Attributes:
        exercise: Its full name; only this one is shown, and `below` is about it.
        below: Fewer points than this ("12"), or than this share of the maximum ("50%").
    """

    section: str = ""
    exercise: str = ""
    below: str = ""
    late: bool = False
    missing: bool = False
    pending: bool = False


def select(book: ClassBook, wanted: Selection) -> ClassBook:
    """The same class with the students and exercises that are wanted.

    Raises:
        UsageError: `below` is no number.
    """
    exercises = book.exercises
    if wanted.exercise:
        exercises = {wanted.exercise: exercises[wanted.exercise]}
    maximum = sum(exercises.values())
    tests: list[Callable[[Standing], bool]] = []
    if wanted.section:
        tests.append(lambda standing: standing.student.section.casefold() == wanted.section.casefold())
    if wanted.below:
        bound = _bound(wanted.below, maximum)
        tests.append(lambda standing: _points(standing, wanted.exercise) < bound)
    if wanted.late:
        tests.append(is_late)
    if wanted.missing:
        tests.append(is_missing)
    if wanted.pending:
        tests.append(lambda standing: bool(standing.pending))
    kept = tuple(standing for standing in book.standings if all(test(standing) for test in tests))
    return replace(book, exercises=exercises, standings=kept)


def is_late(standing: Standing) -> bool:
    """Whether what counts came after the student's own due date, grace or not."""
    return standing.handed_in and standing.penalty.late is not None and standing.penalty.late > timedelta()


def is_missing(standing: Standing) -> bool:
    """Whether something is expected and not there."""
    return not standing.handed_in and not standing.excused


def exact(text: str) -> Fraction:
    """A number of points as people write it: 12, -1.5, 1,5 or 7/3.

    Raises:
        ValueError: It is none.
        ZeroDivisionError: It divides by zero.
    """
    if not _NUMBER.fullmatch(text.strip()):
        raise ValueError(text)
    return Fraction(text.strip().replace(",", "."))


def _points(standing: Standing, exercise: str) -> Fraction:
    return standing.points_of(exercise) if exercise else standing.score


def _bound(text: str, maximum: int) -> Fraction:
    try:
        bound = exact(text.strip().removesuffix("%"))
    except (ValueError, ZeroDivisionError):
        raise UsageError(_NO_BOUND.format(text=text), _NO_BOUND_REMEDY) from None
    return bound * maximum / 100 if text.strip().endswith("%") else bound

"""What filling Canvas's and Moodle's sheets have in common: which points go into which row, and what is told of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from d2l_kit.errors import UsageError
from d2l_kit.gradebook.exports._people import Found
from d2l_kit.gradebook.exports._sheet import Row, Sheet
from d2l_kit.gradebook.exports.model import has_grade
from d2l_kit.gradebook.model import ClassBook, Standing
from d2l_kit.report.model import points_text
from d2l_kit.report.text import listed, one_line

_OTHER_MAXIMUM = "{path}: the column {column!r} counts out of {theirs}, the assignment out of {ours}."
_OTHER_MAXIMUM_REMEDY = "Correct one of them, or give --scale to convert the points."
_NO_SCALE = "{path}: --scale: the sheet does not say what the column {column!r} counts out of."
_NO_SCALE_REMEDY = "Leave --scale out."
_NO_POINTS = "{path}: --scale: the assignment has no points that could be converted."
_CLASH = "left as they are, as their marks point to several students"
_UNKNOWN = "in the sheet, but nobody of the class; left as they are"
_TWICE = "{path}: lines {first} and {second} are both of the student {student}."
_TWICE_REMEDY = "Take one of them out of the sheet."
_NOBODY = "{path}: there is nothing to fill: no row belongs to a student of the class who has a grade."
_NOBODY_REMEDY = "Is it the sheet of this course? Ids, logins and e-mail addresses are compared with the roster's."
_NO_GRADES = "there is nothing to fill: nobody of the class has a grade yet"
_NO_GRADES_REMEDY = "Grade first, or give --missing-as-zero."

_NUMBER = re.compile(r"-?\d+([.,]\d+)?\Z")


@dataclass
class Telling:
    """Collects what the instructor should know, each kind on one line."""

    said: dict[str, list[str]] = field(default_factory=dict)

    def add(self, what: str, who: str) -> None:
        """`what` is true of `who`."""
        self.said.setdefault(what, []).append(one_line(who))

    def notes(self) -> tuple[str, ...]:
        """A line for each."""
        return tuple(f"{what}: {len(who)}: {listed(who)}" for what, who in self.said.items())


def number(text: str) -> Fraction | None:
    """A number as sheets write them, with point or comma; None if it is none."""
    return Fraction(text.replace(",", ".")) if _NUMBER.match(text) else None


def with_comma(sheet: Sheet) -> bool:
    """Whether the sheet writes 7,5 for seven and a half."""
    numbers = [cell.value for row in sheet.rows for cell in row.cells if _NUMBER.match(cell.value)]
    return any("," in text for text in numbers) and not any("." in text for text in numbers)


def factor(sheet: Sheet, column: str, theirs: Fraction | None, book: ClassBook, *, scale: bool) -> Fraction:
    """What points are multiplied with.

    Raises:
        UsageError: The sheet counts out of another maximum, and nobody asked to convert.
    """
    ours = sum(book.exercises.values())
    if theirs is None or theirs <= 0:
        if scale:
            raise UsageError(_NO_SCALE.format(path=sheet.path, column=column), _NO_SCALE_REMEDY)
        return Fraction(1)
    if theirs == ours:
        return Fraction(1)
    if not scale:
        said = _OTHER_MAXIMUM.format(path=sheet.path, column=column, theirs=points_text(theirs), ours=ours)
        raise UsageError(said, _OTHER_MAXIMUM_REMEDY)
    if not ours:
        raise UsageError(_NO_POINTS.format(path=sheet.path), _NO_SCALE_REMEDY)
    return theirs / ours


def points(value: Fraction, *, comma: bool) -> str:
    """Points as a sheet takes them."""
    text = points_text(value)
    return text.replace(".", ",") if comma else text


def whose(
    sheet: Sheet, rows: Iterable[Row], find: Callable[[Row], Found], telling: Telling
) -> list[tuple[Row, Standing]]:
    """The rows that are a student's of the class.

    Raises:
        UsageError: Two are of the same student: either could be the one that is imported.
    """
    matched: dict[str, tuple[Row, Standing]] = {}
    for row in rows:
        found, name = find(row), row.value(0) or f"line {row.line}"
        if found.clash:
            telling.add(_CLASH, f"{name} ({found.clash})")
        elif found.standing is None:
            telling.add(_UNKNOWN, name)
        elif (student := found.standing.student.id) in matched:
            first = matched[student][0].line
            text = _TWICE.format(path=sheet.path, first=first, second=row.line, student=one_line(student))
            raise UsageError(text, _TWICE_REMEDY)
        else:
            matched[student] = (row, found.standing)
    return [*matched.values()]


def tell_of_class(telling: Telling, book: ClassBook, matched: Sequence[Standing]) -> None:
    """Who has a grade and is not in the sheet; whose points are not all known yet."""
    inside = {standing.student.id for standing in matched}
    for standing in book.standings:
        if standing.student.id not in inside and (has_grade(standing) or standing.excused):
            telling.add("not in the sheet, so not exported", standing.student.id)
        if standing.student.id in inside and standing.pending:
            telling.add("some points are still pending and are not in the grade", standing.student.id)
    for name in book.strangers:
        telling.add("graded, but on no roster, so not exported", name)


def nothing_filled(sheet: Sheet, book: ClassBook) -> UsageError:
    """Why there is nothing to write."""
    if not any(map(has_grade, book.standings)):
        return UsageError(f"{sheet.path}: {_NO_GRADES}.", _NO_GRADES_REMEDY)
    return UsageError(_NOBODY.format(path=sheet.path), _NOBODY_REMEDY)

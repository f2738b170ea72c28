"""Moodle: fill the grading worksheet of an assignment.

Source: mod/assign/gradingtable.php, mod/assign/feedback/offline/importgradeslib.php and locallib.php of moodle/moodle.
The importer reads three columns: the identifier (a localised word and a number that is the assignment's own), the
grade, and when the grade was last modified; that time is how Moodle notices that somebody graded meanwhile, so it is
never touched. Headers are in the language of whoever downloaded, without any code: they are known here in some
languages, else found by their place: the grade stands left of the maximum, which is the same number in every row.
Empty grades are skipped by Moodle, and so are, silently, grades above the maximum.
"""

from __future__ import annotations

import html
from fractions import Fraction

from d2l_kit.errors import UsageError
from d2l_kit.gradebook.exports._filling import (
    Telling,
    factor,
    nothing_filled,
    number,
    points,
    tell_of_class,
    whose,
    with_comma,
)
from d2l_kit.gradebook.exports._people import Found, Kind, Mark, People, digits
from d2l_kit.gradebook.exports._sheet import Row, Sheet, read_sheet
from d2l_kit.gradebook.exports.model import Exported, Exporter, Wanted, has_grade
from d2l_kit.gradebook.model import ClassBook, Standing
from d2l_kit.report.model import points_text
from d2l_kit.report.text import visible

# English, German, French, Spanish, Catalan, Portuguese, Italian, Dutch, Czech, Polish.
_GRADE = ("Grade", "Bewertung", "Note", "Calificación", "Qualificació", "Nota", "Valutazione", "Cijfer", "Hodnocení",
          "Známka", "Ocena")  # fmt: skip
_MAXIMUM = ("Maximum Grade", "Bestwertung", "Note maximale", "Calificación máxima", "Qualificació màxima",
            "Nota máxima", "Valutazione massima", "Maximumcijfer", "Nejvyšší známka", "Ocena maksymalna")  # fmt: skip
_COMMENTS = ("Feedback comments", "Feedback als Kommentar", "Feedback-Kommentare", "Commentaires de feedback",
             "Feedback par commentaires", "Comentarios de retroalimentación", "Comentaris de retroacció",
             "Comentários de feedback", "Commenti di feedback", "Feedbackcommentaar", "Komentáře",
             "Komentarz zwrotny")  # fmt: skip
_NO = {"no", "nein", "non", "não", "nee", "ne", "nie"}

_NO_WORKSHEET = "{path}: line 1: no grading worksheet of Moodle: {problem}."
_NO_WORKSHEET_REMEDY = (
    "In Moodle: the assignment's submissions, Actions, “Download grading worksheet”; then give that file to --sheet."
)
_NO_GRADE = "which column holds the grade cannot be told, in whatever language this is"
_NO_GRADE_REMEDY = 'Name it as line 1 does: --column "Grade".'
_NO_SUCH = "{path}: line 1: there is no column {wanted!r} that could hold grades, or two of them, among {there}."
_SCALE = "{path}: line {line}: the grade's maximum is {value!r}: the assignment uses a scale, not points."
_SCALE_REMEDY = "Set the assignment's grade to points in Moodle, and download the worksheet anew."
_MAXIMA = "{path}: lines {first} and {second} give two maximum grades, {one} and {other}."
_NO_COMMENTS = "{path}: line 1: there is no column for feedback comments."
_NO_COMMENTS_REMEDY = (
    "Switch on “Feedback comments” in the assignment's settings and download anew, or leave --comments."
)
_PARTS_OF_EXERCISE = "{exercise}: {points} of {maximum}"
_ADJUSTED = "{points}: {reason}"
_LATE = "Lateness: -{points}"


def render(book: ClassBook, wanted: Wanted) -> Exported:
    """The worksheet with the grades filled in."""
    assert wanted.sheet is not None
    sheet = read_sheet(wanted.sheet)
    rows = [row for row in sheet.rows if not row.blank]
    if not rows or not any(digits(row.value(0)) for row in rows):
        problem = "the first column holds no “Participant 123”"
        raise UsageError(_NO_WORKSHEET.format(path=sheet.path, problem=problem), _NO_WORKSHEET_REMEDY)
    grade, maximum = _columns(sheet, rows, wanted.column)
    comments = _comments_column(sheet, grade) if wanted.comments else None
    theirs = _maximum(sheet, rows, maximum)
    times = factor(sheet, sheet.header[grade], theirs, book, scale=wanted.scale)
    comma, people, telling = with_comma(sheet), People(book), Telling()
    matched = whose(sheet, rows, lambda row: _find(people, row, grade), telling)
    filled = 0
    for row, standing in matched:
        student = standing.student.id
        if maximum is not None and row.value(maximum + 1).casefold() in _NO:
            telling.add("their grade cannot be changed in Moodle; left as they are", student)
            continue
        if standing.excused:
            telling.add("excused, which Moodle's worksheet cannot say; left as they are", student)
            continue
        if has_grade(standing) or wanted.missing_as_zero:
            score = standing.score * times
            if theirs is not None and score > theirs:
                telling.add(f"above the maximum of {points_text(theirs)}: Moodle will skip it", student)
            sheet.put(row, grade, points(score, comma=comma))
            filled += 1
        if comments is not None and not _comment(sheet, row, comments, book, standing):
            telling.add("the comment that stands there is somebody else's; left as it is", student)
    if not filled:
        raise nothing_filled(sheet, book)
    tell_of_class(telling, book, [standing for _, standing in matched])
    return Exported(sheet.content(), telling.notes())


def feedback(book: ClassBook, standing: Standing) -> str:
    """What a student is told beside the grade: as HTML, which is how Moodle stores a comment."""
    lines = [
        _PARTS_OF_EXERCISE.format(
            exercise=exercise, points=points_text(standing.points_of(exercise)), maximum=book.exercises[exercise]
        )
        for exercise in book.exercises
        if standing.handed_in
    ]
    lines += [_ADJUSTED.format(points=_signed(each.points), reason=each.reason) for each in standing.adjustments]
    if standing.taken_off:
        note = f" ({standing.penalty.note})" if standing.penalty.note else ""
        lines.append(_LATE.format(points=points_text(standing.taken_off)) + note)
    lines += [f"{each.exercise}: {each.text}" if each.exercise else each.text for each in standing.comments]
    escaped = (html.escape(visible(line)).replace("\n", "<br>") for line in lines)
    # PHP's reader of CSV takes a backslash before a quotation mark for an escape.
    return "".join(f"<p>{line}</p>" for line in escaped).replace("\\", "&#92;")


def _signed(value: Fraction) -> str:
    return f"+{points_text(value)}" if value >= 0 else f"-{points_text(-value)}"


def _comment(sheet: Sheet, row: Row, column: int, book: ClassBook, standing: Standing) -> bool:
    """Write the comment, unless another stands there that ours does not hold."""
    text, there = feedback(book, standing), row.value(column)
    if not text or there == text:
        return True
    if there and not there.startswith("<p>" + next(iter(book.exercises), "\0")):
        return False
    sheet.put(row, column, text)
    return True


def _find(people: People, row: Row, grade: int) -> Found:
    """By the identifier, then by what the other columns left of the grade say, then by the full name."""
    details = [row.value(i) for i in range(2, grade)]
    marks: list[Mark] = [(Kind.MOODLE, digits(row.value(0)))]
    for text in details:
        marks += [(Kind.EMAIL, text), (Kind.LOGIN, text)] if "@" in text else [(Kind.ID, text), (Kind.LOGIN, text)]
    return people.find(marks, [(Kind.NAME, row.value(1))])


def _columns(sheet: Sheet, rows: list[Row], wanted: str) -> tuple[int, int | None]:
    """The grade's column, and its maximum's where there is one: the next."""
    if wanted:
        grade = _named(sheet, wanted.strip())
        return grade, grade + 1 if _named_maximum(sheet, grade + 1) or _is_maximum(rows, grade + 1) else None
    maximum = sheet.column(_MAXIMUM)
    if maximum is None:
        maximum = next((i for i in range(2, len(sheet.header)) if _is_maximum(rows, i)), None)
    found = sheet.column(_GRADE)
    if found is None and maximum is not None:
        found = maximum - 1
    if found is None or found < 2 or (maximum is not None and found != maximum - 1):
        raise UsageError(_NO_WORKSHEET.format(path=sheet.path, problem=_NO_GRADE), _NO_GRADE_REMEDY)
    return found, maximum


def _named(sheet: Sheet, wanted: str) -> int:
    if sheet.header.count(wanted) != 1 or sheet.header.index(wanted) < 2:
        there = ", ".join(map(repr, sheet.header[2:]))
        raise UsageError(_NO_SUCH.format(path=sheet.path, wanted=wanted, there=there), _NO_GRADE_REMEDY)
    return sheet.header.index(wanted)


def _named_maximum(sheet: Sheet, column: int) -> bool:
    return sheet.column(_MAXIMUM) == column


def _is_maximum(rows: list[Row], column: int) -> bool:
    """Whether it is one positive number in all rows, with only numbers or nothing left of it."""
    values = {row.value(column) for row in rows}
    left = {row.value(column - 1) for row in rows} - {"", "-"}
    return len(values) == 1 and (number(min(values)) or 0) > 0 and all(number(text) is not None for text in left)


def _maximum(sheet: Sheet, rows: list[Row], column: int | None) -> Fraction | None:
    if column is None:
        return None
    first = rows[0]
    for row in rows:
        if number(row.value(column)) is None:
            text = _SCALE.format(path=sheet.path, line=row.line, value=row.value(column))
            raise UsageError(text, _SCALE_REMEDY)
        if row.value(column) != first.value(column):
            text = _MAXIMA.format(
                path=sheet.path, first=first.line, second=row.line, one=first.value(column), other=row.value(column)
            )
            raise UsageError(text, _NO_WORKSHEET_REMEDY)
    return number(first.value(column))


def _comments_column(sheet: Sheet, grade: int) -> int:
    column = sheet.column(_COMMENTS)
    if column is None or column <= grade:
        raise UsageError(_NO_COMMENTS.format(path=sheet.path), _NO_COMMENTS_REMEDY)
    return column


EXPORTER = Exporter(
    "moodle",
    render,
    "fills the grading worksheet downloaded from a Moodle assignment (--sheet), and its comments with --comments",
    frozenset({"sheet", "column", "missing_as_zero", "scale", "comments"}),
    needs_sheet=True,
)

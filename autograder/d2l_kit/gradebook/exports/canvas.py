"""Canvas: fill one assignment's column of the sheet that Canvas's gradebook exports.

Source: lib/gradebook_exporter.rb and lib/gradebook_importer.rb of instructure/canvas-lms. The importer wants a first
column "Student" (or "LastName", "FirstName"), then "ID"; an assignment's column ends in its id in parentheses, and
with a name that Canvas does not know it makes a *new* assignment: so the column is never renamed. The row "Points
Possible" would set the assignment's maximum, so it is only read. "EX" means excused, "N/A" that the student was not
given the assignment. Scores are compared at two decimals.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable

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
from d2l_kit.gradebook.exports._people import Found, Kind, Mark, People
from d2l_kit.gradebook.exports._sheet import Row, Sheet, read_sheet
from d2l_kit.gradebook.exports.model import Exported, Exporter, Wanted, has_grade
from d2l_kit.gradebook.model import ClassBook

_STUDENT_COLUMNS = (
    "student", "lastname", "firstname", "id", "sis user id", "sis login id", "integration id", "root account",
    "section",
)  # fmt: skip
_TOTALS = re.compile(r"(Current|Final) (Score|Points|Grade)|Override (Score|Grade|Status)")
_ASSIGNMENT = re.compile(r"(?P<title>.*?)\s*\((?P<id>\d+)\)\s*\Z", re.DOTALL)
_HIDDEN_ROW = re.compile(r"\s*(Muted|Manual Posting.*)?\s*\Z", re.IGNORECASE)
_EXCUSED = "EX"
_NOT_ASSIGNED = "N/A"

_NO_CANVAS = "{path}: line 1: no sheet of Canvas's gradebook: {problem}."
_NO_CANVAS_REMEDY = "In Canvas: Grades, Export, “Export Entire Gradebook”; then give that file to --sheet."
_NO_COLUMN = "{path}: no column for {wanted!r}; the assignments there are {there}."
_NO_COLUMN_REMEDY = 'Name the one to fill: --column "{near}".'
_NO_ASSIGNMENTS = "{path}: there is no column of an assignment that could be filled."
_NO_ASSIGNMENTS_REMEDY = "Create the assignment in Canvas, publish it, and export the gradebook anew."
_TWO_COLUMNS = "{path}: two columns fit {wanted!r}: {first!r} and {second!r}."
_TWO_COLUMNS_REMEDY = "Name the one to fill by its id: --column {id}."
_READ_ONLY = "{path}: the column {column!r} is read-only: Canvas would not import it."
_READ_ONLY_REMEDY = "Name the column of an assignment."


def render(book: ClassBook, wanted: Wanted) -> Exported:
    """The sheet with the grades filled in."""
    assert wanted.sheet is not None
    sheet = read_sheet(wanted.sheet)
    _demand_canvas(sheet)
    possible = next((row for row in sheet.rows if "Points Possible" in row.value(0)), None)
    column = _column(sheet, book, wanted.column, possible)
    name = sheet.header[column]
    maximum = number(possible.value(column)) if possible else None
    times = factor(sheet, name, maximum, book, scale=wanted.scale)
    comma, telling = with_comma(sheet), Telling()
    matched = whose(sheet, *_rows_and_finder(sheet, People(book)), telling)
    filled = 0
    for row, standing in matched:
        if row.value(column).upper() == _NOT_ASSIGNED:
            telling.add("the assignment is not given to them in Canvas (N/A); left as they are", standing.student.id)
        elif row.value(column).upper() == _EXCUSED and not standing.excused:
            telling.add("excused in Canvas (EX) and not here; left as they are", standing.student.id)
        elif standing.excused or has_grade(standing) or wanted.missing_as_zero:
            sheet.put(row, column, _EXCUSED if standing.excused else points(standing.score * times, comma=comma))
            filled += 1
    if not filled:
        raise nothing_filled(sheet, book)
    tell_of_class(telling, book, [standing for _, standing in matched])
    return Exported(sheet.content(), telling.notes())


def _demand_canvas(sheet: Sheet) -> None:
    head = [*sheet.header, "", "", ""]
    named = ("Student" in head[0] and "ID" in head[1]) or (
        "LastName" in head[0] and "FirstName" in head[1] and "ID" in head[2]
    )
    problem = "" if named else "the first columns are not “Student” and “ID”"
    if not problem and sheet.column(["Section"]) is None:
        problem = "there is no column “Section”"
    if problem:
        raise UsageError(_NO_CANVAS.format(path=sheet.path, problem=problem), _NO_CANVAS_REMEDY)


def _student_rows(sheet: Sheet) -> list[Row]:
    def is_student(row: Row) -> bool:
        if row.blank or "Points Possible" in row.value(0):
            return False
        return not all(_HIDDEN_ROW.match(cell.value) for cell in row.cells)

    return [row for row in sheet.rows if is_student(row)]


def _rows_and_finder(sheet: Sheet, people: People) -> tuple[list[Row], Callable[[Row], Found]]:
    rows = _student_rows(sheet)
    # Canvas's own numbers and a school's may meet by chance: they are compared only if the class goes by Canvas's.
    ids_are_ours = not any(people.find(_marks(sheet, row)).standing for row in rows)

    def find(row: Row) -> Found:
        name = row.value(0) if sheet.header[0] != "LastName" else f"{row.value(1)} {row.value(0)}"
        own = [(Kind.ID, row.value(sheet.column(["ID"])))] if ids_are_ours else []
        return people.find(_marks(sheet, row), own, [(Kind.NAME, name)])

    return rows, find


def _marks(sheet: Sheet, row: Row) -> list[Mark]:
    sis, login = row.value(sheet.column(["SIS User ID"])), row.value(sheet.column(["SIS Login ID"]))
    return [
        (Kind.CANVAS, row.value(sheet.column(["ID"]))),
        (Kind.ID, sis),
        (Kind.ID, row.value(sheet.column(["Integration ID"]))),
        (Kind.LOGIN, login),
        (Kind.EMAIL, login),
    ]


def _column(sheet: Sheet, book: ClassBook, wanted: str, possible: Row | None) -> int:
    """The one column to fill."""
    header = sheet.header
    fixed = [i for i, name in enumerate(header) if name.casefold() in _STUDENT_COLUMNS]
    closed = [i for i, name in enumerate(header) if _is_closed(name, possible.value(i) if possible else "")]
    open_ = [i for i, name in enumerate(header) if name and i > max(fixed) and i not in closed]
    if wanted:
        for i in (*fixed, *closed):
            if header[i] == wanted.strip():
                raise UsageError(_READ_ONLY.format(path=sheet.path, column=header[i]), _READ_ONLY_REMEDY)
        names = [wanted]
    else:
        open_ = [i for i in open_ if _ASSIGNMENT.match(header[i])]
        names = [name for name in (book.title, book.assignment) if name]
    if not open_:
        raise UsageError(_NO_ASSIGNMENTS.format(path=sheet.path), _NO_ASSIGNMENTS_REMEDY)
    shown = " or ".join(names) or "this class"
    for fits in (_is_exactly, _is_called):
        found = [i for i in open_ if any(fits(header[i], name) for name in names)]
        if len(found) > 1:
            first, second = header[found[0]], header[found[1]]
            match = _ASSIGNMENT.match(first)
            text = _TWO_COLUMNS.format(path=sheet.path, wanted=shown, first=first, second=second)
            raise UsageError(text, _TWO_COLUMNS_REMEDY.format(id=match["id"] if match else first))
        if found:
            return found[0]
    there = [header[i] for i in open_]
    near = [*difflib.get_close_matches(shown, there, n=1, cutoff=0.3), there[0]][0]
    text = _NO_COLUMN.format(path=sheet.path, wanted=shown, there=", ".join(map(repr, there)))
    raise UsageError(text, _NO_COLUMN_REMEDY.format(near=near))


def _is_closed(name: str, possible: str) -> bool:
    return bool(_TOTALS.search(name)) or "read only" in possible


def _is_exactly(header: str, name: str) -> bool:
    match = _ASSIGNMENT.match(header)
    return header == name.strip() or (match is not None and match["id"] == name.strip())


def _is_called(header: str, name: str) -> bool:
    match = _ASSIGNMENT.match(header)
    title = match["title"] if match else header
    return " ".join(title.split()).casefold() == " ".join(name.split()).casefold()


EXPORTER = Exporter(
    "canvas",
    render,
    "fills one assignment's column of the gradebook exported from Canvas (--sheet)",
    frozenset({"sheet", "column", "missing_as_zero", "scale"}),
    needs_sheet=True,
)

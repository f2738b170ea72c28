"""The class list: a CSV of one's own, or what Canvas, Gradescope, Moodle or nbgrader gives out -> students."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from d2l_kit.gradebook._matching import Matched, has_name, match
from d2l_kit.gradebook._tables import Row, Table, comparable, read_table, refuse
from d2l_kit.gradebook.model import Student

__all__ = ["Matched", "has_name", "match", "read_roster"]

# Each in the order in which they are believed. Of several columns of ids the first counts, the others become keys.
_ID = (
    *("id", "studentid", "studentnumber", "matriculationnumber", "matrikelnummer", "matrnr", "sisuserid", "sid"),
    *("idnumber", "orgdefinedid", "identifier", "username", "netid", "login", "sisloginid", "loginid"),
)
_NAME = ("name", "fullname", "studentname", "student", "displayname")
_FIRST = ("firstname", "givenname", "givennames", "forename", "vorname")
_LAST = ("lastname", "surname", "familyname", "nachname")
_EMAIL = ("email", "emailaddress", "mail", "useremail")
_SECTION = ("section", "sections", "group", "groups", "gruppe")
_KNOWN = (*_ID, *_NAME, *_FIRST, *_LAST, *_EMAIL, *_SECTION)
_KEYS = {
    "sisloginid": "login",
    "loginid": "login",
    "username": "login",
    "githubusername": "login",
    "sisuserid": "sis_user_id",
}
# Of a platform's table these alone are kept beside id, name, e-mail and section: the rest is grades.
_OF_PLATFORMS = ("sid", "sisuserid", "sisloginid", "loginid", "username", "integrationid", "idnumber")
_GRADESCOPE = {"totalscore", "submissionid", "submissiontime", "maxpoints"}
_PARTICIPANT = re.compile(r"\D+(\d+)\Z")  # "Participant 4711", in any language

_REMEDY = "A roster begins with a line such as `id,name,email,section`."
_FIX = "Correct these lines; a cell that holds a comma needs quotes."
_NO_ID = "{file}:{line}: there is no column of ids among {header}."
_EMPTY_ID = "{file}:{line}: the id is empty."
_TWICE = "{file}:{line}: the id {id} is also that of line {first}."
_SHORTENED = "{file}:{line}: the id {id} was shortened by a spreadsheet; format the column as text and fill it anew."
_NOBODY = "{file} names no student."

_SPREADSHEET = re.compile(r"\d(?:[.,]\d+)?E\+\d+\Z")


def read_roster(path: Path) -> tuple[Student, ...]:
    """Read a class list, in the order of its lines.

    Raises:
        UsageError: It cannot be used; names every line at fault.
    """
    table = read_table(path, _KNOWN, _REMEDY)
    problems = list(table.problems)
    rows = _people(table)
    place, kept = _places(table, rows)
    if place is None:
        refuse([_NO_ID.format(file=table.file, line=table.line, header=", ".join(table.header))], _REMEDY)
        return ()
    students: list[Student] = []
    lines: dict[str, int] = {}
    for row in rows:
        student = _student(table, row, place, kept)
        folded = student.id.casefold()  # reports and feedback are files named by it
        if not student.id:
            problems.append(_EMPTY_ID.format(file=table.file, line=row.line))
        elif _SPREADSHEET.match(student.id):
            problems.append(_SHORTENED.format(file=table.file, line=row.line, id=student.id))
        elif folded in lines:
            problems.append(_TWICE.format(file=table.file, line=row.line, id=student.id, first=lines[folded]))
        else:
            lines[folded] = row.line
            students.append(student)
    if not students:
        problems.append(_NOBODY.format(file=table.file))
    refuse(problems, _FIX)
    return tuple(students)


def _is_canvas(table: Table) -> bool:
    return table.names[:2] == ("student", "id") and "section" in table.names


def _is_moodle(table: Table) -> bool:
    """A grading worksheet, in whatever language: the first column says "Participant 4711" in every row.

    A column of ids may look so, too ("s4711"); but a worksheet has a column of grades, and no list of people does.
    """
    first = [row.cells[0] for row in table.rows]
    if not first or not all(_PARTICIPANT.match(cell) and "@" not in cell for cell in first):
        return False
    # A German worksheet's header is "ID" and its cells have no blank; a list of ids is bare letters and digits.
    return all(" " in cell or "/" in cell or not cell.isascii() for cell in first)


def _people(table: Table) -> list[Row]:
    """Without the rows of a Canvas sheet that are nobody: points possible, posting, the test student."""
    if not _is_canvas(table):
        return list(table.rows)
    nobody = ("", "pointspossible", "studenttest", "teststudent")
    return [row for row in table.rows if comparable(row.cells[0]) not in nobody and row.cells[1]]


def _places(table: Table, rows: Sequence[Row]) -> tuple[int | None, dict[int, str]]:
    """Where ids stand, and by place the names of the columns that become keys."""
    names = table.names

    def filled(*wanted: str) -> int | None:
        found = (names.index(name) for name in wanted if name in names)
        return next((place for place in found if rows and all(row.cells[place] for row in rows)), None)

    used = {place for place in (table.column(names) for names in (_NAME, _FIRST, _LAST, _EMAIL, _SECTION)) if place}
    platform = {place: _key(table, place) for place, name in enumerate(names) if name in _OF_PLATFORMS}
    if _is_canvas(table):
        return filled("sisuserid", "sisloginid", "id"), {1: "canvas_id", **platform}
    if _is_moodle(table):
        ids = filled("idnumber", "username", *_EMAIL)
        return 0 if ids is None else ids, {0: "moodle_id", **platform}
    if _GRADESCOPE & set(names):
        return filled("sid", *_EMAIL), platform
    place = table.column(_ID)
    others = {other: _key(table, other) for other, name in enumerate(names) if name and other not in (used | {place})}
    if place is not None and names[place] in ("sid", "sisuserid"):
        others[place] = _key(table, place)
    return place, others


def _key(table: Table, place: int) -> str:
    known = _KEYS.get(table.names[place])
    return known or "_".join(re.findall(r"\w+", table.header[place].casefold()))


def _student(table: Table, row: Row, place: int, kept: dict[int, str]) -> Student:
    def cell(names: Sequence[str]) -> str:
        found = table.column(names)
        return "" if found is None else row.cells[found]

    keys = {name: row.cells[other] for other, name in kept.items() if row.cells[other]}
    if participant := _PARTICIPANT.match(keys.get("moodle_id", "")):
        keys["moodle_id"] = participant[1]
    name = cell(_NAME) or " ".join(filter(None, (cell(_FIRST), cell(_LAST))))
    if _is_moodle(table) and not name and len(row.cells) > 1:
        name = row.cells[1]  # the worksheet's second column is the full name, in whatever language
    # A name cannot be a column of ids: "Student" names people in Canvas, ids elsewhere.
    return Student(unicodedata.normalize("NFC", row.cells[place]), name, cell(_EMAIL), cell(_SECTION), keys)

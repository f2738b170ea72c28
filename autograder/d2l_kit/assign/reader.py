"""assignment.toml -> Assignment: everything that is wrong with it is found in one go, each with its line.

`inspect_assignment` finds and lists; `read_assignment` is for who wants to go on with the assignment, and raises.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from d2l_kit.assign._rules import Rules, rules_of
from d2l_kit.assign._tables import Finding, Table, Tables
from d2l_kit.assign.model import ASSIGNMENT_FILE, ASSIGNMENT_FORMAT, AssignedExercise, Assignment, Extension
from d2l_kit.assign.moments import written
from d2l_kit.catalog import Course
from d2l_kit.errors import KitError, UnknownName, UsageError
from d2l_kit.workspace.files import explained

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,37}[a-z0-9]")
NAME_RULE = "Take small letters, digits and dashes, 2 to 39 of them, such as hw2."
MAX_FILE = 1 << 20  # bytes
MAX_POINTS = 1_000_000

_TOP = ("format", "name", "title", "due", "zone", "seed", "attempts", "total", "roster", "late", "show", "grading",
        "exercise", "extension")  # fmt: skip
_NO_FILE = "{path} is not there."
_MANY = "{path} cannot be used; {count} things are wrong with it:"
_TOML_PLACE = re.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)")


@dataclass(frozen=True)
class Inspection:
    """What was found in an assignment.toml.

    Attributes:
        assignment: None where something is wrong.
        problems: In the order of their lines.
        warnings: What is allowed and yet may not be meant.
    """

    assignment: Assignment | None
    problems: tuple[Finding, ...] = ()
    warnings: tuple[Finding, ...] = ()


def assignment_file(path: Path) -> Path:
    """The file itself, for a file or for the folder it lies in."""
    return path / ASSIGNMENT_FILE if path.is_dir() else path


def read_assignment(path: Path, course: Course) -> Assignment:
    """The assignment in a file, or in the folder it lies in.

    Raises:
        UsageError: It cannot be read or used; names every problem by file and line.
    """
    file = assignment_file(path)
    return parse_assignment(read_text(file), file, course)


def parse_assignment(text: str, path: Path, course: Course, *, moved: bool = False) -> Assignment:
    """The same for a text; `path` is for messages and for what is named relative to it.

    Args:
        moved: The file is not there any more, so what it names may not be there either.

    Raises:
        UsageError: It cannot be used; names every problem by file and line.
    """
    found = inspect_assignment(text, path, course, moved=moved)
    if found.assignment is not None:
        return found.assignment
    if len(found.problems) == 1:
        raise UsageError(found.problems[0].shown(path), found.problems[0].remedy)
    listed = [f"{each.shown(path)} {each.remedy}".rstrip() for each in found.problems]
    raise UsageError("\n  ".join([_MANY.format(path=path, count=len(listed)), *listed]))


def read_text(file: Path) -> str:
    """The text of an assignment.toml.

    Raises:
        UsageError: It is not there, not UTF-8, or far too large.
    """
    if not file.is_file():
        raise UsageError(_NO_FILE.format(path=file), "Make one: d2l-kit assign new hw2 --exercises ch7")
    with explained("cannot read", file):
        data = file.read_bytes()
    if len(data) > MAX_FILE:
        raise UsageError(f"{file} is larger than {MAX_FILE >> 20} MiB.", "Name the assignment.toml itself.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is not UTF-8 (byte {error.start}).", "Save it as UTF-8.") from error


def inspect_assignment(
    text: str,
    path: Path,
    course: Course,
    *,
    ids_of: Callable[[Path], Collection[str]] | None = None,
    now: datetime | None = None,
    moved: bool = False,
) -> Inspection:
    """Everything that is wrong with an assignment.

    Args:
        text: Of the file.
        path: For what is named relative to it.
        course: What exercises there are.
        ids_of: Reads the ids of a roster, if extensions are to be compared with it.
        now: Warn if it is due before then.
        moved: Do not look for the files that it names.
    """
    try:
        data = tomllib.loads(text, parse_float=Decimal)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:  # ValueError: a number of endless digits
        return Inspection(None, (_no_toml(error, text),))
    tables = Tables(data, text)
    top = tables.first
    top.only(_TOP)
    _require_format(top)
    name = top.text("name", required=True)
    if name and not NAME.fullmatch(name):
        top.problem("name", f"name = {name!r} is no name for an assignment.", NAME_RULE)
    seed = top.text("seed", required=True, secret=True)
    if "seed" in top.values and isinstance(top.values["seed"], str) and not seed.strip():
        top.problem("seed", "seed is empty: anyone could draw the hidden checks' inputs.", "Write anything secret.")
    rules = rules_of(tables)
    roster = top.text("roster")
    title = top.text("title", required=True)
    exercises = _exercises(tables, course)
    assignment = Assignment(
        name=name,
        title=title,
        exercises=exercises,
        due=rules.due,
        zone=rules.zone_name,
        late=rules.late,
        extensions=_extensions(tables, rules),
        attempts=rules.attempts,
        seed=seed,
        diagnoses=rules.diagnoses,
        hidden_checks=rules.hidden_checks,
        confinement=rules.confinement,
        time_factor=rules.time_factor,
        memory_mib=rules.memory_mib,
        roster=path.parent / roster if roster else None,
        path=path,
        text=text,
    )
    if not tables.problems_in("exercise"):  # else the sum is wrong for another reason
        _compare_total(top, assignment)
    if not moved:
        _compare_roster(tables, assignment, ids_of)
    _warn(tables, assignment, course, now)
    problems, warnings = tables.findings()
    return Inspection(None if problems else assignment, problems, warnings)


def _require_format(top: Table) -> None:
    found = top.values.get("format")
    if found == ASSIGNMENT_FORMAT and not isinstance(found, bool):
        return
    if isinstance(found, int) and found > ASSIGNMENT_FORMAT:
        remedy = "Update the kit: pip install --upgrade d2l-kit"
    else:
        remedy = f"Write: format = {ASSIGNMENT_FORMAT}"
    top.problem("format", f"format = {found!r}; this d2l-kit reads format {ASSIGNMENT_FORMAT}.", remedy)


def _exercises(tables: Tables, course: Course) -> tuple[AssignedExercise, ...]:
    listed: dict[str, AssignedExercise] = {}
    lines: dict[str, int] = {}
    found = tables.several("exercise")
    if not found and "exercise" not in tables.first.values:
        tables.first.problem("exercise", "No exercise is assigned.", 'Add [[exercise]] with id = "ch07/corr2d".')
    for table in found:
        table.only(("id", "points"))
        id, points = table.text("id", required=True), table.number("points", above=0, whole=True)
        exercise = course.by_id.get(id)
        if "points" not in table.values:
            usual = f"points = {exercise.points}" if exercise else "points = 10"
            table.problem("points", f"{id or 'The exercise'} has no points.", f"Write: {usual}")
        elif points is not None and points > MAX_POINTS:
            table.problem("points", f"points = {points} is beyond belief.", f"At most {MAX_POINTS:,}.")
        if id and exercise is None:
            table.problem("id", f"There is no exercise {id!r}.", _nearest_exercise(id, course))
        elif id in listed:
            table.problem("id", f"{id} is listed twice; first in line {lines[id]}.", "Take one of them out.")
        elif id:
            lines[id] = table.line("id")
            listed[id] = AssignedExercise(id, int(points or 0))
    return tuple(listed.values())


def _nearest_exercise(id: str, course: Course) -> str:
    try:
        found = course.select([id])
    except UnknownName as error:
        near = difflib.get_close_matches(id, course.by_id, n=1)
        return f"Did you mean {near[0]!r}?" if near else error.remedy
    if len(found) == 1:
        return f'Write its full name: id = "{found[0].id}"'
    return f'That is {len(found)} exercises; each has a table of its own, such as id = "{found[0].id}".'


def _extensions(tables: Tables, rules: Rules) -> tuple[Extension, ...]:
    listed: dict[str, Extension] = {}
    lines: dict[str, int] = {}
    for table in tables.several("extension"):
        table.only(("student", "due", "reason"))
        student, due = table.text("student", required=True), table.moment("due", rules.zone, required=True)
        reason = table.text("reason")
        if due is not None and rules.due is not None and due < rules.due:
            table.problem(
                "due",
                f"The extension of {student!r} ends before the due date, {written(rules.due)}.",
                "An extension gives time; take it out, or correct its date.",
            )
        if rules.due is None and "due" not in tables.first.values:
            table.problem("", "An extension of nothing: the assignment has no due date.", "Write due above.")
        if student in listed:
            what = f"{student!r} has two extensions; the first is in line {lines[student]}."
            table.problem("student", what, "Keep the one that holds.")
        elif student and due is not None:
            listed[student] = Extension(student, due, reason)
            lines[student] = table.line("student")
    return tuple(listed.values())


def _compare_total(top: Table, assignment: Assignment) -> None:
    total = top.number("total", above=0)
    if total is not None and total != assignment.points:
        what = f"total = {total}, but the exercises' points add up to {assignment.points}."
        top.problem("total", what, f"Write total = {assignment.points}, or correct the points.")


def _compare_roster(tables: Tables, assignment: Assignment, ids_of: Callable[[Path], Collection[str]] | None) -> None:
    if assignment.roster is None:
        return
    if not assignment.roster.is_file():
        what = f"The roster {assignment.roster} is not there."
        tables.first.problem("roster", what, "Put it there, correct its name, or take the line out.")
        return
    if ids_of is None:
        return
    try:
        ids = ids_of(assignment.roster)
    except KitError as error:
        tables.first.problem("roster", error.message, error.remedy)
        return
    for table in tables.several("extension", again=True):
        student = table.values.get("student")
        if isinstance(student, str) and student and student not in ids:
            near = difflib.get_close_matches(student, ids, n=1)
            what = f"No student with the id {student!r} is on the roster {assignment.roster}."
            how = f"Did you mean {near[0]!r}?" if near else "An id is what stands in the roster's column of ids."
            table.problem("student", what, how)


def _warn(tables: Tables, assignment: Assignment, course: Course, now: datetime | None) -> None:
    ids = {each.id for each in assignment.exercises}
    for table in tables.several("exercise", again=True):
        exercise = course.by_id.get(str(table.values.get("id")))
        for needed in exercise.requires if exercise else ():
            if exercise and (other := f"{exercise.chapter}/{needed}") not in ids:
                table.warn("id", f"{exercise.id} builds on {other}, which is not assigned.")
    due = assignment.due
    if due is not None and now is not None and due < now:
        tables.first.warn("due", f"That is past: {written(due)}.")
    if due is None and (assignment.late.percent or assignment.late.until):
        tables.first.warn("due", "Without a due date nothing is ever late, whatever [late] says.")


def _no_toml(error: Exception, text: str) -> Finding:
    message = str(error) or type(error).__name__
    match = _TOML_PLACE.search(message)
    line = int(match[1]) if match and match[1] else max(1, len(text.splitlines()))
    reason = _TOML_PLACE.sub("", message).rstrip(".")
    return Finding(line, f"This is not TOML: {reason}.", 'Texts stand in quotes: title = "…".')

"""What the gradebook's commands share: which gradebook, which assignment of it, and by which rules and roster."""

from __future__ import annotations

import difflib
import json
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from d2l_kit.cli._terminal import course, note

if TYPE_CHECKING:
    from d2l_kit.assign.model import Assignment
    from d2l_kit.errors import UsageError
    from d2l_kit.gradebook.model import ClassBook, Remembered, Standing, Student
    from d2l_kit.gradebook.store import Gradebook

DEFAULT_GRADEBOOK = "graded/gradebook.sqlite"

InGradebook = Annotated[
    str | None,
    typer.Option(
        "--gradebook",
        metavar="FILE",
        help=f"The gradebook: a file, or a database's URL; {DEFAULT_GRADEBOOK} by default.",
        show_default=False,
    ),
]
OfAssignment = Annotated[
    str | None,
    typer.Option(
        "--assignment",
        metavar="NAME|FILE",
        help="The assignment, by its name or its assignment.toml; needed if the gradebook holds several.",
        show_default=False,
    ),
]
By = Annotated[
    str | None,
    typer.Option("--by", metavar="NAME", help="Who decides this; your account's name by default.", show_default=False),
]


class Table(StrEnum):
    """How a table is printed."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"


AsTable = Annotated[Table, typer.Option("--format", help="How to print.")]

_NOTHING = "{place} holds no assignment yet."
_NOTHING_REMEDY = "Grade a class first: d2l-kit grade CLASS --assignment assignment.toml"
_SEVERAL = "{place} holds several assignments: {names}."
_SEVERAL_REMEDY = "Say which one: --assignment {first}"
_UNKNOWN = "{place} holds no assignment {name!r}{near}; it holds {names}."
_UNKNOWN_REMEDY = "Give --assignment one of these names, or grade the class with that assignment first."
_GONE = "{path} is gone: the rules are those that the class was last graded with."
_RENAMED = "{path} is now assignment {now!r}: the rules of {name!r} are those that the class was last graded with."
_NO_ROSTER = "{path} is gone: the class list is the one that the class was last graded with."
_WITHOUT_NAME = "(graded without an assignment)"
_NO_STUDENT = "There is no student {name!r} in {assignment}{near}."
_NO_STUDENT_REMEDY = "`d2l-kit gradebook show` lists them; a student is named by id, name or e-mail address."
_AMBIGUOUS = "{name!r} fits several students: {ids}."
_AMBIGUOUS_REMEDY = "Name one of them by id."


@dataclass(frozen=True)
class Opened:
    """One assignment of an open gradebook.

    Attributes:
        assignment: Its rules as they are now; None for a class graded without one.
    """

    store: Gradebook
    name: str
    assignment: Assignment | None
    roster: Sequence[Student]

    @property
    def title(self) -> str:
        """The assignment as messages name it."""
        return self.name or _WITHOUT_NAME

    def book(self, now: datetime | None = None) -> ClassBook:
        """The class as it stands."""
        from d2l_kit.gradebook.standing import class_book

        return class_book(self.store, self.name, assignment=self.assignment, roster=self.roster, now=now)


@contextmanager
def opened(gradebook: str | Path | None, assignment: str | None) -> Iterator[Opened]:
    """The gradebook and the assignment that a command is about.

    An assignment's file that still lies where it was is read anew, so that an extension given since counts.

    Raises:
        UsageError: There is no such gradebook or assignment, or several and none is said.
    """
    with open_store(gradebook) as store:
        yield of_assignment(store, assignment)


@contextmanager
def open_store(gradebook: str | Path | None) -> Iterator[Gradebook]:
    """The gradebook alone."""
    from d2l_kit.gradebook.store import Gradebook

    place = gradebook or DEFAULT_GRADEBOOK
    with Gradebook.open(place) as store:
        for text in store.notes:
            note(text)
        yield store


def of_assignment(store: Gradebook, wanted: str | None) -> Opened:
    """One assignment of the gradebook, by its name or file, or the only one."""
    given = _given_file(wanted)
    name = _name(store, given.name if given else wanted)
    kept = _remembered(store, name)
    assignment = given or _rules(kept)
    return Opened(store, name, assignment, _roster(kept, assignment))


def find_student(book: ClassBook, name: str) -> Standing:
    """A student by id, else by name, e-mail address or a key of another system.

    Raises:
        UsageError: Nobody or several fit.
    """
    from d2l_kit.errors import UsageError

    for fits in (_has_id, _is_called):
        found = [standing for standing in book.standings if fits(standing.student, name)]
        if len(found) == 1:
            return found[0]
        if found:
            ids = ", ".join(standing.student.id for standing in found)
            raise UsageError(_AMBIGUOUS.format(name=name, ids=ids), _AMBIGUOUS_REMEDY)
    known = [text for each in book.standings for text in (each.student.id, each.student.name) if text]
    raise UsageError(
        _NO_STUDENT.format(name=name, assignment=book.assignment or _WITHOUT_NAME, near=_near(name, known)),
        _NO_STUDENT_REMEDY,
    )


def find_exercise(book: ClassBook, name: str) -> str:
    """An exercise of the assignment by its full name, or by the last part where that is enough.

    Raises:
        UsageError: None or several fit.
    """
    from d2l_kit.errors import UnknownName

    if name in book.exercises:
        return name
    found = [exercise for exercise in book.exercises if exercise.rpartition("/")[2] == name]
    if len(found) == 1:
        return found[0]
    names = ", ".join(book.exercises) or "none"
    raise UnknownName(
        f"{book.assignment or _WITHOUT_NAME} has no exercise {name!r}{_near(name, [*book.exercises])}; it has {names}.",
        "Name one of them in full, such as ch07/corr2d.",
    )


def print_json(data: Any) -> None:
    """Print data for programs."""
    typer.echo(json.dumps(data, indent=2))


def who(by: str | None) -> str:
    """Who decides: as given, else the account."""
    from d2l_kit.gradebook.store import account

    return by or account()


def demand_text(text: str, option: str, what: str) -> str:
    """`text`, if it says anything."""
    from d2l_kit.errors import UsageError

    if not text.strip():
        raise UsageError(f"{option} is empty.", f"Say {what}: it is kept and shown.")
    return text.strip()


def _given_file(wanted: str | None) -> Assignment | None:
    if not wanted:
        return None
    path = Path(wanted)
    if path.is_dir():
        from d2l_kit.assign.model import ASSIGNMENT_FILE

        path = path / ASSIGNMENT_FILE
    if not path.is_file():
        return None
    from d2l_kit.assign.reader import read_assignment

    return read_assignment(path, course())


def _name(store: Gradebook, wanted: str | None) -> str:
    from d2l_kit.errors import UsageError

    names = store.assignments()
    if wanted in names:
        return str(wanted)
    if not names:
        raise UsageError(_NOTHING.format(place=store.place), _NOTHING_REMEDY)
    shown = ", ".join(name or _WITHOUT_NAME for name in names)
    if wanted is not None:
        near = _near(wanted, names)
        raise UsageError(_UNKNOWN.format(place=store.place, name=wanted, near=near, names=shown), _UNKNOWN_REMEDY)
    if len(names) > 1:
        raise _several(store, names, shown)
    return names[0]


def _several(store: Gradebook, names: Sequence[str], shown: str) -> UsageError:
    from d2l_kit.errors import UsageError

    first = next((name for name in names if name), '""')
    return UsageError(_SEVERAL.format(place=store.place, names=shown), _SEVERAL_REMEDY.format(first=first))


def _remembered(store: Gradebook, name: str) -> Remembered:
    from d2l_kit.errors import UsageError
    from d2l_kit.gradebook.model import Remembered

    try:
        return store.remembered(name)
    except UsageError:  # a run that was stopped before it remembered anything
        return Remembered(name)


def _rules(kept: Remembered) -> Assignment | None:
    if kept.path is None:
        return None
    from d2l_kit.assign.reader import parse_assignment, read_assignment

    if kept.path.is_file():
        found = read_assignment(kept.path, course())
        if found.name == kept.name:
            return found
        note(_RENAMED.format(path=kept.path, now=found.name, name=kept.name))
    else:
        note(_GONE.format(path=kept.path))
    return parse_assignment(kept.text, kept.path, course())


def _roster(kept: Remembered, assignment: Assignment | None) -> Sequence[Student]:
    path = kept.roster_path or (assignment.roster if assignment else None)
    if path is None:
        return kept.roster
    if not path.is_file():
        note(_NO_ROSTER.format(path=path))
        return kept.roster
    from d2l_kit.gradebook.roster import read_roster

    return read_roster(path)


def _has_id(student: Student, name: str) -> bool:
    return student.id == name


def _is_called(student: Student, name: str) -> bool:
    folded = _folded(name)
    return folded in {_folded(text) for text in (student.name, student.email, *student.keys.values()) if text}


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold().strip()


def _near(name: str, known: Sequence[str]) -> str:
    found = difflib.get_close_matches(name, known, n=1)
    return f" (did you mean {found[0]!r}?)" if found else ""

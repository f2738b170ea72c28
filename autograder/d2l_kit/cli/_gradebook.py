"""What the gradebook's commands share: which gradebook, which assignment of it, and by which rules and roster."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from d2l_kit.cli._terminal import course, note
from d2l_kit.errors import UnknownName, UsageError

if TYPE_CHECKING:
    from d2l_kit.assign.model import Assignment
    from d2l_kit.gradebook.model import ClassBook, Remembered, Student
    from d2l_kit.gradebook.store import Gradebook

    Decision = Callable[[Gradebook, int, str], int]

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

OfRun = Annotated[int, typer.Argument(metavar="RUN", help="Its number, as `gradebook history` lists it.")]


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
_NO_FILE = "There is no file {path}, and {place} holds no assignment of that name; it holds {names}."
_NO_FILE_REMEDY = "Give --assignment one of these names, or where its assignment.toml lies now."
_GONE = "{path} is gone: the rules are those that the class was last graded with; --assignment FILE names newer ones."
_RENAMED = "{path} is now assignment {now!r}: the rules of {name!r} are those that the class was last graded with."
_NO_ROSTER = "{path} is gone: the class list is the one that the class was last graded with."
_WITHOUT_NAME = "(graded without an assignment)"
_UNNAMED = '"" (graded without an assignment)'
_NO_RUN = "{place} holds no run {run}."
_NO_RUN_REMEDY = "`d2l-kit gradebook history` lists the runs."
_NOTHING_WAITS = "nothing was waiting for a decision"
_NO_EXERCISE = "{assignment} has no exercise {name!r}{near}; it has {names}."
_NO_EXERCISE_REMEDY = "Name one of them, such as ch07/corr2d or corr2d."
_SEVERAL_EXERCISES = "{name!r} fits several exercises of {assignment}: {names}."
_SEVERAL_EXERCISES_REMEDY = "Give the full name."


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
    given = _given_file(store, wanted)
    name = _name(store, given.name if given else wanted)
    kept = _remembered(store, name)
    assignment = given or _rules(kept)
    return Opened(store, name, assignment, _roster(kept, assignment))


def name_of(store: Gradebook, wanted: str | None, runs: Sequence[int] = ()) -> str:
    """The name of an assignment of the gradebook: by its name or file, else by a run of it, else the only one."""
    if wanted is None and runs:
        found = next((run.assignment for run in store.runs() if run.id in runs), None)
        if found is None:
            raise UsageError(_NO_RUN.format(place=store.place, run=runs[0]), _NO_RUN_REMEDY)
        return found
    given = _given_file(store, wanted)
    return _name(store, given.name if given else wanted)


def decide(gradebook: str | Path | None, run: int, by: str | None, decision: Decision, done: str) -> None:
    """Decide on what a run proposed, and say how many reports that were."""
    with open_store(gradebook) as store:
        count = decision(store, run, who(by))
    told = f"{count} report{'' if count == 1 else 's'} {done}" if count else _NOTHING_WAITS
    typer.echo(f"run {run}: {told}")


def find_exercise(book: ClassBook, name: str) -> str:
    """An exercise of the assignment by its full name, its last part, or as any command takes it: ch7/corr2d.

    Raises:
        UnknownName: None or several fit.
    """
    from d2l_kit.gradebook.select import near

    found = [each for each in book.exercises if name in (each, each.rpartition("/")[2])]
    if not found:
        with suppress(UnknownName):
            found = [each.id for each in course().select([name]) if each.id in book.exercises]
    if len(found) == 1:
        return found[0]
    assignment = book.assignment or _WITHOUT_NAME
    if found:
        text = _SEVERAL_EXERCISES.format(name=name, assignment=assignment, names=", ".join(found))
        raise UnknownName(text, _SEVERAL_EXERCISES_REMEDY)
    names = ", ".join(book.exercises) or "none"
    text = _NO_EXERCISE.format(assignment=assignment, name=name, near=near(name, [*book.exercises]), names=names)
    raise UnknownName(text, _NO_EXERCISE_REMEDY)


def print_json(data: Any) -> None:
    """Print data for programs."""
    typer.echo(json.dumps(data, indent=2))


def who(by: str | None) -> str:
    """Who decides: as given, else the account."""
    from d2l_kit.gradebook.store import account

    return by or account()


def demand_text(text: str, option: str, what: str) -> str:
    """`text`, if it says anything."""
    if not text.strip():
        raise UsageError(f"{option} is empty.", f"Say {what}: it is kept and shown.")
    return text.strip()


def _given_file(store: Gradebook, wanted: str | None) -> Assignment | None:
    if not wanted:
        return None
    path = Path(wanted)
    if path.is_dir():
        from d2l_kit.assign.model import ASSIGNMENT_FILE

        path = path / ASSIGNMENT_FILE
    if not path.is_file():
        return None
    from d2l_kit.assign.reader import read_assignment

    found = read_assignment(path, course())
    # A folder may be called like one assignment of the gradebook and hold another one.
    return None if wanted != found.name and wanted in store.assignments() else found


def _name(store: Gradebook, wanted: str | None) -> str:
    from d2l_kit.gradebook.select import near

    names = store.assignments()
    if wanted in names:
        return str(wanted)
    if not names:
        raise UsageError(_NOTHING.format(place=store.place), _NOTHING_REMEDY)
    shown = ", ".join(name or _UNNAMED for name in names)
    if wanted is not None and ("/" in wanted or wanted.endswith(".toml")):
        raise UsageError(_NO_FILE.format(path=wanted, place=store.place, names=shown), _NO_FILE_REMEDY)
    if wanted is not None:
        text = _UNKNOWN.format(place=store.place, name=wanted, near=near(wanted, names), names=shown)
        raise UsageError(text, _UNKNOWN_REMEDY)
    if len(names) > 1:
        first = next(name for name in names if name)
        raise UsageError(_SEVERAL.format(place=store.place, names=shown), _SEVERAL_REMEDY.format(first=first))
    return names[0]


def _remembered(store: Gradebook, name: str) -> Remembered:
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
    return parse_assignment(kept.text, kept.path, course(), moved=True)


def _roster(kept: Remembered, assignment: Assignment | None) -> Sequence[Student]:
    path = kept.roster_path or (assignment.roster if assignment else None)
    if path is None:
        return kept.roster
    if not path.is_file():
        note(_NO_ROSTER.format(path=path))
        return kept.roster
    from d2l_kit.gradebook.roster import read_roster

    return read_roster(path)

"""A student's source text, read anew from where the class lies, line by line and with the places that checks name.

The gradebook keeps no source. What lies there may have changed since it was graded; then that is said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from d2l_kit.catalog import Exercise
from d2l_kit.errors import KitError
from d2l_kit.gradebook.model import Stored
from d2l_kit.report.model import ExerciseResult, Location
from d2l_kit.report.text import cut, visible
from d2l_kit.submission import Source, digest_of, list_class, read_submission

MOST_LINES = 3_000
LINE_LIMIT = 1_000  # characters

_NO_CLASS = (
    "The gradebook keeps no source text. To see it here, start again with: d2l-kit gradebook serve --class CLASS"
)
_NOT_THERE = "There is no submission {name} in {folders}."
_CHANGED = "What lies there now is not what was graded: it was changed since."
_NOTHING = "Nothing was handed in for this exercise."


@dataclass(frozen=True)
class Line:
    """One line of code.

    Attributes:
        cell: The notebook cell that begins here; None: none does.
        marked: Whether a failed check names this line.
    """

    number: int
    text: str
    cell: int | None = None
    marked: bool = False


@dataclass(frozen=True)
class Code:
    """What is shown of one exercise.

    Attributes:
        why: Why there is none, if there is none.
        more: Lines that are left out.
    """

    lines: tuple[Line, ...] = ()
    file: str = ""
    notes: tuple[str, ...] = ()
    why: str = ""
    more: int = 0


@dataclass(frozen=True)
class Found:
    """The code of one submission, by exercise.

    Attributes:
        why: Why there is none at all, if so.
        notes: What concerns the whole.
    """

    sources: Mapping[str, Source]
    problems: Mapping[str, str]
    why: str = ""
    notes: tuple[str, ...] = ()

    def of(self, result: ExerciseResult) -> Code:
        """What is shown beside one exercise's checks."""
        source = self.sources.get(result.id)
        if source is None:
            return Code(why=self.why or self.problems.get(result.id, _NOTHING))
        named = {check.location for check in result.checks if check.location}
        rows = source.text.removesuffix("\n").split("\n")
        lines = tuple(_line(source, number, text, named) for number, text in enumerate(rows[:MOST_LINES], start=1))
        return Code(lines, source.file, source.notes, more=max(len(rows) - MOST_LINES, 0))


def find_code(folders: Sequence[Path], exercises: Sequence[Exercise], assignment: str, stored: Stored) -> Found:
    """The code of what a report was made of.

    Args:
        folders: Where the class lies; empty: nobody said so.
    """
    name = stored.hand_in.submission
    if not folders:
        return Found({}, {}, _NO_CLASS)
    try:
        entries, _ = list_class(folders, exercises, assignment)
        path = next((entry.path for entry in entries if entry.name == name), None)
        if path is None:
            where = ", ".join(map(str, folders))
            return Found({}, {}, _NOT_THERE.format(name=name, folders=where))
        read = read_submission(path, exercises, name)
        changed = bool(stored.content) and digest_of(path) != stored.content
    except KitError as error:
        return Found({}, {}, f"{error.message} {error.remedy}".strip())
    return Found(read.sources, read.problems, notes=(_CHANGED,) if changed else ())


def _line(source: Source, number: int, text: str, named: set[Location]) -> Line:
    cell, within = source.cells[number - 1] if number <= len(source.cells) else (None, number)
    before = source.cells[number - 2][0] if 1 < number <= len(source.cells) else None
    place = Location(source.file, within, cell)
    return Line(within, visible(cut(text, LINE_LIMIT)), cell if cell != before else None, place in named)

"""What an export is: what is asked for, what comes out, and a format that can do it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from d2l_kit.assign.model import Assignment
from d2l_kit.gradebook.model import ClassBook, Standing


@dataclass(frozen=True)
class Wanted:
    """How to export; a format takes what it lists as its options.

    Attributes:
        sheet: The file that was downloaded from the platform and is to be filled; it is only read.
        column: Which of its columns to fill, as its header calls it; "" to find it by the assignment's name.
        exercises: A column for each exercise beside the total.
        missing_as_zero: Whoever has handed in nothing gets 0 in the sheet instead of nothing.
        scale: Convert points where the sheet counts out of another maximum.
        comments: Fill the sheet's column of comments, too.
        assignment: For due dates and the zone that times are shown in, where there is one.
    """

    sheet: Path | None = None
    column: str = ""
    exercises: bool = False
    missing_as_zero: bool = False
    scale: bool = False
    comments: bool = False
    assignment: Assignment | None = None


@dataclass(frozen=True)
class Exported:
    """A finished export.

    Attributes:
        content: The whole file.
        notes: What the instructor should know: who is not in the sheet, what was left as it was.
    """

    content: bytes
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Exporter:
    """A way to write down a class's grades.

    Attributes:
        name: What `--format` calls it.
        render: The whole file.
        description: One line for the help.
        options: Which attributes of `Wanted` mean something to it, by name.
        needs_sheet: Whether it fills a sheet that was downloaded.
    """

    name: str
    render: Callable[[ClassBook, Wanted], Exported]
    description: str
    options: frozenset[str] = frozenset()
    needs_sheet: bool = False


def has_grade(standing: Standing) -> bool:
    """Whether there is anything to export: work, or points that somebody gave."""
    return standing.handed_in or bool(standing.adjustments)

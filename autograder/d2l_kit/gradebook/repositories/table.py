"""collected.csv: what was taken for whom, from where, and when it was handed in; `grade --times` reads it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from d2l_kit.errors import UsageError
from d2l_kit.gradebook._tables import read_table
from d2l_kit.workspace.files import explained, write_atomically

COLLECTED = "collected.csv"

_OTHER = "{file} is not what `assign collect` writes: it lacks the column {column}."
_OTHER_HOW = "Move it away, or name another folder."


class Outcome(StrEnum):
    """What became of one repository."""

    COLLECTED = "collected"
    NOTHING = "nothing in time"
    EMPTY = "empty"
    UNREACHABLE = "not read"
    UNNAMED = "no repository named"


@dataclass(frozen=True)
class Row:
    """One line; times are ISO texts in UTC, or "".

    Attributes:
        repository: The address as the list has it.
        known_from: Who says when it was handed in: "push" (the server), "commit" (the student).
        until: The moment whose state was looked for.
        collected_at: When the repository was looked at.
        note: What an instructor should know.
    """

    student: str
    repository: str
    outcome: str
    branch: str = ""
    commit: str = ""
    handed_in: str = ""
    known_from: str = ""
    until: str = ""
    collected_at: str = ""
    note: str = ""


_COLUMNS = tuple(field.name for field in fields(Row))


def read_collected(folder: Path) -> dict[str, Row]:
    """What an earlier collection has written, by student; empty where there was none.

    Raises:
        UsageError: The file is another's.
    """
    path = folder / COLLECTED
    if not path.exists():
        return {}
    table = read_table(path, [name.replace("_", "") for name in _COLUMNS], _OTHER_HOW)
    places = {name: table.column((name.replace("_", ""),)) for name in _COLUMNS}
    lacking = next((name for name, place in places.items() if place is None), None)
    if lacking is not None:
        raise UsageError(_OTHER.format(file=path, column=lacking), _OTHER_HOW)
    rows = (
        Row(**{name: row.cells[place] for name, place in places.items() if place is not None}) for row in table.rows
    )
    return {row.student: row for row in rows}


def write_collected(folder: Path, rows: Iterable[Row]) -> Path:
    """Write the file, whole or not at all."""
    text = io.StringIO(newline="")
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(_COLUMNS)
    lines.writerows(astuple(row) for row in rows)
    path = folder / COLLECTED
    with explained("cannot write", path):
        write_atomically(path, text.getvalue().encode("utf-8", "backslashreplace"), private=True)
    return path


def said(moment: datetime | None) -> str:
    """A moment as it stands in a row."""
    return moment.astimezone(UTC).isoformat(timespec="seconds") if moment else ""


def moment_in(text: str) -> datetime | None:
    """The same back; None for what is none."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None

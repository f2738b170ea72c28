"""What a hand-in is once it is read: the source text of each exercise, and why others have none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from d2l_kit.report.model import Location


@dataclass(frozen=True)
class Source:
    """One exercise's source text as the worker will get it.

    Attributes:
        text: Lines end in "\\n" only; neither a byte order mark nor NUL occurs.
        file: For people and editors: the path within the submission, "ch07/corr2d.py" or "hw1.ipynb".
        cells: For notebooks, for each line of text: the cell as a person counts (from 1, all cells) and the
            line within it. Empty for files.
        notes: What its author should know about how the text came about.
    """

    text: str
    file: str
    cells: tuple[tuple[int, int], ...] = ()
    notes: tuple[str, ...] = ()

    def locate(self, line: int) -> Location:
        """Where line `line` of the text (from 1) stands in the student's own file."""
        if not self.cells:
            return Location(self.file, max(line, 1))
        cell, within = self.cells[min(max(line, 1), len(self.cells)) - 1]
        return Location(self.file, within, cell)


@dataclass(frozen=True)
class Submission:
    """What one student handed in.

    Attributes:
        name: How the submission is called in reports.
        sources: By exercise id. An exercise that is neither here nor in `problems` was not handed in.
        problems: By exercise id: why its file could not be used, and what to do.
        notes: What concerns the submission as a whole.
        mark: The assignment this was made for, as its `d2l-kit.toml` or its notebook says; may be empty.
    """

    name: str
    sources: Mapping[str, Source]
    problems: Mapping[str, str]
    notes: tuple[str, ...] = ()
    mark: str = ""


@dataclass(frozen=True)
class Told:
    """What a platform's naming or its own file says of a hand-in. It is a hint to be looked up, never proof.

    Attributes:
        candidates: What may name the student, the surest first: an id, a login, an e-mail address, a name.
        key: The roster's column that the first candidate belongs to: "canvas_id", "moodle_id"; "" for any.
        attempt: From 1; None: nothing says.
        serial: A number that grows from one hand-in to the next.
        at: When it was handed in; None: nothing says.
        source: What told the time, for people: "nbgrader's timestamp.txt"; "" where there is no time.
        marked_late: Whether the platform calls it late.
        platform: "Canvas", "Moodle", "Gradescope", "nbgrader", or "" where nothing but a name is known.
        person: What is the same for all that this student hands in; "" where only the entry's name is known.
    """

    candidates: tuple[str, ...] = ()
    key: str = ""
    attempt: int | None = None
    serial: int | None = None
    at: datetime | None = None
    source: str = ""
    marked_late: bool = False
    platform: str = ""
    person: str = ""


@dataclass(frozen=True)
class ClassEntry:
    """One submission of a class.

    Attributes:
        path: For `read_submission`. May lead through a zip of a whole class: `bulk.zip/alice.zip`; ends in `_*` where
            several files that begin so are one hand-in: `class/lovelaceada_4711_*`.
        told: What its name and what lies beside it say of its author and its time.
    """

    name: str
    path: Path
    told: Told = field(default_factory=Told)

"""A notebook's JSON as its cells; outputs, attachments and pictures are read past.

The JSON is read here and not by nbformat: that costs 0.3 s of import, raises five kinds of exception for bad
files, and gives nothing but the cells, which are a list in version 4 and a list of lists before.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from d2l_kit.errors import SubmissionError
from d2l_kit.submission._magics import Plain, plain

MAX_NOTEBOOK = 16 << 20  # bytes
MAX_BRACKETS = 1_000_000  # lists and objects: each takes some thirty times as much memory as text
MAX_CELLS = 5_000
MAX_TEXT = 1 << 20  # bytes of all cells together

METADATA = "d2l_kit"  # {"d2l_kit": {"exercise": "ch07/corr2d"}} in a cell, {"assignment": …} in a notebook


@dataclass(frozen=True)
class Cell:
    """A cell of a notebook.

    Attributes:
        number: As a person counts: from 1, cells of all kinds.
        kind: "code", "markdown", "raw", or the magic of a cell in another language, such as "%%bash".
        exercise: The exercise it was made for, as its metadata or a tag says; may be empty.
        plain: For code cells, the cell as Python.
    """

    number: int
    kind: str
    source: str
    exercise: str = ""
    plain: Plain = field(default_factory=Plain)


@dataclass(frozen=True)
class Notebook:
    """A notebook's cells in order, and the assignment it was made for."""

    file: str
    cells: tuple[Cell, ...]
    mark: str = ""


def read_notebook(data: bytes, file: str) -> Notebook:
    """The cells of a notebook.

    Raises:
        SubmissionError: It is no notebook, or too large; names the file.
    """
    if len(data) > MAX_NOTEBOOK:
        raise SubmissionError(
            f"{file} is larger than {MAX_NOTEBOOK >> 20} MiB.",
            "Clear all outputs, save it and hand it in again.",
        )
    if data.count(b"[") + data.count(b"{") > MAX_BRACKETS:
        raise _no_notebook(file, f"it has more than {MAX_BRACKETS} lists and objects")
    try:
        document = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        place = f"byte {data[error.start]:#04x} at {error.start}"
        raise SubmissionError(f"{file} is not UTF-8: {place}.", "Save it from Jupyter again.") from error
    except RecursionError as error:
        raise _no_notebook(file, "it is nested too deeply") from error
    except ValueError as error:  # not JSON, or an integer of thousands of digits
        raise _no_notebook(file, f"it is not JSON ({str(error)[:100]})") from error
    metadata = document.get("metadata") if isinstance(document, dict) else None
    mark = _text_at(metadata, METADATA, "assignment")
    return Notebook(file, tuple(_cells(_raw_cells(document, file), file)), mark)


def _raw_cells(document: Any, file: str) -> list[Mapping[str, Any]]:
    if not isinstance(document, dict):
        raise _no_notebook(file, f"its JSON is a {type(document).__name__}")
    cells = document.get("cells")
    if cells is None and isinstance(sheets := document.get("worksheets"), list):
        lists = [sheet.get("cells") for sheet in sheets if isinstance(sheet, dict)]
        cells = [cell for cells in lists if isinstance(cells, list) for cell in cells]
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        raise _no_notebook(file, "it has no list of cells")
    if len(cells) > MAX_CELLS:
        raise _no_notebook(file, f"it has {len(cells)} cells")
    return cells


def _cells(raw: list[Mapping[str, Any]], file: str) -> Iterator[Cell]:
    total = 0
    for number, cell in enumerate(raw, 1):
        kind = cell.get("cell_type")
        source = cell.get("source", cell.get("input", ""))
        if isinstance(source, list) and all(isinstance(line, str) for line in source):
            source = "".join(source)
        if not isinstance(kind, str) or not isinstance(source, str):
            raise _no_notebook(file, f"cell {number} has no type or no text")
        source = source.replace("\r\n", "\n").replace("\r", "\n")
        total += len(source)
        if total > MAX_TEXT:
            raise SubmissionError(
                f"{file}: up to cell {number} its cells hold more than {MAX_TEXT >> 20} MiB of text.",
                "Keep data out of it.",
            )
        exercise = _exercise(cell.get("metadata"))
        if kind != "code":
            yield Cell(number, kind if kind in ("markdown", "raw") else "other", source, exercise)
            continue
        code = plain(source)
        yield Cell(number, code.kind, source, exercise, code)


def _exercise(metadata: Any) -> str:
    """The exercise a cell is marked with, in our metadata or, where a site dropped that, by a tag."""
    if marked := _text_at(metadata, METADATA, "exercise"):
        return marked
    tags = metadata.get("tags") if isinstance(metadata, dict) else None
    named = [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []
    return next((tag.removeprefix("d2l_kit:") for tag in named if tag.startswith("d2l_kit:")), "")


def _text_at(value: Any, *keys: str) -> str:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value[:200] if isinstance(value, str) else ""


def _no_notebook(file: str, reason: str) -> SubmissionError:
    return SubmissionError(f"{file} is not a notebook: {reason}.", "Open it in Jupyter, save it and hand it in again.")

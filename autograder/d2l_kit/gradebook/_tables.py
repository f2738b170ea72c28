"""Tables that people and platforms made, as CSV of any flavour (delimiter, quotes, byte order mark), line by line."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from d2l_kit.errors import UsageError

MAX_BYTES = 16 << 20
PROBLEMS_SHOWN = 20

_DELIMITERS = (",", ";", "\t")
_EXCEL_SEP = re.compile(r"sep=(.)\s*\Z", re.IGNORECASE)  # Excel's own first line

_UNREADABLE = "{file} cannot be read: {reason}."
_TOO_LARGE = "{file} is larger than {size} MiB: that is no list of people."
_UTF16 = '{file} is UTF-16, as Excel\'s "Unicode text" is.'
_NOT_UTF8 = "{file}:{line}: this is not UTF-8."
_SAVE_AS = 'Save it as "CSV UTF-8".'
_NO_TEXT = "{file} is no text: it holds zero bytes."
_WORKBOOK = "{file} is a workbook, not CSV."
_EMPTY = "{file} is empty."
_NO_HEADER = "{file}:{line}: the first line is no header: {found}."
_QUOTE = "{file}:{line}: a quote is opened and not closed, or stands in the middle of a cell."
_QUOTE_REMEDY = 'A cell with a quote in it is written "so ""quoted"" here".'
_TOO_MANY = "{file}:{line}: {cells} cells, but the header has {wanted}"


@dataclass(frozen=True)
class Row:
    """One row: its line in the file, from 1, and its cells, as many as the header has."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A CSV with a header.

    Attributes:
        file: As a person called it.
        header: As it stands there.
        names: The header's cells in a form to compare: "SIS User ID" is "sisuserid".
        problems: A line for each row that is out of shape; those rows are not among `rows`.
    """

    file: str
    line: int
    header: tuple[str, ...]
    names: tuple[str, ...]
    rows: tuple[Row, ...]
    problems: tuple[str, ...] = ()

    def column(self, names: Collection[str]) -> int | None:
        """The place of the first column, in the order of `names`, that is called so."""
        return next((self.names.index(name) for name in names if name in self.names), None)


def read_table(path: Path, known: Collection[str], header_remedy: str) -> Table:
    """Read a CSV.

    Args:
        known: Names of columns, as `comparable` makes them: a header holds at least one of them.
        header_remedy: What to do where there is no header.

    Raises:
        UsageError: It cannot be read, is empty, is not UTF-8 or has no header; names file, line and remedy.
    """
    file = str(path)
    text = _text(path, file)
    first, _, rest = text.partition("\n")
    line = 1
    delimiters: tuple[str, ...] = _DELIMITERS
    if found := _EXCEL_SEP.match(first):
        text, line, delimiters = rest, 2, (found[1],)
    if not text.strip():
        raise UsageError(_EMPTY.format(file=file), header_remedy)
    best = _best(text, [each for each in delimiters if _has(text, each)] or [delimiters[0]], file, line, known)
    header, rows = best[0], best[1:]
    names = tuple(comparable(cell) for cell in header.cells)
    if not set(names) & set(known):
        shown = ", ".join(cell[:40] for cell in header.cells[:6])
        raise UsageError(_NO_HEADER.format(file=file, line=header.line, found=shown), header_remedy)
    problems = [
        _TOO_MANY.format(file=file, line=row.line, cells=len(row.cells), wanted=len(names))
        for row in rows
        if len(row.cells) > len(names) and any(row.cells[len(names) :])
    ]
    fitting = (row for row in rows if not any(row.cells[len(names) :]))
    padded = (Row(row.line, (*row.cells, *[""] * len(names))[: len(names)]) for row in fitting)
    return Table(file, header.line, header.cells, names, tuple(padded), tuple(problems))


def refuse(problems: list[str], remedy: str) -> None:
    """Raise all problems as one error, if there are any."""
    if not problems:
        return
    more = len(problems) - PROBLEMS_SHOWN
    listed = [*problems[:PROBLEMS_SHOWN], *([f"… and {more} more."] if more > 0 else [])]
    raise UsageError("\n".join(listed), remedy)


def comparable(name: str) -> str:
    """A column's name without case, blanks and signs: "E-mail address" is "emailaddress"."""
    return "".join(c for c in unicodedata.normalize("NFC", name).casefold() if c.isalnum())


def _text(path: Path, file: str) -> str:
    try:
        with path.open("rb") as opened:
            content = opened.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(_UNREADABLE.format(file=file, reason=reason), "Check its name and its permissions.") from error
    if len(content) > MAX_BYTES:
        raise UsageError(_TOO_LARGE.format(file=file, size=MAX_BYTES >> 20), "Name the right file.")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UsageError(_UTF16.format(file=file), _SAVE_AS)
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise UsageError(_WORKBOOK.format(file=file), _SAVE_AS)
    if b"\0" in content:
        raise UsageError(_NO_TEXT.format(file=file), _SAVE_AS)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UsageError(_NOT_UTF8.format(file=file, line=line), _SAVE_AS) from error


def _best(text: str, delimiters: Sequence[str], file: str, line: int, known: Collection[str]) -> list[Row]:
    """The rows by the delimiter under which the header makes the most sense."""
    tables: list[list[Row]] = []
    wrong: UsageError | None = None
    for delimiter in delimiters:
        try:
            tables.append(list(_parsed(text, delimiter, file, line)))
        except UsageError as error:  # a wrong delimiter tears quoted cells apart
            wrong = wrong or error
    fitting = [table for table in tables if table and _fit(table[0].cells, known)[0]]
    if not fitting and wrong is not None:
        raise wrong
    if not any(tables):
        raise UsageError(_EMPTY.format(file=file), _SAVE_AS)
    return max(fitting or tables, key=lambda rows: _fit(rows[0].cells, known) if rows else (0, 0))


def _has(text: str, delimiter: str) -> bool:
    first = next((line for line in text.splitlines() if line.strip()), "")
    return delimiter in first


def _parsed(text: str, delimiter: str, file: str, first: int) -> Iterator[Row]:
    """Rows with the line that each begins on; empty ones are left out."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = first
    try:
        for cells in reader:
            if any(map(_clean, cells)):
                yield Row(line, tuple(map(_clean, cells)))
            line = reader.line_num + first
    except csv.Error as error:
        raise UsageError(_QUOTE.format(file=file, line=line), _QUOTE_REMEDY) from error


def _clean(cell: str) -> str:
    """Without blanks around it and invisible characters in it; an umlaut is one character."""
    visible = "".join(c for c in cell if unicodedata.category(c) not in ("Cf", "Cc") or c in "\n\t")
    return " ".join(unicodedata.normalize("NFC", visible).split())


def _fit(header: tuple[str, ...], known: Collection[str]) -> tuple[int, int]:
    return sum(comparable(cell) in known for cell in header), len(header)

"""A downloaded CSV file, read so that it can be written again byte for byte, but for the cells that are filled.

The standard `csv` module forgets how a cell was quoted, which line ends there were, and the byte order mark. Whoever
imports the sheet again must find nothing changed except for the grades, so every cell keeps its text as it stood.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from d2l_kit.errors import UsageError
from d2l_kit.workspace.files import explained

DELIMITERS = ",;\t"

_BOM = "\ufeff"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_AS_UTF_8 = "Download it anew and give it as it came, or save it as “CSV UTF-8”."
_NOT_UTF_8 = "{path}: line {line}: not UTF-8 (byte 0x{byte:02x})."
_IS_UTF_16 = "{path} is UTF-16, not UTF-8."
_IS_WORKBOOK = "{path} is a workbook of a spreadsheet program, not CSV."
_EMPTY = "{path}: line 1: no header with several columns; it is no gradebook sheet."
_EMPTY_REMEDY = "Give the CSV file that the platform offers for download."
_OPEN_QUOTE = "{path}: line {line}: a quotation mark is never closed."
_STRAY = "{path}: line {line}: text follows the closing quotation mark of a cell."
_NUL = "{path}: line {line}: a NUL character; this is no CSV file."


@dataclass
class Cell:
    """One cell.

    Attributes:
        raw: As it stands in the file.
        value: What it says.
    """

    raw: str
    value: str

    def put(self, value: str, delimiter: str) -> None:
        """Write `value`, quoted if it must be or if what stood there was."""
        quoted = self.raw.startswith('"') or value != value.strip() or any(c in value for c in f'"\r\n{delimiter}')
        self.raw = '"' + value.replace('"', '""') + '"' if quoted else value
        self.value = value


@dataclass
class Row:
    """One record.

    Attributes:
        line: Number of the line it begins on.
        end: The line end as it stands in the file, "" after the last.
    """

    line: int
    cells: list[Cell]
    end: str

    def value(self, column: int | None) -> str:
        """What a cell says, without blanks around it; "" where the row ends before it."""
        return self.cells[column].value.strip() if column is not None and column < len(self.cells) else ""

    def put(self, column: int, value: str, delimiter: str) -> None:
        """Write one cell; a row that ends before it is made longer."""
        self.cells += [Cell("", "") for _ in range(column + 1 - len(self.cells))]
        self.cells[column].put(value, delimiter)

    @property
    def blank(self) -> bool:
        """Whether there is nothing in it."""
        return not any(cell.value.strip() for cell in self.cells)


@dataclass
class Sheet:
    """A CSV file.

    Attributes:
        header: What the cells of its first row say, without blanks around it.
        rows: All others.
    """

    path: Path
    delimiter: str
    bom: bool
    head: Row
    rows: list[Row] = field(default_factory=list)

    @property
    def header(self) -> list[str]:
        """The names of its columns."""
        return [cell.value.strip() for cell in self.head.cells]

    def column(self, names: Sequence[str]) -> int | None:
        """The first column with one of these names, however they are capitalised."""
        folded = [name.casefold() for name in self.header]
        return next((folded.index(name) for name in map(str.casefold, names) if name in folded), None)

    def put(self, row: Row, column: int, value: str) -> None:
        """Write one cell of a row."""
        row.put(column, value, self.delimiter)

    def content(self) -> bytes:
        """The file."""
        rows = (self.delimiter.join(cell.raw for cell in row.cells) + row.end for row in (self.head, *self.rows))
        return ((_BOM if self.bom else "") + "".join(rows)).encode("utf-8")


def read_sheet(path: Path) -> Sheet:
    """Read a downloaded sheet.

    Raises:
        UsageError: It cannot be read, or is no CSV file in UTF-8; says where.
    """
    with explained("cannot read", path):
        content = path.read_bytes()
    return parse_sheet(content, path)


def parse_sheet(content: bytes, path: Path) -> Sheet:
    """The same, from what the file holds."""
    text = _decoded(content, path)
    bom = text.startswith(_BOM)
    text = text.removeprefix(_BOM)
    if "\0" in text:
        line = 1 + text[: text.index("\0")].count("\n")
        raise UsageError(_NUL.format(path=path, line=line), _AS_UTF_8)
    delimiter = _delimiter(text)
    rows = _records(text, delimiter, path)
    if not rows or len(rows[0].cells) < 2:
        raise UsageError(_EMPTY.format(path=path), _EMPTY_REMEDY)
    return Sheet(path, delimiter, bom, rows[0], rows[1:])


def _decoded(content: bytes, path: Path) -> str:
    if content.startswith(_UTF_16):
        raise UsageError(_IS_UTF_16.format(path=path), _AS_UTF_8)
    if content.startswith(b"PK\x03\x04"):
        raise UsageError(_IS_WORKBOOK.format(path=path), _AS_UTF_8)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = 1 + content[: error.start].count(b"\n")
        raise UsageError(_NOT_UTF_8.format(path=path, line=line, byte=content[error.start]), _AS_UTF_8) from error


def _delimiter(text: str) -> str:
    """What the header has most of, outside quotation marks."""
    unquoted = re.sub(r'"[^"]*"', "", text)
    first = unquoted[: re.search(r"[\r\n]|\Z", unquoted).start()]  # type: ignore[union-attr]  # \Z always matches
    return max(DELIMITERS, key=first.count)


def _records(text: str, delimiter: str, path: Path) -> list[Row]:
    plain = re.compile(rf"[^{delimiter}\r\n]*")
    quoted = re.compile(r'"[^"]*(?:""[^"]*)*"')
    rows: list[Row] = []
    cells: list[Cell] = []
    place, line, began = 0, 1, 1
    while place < len(text) or cells:
        if text.startswith('"', place):
            match = quoted.match(text, place)
            if match is None:
                raise UsageError(_OPEN_QUOTE.format(path=path, line=line), _EMPTY_REMEDY)
            raw = match[0]
            cells.append(Cell(raw, raw[1:-1].replace('""', '"')))
        else:
            raw = plain.match(text, place)[0]  # type: ignore[index]  # it matches nothing, too
            cells.append(Cell(raw, raw))
        place += len(raw)
        line += raw.count("\n")
        if text.startswith(delimiter, place):
            place += 1
            continue
        end = _line_end(text, place)
        if not end and place < len(text):
            raise UsageError(_STRAY.format(path=path, line=line), _EMPTY_REMEDY)
        rows.append(Row(began, cells, end))
        place += len(end)
        line += bool(end)
        cells, began = [], line
    return rows


def _line_end(text: str, place: int) -> str:
    return next((end for end in ("\r\n", "\n", "\r") if text.startswith(end, place)), "")

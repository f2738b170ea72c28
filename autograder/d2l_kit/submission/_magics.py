"""A notebook cell as Python: what speaks to the notebook (`%%time`, `!pip`, `name?`) is taken out.

A cell that parses is Python and is left alone. In the others:

    %%time, %%timeit, %%capture, %%prun   the line goes, the code below it stays
    %%writefile NAME.py, %%file NAME.py   the code below is that file
    any other %%magic                     the cell is not Python: it is dropped
    %time STATEMENT, %prun STATEMENT      the statement stays
    !command, %magic, ?name, name?        the line becomes `pass`
    x = !command, x = %magic              becomes `x = None` and is reported: the value cannot be had

Only lines at which a statement starts count: `%` inside brackets or in a text of many lines is Python. That
is found by a small scanner of our own, since Python's tokenizer stops at `!` and `?` in some versions. Line
numbers never change. A cell that is indented as a whole is moved to the left, as a notebook does.
"""

from __future__ import annotations

import ast
import re
import shlex
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

KEEP_BODY = {"time", "timeit", "capture", "prun"}
WRITE_FILE = {"writefile", "file"}
KEEP_STATEMENT = {"time", "prun"}

_CELL_MAGIC = re.compile(r"%%(\w+)[ \t]*(.*)\Z")
_LINE_MAGIC = re.compile(r"(\s*)%(\w+)[ \t]+(?![-\s])(.*)\Z")
_ASSIGNED = re.compile(r"(\s*)([A-Za-z_][\w.,*\[\]'\"() \t]*)=\s*([%!][^=].*)\Z")
_HELP = re.compile(r"\s*[%\w.*\[\]'\"]+\?{1,2}\s*\Z")
_AUTOMAGIC = re.compile(r"\s*(pip3?|conda)\s+(install|uninstall|list|show)\b")
_LEXEME = re.compile(
    r"""(?P<comment>\#.*) | (?P<quote>'''|\"\"\"|'|")
        | (?P<open>[(\[{]) | (?P<close>[)\]}]) | (?P<slash>\\.?)""",
    re.VERBOSE,
)


@dataclass(frozen=True)
class Plain:
    """A cell without magics.

    Attributes:
        text: As many lines as the cell.
        dropped: By line, what was taken out and is lost: not `%%time`, whose code stays.
        captured: By line, `x = %magic` and `x = !command`, which became `x = None`.
        kind: "code", or for a dropped cell its magic, such as "%%bash".
        file: The name given to %%writefile; `text` is that file's. `appends` is its flag `-a`.
        tree: The text's syntax tree, for kind "code".
        error: Where and why there is none.
    """

    text: str = ""
    dropped: Mapping[int, str] = field(default_factory=dict)
    captured: Mapping[int, str] = field(default_factory=dict)
    kind: str = "code"
    file: str = ""
    appends: bool = False
    tree: ast.Module | None = field(default=None, compare=False)
    error: tuple[int, str] | None = None

    @property
    def file_name(self) -> str:
        """The last part of `file`."""
        return self.file.replace("\\", "/").rpartition("/")[2]


def parse(text: str) -> ast.Module | tuple[int, str]:
    """The syntax tree, or the line and the reason why there is none."""
    try:
        with warnings.catch_warnings():  # an invalid escape is for the student's own Python to complain about
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except SyntaxError as error:
        return error.lineno or 1, error.msg
    except (RecursionError, MemoryError):  # how the parser says so, by the kind of nesting
        return 1, "nested too deeply"
    except ValueError as error:  # NUL, half a surrogate pair
        return 1, str(error)


def plain(cell: str) -> Plain:
    """A code cell as Python."""
    parsed = parse(cell)
    if isinstance(parsed, ast.Module):
        return Plain(cell, tree=parsed)
    lines = _dedented(cell.split("\n"))
    dropped: dict[int, str] = {}
    while (first := _first(lines)) is not None and (match := _CELL_MAGIC.match(lines[first])):
        magic, argument = match.groups()
        if magic in WRITE_FILE:
            return _written_file(lines, first, argument)
        if magic not in KEEP_BODY:
            return Plain("\n" * (len(lines) - 1), {first + 1: lines[first].strip()}, kind=f"%%{magic}")
        lines[first] = ""
    captured: dict[int, str] = {}
    for start, end in _statements(lines):
        _neutralise(lines, start, end, dropped, captured)
    text = "\n".join(lines)
    parsed = parse(text)
    if isinstance(parsed, ast.Module):
        return Plain(text, dropped, captured, tree=parsed)
    return Plain(text, dropped, captured, error=parsed)


def _first(lines: list[str]) -> int | None:
    return next((number for number, line in enumerate(lines) if line.strip()), None)


def _dedented(lines: list[str]) -> list[str]:
    first = _first(lines)
    if first is None or not (indent := lines[first][: -len(lines[first].lstrip())]):
        return lines
    return [line.removeprefix(indent) for line in lines]


def _written_file(lines: list[str], first: int, argument: str) -> Plain:
    try:
        words = shlex.split(argument)
    except ValueError:  # an open quote
        words = argument.split()
    name = next((word for word in words if not word.startswith("-")), "")
    lines[first] = ""
    return Plain("\n".join(lines), kind="%%writefile", file=name, appends="-a" in words or "--append" in words)


def _neutralise(lines: list[str], start: int, end: int, dropped: dict[int, str], captured: dict[int, str]) -> None:
    line = lines[start]
    whole = " ".join(part.strip().removesuffix("\\").strip() for part in lines[start:end])
    indent = line[: len(line) - len(line.lstrip())]
    if (match := _LINE_MAGIC.match(line)) and match.group(2) in KEEP_STATEMENT and match.group(3):
        lines[start] = match.group(1) + match.group(3)
        return
    if match := _ASSIGNED.match(line):
        captured[start + 1] = whole
        replacement = f"{indent}{match.group(2).rstrip()} = None"
    elif line.lstrip().startswith(("%", "!", "?")) or _HELP.match(line) or _AUTOMAGIC.match(line):
        dropped[start + 1] = whole
        replacement = f"{indent}pass"
    else:
        return
    lines[start:end] = [replacement] + [""] * (end - start - 1)


def _statements(lines: list[str]) -> Iterator[tuple[int, int]]:
    """Ranges of lines that make up one logical line each."""
    at = 0
    while at < len(lines):
        end = at + 1
        if lines[at].lstrip().startswith(("%", "!", "?")) or _ASSIGNED.match(lines[at]):
            while end < len(lines) and lines[end - 1].endswith("\\"):
                end += 1
        else:
            depth, quote, continued = _scan(lines[at], 0, "")
            while end < len(lines) and (depth > 0 or quote or continued):
                depth, quote, continued = _scan(lines[end], depth, quote)
                end += 1
        yield at, end
        at = end


def _scan(line: str, depth: int, quote: str) -> tuple[int, str, bool]:
    """Bracket depth, open quote, and whether a backslash continues the line, after one more line."""
    at = 0
    while True:
        if quote:
            at = _end_of_text(line, at, quote)
            if at < 0:
                return (depth, quote, False) if len(quote) == 3 or line.endswith("\\") else (depth, "", False)
            quote = ""
        match = _LEXEME.search(line, at)
        if match is None or match.lastgroup == "comment":
            return depth, "", False
        at = match.end()
        if match.lastgroup == "quote":
            quote = match.group()
        elif match.lastgroup == "slash":
            if at == len(line):
                return depth, "", True
        else:
            depth += 1 if match.lastgroup == "open" else -1 if depth else 0


def _end_of_text(line: str, at: int, quote: str) -> int:
    """Behind the closing quote, or -1."""
    while at < len(line):
        if line[at] == "\\":
            at += 2
        elif line.startswith(quote, at):
            return at + len(quote)
        else:
            at += 1
    return -1

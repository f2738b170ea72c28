"""Where in a TOML file a key stands: Python's reader gives values without lines.

The file is known to be good TOML by the time it is searched, so a line scanner is enough: it follows tables,
values in brackets and texts of many lines. A key inside an inline table is found at the table's own line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_TABLE = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?\Z")
_KEY = re.compile(r"""\s*("[^"]*"|'[^']*'|[\w-]+)\s*[.=]""")
_PART = re.compile(
    r"""(?P<comment>\#.*)|(?P<long>\"""|''')|(?P<text>"(?:[^"\\]|\\.)*"|'[^']*')|(?P<bracket>[\[\]{}])"""
)

Place = tuple[str, int, str]  # table, its index (0 where it is not one of several), key


def lines_of(text: str) -> Mapping[Place, int]:
    """The line, from 1, of each key and, under the key "", of each table's head; the first table is ""."""
    found: dict[Place, int] = {}
    table, index, counts = "", 0, dict[str, int]()
    depth, quote = 0, ""
    for number, line in enumerate(text.splitlines(), 1):
        if not depth and not quote:
            if match := _TABLE.match(line):
                table = match[2].strip("\"'")
                index = counts.get(table, 0) if match[1] == "[[" else 0
                counts[table] = index + 1
                found.setdefault((table, index, ""), number)
                continue
            if match := _KEY.match(line):
                found.setdefault((table, index, match[1].strip("\"'")), number)
        depth, quote = _after(line, depth, quote)
    return found


def line_at(lines: Mapping[Place, int], table: str, index: int, key: str) -> int:
    """The key's line, or its table's, or that of a table written inline; 1 if all fails."""
    places = ((table, index, key), (table, index, ""), ("", 0, table.partition(".")[0]))
    return next((lines[place] for place in places if place in lines), 1)


def _after(line: str, depth: int, quote: str) -> tuple[int, str]:
    """How many brackets, and which text of many lines, are open behind a line."""
    at = 0
    while True:
        if quote:
            end = line.find(quote, at)
            if end < 0:
                return depth, quote
            at, quote = end + len(quote), ""
        match = _PART.search(line, at)
        if match is None or match.lastgroup == "comment":
            return depth, ""
        at = match.end()
        if match.lastgroup == "long":
            quote = match.group()
        elif match.lastgroup == "bracket":
            depth += 1 if match.group() in "[{" else -1

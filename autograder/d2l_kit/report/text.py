"""Students' text made safe to show: nothing invisible, nothing that steers a terminal or that XML refuses.

What a submission prints or raises can hold escape sequences that move the cursor and rewrite verdicts above,
bidi controls that reorder what is read (CVE-2021-42574), NUL, and lone surrogates that no UTF-8 stream takes.
Colours are dropped, everything else of that sort becomes a visible escape such as `\\x1b`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_COLOUR = re.compile(r"\x1b\[[0-9;:]*m")
_UNSAFE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 without tab and line feed, DEL, C1
    r"\u061c\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidi controls, zero-width space
    r"\u2028\u2029\u2060-\u2065\u206a-\u206f\ufeff\ufff9-\ufffb"  # odd line breaks, invisible marks
    r"\ud800-\udfff\ufffe\uffff"  # lone surrogates and non-characters: not in UTF-8, not in XML 1.0
    r"\U000e0000-\U000e007f]"  # tag characters: text that nobody sees
)
_SURROGATE = re.compile(r"[\ud800-\udfff]")
# A spreadsheet takes a cell that begins so for a formula and runs it (OWASP, "CSV Injection"); full-width signs, too.
_FORMULA = re.compile(r"\s*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
_INNER_FORMULA = re.compile(r"(;\s*)(?=[=+\-@])")  # a semicolon begins a new cell where decimals have a comma
_NAMES_LISTED = 10
_CUT = " [... {} more characters]"


def visible(text: str) -> str:
    """`text` with everything unsafe written out; line feeds and tabs stay, CRLF becomes a line feed."""
    if text.isprintable():  # most texts, at the speed of C
        return text
    text = _COLOUR.sub("", text.replace("\r\n", "\n"))
    return _UNSAFE.sub(_escape, text)


def one_line(text: str) -> str:
    """`visible` text on one line, runs of blanks made one."""
    return " ".join(visible(text).split())


def listed(names: Sequence[str]) -> str:
    """Names on one line: up to ten of them, and how many more there are."""
    more = f" and {len(names) - _NAMES_LISTED} more" if len(names) > _NAMES_LISTED else ""
    return ", ".join(map(one_line, names[:_NAMES_LISTED])) + more


def cut(text: str, limit: int) -> str:
    """At most `limit` characters of `text`, and how many were left out.

    Cut before escaping: escaping ten million NULs to show a hundred would take seconds.
    """
    return text if len(text) <= limit else text[:limit] + _CUT.format(len(text) - limit)


def excerpt(text: str, limit: int) -> str:
    """The beginning of `text`, made visible, in about `limit` characters."""
    return cut(visible(cut(text, limit)), limit)


def defused(text: str) -> str:
    """Text for a cell of a CSV file: on one line, and no spreadsheet takes it for a formula."""
    text = _INNER_FORMULA.sub(r"\1'", one_line(text))
    return f"'{text}" if _FORMULA.match(text) else text


def without_surrogates(text: str) -> str:
    """`text` that UTF-8 and strict JSON parsers take: lone surrogates written out, all else as it is."""
    return text if text.isprintable() else _SURROGATE.sub(_escape, text)


def encodable(text: str, encoding: str) -> str:
    """`text` with what `encoding` cannot say written out."""
    return text.encode(encoding, "backslashreplace").decode(encoding)


def columns(text: str) -> int:
    """How many terminal columns `text` takes: wide characters take two, combining marks none."""
    return len(text) if text.isascii() else sum(map(_columns_of, text))


def fit(text: str, width: int, mark: str = "...") -> str:
    """`text` in at most `width` columns, ending in `mark` where it was cut."""
    if columns(text) <= width:
        return text
    mark = mark[: max(width, 0)]
    room = width - columns(mark)
    for end, character in enumerate(text):
        room -= _columns_of(character)
        if room < 0:
            return text[:end] + mark
    return text


def pad(text: str, width: int, *, right: bool = False) -> str:
    """`text` filled up with blanks to `width` columns; `right` aligns it to the right."""
    blanks = " " * (width - columns(text))
    return blanks + text if right else text + blanks


def _columns_of(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code == 0x0D:
        return "\\r"
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"

"""Colours and marks of the terminal, which turn into plain ASCII where the stream cannot say more."""

from __future__ import annotations

from dataclasses import dataclass

from d2l_kit.report.formats import Options

_CODES = {"red": "31", "green": "32", "yellow": "33", "bold": "1", "dim": "2"}


@dataclass(frozen=True)
class Marks:
    """One sign for each way a thing can end, and the bar before quoted output."""

    passed: str
    failed: str
    pending: str
    skipped: str
    bar: str


_UNICODE = Marks(passed="✓", failed="✗", pending="◌", skipped="-", bar="│")
_ASCII = Marks(passed="+", failed="x", pending="~", skipped="-", bar="|")


@dataclass(frozen=True)
class Style:
    """How this terminal is written to."""

    marks: Marks
    color: bool

    def paint(self, text: str, *names: str) -> str:
        """`text` in a colour (red, green, yellow) or weight (bold, dim), where colours are wanted."""
        if not self.color or not text:
            return text
        return f"\x1b[{';'.join(_CODES[name] for name in names)}m{text}\x1b[0m"


def style_for(options: Options) -> Style:
    """The style that the stream can show."""
    try:
        "".join(vars(_UNICODE).values()).encode(options.encoding)
    except UnicodeEncodeError:
        return Style(_ASCII, options.color)
    return Style(_UNICODE, options.color)

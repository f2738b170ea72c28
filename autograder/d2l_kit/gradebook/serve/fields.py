"""What people type into forms, checked: each field's value, or a sentence that says what to write instead."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction

REASON_LIMIT = 1_000  # characters
COMMENT_LIMIT = 10_000

_POINTS = re.compile(r"[+-]?(\d{1,6}([.,]\d{1,6})?|\d{1,6}/0*[1-9]\d{0,5})", re.ASCII)
_NO_POINTS = "Write a number of points, such as +2, -1.5 or 7/3."
_ZERO = "Zero points change nothing."
_TOO_LONG = "At most {limit} characters; these are {length}."


class BadInput(Exception):
    """Some fields cannot be used.

    Attributes:
        problems: By the field's name; "" for the form as a whole.
    """

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(problems.values()))
        self.problems = problems


class Form:
    """The fields of a form; problems are gathered, so that all are said at once."""

    def __init__(self, typed: Mapping[str, str]) -> None:
        self.typed = typed
        self._problems: dict[str, str] = {}

    def text(self, name: str, empty: str, limit: int = REASON_LIMIT) -> str:
        """A text that says something; `empty` is said if it does not."""
        text = self.typed.get(name, "").replace("\r\n", "\n").strip()
        if not text:
            self._problems[name] = empty
        elif len(text) > limit:
            self._problems[name] = _TOO_LONG.format(limit=limit, length=len(text))
        return text

    def points(self, name: str) -> Fraction:
        """Points to give or take; a decimal comma and a typographic minus will do."""
        text = "".join(self.typed.get(name, "").split()).replace("\N{MINUS SIGN}", "-")
        if not _POINTS.fullmatch(text):
            self._problems[name] = _NO_POINTS
            return Fraction(0)
        points = Fraction(text.replace(",", "."))
        if not points:
            self._problems[name] = _ZERO
        return points

    def one_of(self, name: str, allowed: Mapping[str, object], problem: str) -> str:
        """One of the values that were offered."""
        value = self.typed.get(name, "")
        if value not in allowed:
            self._problems[name] = problem
        return value

    def number(self, name: str) -> int:
        """A number that a page of ours put there; 0 where somebody else did."""
        text = self.typed.get(name, "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0

    def demand(self) -> None:
        """Stop if anything is wrong.

        Raises:
            BadInput: With all that is wrong.
        """
        if self._problems:
            raise BadInput(self._problems)

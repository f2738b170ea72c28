"""The tables of an assignment.toml: values by key, of the right type, with what is wrong collected by line."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

from d2l_kit.assign._lines import line_at, lines_of
from d2l_kit.assign.moments import read_moment
from d2l_kit.errors import UsageError

_Choice = TypeVar("_Choice", bound=StrEnum)
_ONE_LINE = "{key} must be a text of one line."


@dataclass(frozen=True, order=True)
class Finding:
    """Something to be said about a line."""

    line: int
    message: str
    remedy: str = ""

    def shown(self, path: Path) -> str:
        """As editors open it."""
        return f"{path}:{self.line}: {self.message}"


@dataclass
class Tables:
    """A whole file; everything found goes here."""

    data: Mapping[str, Any]
    text: str
    problems: set[Finding] = field(default_factory=set)
    warnings: set[Finding] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.lines = lines_of(self.text)
        self.first = Table(self, self.data)

    def one(self, name: str) -> Table:
        """The table [name]; an empty one if it is not there, or is something else, which is a problem."""
        value = self.data.get(name, {})
        if not isinstance(value, dict):
            self.first.problem(name, f"{name} is a table.", f"Write [{name}] on a line of its own.")
            value = {}
        return Table(self, value, name)

    def several(self, name: str, *, again: bool = False) -> list[Table]:
        """The tables [[name]]; `again`: whether what is wrong with their form has been said."""
        value = self.data.get(name, [])
        fits = isinstance(value, list) and all(isinstance(each, dict) for each in value)
        if not fits and not again:
            self.first.problem(name, f"{name} is a list of tables.", f"Write [[{name}]] on a line of its own.")
        return [Table(self, each, name, index) for index, each in enumerate(value)] if fits else []

    def problems_in(self, name: str) -> bool:
        """Whether anything was wrong in the tables [[name]]."""
        own = {line for (table, _, _), line in self.lines.items() if table == name}
        return any(each.line in own for each in self.problems)

    def findings(self) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
        """Problems and warnings, by line."""
        return tuple(sorted(self.problems)), tuple(sorted(self.warnings))


@dataclass(frozen=True)
class Table:
    """One table of the file; its methods read a key and say what is wrong with it."""

    tables: Tables
    values: Mapping[str, Any]
    name: str = ""
    index: int = 0

    def line(self, key: str) -> int:
        """Where a key stands, or the table."""
        return line_at(self.tables.lines, self.name, self.index, key)

    def problem(self, key: str, message: str, remedy: str = "") -> None:
        """Say that something must be mended."""
        self.tables.problems.add(Finding(self.line(key), message, remedy))

    def warn(self, key: str, message: str, remedy: str = "") -> None:
        """Say that something may not be meant."""
        self.tables.warnings.add(Finding(self.line(key), message, remedy))

    def only(self, allowed: Collection[str]) -> None:
        """Refuse other keys."""
        for key in self.values:
            if key not in allowed:
                near = difflib.get_close_matches(key, allowed, n=1)
                where = f" in [{self.name}]" if self.name else ""
                remedy = f"Did you mean {near[0]!r}?" if near else f"Known here: {', '.join(allowed)}."
                self.problem(key, f"unknown key {key!r}{where}.", remedy)

    def text(self, key: str, *, required: bool = False, secret: bool = False) -> str:
        """A text of one line; empty if there is none."""
        value = self.values.get(key)
        if value is None:
            if required:
                self.problem(key, f"{key} is missing.", f'Write: {key} = "…"')
            return ""
        shown = "" if secret else f" = {value!r}"
        if not isinstance(value, str):
            self.problem(key, f"{key}{shown} must be a text.", f'In quotes: {key} = "{"…" if secret else value}"')
            return ""
        if not value.isprintable():
            self.problem(key, _ONE_LINE.format(key=key), "Take line breaks and control characters out.")
            return ""
        if required and not secret and not value.strip():
            self.problem(key, f"{key} is empty.", f'Write: {key} = "…"')
        return value

    def number(
        self, key: str, *, least: int | None = None, above: int | None = None, most: int | None = None,
        whole: bool = False,
    ) -> Fraction | None:  # fmt: skip
        """A number within bounds, exact; None if there is none."""
        value = self.values.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int if whole else int | Decimal):
            kind = "a whole number" if whole else "a number"
            self.problem(key, f"{key} = {_plain(value)} must be {kind}.", f"Write: {key} = {most or 10}")
            return None
        if isinstance(value, Decimal) and not value.is_finite():
            self.problem(key, f"{key} = {value} must be a number.", f"Write: {key} = {most or 10}")
            return None
        too_small = (least is not None and value < least) or (above is not None and value <= above)
        if too_small or (most is not None and value > most):
            bounds = [f"at least {least}"] if least is not None else [f"above {above}"] if above is not None else []
            bounds += [f"at most {most}"] if most is not None else []
            self.problem(key, f"{key} = {value} must be {' and '.join(bounds)}.", "Correct it.")
            return None
        return Fraction(value)

    def choice(self, key: str, allowed: type[_Choice], default: _Choice) -> _Choice:
        """One of a few words."""
        value = self.values.get(key, default)
        known = [each.value for each in allowed]
        if isinstance(value, str) and value in known:
            return allowed(value)
        self.problem(key, f"{key} = {_plain(value)} is not known.", nearest_of(value, known))
        return default

    def moment(self, key: str, zone: tzinfo | None, *, required: bool = False) -> datetime | None:
        """A date with a time; None if there is none, or it cannot be used."""
        value = self.values.get(key)
        if value is None:
            if required:
                self.problem(key, f"{key} is missing.", f'Write: {key} = "2026-12-01 23:59"')
            return None
        try:
            return read_moment(value, zone)
        except UsageError as error:
            self.problem(key, f"{key}: {error.message}", error.remedy)
            return None


def nearest_of(value: object, known: Collection[str]) -> str:
    """What may have been meant, and what there is."""
    near = difflib.get_close_matches(str(value).lower(), known, n=1)
    return f"{f'Did you mean {near[0]!r}? ' if near else ''}There are: {', '.join(known)}."


def _plain(value: object) -> str:
    return str(value) if isinstance(value, Decimal) else repr(value)

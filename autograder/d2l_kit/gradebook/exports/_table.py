"""What exports that write a table of their own have in common: quoting, numbers, times, names."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

from d2l_kit.assign.model import Assignment
from d2l_kit.gradebook.model import Standing, Student
from d2l_kit.report.model import points_text
from d2l_kit.report.text import defused, without_surrogates

Cell = str | int


def table(rows: Iterable[Sequence[Cell]]) -> bytes:
    """CSV in UTF-8, quoted where it must be."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    return buffer.getvalue().encode("utf-8")


def text(value: str) -> str:
    """Free text for a cell: on one line, and no formula."""
    return defused(without_surrogates(value))


def decimal(value: Fraction | int) -> str:
    """Points as programs write them, "7.0" and "3.33"."""
    written = points_text(value) if value >= 0 else f"-{points_text(-value)}"
    return written if "." in written else f"{written}.0"


def first_and_last(student: Student) -> tuple[str, str]:
    """First and last name: as the roster has them apart, or "Lovelace, Ada", else the last word is the last name."""
    keys = {key.casefold().replace("_", " ").strip(): value for key, value in student.keys.items()}
    first = keys.get("first name", keys.get("firstname", ""))
    last = keys.get("last name", keys.get("lastname", keys.get("surname", "")))
    if first or last:
        return first, last
    before, comma, after = student.name.partition(",")
    if comma:
        return after.strip(), before.strip()
    begin, _, end = student.name.strip().rpartition(" ")
    return begin.strip(), end


def local(moment: datetime | None, assignment: Assignment | None) -> datetime | None:
    """A time in the assignment's zone."""
    return moment and moment.astimezone(ZoneInfo(assignment.zone if assignment else "UTC"))


def handed_in_at(standing: Standing) -> datetime | None:
    """When the attempt that counts was handed in, where that is known."""
    return standing.counted.hand_in.at if standing.counted else None

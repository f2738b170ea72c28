"""times.csv: when each was handed in, where the download does not say."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from d2l_kit.assign.moments import read_moment
from d2l_kit.errors import UsageError
from d2l_kit.gradebook._tables import read_table, refuse

# Gradescope's table of grades is a times file, too: its columns are among these.
_WHO = ("submission", "student", "studentid", "id", "sid", "login", "username", "email", "emailaddress")
_WHEN = (
    "handedin",
    "handedinat",
    "submissiontime",
    "submitted",
    "submittedat",
    "createdat",
    "time",
    "lastmodifiedsubmission",
)

_REMEDY = "A times file begins with the line `submission,handed_in` or `student,handed_in`."
_FIX = 'Write times as "2026-12-01 23:59:00+01:00", or without offset where the assignment has a zone.'
_NO_COLUMN = "{file}:{line}: there is no column {what} among {header}."
_NO_NAME = "{file}:{line}: nobody is named."
_NAIVE = "{file}:{line}: {text!r} has no offset, and no assignment says which zone is meant."
_NO_CLOCK = "{file}:{line}: {text!r} is a date without a time."
_NO_TIME = "{file}:{line}: {text!r} is no time that can be read."
_TWICE = "{file}:{line}: {name} stands in line {first} with another time."

_SPACE_BEFORE_OFFSET = re.compile(r"\s+(?=(?:[+-]\d\d:?\d\d|Z)\Z)")
_UTC = re.compile(r"\s*(?:UTC|GMT)\Z")
_DATE = re.compile(r"\d{4}-\d\d-\d\d\Z")
_CLOCK = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d?:\d\d")


@dataclass(frozen=True)
class Times:
    """When each was handed in.

    Attributes:
        at: By what the file calls a submission or a student.
        file: Its name, for people.
    """

    at: Mapping[str, datetime] = field(default_factory=dict)
    file: str = ""

    def of(self, *names: str) -> datetime | None:
        """The time under the first of these names that has one."""
        return next((self.at[key] for name in names if (key := _key(name)) in self.at), None)

    def unused(self, *names: str) -> tuple[str, ...]:
        """What the file names and these are not."""
        known = {_key(name) for name in names}
        return tuple(name for name in self.at if name not in known)


def read_times(path: Path, zone: str | None = None) -> Times:
    """Read a times file.

    Args:
        zone: What a time without an offset is meant in; None: such a time is refused.

    Raises:
        UsageError: Names each line at fault.
    """
    table = read_table(path, (*_WHO, *_WHEN), _REMEDY)
    who = [place for place, name in enumerate(table.names) if name in _WHO]
    when = table.column(_WHEN)
    if not who or when is None:
        what = "handed_in" if when is None else "submission or student"
        missing = _NO_COLUMN.format(file=table.file, line=table.line, what=what, header=", ".join(table.header))
        refuse([missing], _REMEDY)
        return Times()
    problems = list(table.problems)
    at: dict[str, datetime] = {}
    lines: dict[str, int] = {}
    for row in table.rows:
        if not row.cells[when]:
            continue
        names = [_key(row.cells[place]) for place in who if row.cells[place]]
        if not names:
            problems.append(_NO_NAME.format(file=table.file, line=row.line))
            continue
        moment = _moment(row.cells[when], zone, table.file, row.line, problems)
        if moment is None:
            continue
        for name in names:
            if at.setdefault(name, moment) != moment:
                problems.append(_TWICE.format(file=table.file, line=row.line, name=name, first=lines[name]))
            lines.setdefault(name, row.line)
    refuse(problems, _FIX)
    return Times(at, path.name)


def _moment(text: str, zone: str | None, file: str, line: int, problems: list[str]) -> datetime | None:
    """A time in UTC; None where there is a problem."""
    plain = _SPACE_BEFORE_OFFSET.sub("", _UTC.sub("Z", text))
    if _DATE.match(plain):
        problems.append(_NO_CLOCK.format(file=file, line=line, text=text))
        return None
    try:
        moment = datetime.fromisoformat(plain) if _CLOCK.match(plain) else None
    except ValueError:
        moment = None
    if moment is None:
        problems.append(_NO_TIME.format(file=file, line=line, text=text))
        return None
    if moment.tzinfo is None and zone is None:
        problems.append(_NAIVE.format(file=file, line=line, text=text))
        return None
    try:
        return read_moment(moment, ZoneInfo(zone) if zone else None).astimezone(UTC)
    except UsageError as error:
        problems.append(f"{file}:{line}: {error.message} {error.remedy}")
        return None


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", name).strip()

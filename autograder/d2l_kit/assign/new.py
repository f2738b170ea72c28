"""`assign new`: a new assignment.toml, written for a person with an editor; last year's rules can be taken along."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from d2l_kit.assign._templates import ASSIGNMENT, Templates
from d2l_kit.assign.model import ASSIGNMENT_FILE, Assignment
from d2l_kit.assign.moments import read_moment, read_zone, written
from d2l_kit.assign.reader import NAME, NAME_RULE, parse_assignment
from d2l_kit.assign.words import number
from d2l_kit.catalog import Course
from d2l_kit.errors import UsageError
from d2l_kit.workspace.files import explained

SEED_BYTES = 16

_THERE_ALREADY = "{path} is there already; nothing was written."
_NO_EXERCISES = "An assignment needs exercises."
_DUE_ANEW = "Last year's due date does not hold this year."
_UNTIL_MOVED = "`until`, the hard end, was moved along with the due date, to {until}."
_ROSTER_LEFT = "the roster was not taken along: name this year's in the file."
_EXTENSIONS_LEFT = "extensions were not taken along."


@dataclass(frozen=True)
class Wanted:
    """What was asked for; what is empty comes from the former assignment, or is the kit's usual.

    Attributes:
        exercises: Names as a person types them.
        points: By exercise as a person types it.
        former: Last year's.
    """

    exercises: tuple[str, ...] = ()
    points: Mapping[str, int] | None = None
    due: str = ""
    zone: str = ""
    title: str = ""
    former: Assignment | None = None


def new_assignment(
    folder: Path, wanted: Wanted, course: Course, templates: Path | None = None
) -> tuple[Path, list[str]]:
    """Write `folder/assignment.toml`; return it and what the instructor should know about it.

    Raises:
        UsageError: It is there already, or what was asked for cannot be.
    """
    name = folder.resolve().name
    if not NAME.fullmatch(name):
        raise UsageError(f"{name!r} is no name for an assignment.", NAME_RULE)
    path = folder / ASSIGNMENT_FILE
    if path.exists() or path.is_symlink():
        raise UsageError(_THERE_ALREADY.format(path=path), "Edit it, or choose another name.")
    values, notes = _values(name, wanted, course)
    text = Templates(templates).render(ASSIGNMENT, values)
    parse_assignment(text, path, course)  # what is written must be usable, also from a template of one's own
    with explained("cannot write", path):
        folder.mkdir(parents=True, exist_ok=True)
        _write_private(path, text.encode())
    return path, notes


def read_points(texts: Iterable[str]) -> dict[str, int]:
    """Read "ch07/corr2d=20,pool2d=10".

    Raises:
        UsageError: It is not of that form.
    """
    found: dict[str, int] = {}
    for part in (part.strip() for text in texts for part in text.split(",") if part.strip()):
        name, _, points = part.partition("=")
        if not points.strip().isdecimal() or not int(points):
            raise UsageError(f"--points {part!r} cannot be read.", "Write: --points ch07/corr2d=20")
        found[name.strip()] = int(points)
    return found


def _values(name: str, wanted: Wanted, course: Course) -> tuple[dict[str, Any], list[str]]:
    former = wanted.former or Assignment(name, "", ())
    zone = wanted.zone or (former.zone if wanted.former else "")
    due, notes = _due(wanted, zone), []
    until = ""
    if former.late.until is not None and former.due is not None and due is not None:
        # By the clock, so that an end at 23:59 stays one at 23:59.
        local = _clock(due, zone) + (_clock(former.late.until, zone) - _clock(former.due, zone))
        until = local.isoformat(sep=" ", timespec="minutes")
        notes.append(_UNTIL_MOVED.format(until=until))
    if wanted.former and former.roster:
        notes.append(_ROSTER_LEFT)
    if former.extensions:
        notes.append(_EXTENSIONS_LEFT)
    values = {
        "name": name,
        "title": wanted.title or former.title or name,
        "due": wanted.due,
        "zone": zone,
        "attempts": former.attempts.value,
        "seed": secrets.token_hex(SEED_BYTES),
        "roster": "",
        "grace_minutes": int(former.late.grace.total_seconds() // 60),
        "percent": number(former.late.percent),
        "per": former.late.per.value,
        "at_most": number(former.late.at_most),
        "until": until,
        "diagnoses": former.diagnoses.value,
        "hidden_checks": former.hidden_checks.value,
        "confinement": former.confinement,
        "time_factor": former.time_factor,
        "memory_mib": former.memory_mib,
        "exercises": _exercises(wanted, course),
    }
    return values, notes


def _clock(moment: datetime, zone: str) -> datetime:
    return moment.astimezone(read_zone(zone or "UTC")).replace(tzinfo=None)


def _due(wanted: Wanted, zone: str) -> datetime | None:
    if zone:
        read_zone(zone)
    if not wanted.due:
        if wanted.former and wanted.former.due:
            raise UsageError(_DUE_ANEW, f'Give it anew; it was --due "{written(wanted.former.due)}"')
        return None
    try:
        return read_moment(wanted.due, read_zone(zone) if zone else None)
    except UsageError as error:
        remedy = f'Give --tz Europe/Berlin, or the offset: --due "{wanted.due}+01:00"' if not zone else error.remedy
        raise UsageError(f"--due: {error.message}", error.remedy if _lacks_time(wanted.due) else remedy) from error


def _lacks_time(due: str) -> bool:
    return ":" not in due


def _exercises(wanted: Wanted, course: Course) -> Sequence[Mapping[str, Any]]:
    former = {each.id: each.points for each in wanted.former.exercises} if wanted.former else {}
    if not wanted.exercises and not former:
        raise UsageError(_NO_EXERCISES, "Name them: --exercises ch7,ch03/linreg_scratch")
    chosen = course.select(wanted.exercises or former)
    points: dict[str, int] = {}
    for name, value in (wanted.points or {}).items():
        for exercise in course.select([name]):
            if exercise not in chosen:
                raise UsageError(f"--points: {exercise.id} is not assigned.", "Add it to --exercises.")
            points[exercise.id] = value
    return [{"id": e.id, "title": e.title, "points": points.get(e.id, former.get(e.id, e.points))} for e in chosen]


def _write_private(path: Path, content: bytes) -> None:
    """For the owner's eyes only: it holds the seed."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)

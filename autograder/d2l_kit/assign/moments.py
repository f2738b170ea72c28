"""A moment as a person writes it, "2026-12-01 23:59", as one that knows its zone; what cannot be meant is refused.

A clock that is put back shows an hour twice, one that is put forward skips one. A due date in such an hour would mean
different things to different people, so it is refused with both readings, each written so that it can be copied.
"""

from __future__ import annotations

import calendar
import difflib
import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, available_timezones

from d2l_kit.errors import MachineError, UsageError

_MOMENT = re.compile(r"(\d{4})-(\d\d)-(\d\d)[T ]+(\d\d?):(\d\d)(?::(\d\d))?\s*(Z|UTC|[+-]\d\d:?\d\d)?", re.IGNORECASE)
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_NO_TIME = "{text} is a day without a time."
_NOT_READ = "{text!r} is no date and time."
_HOW = 'Write "2026-12-01 23:59".'
_NO_ZONE = "{text} names no zone, so it means another moment on every machine."
_NO_ZONE_HOW = 'Write zone = "Europe/Berlin", or the offset: "{text}+01:00".'
_TWICE = "{text} occurs twice in {zone}: the clocks are put back."
_TWICE_HOW = 'Write "{first}" for the earlier one, "{second}" for the later one.'
_NEVER = "{text} does not exist in {zone}: the clocks are put forward over it."
_NEVER_HOW = 'Write "{early}" or "{late}": it could be read as either.'
_UNKNOWN_ZONE = "There is no time zone {name!r}."


def read_zone(name: str) -> ZoneInfo:
    """A time zone by its IANA name.

    Raises:
        UsageError: There is none of that name; offers the nearest.
        MachineError: This machine knows no zones at all.
    """
    known = available_timezones()
    if not known:
        raise MachineError("This machine has no table of time zones.", "Install it: pip install tzdata")
    if name not in known:
        near = _near_zones(name, known)
        raise UsageError(
            _UNKNOWN_ZONE.format(name=name),
            f"Did you mean {' or '.join(near)}?" if near else 'Write it as "Europe/Berlin" or "America/New_York".',
        )
    return ZoneInfo(name)


def read_moment(value: object, zone: tzinfo | None) -> datetime:
    """A text, or what TOML made of a date, as a moment.

    Args:
        value: Without an offset it is read as a clock in `zone` shows it.
        zone: None: there is none, and the value must have an offset.

    Raises:
        UsageError: It is not complete, not possible, or not unique.
    """
    if isinstance(value, datetime):
        return value if value.tzinfo is not None else _local(value, zone)
    if isinstance(value, date) or (isinstance(value, str) and _DAY.fullmatch(value.strip())):
        raise UsageError(_NO_TIME.format(text=value), f'Write "{str(value).strip()} 23:59".')
    match = _MOMENT.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise UsageError(_NOT_READ.format(text=value), _HOW)
    local = _possible(match)
    if match[7] is None:
        return _local(local, zone)
    return local.replace(tzinfo=_offset(match[7]))


def written(moment: datetime) -> str:
    """A moment as it can be copied into an assignment: "2026-10-25 02:30+02:00"."""
    return moment.isoformat(sep=" ", timespec="minutes" if not moment.second else "seconds")


def _possible(match: re.Match[str]) -> datetime:
    numbers = [int(part) for part in match.groups(default="0")[:6]]
    try:
        return datetime(*numbers)  # type: ignore[arg-type]  # six numbers, zone and fold by default
    except ValueError as error:
        year, month, day = numbers[:3]
        if 1 <= month <= 12 and year and day > (last := calendar.monthrange(year, month)[1]):
            how = f'That month ends on day {last}: "{year}-{month:02d}-{last} {match[4]}:{match[5]}".'
        elif numbers[3] == 24:
            how = 'Midnight is "00:00" of the next day; "23:59" is what most people mean.'
        else:
            how = _HOW
        raise UsageError(f"{match.group()!r} does not exist: {error}.", how) from error


def _offset(text: str) -> tzinfo:
    if text.upper() in ("Z", "UTC"):
        return UTC
    hours, minutes = int(text[1:3]), int(text[-2:])
    if hours > 14 or minutes > 59:
        raise UsageError(f"There is no offset {text}.", 'Write it as "+01:00".')
    length = timedelta(hours=hours, minutes=minutes)
    return timezone(-length if text[0] == "-" else length)


def _local(naive: datetime, zone: tzinfo | None) -> datetime:
    text = naive.isoformat(sep=" ", timespec="minutes")
    if zone is None:
        raise UsageError(_NO_ZONE.format(text=text), _NO_ZONE_HOW.format(text=text))
    first, second = (naive.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    before, behind = first.utcoffset(), second.utcoffset()
    assert before is not None and behind is not None
    if before == behind:
        return first
    # With the offset that held before the change, and with the one that holds after it.
    readings = [naive.replace(tzinfo=timezone(offset)) for offset in (before, behind)]
    if before > behind:
        how = _TWICE_HOW.format(first=written(readings[0]), second=written(readings[1]))
        raise UsageError(_TWICE.format(text=text, zone=zone), how)
    late, early = (written(reading.astimezone(zone)) for reading in readings)
    raise UsageError(_NEVER.format(text=text, zone=zone), _NEVER_HOW.format(early=early, late=late))


def _near_zones(name: str, known: set[str]) -> list[str]:
    folded = {zone.lower(): zone for zone in sorted(known)}
    wanted = name.strip().lower().replace(" ", "_")
    same_city = [zone for low, zone in folded.items() if low.rpartition("/")[2] == wanted.rpartition("/")[2]]
    near = same_city or [folded[low] for low in difflib.get_close_matches(wanted, folded, n=3, cutoff=0.7)]
    return near[:3]

"""An assignment's rules in words, for hand-outs and pages."""

from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from d2l_kit.assign.model import Attempts, LatePolicy

# Not strftime: what it says depends on the machine's language.
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December")  # fmt: skip
_ATTEMPTS = {
    Attempts.LAST: "You may hand in as often as you like; the last one counts.",
    Attempts.BEST: "You may hand in as often as you like; the best one counts.",
}


def moment_in_words(moment: datetime, zone: str) -> str:
    """ "Tuesday, 1 December 2026, 23:59 (Europe/Berlin, UTC+01:00)"."""
    local = moment.astimezone(ZoneInfo(zone))
    day = f"{_DAYS[local.weekday()]}, {local.day} {_MONTHS[local.month - 1]} {local.year}"
    offset = local.strftime("%z")
    clock = f"UTC{offset[:3]}:{offset[3:5]}" if local.utcoffset() else "UTC"
    place = clock if zone == "UTC" else f"{zone}, {clock}"
    return f"{day}, {local:%H:%M} ({place})"


def late_in_words(late: LatePolicy, zone: str) -> str:
    """What lateness costs, as sentences."""
    parts = []
    if late.grace:
        parts.append(f"Up to {_length(late.grace)} late costs nothing.")
    if late.percent:
        after = "After that, " if late.grace else "For late work "
        cap = f", at most {number(late.at_most)} % in all" if late.at_most < 100 else ""
        parts.append(
            f"{after}{number(late.percent)} % of the points earned are taken off for each started {late.per.value}"
            f" since the due date{cap}."
        )
    elif not late.until or not late.grace:
        parts.append("Late work loses no points.")
    if late.until:
        parts.append(f"What comes after {moment_in_words(late.until, zone)} earns nothing.")
    return " ".join(parts)


def attempts_in_words(attempts: Attempts) -> str:
    """Which attempt counts."""
    return _ATTEMPTS[attempts]


def number(value: Fraction) -> str:
    """A number without a fraction where it has none."""
    return str(value.numerator) if value.denominator == 1 else f"{float(value):g}"


def _length(length: timedelta) -> str:
    minutes = number(Fraction(length / timedelta(minutes=1)).limit_denominator(60))
    return f"{minutes} minute{'' if minutes == '1' else 's'}"

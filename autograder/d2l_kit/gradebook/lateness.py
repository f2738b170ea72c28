"""What lateness costs: worked out from the assignment's rules whenever it is asked for, never stored.

An extension that is given later therefore counts at once.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from d2l_kit.assign.model import Assignment, LatePolicy
from d2l_kit.gradebook.model import HandIn, Penalty
from d2l_kit.report.model import points_text

_UNKNOWN = "no time of hand-in is known: nothing is taken off"
_UNKNOWN_MARKED = "marked late where it was handed in, but no time is known: nothing is taken off"
_MARKED_IN_TIME = "marked late where it was handed in, but in time here (due {due})"
_GRACE = "{late} late, within the grace of {grace}: nothing is taken off"
_FREE = "{late} late; the assignment takes nothing off"
_LATE = "{late} late: {percent} % taken off ({periods} × {each} %{cap})"
_CAP = ", at most {most} %"
_CLOSED = "{late} late, after the end of {end}: nothing is earned"
_EVERYTHING = Fraction(100)


def penalty(assignment: Assignment | None, hand_in: HandIn) -> Penalty:
    """What one hand-in loses. Where the time is not known, nothing is invented and nothing taken off."""
    if assignment is None or (due := assignment.due_for(hand_in.student)) is None:
        return Penalty()
    if hand_in.at is None:
        return Penalty(late=None, note=_UNKNOWN_MARKED if hand_in.marked_late else _UNKNOWN)
    if hand_in.at <= due:
        note = _MARKED_IN_TIME.format(due=moment_text(due, assignment.zone)) if hand_in.marked_late else ""
        return Penalty(note=note)
    late = hand_in.at - due
    end = assignment.last_moment_for(hand_in.student)
    if end is not None and hand_in.at >= end:
        note = _CLOSED.format(late=duration_text(late), end=moment_text(end, assignment.zone))
        return Penalty(late, _EVERYTHING, closed=True, note=note)
    return _by_policy(assignment.late, late)


def duration_text(duration: timedelta) -> str:
    """Such as "2 days 3 hours": the two largest units, seconds only below a minute."""
    seconds = int(duration.total_seconds())
    parts: list[str] = []
    for name, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        count, seconds = divmod(seconds, length)
        if count:
            parts.append(_counted(count, name))
    return " ".join(parts[:2]) or _counted(seconds, "second")


def moment_text(moment: datetime, zone: str) -> str:
    """A time as it is shown: in that zone, with its offset."""
    local = moment.astimezone(ZoneInfo(zone))
    offset = local.strftime("%z")
    return f"{local:%Y-%m-%d %H:%M} {offset[:3]}:{offset[3:5]}"


def _by_policy(policy: LatePolicy, late: timedelta) -> Penalty:
    if not policy.percent:
        return Penalty(late, note=_FREE.format(late=duration_text(late)))
    if late <= policy.grace:
        note = _GRACE.format(late=duration_text(late), grace=duration_text(policy.grace))
        return Penalty(late, note=note)
    periods = -(-late // policy.per.length)  # a started one counts
    uncapped = policy.percent * periods
    percent = min(uncapped, policy.at_most, _EVERYTHING)
    note = _LATE.format(
        late=duration_text(late),
        percent=points_text(percent),
        periods=_counted(periods, f"started {policy.per.value}"),
        each=points_text(policy.percent),
        cap=_CAP.format(most=points_text(min(policy.at_most, _EVERYTHING))) if percent < uncapped else "",
    )
    return Penalty(late, percent, note=note)


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" + ("" if count == 1 else "s")

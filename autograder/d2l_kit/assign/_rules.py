"""What an assignment.toml says on time, lateness, what is shown, and how it is graded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from d2l_kit.assign._tables import Table, Tables, nearest_of
from d2l_kit.assign.model import Attempts, LatePolicy, Per, Shown
from d2l_kit.assign.moments import read_zone, written
from d2l_kit.errors import UsageError

_OTHER_CLOCK = "{given} is {local} on the clocks of {zone}."


@dataclass(frozen=True)
class Rules:
    """The part of an assignment that is not exercises; as far as it could be read."""

    zone: ZoneInfo | None
    zone_name: str
    due: datetime | None
    late: LatePolicy
    attempts: Attempts
    diagnoses: Shown
    hidden_checks: Shown
    confinement: str
    time_factor: float
    memory_mib: int | None


def rules_of(tables: Tables) -> Rules:
    """Read them."""
    top, show, grading = tables.first, tables.one("show"), tables.one("grading")
    show.only(("diagnoses", "hidden_checks"))
    grading.only(("confinement", "time_factor", "memory_mib"))
    zone = _zone(top)
    # Where the zone is wrong that has been said; a second complaint about a date without one helps nobody.
    readable = zone if zone is not None or "zone" not in top.values else ZoneInfo("UTC")
    due = top.moment("due", readable)
    if due is not None and zone is not None:
        _compare_clocks(top, due, zone)
    factor = grading.number("time_factor", above=0, most=1000)
    memory = grading.number("memory_mib", above=0, whole=True)
    return Rules(
        zone=readable,
        zone_name=zone.key if zone else "UTC",
        due=due,
        late=_late(tables.one("late"), due, readable),
        attempts=top.choice("attempts", Attempts, Attempts.LAST),
        diagnoses=show.choice("diagnoses", Shown, Shown.ALWAYS),
        hidden_checks=show.choice("hidden_checks", Shown, Shown.ALWAYS),
        confinement=_confinement(grading),
        time_factor=1.0 if factor is None else float(factor),
        memory_mib=None if memory is None else int(memory),
    )


def _zone(top: Table) -> ZoneInfo | None:
    name = top.text("zone")
    if not name:
        return None
    try:
        return read_zone(name)
    except UsageError as error:
        top.problem("zone", error.message, error.remedy)
        return None


def _compare_clocks(top: Table, due: datetime, zone: ZoneInfo) -> None:
    local = due.astimezone(zone)
    if due.utcoffset() and due.utcoffset() != local.utcoffset():  # UTC is written on purpose
        top.warn("due", _OTHER_CLOCK.format(given=written(due), local=written(local), zone=zone.key))


def _late(table: Table, due: datetime | None, zone: ZoneInfo | None) -> LatePolicy:
    table.only(("grace_minutes", "percent", "per", "at_most", "until"))
    grace = table.number("grace_minutes", least=0, most=60 * 24 * 366)
    percent = table.number("percent", least=0, most=100)
    at_most = table.number("at_most", least=0, most=100)
    until = table.moment("until", zone)
    if until is not None and due is not None and until < due:
        table.problem("until", f"until = {written(until)} is before the due date, {written(due)}.", "Correct one.")
    return LatePolicy(
        grace=timedelta(minutes=float(grace or 0)),
        percent=percent or Fraction(0),
        per=table.choice("per", Per, Per.DAY),
        at_most=Fraction(100) if at_most is None else at_most,
        until=until,
    )


def _confinement(grading: Table) -> str:
    from d2l_kit.worker.confinement import Level

    name = grading.text("confinement")
    known = [level.label for level in Level]
    if name and name not in known:
        grading.problem("confinement", f"confinement = {name!r} is no level.", nearest_of(name, known))
        return ""
    return name

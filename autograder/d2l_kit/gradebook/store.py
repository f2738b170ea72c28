"""The gradebook: every report that was made, what people decided on, and what an assignment was graded with last.

Nothing is ever deleted or overwritten but what was used last. Where a student stands is worked out in `standing`.
"""

from __future__ import annotations

import getpass
import hashlib
import os
import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from d2l_kit import __version__
from d2l_kit.assign.model import Assignment
from d2l_kit.catalog import Exercise
from d2l_kit.errors import MachineError, UsageError
from d2l_kit.gradebook import _schema as tables
from d2l_kit.gradebook._database import Database
from d2l_kit.gradebook._schema import sql
from d2l_kit.gradebook.model import (
    Adjustment,
    CheckOutcome,
    Comment,
    Confirmation,
    Excuse,
    Failure,
    HandIn,
    RegradeRequest,
    Remembered,
    Result,
    Run,
    State,
    Stored,
    Student,
)
from d2l_kit.report.model import ExerciseStatus, Report, Status, Visibility
from d2l_kit.report.serial import from_json, to_json
from d2l_kit.report.text import without_surrogates

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Row

_NO_REPORT = "{place} holds no report {number}."
_BROKEN = "{place}: the document of report {number} is damaged."
_NO_RUN = "{place} holds no run {number}."
_SEE_RUNS = "`d2l-kit gradebook history` lists the runs."
_NO_ADJUSTMENT = "{place} holds no adjustment {number} that could be withdrawn."
_SEE_ADJUSTMENTS = "`d2l-kit gradebook show STUDENT` lists them with their numbers."
_NO_ASSIGNMENT = "{place} holds no assignment {name!r}."
_RESTORE = "Take the last copy that `d2l-kit gradebook backup` made."
_AT_ONCE = 500  # values in one IN (...): SQLite and others take a limited number of parameters

_LIVING = (State.ACCEPTED.value, State.PROPOSED.value)
_STATES = {state.value: state for state in State}
_EXERCISE_STATUSES = {status.value: status for status in ExerciseStatus}
_STATUSES = {status.value: status for status in Status}
_VISIBILITIES = {visibility.value: visibility for visibility in Visibility}


class Gradebook:
    """One gradebook, open; each method is one transaction, whole or not at all."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    def open(cls, place: str | Path, *, create: bool = False) -> Gradebook:
        """Open a file, or a database by its URL.

        Raises:
            UsageError: There is none and none is to be made, or it is no gradebook of a format we read.
            MachineError: It cannot be opened or written.
        """
        return cls(Database.open(place, create=create))

    def __enter__(self) -> Gradebook:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()

    @property
    def place(self) -> str:
        """Where it lies, for messages."""
        return self._database.place

    @property
    def file(self) -> Path | None:
        """Where it lies on disk; None: on a server."""
        return self._database.file

    @property
    def notes(self) -> tuple[str, ...]:
        """What users should know about where it lies."""
        return self._database.notes

    def backup(self, target: Path) -> None:
        """Write a sound copy, also while somebody writes; an older file of that name is replaced."""
        self._database.backup(target)

    # Runs

    def begin_run(self, assignment: str, what: str) -> int:
        """Note that grading begins, and by whom; the run's number."""
        row = {"assignment": assignment, "who": account(), "what": what, "kit": __version__, "started": _now()}
        with self._database.writing() as connection:
            return _added(connection, tables.runs, row)

    def end_run(self, run: int) -> None:
        """Note that grading has come to its end."""
        with self._database.writing() as connection:
            connection.execute(sql.update(tables.runs).where(tables.runs.c.id == run).values(ended=_now()))

    def runs(self, assignment: str | None = None) -> tuple[Run, ...]:
        """All runs, oldest first."""
        query = sql.select(tables.runs).order_by(tables.runs.c.id)
        if assignment is not None:
            query = query.where(tables.runs.c.assignment == assignment)
        with self._database.reading() as connection:
            return tuple(Run(**row._mapping) for row in connection.execute(query))

    # Reports

    def put(
        self,
        run: int,
        assignment: str,
        hand_in: HandIn,
        report: Report,
        state: State = State.ACCEPTED,
        graded: bool = True,
    ) -> int:
        """Store a report whole; its number.

        What says the same of the same work as the newest report does is not stored twice; then that one's number
        comes back, it takes over what is now known of the hand-in, and if it was only proposed, `state`. That this
        run graded the work again is noted, unless it did not (`graded`).
        """
        body, verdict = zlib.compress(to_json(report).encode()), _verdict(report)
        with self._database.writing() as connection:
            newest = _newest_living(connection, assignment, hand_in.submission)
            if newest is not None and report.digest and (newest.digest, newest.verdict) == (report.digest, verdict):
                number = int(newest.id)
                _take_over(connection, newest, hand_in)
                if newest.state == State.PROPOSED and state is not State.PROPOSED:
                    _decide(connection, tables.reports.c.id == number, state)
                if graded:
                    connection.execute(sql.insert(tables.confirmations).values(run=run, report=number, at=_now()))
            else:
                row = _report_row(run, assignment, hand_in, report, state) | {"verdict": verdict}
                number = _added(connection, tables.reports, row)
                connection.execute(sql.insert(tables.documents).values(report=number, body=body))
                _add_all(connection, tables.results, _result_rows(number, report))
                _add_all(connection, tables.checks, _check_rows(number, report))
            _answer(connection, assignment, hand_in.submission, number)
        return number

    def confirmations(self, stored: Iterable[int]) -> tuple[Confirmation, ...]:
        """When some reports were found to hold by a later grading, oldest first."""
        t = tables.confirmations.c
        found: list[Confirmation] = []
        with self._database.reading() as connection:
            for some in _portions(stored):
                query = sql.select(t.run, t.report, t.at).where(t.report.in_(some))
                found += [Confirmation(**row._mapping) for row in connection.execute(query)]
        return tuple(sorted(found, key=lambda each: each.at))

    def seen(self, stored: int, hand_in: HandIn) -> None:
        """The same work came in again and is not graded again: take over what is now known of the hand-in."""
        query = sql.select(tables.reports).where(tables.reports.c.id == stored)
        with self._database.reading() as connection:
            if (row := connection.execute(query).first()) is None:
                raise self._no_report(stored)
        if _known_better(row, hand_in):
            with self._database.writing() as connection:
                _take_over(connection, row, hand_in)

    def fail(self, run: int, submission: str, message: str) -> None:
        """Note a failure of ours; no score is touched."""
        row = {"run": run, "submission": submission, "message": message, "at": _now()}
        with self._database.writing() as connection:
            _added(connection, tables.failures, row)

    def failures(self, run: int | None = None) -> tuple[Failure, ...]:
        """Failures of ours, oldest first."""
        t = tables.failures.c
        query = sql.select(t.run, t.submission, t.message, t.at).order_by(t.id)
        if run is not None:
            query = query.where(t.run == run)
        with self._database.reading() as connection:
            return tuple(Failure(**row._mapping) for row in connection.execute(query))

    def newest(self, assignment: str, state: State = State.ACCEPTED) -> dict[str, Stored]:
        """The newest report in that state of each submission, by submission name."""
        return {stored.hand_in.submission: stored for stored in self._last_of(assignment, state, by_content=False)}

    def attempts(self, assignment: str) -> tuple[Stored, ...]:
        """Of each piece of work that came in, the newest accepted report; other work under one name is another."""
        return self._last_of(assignment, State.ACCEPTED, by_content=True)

    def stored(self, assignment: str, *, student: str | None = None, run: int | None = None) -> tuple[Stored, ...]:
        """All reports in every state, oldest first."""
        t = tables.reports.c
        where = [t.assignment == assignment]
        if student is not None:
            where.append(t.student == student)
        if run is not None:
            where.append(t.run == run)
        with self._database.reading() as connection:
            return _stored(connection, sql.and_(*where))

    def find(self, numbers: Iterable[int]) -> dict[int, Stored]:
        """Reports by their numbers; those that are not there are left out."""
        found: dict[int, Stored] = {}
        with self._database.reading() as connection:
            for some in _portions(numbers):
                for stored in _stored(connection, tables.reports.c.id.in_(some)):
                    found[stored.id] = stored
        return found

    def report(self, stored: int) -> Report:
        """The document.

        Raises:
            UsageError: There is none of that number, or it is of another version.
            MachineError: It is damaged.
        """
        query = sql.select(tables.documents.c.body).where(tables.documents.c.report == stored)
        with self._database.reading() as connection:
            body = connection.execute(query).scalar()
        if body is None:
            raise self._no_report(stored)
        try:
            text = zlib.decompress(body).decode()
        except (zlib.error, ValueError) as error:
            raise MachineError(_BROKEN.format(place=self.place, number=stored), _RESTORE) from error
        return from_json(text, f"report {stored} of {self.place}")

    def checks(self, stored: Iterable[int]) -> Iterator[CheckOutcome]:
        """How the checks of some reports ended, report by report, without their messages."""
        t = tables.checks.c
        columns = (t.report, t.exercise, t.name, t.title, t.visibility, t.status, t.duration)
        with self._database.reading() as connection:
            for some in _portions(stored):
                query = sql.select(*columns).where(t.report.in_(some)).order_by(t.report, t.position)
                for report, exercise, name, title, visibility, status, duration in connection.execute(query):
                    yield CheckOutcome(
                        report, exercise, name, title, _VISIBILITIES[visibility], _STATUSES[status], duration
                    )

    def decide(self, run: int, state: State, who: str = "") -> int:
        """Accept or reject what a run proposed; how many reports that were.

        What a later grading of the same work overtook, that was accepted, cannot be accepted any more.

        Args:
            who: Who decides; the account by default.

        Raises:
            UsageError: There is no such run.
        """
        t = tables.reports.c
        with self._database.writing() as connection:
            if connection.execute(sql.select(tables.runs.c.id).where(tables.runs.c.id == run)).first() is None:
                raise UsageError(_NO_RUN.format(place=self.place, number=run), _SEE_RUNS)
            which = sql.and_(t.run == run, t.state == State.PROPOSED.value)
            if state is State.ACCEPTED:
                which = sql.and_(which, ~_is_overtaken())
            return _decide(connection, which, state, who)

    # People

    def adjust(
        self,
        assignment: str,
        student: str,
        exercise: str,
        points: Fraction,
        reason: str,
        who: str,
        basis: int = 0,
    ) -> int:
        """Give or take points beside the automatic ones; the adjustment's number."""
        row = {"assignment": assignment, "student": student, "exercise": exercise, "points": Fraction(points)}
        with self._database.writing() as connection:
            more = {"reason": reason, "who": who, "at": _now(), "basis": basis}
            return _added(connection, tables.adjustments, row | more)

    def withdraw(self, adjustment: int, who: str) -> None:
        """An adjustment no longer holds; it stays in the history.

        Raises:
            UsageError: There is none of that number, or it is withdrawn already.
        """
        t = tables.adjustments
        change = sql.update(t).where(t.c.id == adjustment, t.c.withdrawn.is_(None))
        with self._database.writing() as connection:
            if not connection.execute(change.values(withdrawn=_now(), withdrawn_by=who)).rowcount:
                raise UsageError(_NO_ADJUSTMENT.format(place=self.place, number=adjustment), _SEE_ADJUSTMENTS)

    def adjustments(self, assignment: str, student: str | None = None) -> tuple[Adjustment, ...]:
        """All adjustments, withdrawn ones too, oldest first."""
        left_out = tables.adjustments.c.withdrawn_by
        return tuple(Adjustment(**row) for row in self._of_people(tables.adjustments, assignment, student, left_out))

    def withdrawals(self, assignment: str) -> dict[int, str]:
        """Who withdrew which adjustment, by its number."""
        rows = self._of_people(tables.adjustments, assignment)
        return {row["id"]: row["withdrawn_by"] for row in rows if row["withdrawn"] is not None}

    def comment(self, assignment: str, student: str, exercise: str, text: str, who: str) -> int:
        """Say something to a student; the comment's number."""
        row = {"assignment": assignment, "student": student, "exercise": exercise, "text": text}
        with self._database.writing() as connection:
            return _added(connection, tables.comments, row | {"who": who, "at": _now()})

    def comments(self, assignment: str, student: str | None = None) -> tuple[Comment, ...]:
        """All comments, oldest first."""
        return tuple(Comment(**row) for row in self._of_people(tables.comments, assignment, student))

    def excuse(self, assignment: str, student: str, reason: str, who: str, *, excused: bool = True) -> None:
        """A student need not hand in, or must after all."""
        row = {"assignment": assignment, "student": student, "reason": reason, "who": who, "excused": excused}
        with self._database.writing() as connection:
            _added(connection, tables.excuses, row | {"at": _now()})

    def excuses(self, assignment: str, student: str | None = None) -> tuple[Excuse, ...]:
        """All that was decided on who need not hand in, oldest first."""
        return tuple(Excuse(**row) for row in self._of_people(tables.excuses, assignment, student))

    def excused(self, assignment: str) -> dict[str, str]:
        """Who need not hand in, with the reason."""
        last = {each.student: each for each in self.excuses(assignment)}
        return {student: each.reason for student, each in last.items() if each.excused}

    def ask_regrade(self, assignment: str, submission: str, who: str, note: str) -> int:
        """Ask for a submission to be graded again; the request's number."""
        row = {"assignment": assignment, "submission": submission, "who": who, "note": note}
        with self._database.writing() as connection:
            return _added(connection, tables.regrades, row | {"at": _now()})

    def asked(self, assignment: str, *, answered: bool = False) -> tuple[RegradeRequest, ...]:
        """Requests that nothing has answered yet, oldest first; with `answered` the others, too."""
        t = tables.regrades.c
        query = sql.select(tables.regrades).where(t.assignment == assignment).order_by(t.id)
        if not answered:
            query = query.where(t.answer.is_(None))
        with self._database.reading() as connection:
            return tuple(RegradeRequest(**row._mapping) for row in connection.execute(query))

    # What was used last

    def remember(
        self,
        assignment: Assignment | None,
        name: str,
        exercises: Sequence[Exercise],
        roster: Sequence[Student],
        roster_path: Path | None,
    ) -> None:
        """Keep what an assignment is graded with, in place of what was kept before."""
        path = "" if assignment is None else os.fspath(assignment.path.absolute())
        row = {
            "name": name,
            "title": assignment.title if assignment else "",
            "path": path,
            "text": assignment.text if assignment else "",
            "roster_path": os.fspath(roster_path.absolute()) if roster_path else "",
        }
        work = ({"exercise": each.id, "points": each.points} for each in exercises)
        people = (
            {"student": s.id, "name": s.name, "email": s.email, "section": s.section, "keys": s.keys} for s in roster
        )
        with self._database.writing() as connection:
            for table, column in (
                (tables.exercises, tables.exercises.c.assignment),
                (tables.students, tables.students.c.assignment),
                (tables.assignments, tables.assignments.c.name),
            ):
                connection.execute(sql.delete(table).where(column == name))
            connection.execute(sql.insert(tables.assignments).values(row))
            _add_all(connection, tables.exercises, _numbered(name, work))
            _add_all(connection, tables.students, _numbered(name, people))

    def assignments(self) -> tuple[str, ...]:
        """Names of all assignments, "" among them for a class graded without one."""
        query = sql.union(sql.select(tables.assignments.c.name), sql.select(tables.runs.c.assignment))
        with self._database.reading() as connection:
            return tuple(sorted(connection.execute(query).scalars()))

    def remembered(self, name: str) -> Remembered:
        """What an assignment was graded with last.

        Raises:
            UsageError: There is no such assignment.
        """
        a, e, s = tables.assignments, tables.exercises, tables.students
        with self._database.reading() as connection:
            row = connection.execute(sql.select(a).where(a.c.name == name)).first()
            if row is None:
                raise UsageError(_NO_ASSIGNMENT.format(place=self.place, name=name), "Grade a class with it first.")
            work = connection.execute(sql.select(e).where(e.c.assignment == name).order_by(e.c.position)).all()
            people = connection.execute(sql.select(s).where(s.c.assignment == name).order_by(s.c.position)).all()
        return Remembered(
            name=name,
            title=row.title,
            path=Path(row.path) if row.path else None,
            text=row.text,
            exercises={each.exercise: each.points for each in work},
            roster=tuple(Student(p.student, p.name, p.email, p.section, p._mapping["keys"]) for p in people),
            roster_path=Path(row.roster_path) if row.roster_path else None,
        )

    def _last_of(self, assignment: str, state: State, *, by_content: bool) -> tuple[Stored, ...]:
        t = tables.reports.c
        key = (t.submission, t.content) if by_content else (t.submission,)
        last = sql.select(sql.func.max(t.id)).where(t.assignment == assignment, t.state == state.value).group_by(*key)
        with self._database.reading() as connection:
            return _stored(connection, t.id.in_(last))

    def _of_people(
        self, table: sql.Table, assignment: str, student: str | None = None, *left_out: Any
    ) -> list[dict[str, Any]]:
        columns = [column for column in table.c if column not in {*left_out}]
        query = sql.select(*columns).where(table.c.assignment == assignment).order_by(table.c.id)
        if student is not None:
            query = query.where(table.c.student == student)
        with self._database.reading() as connection:
            return [dict(row._mapping) for row in connection.execute(query)]

    def _no_report(self, number: int) -> UsageError:
        return UsageError(_NO_REPORT.format(place=self.place, number=number), _SEE_RUNS)


def account() -> str:
    """Who is at this machine."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # no such account in this container, or no accounts at all
        return "unknown"


def _now() -> datetime:
    return datetime.now(UTC)


def _added(connection: Connection, table: sql.Table, row: dict[str, Any]) -> int:
    (key,) = connection.execute(sql.insert(table).values(row)).inserted_primary_key or (0,)
    return int(key)


def _add_all(connection: Connection, table: sql.Table, rows: Iterable[dict[str, Any]]) -> None:
    if found := [*rows]:
        connection.execute(sql.insert(table), found)


def _numbered(assignment: str, rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"assignment": assignment, "position": position, **row} for position, row in enumerate(rows)]


def _portions(numbers: Iterable[int]) -> Iterator[list[int]]:
    found = sorted(set(numbers))
    for begin in range(0, len(found), _AT_ONCE):
        yield found[begin : begin + _AT_ONCE]


def _newest_living(connection: Connection, assignment: str, submission: str) -> Row[Any] | None:
    t = tables.reports.c
    query = sql.select(tables.reports).where(
        t.assignment == assignment, t.submission == submission, t.state.in_(_LIVING)
    )
    return connection.execute(query.order_by(t.id.desc()).limit(1)).first()


def _known_better(row: Row[Any], hand_in: HandIn) -> dict[str, Any]:
    """What a hand-in says anew of a stored report. A time that was once known is not forgotten."""
    told: dict[str, Any] = {
        "student": without_surrogates(hand_in.student),
        "attempt": hand_in.attempt,
        "marked_late": hand_in.marked_late,
    }
    if hand_in.at is not None:
        told |= {"handed_in": hand_in.at.astimezone(UTC), "source": hand_in.source}
    return {name: value for name, value in told.items() if row._mapping[name] != value}


def _take_over(connection: Connection, row: Row[Any], hand_in: HandIn) -> None:
    if better := _known_better(row, hand_in):
        connection.execute(sql.update(tables.reports).where(tables.reports.c.id == row.id).values(better))


def _decide(connection: Connection, which: Any, state: State, who: str = "") -> int:
    decided = {"state": state.value, "decided": _now(), "decided_by": who or account()}
    return int(connection.execute(sql.update(tables.reports).where(which).values(decided)).rowcount)


def _is_overtaken() -> Any:
    """Of a report: whether a later one of the same work was accepted, which counts in its stead."""
    t, later = tables.reports.c, tables.reports.alias("later").c
    same = (later[name] == t[name] for name in ("assignment", "submission", "content"))
    return sql.exists().where(later.id > t.id, later.state == State.ACCEPTED.value, *same)


def _answer(connection: Connection, assignment: str, submission: str, stored: int) -> None:
    t = tables.regrades.c
    open_ones = sql.and_(t.assignment == assignment, t.submission == submission, t.answer.is_(None))
    connection.execute(sql.update(tables.regrades).where(open_ones).values(answer=stored))


def _report_row(run: int, assignment: str, hand_in: HandIn, report: Report, state: State) -> dict[str, Any]:
    return {
        "run": run,
        "assignment": assignment,
        "submission": hand_in.submission,
        "student": hand_in.student,
        "attempt": hand_in.attempt,
        "handed_in": hand_in.at,
        "marked_late": hand_in.marked_late,
        "source": hand_in.source,
        "state": state.value,
        "digest": report.digest,
        "content": report.made_from.get("submission", ""),
        "graded_at": datetime.fromisoformat(report.graded_at) if report.graded_at else _now(),
    }


def _result_rows(number: int, report: Report) -> Iterator[dict[str, Any]]:
    for position, exercise in enumerate(report.exercises):
        diagnosis = exercise.diagnosis
        yield {
            "report": number,
            "position": position,
            "exercise": exercise.id,
            "points": exercise.points,
            "earned": exercise.earned,
            "pending": exercise.pending,
            "status": exercise.status.value,
            "diagnosis": diagnosis.name if diagnosis else "",
            "tells": diagnosis.tells if diagnosis else "",
            "duration": exercise.duration,
        }


def _check_rows(number: int, report: Report) -> Iterator[dict[str, Any]]:
    all_checks = ((exercise.id, check) for exercise in report.exercises for check in exercise.checks)
    for position, (exercise, check) in enumerate(all_checks):
        yield {
            "report": number,
            "position": position,
            "exercise": exercise,
            "name": check.name,
            "title": check.title,
            "visibility": check.visibility.value,
            "status": check.status.value,
            "duration": check.duration,
        }


def _verdict(report: Report) -> str:
    """Digest of what was found, without times and texts that differ from run to run."""
    found = [
        (e.id, e.points, e.status.value, [(c.name, c.status.value, str(c.weight), c.pending) for c in e.checks])
        for e in report.exercises
    ]
    return hashlib.sha256(repr(found).encode("utf-8", "surrogatepass")).hexdigest()


def _stored(connection: Connection, which: Any) -> tuple[Stored, ...]:
    r, t = tables.results.c, tables.reports.c
    columns = (r.exercise, r.points, r.earned, r.pending, r.status, r.diagnosis, r.tells, r.duration)
    query = sql.select(r.report, *columns).join_from(tables.results, tables.reports).where(which)
    results: dict[int, list[Result]] = {}
    for row in connection.execute(query.order_by(r.report, r.position)):
        number, exercise, points, earned, pending, status, diagnosis, tells, duration = row
        result = Result(exercise, points, earned, pending, _EXERCISE_STATUSES[status], diagnosis, tells, duration)
        results.setdefault(number, []).append(result)
    found = connection.execute(sql.select(tables.reports).where(which).order_by(t.id))
    return tuple(_one_stored(row, tuple(results.get(row.id, ()))) for row in found)


def _one_stored(row: Row[Any], results: tuple[Result, ...]) -> Stored:
    hand_in = HandIn(row.submission, row.student, row.attempt, row.handed_in, bool(row.marked_late), row.source)
    return Stored(
        id=row.id,
        run=row.run,
        state=_STATES[row.state],
        hand_in=hand_in,
        digest=row.digest,
        graded_at=row.graded_at,
        results=results,
        content=row.content,
        decided=row.decided,
        decided_by=row.decided_by,
    )

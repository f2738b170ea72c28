"""The tables of the gradebook and their migrations.

Portable SQLAlchemy Core: the same tables do on SQLite and on a server. Points are exact text ("7/3"), times are
ISO 8601 in UTC. A report is kept whole, compressed, in a table of its own, so that nobody reads documents who wants
numbers; what is asked for often stands beside it, a row an exercise and a row a check.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from d2l_kit.errors import MachineError
from d2l_kit.report.text import without_surrogates

try:
    import sqlalchemy
except ModuleNotFoundError as error:
    raise MachineError(
        "The gradebook needs sqlalchemy, which is not installed.", 'pip install "d2l-kit[instructor]"'
    ) from error

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Dialect

sql = sqlalchemy  # the gradebook's other modules take it from here, where its absence is explained

FORMAT = 2


def as_stored(text: str) -> str:
    """A text as it comes back from a column of `Words`."""
    return without_surrogates(text).replace("\0", "\\x00")


class Words(sql.types.TypeDecorator[str]):
    """Text from anywhere: file names may hold lone surrogates and NUL, which databases refuse."""

    impl = sql.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else as_stored(value)


class Moment(sql.types.TypeDecorator[datetime]):
    """A time with its zone, stored as UTC in text that sorts as time does."""

    impl = sql.String(32)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a zone: {value}")
        return value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        return None if value is None else datetime.fromisoformat(value)


class Exact(sql.types.TypeDecorator[Fraction]):
    """A fraction as text: no rounding on the way in or out."""

    impl = sql.Text
    cache_ok = True

    def process_bind_param(self, value: Fraction | None, dialect: Dialect) -> str | None:
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Fraction | None:
        return None if value is None else _fraction(value)


class Keys(sql.types.TypeDecorator[Mapping[str, str]]):
    """A small mapping of texts as JSON."""

    impl = sql.Text
    cache_ok = True

    def process_bind_param(self, value: Mapping[str, str] | None, dialect: Dialect) -> str:
        return json.dumps(dict(value or {}))  # ASCII: whatever it holds can be stored

    def process_result_value(self, value: str | None, dialect: Dialect) -> Mapping[str, str]:
        found: dict[str, str] = json.loads(value or "{}")
        return found


@lru_cache(maxsize=4096)
def _fraction(text: str) -> Fraction:  # a class has few different ones, and parsing is slow
    return Fraction(text)


def _text(name: str) -> sql.Column[str]:
    return sql.Column(name, Words, nullable=False, server_default="")


def _id() -> sql.Column[int]:
    return sql.Column("id", sql.Integer, primary_key=True)


def _of(table: str, **more: Any) -> sql.Column[int]:
    return sql.Column(table, sql.Integer, sql.ForeignKey(f"{table}s.id"), nullable=False, **more)


def _decisions(name: str, *own: sql.Column[Any]) -> sql.Table:
    """What people decide in an assignment, by whom and when; nothing of it is overwritten."""
    assignment = sql.Column("assignment", Words, nullable=False, index=True)
    at = sql.Column("at", Moment, nullable=False)
    return sql.Table(name, metadata, _id(), assignment, *own, _text("who"), at)


metadata = sql.MetaData()

book = sql.Table(
    "d2l_gradebook",
    metadata,
    sql.Column("format", sql.Integer, nullable=False),
    _text("kit"),
    sql.Column("made", Moment, nullable=False),
)

assignments = sql.Table(
    "assignments",
    metadata,
    sql.Column("name", Words, primary_key=True),
    _text("title"),
    _text("path"),
    _text("text"),
    _text("roster_path"),
)

exercises = sql.Table(
    "exercises",
    metadata,
    sql.Column("assignment", Words, primary_key=True),
    sql.Column("exercise", Words, primary_key=True),
    sql.Column("position", sql.Integer, nullable=False),
    sql.Column("points", sql.Integer, nullable=False),
)

students = sql.Table(
    "students",
    metadata,
    sql.Column("assignment", Words, primary_key=True),
    sql.Column("student", Words, primary_key=True),
    sql.Column("position", sql.Integer, nullable=False),
    _text("name"),
    _text("email"),
    _text("section"),
    sql.Column("keys", Keys, nullable=False),
)

runs = sql.Table(
    "runs",
    metadata,
    _id(),
    _text("assignment"),
    _text("who"),
    _text("what"),
    _text("kit"),
    sql.Column("started", Moment, nullable=False),
    sql.Column("ended", Moment),
)

reports = sql.Table(
    "reports",
    metadata,
    _id(),
    _of("run", index=True),
    _text("assignment"),
    _text("submission"),
    _text("student"),
    sql.Column("attempt", sql.Integer, nullable=False),
    sql.Column("handed_in", Moment),
    sql.Column("marked_late", sql.Boolean, nullable=False),
    _text("source"),
    sql.Column("state", sql.String(16), nullable=False),
    sql.Column("decided", Moment),
    _text("decided_by"),
    _text("digest"),
    _text("content"),  # digest of the submission alone: what tells attempts under one name apart
    _text("verdict"),  # digest of what was found: what tells whether a second grading said the same
    sql.Column("graded_at", Moment, nullable=False),
    sql.Index("reports_by_submission", "assignment", "submission", "id"),
)

documents = sql.Table(
    "documents",
    metadata,
    _of("report", primary_key=True, autoincrement=False),
    sql.Column("body", sql.LargeBinary, nullable=False),  # the report's JSON, in zlib's format
)

results = sql.Table(
    "results",
    metadata,
    _of("report", primary_key=True, autoincrement=False),
    sql.Column("position", sql.Integer, primary_key=True, autoincrement=False),
    _text("exercise"),
    sql.Column("points", sql.Integer, nullable=False),
    sql.Column("earned", Exact, nullable=False),
    sql.Column("pending", Exact, nullable=False),
    sql.Column("status", sql.String(16), nullable=False),
    _text("diagnosis"),
    _text("tells"),
    sql.Column("duration", sql.Float, nullable=False),
)

checks = sql.Table(
    "checks",
    metadata,
    _of("report", primary_key=True, autoincrement=False),
    sql.Column("position", sql.Integer, primary_key=True, autoincrement=False),
    _text("exercise"),
    _text("name"),
    _text("title"),
    sql.Column("visibility", sql.String(16), nullable=False),
    sql.Column("status", sql.String(16), nullable=False),
    sql.Column("duration", sql.Float, nullable=False),
)

failures = sql.Table(
    "failures",
    metadata,
    _id(),
    _of("run", index=True),
    _text("submission"),
    _text("message"),
    sql.Column("at", Moment, nullable=False),
)

confirmations = sql.Table(  # a later run graded the same work and found the same
    "confirmations",
    metadata,
    _id(),
    _of("run", index=True),
    _of("report", index=True),
    sql.Column("at", Moment, nullable=False),
)

adjustments = _decisions(
    "adjustments",
    _text("student"),
    _text("exercise"),
    sql.Column("points", Exact, nullable=False),
    _text("reason"),
    sql.Column("basis", sql.Integer, nullable=False),
    sql.Column("withdrawn", Moment),
    _text("withdrawn_by"),
)

comments = _decisions("comments", _text("student"), _text("exercise"), _text("text"))

excuses = _decisions(  # the last one of a student holds
    "excuses", _text("student"), sql.Column("excused", sql.Boolean, nullable=False), _text("reason")
)

regrades = _decisions(
    "regrades",
    _text("submission"),
    _text("note"),
    sql.Column("answer", sql.Integer, sql.ForeignKey("reports.id")),
)


def _add_confirmations(connection: Connection) -> None:
    confirmations.create(connection)


# From that format to the next one; each step runs in one transaction with the number's change.
MIGRATIONS: Mapping[int, Callable[[Connection], None]] = {1: _add_confirmations}

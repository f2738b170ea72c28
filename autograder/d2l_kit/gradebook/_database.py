"""Opening the gradebook's database and writing to it so that a kill -9 at any moment leaves a sound file.

Theory of operation, for SQLite. A write is one transaction, begun with BEGIN IMMEDIATE: one that first reads and then
writes fails at once with "database is locked" however long it may wait. WAL with synchronous=FULL: what is acknowledged
survives a crash and a power loss. WAL shares memory between processes, which a network disk cannot; there the older
rollback journal is used and `notes` says so. Which journal it is stands in the file itself: it is set once the file has
proved to be a gradebook, or somebody else's would be changed by looking. A connection lives for one transaction and is
closed: processes of the grader are forked from ours, and a connection that is carried over a fork ruins the file. The
file and its companions are the owner's alone (mode 600), since reports hold what hidden checks expect.

Another database is a URL; then the server sees to all this.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from d2l_kit import __version__
from d2l_kit.errors import MachineError, UsageError
from d2l_kit.gradebook import _schema as tables
from d2l_kit.gradebook._schema import FORMAT, MIGRATIONS, sql

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Engine

PATIENCE_S = 30  # that a writer waits for another one
MOUNTS = Path("/proc/self/mounts")

_NETWORK = {
    "nfs",
    "nfs4",
    "cifs",
    "smb2",
    "smb3",
    "smbfs",
    "9p",
    "afs",
    "ceph",
    "lustre",
    "gpfs",
    "beegfs",
    "fuse.sshfs",
}
_ON_NETWORK = (
    "{place} lies on a network disk ({kind}): it is kept in SQLite's rollback journal instead of WAL. "
    "Let one command at a time write to it."
)
_WRITES = "d2l_kit_writes"
_BARE = "d2l_kit_bare"  # outside of any transaction

_MISSING = "There is no gradebook at {place}."
_MISSING_REMEDY = "`d2l-kit grade` makes one in the folder it writes to; --gradebook names another one."
_FOREIGN = "{place} is not a gradebook of d2l-kit: {why}."
_FOREIGN_REMEDY = "Name the file that `d2l-kit grade` wrote: graded/gradebook.sqlite, if --out was not given."
_NEWER = "{place} is a gradebook of format {found}; d2l-kit {version} reads formats up to {known}."
_NEWER_REMEDY = "Update d2l-kit: pip install --upgrade d2l-kit"
_NOT_A_URL = "{place} is no address of a database: {why}."
_NOT_A_URL_REMEDY = "Write it as postgresql+psycopg://user@host/database, or name a file."
_NO_DRIVER = "{place} needs the driver {driver}, which is not installed."
_NO_BACKUP = "{place} is kept by a database server, which has its own way to be backed up."
_NO_BACKUP_REMEDY = "For PostgreSQL: pg_dump"

_REMEDIES = {
    "locked": "Another command is writing to it. Wait for its end, then try again.",
    "full": "Make room on that disk, then run the same command again; what was stored before is safe.",
    "readonly": "Check who may write to the file and its folder.",
    "unable to open": "Check the path, and who may write to the file and its folder.",
    "malformed": "The file is damaged. Take the last copy that `d2l-kit gradebook backup` made.",
    "not a database": _FOREIGN_REMEDY,
    "disk i/o": "Check the disk; what was stored before is safe.",
}
_INDEX_BYTES = 1 << 16
_OTHER_REMEDY = "Nothing of this command was stored; what was stored before is safe."


class Database:
    """One gradebook's database: transactions for reading and for writing.

    Attributes:
        place: For messages; without a password.
        file: Where it lies; None: on a server.
        notes: What the user should know about where it lies.
    """

    def __init__(
        self, engine: Engine, place: str, file: Path | None, notes: tuple[str, ...] = (), journal: str = ""
    ) -> None:
        self._engine = engine
        self._journal = journal
        self.file = file
        self.place = place
        self.notes = notes

    @classmethod
    def open(cls, place: str | Path, *, create: bool) -> Database:
        """Open a file or a URL and see that it is a gradebook of a format that this version reads.

        Raises:
            UsageError: It is missing (and not to be created), of a newer format, or no gradebook.
            MachineError: It cannot be opened.
        """
        file, url = _file_and_url(place)
        if file is None:
            database = cls(_server(url), url.render_as_string(hide_password=True), None)
        else:
            database = _local(file, create)
        database._settle(create)
        return database

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one state of the whole."""
        with self._explained(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is stored whole when the block ends, or not at all."""
        with self._explained(), self._engine.connect() as connection:
            connection = connection.execution_options(**{_WRITES: True})
            with connection.begin():
                yield connection

    def backup(self, target: Path) -> None:
        """Write a sound copy to `target`, also while somebody writes.

        Raises:
            UsageError: The database is not a file.
            MachineError: The copy cannot be written.
        """
        if self.file is None:
            raise UsageError(_NO_BACKUP.format(place=self.place), _NO_BACKUP_REMEDY)
        import sqlite3
        from contextlib import closing

        part = target.with_name(f".{target.name}.part")
        try:
            part.unlink(missing_ok=True)
            os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            with closing(sqlite3.connect(self.file)) as source, closing(sqlite3.connect(part)) as copy:
                source.backup(copy)
                copy.execute("PRAGMA journal_mode=DELETE")  # so that the copy is one file
                (sound,) = copy.execute("PRAGMA integrity_check").fetchone()
            if sound != "ok":
                raise MachineError(f"{self.place}: {sound}.", _REMEDIES["malformed"])
            part.replace(target)
        except (OSError, sqlite3.Error) as error:
            raise MachineError(f"cannot write {target}: {_reason(error)}.", "Check that path and its disk.") from error
        finally:
            part.unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of everything."""
        self._engine.dispose()

    def _settle(self, create: bool) -> None:
        """Make the tables where there is nothing, migrate what is older, refuse the rest."""
        with self.reading() as connection:
            found = self._format(connection)
        if found is None:
            if not create:
                raise UsageError(_FOREIGN.format(place=self.place, why="it is empty"), _FOREIGN_REMEDY)
            self._set_journal()
            with self.writing() as connection:
                if self._format(connection) is None:  # nobody was faster
                    tables.metadata.create_all(connection)
                    made = {"format": FORMAT, "kit": __version__, "made": datetime.now(UTC)}
                    connection.execute(sql.insert(tables.book).values(made))
            return
        self._set_journal()
        if found < FORMAT:
            self._migrate()

    def _set_journal(self) -> None:
        """See that the file has the kind of journal that its disk can bear; a server sees to its own."""
        if not self._journal:
            return
        with self._explained(), self._engine.connect() as connection:
            connection = connection.execution_options(**{_BARE: True})
            if connection.exec_driver_sql("PRAGMA journal_mode").scalar() != self._journal:
                connection.exec_driver_sql(f"PRAGMA journal_mode={self._journal}")

    def _migrate(self) -> None:
        with self.writing() as connection:
            found = self._format(connection) or FORMAT
            while found < FORMAT:
                MIGRATIONS[found](connection)
                found += 1
                connection.execute(sql.update(tables.book).values(format=found, kit=__version__))

    def _format(self, connection: Connection) -> int | None:
        """The format, None where there are no tables at all."""
        names = sql.inspect(connection).get_table_names()
        if tables.book.name not in names:
            if names and self.file is not None:
                raise UsageError(_FOREIGN.format(place=self.place, why="it holds other tables"), _FOREIGN_REMEDY)
            return None
        found = int(connection.execute(sql.select(tables.book.c.format)).scalar_one())
        if found > FORMAT:
            raise UsageError(
                _NEWER.format(place=self.place, found=found, version=__version__, known=FORMAT), _NEWER_REMEDY
            )
        return found

    def _disk_is_full(self) -> bool:
        """Whether there is no room for the index that SQLite makes beside a WAL."""
        return self.file is not None and shutil.disk_usage(self.file.absolute().parent).free < _INDEX_BYTES

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sql.exc.DBAPIError as error:
            reason = _reason(error.orig or error)
            if "disk i/o" in reason.lower() and self._disk_is_full():
                reason = "database or disk is full"  # SQLite calls it so only where the file itself cannot grow
            remedy = next((remedy for sign, remedy in _REMEDIES.items() if sign in reason.lower()), _OTHER_REMEDY)
            raise MachineError(f"{self.place}: {reason}.", remedy) from error


def _file_and_url(place: str | Path) -> tuple[Path | None, Any]:
    if isinstance(place, Path) or "://" not in place:
        return Path(place), None
    try:
        url = sql.make_url(place)
    except (sql.exc.ArgumentError, ValueError) as error:
        raise UsageError(_NOT_A_URL.format(place="What was given", why=_reason(error)), _NOT_A_URL_REMEDY) from None
    if url.get_backend_name() != "sqlite":
        return None, url
    if not url.database or url.database == ":memory:":
        raise UsageError(_NOT_A_URL.format(place=place, why="it names no file"), _NOT_A_URL_REMEDY)
    return Path(url.database), None


def _server(url: Any) -> Engine:
    place = url.render_as_string(hide_password=True)
    try:
        return sql.create_engine(url, poolclass=sql.pool.NullPool)
    except ModuleNotFoundError as error:
        raise MachineError(_NO_DRIVER.format(place=place, driver=error.name), f"pip install {error.name}") from error
    except sql.exc.ArgumentError as error:
        raise UsageError(_NOT_A_URL.format(place=place, why=_reason(error)), _NOT_A_URL_REMEDY) from error


def _local(file: Path, create: bool) -> Database:
    try:
        if create:
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(file, os.O_WRONLY | os.O_CREAT, 0o600))
        elif not file.exists():
            raise UsageError(_MISSING.format(place=file), _MISSING_REMEDY)
        if file.is_dir():
            raise UsageError(_FOREIGN.format(place=file, why="it is a folder"), _FOREIGN_REMEDY)
        if not create and not file.stat().st_size:  # merely opening it would write to it
            raise UsageError(_FOREIGN.format(place=file, why="it is empty"), _FOREIGN_REMEDY)
    except OSError as error:
        raise MachineError(f"{file}: {_reason(error)}.", _REMEDIES["unable to open"]) from error
    kind = _network_disk(file)
    engine = sql.create_engine(
        sql.URL.create("sqlite", database=str(file)),
        poolclass=sql.pool.NullPool,
        connect_args={"timeout": PATIENCE_S, "isolation_level": None},
    )
    sql.event.listen(engine, "connect", _prepare)
    sql.event.listen(engine, "begin", _begin)
    notes = (_ON_NETWORK.format(place=file, kind=kind),) if kind else ()
    return Database(engine, str(file), file, notes, journal="delete" if kind else "wal")


def _prepare(connection: Any, record: Any) -> None:
    for pragma in ("foreign_keys=ON", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}").fetchall()


def _begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    if not options.get(_BARE):
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get(_WRITES) else "BEGIN")


def _network_disk(file: Path) -> str:
    """The kind of the network file system that the file lies on; "" for a local disk, or where nobody can tell."""
    try:
        mounts = MOUNTS.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""
    folder = file.absolute().parent.resolve()
    best, kind = -1, ""
    for line in mounts.splitlines():
        fields = line.split(" ")
        point = Path(fields[1].replace("\\040", " "))
        if folder.is_relative_to(point) and len(point.parts) >= best:
            best, kind = len(point.parts), fields[2]
    return kind if kind in _NETWORK else ""


def _reason(error: BaseException) -> str:
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return " ".join(text.split()).rstrip(".") or type(error).__name__

"""The store: nothing is lost, nothing half written, and what cannot be read says why."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from d2l_kit.errors import MachineError, UsageError
from d2l_kit.gradebook import _database, _schema
from d2l_kit.gradebook.model import State
from d2l_kit.gradebook.store import Gradebook
from gradebook_fakes import hand_in, new, put, report
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

WRITER = """
import sys
from gradebook_fakes import new, put, report
from pathlib import Path
with new(Path(sys.argv[1])) as store:
    for number in range(10_000):
        put(store, report("w%s-%d" % (sys.argv[2], number)))
        print(number, flush=True)
        if number + 1 == int(sys.argv[3]):
            break
"""


def writer(folder: Path, name: str, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(folder), name, str(count)]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": "tests"},
        cwd=Path(__file__).parents[1],
    )


def integrity(folder: Path) -> str:
    with sqlite3.connect(folder / "gradebook.sqlite") as connection:
        return str(connection.execute("PRAGMA integrity_check").fetchone()[0])


def journal_of(folder: Path) -> str:
    with closing(sqlite3.connect(folder / "gradebook.sqlite")) as connection:
        return str(connection.execute("PRAGMA journal_mode").fetchone()[0])


def test_a_report_comes_back_as_it_was_put(tmp_path: Path) -> None:
    with new(tmp_path) as store:
        number = store.put(store.begin_run("hw2", "x"), "hw2", hand_in(), report())
        assert store.report(number) == report()
        (stored,) = store.newest("hw2").values()
        assert (stored.earned, stored.hand_in) == (20, hand_in())
        assert len([*store.checks([number])]) == 8


def test_the_same_is_not_stored_twice_and_what_is_new_of_the_hand_in_is_taken_over(tmp_path: Path) -> None:
    with new(tmp_path) as store:
        put(store, report(), hand_in(late=None))
        put(store, report())
        put(store, report(), hand_in(late=None))
        (stored,) = store.stored("hw2")
        assert stored.hand_in.at == hand_in().at


def test_a_failure_of_ours_touches_no_score(tmp_path: Path) -> None:
    with new(tmp_path) as store:
        run = put(store, report())
        before = store.newest("hw2")
        store.fail(run, "ada", "the machine broke")
        assert store.newest("hw2") == before
        assert [failure.message for failure in store.failures(run)] == ["the machine broke"]


def test_a_regrade_that_is_asked_for_is_answered_by_the_next_grading(tmp_path: Path) -> None:
    with new(tmp_path) as store:
        put(store, report())
        store.ask_regrade("hw2", "ada", "me", "please")
        assert [each.note for each in store.asked("hw2")] == ["please"]
        put(store, report(checks="c2"), state=State.PROPOSED)
        assert store.asked("hw2") == ()


def test_names_with_surrogates_and_nul_can_be_stored(tmp_path: Path) -> None:
    with new(tmp_path) as store:
        put(store, report("a\udcff\0b"), hand_in("a\udcff\0b"))
        assert [*store.newest("hw2")] == ["a\\udcff\\x00b"]


@pytest.mark.parametrize("content", [b"not a database, but long enough to be looked at" * 9, b""])
def test_a_file_that_is_no_gradebook_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "x.sqlite"
    file.write_bytes(content)
    with pytest.raises((MachineError, UsageError), match=r"x\.sqlite"):
        Gradebook.open(file)
    assert file.read_bytes() == content


@pytest.mark.parametrize("create", [False, True])
@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_somebody_elses_database_is_refused_and_left_as_it_is(tmp_path: Path, create: bool, journal: str) -> None:
    file = tmp_path / "x.sqlite"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(f"PRAGMA journal_mode={journal}")
        connection.execute("CREATE TABLE mine (a)")
    before = file.read_bytes()
    with pytest.raises(UsageError, match="other tables"):
        Gradebook.open(file, create=create)
    assert file.read_bytes() == before  # the kind of its journal stands in it


def test_a_gradebook_that_comes_from_a_network_disk_gets_its_journal_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"server:/home {tmp_path} nfs4 rw 0 0\n", encoding="utf-8")
    with monkeypatch.context() as patched:
        patched.setattr(_database, "MOUNTS", mounts)
        new(tmp_path).close()
    assert journal_of(tmp_path) == "delete"
    new(tmp_path).close()
    assert journal_of(tmp_path) == "wal"


def test_a_missing_one_is_not_made_by_looking(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no gradebook at"):
        Gradebook.open(tmp_path / "x.sqlite")
    assert not [*tmp_path.iterdir()]


def test_a_newer_format_is_refused_with_the_remedy(tmp_path: Path) -> None:
    new(tmp_path).close()
    with sqlite3.connect(tmp_path / "gradebook.sqlite") as connection:
        connection.execute("UPDATE d2l_gradebook SET format = 99")
    with pytest.raises(UsageError, match="format 99") as caught:
        new(tmp_path)
    assert "pip install" in (caught.value.remedy or "")


def test_an_older_format_is_migrated_step_by_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    new(tmp_path).close()
    now = _schema.FORMAT

    def step(connection: Any) -> None:
        connection.exec_driver_sql("CREATE TABLE added (a INTEGER)")

    monkeypatch.setattr(_database, "FORMAT", now + 1)
    monkeypatch.setattr(_database, "MIGRATIONS", {now: step})
    new(tmp_path).close()
    with sqlite3.connect(tmp_path / "gradebook.sqlite") as connection:
        assert connection.execute("SELECT format FROM d2l_gradebook").fetchall() == [(now + 1,)]
        assert connection.execute("SELECT * FROM added").fetchall() == []


def test_a_gradebook_of_the_first_format_notes_confirmations_from_then_on(tmp_path: Path) -> None:
    with new(tmp_path) as store:
        put(store, report())
    with sqlite3.connect(tmp_path / "gradebook.sqlite") as connection:
        connection.execute("DROP TABLE confirmations")
        connection.execute("UPDATE d2l_gradebook SET format = 1")
    with new(tmp_path) as store:
        run = put(store, report())
        (stored,) = store.stored("hw2")
        assert [(each.run, each.report) for each in store.confirmations([stored.id])] == [(run, stored.id)]


def test_a_writer_that_cannot_wait_longer_says_who_is_in_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_database, "PATIENCE_S", 0.05)
    with new(tmp_path) as store:
        other = sqlite3.connect(tmp_path / "gradebook.sqlite", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(MachineError, match="locked") as caught:
            store.begin_run("hw2", "x")
        assert "Another command is writing" in (caught.value.remedy or "")
        assert store.runs() == ()
        other.execute("ROLLBACK")
        other.close()
        assert store.begin_run("hw2", "x") == 1


def test_a_full_disk_is_said_and_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with new(tmp_path) as store:
        put(store, report())

    prepare = _database._prepare

    def small(connection: Any, record: Any) -> None:
        prepare(connection, record)
        connection.execute("PRAGMA max_page_count=1").fetchall()

    monkeypatch.setattr(_database, "_prepare", small)
    with new(tmp_path) as store:
        with pytest.raises(MachineError, match="full") as caught:
            store.comment("hw2", "ada", "", "x" * 100_000, "me")
        assert "Make room" in (caught.value.remedy or "")
        assert len(store.newest("hw2")) == 1
    assert integrity(tmp_path) == "ok"


@pytest.mark.parametrize("after", [0, 1, 4, 9])
def test_a_writer_killed_at_any_moment_leaves_a_sound_file_with_all_it_acknowledged(tmp_path: Path, after: int) -> None:
    process = writer(tmp_path, "a", 10_000)
    assert process.stdout is not None
    told = [process.stdout.readline() for _ in range(after + 1)]
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert integrity(tmp_path) == "ok"
    with new(tmp_path) as store:
        there = store.newest("hw2")
        assert {f"wa-{int(number)}" for number in told} <= {*there}
        assert all(store.report(stored.id).submission == name for name, stored in there.items())


def test_two_processes_make_and_write_one_gradebook_at_once(tmp_path: Path) -> None:
    processes = [writer(tmp_path, name, 8) for name in "ab"]
    assert [process.communicate()[0].split()[-1:] for process in processes] == [["7"], ["7"]]
    with new(tmp_path) as store:
        assert len(store.newest("hw2")) == 16


def test_a_gradebook_that_was_opened_before_a_fork_serves_both_sides(tmp_path: Path) -> None:
    with new(tmp_path) as store:
        child = multiprocessing.get_context("fork").Process(target=put, args=(store, report("child")))
        child.start()
        put(store, report("parent"))
        child.join()
        assert {*store.newest("hw2")} == {"child", "parent"}


def test_a_backup_is_a_gradebook_of_its_own_in_one_private_file(tmp_path: Path) -> None:
    with new(tmp_path) as store:
        put(store, report())
        (tmp_path / "copy").mkdir()
        store.backup(tmp_path / "copy" / "b.sqlite")
    assert [file.name for file in (tmp_path / "copy").iterdir()] == ["b.sqlite"]
    assert (tmp_path / "copy" / "b.sqlite").stat().st_mode & 0o077 == 0
    with Gradebook.open(tmp_path / "copy" / "b.sqlite") as copy:
        assert len(copy.newest("hw2")) == 1


def test_the_file_and_its_companions_are_private(tmp_path: Path) -> None:
    with new(tmp_path / "g") as store:
        put(store, report())
        with store._database.reading():
            assert all(file.stat().st_mode & 0o077 == 0 for file in (tmp_path / "g").iterdir())


def test_a_network_disk_gets_the_older_journal_and_a_note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"server:/home {tmp_path} nfs4 rw 0 0\n", encoding="utf-8")
    monkeypatch.setattr(_database, "MOUNTS", mounts)
    with new(tmp_path) as store:
        assert "network disk (nfs4)" in store.notes[0]
    assert journal_of(tmp_path) == "delete"


def test_the_tables_can_be_made_on_a_server() -> None:
    for table in _schema.metadata.sorted_tables:
        assert str(CreateTable(table).compile(dialect=postgresql.dialect()))


@pytest.mark.parametrize("place", ["nonsense+none://x", "postgresql+psycopg://u:secret@h/db", "sqlite://"])
def test_an_address_that_cannot_be_used_is_said_without_its_password(place: str) -> None:
    with pytest.raises((UsageError, MachineError)) as caught:
        Gradebook.open(place)
    assert "secret" not in str(caught.value)


def test_points_are_exact_and_times_keep_their_moment(tmp_path: Path) -> None:
    with new(tmp_path) as store:
        store.adjust("hw2", "ada", "", Fraction(7, 3), "x", "me")
        (found,) = store.adjustments("hw2")
        assert found.points == Fraction(7, 3)
        assert found.at.tzinfo is not None
    with pytest.raises(ValueError, match="without a zone"):
        _schema.Moment().process_bind_param(datetime(2026, 1, 1), postgresql.dialect())

"""The workspace: nothing of a student's is ever lost, and what is remembered may break without harm."""

from __future__ import annotations

import io
import json
import os
import sys
import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from cli_course import make_course, report, result, stub
from d2l_kit.catalog import Course
from d2l_kit.errors import MachineError, UnknownName, UsageError
from d2l_kit.report.model import Status
from d2l_kit.workspace.bundle import pack, save
from d2l_kit.workspace.files import explained, write_atomically
from d2l_kit.workspace.layout import (
    Workspace,
    create_workspace,
    find_workspace,
    holds_the_stub,
    lay_out,
    open_workspace,
    put_back,
    select,
)
from d2l_kit.workspace.state import State, digest, read_state, remember_verdicts, write_state
from d2l_kit.workspace.watching import Watcher

NOON = datetime(2026, 11, 30, 12, 0, 0, tzinfo=timezone(timedelta(hours=1)))


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return make_course(tmp_path / "course")


@pytest.fixture
def workspace(tmp_path: Path, course: Course) -> Workspace:
    made = create_workspace(tmp_path / "work")
    lay_out(made, course, course)
    return made


def test_a_workspace_is_found_from_any_folder_below_it(workspace: Workspace) -> None:
    assert find_workspace(workspace.root / "ch07") == workspace


def test_no_workspace_is_an_error_with_a_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=r"d2l-kit\.toml") as caught:
        open_workspace(None)
    assert "d2l-kit start" in caught.value.remedy


def test_a_named_folder_that_is_no_workspace_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is no workspace"):
        open_workspace(tmp_path)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("format = ", "cannot be read"),
        ("format = 2", "reads format 1"),
        ("", "reads format 1"),
        ("\xff", "read"),
    ],
)
def test_a_workspace_file_that_cannot_be_used_is_named(workspace: Workspace, text: str, says: str) -> None:
    (workspace.root / "d2l-kit.toml").write_text(text, encoding="latin-1")
    with pytest.raises(UsageError, match=says) as caught:
        open_workspace(workspace.root)
    assert "d2l-kit.toml" in caught.value.message
    assert caught.value.remedy


def test_laying_out_again_keeps_every_byte_of_the_students(workspace: Workspace, course: Course) -> None:
    mine = workspace.root / "ch07" / "corr2d.py"
    mine.write_text("my work", encoding="utf-8")
    assert all(one.kept for one in lay_out(workspace, course, course))
    assert mine.read_text(encoding="utf-8") == "my work"


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege on Windows")
def test_a_dangling_link_is_not_written_through(workspace: Workspace, course: Course, tmp_path: Path) -> None:
    exercise = course.by_id["ch07/corr2d"]
    workspace.file(exercise).unlink()
    workspace.file(exercise).symlink_to(tmp_path / "elsewhere.py")
    lay_out(workspace, course, [exercise])
    assert not (tmp_path / "elsewhere.py").exists()


def test_a_file_in_the_place_of_a_chapter_folder_is_named(tmp_path: Path, course: Course) -> None:
    made = create_workspace(tmp_path / "other")
    (made.root / "ch07").write_text("", encoding="utf-8")
    with pytest.raises(UsageError, match="ch07"):
        lay_out(made, course, course)


def test_line_ends_do_not_make_a_stub_a_students_work(workspace: Workspace, course: Course) -> None:
    exercise = course.by_id["ch07/corr2d"]
    workspace.file(exercise).write_bytes(stub("corr2d").replace("\n", "\r\n").encode())
    assert holds_the_stub(workspace, exercise)


def test_putting_back_keeps_a_copy_named_by_a_time_with_its_offset(workspace: Workspace, course: Course) -> None:
    exercise = course.by_id["ch07/corr2d"]
    workspace.file(exercise).write_text("my work", encoding="utf-8")
    backup = put_back(workspace, [exercise], NOON)
    assert backup.name == "2026-11-30T12.00.00+0100"
    assert (backup / "ch07" / "corr2d.py").read_text(encoding="utf-8") == "my work"
    assert workspace.file(exercise).read_text(encoding="utf-8") == stub("corr2d")


def test_two_backups_of_one_second_do_not_meet(workspace: Workspace, course: Course) -> None:
    exercise = course.by_id["ch07/corr2d"]
    folders = {put_back(workspace, [exercise], NOON) for _ in range(3)}
    assert len(folders) == 3


@pytest.mark.parametrize(
    "name", ["ch07/corr2d.py", "./ch07/corr2d.py", "corr2d", "ch7/corr2d", "{root}/ch07/corr2d.py"]
)
def test_an_exercise_can_be_named_by_its_file(
    workspace: Workspace, course: Course, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(workspace.root)
    chosen = select(workspace, course, [name.format(root=workspace.root)])
    assert [exercise.id for exercise in chosen] == ["ch07/corr2d"]


def test_a_file_is_named_from_within_its_chapter_folder(
    workspace: Workspace, course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(workspace.root / "ch08")
    assert [e.id for e in select(workspace, course, ["vgg.py", "../ch07"])] == [
        "ch08/vgg",
        "ch07/corr2d",
        "ch07/pool2d",
    ]


def test_a_path_outside_the_workspace_is_refused(workspace: Workspace, course: Course, tmp_path: Path) -> None:
    (tmp_path / "corr2d.py").write_text("", encoding="utf-8")
    with pytest.raises(UsageError, match="not in the workspace"):
        select(workspace, course, [str(tmp_path / "corr2d.py")])


def test_a_copy_beside_an_exercise_is_no_exercise(
    workspace: Workspace, course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(workspace.root)
    (workspace.root / "ch07" / "corr2d copy.py").write_text("", encoding="utf-8")
    with pytest.raises(UnknownName):
        select(workspace, course, ["ch07/corr2d copy.py"])


def test_state_comes_back_as_it_was_written(workspace: Workspace) -> None:
    write_state(workspace, State(hints={"ch07/corr2d": 2}))
    assert read_state(workspace).hints == {"ch07/corr2d": 2}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"format": 0}',
        b'{"format": 1, "hints": []}',
        b'{"format": 1, "hints": {"a": -1}}',
        b'{"format": 1, "verdicts": {"a": {"status": "passed"}}}',
    ],
    ids=range(9),
)
def test_a_broken_state_is_moved_aside_and_said(workspace: Workspace, content: bytes) -> None:
    path = workspace.kit_folder / "state.json"
    path.parent.mkdir()
    path.write_bytes(content)
    state = read_state(workspace)
    assert state.hints == {}
    assert "state.json.broken" in state.notes[0]
    assert (workspace.kit_folder / "state.json.broken").read_bytes() == content
    assert read_state(workspace).notes == ()


def test_a_newer_kits_state_is_refused_and_stays(workspace: Workspace) -> None:
    path = workspace.kit_folder / "state.json"
    path.parent.mkdir()
    path.write_text('{"format": 2}', encoding="utf-8")
    with pytest.raises(UsageError, match="newer") as caught:
        read_state(workspace)
    assert "pip install --upgrade" in caught.value.remedy
    assert path.exists()


def test_a_verdict_is_remembered_with_what_was_checked(workspace: Workspace, course: Course) -> None:
    exercise = course.by_id["ch07/corr2d"]
    source = digest(workspace.file(exercise))
    remember_verdicts(workspace, report(result(exercise, Status.FAILED)), {exercise.id: source}, NOON.isoformat())
    verdict = read_state(workspace).verdicts[exercise.id]
    assert (verdict.status, verdict.passed, verdict.checks) == ("failed", 0, 1)
    assert verdict.source == source


def test_a_bundle_holds_the_answers_and_nothing_else(workspace: Workspace, course: Course) -> None:
    (workspace.root / "ch07" / "notes.txt").write_text("private", encoding="utf-8")
    write_state(workspace, State())
    with zipfile.ZipFile(io.BytesIO(pack(workspace, course.select(["ch7"])))) as archive:
        assert archive.namelist() == ["ch07/corr2d.py", "ch07/pool2d.py", "d2l-kit.toml"]
        assert archive.testzip() is None


def test_the_same_answers_make_the_same_bundle_at_any_time(workspace: Workspace, course: Course) -> None:
    first = pack(workspace, course)
    for exercise in course:
        os.utime(workspace.file(exercise), (0, 0))
        workspace.file(exercise).chmod(0o600)
    assert pack(workspace, reversed([*course])) == first


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege on Windows")
def test_a_link_is_not_handed_in(workspace: Workspace, course: Course) -> None:
    exercise = course.by_id["ch07/corr2d"]
    workspace.file(exercise).unlink()
    workspace.file(exercise).symlink_to("/etc/passwd")
    with pytest.raises(UsageError, match=r"corr2d\.py is a link"):
        pack(workspace, [exercise])


def test_a_bundle_is_not_written_over_a_file_unasked(tmp_path: Path) -> None:
    path = tmp_path / "mine.zip"
    path.write_bytes(b"mine")
    with pytest.raises(UsageError, match="already there"):
        save(b"new", path)
    assert path.read_bytes() == b"mine"
    save(b"new", path, replace=True)
    assert path.read_bytes() == b"new"


def test_an_interrupted_write_leaves_the_old_file_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "state.json"
    path.write_bytes(b"old")

    def full(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(MachineError, match="no space left"), explained("cannot write", path):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert [*tmp_path.iterdir()] == [path]


class Saves:
    """A clock for the watcher: at each look it does the next thing of a list, then fails the test."""

    def __init__(self, *things: Callable[[], object]) -> None:
        self.things = [*things]

    def __call__(self) -> None:
        if not self.things:
            raise StopWatching
        self.things.pop(0)()


class StopWatching(Exception):
    """The list is at its end, and nothing was reported."""


def nothing() -> None:
    """A look at which nothing happened."""


def watching(path: Path, *things: Callable[[], object]) -> Watcher:
    return Watcher({"corr2d": path}, Saves(*things, nothing, nothing))


@pytest.fixture
def answer(tmp_path: Path) -> Path:
    path = tmp_path / "corr2d.py"
    path.write_text("one", encoding="utf-8")
    return path


def write(path: Path, text: str) -> Callable[[], object]:
    return lambda: path.write_text(text, encoding="utf-8")


def test_a_save_is_seen_once(answer: Path) -> None:
    watcher = watching(answer, nothing, write(answer, "other"))
    assert next(watcher) == {"corr2d"}
    with pytest.raises(StopWatching):
        next(watcher)


def test_a_touch_is_no_save(answer: Path) -> None:
    with pytest.raises(StopWatching):
        next(watching(answer, lambda: os.utime(answer, (1, 1))))


def test_a_copy_beside_the_file_is_no_save(answer: Path) -> None:
    with pytest.raises(StopWatching):
        next(watching(answer, write(answer.with_name("corr2d copy.py"), "other")))


def test_a_save_by_rename_is_seen(answer: Path) -> None:
    new = answer.with_name(".corr2d.py.swp")
    assert next(watching(answer, write(new, "other"), lambda: new.replace(answer))) == {"corr2d"}


def test_delete_and_restore_is_no_save_but_a_new_text_is(answer: Path) -> None:
    with pytest.raises(StopWatching):
        next(watching(answer, answer.unlink, nothing, nothing, write(answer, "one")))
    assert next(watching(answer, answer.unlink, nothing, nothing, write(answer, "two"))) == {"corr2d"}


def test_half_a_save_is_not_reported(answer: Path) -> None:
    watcher = watching(answer, write(answer, ""), write(answer, "whole"), nothing)
    next(watcher)
    assert answer.read_text(encoding="utf-8") == "whole"


def test_a_hundred_saves_in_a_row_are_reported_all_the_same(answer: Path) -> None:
    saves = [write(answer, "x" * (n + 10)) for n in range(100)]
    watcher = watching(answer, *saves)
    assert next(watcher) == {"corr2d"}


def test_a_save_the_clock_does_not_show_is_seen_within_a_second(answer: Path) -> None:
    found = answer.stat()

    def quietly() -> None:
        answer.write_text("two", encoding="utf-8")
        os.utime(answer, ns=(found.st_atime_ns, found.st_mtime_ns))

    assert next(Watcher({"corr2d": answer}, Saves(quietly, *[nothing] * 55))) == {"corr2d"}


def test_a_save_before_the_first_look_is_not_missed(answer: Path) -> None:
    watcher = watching(answer)
    answer.write_text("other", encoding="utf-8")
    assert next(watcher) == {"corr2d"}


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege on Windows")
def test_a_link_is_not_followed(answer: Path) -> None:
    real = answer.with_name("real.py")
    real.write_text("one", encoding="utf-8")
    answer.unlink()
    answer.symlink_to(real)
    with pytest.raises(StopWatching):
        next(watching(answer, write(real, "other")))


def test_state_is_plain_json_with_a_format(workspace: Workspace) -> None:
    write_state(workspace, State(hints={"ch07/corr2d": 1}))
    assert json.loads((workspace.kit_folder / "state.json").read_text(encoding="utf-8"))["format"] == 1

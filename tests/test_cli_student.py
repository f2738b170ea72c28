"""The student's commands that run no checks, each through `main` as the command line calls it."""

from __future__ import annotations

import json
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from cli_course import Engine, make_course, report, result, stub
from d2l_kit.catalog import Course
from d2l_kit.cli import main
from d2l_kit.report.model import Status
from d2l_kit.workspace.layout import Workspace
from d2l_kit.workspace.state import digest, remember_verdicts

Run = Callable[..., SimpleNamespace]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder, with the tiny course installed."""
    course = make_course(tmp_path / "course")
    monkeypatch.setattr("d2l_kit.plugins.load_course", lambda: course)
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    Engine().install(monkeypatch)
    return work


@pytest.fixture
def run(folder: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command line: `run("start", "ch7").out`."""

    def _run(*arguments: str) -> SimpleNamespace:
        capsys.readouterr()
        code = main(arguments)
        captured = capsys.readouterr()
        return SimpleNamespace(code=code, out=captured.out, err=captured.err)

    return _run


def test_start_makes_an_empty_folder_a_workspace_with_stubs_and_page(run: Run, folder: Path) -> None:
    done = run("start", "ch7")
    assert done.code == 0
    assert (folder / "ch07" / "corr2d.py").read_text(encoding="utf-8") == stub("corr2d")
    assert (folder / "ch07" / "README.md").exists()
    assert "format = 1" in (folder / "d2l-kit.toml").read_text(encoding="utf-8")
    assert "(new)" in done.out
    assert "d2l-kit check ch07/corr2d" in done.out


def test_start_keeps_existing_work_and_says_so(run: Run, folder: Path) -> None:
    (folder / "ch07").mkdir()
    (folder / "ch07" / "corr2d.py").write_text("mine", encoding="utf-8")
    done = run("start", "ch7")
    assert "kept: ch07/corr2d.py (yours)" in done.out
    assert "new: ch07/pool2d.py" in done.out
    assert (folder / "ch07" / "corr2d.py").read_text(encoding="utf-8") == "mine"


def test_start_below_a_workspace_adds_to_it(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("start", "ch7")
    monkeypatch.chdir(folder / "ch07")
    done = run("start", "ch8")
    assert (folder / "ch08" / "vgg.py").exists()
    assert "(new)" not in done.out


def test_start_takes_a_folder_that_does_not_exist_yet(run: Run, tmp_path: Path) -> None:
    assert run("start", "corr2d", "--workspace", str(tmp_path / "a" / "b")).code == 0
    assert (tmp_path / "a" / "b" / "ch07" / "corr2d.py").exists()


def test_start_brings_what_an_exercise_may_import(
    run: Run, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chapter = make_course(tmp_path / "second").chapters[0]
    corr2d, pool2d = chapter.exercises
    needy = replace(chapter, exercises=(corr2d, replace(pool2d, requires=("corr2d",))))
    monkeypatch.setattr("d2l_kit.plugins.load_course", lambda: Course((needy,)))
    run("start", "pool2d")
    assert (folder / "ch07" / "corr2d.py").exists()


def test_init_is_start_and_is_not_in_the_help(run: Run, folder: Path) -> None:
    assert run("init", "vgg").code == 0
    assert (folder / "ch08" / "vgg.py").exists()
    assert "init" not in run("--help").out


def test_start_of_a_misspelt_name_offers_the_right_one_and_writes_nothing(run: Run, folder: Path) -> None:
    done = run("start", "cor2d")
    assert done.code == 2
    assert "error: There is no chapter or exercise named 'cor2d'" in done.err
    assert "corr2d" in done.err
    assert [*folder.iterdir()] == []


def test_list_shows_every_exercise_under_its_chapter(run: Run) -> None:
    done = run("list")
    assert done.code == 0
    assert "ch07  Convolutions" in done.out
    line = next(line for line in done.out.splitlines() if "corr2d" in line)
    assert line.split() == ["corr2d", "2/5", "10", "core", "The", "exercise", "corr2d"]


def test_list_takes_names(run: Run) -> None:
    out = run("list", "ch8", "pool2d").out
    assert "vgg" in out
    assert "pool2d" in out
    assert "corr2d" not in out


def test_list_as_json_is_one_document(run: Run) -> None:
    document = json.loads(run("list", "--format", "json").out)
    assert document["format"] == "d2l-kit/list/1"
    assert [e["id"] for c in document["chapters"] for e in c["exercises"]] == [
        "ch07/corr2d",
        "ch07/pool2d",
        "ch08/vgg",
    ]


def test_plugin_problems_are_on_stderr_and_stop_nothing(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    course = make_course(tmp_path / "second", ("plugin x of y could not be loaded",))
    monkeypatch.setattr("d2l_kit.plugins.load_course", lambda: course)
    done = run("list", "--format", "json")
    assert done.code == 0
    assert "plugin x of y" in done.err
    assert json.loads(done.out)["problems"] == ["plugin x of y could not be loaded"]


def test_hints_come_one_by_one_and_are_counted(run: Run) -> None:
    run("start", "corr2d")
    assert "hint 1 of 3\n  first of corr2d" in run("hint", "corr2d").out
    second = run("hint", "corr2d").out
    assert "hint 2 of 3" in second
    assert "first" not in second
    run("hint", "corr2d")
    last = run("hint", "corr2d").out
    assert "hint 3 of 3" in last
    assert "--all" in last


def test_all_hints_can_be_shown_at_once(run: Run) -> None:
    run("start", "ch7")
    out = run("hint", "--all", "corr2d", "pool2d").out
    assert out.count("hint 1 of 3") == out.count("hint 3 of 3") == 2


def test_a_broken_state_is_said_and_the_hint_still_comes(run: Run, folder: Path) -> None:
    run("start", "corr2d")
    (folder / ".d2l-kit").mkdir()
    (folder / ".d2l-kit" / "state.json").write_text("{", encoding="utf-8")
    done = run("hint", "corr2d")
    assert "hint 1 of 3" in done.out
    assert "state.json.broken" in done.err


def test_a_hint_comes_though_it_cannot_be_remembered(run: Run, folder: Path) -> None:
    run("start", "corr2d")
    (folder / ".d2l-kit").write_text("a file where the folder should be", encoding="utf-8")
    done = run("hint", "corr2d")
    assert (done.code, "hint 1 of 3" in done.out) == (0, True)
    assert "note: cannot" in done.err


def test_reset_puts_the_stub_back_and_tells_where_the_work_is(run: Run, folder: Path) -> None:
    run("start", "ch7")
    (folder / "ch07" / "corr2d.py").write_text("mine", encoding="utf-8")
    done = run("reset", "ch7", "-y")
    assert done.code == 0
    line = next(line for line in done.out.splitlines() if line.startswith("reset: ch07/corr2d.py"))
    backup = line.partition("your work is in ")[2].rstrip(")")
    assert (folder / backup).read_text(encoding="utf-8") == "mine"
    assert (folder / "ch07" / "corr2d.py").read_text(encoding="utf-8") == stub("corr2d")
    assert "still the stub: ch07/pool2d.py" in done.out


def test_reset_without_a_terminal_wants_yes(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("start", "corr2d")
    (folder / "ch07" / "corr2d.py").write_text("mine", encoding="utf-8")
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: False))
    done = run("reset", "corr2d")
    assert (done.code, "-y" in done.err) == (2, True)
    assert (folder / "ch07" / "corr2d.py").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(("answer", "left"), [(True, stub("corr2d")), (False, "mine")])
def test_reset_asks_on_a_terminal(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch, answer: bool, left: str
) -> None:
    run("start", "corr2d")
    (folder / "ch07" / "corr2d.py").write_text("mine", encoding="utf-8")
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr("typer.confirm", lambda text: answer)
    assert run("reset", "corr2d").code == 0
    assert (folder / "ch07" / "corr2d.py").read_text(encoding="utf-8") == left


def test_reset_writes_a_missing_file_anew(run: Run, folder: Path) -> None:
    run("start", "corr2d")
    assert "new: ch08/vgg.py" in run("reset", "vgg").out
    assert (folder / "ch08" / "vgg.py").exists()


def test_status_tells_what_is_begun_checked_and_changed(run: Run, folder: Path) -> None:
    run("start", "ch7", "vgg")
    workspace = Workspace(folder)
    course = make_course(folder.parent / "again")
    for name in ("corr2d", "pool2d"):
        (folder / "ch07" / f"{name}.py").write_text("mine", encoding="utf-8")
    corr2d, pool2d = course.select(["ch7"])
    sources = {e.id: digest(workspace.file(e)) for e in (corr2d, pool2d)}
    results = report(result(corr2d), result(pool2d, Status.FAILED))
    remember_verdicts(workspace, results, sources, "2026-11-30T12:00:00+00:00")
    (folder / "ch07" / "pool2d.py").write_text("newer", encoding="utf-8")
    lines = {line.split()[0]: line for line in run("status").out.splitlines()}
    assert "passed" in lines["ch07/corr2d"]
    assert "1 of 1 checks" in lines["ch07/corr2d"]
    assert "changed since" not in lines["ch07/corr2d"]
    assert "failed" in lines["ch07/pool2d"]
    assert "changed since" in lines["ch07/pool2d"]
    assert "not started" in lines["ch08/vgg"]
    assert "hidden checks run when your work is graded" in run("status").out


def test_status_of_work_that_was_never_checked(run: Run, folder: Path) -> None:
    run("start", "corr2d")
    (folder / "ch07" / "corr2d.py").write_text("mine", encoding="utf-8")
    assert "not checked yet" in run("status", "corr2d").out


def test_commands_outside_a_workspace_say_how_to_make_one(run: Run) -> None:
    for command in (["status"], ["hint", "corr2d"], ["reset", "corr2d"], ["submit"], ["check"]):
        done = run(*command)
        assert done.code == 2
        assert "d2l-kit start" in done.err


def begin(run: Run, folder: Path) -> None:
    """A workspace of chapter 7 with one answer in it."""
    run("start", "ch7")
    (folder / "ch07" / "corr2d.py").write_text("mine", encoding="utf-8")


def test_submit_packs_says_what_is_a_stub_and_what_to_do(run: Run, folder: Path) -> None:
    begin(run, folder)
    done = run("submit")
    assert done.code == 0
    assert "ch07/pool2d is still the stub" in done.err
    assert "corr2d" not in done.err
    assert "sha256 " in done.out
    assert "upload" in done.out
    with zipfile.ZipFile(folder / "submission.zip") as archive:
        assert archive.namelist() == ["ch07/corr2d.py", "ch07/pool2d.py", "d2l-kit.toml"]


def test_a_comment_in_a_stub_is_no_answer(run: Run, folder: Path) -> None:
    run("start", "corr2d")
    (folder / "ch07" / "corr2d.py").write_text("# soon\n" + stub("corr2d"), encoding="utf-8")
    assert "not started" in run("status").out
    done = run("submit")
    assert (done.code, "every file is still the stub" in done.err) == (2, True)


def test_submit_never_overwrites_unless_told(run: Run, folder: Path) -> None:
    begin(run, folder)
    target = folder / "hw.zip"
    target.write_bytes(b"mine")
    done = run("submit", "--output", "hw.zip")
    assert (done.code, "already there" in done.err) == (2, True)
    assert target.read_bytes() == b"mine"
    assert run("submit", "--output", "hw.zip", "-f").code == 0
    assert zipfile.is_zipfile(target)


def test_submit_twice_gives_the_same_sum(run: Run, folder: Path) -> None:
    begin(run, folder)
    sums = {run("submit", "-o", f"{n}.zip").out.splitlines()[1] for n in range(2)}
    assert len(sums) == 1


def test_submit_of_a_missing_file_is_said(run: Run, folder: Path) -> None:
    begin(run, folder)
    done = run("submit", "corr2d", "vgg")
    assert "ch08/vgg is not in it" in done.err


def test_submit_of_what_is_not_started_names_it(run: Run, folder: Path) -> None:
    begin(run, folder)
    done = run("submit", "vgg")
    assert done.code == 2
    assert "ch08/vgg is not started" in done.err
    assert "d2l-kit start vgg" in done.err


def test_submit_with_nothing_started_is_refused(run: Run, folder: Path) -> None:
    (folder / "d2l-kit.toml").write_text("format = 1\n", encoding="utf-8")
    assert run("submit").code == 2

"""`author show`, and the tables that authors read."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from author_course import course, fill_in, read, rooms, scaffold
from d2l_kit.author.new import Rooms
from d2l_kit.author.show import parts
from d2l_kit.author.table import columns, shown
from d2l_kit.catalog import Course
from d2l_kit.cli import main


@pytest.fixture
def where(tmp_path: Path) -> Rooms:
    made = rooms(tmp_path)
    fill_in(scaffold(made, "relu", "gelu"))
    return made


def test_every_part_is_shown_with_what_is_missing(where: Rooms) -> None:
    chapter = read(where)
    assert chapter.reference_root is not None
    for path in ("gelu.mistakes.toml", "alternatives/gelu__another_way.py"):
        (chapter.reference_root / path).unlink()
    found = {part.what: part for part in parts(read(where), read(where).exercises[1])}
    assert {what for what, part in found.items() if not part.there} == {"mistakes", "alternative", "fingerprints"}
    assert found["alternative"].path == chapter.reference_root / "alternatives" / "gelu__STYLE.py"
    assert (found["stub"].room, found["solution"].room) == ("course", "reference")


def test_all_alternatives_and_whole_file_mistakes_are_shown(where: Rooms) -> None:
    chapter = read(where)
    assert chapter.reference_root is not None
    (chapter.reference_root / "mistakes").mkdir()
    for name in ("alternatives/relu__b.py", "mistakes/relu__c.py", "mistakes/gelu__d.py"):
        (chapter.reference_root / name).write_text("", encoding="utf-8")
    names = [part.path.name for part in parts(read(where), read(where).exercises[0])]
    assert {"relu__another_way.py", "relu__b.py", "relu__c.py"} <= set(names)
    assert "gelu__d.py" not in names


def test_the_command_prints_paths_from_here(
    where: Rooms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("d2l_kit.plugins.load_course", lambda: course(where))
    monkeypatch.chdir(tmp_path)
    assert main(["author", "show", "relu", "ch21/gelu"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("ch21/relu\n")
    assert "\n\nch21/gelu\n" in out
    assert "  course/my_course/ch21_between/relu.py\n" in out
    assert "MISSING  course/my_course/ch21_between/fingerprints.json\n" in out


def test_the_command_prints_json_with_whole_paths(
    where: Rooms, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("d2l_kit.plugins.load_course", lambda: course(where))
    assert main(["author", "show", "relu", "--format", "json"]) == 0
    first = json.loads(capsys.readouterr().out)["exercises"]["ch21/relu"][0]
    assert first == {
        "room": "course", "what": "stub", "path": str(read(where).root / "relu.py"), "there": True,
    }  # fmt: skip


def test_where_the_reference_is_not_installed_that_is_said(
    where: Rooms, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from d2l_kit.catalog import read_chapter

    student = Course((replace(read_chapter(read(where).root), reference_root=None),))
    monkeypatch.setattr("d2l_kit.plugins.load_course", lambda: student)
    assert main(["author", "show", "relu"]) == 0
    captured = capsys.readouterr()
    assert "reference of ch21 is not here" in captured.err
    assert "solution" not in captured.out


def test_columns_are_as_wide_as_they_need_to_be() -> None:
    assert columns(("a", "bbb"), [("cc", "d")]) == "a   bbb\ncc  d"


def test_a_path_elsewhere_is_shown_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert shown(tmp_path / "here" / "a") == "a"
    assert shown(tmp_path / "b") == str(tmp_path / "b")

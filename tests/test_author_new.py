"""`author new`: what it writes, what it refuses, and that what it writes can be filled in."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from author_course import fill_in, read, rooms, scaffold
from d2l_kit.author.files import look, look_at_chapter
from d2l_kit.author.new import (
    Rooms,
    installed_rooms,
    new_chapter,
    new_exercise,
    new_package,
    read_section,
    read_target,
)
from d2l_kit.catalog import Chapter, Course, Section, read_chapter
from d2l_kit.cli import main
from d2l_kit.errors import UsageError

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def where(tmp_path: Path) -> Rooms:
    return rooms(tmp_path)


@pytest.fixture
def run(where: Rooms, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `author new` with the rooms given; answers exit code, stdout and stderr."""

    def _run(*arguments: str, given: bool = True) -> tuple[int, str, str]:
        own = ["--course", str(where.course), "--reference", str(where.reference)] if given else []
        code = main(["author", "new", *arguments, *own])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return _run


def snapshot(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("text", "expected"),
    [("ch08", (8, "")), ("ch8", (8, "")), ("8", (8, "")), ("ch08/alexnet", (8, "alexnet")), ("12/a_b2", (12, "a_b2"))],
)  # fmt: skip
def test_a_target_is_a_chapter_or_an_exercise_of_one(text: str, expected: tuple[int, str]) -> None:
    target = read_target(text)
    assert (target.number, target.exercise) == expected


@pytest.mark.parametrize(
    "text", ["", "alexnet", "ch", "ch08/", "ch08/AlexNet", "ch08/a__b", "ch08/../x", "ch08/lambda", "ch123", "ch08/a/b"]
)  # fmt: skip
def test_any_other_target_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        read_target(text)


def test_a_new_chapter_can_be_read_and_is_empty(where: Rooms) -> None:
    made = new_chapter(where, 8, "Modern CNNs", sections=[Section("8.1", 'AlexNet, "deep"')])
    chapter = read_chapter(made.chapter)
    assert (chapter.number, chapter.slug, chapter.title) == (8, "ch08_modern_cnns", "Modern CNNs")
    assert chapter.sections == (Section("8.1", 'AlexNet, "deep"'),)
    assert chapter.exercises == ()
    assert made.entry_point == 'ch08 = "my_course.ch08_modern_cnns"'
    assert (where.reference / "ch08_modern_cnns").is_dir()


def test_a_new_chapters_module_is_its_plugin(where: Rooms) -> None:
    made = new_chapter(where, 8, "Modern CNNs")
    names: dict[str, object] = {"__file__": str(made.chapter / "__init__.py")}
    exec((made.chapter / "__init__.py").read_text(encoding="utf-8"), names)
    plugin = names["d2l_kit_chapter"]
    assert callable(plugin)
    assert plugin().number == 8


def test_a_chapter_of_that_number_is_not_made_twice(where: Rooms) -> None:
    new_chapter(where, 8, "Modern CNNs")
    before = snapshot(where.course)
    with pytest.raises(UsageError, match="ch08_modern_cnns is there already") as caught:
        new_chapter(where, 8, "Another title")
    assert "author new ch08/NAME" in caught.value.remedy
    assert snapshot(where.course) == before


@pytest.mark.parametrize("title", ["", "two\nlines", "a\x7fb", 'three """ quotes', "back\\slash"])
def test_a_title_that_would_break_a_file_is_refused(where: Rooms, title: str) -> None:
    with pytest.raises(UsageError):
        new_chapter(where, 8, title, slug="x")
    assert snapshot(where.course) == {}


def test_a_title_in_another_script_needs_a_slug(where: Rooms) -> None:
    with pytest.raises(UsageError, match="--slug"):
        new_chapter(where, 8, "卷积")
    assert read_chapter(new_chapter(where, 8, "卷积", slug="conv").chapter).title == "卷积"


def test_a_new_exercise_has_every_part_in_its_place(where: Rooms) -> None:
    chapter = scaffold(where, "relu")
    (exercise,) = chapter.exercises
    files = exercise.files
    for path in (files.stub, files.public_checks, files.solution, files.mistakes, files.hidden_checks):
        assert path is not None
        assert path.is_file()
    assert [path.name for path in files.alternatives] == ["relu__another_way.py"]
    assert exercise.title == "Relu"
    assert exercise.sections == ("21.1",)


def test_all_python_of_a_scaffold_parses(where: Rooms) -> None:
    scaffold(where, "relu")
    for room in (where.course, where.reference):
        for path in room.rglob("*.py"):
            ast.parse(path.read_text(encoding="utf-8"))


def test_a_table_is_appended_and_the_rest_stays_byte_for_byte(where: Rooms) -> None:
    chapter = scaffold(where, "relu")
    table = chapter.root / "chapter.toml"
    own = table.read_bytes() + "\n# my own comment, ünïcode\r\n# no newline at the end".encode()
    table.write_bytes(own)
    new_exercise(where, 21, "gelu", 'A "smooth" one', ["21.1"], kind="module", difficulty=3)
    assert table.read_bytes().startswith(own)
    relu, gelu = read(where).exercises
    assert (gelu.name, gelu.title, gelu.kind, gelu.difficulty) == ("gelu", 'A "smooth" one', "module", 3)
    assert relu.name == "relu"


def test_the_first_section_without_an_exercise_is_taken(where: Rooms) -> None:
    new_chapter(where, 21, "T", "between", [Section("21.1", "A"), Section("21.2", "B")])
    new_exercise(where, 21, "one")
    new_exercise(where, 21, "two")
    assert [exercise.sections for exercise in read(where).exercises] == [("21.1",), ("21.2",)]
    with pytest.raises(UsageError, match="every section is practised") as caught:
        new_exercise(where, 21, "three")
    assert "--section 21.2" in caught.value.remedy


def test_a_section_the_chapter_lacks_is_refused(where: Rooms) -> None:
    scaffold(where)
    with pytest.raises(UsageError, match=r"no section '9\.9'") as caught:
        new_exercise(where, 21, "relu", sections=["9.9"])
    assert "21.1" in caught.value.remedy


@pytest.mark.parametrize("taken", ["course", "reference", "dangling link"])
def test_nothing_is_overwritten_and_nothing_is_written_beside_it(where: Rooms, taken: str) -> None:
    chapter = scaffold(where)
    assert chapter.reference_root is not None
    path = (chapter.reference_root if taken == "reference" else chapter.root) / "relu.py"
    if taken == "dangling link":
        path.symlink_to(where.course / "nowhere")
    else:
        path.write_text("mine\n", encoding="utf-8")
    before = snapshot(where.course.parent.parent)
    with pytest.raises(UsageError) as caught:
        new_exercise(where, 21, "relu")
    assert str(path) in caught.value.message
    assert snapshot(where.course.parent.parent) == before


def test_an_exercise_listed_already_is_refused_by_the_files_name(where: Rooms) -> None:
    chapter = scaffold(where, "relu")
    with pytest.raises(UsageError, match="lists 'relu' already") as caught:
        new_exercise(where, 21, "relu")
    assert str(chapter.root / "chapter.toml") in caught.value.message


def test_a_chapter_whose_exercises_are_an_inline_array_is_left_alone(where: Rooms) -> None:
    chapter = scaffold(where)
    table = chapter.root / "chapter.toml"
    table.write_text(table.read_text(encoding="utf-8") + "exercise = []\n", encoding="utf-8")
    before = snapshot(where.course)
    with pytest.raises(UsageError, match="appended"):
        new_exercise(where, 21, "relu")
    assert snapshot(where.course) == before


def test_an_unwritten_scaffold_gives_a_finding_for_every_file_with_its_lines(where: Rooms) -> None:
    new_chapter(where, 21, "Between the layers", "between")
    new_exercise(where, 21, "relu")
    chapter = read(where)
    (exercise,) = chapter.exercises
    found = [f for f in [*look_at_chapter(chapter), *look(chapter, exercise)] if f.rule == "filled in"]
    assert {f.file.name for f in found} == {
        "README.md", "chapter.toml", "relu.py", "test_relu.py", "relu.mistakes.toml", "relu__another_way.py",
    }  # fmt: skip
    (solution,) = [f for f in found if f.file == exercise.files.solution]
    assert solution.message.startswith("line 5 still holds")
    assert solution.remedy


def test_a_filled_in_scaffold_leaves_the_rules_on_files_nothing_to_say(where: Rooms) -> None:
    fill_in(scaffold(where, "relu"))
    chapter = read(where)
    assert look_at_chapter(chapter) == []
    assert look(chapter, chapter.exercises[0]) == []


def test_a_package_of_ones_own_has_two_wheels_and_no_solution_in_the_students(tmp_path: Path) -> None:
    made = new_package(tmp_path / "mine", "my_chapter", 30, "My own")
    students = tomllib.loads((tmp_path / "mine/pyproject.toml").read_text(encoding="utf-8"))
    instructors = tomllib.loads((tmp_path / "mine/reference/pyproject.toml").read_text(encoding="utf-8"))
    assert students["project"]["entry-points"]["d2l_kit"] == {"ch30": "my_chapter.ch30_my_own"}
    wheel = students["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert wheel == ["course/my_chapter"]
    assert students["tool"]["hatch"]["build"]["targets"]["sdist"]["only-include"] == ["course"]
    assert instructors["project"]["dependencies"] == ["my-chapter"]
    assert list(instructors["project"]["entry-points"]["d2l_kit"].values()) == ["my_chapter_reference"]
    assert made.chapter == tmp_path / "mine/course/my_chapter/ch30_my_own"
    assert (tmp_path / "mine/reference/my_chapter_reference/ch30_my_own").is_dir()


def test_a_package_does_not_overwrite_either(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("mine\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"README\.md is there already"):
        new_package(tmp_path, "my_chapter", 30, "My own")
    assert list(tmp_path.iterdir()) == [tmp_path / "README.md"]


def _installed(number: int, folder: Path) -> Chapter:
    slug = f"ch{number:02d}_x"
    root = folder / "course" / slug
    return Chapter(number, slug, "X", (), (), root, folder / "reference" / slug)


def test_rooms_are_those_of_the_installed_package(tmp_path: Path) -> None:
    course = Course((_installed(7, tmp_path / "kit"), _installed(8, tmp_path / "kit")))
    assert installed_rooms(course, 9) == Rooms(tmp_path / "kit/course", tmp_path / "kit/reference")


def test_among_several_packages_the_chapters_own_is_taken_and_else_one_is_to_be_named(tmp_path: Path) -> None:
    course = Course((_installed(7, tmp_path / "kit"), _installed(30, tmp_path / "mine")))
    assert installed_rooms(course, 30).course == tmp_path / "mine/course"
    with pytest.raises(UsageError) as caught:
        installed_rooms(course, 9)
    assert str(tmp_path / "mine/course") in caught.value.message
    assert "--course" in caught.value.remedy


def test_an_installed_copy_or_a_course_without_its_reference_is_not_written_to(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="installed copy"):
        installed_rooms(Course((_installed(7, tmp_path / "site-packages"),)), 8)
    alone = replace(_installed(7, tmp_path), reference_root=None)
    with pytest.raises(UsageError) as caught:
        installed_rooms(Course((alone,)), 8)
    assert "--reference" in caught.value.remedy


def test_a_section_is_a_number_and_a_title() -> None:
    assert read_section("8.1 Deep networks") == Section("8.1", "Deep networks")
    with pytest.raises(UsageError, match="lacks a title"):
        read_section("8.1")


def test_the_command_makes_a_chapter_and_tells_the_entry_point(run: Run, where: Rooms) -> None:
    code, out, err = run("ch08", "--title", "Modern CNNs", "--slug", "modern", "--section", "8.1 AlexNet")
    assert (code, err) == (0, "")
    assert 'ch08 = "my_course.ch08_modern"' in out
    assert "chapter.toml" in out
    assert read_chapter(where.course / "ch08_modern").sections == (Section("8.1", "AlexNet"),)


def test_the_command_makes_an_exercise_and_tells_how_to_go_on(run: Run, where: Rooms) -> None:
    scaffold(where)
    code, out, err = run("21/relu", "--kind", "module", "--difficulty", "4", "--title", "R")
    assert (code, err) == (0, "")
    assert "d2l-kit author verify ch21/relu" in out
    assert out.count("new: ") == 6
    assert read(where).exercises[0].difficulty == 4


def test_the_command_makes_a_package(run: Run, tmp_path: Path) -> None:
    into = tmp_path / "mine"
    code, out, _ = run("ch30", "--title", "Mine", "--package", "my_chapter", "--into", str(into), given=False)
    assert code == 0
    assert f"pip install -e {into} -e {into}/reference" in out


@pytest.mark.parametrize(
    "arguments",
    [
        ["ch08"],
        ["ch08", "--title", "T", "--kind", "module"],
        ["ch08", "--title", "T", "--package", "mine"],
        ["ch08", "--title", "T", "--package", "mine", "--into", "there"],
        ["ch08/alexnet"],
        ["ch21/relu", "--slug", "x"],
        ["ch21/relu", "--kind", "poem"],
        ["ch21/relu", "--difficulty", "6"],
    ],
)
def test_what_makes_no_sense_is_a_usage_error_and_writes_nothing(
    run: Run, where: Rooms, arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scaffold(where)
    monkeypatch.chdir(tmp_path)
    before = snapshot(tmp_path)
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert err
    assert snapshot(tmp_path) == before


def test_one_room_needs_the_other_and_both_must_exist(run: Run, where: Rooms, tmp_path: Path) -> None:
    code, _, err = run("ch08", "--title", "T", "--course", str(where.course), given=False)
    assert (code, "--reference" in err) == (2, True)
    nowhere = ["--course", str(where.course), "--reference", str(tmp_path / "nowhere")]
    code, _, err = run("ch08", "--title", "T", *nowhere, given=False)
    assert (code, "nowhere" in err) == (2, True)

"""`assign new`, `assign check`, `assign build`: from nothing to a hand-out that is graded as its assignment."""

from __future__ import annotations

import json
import os
import re
import zipfile
from pathlib import Path

import nbformat
import pytest
from d2l_kit.cli import main
from d2l_kit.plugins import load_course
from d2l_kit.submission import read_submission

NEW = ("assign", "new", "hw2", "--exercises", "corr2d,pool2d", "--due", "2026-12-01 23:59", "--tz", "Europe/Berlin")


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an assignment that was made and built."""
    monkeypatch.chdir(tmp_path)
    assert main(NEW) == 0
    assert main(["assign", "build", "hw2"]) == 0
    return tmp_path / "hw2"


def test_a_new_assignment_is_sound_private_and_never_overwritten(
    made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["assign", "check", "hw2"]) == 0
    assert "2 exercises for 25 points; due Tuesday, 1 December 2026, 23:59" in capsys.readouterr().out
    if os.name == "posix":
        assert (made / "assignment.toml").stat().st_mode & 0o077 == 0
    before = (made / "assignment.toml").read_bytes()
    assert main(NEW) == 2
    assert (made / "assignment.toml").read_bytes() == before


def test_last_years_rules_are_taken_along_but_not_its_seed_and_extensions(
    made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = made / "assignment.toml"
    text = old.read_text(encoding="utf-8").replace("percent = 0", "percent = 7.5").replace("points = 10", "points = 17")
    text = text.replace('# until = "2026-12-08 23:59"', 'until = "2026-12-08 23:59"')
    old.write_text(text + '[[extension]]\nstudent = "ada"\ndue = "2026-12-02 23:59"\n', encoding="utf-8")
    assert main(["assign", "new", "hw2-2027", "--from", "hw2"]) == 2
    assert "Give it anew" in capsys.readouterr().err
    assert main(["assign", "new", "hw2-2027", "--from", "hw2", "--due", "2027-11-30 23:59"]) == 0
    new = Path("hw2-2027/assignment.toml").read_text(encoding="utf-8")
    assert "percent = 7.5" in new
    assert "points = 17" in new
    assert 'until = "2027-12-07 23:59"' in new
    assert "ada" not in new
    assert _seed(new) != _seed(text)


def test_assign_check_prints_every_problem_and_ends_with_1(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = made / "assignment.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("points = 1", "points = -1"), encoding="utf-8")
    capsys.readouterr()
    assert main(["assign", "check", "hw2"]) == 1
    assert capsys.readouterr().out.count("must be above 0") == 2


def test_two_builds_are_the_same_bytes_under_another_umask_and_zone(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    mask = os.umask(0o077)
    try:
        assert main(["assign", "build", "hw2", "--out", "again"]) == 0
    finally:
        os.umask(mask)
    assert _contents(made / "handout") == _contents(Path("again"))


def test_a_hand_out_that_was_changed_is_not_overwritten_unless_asked(made: Path) -> None:
    stub = made / "handout" / "hw2" / "ch07" / "corr2d.py"
    original = stub.read_bytes()
    stub.write_text("mine\n", encoding="utf-8")
    assert main(["assign", "build", "hw2"]) == 2
    assert stub.read_text(encoding="utf-8") == "mine\n"
    assert main(["assign", "build", "hw2", "-f"]) == 0
    assert stub.read_bytes() == original


def test_nothing_of_the_reference_hidden_checks_seed_or_extensions_is_handed_out(made: Path) -> None:
    handed_out = b"\n".join(_contents(made / "handout").values()).decode("utf-8", "replace")
    assert _seed((made / "assignment.toml").read_text(encoding="utf-8")) not in handed_out
    course = load_course()
    for exercise in course.select(["corr2d", "pool2d"]):
        public = exercise.files.stub.read_text(encoding="utf-8") + course.chapter_of(exercise).page.read_text("utf-8")
        for path in (exercise.files.solution, exercise.files.hidden_checks, exercise.files.mistakes):
            assert path is not None
            for line in path.read_text(encoding="utf-8").splitlines():
                telling = line.strip()
                if len(telling) > 25 and telling not in public:
                    assert telling not in handed_out, f"{path}: {telling}"


def test_the_notebook_is_valid_and_locks_all_but_the_answers(made: Path) -> None:
    notebook = nbformat.read(made / "handout" / "hw2.ipynb", as_version=4)
    nbformat.validate(notebook)
    assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)
    editable = [cell for cell in notebook.cells if cell.metadata.get("editable", True)]
    assert [cell.metadata["d2l_kit"]["exercise"] for cell in editable] == ["ch07/corr2d", "ch07/pool2d"]


def test_an_answered_notebook_is_read_as_the_assignments_without_notes(made: Path, tmp_path: Path) -> None:
    course = load_course()
    corr2d, pool2d = course.select(["corr2d", "pool2d"])
    assert corr2d.files.solution is not None
    solution = corr2d.files.solution.read_text(encoding="utf-8")
    document = json.loads((made / "handout" / "hw2.ipynb").read_text(encoding="utf-8"))
    answer = next(cell for cell in document["cells"] if cell["metadata"].get("d2l_kit"))
    answer["source"] = solution
    handed_in = tmp_path / "ada.ipynb"
    handed_in.write_text(json.dumps(document), encoding="utf-8")
    found = read_submission(handed_in, [corr2d, pool2d])
    assert found.mark == "hw2"
    assert not found.notes
    assert not found.problems
    assert found.sources["ch07/corr2d"].text.strip() == solution.strip()


def test_the_folder_and_the_zip_carry_the_assignments_mark(made: Path) -> None:
    exercises = load_course().select(["corr2d", "pool2d"])
    for path in (made / "handout" / "hw2", made / "handout" / "hw2.zip"):
        found = read_submission(path, exercises)
        assert found.mark == "hw2"
        assert set(found.sources) == {"ch07/corr2d", "ch07/pool2d"}
    with zipfile.ZipFile(made / "handout" / "hw2.zip") as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_a_template_of_ones_own_goes_first_and_sees_no_secret(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = Path("mine/assignment")
    own.mkdir(parents=True)
    (own / "README.md.j2").write_text("Mine: {{ title }}\n", encoding="utf-8")
    assert main(["assign", "build", "hw2", "--out", "other", "--templates", "mine"]) == 0
    assert Path("other/hw2/README.md").read_text(encoding="utf-8") == "Mine: hw2\n"
    (own / "README.md.j2").write_text("\n{{ seed }}\n", encoding="utf-8")
    assert main(["assign", "build", "hw2", "--out", "third", "--templates", "mine"]) == 2
    assert "README.md.j2" in capsys.readouterr().err


def test_check_reads_a_single_file_without_a_workspace(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--file", "gone.ipynb"]) == 2
    assert "gone.ipynb is not there" in capsys.readouterr().err
    assert main(["check", "--file", "hw2/handout/hw2.ipynb", "corr2d", "--start-method", "fresh"]) == 1
    assert "Not started: ch07/corr2d" in capsys.readouterr().out
    assert not Path(".d2l-kit").exists()


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _seed(text: str) -> str:
    match = re.search(r'^seed = "(.+)"', text, re.MULTILINE)
    assert match is not None
    return match[1]

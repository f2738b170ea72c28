"""`assign export --to nbgrader` and `--to otter`: what is in the folders; `test_platforms` runs the tools on them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from d2l_kit.cli import main
from d2l_kit.plugins import load_course

EXERCISES = ("corr2d", "pool2d", "fix_cnn_training")


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the assignment, and both exports below it."""
    folder = tmp_path_factory.mktemp("notebooks")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        new = ["assign", "new", "hw2", "--exercises", ",".join(EXERCISES), "--due", "2026-12-01 23:59", "--tz", "UTC"]
        assert main(new) == 0
        Path("roster.csv").write_text("id,name\nada,Ada\n", encoding="utf-8")
        text = Path("hw2/assignment.toml").read_text(encoding="utf-8")
        Path("hw2/assignment.toml").write_text('roster = "../roster.csv"\n' + text, encoding="utf-8")
        for platform in ("nbgrader", "otter"):
            assert main(["assign", "export", "hw2", "--to", platform, "--out", platform]) == 0
    return folder


def cells(notebook: Path) -> list[dict[str, Any]]:
    """A notebook's cells."""
    return list(json.loads(notebook.read_text(encoding="utf-8"))["cells"])


def nbgrader_cells(exported: Path) -> dict[str, dict[str, Any]]:
    """The cells that nbgrader knows, by their ids in it."""
    found = cells(exported / "nbgrader/source/hw2/hw2.ipynb")
    return {c["metadata"]["nbgrader"]["grade_id"]: c for c in found if "nbgrader" in c["metadata"]}


def test_each_exercise_has_a_cell_that_its_points_come_from(exported: Path) -> None:
    told = [cell["metadata"]["nbgrader"] for cell in nbgrader_cells(exported).values()]
    graded = [each for each in told if each["grade"]]
    points = [exercise.points for exercise in load_course().select(EXERCISES)]
    assert [each["grade_id"] for each in graded] == [f"test-ch07-{name}" for name in EXERCISES]
    assert [each["points"] for each in graded] == points
    assert all(each["locked"] and not each["solution"] for each in graded)


def test_a_cell_that_nbgrader_should_run_itself_earns_nothing(exported: Path) -> None:
    source = "".join(nbgrader_cells(exported)["test-ch07-corr2d"]["source"])
    program = source.replace("import subprocess\n", "class subprocess:\n    run = lambda *a, **k: subprocess\n    "
                             "PIPE = STDOUT = stdout = None\n")  # fmt: skip
    for execution, code in (("autograde", 1), ("validate", 0)):
        environment = os.environ | {"NBGRADER_EXECUTION": execution}
        done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, check=False)
        assert done.returncode == code, done.stderr


def test_answers_are_stubs_with_nbgraders_marks_around_what_raises(exported: Path) -> None:
    known = nbgrader_cells(exported)
    source = "".join(known["answer-ch07-corr2d"]["source"])
    assert "    ### BEGIN SOLUTION\n    raise NotImplementedError\n    ### END SOLUTION" in source
    # A program to be mended has no such line, and nbgrader would empty a cell that it takes for a solution.
    assert "answer-ch07-fix_cnn_training" not in known


def test_the_seed_lies_outside_of_what_nbgrader_hands_out(exported: Path) -> None:
    seed = next(
        line for line in (exported / "hw2/assignment.toml").read_text(encoding="utf-8").splitlines() if "seed" in line
    )
    course = exported / "nbgrader"
    holding = [path for path in course.rglob("*") if path.is_file() and seed in path.read_text(encoding="utf-8")]
    assert holding == [course / "d2l-kit/hw2/assignment.toml"]


@pytest.mark.parametrize("notebook", ["nbgrader/source/hw2/hw2.ipynb", "otter/hw2.ipynb"])
def test_nothing_hidden_is_in_the_students_notebook(exported: Path, notebook: str) -> None:
    text = "\n".join("".join(cell["source"]) for cell in cells(exported / notebook))
    for exercise in load_course().select(EXERCISES):
        for path in (exercise.files.solution, exercise.files.hidden_checks):
            assert path is not None
            own = {line.strip() for line in path.read_text(encoding="utf-8").splitlines() if len(line.strip()) > 25}
            stub = exercise.files.stub.read_text(encoding="utf-8")
            assert not [line for line in own if line in text and line not in stub]


def test_the_roster_goes_along_with_the_assignment(exported: Path) -> None:
    for folder in ("nbgrader/d2l-kit/hw2", "otter/d2l-kit"):
        assert 'roster = "roster.csv"' in (exported / folder / "assignment.toml").read_text(encoding="utf-8")
        assert (exported / folder / "roster.csv").read_text(encoding="utf-8") == "id,name\nada,Ada\n"


def test_otters_tests_fail_wherever_the_plugin_does_not_speak_for_them(exported: Path) -> None:
    names: dict[str, Any] = {}
    exec((exported / "otter/tests/ch07_corr2d.py").read_text(encoding="utf-8"), names)
    (case,) = names["test"]["suites"][0]["cases"]
    assert (names["OK_FORMAT"], names["test"]["points"]) == (True, 10)
    program, expected = case["code"].removeprefix(">>> ").split("\n")
    assert repr(eval(program)) != expected
    config = json.loads((exported / "otter/otter_config.json").read_text(encoding="utf-8"))
    assert config["plugins"] == ["d2l_kit.gradebook.on_otter.Judge"]


def test_twice_the_same_gives_the_same_bytes(exported: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(exported)
    for platform in ("nbgrader", "otter"):
        before = {path: path.read_bytes() for path in Path(platform).rglob("*") if path.is_file()}
        assert main(["assign", "export", "hw2", "--to", platform, "--out", platform]) == 0
        assert {path: path.read_bytes() for path in before} == before

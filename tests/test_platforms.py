"""nbgrader and Otter-Grader themselves, run on what is exported for them: their scores are those that the kit gives.

`make test-platforms` makes an environment for each tool and says in D2L_PLATFORMS where they are.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from d2l_kit.cli import main

pytestmark = [pytest.mark.platforms, pytest.mark.slow]

ROOT = Path(__file__).parent.parent
PLATFORMS = os.environ.get("D2L_PLATFORMS", "")
REFERENCE = ROOT / "reference/d2l_reference/ch07_cnn"
# What each student's notebook earns in corr2d (10 points) and pool2d (15).
POINTS = {"ada": (10, 15), "ben": (10, 0), "cem": (0, 15), "dan": (10, 15), "eve": (0, 0), "fay": (0, 0)}
FORGED = "20"
LEAVES = "\nimport os\nos._exit(0)\n"

Notebook = dict[str, Any]


def tool(name: str, program: str) -> Path:
    """A tool's program in its environment; the test is skipped where there is none."""
    path = ROOT / PLATFORMS / name / "bin" / program
    if not PLATFORMS or not path.is_file():
        pytest.skip(f"`make test-platforms` installs {name}")
    return path


def run(program: Path, *arguments: str, cwd: Path, fine: bool = True) -> str:
    """What a tool says; its own folder is on the PATH, where nbgrader looks for alembic."""
    environment = os.environ | {"PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        [str(program), *arguments], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode == 0) is fine, done.stdout + done.stderr
    return done.stdout + done.stderr


def solution(name: str) -> str:
    return (REFERENCE / f"{name}.py").read_text(encoding="utf-8")


def answered(blank: Notebook, answer: Callable[[str, str], str]) -> Notebook:
    """A student's notebook: `answer(exercise, stub)` stands in each answer's cell."""
    notebook: Notebook = json.loads(json.dumps(blank))
    for cell in notebook["cells"]:
        exercise = cell["metadata"].get("d2l_kit", {}).get("exercise", "")
        if exercise:
            text = answer(exercise.rpartition("/")[2], "".join(cell["source"]))
            cell["source"] = text.splitlines(keepends=True)
    return notebook


def flipped(name: str, _stub: str) -> str:
    return solution(name).replace("K).sum()", "K.flip(0, 1)).sum()")


def notebooks(blank: Notebook) -> dict[str, Notebook]:
    """What the class hands in; `dan` and `eve` are for each platform to spoil."""
    return {
        "ada": answered(blank, lambda name, stub: solution(name)),
        "ben": answered(blank, lambda name, stub: solution(name) if name == "corr2d" else stub),
        "cem": answered(blank, flipped),
        "dan": answered(blank, lambda name, stub: solution(name)),
        "eve": answered(blank, lambda name, stub: stub + LEAVES),
        "fay": blank,
    }


@pytest.fixture
def assignment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An assignment of two exercises; its folder's parent is where we are."""
    monkeypatch.chdir(tmp_path)
    new = ["assign", "new", "hw2", "--exercises", "corr2d,pool2d", "--due", "2026-12-01 23:59", "--tz", "UTC"]
    assert main(new) == 0
    return tmp_path / "hw2"


def test_nbgrader_makes_grades_and_gives_back_an_assignment(assignment: Path) -> None:
    nbgrader = tool("nbgrader", "nbgrader")
    assert main(["assign", "export", "hw2", "--to", "nbgrader", "--out", "course"]) == 0
    course = assignment.parent / "course"
    run(nbgrader, "generate_assignment", "hw2", cwd=course)
    released = course / "release/hw2/hw2.ipynb"
    assert "SOLUTION" not in released.read_text(encoding="utf-8")
    class_ = notebooks(json.loads(released.read_text(encoding="utf-8")))
    # Who deletes the cell that tests is graded all the same, and so is who answers for it or takes the marks off.
    dan, eve = class_["dan"], class_["eve"]
    dan["cells"] = [cell for cell in dan["cells"] if "check" not in cell["id"]]
    for cell in eve["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade"):
            cell["source"] = [FORGED]
        cell["metadata"].pop("d2l_kit", None)
    eve["metadata"].pop("d2l_kit")
    for student, notebook in class_.items():
        hand_in(course / "submitted" / student / "hw2/hw2.ipynb", json.dumps(notebook))
    run(nbgrader, "autograde", "hw2", cwd=course)
    run(nbgrader, "export", cwd=course)
    with (course / "grades.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["student_id"]: (float(row["score"]), float(row["max_score"])) for row in csv.DictReader(file)}
    assert rows == {student: (sum(points), 25) for student, points in POINTS.items()}
    run(nbgrader, "generate_feedback", "hw2", cwd=course)
    feedback = (course / "feedback/cem/hw2/hw2.html").read_text(encoding="utf-8")
    assert "upside down" in feedback


def test_nbgrader_keeps_no_score_where_the_kit_gives_no_report(assignment: Path) -> None:
    nbgrader = tool("nbgrader", "nbgrader")
    assert main(["assign", "export", "hw2", "--to", "nbgrader", "--out", "course"]) == 0
    course = assignment.parent / "course"
    run(nbgrader, "generate_assignment", "hw2", cwd=course)
    hand_in(course / "submitted/ada/hw2/hw2.ipynb", (course / "release/hw2/hw2.ipynb").read_text(encoding="utf-8"))
    (course / "d2l-kit/hw2/assignment.toml").write_text("format = 99\n", encoding="utf-8")
    said = run(nbgrader, "autograde", "hw2", cwd=course, fine=False)
    assert "assignment.toml" in said
    assert not (course / "autograded/ada/hw2").exists()


def test_nbgrader_runs_the_courses_other_notebooks_as_ever(assignment: Path) -> None:
    nbgrader = tool("nbgrader", "nbgrader")
    assert main(["assign", "export", "hw2", "--to", "nbgrader", "--out", "course"]) == 0
    course = assignment.parent / "course"
    flags = {"schema_version": 3, "grade": True, "locked": True, "solution": False, "task": False}
    cell = {
        "cell_type": "code",
        "execution_count": None,
        "id": "test",
        "metadata": {"nbgrader": flags | {"grade_id": "test", "points": 3}},
        "outputs": [],
        "source": ["2"],
    }
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    other = {"cells": [cell], "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    hand_in(course / "source/ps1/ps1.ipynb", json.dumps(other))
    run(nbgrader, "generate_assignment", "ps1", cwd=course)
    hand_in(course / "submitted/ada/ps1/ps1.ipynb", (course / "release/ps1/ps1.ipynb").read_text(encoding="utf-8"))
    run(nbgrader, "autograde", "ps1", cwd=course)
    run(nbgrader, "export", cwd=course)
    assert "ada,,,,2.0,0.0,2.0,3.0" in (course / "grades.csv").read_text(encoding="utf-8")


def test_otter_grades_an_assignment(assignment: Path) -> None:
    otter = tool("otter-grader", "otter")
    folder, autograder = _otter(assignment, otter)
    class_ = notebooks(json.loads((folder / "hw2.ipynb").read_text(encoding="utf-8")))
    for student, notebook in class_.items():
        path = hand_in(assignment.parent / f"{student}.ipynb", json.dumps(notebook))
        results = _results(otter, autograder, path)
        scores = {test["name"]: test["score"] for test in results["tests"] if "score" in test}
        assert scores == dict(zip(("ch07_corr2d", "ch07_pool2d"), POINTS[student], strict=True)), student
        if student == "cem":
            assert "upside down" in results["output"]


def test_a_module_that_is_handed_in_beside_it_does_not_take_otters_place(assignment: Path) -> None:
    otter = tool("otter-grader", "otter")
    folder, autograder = _otter(assignment, otter)
    path = assignment.parent / "eve.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(folder / "hw2.ipynb", "eve.ipynb")
        archive.writestr("pickle.py", "raise SystemExit('mine')\n")
        archive.writestr("otter/__init__.py", "raise SystemExit('mine')\n")
    assert sum(test.get("score", 0) for test in _results(otter, autograder, path)["tests"]) == 0


def test_otter_gives_no_score_where_the_kit_gives_no_report(assignment: Path) -> None:
    otter = tool("otter-grader", "otter")
    folder, autograder = _otter(assignment, otter)
    (folder / "d2l-kit/assignment.toml").write_text("format = 99\n", encoding="utf-8")
    run(otter, *_generate(folder), cwd=folder)
    words = ["run", "-a", str(autograder), "-o", str(assignment.parent), str(folder / "hw2.ipynb")]
    assert "assignment.toml" in run(otter, *words, cwd=assignment.parent, fine=False)
    assert not (assignment.parent / "results.json").exists()


def _otter(assignment: Path, otter: Path) -> tuple[Path, Path]:
    """The exported folder and the autograder that otter makes of it, as its README.md says."""
    assert main(["assign", "export", "hw2", "--to", "otter", "--out", "otter"]) == 0
    folder = assignment.parent / "otter"
    run(otter, *_generate(folder), cwd=folder)
    return folder, folder / "autograder.zip"


def _generate(folder: Path) -> list[str]:
    lines = (folder / "README.md").read_text(encoding="utf-8").splitlines()
    return next(line for line in lines if "otter generate" in line).split()[1:]


def _results(otter: Path, autograder: Path, submission: Path) -> dict[str, Any]:
    run(otter, "run", "-a", str(autograder), "-o", str(submission.parent), str(submission), cwd=submission.parent)
    return dict(json.loads((submission.parent / "results.json").read_text(encoding="utf-8")))


def hand_in(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path

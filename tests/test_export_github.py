"""`assign export --to github`, `github-grading` and `vscode`: what they hold, and their workflows' steps run here."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from d2l_kit.assign.exports.github_grading import schedule
from d2l_kit.assign.model import Assignment, Extension, LatePolicy
from d2l_kit.cli import main
from git_classes import Student

ROOT = Path(__file__).parent.parent


@pytest.mark.slow
def test_a_template_repository_checks_and_holds_nothing_hidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    yaml = pytest.importorskip("yaml")
    monkeypatch.chdir(tmp_path)
    assert main(["assign", "new", "hw2", "--exercises", "corr2d"]) == 0
    for out in ("one", "two"):
        assert main(["assign", "export", "hw2", "--to", "github", "--out", out]) == 0
    first, second = (
        {p.relative_to(o): p.read_bytes() for p in o.rglob("*") if p.is_file()}
        for o in (tmp_path / "one", tmp_path / "two")
    )
    assert first == second
    seed = re.search(r'^seed = "(.+)"', (tmp_path / "hw2/assignment.toml").read_text(encoding="utf-8"), re.MULTILINE)
    assert seed is not None
    assert not any(seed[1].encode() in content for content in first.values())
    assert not any("reference" in str(path) or "instructor" in str(path) for path in first)
    repository = tmp_path / "one"
    yaml.safe_load((repository / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    tasks = json.loads((repository / ".vscode/tasks.json").read_text(encoding="utf-8"))
    json.loads((repository / ".devcontainer/devcontainer.json").read_text(encoding="utf-8"))
    workflow = yaml.safe_load((repository / ".github/workflows/check.yml").read_text(encoding="utf-8"))
    assert workflow["permissions"] == {"contents": "read"}
    steps = workflow["jobs"]["check"]["steps"]
    assert all(re.search(r"@[0-9a-f]{40}$", step["uses"]) for step in steps if "uses" in step)
    assert not any(b"NotImplementedError" not in p.read_bytes() for p in repository.rglob("corr2d.py"))
    for wheel in repository.rglob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            assert not [name for name in archive.namelist() if name.startswith("d2l_reference")]
    commands = [step["run"] for step in steps if "run" in step and not step["run"].startswith("pip ")]
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "GITHUB_ACTIONS": "true"}
    environment["GITHUB_STEP_SUMMARY"] = str(tmp_path / "summary.md")
    stub = next(repository.rglob("corr2d.py")).read_bytes()
    solution = (ROOT / "reference/d2l_reference/ch07_cnn/corr2d.py").read_bytes()
    (task,) = tasks["tasks"]
    words = [word.replace("${workspaceFolder}", str(repository)) for word in task["args"]]
    wrong = solution.replace(b"* K", b"+ K")
    next(repository.rglob("corr2d.py")).write_bytes(wrong)
    said = subprocess.run([task["command"], *words], env=environment, capture_output=True, text=True).stdout
    pattern = task["problemMatcher"]["pattern"]
    found = [match for line in said.splitlines() if (match := re.search(pattern["regexp"], line))]
    assert found, said
    assert all((repository / match[pattern["file"]]).is_file() and match[pattern["message"]] for match in found)
    next(repository.rglob("corr2d.py")).write_bytes(stub)
    for status, answer in ((1, None), (0, solution)):
        if answer is not None:
            next(repository.rglob("corr2d.py")).write_bytes(answer)
        for command in commands:
            run = subprocess.run(["bash", "-e", "-c", command], cwd=repository, env=environment, capture_output=True)
            assert run.returncode == status, run.stdout + run.stderr


@pytest.fixture
def class_of_three(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An assignment that was due long ago, a class with a right, a wrong and a late answer, and its list."""
    monkeypatch.chdir(tmp_path)
    assert main(["assign", "new", "hw2", "--exercises", "corr2d", "--due", "2026-01-15 12:00", "--tz", "UTC"]) == 0
    solution = (ROOT / "reference/d2l_reference/ch07_cnn/corr2d.py").read_text(encoding="utf-8")
    wrong = solution.replace("* K", "+ K")
    lines = ["student,repository"]
    for name, early, late in (("ada", solution, wrong), ("ben", wrong, solution), ("cleo", "", solution)):
        student = Student(tmp_path, name)
        if early:
            student.commit("2026-01-10T12:00:00Z", {"ch07/corr2d.py": early})
        student.commit("2026-01-20T12:00:00Z", {"ch07/corr2d.py": late})
        lines.append(f"{name},{student.bare.as_uri()}")
    text = "\n".join([*lines, f"dan,{(tmp_path / 'gone.git').as_uri()}", ""])
    (tmp_path / "hw2" / "repositories.csv").write_text(text, encoding="utf-8")
    return text


@pytest.mark.slow
def test_a_grading_repository_collects_and_grades_step_by_step(tmp_path: Path, class_of_three: str) -> None:
    yaml = pytest.importorskip("yaml")
    for out in ("one", "two"):
        assert main(["assign", "export", "hw2", "--to", "github-grading", "--out", out]) == 0
    repository = tmp_path / "one"
    assert {p.name: p.read_bytes() for p in repository.rglob("*") if p.is_file()} == {
        p.name: p.read_bytes() for p in (tmp_path / "two").rglob("*") if p.is_file()
    }
    assert (repository / "repositories.csv").read_text(encoding="utf-8") == class_of_three
    assert sorted(path.name.partition("-")[0] for path in repository.rglob("*.whl")) == [
        "d2l_kit",
        "d2l_kit_instructor",
    ]
    workflow = yaml.safe_load((repository / ".github/workflows/grade.yml").read_text(encoding="utf-8"))
    steps = workflow["jobs"]["grade"]["steps"]
    assert workflow["permissions"] == {"contents": "read"}
    assert all(re.search(r"@[0-9a-f]{40}$", step["uses"]) for step in steps if "uses" in step)
    assert [step["name"] for step in steps if "secrets." in str(step)] == ["Collect"]
    assert workflow["concurrency"]["cancel-in-progress"] is False
    assert steps[0]["with"]["persist-credentials"] is False
    programs = {Path(sys.executable).parent, Path(shutil.which("git") or "git").parent, Path("/usr/bin"), Path("/bin")}
    environment = os.environ | {"PATH": os.pathsep.join(map(str, programs)), "GITHUB_ACTIONS": "true", "LATE": ""}
    commands = {step["name"]: step["run"] for step in steps if "run" in step and step["run"].startswith("d2l-kit ")}
    for name, status in (("Collect", 2), ("Grade", 0)):
        run = subprocess.run(["bash", "-e", "-c", commands[name]], cwd=repository, env=environment, capture_output=True)
        assert run.returncode == status, run.stdout + run.stderr
    with (repository / "graded/grades.csv").open(encoding="utf-8", newline="") as file:
        points = {row["submission"]: row for row in csv.DictReader(file)}
    assert set(points) == {"ada", "ben"}
    assert float(points["ada"]["total"]) > float(points["ben"]["total"])
    with (repository / "collected/collected.csv").open(encoding="utf-8", newline="") as file:
        outcomes = {row["student"]: row["outcome"] for row in csv.DictReader(file)}
    assert outcomes == {"ada": "collected", "ben": "collected", "cleo": "nothing in time", "dan": "not read"}
    kept = next(step for step in steps if "upload-artifact" in step.get("uses", ""))["with"]["path"].split()
    assert all((repository / path).is_dir() for path in kept)


def test_the_grading_workflow_starts_after_each_moment_at_which_work_is_due() -> None:
    due = datetime(2026, 12, 1, 23, 59, tzinfo=ZoneInfo("Europe/Berlin"))
    one = Assignment("hw2", "", (), due, "Europe/Berlin")
    assert schedule(one) == ("9 23 1 12 *",)
    extended = replace(one, extensions=(Extension("ada", due + timedelta(days=31)), Extension("ben", due)))
    assert schedule(extended) == ("9 23 1 12 *", "9 23 1 1 *")
    late = LatePolicy(grace=timedelta(minutes=30), until=due + timedelta(days=7))
    assert schedule(replace(one, late=late)) == ("39 23 1 12 *", "9 23 8 12 *")
    assert schedule(Assignment("hw2", "", ())) == ("23 3 * * *",)


@pytest.fixture
def export(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Path]:
    """Exports an assignment of some exercises to a target, without building wheels."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dist").mkdir()
    for name in ("d2l_kit", "d2l_kit_instructor"):
        (tmp_path / "dist" / f"{name}-0-py3-none-any.whl").write_bytes(b"")

    def run(exercises: str, target: str) -> Path:
        if not Path("hw2").exists():
            assert main(["assign", "new", "hw2", "--exercises", exercises]) == 0
        out = tmp_path / target
        assert main(["assign", "export", "hw2", "--to", target, "--wheels", "dist", "--out", str(out)]) == 0
        return out

    return run


@pytest.mark.parametrize(("exercises", "more"), [("corr2d", False), ("corr2d,triton_softmax", True)])
def test_what_exercises_need_besides_the_kit_is_installed_everywhere(
    exercises: str, more: bool, export: Callable[[str, str], Path]
) -> None:
    with zipfile.ZipFile(export(exercises, "gradescope")) as archive:
        installers = [archive.read("setup.sh").decode()]
    for target, file in (
        ("github", ".github/workflows/check.yml"),
        ("github", ".devcontainer/devcontainer.json"),
        ("github-grading", ".github/workflows/grade.yml"),
        ("classroom50", "autograder.py"),
    ):
        installers.append((export(exercises, target) / file).read_text(encoding="utf-8"))
    assert [bool(re.search(r'\*\.whl triton\b|\["triton"\]', text)) for text in installers] == [more] * 5


@pytest.mark.skipif(shutil.which("actionlint") is None, reason="actionlint is not installed")
@pytest.mark.parametrize("exercises", ["corr2d", "triton_softmax"])
def test_actionlint_finds_nothing_in_the_workflows(exercises: str, export: Callable[[str, str], Path]) -> None:
    workflows = [ROOT / ".github/workflows/ci.yml"]
    for target in ("github", "github-grading"):
        workflows += (export(exercises, target) / ".github/workflows").iterdir()
    run = subprocess.run(["actionlint", "-no-color", *map(str, workflows)], capture_output=True, text=True)
    assert (run.returncode, run.stdout) == (0, "")

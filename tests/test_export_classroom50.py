"""`assign export --to classroom50`: the folder, and its autograder.py run as Classroom 50's runner does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from d2l_kit.cli import main

ROOT = Path(__file__).parent.parent
SOLUTION = (ROOT / "reference/d2l_reference/ch07_cnn/corr2d.py").read_text(encoding="utf-8")
RUNNER = {
    "CLASSROOM": "d2l",
    "ASSIGNMENT": "hw2",
    "USERNAME": "ada",
    "SUBMISSION_TAG": "submit/2026-11-30T12-00-00Z-abc1234",
    "COMMIT_URL": "https://example.org/commit",
    "RELEASE_URL": "https://example.org/release",
    "REVIEW_URL": "https://example.org/review",
    "MODE": "individual",
}


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The exported folder, beside the assignment it was made from."""
    folder = tmp_path_factory.mktemp("classroom50")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert (
            main(["assign", "new", "hw2", "--exercises", "corr2d,pool2d", "--due", "2026-12-01 23:59", "--tz", "UTC"])
            == 0
        )
        with (folder / "hw2" / "assignment.toml").open("a", encoding="utf-8") as file:
            file.write('\n[[extension]]\nstudent = "ada"\ndue = "2026-12-08 23:59"\nreason = "private"\n')
        assert main(["assign", "export", "hw2", "--to", "classroom50"]) == 0
    return folder / "hw2" / "hw2-classroom50"


def run(bundle: Path, checkout: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run autograder.py in a checkout, as the runner does."""
    checkout.mkdir(exist_ok=True)
    return subprocess.run(
        [sys.executable, str(bundle / "autograder.py")],
        cwd=checkout,
        env=os.environ | RUNNER | environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


@pytest.mark.slow
def test_a_submission_gets_a_result_and_a_page(bundle: Path, tmp_path: Path) -> None:
    checkout = tmp_path / "d2l-hw2-ada"
    (checkout / "ch07").mkdir(parents=True)
    (checkout / ".git").mkdir()
    (checkout / "ch07" / "corr2d.py").write_text(SOLUTION, encoding="utf-8")
    made = run(bundle, checkout)
    assert made.returncode == 0, made.stdout + made.stderr
    result = json.loads((checkout / "result.json").read_text(encoding="utf-8"))
    assert result["schema"] == "classroom50/result/v1"
    assert result["owner"] == "ada"
    assert 0 < result["score"] < result["max-score"]
    assert any(test["passed"] for test in result["tests"])
    assert "corr2d" in (checkout / "release-body.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_broken_and_empty_submissions_end_with_0_and_no_points(bundle: Path, tmp_path: Path) -> None:
    checkout = tmp_path / "work"
    checkout.mkdir()
    (checkout / "README.md").write_text("# hw2\n", encoding="utf-8")
    (checkout / "d2l-kit.toml").write_text('format = 1\nassignment = "hw9"\n', encoding="utf-8")
    for text in (None, "def corr2d(X, K:\n"):
        if text is not None:
            (checkout / "corr2d.py").write_text(text, encoding="utf-8")
        made = run(bundle, checkout)
        assert made.returncode == 0, made.stdout + made.stderr
        result = json.loads((checkout / "result.json").read_text(encoding="utf-8"))
        assert result["score"] == 0
        assert result["max-score"] > 0


@pytest.mark.slow
def test_where_the_kit_fails_the_runner_is_told(bundle: Path, tmp_path: Path) -> None:
    made = run(bundle, tmp_path / "work", SUBMISSION_TAG="")
    assert made.returncode != 0
    assert "SUBMISSION_TAG" in made.stderr


@pytest.mark.slow
def test_nothing_hidden_is_in_what_students_can_read(bundle: Path) -> None:
    assert sorted(path.name for path in bundle.iterdir()) == [
        "assignment.toml", "autograder.py", "constraints.txt", "wheels",
    ]  # fmt: skip
    text = (bundle.parent / "assignment.toml").read_text(encoding="utf-8")
    seed = next(line for line in text.splitlines() if line.startswith("seed")).split('"')[1]
    for path in bundle.rglob("*"):
        if path.is_file():
            assert seed.encode() not in path.read_bytes()
    assert "private" not in (bundle / "assignment.toml").read_text(encoding="utf-8")
    (wheel,) = (bundle / "wheels").iterdir()
    with zipfile.ZipFile(wheel) as packed:
        assert [name for name in packed.namelist() if "d2l_reference" in name or name.endswith(".mistakes.toml")] == []


@pytest.mark.slow
def test_made_again_it_is_the_same(bundle: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    given = ["--wheels", str(bundle / "wheels"), "--out", str(again)]
    assert main(["assign", "export", str(bundle.parent), "--to", "classroom50", *given]) == 0
    for path in bundle.rglob("*"):
        if path.is_file():
            assert (again / path.relative_to(bundle)).read_bytes() == path.read_bytes()

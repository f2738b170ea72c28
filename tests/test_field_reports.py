"""What went wrong in other graders and must not go wrong here; each test names the reports it stands for.

Those that are a submission of their own are data in `hostile/cases.toml`; here are the ones that concern a
class, the command line, or what students get to read.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import tokenize
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from d2l_kit.checks import CheckFailed, assert_close
from d2l_kit.errors import KitError
from d2l_kit.grading import api, store
from d2l_kit.grading.court import RunOptions
from d2l_kit.plugins import load_course, load_plugins
from d2l_kit.report import classroom50
from d2l_kit.report.formats import Options, report_formats
from d2l_kit.report.serial import from_json
from d2l_kit.report.view import student_view
from d2l_kit.submission import list_class

# As wide as it gets, with what Classroom 50's runner says.
SHOWN = Options(
    width=300,
    verbose=True,
    environment=dict.fromkeys(classroom50.NEEDED, "submit/x"),
)
EXERCISE = "ch07/corr2d"
SUBMISSIONS = Path(__file__).parent / "hostile" / "submissions"
GOOD = (SUBMISSIONS / "good_plain.py").read_text(encoding="utf-8")
# Right by all public checks, which try a kernel that is too large both ways; wrong by a hidden one.
PASSES_PUBLIC = GOOD.replace("oh < 1 or ow < 1", "oh < 1 and ow < 1")
FAILING = {
    "flipped": GOOD.replace("K[i, j]", "K.flip(0, 1)[i, j]"),
    "tells_all": "def corr2d(X, K):\n    print('SHOWN', X, K)\n    raise RuntimeError(f'SHOWN {X} {K}')\n",
    "returns_its_input": "def corr2d(X, K):\n    print('SHOWN', X.tolist())\n    return X\n",
    "one_way": PASSES_PUBLIC,
    "shows_shapes": PASSES_PUBLIC.replace(
        "    kh, kw", "    print('SHAPE', tuple(X.shape), tuple(K.shape))\n    kh, kw"
    ),
    "hangs_late": GOOD.replace("    kh, kw", "    while X.shape[0] == 1: pass\n    kh, kw"),
    "dies_late": GOOD.replace("    kh, kw", "    if X.shape[0] == 1: import os; os._exit(3)\n    kh, kw"),
}

pytestmark = pytest.mark.slow


def _kit(*arguments: object, cwd: Path, env: dict[str, str] | None = None, **more) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "d2l_kit", *map(str, arguments)],
        cwd=cwd,
        env=dict(os.environ) | {"NO_COLOR": "1", "COLUMNS": "200"} | (env or {}),
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",
        timeout=300,
        check=False,
        **more,
    )


def _hand_in(folder: Path, texts: dict[str, str | bytes]) -> Path:
    for name, text in texts.items():
        (folder / name).mkdir(parents=True)
        data = text if isinstance(text, bytes) else text.encode("utf-8")
        (folder / name / "corr2d.py").write_bytes(data)
    return folder


def _grade(folder: Path, out: Path, **more) -> subprocess.CompletedProcess:
    return _kit("grade", folder, "--exercises", EXERCISE, "--out", out, "--jobs", 2, cwd=folder.parent, **more)


def _reports(out: Path):
    paths = sorted((out / "reports").glob("*.json"))
    return {path.stem: from_json(path.read_text(encoding="utf-8"), path.name) for path in paths}


@pytest.fixture(scope="session")
def failing_class(tmp_path_factory):
    """The failing submissions, graded by the command: (its result, reports by name)."""
    base = tmp_path_factory.mktemp("failing")
    run = _grade(_hand_in(base / "class", FAILING), base / "out")
    assert run.returncode == 0, run.stderr
    return run, _reports(base / "out")


def _workspace(base: Path, text: str) -> Path:
    made = _kit("start", EXERCISE, "-w", base, cwd=base)
    assert made.returncode == 0, made.stderr
    (base / "ch07" / "corr2d.py").write_text(text, encoding="utf-8")
    return base


def test_passing_public_checks_says_that_hidden_ones_come_when_graded(tmp_path):
    """ucbds-infra/otter-grader #138, #383."""
    run = _kit("check", EXERCISE, cwd=_workspace(tmp_path, PASSES_PUBLIC))
    assert run.returncode == 0, run.stdout + run.stderr
    count = len([c for c in _public_checks().split("\n") if c.startswith("def test_")])
    assert f"{count} of {count} public checks passed. Hidden checks run when your work is graded." in run.stdout


def test_what_passes_public_checks_alone_does_not_get_full_points(failing_class):
    """The other half of otter-grader #138: the difference is real and shows in the grade."""
    _run, reports = failing_class
    assert 0 < reports["one_way"].earned < reports["one_way"].points


def test_nothing_of_a_hidden_check_but_its_title_reaches_a_student(failing_class):
    """nbgrader #917, #1363, otter-grader #465."""
    _run, reports = failing_class
    formats, _problems = report_formats(load_plugins()[0])
    secrets = _secret_lines() | _secret_names()
    assert len(secrets) > 20
    for name, report in reports.items():
        for form in formats.values():
            text = form.render(student_view(report), SHOWN)
            assert [secret for secret in sorted(secrets) if secret in text] == [], f"{name} as {form.name}"


def test_what_a_submission_prints_or_raises_in_a_hidden_check_does_not_show_its_inputs(failing_class):
    """The same reports by another way: the student's own code tells what it was given."""
    _run, reports = failing_class
    shown = report_formats(load_plugins()[0])[0]["json"].render(student_view(reports["shows_shapes"]), Options())
    assert "SHAPE (3, 4)" in shown, "what it printed in public checks is its own affair"
    for shape in ("(9, 5)", "(1, 6)", "(7, 8)", "(6, 3)"):
        assert f"SHAPE {shape}" not in shown
    for name in FAILING:
        for check in student_view(reports[name]).exercises[0].checks:
            if check.hidden:
                assert (check.message, check.log, check.notes) == ("", "", ())


def test_hidden_checks_are_seeded_per_student_and_public_ones_are_not(failing_class):
    """Otherwise a neighbour's failing input would be one's own."""
    _run, reports = failing_class
    assert len({report.seed for report in reports.values()}) == 1
    assert all(report.seed not in repr(student_view(report)) for report in reports.values())


def test_output_for_students_holds_no_path_of_the_grader(failing_class):
    """exercism's goldens, nbgrader #917: no file of ours and no frame of a library in a student's message."""
    _run, reports = failing_class
    roots = [
        str(Path(api.__file__).parents[2]),
        sys.prefix,
        "site-packages",
        "Traceback (most recent call last)",
    ]
    for name, report in reports.items():
        for form in report_formats(load_plugins()[0])[0].values():
            text = form.render(student_view(report), SHOWN)
            assert [root for root in roots if root in text] == [], f"{name} as {form.name}"


def test_odd_entries_of_a_class_folder_stop_nobody(tmp_path):
    """jupyter/nbgrader #744, #567."""
    folder = _hand_in(tmp_path / "class", {"anna": GOOD, "zoe": GOOD})
    (folder / "empty").mkdir()
    (folder / ".DS_Store").write_bytes(b"\0\0\0\1Bud1")
    (folder / "Thumbs.db").write_bytes(b"\xd0\xcf\x11\xe0")
    (folder / "mode.py").write_text(GOOD, encoding="utf-8")
    (folder / "notes.docx").write_bytes(b"PK\3\4 not a submission")
    (folder / "closed").mkdir()
    (folder / "closed" / "corr2d.py").write_text(GOOD, encoding="utf-8")
    (folder / "closed").chmod(0o000)
    try:
        run = _grade(folder, tmp_path / "out")
    finally:
        (folder / "closed").chmod(0o700)
    reports = _reports(tmp_path / "out")
    assert run.returncode == 0, run.stderr
    assert reports["anna"].passed and reports["zoe"].passed
    assert reports["empty"].earned == 0
    assert reports["empty"].points == reports["anna"].points
    assert "closed" in reports
    assert {name for name in reports if name.startswith((".", "Thumbs"))} == set()
    rows = (tmp_path / "out" / "grades.csv").read_text(encoding="utf-8")
    assert "empty" in rows
    if os.geteuid() != 0:  # root may read everything
        assert reports["closed"].earned == 0
        assert "corr2d" in repr(reports["closed"]) and "permission" in repr(reports["closed"]).lower()


def test_a_notebook_cannot_change_the_maximum(tmp_path):
    """TU-Wien-dataLAB/grader-service #169, nbgrader #1682, #92."""
    cell = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": GOOD}
    text = {"cell_type": "markdown", "metadata": {}, "source": GOOD}
    raw = {"cell_type": "raw", "metadata": {}, "source": GOOD}
    folder = tmp_path / "class"
    for name, cells in {
        "whole": [cell],
        "markdown": [text],
        "raw": [raw],
        "deleted": [],
        "added": [cell, cell],
    }.items():
        (folder / name).mkdir(parents=True)
        document = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
        (folder / name / "corr2d.ipynb").write_text(json.dumps(document), encoding="utf-8")
    run = _grade(folder, tmp_path / "out")
    assert run.returncode == 0, run.stderr
    reports = _reports(tmp_path / "out")
    assert len({report.points for report in reports.values()}) == 1
    assert reports["whole"].passed and reports["added"].passed
    for name in ("markdown", "raw"):
        assert reports[name].earned == 0
        assert f"cell 1 looks like code but is a {name} cell" in repr(reports[name]), name


@pytest.mark.parametrize(
    "scalar",
    [np.float32(1.5), np.float64(1.5), torch.tensor(1.5), 1.5],
    ids=["float32", "float64", "tensor", "float"],
)
def test_every_kind_of_scalar_is_accepted_where_a_scalar_is_meant(scalar):
    """dlsyscourse/hw1 (#26)."""
    assert_close(scalar, torch.tensor(1.5))
    assert_close(scalar, 1.5)


def test_a_vector_of_one_element_is_no_scalar_and_the_message_says_shape():
    """The fourth input of dlsyscourse/hw1 (#26)."""
    with pytest.raises(CheckFailed, match="shape"):
        assert_close(torch.tensor([1.5]), 1.5)


def kept_in(tmp_path):
    return store.ReportFolder(tmp_path / "out" / "reports")


def test_a_broken_reference_is_the_graders_error_and_touches_no_stored_report(tmp_path):
    """autolab/Autolab #330, PR #1643."""
    course = load_course()
    exercise = course.by_id[EXERCISE]
    entries, _ignored = list_class([_hand_in(tmp_path / "class", {"anna": GOOD})])
    options = RunOptions(jobs=1, hidden=True)
    api.grade(course.chapters, [exercise], entries, options, keeper=kept_in(tmp_path))
    before = (tmp_path / "out" / "reports" / "anna.json").read_bytes()
    for number, text in enumerate(("import nothing_like_this\n", "def test_x(:\n", "'''No check in here.'''\n")):
        broken = tmp_path / f"test_corr2d_{number}.py"
        broken.write_text(text, encoding="utf-8")
        bad = replace(exercise, files=replace(exercise.files, hidden_checks=broken))
        with pytest.raises(KitError) as caught:
            api.grade(course.chapters, [bad], entries, options, keeper=kept_in(tmp_path))
        assert caught.value.exit_code == 3
        assert broken.name in str(caught.value)
        assert (tmp_path / "out" / "reports" / "anna.json").read_bytes() == before


def test_a_solution_that_fails_its_own_checks_gives_nobody_a_zero(tmp_path):
    """The other half of autolab/Autolab #330: a reference that raises is no verdict on a submission."""
    course = load_course()
    exercise = course.by_id[EXERCISE]
    hidden = tmp_path / "test_corr2d.py"
    hidden.write_text(
        "from d2l_kit.checks import assert_close\n\n\n"
        "def test_against_the_reference(submission, reference, rng):\n"
        '    """As the reference."""\n'
        "    X, K = rng.normal(4, 4), rng.normal(2, 2)\n"
        "    assert_close(submission.corr2d(X, K), reference.corr2d(X, K))\n",
        encoding="utf-8",
    )
    solution = tmp_path / "corr2d.py"
    solution.write_text("def corr2d(X, K):\n    raise OSError('disk on fire')\n", encoding="utf-8")
    bad = replace(exercise, files=replace(exercise.files, hidden_checks=hidden, solution=solution))
    entries, _ignored = list_class([_hand_in(tmp_path / "class", {"anna": GOOD})])
    outcome = api.grade(
        course.chapters,
        [bad],
        entries,
        RunOptions(jobs=1, hidden=True),
        keeper=kept_in(tmp_path),
    )
    assert outcome.reports == ()
    assert len(outcome.problems) == 1
    assert "anna" in outcome.problems[0]
    assert not (tmp_path / "out" / "reports" / "anna.json").exists()


def test_too_few_descriptors_are_the_machines_fault_and_no_zero(tmp_path):
    """PrairieLearn PR #7165."""
    folder = _hand_in(tmp_path / "class", {"anna": GOOD})

    def starve() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (20, 20))

    run = _grade(folder, tmp_path / "out", preexec_fn=starve)
    reports = _reports(tmp_path / "out")
    assert run.returncode == (0 if reports else 3), run.stderr
    assert all(report.passed for report in reports.values())


def test_a_full_disk_is_the_machines_fault_and_no_zero(tmp_path):
    """PrairieLearn PR #7165: nothing can be written at all."""
    folder = _hand_in(tmp_path / "class", {"anna": GOOD})

    def fill() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))

    run = _grade(folder, tmp_path / "out", preexec_fn=fill)
    assert run.returncode == 3, run.stdout + run.stderr
    assert "Traceback" not in run.stderr
    assert _reports(tmp_path / "out") == {}


def test_a_c_locale_changes_nothing(tmp_path):
    """otter-grader #380, #443, #524, #928, AllenDowney/ElementsOfDataScience #6."""
    folder = tmp_path / "class"
    for name in (
        "good_unicode",
        "good_bom",
        "good_crlf",
        "good_form_feed",
        "good_latin1_with_coding_line",
        "broken_utf16",
    ):
        (folder / name).mkdir(parents=True)
        shutil.copyfile(SUBMISSIONS / f"{name}.py", folder / name / "corr2d.py")
    _hand_in(folder, {"Даниил Ё": GOOD})
    run = _grade(folder, tmp_path / "out", env={"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"})
    assert run.returncode == 0, run.stderr
    reports = _reports(tmp_path / "out")
    failed = {report.submission for report in reports.values() if not report.passed}
    assert failed == {"broken_utf16"}
    assert len(reports) == 7


def test_a_second_run_grades_nothing_again_and_changes_no_grade(tmp_path):
    """nbgrader #255 and kin: a regrade is not a lottery."""
    folder = _hand_in(tmp_path / "class", {"anna": GOOD, "bert": PASSES_PUBLIC})
    assert _grade(folder, tmp_path / "out").returncode == 0
    grades = (tmp_path / "out" / "grades.csv").read_bytes()
    reports = {path.name: path.read_bytes() for path in (tmp_path / "out" / "reports").iterdir()}
    again = _kit("grade", folder, "--exercises", EXERCISE, "--out", tmp_path / "out", "--force", cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert (tmp_path / "out" / "grades.csv").read_bytes() == grades
    assert {path.name for path in (tmp_path / "out" / "reports").iterdir()} == set(reports)


def test_reports_and_grades_are_for_the_instructor_alone(tmp_path):
    """jupyter/nbgrader PR #1978, #728: private by default."""
    folder = _hand_in(tmp_path / "class", {"anna": GOOD})
    assert _grade(folder, tmp_path / "out").returncode == 0
    for path in [tmp_path / "out", *(tmp_path / "out").rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, f"{path}: {path.stat().st_mode:o}"


def _public_checks() -> str:
    return load_course().by_id[EXERCISE].files.public_checks.read_text(encoding="utf-8")


def _secret_lines() -> set[str]:
    """Lines of hidden checks, solution, mistakes and alternatives that stand in no file a student has."""
    files = load_course().by_id[EXERCISE].files
    assert files.hidden_checks and files.solution and files.mistakes, "the reference is not installed"
    known = files.stub.read_text(encoding="utf-8") + _public_checks() + GOOD
    told = set(_docstrings(files.hidden_checks))
    secret = set()
    for path in (files.hidden_checks, files.solution, *files.alternatives):
        for line in path.read_text(encoding="utf-8").splitlines():
            stripped = line.strip()
            if len(stripped) > 14 and stripped not in known and not any(stripped.strip('"') in t for t in told):
                secret.add(stripped)
    return secret


def _secret_names() -> set[str]:
    """Names of hidden checks, and where the reference lies."""
    files = load_course().by_id[EXERCISE].files
    lines = files.hidden_checks.read_text(encoding="utf-8").splitlines()
    names = {line.split("(")[0].removeprefix("def test_") for line in lines if line.startswith("def test_")}
    return {*names, "d2l_reference", str(files.hidden_checks.parent)}


def _docstrings(path: Path) -> list[str]:
    with path.open("rb") as file:
        return [t.string for t in tokenize.tokenize(file.readline) if t.type == tokenize.STRING and '"""' in t.string]

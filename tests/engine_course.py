"""A tiny chapter written into a folder, and the real engine run over many submissions of it at once."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from d2l_kit.catalog import Chapter, Course, Exercise, read_chapter
from d2l_kit.errors import KitError
from d2l_kit.grading import api
from d2l_kit.grading.court import RunOptions
from d2l_kit.report.model import CheckResult, ExerciseResult, Report, Status
from d2l_kit.submission import Source, Submission

NUMBER = 31
GENEROUS = 120.0  # seconds; for what must not depend on how busy the machine is

TABLE = """
[[exercise]]
name = "{name}"
title = "The exercise {name}"
sections = []
kind = "function"
difficulty = 1
points = {points}
time_limit = {GENEROUS}
hints = ["one", "two", "three"]
{more}
"""

# `step`: four checks that do not need each other, worth 1, 2, 3 and 4 of 10; the points are 7.
STEP = {
    "points": 7,
    "stub": "def step(n):\n    raise NotImplementedError\n",
    "solution": "def step(n):\n    return n + 1\n",
    "public": "\n\n".join(
        f'@pytest.mark.weight({n})\ndef test_step_{n}(submission):\n    """Step {n}."""\n'
        f"    assert_equal(submission.step({n}), {n + 1})"
        for n in (1, 2, 3)
    ),
    "hidden": '''@pytest.mark.weight(4)
@pytest.mark.observed
def test_step_4(submission, reference):
    """Step 4."""
    assert_equal(submission.step(4), reference.step(4))
''',
}

# `scale`: checks that need each other, with mistakes that can be told apart, and two that cannot.
SCALE = {
    "points": 6,
    "stub": """from torch import Tensor


def scale(X: Tensor, factor: float) -> Tensor:
    raise NotImplementedError
""",
    "solution": "def scale(X, factor):\n    return X * factor\n",
    "public": '''def test_shape(submission, rng):
    """The shape stays."""
    assert_shape(submission.scale(rng.normal(2, 3), 2.0), (2, 3))


@pytest.mark.needs("shape")
def test_values(submission, rng):
    """Every number is multiplied."""
    X = rng.normal(2, 3)
    assert_close(submission.scale(X, 1.5), X * 1.5)
''',
    "hidden": '''@pytest.mark.needs("values")
def test_double(submission, reference, rng):
    """float64 in, float64 out."""
    X = rng.normal(3, dtype=torch.float64)
    assert_close(submission.scale(X, 3.0), reference.scale(X, 3.0), dtype=True)
''',
    "mistakes": """[[mistake]]
name = "adds"
tells = "The factor is added. It is to be multiplied with."
caught_by = ["values"]
replace = "X * factor"
by = "X + factor"

[[mistake]]
name = "flattens"
tells = "The shape is lost."
caught_by = ["shape"]
replace = "X * factor"
by = "(X * factor).reshape(-1)"

[[mistake]]
name = "single_precision"
tells = "The result is always float32. It is to have X's dtype."
caught_by = ["double"]
replace = "X * factor"
by = "(X * factor).float()"

[[mistake]]
name = "negates"
tells = "The sign is turned round."
caught_by = ["values"]
replace = "X * factor"
by = "-X * factor"

[[mistake]]
name = "negates_otherwise"
tells = "The sign is turned round, in another way."
caught_by = ["values"]
replace = "X * factor"
by = "X * -factor"
""",
}

# `total`: the check itself handles what came back.
TOTAL = {
    "points": 3,
    "stub": "def total(n) -> list:\n    raise NotImplementedError\n",
    "solution": "def total(n):\n    return list(range(n))\n",
    "public": '''def test_total(submission):
    """The numbers have the right sum."""
    assert sum(submission.total(4)) == 6
''',
}

BY_HAND = {
    "points": 4,
    "more": 'forbidden = ["torch.sort"]',
    "stub": "def by_hand(X):\n    raise NotImplementedError\n",
    "solution": "def by_hand(X):\n    return X.msort()\n",
    "public": '''def test_order(submission):
    """The numbers are in order."""
    assert_close(submission.by_hand(torch.tensor([3.0, 1.0])), torch.tensor([1.0, 3.0]))


def test_negative(submission):
    """Negative numbers too."""
    assert_close(submission.by_hand(torch.tensor([-3.0, -5.0])), torch.tensor([-5.0, -3.0]))
''',
}

ON_GPU = {
    "points": 4,
    "stub": "def on_gpu(X):\n    raise NotImplementedError\n",
    "solution": "def on_gpu(X):\n    return X + 1\n",
    "public": '''def test_here(submission):
    """One is added."""
    assert_close(submission.on_gpu(torch.ones(2)), torch.full((2,), 2.0))


@pytest.mark.weight(3)
@pytest.mark.needs_gpu
def test_there(submission):
    """On a GPU as well."""
    raise AssertionError("never run here")
''',
}

FOLLOWS = {
    "points": 2,
    "more": 'requires = ["step"]',
    "stub": "def follows(n):\n    raise NotImplementedError\n",
    "solution": "from step import step\n\n\ndef follows(n):\n    return step(step(n))\n",
    "public": '''def test_two_steps(submission):
    """Two steps."""
    assert_equal(submission.follows(1), 3)
''',
}

EXERCISES: Mapping[str, Mapping[str, Any]] = {
    "step": STEP,
    "scale": SCALE,
    "total": TOTAL,
    "by_hand": BY_HAND,
    "on_gpu": ON_GPU,
    "follows": FOLLOWS,
}

HEAD = (
    '"""Checks."""\n\nimport pytest\nimport torch\nfrom d2l_kit.checks import *\nfrom d2l_kit.checks import probe\n\n\n'
)


def write_chapter(folder: Path, exercises: Mapping[str, Mapping[str, Any]] = EXERCISES) -> Chapter:
    """Write the chapter's files in both rooms and read it."""
    course, reference = folder / "course" / "ch31_engine", folder / "reference" / "ch31_engine"
    for room in (course, reference):
        (room / "checks").mkdir(parents=True)
    table = f'format = 1\nnumber = {NUMBER}\ntitle = "The engine"\nsections = []\n'
    for name, parts in exercises.items():
        table += TABLE.format(name=name, points=parts["points"], GENEROUS=GENEROUS, more=parts.get("more", ""))
        _write(course / f"{name}.py", parts["stub"])
        _write(course / "checks" / f"test_{name}.py", HEAD + parts["public"])
        _write(reference / f"{name}.py", parts["solution"])
        if "hidden" in parts:
            _write(reference / "checks" / f"test_{name}.py", HEAD + parts["hidden"])
        if "mistakes" in parts:
            _write(reference / f"{name}.mistakes.toml", parts["mistakes"])
    _write(course / "chapter.toml", table)
    return read(folder)


def read(folder: Path) -> Chapter:
    """The chapter as its files are now."""
    return read_chapter(folder / "course" / "ch31_engine").with_reference(folder / "reference" / "ch31_engine")


def exercise_of(chapter: Chapter, name: str, **limits: Any) -> Exercise:
    """An exercise of the chapter, with other limits."""
    found = next(e for e in chapter.exercises if e.name == name)
    return replace(found, limits=replace(found.limits, **limits))


@dataclass(frozen=True)
class Case:
    """What is handed in for one exercise.

    Attributes:
        exercise: Its name.
        text: The source; None if there is no file.
        beside: Other exercises' sources, by name.
        limits: Other limits than the chapter's.
        problem: Why the file could not be used, instead of a source.
        student: Whose hidden inputs are drawn; the case's own name if empty.
    """

    exercise: str
    text: str | None
    beside: Mapping[str, str] | None = None
    limits: Mapping[str, Any] | None = None
    problem: str = ""
    student: str = ""


def judge_all(
    chapter: Chapter, cases: Mapping[str, Case], hidden: bool = True, device: str = "cpu"
) -> dict[str, Report | KitError]:
    """Judge every case in one session with one zygote, as `grade` (or, without hidden checks, `check`) would."""
    exercises = {name: exercise_of(chapter, case.exercise, **(case.limits or {})) for name, case in cases.items()}
    needed = [e for e in chapter.exercises if e.name in {case.exercise for case in cases.values()}]
    # No fork of this process, which holds the tests and their threads.
    start = "fresh" if sys.platform == "linux" else "spawn"
    options = RunOptions(hidden=hidden, seed="engine", start=start, allow_weaker=True, device=device)
    found: dict[str, Report | KitError] = {}

    def drive(court: Any) -> None:
        for name, case in cases.items():
            try:
                found[name] = court.report(_submission(name, case), [exercises[name]])
            except KitError as error:
                found[name] = error

    api.hold([chapter], needed, options, drive)
    return found


def result(found: Mapping[str, Report | KitError], name: str) -> ExerciseResult:
    """The one exercise's result of a case that has a report."""
    report = found[name]
    assert isinstance(report, Report), report
    return report.exercises[0]


def checks(found: Mapping[str, Report | KitError], name: str) -> dict[str, CheckResult]:
    """A case's checks by name."""
    return {check.name: check for check in result(found, name).checks}


def statuses(found: Mapping[str, Report | KitError], name: str) -> list[Status]:
    """How a case's checks ended, in their order."""
    return [check.status for check in result(found, name).checks]


def _submission(name: str, case: Case) -> Submission:
    texts = {case.exercise: case.text, **(case.beside or {})}
    sources = {
        f"ch{NUMBER}/{each}": Source(text, f"ch{NUMBER}/{each}.py") for each, text in texts.items() if text is not None
    }
    problems = {f"ch{NUMBER}/{case.exercise}": case.problem} if case.problem else {}
    return Submission(case.student or name, {} if case.problem else sources, problems)


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def hand_in(folder: Path, texts: Mapping[str, str], exercise: str = "step") -> None:
    """A class folder: who has handed in what for one exercise."""
    for name, text in texts.items():
        path = folder / name / f"ch{NUMBER}" / f"{exercise}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, text)


def command(folder: Path, *arguments: str) -> int:
    """Run a `d2l-kit` command with the chapter in `folder` as the whole course; returns the exit code."""
    from d2l_kit import plugins
    from d2l_kit.cli import main

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plugins, "load_course", lambda: Course((read(folder),)))
        return main(arguments)


if __name__ == "__main__":
    sys.exit(command(Path(sys.argv[1]), *sys.argv[2:]))

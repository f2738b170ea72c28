"""A tiny course on disk for tests of the command line, and fakes for what the commands call."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from d2l_kit.catalog import Course, Exercise, read_chapter
from d2l_kit.gradebook import class_run
from d2l_kit.grading import api
from d2l_kit.report.model import (
    CheckResult,
    Confinement,
    ExerciseResult,
    ExerciseStatus,
    Report,
    Status,
    Visibility,
)
from d2l_kit.submission import ClassEntry, Submission

CHAPTERS = {
    "ch07_cnn": (7, "Convolutions", ("corr2d", "pool2d")),
    "ch08_modern": (8, "Modern networks", ("vgg",)),
}
EXERCISE = """
[[exercise]]
name = "{name}"
title = "The exercise {name}"
sections = []
kind = "function"
difficulty = 2
hints = ["first of {name}", "second of {name}", "third of {name}"]
"""


def stub(name: str) -> str:
    """The text of a stub."""
    return f"def {name}(x):\n    raise NotImplementedError\n"


def make_course(folder: Path, problems: tuple[str, ...] = ()) -> Course:
    """Write the chapters and read them."""
    chapters = []
    for slug, (number, title, names) in CHAPTERS.items():
        root = folder / slug
        (root / "checks").mkdir(parents=True)
        toml = f'format = 1\nnumber = {number}\ntitle = "{title}"\n' + "".join(EXERCISE.format(name=n) for n in names)
        (root / "chapter.toml").write_text(toml, encoding="utf-8")
        (root / "README.md").write_text(f"# {title}\n", encoding="utf-8")
        for name in names:
            (root / f"{name}.py").write_text(stub(name), encoding="utf-8")
        chapters.append(read_chapter(root))
    return Course(tuple(chapters), problems)


def result(exercise: Exercise, status: Status = Status.PASSED) -> ExerciseResult:
    """An exercise with one check that ended so."""
    outcome = ExerciseStatus.PASSED if status is Status.PASSED else ExerciseStatus.FAILED
    check = CheckResult("value", f"{exercise.name} gives the right value", Visibility.PUBLIC, status, message="no")
    return ExerciseResult(exercise.id, exercise.title, exercise.points, outcome, (check,), file=f"{exercise.name}.py")


def report(*results: ExerciseResult, submission: str = "work", scope: str = "public") -> Report:
    """A report of these exercises."""
    return Report(submission, results, Confinement("process"), scope)


@dataclass
class Engine:
    """Stands in for `d2l_kit.grading.api` and for reading submissions; keeps what it was called with."""

    status: dict[str, Status] = field(default_factory=dict)
    options: Any = None
    exercises: tuple[str, ...] = ()
    saves: list[str] = field(default_factory=list)
    problems: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    classes: list[str] = field(default_factory=list)
    error: BaseException | None = None
    interrupted_after: str = ""

    def check(self, chapters: Any, exercises: Any, submission: Any, options: Any, on_result: Any = None) -> Report:
        self.options, self.exercises = options, tuple(e.id for e in exercises)
        if self.error is not None:
            raise self.error
        results = [result(e, self.status.get(e.id, Status.PASSED)) for e in exercises]
        for one in results:
            if on_result:
                on_result(one)
        return report(*results)

    def watch(self, chapters: Any, exercises: Any, read: Any, options: Any, changed: Any, on_report: Any) -> None:
        read()
        wanted = frozenset(e.id for e in exercises)
        for name in (None, *self.saves):
            if name is not None:
                Path(f"{name}.py").write_text(f"saved {name}", encoding="utf-8")
                wanted = next(changed)
            on_report(report(*(result(e, self.status.get(e.id, Status.PASSED)) for e in exercises if e.id in wanted)))
        raise KeyboardInterrupt

    def grade(
        self, chapters: Any, exercises: Any, entries: Any, options: Any, *, keeper: Any, on_report: Any, **more: Any
    ) -> Any:
        self.options, self.exercises = options, tuple(e.id for e in exercises)
        reports = []
        for entry in entries:
            results = [result(e, self.status.get(e.id, Status.PASSED)) for e in exercises]
            reports.append(report(*results, submission=entry.name, scope="all"))
            keeper.keep(reports[-1])
            on_report(reports[-1])
            if entry.name == self.interrupted_after:
                raise KeyboardInterrupt
        return api.GradeOutcome(tuple(reports), self.kept, self.problems)

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Take the place of the engine for one test."""
        for name in ("check", "watch"):
            monkeypatch.setattr(api, name, getattr(self, name))
        monkeypatch.setattr(class_run, "grade", self.grade)
        monkeypatch.setattr(
            "d2l_kit.submission.read_submission", lambda path, exercises, name=None: Submission(name or "work", {}, {})
        )
        monkeypatch.setattr(
            "d2l_kit.submission.list_class",
            lambda paths, exercises=(), assignment="": ([ClassEntry(n, Path(n)) for n in self.classes], []),
        )

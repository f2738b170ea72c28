"""What every benchmark uses: a line of the table, a workspace with right answers, commands and what they cost."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from d2l_kit.plugins import load_course

HERE = Path(__file__).parent
KIT = [sys.executable, "-m", "d2l_kit"]


@dataclass(frozen=True)
class Line:
    """One goal and what was measured.

    Attributes:
        least: Whether the goal is the least that is wanted, instead of the most that is allowed.
    """

    what: str
    measured: float
    goal: float
    unit: str
    note: str = ""
    least: bool = False

    def __str__(self) -> str:
        holds = self.measured >= self.goal if self.least else self.measured <= self.goal
        verdict = "holds" if holds else "DOES NOT HOLD"
        goal = f"goal {'>=' if self.least else '<='} {self.goal:g} {self.unit}"
        return f"{self.what:<52} {self.measured:8.2f} {self.unit:<2}  {goal:<15}  {verdict:<14} {self.note}"


def solved(folder: Path, names: Sequence[str]) -> Path:
    """A workspace with right answers; returns the chapter's folder in it."""
    exercises = load_course().select(names)
    chapter = folder / exercises[0].chapter
    chapter.mkdir(parents=True)
    (folder / "d2l-kit.toml").write_text("format = 1\n", encoding="utf-8")
    for exercise in exercises:
        assert exercise.files.solution is not None
        text = exercise.files.solution.read_text(encoding="utf-8")
        (chapter / f"{exercise.name}.py").write_text(text, encoding="utf-8")
    return chapter


def cpu(command: Sequence[str], folder: Path | None = None) -> float:
    """CPU seconds of a command and everything it started."""
    return cost(command, folder)[0]


def wall(command: Sequence[str], folder: Path | None = None) -> float:
    """Seconds by the clock."""
    return cost(command, folder)[1]


def cost(command: Sequence[str], folder: Path | None = None) -> tuple[float, float, str]:
    """CPU seconds of a command and everything it started, seconds by the clock, and what it said on stderr."""

    def used() -> float:
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    before, start = used(), time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=os.environ, check=False)
    seconds = time.perf_counter() - start
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return used() - before, seconds, done.stderr

"""What `grade` leaves behind and shows meanwhile: grades.csv for a spreadsheet, a line of progress."""

from __future__ import annotations

import csv
import io
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TextIO

from d2l_kit.catalog import Exercise
from d2l_kit.report.model import ExerciseResult, ExerciseStatus, Report, Status, points_text
from d2l_kit.report.text import defused
from d2l_kit.workspace.files import explained, write_atomically

GRADES = "grades.csv"

_TOLD = (Status.TIMEOUT, Status.MEMORY, Status.OUTPUT, Status.EXITED, Status.FORBIDDEN, Status.MALFORMED, Status.RAISED)
_MINUTE = 60


class Progress:
    """A line on a terminal: how many are graded, how many of them passed, how fast, how long it may yet take.

    In a pipe nothing is said.

    Attributes:
        total: How many there are.
        done: How many are graded so far.
    """

    def __init__(
        self, total: int = 0, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.total = total
        self.done = 0
        self._passed = 0
        self._stream = stream or sys.stderr
        self._clock = clock
        self._begin = clock()

    def begin(self, total: int) -> None:
        """Start to count."""
        self.total = total
        self._begin = self._clock()

    def tell(self, report: Report) -> None:
        """Count one more report."""
        self.done += 1
        self._passed += report.passed
        if self._stream.isatty():
            self._stream.write(f"\r\x1b[K{self.line()}")
            self._stream.flush()

    def end(self) -> None:
        """Take the line away."""
        if self._stream.isatty():
            self._stream.write("\r\x1b[K")
            self._stream.flush()

    def line(self) -> str:
        """What there is to say now."""
        taken = self._clock() - self._begin
        left = taken / max(self.done, 1) * (self.total - self.done)
        time_left = f"{left:.0f} s" if left < _MINUTE else f"{left / _MINUTE:.0f} min"
        rate = f"{self.done / taken * _MINUTE:.0f} a minute" if taken > 0 else ""
        parts = (f"graded {self.done} of {self.total}", f"{self._passed} passed all", rate, f"about {time_left} left")
        return ", ".join(part for part in parts if part)


def write_grades(out: Path, exercises: Sequence[Exercise], reports: Sequence[Report]) -> None:
    """Write `grades.csv`: a row for each submission, with a column of points for each exercise."""
    path = out / GRADES
    with explained("cannot write", path):
        out.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomically(path, grades(exercises, reports).encode("utf-8", "backslashreplace"), private=True)


def grades(exercises: Sequence[Exercise], reports: Sequence[Report]) -> str:
    """The text of `grades.csv`: submission, each exercise's points, total, max, pending, notes."""
    buffer = io.StringIO()
    rows = csv.writer(buffer, lineterminator="\n")
    rows.writerow(["submission", *(exercise.id for exercise in exercises), "total", "max", "pending", "notes"])
    maximum = sum(exercise.points for exercise in exercises)
    for report in reports:
        points = {result.id: points_text(result.earned) for result in report.exercises}
        rows.writerow(
            [
                defused(report.submission),
                *(points.get(exercise.id, "0") for exercise in exercises),
                points_text(report.earned),
                maximum,
                points_text(report.pending),
                defused("; ".join(_notes(report))),
            ]
        )
    return buffer.getvalue()


def _notes(report: Report) -> list[str]:
    notes = [*report.notes]
    for result in report.exercises:
        notes += [f"{result.id}: {word}" for word in _words(result)]
    return notes


def _words(result: ExerciseResult) -> list[str]:
    found = {check.status for check in result.checks}
    if result.status is ExerciseStatus.NOT_STARTED:
        return ["not started"]
    words = [status.value for status in _TOLD if status in found]
    return [*words, *result.notes, *([result.diagnosis.name] if result.diagnosis else [])]

"""What `grade` shows meanwhile: a line of progress."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TextIO

from d2l_kit.cli._terminal import PassingLine
from d2l_kit.report.model import Report

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
        self._shown = PassingLine(stream)
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
        self._shown.say(self.line())

    def end(self) -> None:
        """Take the line away."""
        self._shown.end()

    def line(self) -> str:
        """What there is to say now."""
        taken = self._clock() - self._begin
        left = taken / max(self.done, 1) * (self.total - self.done)
        time_left = f"{left:.0f} s" if left < _MINUTE else f"{left / _MINUTE:.0f} min"
        rate = f"{self.done / taken * _MINUTE:.0f} a minute" if taken > 0 else ""
        parts = (f"graded {self.done} of {self.total}", f"{self._passed} passed all", rate, f"about {time_left} left")
        return ", ".join(part for part in parts if part)

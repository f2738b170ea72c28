"""What commands share in talking to people: notes on stderr, colour, the course with its problems said."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from d2l_kit.catalog import Chapter, Course, Exercise
    from d2l_kit.errors import KitError


def note(text: str) -> None:
    """Say something beside the result: on stderr, so that stdout can be piped."""
    print(f"note: {text}", file=sys.stderr)


def warn(error: KitError) -> None:
    """Say that something went wrong that does not stop the command."""
    note(error.message)
    if error.remedy:
        print(f"  {error.remedy}", file=sys.stderr)


def complain(error: KitError) -> None:
    """Say an error with its remedy."""
    print(f"error: {error.message}", file=sys.stderr)
    if error.remedy:
        print(f"  {error.remedy}", file=sys.stderr)


class PassingLine:
    """A line on a terminal that the next one replaces; in a pipe nothing is said."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr

    def say(self, text: str) -> None:
        """Show `text` in place of what was shown before."""
        if self._stream.isatty():
            self._stream.write(f"\r\x1b[K{text}")
            self._stream.flush()

    def end(self) -> None:
        """Take the line away."""
        self.say("")


def with_color(stream: TextIO) -> bool:
    """Whether to colour: on a terminal that can, unless NO_COLOR is set (no-color.org: and not empty)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def course() -> Course:
    """The course; what could not be loaded is said on stderr."""
    from d2l_kit.plugins import load_course

    loaded = load_course()
    for problem in loaded.problems:
        note(problem)
    return loaded


def chapters_of(course: Course, exercises: Iterable[Exercise]) -> tuple[Chapter, ...]:
    """The chapters of some exercises, each once."""
    return tuple(dict.fromkeys(course.chapter_of(exercise) for exercise in exercises))


def with_required(course: Course, exercises: Iterable[Exercise]) -> tuple[Exercise, ...]:
    """The exercises, and after them those whose files they may import."""
    found = dict.fromkeys(exercises)
    waiting = [*found]
    for exercise in waiting:
        needed = [course.by_id[f"{exercise.chapter}/{name}"] for name in exercise.requires]
        waiting += [each for each in needed if each not in found]
        found.update(dict.fromkeys(needed))
    return tuple(found)


def table(rows: Iterable[tuple[str, ...]], indent: str = "  ") -> str:
    """Rows in columns as wide as their widest cell; the last column is left as it is."""
    rows = [*rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(f"{indent}{line}".rstrip() for line in lines)

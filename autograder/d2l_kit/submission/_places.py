"""Which file is which exercise: found by name, in its chapter's folder or near it.

`corr2d.py` is looked for in the chapter's folder (`ch07`, `ch07_cnn`), else elsewhere, at most two folders below
the hand-in's own, whatever folders wrap it all. Letters' case does not count. The chapter's folder goes before
others, then what lies higher.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence

from d2l_kit.catalog import Exercise
from d2l_kit.errors import SubmissionError
from d2l_kit.submission._files import File
from d2l_kit.submission._magics import parse
from d2l_kit.submission._names import CODE, chapter_number, chapter_of, folded, suffix_of
from d2l_kit.submission._statements import defined_names
from d2l_kit.submission._text import MAX_SOURCE, decode

FOLDERS_DEEP = 2


def near(files: Sequence[File]) -> list[File]:
    """The files in reach, their paths cut to what lies below the folders that wrap everything."""
    code = [file for file in files if suffix_of(file.name) in CODE]
    wrapping = 0
    for level in zip(*(file.parts[:-1] for file in code), strict=False):
        if len(set(level)) > 1 or chapter_number(level[0]) is not None:
            break
        wrapping += 1
    return [file for file in code if len(file.parts) - 1 - wrapping <= FOLDERS_DEEP]


def ranked(files: Iterable[File], exercise: Exercise) -> list[File]:
    """Those that may be an exercise's, the likeliest first; a file in another chapter's folder is not."""
    chapter = chapter_of(exercise)
    fitting = [file for file in files if chapter_of_file(file) in (None, chapter)]
    return sorted(fitting, key=lambda file: (chapter_of_file(file) is None, *order(file)))


def order(file: File) -> tuple[int, int, tuple[str, ...]]:
    """A key that puts what lies higher first, and `hw1.ipynb` before `hw1-Copy1.ipynb`."""
    return len(file.parts), len(file.name), file.parts


def chapter_of_file(file: File) -> int | None:
    """The chapter whose folder a file lies in."""
    numbers = [chapter_number(part) for part in file.parts[:-1]]
    return next((number for number in reversed(numbers) if number is not None), None)


def required_names(exercise: Exercise) -> frozenset[str]:
    """The functions and classes an exercise asks for: what its stub defines at top level."""
    try:
        tree = ast.parse(exercise.files.stub.read_text(encoding="utf-8"))
    except (OSError, ValueError, SyntaxError):  # a broken stub is for `author verify` to report
        return frozenset({exercise.name})
    public = frozenset(name for name in defined_names(tree) if not name.startswith("_"))
    return public or frozenset({exercise.name})


def lookalike(files: Iterable[File], exercise: Exercise, wanted: frozenset[str]) -> File | None:
    """A file that was meant for an exercise: `corr2d (1).py`, `corr-2d.py`, or one that defines what it asks for.

    The file of another exercise of the chapter is none, even if it defines the same as a helper.
    """
    for file in ranked((file for file in files if suffix_of(file.name) == ".py"), exercise):
        is_anothers = (exercise.files.stub.parent / folded(file.name)).exists()
        if not is_anothers and (_is_nearly(file.name, exercise) or _defined_in(file) & wanted):
            return file
    return None


def _is_nearly(name: str, exercise: Exercise) -> bool:
    letters = re.sub(r"[\W_]", "", folded(name).removesuffix(".py"))
    wanted = exercise.name.replace("_", "")
    return letters.startswith(wanted) and bool(re.fullmatch(r"(?:copy|\d)*", letters.removeprefix(wanted)))


def _defined_in(file: File) -> frozenset[str]:
    try:
        tree = parse(decode(file.read(MAX_SOURCE), file.path)) if not file.problem else (0, file.problem)
    except SubmissionError:  # not text: nothing to be found in it
        return frozenset()
    return frozenset() if isinstance(tree, tuple) else defined_names(tree)

"""`author show`: where the parts of an exercise are, or would be, in each room."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from d2l_kit.catalog import Chapter, Exercise

COURSE = "course"
REFERENCE = "reference"


@dataclass(frozen=True)
class Part:
    """One file of an exercise.

    Attributes:
        room: "course" or "reference".
        what: Such as "stub" or "hidden checks".
        path: Where it is, or belongs.
        there: Whether it exists.
    """

    room: str
    what: str
    path: Path
    there: bool


def parts(chapter: Chapter, exercise: Exercise) -> tuple[Part, ...]:
    """Every part of an exercise, the chapter's last; none of a reference that is not installed."""
    found = [
        _part(COURSE, "stub", exercise.files.stub),
        _part(COURSE, "public checks", exercise.files.public_checks),
    ]
    if chapter.reference_root is not None:
        found += _of_reference(chapter.reference_root, exercise)
    found += [
        _part(COURSE, "its table", chapter.root / "chapter.toml"),
        _part(COURSE, "fingerprints", chapter.fingerprints),
        _part(COURSE, "chapter page", chapter.page),
    ]
    return tuple(found)


def _of_reference(root: Path, exercise: Exercise) -> Iterator[Part]:
    yield _part(REFERENCE, "solution", root / f"{exercise.name}.py")
    yield _part(REFERENCE, "hidden checks", root / "checks" / f"test_{exercise.name}.py")
    yield _part(REFERENCE, "mistakes", root / f"{exercise.name}.mistakes.toml")
    for path in sorted((root / "mistakes").glob(f"{exercise.name}__*.py")):
        yield _part(REFERENCE, "a mistake", path)
    pattern = root / "alternatives" / f"{exercise.name}__STYLE.py"
    for path in exercise.files.alternatives or (pattern,):
        yield _part(REFERENCE, "alternative", path)


def _part(room: str, what: str, path: Path) -> Part:
    return Part(room, what, path, path.exists())

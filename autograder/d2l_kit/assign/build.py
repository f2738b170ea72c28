"""`assign build`: what students are given, as a workspace folder, a notebook and a zip of the folder.

Everything is made in memory from the stubs, the chapters' pages and the templates. Templates see what `_public` gives
them, which is without seed and extensions, and nothing here ever opens the reference. No time, user or machine goes
in, so that the same assignment gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from d2l_kit.assign._archive import zipped
from d2l_kit.assign._notebook import notebook
from d2l_kit.assign._templates import CHECK_CELL, INTRODUCTION, README, SECTION, Templates
from d2l_kit.assign.model import Assignment
from d2l_kit.assign.words import attempts_in_words, late_in_words, moment_in_words
from d2l_kit.catalog import Course, Exercise
from d2l_kit.errors import UsageError
from d2l_kit.workspace.files import explained, write_atomically
from d2l_kit.workspace.layout import WORKSPACE_FILE, WORKSPACE_FORMAT, stub_of

_WORKSPACE = """\
# The root of your workspace for the assignment {name}. Commands given anywhere below this folder find it by this file.
# Your answers are in the chapters' folders: `d2l-kit check` checks them, `d2l-kit submit` packs them.

format = {format}
assignment = "{name}"
"""
_PLAIN = 0o644
_DIFFERS = "{path} is there already and differs{more}; nothing was written."
_LINK = "{path} is a link, or no file; nothing was written."


@dataclass(frozen=True)
class Built:
    """What was written.

    Attributes:
        files: All of the hand-out, the workspace's included.
        strange: What lies in the workspace folder and is not of this hand-out.
    """

    folder: Path
    files: tuple[Path, ...]
    strange: tuple[Path, ...]


def hand_out(assignment: Assignment, course: Course, templates: Path | None = None) -> dict[str, bytes]:
    """Every file of the hand-out by its path: `hw2/…`, `hw2.ipynb`, `hw2.zip`."""
    name, made = assignment.name, Templates(templates)
    exercises = assignment.exercises_of(course)
    public = _public(assignment, exercises)
    workspace = {
        f"{name}/{WORKSPACE_FILE}": _WORKSPACE.format(name=name, format=WORKSPACE_FORMAT).encode(),
        f"{name}/README.md": made.render(README, public).encode(),
    }
    for chapter in dict.fromkeys(course.chapter_of(exercise) for exercise in exercises):
        if chapter.page.is_file():
            workspace[f"{name}/{chapter.name}/README.md"] = chapter.page.read_bytes()
    for exercise in _with_required(course, exercises):
        workspace[f"{name}/{exercise.id}.py"] = stub_of(exercise)
    sections = []
    for number, (exercise, shown) in enumerate(zip(exercises, public["exercises"], strict=True), 1):
        values = {**public, "exercise": shown, "number": number, "file": f"{name}.ipynb"}
        sections.append((exercise, made.render(SECTION, values), made.render(CHECK_CELL, values)))
    book = notebook(name, made.render(INTRODUCTION, public), sections)
    archive = zipped({path: (content, _PLAIN) for path, content in workspace.items()})
    return {**workspace, f"{name}.ipynb": book, f"{name}.zip": archive}


def build(
    assignment: Assignment, course: Course, out: Path, *, templates: Path | None = None, replace: bool = False
) -> Built:
    """Write the hand-out below `out`; what is there and is the same stays as it is.

    Raises:
        UsageError: Something else is there and `replace` does not allow to overwrite it.
    """
    files = {out / path: content for path, content in hand_out(assignment, course, templates).items()}
    _refuse(files, replace=replace)
    for path, content in files.items():
        with explained("cannot write", path):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, content)
    folder = out / assignment.name
    strange = [path for path in sorted(folder.rglob("*")) if not path.is_dir() and path not in files]
    return Built(folder, tuple(files), tuple(strange))


def _public(assignment: Assignment, exercises: tuple[Exercise, ...]) -> dict[str, Any]:
    """What templates may see: nothing secret."""
    due = assignment.due
    return {
        "name": assignment.name,
        "title": assignment.title,
        "due": moment_in_words(due, assignment.zone) if due else "",
        "late": late_in_words(assignment.late, assignment.zone) if due else "",
        "attempts": attempts_in_words(assignment.attempts),
        "points": assignment.points,
        "exercises": [
            {
                "id": exercise.id,
                "name": exercise.name,
                "title": exercise.title,
                "summary": exercise.summary,
                "sections": exercise.sections,
                "points": exercise.points,
                "file": f"{exercise.id}.py",
            }
            for exercise in exercises
        ],
    }


def _with_required(course: Course, exercises: tuple[Exercise, ...]) -> tuple[Exercise, ...]:
    """And those whose files they may import."""
    found = dict.fromkeys(course.by_id[exercise.id] for exercise in exercises)
    waiting = [*found]
    for exercise in waiting:
        needed = [course.by_id[f"{exercise.chapter}/{name}"] for name in exercise.requires]
        waiting += [each for each in needed if each not in found]
        found.update(dict.fromkeys(needed))
    return tuple(found)


def _refuse(files: Mapping[Path, bytes], *, replace: bool) -> None:
    differing = []
    for path, content in files.items():
        if path.is_symlink() or (path.exists() and not path.is_file()):
            raise UsageError(_LINK.format(path=path), "Move it away.")
        with explained("cannot read", path):
            if path.is_file() and path.read_bytes() != content:
                differing.append(path)
    if differing and not replace:
        more = f", and {len(differing) - 1} more" if len(differing) > 1 else ""
        raise UsageError(_DIFFERS.format(path=differing[0], more=more), "Give -f to replace, or --out another folder.")

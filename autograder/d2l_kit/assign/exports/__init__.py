"""`assign export`: an assignment as a platform wants it; one module for each target, found in the table below.

A target's module has a function `files(assignment, course, how)` that makes everything in memory: by its path below the
zip or the folder a file's bytes, or bytes and mode. No time, user or machine goes in, so that the same assignment, kit
and templates give the same bytes.
"""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from d2l_kit.assign._archive import zipped
from d2l_kit.assign.model import Assignment
from d2l_kit.catalog import Course
from d2l_kit.errors import UnknownName, UsageError
from d2l_kit.workspace.files import explained, write_atomically

ZIP = "zip"
FOLDER = "folder"
PLAIN = 0o644
EXECUTABLE = 0o755

Content = bytes | tuple[bytes, int]
Files = Mapping[str, Content]

_UNKNOWN = "There is no platform {name!r} to export to."
_UNKNOWN_HOW = "Take one of: {names}."
_DIFFERS = "{path} is there already and differs; nothing was written."
_DIFFERS_HOW = "Give -f to replace it, or --out another place."
_IN_THE_WAY = "{path} is in the way: {what}; nothing was written."


@dataclass(frozen=True)
class How:
    """What a target may need besides assignment and course.

    Attributes:
        templates: A folder with templates that go before the kit's own.
        wheels: A folder with wheels to take instead of building them.
    """

    templates: Path | None = None
    wheels: Path | None = None


@dataclass(frozen=True)
class Target:
    """A platform.

    Attributes:
        name: What `--to` calls it; its module is called so too, with underscores.
        description: One line for people.
        kind: "zip" or "folder".
        secret: Whether it holds hidden checks or the seed, and must stay with the instructor.
        next: What to do with what was made; `{path}` is where it lies.
    """

    name: str
    description: str
    kind: str
    secret: bool
    next: str


TARGETS = (
    Target(
        "gradescope",
        "Gradescope's autograder zip",
        ZIP,
        secret=True,
        next="Upload {path} under Configure Autograder; it holds hidden checks and the seed, so it is yours alone.",
    ),
    Target(
        "classroom50",
        "a Classroom 50 autograder, for autograders/ASSIGNMENT of the classroom",
        FOLDER,
        secret=False,
        next="Copy {path} to CLASSROOM/autograders/ASSIGNMENT in the repository classroom50. Students can read it, so "
        "its checks are the public ones; grade with hidden checks on your own machine.",
    ),
    Target(
        "github",
        "a GitHub template repository, checked at every push",
        FOLDER,
        secret=False,
        next="Push {path} as a template repository. Nothing hidden is in it; grade with hidden checks on your own "
        "machine, or with --to github-grading.",
    ),
    Target(
        "github-grading",
        "your private GitHub repository, which grades a class's repositories with hidden checks",
        FOLDER,
        secret=True,
        next="List the class in {path}/repositories.csv, then push {path} to a private repository: it holds hidden "
        "checks and the seed.",
    ),
    Target(
        "nbgrader",
        "an assignment for nbgrader, graded by the kit",
        FOLDER,
        secret=True,
        next="{path} is laid out as a course; its README.md says what to copy into one that you have. It holds the "
        "seed, so it is yours alone.",
    ),
    Target(
        "otter",
        "an assignment for Otter-Grader, graded by the kit",
        FOLDER,
        secret=True,
        next="{path}/README.md says how to make the autograder of it. It holds hidden checks and the seed, so it is "
        "yours alone.",
    ),
    Target(
        "vscode",
        "the folder .vscode of a workspace",
        FOLDER,
        secret=False,
        next="Copy what is in {path} into the workspace.",
    ),
)


def find_target(name: str) -> Target:
    """The target of that name.

    Raises:
        UnknownName: There is none; offers the nearest.
    """
    known = {target.name: target for target in TARGETS}
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name.lower(), known, n=1)
    remedy = f"Did you mean {near[0]!r}? " if near else ""
    raise UnknownName(_UNKNOWN.format(name=name), remedy + _UNKNOWN_HOW.format(names=", ".join(known)))


def files_of(target: Target, assignment: Assignment, course: Course, how: How) -> dict[str, tuple[bytes, int]]:
    """Everything of an export, in the order of paths: content and mode."""
    module: Any = importlib.import_module(f"{__name__}.{target.name.replace('-', '_')}")
    made: Files = module.files(assignment, course, how)
    return {path: content if isinstance(content, tuple) else (content, PLAIN) for path, content in sorted(made.items())}


def place(target: Target, assignment: Assignment, out: Path | None) -> Path:
    """Where an export goes: what was asked for, or beside assignment.toml."""
    suffix = ".zip" if target.kind == ZIP else ""
    return out or assignment.path.parent / f"{assignment.name}-{target.name}{suffix}"


def export(
    target: Target, assignment: Assignment, course: Course, out: Path, how: How, *, replace: bool = False
) -> tuple[Path, ...]:
    """Write an export; what is there and is the same stays as it is.

    Args:
        out: The zip's own name, or the folder that holds the files.

    Returns:
        What was written: the zip, or the folder's files.

    Raises:
        UsageError: Something else is there and `replace` does not allow to overwrite it, or it cannot be written.
    """
    made = files_of(target, assignment, course, how)
    if target.kind == ZIP:
        wanted = {out: (zipped(made), PLAIN)}
    else:
        wanted = {out / path: content for path, content in made.items()}
    for path, (content, _) in wanted.items():
        _refuse(path, content, replace=replace)
    for path, (content, mode) in wanted.items():
        with explained("cannot write", path):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, content, private=target.secret)
            path.chmod(mode & ~0o077 if target.secret else mode)
    return tuple(wanted)


def _refuse(path: Path, content: bytes, *, replace: bool) -> None:
    if path.is_symlink() or (path.exists() and not path.is_file()):
        what = "a link" if path.is_symlink() else "no file"
        raise UsageError(_IN_THE_WAY.format(path=path, what=what), "Move it away, or give --out another place.")
    for parent in path.parents:
        if parent.is_file():
            raise UsageError(_IN_THE_WAY.format(path=parent, what="a file"), "Give --out another place.")
    with explained("cannot read", path):
        if path.is_file() and not replace and path.read_bytes() != content:
            raise UsageError(_DIFFERS.format(path=path), _DIFFERS_HOW)

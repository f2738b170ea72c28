"""The workspace: `d2l-kit.toml` at the root, `ch07/corr2d.py` for an exercise, `.d2l-kit/` for the kit.

A student's work is never overwritten: a stub is only written where nothing is, and `put_back` moves what was
there into a backup first.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from d2l_kit.catalog import Chapter, Course, Exercise
from d2l_kit.errors import UsageError
from d2l_kit.forbidden import header
from d2l_kit.workspace.files import explained, write_atomically, write_new

WORKSPACE_FILE = "d2l-kit.toml"
WORKSPACE_FORMAT = 1
KIT_FOLDER = ".d2l-kit"

_WORKSPACE_TEXT = f"""\
# The root of your d2l-kit workspace. Commands given anywhere below this folder find it by this file.
# Your answers are in ch07/corr2d.py and so on: `d2l-kit check` checks them, `d2l-kit submit` packs them.
# What the kit remembers (hints you have seen, last verdicts, backups) is in {KIT_FOLDER}/; it may be deleted.

format = {WORKSPACE_FORMAT}
"""


@dataclass(frozen=True)
class Workspace:
    """A student's folder, with `d2l-kit.toml` at its root."""

    root: Path

    @property
    def kit_folder(self) -> Path:
        """Where the kit keeps its own files."""
        return self.root / KIT_FOLDER

    def file(self, exercise: Exercise) -> Path:
        """Where the answer to an exercise is, whether or not it is there yet."""
        return self.root / exercise.chapter / f"{exercise.name}.py"

    def page(self, chapter: Chapter) -> Path:
        """Where the chapter's page is."""
        return self.root / chapter.name / "README.md"

    def shown(self, path: Path) -> str:
        """A path as people are shown it: relative to the workspace, with forward slashes."""
        return path.relative_to(self.root).as_posix()

    def started(self, exercises: Iterable[Exercise]) -> tuple[Exercise, ...]:
        """Those of the exercises whose file is there."""
        return tuple(exercise for exercise in exercises if self.file(exercise).is_file())


@dataclass(frozen=True)
class Laid:
    """What became of one file that `lay_out` was to write."""

    path: Path
    kept: bool


def find_workspace(start: Path) -> Workspace | None:
    """The workspace that `start` lies in: the nearest folder upwards with a `d2l-kit.toml`."""
    start = start.absolute()
    root = next((folder for folder in (start, *start.parents) if (folder / WORKSPACE_FILE).is_file()), None)
    return None if root is None else _opened(root)


def current_folder() -> Path:
    """Where the command was given.

    Raises:
        UsageError: That folder has been removed meanwhile.
    """
    try:
        return Path.cwd()
    except FileNotFoundError as error:
        raise UsageError("The folder you are in no longer exists.", "Go to another: cd ~") from error


def open_workspace(given: Path | None) -> Workspace:
    """The workspace at `given`, or else the one the current folder lies in.

    Raises:
        UsageError: There is none, or its `d2l-kit.toml` cannot be used.
    """
    if given is None:
        if (found := find_workspace(current_folder())) is not None:
            return found
        raise UsageError(
            f"This folder is in no workspace: no {WORKSPACE_FILE} here or in a folder above.",
            "Go to your workspace, name it with --workspace, or make one here: d2l-kit start ch7",
        )
    if not (given / WORKSPACE_FILE).is_file():
        raise UsageError(
            f"{given} is no workspace: it has no {WORKSPACE_FILE}.",
            f"Make it one: d2l-kit start ch7 --workspace {given}",
        )
    return _opened(given.absolute())


def create_workspace(root: Path) -> Workspace:
    """Make a folder a workspace; the folder is made too if need be, nothing in it is touched."""
    root = root.absolute()
    with explained("cannot make a workspace in", root):
        root.mkdir(parents=True, exist_ok=True)
        write_new(root / WORKSPACE_FILE, _WORKSPACE_TEXT.encode())
    return _opened(root)


def lay_out(workspace: Workspace, course: Course, exercises: Iterable[Exercise]) -> tuple[Laid, ...]:
    """Write the stubs and the chapters' pages; whatever is there already is kept."""
    chosen = tuple(exercises)
    chapters = dict.fromkeys(course.chapter_of(exercise) for exercise in chosen)
    files = [(c.page.read_bytes(), workspace.page(c)) for c in chapters if c.page.is_file()]
    files += [(stub_of(exercise), workspace.file(exercise)) for exercise in chosen]
    return tuple(Laid(to, kept=not _write(content, to)) for content, to in files)


def stub_of(exercise: Exercise) -> bytes:
    """What a student starts from: the stub, under a comment that lists what the exercise forbids."""
    return header(exercise.forbidden).encode() + exercise.files.stub.read_bytes()


def holds_the_stub(workspace: Workspace, exercise: Exercise) -> bool:
    """Whether the exercise's file is, byte for byte but for line ends, what `start` wrote."""
    with explained("cannot read", workspace.file(exercise)):
        return workspace.file(exercise).read_bytes().splitlines() == stub_of(exercise).splitlines()


def put_back(workspace: Workspace, exercises: Iterable[Exercise], now: datetime) -> Path:
    """Put the stubs back, after copying what is there into a new backup folder, which is returned.

    Args:
        now: The time the folder is named after; must know its zone.
    """
    chosen = workspace.started(exercises)
    backup = _new_backup_folder(workspace, now)
    for exercise in chosen:
        path = workspace.file(exercise)
        copy = backup / workspace.shown(path)
        with explained("cannot keep a copy in", copy):
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    for exercise in chosen:
        with explained("cannot write", workspace.file(exercise)):
            write_atomically(workspace.file(exercise), stub_of(exercise))
    return backup


def select(workspace: Workspace, course: Course, names: Iterable[str]) -> tuple[Exercise, ...]:
    """Exercises for names or for paths of files and folders in the workspace; all for none.

    Raises:
        UnknownName: A name fits nothing.
        UsageError: A path lies outside the workspace.
    """
    return course.select([_name_of(workspace, name) for name in names])


def _name_of(workspace: Workspace, name: str) -> str:
    """A path in the workspace as an exercise's name; any other text as it is."""
    path = Path(name)
    if not path.is_absolute() and not path.exists():
        return path.as_posix()
    try:
        inside = path.resolve().relative_to(workspace.root.resolve()).as_posix()
    except ValueError:
        if path.is_absolute() or name.startswith("."):
            raise UsageError(
                f"{name} is not in the workspace {workspace.root}.", "Name its workspace with --workspace."
            ) from None
        return name
    return name if inside == "." else inside


def _opened(root: Path) -> Workspace:
    path = root / WORKSPACE_FILE
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8")).get("format")
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(
            f"{path}: cannot be read: {error}.",
            "Correct it, or rename it and run `d2l-kit start` here to get a fresh one; your answers stay.",
        ) from error
    if found != WORKSPACE_FORMAT:
        newer = isinstance(found, int) and found > WORKSPACE_FORMAT
        raise UsageError(
            f"{path}: format = {found!r}; this d2l-kit reads format {WORKSPACE_FORMAT}.",
            "Update the kit: pip install --upgrade d2l-kit" if newer else f"Write: format = {WORKSPACE_FORMAT}",
        )
    return Workspace(root)


def _write(content: bytes, to: Path) -> bool:
    with explained("cannot write", to):
        to.parent.mkdir(parents=True, exist_ok=True)
        return write_new(to, content)


def _new_backup_folder(workspace: Workspace, now: datetime) -> Path:
    # No colons: Windows has none in names.
    stamp = now.strftime("%Y-%m-%dT%H.%M.%S%z")
    parent = workspace.kit_folder / "backups"
    with explained("cannot make", parent):
        parent.mkdir(parents=True, exist_ok=True)
        taken = {folder.name for folder in parent.iterdir()}
        names = (stamp if n == 1 else f"{stamp}-{n}" for n in range(1, len(taken) + 2))
        folder = parent / next(name for name in names if name not in taken)
        folder.mkdir()
    return folder

"""The submissions of a class: the entries of a folder, or of the one zip a learning platform gives out.

A path is one submission where it is a file, where it is a workspace (it holds `d2l-kit.toml`), or where it
holds a chapter's folder or an exercise's file; any other folder is a class. A zip is a class where it holds
two or more archives side by side, or folders as Moodle names them.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from d2l_kit.catalog import Exercise
from d2l_kit.errors import SubmissionError
from d2l_kit.submission._files import unreadable
from d2l_kit.submission._model import ClassEntry
from d2l_kit.submission._names import (
    CODE,
    chapter_number,
    checked_parts,
    folded,
    is_archive,
    is_leftover,
    shown,
    suffix_of,
    title_of,
)
from d2l_kit.submission._reader import WORKSPACE_FILE
from d2l_kit.submission._zip import open_zip, zip_members

MOODLE_MARK = "_assignsubmission_file"
LISTED_AT_MOST = 10


def list_class(paths: Sequence[Path], exercises: Collection[Exercise] = ()) -> tuple[list[ClassEntry], list[str]]:
    """The submissions below the paths, each class in the order of its names, and notes about what is none.

    Args:
        paths: Folders of a class, or single submissions (`grade class/*`).
        exercises: What will be graded: a folder with a file of such a name is one submission.

    Raises:
        SubmissionError: A path does not exist or cannot be read. What is wrong with one submission is found
            when it is read, and stops no other.
    """
    entries: list[ClassEntry] = []
    notes: list[str] = []
    files = {f"{exercise.name}.py" for exercise in exercises}
    for typed in paths:
        path = _resolved(typed)
        if path.is_dir():
            found, ignored = _in_folder(path, typed.name or path.name, files)
        elif suffix_of(path.name) == ".zip":
            found, ignored = _in_zip(path, typed.name)
        else:
            found, ignored = [ClassEntry(title_of(typed.name), path)], []
        entries += found
        notes += _ignored(typed, ignored)
    return _told_apart(entries, notes), notes


def _resolved(typed: Path) -> Path:
    """A path that a person typed may be a link; what lies below it may not."""
    try:
        return typed.resolve(strict=True)
    except OSError as error:
        raise unreadable(str(typed), error) from error


def _in_folder(folder: Path, typed: str, files: set[str]) -> tuple[list[ClassEntry], list[str]]:
    try:
        with os.scandir(folder) as scanned:
            found = sorted(scanned, key=lambda entry: folded(entry.name))
    except OSError as error:
        raise unreadable(str(folder), error) from error
    if any(_marks_a_submission(entry, files) for entry in found):
        return [ClassEntry(title_of(typed), folder)], []
    entries: list[ClassEntry] = []
    ignored: list[str] = []
    for entry in found:
        if _is_submission(entry):
            entries.append(ClassEntry(_student(entry.name), folder / entry.name))
        else:
            ignored.append(entry.name)
    return entries, ignored


def _marks_a_submission(entry: os.DirEntry[str], files: set[str]) -> bool:
    if entry.is_dir(follow_symlinks=False):
        return entry.name.lower().startswith("ch") and chapter_number(entry.name) is not None
    return entry.name == WORKSPACE_FILE or folded(entry.name) in files


def _is_submission(entry: os.DirEntry[str]) -> bool:
    """A link is an entry too: it is refused when it is read, and its student gets a row that says so."""
    if is_leftover(entry.name):
        return False
    try:
        mode = entry.stat(follow_symlinks=False).st_mode
    except OSError:
        return True
    if stat.S_ISDIR(mode) or stat.S_ISLNK(mode):
        return True
    return stat.S_ISREG(mode) and _is_file_of_a_kind(entry.name)


def _student(name: str) -> str:
    return title_of(name.partition(MOODLE_MARK)[0] or name)


def _is_file_of_a_kind(name: str) -> bool:
    return suffix_of(name) in CODE or is_archive(name)


@dataclass
class _Top:
    """What a zip holds below one name of its top level."""

    names: list[tuple[str, ...]] = field(default_factory=list)
    is_folder: bool = False

    def is_a_students(self) -> bool:
        """Whether it is an archive, or holds one and no code beside it."""
        last = [parts[-1] for parts in self.names]
        return any(is_archive(name) for name in last) and not any(suffix_of(name) in CODE for name in last)


def _in_zip(path: Path, typed: str) -> tuple[list[ClassEntry], list[str]]:
    single = [ClassEntry(title_of(typed), path)]
    try:
        with open_zip(path) as packed:
            members = [(member.name, member.info.is_dir()) for member in zip_members(packed)]
    except SubmissionError:  # told by the row of this one submission
        return single, []
    wrapping, tops = _top_level(members, path.name)
    students = [name for name, top in tops.items() if top.is_a_students() and chapter_number(title_of(name)) is None]
    from_moodle = any(MOODLE_MARK in name for name in tops)
    if len(students) < 2 and not from_moodle:
        return single, []
    entries: list[ClassEntry] = []
    ignored: list[str] = []
    for name, top in sorted(tops.items(), key=lambda item: folded(item[0])):
        if top.is_folder or _is_file_of_a_kind(name):
            entries.append(ClassEntry(_student(name), path.joinpath(*wrapping, name)))
        else:
            ignored.append(name)
    return entries, ignored


def _top_level(members: Sequence[tuple[str, bool]], archive: str) -> tuple[tuple[str, ...], dict[str, _Top]]:
    """What lies at the top of a zip, below one folder that may wrap everything."""
    listed = list(_sound(members, archive))
    wrapping: tuple[str, ...] = ()
    firsts = {parts[0][0] for parts in listed}
    if len(firsts) == 1 and all(len(parts) > 1 or is_folder for parts, is_folder in listed):
        (only,) = firsts
        if MOODLE_MARK not in only:
            wrapping = (only,)
            listed = [(parts[1:], is_folder) for parts, is_folder in listed if len(parts) > 1]
    tops: dict[str, _Top] = {}
    for parts, is_folder in listed:
        top = tops.setdefault(parts[0], _Top())
        top.is_folder |= is_folder or len(parts) > 1
        if not is_folder:
            top.names.append(parts)
    return wrapping, tops


def _sound(members: Sequence[tuple[str, bool]], archive: str) -> Iterator[tuple[tuple[str, ...], bool]]:
    for name, is_folder in members:
        try:
            parts = checked_parts(name, archive)
        except (
            SubmissionError
        ):  # names that lead elsewhere are nobody's hand-in here; a single one is refused when read
            continue
        if parts and not any(is_leftover(part) for part in parts):
            yield parts, is_folder


def _ignored(typed: Path, names: list[str]) -> list[str]:
    if not names:
        return []
    more = f" and {len(names) - LISTED_AT_MOST} more" if len(names) > LISTED_AT_MOST else ""
    listed = ", ".join(map(shown, names[:LISTED_AT_MOST]))
    return [f"{shown(str(typed))}: not submissions, ignored: {listed}{more}."]


def _told_apart(entries: list[ClassEntry], notes: list[str]) -> list[ClassEntry]:
    """Names that no file system takes for one another: reports are files named by them."""
    taken: set[str] = set()
    told: list[ClassEntry] = []
    for entry in entries:
        name, count = entry.name, 1
        while folded(name) in taken:
            count += 1
            name = f"{entry.name}-{count}"
        if name != entry.name:
            notes.append(f"{shown(str(entry.path))} is called {name}: there is another {entry.name}.")
        taken.add(folded(name))
        told.append(ClassEntry(name, entry.path))
    return told

"""The files of a folder: links are never followed, devices never opened, nothing outside is reached.

A hand-in's folder may hold a link to /etc/passwd or to a neighbour's work, a FIFO that blocks its reader
for ever, or a device. So kinds are taken from `lstat`, and a file is opened without following links and
without blocking, then asked again what it is.
"""

from __future__ import annotations

import errno
import os
import stat
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from d2l_kit.errors import KitError, MachineError, SubmissionError
from d2l_kit.submission._names import CODE, is_leftover, is_part, shown, suffix_of

MAX_FILES = 10_000
MAX_DEPTH = 5  # folders below the submission's own: a wrapping folder or two, the chapter, the exercise

_MACHINE = {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EIO, errno.ENOSPC}
_KINDS = {
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


@dataclass(frozen=True)
class File:
    """A file of a hand-in, in a folder or in an archive.

    Attributes:
        parts: Its path within the hand-in.
        read: Called with the most bytes wanted, returns the content or raises SubmissionError.
        problem: Why it is not an ordinary file ("is a symbolic link"); then `read` is not to be called.
    """

    parts: tuple[str, ...]
    read: Callable[[int], bytes]
    problem: str = ""

    @property
    def path(self) -> str:
        """The path for people."""
        return shown("/".join(self.parts))

    @property
    def name(self) -> str:
        """The last part."""
        return self.parts[-1]


def list_folder(root: Path) -> tuple[list[File], list[str]]:
    """The files below a folder, nearest first, and notes about what was not looked at.

    Raises:
        SubmissionError: The folder itself cannot be read.
    """
    found: list[File] = []
    notes: list[str] = []
    waiting: deque[tuple[str, ...]] = deque([()])
    seen = 0
    while waiting:
        parts = waiting.popleft()
        try:
            with os.scandir(root.joinpath(*parts)) as scanned:
                entries = sorted(scanned, key=lambda entry: entry.name)
        except OSError as error:
            if not parts:
                raise unreadable(root.name, error) from error
            notes.append(f"{shown('/'.join(parts))} cannot be read: {error.strerror}.")
            continue
        if parts and any(entry.name == "pyvenv.cfg" for entry in entries):
            continue
        for entry in entries:
            if is_leftover(entry.name):
                continue
            own = (*parts, entry.name)
            seen += 1
            if seen > MAX_FILES:
                return found, [*notes, f"More than {MAX_FILES} files: those deepest down were not looked at."]
            if entry.is_dir(follow_symlinks=False):
                if suffix_of(entry.name) in CODE:
                    found.append(File(own, _not_read, "is a folder, not a file"))
                elif len(own) <= MAX_DEPTH:
                    waiting.append(own)
            else:
                if entry.is_symlink() and suffix_of(entry.name) not in CODE:
                    notes.append(f"{shown('/'.join(own))} is a symbolic link, which is never followed.")
                found.append(_file(root, own, _kind(entry)))
    return found, notes


def files_of_several(path: Path) -> list[Path]:
    """The files that a path such as `class/ada_4711_*` stands for, in the order of their names.

    Raises:
        SubmissionError: The folder cannot be read.
    """
    try:
        found = sorted(path.parent.iterdir())
    except OSError as error:
        raise unreadable(path.parent.name, error) from error
    return [each for each in found if is_part(each.name, path.name) and not is_leftover(each.name)]


def read_file(path: Path, shown_as: str, limit: int) -> bytes:
    """The content of an ordinary file, at most `limit + 1` bytes: the caller refuses what exceeds the limit.

    Raises:
        SubmissionError: It is no ordinary file, or cannot be read.
    """
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        if problem := kind_problem(os.lstat(path).st_mode):
            raise SubmissionError(f"{shown_as} {problem}.", "Hand in the file itself.")
        with os.fdopen(os.open(path, flags), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise SubmissionError(f"{shown_as} is not an ordinary file.", "Hand in the file itself.")
            return file.read(limit + 1)
    except OSError as error:
        raise unreadable(shown_as, error) from error


def kind_problem(mode: int) -> str:
    """Why a thing of this mode is no ordinary file ("is a symbolic link"), or nothing."""
    if stat.S_ISREG(mode):
        return ""
    if stat.S_ISLNK(mode):
        return "is a symbolic link, which is never followed"
    if stat.S_ISDIR(mode):
        return "is a folder, not a file"
    return f"is {_KINDS.get(stat.S_IFMT(mode), 'of an unknown kind')}, not a file"


def unreadable(name: str, error: OSError) -> KitError:
    """The error for what the system does not let us read; the student's only where the machine is well."""
    reason = error.strerror or type(error).__name__
    if error.errno in _MACHINE:
        return MachineError(f"{shown(name)} cannot be read: {reason}.", "Mend that and grade again.")
    return SubmissionError(f"{shown(name)} cannot be read: {reason}.", "Check its name and its permissions.")


def _file(root: Path, parts: tuple[str, ...], problem: str) -> File:
    path = root.joinpath(*parts)
    return File(parts, lambda limit: read_file(path, shown("/".join(parts)), limit), problem)


def _kind(entry: os.DirEntry[str]) -> str:
    try:
        return kind_problem(entry.stat(follow_symlinks=False).st_mode)
    except OSError as error:
        return f"cannot be read: {error.strerror}"


def _not_read(limit: int) -> bytes:
    raise SubmissionError("This is not a file.")

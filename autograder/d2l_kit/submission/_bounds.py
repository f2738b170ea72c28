"""What holds for every archive: how much may come out of it, which names it may hold, how damage is told."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from d2l_kit.errors import KitError, SubmissionError
from d2l_kit.submission._files import MAX_FILES, File, kind_problem, unreadable
from d2l_kit.submission._names import CODE, folded, is_leftover, is_read, refused, shown, suffix_of

MAX_UNPACKED = 64 << 20  # bytes of one submission, archives inside included
CHUNK = 1 << 16


@dataclass
class Budget:
    """What one submission may still unpack."""

    archive: str
    left: int = MAX_UNPACKED
    entries: int = MAX_FILES

    def spend(self, count: int, entry: str) -> None:
        """Take `count` bytes off.

        Raises:
            SubmissionError: More than there may be; names the entry that broke the bound.
        """
        self.left -= count
        if self.left < 0:
            raise refused(self.archive, entry, f"takes the unpacked size above {MAX_UNPACKED >> 20} MiB")

    def enter(self, entry: str) -> None:
        """Count one entry.

        Raises:
            SubmissionError: There are too many.
        """
        self.entries -= 1
        if self.entries < 0:
            raise refused(self.archive, entry, f"is one of more than {MAX_FILES}")


@dataclass
class Names:
    """The names met so far in one archive."""

    archive: str
    files: dict[str, str] = field(default_factory=dict)
    folders: set[str] = field(default_factory=set)

    def add(self, name: str, parts: tuple[str, ...], is_folder: bool) -> None:
        """Note a name.

        Raises:
            SubmissionError: Some system would take it for one that was there before; names both.
        """
        own = folded("/".join(parts))
        if first := self.files.get(own):
            same = "is there twice" if first == name else f"collides with {shown(first)!r}"
            raise refused(self.archive, name, same)
        above = own.rpartition("/")[0]
        while above and above not in self.folders and above not in self.files:
            self.folders.add(above)
            above = above.rpartition("/")[0]
        if above in self.files or (own in self.folders and not is_folder):
            raise refused(self.archive, name, "is both a file and a folder")
        if is_folder:
            self.folders.add(own)
        else:
            self.files[own] = name


def counted(read: Callable[[int], bytes], name: str, budget: Budget) -> bytes:
    """A content to its end: every byte is counted, and returned if the name says that it is wanted."""
    wanted = is_read(name)  # of other files the bytes are counted and forgotten
    pieces = []
    while piece := read(CHUNK):
        budget.spend(len(piece), name)
        if wanted:
            pieces.append(piece)
    return b"".join(pieces)


def kept(parts: tuple[str, ...], is_folder: bool, content: bytes) -> list[File]:
    """An entry as a file to look at; none for leftovers and ordinary folders."""
    if not parts or any(is_leftover(part) for part in parts):
        return []
    if is_folder:
        is_code = suffix_of(parts[-1]) in CODE
        return [File(parts, lambda limit: b"", "is a folder, not a file")] if is_code else []
    return [File(parts, lambda limit: content[: limit + 1])]


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """An archive's file, opened if it is an ordinary file.

    Raises:
        SubmissionError: It is a link or a device, or cannot be read.
    """
    try:
        if problem := kind_problem(os.lstat(path).st_mode):
            raise SubmissionError(f"{shown(path.name)} {problem}.", "Hand in the file itself.")
        file = path.open("rb")
    except OSError as error:
        raise unreadable(path.name, error) from error
    with file:
        yield file


@contextmanager
def damage_is_named(name: str) -> Iterator[None]:
    """Whatever a damaged archive makes the standard library raise, as one error that names the archive."""
    try:
        yield
    except (KitError, MemoryError):
        raise
    except Exception as error:  # a dozen kinds, and other ones in other versions
        reason = shown(str(error) or type(error).__name__)
        raise SubmissionError(
            f"{shown(name)} is not a readable archive: {reason}.", "Make it anew and hand it in again."
        ) from error

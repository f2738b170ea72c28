"""The files of a zip. Its table of contents is not believed: neither sizes nor names nor kinds of entries."""

from __future__ import annotations

import os
import stat
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from d2l_kit.errors import SubmissionError
from d2l_kit.submission._bounds import Budget, Names, counted, damage_is_named, kept, opened
from d2l_kit.submission._files import MAX_FILES, File, kind_problem
from d2l_kit.submission._names import checked_parts, refused, shown

MAX_DIRECTORY = 16 << 20  # bytes of the table of contents: far above 10 000 entries, far below 10^6


@dataclass(frozen=True)
class ZipMember:
    """An entry of a zip, its name as a person meant it."""

    name: str
    info: zipfile.ZipInfo


@contextmanager
def open_zip(path: Path) -> Iterator[zipfile.ZipFile]:
    """A zip, with a bound on its table of contents.

    Raises:
        SubmissionError: It is damaged or unreadable.
    """
    with opened(path) as file, damage_is_named(path.name), read_zip(file, path.name) as packed:
        yield packed


def read_zip(file: BinaryIO, name: str) -> zipfile.ZipFile:
    """An open file as a zip, with a bound on its table of contents; damage is raised as `zipfile` does."""
    return zipfile.ZipFile(_Frugal(file, name))


def zip_members(packed: zipfile.ZipFile) -> list[ZipMember]:
    """The entries of an open zip. Names without the UTF-8 mark are often UTF-8 all the same (macOS)."""
    return [ZipMember(_meant(info), info) for info in packed.infolist()]


def zip_files(packed: zipfile.ZipFile, members: Sequence[ZipMember], archive: str, budget: Budget) -> list[File]:
    """The files among these entries.

    Raises:
        SubmissionError: An entry is unacceptable; names it.
    """
    names = Names(archive)
    files = []
    for member in members:
        budget.enter(member.name)
        parts = checked_parts(member.name, archive)
        _check_zip_entry(member, archive)
        is_folder = member.info.is_dir()
        names.add(member.name, parts, is_folder)
        content = b"" if is_folder else zip_content(packed, member, budget, archive)
        files += kept(parts, is_folder, content)
    return files


def zip_content(packed: zipfile.ZipFile, member: ZipMember, budget: Budget, archive: str) -> bytes:
    """The content if it is wanted, else nothing; either way it is unpacked and counted."""
    if member.info.file_size > budget.left:
        budget.spend(member.info.file_size, member.name)
    with packed.open(member.info) as file:
        return counted(file.read, member.name, budget)


def _check_zip_entry(member: ZipMember, archive: str) -> None:
    info = member.info
    if "\0" in info.orig_filename:
        raise refused(archive, info.orig_filename, "has a NUL in its name")
    mode = info.external_attr >> 16
    if stat.S_IFMT(mode) and not stat.S_ISDIR(mode) and (problem := kind_problem(mode)):
        raise refused(archive, member.name, problem.partition(",")[0])
    if info.flag_bits & 0x2041:  # encrypted, by one of three methods
        raise refused(archive, member.name, "is encrypted", "Hand in a .zip without a password.")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise refused(
            archive,
            member.name,
            f"is compressed by method {info.compress_type}, which is not read here",
            "Make the .zip with your system's own tool.",
        )


def _meant(info: zipfile.ZipInfo) -> str:
    if info.flag_bits & 0x800:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.filename


@dataclass(frozen=True)
class _Frugal:
    """A file not read in one gulp: `zipfile` takes the table of contents whole, be it of 10^6 entries."""

    file: BinaryIO
    archive: str

    def read(self, size: int = -1) -> bytes:
        if size > MAX_DIRECTORY:
            raise SubmissionError(
                f"{shown(self.archive)} is refused: its table of contents takes {size >> 20} MiB, more than"
                f" {MAX_FILES} entries need.",
                "Hand in the exercise files only.",
            )
        return self.file.read(size)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self.file.seek(offset, whence)

    def tell(self) -> int:
        return self.file.tell()

    def seekable(self) -> bool:
        return True

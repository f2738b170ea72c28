"""The files of a .zip, .tar or .tar.gz, in memory: nothing goes to disk, every unpacked byte is counted.

An archive is refused whole, by the name of the entry at fault, when an entry would leave the archive's
folder, is a link, a device or encrypted, or when two entries' names are one on some file system: what such
an archive means depends on who unpacks it. It is refused too when it holds too much. Headers lie about
sizes, so what counts is what really comes out; `Budget` is shared with the archives inside. An archive in
an archive is normal life (a platform's download of students' zips); one more level is refused.
"""

from __future__ import annotations

import io
import os
import stat
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from d2l_kit.errors import KitError, SubmissionError
from d2l_kit.submission import _tar
from d2l_kit.submission._files import MAX_FILES, File, kind_problem, unreadable
from d2l_kit.submission._names import (
    ARCHIVES,
    CODE,
    OTHER_ARCHIVES,
    checked_parts,
    folded,
    is_archive,
    is_leftover,
    refused,
    shown,
    suffix_of,
)

MAX_UNPACKED = 64 << 20  # bytes of one submission, archives inside included
MAX_LEVELS = 2
MAX_DIRECTORY = 16 << 20  # bytes of a zip's table of contents: far above 10 000 entries, far below 10^6
CHUNK = 1 << 16
KEPT = (*CODE, ".toml")  # of other files the bytes are counted and forgotten

USE_ZIP = "Hand in a .zip."

_MAGIC = {
    b"PK\x03\x04": ".zip",
    b"PK\x05\x06": ".zip",
    b"\x1f\x8b": ".tar.gz",
    b"7z\xbc\xaf\x27\x1c": ".7z",
    b"Rar!\x1a\x07": ".rar",
    b"BZh": ".bz2",
    b"\xfd7zXZ\x00": ".xz",
    b"\x28\xb5\x2f\xfd": ".zst",
}


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


@dataclass(frozen=True)
class ZipMember:
    """An entry of a zip, its name as a person meant it."""

    name: str
    info: zipfile.ZipInfo


def list_archive(path: Path, inside: tuple[str, ...] = ()) -> list[File]:
    """The files of an archive, or of the folder or archive `inside` it, nearest first.

    Raises:
        SubmissionError: The archive is damaged, of a kind not read here, or unacceptable; names the entry.
    """
    budget = Budget(path.name)
    with opened(path) as file, _damage_is_named(path.name):
        if not inside:
            return _list(file, path.name, budget, level=1)
        with _zip(file, path.name) as packed:
            wanted = [m for m in zip_members(packed) if _below(m.name, inside)]
            if [m.name.rstrip("/") for m in wanted] == ["/".join(inside)] and is_archive(inside[-1]):
                data = _zip_content(packed, wanted[0], budget, inside[-1])
                return _list(io.BytesIO(data), inside[-1], budget, level=2)
            files = _zip_files(packed, wanted, path.name, budget)
        return _expanded([File(f.parts[len(inside) :], f.read, f.problem) for f in files], budget, level=1)


def expand(files: Iterable[File]) -> list[File]:
    """The files of a folder, with the content of the archives among them in place of the archives."""
    return _expanded(files, Budget("the folder"), level=0)


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


def zip_members(packed: zipfile.ZipFile) -> list[ZipMember]:
    """The entries of an open zip. Names without the UTF-8 mark are often UTF-8 all the same (macOS)."""
    return [ZipMember(_meant(info), info) for info in packed.infolist()]


@contextmanager
def open_zip(path: Path) -> Iterator[zipfile.ZipFile]:
    """A zip, with a bound on its table of contents.

    Raises:
        SubmissionError: It is damaged or unreadable.
    """
    with opened(path) as file, _damage_is_named(path.name), _zip(file, path.name) as packed:
        yield packed


def _list(file: BinaryIO, name: str, budget: Budget, level: int) -> list[File]:
    if level > MAX_LEVELS:
        raise refused(
            budget.archive, name, f"is an archive {level} levels deep", "Hand in one .zip with the files."
        )
    kind = _sniffed(file, name)
    with _damage_is_named(name):
        if kind == ".zip":
            with _zip(file, name) as packed:
                files = _zip_files(packed, zip_members(packed), name, budget)
        else:
            files = _tar_files(_tar.Gunzip(file) if kind in (".tar.gz", ".tgz") else file, name, budget)
    return _expanded(files, budget, level)


def _sniffed(file: BinaryIO, name: str) -> str:
    """What an archive is: its first bytes are believed before its name, which people change by hand."""
    head = file.read(_tar.BLOCK)
    file.seek(0)
    kind = next((kind for magic, kind in _MAGIC.items() if head.startswith(magic)), suffix_of(name))
    if head[257:262] == b"ustar":
        return ".tar"
    if kind in OTHER_ARCHIVES:
        raise SubmissionError(f"{shown(name)} is a {kind} archive, which is not read here.", USE_ZIP)
    return kind


def _expanded(files: Iterable[File], budget: Budget, level: int) -> list[File]:
    """Archives inside are opened only where no code lies beside them: a data set's zip is no hand-in."""
    files = sorted(files, key=lambda file: (len(file.parts), file.parts))
    inner = [file for file in files if is_archive(file.name) and not file.problem]
    if not inner or any(suffix_of(file.name) in CODE for file in files):
        return files
    found = [file for file in files if file not in inner]
    for file in [file for file in inner if suffix_of(file.name) in ARCHIVES] or inner:
        data = file.read(MAX_UNPACKED)
        if len(data) > MAX_UNPACKED:
            raise refused(budget.archive, file.path, f"is larger than {MAX_UNPACKED >> 20} MiB")
        for part in _list(io.BytesIO(data), file.name, budget, level + 1):
            found.append(File((*file.parts, *part.parts), part.read, part.problem))
    return found


class _Names:
    """The names met so far in one archive; refuses a second one that some system would take for the first."""

    def __init__(self, archive: str) -> None:
        self._archive = archive
        self._files: dict[str, str] = {}
        self._folders: set[str] = set()

    def add(self, name: str, parts: tuple[str, ...], is_folder: bool) -> None:
        own = folded("/".join(parts))
        above = {folded("/".join(parts[:depth])) for depth in range(1, len(parts))}
        if first := self._files.get(own):
            same = "is there twice" if first == name else f"collides with {shown(first)!r}"
            raise refused(self._archive, name, same)
        if (not is_folder and own in self._folders) or any(folder in self._files for folder in above):
            raise refused(self._archive, name, "is both a file and a folder")
        self._folders |= above
        if is_folder:
            self._folders.add(own)
        else:
            self._files[own] = name


def _zip_files(
    packed: zipfile.ZipFile, members: Sequence[ZipMember], archive: str, budget: Budget
) -> list[File]:
    names = _Names(archive)
    files = []
    for member in members:
        budget.enter(member.name)
        parts = checked_parts(member.name, archive)
        _check_zip_entry(member, archive)
        is_folder = member.info.is_dir()
        names.add(member.name, parts, is_folder)
        content = b"" if is_folder else _zip_content(packed, member, budget, archive)
        files += _kept(parts, is_folder, content)
    return files


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


def _zip_content(packed: zipfile.ZipFile, member: ZipMember, budget: Budget, archive: str) -> bytes:
    """The content if it is wanted, else nothing; either way it is unpacked and counted."""
    if member.info.file_size > budget.left:
        budget.spend(member.info.file_size, member.name)
    with packed.open(member.info) as file:
        return _counted(file.read, member.name, budget)


def _tar_files(stream: _tar.Readable, archive: str, budget: Budget) -> list[File]:
    names = _Names(archive)
    files = []
    counted = _CountedStream(stream, budget.left + MAX_FILES * 4 * _tar.BLOCK, archive)
    for entry in _tar.entries(counted, archive):
        counted.entry = entry.name
        budget.enter(entry.name)
        parts = checked_parts(entry.name, archive)
        if not parts:
            continue
        names.add(entry.name, parts, entry.is_folder)
        if entry.size > budget.left:
            budget.spend(entry.size, entry.name)
        content = b"" if entry.is_folder else _counted(entry.read, entry.name, budget)
        files += _kept(parts, entry.is_folder, content)
    if not counted.read_anything:
        raise EOFError("it is empty")
    return files


@dataclass
class _CountedStream:
    """A tar's bytes, headers and padding included, with an end: long headers cost as much as long files."""

    stream: _tar.Readable
    left: int
    archive: str
    entry: str = ""
    read_anything: bool = False

    def read(self, size: int, /) -> bytes:
        data = self.stream.read(size)
        self.left -= len(data)
        self.read_anything |= bool(data)
        if self.left < 0:
            raise refused(self.archive, self.entry, f"takes the unpacked size above {MAX_UNPACKED >> 20} MiB")
        return data


def _counted(read: Callable[[int], bytes], name: str, budget: Budget) -> bytes:
    wanted = suffix_of(name) in KEPT or is_archive(name)
    pieces = []
    while piece := read(CHUNK):
        budget.spend(len(piece), name)
        if wanted:
            pieces.append(piece)
    return b"".join(pieces)


def _kept(parts: tuple[str, ...], is_folder: bool, content: bytes) -> list[File]:
    if not parts or any(is_leftover(part) for part in parts):
        return []
    if is_folder:
        is_code = suffix_of(parts[-1]) in CODE
        return [File(parts, lambda limit: b"", "is a folder, not a file")] if is_code else []
    return [File(parts, lambda limit: content[: limit + 1])]


def _meant(info: zipfile.ZipInfo) -> str:
    if info.flag_bits & 0x800:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.filename


def _below(name: str, inside: tuple[str, ...]) -> bool:
    return tuple(part for part in name.split("/") if part not in ("", "."))[: len(inside)] == inside


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
                USE_ZIP,
            )
        return self.file.read(size)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self.file.seek(offset, whence)

    def tell(self) -> int:
        return self.file.tell()

    def seekable(self) -> bool:
        return True


def _zip(file: BinaryIO, name: str) -> zipfile.ZipFile:
    return zipfile.ZipFile(_Frugal(file, name))


@contextmanager
def _damage_is_named(name: str) -> Iterator[None]:
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

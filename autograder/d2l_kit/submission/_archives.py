"""The files of a .zip, .tar or .tar.gz, in memory: nothing goes to disk, every unpacked byte is counted.

An archive is refused whole, by the name of the entry at fault, when an entry would leave the archive's
folder, is a link, a device or encrypted, or when two entries' names are one on some file system: what such
an archive means depends on who unpacks it. It is refused too when it holds too much. Headers lie about
sizes, so what counts is what really comes out; `Budget` is shared with the archives inside. An archive in
an archive is normal life (a platform's download of students' zips); one more level is refused.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from d2l_kit.errors import SubmissionError
from d2l_kit.submission import _tar
from d2l_kit.submission._bounds import MAX_UNPACKED, Budget, Names, counted, damage_is_named, kept, opened
from d2l_kit.submission._files import MAX_FILES, File
from d2l_kit.submission._names import (
    ARCHIVES,
    CODE,
    OTHER_ARCHIVES,
    SEVERAL,
    checked_parts,
    is_archive,
    is_part,
    refused,
    shown,
    suffix_of,
)
from d2l_kit.submission._platforms import own_names
from d2l_kit.submission._zip import read_zip, zip_content, zip_files, zip_members

MAX_LEVELS = 2

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


def list_archive(path: Path, inside: tuple[str, ...] = ()) -> list[File]:
    """The files of an archive, or of the folder or archive `inside` it, nearest first.

    Raises:
        SubmissionError: The archive is damaged, of a kind not read here, or unacceptable; names the entry.
    """
    budget = Budget(path.name)
    with opened(path) as file, damage_is_named(path.name):
        if not inside:
            return _list(file, path.name, budget, level=1)
        with read_zip(file, path.name) as packed:
            wanted = [m for m in zip_members(packed) if _below(m.name, inside)]
            if [m.name.rstrip("/") for m in wanted] == ["/".join(inside)] and is_archive(inside[-1]):
                data = zip_content(packed, wanted[0], budget, inside[-1])
                return _list(io.BytesIO(data), inside[-1], budget, level=2)
            files = zip_files(packed, wanted, path.name, budget)
        own = own_names(file.name for file in files) if inside[-1].endswith(SEVERAL) else {}
        return _expanded([_within(file, inside, own) for file in files], budget, level=1)


def expand(files: Iterable[File]) -> list[File]:
    """The files of a folder, with the content of the archives among them in place of the archives."""
    return _expanded(files, Budget("the folder"), level=0)


def _list(file: BinaryIO, name: str, budget: Budget, level: int) -> list[File]:
    if level > MAX_LEVELS:
        raise refused(budget.archive, name, f"is an archive {level} levels deep", "Hand in one .zip with the files.")
    kind = _sniffed(file, name)
    with damage_is_named(name):
        if kind == ".zip":
            with read_zip(file, name) as packed:
                files = zip_files(packed, zip_members(packed), name, budget)
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


def _tar_files(stream: _tar.Readable, archive: str, budget: Budget) -> list[File]:
    names = Names(archive)
    files = []
    whole = _CountedStream(stream, budget.left + MAX_FILES * 4 * _tar.BLOCK, archive)
    for entry in _tar.entries(whole, archive):
        whole.entry = entry.name
        budget.enter(entry.name)
        parts = checked_parts(entry.name, archive)
        if not parts:
            continue
        names.add(entry.name, parts, entry.is_folder)
        if entry.size > budget.left:
            budget.spend(entry.size, entry.name)
        content = b"" if entry.is_folder else counted(entry.read, entry.name, budget)
        files += kept(parts, entry.is_folder, content)
    if not whole.read_anything:
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


def _within(file: File, inside: tuple[str, ...], own: Mapping[str, str]) -> File:
    parts = file.parts[len(inside) :] or (own.get(file.name, file.name),)
    return File(parts, file.read, file.problem)


def _below(name: str, inside: tuple[str, ...]) -> bool:
    parts = tuple(part for part in name.split("/") if part not in ("", "."))
    if parts[: len(inside)] == inside:
        return True
    *folders, last = inside
    return len(parts) == len(inside) and parts[:-1] == tuple(folders) and is_part(parts[-1], last)

"""Where real data sets are kept on this machine: the folder, what is wrong in it, and putting files there.

A file enters the folder whole and with the right checksum, by a rename, or not at all. So any number of `get` may
run at once, and one that is broken off leaves at most a file whose name ends with `.part`.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from d2l_kit.errors import MachineError, UsageError
from d2l_kit.hookspecs import DataFile, Tell

FOLDER_VARIABLE = "D2L_DATA"
PART = ".part"
_STALE = 3600.0  # seconds after which a `.part` that has not grown belongs to no running `get`
_BLOCK = 1 << 16
# Where the files lie in a folder that a person may have: beside each other, or as torchvision lays them out.
_BELOW = (".", "raw", "FashionMNIST/raw")
MISSING = "missing"
UNFINISHED = "unfinished: a download is under way or was broken off"
_NOT_IN_FOLDER = "{folder}: {name} is not there, neither with .gz nor without."
_NEEDED = "These are needed, with .gz or without: {names}."
_WRONG_IN_FOLDER = "{path}: {problem}."
_TAKE_ANOTHER = "Download this file again, or let `d2l-kit data get {name}` fetch all."
_CANNOT_WRITE = "{path}: the data set cannot be kept there: {reason}."
_CHOOSE = "Make room or give yourself the right to write, or set D2L_DATA to another folder."


@dataclass(frozen=True)
class RealFile:
    """One file of a real data set.

    Attributes:
        name: Without `.gz`.
        size: Of the gzipped file, in bytes.
        sha256: Of the gzipped file.
        form: Says what is wrong with an unpacked file, empty if nothing: no checksum is published for those.
    """

    name: str
    size: int
    sha256: str
    form: Callable[[Path], str]

    @property
    def packed(self) -> str:
        """The name of the file as it is published."""
        return f"{self.name}.gz"


@dataclass(frozen=True)
class RealSet:
    """A real data set: its name, its files, and addresses to put a file's name behind."""

    name: str
    files: tuple[RealFile, ...]
    mirrors: tuple[str, ...]

    @property
    def size(self) -> int:
        """What there is to fetch, in bytes."""
        return sum(file.size for file in self.files)


def folder_of(real: RealSet) -> Path:
    """The folder of a real data set: below D2L_DATA if that is set, else below the user's folder for caches."""
    chosen = os.environ.get(FOLDER_VARIABLE)
    return (Path(chosen).expanduser() if chosen else _cache() / "d2l-kit" / "data") / real.name


def find(folder: Path, file: RealFile) -> Path | None:
    """The file in `folder`, gzipped or, if there is none, unpacked."""
    return next((path for path in (folder / file.packed, folder / file.name) if path.is_file()), None)


def inspect(real: RealSet) -> tuple[DataFile, ...]:
    """Every file of the set with what is wrong with it, then what was left unfinished; empty if nothing is there."""
    folder = folder_of(real)
    found = [(file, find(folder, file)) for file in real.files]
    unfinished = tuple(DataFile(path, UNFINISHED, counts=False) for path in _parts(real))
    if all(path is None for _, path in found):
        return unfinished
    files = [
        DataFile(folder / file.packed, MISSING) if path is None else DataFile(path, problem_of(path, file))
        for file, path in found
    ]
    return (*files, *unfinished)


def problem_of(path: Path, file: RealFile) -> str:
    """What is wrong with a file that is there; empty if nothing is."""
    try:
        if path.name != file.packed:
            return file.form(path)
        size = path.stat().st_size
        if size != file.size:
            return f"it has {size} bytes, not {file.size}: it is {'cut short' if size < file.size else 'too long'}"
        with path.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
    except OSError as error:
        return f"it cannot be read: {error.strerror}"
    return "" if digest == file.sha256 else other_sum(digest, file)


def other_sum(digest: str, file: RealFile) -> str:
    """What to say of a file whose checksum is another."""
    return f"its content is not the published one: its SHA-256 is {digest}, not {file.sha256}"


def get(real: RealSet, source: Path | None, force: bool, tell: Tell) -> None:
    """Put a real data set into its folder; files that are there and right stay, unless `force`.

    Args:
        real: The data set.
        source: A folder that holds the files; None to download them.
        force: Whether to replace what is right.
        tell: Hears of each file's name, the bytes done and those to do.

    Raises:
        UsageError: A file in `source` is missing or damaged; nothing was changed then.
        MachineError: No mirror could be reached, or the folder cannot be written.
    """
    from d2l_course.data._fetch import download

    theirs = {} if source is None else _theirs(real, source)
    _remove_stale(real)
    for file in real.files:
        here = find(folder_of(real), file)
        if here is not None and not force and not problem_of(here, file):
            tell(here.name, file.size, file.size)
        elif source is None:
            download(real, file, tell)
        else:
            _copy(real, theirs[file], tell)


@contextmanager
def incoming(path: Path) -> Iterator[BinaryIO]:
    """A file to write to that becomes `path` at the end of the block, or vanishes if the block raises.

    Raises:
        MachineError: It cannot be written.
    """
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}{PART}")  # its own, whoever else fetches the same
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("xb") as file:
            yield file
        part.replace(path)
        # Of a file in two forms the gzipped one counts: a damaged twin must not outlive its replacement.
        twin = path.with_suffix("") if path.suffix == ".gz" else path.with_name(f"{path.name}.gz")
        twin.unlink(missing_ok=True)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise MachineError(_CANNOT_WRITE.format(path=path.parent, reason=reason), _CHOOSE) from error
    finally:
        with suppress(OSError):
            part.unlink()


def _theirs(real: RealSet, source: Path) -> dict[RealFile, Path]:
    """The files in a person's folder, all looked at before the first is copied."""
    if not source.is_dir():
        raise UsageError(f"{source} is not a folder.", "Give the folder that holds the files.")
    found = {}
    for file in real.files:
        path = next((there for below in _BELOW if (there := find(source / below, file))), None)
        if path is None:
            names = ", ".join(each.packed for each in real.files)
            raise UsageError(_NOT_IN_FOLDER.format(folder=source, name=file.name), _NEEDED.format(names=names))
        if problem := problem_of(path, file):
            raise UsageError(_WRONG_IN_FOLDER.format(path=path, problem=problem), _TAKE_ANOTHER.format(name=real.name))
        found[file] = path
    return found


def _copy(real: RealSet, path: Path, tell: Tell) -> None:
    target = folder_of(real) / path.name
    if target.exists() and target.samefile(path):
        return
    try:
        content = path.open("rb")
    except OSError as error:
        raise UsageError(f"{path}: it cannot be read: {error.strerror}.", "Check its permissions.") from error
    with content, incoming(target) as file:
        shutil.copyfileobj(content, file, _BLOCK)
    size = target.stat().st_size
    tell(path.name, size, size)


def _parts(real: RealSet) -> list[Path]:
    return sorted(part for file in real.files for part in folder_of(real).glob(f"{file.name}*{PART}"))


def _remove_stale(real: RealSet) -> None:
    for part in _parts(real):
        with suppress(OSError):  # another `get` may have done it
            if time.time() - part.stat().st_mtime > _STALE:
                part.unlink()


def _cache() -> Path:
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    named = os.environ.get("LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME", "")
    return Path(named) if Path(named).is_absolute() else Path.home() / ".cache"

"""A tar read as a stream of entries, forwards only, with every length checked before it is believed.

Not by the standard library's reader: that one follows sparse maps and extended headers of any size, and
versions of it that are still in use loop or take quadratic time on crafted headers. What a student's
system writes is little: POSIX headers (decoded by `TarInfo.frombuf`), GNU long names, pax paths.
"""

from __future__ import annotations

import tarfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from d2l_kit.errors import SubmissionError
from d2l_kit.submission._names import refused, shown

BLOCK = 512
MAX_HEADER = 1 << 16  # of a long name or of one entry's pax records
MAX_HEADERS = 8  # before one entry; systems write two
CHUNK = 1 << 16

_FILES = (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE)
_PAX = (tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE)
_REFUSED = {
    tarfile.SYMTYPE: "is a symbolic link",
    tarfile.LNKTYPE: "is a hard link",
    tarfile.CHRTYPE: "is a device",
    tarfile.BLKTYPE: "is a device",
    tarfile.FIFOTYPE: "is a FIFO",
    tarfile.GNUTYPE_SPARSE: "is a sparse file",
}


class Readable(Protocol):
    """Where a tar comes from: a plain file or unpacked gzip."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none at the end."""


@dataclass(frozen=True)
class TarEntry:
    """A folder or file of a tar; `read` gives the next bytes of it, until the next entry is asked for."""

    name: str
    size: int
    is_folder: bool
    read: Callable[[int], bytes]


class Gunzip:
    """Unpacked gzip, a bounded piece at a time."""

    def __init__(self, packed: BinaryIO) -> None:
        self._packed = packed
        self._unpack = zlib.decompressobj(wbits=31)
        self._rest = b""

    def read(self, size: int, /) -> bytes:
        """At most `size` unpacked bytes; none at the end.

        Raises:
            EOFError: The data ends early.
            zlib.error: The data is not gzip, or damaged.
        """
        while True:
            if self._unpack.eof:
                self._rest = (self._unpack.unused_data or self._packed.read(CHUNK)).lstrip(b"\0")
                if not self._rest:
                    return b""
                self._unpack = zlib.decompressobj(wbits=31)
            elif not self._rest:
                self._rest = self._packed.read(CHUNK)
                if not self._rest:
                    raise EOFError("it ends in the middle of the compressed data")
            unpacked = self._unpack.decompress(self._rest, size)
            self._rest = self._unpack.unconsumed_tail
            if unpacked:
                return unpacked


def entries(stream: Readable, archive: str) -> Iterator[TarEntry]:
    """The entries of a tar, in its order.

    Raises:
        SubmissionError: An entry is neither folder nor file, or its header cannot be; names the entry.
        tarfile.TarError, ValueError, EOFError, zlib.error: The data is damaged.
    """
    overrides: dict[str, str] = {}
    headers = 0
    while header := _exactly(stream, BLOCK, may_end=True):
        if not header.strip(b"\0"):
            return
        info = tarfile.TarInfo.frombuf(header, "utf-8", "surrogateescape")
        if info.size < 0:
            raise refused(archive, info.name, "has a size below 0")
        if info.type in (tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK, tarfile.XGLTYPE, *_PAX):
            headers += 1
            data = _header_data(stream, info, archive, headers)
            if info.type == tarfile.GNUTYPE_LONGNAME:
                overrides["path"] = data.rstrip(b"\0").decode("utf-8", "surrogateescape")
            elif info.type in _PAX:
                overrides.update(_pax_records(data))
            continue
        name = overrides.get("path", info.name)
        size = int(overrides.get("size", info.size))
        sparse = any(key.startswith("GNU.sparse") for key in overrides)
        overrides, headers = {}, 0
        if sparse or info.type in _REFUSED:
            raise refused(archive, name, "is a sparse file" if sparse else _REFUSED[info.type])
        if not info.isdir() and info.type not in _FILES:
            raise refused(archive, name, f"is of an unknown kind ({info.type!r})")
        body = _Body(stream, 0 if info.isdir() else size)
        yield TarEntry(name, body.left, info.isdir(), body.read)
        body.skip()


class _Body:
    """The content of one entry, and the padding behind it."""

    def __init__(self, stream: Readable, size: int) -> None:
        if size < 0:
            raise ValueError("an entry has a size below 0")
        self._stream = stream
        self._padding = -size % BLOCK
        self.left = size

    def read(self, size: int) -> bytes:
        data = self._stream.read(min(size, self.left)) if self.left else b""
        if self.left and not data:
            raise EOFError("it ends in the middle of an entry")
        self.left -= len(data)
        return data

    def skip(self) -> None:
        while self.left:
            self.read(CHUNK)
        _exactly(self._stream, self._padding, may_end=True)


def _header_data(stream: Readable, info: tarfile.TarInfo, archive: str, number: int) -> bytes:
    if info.size > MAX_HEADER or number > MAX_HEADERS:
        raise SubmissionError(
            f"{shown(archive)} is refused: headers in it take more than {MAX_HEADER >> 10} KiB.",
            "Make a new .zip.",
        )
    return _exactly(stream, info.size + -info.size % BLOCK)[: info.size]


def _pax_records(data: bytes) -> Iterator[tuple[str, str]]:
    """The records of an extended header: "<length> <key>=<value>\\n", the length counting all of it."""
    at = 0
    while at < len(data):
        digits = data[at : at + 8].partition(b" ")[0]
        length = int(digits) if digits.isdigit() else 0
        key, equals, value = data[at + len(digits) + 1 : at + length - 1].partition(b"=")
        if not equals or not 5 <= length <= len(data) - at or data[at + length - 1 : at + length] != b"\n":
            raise ValueError("an extended header is damaged")
        yield key.decode("utf-8", "surrogateescape"), value.decode("utf-8", "surrogateescape")
        at += length


def _exactly(stream: Readable, size: int, may_end: bool = False) -> bytes:
    pieces = []
    missing = size
    while missing:
        piece = stream.read(missing)
        if not piece:
            if may_end and missing == size:
                return b""
            raise EOFError("it ends early")
        pieces.append(piece)
        missing -= len(piece)
    return b"".join(pieces)

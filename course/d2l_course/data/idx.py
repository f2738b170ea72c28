"""The IDX format of MNIST and its kin: read strictly, plain or gzipped, and written.

A file is two zero bytes, a byte for the kind of number (8: bytes without sign), a byte for the number of
dimensions, a big-endian 32-bit size for each of them, and the numbers, the last index running fastest.
"""

from __future__ import annotations

import gzip
import io
import math
import struct
import zlib
from pathlib import Path

import torch
from d2l_kit.errors import UsageError
from torch import Tensor

LARGEST = 1 << 30  # bytes once unpacked: a damaged size or a hostile archive must not fill the memory
_BYTES = 0x08
_DIMENSIONS_MAX = 8
_GZIP = b"\x1f\x8b"
_REMEDY = "Copy or download this file again."


class NotIdx(ValueError):
    """The bytes are not an IDX file of bytes; says what is wrong, not where."""


def read(path: Path) -> Tensor:
    """The numbers of a file, plain or gzipped, as a uint8 tensor.

    Raises:
        UsageError: It cannot be read, or is not a whole IDX file; names file, problem and remedy.
    """
    try:
        return parse(path.read_bytes())
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}.", _REMEDY) from error
    except NotIdx as error:
        raise UsageError(f"{path}: {error}.", _REMEDY) from error


def parse(raw: bytes) -> Tensor:
    """The numbers in `raw`, which may be gzipped, as a uint8 tensor of its own.

    Raises:
        NotIdx: A field of the header is not as it must be, or there are too few or too many numbers.
    """
    if raw[:2] == _GZIP:
        raw = _unpacked(raw)
    if len(raw) < 4:
        raise NotIdx(f"it ends within the first four bytes, after {len(raw)}")
    if raw[:2] != b"\0\0":
        raise NotIdx(f"an IDX file begins with two zero bytes, this one with {raw[:2].hex(' ')}")
    if raw[2] != _BYTES:
        raise NotIdx(f"it holds numbers of kind 0x{raw[2]:02x}; only bytes, 0x08, are read")
    dimensions = raw[3]
    if not 1 <= dimensions <= _DIMENSIONS_MAX:
        raise NotIdx(f"it has {dimensions} dimensions; 1 to {_DIMENSIONS_MAX} are read")
    start = 4 + 4 * dimensions
    if len(raw) < start:
        raise NotIdx(f"it ends within its header, which has {start} bytes, after {len(raw)}")
    sizes = struct.unpack(f">{dimensions}I", raw[4:start])
    wanted, found = math.prod(sizes), len(raw) - start
    if found != wanted:
        shape = " x ".join(map(str, sizes))
        raise NotIdx(f"{shape} numbers take {wanted} bytes, there are {found}: it is {_length(found, wanted)}")
    # `frombuffer` refuses an empty buffer, and shares the memory of what it is given.
    body = torch.frombuffer(bytearray(raw[start:]), dtype=torch.uint8) if wanted else torch.empty(0, dtype=torch.uint8)
    return body.reshape(sizes)


def write(path: Path, numbers: Tensor) -> None:
    """Write a uint8 tensor; gzipped, with the same bytes for the same numbers, if the name ends with `.gz`.

    Raises:
        ValueError: The tensor is of another dtype, or of no dimension or too many.
    """
    if numbers.dtype is not torch.uint8 or not 1 <= numbers.ndim <= _DIMENSIONS_MAX:
        raise ValueError(f"an IDX file holds uint8 of 1 to {_DIMENSIONS_MAX} dimensions, not {numbers.dtype}")
    header = bytes([0, 0, _BYTES, numbers.ndim]) + struct.pack(f">{numbers.ndim}I", *numbers.shape)
    raw = header + numbers.contiguous().numpy().tobytes()
    path.write_bytes(gzip.compress(raw, mtime=0) if path.suffix == ".gz" else raw)


def _unpacked(raw: bytes) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(raw)) as file:
            content = file.read(LARGEST + 1)
    except EOFError as error:
        raise NotIdx("its gzip data is cut short") from error
    except (OSError, zlib.error) as error:
        raise NotIdx(f"its gzip data is damaged: {error}") from error
    if len(content) > LARGEST:
        raise NotIdx(f"unpacked it has more than {LARGEST} bytes")
    return content


def _length(found: int, wanted: int) -> str:
    return "cut short" if found < wanted else "too long"

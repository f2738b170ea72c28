"""Downloading one file: only when a person asks for it, from the first mirror that has it right."""

from __future__ import annotations

import hashlib
import http.client
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import BinaryIO
from urllib.parse import urlsplit

from d2l_kit import __version__
from d2l_kit.errors import MachineError
from d2l_kit.hookspecs import Tell

from d2l_course.data._store import RealFile, RealSet, folder_of, incoming, other_sum

TIMEOUT = 30.0  # seconds without a byte
_BLOCK = 1 << 16
_NOWHERE = "{name} could not be fetched: {reasons}."
_REMEDY = (
    "Try again later; what was fetched stays. Without a network: `d2l-kit data get {name} --from FOLDER`, with the "
    "files in FOLDER. Until it is whole, the offline default is used."
)


class _Failed(Exception):
    """A mirror did not give the file; says why."""


def download(real: RealSet, file: RealFile, tell: Tell) -> None:
    """Fetch a file into the data set's folder.

    Raises:
        MachineError: No mirror gave it, each with its reason; or the folder cannot be written.
    """
    reasons = []
    for mirror in real.mirrors:
        try:
            with incoming(folder_of(real) / file.packed) as part:
                _receive(mirror + file.packed, file, part, tell)
            return
        except _Failed as failed:
            reasons.append(f"{urlsplit(mirror).hostname}: {failed}")
    raise MachineError(_NOWHERE.format(name=file.packed, reasons="; ".join(reasons)), _REMEDY.format(name=real.name))


def _receive(address: str, file: RealFile, part: BinaryIO, tell: Tell) -> None:
    """Write to `part` what is at `address`, if it has the published size and checksum."""
    digest, done = hashlib.sha256(), 0
    for block in _blocks(address):
        done += len(block)
        if done > file.size:
            raise _Failed(f"it sends more than the {file.size} bytes of the published file")
        digest.update(block)
        part.write(block)
        tell(file.packed, done, file.size)
    if done < file.size:
        raise _Failed(f"it stopped after {done} of {file.size} bytes")
    if digest.hexdigest() != file.sha256:
        raise _Failed(other_sum(digest.hexdigest(), file))


def _blocks(address: str) -> Iterator[bytes]:
    """What is at `address`, block by block; failures of the network are told from those of the disk here."""
    request = urllib.request.Request(address, headers={"User-Agent": f"d2l-kit/{__version__}"})
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
            while block := answer.read(_BLOCK):
                yield block
    except urllib.error.HTTPError as error:
        raise _Failed(f"it answers {error.code} {error.reason}") from error
    except urllib.error.URLError as error:
        raise _Failed(f"it cannot be reached ({error.reason})") from error
    except (OSError, http.client.HTTPException) as error:
        raise _Failed(f"the connection broke ({error or type(error).__name__})") from error

"""What travels between the driver and a node: JSON in frames. Nothing of a student's is ever unpickled.

A submission travels as the texts that were read from it, so that no archive, link or device of a student's reaches a
node. The first frame is the order: what must be the same on the node, and how to grade. Its key `kit` is looked at
before all others, so that it may change with the version.
"""

from __future__ import annotations

import importlib.metadata
import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, BinaryIO

from d2l_kit import __version__
from d2l_kit.catalog import Exercise
from d2l_kit.grading import api
from d2l_kit.grading.court import RunOptions
from d2l_kit.submission import Source, Submission

_SIZE = struct.Struct("!I")
_MUST_AGREE = ("torch", "numpy")


def pack(document: Mapping[str, Any]) -> bytes:
    """A frame."""
    data = json.dumps(document).encode("ascii")
    return _SIZE.pack(len(data)) + data


def unpack(frame: bytes) -> dict[str, Any]:
    """The document of a frame."""
    document: dict[str, Any] = json.loads(frame[_SIZE.size :])
    return document


def receive(stream: BinaryIO) -> dict[str, Any] | None:
    """The next document; None if the other side has hung up."""
    head = stream.read(_SIZE.size)
    if len(head) < _SIZE.size:
        return None
    data = stream.read(*_SIZE.unpack(head))
    return unpack(head + data)


def order(exercises: Sequence[Exercise], options: RunOptions) -> dict[str, Any]:
    """What a node is told first. Exercises are named; points and limits may be an assignment's own."""
    return {
        "kit": __version__,
        "versions": versions(),
        "checks": api.digest_of_checks(exercises, options),
        "options": asdict(options),
        "exercises": [{"id": e.id, "points": e.points, "limits": asdict(e.limits)} for e in exercises],
    }


def versions() -> dict[str, str]:
    """Of what a verdict may depend on; "" for what is not installed. `+cpu` and `+cu130` count as the same torch."""
    return {name: _version(name) for name in _MUST_AGREE}


def of_submission(submission: Submission) -> dict[str, Any]:
    """A submission as it travels."""
    return asdict(submission)


def to_submission(document: Mapping[str, Any]) -> Submission:
    """The submission that has travelled."""
    sources = {
        id: Source(each["text"], each["file"], tuple((cell, line) for cell, line in each["cells"]), (*each["notes"],))
        for id, each in document["sources"].items()
    }
    problems, notes = document["problems"], tuple(document["notes"])
    return Submission(document["name"], sources, problems, notes, document["mark"])


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name).partition("+")[0]
    except importlib.metadata.PackageNotFoundError:
        return ""

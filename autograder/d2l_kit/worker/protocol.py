"""The messages between grader and worker, and their frames on a byte stream.

A message is 4 bytes magic, 4 bytes header length, 8 bytes body length, the header (JSON), the body (raw frames). The
lengths are checked against the receiver's limit before anything is allocated. Each request carries a fresh random
id, and an answer counts only if it echoes the id of the one request that is open: whatever else a worker writes, and
whenever, is `malformed`. Nothing here is a secret; nothing a worker writes is believed to be more than data.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MAGIC = b"d2l\x01"
PREFIX = struct.Struct("!4sIQ")
MAX_HEADER = 8 << 20
MAX_TEXT = 4000
MAX_TRACE = 12


class ProtocolError(ValueError):
    """The bytes that came are not a message."""


@dataclass(frozen=True)
class Raised:
    """An exception of the student's code, as text.

    Attributes:
        kind: The exception's class name.
        bases: Names of the builtin exceptions it derives from, itself included.
        lines: (line, function, text) of the student's own frames, outermost first.
    """

    kind: str
    bases: tuple[str, ...]
    message: str
    lines: tuple[tuple[int, str, str], ...] = ()
    in_import: bool = False


@dataclass(frozen=True)
class Answer:
    """What came back for a request.

    Attributes:
        outcome: "returned", "raised", "exited", "refused" (not plain data), or what the grader itself saw:
            "timeout", "memory", "output", "died", "malformed".
        value: What was returned, already decoded.
        text: For people: the refusal's or the malformation's reason, the exit's code.
        printed: What this request's code wrote to stdout and stderr, an excerpt.
        seconds: Wall time between sending the request and having the whole answer, taken by the grader.
    """

    outcome: str
    value: Any = None
    raised: Raised | None = None
    text: str = ""
    printed: str = ""
    seconds: float = 0.0


def message(meta: Mapping[str, Any], payload: tuple[bytes, list[memoryview]] | None = None) -> list[bytes | memoryview]:
    """The buffers of one message: `meta` and an optional encoded value (`codec.encode`)."""
    value_header, frames = payload if payload is not None else (b"", [])
    head = json.dumps(meta, separators=(",", ":")).encode("ascii")
    header = struct.pack("!I", len(head)) + head + value_header
    body = sum(frame.nbytes for frame in frames)
    return [PREFIX.pack(MAGIC, len(header), body), header, *frames]


def sizes(prefix: bytes, max_body: int) -> tuple[int, int]:
    """Header and body length of a message's prefix.

    Raises:
        ProtocolError: Not a prefix, or larger than allowed.
    """
    magic, header, body = PREFIX.unpack(prefix)
    if magic != MAGIC:
        raise ProtocolError("what came on the channel is no message of the kit")
    if header > MAX_HEADER or body > max_body:
        raise ProtocolError(
            f"the answer is too large: {(header + body) / 2**20:,.0f} MiB, {max_body / 2**20:,.0f} allowed"
        )
    return header, body


def split_header(header: memoryview) -> tuple[dict[str, Any], memoryview]:
    """The meta dictionary of a header and the encoded value's own header behind it.

    Raises:
        ProtocolError: It is not one.
    """
    try:
        (length,) = struct.unpack("!I", header[:4])
        if length > len(header) - 4:
            raise ProtocolError("a header shorter than it says")
        meta = json.loads(bytes(header[4 : 4 + length]).decode("ascii"))
    except ProtocolError:
        raise
    except (ValueError, struct.error, RecursionError) as error:
        raise ProtocolError(f"an unreadable header: {type(error).__name__}") from None
    if not isinstance(meta, dict):
        raise ProtocolError("an unreadable header")
    return meta, header[4 + length :]


def raised_from(data: Any) -> Raised:
    """A `Raised` from a worker's word for it: every field is checked and cut.

    Raises:
        ProtocolError: It has not the right form.
    """
    try:
        lines = tuple((int(n) % 2**31, str(f)[:200], str(t)[:400]) for n, f, t in list(data["lines"])[:MAX_TRACE])
        bases = tuple(str(name)[:100] for name in list(data["bases"])[:20])
        kind, text = str(data["kind"])[:100], str(data["message"])[:MAX_TEXT]
        return Raised(kind, bases, text, lines, data.get("in_import") is True)
    except Exception as error:  # hostile input: an infinite line number, a text of endless brackets
        raise ProtocolError(f"an unreadable exception: {type(error).__name__}") from None

"""Pieces as fingerprints: hashes of every k tokens in a row, and which of them are enough to find a relative by.

Winnowing (Schleimer, Wilkerson and Aiken, SIGMOD 2003): of every `WINDOW` hashes in a row the smallest is kept, so that
two sources which share a row of k + WINDOW - 1 tokens keep a hash in common, at a fraction of the hashes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from d2l_kit.similarity.normal import Piece

K = 6  # tokens in a row; shorter pieces are one fingerprint
LEAST = 3  # a piece with fewer tokens, such as `return y`, says nothing
WINDOW = 4


@dataclass(frozen=True)
class Gram:
    """A fingerprint and where it stands: tokens `start` to `stop` of all tokens of its source."""

    key: bytes
    start: int
    stop: int


@dataclass(frozen=True)
class Prints:
    """All fingerprints of a source.

    Attributes:
        lines: The line of each token, all pieces behind each other.
        grams: Every fingerprint.
        chosen: The keys that winnowing keeps.
    """

    lines: tuple[int, ...]
    grams: tuple[Gram, ...]
    chosen: frozenset[bytes]

    @property
    def keys(self) -> frozenset[bytes]:
        """Every fingerprint's key."""
        return frozenset(gram.key for gram in self.grams)


def prints(pieces: Sequence[Piece]) -> Prints:
    """The fingerprints of a source's pieces."""
    lines: list[int] = []
    grams: list[Gram] = []
    chosen: set[bytes] = set()
    for piece in pieces:
        if len(piece.tokens) < LEAST:
            continue
        own = _grams(piece.tokens, len(lines))
        lines += piece.lines
        grams += own
        chosen |= _winnowed([gram.key for gram in own])
    return Prints(tuple(lines), tuple(grams), frozenset(chosen))


def _grams(tokens: tuple[str, ...], offset: int) -> list[Gram]:
    length = min(K, len(tokens))
    starts = range(len(tokens) - length + 1)
    return [Gram(_key(tokens[at : at + length]), offset + at, offset + at + length) for at in starts]


def _key(tokens: Sequence[str]) -> bytes:
    text = "\0".join(tokens)
    return hashlib.blake2b(text.encode("utf-8", "backslashreplace"), digest_size=8).digest()


def _winnowed(keys: Sequence[bytes]) -> set[bytes]:
    return {min(keys[at : at + WINDOW]) for at in range(max(1, len(keys) - WINDOW + 1))}

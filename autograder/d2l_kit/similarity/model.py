"""What a comparison of a class finds: pairs, what they share, and whose code is too short to say anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from d2l_kit.submission import Source


@dataclass(frozen=True)
class Work:
    """One submission's source of one exercise.

    Attributes:
        name: The submission's.
        group: "" for the class that is looked at; else the old class that it comes from.
    """

    name: str
    source: Source
    group: str = ""

    @property
    def label(self) -> str:
        """The name, with the old class where it is from one."""
        return f"{self.name} ({self.group})" if self.group else self.name


@dataclass(frozen=True)
class Side:
    """One half of a pair.

    Attributes:
        own: Tokens of own code: neither of the stub or the reference, nor of what much of the class writes.
        partner: For each line that is alike, the other half's line.
    """

    work: Work
    own: float
    partner: dict[int, int]


@dataclass(frozen=True)
class Pair:
    """Two submissions that look alike.

    Attributes:
        similarity: What they share of their own code, 0 to 1.
        evidence: How many tokens of own code are shared.
    """

    exercise: str
    first: Side
    second: Side
    similarity: float
    evidence: float

    @property
    def rank(self) -> float:
        """How much there is to follow: much shared code before a high share of little."""
        return self.similarity * self.evidence


@dataclass(frozen=True)
class Compared:
    """One exercise of a class.

    Attributes:
        pairs: The most telling first.
        too_short: The submissions with too little own code, by name, and how many tokens of it they have.
        unread: Names and why their file says nothing.
        compared: How many submissions were compared, those of old classes not counted.
        known: How many texts of the course were taken out: the stub and, where installed, the reference.
    """

    exercise: str
    pairs: tuple[Pair, ...]
    too_short: Sequence[tuple[str, int]]
    unread: Sequence[tuple[str, str]]
    compared: int
    known: int


@dataclass(frozen=True)
class Findings:
    """All exercises that were looked at.

    Attributes:
        problems: Submissions that could not be read at all, by name, and why.
        notes: What was ignored.
        at_least: The least similarity of a pair.
        has_reference: Whether solutions were there to be taken out, for every exercise.
    """

    exercises: tuple[Compared, ...]
    problems: Sequence[tuple[str, str]]
    notes: Sequence[str]
    at_least: float
    has_reference: bool

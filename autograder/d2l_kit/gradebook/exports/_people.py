"""Whose row of a sheet is whose: by what systems call students, then by a full name that only one has; never guessed.

Each row offers marks, such as (SIS, "1042"). Marks of one strength are looked up together, and must agree.
"""

from __future__ import annotations

import enum
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from d2l_kit.gradebook.model import ClassBook, Standing


class Kind(enum.Enum):
    """Of which system a mark is. The numbers of two systems may meet by chance: they are never compared."""

    ID = "id"
    EMAIL = "email"
    LOGIN = "login"
    CANVAS = "canvas"
    MOODLE = "moodle"
    NAME = "name"


Mark = tuple[Kind, str]

_KEYS = {
    Kind.CANVAS: {"canvasid", "canvasuserid", "canvas"},
    Kind.MOODLE: {"moodleid", "moodleparticipant", "participant", "identifier", "moodle"},
    Kind.LOGIN: {"login", "loginid", "sisloginid", "username", "user", "netid"},
    Kind.ID: {"id", "sid", "sisuserid", "sisid", "studentid", "idnumber", "integrationid", "matriculationnumber"},
}
_MOODLE_FOLDER = re.compile(r"_(\d+)_assignsubmission_")
_DIGITS = re.compile(r"\d+\Z")


@dataclass(frozen=True)
class Found:
    """Whose a row is.

    Attributes:
        standing: None: nobody's of the class.
        clash: In words, where marks point to different students; then nobody is chosen.
    """

    standing: Standing | None = None
    clash: str = ""


class People:
    """The students of a class by their marks."""

    def __init__(self, book: ClassBook) -> None:
        self._by_mark: dict[Mark, dict[str, Standing]] = defaultdict(dict)
        for standing in book.standings:
            for mark in _marks_of(standing):
                self._by_mark[mark][standing.student.id] = standing

    def find(self, *strengths: Iterable[Mark]) -> Found:
        """The student that the marks mean; the first strength that anybody is known by decides."""
        for marks in strengths:
            found: dict[str, Standing] = {}
            said: list[str] = []
            for kind, text in marks:
                students = self._by_mark.get((kind, _normal(kind, text)), {}) if text.strip() else {}
                found |= students
                said += [f"{text.strip()} is {' or '.join(sorted(students))}"] if students else []
            if len(found) > 1:
                return Found(clash="; ".join(dict.fromkeys(said)))
            if found:
                return Found(next(iter(found.values())))
        return Found()


def digits(text: str) -> str:
    """The number that a text ends in: "Participant 123", "Teilnehmer/in123"; "" if none."""
    match = _DIGITS.search(text.strip())
    return match[0] if match else ""


def _marks_of(standing: Standing) -> Iterator[Mark]:
    student = standing.student
    given = [(Kind.ID, student.id), (Kind.EMAIL, student.email), (Kind.LOGIN, student.id)]
    given += [(Kind.LOGIN, student.email), *((Kind.NAME, name) for name in _orders(student.name))]
    for key, value in student.keys.items():
        given += [(kind, value) for kind, names in _KEYS.items() if _letters(key) in names]
    for stored in standing.attempts:
        if folder := _MOODLE_FOLDER.search(stored.hand_in.submission):
            given.append((Kind.MOODLE, folder[1]))
    for kind, text in given:
        if text.strip():
            yield kind, _normal(kind, text)


def _orders(name: str) -> Sequence[str]:
    """A name as it stands, and "Lovelace, Ada" the other way round."""
    last, comma, first = name.partition(",")
    return (name, f"{first} {last}") if comma else (name,)


def _normal(kind: Kind, text: str) -> str:
    if kind is Kind.NAME:
        last, comma, first = text.partition(",")
        return _letters(f"{first}{last}" if comma else text)
    if kind is Kind.MOODLE:
        return digits(text).lstrip("0")
    return unicodedata.normalize("NFC", text).strip().casefold()


def _letters(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in folded if c.isalnum())

"""Whose each submission is: what a name or a platform says, looked up in the roster and never guessed.

In this order, and the first that finds somebody decides: the platform's own number, the id, an identifying column,
the e-mail address, the full name in either order, letters alone. Where that is more than one student it is nobody.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from d2l_kit.gradebook.model import HandIn, Student
from d2l_kit.gradebook.times import Times
from d2l_kit.report.text import listed
from d2l_kit.submission import ClassEntry

_AMBIGUOUS = "{entry} may be the work of any of {students}: give it a student's id as its name."
_ORDERED = "{student} handed in {count} times, in the order of {by}: {entries}."
_DOUBLE = (
    "{entries} are all by {student}, and neither names nor times tell which came first:"
    " leave one there, or say when each was handed in (--times)."
)
_UNUSED = "{file} names nobody who is here: {names}."


@dataclass(frozen=True)
class Matched:
    """Whose each submission is.

    Attributes:
        hand_ins: By submission name, of those that can be graded; strangers are among them, under their own names.
        strangers: Names of submissions that belong to nobody of the roster.
        refused: A line for each student with several submissions that nobody can put in order.
        missing: Students of the roster without a submission.
        notes: What an instructor should know.
    """

    hand_ins: Mapping[str, HandIn] = field(default_factory=dict)
    strangers: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    missing: tuple[Student, ...] = ()
    notes: tuple[str, ...] = ()


def match(entries: Sequence[ClassEntry], roster: Sequence[Student], times: Times, *, prefix: str = "") -> Matched:
    """Find out whose each entry is, and which of several attempts it is.

    Args:
        roster: Without one, each entry belongs to whoever it is named after.
        times: Believed before what a platform says.
        prefix: What the entries' names may begin with besides the student: "hw2-" of "hw2-ada".
    """
    index = _Index(roster)
    owned: dict[str, list[ClassEntry]] = defaultdict(list)
    strangers: list[str] = []
    notes: list[str] = []
    for entry in entries:
        found = index.find(entry, prefix)
        if len(found) == 1:
            owned[found[0].id].append(entry)
            continue
        if len(found) > 1:
            notes.append(_AMBIGUOUS.format(entry=entry.name, students=listed([student.id for student in found])))
        if roster:
            strangers.append(entry.name)
        owned[entry.name if roster else _person(entry, prefix)].append(entry)
    hand_ins: dict[str, HandIn] = {}
    refused: list[str] = []
    for student, theirs in owned.items():
        ordered, by = _in_order(student, theirs, times)
        named = ", ".join(entry.name for entry in ordered)
        if not by:
            refused.append(_DOUBLE.format(student=student, entries=named))
            continue
        if len(ordered) > 1:
            notes.append(_ORDERED.format(student=student, count=len(ordered), by=by, entries=named))
        attempts = _attempts(ordered)
        for entry, attempt in zip(ordered, attempts, strict=True):
            hand_ins[entry.name] = _hand_in(entry, student, attempt, times, len(ordered) == 1)
    names = [name for entry in entries for name in (entry.name, *entry.told.candidates)]
    if unused := times.unused(*names, *owned, *(s.email for s in roster), *(s.id for s in roster)):
        notes.append(_UNUSED.format(file=times.file, names=listed(unused)))
    missing = tuple(student for student in roster if student.id not in owned)
    in_order = {entry.name: hand_ins[entry.name] for entry in entries if entry.name in hand_ins}
    return Matched(in_order, tuple(strangers), tuple(refused), missing, tuple(notes))


def has_name(student: Student, name: str) -> bool:
    """Whether it is the student's full name, in any order, without case and accents."""
    return _letters(name) in _orders(student.name)


class _Index:
    """The roster by everything that a submission may call a student."""

    def __init__(self, roster: Sequence[Student]) -> None:
        self._ids: dict[str, set[str]] = defaultdict(set)
        self._keys: dict[tuple[str, str], set[str]] = defaultdict(set)
        self._emails: dict[str, set[str]] = defaultdict(set)
        self._names: dict[str, set[str]] = defaultdict(set)
        self._students = {student.id: student for student in roster}
        identifying = _identifying(roster)
        self._columns = {column for student in roster for column in student.keys}
        for student in roster:
            self._ids[_plain(student.id)].add(student.id)
            self._emails[_plain(student.email)].add(student.id)
            for column, value in student.keys.items():
                self._keys[column, _plain(value)].add(student.id)
                if column in identifying:
                    self._keys["", _plain(value)].add(student.id)
            for name in _orders(student.name):
                self._names[name].add(student.id)
        self._emails.pop("", None)

    def find(self, entry: ClassEntry, prefix: str) -> list[Student]:
        """Those who may have made it: nobody, one, or several of whom none is taken."""
        if not self._students:
            return []
        told = entry.told
        called = told.candidates or (entry.name,)
        if told.key in self._columns:  # a number of the platform's that the roster knows: a name proves nothing more
            return self._of(self._keys.get((told.key, _plain(called[0])), ()))
        by_name = self._named(called, prefix)
        if told.key:
            # The platform's number may by chance be another student's id: the name must agree.
            by_number = self._ids.get(_plain(called[0]), set()) | self._keys.get(("", _plain(called[0])), set())
            agreeing = {each for each in by_number if each in by_name or not self._students[each].name}
            return self._of(agreeing or by_name)
        plain = [*map(_plain, called), *(_plain(without) for name in called if (without := _without(name, prefix)))]
        for table in (
            self._ids,
            {value: ids for (column, value), ids in self._keys.items() if not column},
            self._emails,
        ):
            if found := set[str]().union(*(table.get(name, ()) for name in plain)):
                return self._of(found)
        return self._of(by_name)

    def _named(self, called: Iterable[str], prefix: str) -> set[str]:
        names = [each for name in called for each in (name, _without(name, prefix)) if each]
        return set[str]().union(*(self._names.get(_letters(name), ()) for name in names if _letters(name)))

    def _of(self, ids: Iterable[str]) -> list[Student]:
        return [self._students[each] for each in sorted(ids)]


def _identifying(roster: Sequence[Student]) -> set[str]:
    """Columns that tell students apart: a year or a subject names nobody."""
    values: dict[str, list[str]] = defaultdict(list)
    for student in roster:
        for column, value in student.keys.items():
            values[column].append(_plain(value))
    return {column for column, found in values.items() if len(set(found)) == len(found)}


def _orders(name: str) -> set[str]:
    """A name's letters from each of its words on: "Lovelace, Ada King" is "adakinglovelace", too."""
    words = [letters for word in name.replace(",", " ").split() if (letters := _letters(word))]
    return {"".join([*words[at:], *words[:at]]) for at in range(len(words))}


def _letters(name: str) -> str:
    """Letters alone, without case and accents."""
    return "".join(c for c in unicodedata.normalize("NFKD", name).casefold() if c.isalpha())


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name.strip()).casefold())


def _without(name: str, prefix: str) -> str:
    if not prefix or not _plain(name).startswith(_plain(prefix)):
        return ""
    return unicodedata.normalize("NFC", name.strip())[len(unicodedata.normalize("NFC", prefix)) :]


def _person(entry: ClassEntry, prefix: str) -> str:
    return entry.told.person or _without(entry.name, prefix) or entry.name


def _in_order(student: str, entries: list[ClassEntry], times: Times) -> tuple[list[ClassEntry], str]:
    """Attempts, the first one first, and what tells their order; "" where nothing does."""
    if len(entries) == 1:
        return entries, "names"
    moments = {entry.name: at for entry in entries if (at := times.of(entry.name) or entry.told.at)}
    if len(moments) == len(set(moments.values())) == len(entries):
        return sorted(entries, key=lambda entry: moments[entry.name]), "times"
    for attribute, by in (("serial", "the platform's numbers"), ("attempt", "their names")):
        numbers = {entry.name: getattr(entry.told, attribute) for entry in entries}
        if None not in numbers.values() and len(set(numbers.values())) == len(entries):
            return sorted(entries, key=lambda entry: numbers[entry.name]), by
    return entries, ""


def _attempts(ordered: Sequence[ClassEntry]) -> list[int]:
    """The platform's own count where it grows with the order, else from 1."""
    told = [entry.told.attempt for entry in ordered]
    counted = [number for number in told if number is not None]
    if len(counted) == len(told) and all(a < b for a, b in pairwise(counted)):
        return counted
    return list(range(1, len(ordered) + 1))


def _hand_in(entry: ClassEntry, student: str, attempt: int, times: Times, is_only: bool) -> HandIn:
    told = entry.told
    # A time under the student's name can mean any of several attempts.
    names = (entry.name, *((student, told.person, *told.candidates) if is_only else ()))
    at = times.of(*filter(None, names))
    source = times.file if at else told.source
    return HandIn(entry.name, student, attempt, at or told.at, told.marked_late, source)

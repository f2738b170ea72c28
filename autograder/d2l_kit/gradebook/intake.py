"""What came in for a class, before anything is graded: whose it is, what cannot be graded, who gave in nothing."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from d2l_kit.assign.model import Assignment
from d2l_kit.errors import UsageError
from d2l_kit.gradebook._matching import match
from d2l_kit.gradebook.model import HandIn, Stored, Student
from d2l_kit.gradebook.times import Times
from d2l_kit.report.text import listed
from d2l_kit.submission import ClassEntry

_NOBODY = "--only {name}: no submission and no student is called that."


@dataclass(frozen=True)
class Intake:
    """A class's submissions, each with what is known of how it came in.

    Attributes:
        entries: Those that can be graded.
        hand_ins: By submission name.
        refused: A line for each that cannot, with the reason and the remedy.
        notes: What an instructor should know: strangers, missing students, what a match rests on.
    """

    entries: tuple[ClassEntry, ...]
    hand_ins: Mapping[str, HandIn]
    refused: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def chosen(self, only: Collection[str], known: Mapping[str, Stored] | None) -> tuple[ClassEntry, ...]:
        """Those to grade now.

        Args:
            only: Submissions or students; empty for all.
            known: Where only those that did not earn everything are wanted: what stands.

        Raises:
            UsageError: A name in `only` is nobody's.
        """
        unknown = next((name for name in only if name not in self._names()), None)
        if unknown is not None:
            near = difflib.get_close_matches(unknown, self._names(), n=1)
            raise UsageError(_NOBODY.format(name=unknown), f"Did you mean {near[0]!r}?" if near else "")
        entries = [entry for entry in self.entries if not only or self._is_among(entry, only)]
        if known is not None:
            entries = [entry for entry in entries if not _earned_all(known.get(entry.name))]
        return tuple(entries)

    def _names(self) -> set[str]:
        return set(self.hand_ins) | {hand_in.student for hand_in in self.hand_ins.values()}

    def _is_among(self, entry: ClassEntry, only: Collection[str]) -> bool:
        return entry.name in only or self.hand_ins[entry.name].student in only


def take_in(
    entries: Sequence[ClassEntry],
    roster: Sequence[Student] = (),
    times: Times | None = None,
    assignment: Assignment | None = None,
) -> Intake:
    """Find out whose each entry is; without a roster, each belongs to who is called as it is."""
    matched = match(entries, roster, times or Times(), prefix=f"{assignment.name}-" if assignment else "")
    notes = list(matched.notes)
    if matched.strangers:
        notes.append(f"on no roster, graded all the same: {len(matched.strangers)}: {listed(matched.strangers)}")
    if matched.missing:
        missing = [student.id for student in matched.missing]
        notes.append(f"handed in nothing: {len(missing)}: {listed(missing)}")
    graded = tuple(entry for entry in entries if entry.name in matched.hand_ins)
    return Intake(graded, matched.hand_ins, tuple(matched.refused), tuple(notes))


def _earned_all(stored: Stored | None) -> bool:
    return stored is not None and all(result.earned == result.points for result in stored.results)

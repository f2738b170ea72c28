"""Keeping a class's reports while it is graded: each in the gradebook first, then as a file for people and tools."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction

from d2l_kit.gradebook._schema import as_stored
from d2l_kit.gradebook.model import HandIn, State, Stored
from d2l_kit.gradebook.store import Gradebook
from d2l_kit.grading.store import ReportFolder
from d2l_kit.report.model import Report


class BookKeeper:
    """A `grading.store.Keeper` on a gradebook; `folder` holds a copy of what stands.

    A new verdict on unchanged work that moves points is a regrade: it is proposed and counts for nothing until
    somebody accepts it. New work is accepted as it comes.

    Attributes:
        proposed: Names of submissions whose regrade waits for a decision.
    """

    def __init__(
        self,
        store: Gradebook,
        folder: ReportFolder,
        *,
        run: int,
        assignment: str,
        hand_ins: Mapping[str, HandIn],
        accept: bool = False,
    ) -> None:
        self._store = store
        self._folder = folder
        self._run = run
        self._assignment = assignment
        self._hand_ins = hand_ins
        self._accept = accept
        self._accepted = store.newest(assignment)  # by names as they are stored, see `as_stored`
        self._waiting = store.newest(assignment, State.PROPOSED)
        self._stands = {name: stored.id for name, stored in self._accepted.items()}
        self._kept: dict[str, Report] = {}  # in this run: what stands since, and its file is written
        self.proposed: list[str] = []

    def known(self, submission: str, digest: str) -> Report | None:
        """The report that was made from the same, be it accepted or proposed."""
        if (waiting := self._waiting.get(as_stored(submission))) is not None and waiting.digest == digest:
            report = self._store.report(waiting.id)
            self._keep(report, State.ACCEPTED if self._accept else State.PROPOSED, graded=False)
            return report
        accepted = self._accepted.get(as_stored(submission))
        if accepted is None or accepted.digest != digest:
            return None
        self._store.seen(accepted.id, self._hand_ins[submission])
        return self._store.report(accepted.id)

    def keep(self, report: Report) -> None:
        """Store the report in one transaction; the file follows if the report counts."""
        earlier = self._accepted.get(as_stored(report.submission))
        moves = earlier is not None and not self._accept and self._is_a_regrade(earlier, report)
        self._keep(report, State.PROPOSED if moves else State.ACCEPTED)

    def fail(self, submission: str, problem: str) -> None:
        """Log it beside the scores, which stay."""
        self._store.fail(self._run, submission, problem)

    def _keep(self, report: Report, state: State, graded: bool = True) -> None:
        name = report.submission
        stored = self._store.put(self._run, self._assignment, self._hand_ins[name], report, state, graded)
        if state is State.PROPOSED:
            self.proposed.append(name)
        else:
            self._stands[as_stored(name)] = stored
            self._folder.keep(report)
            self._kept[as_stored(name)] = report

    def standing(self, submission: str) -> Report | None:
        """The accepted report."""
        if (kept := self._kept.get(as_stored(submission))) is not None:
            return kept
        stored = self._stands.get(as_stored(submission))
        return None if stored is None else self._store.report(stored)

    def mend_files(self, reports: Iterable[Report]) -> None:
        """Write the files that a kill -9 prevented, that somebody removed, or that have another scale."""
        for report in reports:
            kept = self._kept.get(as_stored(report.submission))
            there = kept or self._folder.known(report.submission, report.digest)
            if there is None or _scale(there) != _scale(report):
                self._folder.keep(report)

    def _is_a_regrade(self, earlier: Stored, report: Report) -> bool:
        """Whether the same work has other points now, on one scale. What was pending may come without asking."""
        before = self._store.report(earlier.id).worth(_scale(report))
        if before.made_from.get("submission") != report.made_from.get("submission"):
            return False
        return _settled(before, before) != _settled(report, before)


def _scale(report: Report) -> dict[str, int]:
    return {exercise.id: exercise.points for exercise in report.exercises}


def _settled(report: Report, before: Report) -> dict[str, Fraction]:
    """Points by exercise, of those in which nothing was pending before."""
    waited = {exercise.id for exercise in before.exercises if exercise.pending}
    return {exercise.id: exercise.earned for exercise in report.exercises if exercise.id not in waited}

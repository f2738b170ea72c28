"""Deciding on what a regrade proposed; the report files beside the gradebook follow."""

from __future__ import annotations

from pathlib import Path

from d2l_kit.gradebook.grades import GRADES, listed, write_grades
from d2l_kit.gradebook.model import State
from d2l_kit.gradebook.store import Gradebook
from d2l_kit.grading.store import ReportFolder
from d2l_kit.report.text import defused

REPORTS = "reports"


def accept(store: Gradebook, run: int, who: str = "") -> int:
    """Accept what a run proposed; how many reports that were.

    `grade` keeps files of what stands beside the gradebook: one a submission, and grades.csv. Where they are, those of
    what was accepted are written anew; what a later run found on top of it stays.

    Args:
        who: Who decides; the account by default.

    Raises:
        UsageError: There is no such run.
        MachineError: A file cannot be written. The decision holds; accepting again writes the files.
    """
    count = store.decide(run, State.ACCEPTED, who)
    if store.file is not None and (store.file.parent / REPORTS).is_dir():
        (assignment,) = (each.assignment for each in store.runs() if each.id == run)
        _renew_files(store, store.file.parent, run, assignment)
    return count


def reject(store: Gradebook, run: int, who: str = "") -> int:
    """Reject what a run proposed; how many reports that were. What stood before stands.

    Raises:
        UsageError: There is no such run.
    """
    return store.decide(run, State.REJECTED, who)


def _renew_files(store: Gradebook, out: Path, run: int, assignment: str) -> None:
    newest = store.newest(assignment)
    files = ReportFolder(out / REPORTS)
    for stored in newest.values():
        if stored.run == run:
            files.keep(store.report(stored.id))
    ended = [each.assignment for each in store.runs() if each.ended is not None]
    if not (out / GRADES).is_file() or ended[-1:] != [assignment]:  # the file is about what was graded last
        return
    exercises = store.remembered(assignment).exercises
    stands = {defused(name): stored for name, stored in newest.items()}
    if rows := [stands[name] for name in listed(out, exercises) if name in stands]:
        write_grades(out, exercises, [store.report(stored.id) for stored in rows])
